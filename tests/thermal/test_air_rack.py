"""Air through a rack."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from racks.physics.fans import fan_power
from thermal.physics.air_rack import dry_air_density, outlet_temperature, required_flow

REFERENCE = Path(__file__).parents[1] / "reference" / "thermal"
RACK = json.loads((REFERENCE / "air_rack_modelica.json").read_text())
CASES = {
    case["id"]: case for case in json.loads((REFERENCE / "analytic.json").read_text())["cases"]
}
CFM_PER_M3_S = 2118.88


@pytest.mark.reference
def test_power_and_outlet_of_the_modelica_rack():
    inputs = RACK["inputs"]
    design_kw = inputs["P_IT_design_W"] / 1000.0
    rows = RACK["rows"]
    use = np.array([row["utilisation"] for row in rows])
    fan = fan_power(
        flow_ratio=use, design_kw=inputs["fan_power_design_fraction"] * design_kw, exponent=3.0
    )
    heat = design_kw * use + fan
    assert heat * 1000.0 == pytest.approx([row["P_total_W"] for row in rows], rel=1e-6)
    outlet = outlet_temperature(
        inlet_c=inputs["T_in_C"],
        heat_kw=heat,
        flow_kg_s=inputs["flow_nominal_kg_s"] * use,
        specific_heat_kj_per_kg_k=inputs["air_cp_J_per_kgK"] / 1000.0,
    )
    assert outlet == pytest.approx([row["T_out_C"] for row in rows], abs=0.001)


@pytest.mark.reference
def test_air_per_kilowatt_by_the_rule_of_1770():
    # The rule is for 1.19 kg/m³; pick the temperature that gives it at standard pressure.
    inlet_c = 101.325 / (0.287042 * 1.19) - 273.15
    for row in CASES["air_flow_per_kw"]["rows"]:
        flow = required_flow(heat_kw=1.0, rise_k=row["dT_K"], inlet_c=inlet_c, pressure_kpa=101.325)
        assert flow * CFM_PER_M3_S == pytest.approx(row["CFM_per_kW"], abs=0.1)


@pytest.mark.reference
def test_thin_air_needs_more_of_it():
    altitude = CASES["air_flow_per_kw"]["altitude"]
    common = {"heat_kw": 1.0, "rise_k": 12.0, "inlet_c": 22.0}
    high = required_flow(**common, pressure_kpa=altitude["p_Pa"] / 1000.0)
    low = required_flow(**common, pressure_kpa=101.325)
    assert high / low == pytest.approx(altitude["factor"], abs=1e-4)


@pytest.mark.property
@given(
    heat=st.floats(0.1, 200),
    rise=st.floats(1, 30),
    inlet=st.floats(5, 45),
    pressure=st.floats(60, 105),
)
def test_required_flow_gives_the_rise_asked_for(heat, rise, inlet, pressure):
    flow = required_flow(heat_kw=heat, rise_k=rise, inlet_c=inlet, pressure_kpa=pressure)
    mass = flow * dry_air_density(temperature_c=inlet, pressure_kpa=pressure)
    outlet = outlet_temperature(inlet_c=inlet, heat_kw=heat, flow_kg_s=mass)
    assert outlet - inlet == pytest.approx(rise, rel=1e-9)


def test_arrays_give_what_their_elements_give():
    inlets = np.array([18.0, 24.0, 30.0])
    together = required_flow(heat_kw=10.0, rise_k=12.0, inlet_c=inlets, pressure_kpa=95.0)
    alone = [
        float(required_flow(heat_kw=10.0, rise_k=12.0, inlet_c=t, pressure_kpa=95.0))
        for t in inlets
    ]
    assert together.tolist() == alone
