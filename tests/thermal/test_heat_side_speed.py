"""A year of a hall with fifty cohorts goes through chip, fans and room without loops over hours."""

import time

import numpy as np
import pytest

from racks.physics.fans import fan_flow_ratio, fan_power
from racks.physics.load import host_power, system_power
from racks.physics.supply import LossCurve
from thermal.physics.air_unit import rate_air_unit, solve_air_units
from thermal.physics.chip import steady_chip
from thermal.physics.cold_plate import heat_sink_resistance
from thermal.physics.room import hall_air

G, T = 50, 8760
N_PER_COHORT, DESIGN_M3_S = 20, 0.52


def one_pass(use, inlet_c):
    """Chip, fans and system of every cohort at an inlet temperature."""
    flow = fan_flow_ratio(utilisation_ratio=use, inlet_c=inlet_c)
    chip = steady_chip(
        inlet_c=inlet_c,
        resistance_k_per_w=heat_sink_resistance(flow_ratio=flow, rated_k_per_w=0.06),
        idle_w=70.0,
        reference_w=700.0,
        cap_w=700.0,
        limit_c=87.0,
        shutdown_c=95.0,
        utilisation_ratio=use,
        clock_exponent=2.2,
        leakage_w_per_k=0.7,
    )
    system = system_power(
        n_chips=8,
        chip_w=chip.power_w,
        host_kw=host_power(utilisation_ratio=use, idle_kw=1.2, full_kw=2.4),
        fan_kw=fan_power(flow_ratio=flow, design_kw=1.2),
        supply_rated_kw=13.2,
        supply_curve=LossCurve(constant_ratio=0.006, linear_ratio=0.012, quadratic_ratio=0.018),
    )
    return N_PER_COHORT * DESIGN_M3_S * flow, N_PER_COHORT * system.air_kw


@pytest.mark.slow
def test_fifty_cohorts_over_a_year_take_well_under_a_second_a_pass():
    random = np.random.default_rng(7)
    use = random.uniform(0.2, 1.0, (G, T))
    supply_c = 22.0 + random.uniform(0.0, 4.0, T)
    best_s = np.inf
    for _ in range(3):
        start = time.perf_counter()
        flow, heat = one_pass(use, np.broadcast_to(supply_c, (G, T)))
        air = hall_air(
            supply_c=supply_c,
            supply_flow_m3_s=0.95 * flow.sum(axis=0),
            rack_flow_m3_s=flow,
            rack_heat_kw=heat,
            leakage_ratio=0.02,
            weights=np.linspace(0.5, 2.0, G),
            pressure_kpa=101.325,
        )
        best_s = min(best_s, time.perf_counter() - start)
    assert best_s < 0.8
    assert np.isfinite(air.outlet_c).all()


def test_inlets_settle_in_a_few_passes_and_the_year_closes_its_balance():
    n_hours = 240
    random = np.random.default_rng(11)
    use = random.uniform(0.2, 1.0, (4, n_hours))
    unit = rate_air_unit(
        duty_kw=180.0,
        return_c=38.0,
        water_in_c=16.0,
        air_m3_s=8.5,
        water_kw_per_k=24.0,
        fan_kw=6.5,
    )
    inlet_c = np.full((4, n_hours), 24.0)
    for _ in range(8):
        flow, heat = one_pass(use, inlet_c)
        supplied = 0.9 * flow.sum(axis=0)
        units = solve_air_units(
            rating=unit,
            heat_kw=heat.sum(axis=0),
            air_flow_m3_s=supplied,
            supply_set_c=23.0,
            water_in_c=16.0,
            n_running=6,
            pressure_kpa=99.0,
        )
        air = hall_air(
            supply_c=units.supply_c,
            supply_flow_m3_s=supplied,
            rack_flow_m3_s=flow,
            rack_heat_kw=heat,
            leakage_ratio=0.02,
            weights=[1.0, 1.0, 1.5, 2.0],
            pressure_kpa=99.0,
        )
        moved_k = np.abs(air.inlet_c - inlet_c).max()
        inlet_c = air.inlet_c
    assert moved_k < 1e-6
    electricity = heat.sum(axis=0) + units.fan_kw
    carried = units.water_kw_per_k * (units.water_out_c - 16.0)
    assert carried == pytest.approx(electricity, rel=1e-9)
    assert air.return_c == pytest.approx(units.return_c, rel=1e-9)
