import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.swings.metrics import count_changes, low_pass
from power.physics.swings.smoothing import (
    battery_size,
    power_smoothing,
    ramp_limiter,
    recentred_limiter,
)
from tests.power.swings.cases import square_kw

courses = st.lists(st.floats(0.0, 1e5), min_size=2, max_size=60).map(np.array)
rates = st.floats(1.0, 1e5)


def perfect(load_kw, grid_kw, step_s):
    return battery_size(load_kw, grid_kw, step_s=step_s, efficiency_ratio=1.0, recentred=False)


@pytest.mark.reference
def test_a_step_up_is_climbed_at_the_limit_and_a_step_down_at_the_other():
    load_kw = np.array([0.0, 100.0, 100.0, 100.0, 0.0, 0.0])
    grid_kw = ramp_limiter(load_kw, step_s=0.5, rise_kw_per_s=60.0, drop_kw_per_s=120.0)
    assert grid_kw.tolist() == [0.0, 30.0, 60.0, 90.0, 30.0, 0.0]


@pytest.mark.reference
def test_one_step_needs_the_triangle_above_the_ramp():
    # By hand: 2000 kW at 20 kW/s takes 100 s: 2000^2 / (2 * 20) = 100 MWs.
    load_kw = np.where(np.arange(40_000) < 100, 1000.0, 3000.0)
    grid_kw = ramp_limiter(load_kw, step_s=0.01, rise_kw_per_s=20.0, drop_kw_per_s=20.0)
    size = perfect(load_kw, grid_kw, 0.01)
    assert size.energy_kwh == pytest.approx(2000.0**2 / 40.0 / 3600.0, rel=1e-3)
    assert size.power_kw == pytest.approx(2000.0, rel=1e-3)
    assert size.deficit_kwh == pytest.approx(size.energy_kwh)


@pytest.mark.reference
def test_a_square_swing_behind_a_slow_lag_needs_a_quarter_of_its_size_over_its_frequency():
    load_kw = square_kw(
        low_kw=1000.0, high_kw=3000.0, frequency_hz=0.25, step_s=0.01, duration_s=400.0
    )
    grid_kw = low_pass(load_kw, step_s=0.01, time_s=1e5)
    size = perfect(load_kw, grid_kw, 0.01)
    assert size.energy_kwh == pytest.approx(2000.0 / (4 * 0.25) / 3600.0, rel=0.01)
    assert size.power_kw == pytest.approx(1000.0, rel=0.01)
    lossy = battery_size(load_kw, grid_kw, step_s=0.01, efficiency_ratio=0.8, recentred=False)
    assert lossy.energy_kwh == pytest.approx(size.energy_kwh / 0.8)


@pytest.mark.reference
def test_losses_are_what_a_cycle_loses_in_and_out():
    # By hand: 1000 kW out and in for 2 s each: 1000 (1 / 0.8 - 0.8) / 2 on average.
    load_kw, grid_kw = np.array([1000.0, -1000.0]), np.zeros(2)
    size = battery_size(load_kw, grid_kw, step_s=2.0, efficiency_ratio=0.8, recentred=True)
    assert size.loss_kw == pytest.approx((1250.0 - 800.0) / 2)
    assert size.energy_kwh == pytest.approx(1250.0 * 2.0 / 3600.0)
    assert size.deficit_kwh == pytest.approx(450.0 * 2.0 / 3600.0)


def test_only_the_recentred_limiter_keeps_its_energy_however_long_the_swing_lasts():
    def energies(duration_s):
        load_kw = square_kw(
            low_kw=1000.0, high_kw=2000.0, frequency_hz=0.5, step_s=0.01, duration_s=duration_s
        )
        limits = {"step_s": 0.01, "rise_kw_per_s": 100.0, "drop_kw_per_s": 100.0}
        plain = ramp_limiter(load_kw, **limits)
        centred = recentred_limiter(load_kw, **limits, reference_s=10.0, efficiency_ratio=0.95)
        size = battery_size(load_kw, centred, step_s=0.01, efficiency_ratio=0.95, recentred=True)
        return perfect(load_kw, plain, 0.01).energy_kwh, size

    (plain_short, short), (plain_long, long) = energies(200.0), energies(800.0)
    assert plain_long > 3.5 * plain_short
    assert long.energy_kwh == pytest.approx(short.energy_kwh, rel=0.05)
    assert long.energy_kwh < 5 * 1000.0 / (4 * 0.5) / 3600.0
    assert abs(long.deficit_kwh) <= long.energy_kwh


@pytest.mark.property
@given(courses, rates, rates)
def test_the_grid_never_moves_faster_than_the_limits(load_kw, rise, drop):
    limits = {"step_s": 0.5, "rise_kw_per_s": rise, "drop_kw_per_s": drop}
    centred = recentred_limiter(load_kw, **limits, reference_s=5.0, efficiency_ratio=0.9)
    for grid_kw in (ramp_limiter(load_kw, **limits), centred):
        change = np.diff(grid_kw) / 0.5
        assert np.isfinite(grid_kw).all()
        assert change.max() <= rise + 1e-6
        assert -change.min() <= drop + 1e-6


@pytest.mark.property
@given(courses, rates)
def test_a_limit_that_the_load_keeps_changes_nothing(load_kw, rise):
    fastest = float(np.abs(np.diff(load_kw)).max())
    limit = fastest + rise
    grid_kw = ramp_limiter(load_kw, step_s=1.0, rise_kw_per_s=limit, drop_kw_per_s=limit)
    np.testing.assert_allclose(grid_kw, load_kw, atol=1e-6)
    assert perfect(load_kw, grid_kw, 1.0).power_kw < 1e-6


@pytest.mark.property
@settings(max_examples=50)
@given(courses, rates, st.floats(0.5, 1.0))
def test_more_efficient_batteries_lose_less_and_none_gains(load_kw, rise, efficiency):
    grid_kw = ramp_limiter(load_kw, step_s=1.0, rise_kw_per_s=rise, drop_kw_per_s=rise)
    lossy = battery_size(load_kw, grid_kw, step_s=1.0, efficiency_ratio=efficiency, recentred=False)
    assert lossy.loss_kw >= -1e-6
    assert lossy.energy_kwh >= perfect(load_kw, grid_kw, 1.0).energy_kwh - 1e-9


@pytest.mark.reference
def test_accelerators_hold_a_fall_up_and_then_ramp_down():
    demand_kw = np.array([100.0, 100.0, 40.0, 40.0, 40.0, 40.0, 40.0, 100.0, 100.0])
    drawn = power_smoothing(
        demand_kw, step_s=1.0, rise_kw_per_s=30.0, drop_kw_per_s=25.0, hysteresis_s=2.0
    )
    assert drawn.tolist() == [100.0, 100.0, 100.0, 100.0, 75.0, 50.0, 40.0, 70.0, 100.0]


def test_without_parameters_accelerators_draw_what_is_asked():
    demand_kw = np.array([1.0, 5.0, 2.0])
    drawn = power_smoothing(demand_kw, step_s=0.1, rise_kw_per_s=None, drop_kw_per_s=None)
    assert drawn.tolist() == demand_kw.tolist()


def test_courses_of_unequal_length_are_refused():
    with pytest.raises(InputError, match="one value for each"):
        perfect(np.zeros(3), np.zeros(4), 1.0)


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(InputError, match="rise_kw_per_s"):
        ramp_limiter(np.zeros(3), step_s=1.0, rise_kw_per_s=limit, drop_kw_per_s=1.0)


def test_refilling_after_a_step_brakes_in_time_and_ends():
    load_kw = np.where(np.arange(12_000) < 4000, 1000.0, 2000.0)
    grid_kw = recentred_limiter(
        load_kw,
        step_s=0.1,
        rise_kw_per_s=10.0,
        drop_kw_per_s=10.0,
        reference_s=5.0,
        efficiency_ratio=0.9,
    )
    # One rise, one return: climbing takes 100 s, refilling overshoots once.
    assert count_changes(grid_kw[4000:], smallest_kw=50.0) == 2
    assert np.ptp(grid_kw[-1000:]) < 1e-3
    size = battery_size(load_kw, grid_kw, step_s=0.1, efficiency_ratio=0.9, recentred=True)
    assert abs(size.deficit_kwh) < 0.01 * size.energy_kwh


@pytest.mark.reference
def test_the_power_of_a_battery_is_that_of_its_charge_where_that_is_larger():
    size = perfect(np.array([0.0, -30.0, 10.0]), np.zeros(3), 1.0)
    assert size.power_kw == 30.0
