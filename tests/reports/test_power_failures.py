"""Loss of the utility as a drawing and as tables; voltage dips; short circuit."""

import itertools
import math
import re

import pytest

from facility.physics.power_results import FaultLevel
from facility.reports import numbers, power_failures, power_faults, power_timeline
from facility.reports.power_timeline import LANE, LANES, WIDTH

POWERS = ("utility_kw", "battery_kw", "genset_kw", "lost_kw")


@pytest.fixture
def loss(stage):
    return stage.power.utility_loss


def points(path):
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]


def test_every_lane_stays_on_the_drawing_and_time_never_runs_back(loss):
    drawing = power_timeline.drawing(loss)
    assert [lane.key for lane in drawing.lanes] == list(LANES)
    assert len(drawing.panels) == 2
    for lane in drawing.lanes:
        for panel, path in zip(drawing.panels, lane.paths, strict=True):
            xs = [x for x, _ in points(path)]
            assert xs == sorted(xs)
            assert panel.left - 0.1 <= xs[0] <= xs[-1] <= panel.right + 0.1
            ys = [y for _, y in points(path)]
            assert min(ys) >= lane.base - LANE - 0.1
            assert path.endswith(f"{lane.base:.1f}Z")
    assert drawing.panels[-1].right == WIDTH


def test_lanes_share_one_scale_of_power(loss):
    drawing = power_timeline.drawing(loss)
    heights, powers = [], []
    for lane in drawing.lanes:
        _, name = LANES[lane.key]
        heights.append(lane.base - min(y for path in lane.paths for _, y in points(path)))
        powers.append(max(0.0, *(getattr(item, name) for item in loss.course)))
    top_kw = max(powers)
    expected = [LANE * power_kw / top_kw for power_kw in powers]
    assert heights == pytest.approx(expected, abs=0.11)
    assert max(heights) == pytest.approx(LANE, abs=0.11)


def test_lanes_are_utility_batteries_sets_and_what_is_without_supply(loss):
    lanes = {lane.title: lane.most for lane in power_timeline.drawing(loss).lanes}
    most = {name: numbers.kw(max(getattr(item, name) for item in loss.course)) for name in POWERS}
    assert lanes == {
        "Utility": f"up to {most['utility_kw']}",
        "Batteries": f"up to {most['battery_kw']}",
        "Generator sets": f"up to {most['genset_kw']}",
        "Without supply": f"up to {most['lost_kw']}",
    }


def test_time_runs_by_the_logarithm_of_a_second_and_more(loss):
    panel = power_timeline.drawing(loss).panels[0]
    places = {mark.text: mark.x for mark in panel.ticks}
    reach = panel.right - panel.left
    # The loss lasts 1800 s: half an hour to the right edge.
    for text, after_s in (("0\u202fs", 0.0), ("10\u202fs", 10.0), ("10\u202fmin", 600.0)):
        if text in places:
            share = math.log(1.0 + after_s) / math.log(1801.0)
            assert places[text] == pytest.approx(panel.left + share * reach)
    assert len(places) > 3


def test_a_loss_that_never_ends_is_one_stretch_of_time(loss):
    drawing = power_timeline.drawing(loss.model_copy(update={"duration_s": None}))
    (panel,) = drawing.panels
    assert panel.right == WIDTH
    xs = [tick.x for tick in panel.ticks]
    assert all(b - a >= power_timeline.TICK_GAP for a, b in itertools.pairwise(xs))


def test_moments_hold_every_event_in_order(loss):
    moments = power_timeline.moments(loss)
    assert [item.number for item in moments] == list(range(1, len(moments) + 1))
    times = [item.at_s for item in moments]
    assert times == sorted(times)
    assert moments[0].lines[0] == "Utility lost: GRID"
    assert moments[0].is_bad
    assert any("4 generator sets ready for load" in line for item in moments for line in item.lines)
    assert moments[-1].until_s == loss.events[-1].at_s


def test_marks_are_moments_and_keep_apart(loss):
    drawing = power_timeline.drawing(loss)
    numbers = {str(item.number) for item in power_timeline.moments(loss)}
    for panel in drawing.panels:
        assert {mark.text for mark in panel.marks} <= numbers
        xs = [mark.x for mark in panel.marks]
        assert all(b - a >= power_timeline.MARK_GAP for a, b in itertools.pairwise(xs))


def test_batteries_and_sets_that_do_the_same_are_told_once(stage, loss):
    batteries = power_failures.batteries_of(stage)
    assert sum(len(row.members) for row in batteries) == len(loss.batteries) == 4
    assert [len(row.members) for row in batteries] == [2, 2]
    lasts = [row.first.autonomy_s for row in batteries]
    assert lasts == sorted(lasts)
    sets = power_failures.sets_of(stage)
    assert sum(len(row.members) for row in sets) == len(loss.sets)


def test_sets_say_what_speaks_against_them(stage, loss):
    item = loss.sets[0].model_copy(
        update={"is_low_load": True, "largest_step_kw": 900.0, "allowed_step_kw": 800.0}
    )
    row = power_failures.Sets((item,))
    assert row.flags == ("step too large", "low load")
    assert row.grade == "over"
    idle = loss.sets[0].model_copy(update={"is_low_load": True})
    assert power_failures.Sets((idle,)).grade == "near"
    stops = item.model_copy(update={"ready_s": None})
    assert "does not run" in power_failures.Sets((stops,)).flags


def test_dark_cooling_is_told_by_sort_and_the_longest_first(stage, loss):
    rows = power_failures.cooling_of(stage)
    assert sum(row.n_objects for row in rows) == len(loss.cooling_dark)
    assert sum(row.power_kw for row in rows) == pytest.approx(
        sum(item.power_kw for item in loss.cooling_dark)
    )
    spans = [row.span.until_s - row.span.from_s for row in rows]
    assert spans == sorted(spans, reverse=True)


def test_the_sentences_say_racks_batteries_and_dips(stage, loss):
    racks, supplies, dips = power_failures.answer(stage)
    assert racks.startswith("When the utility is away for 30\u202fmin, no rack goes dark")
    assert "4 generator sets are ready after 10\u202fs" in supplies
    assert dips.startswith("3 dips to 0.6\u202fp.u. of 0.1\u202fs take")
    assert "4 of 4 UPS then stay on battery" in dips

    dark = loss.model_copy(
        update={"racks_dark_from_s": 554.0, "n_racks_lost_most": 144, "lost_most_kw": 26906.0}
    )
    power = stage.power.model_copy(update={"utility_loss": dark, "dips": None})
    said = power_failures.answer(stage.model_copy(update={"power": power}))
    assert (
        "racks go dark from 9\u202fmin 14\u202fs on: 144 racks and 26.9\u202fMW at most" in said[0]
    )
    assert len(said) == 2


def test_a_stage_without_the_study_says_where_it_is(document, bare):
    assert power_failures.failure_of(bare) is None
    assert power_failures.answer(bare) == ()
    assert [stage.id for stage in power_failures.stages_asked(document, "dips")] == ["as-built"]


def fault(node, initial_ka, holds, **more):
    given = {"voltage_v": 480.0, "limited_by": "network", "peak_ka": 2.2 * initial_ka}
    given |= {"gensets_ka": None, "rating_ka": 100.0, "peak_rating_ka": 220.0}
    return FaultLevel(node=node, initial_ka=initial_ka, holds=holds, **given | more)


def test_boards_alike_are_one_row_and_what_does_not_stand_comes_first(stage):
    faults = (fault("B1", 60.0, True), fault("B2", 110.0, False), fault("B3", 60.0, True))
    power = stage.power.model_copy(update={"faults": faults, "breakers": ()})
    boards = power_faults.boards_of(stage.model_copy(update={"power": power}))
    assert [row.names for row in boards] == ["B2", "B1, B3"]
    assert [row.grade for row in boards] == ["over", "good"]
    assert boards[0].ratio == pytest.approx(1.1)
    assert sum(part.width_ratio for part in boards[0].parts) == pytest.approx(1.1)
    assert power_faults.answer(boards, ()).startswith(
        "1 of 3 boards with a rating do not stand the short circuit: B2 has 110\u202fkA of 100"
    )


def test_the_harder_of_current_and_peak_decides():
    (board,) = [power_faults.Board((fault("B", 60.0, True, peak_ka=209.0),))]
    assert board.ratio == pytest.approx(0.95)
    assert board.grade == "near"


def test_an_unlimited_current_has_no_number():
    board = power_faults.Board((fault("B", 0.0, False, limited_by="unlimited"),))
    assert (board.level, board.grade, board.parts) == ("unlimited", "over", ())


def test_levels_of_the_site_stand_beside_the_ratings(stage):
    boards = power_faults.boards_of(stage)
    rated = {row.name: row for row in boards if row.fault.holds is not None}
    assert set(rated) == {"SG-A"}
    assert rated["SG-A"].names == "SG-A, SG-B"
    breakers = power_faults.breakers_of(stage)
    assert power_faults.answer(boards, breakers).startswith("All 2 boards with a rating stand")
    assert "only the levels" in power_faults.answer(boards[1:], ())
