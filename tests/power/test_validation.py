import pytest

from facility.kernel.errors import InputError
from power.physics.documents import Conversion, GridSource, Line, Outage
from power.physics.network import assemble
from power.physics.validation import check
from tests.power.sites import site, transformer


def changed(group, number, **fields):
    network = site(halls=1)
    items = list(getattr(network, group))
    items[number] = items[number].model_copy(update=fields)
    return network.model_copy(update={group: tuple(items)})


def found(network):
    return {(problem.path, problem.code) for problem in check(network)}


def test_a_sound_network_has_no_problems():
    assert check(site(dc_halls=1)) == []


def test_an_unknown_node_is_named_with_its_nearest_match():
    network = changed("branches", 2, to_node="RMU-0Q")
    (problem,) = check(network)
    assert problem.path == "branches.2.to_node"
    assert "did you mean 'RMU-0" in problem.message
    with pytest.raises(InputError, match="did you mean"):
        assemble(network)


def test_all_problems_come_at_once():
    network = changed("branches", 2, to_node="nowhere")
    broken = network.model_copy(
        update={
            "outages": (Outage(id="o", label="o", objects=("TX-Z",)),),
            "switches": (
                network.switches[0],
                *(item.model_copy(update={"id": "same"}) for item in network.switches[1:]),
            ),
        }
    )
    assert found(broken) == {
        ("branches.2.to_node", "unknown"),
        ("outages.0.objects.0", "unknown"),
        ("switches.1.id", "duplicate"),
        ("switches.2.id", "duplicate"),
    }


@pytest.mark.parametrize(
    ("kind", "place", "fields", "expected"),
    [
        ("branches", 2, {"to_node": "BOARD-0A"}, ("branches.2.to_node", "voltage")),
        ("branches", 2, {"to_node": "MV-A"}, ("branches.2.to_node", "self_loop")),
        (
            "branches",
            2,
            {"resistance_ohm_per_km": 0.0, "reactance_ohm_per_km": 0.0},
            ("branches.2.reactance_ohm_per_km", "zero_impedance"),
        ),
        ("branches", 0, {"hv_voltage_v": 66e3}, ("branches.0.hv_voltage_v", "voltage")),
        ("branches", 0, {"impedance_ratio": 0.001}, ("branches.0.load_loss_kw", "too_large")),
        ("branches", 0, {"shift_deg": 30.0}, ("branches.1.shift_deg", "vector_group")),
        ("conversions", 0, {"kind": "rectifier"}, ("conversions.0.kind", "mixed_current")),
        ("nodes", 6, {"current": "dc"}, ("conversions.0.kind", "mixed_current")),
        ("consumers", 1, {"until_stage": 1, "from_stage": 0}, None),
        ("nodes", 1, {"from_stage": 1}, ("branches.0.lv_node", "absent")),
        ("sources", 0, {"from_stage": 1}, ("sources", "absent")),
    ],
)
def test_each_fault_is_found_at_its_path(kind, place, fields, expected):
    problems = found(changed(kind, place, **fields))
    assert problems == set() if expected is None else expected in problems


def test_shares_that_do_not_add_up_are_found():
    rack = site(halls=1).consumers[-1]
    feeds = tuple(feed.model_copy(update={"share_ratio": 0.4}) for feed in rack.feeds)
    last = len(site(halls=1).consumers) - 1
    problems = found(changed("consumers", last, feeds=feeds))
    assert (f"consumers.{last}.feeds", "shares") in problems


def test_a_conversion_that_feeds_its_own_input_is_a_loop():
    network = site(halls=1)
    back = Conversion(
        id="back",
        kind="ups",
        input_node="UPS-OUT-0A",
        output_node="UPS-IN-0A",
        rating_kw=1,
        rating_kva=1,
        loss_coefficients=(0, 0, 0),
    )
    codes = {
        p.code
        for p in check(network.model_copy(update={"conversions": (*network.conversions, back)}))
    }
    assert {"loop", "two_sources"} <= codes


def test_a_ups_output_joined_with_the_grid_is_found():
    network = site(halls=1)
    bypass = network.switches[1].model_copy(
        update={"id": "BYPASS", "from_node": "UPS-IN-0A", "to_node": "UPS-OUT-0A"}
    )
    joined = network.model_copy(update={"switches": (*network.switches, bypass)})
    assert ("conversions.0.output_node", "two_sources") in found(joined)


def test_two_grids_that_meet_at_different_angles_are_found():
    network = changed("branches", 1, shift_deg=30.0)
    second = GridSource(id="G2", node="MV-B", voltage_pu=1.0, short_circuit_mva=500, x_over_r=10)
    opened = network.model_copy(
        update={
            "switches": (
                network.switches[0].model_copy(update={"closed": False}),
                *network.switches[1:],
            ),
            "sources": (*network.sources, second),
        }
    )
    assert ("sources.1.voltage_deg", "vector_group") in found(opened)


def test_equal_shifts_on_parallel_paths_are_fine():
    network = site(halls=1)
    shifted = tuple(
        item if isinstance(item, Line) else item.model_copy(update={"shift_deg": 30.0})
        for item in network.branches
    )
    assert check(network.model_copy(update={"branches": shifted})) == []


def test_a_consumer_without_supply_in_the_normal_state_is_found():
    network = site(halls=1)
    opened = tuple(
        item.model_copy(update={"closed": item.id not in {"IN-0A", "IN-0B"}})
        for item in network.switches
    )
    problems = found(network.model_copy(update={"switches": opened}))
    assert {code for _, code in problems} == {"no_supply"}
    assert len(problems) == 18


def test_a_resistance_above_the_whole_impedance_is_refused_not_rounded():
    item = transformer("T", ("a", "b"), 100.0).model_copy(update={"load_loss_kw": 9.0})
    assert item.load_loss_kw / item.rating_kva > item.impedance_ratio


def test_a_name_counts_once_per_stage():
    network = site(halls=1)
    first = network.branches[0]
    later = first.model_copy(update={"from_stage": 2})

    def with_first(until_stage):
        old = first.model_copy(update={"until_stage": until_stage})
        return network.model_copy(update={"branches": (old, *network.branches[1:], later)})

    assert check(with_first(2)) == []
    last = len(network.branches)
    expected = {("branches.0.id", "duplicate"), (f"branches.{last}.id", "duplicate")}
    assert found(with_first(3)) == expected
    assert found(with_first(None)) == expected
