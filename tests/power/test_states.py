from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power.physics.contingency import checked_grid, contingency_study, solve_state
from power.physics.documents import (
    Consumer,
    Feed,
    GridSource,
    NetworkInput,
    Node,
    Outage,
    RegulatedGenerator,
)
from power.physics.dominance import dominance
from power.physics.loading import snapshots_of
from power.physics.network import connect
from power.physics.service import Service
from power.physics.states import CHUNK
from tests.power.loadflow_cases import read, with_consumers
from tests.power.meshed import every_single_outage, meshed, two_grids
from tests.power.sites import cable, site


def kw_of(network):
    return np.array([30.0 + 0.1 * i for i, _ in enumerate(network.consumers)])


def agrees(network, kw, outages, *, voltage_pu=1e-9, load_ratio=1e-6):
    """Compare every state of a study with its own re-assembled topology; return the cuts."""
    study = contingency_study(network, kw, outages=outages)
    states = study.states
    numbers = np.arange(len(states.outages) + 1)
    seen = []
    for answer in states.solve(kw, numbers):
        loads = snapshots_of(answer.service, answer.columns, kw)
        for place, number in enumerate(answer.numbers.tolist()):
            seen.append(number)
            alone = solve_state(states.grid, kw, name="", out=states.out(number))
            topology, service = alone.topology, answer.service
            name = states.name(number)
            assert np.array_equal(service.node_live[:, place], topology.node_live), name
            assert np.array_equal(states.dark(number), topology.consumer_dark), name
            voltage = answer.columns.voltage_pu[service.topology.bus_of_node, place]
            expected = alone.columns.voltage_pu[topology.bus_of_node, 0]
            far = np.abs(np.where(topology.node_live, voltage - expected, 0.0)).max()
            assert far < voltage_pu, name
            own = snapshots_of(Service.of(topology), alone.columns, kw)
            for one, other in zip(loads.by_kind(), own.by_kind(), strict=True):
                assert np.array_equal(one.live[:, place], other.live[:, 0]), name
                for field in ("kw", "kva", "current_a", "ratio"):
                    assert getattr(one, field)[:, place] == pytest.approx(
                        getattr(other, field)[:, 0], rel=load_ratio, abs=1e-4
                    ), (name, field)
            assert answer.columns.conversion_loss_kw[:, place] == pytest.approx(
                alone.columns.conversion_loss_kw[:, 0], rel=load_ratio, abs=1e-6
            )
            assert answer.columns.consumer_kw[place] == pytest.approx(
                alone.columns.consumer_kw[0], abs=1e-9
            )
    assert sorted(seen) == numbers.tolist()
    alone = {states.out(i) for i in np.flatnonzero(~states.losses.is_cut)}
    assert set(states.own) == alone, "a cut was not solved with the others"
    return {states.name(i) for i in np.flatnonzero(states.losses.is_cut)}


@pytest.mark.parametrize(
    "network",
    [meshed(), meshed(dc_halls=1), two_grids()],
    ids=["meshed", "with DC", "two grids"],
)
def test_every_outage_agrees_with_its_own_topology(network):
    kw = kw_of(network)
    cuts = agrees(network, kw, every_single_outage(network))
    assert len(cuts) > 0.8 * len(every_single_outage(network))


def test_only_parted_buses_and_lost_voltages_have_a_topology_of_their_own():
    network = meshed()
    study = contingency_study(network, kw_of(network), outages=every_single_outage(network))
    cut = {study.states.name(i)[7:] for i in np.flatnonzero(study.states.losses.is_cut)}
    # Parallel transformers, ring and tie cables, switchgear inside the ring, breakers of a feeder.
    for name in ("TX-A", "RING", "PAIR-1", "BUSWAY-TIE", "RMU-0A", "UPS-IN-0A", "IN-0A", "PANEL"):
        assert name in cut, name
    # A coupler parts its bus; behind the others a bus loses the voltage that a UPS holds there.
    for name in ("COUPLER", "MV-A", "SUB-1A", "UPS-BACKUP", "UPS-END"):
        assert name not in cut, name


def test_outages_of_several_objects_are_columns_where_they_only_open_branches():
    network = meshed()
    pairs = list(combinations(("UPS-0A", "UPS-0B", "TX-A", "BOARD-1B", "single"), 2))
    outages = [
        Outage(id=f"{a} {b}", label="two", objects=pair) for pair in pairs for a, b in [pair]
    ]
    cuts = agrees(network, kw_of(network), outages)
    # The board parts its bus, whatever else is lost.
    assert cuts == {"normal"} | {f"{a} {b}" for a, b in pairs if "BOARD-1B" not in (a, b)}


def test_every_branch_outage_of_the_small_campus_is_a_column_or_its_own_topology():
    network, kw = with_consumers(read("loadflow/campus_small")["network"])
    outages = [Outage(id=b.id, label=b.id, objects=(b.id,)) for b in network.branches]
    agrees(network, kw, outages)


def test_more_states_than_fit_one_chunk_are_all_solved():
    network = site(halls=3, busways=4, taps=3)
    outages = every_single_outage(network)
    assert len(outages) > CHUNK
    kw = kw_of(network)
    states = contingency_study(network, kw, outages=outages).states
    numbers = np.concatenate(
        [answer.numbers for answer in states.solve(kw, np.arange(len(outages) + 1))]
    )
    assert sorted(numbers.tolist()) == list(range(len(outages) + 1))


@pytest.mark.parametrize("network", [meshed(), two_grids()], ids=["one grid", "two grids"])
def test_what_an_object_dominates_is_what_dies_with_it(network):
    grid = checked_grid(network, kw_of(network), stage=0)
    tree, base = dominance(grid), connect(grid)
    for name, vertex in tree.vertex.items():
        dead = tree.dead_nodes(np.array([vertex]))[:, 0]
        expected = connect(grid, out=frozenset([name])).node_live
        assert np.array_equal(base.node_live & ~dead, expected), name


def random_network(rng, *, n_nodes, n_loops):
    """A random tree with loops, a consumer on about every other node."""
    nodes = [Node(id=f"n{i}", voltage_v=10e3) for i in range(n_nodes)]
    ends = [(int(rng.integers(0, i)), i) for i in range(1, n_nodes)]
    loops = rng.integers(0, n_nodes, size=(n_loops, 2)).tolist()
    ends += [(a, b) for a, b in loops if a != b]
    lines = [
        cable(f"l{k}", (f"n{a}", f"n{b}"), rng.uniform(0.1, 1.0), 0.2, 0.1, 300.0, 400)
        for k, (a, b) in enumerate(ends)
    ]
    consumers = [
        Consumer(
            id=f"c{i}",
            kind="house",
            power_factor=rng.uniform(0.85, 1.0),
            feeds=tuple(Feed(node=f"n{j}", share_ratio=1.0 / len(places)) for j in sorted(places)),
        )
        for i, places in enumerate(
            set(rng.integers(0, n_nodes, size=2).tolist()) for _ in range(n_nodes // 2)
        )
    ]
    source = GridSource(
        id="G", node="n0", voltage_pu=1.02, short_circuit_mva=rng.choice([50, None])
    )
    return NetworkInput(
        frequency_hz=50, nodes=nodes, branches=lines, sources=[source], consumers=consumers
    )


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_loops=st.integers(0, 4))
def test_random_networks_agree_with_their_own_topologies(seed, n_loops):
    rng = np.random.default_rng(seed)
    network = random_network(rng, n_nodes=10, n_loops=n_loops)
    kw = rng.uniform(0.0, 300.0, size=len(network.consumers))
    agrees(network, kw, every_single_outage(network))


def test_where_a_generator_holds_a_voltage_every_outage_still_agrees():
    rng = np.random.default_rng(3)
    network = random_network(rng, n_nodes=8, n_loops=2)
    generator = RegulatedGenerator(id="PV", node="n5", active_kw=200.0, voltage_pu=1.01)
    network = network.model_copy(update={"generators": (generator,)})
    kw = np.full(len(network.consumers), 100.0)
    cuts = agrees(network, kw, every_single_outage(network))
    # Only what opens no branch is a column there.
    assert {name.split("@")[0] for name in cuts} == {
        "normal",
        *(f"outage:{item.id}" for item in network.consumers),
    }


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_power_balances_in_every_outage(seed):
    rng = np.random.default_rng(seed)
    network = meshed()
    kw = rng.uniform(0.0, 40.0, size=len(network.consumers))
    states = contingency_study(network, kw, outages=every_single_outage(network)).states
    for answer in states.solve(kw, np.flatnonzero(states.losses.is_cut)):
        given_kw = answer.columns.source_kva.real.sum(axis=0)
        lost_kw = answer.columns.branch_loss_kw.sum(axis=0)
        lost_kw += answer.columns.conversion_loss_kw.sum(axis=0)
        assert given_kw == pytest.approx(answer.columns.consumer_kw + lost_kw, abs=1e-3)


def test_a_study_with_more_consumers_equals_one_made_with_them():
    network = meshed()
    outages = every_single_outage(network)
    new = Consumer(
        id="new",
        kind="rack",
        power_factor=0.97,
        feeds=tuple(Feed(node=f"TAP-0{s}-0-0", share_ratio=0.5, rating_a=100) for s in "AB"),
    )
    kw = kw_of(network)
    states = contingency_study(network, kw, outages=outages).states
    chosen = states.numbers_of(outages[::3])
    more = states.with_consumers([new], chosen)
    larger = network.model_copy(update={"consumers": (*network.consumers, new)})
    own = contingency_study(larger, np.append(kw, 25.0), outages=outages[::3]).states
    assert [more.name(i) for i in range(chosen.size)] == [own.name(i) for i in range(chosen.size)]
    every, power_kw = np.arange(chosen.size), np.append(kw, 25.0)
    found = {a.numbers[0]: a for a in more.solve(power_kw, every)}
    for answer in own.solve(power_kw, every):
        other = found[answer.numbers[0]]
        assert other.columns.source_kva == pytest.approx(answer.columns.source_kva, rel=1e-7)
        assert other.columns.branch_ratio == pytest.approx(answer.columns.branch_ratio, abs=1e-7)
        assert np.array_equal(other.service.feed_share, answer.service.feed_share)
