"""Pumps, branches and valves."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from thermal.physics.pump import (
    flow_at_pressure,
    operating_point,
    parallel_split,
    power_at_flow,
    pump_power,
    valve_flow,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "thermal"
CASES = {
    case["id"]: case for case in json.loads((REFERENCE / "analytic.json").read_text())["cases"]
}
NAMEPLATES = json.loads((REFERENCE / "cdu_nameplates.json").read_text())
CDU = json.loads((REFERENCE / "cdu_liquid_rack_modelica.json").read_text())


@pytest.mark.reference
def test_power_against_static_head():
    case = CASES["pump_static_head"]
    inputs = case["inputs"]
    power = power_at_flow(
        rated_kw=inputs["P0_W"] / 1000, flow_ratio=inputs["x"], static_ratio=inputs["r"]
    )
    assert power * 1000 == pytest.approx(case["expected"]["P_W"], abs=1e-6)


@pytest.mark.reference
def test_two_parallel_branches():
    case = CASES["parallel_branches"]
    resistance = np.array(case["inputs"]["k_Pa_s2_per_kg2"]) / 1000
    flow = parallel_split(total_kg_s=case["inputs"]["m_total_kg_s"], resistance=resistance)
    assert flow.branch_kg_s == pytest.approx(case["expected"]["m_kg_s"], rel=1e-9)
    assert flow.pressure_kpa * 1000 == pytest.approx(case["expected"]["dp_Pa"], rel=1e-9)


@pytest.mark.reference
def test_duty_power_of_a_two_megawatt_unit_is_a_third_of_its_nameplate():
    row = NAMEPLATES["rows"][0]
    power = pump_power(
        flow_kg_s=row["it_flow_kg_s"],
        pressure_kpa=np.array(row["it_dp_available_Pa"]) / 1000,
        density_kg_m3=1014.9,
    )
    assert power * 1000 == pytest.approx(row["derived"]["pump_electrical_W"], rel=1e-4)


@pytest.mark.reference
def test_pump_power_of_the_reference_unit():
    inputs, expected = CDU["inputs"], CDU["expected"]["plain"]
    ratio = flow_at_pressure(pressure_ratio=50.0 / 60.0)
    assert ratio == pytest.approx(inputs["rack_flow_fraction"], abs=1e-10)
    power = pump_power(
        flow_kg_s=inputs["rack_flow_nominal_kg_s"] * ratio,
        pressure_kpa=50.0 + 80.0 * ratio**2 + 65.0 * ratio**1.76,
        density_kg_m3=inputs["rack_fluid"]["rho_kg_per_m3"],
        efficiency=0.7,
    )
    assert power * 1000 == pytest.approx(expected["P_pump_W"], rel=1e-6)


@pytest.mark.property
@given(
    total=st.floats(0.01, 100),
    resistance=st.lists(st.floats(0.01, 100), min_size=1, max_size=6),
    exponent=st.floats(1.0, 2.0),
)
def test_branches_share_the_flow_and_the_drop(total, resistance, exponent):
    flow = parallel_split(total_kg_s=total, resistance=resistance, exponent=exponent)
    assert flow.branch_kg_s.sum() == pytest.approx(total, rel=1e-12)
    drops = np.array(resistance) * flow.branch_kg_s**exponent
    assert drops == pytest.approx(np.full(len(resistance), float(flow.pressure_kpa)), rel=1e-9)


def test_branches_are_split_at_every_step():
    flow = parallel_split(total_kg_s=[6.0, 3.0], resistance=[2.0, 8.0])
    assert flow.branch_kg_s == pytest.approx(np.array([[4.0, 2.0], [2.0, 1.0]]))


@pytest.mark.reference
@pytest.mark.parametrize("speed", [0.6, 0.8, 1.0])
def test_pump_and_system_meet_where_root_finding_says(speed):
    found = brentq(lambda m: 300 * speed**2 - 0.02 * m**2 - (40 + 0.05 * m**2), 0.0, 100.0)
    point = operating_point(
        speed_ratio=speed,
        shutoff_kpa=300.0,
        pump_fall=0.02,
        system_resistance=0.05,
        static_kpa=40.0,
    )
    assert point.flow_kg_s == pytest.approx(found, rel=1e-9)
    assert point.pressure_kpa == pytest.approx(40 + 0.05 * found**2, rel=1e-9)


def test_a_pump_too_slow_for_the_static_head_moves_nothing():
    point = operating_point(
        speed_ratio=0.3, shutoff_kpa=300.0, pump_fall=0.02, system_resistance=0.05, static_kpa=40.0
    )
    assert point.flow_kg_s == 0.0
    assert point.pressure_kpa == pytest.approx(27.0)


def test_without_static_head_flow_follows_speed_and_power_its_cube():
    speeds = np.array([0.5, 1.0])
    point = operating_point(
        speed_ratio=speeds, shutoff_kpa=300.0, pump_fall=0.02, system_resistance=0.05
    )
    assert point.flow_kg_s[0] / point.flow_kg_s[1] == pytest.approx(0.5)
    power = pump_power(
        flow_kg_s=point.flow_kg_s, pressure_kpa=point.pressure_kpa, density_kg_m3=1000.0
    )
    assert power[0] / power[1] == pytest.approx(0.125)


def test_valve_by_hand():
    # Half open: 50**-0.5 of the coefficient, so flow² = 2 / (50 + 1).
    assert valve_flow(opening_ratio=[0.5, 1.0]) == pytest.approx([np.sqrt(2 / 51), 1.0])
