import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.contingency import failover
from power.physics.documents import Consumer, Feed, Outage
from power.physics.outages import credible_outages
from power.physics.supply_uncertainty import supply_uncertainty, three_figures
from tests.power.loadflow_cases import read
from tests.power.sites import site
from tests.power.test_contingency import distributed


def server(n, shares=None):
    """One server with n supplies, each from a system of its own."""
    shares = [1 / n] * n if shares is None else shares
    network = distributed(n, [], kw=10.0)
    feeds = tuple(Feed(node=f"out {i}", share_ratio=share) for i, share in enumerate(shares))
    item = Consumer(id="server", kind="rack", feeds=feeds)
    return network.model_copy(update={"consumers": (item,)})


def on_paths(network, paths):
    """The same with the outputs on paths."""
    named = dict(zip((f"out {i}" for i in range(len(paths))), paths, strict=True))
    nodes = tuple(n.model_copy(update={"path": named.get(n.id, "")}) for n in network.nodes)
    return network.model_copy(update={"nodes": nodes})


@pytest.mark.reference
def test_six_supplies_follow_the_published_example_where_no_sides_are_known():
    example = read("redundancy/multi_psu_examples")["examples"][0]
    found = supply_uncertainty(server(6), np.array([example["load_w"] / 1e3]))
    assert found.has_sides == (False,)
    estimated, more = found.feeds.estimated_kw, found.feeds.uncertainty_kw
    assert 1e3 * estimated == pytest.approx(np.full(6, example["estimated_w_per_connection"]))
    assert 1e3 * more == pytest.approx(np.full(6, example["uncertainty_w_per_connection"]))
    worst = example["worst_case_w_per_connection"]
    assert 1e3 * (estimated + more) == pytest.approx(np.full(6, worst))


@pytest.mark.reference
def test_three_and_three_supplies_follow_the_published_example_in_all_three_figures():
    example = read("redundancy/multi_psu_examples")["examples"][1]
    network = on_paths(server(6), "AAABBB")
    kw = np.array([example["load_w"] / 1e3])
    outages = [
        Outage(id=side, label=side, objects=tuple(f"U{i}" for i in numbers))
        for side, numbers in (("A", (0, 1, 2)), ("B", (3, 4, 5)))
    ]
    table = failover(network, kw, outages=outages)
    figures = {f.kind: f for f in three_figures(table, supply_uncertainty(network, kw))}
    feeds = figures["feeds"]
    assert 1e3 * feeds.estimated_kw == pytest.approx(np.full(6, 500))
    extra = example["failover_w_per_connection"]
    assert 1e3 * feeds.failover_extra_kw == pytest.approx(np.full(6, extra))
    assert 1e3 * feeds.failover_kw == pytest.approx(np.full(6, 1000))
    assert 1e3 * feeds.uncertainty_kw == pytest.approx(np.full(6, 500))
    assert set(feeds.failover_state) == {"A", "B"}
    assert figures["sources"].uncertainty_kw == pytest.approx([0.0], abs=1e-12)


@pytest.mark.reference
def test_two_supplies_put_half_on_each_parent_and_may_put_all_on_one():
    example = read("redundancy/multi_psu_examples")["examples"][2]
    found = supply_uncertainty(server(2), np.array([example["load_w"] / 1e3]))
    expected = list(example["parent_estimated_w"].values())
    assert 1e3 * found.conversions.estimated_kw == pytest.approx(expected)
    assert 1e3 * found.conversions.uncertainty_kw == pytest.approx([500, 500])


@pytest.mark.reference
def test_unequal_shares_and_sides_by_hand():
    # A: 0.5 + 0.1, B: 0.4 of 10 kW. All on A: 10 * 5/6 and 10 * 1/6; all on B: 10.
    network = on_paths(server(3, [0.5, 0.1, 0.4]), "AAB")
    found = supply_uncertainty(network, np.array([10.0]))
    assert found.has_sides == (True,)
    assert found.feeds.estimated_kw == pytest.approx([5, 1, 4])
    assert found.feeds.uncertainty_kw == pytest.approx([10 * 5 / 6 - 5, 10 / 6 - 1, 6])
    # Without sides half of the supplies by share carries all: 0.5 -> 10; 0.1 -> 2; 0.4 -> 8.
    blind = supply_uncertainty(server(3, [0.5, 0.1, 0.4]), np.array([10.0]))
    assert blind.feeds.uncertainty_kw == pytest.approx([5, 1, 4])


@pytest.mark.reference
def test_what_carries_one_side_gains_and_what_carries_both_does_not():
    network = site(halls=1, busways=1, taps=2, racks_per_tap=1)
    paths = {side: f"0{side}" for side in "AB"}
    nodes = tuple(
        n.model_copy(update={"path": "A" if paths["A"] in n.id else "B"})
        if n.id.startswith("TAP")
        else n
        for n in network.nodes
    )
    network = network.model_copy(update={"nodes": nodes})
    kw = np.array([40.0 if c.kind == "rack" else 10.0 for c in network.consumers])
    found = supply_uncertainty(network, kw)
    more = {}
    for spread in (found.nodes, found.branches, found.switches, found.conversions, found.sources):
        more |= dict(zip(spread.ids, spread.uncertainty_kw, strict=True))
    # Two racks of 40 kW: 20 kW more on the last tap, 40 on the UPS, the board and its cable.
    assert more["TAP-0A-0-1"] == pytest.approx(20)
    assert more["BUSWAY-0A-0-1"] == pytest.approx(20)
    assert more["TAP-0A-0-0"] == pytest.approx(40)
    assert more["BUSWAY-0B-0-0"] == pytest.approx(40)
    assert more["UPS-0A"] == pytest.approx(40)
    assert more["IN-0A"] == pytest.approx(40)
    assert more["SUB-0B"] == pytest.approx(40)
    assert more["MVC-0B"] == pytest.approx(40)
    assert more["POI"] == pytest.approx(0, abs=1e-9)
    assert more["GRID"] == pytest.approx(0, abs=1e-9)
    # Both grid transformers feed the coupled bars alike: where a rack leans does not matter there.
    assert more["TX-A"] == pytest.approx(0, abs=1e-9)
    # The coupler carries nothing while sides are even, half of what leans over otherwise.
    assert more["COUPLER"] == pytest.approx(40)
    assert more["BOARD-0A"] == pytest.approx(40)


def test_the_direction_in_which_a_line_was_drawn_does_not_matter():
    network = site(halls=1, busways=1, taps=2, racks_per_tap=1)
    turned = tuple(
        item.model_copy(update={"from_node": item.to_node, "to_node": item.from_node})
        if item.id.startswith("BUSWAY")
        else item
        for item in network.branches
    )
    kw = np.full(len(network.consumers), 30.0)
    one = supply_uncertainty(network, kw, spread_ratio=0.5)
    drawn = network.model_copy(update={"branches": turned})
    other = supply_uncertainty(drawn, kw, spread_ratio=0.5)
    assert one.branches.uncertainty_kw.max() > 0
    assert other.branches.estimated_kw == pytest.approx(one.branches.estimated_kw)
    assert other.branches.uncertainty_kw == pytest.approx(one.branches.uncertainty_kw, abs=1e-9)


@pytest.mark.reference
def test_a_smaller_spread_counts_in_proportion():
    network = server(2)
    assert supply_uncertainty(network, [8.0], spread_ratio=0.1).feeds.uncertainty_kw == (
        pytest.approx([0.4, 0.4])
    )
    assert supply_uncertainty(network, [8.0], spread_ratio=[0.0]).feeds.uncertainty_kw == (
        pytest.approx([0.0, 0.0])
    )
    with pytest.raises(InputError, match="one for all"):
        supply_uncertainty(network, [8.0], spread_ratio=[0.1, 0.2])


def test_three_figures_cover_every_object_with_a_load():
    network = site(halls=1)
    nodes = tuple(
        n.model_copy(update={"rating_a": 4000.0}) if n.id.startswith("BOARD") else n
        for n in network.nodes
    )
    network = network.model_copy(update={"nodes": nodes})
    kw = np.full(len(network.consumers), 25.0)
    table = failover(network, kw, outages=credible_outages(network))
    for figures in three_figures(table, supply_uncertainty(network, kw)):
        count = len(figures.ids)
        assert figures.estimated_kw.shape == figures.uncertainty_kw.shape == (count,)
        if figures.kind in {"branches", "conversions", "sources"}:
            loading = getattr(table, figures.kind)
            assert figures.estimated_kw == pytest.approx(np.abs(loading.normal_kw), rel=0.06)
        if figures.kind == "nodes":
            assert figures.ids == ("BOARD-0A", "BOARD-0B")
            assert np.all(figures.failover_kw > 1.7 * figures.estimated_kw)


@pytest.mark.property
@given(
    st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6),
    st.floats(0, 100),
    st.sampled_from(["", "AABBAB", "ABCDAB"]),
)
def test_no_supply_carries_more_than_all_or_less_than_its_share(weights, kw, paths):
    shares = [w / sum(weights) for w in weights]
    network = server(len(shares), shares)
    if paths:
        network = on_paths(network, paths[: len(shares)])
    found = supply_uncertainty(network, [kw])
    assert found.feeds.estimated_kw == pytest.approx(np.array(shares) * kw)
    assert np.all(found.feeds.uncertainty_kw >= 0)
    assert np.all(found.feeds.estimated_kw + found.feeds.uncertainty_kw <= kw * (1 + 1e-9))
    assert found.conversions.uncertainty_kw == pytest.approx(found.feeds.uncertainty_kw)
    assert found.sources.uncertainty_kw == pytest.approx([0.0], abs=1e-6)
