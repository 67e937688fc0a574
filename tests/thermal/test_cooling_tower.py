"""Cooling towers against EnergyPlus, Modelica Buildings and Merkel's own integral."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import psychrolib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from facility.kernel.errors import InputError
from thermal.physics.tower import (
    TowerCell,
    coldest_water,
    entering_law,
    rated_conductance,
    run_towers,
    york_approach,
)
from thermal.physics.weather import outdoor_air, spread

psychrolib.SetUnitSystem(psychrolib.SI)
FOLDER = Path(__file__).parents[1] / "reference/thermal"
# Water flow of the EnergyPlus case, with the specific heat that its own heat flows imply.
FLOW_KG_S = 0.051245 * 999.898
RATE = FLOW_KG_S * 4.1687
CELL = TowerCell(
    rated_kw=RATE * 5.6,
    rated_in_c=35.1,
    rated_out_c=29.5,
    rated_wet_bulb_c=25.6,
    # 42.619 m³/s of air saturated at 25.6 °C: 0.874676 m³ per kg of dry air.
    air_flow_kg_s=42.61875833 / 0.874676,
    fan_kw=12.6,
)
YORK = replace(CELL, model="york")


def _table():
    table = np.genfromtxt(FOLDER / "eplus_chiller_york_tower.csv.gz", delimiter=",", names=True)
    return table[table["valid"] == 1]


def _air(dry_bulb_c, humidity=0.5, pressure_kpa=101.325):
    return outdoor_air(dry_bulb_c, relative_humidity_ratio=humidity, pressure_kpa=pressure_kpa)


def _run(cell, table):
    return run_towers(
        cell,
        heat_kw=table["tower_heat_W"] / 1000,
        water_kw_per_k=RATE,
        set_point_c=table["T_set_C"],
        n_cells=1,
        air=_air(table["Tdb_C"], table["RH_pct"] / 100),
    )


@pytest.mark.reference
def test_the_york_polynomial_is_that_of_modelica_buildings():
    cases = json.loads((FOLDER / "tower_york.json").read_text())["cases"]
    ratio = np.array(cases["FR"])
    at = {"range_k": cases["inputs"]["range_K"], "wet_bulb_c": cases["inputs"]["Twb_C"]}
    water = york_approach(water_ratio=ratio, air_ratio=1.0, **at)
    fan = york_approach(water_ratio=1.0, air_ratio=ratio, **at)
    np.testing.assert_allclose(water, cases["approach_K_vs_FR_water_at_FR_air_1"], atol=1e-5)
    np.testing.assert_allclose(fan, cases["approach_K_vs_FR_air_at_FR_water_1"], atol=1e-5)


@pytest.mark.reference
def test_the_york_tower_of_energyplus_has_the_same_water_fan_and_cycling():
    table = _table()
    state = _run(YORK, table)
    np.testing.assert_allclose(state.leaving_c, table["T_tower_out_C"], atol=0.1)
    steady = table["fan_comparable"] == 1
    fan_w = table["tower_fan_W"][steady]
    np.testing.assert_allclose(state.fan_kw[steady] * 1000, fan_w, rtol=0.015)
    assert state.fan_kw[steady].sum() * 1000 == pytest.approx(fan_w.sum(), rel=0.003)
    # At point 176 the polynomial has no root, and EnergyPlus reports almost no fan power.
    cycling = ~steady & (table["point"] != 176)
    np.testing.assert_allclose(
        state.cycling_ratio[cycling], table["tower_fan_cycling_ratio"][cycling], atol=0.01
    )
    np.testing.assert_allclose(
        state.air_ratio[cycling], table["tower_air_ratio"][cycling], atol=0.002
    )


@pytest.mark.reference
def test_the_merkel_tower_of_energyplus_has_the_same_water_and_fan():
    table = np.genfromtxt(FOLDER / "eplus_merkel_tower.csv.gz", delimiter=",", names=True)
    # Between 10 and 40 °C EnergyPlus' water has 4.180 kJ/(kg K) here.
    state = run_towers(
        CELL,
        heat_kw=table["tower_heat_W"] / 1000,
        water_kw_per_k=FLOW_KG_S * 4.18,
        set_point_c=table["T_set_C"],
        n_cells=1,
        air=_air(table["Tdb_C"], table["RH_pct"] / 100),
    )
    case = json.loads((FOLDER / "eplus_merkel_tower.json").read_text())
    # The stated conductance goes with water of 4.1687 kJ/(kg K) at the rating point.
    assert rated_conductance(CELL) * 1000 == pytest.approx(case["inputs"]["UA_W_per_K"], rel=1e-5)
    np.testing.assert_allclose(state.leaving_c, table["T_tower_out_C"], atol=0.02)
    np.testing.assert_allclose(state.fan_kw * 1000, table["tower_fan_W"], rtol=0.008)
    assert np.count_nonzero(state.setpoint_met) > 90
    assert np.count_nonzero(~state.setpoint_met) > 200


def _merkel_integral(out_c, range_k, wet_bulb_c, water_over_air):
    """Merkel's number by quadrature: the integral of cp dT over (h_saturated - h_air)."""

    def saturated(level_c):
        return psychrolib.GetSatAirEnthalpy(level_c, 101325) / 1000

    start = saturated(wet_bulb_c)

    nodes, weights = np.polynomial.legendre.leggauss(40)
    levels_c = out_c + range_k * (1 + nodes) / 2
    gap = np.array(
        [saturated(t) - start - water_over_air * 4.1687 * (t - out_c) for t in levels_c.tolist()]
    )
    # Where air would leave richer than saturated at the water, no tower is large enough.
    return np.inf if gap.min() <= 0 else float(np.sum(weights / gap) * 4.1687 * range_k / 2)


def _lowest(wet_bulb_c, range_k, water_over_air):
    levels_c = wet_bulb_c + np.geomspace(0.2, 40.0, 300)
    return next(
        t for t in levels_c if np.isfinite(_merkel_integral(t, range_k, wet_bulb_c, water_over_air))
    )


@pytest.mark.reference
@pytest.mark.parametrize(
    ("wet_bulb_c", "load", "fan", "tolerance_k"),
    [
        (25.6, 1.0, 1.0, 1e-3),
        (25.6, 0.6, 1.0, 0.1),
        (25.6, 1.3, 1.0, 0.1),
        (25.6, 1.0, 0.7, 0.1),
        (18.0, 1.0, 1.0, 0.1),
        (10.0, 1.0, 1.0, 0.1),
        (2.0, 0.8, 1.0, 0.1),
    ],
)
def test_merkels_integral_gives_nearly_the_same_water(wet_bulb_c, load, fan, tolerance_k):
    air = _air(wet_bulb_c, 1.0)
    flow = CELL.air_flow_kg_s * 0.874676 * float(air.density_kg_m3 / (1 + air.humidity_ratio))
    rated = _merkel_integral(29.5, 5.6, 25.6, FLOW_KG_S / CELL.air_flow_kg_s)
    # The law of conductance is shared; what is checked is the transfer along the tower.
    number = rated * (1.3 * fan - 0.3 * fan**2) * (1 + 0.0081 * (25.6 - wet_bulb_c))
    ratio = FLOW_KG_S / (fan * flow)
    expected_c = brentq(
        lambda out_c: _merkel_integral(out_c, 5.6 * load, wet_bulb_c, ratio) - number,
        _lowest(wet_bulb_c, 5.6 * load, ratio),
        wet_bulb_c + 40.0,
    )
    every = np.array([True])
    law = entering_law(CELL, water_kw_per_k=np.array([RATE]), air=spread(air=air)[2])
    entering_c = law(np.array([RATE * 5.6 * load]), np.array([fan]), every)
    assert entering_c[0] - 5.6 * load == pytest.approx(expected_c, abs=tolerance_k)


def test_the_rating_point_is_met_at_full_speed():
    state = run_towers(
        CELL,
        heat_kw=RATE * 5.6,
        water_kw_per_k=RATE,
        set_point_c=20.0,
        n_cells=1,
        air=_air(25.6, 1.0),
    )
    assert float(state.leaving_c) == pytest.approx(29.5, abs=1e-8)
    assert float(state.entering_c) == pytest.approx(35.1, abs=1e-8)
    assert float(state.fan_kw) == pytest.approx(12.6)
    assert not state.setpoint_met
    assert not state.extrapolated


def test_the_conductance_is_that_of_a_hand_calculation():
    # RATE 213.602, heat 1196.17 kW. Saturated enthalpy at 25.6 °C by psychrolib; 48.725 kg/s gain
    # 24.55 kJ/kg, which saturates at the exit wet bulb; the rest is the definition of NTU.
    start = psychrolib.GetSatAirEnthalpy(25.6, 101325) / 1000
    gain = CELL.rated_kw / CELL.air_flow_kg_s
    exit_c = brentq(
        lambda t: psychrolib.GetSatAirEnthalpy(t, 101325) / 1000 - start - gain, 26.0, 60.0
    )
    slope = gain / (exit_c - 25.6)
    air_rate = CELL.air_flow_kg_s * slope
    hot_end_k, cold_end_k = 35.1 - exit_c, 29.5 - 25.6
    mean_k = (hot_end_k - cold_end_k) / np.log(hot_end_k / cold_end_k)
    humidity = psychrolib.GetSatHumRatio(25.6, 101325)
    assert air_rate * (exit_c - 25.6) == pytest.approx(CELL.rated_kw)
    assert rated_conductance(CELL) == pytest.approx(
        CELL.rated_kw / mean_k * (1.006 + 1.86 * humidity) / slope, rel=1e-6
    )


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(
    wet_bulb_c=st.floats(-20, 27),
    load=st.floats(0, 1.5),
    set_point_c=st.floats(5, 32),
    n_cells=st.integers(1, 4),
    kpa=st.floats(75, 102),
)
def test_water_never_leaves_below_the_wet_bulb(wet_bulb_c, load, set_point_c, n_cells, kpa):
    for cell in (CELL, YORK):
        state = run_towers(
            cell,
            heat_kw=RATE * 5.6 * load,
            water_kw_per_k=RATE,
            set_point_c=set_point_c,
            n_cells=n_cells,
            air=_air(wet_bulb_c, 1.0, kpa),
        )
        assert float(state.leaving_c) >= wet_bulb_c - 1e-6 or state.setpoint_met
        assert float(state.leaving_c) >= set_point_c
        assert 0 <= float(state.fan_kw) <= 12.6 * n_cells * (1 + 1e-12)
        assert 0 <= float(state.air_ratio) <= 1
        warmed_kw = float(state.entering_c - state.leaving_c) * RATE
        assert warmed_kw == pytest.approx(float(state.heat_kw), abs=1e-6)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(wet_bulb_c=st.floats(-15, 24), warmer_k=st.floats(0, 3), load=st.floats(0.1, 1.2))
def test_warmer_weather_never_cools_the_water_nor_slows_the_fan(wet_bulb_c, warmer_k, load):
    states = [
        run_towers(
            CELL,
            heat_kw=RATE * 5.6 * load,
            water_kw_per_k=RATE,
            set_point_c=22.0,
            n_cells=1,
            air=_air(level_c, 1.0),
        )
        for level_c in (wet_bulb_c, wet_bulb_c + warmer_k)
    ]
    assert float(states[1].leaving_c) >= float(states[0].leaving_c) - 1e-7
    assert float(states[1].fan_kw) >= float(states[0].fan_kw) - 1e-6


def test_fan_power_has_no_step_where_cycling_begins():
    heat = RATE * 5.6 * np.linspace(0.01, 1.2, 4000)
    state = run_towers(
        CELL, heat_kw=heat, water_kw_per_k=RATE, set_point_c=26.0, n_cells=1, air=_air(15.0)
    )
    assert 0 < np.count_nonzero(state.cycling_ratio < 1) < heat.size
    assert np.abs(np.diff(state.fan_kw)).max() < 0.02
    assert np.all(np.diff(state.fan_kw) >= -1e-9)


def test_a_thinner_atmosphere_keeps_most_of_a_tower():
    # Saturated air holds more vapour per kg at low pressure, which makes up for most of the mass.
    at = {"heat_kw": RATE * 5.6, "water_kw_per_k": RATE, "n_cells": 1}
    sea = coldest_water(CELL, air=_air(18.0, 1.0), **at)
    high = coldest_water(CELL, air=_air(18.0, 1.0, 82.7), **at)
    assert abs(float(high - sea)) < 0.7


def test_an_array_gives_what_its_elements_give():
    levels = np.array([-10.0, 5.0, 18.0, 27.0])
    for cell in (CELL, YORK):
        at = {"heat_kw": 900.0, "water_kw_per_k": RATE, "set_point_c": 22.0, "n_cells": 1}
        together = run_towers(cell, air=_air(levels, 1.0), **at)
        for i, level in enumerate(levels):
            alone = run_towers(cell, air=_air(level, 1.0), **at)
            assert float(alone.fan_kw) == pytest.approx(together.fan_kw[i], rel=1e-6)
            assert float(alone.leaving_c) == pytest.approx(together.leaving_c[i], abs=1e-8)


def test_conditions_outside_the_laws_are_flagged():
    at = {"heat_kw": 900.0, "set_point_c": 22.0, "n_cells": 1}
    assert run_towers(CELL, water_kw_per_k=0.4 * RATE, air=_air(20.0), **at).extrapolated
    assert run_towers(YORK, water_kw_per_k=RATE, air=_air(27.0, 1.0), **at).extrapolated
    assert not run_towers(YORK, water_kw_per_k=RATE, air=_air(20.0), **at).extrapolated


@pytest.mark.parametrize(
    "changes",
    [
        {"rated_out_c": 25.0},
        {"rated_in_c": 29.0},
        {"air_flow_kg_s": 0.0},
        {"air_flow_kg_s": 5.0},
        {"rated_out_c": 25.61, "model": "york"},
    ],
)
def test_an_impossible_rating_is_refused(changes):
    with pytest.raises(InputError):
        coldest_water(
            replace(CELL, **changes), heat_kw=1.0, water_kw_per_k=RATE, n_cells=1, air=_air(20.0)
        )
