import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.transformer_thermal import (
    Burst,
    burst_factors,
    cooling_stage,
    thermal_course,
    thermal_of,
    thermal_parameters,
)
from tests.power.thermal import dry, oil, onaf, onan_stage, unit, with_fans

few = settings(max_examples=25, deadline=None)


def two_days(level: float) -> np.ndarray:
    return level + 0.4 * (np.arange(48) % 24 >= 12)


def test_fans_start_above_one_temperature_and_stop_below_another():
    course = thermal_course(with_fans(), two_days(0.5), ambient_c=20.0, step_min=60.0)
    always = thermal_course(onaf(), two_days(0.5), ambient_c=20.0, step_min=60.0)
    assert 0.2 < course.cooling_ratio[0] < 0.8
    assert course.hot_spot_max_c[0] > always.hot_spot_max_c[0]
    assert course.life_used_h[0] > always.life_used_h[0]


def test_a_periodic_course_with_fans_comes_back_to_its_start():
    course = thermal_course(with_fans(), two_days(0.5), ambient_c=20.0, step_min=60.0)
    assert course.top_oil_c[0, -1] == pytest.approx(course.start.top_oil_c[0], abs=0.1)
    again = thermal_course(
        with_fans(), two_days(0.5), ambient_c=20.0, step_min=60.0, start=course.start
    )
    assert again.life_used_h == pytest.approx(course.life_used_h, rel=1e-3)


def test_a_stage_equal_to_the_full_one_changes_nothing():
    same = onan_stage(rating_kva=999.999999, oil_time_min=150.0, winding_time_min=7.0)
    course = thermal_course(with_fans(same), two_days(0.5), ambient_c=20.0, step_min=60.0)
    plain = thermal_course(onaf(), two_days(0.5), ambient_c=20.0, step_min=60.0)
    assert course.hot_spot_c == pytest.approx(plain.hot_spot_c, abs=1e-4)
    assert course.life_used_h == pytest.approx(plain.life_used_h, rel=2e-3)


@pytest.mark.parametrize("method", ["iec", "ieee"])
@pytest.mark.parametrize("stages", [(), (onan_stage(),)])
@pytest.mark.parametrize("start", ["periodic", "steady"])
def test_a_course_in_blocks_is_the_course_at_once(monkeypatch, method, stages, start):
    parameters = thermal_parameters([unit(oil(), cooling_stages=stages)], method=method)
    profile = {
        "ambient_c": 20.0 + 8.0 * np.sin(np.arange(48) / 3.0), "step_min": 60.0, "start": start,
        "burst": Burst(1.3, 0.5, 60.0, 15.0),
    }  # fmt: skip
    whole = thermal_course(parameters, two_days(0.5), **profile)
    monkeypatch.setattr("power.physics.transformer_thermal.course.BLOCK_STEPS", 50)
    pieces = thermal_course(parameters, two_days(0.5), **profile)
    assert pieces.hot_spot_c == pytest.approx(whole.hot_spot_c, abs=1e-9)
    assert pieces.hot_spot_peak_c == pytest.approx(whole.hot_spot_peak_c, abs=1e-9)
    assert pieces.top_oil_max_c == pytest.approx(whole.top_oil_max_c, abs=1e-9)
    assert pieces.life_used_h == pytest.approx(whole.life_used_h, rel=1e-9)
    assert pieces.cooling_ratio == pytest.approx(whole.cooling_ratio)


def test_two_stages_start_one_after_the_other():
    first = cooling_stage("onan", "iec", rating_kva=600.0, start_c=60.0, stop_c=50.0)
    second = cooling_stage("onaf", "iec", rating_kva=800.0, start_c=75.0, stop_c=65.0)
    both = with_fans(first, second)
    light, middle, heavy = (
        thermal_course(both, np.full(48, k), ambient_c=20.0, step_min=60.0, start="steady")
        for k in (0.3, 0.6, 1.0)
    )
    assert (light.cooling_ratio[0], heavy.cooling_ratio[0]) == (0.0, 1.0)
    # By hand on 800 kVA: K = 0.75, R = 6 * 0.64.
    oil_c = 20 + 52 * ((1 + 3.84 * 0.75**2) / 4.84) ** 0.8
    assert middle.top_oil_c[0, -1] == pytest.approx(oil_c)


def test_units_with_and_without_stages_stand_side_by_side():
    plain = unit(oil())
    fans = unit(oil(), cooling_stages=(onan_stage(),))
    together = thermal_course(
        thermal_parameters([plain, fans]), [two_days(0.5)] * 2, ambient_c=20.0, step_min=60.0
    )
    for k, alone in enumerate((onaf(), with_fans())):
        one = thermal_course(alone, two_days(0.5), ambient_c=20.0, step_min=60.0)
        assert together.hot_spot_c[k] == pytest.approx(one.hot_spot_c[0])
        assert together.life_used_h[k] == pytest.approx(one.life_used_h[0])


def test_stages_that_cannot_be_are_refused_all_at_once():
    wrong = [
        unit(oil(), id="A", cooling_stages=(onan_stage(rating_kva=1000.0),)),
        unit(oil(), id="B", cooling_stages=(onan_stage(stop_c=65.0),)),
        unit(dry(), id="C", cooling_stages=(onan_stage(),)),
        unit(oil(), id="D", no_load_loss_kw=0.0),
    ]
    with pytest.raises(InputError) as caught:
        thermal_parameters(wrong)
    assert [item.path for item in caught.value.problems] == [f"transformers.{k}" for k in range(4)]


def test_constants_of_every_class_reach_the_rated_hot_spot():
    for cooling in ("distribution", "onan", "onaf", "of", "od"):
        for standard, ambient_c, rated_c in (("iec", 20.0, 98.0), ("ieee", 30.0, 110.0)):
            item = thermal_of(cooling, standard)
            assert ambient_c + item.top_oil_rise_k + item.hot_spot_rise_k == rated_c
    assert thermal_of("dry", "iec", ambient_c=30.0).ambient_c == 30.0


# --- Bursts -----------------------------------------------------------------------------------


@few
@given(
    st.floats(1.0, 3.0), st.floats(0.05, 0.95), st.sampled_from([10.0, 20.0, 60.0]),
    st.sampled_from([1.0, 5.0, 7.0, 15.0]),
)  # fmt: skip
def test_sub_steps_keep_the_rms_of_a_burst(peak, duty, period, resolution):
    burst = Burst(1.0 + (peak - 1.0) * min(1.0, (1 / duty - 1) / 2), duty, period, resolution)
    factors = burst_factors(burst, step_min=60.0)
    square = duty * burst.peak_ratio**2 + (1 - duty) * burst.rest_ratio**2
    assert np.mean(factors**2) == pytest.approx(square)
    assert duty * burst.peak_ratio + (1 - duty) * burst.rest_ratio == pytest.approx(1.0)


def test_a_burst_is_made_of_its_crest():
    burst = Burst.of_crest(1.2, duty_ratio=0.25, period_min=20.0)
    square = 0.25 * burst.peak_ratio**2 + 0.75 * burst.rest_ratio**2
    assert np.sqrt(square) == pytest.approx(1.2)


def test_life_under_bursts_does_not_depend_on_the_sub_step():
    burst = [Burst(1.6, 0.25, 60.0, resolution) for resolution in (0.5, 1.0, 5.0)]
    life = [
        thermal_course(onaf(), np.full(24, 0.85), ambient_c=25.0, step_min=60.0, burst=item)
        for item in burst
    ]
    for other in life[1:]:
        assert other.life_used_h[0] == pytest.approx(life[0].life_used_h[0], rel=0.01)
        assert other.hot_spot_max_c[0] == pytest.approx(life[0].hot_spot_max_c[0], abs=0.01)


@pytest.mark.parametrize(("step", "close"), [(2.5, 1e-4), (5.0, 1e-4), (15.0, 2e-3), (60.0, 2e-3)])
def test_life_does_not_depend_on_the_step(step, close):
    current = np.random.default_rng(3).uniform(0.3, 1.4, 400)
    pieces = round(step / 0.25)
    coarse = thermal_course(onaf(), current, ambient_c=20.0, step_min=step)
    fine = thermal_course(onaf(), np.repeat(current, pieces), ambient_c=20.0, step_min=0.25)
    assert coarse.life_used_h[0] == pytest.approx(fine.life_used_h[0], rel=close)


def test_a_burst_beyond_the_range_is_flagged_though_the_mean_is_not():
    burst = Burst(1.8, 0.25, 30.0)
    course = thermal_course(
        onaf(), [0.7, 0.9], ambient_c=20.0, step_min=60.0, burst=burst, start="steady"
    )
    assert course.above_range.tolist() == [[False, True]]
    assert course.hot_spot_c.shape == (1, 2)


def test_bursts_that_cannot_be_are_refused_all_at_once():
    with pytest.raises(InputError) as caught:
        burst_factors(Burst(0.5, 1.5, 45.0, 0.0), step_min=60.0)
    paths = {item.path for item in caught.value.problems}
    assert paths == {
        "burst.peak_ratio", "burst.duty_ratio", "burst.period_min", "burst.resolution_min",
    }  # fmt: skip
    with pytest.raises(InputError, match="exceeds the mean"):
        burst_factors(Burst(3.0, 0.5, 60.0), step_min=60.0)


def test_an_ambient_of_the_wrong_length_is_refused():
    with pytest.raises(InputError, match="one value for each interval"):
        thermal_course(onaf(), np.ones(4), ambient_c=np.ones(3), step_min=60.0)
