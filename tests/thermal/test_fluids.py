"""Liquid properties against CoolProp and published check values."""

import json
from pathlib import Path

import numpy as np
import pytest

from thermal.physics import fluids
from thermal.physics.fluids import (
    freezing_point,
    mass_ratio_of_volume,
    propylene_glycol,
    water,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "thermal"
TABLES = json.loads((REFERENCE / "fluid_properties.json").read_text())
SOURCE = json.loads((REFERENCE / "fluid_polynomials.json").read_text())
CHECKS = SOURCE["propylene_glycol_water"]["checks"]


def close_to_rows(liquid, rows, *, rel):
    def column(name):
        return np.array([row[name] for row in rows])

    assert liquid.density_kg_m3 == pytest.approx(column("rho_kg_per_m3"), rel=rel)
    assert liquid.specific_heat_kj_per_kg_k * 1000 == pytest.approx(column("cp_J_per_kgK"), rel=rel)
    assert liquid.viscosity_pa_s == pytest.approx(column("mu_Pa_s"), rel=4 * rel)
    assert liquid.conductivity_w_per_m_k == pytest.approx(column("k_W_per_mK"), rel=10 * rel)
    assert liquid.in_range.all()


@pytest.mark.reference
def test_water_follows_coolprop():
    rows = TABLES["water"]
    close_to_rows(water([row["T_C"] for row in rows]), rows, rel=5e-5)


@pytest.mark.reference
def test_glycol_follows_coolprop():
    rows = TABLES["pg25_mass"]["rows"]
    liquid = propylene_glycol(temperature_c=[row["T_C"] for row in rows], mass_ratio=0.25)
    close_to_rows(liquid, rows, rel=1e-6)


@pytest.mark.reference
def test_glycol_meets_its_check_values():
    by_mass, by_volume, mixed = CHECKS
    share = mass_ratio_of_volume(volume_ratio=by_volume["phi_volume"], temperature_c=20.0)
    assert share == pytest.approx(by_volume["X"], abs=1e-8)
    for check in (by_mass, mixed):
        liquid = propylene_glycol(temperature_c=check["T_C"], mass_ratio=check["X"])
        assert liquid.density_kg_m3 == pytest.approx(check["rho"], rel=1e-9)
        assert liquid.specific_heat_kj_per_kg_k * 1000 == pytest.approx(check["cp"], rel=1e-9)
    assert liquid.viscosity_pa_s == pytest.approx(mixed["mu"], rel=1e-7)
    assert liquid.conductivity_w_per_m_k == pytest.approx(mixed["k"], rel=1e-7)


@pytest.mark.reference
def test_every_coefficient_is_the_published_one():
    glycol, liquid = SOURCE["propylene_glycol_water"], SOURCE["water"]
    assert list(fluids._GLYCOL_DENSITY) == glycol["a_rho_kg_per_m3"]
    assert list(fluids._GLYCOL_SPECIFIC_HEAT) == glycol["a_cp_J_per_kgK"]
    assert list(fluids._GLYCOL_LOG_VISCOSITY) == glycol["a_ln_mu_mPa_s"]
    assert list(fluids._GLYCOL_CONDUCTIVITY) == glycol["a_k_W_per_mK"]
    assert list(fluids._WATER_DENSITY) == liquid["rho_kg_per_m3"]["c"]
    assert list(fluids._WATER_SPECIFIC_HEAT) == liquid["cp_J_per_kgK"]["c"]
    assert list(fluids._WATER_LOG_VISCOSITY) == liquid["ln_mu_Pa_s"]["c"]
    assert list(fluids._WATER_CONDUCTIVITY) == liquid["k_W_per_mK"]["c"]


def test_pure_water_freezes_at_zero():
    assert freezing_point(0.0) == pytest.approx(0.0, abs=0.05)


@pytest.mark.reference
def test_freezing_points_follow_the_handbook_within_a_degree_and_a_half():
    # Lange's Handbook of Chemistry, 15th edition, table 5.13, by volume, in whole Fahrenheit.
    volume = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    handbook_c = [-2.2, -6.7, -12.8, -20.6, -33.3]
    got = freezing_point(mass_ratio_of_volume(volume_ratio=volume, temperature_c=15.6))
    assert got == pytest.approx(handbook_c, abs=1.5)


def test_outside_its_range_a_property_is_flagged_and_still_answered():
    assert water([0.0, 20.0, 99.0]).in_range.tolist() == [False, True, False]
    cold = propylene_glycol(temperature_c=[-12.0, -8.0, 20.0], mass_ratio=[0.25, 0.25, 0.7])
    assert cold.in_range.tolist() == [False, True, False]


def test_prandtl_number_of_water_by_hand():
    # 1.0016e-3 Pa s * 4184 J/kgK / 0.598 W/mK
    assert water(20.0).prandtl_ratio == pytest.approx(7.008, rel=1e-3)


def test_arrays_give_what_their_elements_give():
    levels = np.linspace(5.0, 60.0, 12).reshape(3, 4)
    together = propylene_glycol(temperature_c=levels, mass_ratio=0.3).viscosity_pa_s
    alone = [
        float(propylene_glycol(temperature_c=level, mass_ratio=0.3).viscosity_pa_s)
        for level in levels.flat
    ]
    assert together.shape == (3, 4)
    assert together.ravel().tolist() == pytest.approx(alone, rel=1e-14)
