"""How dense a hall may get, by hand."""

from math import sqrt

import pytest

from tests.facility.physics.cases import CONTINGENCY, HEADROOM, drop, named, result_of, site

pytestmark = [pytest.mark.reference]


def limits(hall):
    return {row.name: row for row in hall.limits}


def hall_of(result, name="HALL-1"):
    return next(hall for hall in result.stages[0].halls if hall.hall == name)


def test_density_is_the_nameplate_a_rack_and_a_square_metre(outages):
    hall = hall_of(outages)
    assert hall.nameplate_kw == pytest.approx(10 * 4 * 10.2)
    assert hall.density_kw == pytest.approx(40.8)
    assert hall.density_kw_per_m2 == pytest.approx(408.0 / 150.0)


def test_two_feeds_carry_what_one_breaker_does_when_the_other_is_lost(outages):
    found = limits(hall_of(outages))
    one = sqrt(3) * 415.0 * 100.0 * 0.8 * 0.99 / 1000.0
    assert found["Rack feed"].limit_kw == pytest.approx(one)
    assert found["Rack feed"].state == "one feed lost"
    assert found["Rack feeds"].limit_kw == pytest.approx(2 * one)


def test_unequal_feeds_share_what_a_lost_one_leaves_in_proportion():
    """100, 50 and 60 A on 50, 30 and 20 %: the loss of the first puts 3/5 on the one of 50 A."""
    data = site()
    nodes = ("BW-A1", "BW-B1", "BW-A2")
    item = named(data["network"]["consumers"], "HALL-1/A05")
    item["feeds"] = [
        {"node": node, "share_ratio": share, "rating_a": amperes, "continuous_ratio": 0.8}
        for node, share, amperes in zip(nodes, (0.5, 0.3, 0.2), (100.0, 50.0, 60.0), strict=True)
    ]
    found = limits(hall_of(result_of(data)))
    ampere = sqrt(3) * 415.0 * 0.8 * 0.99 / 1000.0
    assert found["Rack feed"].object == "HALL-1/A05"
    assert found["Rack feed"].limit_kw == pytest.approx(50.0 * ampere / (0.3 / 0.5))
    assert found["Rack feeds"].limit_kw == pytest.approx(50.0 / 0.3 * ampere)


def test_a_rack_on_one_feed_has_no_failover_limit():
    data = site()
    for item in data["network"]["consumers"]:
        if item["id"].startswith("HALL-1/"):
            item["feeds"] = [item["feeds"][0] | {"share_ratio": 1.0}]
    hall = hall_of(result_of(data))
    assert "Rack feed" not in limits(hall)
    assert hall.allowed_kw > 40.0


def test_firm_cooling_carries_the_racks_and_its_own_fans(outages):
    """Four of five units of 125 kW for racks, and fans that grow with them."""
    stage = outages.stages[0]
    hall = hall_of(outages)
    row = limits(hall)["Air units"]
    fans = 5 * 5.0
    assert 40.8 * 500.0 / (408.0 + fans) < row.limit_kw < 50.0
    assert stage.halls[0].binding == "Air units: HALL-1"


def test_the_floor_limits_the_power_of_a_heavy_rack(outages):
    row = limits(hall_of(outages, "HALL-2"))["Floor load"]
    assert row.limit_kw == pytest.approx(132.0 * 1800.0 * 0.6 * 1.2 / 1360.0)
    finding = [item for item in outages.findings if item.code == "density"]
    assert [item.object for item in finding] == ["HALL-2"]


def test_a_rack_of_no_stated_mass_has_no_floor_limit():
    data = site()
    for item in data["racks"]:
        item["mass_kg"] = 0.0
    assert "Floor load" not in limits(hall_of(result_of(data)))


def test_a_transformer_allows_what_its_failover_load_leaves(outages):
    loads = {load.id: load for load in outages.stages[0].objects}
    worst = max(loads[f"PDU-{side}1"].failover_ratio for side in "AB")
    assert limits(hall_of(outages))["Transformer"].limit_kw == pytest.approx(40.8 / worst)


def test_racks_of_two_densities_are_raised_alike():
    data = site()
    for item in data["racks"][5:10]:
        item["contents"] = [{"system": "h100", "n_systems": 1, "workload": "serving"}]
    for feed in named(data["network"]["consumers"], "HALL-1/A07")["feeds"]:
        feed["rating_a"] = 20.0
    hall = hall_of(result_of(data))
    row = limits(hall)["Air units"]
    assert row.used_kw == pytest.approx(40.8)
    # 20 A for a rack of a quarter of the density is 80 A for the densest.
    feed = limits(hall)["Rack feed"]
    assert feed.object == "HALL-1/A07"
    assert feed.limit_kw == pytest.approx(sqrt(3) * 415.0 * 80.0 * 0.8 * 0.99 / 1000.0)
    # 5 x 40.8 + 5 x 10.2 = 255 kW of racks on 500 kW firm: nearly double before it is full.
    assert 1.8 * 40.8 < row.limit_kw < 500.0 / 255.0 * 40.8


def test_an_empty_hall_is_asked_with_the_candidate():
    """Heat splits as in the rack: 88 % of chips and hosts to liquid, fans and losses to air."""
    data = drop(site(CONTINGENCY, HEADROOM), {f"HALL-2/A{number:02}" for number in range(1, 5)})
    found = limits(hall_of(result_of(data), "HALL-2"))
    compute = 72 * 1.2 + 30.0
    output = compute + 2.0 * 0.7**2.8
    p = output / 132.0
    drawn = output + 132.0 * (0.006 + 0.005 * p + 0.014 * p * p)
    liquid = 0.88 * compute / drawn
    assert found["CDUs"].limit_kw == pytest.approx(900.0 / 10 / liquid)
    assert found["Air units"].limit_kw == pytest.approx(250.0 / 10 / (1.0 - liquid))
    assert found["Rack feed"].limit_kw == pytest.approx(sqrt(3) * 415 * 300 * 0.8 * 0.99 / 1000)
    assert found["Floor load"].limit_kw == pytest.approx(132.0 * 1800.0 * 0.72 / 1360.0)
