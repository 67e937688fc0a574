"""Objects and transformers as rows: every figure is that of the solver's answer."""

import pytest

from facility.reports import power_objects, power_transformers
from facility.reports.levels import LEVELS, level_of
from facility.reports.power_objects import Choice


@pytest.fixture
def rows(stage, known):
    return power_objects.rows_of(stage, known)


def test_every_object_of_the_answer_has_a_row_the_hardest_loaded_first(stage, rows):
    assert sorted(row.load.id for row in rows) == sorted(load.id for load in stage.objects)
    ratios = [row.worst_ratio for row in rows]
    assert ratios == sorted(ratios, reverse=True)


def test_groups_hold_every_row_once_in_the_order_of_the_chain(rows):
    groups = power_objects.groups_of(rows)
    assert sum(len(group.rows) for group in groups) == len(rows)
    order = list(LEVELS)
    places = [order.index(group.level) for group in groups]
    assert places == sorted(places)
    for group in groups:
        assert group.worst.worst_ratio == max(row.worst_ratio for row in group.rows)
        assert len(group.shown) + group.n_more == len(group.rows)


def test_boards_and_transfer_switches_are_no_feeders(stage, known):
    levels = {load.id: level_of(load, known) for load in stage.objects}
    assert levels["SG-A"] == "board"
    assert levels["ATS-A1"] == "transfer"
    assert levels["CAB-A1"] == "feeder"


def test_a_bar_ends_at_its_rating_and_strands_at_most_what_is_free(rows):
    for row in rows:
        total = sum(part.width_ratio for part in row.parts)
        assert total == pytest.approx(max(1.0, row.worst_ratio))
        fills = {part.fill: part.amount for part in row.parts}
        used = min(row.load.normal_ratio, 1.0) * row.load.rating_kva
        assert fills["used"] == pytest.approx(used)
        left = row.load.rating_kva * (1.0 - row.worst_ratio)
        assert fills.get("stranded", 0.0) <= max(left, 0.0) + 1e-9


def test_a_choice_takes_by_level_path_hall_name_and_closeness(rows):
    def names(**chosen):
        return {row.load.id for row in rows if Choice(**chosen).takes(row)}

    assert names() == {row.load.id for row in rows}
    assert names(level="unit_substation", path="B") == {"USS-B1", "USS-B2"}
    feeds = names(level="feed", hall="HALL-2")
    assert len(feeds) == 8
    assert all(name.startswith("HALL-2/") for name in feeds)
    assert names(text="ats-a") == {"ATS-A1", "ATS-A2"}
    over = {row.load.id for row in rows if row.worst_ratio > 1.0}
    assert names(only="over") == over
    assert over <= names(only="near")
    assert not Choice(text="x").is_empty
    assert Choice().is_empty


def test_a_contract_is_told_in_kw_and_a_feed_by_its_rack(rows):
    by_name = {row.load.id: row for row in rows}
    assert by_name["GRID"].rating.endswith("kW")
    assert by_name["USS-A1"].rating == "1\u202f500\u202fkVA"
    feed = by_name["HALL-1/A01@BW-A1"]
    assert (feed.name, feed.place, feed.hall) == ("HALL-1/A01", "BW-A1", "HALL-1")


def test_the_three_figures_of_real_power_are_the_solver_s_and_noise_is_none(rows):
    row = next(row for row in rows if row.load.id == "UPS-A1")
    assert row.even_share_kw == row.load.even_share_kw
    # Two paths share evenly; one of them may carry all: as much again.
    assert row.uncertainty_kw == pytest.approx(row.even_share_kw)
    tie = next(row for row in rows if row.load.id == "TIE")
    assert tie.even_share_kw == 0.0
    board = next(row for row in rows if row.load.id == "SG-A")
    assert board.failover_kw is None


def test_the_sentence_counts_what_is_over_and_names_the_worst(rows):
    said = power_objects.answer(rows)
    n_over = sum(row.worst_ratio > 1.0 for row in rows)
    assert said.startswith(f"Of {len(rows)} electrical objects {n_over} are over")
    assert rows[0].load.id in said
    assert power_objects.answer(()) == ""


@pytest.fixture
def transformers(document, stage, known):
    return power_transformers.rows_of(document, stage, known)


def test_every_transformer_is_there_by_level_with_its_kind(transformers):
    kinds = {row.load.id: row.kind for row in transformers}
    assert set(kinds) == {f"TX-{s}" for s in "AB"} | {
        f"{kind}-{side}{number}" for kind in ("USS", "PDU") for side in "AB" for number in "12"
    }
    assert (kinds["TX-A"], kinds["PDU-A1"]) == ("oil", "")
    levels = [row.object.level for row in transformers]
    assert levels == sorted(levels, key=list(LEVELS).index)


def test_headroom_stands_there_three_ways(transformers):
    row = next(row for row in transformers if row.load.id == "USS-A1")
    three = row.load.transformer
    assert row.three is three
    assert row.n_hours.startswith(f"{three.n_binding_hours}")
    assert row.when.partition(" ")[0].isdigit()
    assert row.binds in power_transformers.CRITERIA.values()
    assert (row.minutes == "no limit reached") == (three.failover_min is None)
    assert row.top_oil_c == three.top_oil_max_c


def test_without_thermal_data_or_year_nothing_is_made_up(transformers, document, bare, known):
    plain = next(row for row in transformers if row.load.id == "PDU-A1")
    assert (plain.three, plain.minutes, plain.when, plain.top_oil_c) == (None, "–", "", None)
    later = power_transformers.rows_of(document, bare, known)
    assert all(row.three is None for row in later)
    assert "hardest loaded of 10 transformers" in power_transformers.answer(later)[0]
    assert power_transformers.answer(()) == ()


def test_the_sentences_name_the_tightest_and_the_first_to_reach_a_limit(transformers):
    first, second = power_transformers.answer(transformers)
    known = [row for row in transformers if row.three]
    tightest = min(known, key=lambda row: row.three.continuous_kva / row.load.rating_kva)
    assert first.startswith(tightest.load.id)
    assert "By nameplate it keeps" in first
    assert "In no outage" in second

    hot = known[0].load.transformer.model_copy(
        update={"failover_min": 42.0, "failover_criterion": "hot_spot", "continuous_kva": -9000.0}
    )
    load = known[0].load.model_copy(update={"transformer": hot})
    row = power_transformers.Row(
        power_objects.Row(known[0].object.level, known[0].object.title, "", load), "oil"
    )
    first, second = power_transformers.answer((row, *known[1:]))
    assert f"{load.id} lacks 9\u202f000\u202fkVA" in first
    assert f"{load.id} reaches its hot spot limit after 42\u202fmin" in second
