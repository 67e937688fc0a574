"""Headroom in N and N-1 by power-grid-model and by hand."""

import copy

import pytest

from tests.facility.physics import reference_power
from tests.facility.physics.cases import named, site

pytestmark = [pytest.mark.reference]


def headroom(result, scope, state):
    return next(
        row for row in result.stages[0].headroom if (row.scope, row.state) == (scope, state)
    )


def loaded(year, added_kw):
    """The site's network and consumers with load added evenly over the four free places."""
    data = site(electrical_room=True)
    network = copy.deepcopy(data["network"])
    power = {"LIGHTS": 20.0}
    power |= {item["id"]: 40.8 for item in data["racks"] if item["hall"] == "HALL-1"}
    power |= {
        item["id"]: 132.0
        for item in data["racks"]
        if item["hall"] == "HALL-2" and item["from_stage"] == 0
    }
    # Cooling is a fortieth of the site and its split does not move the figure tested.
    machines = [item["id"] for item in network["consumers"] if item["kind"] == "cooling"]
    power |= dict.fromkeys(machines, year.result.stages[0].cooling_kw / len(machines))
    for number, place in enumerate(data["places"]):
        name = f"new-{number}"
        feeds = [{"node": t["node"], "share_ratio": t["share_ratio"]} for t in place["taps"]]
        network["consumers"].append({"id": name, "power_factor": 0.99, "feeds": feeds})
        power[name] = added_kw / 4
    return network, power


def test_n_minus_1_ends_where_the_surviving_transformer_is_full(year):
    found = next(
        row for row in headroom(year.result, "HALL-2", "N-1").chain if row.name == "Electricity"
    )
    assert "PDU-" in found.object
    assert found.state.startswith("outage:")
    partner = found.object[-2]
    lost = {"A": "B2", "B": "A2"}[partner]
    grid = reference_power.solve(*loaded(year, found.limit_kw), out=(lost,))
    assert 0.9985 < grid["ratio"][f"PDU-{partner}2"] <= 1.0
    beyond = reference_power.solve(*loaded(year, 1.003 * found.limit_kw), out=(lost,))
    assert beyond["ratio"][f"PDU-{partner}2"] > 1.0


def test_the_grid_contract_binds_the_substation(year):
    found = headroom(year.result, "site", "N")
    assert found.binds == "Electricity: source GRID"
    grid = reference_power.solve(*loaded(year, found.limit_kw))
    assert 0.9985 < grid["source_kw"] / 4000.0 <= 1.0002


def test_a_hall_never_holds_more_racks_than_it_has_places(year):
    found = headroom(year.result, "HALL-2", "N")
    assert found.n_racks == 4
    assert found.binds == "Rack places: HALL-2"
    assert found.limit_kw == pytest.approx(4 * 132.0)


def test_the_chain_stands_in_the_order_in_which_it_binds(year):
    for row in year.result.stages[0].headroom:
        left = [limit.left_kw for limit in row.chain]
        assert left == sorted(left)
        assert row.binds.startswith(row.chain[0].name)
        assert row.n_racks == row.chain[0].n_racks_left
        assert row.state in {"N", "N-1"}


def test_n_minus_1_is_never_above_n(year):
    for row in year.result.stages[0].headroom:
        assert headroom(year.result, row.scope, "N-1").limit_kw <= (
            headroom(year.result, row.scope, "N").limit_kw
        )


def test_failover_load_is_the_total_and_not_what_an_outage_adds(outages):
    """Two feeds of one half each: after the loss of one the other carries both halves."""
    loads = [row.model_dump() for row in outages.stages[0].objects]
    feed = named(loads, "HALL-1/A05@BW-A1")
    assert feed["normal_kw"] == pytest.approx(20.4)
    assert feed["failover_kw"] == pytest.approx(40.8)
    assert feed["failover_state"] in {f"outage:{kind}-B1" for kind in ("CAB", "USS", "UPS", "PDU")}
    for load in loads:
        assert load["failover_kva"] >= load["normal_kva"] * 0.999 or load["id"] == "GRID"


def test_headroom_of_an_object_is_its_rating_less_its_load(outages):
    for load in outages.stages[0].objects:
        assert load.headroom_n_kva == pytest.approx(load.rating_kva * (1 - load.normal_ratio))
        assert load.headroom_n1_kva == pytest.approx(load.rating_kva * (1 - load.failover_ratio))
