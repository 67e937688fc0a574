import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from facility.kernel.errors import InputError
from power.physics.documents import (
    Battery,
    Consumer,
    Feed,
    GridSource,
    Node,
    Switch,
    Transformer,
)
from power.physics.standby.plan import StandbyPlan
from power.physics.standby.sequence import loss_of_utility
from power.physics.system import solve_system
from tests.power.standby.halls import battery, genset, hall, line, pump, rack, ups

KW = [200.0] * 4 + [50.0, 50.0]
"""Four racks on two sides and two pumps: each UPS gives 400 kW and draws 421.2 kW, by hand
400 + 1000 (0.01 + 0.02 * 0.4 + 0.02 * 0.16)."""


def times(answer, kind):
    return [(event.at_s, event.object) for event in answer.events if event.kind == kind]


def at(course, at_s):
    """Return the number of the interval that holds at a time."""
    return int(np.searchsorted(course.start_s, at_s, side="right")) - 1


@pytest.fixture(scope="module")
def answer():
    return loss_of_utility(hall(), KW)


@pytest.mark.reference
def test_the_course_of_a_hall_by_hand(answer):
    assert times(answer, "battery_takes_over") == [(0.0, "UPS-A"), (0.0, "UPS-B")]
    assert times(answer, "set_ready") == [(10.0, "G1"), (10.0, "G2")]
    # The transfer switches are through 0.5 s later; 1102 kW fit a step of 2 * 1000 kW.
    assert times(answer, "block") == [(10.5, "")]
    assert times(answer, "walk_in_done") == [(18.5, "UPS-A"), (18.5, "UPS-B")]
    course = answer.course
    assert course.battery_kw[:, at(course, 5.0)] == pytest.approx([421.2, 421.2])
    assert course.genset_kw[:, at(course, 5.0)].tolist() == [0, 0]
    # Second quarter of the ramp at its mean, 3/8: 100 + 2 * 421.2 * 0.375 = 415.9 kW on two sets.
    assert course.genset_kw[:, at(course, 13.0)] == pytest.approx([207.95, 207.95])
    # 100 + 2 * 421.2 + 2 * 80 = 1102.4 kW while batteries fill, then 942.4 kW.
    assert course.genset_kw[:, at(course, 50.0)] == pytest.approx([551.2, 551.2])
    assert course.genset_kw[:, -1] == pytest.approx([471.2, 471.2])
    assert course.utility_kw.tolist() == [0] * course.utility_kw.size


@pytest.mark.reference
def test_batteries_of_the_hall_by_hand(answer):
    # 10.5 s and half of 8 s at 421.2 kW: 1.6965 kWh; full again after
    # 1.6965 / (80 * 0.95^2) h = 84.59 s. 95 kWh last 811.97 s.
    for use in answer.batteries:
        assert use.usable_kwh == pytest.approx(95.0)
        assert use.given_kwh == pytest.approx(1.6965)
        assert use.full_at_s == pytest.approx(18.5 + 84.59003, abs=1e-4)
        assert use.left_kwh == pytest.approx(95.0)
        assert use.autonomy_s == pytest.approx(811.966, abs=1e-3)
        assert use.empty_at_s is None
        assert use.largest_kw == pytest.approx(421.2)


@pytest.mark.reference
def test_energy_from_a_battery_is_the_integral_of_the_true_ramp(answer):
    def kw(t):
        return 421.2 if t < 10.5 else 421.2 * max(0.0, 1.0 - (t - 10.5) / 8.0)

    given_kws, _ = quad(kw, 0, 30, points=[10.5, 18.5])
    assert answer.batteries[0].given_kwh == pytest.approx(given_kws / 3600, rel=1e-9)


def test_cooling_is_dark_until_its_board_is_taken(answer):
    assert [(s.consumer, s.from_s, s.until_s) for s in answer.cooling_dark] == [
        ("CDU-A", 0.0, 10.5),
        ("CDU-B", 0.0, 10.5),
    ]
    assert answer.racks_dark == ()
    assert answer.course.lost_kw[0] == 100
    assert answer.dark_at_once.tolist() == [False] * 4 + [True] * 2
    assert not answer.dark_at_end.any()


def test_transfer_switches_are_named_with_their_position(answer):
    moves = [(m.transfer_switch, m.at_s, m.position) for m in answer.transfers]
    assert moves == [
        ("ATS-A", 0.0, "dead"),
        ("ATS-B", 0.0, "dead"),
        ("ATS-A", 10.0, "alternate"),
        ("ATS-B", 10.0, "alternate"),
    ]


@pytest.mark.reference
def test_sets_of_the_hall_by_hand(answer):
    use = answer.sets[0]
    # 942.4 kW on two sets of 2000 kW and 2500 kVA; below 30 %.
    assert use.kw == pytest.approx(471.2)
    assert use.kw_ratio == pytest.approx(0.2356)
    assert use.kva_ratio == pytest.approx(0.18848)
    assert use.is_low_load
    assert not use.is_leading
    # The largest step is the last of the ramp and both batteries at once: 1102.4 - 837.1 = 265.3.
    assert use.largest_step_kw == pytest.approx(132.65)
    assert use.dip_pu == pytest.approx(265.3 / (5000 / 0.2))
    assert use.allowed_step_kw == pytest.approx(1000)
    # A quarter load of 500 kW burns 157.5 L/h, no load 40 L/h on that line:
    # 40 + 471.2 * 0.235 = 150.73 L/h; 10 m3 last 66.3 h.
    assert use.fuel_l_per_h == pytest.approx(150.732)
    assert use.fuel_autonomy_h == pytest.approx(66.3429, rel=1e-5)


@pytest.mark.reference
def test_steady_operation_on_sets_is_the_load_flow_of_a_site_fed_there(answer):
    network = hall()
    network = network.model_copy(
        update={
            "sources": (
                *network.sources,
                GridSource(id="SETS", node="GEN", voltage_pu=1.0, short_circuit_mva=None),
            )
        }
    )
    flow = solve_system(network, np.array(KW)[:, np.newaxis], out=frozenset({"GRID"}))
    assert answer.course.genset_kw[:, -1].sum() == pytest.approx(flow.source_kw.sum(), rel=1e-9)


@pytest.mark.reference
def test_a_battery_that_empties_first_hands_its_load_to_the_other_side_by_hand():
    small = [battery("BAT-A", "UPS-A", energy_kwh=0.5), battery("BAT-B", "UPS-B")]
    answer = loss_of_utility(hall(batteries=small), KW)
    # 0.475 kWh at 421.2 kW: 4.0598 s. Then UPS-B gives 800 kW and draws 838.8 kW.
    assert times(answer, "conversion_off") == [(pytest.approx(4.05983, abs=1e-4), "UPS-A")]
    assert answer.course.battery_kw[:, at(answer.course, 7.0)] == pytest.approx([0.0, 838.8])
    assert answer.racks_dark == ()
    assert answer.batteries[0].empty_at_s == pytest.approx(4.05983, abs=1e-4)
    # Without anything in its battery UPS-A cannot walk in: it starts at once when taken.
    assert times(answer, "conversion_on") == [(10.5, "UPS-A")]


def test_batteries_smaller_than_their_load_drop_it_at_once_one_after_the_other():
    weak = [
        battery("BAT-A", "UPS-A", power_kw=500),
        battery("BAT-B", "UPS-B", power_kw=400),
    ]
    answer = loss_of_utility(hall(batteries=weak), KW)
    assert times(answer, "battery_too_small") == [(0.0, "UPS-B"), (0.0, "UPS-A")]
    assert [s.until_s for s in answer.racks_dark] == [10.5] * 4
    assert answer.course.lost_racks[0] == 4
    assert answer.batteries[0].autonomy_s == 0


@pytest.mark.reference
def test_batteries_on_one_output_share_and_outlast_each_other_by_hand():
    several = [
        battery("BAT-1", "UPS-A", power_kw=300, energy_kwh=1.0, efficiency_ratio=1.0),
        battery("BAT-2", "UPS-A", power_kw=600, energy_kwh=100.0, efficiency_ratio=1.0),
        battery("BAT-B", "UPS-B"),
    ]
    answer = loss_of_utility(hall(batteries=several, gensets=[]), KW)
    # 421.2 kW: 140.4 and 280.8 kW; 1 kWh lasts 25.641 s. Then BAT-2 alone: 99 of its 100 kWh less
    # 280.8 * 25.641 / 3600 = 2 kWh: 98 kWh at 421.2 kW, until 25.641 + 837.607 = 863.248 s.
    assert answer.course.battery_kw[:2, 0] == pytest.approx([140.4, 280.8])
    assert answer.batteries[0].empty_at_s == pytest.approx(25.6410, abs=1e-3)
    # UPS-B is empty before, at 811.966 s; from then on 838.8 kW are more than the 600 of BAT-2.
    assert times(answer, "battery_too_small") == [(pytest.approx(811.966, abs=1e-3), "UPS-A")]
    assert answer.batteries[0].autonomy_s == pytest.approx(101 / 421.2 * 3600)


def test_without_sets_racks_go_dark_when_the_batteries_are_empty_and_stay_dark():
    answer = loss_of_utility(hall(gensets=[]), KW)
    assert [(s.from_s, s.until_s) for s in answer.racks_dark] == [
        (pytest.approx(811.966, abs=1e-3), None)
    ] * 4
    assert answer.dark_at_end.all()
    assert answer.events[-1].lost_kw == 900
    assert answer.sets == ()


def test_a_conversion_without_a_battery_goes_off_and_that_is_said():
    answer = loss_of_utility(hall(batteries=[battery("BAT-A", "UPS-A")]), KW)
    assert times(answer, "conversion_off") == [(0.0, "UPS-B")]
    assert any("UPS-B" in text for text in answer.assumptions)
    assert answer.course.battery_kw[0, 0] == pytest.approx(838.8)


def small_sets(**changed):
    """Return two sets of 1000 kW that take 300 kW at a time."""
    values = {"rating_kw": 1000, "rating_kva": 1250, "block_ratio": 0.3}
    return [genset(name, **(values | changed)) for name in ("G1", "G2")]


def test_one_set_that_fails_to_start_leaves_blocks_and_recharge_smaller():
    answer = loss_of_utility(
        hall(gensets=small_sets()), KW, plan=StandbyPlan(fails_to_start=("G2",))
    )
    assert times(answer, "set_failed") == [(10.0, "G2")]
    # Steps of at most 300 kW: pumps 50 + 50 and the first quarter of UPS-A, 105.3 kW; then UPS-B.
    assert times(answer, "block") == [(10.5, ""), (15.5, "")]
    assert answer.left_off == ()
    # 942.4 kW run on 1000; 80 kW more would be above 95 % of it, so the batteries wait.
    assert answer.course.genset_kw[:, -1] == pytest.approx([942.4, 0.0])
    assert [use.full_at_s for use in answer.batteries] == [None, None]
    assert answer.sets[1].kw == 0


def test_what_sets_cannot_carry_is_left_off_and_then_goes_dark():
    sets = [genset("G1", rating_kw=600, rating_kva=750)]
    answer = loss_of_utility(hall(gensets=sets), KW)
    # 100 + 421.2 kW fit 600; the second UPS does not, and once its battery is empty the first
    # would carry 838.8 kW: it is left off as well, and its own battery does not last either.
    assert "UPS-B" in answer.left_off
    assert answer.racks_dark[0].from_s > 800
    assert answer.racks_dark[0].until_s is None
    assert answer.cooling_dark[0].until_s == 10.5
    assert answer.sets[0].kw_ratio <= 1
    forced = loss_of_utility(hall(gensets=sets), KW, plan=StandbyPlan(sheds=False))
    assert forced.racks_dark == ()
    over = {(o.kind, o.object): o.ratio for o in forced.overloads}
    # With both batteries filling: 1102.4 / 600.
    assert over["genset", "G1"] == pytest.approx(1102.4 / 600)


def test_the_order_holds_while_sets_are_still_to_come():
    sets = [
        genset("G1", rating_kw=600, rating_kva=750),
        genset("G2", rating_kw=600, rating_kva=750, start_s=30),
    ]
    plan = StandbyPlan(priority=(("UPS-A",), ("UPS-B",)))
    answer = loss_of_utility(hall(gensets=sets), KW, plan=plan)
    # The pumps would fit beside UPS-A, but UPS-B comes first and waits for the second set.
    assert [s.until_s for s in answer.cooling_dark] == [30.5, 30.5]
    alone = loss_of_utility(hall(gensets=sets[:1]), KW, plan=plan)
    assert [s.until_s for s in alone.cooling_dark][:2] == [10.5, 10.5]
    # When the battery of UPS-B is empty, UPS-A is too much for the set; the pumps, dropped before
    # it, are back with the second block after it; UPS-B comes first.
    empty_s = alone.batteries[1].empty_at_s
    assert (pytest.approx(empty_s), "UPS-A") in times(alone, "left_off")
    assert [s.until_s for s in alone.cooling_dark][2:4] == pytest.approx([empty_s + 5.5] * 2)


def test_what_walks_in_counts_in_full_when_the_next_block_is_chosen():
    sets = [genset("G1", rating_kw=600, rating_kva=750, block_ratio=0.2)]
    answer = loss_of_utility(hall(gensets=sets), KW, plan=StandbyPlan(block_interval_s=1.0))
    # The pumps, then UPS-A; a second later it has hardly begun, yet leaves no room for UPS-B.
    assert [at_s for at_s, _ in times(answer, "block") if at_s < 800] == [10.5, 11.5]
    assert [at_s for at_s, _ in times(answer, "left_off") if at_s < 800] == []
    assert (11.5, "UPS-A") in times(answer, "walk_in")


def test_batteries_stop_filling_where_a_load_needs_their_room():
    sets = small_sets()[:1]
    answer = loss_of_utility(hall(gensets=sets), KW, plan=StandbyPlan(block_interval_s=20.0))
    # 100 + 421.2 + 80 kW run when UPS-B is to be taken: 421.2 kW fit 1000 only without the 80.
    assert times(answer, "block") == [(10.5, ""), (30.5, "")]
    assert answer.course.battery_kw[0, at(answer.course, 25.0)] == pytest.approx(-80)
    assert answer.course.battery_kw[0, at(answer.course, 32.0)] == 0
    assert answer.left_off == ()


def test_a_conversion_that_is_off_is_not_tried_on_sets_too_small_for_what_it_carried():
    network = hall(sides="A", batteries=[], gensets=[genset("G1", rating_kw=600, rating_kva=750)])
    answer = loss_of_utility(network, [*[200.0] * 4, 50.0])
    assert times(answer, "block") == [(10.5, "")]
    assert times(answer, "conversion_on") == times(answer, "left_off") == []
    assert answer.left_off == ("UPS-A",)


def test_a_load_larger_than_any_step_is_taken_alone_and_flagged():
    network = hall(
        sides="A",
        gensets=[genset("G1", block_ratio=0.1)],
        conversions=[ups("UPS-A", side="A", walk_in_s=0.0)],
    )
    answer = loss_of_utility(network, [*[100.0] * 4, 50.0])
    assert times(answer, "block") == [(10.5, ""), (15.5, "")]
    assert times(answer, "block_too_large") == [(15.5, "UPS-A")]


def test_loads_come_in_the_order_of_the_plan():
    sets = small_sets(block_ratio=0.1)
    answer = loss_of_utility(hall(gensets=sets), KW)
    names = [event.text.rpartition(": ")[2] for event in answer.events if event.kind == "block"]
    assert names == ["CDU-A, CDU-B", "UPS-A", "UPS-B"]
    plan = StandbyPlan(priority=(("BOARD-B",), ("UPS-A",)))
    answer = loss_of_utility(hall(gensets=sets), KW, plan=plan)
    names = [event.text.rpartition(": ")[2] for event in answer.events if event.kind == "block"]
    # BOARD-B stands for everything behind it: UPS-B, its pump, and the racks, which no set feeds
    # itself. 105.3 + 50 kW fit the step of 200 kW, another 105.3 do not.
    assert names == ["UPS-B, CDU-B", "UPS-A, CDU-A"]


def test_sets_that_come_one_by_one_take_what_fits_meanwhile():
    sets = [
        genset("G1", rating_kw=600, rating_kva=750),
        genset("G2", rating_kw=600, rating_kva=750, start_s=30),
    ]
    answer = loss_of_utility(hall(gensets=sets), KW)
    assert times(answer, "block") == [(10.5, ""), (30.5, "")]
    assert answer.left_off == ()
    assert answer.sets[0].largest_step_kw < 300


def test_a_utility_that_is_back_before_the_sets_cancels_their_start():
    answer = loss_of_utility(hall(), KW, duration_s=4.0)
    assert times(answer, "set_ready") == []
    assert times(answer, "walk_in") == [(4.0, "UPS-A"), (4.0, "UPS-B")]
    assert [s.until_s for s in answer.cooling_dark] == [4.0, 4.0]
    assert answer.course.utility_kw[-1] == pytest.approx(942.4)
    assert answer.batteries[0].given_kwh == pytest.approx(421.2 * (4.0 + 4.0) / 3600)


def test_the_return_interrupts_once_more_for_the_time_of_the_transfer_switches():
    answer = loss_of_utility(hall(), KW, duration_s=60.0, plan=StandbyPlan(retransfer_s=30.0))
    assert times(answer, "set_stops") == [(90.0, "G1"), (90.0, "G2")]
    spans = [(s.from_s, s.until_s) for s in answer.cooling_dark]
    assert spans == [(0.0, 10.5)] * 2 + [(90.0, 90.5)] * 2
    assert times(answer, "walk_in")[-1][0] == 90.5
    assert answer.transfers[-1].position == "preferred"
    assert answer.course.genset_kw[:, -1].tolist() == [0, 0]
    assert answer.course.utility_kw[-1] == pytest.approx(942.4)


@pytest.mark.reference
def test_fuel_runs_out_by_hand():
    sets = [genset("G1", fuel_m3=0.1)]
    answer = loss_of_utility(hall(gensets=sets), KW, duration_s=7200.0)

    # 10 to 10.5 s idle at 40 L/h; then 40 L/h and 0.235 L/kWh up to 500 kW, 157.5 L/h there, and
    # 275 at 1000 kW: ramp of means 205.3, 415.9, 626.5, 837.1 kW for 2 s each, 1102.4 kW
    # for 84.59 s, then 942.4 kW.
    def rate(kw):
        return float(np.interp(kw, [0, 500, 1000, 1500], [40, 157.5, 275, 393]))

    used = 0.5 * 40 + 2 * sum(rate(kw) for kw in (205.3, 415.9, 626.5, 837.1))
    used += 84.59003 * rate(1102.4)
    by_hand = 103.09003 + (100 * 3600 - used) / rate(942.4)
    assert times(answer, "fuel_out") == [(pytest.approx(by_hand, rel=1e-6), "G1")]
    assert answer.cooling_dark[-1].until_s == 7200.0


def breakers(**changed):
    """Return a board that a utility breaker and a generator breaker feed."""
    nodes = [Node(id=n, voltage_v=415) for n in ("MAIN", "GEN", "BOARD-A", "OUT-A")]
    values = {
        "nodes": nodes,
        "transfer_switches": [],
        "switches": [
            Switch(id="IN", from_node="MAIN", to_node="BOARD-A", closed=True),
            Switch(id="GENBREAKER", from_node="GEN", to_node="BOARD-A", closed=False),
        ],
    }
    return hall(sides="A", **(values | changed))


def test_a_generator_breaker_closes_when_its_set_is_ready():
    answer = loss_of_utility(
        breakers(), [*[100.0] * 4, 50.0], duration_s=60.0, plan=StandbyPlan(opens=("IN",))
    )
    assert times(answer, "switch_moves") == [(10.0, "IN"), (10.0, "GENBREAKER")]
    assert times(answer, "block") == [(10.0, "")]
    assert answer.course.genset_kw[:, at(answer.course, 40.0)].sum() == pytest.approx(
        50 + 421.2 + (80 if answer.batteries[0].full_at_s > 40 else 0)
    )
    assert answer.course.utility_kw[-1] == pytest.approx(471.2)


def test_a_breaker_that_opens_keeps_the_sets_from_what_lies_behind_it():
    outside = Consumer(id="OUTSIDE", kind="house", feeds=(Feed(node="MAIN", share_ratio=1.0),))
    network = breakers(consumers=[rack("RACK-0", "A"), pump("CDU-A"), outside])
    kw = [400.0, 50.0, 30.0]
    for opens, end_s in ((("IN",), 60.0), ((), 10.0)):
        answer = loss_of_utility(network, kw, duration_s=60.0, plan=StandbyPlan(opens=opens))
        spans = [s.until_s for s in answer.dark if s.consumer == "OUTSIDE"]
        assert spans[0] == end_s


def test_switches_that_the_plan_names_close_and_others_stay():
    answer = loss_of_utility(breakers(), [*[100.0] * 4, 50.0], plan=StandbyPlan(closes=()))
    assert times(answer, "block") == []
    assert answer.dark_at_end.all()


def two_utilities():
    """Return two boards, each on its own utility, with a set beside the second."""
    names = ("MAIN-A", "MAIN-B", "BOARD-A", "BOARD-B", "OUT-A", "OUT-B", "GEN")
    return hall(
        nodes=[Node(id=n, voltage_v=415) for n in names],
        sources=[
            GridSource(id=f"GRID-{s}", node=f"MAIN-{s}", voltage_pu=1.0, short_circuit_mva=None)
            for s in "AB"
        ],
        transfer_switches=[],
        switches=[
            Switch(id="TIE", from_node="GEN", to_node="BOARD-B", closed=False),
            Switch(id="OTHER", from_node="GEN", to_node="BOARD-A", closed=False),
        ],
        branches=[line(f"CABLE-{s}", (f"MAIN-{s}", f"BOARD-{s}"), length_km=1e-6) for s in "AB"],
    )


def test_one_of_two_utilities_lost_leaves_the_other_alone():
    answer = loss_of_utility(two_utilities(), KW, lost=["GRID-B"])
    assert times(answer, "battery_takes_over") == [(0.0, "UPS-B")]
    assert [s.consumer for s in answer.dark] == ["CDU-B"]
    # The sets never close onto the board that its utility feeds.
    assert times(answer, "switch_moves") == [(10.0, "TIE")]
    assert answer.course.utility_kw[-1] == pytest.approx(471.2, rel=1e-4)
    assert answer.course.genset_kw[:, -1].sum() == pytest.approx(471.2, rel=1e-4)


def test_a_ups_behind_another_whose_battery_takes_over_never_notices():
    network = hall(
        sides="A",
        nodes=[Node(id=n, voltage_v=415) for n in ("MAIN", "GEN", "BOARD-A", "OUT-A", "OUT-2")],
        conversions=[
            ups("UPS-2", side="A", input_node="OUT-A", output_node="OUT-2"),
            ups("UPS-A", side="A"),
        ],
        batteries=[battery("BAT-2", "UPS-2"), battery("BAT-A", "UPS-A")],
        consumers=[rack("RACK-0", "2"), pump("CDU-A")],
    )
    answer = loss_of_utility(network, [400.0, 50.0])
    assert times(answer, "battery_takes_over") == [(0.0, "UPS-A")]
    by_name = {use.id: use for use in answer.batteries}
    assert by_name["BAT-2"].given_kwh == 0
    # UPS-2 draws 421.2 kW, so UPS-A 421.2 + 1000 (0.01 + 0.02 * 0.4212 + 0.02 * 0.4212^2).
    assert by_name["BAT-A"].largest_kw == pytest.approx(443.172, abs=1e-3)


def test_overloads_of_what_survives_are_named_with_their_time():
    network = two_utilities()
    thin = [
        branch.model_copy(update={"rating_a": 600.0}) if branch.id == "CABLE-A" else branch
        for branch in network.branches
    ]
    network = network.model_copy(
        update={
            "branches": tuple(thin),
            "gensets": (),
            "batteries": tuple(b for b in network.batteries if b.conversion == "UPS-A"),
        }
    )
    answer = loss_of_utility(network, KW, lost=["GRID-B"])
    # UPS-A draws 838.8 kW and its pump 50 kW: 888.8 kW / (sqrt 3 * 415 V) = 1236.5 A of 600 A.
    (over,) = [o for o in answer.overloads if o.object == "CABLE-A"]
    assert over.ratio == pytest.approx(1236.5 / 600, rel=1e-3)
    assert over.at_s == 0


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"lost": ["NO"]}, "lost.0"),
        ({"lost": []}, "lost"),
        ({"duration_s": 0.0}, "duration_s"),
        ({"plan": StandbyPlan(closes=("NO",))}, "closes.0"),
        ({"plan": StandbyPlan(opens=("NO",))}, "opens.0"),
        ({"plan": StandbyPlan(fails_to_start=("NO",))}, "fails_to_start.0"),
        ({"plan": StandbyPlan(priority=(("UPS-A", "NO"),))}, "priority.0.1"),
    ],
)
def test_names_that_are_not_there_are_refused(changed, path):
    with pytest.raises(InputError) as caught:
        loss_of_utility(hall(), KW, **changed)
    assert [p.path for p in caught.value.problems] == [path]


def test_a_battery_at_a_node_is_said_to_stand_aside():
    own = Battery(
        id="BESS", node="MAIN", power_kw=1e4, energy_kwh=1e4, efficiency_ratio=0.9, recharge_kw=0
    )
    answer = loss_of_utility(hall(batteries=[own]), KW)
    assert any("BESS" in text for text in answer.assumptions)


@pytest.mark.property
@settings(max_examples=12, deadline=None)
@given(
    energy=st.lists(st.floats(0.2, 30), min_size=2, max_size=2),
    power=st.lists(st.floats(300, 1200), min_size=2, max_size=2),
    sizes=st.lists(st.floats(200, 2000), min_size=0, max_size=3),
    starts=st.lists(st.floats(1, 60), min_size=3, max_size=3),
    block=st.floats(0.05, 1.0),
    fuel=st.floats(0.001, 0.1),
    duration=st.one_of(st.none(), st.floats(1, 2000)),
    sheds=st.booleans(),
)
def test_energy_closes_whatever_happens(
    energy, power, sizes, starts, *, block, fuel, duration, sheds
):
    network = hall(
        batteries=[
            battery(f"BAT-{s}", f"UPS-{s}", energy_kwh=e, power_kw=p)
            for s, e, p in zip("AB", energy, power, strict=True)
        ],
        gensets=[
            genset(f"G{i}", rating_kw=kw, rating_kva=kw, start_s=s, block_ratio=block, fuel_m3=fuel)
            for i, (kw, s) in enumerate(zip(sizes, starts, strict=False))
        ],
    )
    answer = loss_of_utility(
        network, KW, duration_s=duration, plan=StandbyPlan(sheds=sheds, retransfer_s=20.0)
    )
    course = answer.course
    assert np.all(course.start_s[1:] == course.end_s[:-1])
    assert np.all(course.end_s >= course.start_s)
    for use in answer.batteries:
        # What is left is what was there, less what was given, plus what was taken, twice through.
        closed = use.usable_kwh - use.given_kwh + 0.95**2 * use.taken_kwh
        assert use.left_kwh == pytest.approx(closed, abs=1e-6)
        assert -1e-9 <= use.left_kwh <= use.usable_kwh + 1e-9
    given_kw = course.utility_kw + course.genset_kw.sum(axis=0) + course.battery_kw.sum(axis=0)
    loss_kw = given_kw - course.served_kw
    # Without impedances all that is lost is lost in two UPS, at most 1000 (0.01 + 0.02 + 0.02) each
    # up to their rating.
    assert np.all(loss_kw >= -1e-6)
    assert np.all(loss_kw <= 100.0 + 1e-6)
    spans = sum(
        s.power_kw * ((course.end_s[-1] if s.until_s is None else s.until_s) - s.from_s)
        for s in answer.dark
    )
    lost = (course.lost_kw * (course.end_s - course.start_s)).sum()
    assert spans == pytest.approx(lost, rel=1e-6, abs=1e-3)
    if sheds:
        limit = np.array([[item.rating_kw] for item in network.gensets]).reshape(-1, 1)
        assert np.all(course.genset_kw <= limit * (1 + 1e-5))


@pytest.mark.parametrize("shift_deg", [0.0, 30.0, 150.0])
def test_sets_behind_transformers_of_any_vector_group_do_not_work_against_each_other(shift_deg):
    unit = Transformer(
        id="STEP",
        hv_node="GEN",
        lv_node="LOW",
        rating_kva=3000,
        hv_voltage_v=11000,
        lv_voltage_v=415,
        impedance_ratio=0.06,
        load_loss_kw=20,
        no_load_loss_kw=3,
        shift_deg=shift_deg,
    )
    network = hall(
        nodes=[
            *(Node(id=n, voltage_v=11000) for n in ("MAIN", "GEN", "HIGH")),
            *(Node(id=n, voltage_v=415) for n in ("LOW", "BOARD-A", "OUT-A")),
        ],
        sides="A",
        transfer_switches=[],
        switches=[
            Switch(id="IN", from_node="MAIN", to_node="HIGH", closed=True),
            Switch(id="BREAKER", from_node="GEN", to_node="HIGH", closed=False),
            Switch(id="SET-BREAKER", from_node="LOW", to_node="BOARD-A", closed=False),
        ],
        branches=[
            unit,
            unit.model_copy(update={"id": "UNIT", "hv_node": "HIGH", "lv_node": "BOARD-A"}),
        ],
        gensets=[genset("G1", node="GEN"), genset("G2", node="LOW")],
    )
    answer = loss_of_utility(
        network,
        [*[100.0] * 4, 50.0],
        plan=StandbyPlan(opens=("IN",), closes=("BREAKER", "SET-BREAKER")),
    )
    # 471.2 kW and what two transformers lose: two sets that pushed at each other would lose more.
    assert answer.course.genset_kw[:, -1].sum() == pytest.approx(478, abs=1.5)
    assert answer.overloads == ()
