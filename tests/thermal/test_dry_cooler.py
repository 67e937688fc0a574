"""Dry coolers against EnergyPlus and hand arithmetic."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from thermal.physics import psychrometrics
from thermal.physics.dry_cooler import (
    DryCoolerUnit,
    LowSpeed,
    rated_conductance,
    run_dry_coolers,
    wet_pads,
)
from thermal.physics.weather import outdoor_air

FOLDER = Path(__file__).parents[1] / "reference/thermal"
UNIT = DryCoolerUnit(
    rated_kw=1000.0,
    rated_in_c=45.0,
    rated_out_c=39.0,
    rated_air_c=35.0,
    air_flow_kg_s=200.0,
    fan_kw=40.0,
)
RATE = 1000.0 / 6.0


def _air(dry_bulb_c, humidity=0.3, pressure_kpa=101.325):
    return outdoor_air(dry_bulb_c, relative_humidity_ratio=humidity, pressure_kpa=pressure_kpa)


@pytest.mark.reference
def test_energyplus_gives_the_same_water_and_fan_power():
    table = np.genfromtxt(FOLDER / "eplus_dry_cooler.csv.gz", delimiter=",", names=True)
    rate = 11.98478 * 4.18
    # The case states 60 kW/K and 60 m³/s: a rating point with that conductance in dry air of 35 °C.
    # EnergyPlus takes 1.00484 kJ/(kg K) and 287.0 J/(kg K) for dry air.
    flow = 60.0 * 101.325 / (0.287 * 308.15) * (1.00484 / 1.006)
    ratio = rate / (flow * 1.006)
    ntu = 60.0 / rate
    effectiveness = 1 - np.exp((np.exp(-ntu * ratio * ntu**-0.22) - 1) / (ratio * ntu**-0.22))
    heat = effectiveness * rate * 20.0
    unit = DryCoolerUnit(
        rated_kw=heat,
        rated_in_c=55.0,
        rated_out_c=55.0 - heat / rate,
        rated_air_c=35.0,
        air_flow_kg_s=flow,
        fan_kw=18.0,
        low_speed=LowSpeed(air_ratio=0.5, conductance_ratio=0.6, power_ratio=0.16),
    )
    assert rated_conductance(unit) == pytest.approx(60.0)
    state = run_dry_coolers(
        unit,
        heat_kw=table["heat_W"] / 1000,
        water_kw_per_k=rate,
        set_point_c=table["T_set_C"],
        n_units=1,
        air=_air(table["Tdb_C"], table["RH_pct"] / 100),
    )
    np.testing.assert_allclose(state.leaving_c, table["T_water_out_C"], atol=0.02)
    np.testing.assert_allclose(state.fan_kw * 1000, table["fan_W"], atol=3.0)
    assert state.fan_kw.sum() * 1000 == pytest.approx(table["fan_W"].sum(), rel=1e-4)


def test_the_rating_point_is_met_with_the_fans_at_full_speed():
    state = run_dry_coolers(
        UNIT, heat_kw=1000.0, water_kw_per_k=RATE, set_point_c=20.0, n_units=1, air=_air(35.0, 0.0)
    )
    assert float(state.leaving_c) == pytest.approx(39.0, abs=1e-9)
    assert float(state.entering_c) == pytest.approx(45.0, abs=1e-9)
    assert float(state.fan_kw) == pytest.approx(40.0)
    floating = run_dry_coolers(
        UNIT, heat_kw=1001.0, water_kw_per_k=RATE, set_point_c=39.0, n_units=1, air=_air(35.0, 0.0)
    )
    assert float(floating.leaving_c) > 39.0
    assert not floating.setpoint_met


def test_at_a_slower_fan_the_coil_is_that_of_a_hand_calculation():
    # Dry air of 35 °C, set point 45: the answer must satisfy the exchanger at its own fan speed.
    state = run_dry_coolers(
        UNIT, heat_kw=900.0, water_kw_per_k=RATE, set_point_c=45.0, n_units=1, air=_air(35.0, 0.0)
    )
    fan = float(state.air_ratio)
    assert 0.1 < fan < 0.9
    stream = 200.0 * 1.006 * fan
    smaller, larger = min(stream, RATE), max(stream, RATE)
    ntu = rated_conductance(UNIT) * fan**0.5 / smaller
    ratio = smaller / larger
    power = ntu**0.78
    effectiveness = 1 - np.exp((np.exp(-ratio * power) - 1) / (ratio * ntu**-0.22))
    assert effectiveness * smaller * (float(state.entering_c) - 35.0) == pytest.approx(900.0)
    assert float(state.fan_kw) == pytest.approx(40.0 * fan**3)


def test_two_units_share_what_one_does_with_half():
    air = _air(20.0)
    one = run_dry_coolers(
        UNIT, heat_kw=400.0, water_kw_per_k=RATE, set_point_c=30.0, n_units=1, air=air
    )
    two = run_dry_coolers(
        UNIT, heat_kw=800.0, water_kw_per_k=2 * RATE, set_point_c=30.0, n_units=2, air=air
    )
    assert float(two.fan_kw) == pytest.approx(2 * float(one.fan_kw))
    assert float(two.leaving_c) == float(one.leaving_c) == 30.0


def test_thin_air_costs_fan_power_or_temperature():
    hot = {"heat_kw": 1000.0, "water_kw_per_k": RATE, "set_point_c": 20.0, "n_units": 1}
    sea = run_dry_coolers(UNIT, air=_air(30.0), **hot)
    high = run_dry_coolers(UNIT, air=_air(30.0, pressure_kpa=82.7), **hot)
    assert float(high.leaving_c) > float(sea.leaving_c) + 0.5


def test_pads_close_their_share_of_the_distance_to_the_wet_bulb_and_evaporate_the_difference():
    unit = DryCoolerUnit(1000.0, 45.0, 39.0, 35.0, 200.0, 40.0, pad_effectiveness=0.7,
                         pad_above_c=25.0, pad_fan_ratio=0.15)  # fmt: skip
    air = _air(np.array([20.0, 38.0]), 0.2)
    pads = wet_pads(unit, air)
    assert pads.wet.tolist() == [False, True]
    assert pads.air_c[0] == 20.0
    assert pads.air_c[1] == pytest.approx(38.0 - 0.7 * (38.0 - air.wet_bulb_c[1]))
    # Adiabatic: what the air loses in temperature it gains in vapour, but for the water's own heat.
    before = air.enthalpy_kj_per_kg[1]
    after = psychrometrics.enthalpy(pads.air_c[1], humidity_ratio=pads.humidity_ratio[1])
    assert float(after) == pytest.approx(before, abs=0.02 * before)
    state = run_dry_coolers(
        unit, heat_kw=1000.0, water_kw_per_k=RATE, set_point_c=20.0, n_units=1, air=air
    )
    dry = run_dry_coolers(
        UNIT, heat_kw=1000.0, water_kw_per_k=RATE, set_point_c=20.0, n_units=1, air=air
    )
    assert state.evaporation_kg_s[0] == 0
    assert state.evaporation_kg_s[1] > 0
    assert state.leaving_c[1] < dry.leaving_c[1] - 5
    assert state.fan_kw[1] == pytest.approx(1.15 * dry.fan_kw[1])
    assert state.pads_wet.tolist() == [False, True]


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(
    heat=st.floats(0, 2000),
    dry_bulb_c=st.floats(-30, 45),
    set_point_c=st.floats(15, 45),
    n_units=st.integers(1, 4),
)
def test_water_never_leaves_below_the_air_and_fans_stay_within_their_power(
    heat, dry_bulb_c, set_point_c, n_units
):
    state = run_dry_coolers(
        UNIT,
        heat_kw=heat,
        water_kw_per_k=RATE,
        set_point_c=set_point_c,
        n_units=n_units,
        air=_air(dry_bulb_c),
    )
    assert float(state.leaving_c) >= min(dry_bulb_c, set_point_c) - 1e-9
    assert float(state.leaving_c) >= set_point_c - 1e-6
    assert 0 <= float(state.fan_kw) <= 40.0 * n_units * (1 + 1e-12)
    assert bool(state.setpoint_met) == (float(state.leaving_c) == set_point_c)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(dry_bulb_c=st.floats(-20, 40), warmer_k=st.floats(0, 5))
def test_warmer_air_never_lowers_fan_power_or_water(dry_bulb_c, warmer_k):
    states = [
        run_dry_coolers(
            UNIT, heat_kw=700.0, water_kw_per_k=RATE, set_point_c=32.0, n_units=1, air=_air(level)
        )
        for level in (dry_bulb_c, dry_bulb_c + warmer_k)
    ]
    assert float(states[1].fan_kw) >= float(states[0].fan_kw) - 1e-6
    assert float(states[1].leaving_c) >= float(states[0].leaving_c) - 1e-9


def test_an_array_gives_what_its_elements_give():
    levels = np.array([-10.0, 18.0, 30.0, 42.0])
    together = run_dry_coolers(
        UNIT, heat_kw=900.0, water_kw_per_k=RATE, set_point_c=32.0, n_units=1, air=_air(levels)
    )
    for i, level in enumerate(levels):
        alone = run_dry_coolers(
            UNIT, heat_kw=900.0, water_kw_per_k=RATE, set_point_c=32.0, n_units=1, air=_air(level)
        )
        assert float(alone.fan_kw) == pytest.approx(together.fan_kw[i], rel=1e-7)


@pytest.mark.parametrize(
    "changes",
    [{"rated_out_c": 34.0}, {"rated_in_c": 38.0}, {"air_flow_kg_s": 10.0}, {"air_flow_kg_s": 0.0}],
)
def test_an_impossible_rating_is_refused(changes):
    values = {name: getattr(UNIT, name) for name in UNIT.__slots__}
    with pytest.raises(InputError):
        rated_conductance(DryCoolerUnit(**{**values, **changes}))
