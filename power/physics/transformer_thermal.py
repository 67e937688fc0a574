"""Oil and hot-spot temperature of liquid-filled transformers, ageing, and the rating they allow."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.signal import lfilter

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import MIN_PER_H
from power.physics.documents import Transformer

NORMAL_PAPER_REFERENCE_C = 98.0
NORMAL_PAPER_DOUBLING_K = 6.0
UPGRADED_PAPER_REFERENCE_C = 110.0
UPGRADED_PAPER_ACTIVATION_K = 15000.0
AGEING_ZERO_C = 273.0
"""Ice point as the loading guides print it in the ageing law, not 273.15."""
CYCLIC_CURRENT_LIMIT = 1.5
LARGEST_RATIO = 4.0
HALVINGS = 40
MOMENTS = 100
SUBSTEP_MIN = 5.0
FEWEST_SUBSTEPS = 4


@dataclass(frozen=True, slots=True)
class ThermalParameters:
    """What the loading guide needs of N transformers, each array of shape (N,).

    ``loss_ratio`` is load loss at rated current over no-load loss; an ``ambient_c`` that is not
    ``outdoor`` replaces the outdoor temperature.
    """

    top_oil_rise_k: FloatArray
    hot_spot_rise_k: FloatArray
    loss_ratio: FloatArray
    oil_time_min: FloatArray
    winding_time_min: FloatArray
    oil_exponent: FloatArray
    winding_exponent: FloatArray
    k11: FloatArray
    k21: FloatArray
    k22: FloatArray
    hot_spot_limit_c: FloatArray
    top_oil_limit_c: FloatArray
    upgraded: BoolArray
    outdoor: BoolArray
    ambient_c: FloatArray


@dataclass(frozen=True, slots=True)
class ThermalState:
    """Top oil and the two parts of the hot-spot gradient, each of shape (N,)."""

    top_oil_c: FloatArray
    fast_k: FloatArray
    slow_k: FloatArray


@dataclass(frozen=True, slots=True)
class ThermalCourse:
    """Temperatures at the end of every interval (N, T) and what they add up to (N,).

    The maxima look inside the intervals. ``ageing_ratio`` is life used over time passed.
    ``above_range`` says where the current left what the guide allows for normal cyclic loading.
    """

    top_oil_c: FloatArray
    hot_spot_c: FloatArray
    top_oil_max_c: FloatArray
    hot_spot_max_c: FloatArray
    life_used_h: FloatArray
    ageing_ratio: FloatArray
    above_range: BoolArray
    start: ThermalState


def thermal_parameters(transformers: Sequence[Transformer]) -> ThermalParameters:
    """Return the parameters of transformers as arrays.

    Raises
    ------
    InputError
        A transformer has no thermal data or no no-load loss.
    """
    problems = [
        Problem(
            f"transformers.{i}", "no_thermal_data", f"{item.id} has no oil data or no-load loss"
        )
        for i, item in enumerate(transformers)
        if item.thermal is None or item.no_load_loss_kw == 0
    ]
    if problems:
        raise InputError(problems)
    oils = [(item, item.thermal) for item in transformers if item.thermal is not None]
    return ThermalParameters(
        top_oil_rise_k=_array(oil.top_oil_rise_k for _, oil in oils),
        hot_spot_rise_k=_array(oil.hot_spot_rise_k for _, oil in oils),
        loss_ratio=_array(item.load_loss_kw / item.no_load_loss_kw for item, _ in oils),
        oil_time_min=_array(oil.oil_time_min for _, oil in oils),
        winding_time_min=_array(oil.winding_time_min for _, oil in oils),
        oil_exponent=_array(oil.oil_exponent for _, oil in oils),
        winding_exponent=_array(oil.winding_exponent for _, oil in oils),
        k11=_array(oil.k11_pu for _, oil in oils),
        k21=_array(oil.k21_pu for _, oil in oils),
        k22=_array(oil.k22_pu for _, oil in oils),
        hot_spot_limit_c=_array(oil.hot_spot_limit_c for _, oil in oils),
        top_oil_limit_c=_array(oil.top_oil_limit_c for _, oil in oils),
        upgraded=np.array([oil.paper == "upgraded" for _, oil in oils], dtype=np.bool_),
        outdoor=np.array([oil.ambient_c is None for _, oil in oils], dtype=np.bool_),
        ambient_c=_array(oil.ambient_c or 0.0 for _, oil in oils),
    )


def _array(values: Iterable[float]) -> FloatArray:
    return np.array(list(values), dtype=np.float64)


def relative_ageing(hot_spot_c: ArrayLike, *, upgraded: ArrayLike) -> FloatArray:
    """Return the speed of ageing over that at the rated hot spot.

    Parameters
    ----------
    hot_spot_c : array_like, shape (...)
        Hot-spot temperature. [°C]
    upgraded : array_like of bool, shape (...)
        Thermally upgraded paper (rate 1 at 110 °C) instead of normal paper (rate 1 at 98 °C).

    Returns
    -------
    ndarray, shape (...)
        Days of life used per day.

    Raises
    ------
    InputError
        A temperature is not finite or below -100 °C.

    Notes
    -----
    IEC 60076-7 for both papers; the second law is that of IEEE C57.91. Meant for 80 to 140 °C;
    above about 140 °C gas bubbles endanger the insulation, whatever the rate.
    """
    hot_spot = as_float("hot_spot_c", hot_spot_c, minimum=-100.0)
    normal = np.exp2((hot_spot - NORMAL_PAPER_REFERENCE_C) / NORMAL_PAPER_DOUBLING_K)
    thermally_upgraded = np.exp(
        UPGRADED_PAPER_ACTIVATION_K / (UPGRADED_PAPER_REFERENCE_C + AGEING_ZERO_C)
        - UPGRADED_PAPER_ACTIVATION_K / (hot_spot + AGEING_ZERO_C)
    )
    return np.asarray(
        np.where(np.asarray(upgraded, dtype=np.bool_), thermally_upgraded, normal),
        dtype=np.float64,
    )


def steady_state(
    parameters: ThermalParameters, current_ratio: ArrayLike, *, ambient_c: ArrayLike
) -> ThermalState:
    """Return the state that a constant current ends in.

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
    IEC 60076-7: ultimate oil rise and gradient at the current.
    """
    current = as_float("current_ratio", current_ratio, minimum=0.0)
    ambient = as_float("ambient_c", ambient_c)
    own = np.where(parameters.outdoor, ambient, parameters.ambient_c)
    gradient = parameters.hot_spot_rise_k * current**parameters.winding_exponent
    return ThermalState(
        top_oil_c=own + _oil_rise_k(parameters, current),
        fast_k=parameters.k21 * gradient,
        slow_k=(parameters.k21 - 1.0) * gradient,
    )


def thermal_course(
    parameters: ThermalParameters,
    current_ratio: ArrayLike,
    *,
    ambient_c: ArrayLike,
    step_min: float,
    start: Literal["periodic", "steady"] | ThermalState = "periodic",
) -> ThermalCourse:
    """Return temperatures and ageing for a course of current.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers.
    current_ratio : array_like, shape (N, T)
        Current over rated current, constant within each interval: the RMS value of it. Not the
        ratio of apparent powers, which is lower at low voltage.
    ambient_c : array_like, shape (T,) or (N, T)
        Outdoor temperature; a transformer with an ambient of its own does not use it. [°C]
    step_min : float
        Length of an interval. [min]
    start : {"periodic", "steady"} or ThermalState
        ``periodic`` starts as the course ends: the course is one period of an endless repetition.
        ``steady`` starts as if the first interval had always been.

    Returns
    -------
    ThermalCourse

    Raises
    ------
    InputError
        A value is not finite or out of bounds, or shapes do not fit.

    Notes
    -----
    IEC 60076-7, the differential equations with their exact solution for a constant input, so
    temperatures at interval ends do not depend on the step. Life is integrated by Simpson's
    rule over pieces of at most 5 minutes, at least four per interval. With k11 = k21 = k22 = 1
    the equations are those of IEEE C57.91 clause 7, with twice its exponent m for the winding.
    An hourly mean of a load that bursts within the hour understates ageing: use 15 minutes or
    finer.
    """
    current = np.atleast_2d(as_float("current_ratio", current_ratio, minimum=0.0))
    n, n_times = current.shape
    step = float(as_float("step_min", step_min, minimum=1e-3))
    outdoor = np.broadcast_to(as_float("ambient_c", ambient_c), (n, n_times))
    if parameters.k11.shape != (n,) or n_times == 0:
        raise InputError([Problem("current_ratio", "shape", "one row for each transformer")])
    filters = _filters(parameters, current, outdoor)
    if start == "steady":
        start = steady_state(parameters, current[:, 0], ambient_c=outdoor[:, 0])
    first = _starts(filters, step, None if start == "periodic" else start)
    ends = [_run(item, step, y0) for item, y0 in zip(filters, first, strict=True)]
    life, oil_max, spot_max = _inside(parameters, filters, ends, first, step)
    elapsed_h = n_times * step / MIN_PER_H
    return ThermalCourse(
        top_oil_c=ends[0],
        hot_spot_c=ends[0] + ends[1] - ends[2],
        top_oil_max_c=oil_max,
        hot_spot_max_c=spot_max,
        life_used_h=life,
        ageing_ratio=life / elapsed_h,
        above_range=current > CYCLIC_CURRENT_LIMIT,
        start=ThermalState(*first),
    )


@dataclass(frozen=True, slots=True)
class _Filter:
    """A first-order lag: what it tends to (N, T) and its time constant (N,)."""

    target: FloatArray
    time_min: FloatArray


def _oil_rise_k(parameters: ThermalParameters, current: FloatArray) -> FloatArray:
    ratio = (1.0 + parameters.loss_ratio * current**2) / (1.0 + parameters.loss_ratio)
    return np.asarray(parameters.top_oil_rise_k * ratio**parameters.oil_exponent)


def _filters(
    parameters: ThermalParameters, current: FloatArray, outdoor: FloatArray
) -> tuple[_Filter, _Filter, _Filter]:
    by_time = current.T
    own = np.where(parameters.outdoor, outdoor.T, parameters.ambient_c)
    gradient = parameters.hot_spot_rise_k * by_time**parameters.winding_exponent
    return (
        _Filter(
            (own + _oil_rise_k(parameters, by_time)).T, parameters.k11 * parameters.oil_time_min
        ),
        _Filter((parameters.k21 * gradient).T, parameters.k22 * parameters.winding_time_min),
        _Filter(((parameters.k21 - 1.0) * gradient).T, parameters.oil_time_min / parameters.k22),
    )


def _run(item: _Filter, step_min: float, start: FloatArray) -> FloatArray:
    """Return the output at the end of every interval: exact for a target constant in it."""
    output = np.empty_like(item.target)
    for row, decay in enumerate(np.exp(-step_min / item.time_min)):
        output[row], _ = lfilter(
            [1.0 - decay], [1.0, -decay], item.target[row], zi=[decay * start[row]]
        )
    return output


def _starts(
    filters: tuple[_Filter, _Filter, _Filter], step_min: float, state: ThermalState | None
) -> list[FloatArray]:
    if state is None:
        return [_periodic(item, step_min) for item in filters]
    shape = filters[0].time_min.shape
    return [np.broadcast_to(v, shape) for v in (state.top_oil_c, state.fast_k, state.slow_k)]


def _periodic(item: _Filter, step_min: float) -> FloatArray:
    """Return the start that comes back after the last interval: the lag is linear in its start."""
    from_zero = _run(item, step_min, np.zeros(item.time_min.size))[:, -1]
    forgotten = -np.expm1(-step_min * item.target.shape[1] / item.time_min)
    return np.asarray(from_zero / forgotten)


def _inside(
    parameters: ThermalParameters,
    filters: tuple[_Filter, _Filter, _Filter],
    ends: list[FloatArray],
    first: list[FloatArray],
    step_min: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return life used [h] and the highest oil and hot-spot temperature within the intervals."""
    pieces = max(FEWEST_SUBSTEPS, 2 * int(np.ceil(step_min / SUBSTEP_MIN / 2.0)))
    begins = [
        np.concatenate([y0[:, np.newaxis], y[:, :-1]], axis=1)
        for y0, y in zip(first, ends, strict=True)
    ]
    upgraded = parameters.upgraded[:, np.newaxis]
    life = np.zeros(parameters.k11.size)
    oil_max, spot_max = np.full(life.size, -np.inf), np.full(life.size, -np.inf)
    for piece in range(pieces + 1):
        share = piece / pieces
        oil, fast, slow = (
            item.target
            + (begin - item.target) * np.exp(-share * step_min / item.time_min)[:, np.newaxis]
            for item, begin in zip(filters, begins, strict=True)
        )
        spot = oil + fast - slow
        simpson = 1.0 if piece in (0, pieces) else 2.0 + 2.0 * (piece % 2)
        life += simpson / 3.0 * relative_ageing(spot, upgraded=upgraded).sum(axis=1)
        oil_max = np.maximum(oil_max, oil.max(axis=1))
        spot_max = np.maximum(spot_max, spot.max(axis=1))
    return life * step_min / pieces / MIN_PER_H, oil_max, spot_max


def continuous_rating_ratio(parameters: ThermalParameters, *, ambient_c: ArrayLike) -> FloatArray:
    """Return the constant current over rated current that ends exactly at a temperature limit.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers with their limits for hot spot and top oil.
    ambient_c : array_like, shape () or (N,)
        Outdoor temperature; a transformer with an ambient of its own does not use it. [°C]

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
    Steady state of IEC 60076-7, solved by halving. A current limit of the bushings or the
    tap changer is a limit of its own and not looked at.
    """
    ambient = np.broadcast_to(as_float("ambient_c", ambient_c), parameters.k11.shape)

    def holds(current: FloatArray) -> BoolArray:
        state = steady_state(parameters, current, ambient_c=ambient)
        return _within(parameters, state.top_oil_c, state.top_oil_c + state.fast_k - state.slow_k)

    return _largest_ratio(holds, parameters.k11.size)


def timed_rating_ratio(
    parameters: ThermalParameters,
    *,
    before_ratio: ArrayLike,
    ambient_c: ArrayLike,
    duration_min: float,
) -> FloatArray:
    """Return the current over rated current that meets a temperature limit after some time.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers with their limits for hot spot and top oil.
    before_ratio : array_like, shape () or (N,)
        Current that flowed until everything was steady.
    ambient_c : array_like, shape () or (N,)
        Outdoor temperature; a transformer with an ambient of its own does not use it. [°C]
    duration_min : float
        How long the larger current flows. [min]

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
    IEC 60076-7 from a steady start, watched at a hundred moments, solved by halving. The guide
    limits the current itself to 1.5 (normal cyclic) and more in emergencies: look at both.
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
        return _within(parameters, course.top_oil_c.max(axis=1), course.hot_spot_c.max(axis=1))

    return _largest_ratio(holds, parameters.k11.size)


def _within(parameters: ThermalParameters, oil_c: FloatArray, spot_c: FloatArray) -> BoolArray:
    return (spot_c <= parameters.hot_spot_limit_c) & (oil_c <= parameters.top_oil_limit_c)


def _largest_ratio(holds: Callable[[FloatArray], BoolArray], n: int) -> FloatArray:
    """Return the largest current that holds, 0 where none does, by halving."""
    low, high = np.zeros(n), np.full(n, LARGEST_RATIO)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        fits = holds(middle)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return low
