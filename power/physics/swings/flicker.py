"""Flicker: the meter of IEC 61000-4-15 on a course of voltage, and the formula for steps."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.signal import bilinear, butter, lfilter, sosfilt, tf2sos

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from power.physics.swings.documents import Lamp
from power.physics.swings.metrics import as_course

FEWEST_HZ = 400.0
INTERVAL_S = 600.0
WARM_UP_S = 60.0
"""The mirror image of this much runs ahead of the record, so that the filters have settled."""
HIGH_PASS_HZ = 0.05
LOW_PASS_HZ: dict[int, float] = {50: 35.0, 60: 42.0}
LOW_PASS_ORDER = 6
MEMORY_S = 0.3
REGULATOR_S = 60.0 / np.log(9.0)
"""Time constant of the input regulator: it goes from 10 to 90 % in a minute."""
CALIBRATION_HZ = 8.8
PERCENT = 100.0
INTERVALS_IN_2_H = 12
FASTEST_PER_MIN = 60.0

# Exceeded during so much of the time [%], by term, with the weight of the mean of each term.
TERMS = (
    (0.0314, (0.1,)),
    (0.0525, (0.7, 1.0, 1.5)),
    (0.0657, (2.2, 3.0, 4.0)),
    (0.28, (6.0, 8.0, 10.0, 13.0, 17.0)),
    (0.08, (30.0, 50.0, 80.0)),
)


@dataclass(frozen=True, slots=True)
class Weighting:
    """Lamp, eye and brain as a transfer function, and the fluctuation just perceptible at 8.8 Hz.

    ``w1 s / (s^2 + 2 l s + w1^2) * (1 + s / w2) / ((1 + s / w3) (1 + s / w4))``; the factor k of
    the standard cancels in the calibration. ``threshold_ratio`` is from trough to crest.
    """

    lambda_hz: float
    corners_hz: tuple[float, float, float, float]
    threshold_ratio: float


WEIGHTINGS: dict[Lamp, Weighting] = {
    "230 V": Weighting(4.05981, (9.15494, 2.27979, 1.22535, 21.9), 0.00250),
    "120 V": Weighting(4.167375, (9.077169, 2.939902, 1.394468, 17.31512), 0.00321),
}


@dataclass(frozen=True, slots=True)
class StepFlicker:
    """P_st of equal steps by formula, and whether they are more than a second apart."""

    short_term_pu: FloatArray
    in_range: BoolArray


def _weighting(lamp: Lamp) -> tuple[FloatArray, FloatArray]:
    """Return the coefficients of the transfer function over s."""
    item = WEIGHTINGS[lamp]
    w1, w2, w3, w4 = (2.0 * np.pi * corner for corner in item.corners_hz)
    numerator = np.polymul([w1, 0.0], [1.0 / w2, 1.0])
    eye = np.polymul([1.0 / w3, 1.0], [1.0 / w4, 1.0])
    denominator = np.polymul([1.0, 4.0 * np.pi * item.lambda_hz, w1 * w1], eye)
    return np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)


@cache
def _scale(lamp: Lamp, frequency_hz: Literal[50, 60]) -> float:
    """Return what makes the just perceptible sine at 8.8 Hz reach 1, ripple of memory included."""
    omega = 2.0 * np.pi * CALIBRATION_HZ
    numerator, denominator = _weighting(lamp)
    response = abs(np.polyval(numerator, 1j * omega) / np.polyval(denominator, 1j * omega))
    response *= omega / np.hypot(omega, 2.0 * np.pi * HIGH_PASS_HZ)
    ratio = CALIBRATION_HZ / LOW_PASS_HZ[frequency_hz]
    response /= np.sqrt(1.0 + ratio ** (2 * LOW_PASS_ORDER))
    squared = (WEIGHTINGS[lamp].threshold_ratio * response) ** 2 / 2.0
    ripple = 1.0 / np.hypot(1.0, 2.0 * omega * MEMORY_S)
    return float(1.0 / (squared * (1.0 + ripple)))


def instantaneous_flicker(
    voltage_pu: ArrayLike, *, sampling_hz: float, lamp: Lamp, frequency_hz: Literal[50, 60]
) -> FloatArray:
    """Return the instantaneous flicker sensation of a course of voltage.

    Parameters
    ----------
    voltage_pu : array_like, shape (T,)
        Root-mean-square voltage; only its relative changes count.
    sampling_hz : float
        Samples a second, at least 400. [Hz]
    lamp : {"230 V", "120 V"}
        Reference lamp, 60 W incandescent.
    frequency_hz : {50, 60}
        Of the grid; moves the low-pass behind the demodulator. [Hz]

    Returns
    -------
    ndarray, shape (T,)
        P_inst; 1 is just perceptible to half of the observers.

    Raises
    ------
    InputError
        A voltage is not finite or not above 0, or the sampling too coarse.

    Notes
    -----
    Blocks 1 to 4 of IEC 61000-4-15: input regulator, squaring, band-pass (0.05 Hz first order,
    35 or 42 Hz sixth order), weighting, squaring and a memory of 300 ms. It starts from the
    course of root-mean-square voltage, not from the wave, so the ripple that the demodulator
    removes is never there. Filters by the bilinear transform: at 400 samples a second P_inst is
    1.5 % low at 15 Hz and 5 % at 25 Hz, at 1000 below 1 %. The mirrored first minute runs ahead
    of the record.
    """
    voltage = as_course("voltage_pu", as_float("voltage_pu", voltage_pu, minimum=1e-3))
    rate = float(as_float("sampling_hz", sampling_hz, minimum=FEWEST_HZ))
    n_ahead = min(round(WARM_UP_S * rate), voltage.size - 1)
    course = np.concatenate([voltage[n_ahead:0:-1], voltage])
    decay = np.exp(-1.0 / (REGULATOR_S * rate))
    regulated, _ = lfilter([1.0 - decay], [1.0, -decay], course, zi=[decay * voltage.mean()])
    squared = (course / regulated) ** 2 - 1.0
    seen = sosfilt(_filters(lamp, frequency_hz, rate), squared)
    numerator, denominator = bilinear([1.0], [MEMORY_S, 1.0], rate)
    sensation = lfilter(numerator, denominator, np.square(seen))[n_ahead:]
    return np.asarray(np.maximum(sensation, 0.0) * _scale(lamp, frequency_hz))


def _filters(lamp: Lamp, frequency_hz: Literal[50, 60], rate_hz: float) -> FloatArray:
    high_pass = butter(1, HIGH_PASS_HZ, "highpass", fs=rate_hz, output="sos")
    low_pass = butter(LOW_PASS_ORDER, LOW_PASS_HZ[frequency_hz], fs=rate_hz, output="sos")
    weighting = tf2sos(*bilinear(*_weighting(lamp), rate_hz))
    return np.vstack([high_pass, low_pass, weighting])


def short_term_flicker(sensation_pu: ArrayLike) -> float:
    """Return P_st of the instantaneous flicker sensation of ten minutes.

    Parameters
    ----------
    sensation_pu : array_like, shape (T,)
        P_inst at equal steps.

    Returns
    -------
    float
        1 is the conventional threshold of irritation.

    Raises
    ------
    InputError
        A value is not finite or negative, or there are fewer than two.

    Notes
    -----
    Block 5 of IEC 61000-4-15 with exact percentiles in place of classes: weighted levels
    exceeded 0.1, 1, 3, 10 and 50 % of the time, all but the first smoothed over neighbours. A
    constant P_inst of 1 gives 0.714, not 1.
    """
    sensation = as_course("sensation_pu", as_float("sensation_pu", sensation_pu, minimum=0.0))
    exceeded = np.concatenate([shares for _, shares in TERMS])
    found = iter(np.percentile(sensation, PERCENT - exceeded).tolist())
    total = sum(weight * float(np.mean([next(found) for _ in shares])) for weight, shares in TERMS)
    return float(np.sqrt(total))


def long_term_flicker(short_term_pu: ArrayLike) -> float:
    """Return P_lt: the cubic mean of P_st over two hours.

    Parameters
    ----------
    short_term_pu : array_like, shape (N,)
        P_st of intervals of ten minutes that follow each other; 12 make two hours.

    Returns
    -------
    float
        The largest over the record, moved by one interval at a time; of fewer than 12 the mean
        is taken over those there are, as if they repeated.

    Raises
    ------
    InputError
        A value is not finite or negative, or there is none.
    """
    values = np.atleast_1d(as_float("short_term_pu", short_term_pu, minimum=0.0))
    if values.size == 0:
        raise InputError([Problem("short_term_pu", "empty", "needs at least one value")])
    n = min(values.size, INTERVALS_IN_2_H)
    means = np.convolve(values**3, np.full(n, 1.0 / n), mode="valid")
    return float(np.cbrt(means.max()))


def step_flicker(
    change_ratio: ArrayLike, *, changes_per_min: ArrayLike, shape_ratio: ArrayLike = 1.0
) -> StepFlicker:
    """Return P_st of equal steps of voltage, by formula.

    Parameters
    ----------
    change_ratio : array_like, shape (...)
        Relative change of voltage of each step.
    changes_per_min : array_like, shape (...)
        Steps, up and down counted alike. [1/min]
    shape_ratio : array_like, shape (...)
        Equivalent step over the real one: 1 for a sudden step, less for a ramp.

    Returns
    -------
    StepFlicker
        ``in_range`` where steps are at least a second apart.

    Raises
    ------
    InputError
        A value is not finite or negative.

    Notes
    -----
    Memory time of IEC 61000-3-3, quoted at second hand: each step of d per cent counts
    ``2.3 (F d)^3.2`` seconds, P_st is ``(sum / 600 s)^(1 / 3.2)``. Against the table of
    IEC 61000-4-15 for 230 V lamps 4 % too low to 1 % too high up to 39 steps a minute, and 13 %
    too high at 110, which is out of range.
    """
    change = PERCENT * as_float("change_ratio", change_ratio, minimum=0.0)
    rate = as_float("changes_per_min", changes_per_min, minimum=0.0)
    shape = as_float("shape_ratio", shape_ratio, minimum=0.0)
    memory_s = 2.3 * (shape * change) ** 3.2 * rate * (INTERVAL_S / 60.0)
    found = np.asarray((memory_s / INTERVAL_S) ** (1.0 / 3.2))
    return StepFlicker(found, np.broadcast_to(rate <= FASTEST_PER_MIN, found.shape))
