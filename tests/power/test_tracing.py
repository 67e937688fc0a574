import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from power.physics.contingency import failover
from power.physics.documents import Conversion, Line
from power.physics.tracing import tracing_of
from tests.power.meshed import meshed
from tests.power.sites import site
from tests.power.small import two_nodes


def node_kw(network, consumer_kw):
    """Draw of each node when every feed carries its stated share."""
    number = {node.id: i for i, node in enumerate(network.nodes)}
    drawn = np.zeros((len(number), 1))
    for consumer, kw in zip(network.consumers, consumer_kw, strict=True):
        for feed in consumer.feeds:
            drawn[number[feed.node], 0] += feed.share_ratio * kw
    return drawn


def lossless(network):
    """The network with next to no impedance and conversions without losses."""
    branches = tuple(
        item.model_copy(
            update={
                "resistance_ohm_per_km": 1e-3 * item.resistance_ohm_per_km,
                "reactance_ohm_per_km": 1e-3 * item.reactance_ohm_per_km,
                "capacitance_nf_per_km": 0.0,
            }
        )
        if isinstance(item, Line)
        else item.model_copy(
            update={
                "impedance_ratio": 1e-3 * item.impedance_ratio,
                "load_loss_kw": 0.0,
                "no_load_loss_kw": 0.0,
                "magnetising_ratio": 0.0,
                "lv_voltage_v": 33e3 if item.lv_voltage_v == 33e3 else 415.0,
            }
        )
        for item in network.branches
    )
    conversions = tuple(
        item.model_copy(update={"loss_coefficients": (0, 0, 0), "input_power_factor": 1.0})
        for item in network.conversions
    )
    sources = (network.sources[0].model_copy(update={"short_circuit_mva": None}),)
    consumers = tuple(c.model_copy(update={"power_factor": 1.0}) for c in network.consumers)
    return network.model_copy(
        update={
            "branches": branches,
            "conversions": conversions,
            "sources": sources,
            "consumers": consumers,
        }
    )


@pytest.mark.reference
@pytest.mark.parametrize("dc_halls", [0, 1])
def test_the_linear_flows_are_those_of_the_load_flow_without_losses(dc_halls):
    network = lossless(site(halls=2, dc_halls=dc_halls))
    kw = np.linspace(10.0, 40.0, len(network.consumers))
    table = failover(network, kw, outages=())
    traced = tracing_of(network).trace(node_kw(network, kw))
    assert traced.branches[:, 0] == pytest.approx(table.branches.normal_kw, rel=2e-3, abs=0.02)
    assert traced.switches[:, 0] == pytest.approx(table.switches.normal_kw, rel=2e-3, abs=0.02)
    assert traced.conversions[:, 0] == pytest.approx(table.conversions.normal_kw, rel=1e-6)
    assert traced.sources[:, 0] == pytest.approx([kw.sum()], rel=1e-9)


@pytest.mark.property
def test_power_adds_up_at_every_node_of_a_meshed_site():
    network = meshed()
    kw = np.linspace(10.0, 40.0, len(network.consumers))
    ready = tracing_of(network)
    drawn = node_kw(network, kw)
    traced = ready.trace(drawn)
    number = {node.id: i for i, node in enumerate(network.nodes)}
    left = -drawn[:, 0]
    for item, flow in zip(network.branches, traced.branches[:, 0], strict=True):
        left[number[item.ends[0]]] -= flow
        left[number[item.ends[1]]] += flow
    for item, flow in zip(network.switches, traced.switches[:, 0], strict=True):
        left[number[item.from_node]] -= flow
        left[number[item.to_node]] += flow
    for item, flow in zip(network.conversions, traced.conversions[:, 0], strict=True):
        left[number[item.input_node]] -= flow
        left[number[item.output_node]] += flow
    for item, flow in zip(network.sources, traced.sources[:, 0], strict=True):
        left[number[item.node]] += flow
    assert np.abs(left).max() < 1e-8
    assert traced.sources.sum() == pytest.approx(drawn.sum())


@pytest.mark.property
@given(st.floats(0, 100), st.floats(0, 100))
def test_two_draws_together_are_the_sum_of_both(first_kw, second_kw):
    ready = tracing_of(SITE)
    one = np.zeros((len(SITE.nodes), 1))
    two = one.copy()
    one[-1], two[5] = first_kw, second_kw
    both = ready.trace(one + two).branches
    apart = ready.trace(np.hstack([one, two])).branches.sum(axis=1, keepdims=True)
    assert both == pytest.approx(apart, abs=1e-9)


SITE = site(halls=1, busways=1, taps=2, racks_per_tap=1)


def test_what_passes_through_a_board_is_what_leaves_it():
    network = site(halls=1, busways=1, taps=2, racks_per_tap=1)
    kw = np.array([30.0 if c.kind == "rack" else 0.0 for c in network.consumers])
    traced = tracing_of(network).trace(node_kw(network, kw))
    nodes = dict(zip((n.id for n in network.nodes), traced.nodes[:, 0], strict=True))
    assert nodes["TAP-0A-0-1"] == pytest.approx(15.0)
    assert nodes["TAP-0A-0-0"] == pytest.approx(30.0)
    assert nodes["UPS-IN-0A"] == pytest.approx(30.0)
    assert nodes["POI"] == pytest.approx(60.0)


def test_conversions_on_one_bus_share_by_rating_and_a_dead_node_draws_nothing():
    network = site(halls=1, busways=1, taps=1, racks_per_tap=1)
    second = Conversion(
        id="UPS-2",
        kind="ups",
        input_node="UPS-IN-0A",
        output_node="UPS-OUT-0A",
        rating_kw=3 * network.conversions[0].rating_kw,
        rating_kva=100,
        loss_coefficients=(0, 0, 0),
    )
    network = network.model_copy(update={"conversions": (*network.conversions, second)})
    drawn = np.zeros((len(network.nodes), 1))
    drawn[[node.id for node in network.nodes].index("TAP-0A-0-0")] = 12.0
    traced = tracing_of(network).trace(drawn)
    ups = dict(zip((c.id for c in network.conversions), traced.conversions[:, 0], strict=True))
    assert ups == pytest.approx({"UPS-0A": 3.0, "UPS-2": 9.0, "UPS-0B": 0.0})
    dark = tracing_of(network, out=frozenset(["UPS-0A", "UPS-2"])).trace(drawn)
    assert dark.sources.sum() == 0.0


@pytest.mark.reference
def test_parallel_lines_share_by_their_admittances():
    # 0.3 and 0.1 ohm side by side: a quarter and three quarters.
    base = two_nodes(voltage_v=400.0, resistance=0.3)
    second = base.branches[0].model_copy(update={"id": "second", "resistance_ohm_per_km": 0.1})
    network = base.model_copy(update={"branches": (*base.branches, second)})
    drawn = np.zeros((len(network.nodes), 1))
    drawn[[node.id for node in network.nodes].index("end")] = 40.0
    assert tracing_of(network).trace(drawn).branches[:, 0] == pytest.approx([10.0, 30.0])
