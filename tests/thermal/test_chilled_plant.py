"""The chilled-water plant against EnergyPlus, and what must hold of any plant."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from facility.sites.epw import read_epw
from thermal.physics.chilled_plant import ChilledPlant, ChilledPlantState, chilled_water_plant
from thermal.physics.chiller import ChillerMachine
from thermal.physics.documents import ChillerCurves
from thermal.physics.plant import LoopPump
from thermal.physics.tower import TowerCell
from thermal.physics.weather import outdoor_air

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests/reference/thermal"
CHICAGO = ROOT / "facility/sites/weather_files/USA_IL_Chicago-OHare.Intl.AP.725300_TMY3.epw.gz"
TRANE = json.loads((FOLDER / "chiller_curves.json").read_text())["sets"][0]
CURVES = ChillerCurves(
    name=TRANE["name"],
    cap_fun_t_coefficients=TRANE["cap_ft"],
    eir_fun_t_coefficients=TRANE["eir_ft"],
    eir_fun_plr_coefficients=TRANE["eir_fplr"],
    leaving_low_c=TRANE["x_range_C"][0],
    leaving_high_c=TRANE["x_range_C"][1],
    condenser_low_c=TRANE["y_range_C"][0],
    condenser_high_c=TRANE["y_range_C"][1],
)
# The plant of the EnergyPlus cases, with the specific heat that its own heat flows imply.
SPECIFIC_HEAT = 4.1687
CHILLED_FLOW = 0.047828 * 999.898
CONDENSER_FLOW = 0.051245 * 999.898
PLANT = ChilledPlant(
    chiller=ChillerMachine(rated_kw=1200.0, cop=6.61, curves=CURVES),
    cell=TowerCell(
        rated_kw=CONDENSER_FLOW * SPECIFIC_HEAT * 5.6,
        rated_in_c=35.1,
        rated_out_c=29.5,
        rated_wet_bulb_c=25.6,
        air_flow_kg_s=42.61875833 / 0.874676,
        fan_kw=12.6,
    ),
    chilled_pump=LoopPump(flow_kg_s=CHILLED_FLOW, power_kw=10.24886),
    condenser_pump=LoopPump(flow_kg_s=CONDENSER_FLOW, power_kw=13.17729),
    specific_heat_kj_per_kg_k=SPECIFIC_HEAT,
)
YORK = replace(PLANT, cell=replace(PLANT.cell, model="york"))
FREE = replace(PLANT, economizer_kw_per_k=600.0)


def _air(dry_bulb_c, humidity=0.6):
    return outdoor_air(dry_bulb_c, relative_humidity_ratio=humidity, pressure_kpa=101.325)


def _run(plant=PLANT, **changes):
    values = {
        "heat_kw": 900.0,
        "flow_kg_s": CHILLED_FLOW,
        "set_point_c": 7.0,
        "tower_set_point_c": 20.0,
        "n_chillers": 1,
        "n_cells": 1,
        "air": _air(20.0),
    }
    return chilled_water_plant(plant, **{**values, **changes})


@pytest.mark.reference
def test_energyplus_reaches_the_same_condenser_water_and_chiller_power():
    table = np.genfromtxt(FOLDER / "eplus_chiller_york_tower.csv.gz", delimiter=",", names=True)
    table = table[table["valid"] == 1]
    state = _run(
        YORK,
        heat_kw=table["load_fraction"] * 1000,
        tower_set_point_c=table["T_set_C"],
        air=_air(table["Tdb_C"], table["RH_pct"] / 100),
    )
    np.testing.assert_allclose(
        state.condenser_entering_c, table["T_condenser_entering_C"], atol=0.1
    )
    np.testing.assert_allclose(state.chiller_kw * 1000, table["chiller_power_W"], rtol=0.005)
    steady = table["fan_comparable"] == 1
    np.testing.assert_allclose(
        state.fan_kw[steady] * 1000, table["tower_fan_W"][steady], rtol=0.015
    )


def _chicago(plant):
    year = read_epw(CHICAGO)
    table = np.genfromtxt(FOLDER / "eplus_plant_chicago.csv.gz", delimiter=",", names=True)
    air = outdoor_air(
        year.dry_bulb_c,
        relative_humidity_ratio=year.relative_humidity_ratio,
        pressure_kpa=year.pressure_kpa,
    )
    return _run(plant, heat_kw=table["load_W"] / 1000, air=air)


@pytest.mark.reference
def test_a_year_in_chicago_costs_what_energyplus_says():
    annual = json.loads((FOLDER / "eplus_plant_chicago.json").read_text())["annual"]
    state = _chicago(YORK)
    assert state.chiller_kw.sum() / 1000 == pytest.approx(annual["chiller_MWh"], rel=0.005)
    assert state.fan_kw.sum() / 1000 == pytest.approx(annual["tower_fan_MWh"], rel=0.015)
    assert state.chilled_pump_kw.sum() / 1000 == pytest.approx(annual["chw_pump_MWh"], rel=0.001)
    assert state.condenser_pump_kw.sum() / 1000 == pytest.approx(annual["cw_pump_MWh"], rel=0.001)
    assert state.rejected_kw.sum() / 1000 == pytest.approx(
        annual["tower_heat_MWh"] + annual["tower_fan_MWh"], rel=0.002
    )
    # EnergyPlus evaporates 2 % less for the reasons that its water test names.
    assert state.make_up_m3_h.sum() == pytest.approx(annual["makeup_m3"], rel=0.03)
    assert np.abs(state.residual_kw).max() < 1e-6 * 1000


@pytest.mark.reference
def test_merkel_and_york_agree_on_the_year_but_for_their_fans():
    merkel, york = _chicago(PLANT), _chicago(YORK)
    assert merkel.chiller_kw.sum() == pytest.approx(york.chiller_kw.sum(), rel=0.002)
    assert merkel.fan_kw.sum() == pytest.approx(york.fan_kw.sum(), rel=0.08)


def test_the_economizer_saves_in_a_cold_year_and_never_costs():
    with_it, without = _chicago(FREE), _chicago(PLANT)
    assert np.all(with_it.electricity_kw <= without.electricity_kw + 1e-9)
    assert with_it.electricity_kw.sum() < 0.9 * without.electricity_kw.sum()
    assert 0.15 < with_it.economizer_ratio.mean() < 0.5
    assert with_it.setpoint_met.all()
    assert np.abs(with_it.residual_kw).max() < 1e-6 * 1000


def test_in_deep_cold_the_economizer_carries_all_and_holds_the_supply():
    state = _run(FREE, heat_kw=300.0, air=_air(-10.0))
    assert float(state.chiller_kw) == 0
    assert float(state.n_chillers_running) == 0
    assert float(state.economizer_ratio) == 1
    assert float(state.supply_c) == pytest.approx(7.0)
    assert float(state.condenser_pump_kw) == pytest.approx(13.17729)
    # One balance by hand: halls 300 + pump heat 0.9 x 10.249 leave through the exchanger.
    assert float(state.economizer_kw) == pytest.approx(300.0 + 0.9 * 10.24886)


def test_a_partial_economizer_is_the_series_exchanger_of_a_hand_calculation():
    state = _run(FREE, air=_air(2.0))
    rate_chilled, rate_tower = CHILLED_FLOW * SPECIFIC_HEAT, CONDENSER_FLOW * SPECIFIC_HEAT
    ratio = rate_chilled / rate_tower
    ntu = 600.0 / rate_chilled
    pull = np.exp(-ntu * (1 - ratio))
    effectiveness = (1 - pull) / (1 - ratio * pull)
    warm_c = 7.0 + (900.0 + 0.9 * 10.24886) / rate_chilled
    expected = effectiveness * rate_chilled * (warm_c - float(state.tower_leaving_c))
    assert 0 < float(state.economizer_ratio) < 1
    assert float(state.economizer_kw) == pytest.approx(expected, rel=1e-6)
    entering_c = float(state.tower_leaving_c) + expected / rate_tower
    assert float(state.condenser_entering_c) == pytest.approx(entering_c, abs=1e-5)


def test_short_capacity_floats_the_supply_by_what_is_missing():
    state = _run(heat_kw=1500.0)
    rate = CHILLED_FLOW * SPECIFIC_HEAT
    assert not state.setpoint_met
    assert float(state.unmet_kw) > 100
    assert float(state.supply_c) == pytest.approx(7.0 + float(state.unmet_kw) / rate)
    assert float(state.heat_kw) == pytest.approx(
        rate * float(state.return_c - state.supply_c), rel=1e-9
    )
    hotter = _run(heat_kw=1500.0, return_c=float(state.return_c) + 2)
    assert float(hotter.heat_kw) >= float(state.heat_kw)


def test_units_out_of_service_are_missed_and_none_leaves_the_heat():
    state = _run(
        heat_kw=2000.0,
        flow_kg_s=3 * CHILLED_FLOW,
        n_chillers=[3, 2, 1, 0, 3, 3],
        n_cells=[3, 3, 3, 3, 1, 0],
        air=_air(24.0),
    )
    assert state.setpoint_met.tolist() == [True, True, False, False, True, False]
    assert state.n_chillers_running.tolist() == [2, 2, 1, 0, 3, 0]
    assert np.all(np.diff(state.unmet_kw[1:4]) > 0)
    # Nothing is taken, and the pump warms the water by its own heat.
    pump_heat_kw = 0.9 * 27 * 10.24886
    assert state.heat_kw[3] == pytest.approx(-pump_heat_kw)
    assert state.supply_c[3] > state.return_c[3]
    assert state.heat_kw[5] <= 0
    assert state.electricity_kw[5] == state.chilled_pump_kw[5]
    # One cell of three: hot condenser water, more power, and a flag.
    assert state.tower_leaving_c[4] > state.tower_leaving_c[0] + 10
    assert state.chiller_kw[4] > 1.2 * state.chiller_kw[0]
    assert state.condenser_hot.tolist() == [False, False, False, False, True, False]
    np.testing.assert_allclose(state.residual_kw, 0, atol=1e-6 * 2000)


def test_pumps_without_chillers_still_serve_the_economizer():
    state = _run(FREE, n_chillers=0, n_condenser_pumps=1, air=_air(-10.0), heat_kw=300.0)
    assert state.setpoint_met
    assert float(state.economizer_ratio) == 1


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(
    heat=st.floats(0, 4000),
    dry_bulb_c=st.floats(-25, 42),
    set_point_c=st.floats(5, 30),
    units=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    plant=st.sampled_from([PLANT, FREE]),
)
def test_the_balance_closes_whatever_runs(heat, dry_bulb_c, set_point_c, units, plant):
    state = _run(
        plant,
        heat_kw=heat,
        flow_kg_s=4 * CHILLED_FLOW,
        set_point_c=set_point_c,
        n_chillers=units[0],
        n_cells=units[1],
        air=_air(dry_bulb_c),
    )
    scale = max(heat, 1000.0)
    assert abs(float(state.residual_kw)) <= 1e-6 * scale
    parts = state.chiller_kw + state.fan_kw + state.condenser_pump_kw + state.chilled_pump_kw
    assert float(parts) == pytest.approx(float(state.electricity_kw))
    into = float(state.heat_kw + state.electricity_kw)
    assert into == pytest.approx(float(state.rejected_kw + state.room_heat_kw), abs=1e-6 * scale)
    assert float(state.heat_kw) <= heat + 1e-6 * scale
    assert float(state.supply_c) >= set_point_c - 1e-6
    for field in fields(ChilledPlantState):
        assert np.all(np.isfinite(getattr(state, field.name)))


def test_an_array_gives_what_its_elements_give():
    levels = np.array([-15.0, 3.0, 15.0, 33.0])
    together = _run(FREE, air=_air(levels))
    for i, level in enumerate(levels):
        alone = _run(FREE, air=_air(level))
        assert float(alone.electricity_kw) == pytest.approx(together.electricity_kw[i], rel=1e-6)
        assert float(alone.supply_c) == pytest.approx(together.supply_c[i], abs=1e-6)


def test_an_idle_loop_draws_nothing():
    state = _run(FREE, heat_kw=0.0, flow_kg_s=0.0, air=_air([-10.0, 30.0]))
    assert state.electricity_kw.tolist() == [0, 0]
    assert state.make_up_m3_h.tolist() == [0, 0]


def test_heat_without_flow_is_refused():
    with pytest.raises(InputError):
        _run(flow_kg_s=0.0)
