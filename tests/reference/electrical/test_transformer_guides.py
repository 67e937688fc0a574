"""The thermal cases computed by transformer-thermal-model and printed by IEC 60076-7."""

import numpy as np
import pytest

from power.physics.transformer_thermal import (
    ThermalParameters,
    ThermalState,
    relative_ageing,
    thermal_course,
)
from tests.power.loadflow_cases import read
from tests.power.thermal import onaf

pytestmark = pytest.mark.reference


def parameters_of(values: dict) -> ThermalParameters:
    return onaf(
        loss_ratio=values["R"],
        top_oil_rise_k=values["delta_theta_or_k"],
        hot_spot_rise_k=values["delta_theta_hr_k"],
        oil_time_min=values["tau_o_min"],
        winding_time_min=values["tau_w_min"],
        oil_exponent=values["x"],
        winding_exponent=values["y"],
        k11_pu=values["k11"],
        k21_pu=values["k21"],
        k22_pu=values["k22"],
    )


def course_of(case: dict):
    step = case["step_min"]
    minutes = step * np.arange(1, case["n_samples"])
    current = np.zeros(minutes.size)
    for part in case["load"]["segments"]:
        current[(minutes > part["from_min"]) & (minutes <= part["to_min"])] = part["k"]
    first = case["initial_state"]
    start = ThermalState(
        np.array([first["top_oil_c"]]),
        np.array([first["delta_theta_h1_k"]]),
        np.array([first["delta_theta_h2_k"]]),
    )
    ambient_c = np.full(minutes.size, case["ambient_c"])
    course = thermal_course(
        parameters_of(case["parameters"]), current, ambient_c=ambient_c, step_min=step, start=start
    )
    return minutes, course


@pytest.mark.parametrize("name", ["case_a_step_1_min", "case_a_step_5_min", "case_b"])
def test_temperatures_and_life_of_the_worked_cases_are_reproduced(name):
    case = read(f"transformer_thermal/{name}")
    minutes, course = course_of(case)
    for row in case["expected"]["at"]:
        i = int(np.flatnonzero(minutes == row["minute"])[0])
        assert course.top_oil_c[0, i] == pytest.approx(row["top_oil_c"], abs=1e-5)
        assert course.hot_spot_c[0, i] == pytest.approx(row["hot_spot_c"], abs=1e-5)
    # The reference sums right-hand rectangles, which our own life integral does not.
    for upgraded, key in ((False, "normal_paper"), (True, "upgraded_paper")):
        rate = relative_ageing(course.hot_spot_c[0], upgraded=upgraded)
        days = rate.sum() * case["step_min"] / 1440
        assert days == pytest.approx(case["expected"][f"life_used_days_{key}"], rel=1e-6)
    for row in case.get("published", {}).get("at", []):
        i = int(np.flatnonzero(minutes == row["minute"])[0])
        assert course.hot_spot_c[0, i] == pytest.approx(row["hot_spot_c"], abs=1.5)


def test_ageing_at_constant_temperature_follows_both_laws():
    for row in read("transformer_thermal/case_e")["expected"]:
        for upgraded, key in ((False, "normal_paper"), (True, "upgraded_paper")):
            rate = relative_ageing(row["hot_spot_c"], upgraded=upgraded)
            assert rate == pytest.approx(row[f"life_used_days_{key}"], rel=1e-9)


def test_a_burst_every_hour_ages_as_tabulated_and_its_hourly_mean_hides_it():
    # 20 minutes of 1.4 in every hour over 0.6, ONAF constants, 25 degC, normal paper, periodic.
    values = {
        "delta_theta_or_k": 52, "delta_theta_hr_k": 26, "R": 6, "tau_o_min": 150, "tau_w_min": 7,
        "x": 0.8, "y": 1.3, "k11": 0.5, "k21": 2, "k22": 2,
    }  # fmt: skip
    minute = np.arange(1440)
    burst = np.where(minute % 60 < 20, 1.4, 0.6)
    fine = thermal_course(parameters_of(values), burst, ambient_c=np.full(1440, 25.0), step_min=1.0)
    assert fine.hot_spot_max_c[0] == pytest.approx(119.96, abs=0.01)
    assert fine.ageing_ratio[0] == pytest.approx(1.980, abs=0.02)
    for current, peak, rate in (
        (burst.mean(), 89.50, 0.375),
        (np.sqrt((burst**2).mean()), 97.32, 0.925),
    ):
        flat = thermal_course(
            parameters_of(values), np.full(24, current), ambient_c=np.full(24, 25.0), step_min=60.0
        )
        assert flat.hot_spot_max_c[0] == pytest.approx(peak, abs=0.01)
        assert flat.ageing_ratio[0] == pytest.approx(rate, abs=0.001)
    quarters = np.sqrt((burst.reshape(96, 15) ** 2).mean(axis=1))
    by_quarter = thermal_course(
        parameters_of(values), quarters, ambient_c=np.full(96, 25.0), step_min=15.0
    )
    assert by_quarter.hot_spot_max_c[0] == pytest.approx(113.87, abs=0.01)
    assert by_quarter.ageing_ratio[0] == pytest.approx(1.502, rel=0.003)


def test_ieee_clause_7_holds_110_degrees_at_rated_load():
    # C57.91: 65 K top oil, 15 K hot spot over it at 30 degC; k = 1 gives the clause 7 equations.
    values = {
        "delta_theta_or_k": 65, "delta_theta_hr_k": 15, "R": 4, "tau_o_min": 180, "tau_w_min": 5,
        "x": 0.9, "y": 1.6, "k11": 1, "k21": 1, "k22": 1,
    }  # fmt: skip
    cold = ThermalState(np.array([30.0]), np.array([0.0]), np.array([0.0]))
    course = thermal_course(
        parameters_of(values),
        np.full(8, 1.2),
        ambient_c=np.full(8, 30.0),
        step_min=60.0,
        start=cold,
    )
    hours = np.arange(1, 9)
    oil = 65 * ((1.44 * 4 + 1) / 5) ** 0.9 * (1 - np.exp(-60 * hours / 180))
    spot = 15 * 1.2**1.6 * (1 - np.exp(-60 * hours / 5))
    assert course.hot_spot_c[0] == pytest.approx(30 + oil + spot, abs=1e-9)
    rated = thermal_course(
        parameters_of(values), np.ones(24), ambient_c=np.full(24, 30.0), step_min=60.0
    )
    assert rated.hot_spot_c[0] == pytest.approx(np.full(24, 110.0), abs=1e-9)
