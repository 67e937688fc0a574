"""The grid connection: contract, swings beside limits, and their charts."""

from dataclasses import replace

import numpy as np
import pytest

from facility.reports import figures, power_connection, power_figures
from racks.physics.documents import SwingShape
from tests.reports.electrical_site import SWING, course


@pytest.fixture
def swings(document, stage):
    return power_connection.swings_of(document, 0, stage)


def test_the_site_s_own_course_stands_before_the_measured_one(swings):
    assert [item.source for item in swings.series] == ["synthetic", "measured"]


def test_every_verdict_is_that_of_the_study(stage, swings):
    """A figure beside a limit means over, near or within exactly where the solver says so."""
    words = {"over": "over", "near": "near", "ok": "good", "not_resolved": "unknown"}
    said = sorted(
        (item.source, words[item.verdict], item.value_ratio or 0.0)
        for item in stage.power.swings.margins
    )
    rows = (*swings.ramps, *swings.bands, *swings.quality)
    mine = sorted(
        (item.source, row.figures[k].verdict, row.figures[k].ratio or 0.0)
        for row in rows
        if row.limit != "–"
        for k, item in enumerate(swings.series)
    )
    assert [row[:2] for row in mine] == [row[:2] for row in said]
    assert [row[2] for row in mine] == pytest.approx([row[2] for row in said])


def test_a_window_without_limit_gets_no_verdict_and_an_unresolved_one_its_reason(swings):
    by_title = {row.title: row for row in swings.ramps}
    assert by_title["Rise over 60\u202fs"].figures[1].verdict == "none"
    measured = by_title["Rise over 1\u202fs"].figures[1]
    assert (measured.said, measured.verdict) == ("–", "unknown")
    assert measured.reason == "not resolved by 15 s samples"


def test_limits_are_told_as_they_were_entered(swings):
    assert {row.title: row.limit for row in swings.quality} == {
        "Range of power": "–",
        "Voltage change within a second": "3\u202f%",
        "Flicker P_st": "0.8",
        "Flicker P_lt": "–",
    }
    assert swings.bands[0].limit == "2\u202f% of the mean"


def test_batteries_keep_what_the_study_says(stage, swings):
    needs = {item.source: item.batteries for item in stage.power.swings.series}
    for series, batteries in swings.batteries:
        assert tuple(row.need for row in batteries) == needs[series.source]


def test_the_contract_is_judged_by_power_power_factor_and_ramp(stage):
    (contract,) = power_connection.contracts_of(stage)
    item = contract.item
    assert contract.power.ratio == pytest.approx(item.peak_kw / 4000.0)
    verdicts = (contract.power.verdict, contract.power_factor.verdict, contract.ramp.verdict)
    assert verdicts == ("good", "good", "good")
    over = power_connection.Contract(item.model_copy(update={"n_hours_over": 3}))
    assert over.power.verdict == "over"
    below = power_connection.Contract(item.model_copy(update={"n_hours_below": 1}))
    assert below.power_factor.verdict == "over"
    free = power_connection.Contract(item.model_copy(update={"power_factor_min": None}))
    assert free.power_factor.verdict == "none"


def test_the_sentences_say_what_is_free_and_which_limits_break(document, stage, swings):
    contract, synthetic, measured = power_connection.answer(stage, swings)
    item = stage.power.connections[0]
    assert contract.startswith("GRID peaks at ")
    assert f"{4000.0 - item.peak_kw:,.0f}"[0] in contract
    assert "3 of 5 limits of swings are broken" in synthetic
    assert "none of 5 limits of swings is broken; 5 cannot be told" in measured
    over = item.model_copy(update={"n_hours_over": 12})
    power = stage.power.model_copy(update={"connections": (over,)})
    said = power_connection.answer(stage.model_copy(update={"power": power}), None)
    assert said[0].endswith("beyond its contract on 12 hours.")


def test_a_stage_without_the_study_has_no_swings(document, bare):
    assert power_connection.swings_of(document, 1, bare) is None
    assert power_connection.answer(bare, None) == ()


@pytest.fixture
def material(document, stage):
    hours = np.arange(8760.0)
    columns = {"facility_kw": 800.0 + 50.0 * (hours % 24 == 12), "source_kvar": 60.0 + 0.0 * hours}
    return power_figures.Material(document, 0, stage, columns, course()[:, 0])


def test_every_chart_has_titled_axes_with_units_and_data(material):
    for name, chart in power_figures.CHARTS.items():
        drawn = chart(material)
        assert drawn["layout"]["xaxis"]["title"]["text"], name
        assert drawn["layout"]["yaxis"]["title"]["text"].endswith("]"), name
        head, rows = figures.data_table(drawn)
        assert rows, name
        assert len(head) == len(rows[0])


def test_a_stage_without_studies_has_no_chart(document, bare):
    nothing = power_figures.Material(document, 1, bare)
    assert {chart(nothing) for chart in power_figures.CHARTS.values()} == {None}


def test_the_highest_hour_of_a_day_stands_beside_the_contract(material):
    drawn = power_figures.connection_power(material)
    kw, kva = drawn["data"]
    assert set(kw["y"]) == {0.85}
    assert set(kva["y"]) == {round(float(np.hypot(850.0, 60.0)) / 1000.0, 3)}
    assert [note["text"] for note in drawn["layout"]["annotations"]] == ["contract 4 MW"]


def test_the_lowest_power_factor_and_the_ramp_of_a_day_are_drawn(material):
    (factor,) = power_figures.power_factor(material)["data"]
    assert set(factor["y"]) == {round(800.0 / float(np.hypot(800.0, 60.0)), 4)}
    (ramp,) = power_figures.hourly_ramps(material)["data"]
    assert set(ramp["y"]) == {round(50.0 / 60.0, 2)}


def test_only_courses_that_resolve_a_band_get_a_bar_and_a_limit_stays_in_its_band(material):
    drawn = power_figures.band_amplitudes(material)
    assert [trace["name"] for trace in drawn["data"]] == ["Synthetic"]
    (shape,) = drawn["layout"]["shapes"]
    assert (shape["y0"], shape["x0"], shape["x1"]) == (2.0, -0.45, 0.45)


def test_the_measured_course_is_drawn_sample_by_sample(material):
    (trace,) = power_figures.measured_course(material)["data"]
    assert len(trace["x"]) == 480
    assert trace["x"][240] == 1.0
    assert trace["y"][0] == 0.9
    assert power_figures.measured_course(replace(material, measured_kw=None)) is None


def test_a_job_is_a_trapezoid_as_wide_at_half_height_as_its_duty():
    shape = SwingShape(**SWING)
    time_s = np.linspace(0.0, 2.0, 20_001)
    power = power_figures.trapezoid(shape, time_s)
    assert (power.min(), power.max()) == (0.5, 1.0)
    above = float(np.mean(power > 0.75)) * shape.period_s
    assert above == pytest.approx(0.7 * 2.0, abs=2e-3)
    assert power_figures.trapezoid(shape, np.array([0.075 + 2.0]))[0] == pytest.approx(0.75)


def test_names_of_two_limits_lie_on_either_side_of_their_lines():
    for levels in ((80.0, 84.0), (84.0, 80.0)):
        layout = figures.axes("x", "", "y", "MW")
        for level in levels:
            figures.limit_line(layout, level, f"{level:g}")
        sides = {note["text"]: note["yanchor"] for note in layout["annotations"]}
        assert sides == {"80": "top", "84": "bottom"}
        places = [note["x"] for note in layout["annotations"]]
        assert len(set(places)) == 2
