from itertools import pairwise

import numpy as np
import pytest

from facility.kernel.errors import InputError
from power.physics.contingency import contingency_study, failover
from power.physics.documents import Consumer, Feed, Outage
from power.physics.headroom import firm_capacity, headroom, headroom_of
from power.physics.outages import credible_outages
from power.physics.system import solve_system
from tests.power.meshed import meshed
from tests.power.sites import site
from tests.power.small import two_nodes
from tests.power.test_contingency import distributed

NEW = Consumer(
    id="new",
    kind="rack",
    power_factor=1.0,
    feeds=(Feed(node="out 0", share_ratio=0.5), Feed(node="out 1", share_ratio=0.5)),
)


@pytest.mark.reference
def test_two_ups_of_100_kw_leave_140_kw_normally_and_40_kw_when_one_may_fail():
    network = distributed(2, [(0, 1)], kw=100.0)
    answer = headroom(network, np.array([60.0]), added=[NEW], outages=credible_outages(network))
    assert answer.normal.load_kw == pytest.approx(140.0, rel=2e-3)
    assert answer.normal.load_kw <= 140.0
    assert answer.normal.binding.kind == "conversion"
    assert answer.normal.binding.state == "normal"
    assert answer.n_minus_1.load_kw == pytest.approx(40.0, abs=0.11)
    assert answer.n_minus_1.binding.id in {"U0", "U1"}
    assert answer.n_minus_1.binding.state in {
        "outage:U0",
        "outage:U1",
        "outage:out 0",
        "outage:out 1",
    }
    assert 0.999 < answer.n_minus_1.binding.load_ratio <= 1.0


@pytest.mark.reference
def test_the_thermal_limit_of_a_line_is_met_by_its_current():
    # At the load sqrt(3) * V_end * 1000 A; V_end by the closed form of a resistive line.
    network = two_nodes(voltage_v=400.0, resistance=0.002)
    new = Consumer(id="new", kind="rack", feeds=(Feed(node="end", share_ratio=1.0),))
    answer = headroom(network, np.array([0.0]), added=[new])
    end_v = 400.0 - 3**0.5 * 1000 * 0.002
    assert answer.normal.load_kw == pytest.approx(3**0.5 * end_v * 1.0, rel=1.1e-3)
    assert answer.normal.binding.id == "line"
    flow = solve_system(network, [[answer.normal.load_kw]])
    assert 0.999 < flow.branch_current_ratio[0, 0] <= 1.0


def test_voltage_collapse_binds_where_ratings_do_not():
    network = two_nodes(voltage_v=800.0, resistance=0.032)
    new = Consumer(id="new", kind="rack", feeds=(Feed(node="end", share_ratio=1.0),))
    line = network.branches[0].model_copy(update={"rating_a": 1e6})
    network = network.model_copy(update={"branches": (line,)})
    answer = headroom(network, np.array([0.0]), added=[new])
    assert answer.normal.load_kw == pytest.approx(5000.0, rel=1e-3)
    assert answer.normal.binding.kind == "voltage collapse"
    assert answer.normal.binding.id == "end"


def test_headroom_added_leaves_no_limit_broken_and_a_little_more_breaks_one():
    network = site()
    kw = np.array([25.0 if item.kind == "rack" else 20.0 for item in network.consumers])
    outages = credible_outages(network)
    new = Consumer(
        id="new",
        kind="rack",
        power_factor=0.98,
        feeds=tuple(Feed(node=f"TAP-0{side}-0-0", share_ratio=0.5) for side in "AB"),
    )
    answer = headroom(network, kw, added=[new], outages=outages)
    assert answer.n_minus_1.load_kw < answer.normal.load_kw
    larger = network.model_copy(update={"consumers": (*network.consumers, new)})

    def worst(added_kw):
        table = failover(larger, np.append(kw, added_kw), outages=outages)
        kinds = (table.branches, table.switches, table.conversions, table.sources, table.feeds)
        return max(kind.failover_ratio.max() for kind in kinds)

    assert 0.999 <= worst(answer.n_minus_1.load_kw) <= 1.0
    assert worst(answer.n_minus_1.load_kw * 1.01) > 1.0


def test_a_limit_already_broken_leaves_nothing():
    network = distributed(2, [(0, 1)], kw=100.0)
    answer = headroom(network, np.array([120.0]), added=[NEW], outages=credible_outages(network))
    assert answer.normal.load_kw > 0
    assert answer.n_minus_1.load_kw == 0.0
    assert answer.n_minus_1.already_exceeded
    assert answer.n_minus_1.binding.load_ratio == pytest.approx(1.2)


def test_the_breaker_of_the_added_load_limits_it():
    network = distributed(2, [(0, 1)], kw=100.0)
    feeds = tuple(
        feed.model_copy(update={"rating_a": 32.0, "continuous_ratio": 0.8}) for feed in NEW.feeds
    )
    small = NEW.model_copy(update={"feeds": feeds})
    answer = headroom(network, np.array([0.0]), added=[small], outages=credible_outages(network))
    limit_kw = 3**0.5 * 0.4 * 32 * 0.8
    assert answer.normal.load_kw == pytest.approx(2 * limit_kw, rel=1.1e-3)
    assert answer.n_minus_1.load_kw == pytest.approx(limit_kw, rel=1.1e-3)
    assert answer.n_minus_1.binding.kind == "feed"


def test_a_load_with_one_feed_is_said_to_be_dark_where_it_is():
    network = distributed(2, [(0, 1)], kw=100.0)
    single = Consumer(id="new", kind="rack", feeds=(Feed(node="out 0", share_ratio=1.0),))
    outages = (Outage(id="outage:U0", label="U0", objects=("U0",)),)
    answer = headroom(network, np.array([0.0]), added=[single], outages=outages)
    assert answer.n_minus_1.dark_states == ("outage:U0",)
    assert answer.normal.dark_states == ()


def test_nothing_binds_up_to_the_cap():
    network = distributed(2, [(0, 1)], kw=1e9)
    answer = headroom(network, np.array([0.0]), added=[NEW], most_kw=5000.0)
    assert answer.normal.load_kw == 5000.0
    assert answer.normal.binding is None


def test_firm_capacity_of_two_transformers_is_about_one_of_them():
    network = site()
    kw = np.array([25.0 if item.kind == "rack" else 20.0 for item in network.consumers])
    firm = firm_capacity(
        network,
        kw,
        outages=credible_outages(network),
        objects=frozenset(["TX-A", "TX-B"]),
    )
    assert firm.binding.id in {"TX-A", "TX-B"}
    rating_kva = network.branches[0].rating_kva
    # By load flow the losses and the power factor take their part of the rating.
    assert 0.85 * rating_kva < firm.load_kw < 0.99 * rating_kva
    flow = solve_system(
        network, (kw * firm.load_kw / kw.sum())[:, np.newaxis], out=frozenset(["TX-A"])
    )
    assert 0.998 < flow.branch_current_ratio[1, 0] <= 1.0


def test_shares_and_loads_that_make_no_sense_are_refused():
    network = distributed(2, [(0, 1)], kw=100.0)
    with pytest.raises(InputError, match="one share for each"):
        headroom(network, np.array([0.0]), added=[NEW], share_ratio=[0.5, 0.6])
    with pytest.raises(InputError, match="no load to scale"):
        firm_capacity(network, np.array([0.0]))
    with pytest.raises(InputError, match="more than once"):
        headroom(network, np.array([0.0]), added=[NEW, NEW])


def test_a_prepared_study_answers_many_questions_alike():
    network = meshed()
    kw = np.array([25.0 for _ in network.consumers])
    outages = credible_outages(network)
    study = contingency_study(network, kw, outages=outages)
    for side, few in (("0A", outages[:20]), ("1B", outages[10:]), ("0A", outages[:20])):
        new = Consumer(
            id="new", kind="rack", feeds=(Feed(node=f"TAP-{side}-0-0", share_ratio=1.0),)
        )
        prepared = headroom_of(study, added=[new], outages=few)
        alone = headroom(network, kw, added=[new], outages=few)
        assert prepared.n_minus_1.load_kw == pytest.approx(alone.n_minus_1.load_kw, rel=1e-6)
        assert prepared.n_minus_1.binding.id == alone.n_minus_1.binding.id
        assert prepared.n_minus_1.dark_states == alone.n_minus_1.dark_states
        assert prepared.normal.load_kw == pytest.approx(alone.normal.load_kw, rel=1e-6)


def test_a_load_that_is_not_there_at_the_stage_is_refused():
    later = NEW.model_copy(update={"from_stage": 3})
    with pytest.raises(InputError, match="not there at stage 0"):
        headroom(distributed(2, [(0, 1)], kw=100.0), np.array([0.0]), added=[later])


def test_headroom_does_not_rise_with_the_load_that_is_there():
    network = meshed()
    outages = credible_outages(network)
    new = Consumer(
        id="new",
        kind="rack",
        feeds=tuple(Feed(node=f"TAP-0{side}-0-0", share_ratio=0.5) for side in "AB"),
    )
    found = [
        headroom(network, np.full(len(network.consumers), kw), added=[new], outages=outages)
        for kw in (0.0, 10.0, 20.0, 40.0)
    ]
    for more, less in pairwise(found):
        assert less.n_minus_1.load_kw <= more.n_minus_1.load_kw * 1.001
        assert less.n_minus_1.load_kw <= less.normal.load_kw
