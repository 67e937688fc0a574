"""Amplitudes of a course of power over frequency, and what lies in a band."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import rfft
from scipy.signal import get_window

from facility.kernel.checks import FloatArray, as_float
from power.physics.swings.metrics import as_course

LINES_BELOW = 3.0
"""A band starts at least this many lines above zero: a Hann line is four lines wide."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Single-sided amplitudes; a lone sine shows its amplitude at its frequency.

    ``noise_lines`` is how many lines' worth of noise each one takes in.
    """

    step_s: float
    frequency_hz: FloatArray
    amplitude_kw: FloatArray
    noise_lines: float

    @property
    def spacing_hz(self) -> float:
        """Distance between two lines."""
        return float(self.frequency_hz[1])


@dataclass(frozen=True, slots=True)
class BandContent:
    """What a band holds: its largest line, all its lines as one sine, its share; or a reason."""

    line_kw: float | None
    amplitude_kw: float | None
    share_ratio: float | None
    reason: str


def spectrum(power_kw: ArrayLike, *, step_s: float) -> Spectrum:
    """Return the amplitudes of a course of power about its mean, through a Hann window.

    Parameters
    ----------
    power_kw : array_like, shape (T,)
        Power at equal steps. [kW]
    step_s : float
        Time between samples. [s]

    Returns
    -------
    Spectrum
        From 0 to half the sampling rate.

    Raises
    ------
    InputError
        A value is not finite, or the step not positive.

    Notes
    -----
    ``A(f) = 2 |FFT(w P)| / (N mean(w))``. A line between two samples of frequency shows up to
    15 % low; the sum over a band does not. What swings faster than half the sampling rate
    folds back into the record and cannot be told from slow swings.
    """
    course = as_course("power_kw", power_kw)
    step = float(as_float("step_s", step_s, minimum=1e-6))
    window = np.asarray(get_window("hann", course.size), dtype=np.float64)
    amplitude = 2.0 * np.abs(rfft(window * (course - course.mean()))) / window.sum()
    return Spectrum(
        step_s=step,
        frequency_hz=np.arange(amplitude.size) / (course.size * step),
        amplitude_kw=np.asarray(amplitude, dtype=np.float64),
        noise_lines=float(course.size * np.sum(window**2) / window.sum() ** 2),
    )


def band_content(found: Spectrum, *, low_hz: float, high_hz: float | None) -> BandContent:
    """Return what lies in a band, or why the record cannot say.

    Parameters
    ----------
    found : Spectrum
        Of the whole record.
    low_hz : float
        Lower end. [Hz]
    high_hz : float or None
        Upper end; None means half the sampling rate. [Hz]

    Returns
    -------
    BandContent
        ``amplitude_kw`` is the amplitude of one sine with the energy of the band.

    Raises
    ------
    InputError
        A frequency is not finite or not positive.
    """
    low = float(as_float("low_hz", low_hz, minimum=1e-9))
    top = float(found.frequency_hz[-1])
    high = top if high_hz is None else float(as_float("high_hz", high_hz, minimum=low))
    reason = _reason(found, low, high, top)
    if reason:
        return BandContent(None, None, None, reason)
    inside = (found.frequency_hz >= low) & (found.frequency_hz <= high)
    lines = found.amplitude_kw[inside]
    energy = float(np.sum(lines**2)) / found.noise_lines
    everything = float(np.sum(found.amplitude_kw[1:] ** 2)) / found.noise_lines
    share = energy / everything if everything > 0.0 else 0.0
    return BandContent(float(lines.max()), float(np.sqrt(energy)), share, "")


def _reason(found: Spectrum, low: float, high: float, top: float) -> str:
    if high > top * (1.0 + 1e-9) or low >= top:
        return f"not resolved by {found.step_s:g} s samples, which end at {top:.3g} Hz"
    if low < LINES_BELOW * found.spacing_hz:
        return f"the record is too short for {low:g} Hz"
    if high - low < found.spacing_hz:
        return f"narrower than the record's resolution of {found.spacing_hz:.3g} Hz"
    return ""
