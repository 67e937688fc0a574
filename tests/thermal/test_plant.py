"""The loop on dry coolers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from thermal.physics.dry_cooler import DryCoolerUnit
from thermal.physics.plant import DryPlant, LoopPump, dry_plant, loop_pump_power
from thermal.physics.weather import outdoor_air

UNIT = DryCoolerUnit(
    rated_kw=1000.0,
    rated_in_c=45.0,
    rated_out_c=39.0,
    rated_air_c=35.0,
    air_flow_kg_s=200.0,
    fan_kw=40.0,
    pad_effectiveness=0.7,
    pad_above_c=30.0,
    pad_fan_ratio=0.15,
)
PLANT = DryPlant(unit=UNIT, pump=LoopPump(flow_kg_s=120.0, power_kw=30.0, static_ratio=0.3))
FLOW = 100.0


def _air(dry_bulb_c, humidity=0.3):
    return outdoor_air(dry_bulb_c, relative_humidity_ratio=humidity, pressure_kpa=101.325)


def test_pump_power_is_that_of_the_worked_example():
    # 10 kW, flow 0.7, static share 0.25: 10 (0.343 x 0.75 + 0.25 x 0.7).
    pump = LoopPump(flow_kg_s=10.0, power_kw=10.0, static_ratio=0.25)
    assert float(loop_pump_power(pump, 7.0)) == pytest.approx(4.3225, abs=1e-9)


def test_cold_air_holds_the_set_point_and_the_pump_adds_its_heat_behind_the_halls():
    state = dry_plant(
        PLANT, heat_kw=1500.0, flow_kg_s=FLOW, set_point_c=32.0, n_units=3, air=_air(10.0)
    )
    assert float(state.supply_c) == 32.0
    assert float(state.return_c) == pytest.approx(32.0 + 1500.0 / 419.0)
    assert float(state.room_heat_kw) == pytest.approx(0.1 * float(state.pump_kw))
    assert float(state.rejected_kw) == pytest.approx(
        1500.0 + 0.9 * float(state.pump_kw) + float(state.fan_kw)
    )
    assert state.setpoint_met
    assert float(state.make_up_m3_h) == 0


def test_pads_evaporate_and_their_basin_is_blown_down():
    state = dry_plant(
        PLANT, heat_kw=1500.0, flow_kg_s=FLOW, set_point_c=32.0, n_units=2, air=_air(38.0, 0.2)
    )
    assert state.pads_wet
    assert float(state.make_up_m3_h) > 0.5


def test_a_lost_unit_floats_the_supply_and_losing_all_leaves_the_heat_in_the_loop():
    state = dry_plant(
        PLANT,
        heat_kw=2000.0,
        flow_kg_s=FLOW,
        set_point_c=36.0,
        n_units=[3, 2, 1, 0],
        air=_air(28.0),
    )
    assert state.setpoint_met.tolist() == [True, True, False, False]
    assert np.all(np.diff(state.supply_c) >= 0)
    assert state.supply_c[2] > 38
    assert state.unmet_kw[:3].tolist() == [0, 0, 0]
    assert state.unmet_kw[3] == pytest.approx(2000.0 + 0.9 * state.pump_kw[3])
    assert state.heat_kw[3] == 0
    np.testing.assert_allclose(state.residual_kw, 0, atol=1e-9)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(
    heat=st.floats(0, 5000),
    flow=st.floats(1, 200),
    dry_bulb_c=st.floats(-30, 45),
    set_point_c=st.floats(15, 45),
    n_units=st.integers(0, 4),
)
def test_the_balance_closes(heat, flow, dry_bulb_c, set_point_c, n_units):
    state = dry_plant(
        PLANT,
        heat_kw=heat,
        flow_kg_s=flow,
        set_point_c=set_point_c,
        n_units=n_units,
        air=_air(dry_bulb_c),
    )
    scale = max(heat, 1.0)
    assert abs(float(state.residual_kw)) <= 1e-9 * scale
    into = float(state.heat_kw + state.electricity_kw)
    out = float(state.rejected_kw + state.room_heat_kw)
    if n_units:
        assert into == pytest.approx(out, rel=1e-9)
        warmed = flow * 4.19 * float(state.return_c - state.supply_c)
        assert warmed == pytest.approx(heat, abs=1e-6 * scale)


def test_an_idle_loop_draws_nothing():
    state = dry_plant(
        PLANT, heat_kw=0.0, flow_kg_s=0.0, set_point_c=30.0, n_units=2, air=_air([10.0, 35.0])
    )
    assert state.electricity_kw.tolist() == [0, 0]
    assert state.unmet_kw.tolist() == [0, 0]


def test_heat_without_flow_is_refused():
    with pytest.raises(InputError):
        dry_plant(PLANT, heat_kw=1.0, flow_kg_s=0.0, set_point_c=30.0, n_units=2, air=_air(10.0))
