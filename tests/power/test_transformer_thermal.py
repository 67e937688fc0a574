import numpy as np
import pytest

from facility.kernel.errors import InputError
from power.physics.transformer_thermal import (
    continuous_rating_ratio,
    relative_ageing,
    steady_state,
    thermal_course,
    thermal_parameters,
    timed_rating_ratio,
)
from tests.power.sites import transformer
from tests.power.thermal import onaf, with_oil


@pytest.mark.reference
def test_rated_load_in_the_rated_ambient_ends_at_the_rated_hot_spot():
    # IEC: 20 degC yearly mean and 52 + 26 K; by hand 98 degC, where normal paper ages at rate 1.
    state = steady_state(onaf(), 1.0, ambient_c=20.0)
    assert state.top_oil_c[0] == pytest.approx(72.0)
    hot_spot_c = state.top_oil_c + state.fast_k - state.slow_k
    assert hot_spot_c[0] == pytest.approx(98.0)
    assert relative_ageing(hot_spot_c, upgraded=False)[0] == pytest.approx(1.0)


@pytest.mark.reference
def test_the_continuous_rating_meets_its_limit():
    parameters = onaf()
    ratio = continuous_rating_ratio(parameters, ambient_c=20.0)
    # By hand at K = 1.1989: 52 ((1 + 6 K^2) / 7)^0.8 = 66.9 K and 26 K^1.3 = 32.9 K.
    assert ratio[0] == pytest.approx(1.1989, abs=2e-4)
    state = steady_state(parameters, ratio, ambient_c=20.0)
    assert (state.top_oil_c + state.fast_k - state.slow_k)[0] == pytest.approx(120.0, abs=1e-6)


def test_the_oil_limit_may_bind_before_the_hot_spot():
    parameters = onaf(hot_spot_rise_k=5.0)
    ratio = continuous_rating_ratio(parameters, ambient_c=40.0)
    assert steady_state(parameters, ratio, ambient_c=40.0).top_oil_c[0] == pytest.approx(105.0)


@pytest.mark.reference
def test_the_current_a_transformer_bears_for_a_time_meets_the_limit_at_its_end():
    # By hand, k21 = 1: oil and winding each rise by one exponential from a steady 0.6.
    parameters = onaf(k11_pu=1.0, k21_pu=1.0, k22_pu=1.0)
    minutes = 60.0
    ratio = timed_rating_ratio(parameters, before_ratio=0.6, ambient_c=20.0, duration_min=minutes)[
        0
    ]

    def rises(k):
        return 52 * ((1 + 6 * k * k) / 7) ** 0.8, 26 * k**1.3

    (oil_0, spot_0), (oil_1, spot_1) = rises(0.6), rises(ratio)
    oil = oil_1 + (oil_0 - oil_1) * np.exp(-minutes / 150)
    spot = spot_1 + (spot_0 - spot_1) * np.exp(-minutes / 7)
    assert 20 + oil + spot == pytest.approx(120.0, abs=1e-6)


def test_a_transformer_bears_more_for_a_shorter_time_and_less_after_more_load():
    def ratio(minutes, before):
        return timed_rating_ratio(
            onaf(), before_ratio=before, ambient_c=20.0, duration_min=minutes
        )[0]

    assert ratio(15.0, 0.6) > ratio(120.0, 0.6) > ratio(1e5, 0.6)
    assert ratio(60.0, 0.4) > ratio(60.0, 1.0)
    assert ratio(1e5, 0.6) == pytest.approx(
        continuous_rating_ratio(onaf(), ambient_c=20.0)[0], abs=1e-6
    )


def test_the_rating_falls_with_the_ambient_and_ends_at_zero():
    parameters = onaf()
    ratios = [continuous_rating_ratio(parameters, ambient_c=t)[0] for t in (0.0, 20.0, 40.0)]
    assert ratios == sorted(ratios, reverse=True)
    assert continuous_rating_ratio(parameters, ambient_c=120.0)[0] == 0.0


def test_an_indoor_transformer_keeps_its_own_ambient():
    indoor = onaf(ambient_c=35.0)
    assert steady_state(indoor, 0.5, ambient_c=-10.0).top_oil_c == pytest.approx(
        steady_state(onaf(), 0.5, ambient_c=35.0).top_oil_c
    )
    cold = thermal_course(indoor, [0.5] * 4, ambient_c=[-10.0] * 4, step_min=60.0)
    warm = thermal_course(onaf(), [0.5] * 4, ambient_c=[35.0] * 4, step_min=60.0)
    assert cold.hot_spot_c == pytest.approx(warm.hot_spot_c)


def test_an_overshoot_inside_an_interval_is_seen():
    # A strong, fast gradient over little oil rise peaks well before the four hours are over.
    steep = onaf(k21_pu=3.0, hot_spot_rise_k=40.0, top_oil_rise_k=30.0)
    course = thermal_course(
        steep, [0.4] * 6 + [1.4] + [0.4] * 5, ambient_c=[20.0] * 12, step_min=240.0
    )
    assert course.hot_spot_max_c[0] > course.hot_spot_c.max() + 10.0


def test_currents_beyond_the_cyclic_limit_are_flagged():
    course = thermal_course(onaf(), [1.0, 1.6], ambient_c=[20.0, 20.0], step_min=60.0)
    assert course.above_range.tolist() == [[False, True]]


def test_the_paper_of_the_document_decides_the_law():
    hot = {"ambient_c": np.full(24, 40.0), "step_min": 60.0}
    normal = thermal_course(onaf(), np.ones(24), **hot)
    upgraded = thermal_course(onaf(paper="upgraded"), np.ones(24), **hot)
    assert normal.ageing_ratio[0] == pytest.approx(2 ** (20 / 6))
    assert upgraded.ageing_ratio[0] == pytest.approx(np.exp(15000 / 383 - 15000 / (118 + 273)))


def test_a_steady_start_at_constant_load_stays_there():
    course = thermal_course(onaf(), [0.8] * 5, ambient_c=[20.0] * 5, step_min=30.0, start="steady")
    assert np.ptp(course.hot_spot_c) < 1e-9


def test_transformers_without_oil_data_are_refused_by_name():
    dry = transformer("DRY", ("a", "b"), 100.0)
    with pytest.raises(InputError, match="DRY"):
        thermal_parameters([with_oil(), dry])
    with pytest.raises(InputError, match="one row"):
        thermal_course(onaf(), np.ones((2, 3)), ambient_c=np.ones(3), step_min=60.0)
