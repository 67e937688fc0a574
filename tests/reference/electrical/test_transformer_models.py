"""Cooling stages, bursts, harmonics, dry types, headroom: other tools and hand results."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from power.physics.documents import HarmonicLoss
from power.physics.transformer_thermal import (
    Burst,
    ThermalState,
    continuous_headroom,
    dry_life_h,
    dry_thermal,
    load_loss_ratio,
    loading_limits,
    loss_increases,
    minutes_to_limit,
    oil_thermal,
    steady_state,
    thermal_course,
    thermal_parameters,
)
from tests.power.loadflow_cases import read
from tests.power.thermal import dry, oil, onaf, onan_stage, unit, with_fans

pytestmark = pytest.mark.reference


def test_fans_switch_as_in_transformer_thermal_model():
    case = read("transformer_thermal/cooling_switch")
    minutes = np.arange(1, case["n_samples"])
    current = np.zeros(minutes.size)
    for part in case["load"]["segments"]:
        current[(minutes > part["from_min"]) & (minutes <= part["to_min"])] = part["k"]
    first = case["initial_state"]
    start = ThermalState(
        np.array([first["top_oil_c"]]),
        np.array([first["delta_theta_h1_k"]]),
        np.array([first["delta_theta_h2_k"]]),
    )
    fans = thermal_parameters(
        [unit(oil(), rating_kva=90e3, cooling_stages=(onan_stage(rating_kva=63e3),))]
    )
    course = thermal_course(
        fans, current, ambient_c=case["ambient_c"], step_min=case["step_min"], start=start
    )
    for row in case["expected"]["at"]:
        i = row["minute"] - 1
        assert course.top_oil_c[0, i] == pytest.approx(row["top_oil_c"], abs=1e-6)
        assert course.hot_spot_c[0, i] == pytest.approx(row["hot_spot_c"], abs=1e-6)
    # Fans run from minute 316 to 767 and from 1041 to 1332.
    assert course.cooling_ratio[0] == pytest.approx((767 - 315 + 1332 - 1040) / 1440)


def test_the_equations_are_solved_as_by_a_general_integrator():
    # The three differential equations of IEC 60076-7, written out and left to LSODA.
    hours = np.array([0.4, 1.3, 0.7, 1.1, 0.2, 0.9])
    ambient = np.array([5.0, 12.0, 20.0, 26.0, 18.0, 9.0])

    def slope(minute, y):
        k = hours[min(int(minute // 60), 5)]
        oil_u = 52 * ((1 + 6 * k * k) / 7) ** 0.8 + ambient[min(int(minute // 60), 5)]
        gradient = 26 * k**1.3
        rate = 2 ** ((y[0] + y[1] - y[2] - 98) / 6)
        return [
            (oil_u - y[0]) / (0.5 * 150),
            (2 * gradient - y[1]) / (2 * 7),
            (gradient - y[2]) / (150 / 2),
            rate / 60,
        ]

    state, spots = np.array([30.0, 0.0, 0.0, 0.0]), []
    for hour in range(6):
        span = (60.0 * hour, 60.0 * hour + 60.0 - 1e-9)
        state = solve_ivp(slope, span, state, method="LSODA", rtol=1e-10, atol=1e-10).y[:, -1]
        spots.append(state[0] + state[1] - state[2])
    start = ThermalState(np.array([30.0]), np.array([0.0]), np.array([0.0]))
    course = thermal_course(onaf(), hours, ambient_c=ambient, step_min=60.0, start=start)
    assert course.hot_spot_c[0] == pytest.approx(np.array(spots), abs=1e-6)
    assert course.life_used_h[0] == pytest.approx(state[3], rel=2e-3)


@pytest.mark.parametrize(
    ("resolution", "peak_c", "rate"), [(1.0, 119.96, 1.980), (15.0, 113.87, 1.502)]
)
def test_a_burst_over_hourly_means_ages_as_tabulated(resolution, peak_c, rate):
    # 20 minutes of 1.4 in every hour over 0.6: mean 0.8667, peak over mean 1.6154, duty one third.
    mean = (20 * 1.4 + 40 * 0.6) / 60
    burst = Burst(1.4 / mean, 1 / 3, 60.0, resolution_min=resolution)
    course = thermal_course(onaf(), np.full(24, mean), ambient_c=25.0, step_min=60.0, burst=burst)
    assert course.hot_spot_max_c[0] == pytest.approx(peak_c, abs=0.01)
    # The table is a right-hand sum of one-minute samples; the integral itself lies 0.5 % off.
    assert course.ageing_ratio[0] == pytest.approx(rate, rel=0.005)


def test_a_us_unit_reaches_85_and_110_degrees_by_clause_7_with_its_own_exponents():
    us = unit(oil_thermal("onaf", "ieee"), load_loss_kw=5.0, no_load_loss_kw=1.0)
    clause_7 = thermal_parameters([us], method="ieee")
    rated = steady_state(clause_7, 1.0, ambient_c=30.0)
    assert rated.top_oil_c[0] == pytest.approx(85.0)
    assert rated.hot_spot_c[0] == pytest.approx(110.0)
    # By hand for K = 1.2 from cold: n = 0.9, m = 0.8, time constants 150 and 7 min.
    cold = ThermalState(np.array([30.0]), np.array([0.0]), np.array([0.0]))
    course = thermal_course(clause_7, np.full(8, 1.2), ambient_c=30.0, step_min=30.0, start=cold)
    t = 30.0 * np.arange(1, 9)
    oil_k = 55 * ((1.44 * 5 + 1) / 6) ** 0.9 * (1 - np.exp(-t / 150))
    winding_k = 25 * 1.2**1.6 * (1 - np.exp(-t / 7))
    assert course.hot_spot_c[0] == pytest.approx(30 + oil_k + winding_k, abs=1e-9)
    # The overshoot that clause 7 does not know: IEC's hot spot is higher half an hour in.
    iec = thermal_course(
        thermal_parameters([us]), np.full(8, 1.2), ambient_c=30.0, step_min=30.0, start=cold
    )
    assert iec.hot_spot_c[0, 0] > course.hot_spot_c[0, 0] + 10.0


def test_clause_7_adds_the_ambient_without_delay():
    # By hand: a jump of the air by 15 K at constant load is in oil and hot spot at once, and stays.
    us = unit(oil_thermal("onaf", "ieee"))
    air_c = np.array([10.0, 10.0, 25.0, 25.0])
    for item in (us, us.model_copy(update={"cooling_stages": (onan_stage(start_c=99.0),)})):
        clause_7 = thermal_parameters([item], method="ieee")
        course = thermal_course(
            clause_7, np.full(4, 0.5), ambient_c=air_c, step_min=30.0, start="steady"
        )
        assert np.diff(course.hot_spot_c[0]) == pytest.approx([0.0, 15.0, 0.0], abs=1e-9)
        assert np.diff(course.hot_spot_peak_c[0]) == pytest.approx([0.0, 15.0, 0.0], abs=1e-9)
        again = thermal_course(clause_7, np.full(4, 0.5), ambient_c=air_c, step_min=30.0)
        assert again.hot_spot_c == pytest.approx(course.hot_spot_c, abs=0.02)
    delayed = thermal_course(
        thermal_parameters([us]), np.full(4, 0.5), ambient_c=air_c, step_min=30.0, start="steady"
    )
    assert 0.0 < np.diff(delayed.hot_spot_c[0])[1] < 6.0


def test_at_constant_load_the_hot_spot_of_clause_7_is_the_air_and_its_rated_share():
    # 25 K and 55 K at half current by hand; the air falls as well as rises, over two weeks.
    us = thermal_parameters([unit(oil_thermal("onaf", "ieee"))], method="ieee")
    air_c = 15.0 + np.random.default_rng(5).uniform(-10.0, 10.0, 336)
    rise_k = 55 * ((1 + 6 * 0.25) / 7) ** 0.9 + 25 * 0.5**1.6
    course = thermal_course(us, np.full(336, 0.5), ambient_c=air_c, step_min=60.0)
    assert course.hot_spot_c[0] == pytest.approx(air_c + rise_k, abs=1e-6)
    assert course.hot_spot_peak_c[0] == pytest.approx(air_c + rise_k, abs=1e-6)


def test_a_cast_resin_unit_follows_one_exponential_by_hand():
    # Class F: 145 degC at 20 degC ambient and rated load, where life is 180,000 h.
    resin = thermal_parameters([unit(dry(), no_load_loss_kw=0.0)])
    assert steady_state(resin, 1.0, ambient_c=20.0).hot_spot_c[0] == pytest.approx(145.0)
    t = 10.0 * np.arange(1, 13)
    cold = ThermalState(np.array([20.0]), np.array([0.0]), np.array([0.0]))
    course = thermal_course(resin, np.full(12, 1.2), ambient_c=20.0, step_min=10.0, start=cold)
    by_hand = 20 + 125 * 1.2**1.6 * (1 - np.exp(-t / 30))
    assert course.hot_spot_c[0] == pytest.approx(by_hand, abs=1e-6)
    # The air has no delay: a jump of it is in the hot spot at once.
    jump = thermal_course(
        resin, np.full(4, 0.5), ambient_c=[20.0, 20.0, 30.0, 30.0], step_min=1.0, start="steady"
    )
    assert np.diff(jump.hot_spot_c[0]) == pytest.approx([0.0, 10.0, 0.0], abs=1e-9)
    held = thermal_course(resin, np.ones(48), ambient_c=20.0, step_min=30.0)
    assert held.ageing_ratio[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("insulation", "a_h", "b_k", "rated_c"),
    [
        ("105", 3.10e-14, 15900, 95),
        ("120", 5.48e-15, 17212, 110),
        ("130", 1.72e-15, 18115, 120),
        ("155", 9.60e-17, 20475, 145),
        ("180", 5.35e-18, 22979, 170),
        ("200", 5.31e-19, 25086, 190),
        ("220", 5.26e-20, 27285, 210),
    ],
)
def test_life_of_dry_types_is_that_of_the_table_of_iec_60076_12(insulation, a_h, b_k, rated_c):
    # Table 1: life = a exp(b / T); a is printed with three digits.
    for hot_spot_c in (rated_c - 20, rated_c, rated_c + 20):
        printed_h = a_h * np.exp(b_k / (hot_spot_c + 273))
        assert dry_life_h(hot_spot_c, insulation=insulation) == pytest.approx(printed_h, rel=0.02)
    assert dry_life_h(rated_c, insulation=insulation) == pytest.approx(180_000)
    assert dry_life_h(rated_c + 6, insulation=insulation) == pytest.approx(90_000, rel=1e-3)


def test_the_rated_hot_spot_of_class_f_is_that_of_its_rise():
    # 20 degC yearly mean and 1.25 times 100 K.
    resin = dry_thermal("155")
    assert 20 + resin.hot_spot_ratio * resin.winding_rise_k == 145


def test_harmonics_raise_eddy_losses_and_nothing_else():
    # F_HL 8, eddy loss 10 % of I2R, RMS squared 1.1: 1.98 over 1.10 of rated I2R, so 1.80.
    harmonics = HarmonicLoss(eddy_increase_ratio=8.0, eddy_share_ratio=0.10)
    assert 1.1 * load_loss_ratio(harmonics) == pytest.approx(1.80)
    heated = thermal_parameters([unit(oil(), harmonics=harmonics)])
    state = steady_state(heated, np.sqrt(1.1), ambient_c=20.0)
    assert state.top_oil_c[0] == pytest.approx(20 + 52 * ((1 + 6 * 1.8) / 7) ** 0.8)
    assert state.hot_spot_c[0] - state.top_oil_c[0] == pytest.approx(26 * 1.8**0.65)
    # A fifth harmonic of 20 % and a seventh of 10 %, by hand.
    eddy, stray = loss_increases({5: 0.2, 7: 0.1})
    assert eddy == pytest.approx((1 + 0.04 * 25 + 0.01 * 49) / 1.05)
    assert stray == pytest.approx((1 + 0.04 * 5**0.8 + 0.01 * 7**0.8) / 1.05)


@pytest.mark.parametrize(
    ("regime", "top_oil_c", "hot_spot_c", "currents"),
    [
        ("normal_cyclic", 105, 120, [1.5, 1.5, 1.3]),
        ("long_time_emergency", 115, 140, [1.8, 1.5, 1.3]),
        ("short_time_emergency", 115, 160, [2.0, 1.8, 1.5]),
    ],
)
def test_limits_by_regime_are_those_of_the_guide(regime, top_oil_c, hot_spot_c, currents):
    limits = loading_limits([2500.0, 5000.0, 100e3], regime)
    assert limits.top_oil_c.tolist() == [top_oil_c] * 3
    assert limits.hot_spot_c.tolist() == [hot_spot_c] * 3
    assert limits.current_ratio.tolist() == currents


def test_the_minutes_after_a_failure_by_hand():
    # k21 = 1, oil without losses to speak of held at 60 degC by the room: the winding alone moves.
    # 60 + 26 K^1.3 (1 - exp(-t / 7)) = 90 with K = 1.5: t = -7 ln(1 - 30 / 44.04).
    simple = onaf(k11_pu=1.0, k21_pu=1.0, k22_pu=1.0, oil_time_min=1e9, hot_spot_limit_c=90.0)
    start = ThermalState(np.array([60.0]), np.array([0.0]), np.array([0.0]))
    found = minutes_to_limit(simple, start, after_ratio=1.5, ambient_c=20.0)
    assert found.minutes[0] == pytest.approx(-7 * np.log(1 - 30 / (26 * 1.5**1.3)), rel=1e-5)
    assert found.criterion == ("hot_spot",)


def test_the_continuous_headroom_of_a_constant_load_by_hand():
    # Ageing 1 all year is 98 degC: rated current at 20 degC. At 30 degC it is K = 0.9060.
    year = np.full((1, 96), 0.5)
    cool = continuous_headroom(onaf(), year, ambient_c=20.0, step_min=60.0, power_factor=0.9)
    assert cool.criterion == ("life",)
    assert cool.added_kva[0] == pytest.approx(500.0, abs=0.3)
    assert cool.added_kw[0] == pytest.approx(450.0, abs=0.3)
    k = (
        0.5
        + continuous_headroom(
            onaf(), year, ambient_c=30.0, step_min=60.0, power_factor=1.0
        ).added_ratio[0]
    )
    hot_spot_c = 30 + 52 * ((1 + 6 * k * k) / 7) ** 0.8 + 26 * k**1.3
    assert hot_spot_c == pytest.approx(98.0, abs=0.02)


def test_the_lower_stage_has_its_own_base():
    # 63/90 MVA: K and R on the stage that runs. By hand at 40 MVA without fans, 20 degC.
    fans = thermal_parameters(
        [unit(oil(), rating_kva=90e3, cooling_stages=(onan_stage(rating_kva=63e3),))]
    )
    course = thermal_course(fans, np.full(4, 40 / 90), ambient_c=20.0, step_min=60.0)
    k, r = 40 / 63, 6 * (63 / 90) ** 2
    top_oil_c = 20 + 52 * ((1 + r * k * k) / (1 + r)) ** 0.8
    assert course.top_oil_c[0] == pytest.approx(np.full(4, top_oil_c))
    assert course.hot_spot_c[0] == pytest.approx(np.full(4, top_oil_c + 26 * k**1.3))
    assert course.cooling_ratio[0] == 0.0
    assert with_fans().lower[0].exists.all()
