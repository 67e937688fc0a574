"""Sizing: counts by hand, heat that adds up, and coolers that give back their rating."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from facility.physics.sizing import dry_cooler_capacity, n_units, stream_load
from racks.physics.documents import System
from thermal.physics.dry_cooler import DryCoolerUnit, run_dry_coolers
from thermal.physics.weather import outdoor_air

COOLER = DryCoolerUnit(
    rated_kw=800.0,
    rated_in_c=45.0,
    rated_out_c=37.0,
    rated_air_c=31.0,
    air_flow_kg_s=80.0,
    fan_kw=20.0,
    pad_effectiveness=0.75,
    pad_above_c=25.0,
    pad_fan_ratio=0.15,
)


def liquid_system(nameplate_kw=13.0):
    return System.parse(
        {
            "id": "node",
            "kind": "server",
            "label": "Node",
            "nameplate_kw": nameplate_kw,
            "n_chips": 8,
            "chip": {
                "idle_w": 100.0,
                "reference_w": 1000.0,
                "cap_w": 900.0,
                "limit_c": 85.0,
                "clock_exponent": 2.2,
                "leakage_w_per_k": 1.0,
            },
            "host_idle_kw": 1.0,
            "host_max_kw": 2.0,
            "fan_design_kw": 0.0,
            "air_flow_m3_s": 0.3,
            "supply_coefficients": (0.0, 0.05, 0.0),
            "supply_rated_kw": 20.0,
            "liquid_ratio": 0.75,
            "coolant_flow_kg_s": 0.2,
        }
    )


@pytest.mark.parametrize(
    ("load_kw", "unit_kw", "reserve", "count"),
    [
        (0.0, 100.0, 1, 0),
        (1.0, 100.0, 1, 2),
        (100.0, 100.0, 1, 2),
        (100.1, 100.0, 1, 3),
        (250.0, 100.0, 2, 5),
        (250.0, 100.0, 0, 3),
    ],
)
def test_units_carry_the_load_and_the_reserve_comes_on_top(load_kw, unit_kw, reserve, count):
    assert int(n_units(load_kw=load_kw, unit_kw=unit_kw, n_redundant=reserve)) == count


def test_a_sum_that_is_whole_but_for_rounding_needs_no_further_unit():
    assert int(n_units(load_kw=0.1 + 0.2, unit_kw=0.1, n_redundant=0)) == 3


@pytest.mark.property
@given(st.floats(0.1, 1e6), st.floats(1.0, 1e4), st.integers(0, 3))
def test_without_the_reserve_the_load_is_carried_and_with_one_unit_less_it_is_not(
    load_kw, unit_kw, reserve
):
    carrying = int(n_units(load_kw=load_kw, unit_kw=unit_kw, n_redundant=reserve)) - reserve
    assert carrying * unit_kw >= load_kw * (1 - 1e-6)
    assert (carrying - 1) * unit_kw < load_kw


def test_many_loads_at_once_give_what_each_gives_alone():
    loads = np.array([0.0, 50.0, 100.0, 930.0])
    alone = [int(n_units(load_kw=kw, unit_kw=100.0, n_redundant=1)) for kw in loads]
    assert n_units(load_kw=loads, unit_kw=100.0, n_redundant=1).tolist() == alone


def test_units_without_capacity_are_refused():
    with pytest.raises(InputError):
        n_units(load_kw=1.0, unit_kw=0.0, n_redundant=1)


def test_streams_at_full_use_are_those_of_the_hand_calculation():
    # Chips at their cap: 8 x 0.9 = 7.2 kW; with 2 kW of host 9.2 kW, times 1.05 = 9.66 kW.
    load = stream_load(liquid_system(), n_systems=10, load="peak")
    assert float(load.liquid_kw) == pytest.approx(10 * 0.75 * 9.2)
    assert float(load.air_kw) == pytest.approx(10 * (9.66 - 0.75 * 9.2))
    assert float(load.coolant_flow_kg_s) == pytest.approx(2.0)


def test_at_nameplate_the_streams_keep_their_proportion():
    peak = stream_load(liquid_system(), n_systems=1, load="peak")
    full = stream_load(liquid_system(), n_systems=1)
    assert float(full.liquid_kw + full.air_kw) == pytest.approx(13.0)
    assert float(full.liquid_kw / full.air_kw) == pytest.approx(float(peak.liquid_kw / peak.air_kw))


def test_streams_of_several_counts_at_once():
    load = stream_load(liquid_system(), n_systems=[0, 1, 5])
    assert (load.liquid_kw + load.air_kw).tolist() == pytest.approx([0.0, 13.0, 65.0])


def test_a_negative_count_is_refused():
    with pytest.raises(InputError):
        stream_load(liquid_system(), n_systems=-1)


@pytest.mark.reference
def test_a_cooler_gives_its_rating_at_its_rating_point():
    dry = DryCoolerUnit(800.0, 45.0, 37.0, 31.0, 80.0, 20.0)
    air = outdoor_air(31.0, relative_humidity_ratio=0.0, pressure_kpa=101.325)
    kw = dry_cooler_capacity(dry, supply_c=37.0, rise_k=8.0, air=air)
    assert float(kw) == pytest.approx(800.0, rel=2e-3)


def test_coolers_that_carry_their_capacity_just_hold_the_supply():
    air = outdoor_air([20.0, 30.0, 34.0], relative_humidity_ratio=0.4, pressure_kpa=100.3)
    kw = dry_cooler_capacity(COOLER, supply_c=32.0, rise_k=8.0, air=air)
    for factor, is_met in ((0.999, True), (1.001, False)):
        state = run_dry_coolers(
            COOLER,
            heat_kw=factor * kw,
            water_kw_per_k=factor * kw / 8.0,
            set_point_c=32.0,
            n_units=1,
            air=air,
        )
        assert state.setpoint_met.tolist() == [is_met] * 3


def test_warmer_air_and_colder_supply_both_cost_capacity():
    air = outdoor_air([26.0, 30.0, 34.0], relative_humidity_ratio=0.4, pressure_kpa=100.3)
    warm = dry_cooler_capacity(COOLER, supply_c=32.0, rise_k=8.0, air=air)
    cold = dry_cooler_capacity(COOLER, supply_c=30.0, rise_k=8.0, air=air)
    assert np.all(np.diff(warm) < 0)
    assert np.all(cold < warm)


def test_air_too_warm_leaves_no_capacity():
    air = outdoor_air(45.0, relative_humidity_ratio=0.5, pressure_kpa=100.3)
    assert float(dry_cooler_capacity(COOLER, supply_c=30.0, rise_k=8.0, air=air)) == 0.0
