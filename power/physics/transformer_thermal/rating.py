"""Steady temperatures, and the current that they allow for ever or for a time."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from power.physics.transformer_thermal.course import thermal_course
from power.physics.transformer_thermal.lags import ThermalState, lag_targets
from power.physics.transformer_thermal.limits import LoadingLimits
from power.physics.transformer_thermal.parameters import ThermalParameters

SEARCH_RATIO: Final = 4.0
"""Largest current that is tried: twice what the guide allows in a short emergency."""
HALVINGS: Final = 40
MOMENTS: Final = 100


def steady_state(
    parameters: ThermalParameters, current_ratio: ArrayLike, *, ambient_c: ArrayLike
) -> ThermalState:
    """Return the state that a constant current ends in, at full cooling.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers.
    current_ratio : array_like, shape () or (N,)
        Current over rated current.
    ambient_c : array_like, shape () or (N,)
        Outdoor temperature; a transformer with an ambient of its own does not use it. [°C]

    Returns
    -------
    ThermalState

    Raises
    ------
    InputError
        A value is not finite, or a current negative.

    Notes
    -----
    IEC 60076-7 and -12: ultimate oil rise and gradient at the current.
    """
    shape = parameters.k11.shape
    current = as_float("current_ratio", current_ratio, minimum=0.0)
    ambient = as_float("ambient_c", ambient_c)
    targets = lag_targets(
        parameters, np.broadcast_to(current, shape), np.broadcast_to(ambient, shape)
    )
    return ThermalState(*targets)


def continuous_rating_ratio(
    parameters: ThermalParameters, *, ambient_c: ArrayLike, limits: LoadingLimits | None = None
) -> FloatArray:
    """Return the constant current over rated current that ends exactly at a temperature limit.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers with their limits for hot spot and top oil.
    ambient_c : array_like, shape () or (N,)
        Outdoor temperature; a transformer with an ambient of its own does not use it. [°C]
    limits : LoadingLimits or None
        Temperatures of another regime than that of the parameters.

    Returns
    -------
    ndarray, shape (N,)
        The smaller of what the hot spot and the top oil allow; 0 where not even no load is.

    Raises
    ------
    InputError
        An ambient is not finite.

    Notes
    -----
    Steady state of the loading guide at full cooling, solved by halving, up to 4. A current limit
    of the bushings or the tap changer is a limit of its own and not looked at.
    """
    ambient = np.broadcast_to(as_float("ambient_c", ambient_c), parameters.k11.shape)

    def holds(current: FloatArray) -> BoolArray:
        state = steady_state(parameters, current, ambient_c=ambient)
        return _within(parameters, limits, state.top_oil_c, state.hot_spot_c)

    return _largest_ratio(holds, parameters.k11.size)


def timed_rating_ratio(
    parameters: ThermalParameters,
    *,
    before_ratio: ArrayLike,
    ambient_c: ArrayLike,
    duration_min: float,
    limits: LoadingLimits | None = None,
) -> FloatArray:
    """Return the current over rated current that meets a temperature limit after some time.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers with their limits for hot spot and top oil.
    before_ratio : array_like, shape () or (N,)
        Current that flowed until everything was steady, at full cooling.
    ambient_c : array_like, shape () or (N,)
        Outdoor temperature; a transformer with an ambient of its own does not use it. [°C]
    duration_min : float
        How long the larger current flows. [min]
    limits : LoadingLimits or None
        Temperatures of another regime than that of the parameters.

    Returns
    -------
    ndarray, shape (N,)
        The largest current that breaks no limit at any time within the duration, at most 4.

    Raises
    ------
    InputError
        A value is not finite or out of bounds.

    Notes
    -----
    The loading guide from a steady start, watched at a hundred moments and between, solved by
    halving. The guide limits the current itself too, by regime: look at both.
    """
    shape = parameters.k11.shape
    duration = float(as_float("duration_min", duration_min, minimum=1e-3))
    ambient = np.broadcast_to(as_float("ambient_c", ambient_c), shape)
    before = np.broadcast_to(as_float("before_ratio", before_ratio, minimum=0.0), shape)
    start = steady_state(parameters, before, ambient_c=ambient)

    def holds(current: FloatArray) -> BoolArray:
        course = thermal_course(
            parameters,
            np.repeat(current[:, np.newaxis], MOMENTS, axis=1),
            ambient_c=np.repeat(ambient[:, np.newaxis], MOMENTS, axis=1),
            step_min=duration / MOMENTS,
            start=start,
        )
        return _within(parameters, limits, course.top_oil_max_c, course.hot_spot_max_c)

    return _largest_ratio(holds, parameters.k11.size)


def _within(
    parameters: ThermalParameters,
    limits: LoadingLimits | None,
    oil_c: FloatArray,
    spot_c: FloatArray,
) -> BoolArray:
    most_oil_c = parameters.top_oil_limit_c if limits is None else limits.top_oil_c
    most_spot_c = parameters.hot_spot_limit_c if limits is None else limits.hot_spot_c
    return np.asarray((spot_c <= most_spot_c) & (oil_c <= most_oil_c), dtype=np.bool_)


def _largest_ratio(holds: Callable[[FloatArray], BoolArray], n: int) -> FloatArray:
    """Return the largest current that holds, 0 where none does, by halving."""
    low, high = np.zeros(n), np.full(n, SEARCH_RATIO)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        fits = holds(middle)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return low
