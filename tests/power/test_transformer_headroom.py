import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.transformer_thermal import (
    Burst,
    continuous_headroom,
    loading_limits,
    minutes_to_limit,
    steady_state,
    thermal_course,
    thermal_parameters,
    timed_rating_ratio,
    transformer_headroom,
)
from tests.power.thermal import dry, onaf, onan_stage, unit, with_fans, with_oil

few = settings(max_examples=25, deadline=None)


def week(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    hour = np.arange(168)
    wave = np.sin(2 * np.pi * hour / 24)
    noise = np.random.default_rng(seed).uniform(-0.05, 0.05, 168)
    return (0.6 + 0.1 * wave + noise)[np.newaxis], 20.0 + 8.0 * wave


@few
@given(st.integers(0, 1000), st.floats(0.0, 40.0), st.booleans())
def test_adding_the_answer_meets_a_limit_and_breaks_none(seed, warmer_k, upgraded):
    current, air = week(seed)
    parameters = onaf(paper="upgraded" if upgraded else "normal")
    found = continuous_headroom(
        parameters, current, ambient_c=air + warmer_k, step_min=60.0, power_factor=1.0
    )
    course = thermal_course(
        parameters, current + found.added_ratio[0], ambient_c=air + warmer_k, step_min=60.0
    )
    slack = {
        "hot_spot": 120.0 - course.hot_spot_max_c[0],
        "top_oil": 105.0 - course.top_oil_max_c[0],
        "life": 8.0 * -np.log(course.ageing_ratio[0]),
        "current": 1.5 - (current + found.added_ratio[0]).max(),
    }
    assert min(slack.values()) >= -1e-9
    assert slack[found.criterion[0]] <= 0.011


def test_the_binding_hours_are_those_of_the_binding_quantity():
    current, air = week()
    hot = continuous_headroom(
        onaf(paper="upgraded"), current, ambient_c=air, step_min=60.0, power_factor=1.0
    )
    assert hot.criterion == ("hot_spot",)
    course = thermal_course(
        onaf(paper="upgraded"), current + hot.added_ratio[0], ambient_c=air, step_min=60.0
    )
    peaks = course.hot_spot_peak_c[0]
    assert hot.binding_steps[0].tolist() == np.flatnonzero(peaks >= peaks.max() - 1.0).tolist()
    old = continuous_headroom(
        onaf(), current, ambient_c=air + 10.0, step_min=60.0, power_factor=1.0
    )
    assert old.criterion == ("life",)
    assert 0 < old.binding_steps[0].size < 84
    mild = continuous_headroom(
        onaf(paper="upgraded"), current, ambient_c=-60.0, step_min=60.0, power_factor=1.0
    )
    assert mild.criterion == ("current",)
    assert mild.current_max_ratio[0] == pytest.approx(1.5)
    assert current[0].argmax() in mild.binding_steps[0]


def test_top_oil_binds_where_the_winding_is_cool():
    current, air = week()
    found = continuous_headroom(
        onaf(hot_spot_rise_k=5.0, paper="upgraded"),
        current, ambient_c=air, step_min=60.0, power_factor=1.0,
    )  # fmt: skip
    assert found.criterion == ("top_oil",)
    assert found.top_oil_max_c[0] == pytest.approx(105.0, abs=0.011)
    assert found.binding_steps[0].size > 0


def test_a_broken_limit_says_how_much_has_to_go():
    current, air = week()
    over = continuous_headroom(
        onaf(), current + 0.8, ambient_c=air, step_min=60.0, power_factor=1.0
    )
    assert over.added_kva[0] < 0.0
    hopeless = continuous_headroom(
        onaf(), current, ambient_c=150.0, step_min=60.0, power_factor=1.0
    )
    assert hopeless.added_ratio[0] == pytest.approx(-current.max())


def test_bursts_and_emergency_limits_change_the_headroom():
    current, air = week()
    common = {"ambient_c": air, "step_min": 60.0, "power_factor": 1.0}
    smooth = continuous_headroom(onaf(), current, **common)
    burst = Burst.of_crest(1.2, duty_ratio=0.3, period_min=30.0)
    rough = continuous_headroom(onaf(), current, **common, burst=burst)
    assert rough.added_kva[0] < smooth.added_kva[0] - 50.0
    emergency = continuous_headroom(
        onaf(), current, **common,
        limits=loading_limits([1000.0], "long_time_emergency"), life_per_year=1e6,
    )  # fmt: skip
    assert emergency.hot_spot_max_c[0] == pytest.approx(140.0, abs=0.011)


def test_many_units_are_many_single_ones():
    current, air = week()
    units = [with_oil(), unit(dry()), unit(with_oil().thermal, cooling_stages=(onan_stage(),))]
    both = np.repeat(current, 3, axis=0)
    options = {
        "ambient_c": air, "step_min": 60.0, "power_factor": 0.95,
        "failover_ambient_c": 35.0,
    }  # fmt: skip
    together = transformer_headroom(
        thermal_parameters(units), both, failover_ratio=[1.2, 1.3, 1.6], **options
    )
    for k, (item, after) in enumerate(zip(units, (1.2, 1.3, 1.6), strict=True)):
        alone = transformer_headroom(
            thermal_parameters([item]), current, failover_ratio=after, **options
        )
        assert together.continuous.added_kva[k] == pytest.approx(alone.continuous.added_kva[0])
        assert together.continuous.criterion[k] == alone.continuous.criterion[0]
        assert together.failover.minutes[k] == pytest.approx(alone.failover.minutes[0])
        assert together.nameplate_kva[k] == pytest.approx(alone.nameplate_kva[0])


def test_minutes_and_timed_rating_are_inverse():
    parameters = onaf()
    for minutes in (15.0, 60.0, 240.0):
        ratio = timed_rating_ratio(
            parameters, before_ratio=0.6, ambient_c=20.0, duration_min=minutes
        )
        start = steady_state(parameters, 0.6, ambient_c=20.0)
        found = minutes_to_limit(parameters, start, after_ratio=ratio + 1e-6, ambient_c=20.0)
        assert found.minutes[0] == pytest.approx(minutes, rel=0.01)


def test_a_bearable_load_lasts_for_ever_and_an_exceeded_limit_no_time():
    parameters = onaf()
    start = steady_state(parameters, 0.6, ambient_c=20.0)
    bearable = minutes_to_limit(parameters, start, after_ratio=0.9, ambient_c=20.0)
    assert (bearable.minutes[0], bearable.criterion) == (np.inf, ("never",))
    assert not bearable.above_range[0]
    hot = steady_state(parameters, 1.4, ambient_c=20.0)
    exceeded = minutes_to_limit(parameters, hot, after_ratio=1.6, ambient_c=20.0)
    assert exceeded.minutes[0] == 0.0
    assert exceeded.above_range[0]


def test_fans_that_start_on_the_way_gain_time_and_fans_that_rested_cost_some():
    start = steady_state(onaf(), 0.3, ambient_c=20.0)
    after = {"after_ratio": 1.3, "ambient_c": 20.0}
    soon = with_fans(onan_stage(start_c=45.0, stop_c=40.0))
    running = minutes_to_limit(onaf(), start, **after).minutes[0]
    starting = minutes_to_limit(soon, start, **after).minutes[0]
    late = minutes_to_limit(with_fans(onan_stage(start_c=95.0)), start, **after).minutes[0]
    assert late < starting < running
    # The same by stepping through the course.
    course = thermal_course(soon, np.full(3000, 1.3), ambient_c=20.0, step_min=0.1, start=start)
    above = np.flatnonzero(course.hot_spot_c[0] > 120.0)
    assert starting == pytest.approx(0.1 * (above[0] + 1), abs=0.2)


def test_a_fan_that_goes_by_the_hot_spot_starts_sooner():
    start = steady_state(onaf(), 0.3, ambient_c=20.0)
    winding = with_fans(onan_stage(signal="hot_spot"))
    after = {"after_ratio": 1.3, "ambient_c": 20.0}
    by_spot = minutes_to_limit(winding, start, **after).minutes[0]
    assert by_spot > minutes_to_limit(with_fans(), start, **after).minutes[0]
    course = thermal_course(winding, np.full(3000, 1.3), ambient_c=20.0, step_min=0.1, start=start)
    above = np.flatnonzero(course.hot_spot_c[0] > 120.0)
    assert by_spot == pytest.approx(0.1 * (above[0] + 1), abs=0.11)


def test_limits_of_another_number_of_units_are_refused():
    current, air = week()
    with pytest.raises(InputError, match="one row for each"):
        continuous_headroom(
            onaf(), current, ambient_c=air, step_min=60.0, power_factor=1.0,
            limits=loading_limits([1.0, 2.0], "normal_cyclic"),
        )  # fmt: skip


def test_minutes_add_up_over_the_stages_that_start():
    start = steady_state(onaf(), 0.1, ambient_c=20.0)
    first = onan_stage(rating_kva=700.0, start_c=32.0, stop_c=26.0)
    second = onan_stage(rating_kva=850.0, start_c=45.0, stop_c=40.0)
    both = with_fans(first, second)
    found = minutes_to_limit(both, start, after_ratio=1.3, ambient_c=20.0).minutes[0]
    course = thermal_course(both, np.full(6000, 1.3), ambient_c=20.0, step_min=0.1, start=start)
    above = np.flatnonzero(course.hot_spot_c[0] > 120.0)
    assert found == pytest.approx(0.1 * (above[0] + 1), abs=0.3)


def test_the_current_limit_counts_the_peak_of_a_burst():
    current, _ = week()
    found = continuous_headroom(
        onaf(paper="upgraded"), current, ambient_c=-60.0, step_min=60.0, power_factor=1.0,
        burst=Burst(1.25, 0.2, 60.0),
    )  # fmt: skip
    assert found.criterion == ("current",)
    assert found.added_ratio[0] == pytest.approx(1.5 / 1.25 - current.max())
