"""Temperatures sought as a fixed point, every hour by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray, IntArray
from facility.kernel.errors import ConvergenceError

MAX_PASSES = 80
DEPTH = 4
"""Earlier steps the acceleration looks back on."""
PLAIN_PASSES = 8
"""So many passes are plain unless the steps of a column grow."""
SLOW_RATIO = 0.5
"""A column that keeps more than this of its last step from one pass to the next is slow."""
REST_PASSES = 2
"""Plain steps after an accelerated one that made things worse."""
BEYOND_K = 20.0
"""The acceleration goes no further than this beyond where the column has been. [K]"""
_REGULAR = 1e-12


@dataclass(frozen=True, slots=True)
class Levels:
    """Air inlets of cohorts, then supplies of circuits and loops, as rows over T hours. [°C]."""

    rows: FloatArray
    n_cohorts: int
    circuits: tuple[str, ...]
    loops: tuple[str, ...]

    @classmethod
    def of(
        cls,
        *,
        inlets: Sequence[FloatArray],
        coolant: Mapping[str, FloatArray],
        loops: Mapping[str, FloatArray],
        n_times: int,
    ) -> "Levels":
        """Return the rows put together; without racks and machines there are none."""
        rows = [*inlets, *coolant.values(), *loops.values()]
        stacked = np.stack(rows) if rows else np.zeros((0, n_times))
        return cls(stacked, len(inlets), tuple(coolant), tuple(loops))

    @property
    def inlet_c(self) -> FloatArray:
        """Air entering the racks of each cohort, shape (cohorts, T). [°C]."""
        return self.rows[: self.n_cohorts]

    @property
    def coolant_c(self) -> dict[str, FloatArray]:
        """Supply of each circuit. [°C]."""
        start = self.n_cohorts
        return {name: self.rows[start + k] for k, name in enumerate(self.circuits)}

    @property
    def loop_c(self) -> dict[str, FloatArray]:
        """Supply of each loop. [°C]."""
        start = self.n_cohorts + len(self.circuits)
        return {name: self.rows[start + k] for k, name in enumerate(self.loops)}

    @property
    def names(self) -> tuple[str, ...]:
        """What each row is."""
        inlets = tuple(f"air entering cohort {k + 1}" for k in range(self.n_cohorts))
        return (*inlets, *(f"water of {name}" for name in (*self.circuits, *self.loops)))

    def replaced(self, rows: FloatArray) -> "Levels":
        """Return the same rows of another set of hours."""
        return Levels(rows, self.n_cohorts, self.circuits, self.loops)


@dataclass(frozen=True, slots=True)
class Settled:
    """The rows at which nothing moves any more, and how many passes the slowest hour took."""

    rows: FloatArray
    passes: int


@dataclass(slots=True)
class _Pace:
    """How each column gets on, and whether its next step is accelerated.

    ``n_usable`` counts the past steps that acceleration may build on, ``resting`` the plain steps
    a column takes after an accelerated one that made things worse.
    """

    moved_k: FloatArray
    hurried: BoolArray
    n_usable: IntArray
    resting: IntArray

    @classmethod
    def start(cls, n_columns: int) -> "_Pace":
        none = np.zeros(n_columns, dtype=np.int64)
        return cls(
            np.full(n_columns, np.inf), np.zeros(n_columns, dtype=np.bool_), none, none.copy()
        )

    def judge(self, moved_k: FloatArray, number: int) -> None:
        """Decide on the next step from how far this one still moved."""
        grew = moved_k > self.moved_k
        failed = self.hurried & grew
        self.n_usable = np.where(failed, 0, self.n_usable + 1)
        self.resting = np.where(failed, REST_PASSES, np.maximum(self.resting - 1, 0))
        slow = moved_k > SLOW_RATIO * self.moved_k
        due = slow & ((number > PLAIN_PASSES) | grew)
        self.hurried = due & (self.resting == 0) & (self.n_usable > 1)
        self.moved_k = moved_k

    def of(self, columns: BoolArray) -> "_Pace":
        """Return the pace of some of the columns."""
        return _Pace(
            self.moved_k[columns],
            self.hurried[columns],
            self.n_usable[columns],
            self.resting[columns],
        )


def settle_rows(
    start: FloatArray,
    follow: Callable[[FloatArray, IntArray], FloatArray],
    *,
    tolerance_k: float,
    names: Sequence[str],
) -> Settled:
    """Find the rows that ``follow`` maps onto themselves, every column by itself.

    Parameters
    ----------
    start : (L, T) ndarray
        Where to begin. [°C]
    follow : callable
        Maps rows of some columns, with the numbers of these columns, to the rows that follow.
    tolerance_k : float
        A column has settled when no row of it moves more than this. [K]
    names : sequence of str, length L
        What each row is, for the error.

    Returns
    -------
    Settled
        Rows of the last plain step of every column.

    Raises
    ------
    ConvergenceError
        A column did not settle in 80 passes; names the row that moves most.

    Notes
    -----
    Plain iteration at first. Columns whose steps grow, or are still slow after eight passes, are
    accelerated by Anderson's method of depth four [1]_, which also settles what plain iteration
    swings around or runs away from; a column that it throws back rests in plain steps and starts
    afresh. Columns that have settled are not evaluated again.

    References
    ----------
    .. [1] D. G. Anderson, Iterative procedures for nonlinear integral equations, J. ACM 12 (1965).
    """
    rows = start.copy()
    waiting = np.arange(start.shape[1])
    current, pace = rows, _Pace.start(waiting.size)
    moves_k = np.zeros_like(rows)
    history: list[tuple[FloatArray, FloatArray]] = []
    for number in range(1, MAX_PASSES + 1):
        following = follow(current, waiting)
        moves_k = np.abs(following - current)
        rows[:, waiting] = following
        pace.judge(np.max(moves_k, axis=0, initial=0.0), number)
        still = pace.moved_k >= tolerance_k
        if not still.any():
            return Settled(rows, number)
        history = [(x[:, still], g[:, still]) for x, g in (*history, (current, following))]
        history = history[-DEPTH - 1 :]
        waiting, pace = waiting[still], pace.of(still)
        current = np.where(pace.hurried, _accelerated(history, pace.n_usable), history[-1][1])
    worst = names[int(np.argmax(moves_k.max(axis=1)))]
    raise ConvergenceError(
        f"no steady temperature of {worst}", MAX_PASSES, float(pace.moved_k.max()), tolerance_k
    )


def _accelerated(history: list[tuple[FloatArray, FloatArray]], n_usable: IntArray) -> FloatArray:
    """Return the next rows: the combination of past steps with the smallest residual."""
    x, g = history[-1]
    if len(history) == 1:
        return g
    residual = g - x
    past_f = np.stack([(b[1] - b[0]) - (a[1] - a[0]) for a, b in pairwise(history)])
    past_g = np.stack([b[1] - a[1] for a, b in pairwise(history)])
    age = np.arange(len(past_f), 0, -1)[:, None]
    usable = (age < n_usable)[:, None, :]
    past_f, past_g = past_f * usable, past_g * usable
    normal = np.einsum("ilt,jlt->tij", past_f, past_f)
    right = np.einsum("ilt,lt->ti", past_f, residual)
    size = np.trace(normal, axis1=1, axis2=2)
    # A column whose steps are all alike has a singular matrix; a trace of it keeps that solvable.
    ridge = np.maximum(size * _REGULAR, np.finfo(np.float64).tiny)
    weights = np.linalg.solve(
        normal + ridge[:, None, None] * np.eye(len(past_f)), right[:, :, None]
    )[:, :, 0]
    correction = np.einsum("ti,ilt->lt", weights, past_g)
    been = np.stack([rows for step in history for rows in step])
    lowest, highest = been.min(axis=0) - BEYOND_K, been.max(axis=0) + BEYOND_K
    proposed = np.clip(g - correction, lowest, highest)
    # Against the plain step lies a point that repels, or none: plain steps lead away from it.
    forward = np.einsum("lt,lt->t", proposed - x, residual) > 0
    return np.asarray(np.where(forward, proposed, g))
