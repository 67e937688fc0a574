"""Generator sets: what they may carry, the steps they take load in, the fuel they burn."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import L_PER_M3
from power.physics.documents import Genset

FUEL_LOAD_RATIOS = (0.25, 0.5, 0.75, 1.0)
FUEL_SHAPE_RATIOS = (0.315 / 0.262, 0.275 / 0.262, 1.0, 1.0)
"""Fuel per energy over that at 75 % load: the generic diesel of the catalogue (unverified)."""
LOW_LOAD_RATIO = 0.3
"""Below this part of its rating a diesel set fouls with unburnt fuel (unverified)."""
LEADING_POWER_FACTOR = 0.95
"""A leading power factor below this may take the alternator out of its range (unverified)."""
TRANSIENT_RATIO = 0.2
"""X'd on the rated kVA where none is stated; the usual range is 0.15 to 0.25 (unverified)."""
STEP_TOLERANCE = 1e-9

RatingClass = Literal["ESP", "PRP", "LTP", "COP", "DCP"]


@dataclass(frozen=True, slots=True)
class RatingLimits:
    """What ISO 8528-1 allows a set of one class; None: no limit.

    ``is_verified`` is False where no manual that quotes the standard was at hand.
    """

    average_ratio: float
    hours_per_year_h: float | None
    continuous_h: float | None
    is_verified: bool


RATING_LIMITS: dict[RatingClass, RatingLimits] = {
    "ESP": RatingLimits(0.7, 200.0, None, is_verified=True),
    "PRP": RatingLimits(0.7, None, None, is_verified=True),
    "LTP": RatingLimits(1.0, 500.0, 300.0, is_verified=True),
    "COP": RatingLimits(1.0, None, None, is_verified=True),
    "DCP": RatingLimits(1.0, None, None, is_verified=False),
}


@dataclass(frozen=True, slots=True)
class RatingUse:
    """Whether a run keeps the class of the set, shapes as the arguments."""

    average_ok: BoolArray
    hours_ok: BoolArray
    limits: RatingLimits


def rating_use(
    rating_class: RatingClass,
    *,
    average_ratio: ArrayLike,
    run_h: ArrayLike,
    run_before_h: ArrayLike = 0.0,
) -> RatingUse:
    """Return whether a run keeps average load and hours of the class of a set.

    Parameters
    ----------
    rating_class : str
        Of ISO 8528-1.
    average_ratio : array_like, shape (...)
        Mean load of the run, or of its hardest 24 h, over the derated rating.
    run_h : array_like, shape (...)
        Length of the run. [h]
    run_before_h : array_like, shape (...)
        Hours already run in the year. [h]

    Returns
    -------
    RatingUse

    Raises
    ------
    InputError
        A value is negative.

    Notes
    -----
    ESP: 200 h a year, 24 h average up to 70 %. PRP: average up to 70 %. LTP: 500 h a year, 300 h
    on end. COP: 100 %. As the manuals of Atlas Copco quote ISO 8528-1; DCP is an estimate.
    """
    limits = RATING_LIMITS[rating_class]
    average = as_float("average_ratio", average_ratio, minimum=0.0)
    run = as_float("run_h", run_h, minimum=0.0)
    year = run + as_float("run_before_h", run_before_h, minimum=0.0)
    most_h = np.inf if limits.hours_per_year_h is None else limits.hours_per_year_h
    on_end_h = np.inf if limits.continuous_h is None else limits.continuous_h
    return RatingUse(
        average_ok=np.asarray(average <= limits.average_ratio + STEP_TOLERANCE),
        hours_ok=np.asarray((year <= most_h) & (run <= on_end_h)),
        limits=limits,
    )


def derated_kw(genset: Genset) -> float:
    """Return what the engine gives at the site. [kW]."""
    return genset.rating_kw * genset.derating_ratio


def derated_kva(genset: Genset) -> float:
    """Return what the alternator gives at the site. [kVA]."""
    return genset.rating_kva * genset.derating_ratio


def largest_step_kw(genset: Genset) -> float:
    """Return the largest step of load the set takes at once. [kW]."""
    return genset.block_ratio * derated_kw(genset)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Number of the step in which each load is taken, and loads too large for any step."""

    step: IntArray
    is_too_large: BoolArray


def blocks(load_kw: ArrayLike, *, limit_kw: float) -> Blocks:
    """Return the steps in which loads are taken in their order, none larger than a limit.

    Parameters
    ----------
    load_kw : array_like, shape (n,)
        In the order of their priority. [kW]
    limit_kw : float
        Largest step, see `largest_step_kw`; of sets side by side the sum. [kW]

    Returns
    -------
    Blocks
        A load larger than the limit has a step of its own.

    Raises
    ------
    InputError
        A load is negative, or the limit is.
    """
    load = as_float("load_kw", load_kw, minimum=0.0)
    limit = float(as_float("limit_kw", limit_kw, minimum=0.0)) * (1.0 + STEP_TOLERANCE)
    step = np.zeros(load.size, dtype=np.int64)
    number, filled = 0, 0.0
    for i, kw in enumerate(load.tolist()):
        if filled > 0 and filled + kw > limit:
            number, filled = number + 1, 0.0
        step[i], filled = number, filled + kw
    return Blocks(step=step, is_too_large=load > limit)


def transient_dip_pu(
    step_kva: ArrayLike, *, running_kva: ArrayLike, transient_ratio: ArrayLike
) -> FloatArray:
    """Return the first voltage dip of running sets at a step of load.

    Parameters
    ----------
    step_kva : array_like, shape (...)
        Apparent power of the step. [kVA]
    running_kva : array_like, shape (...)
        Rated apparent power of the sets that run. [kVA]
    transient_ratio : array_like, shape (...)
        X'd on the rated power; 0.15 to 0.25 is usual.

    Returns
    -------
    ndarray, shape (...)
        Of rated voltage. [p.u.]

    Raises
    ------
    InputError
        A step is negative or a rating not positive.

    Notes
    -----
    ``dV = dS / (S / X'd)``, the textbook approximation: reactive step, no action of the regulator.
    """
    step = as_float("step_kva", step_kva, minimum=0.0)
    running = as_float("running_kva", running_kva, minimum=1e-9)
    reactance = as_float("transient_ratio", transient_ratio, minimum=1e-3, maximum=10.0)
    answer: FloatArray = step / (running / reactance)
    return answer


@dataclass(frozen=True, slots=True)
class FuelUse:
    """Fuel burnt; ``is_beyond_curve`` where the load lies outside the given points."""

    l_per_h: FloatArray
    is_beyond_curve: BoolArray


def fuel_use(
    load_kw: ArrayLike,
    *,
    rating_kw: ArrayLike,
    fuel_l_per_kwh: ArrayLike,
    load_ratios: ArrayLike = FUEL_LOAD_RATIOS,
    shape_ratios: ArrayLike = FUEL_SHAPE_RATIOS,
) -> FuelUse:
    """Return the fuel a set burns.

    Parameters
    ----------
    load_kw : array_like, shape (...)
        Given by the set. [kW]
    rating_kw : array_like, shape (...)
        Before derating. [kW]
    fuel_l_per_kwh : array_like, shape (...)
        At 75 % load. [L/kWh]
    load_ratios : array_like, shape (points,)
        Load over rating at the points of the curve, rising.
    shape_ratios : array_like, shape (points,)
        Fuel per energy at the points over that at 75 %.

    Returns
    -------
    FuelUse

    Raises
    ------
    InputError
        A value is out of bounds, or the points do not rise.

    Notes
    -----
    Litres per hour run straight between the points, as engines nearly do (Willans), and straight
    on beyond them: at no load the set burns what keeps it turning. The default points are generic.
    """
    load = as_float("load_kw", load_kw, minimum=0.0)
    rating = as_float("rating_kw", rating_kw, minimum=1e-9)
    at_75 = as_float("fuel_l_per_kwh", fuel_l_per_kwh, minimum=0.0)
    points = as_float("load_ratios", load_ratios, minimum=1e-6)
    shape = as_float("shape_ratios", shape_ratios, minimum=0.0)
    if points.ndim != 1 or points.size < len(("a", "line")) or np.any(np.diff(points) <= 0):
        raise InputError([Problem("load_ratios", "order", "needs two or more rising points")])
    if shape.shape != points.shape:
        raise InputError([Problem("shape_ratios", "shape", "needs one value for each load")])
    ratio = load / rating
    rate = points * shape
    place = np.clip(np.searchsorted(points, ratio) - 1, 0, points.size - 2)
    slope = np.diff(rate) / np.diff(points)
    burnt = rate[place] + slope[place] * (ratio - points[place])
    return FuelUse(
        l_per_h=np.maximum(burnt, 0.0) * rating * at_75,
        is_beyond_curve=np.asarray((ratio < points[0]) | (ratio > points[-1])),
    )


def fuel_autonomy_h(fuel_m3: ArrayLike, *, l_per_h: ArrayLike) -> FloatArray:
    """Return how long a tank lasts.

    Parameters
    ----------
    fuel_m3 : array_like, shape (...)
        Usable. [m³]
    l_per_h : array_like, shape (...)
        Burnt. [L/h]

    Returns
    -------
    ndarray, shape (...)
        Infinite where nothing is burnt. [h]

    Raises
    ------
    InputError
        A value is negative.
    """
    tank = as_float("fuel_m3", fuel_m3, minimum=0.0) * L_PER_M3
    rate = as_float("l_per_h", l_per_h, minimum=0.0)
    tank, rate = np.broadcast_arrays(tank, rate)
    answer = np.full(tank.shape, np.inf)
    np.divide(tank, rate, out=answer, where=rate > 0)
    return answer


def is_leading(active_kw: ArrayLike, *, reactive_kvar: ArrayLike) -> BoolArray:
    """Return whether a load leads by more than alternators are sure to bear.

    Parameters
    ----------
    active_kw : array_like, shape (...)
        [kW]
    reactive_kvar : array_like, shape (...)
        Consumed; negative where the load gives reactive power. [kvar]

    Returns
    -------
    ndarray of bool, shape (...)

    Raises
    ------
    InputError
        A value is not finite.
    """
    active = as_float("active_kw", active_kw)
    reactive = as_float("reactive_kvar", reactive_kvar)
    apparent = np.hypot(active, reactive)
    return np.asarray((reactive < 0) & (np.abs(active) < LEADING_POWER_FACTOR * apparent))
