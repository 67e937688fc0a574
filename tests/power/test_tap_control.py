"""Taps under load: bands that are reached, ends of the range, hunting, cascades, outages."""

import numpy as np
import pytest

from power.physics.contingency import contingency_study
from power.physics.moment import solve_moment
from power.physics.network import assemble
from power.physics.system import solve_system
from tests.power.parts import grid, line, load, network, nodes, rack, step_down


def regulated(name, hv, lv, *, node=None, target=1.0, half_band=0.008, **fields):
    values = {
        "tap_step_ratio": 0.0125,
        "tap_min": -8,
        "tap_max": 8,
        "regulator": {"node": node or lv, "target_pu": target, "half_band_pu": half_band},
    }
    return step_down(name, hv, lv, **{**values, **fields})


def one(**fields):
    return network(
        nodes("H", voltage_v=33e3),
        nodes("L"),
        grid("H", voltage_pu=0.97),
        regulated("T", "H", "L", **fields),
        rack("R", "L", power_factor=0.9),
    )


@pytest.mark.parametrize("side", ["hv", "lv"])
def test_the_voltage_ends_in_its_band_on_either_tap_side(side):
    site = one(tap_side=side)
    kw = np.linspace(0, 3500, 20)[np.newaxis]
    flow = solve_system(site, kw, keep_nodes=["L"])
    assert np.abs(flow.kept_voltage_pu[0] - 1.0).max() <= 0.008 + 1e-7
    taps = flow.tap_position[0]
    # More load takes more steps, in one direction only.
    steps = np.diff(taps)
    assert (steps <= 0).all() if side == "hv" else (steps >= 0).all()
    assert len(set(taps.tolist())) > 3
    assert flow.control_events == ()
    assert np.abs(flow.residual_kw).max() < 1e-5


def test_every_point_in_time_is_what_it_is_with_the_tap_set_there():
    site = one()
    kw = np.array([[200.0, 3000.0, 200.0, 1500.0]])
    flow = solve_system(site, kw, keep_nodes=["L"])
    for i in range(4):
        tap = int(flow.tap_position[0, i])
        fixed = network(
            nodes("H", voltage_v=33e3),
            nodes("L"),
            grid("H", voltage_pu=0.97),
            step_down("T", "H", "L", tap_step_ratio=0.0125, tap_position=tap),
            rack("R", "L", power_factor=0.9),
        )
        alone = solve_system(fixed, kw[:, [i]], keep_nodes=["L"])
        assert flow.source_kw[0, i] == pytest.approx(alone.source_kw[0, 0], abs=1e-6)
        assert flow.kept_voltage_pu[0, i] == pytest.approx(alone.kept_voltage_pu[0, 0])
    assert flow.tap_position[0, 0] == flow.tap_position[0, 2]


def test_in_its_band_the_tap_rests_where_it_was():
    flow = solve_system(one(half_band=0.05), [[100.0]])
    assert flow.tap_position.tolist() == [[0]]


def test_at_the_end_of_its_range_it_stops_and_says_so():
    site = one(tap_min=-1, tap_max=1)
    flow = solve_system(site, [[100.0, 3500.0, 3400.0]])
    assert flow.tap_position[0].tolist() == [-1, -1, -1]
    (event,) = flow.control_events
    assert (event.kind, event.object, event.n_columns) == ("at_limit", "T", 3)
    assert event.message.startswith("T stands")


def test_a_band_narrower_than_the_step_makes_it_hunt_and_rest_at_the_nearer_side():
    site = one(half_band=0.001, tap_step_ratio=0.03)
    moment = solve_moment(site, [1500.0])
    (event,) = moment.control_events
    assert (event.kind, event.object, event.n_columns) == ("hunting", "T", 1)
    rest = abs(abs(moment.node_voltage_pu[1]) - 1.0)
    tap = int(moment.tap_position[0])
    for other in (tap - 1, tap + 1):
        moved = network(
            nodes("H", voltage_v=33e3),
            nodes("L"),
            grid("H", voltage_pu=0.97),
            step_down("T", "H", "L", tap_step_ratio=0.03, tap_position=other),
            rack("R", "L", power_factor=0.9),
        )
        assert abs(abs(solve_moment(moved, [1500.0]).node_voltage_pu[1]) - 1.0) > rest


def test_of_two_in_a_row_the_one_nearer_the_grid_moves_first():
    site = network(
        nodes("H", "M", voltage_v=33e3),
        nodes("L"),
        grid("H", voltage_pu=0.95),
        regulated("NEAR", "H", "M", lv_voltage_v=33e3),
        regulated("FAR", "M", "L", half_band=0.045, tap_step_ratio=0.02),
        rack("R", "L"),
    )
    moment = solve_moment(site, [100.0])
    # The near one alone mends the low voltage of the grid; the far one never moves.
    assert moment.tap_position.tolist() == [-4, 0]
    assert moment.control_events == ()


def test_units_in_parallel_move_together():
    site = network(
        nodes("H", voltage_v=33e3),
        nodes("L"),
        grid("H", voltage_pu=0.95),
        regulated("T1", "H", "L"),
        regulated("T2", "H", "L"),
        rack("R", "L"),
    )
    moment = solve_moment(site, [3000.0])
    first, second = moment.tap_position.tolist()
    assert first == second < 0
    assert moment.branch_from_kva[0] == pytest.approx(moment.branch_from_kva[1])


def test_a_step_up_unit_holds_its_high_side():
    site = network(
        nodes("L"),
        nodes("H", voltage_v=33e3),
        grid("L", voltage_pu=1.0),
        regulated("T", "H", "L", node="H", target=1.03),
        load("H", 1500.0, 500.0),
    )
    moment = solve_moment(site)
    assert abs(abs(moment.node_voltage_pu[1]) - 1.03) <= 0.008
    assert moment.control_events == ()


def test_a_remote_node_is_held_through_its_cable():
    site = network(
        nodes("H", voltage_v=33e3),
        nodes("L", "END"),
        grid("H"),
        regulated("T", "H", "L", node="END"),
        line("C", "L", "END", ohm=(1.0, 0.8)),
        rack("R", "END"),
    )
    moment = solve_moment(site, [2500.0])
    assert abs(abs(moment.node_voltage_pu[2]) - 1.0) <= 0.008
    assert abs(moment.node_voltage_pu[1]) > 1.01


def test_with_a_dead_node_it_rests():
    site = network(
        nodes("H", voltage_v=33e3),
        nodes("L", "END"),
        grid("H"),
        regulated("T", "H", "L", node="END"),
        line("C", "L", "END"),
        rack("R", "L"),
        rack("S", "END"),
    )
    topology = assemble(site, out=frozenset(["C"]))
    assert not topology.node_live[2]
    moment = solve_moment(site, [2500.0, 0.0], out=frozenset(["C"]))
    assert moment.tap_position.tolist() == [0, 0]


def test_in_outages_taps_stay_where_normal_operation_has_them():
    site = one()
    study = contingency_study(site, [3500.0], outages=[])
    taps = [b.tap_position for b in study.states.grid.network.branches]
    assert taps == solve_moment(site, [3500.0]).tap_position.tolist()
    assert taps[0] < -3
