"""Air in a hall."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from thermal.physics.room import (
    fractions_from_power_matrix,
    hall_air,
    inlet_temperatures,
    recirculation,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "thermal"
CASES = {
    case["id"]: case for case in json.loads((REFERENCE / "analytic.json").read_text())["cases"]
}
THREE = CASES["recirculation_three_racks"]
RATE_20_C = 101.325 / (0.287042 * 293.15) * 1.006
flow_lists = st.lists(st.floats(0.1, 5.0), min_size=1, max_size=6)


@pytest.mark.reference
def test_three_racks_that_breathe_each_others_air():
    inputs = THREE["inputs"]
    inlet = inlet_temperatures(
        fractions=inputs["Phi"], supply_c=inputs["T_sup_C"], rise_k=inputs["dT_K"]
    )
    assert inlet == pytest.approx(THREE["expected"]["T_in_C"], abs=1e-8)
    assert inlet + inputs["dT_K"] == pytest.approx(THREE["expected"]["T_out_C"], abs=1e-8)


@pytest.mark.reference
def test_the_power_matrix_of_tang_gives_the_shares_back():
    case = CASES["tang_matrix_equivalence"]
    inputs = case["inputs"]
    matrix = np.array(case["expected"]["D_K_per_W"]) * 1000.0
    rate = np.array(inputs["K_W_per_K"]) / 1000.0
    shares = fractions_from_power_matrix(rise_k_per_kw=matrix, rack_kw_per_k=rate)
    assert shares == pytest.approx(np.array(inputs["Phi"]), abs=1e-6)
    heat = np.array(inputs["q_W"]) / 1000.0
    inlet = inlet_temperatures(fractions=shares, supply_c=22.0, rise_k=heat / rate)
    assert inlet == pytest.approx(22.0 + matrix @ heat, abs=1e-4)


def test_a_year_of_steps_is_each_step_alone():
    shares = np.array(THREE["inputs"]["Phi"])
    rise = np.array([[12.0, 9.0], [16.0, 11.0], [20.0, 15.0]])
    supply = np.array([22.0, 18.0])
    together = inlet_temperatures(fractions=shares, supply_c=supply, rise_k=rise)
    for step in range(2):
        alone = inlet_temperatures(fractions=shares, supply_c=supply[step], rise_k=rise[:, step])
        assert together[:, step] == pytest.approx(alone, rel=1e-14)


def test_a_rack_without_supply_air_is_refused():
    with pytest.raises(InputError, match="below 1"):
        inlet_temperatures(fractions=[[0.6, 0.4], [0, 0]], supply_c=20.0, rise_k=[10.0, 10.0])


def aisle(flows, supply, leakage, weights=None, view=None):
    n = len(flows)
    return recirculation(
        rack_flow_m3_s=flows,
        supply_flow_m3_s=supply,
        leakage_ratio=leakage,
        weights=np.ones(n) if weights is None else weights,
        exhaust_weights=np.ones((n, n)) if view is None else view,
    )


def test_an_aisle_by_hand():
    # 4 m³/s wanted, 3 supplied: 1 comes round again, with twice the share in the second rack.
    paths = aisle([2.0, 2.0], 3.0, 0.02, weights=[1.0, 2.0])
    assert paths.recirculated_m3_s == pytest.approx(1.0)
    assert paths.bypass_m3_s == 0.0
    assert paths.fractions.sum(axis=1) == pytest.approx([1 / 6, 1 / 3])
    assert paths.fractions[1] == pytest.approx([1 / 6, 1 / 6])


def test_leakage_comes_round_even_with_supply_enough():
    paths = aisle([2.0, 2.0], 5.0, 0.1)
    assert paths.recirculated_m3_s == pytest.approx(0.4)
    assert paths.bypass_m3_s == pytest.approx(5.0 - 3.6)


def test_a_rack_sees_only_the_exhaust_its_weights_allow():
    paths = aisle([1.0, 3.0], 2.0, 0.0, view=[[1.0, 0.0], [1.0, 1.0]])
    assert paths.fractions[0] == pytest.approx([0.5, 0.0])
    assert paths.fractions[1] == pytest.approx([0.125, 0.375])


@pytest.mark.property
@given(
    flows=flow_lists,
    supply_share=st.floats(0.02, 2.0),
    leakage=st.floats(0.0, 0.6),
    seed=st.integers(0, 1000),
)
def test_mass_balances_close_in_every_aisle(flows, supply_share, leakage, seed):
    random = np.random.default_rng(seed)
    n, total = len(flows), sum(flows)
    supply = supply_share * total
    paths = aisle(
        flows,
        supply,
        leakage,
        weights=random.uniform(0.1, 50.0, n),
        view=random.uniform(0.1, 1.0, (n, n)),
    )
    share = paths.fractions.sum(axis=1)
    assert (share < 1.0).all()
    drawn_again = share @ np.array(flows)
    assert drawn_again == pytest.approx(paths.recirculated_m3_s, rel=1e-9, abs=1e-12)
    # Cold aisle: intake is supply used and exhaust. Hot aisle: what is left and bypass returns.
    assert supply - paths.bypass_m3_s + drawn_again == pytest.approx(total, rel=1e-9)
    assert paths.bypass_m3_s >= 0.0
    assert paths.recirculated_m3_s >= leakage * total - 1e-12


def hall(**changes):
    base = {
        "supply_c": 20.0,
        "supply_flow_m3_s": 8.0,
        "rack_flow_m3_s": [[4.0], [6.0]],
        "rack_heat_kw": [[60.0], [90.0]],
        "leakage_ratio": 0.02,
        "weights": [1.0, 1.0],
        "pressure_kpa": 101.325,
    }
    return hall_air(**{**base, **changes})


def test_a_short_hall_by_hand():
    # 10 m³/s through the racks, 8 supplied: 20 % of each intake is exhaust.
    air = hall()
    hot_k = 150.0 / (RATE_20_C * 8.0)
    assert air.hot_aisle_c[0] == pytest.approx(20.0 + hot_k)
    assert air.inlet_c[:, 0] == pytest.approx([20.0 + 0.2 * hot_k] * 2)
    assert air.outlet_c[:, 0] == pytest.approx([20.0 + 0.2 * hot_k + 15.0 / RATE_20_C] * 2)
    assert air.return_c[0] == pytest.approx(air.hot_aisle_c[0])
    assert air.recirculated_m3_s[0] == pytest.approx(2.0)
    assert air.bypass_m3_s[0] == 0.0


def test_surplus_supply_bypasses_and_cools_the_return():
    air = hall(supply_flow_m3_s=16.0)
    assert air.bypass_m3_s[0] == pytest.approx(16.0 - 9.8)
    assert air.return_c[0] == pytest.approx(20.0 + 150.0 / (RATE_20_C * 16.0))
    assert air.return_c[0] < air.hot_aisle_c[0]


@pytest.mark.reference
@pytest.mark.parametrize("supply_flow", [5.0, 9.9, 14.0])
def test_a_hall_of_cohorts_is_the_matrix_of_fractions(supply_flow):
    flow, heat, weights = np.array([4.0, 6.0, 1.5]), np.array([60.0, 50.0, 30.0]), [1.0, 2.0, 0.5]
    air = hall(
        supply_flow_m3_s=supply_flow, rack_flow_m3_s=flow, rack_heat_kw=heat, weights=weights
    )
    paths = aisle(flow, supply_flow, 0.02, weights=weights)
    inlet = inlet_temperatures(
        fractions=paths.fractions, supply_c=20.0, rise_k=heat / (RATE_20_C * flow)
    )
    assert air.inlet_c == pytest.approx(inlet, rel=1e-12)


@pytest.mark.property
@given(
    flows=flow_lists,
    supply_share=st.floats(0.05, 2.0),
    leakage=st.floats(0.0, 0.5),
    pressure=st.floats(75.0, 103.0),
    seed=st.integers(0, 1000),
)
def test_the_units_take_out_exactly_the_heat_that_goes_in(
    flows, supply_share, leakage, pressure, seed
):
    random = np.random.default_rng(seed)
    flow = np.array(flows)
    heat = random.uniform(0.0, 100.0, flow.size)
    supplied = supply_share * flow.sum()
    air = hall(
        supply_flow_m3_s=supplied,
        rack_flow_m3_s=flow,
        rack_heat_kw=heat,
        leakage_ratio=leakage,
        weights=random.uniform(0.1, 20.0, flow.size),
        pressure_kpa=pressure,
    )
    rate = pressure / (0.287042 * 293.15) * 1.006
    assert rate * supplied * (air.return_c - 20.0) == pytest.approx(heat.sum(), rel=1e-9)
    mixed = (flow @ air.outlet_c) / flow.sum()
    assert mixed == pytest.approx(float(air.hot_aisle_c), rel=1e-9)
    assert (air.inlet_c >= 20.0).all()
    assert (air.inlet_c <= air.hot_aisle_c + 1e-9).all()


def test_thin_air_warms_the_hall_more():
    assert hall(pressure_kpa=82.7).return_c - 20.0 == pytest.approx(
        (hall().return_c - 20.0) * 101.325 / 82.7
    )


def test_steps_and_cohorts_of_equal_number_are_not_mixed_up():
    steps = hall(supply_c=[18.0, 24.0], rack_flow_m3_s=[4.0, 6.0], rack_heat_kw=[60.0, 90.0])
    assert steps.inlet_c.shape == steps.outlet_c.shape == (2, 2)
    for step, supply_c in enumerate((18.0, 24.0)):
        alone = hall(supply_c=supply_c, rack_flow_m3_s=[4.0, 6.0], rack_heat_kw=[60.0, 90.0])
        assert steps.outlet_c[:, step] == pytest.approx(alone.outlet_c, rel=1e-14)


def test_a_cohort_that_is_off_keeps_the_air_of_its_intake():
    air = hall(rack_flow_m3_s=[[4.0], [0.0]], rack_heat_kw=[[60.0], [0.0]])
    assert air.outlet_c[1] == air.inlet_c[1]


def test_heat_without_air_and_a_hall_without_air_are_refused():
    with pytest.raises(InputError, match="needs air to carry it"):
        hall(rack_flow_m3_s=[[4.0], [0.0]])
    with pytest.raises(InputError, match="some rack air must move"):
        hall(rack_flow_m3_s=[[0.0], [0.0]])
    with pytest.raises(InputError, match="one value for each cohort"):
        hall(weights=[1.0])
