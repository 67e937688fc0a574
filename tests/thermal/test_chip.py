"""One chip under its power cap and its temperature limit."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from facility.kernel.errors import InputError
from thermal.physics.chip import Cause, clock_loss, exponential_leakage, steady_chip

REFERENCE = Path(__file__).parents[1] / "reference" / "thermal"
CASES = {
    case["id"]: case for case in json.loads((REFERENCE / "analytic.json").read_text())["cases"]
}
BOARDS = json.loads((REFERENCE / "gpu_thermal_limits.json").read_text())["rows"]
BOARD = {
    "resistance_k_per_w": 0.06,
    "idle_w": 70.0,
    "reference_w": 700.0,
    "cap_w": 700.0,
    "limit_c": 87.0,
    "shutdown_c": 95.0,
    "utilisation_ratio": 1.0,
    "clock_exponent": 2.2,
    "leakage_w_per_k": 0.7,
}


def chip(**changes):
    return steady_chip(**{**BOARD, **changes})


@pytest.mark.reference
def test_the_published_table_of_cap_and_temperature():
    # Columns of the worked table: 700 W board, 0.1 %/K of leakage, seven inlet temperatures.
    state = chip(inlet_c=[15, 20, 25, 35, 40, 46, 50])
    assert state.power_w == pytest.approx([697.81, 700, 700, 700, 700, 683.33, 616.67], abs=0.005)
    assert state.junction_c == pytest.approx([56.87, 62, 67, 77, 82, 87, 87], abs=0.005)
    assert state.clock_ratio == pytest.approx(
        [1, 0.99899, 0.99646, 0.99137, 0.98881, 0.97393, 0.92267], abs=5e-6
    )
    assert state.cause.tolist() == [0, 1, 1, 1, 1, 2, 2]
    assert not state.unmet.any()


@pytest.mark.reference
def test_ten_kelvin_of_inlet_cost_half_a_per_cent_of_clock_under_the_cap():
    for leakage_w_per_k, lost in ((0.7, 0.0051), (1.4, 0.0103)):
        cool, warm = chip(inlet_c=[25.0, 35.0], leakage_w_per_k=leakage_w_per_k).clock_ratio
        assert cool - warm == pytest.approx(lost, abs=5e-5)


@pytest.mark.reference
def test_without_leakage_the_throttle_is_the_closed_form():
    inputs = CASES["throttle_closed_form"]["inputs"]
    expected = CASES["throttle_closed_form"]["expected"]
    state = steady_chip(
        inlet_c=inputs["T_in_C"],
        resistance_k_per_w=inputs["R_K_per_W"],
        idle_w=inputs["P_idle_W"],
        reference_w=inputs["P_tdp_W"],
        cap_w=1e9,
        limit_c=inputs["T_max_C"],
        shutdown_c=200.0,
        utilisation_ratio=1.0,
        clock_exponent=inputs["alpha"],
        leakage_w_per_k=0.0,
    )
    assert state.power_w == pytest.approx(expected["P_max_W"], rel=1e-9)
    assert state.clock_ratio == pytest.approx(expected["s"], rel=1e-9)
    assert state.junction_c == pytest.approx(expected["T_j_C"], rel=1e-9)


@pytest.mark.reference
def test_without_limits_leakage_is_the_closed_fixed_point():
    inputs = CASES["leakage_linear"]["inputs"]
    expected = CASES["leakage_linear"]["expected"]
    free = {
        "inlet_c": inputs["T_in_C"],
        "resistance_k_per_w": inputs["R_K_per_W"],
        "reference_w": inputs["P0_W"],
        "leakage_reference_c": inputs["T_ref_C"],
        "cap_w": 1e6,
        "limit_c": 1e5,
        "shutdown_c": 1e6,
    }
    state = chip(**free, leakage_w_per_k=inputs["k_W_per_K"])
    assert state.power_w == pytest.approx(expected["P_W"], rel=1e-9)
    assert state.junction_c == pytest.approx(expected["T_j_C"], rel=1e-9)
    assert state.runaway_margin_ratio == pytest.approx(1 - 0.06)

    example = CASES["leakage_linear"]["runaway_example"]
    state = chip(**free, leakage_w_per_k=example["k_W_per_K"])
    assert state.runaway_margin_ratio == pytest.approx(1 - example["R_times_k"])
    assert np.isfinite(state.power_w)


@pytest.mark.reference
def test_exponential_leakage_meets_the_lambert_form():
    case = CASES["leakage_exponential"]
    inputs = case["inputs"]
    common = {
        "inlet_c": inputs["T_in_C"],
        "resistance_k_per_w": inputs["R_K_per_W"],
        "dynamic_w": inputs["P_dyn_W"],
        "leakage_growth_per_k": inputs["beta_per_K"],
        "leakage_reference_c": inputs["T_ref_C"],
    }
    state = exponential_leakage(**common, leakage_w=inputs["P_leak0_W"])
    assert state.junction_c == pytest.approx(case["expected"]["T_j_C"], abs=1e-6)
    assert state.criticality_ratio == pytest.approx(case["expected"]["c"], abs=1e-10)
    assert not state.runaway

    critical_w = case["critical"]["P_leak0_W"]
    edge = exponential_leakage(**common, leakage_w=[critical_w * 0.9999, critical_w * 1.0001])
    assert edge.runaway.tolist() == [False, True]
    assert edge.fold_c == pytest.approx([case["critical"]["T_j_C_at_fold"]] * 2, abs=1e-6)
    assert edge.junction_c[1] == pytest.approx(edge.fold_c[1], abs=1e-6)
    assert edge.runaway_margin_ratio[1] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.reference
@pytest.mark.parametrize("board", BOARDS, ids=[row["gpu"] for row in BOARDS])
def test_limits_of_real_boards_hold_in_hot_coolant(board):
    limits = board["power_limit_W"]
    state = steady_chip(
        inlet_c=np.linspace(15.0, 75.0, 13),
        resistance_k_per_w=30.0 / limits["max"],
        idle_w=0.1 * limits["max"],
        reference_w=limits["max"],
        cap_w=limits["max"],
        limit_c=board["max_operating_C"],
        shutdown_c=board["shutdown_C"],
        utilisation_ratio=1.0,
        clock_exponent=2.2,
        leakage_w_per_k=0.001 * limits["max"],
    )
    assert (state.power_w <= limits["max"] * (1 + 1e-12)).all()
    assert (state.junction_c <= board["max_operating_C"] + 1e-9).all()
    assert not state.shutdown.any()


def solved_by_root_finding(inlet_c, use, cap_w, leakage, exponent):
    """Lower the clock until both limits hold, by bisection on the fixed point itself."""

    def settle(clock):
        def gap(power):
            junction = inlet_c + 0.06 * power
            return power - 70.0 - 630.0 * use * clock**exponent - leakage * (junction - 60.0)

        return brentq(gap, -1e5, 1e5, xtol=1e-10)

    def excess(clock):
        power = settle(clock)
        return max(power - cap_w, (inlet_c + 0.06 * power - 87.0) / 0.06)

    clock = 1.0 if excess(1.0) <= 0 else brentq(excess, 1e-9, 1.0, xtol=1e-12)
    return clock, settle(clock)


@pytest.mark.reference
@pytest.mark.parametrize("inlet_c", [18.0, 33.0, 45.0, 62.0])
@pytest.mark.parametrize("cap_w", [450.0, 700.0, 900.0])
@pytest.mark.parametrize("use", [0.3, 1.0])
def test_one_pass_is_what_root_finding_finds(inlet_c, cap_w, use):
    clock, power = solved_by_root_finding(inlet_c, use, cap_w, 0.9, 2.4)
    state = chip(
        inlet_c=inlet_c,
        cap_w=cap_w,
        utilisation_ratio=use,
        leakage_w_per_k=0.9,
        clock_exponent=2.4,
    )
    assert state.clock_ratio == pytest.approx(clock, rel=1e-8)
    assert state.power_w == pytest.approx(power, rel=1e-8)


def test_a_cap_below_idle_is_reported_as_unmet_and_still_closes():
    state = chip(inlet_c=25.0, cap_w=40.0)
    assert state.unmet
    assert state.cause == Cause.POWER_CAP
    assert state.clock_ratio == 0.0
    # 70 W of idle at 60 °C, less 0.7 W/K: P = (70 + 0.7 (25 - 60)) / (1 - 0.042)
    assert state.power_w == pytest.approx(45.5 / 0.958)


def test_a_floor_of_the_clock_can_break_the_limit_and_trip_the_board():
    state = chip(inlet_c=[60.0, 80.0], minimum_clock_ratio=0.8)
    assert state.clock_ratio.tolist() == [0.8, 0.8]
    assert state.unmet.tolist() == [True, True]
    assert state.shutdown.tolist() == [False, True]
    assert (state.junction_c > 87.0).all()


def test_an_inlet_above_shutdown_trips_an_idle_board():
    state = chip(inlet_c=96.0, utilisation_ratio=0.0)
    assert state.unmet
    assert state.shutdown


def test_an_inlet_above_the_limit_is_unmet_even_for_a_board_that_draws_nothing():
    state = chip(inlet_c=90.0, idle_w=0.0, leakage_w_per_k=0.0)
    assert state.unmet
    assert state.clock_ratio == 0.0
    assert state.junction_c == 90.0


def test_at_no_work_the_clock_is_free():
    state = chip(inlet_c=30.0, utilisation_ratio=0.0)
    assert state.clock_ratio == 1.0
    assert state.cause == Cause.NONE


def test_runaway_is_held_by_the_limit_and_lost_without_one():
    held = chip(inlet_c=40.0, leakage_w_per_k=17.0, idle_w=300.0)
    assert held.runaway_margin_ratio < 0.0
    assert held.power_w == pytest.approx(700.0)
    # In cold coolant the work fits under the cap, but nothing else would hold the chip there.
    cold = chip(inlet_c=-20.0, leakage_w_per_k=17.0, idle_w=100.0)
    assert cold.clock_ratio == 1.0
    assert cold.power_w == pytest.approx(700.0)
    lost = chip(inlet_c=86.0, leakage_w_per_k=17.0, idle_w=300.0)
    assert lost.shutdown


@pytest.mark.property
@given(
    inlet_c=st.floats(-10, 110),
    use=st.floats(0, 1),
    cap_w=st.floats(0, 1000),
    leakage=st.floats(0, 3),
    floor=st.floats(0, 1),
)
def test_a_chip_never_breaks_a_limit_unsaid(inlet_c, use, cap_w, leakage, floor):
    state = chip(
        inlet_c=inlet_c,
        utilisation_ratio=use,
        cap_w=cap_w,
        leakage_w_per_k=leakage,
        minimum_clock_ratio=floor,
    )
    assert np.isfinite(state.power_w)
    assert np.isfinite(state.junction_c)
    assert floor <= state.clock_ratio <= 1.0
    assert state.power_w >= 0.0
    assert state.junction_c == pytest.approx(inlet_c + 0.06 * state.power_w)
    if not state.unmet:
        assert state.power_w <= cap_w + 1e-6
        assert state.junction_c <= 87.0 + 1e-6
    if state.cause == Cause.NONE:
        assert state.clock_ratio == 1.0


@pytest.mark.property
@given(
    inlets=st.tuples(st.floats(0, 80), st.floats(0, 80)),
    use=st.floats(0, 1),
    cap_w=st.floats(100, 900),
)
def test_warmer_inlet_never_cools_a_chip_nor_raises_its_clock_at_fixed_resistance(
    inlets, use, cap_w
):
    state = chip(inlet_c=sorted(inlets), utilisation_ratio=use, cap_w=cap_w)
    assert state.junction_c[1] >= state.junction_c[0] - 1e-9
    assert state.clock_ratio[1] <= state.clock_ratio[0] + 1e-12


def test_arrays_give_what_their_elements_give():
    inlets = np.linspace(5.0, 95.0, 24).reshape(2, 12)
    caps = np.array([[500.0], [700.0]])
    together = chip(inlet_c=inlets, cap_w=caps)
    for place in np.ndindex(2, 12):
        alone = chip(inlet_c=inlets[place], cap_w=caps[place[0], 0])
        assert together.power_w[place] == pytest.approx(float(alone.power_w), rel=1e-14)
        assert together.cause[place] == alone.cause


def test_a_reference_power_below_idle_is_refused():
    with pytest.raises(InputError, match="reference_w less idle_w"):
        chip(inlet_c=20.0, reference_w=60.0)


def test_loss_is_booked_on_the_limit_that_holds_the_clock():
    inlets = np.array([25.0, 40.0, 50.0, 25.0])
    caps = np.array([700.0, 700.0, 700.0, 600.0])
    loss = clock_loss(
        actual=chip(inlet_c=inlets, cap_w=caps),
        reference=chip(inlet_c=25.0),
        cool_under_cap=chip(inlet_c=25.0, cap_w=caps),
    )
    # 40 °C costs 0.77 % against 25 °C, below the threshold; 50 °C throttles; 600 W caps.
    assert loss.throttled.tolist() == [False, False, True, False]
    assert loss.capped.tolist() == [False, False, False, True]
    assert loss.loss_ratio[1] == pytest.approx((0.99646 - 0.98881) / 0.99646, abs=1e-5)
    assert loss.leakage_loss_ratio == pytest.approx([0.0, 0.99646 - 0.98881, 0.0, 0.0], abs=1e-5)


def test_strong_leakage_under_the_cap_is_capped_with_its_whole_loss_named():
    leaky = {"leakage_w_per_k": 2.0}
    loss = clock_loss(
        actual=chip(inlet_c=40.0, **leaky),
        reference=chip(inlet_c=25.0, **leaky),
        cool_under_cap=chip(inlet_c=25.0, **leaky),
    )
    assert loss.capped
    assert not loss.throttled
    assert loss.leakage_loss_ratio > 0.01
