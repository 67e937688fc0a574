import cmath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from power.physics.documents import (
    Consumer,
    Feed,
    GridSource,
    Line,
    NetworkInput,
    Node,
    Transformer,
)
from power.physics.phases import imbalance, phase_loading
from tests.power.loadflow_cases import read
from tests.power.sites import site

VOLT = 400.0


def board(feeds, *, power_factor=1.0, behind=()):
    """A 400 V board and a panel behind it; one consumer a feed, given by its phases."""
    places = [*(("board", item) for item in feeds), *(("panel", item) for item in behind)]
    return NetworkInput(
        frequency_hz=50,
        nodes=[
            Node(id="mv", voltage_v=10e3),
            Node(id="board", voltage_v=VOLT),
            Node(id="panel", voltage_v=VOLT),
        ],
        branches=[
            Transformer(
                id="T",
                hv_node="mv",
                lv_node="board",
                rating_kva=1000,
                hv_voltage_v=10e3,
                lv_voltage_v=400,
                impedance_ratio=0.06,
                load_loss_kw=5.0,
                no_load_loss_kw=1.0,
            ),
            Line(
                id="L",
                from_node="panel",
                to_node="board",
                length_km=0.05,
                resistance_ohm_per_km=0.1,
                reactance_ohm_per_km=0.1,
                rating_a=400,
            ),
        ],
        sources=[GridSource(id="G", node="mv", voltage_pu=1.0, short_circuit_mva=None)],
        consumers=[
            Consumer(
                id=f"c{i}",
                kind="rack",
                power_factor=power_factor,
                feeds=(Feed(node=node, share_ratio=1.0, phases=phases),),
            )
            for i, (node, phases) in enumerate(places)
        ],
    )


def at(found, node):
    i = found.node_ids.index(node)
    return found.current_a[i], found.phase_kw[i], found.imbalance_ratio[i], found.is_attributed[i]


@pytest.mark.reference
def test_one_conductor_carries_its_power_over_the_phase_voltage():
    # 4.6 kW at 230.94 V: 19.92 A in L2 and back through the neutral; deviation (3 - 1) / 1.
    current, kw, ratio, named = at(phase_loading(board(["L2"]), [4.6]), "board")
    ampere = 4600 / (VOLT / 3**0.5)
    assert current == pytest.approx([0, ampere, 0, ampere])
    assert kw == pytest.approx([0, 4.6, 0])
    assert ratio == pytest.approx(2.0)
    assert named


@pytest.mark.reference
def test_three_equal_feeds_balance_and_leave_the_neutral_empty():
    found = phase_loading(board(["L1", "L2", "L3"], power_factor=0.95), [5.0, 5.0, 5.0])
    current, kw, ratio, _ = at(found, "board")
    each = 5000 / 0.95 / (VOLT / 3**0.5)
    assert current == pytest.approx([each, each, each, 0.0], abs=1e-9)
    assert kw == pytest.approx([5, 5, 5])
    assert ratio == pytest.approx(0.0, abs=1e-12)


@pytest.mark.reference
def test_feeds_between_conductors_add_as_phasors():
    # Three delta loads of 6 kW: sqrt 3 * 6000 / 400 in each conductor, not twice 6000 / 400.
    found = phase_loading(board(["L1L2", "L2L3", "L3L1"]), [6.0, 6.0, 6.0])
    current, kw, _, _ = at(found, "board")
    assert current == pytest.approx([3**0.5 * 15.0] * 3 + [0.0], abs=1e-9)
    assert kw == pytest.approx([6, 6, 6])
    # One alone: 15 A in both of its conductors, none in the third.
    current, kw, ratio, _ = at(phase_loading(board(["L1L2"]), [6.0]), "board")
    assert current == pytest.approx([15, 15, 0, 0], abs=1e-9)
    assert kw.sum() == pytest.approx(6.0)
    assert ratio == pytest.approx(1.0)


@pytest.mark.reference
def test_a_mixed_board_by_hand():
    # L1 with 3 kW, L1L2 with 4 kW, three-phase 9 kW, all at power factor 0.9 lagging.
    feeds, kw = ["L1", "L1L2", "L1L2L3"], [3.0, 4.0, 9.0]
    found = phase_loading(board(feeds, power_factor=0.9), kw)
    current, _, ratio, named = at(found, "board")
    angle = -np.arccos(0.9)
    volt = [VOLT / 3**0.5 * cmath.exp(-2j * np.pi * k / 3) for k in range(3)]
    lag = cmath.exp(1j * angle) / 0.9
    across = volt[0] - volt[1]
    pair = 4000 / abs(across) * lag * across / abs(across)
    first = [3000 / abs(volt[0]) * lag + pair, -pair, 0]
    total = [first[k] + 3000 / abs(volt[k]) * lag * volt[k] / abs(volt[k]) for k in range(3)]
    expected = [abs(value) for value in total]
    assert current[:3] == pytest.approx(expected)
    assert current[3] == pytest.approx(abs(sum(total)))
    mean = sum(expected) / 3
    assert ratio == pytest.approx(max(abs(v - mean) for v in expected) / mean)
    assert named
    i = found.node_ids.index("board")
    assert found.three_phase_kw[i] == pytest.approx(9.0)


@pytest.mark.reference
def test_a_lagging_pair_beside_a_resistive_phase_by_hand():
    # L1: 3 kW at 230.94 V, 12.99 A at 0 degrees. L1L2: 4 kW at 400 V and 0.8 lagging, 12.5 A, its
    # voltage 30 degrees ahead of L1, so its current 30 - 36.87 degrees. L2 carries the pair alone.
    network = board(["L1", "L1L2"])
    first, second = network.consumers
    second = second.model_copy(update={"power_factor": 0.8})
    network = network.model_copy(update={"consumers": (first, second)})
    current, kw, _, _ = at(phase_loading(network, [3.0, 4.0]), "board")
    angle = np.deg2rad(30.0) - np.arccos(0.8)
    expected = abs(3000 / (400 / 3**0.5) + 12.5 * cmath.exp(1j * angle))
    assert current[:3] == pytest.approx([expected, 12.5, 0.0], abs=1e-9)
    assert kw.sum() == pytest.approx(7.0)


@pytest.mark.reference
def test_a_board_carries_what_hangs_behind_it_up_to_the_transformer():
    found = phase_loading(board(["L1"], behind=["L2", "L3"]), [2.0, 3.0, 4.0])
    assert at(found, "panel")[1] == pytest.approx([0, 3, 4])
    assert at(found, "board")[1] == pytest.approx([2, 3, 4])
    # Above the transformer nothing can be attributed.
    current, kw, ratio, named = at(found, "mv")
    assert current == pytest.approx(np.zeros(4))
    assert kw == pytest.approx(np.zeros(3))
    assert (ratio, named) == (0.0, False)
    assert found.beyond_kw == pytest.approx([9.0, 0.0, 0.0], abs=1e-9)


@pytest.mark.reference
def test_two_strips_on_two_phases_load_their_parent_as_published():
    example = read("redundancy/multi_psu_examples")["examples"][2]
    network = board([], behind=[])
    nodes = (*network.nodes, *(Node(id=f"strip {i}", voltage_v=VOLT) for i in (1, 2)))
    strips = tuple(
        network.branches[1].model_copy(update={"id": f"S{i}", "from_node": f"strip {i}"})
        for i in (1, 2)
    )
    feeds = tuple(Feed(node=f"strip {i}", share_ratio=0.5, phases=f"L{i}") for i in (1, 2))
    network = network.model_copy(
        update={
            "nodes": nodes,
            "branches": (*network.branches, *strips),
            "consumers": (Consumer(id="server", kind="rack", feeds=feeds),),
        }
    )
    found = phase_loading(network, [example["load_w"] / 1e3])
    parent = list(example["parent_estimated_w"].values())
    assert 1e3 * at(found, "board")[1] == pytest.approx([*parent, 0.0])
    lost = phase_loading(network, [1.0], out=frozenset(["server@strip 1"]))
    assert at(lost, "board")[1] == pytest.approx([0, 1, 0])


def test_where_every_feed_is_three_phase_nothing_is_said_about_balance():
    network = site(halls=1)
    found = phase_loading(network, np.full(len(network.consumers), 20.0))
    assert not found.is_attributed.any()
    assert found.imbalance_ratio == pytest.approx(np.zeros(len(network.nodes)))
    i = found.node_ids.index("TAP-0A-0-0")
    assert found.three_phase_kw[i] > 0


def test_dc_has_no_phases():
    network = site(halls=1, dc_halls=1)
    found = phase_loading(network, np.full(len(network.consumers), 20.0))
    i = found.node_ids.index("TAP-0A-0-0")
    assert found.current_a[i] == pytest.approx(np.zeros(4))
    assert found.beyond_kw[i] == 0.0
    assert found.beyond_kw[found.node_ids.index("UPS-IN-0A")] > 0


@pytest.mark.reference
def test_imbalance_is_the_largest_deviation_over_the_mean():
    # (100, 90, 80): mean 90, deviation 10. NEMA MG 1 form, by hand.
    assert imbalance([100.0, 90.0, 80.0]) == pytest.approx(10 / 90)
    assert imbalance([[0, 0, 0], [1, 1, 1]]) == pytest.approx([0, 0])


@pytest.mark.property
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["L1", "L2", "L3", "L1L2", "L2L3", "L3L1", "L1L2L3"]),
            st.floats(0, 20),
        ),
        min_size=1,
        max_size=8,
    ),
    st.floats(0.7, 1.0),
)
def test_the_phases_add_up_to_the_power(feeds, power_factor):
    network = board([p for p, _ in feeds], power_factor=power_factor)
    found = phase_loading(network, [kw for _, kw in feeds])
    total = sum(kw for _, kw in feeds)
    assert at(found, "board")[1].sum() == pytest.approx(total, abs=1e-9)
    assert 0 <= at(found, "board")[2] <= 2.0 + 1e-12
