"""Coolant distribution units."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from thermal.physics.cdu import rate_cdu, solve_cdu
from thermal.physics.cold_plate import plate_resistance
from thermal.physics.exchanger import film_conductance
from thermal.physics.fluids import mass_ratio_of_volume, propylene_glycol, water

REFERENCE = Path(__file__).parents[1] / "reference" / "thermal"
CASE = json.loads((REFERENCE / "cdu_liquid_rack_modelica.json").read_text())
NAMEPLATES = json.loads((REFERENCE / "cdu_nameplates.json").read_text())["rows"]
INPUTS, PLAIN = CASE["inputs"], CASE["expected"]["plain"]
GLYCOL_CP = INPUTS["rack_fluid"]["cp_J_per_kgK"] / 1000
WATER_CP = INPUTS["plant_fluid"]["cp_J_per_kgK"] / 1000
# 2 MW at 3 K approach with PG25 at 35 °C (3.957 kJ/kgK) and water (4.18); films of both at 42 °C.
DESCHUTES = rate_cdu(
    duty_kw=2000.0,
    approach_k=3.0,
    rack_kw_per_k=31.48 * 3.957,
    facility_kw_per_k=32.3 * 4.18,
    film_ratio=1.76,
)


def reference_rating():
    nominal = INPUTS["heat_exchanger"]["nominal"]
    rack = INPUTS["rack_flow_nominal_kg_s"] * GLYCOL_CP
    rack_out_c = nominal["T_rack_in_C"] - nominal["Q_W"] / 1000 / rack
    return rate_cdu(
        duty_kw=nominal["Q_W"] / 1000,
        approach_k=rack_out_c - nominal["T_plant_in_C"],
        rack_kw_per_k=rack,
        facility_kw_per_k=INPUTS["plant_flow_nominal_kg_s"] * WATER_CP,
        film_ratio=INPUTS["heat_exchanger"]["hA_ratio_plant_over_rack"],
    )


@pytest.mark.reference
def test_rated_conductance_of_the_reference_exchanger():
    nominal = INPUTS["heat_exchanger"]["nominal"]
    assert reference_rating().ua_kw_per_k * 1000 == pytest.approx(nominal["UA_W_per_K"], rel=1e-6)


@pytest.mark.reference
def test_film_ratio_of_the_reference_exchanger():
    glycol = propylene_glycol(
        temperature_c=42.0, mass_ratio=mass_ratio_of_volume(volume_ratio=0.25)
    )
    films = [
        film_conductance(
            flow_kg_s=flow,
            viscosity_pa_s=liquid.viscosity_pa_s,
            conductivity_w_per_m_k=liquid.conductivity_w_per_m_k,
            prandtl_ratio=liquid.prandtl_ratio,
        )
        for flow, liquid in (
            (INPUTS["plant_flow_nominal_kg_s"], water(42.0)),
            (INPUTS["rack_flow_nominal_kg_s"], glycol),
        )
    ]
    expected = INPUTS["heat_exchanger"]["hA_ratio_plant_over_rack"]
    assert films[0] / films[1] == pytest.approx(expected, rel=2e-3)


@pytest.mark.reference
def test_temperatures_of_the_reference_unit_at_full_load():
    rack = INPUTS["rack_flow_nominal_kg_s"] * INPUTS["rack_flow_fraction"] * GLYCOL_CP
    state = solve_cdu(
        rating=reference_rating(),
        heat_kw=INPUTS["IT_heat_W"] / 1000,
        pump_kw=PLAIN["P_pump_W"] / 1000,
        rack_kw_per_k=rack,
        supply_set_c=INPUTS["T_rack_supply_set_C"],
        facility_in_c=INPUTS["T_plant_in_C"],
        pump_after_exchanger=True,
    )
    assert not state.setpoint_met
    assert state.supply_c == pytest.approx(PLAIN["T_rack_supply_C"], abs=0.005)
    assert state.return_c == pytest.approx(PLAIN["T_rack_return_C"], abs=0.005)
    assert state.facility_out_c == pytest.approx(PLAIN["T_plant_out_C"], abs=0.005)
    assert state.duty_kw * 1000 == pytest.approx(PLAIN["Q_heat_exchanger_W"], rel=1e-5)

    plate = INPUTS["cold_plate"]
    heat_w = INPUTS["IT_heat_W"] / plate["plates"]
    resistance = plate_resistance(plate["flow_per_plate_L_min"]).resistance_k_per_w
    case_c = state.supply_c + resistance * heat_w
    assert case_c == pytest.approx(PLAIN["T_case_C_table_interpolated"], abs=0.01)

    loose = CASE["expected"]["dymola"]
    assert state.supply_c == pytest.approx(loose["T_rack_supply_C"], abs=0.08)
    assert case_c == pytest.approx(loose["T_case_C"], abs=0.6)


@pytest.mark.reference
def test_conductance_of_the_published_two_megawatt_unit():
    derived = NAMEPLATES[0]["derived"]["UA_W_per_K"]
    assert DESCHUTES.ua_kw_per_k * 1000 == pytest.approx(derived, rel=2e-3)


@pytest.mark.reference
def test_more_coolant_can_warm_a_saturated_unit():
    flow = np.array([1.0, 1.4])
    state = solve_cdu(
        rating=DESCHUTES,
        heat_kw=2000.0,
        pump_kw=26.0 * flow**3,
        rack_kw_per_k=DESCHUTES.rack_kw_per_k * flow,
        supply_set_c=25.0,
        facility_in_c=26.8,
    )
    assert not state.setpoint_met.any()
    assert state.supply_c == pytest.approx([29.8, 32.0], abs=0.05)


def solve(**changes):
    base = {
        "rating": DESCHUTES,
        "heat_kw": 1500.0,
        "pump_kw": 25.0,
        "rack_kw_per_k": DESCHUTES.rack_kw_per_k,
        "supply_set_c": 32.0,
        "facility_in_c": 26.8,
    }
    return solve_cdu(**{**base, **changes})


def test_a_rated_unit_gives_its_approach_back():
    state = solve(heat_kw=2000.0, pump_kw=0.0, supply_set_c=0.0)
    assert state.supply_c == pytest.approx(29.8, abs=1e-9)
    assert state.facility_flow_ratio == 1.0


def test_a_set_point_within_reach_is_held_by_less_facility_water():
    state = solve(supply_set_c=[30.0, 34.0, 40.0])
    assert state.setpoint_met.all()
    assert state.supply_c.tolist() == [30.0, 34.0, 40.0]
    assert (np.diff(state.facility_flow_ratio) < 0.0).all()
    assert (state.facility_out_c < state.return_c).all()


@pytest.mark.property
@given(
    heat=st.floats(0.0, 4000.0),
    pump=st.floats(0.0, 60.0),
    flow=st.floats(0.3, 1.5),
    wanted=st.floats(15.0, 50.0),
    facility=st.floats(5.0, 45.0),
    count=st.integers(1, 4),
)
def test_heat_and_pump_power_leave_with_the_facility_water(
    *, heat, pump, flow, wanted, facility, count
):
    rack = count * flow * DESCHUTES.rack_kw_per_k
    state = solve(
        heat_kw=heat,
        pump_kw=pump,
        rack_kw_per_k=rack,
        supply_set_c=wanted,
        facility_in_c=facility,
        n_running=count,
    )
    carried = state.facility_kw_per_k * (state.facility_out_c - facility)
    assert carried == pytest.approx(heat + pump, rel=1e-9, abs=1e-9)
    assert rack * (state.return_c - state.supply_c) == pytest.approx(heat, rel=1e-9, abs=1e-7)
    assert state.supply_c >= wanted
    if not state.setpoint_met:
        assert state.facility_flow_ratio == 1.0
    # The second law: facility water never leaves warmer than the coolant that enters.
    into_hot = state.supply_c + (heat + pump) / rack
    assert state.facility_out_c <= into_hot + 1e-6


def test_pumps_ahead_of_the_racks_leave_duty_and_warm_the_supply_by_their_rise():
    before = solve(supply_set_c=0.0)
    after = solve(supply_set_c=0.0, pump_after_exchanger=True)
    assert after.duty_kw == before.duty_kw
    assert after.supply_c - before.supply_c == pytest.approx(25.0 / DESCHUTES.rack_kw_per_k)


@pytest.mark.reference
@pytest.mark.parametrize("after", [False, True])
def test_valve_position_is_that_of_the_log_mean_difference(after):
    state = solve(supply_set_c=31.0, pump_after_exchanger=after)
    assert state.setpoint_met
    lift_k = 25.0 / DESCHUTES.rack_kw_per_k
    hot_out_c = 31.0 - lift_k if after else 31.0
    hot_in_c = hot_out_c + 1525.0 / DESCHUTES.rack_kw_per_k
    near = hot_in_c - float(state.facility_out_c)
    far = hot_out_c - 26.8
    # Films in series: hot at its rating, cold by its flow to the power 0.8, 1.76 of the hot one.
    hot_film = DESCHUTES.ua_kw_per_k * 2.76 / 1.76
    cold_film = 1.76 * hot_film * float(state.facility_flow_ratio) ** 0.8
    ua = 1.0 / (1.0 / hot_film + 1.0 / cold_film)
    assert ua * (near - far) / np.log(near / far) == pytest.approx(1525.0, rel=1e-9)


def test_two_units_are_each_a_unit_with_half():
    one = solve(heat_kw=900.0, pump_kw=12.0)
    two = solve(
        heat_kw=1800.0, pump_kw=24.0, rack_kw_per_k=2 * DESCHUTES.rack_kw_per_k, n_running=2
    )
    assert two.facility_flow_ratio == pytest.approx(float(one.facility_flow_ratio), rel=1e-12)
    assert two.facility_kw_per_k == pytest.approx(2 * float(one.facility_kw_per_k), rel=1e-12)


def test_arrays_give_what_their_elements_give():
    heat = np.linspace(0.0, 3000.0, 7)
    together = solve(heat_kw=heat)
    for place, value in enumerate(heat):
        alone = solve(heat_kw=value)
        assert together.supply_c[place] == float(alone.supply_c)
        assert together.facility_flow_ratio[place] == float(alone.facility_flow_ratio)


def test_an_approach_no_surface_reaches_is_refused():
    with pytest.raises(InputError, match="smaller stream"):
        rate_cdu(duty_kw=2000.0, approach_k=0.5, rack_kw_per_k=135.0, facility_kw_per_k=60.0)
