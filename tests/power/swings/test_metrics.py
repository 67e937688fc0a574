import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.swings.metrics import (
    count_changes,
    largest_step,
    levels,
    low_pass,
    swing_energy_kwh,
    windowed_ramp,
)
from tests.power.swings.cases import square_kw

courses = st.lists(st.floats(0.0, 1e6), min_size=3, max_size=40).map(np.array)


@pytest.mark.reference
def test_the_ramp_of_a_slope_is_its_slope_over_every_window():
    # By hand: 5 kW/s up for 10 s, then 2 kW/s down for 10 s.
    power_kw = np.concatenate([5.0 * np.arange(101), 500.0 - 2.0 * np.arange(1, 101)]) * 0.1
    for window_s in (0.1, 1.0, 5.0):
        ramp = windowed_ramp(power_kw, step_s=0.1, window_s=window_s)
        assert ramp.rise_kw_per_s == pytest.approx(5.0)
        assert ramp.drop_kw_per_s == pytest.approx(2.0)
    # Over 15 s the best start is 10 s before the top minus what falls after: 50 - 10 over 15 s.
    longest = windowed_ramp(power_kw, step_s=0.1, window_s=15.0)
    assert longest.rise_kw_per_s == pytest.approx(40.0 / 15.0)


def test_a_window_shorter_than_a_step_has_no_ramp_but_a_reason():
    ramp = windowed_ramp([1.0, 2.0, 3.0], step_s=15.0, window_s=10.0)
    assert (ramp.rise_kw_per_s, ramp.drop_kw_per_s) == (None, None)
    assert ramp.reason == "not resolved by 15 s samples"


def test_a_window_longer_than_the_record_has_no_ramp_but_a_reason():
    ramp = windowed_ramp([1.0, 2.0, 3.0], step_s=15.0, window_s=60.0)
    assert ramp.rise_kw_per_s is None
    assert ramp.reason == "longer than the record of 30 s"


def test_a_window_that_is_no_multiple_of_the_step_is_cut_to_whole_steps():
    # 0.3 s are three steps of 0.1 s, whatever the floats say; 0.35 s are too.
    power_kw = np.array([0.0, 0.0, 3.0, 3.0, 3.0, 3.0])
    assert windowed_ramp(power_kw, step_s=0.1, window_s=0.3).rise_kw_per_s == pytest.approx(10.0)
    assert windowed_ramp(power_kw, step_s=0.1, window_s=0.35).rise_kw_per_s == pytest.approx(10.0)


def test_a_course_that_only_falls_does_not_rise():
    ramp = windowed_ramp([3.0, 2.0, 0.0], step_s=1.0, window_s=1.0)
    assert (ramp.rise_kw_per_s, ramp.drop_kw_per_s) == (0.0, 2.0)


def test_the_largest_step_is_found_between_any_two_moments_of_the_window():
    # 4 kW apart within two samples, 7 kW within three.
    power_kw = [0.0, 0.0, 3.0, 4.0, 7.0, 7.0]
    assert largest_step(power_kw, step_s=0.5, within_s=0.5) == 3.0
    assert largest_step(power_kw, step_s=0.5, within_s=1.0) == 4.0
    assert largest_step(power_kw, step_s=0.5, within_s=1.5) == 7.0
    assert largest_step(power_kw, step_s=15.0) is None


def test_changes_are_counted_from_their_size_on_and_small_turns_do_not_end_them():
    power_kw = [0.0, 4.0, 3.0, 10.0, 9.5, 9.8, 1.0, 1.0, 1.2, 10.0]
    assert count_changes(power_kw, smallest_kw=5.0) == 3
    assert count_changes(power_kw, smallest_kw=0.9) == 5
    assert count_changes([5.0, 5.0, 5.0], smallest_kw=1.0) == 0


@pytest.mark.reference
def test_a_square_swing_counts_two_changes_a_period():
    power_kw = square_kw(low_kw=0.0, high_kw=10.0, frequency_hz=0.5, step_s=0.01, duration_s=60.0)
    # 30 periods, low at both ends: 30 rises and 29 drops.
    assert count_changes(power_kw, smallest_kw=5.0) == 59


@pytest.mark.reference
def test_levels_are_the_extremes_percentiles_and_crest():
    found = levels(np.arange(1.0, 102.0))
    assert (found.mean_kw, found.peak_kw, found.lowest_kw) == (51.0, 101.0, 1.0)
    assert (found.percentile_5_kw, found.percentile_95_kw) == (6.0, 96.0)
    assert found.crest_ratio == pytest.approx(101.0 / 51.0)


def test_a_course_without_load_has_no_crest():
    with pytest.raises(InputError, match="mean power"):
        levels([0.0, 0.0])


@pytest.mark.reference
def test_the_lag_has_gone_63_percent_of_the_way_after_its_time_constant():
    power_kw = np.full(2001, 3.0)
    power_kw[0] = 3.0 - 2001.0  # moves the mean, from which the lag starts, 1 below the rest
    smooth = low_pass(power_kw, step_s=0.01, time_s=5.0)
    after = 3.0 - smooth[500]
    assert after / (3.0 - smooth[0]) == pytest.approx(np.exp(-1.0), rel=1e-9)


@pytest.mark.reference
def test_a_square_swing_holds_a_quarter_of_its_size_over_its_frequency():
    # By hand: 1000 kW for 1 s of 2 s, half above and half below the mean: 500 kWs.
    power_kw = square_kw(
        low_kw=0.0, high_kw=1000.0, frequency_hz=0.5, step_s=0.005, duration_s=100.0
    )
    energy_kwh = swing_energy_kwh(power_kw, step_s=0.005, reference_s=1e5)
    assert energy_kwh == pytest.approx(1000.0 / (4 * 0.5) / 3600.0, rel=1e-2)


@pytest.mark.parametrize("course", [[], [1.0], [[1.0, 2.0]], [1.0, np.nan]])
def test_what_is_no_course_is_refused(course):
    with pytest.raises(InputError):
        windowed_ramp(course, step_s=1.0, window_s=1.0)


@pytest.mark.property
@given(courses)
def test_turning_the_course_round_swaps_rise_and_drop(power_kw):
    forward = windowed_ramp(power_kw, step_s=1.0, window_s=2.0)
    backward = windowed_ramp(power_kw[::-1], step_s=1.0, window_s=2.0)
    assert forward.rise_kw_per_s == pytest.approx(backward.drop_kw_per_s)


@pytest.mark.property
@given(courses)
def test_a_longer_window_never_shows_a_faster_ramp_than_one_step(power_kw):
    fast = windowed_ramp(power_kw, step_s=1.0, window_s=1.0)
    slow = windowed_ramp(power_kw, step_s=1.0, window_s=2.0)
    slack = 1e-9 * (1.0 + fast.rise_kw_per_s)
    assert slow.rise_kw_per_s <= fast.rise_kw_per_s + slack
    assert largest_step(power_kw, step_s=1.0, within_s=1.0) >= fast.rise_kw_per_s
