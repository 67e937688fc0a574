import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.swings.connection import (
    bus_voltage,
    frequency_slope_hz_per_s,
    stage_one_ratio,
    voltage_change_ratio,
)

GRID = {"short_circuit_mva": 4000.0, "x_over_r": 10.0}


def kvar(power_kw, power_factor):
    return power_kw * np.tan(np.arccos(power_factor))


@pytest.mark.reference
@pytest.mark.parametrize(
    ("power_factor", "estimate_pct", "exact_pct"),
    [(1.0, 0.149, 0.176), (0.99, 0.362, 0.391), (0.95, 0.640, 0.675)],
)
def test_a_swing_of_60_mw_on_4000_mva(power_factor, estimate_pct, exact_pct):
    # Hand numbers, exact ones by a two-bus load flow of another tool.
    estimate = voltage_change_ratio(60e3, kvar(60e3, power_factor), **GRID)
    assert 100 * estimate == pytest.approx(estimate_pct, abs=5.1e-4)
    load_kw = np.array([40e3, 100e3])
    bus = bus_voltage(load_kw, kvar(load_kw, power_factor), **GRID)
    assert 100 * (bus.voltage_pu[0] - bus.voltage_pu[1]) == pytest.approx(exact_pct, abs=5.1e-4)
    if power_factor == 1.0:
        np.testing.assert_allclose(bus.voltage_pu, [0.998954, 0.997194], atol=5e-7)


@pytest.mark.reference
def test_the_exact_voltage_draws_the_load_through_the_impedance():
    # Kirchhoff: E = V + Z conj(S / V) has the magnitude 1.
    psi = np.arctan(3.0)
    z = np.cos(psi) + 1j * np.sin(psi)
    s = (30.0 + 12.0j) / 200.0
    bus = bus_voltage(30e3, 12e3, short_circuit_mva=200.0, x_over_r=3.0)
    source = bus.voltage_pu + z * np.conj(s / bus.voltage_pu)
    assert abs(source) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.reference
def test_beyond_the_largest_load_there_is_no_voltage():
    # By hand: a pure load behind z at angle psi carries at most 1 / (2 (1 + cos psi)) of S_sc.
    psi = np.arctan(10.0)
    most_kw = 100e3 / (2 * (1 + np.cos(psi)))
    bus = bus_voltage(
        most_kw * np.array([0.999, 1.001]), 0.0, short_circuit_mva=100.0, x_over_r=10.0
    )
    assert bus.solved.tolist() == [True, False]
    assert bus.voltage_pu[1] == 0.0


@pytest.mark.reference
def test_the_first_stage_allows_less_the_more_often_it_changes():
    np.testing.assert_array_equal(
        stage_one_ratio([0.0, 9.9, 10.0, 200.0, 201.0]), [0.004, 0.004, 0.002, 0.002, 0.001]
    )


@pytest.mark.reference
def test_a_step_slows_a_generator_by_the_swing_equation():
    # By hand: 1 MW on 10 MVA with 1 s at 60 Hz: 0.1 * 60 / 2 = 3 Hz/s.
    slope = frequency_slope_hz_per_s(1e3, rating_kva=10e3, inertia_s=1.0, frequency_hz=60.0)
    assert slope == pytest.approx(3.0)


@pytest.mark.property
@given(st.floats(-0.05, 0.1), st.floats(-0.05, 0.05), st.floats(0.1, 50.0))
def test_the_estimate_is_the_slope_of_the_exact_voltage_at_no_load(p, q, x_over_r):
    grid = {"short_circuit_mva": 1000.0, "x_over_r": x_over_r}
    small = 1e-4
    exact = 1.0 - bus_voltage(p * small * 1e6, q * small * 1e6, **grid).voltage_pu
    estimate = voltage_change_ratio(p * small * 1e6, q * small * 1e6, **grid)
    assert exact == pytest.approx(float(estimate), abs=1e-9)


@pytest.mark.property
@given(st.lists(st.floats(0.0, 2e5), min_size=1, max_size=9))
def test_many_loads_at_once_have_the_voltage_of_each_alone(loads_kw):
    together = bus_voltage(loads_kw, 0.1 * np.array(loads_kw), **GRID).voltage_pu
    alone = [float(bus_voltage(p, 0.1 * p, **GRID).voltage_pu) for p in loads_kw]
    np.testing.assert_array_equal(together, alone)


def test_a_grid_without_power_is_refused():
    with pytest.raises(InputError, match="short_circuit_mva"):
        bus_voltage(1.0, 0.0, short_circuit_mva=0.0, x_over_r=10.0)
