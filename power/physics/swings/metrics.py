"""Ramps, steps and energy of a course of power."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import lfilter

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import S_PER_H

CLOSE = 1e-9
"""Slack when a window is counted in samples: 0.3 s are three samples of 0.1 s."""
MIN_SAMPLES = 2


@dataclass(frozen=True, slots=True)
class Ramp:
    """Fastest rise and drop over a window, both positive; None where ``reason`` says why."""

    window_s: float
    rise_kw_per_s: float | None
    drop_kw_per_s: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Levels:
    """How a course of power is spread."""

    mean_kw: float
    peak_kw: float
    lowest_kw: float
    percentile_5_kw: float
    percentile_95_kw: float
    crest_ratio: float


def as_course(name: str, values: ArrayLike) -> FloatArray:
    """Return a course of power of at least two samples, or raise `InputError`.

    Parameters
    ----------
    name : str
        What the caller calls the argument.
    values : array_like, shape (T,)
        Power. [kW]

    Returns
    -------
    ndarray, shape (T,)

    Raises
    ------
    InputError
        A value is not finite, or there are not at least two along one axis.
    """
    course = as_float(name, values)
    if course.ndim != 1 or course.size < MIN_SAMPLES:
        raise InputError([Problem(name, "shape", "needs at least two values along one axis")])
    return course


def unresolved(*, window_s: float, step_s: float, n_samples: int) -> str:
    """Return why a record says nothing of a window, or an empty text."""
    if step_s > window_s * (1.0 + CLOSE):
        return f"not resolved by {step_s:g} s samples"
    duration_s = (n_samples - 1) * step_s
    if window_s > duration_s * (1.0 + CLOSE):
        return f"longer than the record of {duration_s:g} s"
    return ""


def samples_in(window_s: float, step_s: float) -> int:
    """Return how many whole steps a window holds."""
    return int(window_s / step_s * (1.0 + CLOSE))


def windowed_ramp(power_kw: ArrayLike, *, step_s: float, window_s: float) -> Ramp:
    """Return the fastest rise and drop over a window.

    Parameters
    ----------
    power_kw : array_like, shape (T,)
        Power at equal steps. [kW]
    step_s : float
        Time between samples. [s]
    window_s : float
        Time between the two powers compared; cut to whole steps. [s]

    Returns
    -------
    Ramp
        Without values where the window is shorter than a step or longer than the record. A
        course that only falls has a rise of 0.

    Raises
    ------
    InputError
        A value is not finite, or a time not positive.

    Notes
    -----
    ``max (P(t + w) - P(t)) / w`` and the same of the fall, over all t of the record. A window
    of many steps sees only its ends: a swing that returns within it does not count.
    """
    course = as_course("power_kw", power_kw)
    step = float(as_float("step_s", step_s, minimum=1e-6))
    window = float(as_float("window_s", window_s, minimum=1e-6))
    reason = unresolved(window_s=window, step_s=step, n_samples=course.size)
    if reason:
        return Ramp(window, None, None, reason)
    lag = samples_in(window, step)
    change = (course[lag:] - course[:-lag]) / (lag * step)
    rise, drop = max(float(change.max()), 0.0), max(float(-change.min()), 0.0)
    return Ramp(window, rise, drop, "")


def largest_step(values: ArrayLike, *, step_s: float, within_s: float = 1.0) -> float | None:
    """Return the largest change between any two moments at most ``within_s`` apart.

    Parameters
    ----------
    values : array_like, shape (T,)
        A course at equal steps, in any unit.
    step_s : float
        Time between samples. [s]
    within_s : float
        Longest time that a change may take. [s]

    Returns
    -------
    float or None
        In the unit of the values; None where the record does not resolve the time.

    Raises
    ------
    InputError
        A value is not finite, or a time not positive.

    Notes
    -----
    Largest less smallest value in a window that slides over the record.
    """
    course = as_course("values", values)
    step = float(as_float("step_s", step_s, minimum=1e-6))
    within = float(as_float("within_s", within_s, minimum=1e-6))
    if unresolved(window_s=within, step_s=step, n_samples=course.size):
        return None
    size = samples_in(within, step) + 1
    return float((maximum_filter1d(course, size) - minimum_filter1d(course, size)).max())


def count_changes(power_kw: ArrayLike, *, smallest_kw: float) -> int:
    """Return how many rises and drops of at least a size the course makes, in turn.

    Parameters
    ----------
    power_kw : array_like, shape (T,)
        Power. [kW]
    smallest_kw : float
        Size from which a change counts; smaller turns inside a change do not end it. [kW]

    Returns
    -------
    int

    Raises
    ------
    InputError
        A value is not finite, or the size not positive.
    """
    course = as_course("power_kw", power_kw)
    smallest = float(as_float("smallest_kw", smallest_kw, minimum=1e-9))
    low = high = float(course[0])
    n_changes, direction = 0, 0
    for power in _turns(course):
        low, high = min(low, power), max(high, power)
        if direction <= 0 and power - low >= smallest:
            n_changes, direction, high = n_changes + 1, 1, power
        elif direction >= 0 and high - power >= smallest:
            n_changes, direction, low = n_changes + 1, -1, power
    return n_changes


def _turns(course: FloatArray) -> list[float]:
    """Return the values at which the course turns, and its ends: all that a count needs."""
    moving = np.concatenate([[True], np.diff(course) != 0.0])
    changing = course[moving]
    slope = np.sign(np.diff(changing))
    turning = np.concatenate([[True], slope[1:] != slope[:-1], [True]]) if slope.size else [True]
    return [float(power) for power in changing[np.asarray(turning, dtype=np.bool_)]]


def levels(power_kw: ArrayLike) -> Levels:
    """Return mean, extremes, 5 and 95 % percentiles and the crest of a course.

    Parameters
    ----------
    power_kw : array_like, shape (T,)
        Power. [kW]

    Returns
    -------
    Levels
        The crest is the peak over the mean.

    Raises
    ------
    InputError
        A value is not finite, or the mean not positive.
    """
    course = as_course("power_kw", power_kw)
    mean = float(course.mean())
    if mean <= 0.0:
        raise InputError([Problem("power_kw", "no_load", "the mean power is not above 0")])
    low, high = np.percentile(course, [5.0, 95.0])
    peak = float(course.max())
    return Levels(mean, peak, float(course.min()), float(low), float(high), peak / mean)


def low_pass(power_kw: ArrayLike, *, step_s: float, time_s: float) -> FloatArray:
    """Return the course behind a first-order lag that starts at its mean.

    Parameters
    ----------
    power_kw : array_like, shape (T,)
        Power, constant within a step. [kW]
    step_s : float
        Time between samples. [s]
    time_s : float
        Time constant. [s]

    Returns
    -------
    ndarray, shape (T,)
        [kW]

    Raises
    ------
    InputError
        A value is not finite, or a time not positive.
    """
    course = as_course("power_kw", power_kw)
    step = float(as_float("step_s", step_s, minimum=1e-6))
    decay = float(np.exp(-step / float(as_float("time_s", time_s, minimum=1e-6))))
    smooth, _ = lfilter([1.0 - decay], [1.0, -decay], course, zi=[decay * course.mean()])
    return np.asarray(smooth, dtype=np.float64)


def swing_energy_kwh(power_kw: ArrayLike, *, step_s: float, reference_s: float) -> float:
    """Return the energy that swings above and below the steady power.

    Parameters
    ----------
    power_kw : array_like, shape (T,)
        Power, constant within a step. [kW]
    step_s : float
        Time between samples. [s]
    reference_s : float
        Time constant of the steady power. [s]

    Returns
    -------
    float
        Largest less smallest sum of the deviations; half of it is a figure with plus and
        minus. [kWh]

    Raises
    ------
    InputError
        A value is not finite, or a time not positive.

    Notes
    -----
    A rectangular swing from trough to crest by dP at f has dP / (4 f).
    """
    course = as_course("power_kw", power_kw)
    deviation = course - low_pass(course, step_s=step_s, time_s=reference_s)
    summed = np.concatenate([[0.0], np.cumsum(deviation)])
    return float(np.ptp(summed)) * step_s / S_PER_H
