"""Headroom of transformers that is a temperature: nameplate, continuous, and minutes to a limit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import MIN_PER_H
from power.physics.transformer_thermal.alike import alike, of_each
from power.physics.transformer_thermal.bursts import Burst, burst_factors
from power.physics.transformer_thermal.course import (
    LARGEST_RATIO,
    ThermalCourse,
    checked_profile,
    thermal_course,
    unit_course,
)
from power.physics.transformer_thermal.limits import LoadingLimits
from power.physics.transformer_thermal.minutes import TimeToLimit, minutes_to_limit
from power.physics.transformer_thermal.parameters import ThermalParameters

CRITERIA: Final = ("hot_spot", "top_oil", "life")
LIFE_PER_YEAR: Final = 1.0
CLOSE_K: Final = 0.01
"""How near its limit the answer ends; never above."""
BINDING_K: Final = 1.0
BINDING_RATIO: Final = 0.01
BINDING_LIFE_RATIO: Final = 0.5
"""Intervals within so much of a limit bind; of life, the fewest that use half of it."""
MAX_STEPS: Final = 60
SMALLEST_RATIO: Final = 1e-7
# Kelvins that change the life used by a factor e, to weigh life like a temperature.
_LIFE_K: Final = 8.0
_LEAST_LIFE: Final = 1e-30


@dataclass(frozen=True, slots=True)
class ContinuousHeadroom:
    """The constant load that can join a year's profile, of N transformers.

    ``added_ratio``, ``added_kva`` and ``added_kw`` (N,) are negative where the limit is broken
    already: that much has to go. ``criterion`` says per unit what binds first: hot_spot, top_oil,
    life or current; ``binding_steps`` which intervals, in order of time. The last four (N,) are
    those with the load added.
    """

    added_ratio: FloatArray
    added_kva: FloatArray
    added_kw: FloatArray
    criterion: tuple[str, ...]
    binding_steps: tuple[IntArray, ...]
    hot_spot_max_c: FloatArray
    top_oil_max_c: FloatArray
    ageing_ratio: FloatArray
    current_max_ratio: FloatArray


@dataclass(frozen=True, slots=True)
class TransformerHeadroom:
    """Headroom of N transformers three ways; ``course`` is the year without anything added.

    ``nameplate_kva`` and ``nameplate_kw`` (N,): rating less the highest interval of the year.
    """

    nameplate_kva: FloatArray
    nameplate_kw: FloatArray
    continuous: ContinuousHeadroom
    failover: TimeToLimit
    course: ThermalCourse


@dataclass(frozen=True, slots=True)
class _Profile:
    """Current (N, T) and outdoor temperature (N, T), sub-steps and limits of a search."""

    parameters: ThermalParameters
    current: FloatArray
    outdoor: FloatArray
    factors: FloatArray
    step_min: float
    limits: LoadingLimits
    life_per_year: float


@dataclass(frozen=True, slots=True)
class _Reached:
    """One unit with a load added: what it reaches, by interval and in all."""

    added_ratio: float
    peak_c: FloatArray
    top_oil_c: FloatArray
    top_oil_max_c: float
    life_h: FloatArray
    ageing_ratio: float
    current: FloatArray


@dataclass(frozen=True, slots=True)
class _Tried:
    """One step of a search and by how much hot spot, top oil and life are exceeded there."""

    reached: _Reached
    excesses_k: FloatArray

    @property
    def worst_k(self) -> float:
        """The worst of them. [K]."""
        return float(self.excesses_k.max())


def transformer_headroom(
    parameters: ThermalParameters,
    current_ratio: ArrayLike,
    *,
    ambient_c: ArrayLike,
    step_min: float,
    failover_ratio: ArrayLike,
    failover_ambient_c: ArrayLike,
    power_factor: ArrayLike,
    limits: LoadingLimits | None = None,
    failover_limits: LoadingLimits | None = None,
    burst: Burst | None = None,
) -> TransformerHeadroom:
    """Return the headroom of transformers three ways.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers.
    current_ratio : array_like, shape (N, T)
        Normal current over rated current, over the year.
    ambient_c : array_like, shape (T,) or (N, T)
        Outdoor temperature of the year; an indoor unit has its own. [°C]
    step_min : float
        Length of an interval. [min]
    failover_ratio : array_like, shape (N,)
        Current over rated current after the failure.
    failover_ambient_c : array_like, shape () or (N,)
        Outdoor temperature during the failure. [°C]
    power_factor : array_like, shape () or (N,)
        Of the added load, which is taken to be that of the present one.
    limits : LoadingLimits or None
        For the continuous headroom; None takes those of the parameters (normal cyclic).
    failover_limits : LoadingLimits or None
        For the time after a failure; None as above.
    burst : Burst or None
        Shape of the load within an interval.

    Returns
    -------
    TransformerHeadroom

    Raises
    ------
    InputError
        A value is not finite or out of bounds, or shapes do not fit.

    Notes
    -----
    The failure is taken to come at the hottest moment of the year, from the temperatures there.
    """
    factor = _power_factor(parameters, power_factor)
    course = thermal_course(
        parameters, current_ratio, ambient_c=ambient_c, step_min=step_min, burst=burst
    )
    highest = np.atleast_2d(as_float("current_ratio", current_ratio)).max(axis=1)
    nameplate_kva = parameters.rating_kva * (1.0 - highest)
    return TransformerHeadroom(
        nameplate_kva=nameplate_kva,
        nameplate_kw=nameplate_kva * factor,
        continuous=continuous_headroom(
            parameters,
            current_ratio,
            ambient_c=ambient_c,
            step_min=step_min,
            power_factor=factor,
            limits=limits,
            burst=burst,
        ),
        failover=minutes_to_limit(
            parameters,
            course.hottest,
            after_ratio=failover_ratio,
            ambient_c=failover_ambient_c,
            limits=failover_limits,
        ),
        course=course,
    )


def continuous_headroom(
    parameters: ThermalParameters,
    current_ratio: ArrayLike,
    *,
    ambient_c: ArrayLike,
    step_min: float,
    power_factor: ArrayLike,
    limits: LoadingLimits | None = None,
    life_per_year: float = LIFE_PER_YEAR,
    burst: Burst | None = None,
) -> ContinuousHeadroom:
    """Return the constant load that can be added all year before a limit binds.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers.
    current_ratio : array_like, shape (N, T)
        Current over rated current, over the year.
    ambient_c : array_like, shape (T,) or (N, T)
        Outdoor temperature; an indoor unit has its own. [°C]
    step_min : float
        Length of an interval. [min]
    power_factor : array_like, shape () or (N,)
        Of the added load; its current is added to the present one as a number.
    limits : LoadingLimits or None
        Top oil, hot spot and current; None takes those of the parameters (normal cyclic).
    life_per_year : float
        Life that may be used over the time passed, on average.
    burst : Burst or None
        Shape of the load within an interval, of the added load too.

    Returns
    -------
    ContinuousHeadroom

    Raises
    ------
    InputError
        A value is not finite or out of bounds, or shapes do not fit.

    Notes
    -----
    Loading guide over the whole, periodic year; the root of the worst excess over all limits, each
    in kelvins, by regula falsi with halving (Illinois). It ends at most 0.01 K below a limit and
    never above one. The added load is one at rated voltage: 1 kVA is 1 kVA of rating.
    """
    factor = _power_factor(parameters, power_factor)
    current, outdoor, step = checked_profile(parameters, current_ratio, ambient_c, step_min)
    profile = _Profile(
        parameters,
        current,
        outdoor,
        np.ones(1) if burst is None else burst_factors(burst, step_min=step),
        step,
        _limits(parameters, limits),
        float(as_float("life_per_year", life_per_year, minimum=1e-9)),
    )
    first = alike([parameters, profile.limits], [current, outdoor])
    found = of_each(first, partial(_search, profile))
    reached = [item for item, _ in found]
    added = np.array([item.added_ratio for item in reached])
    return ContinuousHeadroom(
        added_ratio=added,
        added_kva=added * parameters.rating_kva,
        added_kw=added * parameters.rating_kva * factor,
        criterion=tuple(criterion for _, criterion in found),
        binding_steps=tuple(_binding_steps(*item) for item in found),
        hot_spot_max_c=np.array([item.peak_c.max() for item in reached]),
        top_oil_max_c=np.array([item.top_oil_max_c for item in reached]),
        ageing_ratio=np.array([item.ageing_ratio for item in reached]),
        current_max_ratio=np.array([item.current.max() for item in reached]),
    )


def _power_factor(parameters: ThermalParameters, power_factor: ArrayLike) -> FloatArray:
    factor = as_float("power_factor", power_factor, minimum=0.0, maximum=1.0)
    return np.broadcast_to(factor, parameters.k11.shape)


def _limits(parameters: ThermalParameters, limits: LoadingLimits | None) -> LoadingLimits:
    if limits is None:
        return LoadingLimits(
            parameters.top_oil_limit_c,
            parameters.hot_spot_limit_c,
            parameters.current_limit_ratio,
        )
    shape = parameters.k11.shape
    if limits.hot_spot_c.shape != shape:
        raise InputError([Problem("limits", "shape", "one row for each transformer")])
    return limits


def _reach(profile: _Profile, unit: int, added: float) -> _Reached:
    current = np.maximum(profile.current[unit] + added, 0.0)
    course = unit_course(
        profile.parameters.row(unit),
        (current, profile.outdoor[unit]),
        factors=profile.factors,
        step_min=profile.step_min,
        start="periodic",
    )
    elapsed_h = current.size * profile.step_min / MIN_PER_H
    return _Reached(
        added_ratio=added,
        peak_c=course.peak_c,
        top_oil_c=course.ends[0],
        top_oil_max_c=course.top_oil_max_c,
        life_h=course.life_h,
        ageing_ratio=float(course.life_h.sum()) / elapsed_h,
        current=current * float(profile.factors.max()),
    )


def _excesses_k(profile: _Profile, unit: int, reached: _Reached) -> FloatArray:
    """Return by how much hot spot, top oil and life are exceeded, life as if it were kelvins."""
    life_ratio = max(reached.ageing_ratio / profile.life_per_year, _LEAST_LIFE)
    return np.array(
        [
            float(reached.peak_c.max()) - profile.limits.hot_spot_c[unit],
            reached.top_oil_max_c - profile.limits.top_oil_c[unit],
            _LIFE_K * np.log(life_ratio),
        ]
    )


def _search(profile: _Profile, unit: int) -> tuple[_Reached, str]:
    """Return what is reached with the largest load that can be added, and what binds there."""
    highest = float(profile.current[unit].max())
    most = float(profile.limits.current_ratio[unit]) / float(profile.factors.max())
    low, high = -highest, min(most, LARGEST_RATIO) - highest

    def tried(added: float) -> _Tried:
        reached = _reach(profile, unit, added)
        return _Tried(reached, _excesses_k(profile, unit, reached))

    above = tried(high)
    if above.worst_k <= 0.0:
        return above.reached, "current"
    below = tried(low)
    if below.worst_k <= 0.0:
        below = _root(tried, below, above)
    return below.reached, CRITERIA[int(below.excesses_k.argmax())]


def _root(tried: Callable[[float], _Tried], below: _Tried, above: _Tried) -> _Tried:
    """Return where the worst excess is just below zero, by regula falsi with halving."""
    low, high = below.reached.added_ratio, above.reached.added_ratio
    weight_low, weight_high, last = below.worst_k, above.worst_k, 0
    for _ in range(MAX_STEPS):
        if below.worst_k >= -CLOSE_K or high - low <= SMALLEST_RATIO:
            break
        # Aimed at the middle of what is close enough, so that one side is not approached for ever.
        goal = -0.5 * CLOSE_K
        found = tried(low + (high - low) * (goal - weight_low) / (weight_high - weight_low))
        side = 1 if found.worst_k > 0.0 else -1
        if side > 0:
            high, weight_high = found.reached.added_ratio, found.worst_k
            weight_low *= 0.5 if side == last else 1.0
        else:
            below, low, weight_low = found, found.reached.added_ratio, found.worst_k
            weight_high *= 0.5 if side == last else 1.0
        last = side
    return below


def _binding_steps(reached: _Reached, criterion: str) -> IntArray:
    """Return the intervals in which a criterion binds, in order of time."""
    if criterion == "life":
        order = np.argsort(-reached.life_h, kind="stable")
        used = np.cumsum(reached.life_h[order])
        n_half = int(np.searchsorted(used, BINDING_LIFE_RATIO * used[-1])) + 1
        return np.sort(order[:n_half]).astype(np.int64)
    if criterion == "current":
        near = reached.current >= (1.0 - BINDING_RATIO) * reached.current.max()
    else:
        course_c = reached.peak_c if criterion == "hot_spot" else reached.top_oil_c
        near = course_c >= course_c.max() - BINDING_K
    return np.flatnonzero(near).astype(np.int64)
