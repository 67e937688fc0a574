"""Chilled-water air handlers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from facility.kernel.errors import InputError
from thermal.physics.air_unit import air_unit_fans, rate_air_unit, solve_air_units
from thermal.physics.room import hall_air

# 100 kW from 36 °C air with 18 °C water: 7 m³/s of air, 4 kg/s of water, 6 kW of fan.
UNIT = rate_air_unit(
    duty_kw=100.0,
    return_c=36.0,
    water_in_c=18.0,
    air_m3_s=7.0,
    water_kw_per_k=4.0 * 4.186,
    fan_kw=6.0,
)
HALL = {
    "rating": UNIT,
    "heat_kw": 800.0,
    "air_flow_m3_s": 63.0,
    "supply_set_c": 24.0,
    "water_in_c": 18.0,
    "n_running": 10,
    "pressure_kpa": 101.325,
}


def solve(**changes):
    return solve_air_units(**{**HALL, **changes})


def air_rate(flow, level_c, pressure=101.325):
    return flow * pressure / (0.287042 * (level_c + 273.15)) * 1.006


@pytest.mark.reference
def test_rating_meets_the_log_mean_difference():
    # Counter flow: duty = UA * log-mean difference of 36 -> 36 - Q/C_air and 18 -> 18 + Q/C_w.
    near = 36.0 - (18.0 + 100.0 / UNIT.water_kw_per_k)
    far = 36.0 - 100.0 / air_rate(7.0, 36.0) - 18.0
    log_mean = (near - far) / np.log(near / far)
    assert UNIT.ua_kw_per_k == pytest.approx(100.0 / log_mean, rel=1e-9)


def test_fans_by_hand():
    # Ten units at 0.9 of rated flow in thin air.
    fan = air_unit_fans(rating=UNIT, air_flow_m3_s=63.0, n_running=10, pressure_kpa=82.7)
    assert fan == pytest.approx(10 * 6.0 * 0.9**2.8 * 82.7 / 101.325)


def test_fewer_units_at_the_same_air_draw_more_fan_power():
    fan = air_unit_fans(rating=UNIT, air_flow_m3_s=63.0, n_running=[10, 9], pressure_kpa=101.325)
    assert fan[1] / fan[0] == pytest.approx((10 / 9) ** 1.8)


def test_a_set_point_within_reach_is_held():
    state = solve()
    assert state.setpoint_met
    assert state.supply_c == 24.0
    assert 0.0 < state.water_flow_ratio < 1.0
    assert state.return_c == pytest.approx(24.0 + 800.0 / air_rate(63.0, 24.0))


def log_mean_gap(share, state, return_c):
    """Duty less UA times the log-mean difference, from end temperatures alone."""
    coil_kw = float(state.coil_kw) / 10
    air = air_rate(6.3, float(state.supply_c))
    near = return_c - (18.0 + coil_kw / (share * UNIT.water_kw_per_k))
    far = return_c - coil_kw / air - 18.0
    ua = UNIT.ua_kw_per_k * (air / air_rate(7.0, 36.0)) ** 0.6 * share**0.4
    return coil_kw - ua * (near - far) / np.log(near / far)


@pytest.mark.reference
def test_valve_position_is_that_of_the_log_mean_difference():
    state = solve()
    return_c = float(state.return_c)
    # The valve must pass at least what would leave at return temperature.
    least = float(state.coil_kw) / 10 / (UNIT.water_kw_per_k * (return_c - 18.0))
    share = brentq(lambda x: log_mean_gap(x, state, return_c), least * 1.0001, 1.0, xtol=1e-12)
    assert state.water_flow_ratio == pytest.approx(share, rel=1e-6)


@pytest.mark.reference
def test_floating_supply_is_that_of_the_log_mean_difference():
    state = solve(heat_kw=1100.0)
    assert not state.setpoint_met
    assert state.water_flow_ratio == 1.0
    assert state.supply_c > 24.0
    assert log_mean_gap(1.0, state, float(state.return_c)) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.property
@given(
    heat=st.floats(0.0, 1500.0),
    flow=st.floats(20.0, 90.0),
    wanted=st.floats(16.0, 30.0),
    water=st.floats(8.0, 28.0),
    count=st.integers(5, 12),
    pressure=st.floats(75.0, 103.0),
)
def test_heat_and_fan_power_leave_with_the_water(*, heat, flow, wanted, water, count, pressure):
    state = solve(
        heat_kw=heat,
        air_flow_m3_s=flow,
        supply_set_c=wanted,
        water_in_c=water,
        n_running=count,
        pressure_kpa=pressure,
    )
    carried = state.water_kw_per_k * (state.water_out_c - water)
    assert carried == pytest.approx(heat + float(state.fan_kw), rel=1e-9)
    assert state.supply_c >= wanted
    assert state.water_out_c <= state.return_c + 1e-6
    if not state.setpoint_met:
        assert state.water_flow_ratio == 1.0


@pytest.mark.property
@given(heat=st.floats(10.0, 1500.0), flow=st.floats(30.0, 90.0), rack=st.floats(30.0, 90.0))
def test_units_and_hall_agree_on_the_return_air(heat, flow, rack):
    units = solve(heat_kw=heat, air_flow_m3_s=flow)
    hall = hall_air(
        supply_c=units.supply_c,
        supply_flow_m3_s=flow,
        rack_flow_m3_s=[rack],
        rack_heat_kw=[heat],
        leakage_ratio=0.05,
        weights=[1.0],
        pressure_kpa=101.325,
    )
    assert hall.return_c == pytest.approx(float(units.return_c), rel=1e-9)


@pytest.mark.property
@given(heats=st.tuples(st.floats(0.0, 1500.0), st.floats(0.0, 1500.0)))
def test_more_heat_at_fixed_fans_never_cools_the_supply(heats):
    state = solve(heat_kw=sorted(heats))
    assert state.supply_c[1] >= state.supply_c[0] - 1e-9
    assert state.water_flow_ratio[1] >= state.water_flow_ratio[0] - 1e-12


def test_a_hall_left_with_one_unit_is_answered_and_flagged():
    state = solve(n_running=1)
    assert not state.setpoint_met
    assert np.isfinite(state.supply_c)
    assert state.supply_c > 60.0


def test_arrays_give_what_their_elements_give():
    heat = np.linspace(0.0, 1400.0, 8)
    together = solve(heat_kw=heat)
    for place, value in enumerate(heat):
        alone = solve(heat_kw=value)
        assert together.supply_c[place] == pytest.approx(float(alone.supply_c), abs=1e-7)
        assert together.water_flow_ratio[place] == pytest.approx(
            float(alone.water_flow_ratio), rel=1e-7
        )


def test_a_rating_no_coil_reaches_is_refused():
    with pytest.raises(InputError, match="smaller stream"):
        rate_air_unit(
            duty_kw=200.0,
            return_c=36.0,
            water_in_c=18.0,
            air_m3_s=7.0,
            water_kw_per_k=4.0 * 4.186,
            fan_kw=6.0,
        )
