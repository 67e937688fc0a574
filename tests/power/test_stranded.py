import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power.physics.contingency import failover
from power.physics.outages import credible_outages
from power.physics.stranded import stranded
from tests.power.meshed import meshed
from tests.power.sites import site
from tests.power.test_contingency import distributed
from tests.power.test_paths import chain, dps_tree


def by_id(rows):
    return {
        name: (rows.own_kw[i], rows.possible_kw[i], rows.stranded_kw[i], rows.binding[i])
        for i, name in enumerate(rows.ids)
    }


@pytest.mark.reference
def test_the_published_tree_strands_what_its_utility_cannot_give():
    # 8 racks of 60 kW: 270 kW left at the utility, 1120 at the board, 330 at each floor unit.
    network = dps_tree()
    table = failover(network, np.full(8, 60.0), outages=())
    rows = by_id(stranded(network, table).normal)
    assert rows["G"] == (pytest.approx(270), np.inf, 0.0, ())
    assert rows["switchboard"][:3] == (
        pytest.approx(1120),
        pytest.approx(270),
        pytest.approx(850),
    )
    assert rows["switchboard"][3] == ("G",)
    for i in range(1, 5):
        own, possible, left, binding = rows[f"floor_pdu_{i}"]
        assert (own, possible, left) == pytest.approx((330, 270, 60))
        assert binding == ("G",)


@pytest.mark.reference
def test_a_pair_of_ups_strands_less_when_its_failover_load_is_counted():
    # 100 kW each, 60 kW on both, 90 kW contracted: 70 against 30 normally, 40 against 30 after.
    network = distributed(2, [(0, 1)], kw=100.0)
    grid = network.sources[0].model_copy(update={"contract_kw": 90.0})
    network = network.model_copy(update={"sources": (grid,)})
    table = failover(network, np.array([60.0]), outages=credible_outages(network))
    found = stranded(network, table)
    assert by_id(found.normal)["U0"][:3] == pytest.approx((70, 30, 40))
    assert by_id(found.failover)["U0"][:3] == pytest.approx((40, 30, 10))
    assert by_id(found.failover)["U0"][3] == ("G",)


@pytest.mark.reference
def test_a_breaker_of_thirty_on_a_strip_of_fifteen_strands_the_difference():
    # At 400 V: 30 A less 5 A of load against 15 A less 5 A.
    network = chain()
    kw = 3**0.5 * 400 * 5 / 1e3
    table = failover(network, np.array([kw]), outages=())
    rows = by_id(stranded(network, table).normal)
    per_a = 3**0.5 * 0.4
    own, possible, left, binding = rows["rack@pdu"]
    assert own == pytest.approx(25 * per_a, rel=1e-3)
    assert possible == pytest.approx(10 * per_a, rel=1e-3)
    assert left == pytest.approx(15 * per_a, rel=1e-3)
    assert binding == ("pdu",)
    # The strip itself: 15 A less 5 A, where the breaker above would let 20 A less 5 A through.
    assert rows["pdu"][:3] == pytest.approx((10 * per_a, 15 * per_a, 0.0), rel=1e-3)


def test_a_feed_of_one_conductor_counts_a_third():
    network = chain(phases="L3", pdu_a=1e3)
    table = failover(network, np.array([1.0]), outages=())
    own = by_id(stranded(network, table).normal)["rack@pdu"][0]
    assert own == pytest.approx(30 * 400 / 3**0.5 / 1e3 - 1.0)


def test_what_is_overloaded_lets_nothing_through_and_strands_all_below():
    network = dps_tree()
    table = failover(network, np.full(8, 100.0), outages=())
    rows = by_id(stranded(network, table).normal)
    assert rows["G"][0] == pytest.approx(-50)
    assert rows["floor_pdu_1"][:3] == pytest.approx((250, 0, 250))


def test_the_power_factor_of_the_added_load_counts_for_kva_limits_only():
    network = site(halls=1)
    table = failover(network, np.full(len(network.consumers), 20.0), outages=())
    one = by_id(stranded(network, table).normal)
    other = by_id(stranded(network, table, power_factor=0.9).normal)
    assert other["SUB-0A"][0] == pytest.approx(0.9 * one["SUB-0A"][0])
    assert other["GRID"][0] == pytest.approx(one["GRID"][0])


@pytest.mark.property
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000))
def test_stranded_is_own_less_possible_and_never_more_than_own(seed):
    network = meshed()
    kw = np.random.default_rng(seed).uniform(0, 60, len(network.consumers))
    table = failover(network, kw, outages=credible_outages(network)[:10])
    found = stranded(network, table)
    for rows in (found.normal, found.failover):
        own = np.maximum(rows.own_kw, 0.0)
        assert np.all(rows.stranded_kw >= 0)
        assert np.all(rows.stranded_kw <= own + 1e-9)
        assert np.all(np.minimum(own, rows.possible_kw) + rows.stranded_kw == pytest.approx(own))
        assert [bool(names) for names in rows.binding] == [more > 0 for more in rows.stranded_kw]
