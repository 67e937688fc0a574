"""A load that bursts within the step of a profile that knows only its mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem

RESOLUTION_MIN: Final = 5.0
_CLOSE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Burst:
    """A rectangular burst that comes back every ``period_min`` and keeps the mean.

    The current is ``peak_ratio`` times the mean for ``duty_ratio`` of the period, from its start,
    and what keeps the mean for the rest. ``resolution_min`` is the sub-step within which the RMS
    value stands for the course.
    """

    peak_ratio: float
    duty_ratio: float
    period_min: float
    resolution_min: float = RESOLUTION_MIN

    @property
    def rest_ratio(self) -> float:
        """Current between bursts over the mean."""
        return (1.0 - self.duty_ratio * self.peak_ratio) / (1.0 - self.duty_ratio)

    @classmethod
    def of_crest(
        cls,
        crest_ratio: float,
        *,
        duty_ratio: float,
        period_min: float,
        resolution_min: float = RESOLUTION_MIN,
    ) -> "Burst":
        """Return the burst of a given RMS over mean, duty and period.

        Parameters
        ----------
        crest_ratio : float
            RMS over mean, at least 1.
        duty_ratio : float
            Share of time in the burst, above 0 and below 1.
        period_min : float
            From burst to burst. [min]
        resolution_min : float
            Longest sub-step. [min]

        Returns
        -------
        Burst

        Raises
        ------
        InputError
            A value is out of bounds.
        """
        crest = float(as_float("crest_ratio", crest_ratio, minimum=1.0))
        duty = float(as_float("duty_ratio", duty_ratio, minimum=_CLOSE, maximum=1.0 - _CLOSE))
        peak = 1.0 + float(np.sqrt((crest**2 - 1.0) * (1.0 - duty) / duty))
        return cls(peak, duty, period_min, resolution_min)


def burst_factors(burst: Burst, *, step_min: float) -> FloatArray:
    """Return the RMS current of every sub-step over the mean of the step.

    Parameters
    ----------
    burst : Burst
        Shape within the step.
    step_min : float
        Step of the profile of means. [min]

    Returns
    -------
    ndarray, shape (M,)
        M equal sub-steps no longer than ``burst.resolution_min``.

    Raises
    ------
    InputError
        The burst alone exceeds the mean, a value is out of bounds, or a step is not a whole number
        of periods; all are named.
    """
    problems = list(_problems(burst, step_min))
    if problems:
        raise InputError(problems)
    n_pieces = int(np.ceil(step_min / burst.resolution_min - _CLOSE))
    edges = np.linspace(0.0, step_min, n_pieces + 1)
    whole, rest = np.divmod(edges / burst.period_min + _CLOSE, 1.0)
    burst_time = (whole * burst.duty_ratio + np.minimum(rest, burst.duty_ratio)) * burst.period_min
    share = np.clip(np.diff(burst_time) / np.diff(edges), 0.0, 1.0)
    rest_ratio = max(burst.rest_ratio, 0.0)
    return np.asarray(np.sqrt(share * burst.peak_ratio**2 + (1.0 - share) * rest_ratio**2))


def _problems(burst: Burst, step_min: float) -> Iterator[Problem]:
    if not burst.peak_ratio >= 1.0:
        yield Problem("burst.peak_ratio", "too_small", "must be at least 1")
    if not 0.0 < burst.duty_ratio < 1.0:
        yield Problem("burst.duty_ratio", "out_of_range", "must lie between 0 and 1")
    if burst.peak_ratio * burst.duty_ratio > 1.0 + _CLOSE:
        yield Problem("burst.peak_ratio", "too_large", "the burst alone exceeds the mean")
    n_periods = step_min / burst.period_min if burst.period_min > 0.0 else 0.0
    if round(n_periods) < 1 or abs(n_periods - round(n_periods)) > _CLOSE:
        yield Problem("burst.period_min", "not_whole", "a step must be a whole number of periods")
    if not burst.resolution_min > 0.0:
        yield Problem("burst.resolution_min", "too_small", "must be positive")
