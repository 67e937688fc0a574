"""Water-side economizer and water use by hand, and evaporation against EnergyPlus."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from thermal.physics.economizer import water_side_economizer
from thermal.physics.water import saturated_exit_evaporation, tower_water
from thermal.physics.weather import outdoor_air

FOLDER = Path(__file__).parents[1] / "reference/thermal"


@pytest.mark.reference
def test_the_smaller_capacity_rate_limits_the_economizer():
    # 0.8 x 50 kW/K x 10 K = 400 kW; 20 - 400/60 = 13.33; the short form would say 480 and 12.00.
    state = water_side_economizer(
        return_c=20.0,
        tower_c=10.0,
        chilled_kw_per_k=60.0,
        condenser_kw_per_k=50.0,
        effectiveness=0.8,
    )
    assert float(state.duty_kw) == pytest.approx(400.0)
    assert float(state.chilled_out_c) == pytest.approx(13.3333, abs=1e-4)
    assert float(state.condenser_out_c) == pytest.approx(18.0)


def test_a_bypass_holds_the_heat_and_warm_tower_water_is_kept_out():
    state = water_side_economizer(
        return_c=20.0,
        tower_c=[10.0, 25.0],
        chilled_kw_per_k=60.0,
        condenser_kw_per_k=50.0,
        effectiveness=0.8,
        most_kw=300.0,
    )
    assert state.duty_kw.tolist() == [300.0, 0.0]
    assert state.chilled_out_c.tolist() == [15.0, 20.0]


def _energyplus_points():
    table = np.genfromtxt(FOLDER / "eplus_chiller_york_tower.csv.gz", delimiter=",", names=True)
    table = table[(table["valid"] == 1) & (table["point"] != 176)]
    air = outdoor_air(
        table["Tdb_C"], relative_humidity_ratio=table["RH_pct"] / 100, pressure_kpa=101.325
    )
    dry_air = table["tower_air_ratio"] * 42.61875833 * air.density_kg_m3 / (1 + air.humidity_ratio)
    return table, air, dry_air


@pytest.mark.reference
def test_energyplus_evaporates_the_same_with_its_own_two_shortcuts():
    table, air, dry_air = _energyplus_points()
    # It starts from saturated air at the wet bulb, whose enthalpy is a little higher, and takes
    # water per kg of moist air times a flow of dry air, which is lower.
    saturated = outdoor_air(air.wet_bulb_c, relative_humidity_ratio=1.0, pressure_kpa=101.325)
    start = replace(air, enthalpy_kj_per_kg=saturated.enthalpy_kj_per_kg)
    gain = saturated_exit_evaporation(table["tower_heat_W"] / 1000, dry_air_kg_s=dry_air, air=start)
    leaving = gain / dry_air + air.humidity_ratio
    entering = air.humidity_ratio
    theirs = dry_air * (leaving / (1 + leaving) - entering / (1 + entering))
    # 996 kg/m³: water near the mean of both air temperatures.
    np.testing.assert_allclose(theirs / 996, table["evaporation_m3_s"], rtol=0.006)


@pytest.mark.reference
def test_evaporation_without_those_shortcuts_is_within_five_percent_of_energyplus():
    table, air, dry_air = _energyplus_points()
    ours = saturated_exit_evaporation(table["tower_heat_W"] / 1000, dry_air_kg_s=dry_air, air=air)
    ratio = ours / 998 / table["evaporation_m3_s"]
    assert ratio.min() > 0.99
    assert ratio.max() < 1.05
    litres_per_kwh = ours / 998 * 3.6e6 / (table["tower_heat_W"] / 1000)
    assert np.median(litres_per_kwh) == pytest.approx(1.13, rel=0.03)


@pytest.mark.reference
def test_the_basin_balance_is_that_of_the_worked_example():
    # Evaporation 3.0, drift 0.02 m³/h, four cycles: blowdown 0.98, make-up 4.0.
    use = tower_water(
        evaporation_kg_s=3.0 * 998.0 / 3600,
        drift_kg_s=0.02 * 998.0 / 3600,
        cycles_of_concentration=4.0,
    )
    assert float(use.blowdown_m3_h) == pytest.approx(0.98, abs=1e-12)
    assert float(use.make_up_m3_h) == pytest.approx(4.0, abs=1e-12)


@pytest.mark.reference
def test_energyplus_balances_its_basin_the_same_way():
    table = np.genfromtxt(FOLDER / "eplus_chiller_york_tower.csv.gz", delimiter=",", names=True)
    use = tower_water(
        evaporation_kg_s=table["evaporation_m3_s"] * 998.0,
        drift_kg_s=table["drift_m3_s"] * 998.0,
        cycles_of_concentration=4.0,
    )
    np.testing.assert_allclose(use.blowdown_m3_h / 3600, table["blowdown_m3_s"], atol=1e-10)
    np.testing.assert_allclose(use.make_up_m3_h / 3600, table["makeup_m3_s"], atol=1e-9)


def test_much_drift_needs_no_blowdown():
    use = tower_water(evaporation_kg_s=0.1, drift_kg_s=1.0, cycles_of_concentration=4.0)
    assert float(use.blowdown_m3_h) == 0
    assert float(use.make_up_m3_h) == pytest.approx(1.1 * 3600 / 998)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(
    heat=st.floats(0, 5000),
    flow=st.floats(0, 200),
    dry_bulb_c=st.floats(-30, 45),
    humidity=st.floats(0.01, 1),
)
def test_evaporation_is_never_more_than_air_and_water_can_pay_for(heat, flow, dry_bulb_c, humidity):
    air = outdoor_air(dry_bulb_c, relative_humidity_ratio=humidity, pressure_kpa=101.325)
    if flow < heat / 2000:
        return
    vapour = float(saturated_exit_evaporation(heat, dry_air_kg_s=flow, air=air))
    sensible = flow * 1.05 * max(dry_bulb_c - float(air.wet_bulb_c), 0.0)
    assert 0 <= vapour <= (heat + sensible) / 2300 + 1e-9
    if heat == 0 or flow == 0:
        assert vapour == 0


def test_no_cycles_are_refused():
    with pytest.raises(InputError):
        tower_water(evaporation_kg_s=1.0, drift_kg_s=0.0, cycles_of_concentration=1.0)
