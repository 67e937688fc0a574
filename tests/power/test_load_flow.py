import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

from facility.kernel.errors import ConvergenceError, InputError
from power.physics.columns import prepare
from power.physics.loadflow.chord import MANY_COLUMNS, ChordSolver
from power.physics.loadflow.core import Equations, mismatch_limit_pu
from power.physics.loadflow.newton import is_operable, solve_newton
from power.physics.loadflow.zbus import FixedPoint
from power.physics.network import assemble
from power.physics.system import solve_system, stream
from tests.power.loadflow_cases import FOLDER, read, with_consumers
from tests.power.small import two_nodes

MOST_PU = 1e-8
"""Voltage and power that may be missing, on 1 MVA."""
CASES = sorted(path.stem for path in (FOLDER / "loadflow").glob("*.json"))


def pi_result(case: dict) -> dict:
    return next(r for r in case["results"] if r["transformer_model"] in ("pi", "none"))


def solved(case: dict, count: int = 1):
    """Some columns of which the first is the case, prepared for other powers."""
    network, kw = with_consumers(case["network"])
    topology = assemble(network)
    solver = prepare(topology, kw * 0.7, cohort_of=np.arange(kw.size))
    return topology, solver.solve(kw[:, np.newaxis] * np.linspace(1.0, 0.3, count))


@pytest.mark.reference
@pytest.mark.parametrize(("count", "error_pu"), [(1, 1e-9), (MANY_COLUMNS, 1e-8)])
@pytest.mark.parametrize("name", CASES)
def test_voltages_of_the_public_cases_are_reproduced(name, count, error_pu):
    case = read(f"loadflow/{name}")
    topology, columns = solved(case, count)
    expected = pi_result(case)
    number = {node: i for i, node in enumerate(topology.grid.node_ids)}
    buses = topology.bus_of_node[[number[bus] for bus in expected["vm_pu"]]]
    voltage = columns.voltage_pu[buses, 0]
    size = np.array(list(expected["vm_pu"].values()))
    assert np.abs(voltage) == pytest.approx(size, abs=error_pu)
    angle = np.array(list(expected["va_degree"].values()))
    difference = (np.angle(voltage, deg=True) - angle + 180) % 360 - 180
    assert np.abs(difference).max() < 1e-6


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
def test_losses_loadings_and_source_power_of_the_public_cases_are_reproduced(name):
    case = read(f"loadflow/{name}")
    topology, columns = solved(case)
    expected, summary = pi_result(case), pi_result(case)["summary"]
    branches = topology.grid.branches
    loss = columns.branch_loss_kw[:, 0]
    lines, transformers = loss[~branches.is_transformer], loss[branches.is_transformer]
    assert lines.sum() == pytest.approx(1e3 * summary["line_losses_mw"], rel=1e-6, abs=1e-6)
    assert transformers.sum() == pytest.approx(
        1e3 * summary["transformer_losses_mw"], rel=1e-6, abs=1e-6
    )
    at_node = columns.source_kva.sum()
    place = "poi" if "p_poi_mw" in summary else "source"
    assert at_node.real == pytest.approx(1e3 * summary[f"p_{place}_mw"], rel=1e-7)
    assert at_node.imag == pytest.approx(1e3 * summary[f"q_{place}_mvar"], rel=1e-6)
    ratio = dict(zip(branches.ids, columns.branch_ratio[:, 0], strict=True))
    for kind, rows in (
        ("line", expected.get("line_loading_percent") or {}),
        ("transformer", expected.get("transformer_loading_percent") or {}),
    ):
        for number, percent in rows.items():
            assert 100 * ratio[f"{kind} {number}"] == pytest.approx(percent, abs=1e-4)


@pytest.mark.reference
@pytest.mark.parametrize(("name", "loss_kw"), [("case33bw", 202.7), ("case69", 225.0)])
def test_published_feeder_losses_are_met(name, loss_kw):
    network, kw = with_consumers(read(f"loadflow/{name}")["network"])
    flow = solve_system(network, kw[:, np.newaxis])
    assert flow.line_loss_kw[0] == pytest.approx(loss_kw, abs=0.05)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("source_v", "end_v", "current_a", "loss_kw"),
    [(800.0, 789.872, 1266.03, 12.823), (400.0, 378.885, 2639.32, 55.728)],
)
def test_a_dc_load_behind_a_resistance_meets_the_quadratic(source_v, end_v, current_a, loss_kw):
    # By hand: v = (V + sqrt(V^2 - 4 P R)) / 2 with P = 1 MW and R = 8 mohm.
    network = two_nodes(voltage_v=source_v, resistance=0.008, current="dc")
    flow = solve_system(network, [[1000.0]], keep_nodes=["end"])
    volts = flow.node_voltage_min_pu[2] * source_v
    assert volts == pytest.approx((source_v + np.sqrt(source_v**2 - 4 * 1e6 * 0.008)) / 2, abs=1e-6)
    assert volts == pytest.approx(end_v, abs=5e-4)
    assert flow.branch_current_ratio[0, 0] * 1000 == pytest.approx(current_a, abs=5e-3)
    assert flow.line_loss_kw[0] == pytest.approx(loss_kw, abs=5e-4)
    assert flow.source_kw[0, 0] == pytest.approx(1000 + loss_kw, abs=5e-4)
    assert flow.source_kvar[0, 0] == pytest.approx(1000 * 0.1425 * (1 + loss_kw / 1000), rel=2e-4)


@pytest.mark.reference
def test_an_ac_load_behind_an_impedance_meets_the_closed_form():
    # |V|^4 + |V|^2 (2 (R P + X Q) - E^2) + |Z|^2 |S|^2 = 0 with P = 600 kW at power factor 0.8.
    network = two_nodes(voltage_v=1000.0, resistance=0.05, reactance=0.1, power_factor=0.8)
    flow = solve_system(network, [[600.0]])
    p, q = 0.6, 0.45
    half = (1.0 - 2 * (0.05 * p + 0.1 * q)) / 2
    square = half + np.sqrt(half**2 - (0.05**2 + 0.1**2) * (p**2 + q**2))
    assert flow.node_voltage_min_pu[1] == pytest.approx(np.sqrt(square), abs=1e-10)


@pytest.mark.parametrize("count", [1, MANY_COLUMNS])
def test_a_load_beyond_the_nose_has_no_solution_and_names_the_node(count):
    network = two_nodes(voltage_v=800.0, resistance=0.008, current="dc")
    with pytest.raises(ConvergenceError, match="no solution: voltage collapse at end"):
        solve_system(network, [[20_100.0] * count])


def test_a_load_just_before_the_nose_is_solved_on_the_upper_branch():
    network = two_nodes(voltage_v=800.0, resistance=0.008, current="dc")
    flow = solve_system(network, [[19_990.0]])
    expected = (1.0 + np.sqrt(1.0 - 19_990 / 20_000)) / 2
    assert flow.node_voltage_min_pu[2] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("count", [2, MANY_COLUMNS])
def test_a_column_on_which_the_fast_method_drags_is_solved_by_newton(count):
    network = two_nodes(voltage_v=800.0, resistance=0.008, current="dc")
    power = [*([100.0] * count), 19_990.0, 18_000.0, 100.0]
    flow = solve_system(network, [power], keep_nodes=["end"])
    expected = (1.0 + np.sqrt(1.0 - np.array(power) / 20_000)) / 2
    assert flow.kept_voltage_pu[0] == pytest.approx(expected, abs=1e-6)


def test_the_lower_branch_is_not_operable():
    # v^2 - v + 0.24 = 0 has the roots 0.6 and 0.4, with a second bus at the same voltage.
    matrix = csc_array(np.array([[11.0, -1.0], [-1.0, 1.0]], dtype=complex))
    equations = Equations(matrix, np.array([10.0 + 0j, 0j]), ("near", "end"))
    load = np.array([2.4 + 0j, 0j])
    assert is_operable(equations, load, np.full(2, 0.6 + 0j))
    assert not is_operable(equations, load, np.full(2, 0.4 + 0j))


def test_newton_finds_the_upper_branch_and_nothing_beyond_the_nose():
    equations = Equations(csc_array(np.array([[10.0 + 0j]])), np.array([10.0 + 0j]), ("end",))
    voltage, missing = solve_newton(equations, np.array([2.4 + 0j]))
    assert voltage[0] == pytest.approx((1 + np.sqrt(1 - 4 * 0.24)) / 2, abs=1e-8)
    assert missing < 1e-8
    with pytest.raises(ConvergenceError, match="end"):
        solve_newton(equations, np.array([2.6 + 0j]))


def test_one_column_that_collapses_stops_the_whole_run_with_its_node():
    network = two_nodes(voltage_v=800.0, resistance=0.008, current="dc")
    with pytest.raises(ConvergenceError, match="collapse at end"):
        solve_system(network, [[100.0, 200.0, 21_000.0, 300.0]])


def equations_of(name: str) -> tuple[Equations, np.ndarray]:
    """The equations of a public case of a single level and its loads."""
    network, kw = with_consumers(read(f"loadflow/{name}")["network"])
    solver = prepare(assemble(network), kw, cohort_of=np.arange(kw.size))
    (level,) = solver.levels
    return level.equations, level.free_of_node @ (solver.node_of_cohort @ kw.astype(complex))


def spread(load: np.ndarray, *, seed: int = 0, count: int = MANY_COLUMNS) -> np.ndarray:
    """Every load with a size of its own in every column, some of them at 0."""
    factor = np.random.default_rng(seed).uniform(-0.2, 1.1, size=(load.size, count))
    return load[:, np.newaxis] * np.maximum(factor, 0.0)


def shortage_pu(equations: Equations, load: np.ndarray, voltage: np.ndarray) -> np.ndarray:
    """Power missing at every bus and column, written out."""
    leaving = equations.admittance @ voltage - equations.current[:, np.newaxis]
    return np.abs(voltage * np.conj(leaving) + load)


@pytest.mark.property
@pytest.mark.parametrize("name", ["campus_small", "case33bw", "simple_mv_open_ring_net"])
@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_power_balances_at_every_bus_in_every_column(name, seed):
    equations, load = equations_of(name)
    many = spread(load, seed=seed)
    answer = ChordSolver(equations, load)(many)
    missing = shortage_pu(equations, many, answer.voltage_pu)
    assert missing.max() < MOST_PU
    assert answer.mismatch_pu == pytest.approx(missing.max(axis=0), abs=1e-10)


def test_power_balances_at_every_node_of_the_campus():
    equations, load = equations_of("campus_full")
    many = spread(load)
    voltage = ChordSolver(equations, load)(many).voltage_pu
    assert shortage_pu(equations, many, voltage).max() < MOST_PU


@pytest.mark.parametrize("name", ["campus_full", "case69"])
def test_many_columns_are_what_the_plain_fixed_point_makes_of_them(name):
    equations, load = equations_of(name)
    many = spread(load)
    plain = FixedPoint(equations, load)(many)
    fast = ChordSolver(equations, 0.7 * load)(many)
    assert np.abs(fast.voltage_pu - plain.voltage_pu).max() < MOST_PU
    assert fast.iterations <= plain.iterations


@pytest.mark.parametrize("name", ["campus_full", "case69"])
def test_columns_near_those_expected_settle_in_half_the_iterations_of_the_fixed_point(name):
    equations, load = equations_of(name)
    random, shape = np.random.default_rng(2), (load.size, MANY_COLUMNS)
    sizes = load[:, np.newaxis] * random.uniform(0.8, 1.2, shape)
    turned = load[:, np.newaxis] * np.exp(1j * random.uniform(-0.2, 0.2, shape))
    assert FixedPoint(equations, load)(sizes).iterations >= 9
    assert ChordSolver(equations, load)(sizes).iterations <= 5
    assert ChordSolver(equations, load)(turned).iterations <= 5


def test_power_factors_that_differ_from_those_expected_are_followed():
    equations, load = equations_of("campus_small")
    many = spread(load) * np.exp(1j * np.linspace(-0.6, 0.5, MANY_COLUMNS))
    plain = FixedPoint(equations, load)(many)
    fast = ChordSolver(equations, load)(many)
    assert np.abs(fast.voltage_pu - plain.voltage_pu).max() < MOST_PU


def test_a_bus_that_was_not_expected_to_carry_load_may():
    equations, load = equations_of("campus_small")
    solver, several = ChordSolver(equations, load), spread(load)
    solver(several)
    bus = int(np.flatnonzero(load == 0)[-1])
    several[bus, 5] = 0.3 + 0.1j
    plain = FixedPoint(equations, load)(several)
    assert np.abs(solver(several).voltage_pu - plain.voltage_pu).max() < MOST_PU


def test_nothing_changes_on_another_base_or_with_other_numbers():
    equations, load = equations_of("campus_small")
    many, order = spread(load), np.random.default_rng(4).permutation(load.size)
    voltage = ChordSolver(equations, load)(many).voltage_pu
    scaled = Equations(
        csc_array(1e-2 * equations.admittance), 1e-2 * equations.current, equations.bus_names
    )
    other = ChordSolver(scaled, 1e-2 * load)(1e-2 * many)
    assert np.abs(other.voltage_pu - voltage).max() < MOST_PU
    names = tuple(equations.bus_names[i] for i in order)
    renumbered = Equations(
        csc_array(equations.admittance[order][:, order]), equations.current[order], names
    )
    other = ChordSolver(renumbered, load[order])(many[order])
    assert np.abs(other.voltage_pu - voltage[order]).max() < 1e-11


def test_a_column_near_the_nose_takes_longer_than_the_others_and_is_as_true():
    equations, load = equations_of("case10ba")
    many = load[:, np.newaxis] * np.linspace(0.2, 1.9, MANY_COLUMNS)
    answer = ChordSolver(equations, 0.8 * load)(many)
    solved = answer.mismatch_pu < mismatch_limit_pu(equations)
    assert solved[: MANY_COLUMNS // 2].all()
    for column in np.flatnonzero(solved)[-3:]:
        voltage, _ = solve_newton(equations, many[:, column])
        assert np.abs(answer.voltage_pu[:, column] - voltage).max() < 1e-7


def test_expected_powers_at_the_nose_itself_stop_nothing():
    equations = Equations(csc_array(np.array([[10.0 + 0j]])), np.array([10.0 + 0j]), ("end",))
    many = np.linspace(0.1, 2.0, MANY_COLUMNS)[np.newaxis].astype(complex)
    voltage = ChordSolver(equations, np.array([2.5 + 0j]))(many).voltage_pu
    expected = (1 + np.sqrt(1 - 4 * many.real / 10)) / 2
    assert voltage == pytest.approx(expected, abs=1e-7)


def test_blocks_carry_what_the_whole_answer_holds():
    network, kw = with_consumers(read("loadflow/campus_small")["network"])
    series = kw[:, np.newaxis] * np.linspace(0.2, 1.0, 300)
    flow = solve_system(network, series)
    for part, columns in stream(assemble(network), series):
        assert columns.branch_ratio == pytest.approx(flow.branch_current_ratio[:, part], rel=1e-6)
        lost_kw = columns.branch_loss_kw.sum(axis=0)
        assert lost_kw == pytest.approx(flow.loss_kw[part], rel=1e-9)
        assert columns.branch_from_kva.real == pytest.approx(
            flow.branch_kw[:, part], rel=1e-6, abs=1e-3
        )


def test_a_stream_refuses_powers_at_once_and_not_when_it_is_read():
    network, _ = with_consumers(read("loadflow/campus_small")["network"])
    with pytest.raises(InputError):
        stream(assemble(network), np.ones((3, 2)))
