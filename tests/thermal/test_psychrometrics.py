"""Moist air against printed tables and psychrolib."""

import json
from pathlib import Path

import numpy as np
import psychrolib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from thermal.physics import psychrometrics

psychrolib.SetUnitSystem(psychrolib.SI)
CHECKS = json.loads(
    (Path(__file__).parents[1] / "reference/thermal/psychrometrics.json").read_text()
)["checks"]


ANSWERS = {
    "saturation_pressure_Pa": lambda g: psychrometrics.saturation_pressure(g["T_C"]) * 1000,
    "saturation_humidity_ratio": lambda g: psychrometrics.saturation_humidity_ratio(
        g["T_C"], pressure_kpa=g["p_Pa"] / 1000
    ),
    "wet_bulb_C": lambda g: psychrometrics.wet_bulb(
        g["T_C"], relative_humidity_ratio=g["RH"], pressure_kpa=g["p_Pa"] / 1000
    ),
    "humidity_ratio_from_wet_bulb": lambda g: psychrometrics.humidity_ratio_from_wet_bulb(
        g["T_C"], wet_bulb_c=g["Twb_C"], pressure_kpa=g["p_Pa"] / 1000
    ),
    "moist_air_enthalpy_J_per_kg_dry_air": lambda g: (
        psychrometrics.enthalpy(g["T_C"], humidity_ratio=g["W"]) * 1000
    ),
    "moist_air_volume_m3_per_kg_dry_air": lambda g: psychrometrics.specific_volume(
        g["T_C"], humidity_ratio=g["W"], pressure_kpa=g["p_Pa"] / 1000
    ),
    "moist_air_density_kg_per_m3": lambda g: psychrometrics.density(
        g["T_C"], humidity_ratio=g["W"], pressure_kpa=g["p_Pa"] / 1000
    ),
    "standard_atmosphere_pressure_Pa": lambda g: (
        psychrometrics.standard_pressure(g["altitude_m"]) * 1000
    ),
}


@pytest.mark.reference
@pytest.mark.parametrize("check", CHECKS[:-1], ids=lambda c: f"{c['quantity']}-{c['inputs']}")
def test_the_printed_tables_are_met(check):
    answer = ANSWERS[check["quantity"]](check["inputs"])
    tolerance = {"rel": check.get("rel_tol", 0), "abs": check.get("abs_tol", 0)}
    assert float(answer) == pytest.approx(check["expected"], **tolerance)


@pytest.mark.reference
def test_the_worked_example_of_the_handbook_is_met():
    ratio = psychrometrics.humidity_ratio_from_wet_bulb(40.0, wet_bulb_c=20.0, pressure_kpa=101.325)
    assert float(ratio) == pytest.approx(0.0065, abs=1e-4)
    assert float(psychrometrics.enthalpy(40.0, humidity_ratio=ratio)) == pytest.approx(
        56.7, abs=0.1
    )


@pytest.mark.reference
def test_a_random_grid_agrees_with_psychrolib():
    rng = np.random.default_rng(7)
    dry_c = rng.uniform(-40, 50, 400)
    share = rng.uniform(0.01, 1, 400)
    kpa = rng.uniform(60, 106, 400)
    ratio = psychrometrics.humidity_ratio(dry_c, relative_humidity_ratio=share, pressure_kpa=kpa)
    wet_c = psychrometrics.wet_bulb(dry_c, relative_humidity_ratio=share, pressure_kpa=kpa)
    rows = list(zip(dry_c.tolist(), share.tolist(), (kpa * 1000).tolist(), strict=True))
    np.testing.assert_allclose(
        ratio, [psychrolib.GetHumRatioFromRelHum(*row) for row in rows], rtol=1e-9
    )
    oracle_c = np.array([psychrolib.GetTWetBulbFromRelHum(*row) for row in rows])
    # Near 0 °C ice and water on the bulb both solve the equations; psychrolib stops at 0.001 K.
    clear = np.abs(oracle_c) > 1.0
    np.testing.assert_allclose(wet_c[clear], oracle_c[clear], atol=1e-3)
    np.testing.assert_allclose(wet_c, oracle_c, atol=0.9)
    np.testing.assert_allclose(
        psychrometrics.enthalpy(dry_c, humidity_ratio=ratio),
        [
            psychrolib.GetMoistAirEnthalpy(t, w) / 1000
            for t, w in zip(dry_c.tolist(), ratio.tolist(), strict=True)
        ],
        rtol=1e-9,
    )
    np.testing.assert_allclose(
        psychrometrics.density(dry_c, humidity_ratio=ratio, pressure_kpa=kpa),
        [
            psychrolib.GetMoistAirDensity(t, w, p)
            for t, w, p in zip(dry_c.tolist(), ratio.tolist(), (kpa * 1000).tolist(), strict=True)
        ],
        rtol=1e-5,  # psychrolib rounds 1/0.621945 to 1.607858
    )


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(
    dry_c=st.floats(-50, 60),
    share=st.floats(0.001, 1),
    kpa=st.floats(60, 110),
)
def test_the_wet_bulb_gives_back_the_humidity_it_came_from(dry_c, share, kpa):
    wet_c = psychrometrics.wet_bulb(dry_c, relative_humidity_ratio=share, pressure_kpa=kpa)
    assert wet_c <= dry_c
    expected = psychrometrics.humidity_ratio(dry_c, relative_humidity_ratio=share, pressure_kpa=kpa)
    back = psychrometrics.humidity_ratio_from_wet_bulb(dry_c, wet_bulb_c=wet_c, pressure_kpa=kpa)
    assert float(back) == pytest.approx(float(expected), abs=1e-9)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(level_c=st.floats(-50, 80), kpa=st.floats(75, 110), start_c=st.floats(-30, 60))
def test_saturated_temperature_undoes_enthalpy_from_any_start(level_c, kpa, start_c):
    ratio = psychrometrics.saturation_humidity_ratio(level_c, pressure_kpa=kpa)
    heat = psychrometrics.enthalpy(level_c, humidity_ratio=ratio)
    back_c = psychrometrics.saturated_temperature(heat, pressure_kpa=kpa, start_c=start_c)
    # The two formulas of saturation do not quite meet at the ice point.
    assert float(back_c) == pytest.approx(level_c, abs=1e-3 if abs(level_c) < 0.1 else 1e-7)


def test_saturated_air_has_its_dry_bulb_as_wet_bulb():
    level_c = np.array([-30.0, -1.0, 0.0, 5.0, 40.0])
    wet_c = psychrometrics.wet_bulb(level_c, relative_humidity_ratio=1.0, pressure_kpa=101.325)
    np.testing.assert_allclose(wet_c, level_c, atol=1e-8)


def test_an_array_gives_what_its_elements_give():
    dry_c = np.array([-20.0, 0.5, 4.0, 30.0])
    together = psychrometrics.wet_bulb(dry_c, relative_humidity_ratio=0.4, pressure_kpa=90.0)
    alone = [
        float(psychrometrics.wet_bulb(t, relative_humidity_ratio=0.4, pressure_kpa=90.0))
        for t in dry_c
    ]
    np.testing.assert_allclose(together, alone, atol=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: psychrometrics.saturation_pressure(np.nan),
        lambda: psychrometrics.saturation_pressure(201.0),
        lambda: psychrometrics.saturation_humidity_ratio(100.0, pressure_kpa=90.0),
        lambda: psychrometrics.humidity_ratio(
            20.0, relative_humidity_ratio=1.1, pressure_kpa=100.0
        ),
        lambda: psychrometrics.humidity_ratio_from_wet_bulb(
            20.0, wet_bulb_c=21.0, pressure_kpa=100.0
        ),
        lambda: psychrometrics.humidity_ratio_from_wet_bulb(
            40.0, wet_bulb_c=5.0, pressure_kpa=100.0
        ),
    ],
)
def test_impossible_air_is_refused(call):
    with pytest.raises(InputError):
        call()
