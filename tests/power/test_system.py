import numpy as np
import pytest

from facility.kernel.errors import InputError
from power.physics.network import assemble
from power.physics.system import solve_system
from tests.power.sites import site

RACK_KW = 40.0


def power_of(network, n_times=1):
    kw = [30.0 if item.kind == "rack" else 20.0 for item in network.consumers]
    return np.repeat(np.array(kw)[:, np.newaxis], n_times, axis=1)


def number(ids, name):
    return list(ids).index(name)


def test_sources_give_what_consumers_and_losses_take():
    network = site(dc_halls=1)
    factor = np.random.default_rng(2).uniform(0.2, 1.2, size=(len(network.consumers), 300))
    flow = solve_system(network, power_of(network) * factor)
    assert np.abs(flow.residual_kw).max() < 1e-6 * flow.source_kw.max()
    balance = flow.source_kw.sum(axis=0) - flow.consumer_kw - flow.loss_kw
    assert np.abs(balance).max() < 1e-5 * flow.source_kw.max()
    assert flow.dark_consumers == ()
    assert flow.mismatch_kva < 1e-4


def test_a_rack_draws_half_from_each_side_and_all_from_the_side_that_is_left():
    network = site()
    kw = power_of(network)
    both = solve_system(network, kw)
    one = solve_system(network, kw, out=frozenset(["UPS-0A"]))
    ups = assemble(network).grid.conversions.ids
    a, b = number(ups, "UPS-0A"), number(ups, "UPS-0B")
    # 18 racks of 30 kW in the hall, plus the losses of the busways.
    for which in (a, b):
        assert both.conversion_output_kw[which, 0] == pytest.approx(270.0, rel=0.005)
        assert both.conversion_output_kw[which, 0] > 270.0
    assert one.conversion_output_kw[a, 0] == 0.0
    assert one.conversion_output_kw[b, 0] == pytest.approx(540.0, rel=0.01)
    assert one.dark_consumers == ()
    assert "UPS-OUT-0A" in one.dead_nodes
    assert one.node_voltage_min_pu[number(one.topology.grid.node_ids, "UPS-OUT-0A")] == 0.0


def test_unequal_shares_move_to_the_live_feeds_in_proportion():
    network = site(halls=1, busways=1, taps=1, racks_per_tap=1)
    rack = network.consumers[-1]
    feeds = (
        rack.feeds[0].model_copy(update={"share_ratio": 0.5}),
        rack.feeds[1].model_copy(update={"share_ratio": 0.3}),
        rack.feeds[1].model_copy(update={"node": "BOARD-0B", "share_ratio": 0.2}),
    )
    consumers = (*network.consumers[:-1], rack.model_copy(update={"feeds": feeds}))
    changed = network.model_copy(update={"consumers": consumers})
    topology = assemble(changed, out=frozenset(["UPS-0A"]))
    assert topology.feed_share[-3:] == pytest.approx([0.0, 0.6, 0.4])


def test_one_feed_of_a_consumer_can_be_out():
    network = site(halls=1)
    name = network.consumers[-1].id
    topology = assemble(network, out=frozenset([f"{name}@TAP-0A-2-2"]))
    assert topology.feed_share[-2:] == pytest.approx([0.0, 1.0])


def test_consumers_without_a_live_feed_are_dark_and_draw_nothing():
    network = site(halls=1)
    kw = power_of(network)
    flow = solve_system(network, kw, out=frozenset(["UPS-0A", "UPS-0B"]))
    racks = tuple(item.id for item in network.consumers if item.kind == "rack")
    assert flow.dark_consumers == racks
    assert flow.consumer_kw[0] == pytest.approx(40.0)
    assert np.abs(flow.residual_kw).max() < 1e-6


def test_a_consumer_out_of_service_draws_nothing_and_is_not_dark():
    network = site(halls=1)
    kw = power_of(network)
    flow = solve_system(network, kw, out=frozenset(["COOLING-0A"]))
    assert flow.dark_consumers == ()
    assert flow.consumer_kw[0] == pytest.approx(kw.sum() - 20.0)


def test_the_loss_of_a_ups_follows_its_law():
    network = site()
    flow = solve_system(network, power_of(network))
    output = flow.conversion_output_kw[0, 0].astype(float)
    rating = network.conversions[0].rating_kw
    p = output / rating
    assert flow.conversion_loss_kw[0, 0] == pytest.approx(
        rating * (0.008 + 0.0014 * p + 0.0257 * p * p), rel=1e-6
    )


def test_modules_on_one_bus_share_in_proportion_to_their_rating():
    network = site(halls=1)
    first = network.conversions[0]
    small = first.model_copy(update={"id": "SMALL", "rating_kw": first.rating_kw / 2})
    larger = network.model_copy(update={"conversions": (*network.conversions, small)})
    kw = power_of(network)
    one, two = solve_system(network, kw), solve_system(larger, kw)
    whole = one.conversion_output_kw[0, 0]
    assert two.conversion_output_kw[0, 0] == pytest.approx(whole * 2 / 3)
    assert two.conversion_output_kw[2, 0] == pytest.approx(whole / 3)
    assert abs(two.residual_kw[0]) < 1e-6
    alone = solve_system(larger, kw, out=frozenset([first.id]))
    assert alone.conversion_output_kw[2, 0] == pytest.approx(whole)


def test_losses_of_groups_add_up_to_those_of_their_classes():
    network = site(halls=1)
    kinds = {
        kind: [b.id for b in network.branches if b.kind == kind] for kind in ("line", "transformer")
    }
    ups = [item.id for item in network.conversions]
    flow = solve_system(
        network, power_of(network, 3), loss_groups=[*kinds.values(), ups, ["not there"]]
    )
    assert flow.group_loss_kw[0] == pytest.approx(flow.line_loss_kw)
    assert flow.group_loss_kw[1] == pytest.approx(flow.transformer_loss_kw)
    assert flow.group_loss_kw[2] == pytest.approx(flow.conversion_loss_kw.sum(axis=0), rel=1e-6)
    assert flow.group_loss_kw[3].tolist() == [0.0, 0.0, 0.0]


def test_the_current_of_a_coupler_is_what_its_section_draws_from_the_other():
    network = site(halls=2)
    kw = power_of(network)
    flow = solve_system(network, kw, out=frozenset(["TX-B"]))
    branches = list(flow.topology.grid.branches.ids)
    cables = [branches.index(f"MVC-{hall}B") for hall in (0, 1)]
    # Both cables leave section B, which the coupler alone feeds, with currents nearly in phase.
    volts = 33e3 * flow.node_voltage_min_pu[number(flow.topology.grid.node_ids, "MV-B")]
    drawn = 1e3 * flow.branch_kva[cables, 0].sum() / (3**0.5 * volts)
    assert flow.switch_current_max_a[0] == pytest.approx(drawn, rel=1e-3)


def test_parallel_couplers_share_equally():
    network = site(halls=1)
    coupler = network.switches[0]
    pair = tuple(coupler.model_copy(update={"id": f"C{i}"}) for i in range(2))
    doubled = network.model_copy(update={"switches": (*pair, *network.switches[1:])})
    kw = power_of(network)
    single = solve_system(network, kw, out=frozenset(["TX-B"])).switch_current_max_a[0]
    shared = solve_system(doubled, kw, out=frozenset(["TX-B"])).switch_current_max_a
    assert shared[:2] == pytest.approx([single / 2, single / 2])


def test_cohorts_give_the_same_answer_as_every_consumer_by_itself():
    network = site()
    cohort_of = np.array([i % 3 for i in range(len(network.consumers))])
    series = np.random.default_rng(3).uniform(5, 30, size=(3, 40))
    by_cohort = solve_system(network, series, cohort_of=cohort_of)
    one_by_one = solve_system(network, series[cohort_of])
    assert by_cohort.source_kw == pytest.approx(one_by_one.source_kw, rel=1e-12)


@pytest.mark.parametrize("count", [5, 60])
def test_every_column_is_what_it_would_be_alone(count):
    network = site()
    kw = power_of(network, count) * np.linspace(0.1, 1.2, count)
    together = solve_system(network, kw)
    for i in range(0, count, count // 5):
        alone = solve_system(network, kw[:, [i]])
        assert alone.source_kw[0, 0] == pytest.approx(together.source_kw[0, i], abs=1e-5)


def test_a_closed_switch_is_the_limit_of_a_short_line():
    network = site(halls=1)
    switch = network.switches[1]
    line = network.branches[2].model_copy(
        update={
            "id": switch.id,
            "from_node": switch.from_node,
            "to_node": switch.to_node,
            "length_km": 1e-6,
            "capacitance_nf_per_km": 0.0,
        }
    )
    as_line = network.model_copy(
        update={
            "switches": (network.switches[0], *network.switches[2:]),
            "branches": (*network.branches, line),
        }
    )
    kw = power_of(network)
    merged, short = solve_system(network, kw), solve_system(as_line, kw)
    assert merged.node_voltage_min_pu == pytest.approx(short.node_voltage_min_pu, abs=2e-6)


def test_two_circuits_in_one_line_are_two_lines():
    network = site(halls=1)
    line = network.branches[2].model_copy(update={"derating_ratio": 0.8})
    others = (*network.branches[:2], *network.branches[3:])
    double = line.model_copy(update={"n_parallel": 2})
    pair = tuple(line.model_copy(update={"id": f"circuit {i}"}) for i in range(2))
    kw = power_of(network)
    one = solve_system(network.model_copy(update={"branches": (*others, double)}), kw)
    two = solve_system(network.model_copy(update={"branches": (*others, *pair)}), kw)
    assert one.node_voltage_min_pu == pytest.approx(two.node_voltage_min_pu, abs=1e-12)
    assert one.branch_current_ratio[-1, 0] == pytest.approx(two.branch_current_ratio[-1, 0])
    assert one.branch_kw[-1, 0] == pytest.approx(2 * two.branch_kw[-1, 0])
    volts = 33e3 * one.node_voltage_min_pu[number(one.topology.grid.node_ids, line.from_node)]
    amperes = 1e3 * one.branch_kva[-1, 0] / (3**0.5 * volts)
    # The other end carries a little more: part of the reactive current is made on the way.
    assert one.branch_current_ratio[-1, 0] == pytest.approx(amperes / (2 * 0.8 * 400), rel=0.02)


def test_objects_of_a_later_stage_are_not_there_yet():
    network = site(halls=2)
    later = tuple(
        item.model_copy(update={"from_stage": 1}) if item.id.startswith("RACK-1") else item
        for item in network.consumers
    )
    staged = network.model_copy(update={"consumers": later})
    assert len(assemble(staged).grid.consumers) == len(network.consumers) - 18
    assert len(assemble(staged, stage=1).grid.consumers) == len(network.consumers)


def test_powers_that_do_not_fit_the_consumers_are_refused():
    with pytest.raises(InputError, match="40 consumers"):
        solve_system(site(), np.ones((3, 2)))
    with pytest.raises(InputError, match="NaN"):
        solve_system(site(), np.full((40, 1), np.nan))
    with pytest.raises(InputError, match="no node 'nowhere'"):
        solve_system(site(), np.ones((40, 1)), keep_nodes=["nowhere"])
