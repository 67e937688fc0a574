import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

from power.physics.contingency import contingency_study
from power.physics.documents import Consumer, Feed, GridSource, Outage
from power.physics.loadflow.core import Equations, OpenEnds, mismatch_limit_pu
from power.physics.loadflow.newton import solve_newton
from power.physics.loadflow.opened import OpenedSolver
from power.physics.system import solve_system
from tests.power.sites import cable
from tests.power.test_states import random_network

pytestmark = pytest.mark.property
SOURCE_PU = 1.02


def branches_of(rng, *, n_buses, n_loops):
    """Ends and pi sections of a random tree with loops; bus 0 is held, the others are free."""
    ends = [(int(rng.integers(0, i)), i) for i in range(1, n_buses)]
    ends += [tuple(sorted(rng.choice(n_buses, 2, replace=False).tolist())) for _ in range(n_loops)]
    series = 1.0 / (rng.uniform(1e-4, 4e-3, len(ends)) * np.exp(1j * rng.uniform(0.2, 1.5)))
    shunt = 1e-2j * rng.uniform(0.0, 1.0, len(ends))
    return ends, series, shunt


def equations_of(ends, series, shunt, n_buses, *, without=None):
    """The free buses' equations with a branch left out, assembled densely."""
    matrix = np.zeros((n_buses, n_buses), dtype=np.complex128)
    for number, (start, end) in enumerate(ends):
        if number != without:
            matrix[[start, end], [start, end]] += series[number] + shunt[number] / 2
            matrix[[start, end], [end, start]] -= series[number]
    current = -matrix[1:, 0] * SOURCE_PU
    names = tuple(f"bus {i}" for i in range(1, n_buses))
    return Equations(csc_array(matrix[1:, 1:]), current, names)


def reached(ends, n_buses, *, without):
    """Which buses bus 0 still feeds, by walking."""
    fed = {0}
    for _ in ends:
        for number, pair in enumerate(ends):
            if number != without and fed.intersection(pair):
                fed.update(pair)
    return np.array([bus in fed for bus in range(1, n_buses)])


def ends_open(ends, series, shunt, live):
    """Every branch opened in a column of its own, by its ends at buses that stay fed."""
    rows = [
        (number, near - 1, far - 1)
        for number, pair in enumerate(ends)
        for near, far in (pair, pair[::-1])
        if near > 0 and live[near - 1, number]
    ]
    column, bus, far = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    own = series[column] + shunt[column] / 2
    other, is_held = -series[column], far < 0
    return OpenEnds(
        column=column,
        bus=bus,
        far_bus=np.where(is_held, bus, far),
        own=own,
        other=np.where(is_held, 0.0, other),
        held=np.where(is_held, other * SOURCE_PU, 0.0),
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_loops=st.integers(0, 5))
def test_opening_a_branch_by_a_low_rank_update_equals_the_rebuilt_network(seed, n_loops):
    rng = np.random.default_rng(seed)
    n_buses = int(rng.integers(3, 12))
    ends, series, shunt = branches_of(rng, n_buses=n_buses, n_loops=n_loops)
    expected = rng.uniform(0.0, 3.0, n_buses - 1) * np.exp(0.3j)
    live = np.array([reached(ends, n_buses, without=k) for k in range(len(ends))]).T
    load = expected[:, np.newaxis] * rng.uniform(0.0, 1.5, live.shape) * live
    equations = equations_of(ends, series, shunt, n_buses)
    answer = OpenedSolver(equations, expected)(load, ends_open(ends, series, shunt, live), live)
    assert (answer.mismatch_pu < mismatch_limit_pu(equations)).all()
    for number in range(len(ends)):
        fed = live[:, number]
        assert (answer.voltage_pu[~fed, number] == 0).all()
        rebuilt = equations_of(ends, series, shunt, n_buses, without=number)
        rest = Equations(
            csc_array(rebuilt.admittance.tocsr()[fed][:, fed]),
            rebuilt.current[fed],
            tuple(np.array(rebuilt.bus_names)[fed]),
        )
        if fed.any():
            alone, _ = solve_newton(rest, load[fed, number])
            assert answer.voltage_pu[fed, number] == pytest.approx(alone, abs=1e-9)


@pytest.mark.parametrize("length_km", [0.02, 1e-4])
def test_opening_a_coupler_of_a_few_milliohm_keeps_all_digits(length_km):
    network = random_network(np.random.default_rng(4), n_nodes=12, n_loops=0)
    near, far = network.branches[3].from_node, network.branches[7].to_node
    coupler = cable("COUPLER", (near, far), length_km, 0.05, 0.1, 200.0, 1250)
    coupled = network.model_copy(update={"branches": (*network.branches, coupler)})
    kw = np.full(len(network.consumers), 150.0)
    found = outage_voltage(coupled, kw, "COUPLER")
    assert found == pytest.approx(voltage_of(network, kw), abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_ring_with_its_tie_out_is_the_radial_network(seed):
    rng = np.random.default_rng(seed)
    radial = random_network(rng, n_nodes=10, n_loops=0)
    first, second = rng.choice(10, 2, replace=False).tolist()
    tie = cable("TIE", (f"n{first}", f"n{second}"), rng.uniform(0.05, 2.0), 0.2, 0.1, 300.0, 400)
    ring = radial.model_copy(update={"branches": (*radial.branches, tie)})
    kw = rng.uniform(0.0, 300.0, size=len(radial.consumers))
    assert outage_voltage(ring, kw, "TIE") == pytest.approx(voltage_of(radial, kw), abs=1e-9)


def test_a_tie_of_growing_impedance_approaches_the_radial_network():
    radial = random_network(np.random.default_rng(11), n_nodes=10, n_loops=0)
    kw = np.full(len(radial.consumers), 250.0)
    alone = voltage_of(radial, kw)
    far = []
    for factor in (1.0, 1e2, 1e4, 1e6):
        tie = cable("TIE", ("n1", "n9"), 1.0, 0.2 * factor, 0.1 * factor, 0.0, 400)
        ring = radial.model_copy(update={"branches": (*radial.branches, tie)})
        far.append(np.abs(voltage_of(ring, kw) - alone).max())
    assert far[0] > 1e-6
    assert far[1] < far[0] / 10
    assert far[2] < far[1] / 50
    assert far[3] < far[2] / 50


def test_of_two_ways_from_an_ideal_source_either_may_open():
    # The source end is held, so that only the far end of the open way is among the unknowns.
    base = random_network(np.random.default_rng(2), n_nodes=3, n_loops=0)
    ways = tuple(
        cable(f"way {i}", ("n0", "n1"), length_km, 0.3, 0.2, 300.0, 400)
        for i, length_km in enumerate((0.5, 2.0))
    )
    network = base.model_copy(
        update={
            "branches": (*ways, cable("on", ("n1", "n2"), 1.0, 0.2, 0.1, 300.0, 400)),
            "sources": (GridSource(id="G", node="n0", voltage_pu=1.01, short_circuit_mva=None),),
            "consumers": (
                Consumer(id="c", kind="house", feeds=(Feed(node="n2", share_ratio=1.0),)),
            ),
        }
    )
    kw = np.array([800.0])
    for way in ways:
        left = network.model_copy(
            update={"branches": tuple(b for b in network.branches if b is not way)}
        )
        assert outage_voltage(network, kw, way.id) == pytest.approx(voltage_of(left, kw), abs=1e-9)


def outage_voltage(network, kw, name):
    """Voltages with one branch out, solved as a column beside normal operation."""
    outage = Outage(id="o", label="o", objects=(name,))
    states = contingency_study(network, kw, outages=(outage,)).states
    assert states.losses.is_cut.all()
    (answer,) = states.solve(kw, np.arange(2))
    assert not states.own
    bus = answer.service.topology.bus_of_node
    return np.abs(answer.columns.voltage_pu[bus, 1])


def voltage_of(network, kw):
    flow = solve_system(network, kw[:, np.newaxis])
    return flow.node_voltage_min_pu
