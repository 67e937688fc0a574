"""Impedances, lines without a rating, shunts and stated loads against arithmetic by hand."""

import numpy as np
import pytest

from power.physics.admittance import impedance_pi, line_pi, shunt_admittance, transformer_pi
from power.physics.contingency import failover
from power.physics.documents import Impedance, Outage
from power.physics.moment import solve_moment
from power.physics.system import solve_system
from tests.power.parts import grid, line, load, network, nodes, rack, shunt, step_down, switch


def voltage(moment, name):
    return moment.node_voltage_pu[moment.topology.grid.node_ids.index(name)]


def test_an_impedance_sees_each_direction_with_its_own_values():
    item = Impedance(
        id="Z",
        from_node="a",
        to_node="b",
        rating_kva=2000,
        from_to_pu=(0.0, 0.1),
        to_from_pu=(0.0, 0.2),
        from_shunt_pu=(0.01, 0.02),
        to_shunt_pu=(0.03, -0.04),
    )
    # On 1 MVA the admittances of a 2 MVA unit are twice as large.
    pi = impedance_pi(item)
    assert pi.from_to == pytest.approx(-2 / 0.1j)
    assert pi.to_from == pytest.approx(-2 / 0.2j)
    assert pi.from_from == pytest.approx(2 / 0.1j + 2 * (0.01 + 0.02j))
    assert pi.to_to == pytest.approx(2 / 0.2j + 2 * (0.03 - 0.04j))


def test_an_impedance_may_join_two_voltages_and_is_loaded_by_its_rating():
    item = Impedance(
        id="Z",
        from_node="A",
        to_node="B",
        rating_kva=1000,
        from_to_pu=(0.01, 0.1),
        to_from_pu=(0.01, 0.1),
    )
    site = network(
        nodes("A", voltage_v=10e3), nodes("B", voltage_v=400), grid("A"), item, load("B", 500)
    )
    moment = solve_moment(site)
    # V2 solves V2 = 1 - z * 0.5 / conj(V2) per unit on 1 MVA.
    v = 1.0 + 0j
    for _ in range(60):
        v = 1.0 - (0.01 + 0.1j) * 0.5 / np.conj(v)
    assert voltage(moment, "B") == pytest.approx(v, abs=1e-9)
    assert moment.branch_current_ratio[0] == pytest.approx(0.5 / abs(v))


def test_the_conductance_of_a_line_burns_power_along_it():
    item = line("L", "A", "B", ohm=(0.1, 0.1), us=200.0, n_parallel=2)
    start, _ = nodes("A", "B")
    ((from_from, from_to, _, _),) = line_pi([item], [start], frequency_hz=50)
    # Both circuits: 400 uS at 10 kV, half at each end; per unit on 1 MVA times V squared.
    half = 0.5 * 400e-6 * 10e3**2 / 1e6
    assert (from_from + from_to).real == pytest.approx(half)
    moment = solve_moment(network(nodes("A", "B"), grid("A"), item))
    assert moment.branch_loss_kw[0] == pytest.approx(2e3 * half, rel=1e-3)


def test_a_line_of_unknown_rating_has_no_loading_and_is_no_limit():
    site = network(
        nodes("A", "B", "C"),
        grid("A"),
        line("known", "A", "B", rating_a=100),
        line("unknown", "B", "C"),
        rack("R", "C"),
    )
    flow = solve_system(site, [[1000.0]])
    assert flow.branch_current_ratio[:, 0] == pytest.approx([0.58, 0.0], abs=0.01)
    table = failover(site, [1000.0], outages=[])
    assert table.branches.has_rating.tolist() == [True, False]
    assert table.branches.normal_a[1] == pytest.approx(58, abs=1)
    assert table.worst_object == ("known",)


def test_a_shunt_takes_its_power_at_its_own_voltage():
    node = nodes("A")[0]
    item = shunt("A", 12.0, -300.0, voltage_v=11e3)
    # P + jQ at 11 kV; on a 10 kV node at 1 p.u. it takes (10 / 11)^2 of that.
    assert np.conj(shunt_admittance(item, node)) == pytest.approx((0.012 - 0.3j) / 1.21)
    moment = solve_moment(network(nodes("A"), grid("A", voltage_pu=1.02), item))
    assert moment.shunt_kva[0] == pytest.approx((12 - 300j) / 1.21 * 1.02**2)
    assert moment.source_kva[0] == pytest.approx(moment.shunt_kva[0])


@pytest.mark.parametrize(("current", "impedance"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.3, 0.2)])
def test_a_stated_load_follows_the_voltage_as_it_says(current, impedance):
    site = network(
        nodes("A", "B"),
        grid("A", voltage_pu=0.95),
        line("L", "A", "B"),
        load("B", 3000, 1200, current=current, impedance=impedance),
    )
    moment = solve_moment(site)
    size = abs(voltage(moment, "B"))
    factor = 1 - current - impedance + current * size + impedance * size**2
    assert moment.static_load_kva[0] == pytest.approx((3000 + 1200j) * factor, rel=1e-8)
    # What arrives through the line is what the load takes.
    assert -moment.branch_to_kva[0] == pytest.approx(moment.static_load_kva[0], rel=1e-8)
    assert moment.residual_kw == pytest.approx(0.0, abs=1e-5)


def test_stated_loads_shunts_and_generators_stand_in_the_balance_of_a_year():
    site = network(
        nodes("A", "B", "C"),
        grid("A", mva=200),
        line("L1", "A", "B", nf=200),
        line("L2", "B", "C", nf=200),
        load("B", 900, 300, current=0.4),
        load("C", -400, 100, impedance=0.5),
        shunt("C", 5.0, -200.0),
        rack("R", "C"),
    )
    flow = solve_system(site, [np.linspace(100, 900, 25)])
    assert np.abs(flow.residual_kw).max() < 1e-5
    assert flow.static_load_kw[0] == pytest.approx(500, abs=20)
    assert flow.shunt_kw[0] == pytest.approx(5.0, rel=0.05)


def test_what_hangs_on_a_dead_node_draws_nothing():
    site = network(nodes("A", "B"), grid("A"), line("L", "A", "B"), load("B", 900), shunt("B", 5.0))
    flow = solve_system(site, np.zeros((0, 1)), out=frozenset(["L"]))
    assert flow.static_load_kw[0] == flow.shunt_kw[0] == 0.0
    assert flow.source_kw[0, 0] == pytest.approx(0.0, abs=1e-9)


def test_outages_of_shunts_and_stated_loads_are_states():
    site = network(
        nodes("A", "B"),
        grid("A", contract_kw=2000),
        line("L", "A", "B"),
        load("B", 900, name="D"),
        shunt("B", 0.0, -100.0),
        rack("R", "B"),
    )
    outages = [Outage(id=name, label=name, objects=(name,)) for name in ("D", "shunt B", "L")]
    table = failover(site, [500.0], outages=outages)
    assert table.states == ("normal", "D", "shunt B", "L")
    assert table.sources.normal_kw[0] == pytest.approx(1400, rel=0.01)
    # Without the capacitor the line carries more reactive current.
    assert table.branches.failover_state[0] == "shunt B"


def test_an_open_ended_line_draws_its_charging_current():
    site = network(nodes("A", "END"), grid("A"), line("L", "A", "END", nf=300))
    moment = solve_moment(site)
    charging_kvar = 2 * np.pi * 50 * 300e-9 * 10e3**2 / 1e3
    assert moment.branch_from_kva[0].imag == pytest.approx(-charging_kvar, rel=1e-3)
    assert abs(moment.branch_to_kva[0]) < 1e-6


def test_the_current_of_a_switch_counts_shunts_and_stated_loads_behind_it():
    site = network(
        nodes("A", "B"),
        grid("A"),
        switch("S", "A", "B"),
        shunt("B", 0.0, -600.0),
        load("B", 800.0, current=1.0),
    )
    moment = solve_moment(site)
    assert moment.switch_current_a[0] == pytest.approx(1000.0 / (3**0.5 * 10))


def test_a_phase_shifter_turns_the_side_it_stands_on():
    (hv,), (lv,) = nodes("H", voltage_v=33e3), nodes("L")
    stepped = {"tap_position": 2, "tap_step_deg": 1.5, "tap_step_ratio": 0.01}
    plain = transformer_pi(step_down("T", "H", "L"), hv, lv)
    at_hv = transformer_pi(step_down("T", "H", "L", **stepped), hv, lv)
    at_lv = transformer_pi(step_down("T", "H", "L", tap_side="lv", **stepped), hv, lv)
    turn = np.exp(1j * np.deg2rad(3.0))
    assert at_hv.to_from / plain.to_from == pytest.approx(1 / (1.02 * turn))
    # An LV step lowers the ratio and turns the other way; the impedance follows the LV turns.
    assert at_lv.to_from / plain.to_from == pytest.approx(1.02 * turn / 1.02**2)


def test_phase_shifters_in_parallel_drive_power_round_the_loop():
    shifter = step_down("T2", "H", "L", tap_position=1, tap_step_deg=5.0)
    site = network(
        nodes("H", voltage_v=33e3),
        nodes("L"),
        grid("H"),
        step_down("T1", "H", "L"),
        shifter,
        load("L", 1000.0),
    )
    moment = solve_moment(site)
    # Two equal units: the circulating current is the angle over twice the reactance.
    around_kw = 1e3 * np.deg2rad(5.0) / (2 * 0.08 * 1000 / 4000)
    first, second = moment.branch_from_kva.real
    assert (first - second) / 2 == pytest.approx(around_kw, rel=0.02)
