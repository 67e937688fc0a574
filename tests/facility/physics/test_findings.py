"""What a result says in words: findings, causes, notices, and the terms of the definitions."""

import pytest

from facility.physics.results import FacilityResult
from tests.facility.physics.cases import CONTINGENCY, YEAR, named, result_of, site


def codes(result):
    return {(item.code, item.state) for item in result.findings}


def test_a_site_within_its_limits_has_no_finding_but_its_floor(year):
    assert codes(year.result) == {("density", "always")}


def test_racks_that_trip_are_a_finding():
    data = site()
    named(data["systems"], "nvl72")["chip"] |= {"limit_c": 60.0, "shutdown_c": 60.0}
    found = [item for item in result_of(data).findings if item.code == "shutdown"]
    assert [(item.object, item.severity) for item in found] == [("HALL-2#3", "over")]


def test_supplies_beyond_their_rating_are_a_finding():
    data = site()
    named(data["systems"], "h100")["supply_rated_kw"] = 6.0
    found = {item.object for item in result_of(data).findings if item.code == "supply_overloaded"}
    assert found == {"HALL-1#1", "HALL-1#2"}


def test_air_above_what_a_system_allows_is_a_finding():
    data = site()
    named(data["systems"], "h100")["inlet_max_c"] = 25.5
    found = [item for item in result_of(data).findings if item.code == "inlet_above_limit"]
    # Only racks at row ends draw so much of their own exhaust.
    assert [item.object for item in found] == ["HALL-1#1"]
    assert "above 25.5 °C at the design point" in found[0].message


def test_a_hot_spot_above_its_limit_is_a_finding():
    data = site()
    for item in data["network"]["branches"]:
        if item["id"] == "USS-A1":
            item["thermal"]["hot_spot_limit_c"] = 45.0
    found = [item for item in result_of(data).findings if item.code == "hot_spot"]
    assert [(item.object, item.severity) for item in found] == [("USS-A1", "over")]
    assert found[0].value_ratio > 1.0


def test_condenser_water_that_trips_chillers_is_a_finding():
    data = site()
    data["design_point"] |= {"dry_bulb_c": 46.0, "wet_bulb_c": 40.5}
    assert ("condenser_hot", "design point") in codes(result_of(data))


def test_short_chillers_are_a_finding_that_owns_to_a_lower_bound():
    data = site()
    for unit in data["cooling"]["units"]:
        if unit["kind"] == "chiller":
            unit["rated_kw"] = 100.0
    data["cooling"]["loops"][0]["economiser_kw_per_k"] = 0.0
    result = result_of(data)
    assert {("cooling_short", "design point"), ("setpoint_not_met", "design point")} <= (
        codes(result)
    )
    assert any("lower bound" in item.message for item in result.findings)


@pytest.mark.slow
def test_the_cause_of_throttling_names_what_was_out_of_reach():
    data = site(YEAR)
    data["cooling"]["circuits"][0]["supply_setpoint_c"] = 62.0
    named(data["systems"], "nvl72")["chip"]["limit_c"] = 84.0
    for unit in data["cooling"]["units"]:
        if unit.get("hall") == "HALL-1":
            unit["air_flow_m3_s"], unit["rated_kw"] = 1.6, 22.0
    result = result_of(data)
    causes = {item.hall: item.cause for item in result.stages[0].cohorts}
    assert causes["HALL-2"] == "coolant up to 62.0 °C: supply at its set point"
    assert "air units cannot hold the set point" in causes["HALL-1"]


def test_a_result_carries_what_it_rests_on(year):
    result = year.result
    assert result.solver_version
    assert len(result.input_sha256) == 64
    assert {item.path for item in result.assumptions} >= {"systems[h100].chip.cap_w"}
    assert all(item.source and item.confidence for item in result.assumptions)
    assert FacilityResult.parse_json(result.canonical_bytes()) == result
    extrapolated = [item for item in result.notices if item.code == "curve_extrapolated"]
    assert all(item.n_hours for item in extrapolated)


def test_words_say_their_qualifiers(year):
    fields = FacilityResult.model_json_schema()["$defs"]
    assert "category 3" in fields["YearResult"]["properties"]["pue"]["description"]
    assert "not added" in fields["ObjectLoad"]["properties"]["failover_kva"]["description"]
    text = " ".join(year.result.answer)
    assert "(category 3)" in text
    assert "N-1" in text


def test_nothing_is_claimed_about_a_year_that_was_not_solved():
    result = result_of(site(CONTINGENCY))
    text = " ".join(result.answer)
    assert "PUE" not in text
    assert "throttle" not in text
    assert {item.code for item in result.findings} == {"density"}
