"""Course of a unit whose fans or pumps start and stop: piecewise by stage of cooling."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facility.kernel.checks import FloatArray
from power.physics.transformer_thermal.lags import (
    air_at_once,
    lag_targets,
    lag_times_min,
    periodic_start,
    run_lags,
)
from power.physics.transformer_thermal.parameters import ThermalParameters

StageArray = NDArray[np.int8]

SWITCH_MIN: Final = 5.0
"""Longest sub-step at whose ends fans are looked at."""
FORGOTTEN: Final = 20.0
"""Time constants after which a start is forgotten."""
_SHORTEST_BLOCK: Final = 48
_LONGEST_BLOCK: Final = 4096


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of cooling of one unit over a course, the weakest first, the full one last."""

    targets: tuple[FloatArray, ...]
    times_min: tuple[FloatArray, ...]
    by_hot_spot: tuple[bool, ...]
    start_c: tuple[float, ...]
    stop_c: tuple[float, ...]
    air_c: FloatArray | None

    @classmethod
    def of(
        cls,
        unit: ThermalParameters,
        current: FloatArray,
        outdoor_c: FloatArray,
        *,
        before_c: float,
    ) -> "Stages":
        """Return the stages that one unit has, for a course of current (T,).

        ``before_c`` is the outdoor temperature before it.
        """
        lower = [stage for stage in unit.lower if stage.exists[0]]
        every = [*(stage.parameters for stage in lower), unit]
        return cls(
            targets=tuple(lag_targets(item, current, outdoor_c) for item in every),
            times_min=tuple(lag_times_min(item)[:, 0] for item in every),
            by_hot_spot=tuple(bool(stage.by_hot_spot[0]) for stage in lower),
            start_c=tuple(float(stage.start_c[0]) for stage in lower),
            stop_c=tuple(float(stage.stop_c[0]) for stage in lower),
            air_c=air_at_once(unit, outdoor_c, before_c),
        )

    def resting(self, step: int) -> tuple[FloatArray, int]:
        """Return the steady state (3,) at the targets of a step, and the stage that holds there."""
        for stage in range(len(self.start_c)):
            state = self.targets[stage][:, step]
            if self._signal(state, stage) < self.start_c[stage]:
                return state, stage
        return self.targets[-1][:, step], len(self.start_c)

    def stage_at(self, state: FloatArray) -> int:
        """Return the lowest stage whose next one does not start at a state (3,)."""
        for stage, start_c in enumerate(self.start_c):
            if self._signal(state, stage) < start_c:
                return stage
        return len(self.start_c)

    def _signal(self, values: FloatArray, stage: int) -> FloatArray:
        if self.by_hot_spot[stage]:
            return np.asarray(values[0] + values[1] - values[2])
        return np.asarray(values[0])

    def run(self, step_min: float, start: FloatArray, stage: int) -> tuple[FloatArray, StageArray]:
        """Return the lags (3, T) at the ends of steps, and the stage (T,) that ran in each.

        Stretches of one stage are filtered whole; a stretch ends with the step at whose end the
        next stage starts or the present one stops.
        """
        n_steps = self.targets[0].shape[1]
        if not self.start_c:
            ends = run_lags(self.targets[0], self.times_min[0], step_min, start, self.air_c)
            return ends, np.zeros(n_steps, dtype=np.int8)
        ends = np.empty((3, n_steps))
        ran = np.empty(n_steps, dtype=np.int8)
        begin, block = 0, _SHORTEST_BLOCK
        while begin < n_steps:
            stop = min(begin + block, n_steps)
            piece = run_lags(
                self.targets[stage][:, begin:stop],
                self.times_min[stage],
                step_min,
                start,
                None if self.air_c is None else self.air_c[begin : stop + 1],
            )
            switch, after = self._next_switch(piece, stage)
            stop = begin + switch + 1 if after != stage else stop
            ends[:, begin:stop] = piece[:, : stop - begin]
            ran[begin:stop] = stage
            block = min(2 * block, _LONGEST_BLOCK) if after == stage else _SHORTEST_BLOCK
            begin, stage, start = stop, after, ends[:, stop - 1]
        return ends, ran

    def _next_switch(self, ends: FloatArray, stage: int) -> tuple[int, int]:
        """Return the first step at whose end the stage changes, and the stage after it."""
        first, after = ends.shape[1], stage
        if stage < len(self.start_c):
            risen = self._signal(ends, stage) >= self.start_c[stage]
            if risen.any():
                first, after = int(risen.argmax()), stage + 1
        if stage > 0:
            fallen = self._signal(ends, stage - 1) <= self.stop_c[stage - 1]
            if fallen.any() and int(fallen.argmax()) < first:
                first, after = int(fallen.argmax()), stage - 1
        return first, after

    def stage_after(self, state: FloatArray, stage: int) -> int:
        """Return the stage that runs after a step which ended at a state (3,)."""
        return self._next_switch(state[:, np.newaxis], stage)[1]

    def settled(self, step_min: float) -> tuple[FloatArray, int]:
        """Return state (3,) and stage to which endless repetition leads; closed form without fans.

        With fans, the course is repeated until its start is forgotten.
        """
        if not self.start_c:
            return periodic_start(self.targets[0], self.times_min[0], step_min, self.air_c), 0
        longest = max(float(times.max()) for times in self.times_min)
        n_steps = self.targets[0].shape[1]
        state, stage = self.resting(0)
        for _ in range(max(1, int(np.ceil(FORGOTTEN * longest / step_min / n_steps)))):
            ends, ran = self.run(step_min, state, stage)
            stage = self.stage_after(ends[:, -1], int(ran[-1]))
            state = ends[:, -1].copy()
            if self.air_c is not None:
                state[0] += self.air_c[0] - self.air_c[-1]
        return state, stage
