"""Newton in polar form, for buses whose voltage is regulated and loads that follow the voltage."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import splu

from facility.kernel.checks import ComplexArray, FloatArray, IntArray
from facility.kernel.errors import ConvergenceError
from power.physics.loadflow.core import (
    Equations,
    Voltages,
    factorise_real,
    mismatch_limit_pu,
    product,
)
from power.physics.loadflow.newton import determinant_sign

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU

MAX_NEWTON_ITERATIONS = 30
MAX_HALVINGS = 10
TOLERANCE_PU = 1e-9
SMALLEST_LOAD_STEP = 1e-3
"""Where loads cannot be raised by even this share of what is asked there is no solution."""
SUSPECT_PU = 0.8
"""A solution with a voltage this low is asked on which side of the nose it lies."""
_LOWEST_PU, _LARGEST_TURN_RAD = 0.05, 1.0


@dataclass(frozen=True, slots=True)
class Polar:
    """What only this method handles, by place among the free buses.

    ``regulated`` are the places at which generators hold ``regulated_pu``. ``per_voltage`` is
    the power consumed per unit of voltage. ``susceptance`` and ``turned`` are the linear
    load flow of the angles, ``B a = turned - P``, which knows vector groups and source angles.
    """

    regulated: IntArray
    regulated_pu: FloatArray
    per_voltage: ComplexArray
    susceptance: csc_array[np.float64]
    turned: FloatArray


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Where every derivative stands in the real Jacobian; it stays while the values change.

    Unknowns and equations of one bus stand side by side: angle with active power, then, where the
    voltage is not held, its size with reactive power.
    """

    row: IntArray
    column: IntArray
    value: ComplexArray
    angle_at: IntArray
    size_at: IntArray
    size: int


class PolarSolver:
    """Solves any number of load vectors of one topology, one after the other.

    Parameters
    ----------
    equations : Equations
        Of one topology.
    polar : Polar
        What is regulated there.
    """

    def __init__(self, equations: Equations, polar: Polar) -> None:
        self._equations, self._polar = equations, polar
        self._rows = equations.admittance.tocsr()
        self._pattern = _pattern(equations, polar)
        self._tolerance = mismatch_limit_pu(equations, TOLERANCE_PU)
        self._angles = factorise_real(polar.susceptance)
        self._last: ComplexArray | None = None

    def __call__(self, load_pu: ComplexArray) -> Voltages:
        """Return the voltages for consumed powers (buses, columns); see `solve`.

        Raises
        ------
        ConvergenceError
            A column has no solution.
        """
        found = [self.solve(load_pu[:, column]) for column in range(load_pu.shape[1])]
        empty = np.zeros((load_pu.shape[0], 0), dtype=np.complex128)
        return Voltages(
            np.stack([item[0] for item in found], axis=1) if found else empty,
            np.array([item[1] for item in found], dtype=np.float64),
            max((item[2] for item in found), default=0),
        )

    def solve(self, load_pu: ComplexArray) -> tuple[ComplexArray, float, int]:
        """Return voltages, power missing and iterations for one set of consumed powers.

        Parameters
        ----------
        load_pu : ndarray, shape (buses,)
            Consumed at constant power; what generators give counts negative. [p.u. on 1 MVA]

        Raises
        ------
        ConvergenceError
            There is no solution; the message names the bus with the lowest voltage.

        Notes
        -----
        Newton-Raphson on the power balance in polar coordinates (Tinney and Hart, 1967) with step
        halving. Starts, in this order: the last solution, the linear load flow of the angles, the
        flat start. Where none of them leads to a solution, loads are raised step by step. A
        solution with low voltages is refused where the determinant of its Jacobian has another
        sign than without load: it lies beyond the nose.
        """
        count = 0
        for start in self._starts(load_pu):
            voltage, missing, more = self._newton(start, load_pu)
            count += more
            if missing < self._tolerance and self.is_operable(voltage, load_pu):
                self._last = voltage
                return voltage, missing, count
        return self._raised(load_pu, count)

    def is_operable(self, voltage: ComplexArray, load_pu: ComplexArray) -> bool:
        """Return whether a solution lies on the side of the nose where more load lowers it.

        Parameters
        ----------
        voltage, load_pu : ndarray, shape (buses,)
            A solution and the powers consumed. [p.u. on 1 MVA]
        """
        if np.abs(voltage).min(initial=1.0) >= SUSPECT_PU:
            return True
        unloaded = self._factors(self._start(np.zeros(load_pu.size)), np.zeros_like(load_pu))
        factors = self._factors(voltage, load_pu)
        if factors is None or unloaded is None:
            return False
        return determinant_sign(factors) == determinant_sign(unloaded)

    def _starts(self, load_pu: ComplexArray) -> Iterator[ComplexArray]:
        if self._last is not None:
            yield self._last
        yield self._start(load_pu.real)
        yield self._start(np.zeros(load_pu.size))

    def _start(self, active_pu: FloatArray) -> ComplexArray:
        polar = self._polar
        size = np.ones(active_pu.size)
        size[polar.regulated] = polar.regulated_pu
        angle = self._angles.solve(polar.turned - active_pu)
        return np.asarray(size * np.exp(1j * angle), dtype=np.complex128)

    def _raised(self, load_pu: ComplexArray, count: int) -> tuple[ComplexArray, float, int]:
        """Follow the solution from no load; where it ends the voltage collapses."""
        reached, step = 0.0, 0.25
        voltage, missing, more = self._newton(self._start(0.0 * load_pu.real), 0.0 * load_pu)
        count += more
        if missing >= self._tolerance:
            raise self._collapse(voltage, count, missing)
        while reached < 1.0:
            aim = min(reached + step, 1.0)
            closer, missing, more = self._newton(voltage, aim * load_pu)
            count += more
            if missing < self._tolerance and self.is_operable(closer, aim * load_pu):
                reached, voltage, step = aim, closer, 1.5 * step
            elif step < SMALLEST_LOAD_STEP:
                raise self._collapse(voltage, count, self._missing(voltage, load_pu))
            else:
                step /= 2.0
        self._last = voltage
        return voltage, self._missing(voltage, load_pu), count

    def _newton(
        self, start: ComplexArray, load_pu: ComplexArray
    ) -> tuple[ComplexArray, float, int]:
        """Return where Newton comes to rest; the power missing says whether that is a solution."""
        angle, size = np.angle(start), np.abs(start)
        size[self._polar.regulated] = self._polar.regulated_pu
        voltage = size * np.exp(1j * angle)
        short = self._short(voltage, load_pu)
        for count in range(1, MAX_NEWTON_ITERATIONS + 1):
            missing = self._largest(short)
            if missing < self._tolerance:
                return voltage, missing, count
            factors = self._factors(voltage, load_pu)
            if factors is None:
                return voltage, missing, count
            step = factors.solve(self._both(short))
            turn, growth = self._split(step)
            moved = self._damped((angle, size), (turn, growth), load_pu, short)
            if moved is None:
                return voltage, missing, count
            angle, size, short = moved
            voltage = size * np.exp(1j * angle)
        return voltage, self._largest(short), MAX_NEWTON_ITERATIONS

    def _damped(
        self,
        at: tuple[FloatArray, FloatArray],
        step: tuple[FloatArray, FloatArray],
        load_pu: ComplexArray,
        short: ComplexArray,
    ) -> tuple[FloatArray, FloatArray, ComplexArray] | None:
        """Return the end of the largest halving of the step that helps; None if none does."""
        before = float(np.linalg.norm(self._both(short)))
        turn = float(np.abs(step[0]).max(initial=0.0))
        share = min(1.0, _LARGEST_TURN_RAD / turn) if turn > 0 else 1.0
        for _ in range(MAX_HALVINGS):
            angle, size = at[0] + share * step[0], at[1] + share * step[1]
            if size.min(initial=1.0) > _LOWEST_PU:
                new = self._short(size * np.exp(1j * angle), load_pu)
                if np.linalg.norm(self._both(new)) < (1.0 - share / 100.0) * before:
                    return angle, size, new
            share /= 2.0
        return None

    def _short(self, voltage: ComplexArray, load_pu: ComplexArray) -> ComplexArray:
        """Return the power that every bus is short of."""
        leaving = product(self._rows, voltage) - self._equations.current
        drawn = load_pu + self._polar.per_voltage * np.abs(voltage)
        return -(voltage * np.conj(leaving) + drawn)

    def _missing(self, voltage: ComplexArray, load_pu: ComplexArray) -> float:
        return self._largest(self._short(voltage, load_pu))

    def _largest(self, short: ComplexArray) -> float:
        return float(np.abs(self._both(short)).max(initial=0.0))

    def _both(self, short: ComplexArray) -> FloatArray:
        """Return the equations: active power everywhere, reactive where no voltage is held."""
        pattern = self._pattern
        answer = np.empty(pattern.size)
        answer[pattern.angle_at] = short.real
        free = pattern.size_at >= 0
        answer[pattern.size_at[free]] = short.imag[free]
        return answer

    def _split(self, step: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the changes of angles and sizes of all buses."""
        pattern = self._pattern
        free = pattern.size_at >= 0
        growth = np.zeros(free.size)
        growth[free] = step[pattern.size_at[free]]
        return step[pattern.angle_at], growth

    def _factors(
        self, voltage: ComplexArray, load_pu: ComplexArray
    ) -> "SuperLU[np.float64] | None":
        pattern, size = self._pattern, np.abs(voltage)
        row, column = pattern.row, pattern.column
        flow = voltage[row] * np.conj(pattern.value * voltage[column])
        leaving = product(self._rows, voltage) - self._equations.current
        own = voltage * np.conj(leaving)
        by_angle, by_size = -1j * flow, flow / size[column]
        place = np.arange(size.size)
        derivatives = (
            np.concatenate([by_angle, 1j * own]),
            np.concatenate([by_size, own / size + self._polar.per_voltage]),
        )
        rows, columns = np.concatenate([row, place]), np.concatenate([column, place])
        angle_at, size_at = pattern.angle_at, pattern.size_at
        blocks = (
            (angle_at[rows], angle_at[columns], derivatives[0].real),
            (angle_at[rows], size_at[columns], derivatives[1].real),
            (size_at[rows], angle_at[columns], derivatives[0].imag),
            (size_at[rows], size_at[columns], derivatives[1].imag),
        )
        where, to, value = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        there = (where >= 0) & (to >= 0)
        matrix = coo_array(
            (value[there], (where[there], to[there])), shape=(pattern.size, pattern.size)
        )
        try:
            return splu(csc_array(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.1)
        except RuntimeError:  # exactly singular: the nose of the curve
            return None

    def _collapse(self, voltage: ComplexArray, count: int, missing: float) -> ConvergenceError:
        worst = self._equations.bus_names[int(np.argmin(np.abs(voltage)))]
        return ConvergenceError(
            f"no solution: voltage collapse at {worst}", count, missing, self._tolerance
        )


def _pattern(equations: Equations, polar: Polar) -> _Pattern:
    entries = equations.admittance.tocoo()
    n = equations.current.size
    is_held = np.zeros(n, dtype=np.bool_)
    is_held[polar.regulated] = True
    width = np.where(is_held, 1, 2)
    angle_at = np.cumsum(width) - width
    return _Pattern(
        row=entries.row.astype(np.int64),
        column=entries.col.astype(np.int64),
        value=entries.data,
        angle_at=angle_at,
        size_at=np.where(is_held, -1, angle_at + 1),
        size=int(width.sum()),
    )
