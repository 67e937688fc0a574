"""Generators that hold a voltage, against a dense Newton that shares nothing with the solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import ConvergenceError
from power.physics.contingency import failover
from power.physics.documents import Outage
from power.physics.moment import solve_moment
from power.physics.system import solve_system
from tests.power.parts import generator, grid, line, load, network, nodes, rack, switch

RING = (("A", "B"), ("B", "C"), ("C", "D"), ("D", "A"), ("B", "D"))


def dense_newton(admittance, slack, held, power):
    """Voltages by Newton in rectangular form with a numerical Jacobian; all per unit.

    ``held`` are magnitudes by bus; ``power`` is given to the buses.
    """
    n = len(power)
    free = [i for i in range(n) if i not in slack]
    volts = np.array([slack.get(i, held.get(i, 1.0)) for i in range(n)], dtype=complex)

    def misses(x):
        at = volts.copy()
        at[free] = x[: len(free)] + 1j * x[len(free) :]
        given = at * np.conj(admittance @ at)
        rows = []
        for i in free:
            rows.append(given[i].real - power[i].real)
            rows.append(
                abs(at[i]) ** 2 - held[i] ** 2 if i in held else given[i].imag - power[i].imag
            )
        return np.array(rows), at

    x = np.concatenate([volts[free].real, volts[free].imag])
    for _ in range(30):
        now, at = misses(x)
        if np.abs(now).max() < 1e-12:
            return at
        jacobian = np.empty((now.size, x.size))
        for k in range(x.size):
            shift = np.zeros(x.size)
            shift[k] = 1e-6
            jacobian[:, k] = (misses(x + shift)[0] - misses(x - shift)[0]) / 2e-6
        x = x - np.linalg.solve(jacobian, now)
    raise AssertionError("the reference did not converge")


def ring(*more, loads=(3000.0, 4000.0, 2500.0)):
    return network(
        nodes("A", "B", "C", "D"),
        grid("A", voltage_pu=1.01),
        *(line(f"{i}{k}", i, k, ohm=(0.15, 0.4), nf=250) for i, k in RING),
        *(load(node, kw, 0.3 * kw) for node, kw in zip("BCD", loads, strict=True)),
        *more,
    )


def ring_admittance():
    y = np.zeros((4, 4), dtype=complex)
    base = 10e3**2 / 1e6
    for i, k in RING:
        a, b = "ABCD".index(i), "ABCD".index(k)
        series = base / (0.15 + 0.4j)
        half = 0.5j * 2 * np.pi * 50 * 250e-9 * base
        y[a, a] += series + half
        y[b, b] += series + half
        y[a, b] -= series
        y[b, a] -= series
    return y


@pytest.mark.reference
@settings(max_examples=30, deadline=None)
@given(
    st.floats(-3000, 6000),
    st.floats(0.97, 1.05),
    st.floats(0.97, 1.05),
    st.tuples(*[st.floats(-2000, 5000)] * 3),
)
def test_voltages_and_reactive_power_are_those_of_a_dense_newton(kw, at_c, at_d, loads):
    site = ring(generator("C", kw, at_c), generator("D", 500.0, at_d), loads=loads)
    moment = solve_moment(site)
    power = -np.array([0.0, *loads]) / 1e3 * (1 + 0.3j)
    power[2:] += np.array([kw, 500.0]) / 1e3
    y = ring_admittance()
    expected = dense_newton(y, {0: 1.01}, {2: at_c, 3: at_d}, power)
    assert moment.node_voltage_pu == pytest.approx(expected, abs=1e-8)
    given = 1e3 * (expected * np.conj(y @ expected) - power)
    assert moment.generator_kva.imag == pytest.approx(given.imag[2:], abs=1e-3)
    assert moment.source_kva[0] == pytest.approx(given[0], abs=1e-3)
    assert moment.residual_kw == pytest.approx(0.0, abs=1e-5)


def test_a_held_voltage_is_held_at_every_point_of_a_year():
    site = ring(generator("C", 2000.0, 1.0), rack("R", "B"))
    kw = np.random.default_rng(1).uniform(0, 3000, size=(1, 60))
    flow = solve_system(site, kw, keep_nodes=["C", "B"])
    assert np.abs(flow.kept_voltage_pu[0] - 1.0).max() < 1e-7
    assert np.ptp(flow.kept_voltage_pu[1]) > 1e-3
    assert np.abs(flow.residual_kw).max() < 1e-5
    assert flow.generator_kw == pytest.approx(np.full((1, 60), 2000.0))
    assert np.ptp(flow.generator_kvar) > 100
    for i in (0, 30, 59):
        alone = solve_system(site, kw[:, [i]])
        assert alone.generator_kvar[0, 0] == pytest.approx(flow.generator_kvar[0, i], abs=1e-4)


def test_generators_of_one_bus_share_its_reactive_power_by_their_ranges():
    one = solve_moment(ring(generator("C", 2000.0, 1.02)))
    total = one.generator_kva[0].imag
    equal = ring(generator("C", 1500.0, 1.02, name="g"), generator("C", 500.0, 1.02, name="h"))
    shared = solve_moment(equal)
    assert shared.generator_kva.imag == pytest.approx([total / 2] * 2)
    ranged = ring(
        generator("C", 1500.0, 1.02, name="g", limits=(-3000, 6000)),
        generator("C", 500.0, 1.02, name="h", limits=(0, 1000)),
    )
    first, second = solve_moment(ranged).generator_kva.imag
    assert first + second == pytest.approx(total)
    assert (first + 3000) / 9000 == pytest.approx(second / 1000)


def test_generators_on_joined_nodes_count_as_one_bus():
    whole = solve_moment(ring(generator("C", 2000.0, 1.02)))
    split = ring(
        nodes("C2"),
        switch("S", "C", "C2"),
        generator("C", 1000.0, 1.02),
        generator("C2", 1000.0, 1.02),
    )
    moment = solve_moment(split)
    assert moment.generator_kva.sum() == pytest.approx(whole.generator_kva[0])
    # All that the second gives goes through the switch.
    amperes = abs(moment.generator_kva[1]) / (3**0.5 * 10.0 * 1.02)
    assert moment.switch_current_a[0] == pytest.approx(amperes)


def test_limits_are_reported_and_not_enforced():
    site = ring(generator("C", 2000.0, 1.05, limits=(-100, 100)))
    moment = solve_moment(site)
    assert moment.generator_over_limit.tolist() == [True]
    assert moment.generator_kva[0].imag > 100
    wide = ring(generator("C", 2000.0, 1.05, limits=(-100e3, 100e3)))
    assert solve_moment(wide).generator_over_limit.tolist() == [False]
    assert solve_system(site, np.zeros((0, 2))).generator_over_limit.tolist() == [True]


def test_at_the_node_of_an_ideal_source_a_generator_gives_active_power_alone():
    with_one, without = ring(generator("A", 1500.0, 1.01)), ring()
    one, other = solve_moment(with_one), solve_moment(without)
    assert one.node_voltage_pu == pytest.approx(other.node_voltage_pu)
    assert one.generator_kva[0] == pytest.approx(1500.0)
    assert one.source_kva[0] == pytest.approx(other.source_kva[0] - 1500.0)


def test_a_generator_without_the_grid_is_dead():
    site = network(
        nodes("A", "B", "C"),
        grid("A"),
        line("L", "A", "B"),
        switch("TIE", "B", "C", closed=False),
        generator("C", 500.0, 1.0),
    )
    moment = solve_moment(site)
    assert moment.topology.dead_nodes == ("C",)
    assert moment.generator_kva[0] == 0.0


def test_outages_with_a_generator_are_solved_each_by_itself():
    site = ring(generator("C", 2000.0, 1.0), rack("R", "B"))
    names = ("AB", "CD", "gen C", "BD")
    outages = [Outage(id=name, label=name, objects=(name,)) for name in names]
    table = failover(site, [1000.0], outages=outages)
    assert table.states == ("normal", *names)
    for name, lowest in zip(table.node_ids, table.node_lowest_pu, strict=True):
        found = [solve_moment(site, [1000.0], out=frozenset([out])) for out in names]
        place = table.node_ids.index(name)
        worst = min(abs(moment.node_voltage_pu[place]) for moment in found)
        assert lowest == pytest.approx(worst, abs=1e-9)


def test_beyond_the_nose_there_is_no_solution_and_the_node_is_named():
    site = network(
        nodes("A", "B", "C"),
        grid("A"),
        line("L1", "A", "B", ohm=(0.0, 10.0)),
        line("L2", "B", "C", ohm=(0.0, 10.0)),
        generator("B", 0.0, 1.0),
        rack("R", "C"),
    )
    # From a held voltage through 0.1 p.u. the most is V^2 / (2 X) = 5 p.u.; the angle between
    # source and generator, sin d = P X, allows 10 p.u.
    assert solve_moment(site, [4999.0]).mismatch_kva < 1e-5
    with pytest.raises(ConvergenceError, match="voltage collapse at C"):
        solve_moment(site, [5005.0])
    with pytest.raises(ConvergenceError, match="voltage collapse at C"):
        solve_system(site, [[1000.0, 6000.0]])


def test_the_solution_is_the_upper_one_near_the_nose():
    site = network(
        nodes("A", "B"),
        grid("A"),
        line("L1", "A", "B", ohm=(0.0, 10.0)),
        load("B", 100.0, current=1.0),
        rack("R", "B"),
    )
    size = abs(solve_moment(site, [4800.0]).node_voltage_pu[1])
    assert size > 2**-0.5
