import json

import numpy as np
import pytest

from facility.kernel.errors import InputError
from power.catalogue.traces import load_trace, trace_names
from power.physics.swings.documents import (
    Band,
    IslandedGenerator,
    RampWindow,
    SwingInput,
    SwingLimits,
)
from power.physics.swings.metrics import windowed_ramp
from power.physics.swings.study import Course, severities, swing_study
from tests.power.swings.cases import ROOT, case, plain_job, point, profile

NAME = "frontier_cdu_20240407"
STATISTICS = json.loads(
    (ROOT / f"power/catalogue/load_traces/{NAME}.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def trace():
    return load_trace(NAME)


def course(trace):
    return Course(trace.total_kw, trace.step_s, trace.name)


@pytest.mark.reference
def test_the_measured_day_has_the_statistics_computed_elsewhere(trace):
    assert trace.sha256 == STATISTICS["provenance"]["sha256_of_csv"]
    assert trace.power_kw.shape == (25, STATISTICS["rows"])
    expected = STATISTICS["per_cdu"]
    np.testing.assert_allclose(trace.power_kw.mean(axis=1), expected["mean_kW"], atol=6e-4)
    assert trace.power_kw.min() == pytest.approx(expected["min_kW"], abs=6e-4)
    largest = np.abs(np.diff(trace.power_kw, axis=1)).max()
    assert largest == pytest.approx(expected["max_step_15_s_kW"], abs=6e-4)


@pytest.mark.reference
def test_the_ramps_of_the_measured_day_are_those_computed_elsewhere(trace):
    for name, expected in STATISTICS["ramps"].items():
        window_s = float(name.removesuffix("_s"))
        ramp = windowed_ramp(trace.total_kw, step_s=trace.step_s, window_s=window_s)
        rise_mw = ramp.rise_kw_per_s * window_s / 1000.0
        drop_mw = ramp.drop_kw_per_s * window_s / 1000.0
        assert rise_mw == pytest.approx(expected["max_rise_MW"], abs=6e-5)
        assert -drop_mw == pytest.approx(expected["max_drop_MW"], abs=6e-5)


@pytest.mark.reference
def test_the_study_of_the_measured_day_shows_its_levels_and_what_it_cannot_show(trace):
    result = swing_study(SwingInput(connection=point()), measured=course(trace))
    (figures,) = result.series
    expected = STATISTICS["total_power"]
    assert figures.source == "measured"
    assert figures.mean_kw == pytest.approx(1000 * expected["mean_MW"], abs=0.06)
    assert figures.peak_kw == pytest.approx(1000 * expected["max_MW"], abs=0.06)
    assert figures.percentile_5_kw == pytest.approx(1000 * expected["p5_MW"], abs=0.06)
    assert figures.percentile_95_kw == pytest.approx(1000 * expected["p95_MW"], abs=0.06)
    assert figures.crest_ratio == pytest.approx(1 / expected["mean_over_max"], rel=1e-3)
    reasons = {ramp.window_s: ramp.reason for ramp in figures.ramps}
    assert reasons == {
        0.1: "not resolved by 15 s samples",
        1.0: "not resolved by 15 s samples",
        10.0: "not resolved by 15 s samples",
        60.0: "",
        600.0: "",
    }
    assert all("end at 0.0333 Hz" in band.reason for band in figures.bands)
    assert (figures.step_kw, figures.voltage.change_ratio) == (None, None)
    assert figures.flicker.short_term_pu is None
    assert "flicker needs 400 a second" in figures.flicker.reason
    assert any("No synthetic profile" in text for text in result.missing)


def test_a_limit_that_the_record_does_not_resolve_is_said_to_be_unresolved(trace):
    windows = (
        RampWindow(window_s=1.0, rise_kw_per_s=500.0),
        RampWindow(window_s=60.0, rise_kw_per_s=150.0, drop_kw_per_s=100.0),
    )
    limits = SwingLimits(short_term_flicker_pu=0.8)
    study = SwingInput(windows=windows, limits=limits, connection=point())
    margins = swing_study(study, measured=course(trace)).margins
    assert [(m.verdict, m.message) for m in margins] == [
        (
            "not_resolved",
            "Rise over 1 s: not resolved by 15 s samples; the limit is 500 kW/s.",
        ),
        ("near", "Rise over 60 s: 140 of 150 kW/s."),
        ("over", "Drop over 60 s: 115 of 100 kW/s."),
        (
            "not_resolved",
            "P_st: not resolved by 15 s samples: flicker needs 400 a second; the limit is 0.8.",
        ),
    ]
    assert margins[1].value_ratio == pytest.approx(8375.0 / 60 / 150, rel=1e-4)


@pytest.mark.reference
def test_a_synthetic_profile_answers_all_that_the_trace_cannot():
    job = plain_job(high_kw=60_000.0)
    study = case(
        profile=profile(job, duration_s=600.0, steady_kw=40_000.0),
        connection=point(power_factor=0.99),
    )
    (figures,) = swing_study(study).series
    assert not [ramp.reason for ramp in figures.ramps if ramp.reason and ramp.window_s < 600]
    # First line by hand: 0.51028 of 60 MW; the two-bus numbers of 40 to 100 MW.
    assert figures.bands[0].line_kw == pytest.approx(0.51028 * 60_000, rel=1e-3)
    assert figures.step_kw == 60_000.0
    assert figures.voltage.estimate_ratio == pytest.approx(0.00362, abs=5e-6)
    assert figures.voltage.range_ratio == pytest.approx(0.00391, abs=5e-6)
    assert figures.voltage.change_ratio == pytest.approx(figures.voltage.range_ratio)
    # 1.5 % of the short-circuit power where 0.2 % pass: more than three times too much.
    assert figures.voltage.swing_ratio == pytest.approx(0.015 / 0.99)
    assert figures.changes_per_min == pytest.approx(60.0, abs=0.2)
    assert (figures.voltage.stage_one_ratio, figures.voltage.accepted) == (0.002, False)
    assert 0.1 < figures.flicker.short_term_pu < 0.361 * 0.391 * 60**0.3125
    assert figures.flicker.long_term_pu == pytest.approx(figures.flicker.short_term_pu)
    assert (figures.flicker.lamp, figures.flicker.frequency_hz) == ("230 V", 50)


def test_the_lamp_of_120_v_flickers_less():
    long = {"profile": profile(plain_job(high_kw=60_000.0), duration_s=600.0)}
    old = swing_study(case(**long)).series[0].flicker
    new = swing_study(case(**long, connection=point(lamp="120 V", frequency_hz=60)))
    assert new.series[0].flicker.short_term_pu < 0.95 * old.short_term_pu
    assert new.series[0].flicker.lamp == "120 V"


def test_a_profile_shorter_than_ten_minutes_has_no_flicker():
    (figures,) = swing_study(case()).series
    assert figures.flicker.short_term_pu is None
    assert figures.flicker.reason == "shorter than the 600 s that flicker is judged over"


def test_every_limit_that_was_entered_is_compared_and_every_other_is_missing():
    study = case(
        windows=(RampWindow(window_s=1.0, drop_kw_per_s=2000.0), RampWindow(window_s=0.1)),
        bands=(
            Band(low_hz=0.3, high_hz=0.8, amplitude_kw=500.0, amplitude_ratio=1.0),
            Band(low_hz=5.0),
        ),
        limits=SwingLimits(range_kw=1000.0, voltage_change_ratio=0.01),
    )
    result = swing_study(study)
    assert [(m.code, m.verdict) for m in result.margins] == [
        ("ramp", "ok"),
        ("band", "over"),
        ("band", "ok"),
        ("range", "near"),
        ("voltage", "ok"),
    ]
    assert result.margins[1].message == "Amplitude between 0.3 and 0.8 Hz: 510 of 500 kW."
    assert result.margins[2].message.endswith("of 100 % of the mean.")
    assert result.missing == (
        "No limit of rise over 1 s.",
        "No limit of rise and drop over 0.1 s.",
        "No limit of amplitude from 5 Hz.",
        "No limit of P_st.",
        "No limit of P_lt.",
        "No measured course of power: all figures are of a synthetic profile.",
    )


def test_the_battery_keeps_the_tightest_limit_that_the_record_shows(trace):
    windows = (
        RampWindow(window_s=1.0, rise_kw_per_s=1.0),
        RampWindow(window_s=60.0, rise_kw_per_s=50.0),
        RampWindow(window_s=600.0, rise_kw_per_s=20.0),
    )
    (figures,) = swing_study(SwingInput(windows=windows), measured=course(trace)).series
    assert {need.method for need in figures.batteries} == {
        "ramp_limiter",
        "recentred",
        "low_pass",
    }
    energies = [need.energy_kwh for need in figures.batteries]
    assert energies == sorted(energies)
    for need in figures.batteries:
        assert (need.rise_kw_per_s, need.drop_kw_per_s) == (20.0, None)
        assert need.rise_left_kw_per_s <= 20.0 * (1 + 1e-9)
        assert need.installed_kwh == pytest.approx(need.energy_kwh / 0.8)


def test_no_ramp_limit_asks_for_no_battery_and_a_kept_one_for_an_idle_one(trace):
    (without,) = swing_study(SwingInput(), measured=course(trace)).series
    assert without.batteries == ()
    kept = SwingInput(windows=[RampWindow(window_s=60.0, rise_kw_per_s=1000.0)])
    (figures,) = swing_study(kept, measured=course(trace)).series
    (need,) = figures.batteries
    assert (need.method, need.power_kw, need.energy_kwh) == ("ramp_limiter", 0.0, 0.0)


def test_a_swing_that_lasts_is_cheapest_with_a_battery_that_is_brought_back():
    windows = (RampWindow(window_s=1.0, rise_kw_per_s=100.0, drop_kw_per_s=100.0),)
    lasting = profile(plain_job(high_kw=10_000.0), duration_s=900.0, sampling_hz=100.0)
    study = case(windows=windows, profile=lasting)
    (figures,) = swing_study(study).series
    by_method = {need.method: need for need in figures.batteries}
    assert figures.batteries[0].method != "ramp_limiter"
    assert "a longer one may need more" in by_method["ramp_limiter"].note
    assert by_method["recentred"].energy_kwh < 0.2 * by_method["ramp_limiter"].energy_kwh


def test_a_generator_is_judged_by_the_largest_step_within_a_second(trace):
    machines = IslandedGenerator(rating_kva=10_000.0, inertia_s=1.0, frequency_hz=60)
    study = case(generator=machines)
    result = swing_study(study, measured=course(trace))
    measured, synthetic = result.series
    assert measured.generator is None
    assert "The measured course resolves no step for the generator." in result.missing
    # By hand: 1 MW of 10 MVA, 0.1 * 60 / 2.
    assert synthetic.generator.step_ratio == pytest.approx(0.1)
    assert synthetic.generator.slope_hz_per_s == pytest.approx(3.0)


def test_a_load_that_no_voltage_carries_is_said_and_not_computed():
    study = case(
        profile=profile(plain_job(high_kw=9000.0)), connection=point(short_circuit_mva=10.0)
    )
    result = swing_study(study)
    assert (result.series[0].voltage, result.series[0].flicker) == (None, None)
    assert any("No voltage carries the synthetic load" in text for text in result.missing)


def test_a_study_without_a_course_is_refused():
    with pytest.raises(InputError, match="measured course of power or a profile"):
        swing_study(SwingInput())
    with pytest.raises(InputError, match=r"measured\.power_kw"):
        swing_study(SwingInput(), measured=Course(np.array([1.0, np.nan]), 1.0, "broken"))


def test_equal_studies_have_equal_answers(trace):
    one, again = (swing_study(case(), measured=course(trace)) for _ in range(2))
    assert one.canonical_bytes() == again.canonical_bytes()
    assert one.input_digest == case().digest()


def test_severity_is_taken_of_each_whole_ten_minutes():
    sensation = np.concatenate([np.full(600, 1.0), np.full(600, 4.0), np.full(300, 9.0)])
    found = severities(sensation, sampling_hz=1.0)
    np.testing.assert_allclose(found, [0.5096**0.5, 2 * 0.5096**0.5])
    with pytest.raises(InputError, match="shorter than ten minutes"):
        severities(np.ones(599), sampling_hz=1.0)


def test_traces_of_the_product_are_listed_and_others_named():
    assert trace_names() == (NAME,)
    with pytest.raises(InputError, match=NAME):
        load_trace("nothing")


@pytest.mark.reference
def test_a_steady_load_beside_the_swings_lowers_the_voltage_but_is_no_swing():
    load_kw = Course(np.array([0.0, 60e3, 0.0, 60e3]), 0.5, "two steps")
    steady = point(base_kw=40e3, base_kvar=5e3)
    (figures,) = swing_study(SwingInput(connection=steady), measured=load_kw).series
    # Kirchhoff with 100 MW and 5 Mvar behind 1 / 4000 MVA at X / R of 10.
    psi = np.arctan(10.0)
    z, s = np.exp(1j * psi), (100.0 + 5.0j) / 4000.0
    source = figures.voltage.lowest_pu + z * np.conj(s / figures.voltage.lowest_pu)
    assert abs(source) == pytest.approx(1.0, abs=1e-12)
    assert figures.voltage.swing_ratio == pytest.approx(0.015)
    assert figures.peak_kw == 60e3
