"""What passes through boards with a rating, by hand."""

import numpy as np
import pytest

from power.physics.contingency import failover
from power.physics.documents import Consumer, Feed, Outage
from power.physics.headroom import headroom
from tests.power.parts import generator, grid, line, load, network, nodes, rack, switch

AMPERE_PER_KW = 1 / (3**0.5 * 10)


def outages_of(*names):
    return [Outage(id=name, label=name, objects=(name,)) for name in names]


def boards(*more):
    return network(
        nodes("G"),
        nodes("A", "B", rating_a=100),
        nodes("C"),
        grid("G"),
        line("GA", "G", "A", ohm=(1e-4, 1e-4)),
        line("GB", "G", "B", ohm=(1e-4, 1e-4)),
        line("AC", "A", "C", ohm=(1e-4, 1e-4)),
        switch("TIE", "A", "B", closed=False),
        rack("R", "A", "B"),
        rack("S", "C"),
        *more,
    )


def test_a_board_carries_what_enters_it():
    table = failover(boards(), [600.0, 400.0], outages=outages_of("GA", "GB"))
    assert table.nodes.ids == ("A", "B")
    # A: half of R and all of S pass; B: half of R.
    assert table.nodes.normal_a == pytest.approx([700 * AMPERE_PER_KW, 300 * AMPERE_PER_KW], 1e-3)
    assert table.nodes.normal_ratio == pytest.approx(table.nodes.normal_a / 100)
    assert table.nodes.failover_a == pytest.approx(
        [1000 * AMPERE_PER_KW, 600 * AMPERE_PER_KW], 1e-3
    )
    assert table.nodes.failover_state == ("GB", "GA")
    assert table.nodes.normal_kva == pytest.approx([700, 300], rel=1e-3)


def test_what_goes_through_to_the_next_board_counts_on_both():
    site = network(
        nodes("A", "B", rating_a=50),
        grid("A"),
        switch("S", "A", "B"),
        rack("R", "B"),
    )
    table = failover(site, [500.0], outages=[])
    assert table.nodes.normal_a == pytest.approx([500 * AMPERE_PER_KW] * 2)


def test_power_made_and_used_at_one_board_passes_through_it():
    site = network(
        nodes("G"),
        nodes("A", rating_a=50),
        grid("G"),
        line("L", "G", "A", ohm=(0.0, 1e-2)),
        generator("A", 300.0, 1.0),
        load("A", 500.0),
    )
    # 300 kW of the generator and 200 kW of the line enter, 500 kW leave.
    table = failover(site, np.zeros(0), outages=[])
    assert table.nodes.normal_a == pytest.approx([500 * AMPERE_PER_KW], rel=1e-3)


def test_a_board_limits_headroom():
    added = Consumer(id="NEW", kind="rack", feeds=(Feed(node="B", share_ratio=1.0),))
    found = headroom(boards(), [600.0, 400.0], added=[added], outages=outages_of("GA"))
    most = 100 / AMPERE_PER_KW
    assert found.normal.load_kw == pytest.approx(most - 300, rel=2e-3)
    assert (found.normal.binding.kind, found.normal.binding.id) == ("node", "B")
    assert found.n_minus_1.load_kw == pytest.approx(most - 600, rel=2e-3)


def test_a_dead_board_carries_nothing():
    table = failover(boards(), [600.0, 400.0], outages=outages_of("G"))
    assert table.states == ("normal", "G")
    assert table.nodes.failover_a == pytest.approx(table.nodes.normal_a)
    assert table.nodes.failover_state == ("normal", "normal")
