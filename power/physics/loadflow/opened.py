"""Many outages of one network at once: branches open in single columns, on one elimination."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.physics.loadflow.core import (
    MAX_ITERATIONS,
    STEP_TOLERANCE_PU,
    Equations,
    OpenEnds,
    Voltages,
    elimination_tree,
    jacobian,
    load_current,
    mismatch,
    mismatch_limit_pu,
    product,
)
from power.physics.loadflow.tiers import Tiers, tiers
from power.physics.loadflow.zbus import FixedPoint

Linear = Callable[[ComplexArray], ComplexArray]
REFINEMENTS = 3
"""Corrections by the current still missing, for branches so short that digits are lost."""


class OpenedSolver:
    """Solves columns that differ from a network by loads and by a few open branches.

    Parameters
    ----------
    equations : Equations
        Of the network with nothing open.
    expected_pu : ndarray, shape (buses,)
        Consumed power near which the columns will lie. [p.u.]

    Notes
    -----
    Newton's method with the Jacobian at the expected powers, as in `chord`. Opening the ends of
    branches takes ``U G`` from the admittances, with one row of ``G`` for the current into each
    live end, so that with the solution ``x`` of the closed network (Sherman, Morrison and
    Woodbury):

    ``x' = x + Z (I - G Z)^-1 G x``,  ``Z = Y^-1 U``

    What lies beyond an open end follows the live end without loading it.
    """

    def __init__(self, equations: Equations, expected_pu: ComplexArray) -> None:
        self._equations, self._expected = equations, expected_pu
        self._made: _Linearised | None = None

    @property
    def _linearised(self) -> "_Linearised":
        """The elimination, made when first asked for: plain operation does without."""
        if self._made is None:
            self._made = _Linearised.of(self._equations, self._expected)
        return self._made

    def __call__(self, load_pu: ComplexArray, opened: OpenEnds, live: BoolArray) -> Voltages:
        """Return the voltages for consumed powers (buses, columns), 0 where a bus is not live.

        The caller judges the mismatch; a column that does not converge shows there.
        """
        network = self._linearised
        limit = mismatch_limit_pu(self._equations)
        with np.errstate(all="ignore"):  # an iterate that runs away shows in the mismatch
            opening = _Opening.of(opened, network.voltages, load_pu.shape)
            voltage, count = network.iterate(load_pu, opening, live)
            missing = network.missing(load_pu, opened, voltage)
            for _ in range(REFINEMENTS):
                # Written so that a mismatch that is not a number counts as too large.
                if (missing < limit).all():
                    break
                voltage = network.refined(load_pu, opened, opening, voltage, live)
                missing = network.missing(load_pu, opened, voltage)
        return Voltages(voltage, missing, count)


@dataclass(frozen=True, slots=True)
class _Linearised:
    """The closed network with its loads linearised at the expected powers."""

    equations: Equations
    rows: csr_array[np.complex128]
    base_pu: ComplexArray
    slope: ComplexArray
    elimination: Tiers

    @classmethod
    def of(cls, equations: Equations, expected_pu: ComplexArray) -> "_Linearised":
        """Return the elimination; inputs and outputs are real parts first, in bus order."""
        point = FixedPoint(equations, expected_pu)
        base = point.base_pu
        square = np.maximum(np.abs(base) ** 2, 1e-6)
        slope = np.conj(expected_pu) * base**2 / square**2
        order, parent = elimination_tree(point.factors)
        both = np.concatenate([order, order + order.size])
        matrix = csr_array(jacobian(equations.admittance, slope))
        every = csr_array(eye_array(both.size))
        elimination = tiers(
            csr_array(matrix[both][:, both]),
            csr_array(every[both]),
            csr_array(every[:, both]),
            parent,
        )
        return cls(equations, point.rows, base, slope, elimination)

    def voltages(self, current: ComplexArray) -> ComplexArray:
        """Return the voltages to which currents (buses, columns) lead."""
        n, width = current.shape
        buffer = np.empty((self.elimination.n_rows, width))
        buffer[:n], buffer[n : 2 * n] = current.real, current.imag
        halves = self.elimination.solve(buffer)
        voltage = np.empty((n, width), dtype=np.complex128)
        voltage.real, voltage.imag = halves[:n], halves[n:]
        return voltage

    def iterate(
        self, load_pu: ComplexArray, opening: "_Opening", live: BoolArray
    ) -> tuple[ComplexArray, int]:
        """Return voltages that no longer move, 0 where not live, and the iterations spent."""
        slope, given = self.slope[:, np.newaxis], self.equations.current[:, np.newaxis]
        voltage = np.repeat(self.base_pu[:, np.newaxis], load_pu.shape[1], axis=1)
        count = 0
        for count in range(1, MAX_ITERATIONS + 1):
            current = given - load_current(load_pu, voltage) - slope * np.conj(voltage)
            new = self.voltages(current)
            opening.apply(new, with_held=True)
            step = np.abs((new - voltage) * live).max(initial=0.0)
            voltage = new
            if not step >= STEP_TOLERANCE_PU:
                break
        return live * voltage, count

    def refined(
        self,
        load_pu: ComplexArray,
        opened: OpenEnds,
        opening: "_Opening",
        voltage: ComplexArray,
        live: BoolArray,
    ) -> ComplexArray:
        """Return the voltages corrected by what the currents of live buses are short of."""
        short = self.equations.current[:, np.newaxis] - product(self.rows, voltage)
        opened.hand_back(short, voltage)
        short -= load_current(load_pu, voltage)
        change = self.voltages(short * live)
        opening.apply(change, with_held=False)
        return voltage + change * live

    def missing(self, load_pu: ComplexArray, opened: OpenEnds, voltage: ComplexArray) -> FloatArray:
        """Return the largest power missing at a bus, column by column. [p.u.]."""
        return mismatch(self.rows, self.equations.current, load_pu, voltage, opened)


@dataclass(frozen=True, slots=True)
class _Slot:
    """One open end in each of some columns, and which responses belong to its bus."""

    column: IntArray
    ends: OpenEnds
    response: IntArray

    @classmethod
    def split(cls, opened: OpenEnds, buses: IntArray) -> tuple["_Slot", ...]:
        """Return the first open end of every column, then the second of those with two, ..."""
        order = np.argsort(opened.column, kind="stable")
        column = opened.column[order]
        place = np.arange(column.size) - np.searchsorted(column, column)
        slots = []
        for number in range(int(place.max(initial=-1)) + 1):
            ends = opened.of_entries(order[place == number])
            slots.append(cls(ends.column, ends, np.searchsorted(buses, ends.bus)))
        return tuple(slots)


@dataclass(frozen=True, slots=True)
class _Opening:
    """What takes the voltages of the closed network to those of each column.

    ``real`` and ``imaginary`` are the voltages (buses, open buses) for one per unit of real and
    of imaginary current; ``inverse`` is that of ``I - G Z`` for every column, real and imaginary
    part of each slot in turn.
    """

    slots: tuple[_Slot, ...]
    real: ComplexArray
    imaginary: ComplexArray
    inverse: FloatArray

    @classmethod
    def of(cls, opened: OpenEnds, linear: Linear, shape: tuple[int, int]) -> "_Opening":
        """Return the corrections for a number of buses and columns."""
        buses = np.unique(opened.bus)
        slots = _Slot.split(opened, buses)
        unit = np.zeros((shape[0], buses.size), dtype=np.complex128)
        unit[buses, np.arange(buses.size)] = 1.0
        real, imaginary = linear(unit), linear(1j * unit)
        size = 2 * len(slots)
        matrix = np.tile(np.eye(size), (shape[1], 1, 1))
        for row, slot in enumerate(slots):
            for column, other in enumerate(slots):
                _subtract_coupling(matrix, (row, slot), (column, other), (real, imaginary))
        return cls(slots, real, imaginary, np.asarray(np.linalg.inv(matrix), dtype=np.float64))

    def apply(self, voltage: ComplexArray, *, with_held: bool) -> None:
        """Open the ends in voltages of the closed network (buses, columns), in place."""
        current = np.zeros((voltage.shape[1], 2 * len(self.slots), 1))
        for number, slot in enumerate(self.slots):
            drawn = slot.ends.current(voltage)
            if not with_held:
                drawn = drawn - slot.ends.held
            current[slot.column, 2 * number, 0] = drawn.real
            current[slot.column, 2 * number + 1, 0] = drawn.imag
        given = (self.inverse @ current)[:, :, 0]
        for number, slot in enumerate(self.slots):
            along, across = given[slot.column, 2 * number], given[slot.column, 2 * number + 1]
            added = self.real[:, slot.response] * along
            added += self.imaginary[:, slot.response] * across
            voltage[:, slot.column] += added


def _subtract_coupling(
    matrix: FloatArray,
    into: tuple[int, _Slot],
    given: tuple[int, _Slot],
    responses: tuple[ComplexArray, ComplexArray],
) -> None:
    """Subtract what one per unit given at the ends of one slot draws into those of another."""
    (row, slot), (column, other) = into, given
    ends = slot.ends
    place = np.full(matrix.shape[0], -1, dtype=np.int64)
    place[other.column] = other.response
    response = place[slot.column]
    both = np.flatnonzero(response >= 0)
    response, where = response[both], slot.column[both]
    for part, voltage in enumerate(responses):
        drawn = ends.own[both] * voltage[ends.bus[both], response]
        drawn += ends.other[both] * voltage[ends.far_bus[both], response]
        matrix[where, 2 * row, 2 * column + part] -= drawn.real
        matrix[where, 2 * row + 1, 2 * column + part] -= drawn.imag
