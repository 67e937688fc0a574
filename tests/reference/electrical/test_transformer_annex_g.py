"""Annex G of C57.91: its worked unit at rated load, and a steady overload solved on its own."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import fsolve

from facility.kernel.errors import InputError
from power.physics.transformer_thermal import AnnexGUnit, annex_g_course

pytestmark = pytest.mark.reference

KG_PER_LB = 0.45359237
# Built-in example of the official code: 52 MVA, losses measured at 28 MVA and 75 degC.
TESTED = AnnexGUnit(
    cooling="onaf",
    winding_loss_kw=51.690,
    eddy_loss_kw=0.0,
    stray_loss_kw=21.078,
    core_loss_kw=36.986,
    winding_rise_k=63.0,
    hot_spot_rise_k=80.0,
    top_oil_rise_k=55.0,
    bottom_oil_rise_k=25.0,
    winding_time_min=5.0,
    core_coil_kg=75_600 * KG_PER_LB,
    tank_kg=31_400 * KG_PER_LB,
    oil_m3=4910 * 3.785411784e-3,
)
UNIT = AnnexGUnit.of_test(TESTED, current_ratio=52 / 28, tested_c=75.0)


@pytest.mark.parametrize("cooling", ["onan", "onaf", "of", "od"])
def test_rated_load_held_ends_at_110_85_and_55_degrees(cooling):
    unit = replace(UNIT, cooling=cooling)
    course = annex_g_course([unit], np.ones(60), ambient_c=30.0, step_min=60.0)
    assert course.hot_spot_c[0, -1] == pytest.approx(110.0, abs=1e-4)
    assert course.top_oil_c[0, -1] == pytest.approx(85.0, abs=1e-4)
    assert course.bottom_oil_c[0, -1] == pytest.approx(55.0, abs=1e-4)
    assert course.winding_c[0, -1] == pytest.approx(93.0, abs=1e-4)


def test_an_overload_ends_where_the_balances_close():
    # Heat of winding, hot spot and tank written out at K = 1.2, 20 degC, and left to a solver.
    square, air = 1.44, 20.0
    warm = (93 + 234.5) / (75 + 234.5)
    ohmic = 51.690 * (52 / 28) ** 2 * warm
    stray, core = 21.078 * (52 / 28) ** 2 / warm, 36.986

    def viscosity(celsius):
        return 0.0013573 * np.exp(2797.3 / (celsius + 273))

    def lost(hot, oil, hot_r, oil_r):
        thin = viscosity((hot_r + oil_r) / 2) / viscosity((hot + oil) / 2)
        return ((hot - oil) / (hot_r - oil_r)) ** 1.25 * thin**0.25

    def oils(winding, average):
        total = ohmic + stray + core
        tank = total * ((average - air) / 40) ** (1 / 0.9)
        half = 15 * (tank / total) ** 0.5
        heat = square * ohmic * (winding + 234.5) / (93 + 234.5)
        duct = average - half + 30 * (heat / ohmic) ** 0.5
        return tank, heat, average - half, average + half, duct

    def balance(state):
        winding, average, spot = state
        tank, heat, bottom, top, duct = oils(winding, average)
        spot_heat = square * (spot + 234.5) / (110 + 234.5)
        return [
            heat - ohmic * lost(winding, (bottom + duct) / 2, 93, 70),
            heat + square * stray * (93 + 234.5) / (winding + 234.5) + core - tank,
            100 * (spot_heat - lost(spot, max(duct, top), 110, 85)),
        ]

    winding, average, spot = fsolve(balance, [110.0, 80.0, 130.0], xtol=1e-12)
    course = annex_g_course([UNIT], np.full(120, 1.2), ambient_c=air, step_min=60.0)
    assert course.winding_c[0, -1] == pytest.approx(winding, abs=1e-4)
    assert course.hot_spot_c[0, -1] == pytest.approx(spot, abs=1e-4)
    assert course.top_oil_c[0, -1] == pytest.approx(oils(winding, average)[3], abs=1e-4)


def test_the_capacity_of_the_oil_sets_its_pace():
    # By hand: five minutes of core loss into core, tank and oil, before any of it is lost.
    course = annex_g_course([UNIT], np.zeros(5), ambient_c=20.0, step_min=1.0)
    winding_kj = 60 * UNIT.winding_loss_kw * 5 / (93 - 70)
    steel = 0.4643 * (UNIT.core_coil_kg + UNIT.tank_kg - winding_kj / 0.3849)
    body = steel + 1.8413 * 875.3 * UNIT.oil_m3
    mean = (course.top_oil_c[0, -1] + course.bottom_oil_c[0, -1]) / 2
    assert mean - 20 == pytest.approx(300 * 36.986 / body, rel=0.01)


def test_units_stand_side_by_side_and_more_current_is_hotter():
    load = np.array([[0.8] * 12, [1.0] * 12, [1.2] * 12])
    together = annex_g_course([UNIT] * 3, load, ambient_c=np.full(12, 20.0), step_min=30.0)
    alone = annex_g_course([UNIT], load[1], ambient_c=20.0, step_min=30.0)
    assert together.hot_spot_c[1] == pytest.approx(alone.hot_spot_c[0])
    assert np.all(np.diff(together.hot_spot_c, axis=0) > 0.0)


def test_rises_out_of_order_and_missing_rows_are_refused():
    with pytest.raises(InputError, match="must rise"):
        annex_g_course([replace(UNIT, hot_spot_rise_k=50.0)], [1.0], ambient_c=20.0, step_min=1.0)
    with pytest.raises(InputError, match="one row"):
        annex_g_course([UNIT], np.ones((2, 3)), ambient_c=20.0, step_min=1.0)
