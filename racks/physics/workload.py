"""Utilisation over the year from a daily and a weekly shape."""

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import HOURS_PER_YEAR

_HOURS_PER_DAY = 24
_DAYS_PER_WEEK = 7


def utilisation_year(
    *,
    base_ratio: ArrayLike,
    daily_ratios: ArrayLike,
    weekly_ratios: ArrayLike,
    first_weekday: int,
    n_hours: int = HOURS_PER_YEAR,
) -> FloatArray:
    """Hourly utilisation: base times the hour's factor times the weekday's factor.

    Parameters
    ----------
    base_ratio : (...) array_like
        Utilisation where both factors are 1. [1]
    daily_ratios : (24,) array_like
        Factor of each hour of the day, the first from midnight. [1]
    weekly_ratios : (7,) array_like
        Factor of each weekday, the first for Monday. [1]
    first_weekday : int
        Weekday of the first hour, 0 for Monday to 6 for Sunday.
    n_hours : int
        Hours to answer, from midnight of the first day.

    Returns
    -------
    (..., T) ndarray
        Utilisation. [1]

    Raises
    ------
    InputError
        A value is not finite, a shape is wrong, or the product leaves 0 to 1 in any hour: a
        shape that does not fit its base is a mistake, and cutting it would change the energy.

    Examples
    --------
    >>> year = utilisation_year(
    ...     base_ratio=0.8, daily_ratios=[1.0] * 24, weekly_ratios=[1, 1, 1, 1, 1, 0.5, 0.5],
    ...     first_weekday=4,
    ... )
    >>> year[[0, 23, 24, 72]].tolist()
    [0.8, 0.8, 0.4, 0.8]
    """
    base = as_float("base_ratio", base_ratio)
    daily = as_float("daily_ratios", daily_ratios)
    weekly = as_float("weekly_ratios", weekly_ratios)
    _check_shapes(daily, weekly, first_weekday, n_hours)
    hour = np.arange(n_hours)
    weekday = (first_weekday + hour // _HOURS_PER_DAY) % _DAYS_PER_WEEK
    factor = daily[hour % _HOURS_PER_DAY] * weekly[weekday]
    year = base[..., np.newaxis] * factor
    if np.any(year < 0.0) or np.any(year > 1.0):
        span = f"{float(year.min()):.3g} to {float(year.max()):.3g}"
        message = f"base times daily and weekly factor must stay in 0 to 1, but spans {span}"
        raise InputError([Problem("base_ratio", "outside_unit_range", message)])
    return np.asarray(year)


def _check_shapes(daily: FloatArray, weekly: FloatArray, first_weekday: int, n_hours: int) -> None:
    problems = []
    if daily.shape != (_HOURS_PER_DAY,):
        problems.append(Problem("daily_ratios", "wrong_shape", "needs 24 values"))
    if weekly.shape != (_DAYS_PER_WEEK,):
        problems.append(Problem("weekly_ratios", "wrong_shape", "needs 7 values"))
    if not 0 <= first_weekday < _DAYS_PER_WEEK:
        problems.append(Problem("first_weekday", "outside_range", "must be 0 to 6"))
    if n_hours < 1:
        problems.append(Problem("n_hours", "too_small", "must be at least 1"))
    if problems:
        raise InputError(problems)
