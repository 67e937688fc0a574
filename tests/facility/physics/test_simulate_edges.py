"""What a run does with odd, empty and contradictory input."""

import numpy as np
import pytest

from facility.kernel.errors import Cancelled, InputError
from facility.physics.documents import FacilityInput
from facility.physics.simulate import simulate
from tests.facility.physics.cases import (
    CONTINGENCY,
    HEADROOM,
    YEAR,
    answer_of,
    drop,
    named,
    result_of,
    site,
    without_liquid,
)
from tests.facility.small_site import array_hash, weather


def paths(data, arrays=None):
    """The paths of everything that is wrong with a site."""
    document = FacilityInput.parse(data)
    found = {document.weather.sha256: weather()} if arrays is None else arrays
    with pytest.raises(InputError) as caught:
        simulate(document, found)
    return {problem.path for problem in caught.value.problems}


def test_a_missing_weather_array_is_named():
    assert paths(site(), {}) == {"weather.sha256"}


def test_a_damaged_weather_array_is_refused():
    data = site()
    broken = weather()
    broken[17, 0] += 1e-9
    assert paths(data, {data["weather"]["sha256"]: broken}) == {"weather.sha256"}


def test_a_weather_array_of_another_shape_is_refused():
    data = site()
    assert paths(data, {data["weather"]["sha256"]: weather()[:24]}) == {"weather"}


def test_weather_of_a_leap_year_is_refused_with_its_columns():
    data = site()
    data["weather"] |= {"n_rows": 8784, "columns": ["dry_bulb_c", "wet_bulb_c", "pressure_kpa"]}
    assert {"weather.n_rows", "weather.columns"} <= paths(data)


def test_weather_that_is_not_a_number_is_refused():
    data, year = site(), weather()
    year[40, 0] = np.nan
    data["weather"]["sha256"] = array_hash(year)
    assert "dry_bulb_c" in paths(data, {data["weather"]["sha256"]: year})


def test_a_value_that_is_not_a_number_is_refused_with_its_path():
    data = site()
    data["racks"][0]["mass_kg"] = float("nan")
    data["design_point"]["dry_bulb_c"] = float("inf")
    with pytest.raises(InputError) as caught:
        FacilityInput.parse(data)
    found = {problem.path for problem in caught.value.problems}
    assert found == {"racks.0.mass_kg", "design_point.dry_bulb_c"}


def test_all_contradictions_are_said_at_once():
    data = site(CONTINGENCY, HEADROOM | {"candidate": HEADROOM["candidate"] | {"system": "gb200"}})
    data["halls"].append(data["halls"][0])
    data["halls"].append(data["halls"][0] | {"id": "ER", "losses_of": ["UPS-A1", "UPS-Z9"]})
    data["racks"][1]["hall"] = "HALL-9"
    data["racks"][2]["circuit"] = "TCS-9"
    data["racks"][3]["contents"] = [{"system": "h200", "n_systems": 1, "workload": "rest"}]
    data["places"][0]["circuit"] = "TCS-8"
    data["places"][1]["taps"][0]["node"] = "BW-Z"
    units = data["cooling"]["units"]
    named(units, "CRAH-11")["hall"] = "HALL-7"
    named(units, "CDU-1")["loop"] = "CHW"
    named(units, "CH-1")["loop"] = "CHW-2"
    data["network"]["branches"][0]["hv_node"] = "MOON"
    found = paths(data)
    assert {
        "halls[HALL-1]",
        "halls[ER].losses_of",
        "racks[HALL-1/A02].hall",
        "racks[HALL-1/A03].circuit",
        "racks[HALL-1/A04].contents.system",
        "racks[HALL-1/A04].contents.workload",
        "places[HALL-2/A05].circuit",
        "places[HALL-2/A06].taps",
        "cooling.units[CRAH-11].hall",
        "cooling.units[CDU-1].loop",
        "cooling.units[CH-1].loop",
        "analyses[1].candidate.system",
        "network.branches.0.hv_node",
    } <= found


def test_everything_that_draws_power_and_has_no_feed_is_named():
    data = site()
    gone = {"CT-2", "FWS/pumps", "HALL-1/A03"}
    data["network"]["consumers"] = [
        item for item in data["network"]["consumers"] if item["id"] not in gone
    ]
    assert paths(data) == {f"network.consumers[{name}]" for name in gone}


def test_a_problem_of_the_last_stage_is_found_before_anything_is_solved():
    data = site()
    data["stages"] = [
        {"id": f"s{number}", "label": "", "on": f"2027-0{number}-01"} for number in (1, 2, 3)
    ]
    named(data["cooling"]["units"], "CDU-1")["until_stage"] = 2
    named(data["cooling"]["units"], "CDU-2")["until_stage"] = 2
    steps = []
    document = FacilityInput.parse(data)
    with pytest.raises(InputError, match="has no cdu"):
        simulate(document, {document.weather.sha256: weather()}, lambda step, _: steps.append(step))
    assert steps == ["Checking the input"]


def test_liquid_heat_without_coolant_and_air_heat_without_air_are_refused():
    data = site()
    named(data["systems"], "nvl72")["coolant_flow_kg_s"] = 0.0
    named(data["systems"], "h100")["air_flow_m3_s"] = 0.0
    found = paths(data)
    assert {"systems[nvl72].coolant_flow_kg_s", "systems[h100].air_flow_m3_s"} <= found


def test_values_that_contradict_each_other_are_refused_with_their_paths():
    data = site()
    named(data["systems"], "h100")["chip"] = None
    named(data["systems"], "nvl72")["chip"] |= {"idle_w": 1300.0}
    named(data["systems"], "nvl72")["host_idle_kw"] = 31.0
    named(data["workloads"], "training")["daily_ratios"] = [1.1] * 24
    data["cooling"]["halls"][0]["row_end_ratio"] = 0.97
    data["design_point"]["wet_bulb_c"] = 35.0
    assert paths(data) == {
        "systems[h100].chip",
        "systems[nvl72].chip.reference_w",
        "systems[nvl72].host_max_kw",
        "workloads[training].base_ratio",
        "cooling.halls[HALL-1].row_end_ratio",
        "design_point.wet_bulb_c",
    }


def test_cold_plates_without_a_circuit_are_refused():
    data = site()
    named(data["systems"], "nvl72")["liquid_ratio"] = 0.0
    for item in data["racks"]:
        item["circuit"] = None
    assert paths(data) == {"racks[HALL-2/A01].circuit"}


def test_losses_that_heat_a_room_without_air_units_are_refused():
    data = site()
    data["halls"].append(data["halls"][0] | {"id": "ER", "losses_of": ["UPS-A1"]})
    assert paths(data) == {"halls[ER].losses_of"}


def test_losses_cannot_heat_two_rooms():
    data = site(electrical_room=True)
    data["halls"][0]["losses_of"] = ["UPS-A1"]
    assert paths(data) == {"halls[ER].losses_of"}


def test_an_air_rack_may_not_hang_on_a_circuit_that_comes_later():
    data = site()
    data["racks"][0]["circuit"] = "TCS"
    cdus = [item for item in data["cooling"]["units"] if item["kind"] == "cdu"]
    for item in [*data["cooling"]["circuits"], *data["racks"][10:], *cdus]:
        item["from_stage"] = 1
    assert paths(data) == {"racks[HALL-1/A01].circuit"}


def test_machines_on_one_duty_must_be_equal():
    data = site()
    named(data["cooling"]["units"], "CH-2")["cop"] = 5.0
    assert paths(data) == {"cooling.loops[CHW]"}


def test_the_progress_rises_and_ends_at_one():
    told = []
    answer_of(site(CONTINGENCY), lambda step, share: told.append((step, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert all(step for step, _ in told)


def test_a_run_stops_where_its_listener_cancels():
    heard = []

    def listen(step, share):
        heard.append(step)
        if "outages" in step:
            raise Cancelled

    with pytest.raises(Cancelled):
        answer_of(site(CONTINGENCY), listen)
    assert "outages" in heard[-1]


def test_an_empty_hall_has_places_but_no_density():
    data = drop(site(), {f"HALL-1/A{number:02}" for number in range(1, 11)})
    hall = result_of(data).stages[0].halls[0]
    assert (hall.n_racks, hall.density_kw, hall.air_inlet_max_c) == (0, 0.0, None)


def test_a_site_without_liquid_is_solved():
    result = result_of(without_liquid(site()))
    assert result.stages[0].it_kw == pytest.approx(408.0)
    assert result.balances.heat_residual_ratio < 1e-6


def test_a_site_without_racks_waits_for_them():
    data = site(CONTINGENCY, HEADROOM, YEAR)
    data["stages"].append({"id": "full", "label": "Full", "on": "2027-01-01"})
    for item in data["racks"]:
        item["from_stage"] = 1
    for item in data["network"]["consumers"]:
        if item["kind"] == "rack":
            item["from_stage"] = 1
    result = result_of(data)
    first, second = result.stages
    assert first.it_kw == 0.0
    assert first.year is None
    assert any(note.code == "year_without_it" for note in result.notices)
    assert first.facility_kw > 20.0
    assert second.it_kw > 900.0


def test_a_site_of_nothing_but_a_house_load_is_solved():
    data = without_liquid(site())
    drop(data, {item["id"] for item in data["racks"] + data["cooling"]["units"]} | {"CHW/pumps"})
    data["cooling"] = {"halls": [], "circuits": [], "loops": [], "units": []}
    stage = result_of(data).stages[0]
    assert stage.cooling_kw == 0.0
    assert stage.facility_kw == pytest.approx(20.0 + stage.loss_kw)


def test_racks_without_contents_draw_nothing():
    data = site()
    before = result_of(data).stages[0].it_kw
    for item in data["racks"][:2]:
        item["contents"] = []
    stage = result_of(data).stages[0]
    assert before - stage.it_kw == pytest.approx(2 * 4 * 10.2)
    assert sum(hall.n_racks for hall in stage.halls) == 12


def test_only_what_is_asked_for_is_answered():
    data = site(HEADROOM)
    data["places"] = []
    stage = result_of(data).stages[0]
    assert (stage.year, stage.outages, stage.objects, stage.headroom) == (None, (), (), ())
    assert stage.halls[0].limits
    assert stage.cohorts[0].throttled_h is None


def test_feeds_that_cannot_carry_each_other_are_a_finding():
    data = site()
    for item in data["network"]["branches"]:
        if item["id"] in ("PDU-A1", "PDU-B1"):
            item["rating_kva"] = 300.0
    result = result_of(data)
    found = {(row.object, row.code) for row in result.findings if row.code != "density"}
    over = {name for name, code in found if code == "overload"}
    assert over == {"PDU-A1", "PDU-B1"}
    # What stays overloaded trips in the end, and then both feeds are gone.
    assert {code for _, code in found} == {"overload", "cascade"}
    loads = {load.id: load for load in result.stages[0].objects}
    assert loads["PDU-A1"].normal_ratio < 1.0 < loads["PDU-A1"].failover_ratio
    assert loads["PDU-A1"].headroom_n1_kva < 0.0 < loads["PDU-A1"].headroom_n_kva


def test_an_outage_without_solution_is_a_finding():
    data = site()
    for item in data["network"]["branches"]:
        if item["id"] == "CAB-A1":
            item["reactance_ohm_per_km"] = 3000.0
    result = result_of(data)
    failed = [item for item in result.stages[0].outages if not item.solved]
    assert failed
    assert failed[0].message
    found = {item.state for item in result.findings if item.code == "no_solution"}
    assert found == {item.state for item in failed}


@pytest.mark.reference
def test_a_ups_that_loses_one_of_its_modules_keeps_the_rest_of_its_rating():
    def ups(n_modules, n_redundant):
        data = site()
        for item in data["network"]["conversions"]:
            item |= {"n_modules": n_modules, "n_redundant_modules": n_redundant}
        return {load.id: load for load in result_of(data).stages[0].objects}["UPS-A1"]

    whole, halves, spare = ups(1, 0), ups(2, 0), ups(2, 1)
    # One of two left: half the rating for the same load, a little worse than the partner's loss.
    assert halves.failover_state == "outage:module of UPS-A1"
    assert halves.failover_ratio == pytest.approx(2.0 * whole.normal_ratio)
    assert halves.failover_kva == whole.normal_kva
    assert halves.headroom_n1_kva == pytest.approx(1250.0 * (0.5 - whole.normal_ratio))
    assert halves.failover_ratio > whole.failover_ratio
    # A reserve keeps the rating; with more modules the partner's loss is worse.
    assert spare.failover_ratio == whole.failover_ratio
    assert ups(4, 0).failover_state == whole.failover_state
