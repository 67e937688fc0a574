"""Many outages of one network at once: branches open in single columns, on one elimination."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.physics.loadflow.core import (
    MAX_ITERATIONS,
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

Linear = Callable[[FloatArray], FloatArray]
FLOOR_PU = 1e-6
"""Square of the lowest voltage at which a load still draws its power."""
SETTLED_PU = 3e-9
"""Change of a voltage, ten times as large as the next, after which an iteration ends."""
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
    """The closed network with its loads linearised at the expected powers.

    ``elimination`` leads from currents to voltages, both with the real parts of all buses first.
    """

    equations: Equations
    rows: csr_array[np.complex128]
    base_pu: ComplexArray
    slope: ComplexArray
    elimination: Tiers

    @classmethod
    def of(cls, equations: Equations, expected_pu: ComplexArray) -> "_Linearised":
        """Return the network at the solution for the expected powers."""
        point = FixedPoint(equations, expected_pu)
        base = point.base_pu
        size = np.maximum(np.abs(base) ** 2, 1e-6)
        slope = np.conj(expected_pu) * base**2 / size**2
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

    def voltages(self, current: FloatArray) -> FloatArray:
        """Return the voltages to which currents (halves, columns) lead."""
        buffer = np.empty((self.elimination.n_rows, current.shape[1]))
        buffer[: current.shape[0]] = current
        return self.elimination.solve(buffer)

    def iterate(
        self, load_pu: ComplexArray, opening: "_Opening", live: BoolArray
    ) -> tuple[ComplexArray, int]:
        """Return voltages that no longer move, 0 where not live, and the iterations spent."""
        drawn = _Drawn.of(self, load_pu)
        both_live = np.concatenate([live, live])
        before = np.repeat(_halves(self.base_pu[:, np.newaxis]), load_pu.shape[1], axis=1)
        count, step = 0, np.inf
        while count < MAX_ITERATIONS and step >= SETTLED_PU:
            count += 1
            voltage = self.elimination.solve(drawn.right_side(before))
            opening.apply(voltage, with_held=True)
            before -= voltage
            before *= both_live
            step = max(float(before.max(initial=0.0)), -float(before.min(initial=0.0)))
            before = voltage
        return _complex(before * both_live), count

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
        change = self.voltages(_halves(short * live))
        opening.apply(change, with_held=False)
        return voltage + _complex(change) * live

    def missing(self, load_pu: ComplexArray, opened: OpenEnds, voltage: ComplexArray) -> FloatArray:
        """Return the largest power missing at a bus, column by column. [p.u.]."""
        return mismatch(self.rows, self.equations.current, load_pu, voltage, opened)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The right side ``e - conj(S / V) - c conj(V)`` of a block of columns, without new arrays."""

    active: FloatArray
    reactive: FloatArray
    given: FloatArray
    slope: FloatArray
    buffer: FloatArray
    scratch: FloatArray

    @classmethod
    def of(cls, network: _Linearised, load_pu: ComplexArray) -> "_Drawn":
        """Return what stays the same over the iterations for consumed powers."""
        n, width = load_pu.shape
        return cls(
            active=np.ascontiguousarray(load_pu.real),
            reactive=np.ascontiguousarray(load_pu.imag),
            given=_halves(network.equations.current[:, np.newaxis]),
            slope=_halves(network.slope[:, np.newaxis]),
            buffer=np.empty((network.elimination.n_rows, width)),
            scratch=np.empty((3, n, width)),
        )

    def right_side(self, voltage: FloatArray) -> FloatArray:
        """Return the buffer that begins with the currents at voltages (halves, columns)."""
        n = self.active.shape[0]
        real, imaginary = voltage[:n], voltage[n:]
        slope_real, slope_imaginary = self.slope[:n], self.slope[n:]
        along, across, part = self.scratch
        right_real, right_imaginary = self.buffer[:n], self.buffer[n : 2 * n]
        np.multiply(real, real, out=along)
        along += np.multiply(imaginary, imaginary, out=part)
        np.maximum(along, FLOOR_PU, out=along)
        np.divide(self.reactive, along, out=across)
        np.divide(self.active, along, out=along)
        np.add(along, slope_real, out=part)
        part *= real
        np.subtract(self.given[:n], part, out=right_real)
        right_real -= np.multiply(np.add(across, slope_imaginary, out=part), imaginary, out=part)
        np.subtract(along, slope_real, out=part)
        part *= imaginary
        np.subtract(self.given[n:], part, out=right_imaginary)
        across -= slope_imaginary
        right_imaginary += np.multiply(across, real, out=part)
        return self.buffer


def _halves(values: ComplexArray) -> FloatArray:
    """Return complex rows as real parts of all rows first."""
    return np.concatenate([values.real, values.imag])


def _complex(halves: FloatArray) -> ComplexArray:
    """Return complex rows from the real parts of all rows first."""
    n = halves.shape[0] // 2
    values = np.empty((n, halves.shape[1]), dtype=np.complex128)
    values.real, values.imag = halves[:n], halves[n:]
    return values


@dataclass(frozen=True, slots=True)
class _Slot:
    """One open end in each of some columns, and the responses to current given at its bus.

    ``response`` holds voltages (halves, columns) for one per unit of real and of imaginary
    current; ``place`` is the number of the bus among the open ones.
    """

    ends: OpenEnds
    place: IntArray
    response: tuple[FloatArray, FloatArray]

    @classmethod
    def split(cls, opened: OpenEnds, buses: IntArray, responses: FloatArray) -> tuple["_Slot", ...]:
        """Return the first open end of every column, then the second of those with two, ..."""
        order = np.argsort(opened.column, kind="stable")
        column = opened.column[order]
        rank = np.arange(column.size) - np.searchsorted(column, column)
        slots = []
        for number in range(int(rank.max(initial=-1)) + 1):
            ends = opened.of_entries(order[rank == number])
            place = np.searchsorted(buses, ends.bus)
            response = (responses[:, place], responses[:, place + buses.size])
            slots.append(cls(ends, place, response))
        return tuple(slots)

    def current(self, voltage: FloatArray) -> ComplexArray:
        """Return the current into the ends from voltages (halves, columns)."""
        ends, n = self.ends, voltage.shape[0] // 2
        column = ends.column
        near = voltage[ends.bus, column] + 1j * voltage[ends.bus + n, column]
        far = voltage[ends.far_bus, column] + 1j * voltage[ends.far_bus + n, column]
        return np.asarray(ends.own * near + ends.other * far, dtype=np.complex128)


@dataclass(frozen=True, slots=True)
class _Opening:
    """What takes the voltages of the closed network to those of each column.

    ``inverse`` is that of ``I - G Z`` for every column, with the real and the imaginary part of
    each slot in turn.
    """

    slots: tuple[_Slot, ...]
    inverse: FloatArray

    @classmethod
    def of(cls, opened: OpenEnds, linear: Linear, shape: tuple[int, int]) -> "_Opening":
        """Return the corrections for a number of buses and columns."""
        buses, n = np.unique(opened.bus), shape[0]
        unit = np.zeros((2 * n, 2 * buses.size))
        number = np.arange(buses.size)
        unit[buses, number] = 1.0
        unit[buses + n, number + buses.size] = 1.0
        responses = linear(unit)
        slots = _Slot.split(opened, buses, responses)
        size = 2 * len(slots)
        matrix = np.tile(np.eye(size), (shape[1], 1, 1))
        for row, slot in enumerate(slots):
            for column, other in enumerate(slots):
                _subtract_coupling(matrix, (row, slot), (column, other), responses)
        return cls(slots, np.asarray(np.linalg.inv(matrix), dtype=np.float64))

    def apply(self, voltage: FloatArray, *, with_held: bool) -> None:
        """Open the ends in voltages of the closed network (halves, columns), in place."""
        current = np.zeros((voltage.shape[1], 2 * len(self.slots), 1))
        for number, slot in enumerate(self.slots):
            drawn = slot.current(voltage)
            if with_held:
                drawn += slot.ends.held
            current[slot.ends.column, 2 * number, 0] = drawn.real
            current[slot.ends.column, 2 * number + 1, 0] = drawn.imag
        given = (self.inverse @ current)[:, :, 0]
        for number, slot in enumerate(self.slots):
            column = slot.ends.column
            added = slot.response[0] * given[column, 2 * number]
            added += slot.response[1] * given[column, 2 * number + 1]
            if column.size == voltage.shape[1]:
                voltage += added
            else:
                voltage[:, column] += added


def _subtract_coupling(
    matrix: FloatArray,
    into: tuple[int, _Slot],
    given: tuple[int, _Slot],
    responses: FloatArray,
) -> None:
    """Subtract what one per unit given at the ends of one slot draws into those of another."""
    (row, slot), (column, other) = into, given
    ends, n, count = slot.ends, responses.shape[0] // 2, responses.shape[1] // 2
    place = np.full(matrix.shape[0], -1, dtype=np.int64)
    place[other.ends.column] = other.place
    response = place[ends.column]
    both = np.flatnonzero(response >= 0)
    ends, where = ends.of_entries(both), ends.column[both]
    for part in range(2):
        at = response[both] + part * count
        near = responses[ends.bus, at] + 1j * responses[ends.bus + n, at]
        far = responses[ends.far_bus, at] + 1j * responses[ends.far_bus + n, at]
        drawn = ends.own * near + ends.other * far
        matrix[where, 2 * row, 2 * column + part] -= drawn.real
        matrix[where, 2 * row + 1, 2 * column + part] -= drawn.imag
