import numpy as np
import pytest

from facility.kernel.errors import InputError
from power.physics.swings.documents import (
    Checkpoint,
    PowerSmoothing,
    SyntheticProfile,
    TrainingJob,
)
from power.physics.swings.metrics import count_changes, windowed_ramp
from power.physics.swings.profile import synthetic_power, trapezoid
from power.physics.swings.spectrum import band_content, spectrum
from tests.power.swings.cases import plain_job, profile

STEP_S = 1 / 400


@pytest.mark.reference
def test_the_corners_of_an_iteration_stand_where_they_are_drawn():
    # T 2 s, D 0.7, t_e 0.15 s: up from 0 to 0.15 s, down from 1.40 to 1.55 s.
    time_s = [0.0, 0.075, 0.15, 1.0, 1.4, 1.475, 1.55, 1.9, 2.075]
    shape = trapezoid(time_s, period_s=2.0, duty_ratio=0.7, edge_s=0.15)
    np.testing.assert_allclose(shape, [0, 0.5, 1, 1, 1, 0.5, 0, 0, 0.5], atol=1e-12)


@pytest.mark.reference
def test_a_profile_has_the_mean_and_the_slope_of_its_trapezoid():
    job = plain_job(low_ratio=0.5, high_kw=30_000.0)
    power_kw = synthetic_power(profile(job, steady_kw=5000.0))
    assert power_kw.mean() == pytest.approx(5000.0 + 15_000.0 + 0.7 * 15_000.0, rel=1e-9)
    assert (power_kw.min(), power_kw.max()) == (20_000.0, 35_000.0)
    ramp = windowed_ramp(power_kw, step_s=STEP_S, window_s=0.1)
    assert ramp.rise_kw_per_s == pytest.approx(15_000.0 / 0.15)
    assert ramp.drop_kw_per_s == pytest.approx(15_000.0 / 0.15)


def test_equal_documents_give_equal_courses_and_another_seed_another():
    job = plain_job(jitter_ratio=0.05)
    one, again = (synthetic_power(profile(job, seed=7)) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, synthetic_power(profile(job, seed=8)))


@pytest.mark.reference
@pytest.mark.parametrize("coherence", [0.0, 0.6, 1.0])
def test_periods_spread_by_the_jitter_whatever_the_coherence(coherence):
    job = plain_job(jitter_ratio=0.03)
    power_kw = synthetic_power(profile(job, duration_s=2000.0, coherence_ratio=coherence))
    rising = np.flatnonzero((power_kw[1:] >= 500.0) & (power_kw[:-1] < 500.0)) * STEP_S
    periods_s = np.diff(rising)
    assert periods_s.mean() == pytest.approx(2.0, rel=0.005)
    assert periods_s.std() == pytest.approx(0.06, rel=0.1)


@pytest.mark.reference
def test_coherent_jobs_add_up_and_independent_ones_add_as_squares():
    def amplitude_kw(coherence, seed):
        jobs = [plain_job(id=f"job-{i}", jitter_ratio=0.02) for i in range(16)]
        power_kw = synthetic_power(
            profile(*jobs, coherence_ratio=coherence, duration_s=300.0, seed=seed)
        )
        found = spectrum(power_kw, step_s=STEP_S)
        return band_content(found, low_hz=0.3, high_hz=0.7).amplitude_kw

    coherent = amplitude_kw(1.0, 1)
    alone = coherent / 16.0
    assert alone == pytest.approx(510.28, rel=0.02)
    independent = np.sqrt(np.mean([amplitude_kw(0.0, seed) ** 2 for seed in range(8)]))
    assert independent == pytest.approx(4.0 * alone, rel=0.25)
    assert alone < amplitude_kw(0.7, 1) < coherent


def test_a_checkpoint_keeps_the_power_low_at_the_end_of_its_interval():
    job = plain_job(checkpoint=Checkpoint(every_s=30.0, length_s=10.0))
    power_kw = synthetic_power(profile(job, duration_s=90.0))
    time_s = np.arange(power_kw.size) * STEP_S
    inside = np.mod(time_s, 30.0)
    assert power_kw[(inside > 20.2) & (inside < 29.8)].max() == 0.0
    assert power_kw[inside < 20.0].max() == 1000.0
    fastest = windowed_ramp(power_kw, step_s=STEP_S, window_s=STEP_S)
    assert fastest.rise_kw_per_s == pytest.approx(1000.0 / 0.15)
    assert fastest.drop_kw_per_s == pytest.approx(1000.0 / 0.15)


def test_a_job_is_low_before_its_start_and_after_its_abort():
    job = plain_job(low_ratio=0.4, start_s=10.0, abort_s=21.0)
    power_kw = synthetic_power(profile(job, duration_s=40.0))
    time_s = np.arange(power_kw.size) * STEP_S
    assert set(power_kw[time_s <= 10.0]) == {400.0}
    assert set(power_kw[time_s >= 21.0]) == {400.0}
    assert power_kw[(time_s > 11.0) & (time_s < 20.0)].max() == 1000.0


def test_a_floor_lifts_the_trough_and_hysteresis_removes_the_swing():
    floor = plain_job(smoothing=PowerSmoothing(floor_ratio=0.8))
    assert synthetic_power(profile(floor)).min() == 800.0
    held = plain_job(smoothing=PowerSmoothing(drop_kw_per_s=100.0, hysteresis_s=3.0), abort_s=30.0)
    power_kw = synthetic_power(profile(held))
    # The trough of 0.6 s is shorter than the hysteresis: only the end of the job is seen.
    assert count_changes(power_kw, smallest_kw=100.0) == 2
    assert windowed_ramp(power_kw, step_s=STEP_S, window_s=0.1).drop_kw_per_s == pytest.approx(
        100.0
    )


def test_every_fault_of_a_profile_is_reported_at_once():
    jobs = [
        TrainingJob(id="square", high_kw=1.0, duty_ratio=0.95, edge_s=0.15),
        TrainingJob(
            id="fine", high_kw=1.0, edge_s=0.02, checkpoint=Checkpoint(every_s=5.0, length_s=5.0)
        ),
    ]
    with pytest.raises(InputError) as failure:
        synthetic_power(SyntheticProfile(jobs=jobs, sampling_hz=40.0, duration_s=0.01))
    assert [problem.path for problem in failure.value.problems] == [
        "profile.jobs.0.edge_s",
        "profile.sampling_hz",
        "profile.jobs.1.checkpoint.length_s",
        "profile.sampling_hz",
        "profile.duration_s",
    ]


def test_a_profile_of_more_samples_than_memory_likes_is_refused():
    with pytest.raises(InputError, match="at most 3,000,000 samples"):
        synthetic_power(profile(duration_s=7200.0, sampling_hz=5000.0))


def test_an_edge_longer_than_the_trough_is_refused():
    with pytest.raises(InputError, match="longer than crest or trough"):
        trapezoid(0.0, period_s=2.0, duty_ratio=0.95, edge_s=0.15)


def test_wild_jitter_never_leaves_a_period_too_short_for_its_edges():
    job = TrainingJob(id="wild", high_kw=1.0, jitter_ratio=0.2, edge_s=0.3, low_ratio=0.0)
    power_kw = synthetic_power(profile(job, duration_s=600.0))
    assert 0.0 <= power_kw.min() <= power_kw.max() <= 1.0
    assert np.abs(np.diff(power_kw)).max() / STEP_S <= 1.0 / 0.3 + 1e-6
