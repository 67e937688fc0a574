"""How long a load can last: from a state to the first temperature limit, fans included."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, IntArray, as_float
from power.physics.transformer_thermal.lags import ThermalState, lag_targets, lag_times_min
from power.physics.transformer_thermal.limits import LoadingLimits
from power.physics.transformer_thermal.parameters import ThermalParameters

HORIZON: Final = 15.0
"""Longest time constants after which nothing moves any more."""
MOMENTS: Final = 800
HALVINGS: Final = 50
NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class TimeToLimit:
    """Minutes until a limit is met, of N units: ``inf`` where never, 0 where exceeded already.

    ``criterion`` is hot_spot, top_oil or never. ``hot_spot_final_c`` and ``top_oil_final_c`` (N,)
    are where the load would end. ``above_range`` (N,) says that the current alone breaks the limit
    of the regime, whatever the temperature.
    """

    minutes: FloatArray
    criterion: tuple[str, ...]
    hot_spot_final_c: FloatArray
    top_oil_final_c: FloatArray
    above_range: BoolArray


@dataclass(frozen=True, slots=True)
class _Watch:
    """The lags of N units on their way from a state: target and state (3, N), times (3, N)."""

    targets: FloatArray
    state: FloatArray
    times_min: FloatArray

    def at(self, minutes: FloatArray) -> FloatArray:
        """Return the lags (3, ..., N) after minutes (..., N)."""
        lead = (slice(None), *[np.newaxis] * (minutes.ndim - 1))
        away = (self.state - self.targets)[lead]
        return np.asarray(self.targets[lead] + away * np.exp(-minutes / self.times_min[lead]))

    def first_above(self, level_c: FloatArray, by_hot_spot: BoolArray) -> FloatArray:
        """Return when hot spot or top oil first exceeds a level (N,); inf where never. [min]."""
        horizon = HORIZON * self.times_min.max(axis=0)
        # Dense where the winding moves, sparse where only the oil does.
        moments = np.linspace(0.0, 1.0, MOMENTS)[:, np.newaxis] ** 3 * horizon
        above = self._level(moments, by_hot_spot) > level_c
        first = above.argmax(axis=0)
        columns = np.arange(level_c.size)
        high, low = moments[first, columns], moments[np.maximum(first - 1, 0), columns]
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            beyond = self._level(middle, by_hot_spot) > level_c
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        return np.where(above.any(axis=0), np.where(first == 0, 0.0, high), np.inf)

    def _level(self, minutes: FloatArray, by_hot_spot: BoolArray) -> FloatArray:
        oil, fast, slow = self.at(minutes)
        return np.asarray(oil + np.where(by_hot_spot, fast - slow, 0.0))


def minutes_to_limit(
    parameters: ThermalParameters,
    start: ThermalState,
    *,
    after_ratio: ArrayLike,
    ambient_c: ArrayLike,
    limits: LoadingLimits | None = None,
) -> TimeToLimit:
    """Return the minutes until a constant current meets a temperature limit.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers.
    start : ThermalState
        At the failure: a steady state, or the state of a course at its hottest.
    after_ratio : array_like, shape () or (N,)
        Current over rated current after the failure.
    ambient_c : array_like, shape () or (N,)
        Outdoor temperature from then on; an indoor unit has its own. [°C]
    limits : LoadingLimits or None
        None takes those of the parameters (normal cyclic).

    Returns
    -------
    TimeToLimit

    Raises
    ------
    InputError
        A value is not finite or out of bounds.

    Notes
    -----
    Closed form of the loading guide for a constant current, an overshoot of the hot spot included;
    the first crossing is bracketed by 800 moments, dense at the start, and halved. Fans and pumps
    that rest at the start come on at the temperature that starts them; none stops.
    """
    shape = parameters.k11.shape
    current = np.broadcast_to(as_float("after_ratio", after_ratio, minimum=0.0), shape)
    ambient = np.broadcast_to(as_float("ambient_c", ambient_c), shape)
    most_c, most_ratio = _levels(parameters, limits)
    state, elapsed = start.stacked().astype(np.float64), np.zeros(shape)
    stage = _resting_stage(parameters, state)
    minutes, which = np.full(shape, np.inf), np.full(shape, -1, dtype=np.int64)
    for level in range(len(parameters.lower) + 1):
        here = stage == level
        now = parameters if level == len(parameters.lower) else parameters.lower[level].parameters
        watch = _Watch(lag_targets(now, current, ambient), state, lag_times_min(now))
        to_limit, criterion = _first_limit(watch, most_c)
        to_next = _next_start(parameters, watch, level)
        meets = here & (to_limit <= to_next) & np.isfinite(to_limit)
        minutes[meets], which[meets] = (elapsed + to_limit)[meets], criterion[meets]
        moves = here & (to_next < to_limit)
        reached = watch.at(np.where(moves, to_next, 0.0))
        state = np.where(moves, reached, state)
        elapsed = elapsed + np.where(moves, to_next, 0.0)
        stage = np.where(moves, level + 1, stage)
    final = lag_targets(parameters, current, ambient)
    return TimeToLimit(
        minutes=minutes,
        criterion=tuple(("hot_spot", "top_oil", NEVER)[k] for k in which),
        hot_spot_final_c=final[0] + final[1] - final[2],
        top_oil_final_c=final[0],
        above_range=current > most_ratio,
    )


def _levels(
    parameters: ThermalParameters, limits: LoadingLimits | None
) -> tuple[tuple[FloatArray, FloatArray], FloatArray]:
    p = parameters
    if limits is None:
        return (p.hot_spot_limit_c, p.top_oil_limit_c), p.current_limit_ratio
    return (limits.hot_spot_c, limits.top_oil_c), limits.current_ratio


def _resting_stage(parameters: ThermalParameters, state: FloatArray) -> IntArray:
    """Return the lowest stage that a unit has and whose next one does not start at its state."""
    stage = np.full(state.shape[1], len(parameters.lower), dtype=np.int64)
    for level in reversed(range(len(parameters.lower))):
        lower = parameters.lower[level]
        signal_c = state[0] + np.where(lower.by_hot_spot, state[1] - state[2], 0.0)
        stage = np.where(lower.exists & (signal_c < lower.start_c), level, stage)
    return stage


def _first_limit(
    watch: _Watch, most_c: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, IntArray]:
    hot_spot, top_oil = (
        watch.first_above(level, np.full(level.shape, spot, dtype=np.bool_))
        for level, spot in zip(most_c, (True, False), strict=True)
    )
    return np.minimum(hot_spot, top_oil), (top_oil < hot_spot).astype(np.int64)


def _next_start(parameters: ThermalParameters, watch: _Watch, level: int) -> FloatArray:
    if level == len(parameters.lower):
        return np.full(watch.state.shape[1], np.inf)
    lower = parameters.lower[level]
    return watch.first_above(lower.start_c, lower.by_hot_spot)
