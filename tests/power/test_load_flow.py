import numpy as np
import pytest
from scipy.sparse import csc_array

from facility.kernel.errors import ConvergenceError
from power.physics.columns import prepare
from power.physics.loadflow.chord import MANY_COLUMNS
from power.physics.loadflow.core import Equations
from power.physics.loadflow.newton import is_operable, solve_newton
from power.physics.network import assemble
from power.physics.system import solve_system
from tests.power.loadflow_cases import FOLDER, read, with_consumers
from tests.power.small import two_nodes

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
