"""Chillers against Modelica Buildings, EnergyPlus and hand arithmetic."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from thermal.physics.chiller import (
    ChillerMachine,
    carnot_cop,
    constant_curves,
    full_load,
    run_chillers,
)
from thermal.physics.documents import ChillerCurves

FOLDER = Path(__file__).parents[1] / "reference/thermal"
SETS = json.loads((FOLDER / "chiller_curves.json").read_text())["sets"]


def machine(number, **changes):
    """Return one of the published machines: 0 Trane, 1 Carrier, 2 McQuay, 3 air-cooled."""
    data = SETS[number]
    curves = ChillerCurves(
        name=data["name"],
        cap_fun_t_coefficients=data["cap_ft"],
        eir_fun_t_coefficients=data["eir_ft"],
        eir_fun_plr_coefficients=data["eir_fplr"],
        leaving_low_c=data["x_range_C"][0],
        leaving_high_c=data["x_range_C"][1],
        condenser_low_c=data["y_range_C"][0],
        condenser_high_c=data["y_range_C"][1],
        plr_min_ratio=data["PLR_min"],
    )
    values = {"rated_kw": data["capacity_ref_W"] / 1000, "cop": data["COP_ref"], "curves": curves}
    return ChillerMachine(**{**values, **changes})


@pytest.mark.reference
def test_modelica_buildings_gives_the_same_cop_beyond_the_range_too():
    case = json.loads((FOLDER / "chiller_eir_modelica.json").read_text())
    chiller = machine(2, beyond="extrapolate")
    for row in case["rows"]:
        temperatures = {
            "leaving_c": row["T_chw_leaving_C"],
            "entering_c": row["T_condenser_entering_C"],
        }
        load = float(full_load(chiller, **temperatures).capacity_kw) * row["PLR"]
        state = run_chillers(chiller, load_kw=load, n_available=1, **temperatures)
        assert load / float(state.power_kw) == pytest.approx(row["COP"], rel=1e-5)


@pytest.mark.reference
def test_energyplus_gives_the_same_power_for_known_condenser_water():
    table = np.genfromtxt(FOLDER / "eplus_chiller_york_tower.csv.gz", delimiter=",", names=True)
    table = table[table["valid"] == 1]
    state = run_chillers(
        machine(0, rated_kw=1200.0),
        load_kw=table["chiller_evaporator_W"] / 1000,
        leaving_c=7.0,
        entering_c=table["T_condenser_entering_C"],
        n_available=1,
    )
    assert not state.extrapolated.any()
    np.testing.assert_allclose(state.power_kw * 1000, table["chiller_power_W"], rtol=1e-5)
    np.testing.assert_allclose(state.condenser_kw * 1000, table["chiller_condenser_W"], rtol=1e-5)


@pytest.mark.parametrize("number", range(4))
def test_every_set_gives_about_one_at_its_rating_point(number):
    data, chiller = SETS[number], machine(number)
    full = full_load(
        chiller,
        leaving_c=data["T_chw_leaving_ref_C"],
        entering_c=data.get("T_condenser_entering_ref_C", data.get("T_outdoor_air_ref_C")),
    )
    assert float(full.capacity_kw) == pytest.approx(chiller.rated_kw, rel=0.03)
    assert float(full.eir_ratio) * chiller.cop == pytest.approx(1.0, abs=0.02)
    assert not full.extrapolated


def test_the_carnot_rule_is_that_of_a_hand_calculation():
    # 19 and 33 °C: 292.15 / 14 = 20.868; 0.56 of it 11.686. Lift 14 K is above the least.
    assert float(carnot_cop(fraction_ratio=0.56, leaving_c=20.0, entering_c=27.0)) == pytest.approx(
        11.686, abs=1e-3
    )
    # Condensing 1 K above evaporating is held at 9 K: 292.15 / 9.
    assert float(carnot_cop(fraction_ratio=1.0, leaving_c=20.0, entering_c=14.0)) == pytest.approx(
        32.461, abs=1e-3
    )


def test_warm_water_scales_the_edge_of_the_curve_by_carnot():
    chiller = machine(0)
    edge = full_load(chiller, leaving_c=8.89, entering_c=25.0)
    warm = full_load(chiller, leaving_c=20.0, entering_c=25.0)
    # Evaporating 7.89 and 19, condensing 31: 281.04/23.11 against 292.15/12.
    expected = float(edge.eir_ratio) * (281.04 / 23.11) / (292.15 / 12.0)
    assert float(warm.eir_ratio) == pytest.approx(expected, rel=1e-9)
    assert float(warm.capacity_kw) == float(edge.capacity_kw)
    assert warm.extrapolated
    assert not edge.extrapolated


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(
    leaving_c=st.sampled_from([4.44, 8.89]),
    entering_c=st.sampled_from([12.78, 35.0]),
    step=st.floats(1e-9, 1e-6),
)
def test_leaving_the_range_makes_no_step(leaving_c, entering_c, step):
    sides = [
        full_load(machine(0), leaving_c=leaving_c + dx, entering_c=entering_c + dy)
        for dx in (-step, step)
        for dy in (-step, step)
    ]
    values = [float(side.eir_ratio) for side in sides]
    assert max(values) - min(values) < 1e-6


def test_as_few_machines_as_carry_the_load_share_it():
    chiller = ChillerMachine(1000.0, 5.0, constant_curves("flat", leaving_c=7.0, entering_c=30.0))
    load = np.array([0.0, 50.0, 1000.0, 1000.1, 2500.0, 4000.0])
    state = run_chillers(chiller, load_kw=load, leaving_c=7.0, entering_c=30.0, n_available=3)
    assert state.n_running.tolist() == [0, 1, 1, 2, 3, 3]
    assert state.evaporator_kw.tolist() == [0, 50, 1000, 1000.1, 2500, 3000]
    assert state.short.tolist() == [False] * 5 + [True]
    np.testing.assert_allclose(state.power_kw, state.evaporator_kw / 5)
    two = run_chillers(
        chiller, load_kw=500.0, leaving_c=7.0, entering_c=30.0, n_available=3, n_wanted=2
    )
    assert float(two.n_running) == 2
    none = run_chillers(chiller, load_kw=500.0, leaving_c=7.0, entering_c=30.0, n_available=0)
    assert none.short
    assert float(none.evaporator_kw) == float(none.power_kw) == 0


def test_below_its_least_part_load_a_machine_cycles():
    chiller = machine(0, rated_kw=1000.0)
    at = {"leaving_c": 5.56, "entering_c": 23.89, "n_available": 1}
    capacity = float(full_load(chiller, leaving_c=5.56, entering_c=23.89).capacity_kw)
    least = run_chillers(chiller, load_kw=0.1 * capacity, **at)
    half = run_chillers(chiller, load_kw=0.05 * capacity, **at)
    assert float(half.power_kw) == pytest.approx(float(least.power_kw) / 2)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(
    load=st.floats(0, 5000),
    leaving_c=st.floats(5, 30),
    entering_c=st.floats(5, 60),
    available=st.integers(0, 4),
)
def test_condenser_heat_is_evaporator_heat_plus_power(load, leaving_c, entering_c, available):
    state = run_chillers(
        machine(0),
        load_kw=load,
        leaving_c=leaving_c,
        entering_c=entering_c,
        n_available=available,
    )
    assert float(state.condenser_kw) == pytest.approx(
        float(state.evaporator_kw) + float(state.power_kw)
    )
    assert 0 <= float(state.part_load_ratio) <= 1
    assert float(state.evaporator_kw) <= load
    assert bool(state.short) == (load > float(state.evaporator_kw) * (1 + 1e-9))


def test_warmer_condenser_water_never_lowers_power_of_the_carrier_beyond_its_range():
    entering_c = np.linspace(26.67, 50.0, 200)
    full = full_load(machine(1), leaving_c=10.0, entering_c=entering_c)
    assert np.all(np.diff(full.eir_ratio) > 0)


def test_an_array_gives_what_its_elements_give():
    entering_c = np.array([10.0, 25.0, 45.0])
    together = run_chillers(
        machine(0), load_kw=2000.0, leaving_c=7.0, entering_c=entering_c, n_available=2
    )
    for i, level_c in enumerate(entering_c):
        alone = run_chillers(
            machine(0), load_kw=2000.0, leaving_c=7.0, entering_c=level_c, n_available=2
        )
        assert float(alone.power_kw) == together.power_kw[i]


def test_what_is_no_temperature_is_refused():
    with pytest.raises(InputError):
        full_load(machine(0), leaving_c=np.nan, entering_c=25.0)
    with pytest.raises(InputError):
        run_chillers(machine(0), load_kw=-1.0, leaving_c=7.0, entering_c=25.0, n_available=1)
