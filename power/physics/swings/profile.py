"""A course of power from training jobs: trapezoids with jitter, checkpoints, start and abort."""

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from power.physics.swings.documents import SyntheticProfile, TrainingJob
from power.physics.swings.smoothing import power_smoothing

SAMPLES_PER_EDGE = 4.0
FEWEST_HZ = 50.0
MOST_DEVIATIONS = 4.0
"""Jitter is cut at this many standard deviations, so that no period becomes negative."""
LEAST_PERIODS = 2
MOST_SAMPLES = 3_000_000
"""Two hours at 400 samples a second; more only costs memory."""


def trapezoid(
    time_s: ArrayLike, *, period_s: ArrayLike, duty_ratio: ArrayLike, edge_s: ArrayLike
) -> FloatArray:
    """Return the shape of an iteration, 0 in the trough and 1 at the crest.

    Parameters
    ----------
    time_s : array_like, shape (...)
        Since the rising edge of the first iteration began. [s]
    period_s : array_like, shape (...)
        Of one iteration. [s]
    duty_ratio : array_like, shape (...)
        Width at half height over the period.
    edge_s : array_like, shape (...)
        From trough to crest and back. [s]

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    InputError
        A value is not finite or out of bounds, or an edge does not fit into its period.

    Notes
    -----
    Its mean is the duty; the amplitude at k / T is ``2 / (k pi) |sin(k pi D)| |sinc(k t_e / T)|``
    with ``sinc(x) = sin(pi x) / (pi x)``; its steepest slope is ``1 / t_e``.
    """
    time = as_float("time_s", time_s)
    period = as_float("period_s", period_s, minimum=1e-6)
    duty = as_float("duty_ratio", duty_ratio, minimum=0.0, maximum=1.0)
    edge = as_float("edge_s", edge_s, minimum=1e-9)
    if bool(np.any(edge > np.minimum(duty, 1.0 - duty) * period * (1.0 + 1e-9))):
        raise InputError([Problem("edge_s", "too_long", "an edge is longer than crest or trough")])
    inside = np.mod(time, period)
    return np.asarray(_shape(inside, duty * period, edge))


def _shape(inside_s: FloatArray, width_s: FloatArray, edge_s: FloatArray | float) -> FloatArray:
    rising = np.clip(inside_s / edge_s, 0.0, 1.0)
    return np.asarray(rising - np.clip((inside_s - width_s) / edge_s, 0.0, 1.0))


def synthetic_power(profile: SyntheticProfile) -> FloatArray:
    """Return the power of all jobs and the steady load.

    Parameters
    ----------
    profile : SyntheticProfile
        Equal documents give equal courses: phases and jitter come from its seed.

    Returns
    -------
    ndarray, shape (T,)
        At steps of ``1 / sampling_hz``. [kW]

    Raises
    ------
    InputError
        An edge does not fit into its period, a checkpoint into its interval, or the sampling is
        too coarse for the edges; all problems at once.

    Notes
    -----
    With a coherence of c a job starts within the first ``1 - c`` of a period, and its jitter is
    c parts common and ``sqrt(1 - c^2)`` parts its own. Coherent jobs add up, independent ones
    add as the root of the sum of squares. All parameters are estimates: no trace of training
    with less than a second between samples is public.
    """
    problems = _problems(profile)
    if problems:
        raise InputError(problems)
    generator = np.random.default_rng(profile.seed)
    step = 1.0 / profile.sampling_hz
    n_samples = round(profile.duration_s * profile.sampling_hz)
    time = np.asarray(np.arange(n_samples) * step, dtype=np.float64)
    shortest = min(job.period_s for job in profile.jobs)
    n_draws = int(profile.duration_s / (shortest * 0.2)) + LEAST_PERIODS
    common = generator.standard_normal(n_draws)
    total = np.full(time.size, profile.steady_kw, dtype=np.float64)
    for job in profile.jobs:
        own, phase_ratio = generator.standard_normal(n_draws), generator.random()
        c = profile.coherence_ratio
        jitter = np.asarray(c * common + np.sqrt(1.0 - c * c) * own, dtype=np.float64)
        total += _job_kw(job, time, step, jitter=jitter, phase=(1.0 - c) * phase_ratio)
    return total


def _problems(profile: SyntheticProfile) -> list[Problem]:
    found = []
    for i, job in enumerate(profile.jobs):
        path = f"profile.jobs.{i}"
        longest_s = min(job.duty_ratio, 1.0 - job.duty_ratio) * job.period_s
        if job.edge_s > longest_s:
            text = f"{job.id}: at most {longest_s:g} s fit into crest and trough"
            found.append(Problem(f"{path}.edge_s", "too_long", text))
        if profile.sampling_hz * job.edge_s < SAMPLES_PER_EDGE * (1.0 - 1e-9):
            text = f"{job.id}: its edge needs {SAMPLES_PER_EDGE / job.edge_s:g} samples a second"
            found.append(Problem("profile.sampling_hz", "too_coarse", text))
        pause = job.checkpoint
        if pause is not None and pause.length_s + 2.0 * job.edge_s > pause.every_s:
            text = f"{job.id}: longer than the time between checkpoints"
            found.append(Problem(f"{path}.checkpoint.length_s", "too_long", text))
    if profile.sampling_hz < FEWEST_HZ:
        text = f"at least {FEWEST_HZ:g} samples a second"
        found.append(Problem("profile.sampling_hz", "too_coarse", text))
    n_samples = profile.duration_s * profile.sampling_hz
    if n_samples > MOST_SAMPLES:
        text = f"at most {MOST_SAMPLES:,} samples"
        found.append(Problem("profile.duration_s", "too_long", text))
    if n_samples < LEAST_PERIODS:
        found.append(Problem("profile.duration_s", "too_short", "holds fewer than two samples"))
    return found


def _job_kw(
    job: TrainingJob, time_s: FloatArray, step_s: float, *, jitter: FloatArray, phase: float
) -> FloatArray:
    low_kw = job.low_ratio * job.high_kw
    running = _running(job, time_s)
    shape = np.minimum(_iterations(job, time_s, jitter, phase), running)
    power = low_kw + (job.high_kw - low_kw) * shape
    smoothing = job.smoothing
    if smoothing is None:
        return np.asarray(power)
    floor_kw = np.where(running > 0.0, smoothing.floor_ratio * job.high_kw, 0.0)
    return power_smoothing(
        np.maximum(power, floor_kw),
        step_s=step_s,
        rise_kw_per_s=smoothing.rise_kw_per_s,
        drop_kw_per_s=smoothing.drop_kw_per_s,
        hysteresis_s=smoothing.hysteresis_s,
    )


def _iterations(
    job: TrainingJob, time_s: FloatArray, jitter: FloatArray, phase: float
) -> FloatArray:
    """Return the shape with periods of different length, the first begun ``phase`` ago."""
    deviation = np.clip(job.jitter_ratio * jitter, *_widest(job))
    periods = job.period_s * (1.0 + deviation)
    starts = np.concatenate([[0.0], np.cumsum(periods)]) - phase * periods[0]
    which = np.minimum(np.searchsorted(starts, time_s, side="right") - 1, periods.size - 1)
    return _shape(time_s - starts[which], job.duty_ratio * periods[which], job.edge_s)


def _widest(job: TrainingJob) -> tuple[float, float]:
    """Return the smallest and largest deviation of a period: edges still fit into the smallest."""
    fits = job.edge_s / (min(job.duty_ratio, 1.0 - job.duty_ratio) * job.period_s) - 1.0
    largest = MOST_DEVIATIONS * job.jitter_ratio
    return min(max(-largest, fits), 0.0), largest


def _running(job: TrainingJob, time_s: FloatArray) -> FloatArray:
    """Return 1 while the job iterates and 0 before its start, after it and in checkpoints."""
    since = time_s - job.start_s
    running = np.clip(since / job.edge_s, 0.0, 1.0) if job.start_s > 0.0 else np.ones(time_s.size)
    if job.abort_s is not None:
        running = np.minimum(running, np.clip((job.abort_s - time_s) / job.edge_s, 0.0, 1.0))
    if job.checkpoint is not None:
        every, length = job.checkpoint.every_s, job.checkpoint.length_s
        # The pause ends each interval, so that a job starts with work.
        to_pause = every - length - np.mod(since, every)
        saving = (since >= 0.0) & (to_pause < 0.0)
        into, left = -to_pause / job.edge_s, (length + to_pause) / job.edge_s
        gate = np.maximum(np.clip(1.0 - into, 0.0, 1.0), np.clip(1.0 - left, 0.0, 1.0))
        running = np.where(saving, np.minimum(running, gate), running)
    return np.asarray(running, dtype=np.float64)
