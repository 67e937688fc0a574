"""Temperatures and ageing over a course of current."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import MIN_PER_H
from power.physics.transformer_thermal.alike import alike, of_each
from power.physics.transformer_thermal.bursts import Burst, burst_factors
from power.physics.transformer_thermal.lags import (
    ThermalState,
    air_at_once,
    within_steps,
)
from power.physics.transformer_thermal.parameters import ThermalParameters
from power.physics.transformer_thermal.stages import SWITCH_MIN, Stages

BLOCK_STEPS: Final = 40_000
"""Sub-steps that are worked on at once: bounds the memory of a year in minutes."""
REMEMBERED: Final = 40.0
"""Time constants after which a start is forgotten to the last digit."""
LARGEST_RATIO: Final = 10.0
"""Currents beyond this are faults, not loads."""

Start = Literal["periodic", "steady"] | ThermalState


@dataclass(frozen=True, slots=True)
class ThermalCourse:
    """Temperatures at the end of every interval (N, T) and what they add up to (N,).

    The maxima and ``hot_spot_peak_c`` (N, T) look inside the intervals. ``ageing_ratio`` is life
    used over time passed, ``cooling_ratio`` the share of time at full cooling. ``above_range``
    says where the current, bursts included, left what the guide allows for normal cyclic loading.
    ``hottest_step`` (N,) is the interval of the highest hot spot and ``hottest`` the state at its
    end.
    """

    top_oil_c: FloatArray
    hot_spot_c: FloatArray
    hot_spot_peak_c: FloatArray
    top_oil_max_c: FloatArray
    hot_spot_max_c: FloatArray
    life_used_h: FloatArray
    ageing_ratio: FloatArray
    cooling_ratio: FloatArray
    above_range: BoolArray
    start: ThermalState
    hottest_step: IntArray
    hottest: ThermalState


@dataclass(frozen=True, slots=True)
class UnitCourse:
    """One unit: lags (3, T) at interval ends, peak and life of every interval (T,), start (3,)."""

    ends: FloatArray
    start: FloatArray
    peak_c: FloatArray
    top_oil_max_c: float
    life_h: FloatArray
    cooling_ratio: float


def thermal_course(
    parameters: ThermalParameters,
    current_ratio: ArrayLike,
    *,
    ambient_c: ArrayLike,
    step_min: float,
    start: Start = "periodic",
    burst: Burst | None = None,
) -> ThermalCourse:
    """Return temperatures and ageing for a course of current.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers.
    current_ratio : array_like, shape (N, T)
        Current over rated current. Constant within each interval: the RMS value of it, unless a
        burst says what lies within; then its mean. Not the ratio of apparent powers, which is
        lower at low voltage.
    ambient_c : array_like, shape (T,) or (N, T)
        Outdoor temperature; a transformer with an ambient of its own does not use it. [°C]
    step_min : float
        Length of an interval. [min]
    start : {"periodic", "steady"} or ThermalState
        ``periodic`` starts as the course ends: the course is one period of an endless repetition.
        ``steady`` starts as if the first interval had always been.
    burst : Burst or None
        Shape of the load within an interval; RMS within each of its sub-steps.

    Returns
    -------
    ThermalCourse

    Raises
    ------
    InputError
        A value is not finite or out of bounds, or shapes do not fit.

    Notes
    -----
    IEC 60076-7 or -12, or IEEE C57.91 clause 7, by the parameters: the differential equations with
    their exact solution for a constant input, so temperatures at interval ends do not depend on the
    step. Life is integrated over points within each interval. Fans and pumps are looked at every
    5 minutes or sooner. An hourly mean of a load that bursts within the hour understates ageing
    up to five times: pass a burst, or 15 minutes and finer.
    """
    current, outdoor, step = checked_profile(parameters, current_ratio, ambient_c, step_min)
    n, n_times = current.shape
    factors = np.ones(1) if burst is None else burst_factors(burst, step_min=step)
    given = start.stacked() if isinstance(start, ThermalState) else np.zeros((3, n))

    def run(k: int) -> UnitCourse:
        return unit_course(
            parameters.row(k),
            (current[k], outdoor[k]),
            factors=factors,
            step_min=step,
            start=given[:, k] if isinstance(start, ThermalState) else start,
        )

    runs = of_each(alike([parameters], [current, outdoor, given.T]), run)
    return _collected(parameters, current * factors.max(), runs, n_times * step / MIN_PER_H)


def checked_profile(
    parameters: ThermalParameters, current_ratio: ArrayLike, ambient_c: ArrayLike, step_min: float
) -> tuple[FloatArray, FloatArray, float]:
    """Return current (N, T), outdoor temperature (N, T) and the length of an interval.

    Parameters
    ----------
    parameters : ThermalParameters
        N transformers.
    current_ratio : array_like, shape (N, T)
        Current over rated current.
    ambient_c : array_like, shape (T,) or (N, T)
        Outdoor temperature. [°C]
    step_min : float
        Length of an interval. [min]

    Returns
    -------
    tuple

    Raises
    ------
    InputError
        A value is not finite or out of bounds, or shapes do not fit.
    """
    current = np.atleast_2d(
        as_float("current_ratio", current_ratio, minimum=0.0, maximum=LARGEST_RATIO)
    )
    n, n_times = current.shape
    ambient = as_float("ambient_c", ambient_c, minimum=-100.0)
    step = float(as_float("step_min", step_min, minimum=1e-3))
    if parameters.k11.shape != (n,) or n_times == 0:
        raise InputError([Problem("current_ratio", "shape", "one row for each transformer")])
    try:
        outdoor = np.broadcast_to(ambient, (n, n_times))
    except ValueError as error:
        problem = Problem("ambient_c", "shape", "one value for each interval")
        raise InputError([problem]) from error
    return current, outdoor, step


def _collected(
    parameters: ThermalParameters, highest: FloatArray, runs: list[UnitCourse], elapsed_h: float
) -> ThermalCourse:
    top_oil = np.stack([run.ends[0] for run in runs])
    peaks = np.stack([run.peak_c for run in runs])
    hottest_step = peaks.argmax(axis=1)
    hottest = np.stack(
        [run.ends[:, step] for run, step in zip(runs, hottest_step, strict=True)], axis=1
    )
    life = np.array([run.life_h.sum() for run in runs])
    return ThermalCourse(
        top_oil_c=top_oil,
        hot_spot_c=np.stack([run.ends[0] + run.ends[1] - run.ends[2] for run in runs]),
        hot_spot_peak_c=peaks,
        top_oil_max_c=np.array([run.top_oil_max_c for run in runs]),
        hot_spot_max_c=peaks.max(axis=1),
        life_used_h=life,
        ageing_ratio=life / elapsed_h,
        cooling_ratio=np.array([run.cooling_ratio for run in runs]),
        above_range=highest > parameters.current_limit_ratio[:, np.newaxis],
        start=ThermalState(*np.stack([run.start for run in runs], axis=1)),
        hottest_step=hottest_step,
        hottest=ThermalState(*hottest),
    )


def unit_course(
    unit: ThermalParameters,
    profile: tuple[FloatArray, FloatArray],
    *,
    factors: FloatArray,
    step_min: float,
    start: Literal["periodic", "steady"] | FloatArray,
) -> UnitCourse:
    """Return the course of one transformer.

    Parameters
    ----------
    unit : ThermalParameters
        Arrays of shape (1,).
    profile : tuple of ndarray, each of shape (T,)
        Current over rated current, and outdoor temperature [°C].
    factors : ndarray, shape (M,)
        RMS current over the given one in the equal sub-steps of every interval.
    step_min : float
        Length of an interval. [min]
    start : {"periodic", "steady"} or ndarray, shape (3,)
        As for `thermal_course`.

    Returns
    -------
    UnitCourse
    """
    if any(stage.exists[0] for stage in unit.lower):
        looks = max(1, int(np.ceil(step_min / factors.size / SWITCH_MIN)))
        factors = np.repeat(factors, looks)
    course = _Course(unit, profile, factors, step_min / factors.size)
    first, stage = course.beginning(start)
    state, blocks = first, list[_Block]()
    n_times, size = profile[0].size, max(1, BLOCK_STEPS // factors.size)
    for begin in range(0, n_times, size):
        block = course.run(begin, min(begin + size, n_times), state, stage)
        state, stage = block.ends[:, -1], block.stage
        blocks.append(block)
    full = sum(block.n_full for block in blocks) / (n_times * factors.size)
    return UnitCourse(
        ends=np.concatenate([block.ends for block in blocks], axis=1),
        start=first,
        peak_c=np.concatenate([block.peak_c for block in blocks]),
        top_oil_max_c=max(block.top_oil_max_c for block in blocks),
        life_h=np.concatenate([block.life_h for block in blocks]),
        cooling_ratio=full,
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """A stretch of intervals of one unit: as `UnitCourse`, with the stage of cooling after it."""

    ends: FloatArray
    peak_c: FloatArray
    life_h: FloatArray
    top_oil_max_c: float
    n_full: int
    stage: int


@dataclass(frozen=True, slots=True)
class _Course:
    """One unit and its profile (T,), read in stretches of sub-steps of ``step_min``."""

    unit: ThermalParameters
    profile: tuple[FloatArray, FloatArray]
    factors: FloatArray
    step_min: float

    def beginning(
        self, start: Literal["periodic", "steady"] | FloatArray
    ) -> tuple[FloatArray, int]:
        """Return the state (3,) before the first interval and the stage of cooling there."""
        if not isinstance(start, str):
            return start, self._stages(0, 1).stage_at(start)
        if start == "steady":
            return self._stages(0, 1).resting(0)
        n_times = self.profile[0].size
        longest = max(float(times.max()) for times in self._stages(0, 1).times_min)
        needed = int(np.ceil(REMEMBERED * longest / (self.step_min * self.factors.size)))
        recent = self._stages(max(0, n_times - needed), n_times)
        state, stage = recent.settled(self.step_min)
        air = air_at_once(self.unit, self.profile[1])
        if air is not None and recent.air_c is not None:
            state[0] += air[0] - recent.air_c[0]
        return state, stage

    def run(self, begin: int, stop: int, start: FloatArray, stage: int) -> _Block:
        """Return what happens from one interval up to, not including, another."""
        stages, pieces = self._stages(begin, stop), self.factors.size
        ends, ran = stages.run(self.step_min, start, stage)
        begins = _begins(ends, start, stages.air_c)
        peak, life = np.empty(ran.size), np.empty(ran.size)
        for number, targets in enumerate(stages.targets):
            here = np.flatnonzero(ran == number) if len(stages.targets) > 1 else slice(None)
            peak[here], life[here] = within_steps(
                (targets[:, here], begins[:, here], ends[:, here]),
                stages.times_min[number],
                self.step_min,
                self.unit.ageing,
            )
        return _Block(
            ends=ends[:, pieces - 1 :: pieces],
            peak_c=peak.reshape(-1, pieces).max(axis=1),
            life_h=life.reshape(-1, pieces).sum(axis=1),
            # A single lag has no peak within a step.
            top_oil_max_c=max(float(begins[0].max()), float(ends[0].max())),
            n_full=int(np.count_nonzero(ran == len(stages.start_c))),
            stage=stages.stage_after(ends[:, -1], int(ran[-1])),
        )

    def _stages(self, begin: int, stop: int) -> Stages:
        current, outdoor = (values[begin:stop] for values in self.profile)
        before = self.profile[1][max(begin - 1, 0)]
        pieces = self.factors.size
        if pieces > 1:
            current = np.multiply.outer(current, self.factors).ravel()
            outdoor = np.repeat(outdoor, pieces)
        return Stages.of(self.unit, current, outdoor, before_c=before)


def _begins(ends: FloatArray, start: FloatArray, air_c: FloatArray | None) -> FloatArray:
    """Return the values at the begin of every step, after a change of air that acts at once."""
    begins = np.empty_like(ends)
    begins[:, 0] = start
    begins[:, 1:] = ends[:, :-1]
    if air_c is not None:
        begins[0] += np.diff(air_c)
    return begins
