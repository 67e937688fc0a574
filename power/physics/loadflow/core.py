"""What every load-flow method shares: the equations, the mismatch and the chunks."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.sparse import block_array, csc_array, csr_array, diags_array
from scipy.sparse.linalg import SuperLU, splu

from facility.kernel.checks import ComplexArray, FloatArray, IntArray

STEP_TOLERANCE_PU = 1e-9
MISMATCH_TOLERANCE_PU = 1e-8
"""Largest complex power a bus may be short of, on 1 MVA: 0.01 VA."""
CHUNK = 128
"""Columns solved together: what they need stays in the second-level cache of a core."""
MAX_ITERATIONS = 60
_FLOOR_PU = 1e-6


@dataclass(frozen=True, slots=True)
class Equations:
    """``Y V = e - conj(S / V)`` for the buses whose voltage is not held. [p.u. on 1 MVA].

    ``bus_names`` is for messages only.
    """

    admittance: csc_array[np.complex128]
    current: ComplexArray
    bus_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Voltages:
    """Voltages (buses, columns), power missing per column and the iterations spent."""

    voltage_pu: ComplexArray
    mismatch_pu: FloatArray
    iterations: int


@dataclass(frozen=True, slots=True)
class OpenEnds:
    """Branches that are open in single columns although the admittances hold them closed.

    Entry by entry: the column, the live bus at which the branch ends, the bus beyond, and the
    admittances that give the current into the live end; ``held`` is the part of this current that
    a held voltage beyond drives. Handing the current back to the live bus makes the branch open,
    whatever hangs behind it, as long as nothing there holds a voltage. A branch between two live
    buses is open with an entry for either end.
    """

    column: IntArray
    bus: IntArray
    far_bus: IntArray
    own: ComplexArray
    other: ComplexArray
    held: ComplexArray

    def current(self, voltage_pu: ComplexArray) -> ComplexArray:
        """Return the current into every live end from voltages (buses, columns). [p.u.]."""
        near = voltage_pu[self.bus, self.column]
        far = voltage_pu[self.far_bus, self.column]
        return self.own * near + self.other * far + self.held

    def hand_back(self, total: ComplexArray, voltage_pu: ComplexArray) -> None:
        """Add the currents to those given to the buses, in place."""
        np.add.at(total, (self.bus, self.column), self.current(voltage_pu))

    def of_columns(self, columns: IntArray, count: int) -> "OpenEnds":
        """Return the entries of some of ``count`` columns, which are counted anew."""
        place = np.full(count, -1, dtype=np.int64)
        place[columns] = np.arange(columns.size)
        kept = self.of_entries(np.flatnonzero(place[self.column] >= 0))
        return replace(kept, column=place[kept.column])

    def of_buses(self, position: IntArray, held_pu: ComplexArray) -> "OpenEnds":
        """Return the entries at buses with a position, which becomes their number.

        ``held_pu`` is the voltage of the buses without a position.
        """
        kept = self.of_entries(np.flatnonzero(position[self.bus] >= 0))
        far = position[kept.far_bus]
        is_free = far >= 0
        bus = position[kept.bus]
        return replace(
            kept,
            bus=bus,
            far_bus=np.where(is_free, far, bus),
            other=np.where(is_free, kept.other, 0.0),
            held=np.where(is_free, 0.0, kept.other * held_pu[kept.far_bus]),
        )

    def of_entries(self, entries: IntArray) -> "OpenEnds":
        """Return some of the entries."""
        return OpenEnds(
            column=self.column[entries],
            bus=self.bus[entries],
            far_bus=self.far_bus[entries],
            own=self.own[entries],
            other=self.other[entries],
            held=self.held[entries],
        )


class Solve(Protocol):
    """Solves many columns: consumed powers (buses, columns) in, `Voltages` out."""

    def __call__(self, load_pu: ComplexArray) -> Voltages:
        """Return the voltages."""


def factorise(matrix: csc_array[np.complex128]) -> "SuperLU[np.complex128]":
    """Return the factors of a matrix whose pattern is symmetric and nearly a tree.

    Minimum degree without pivoting keeps the tree: next to no fill.
    """
    return splu(
        matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )


def factorise_real(matrix: csc_array[np.float64]) -> "SuperLU[np.float64]":
    """Return the factors of a real matrix of the same kind; see `factorise`."""
    return splu(
        matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )


def elimination_tree(factors: "SuperLU[np.complex128]") -> tuple[IntArray, IntArray]:
    """Return the buses in the order of elimination and the tree of their places; roots have -1.

    A bus is eliminated before its parent, and touches only ancestors and descendants.
    """
    lower = factors.L.tocsc()
    lower.sort_indices()
    start, size = lower.indptr[:-1], np.diff(lower.indptr)
    parent = np.full(size.size, -1, dtype=np.int64)
    inner = np.flatnonzero(size > 1)
    # The diagonal comes first in a sorted column, the nearest ancestor second.
    parent[inner] = lower.indices[start[inner] + 1]
    return np.argsort(factors.perm_c), parent


def jacobian(
    admittance: csc_array[np.complex128] | csr_array[np.complex128], slope: ComplexArray
) -> csc_array[np.float64]:
    """Return the real matrix of ``Y V - c conj(V)``, real parts of all buses first.

    Parameters
    ----------
    admittance : sparse array, shape (buses, buses)
        Y. [p.u.]
    slope : ndarray, shape (buses,)
        ``c = conj(S) / conj(V)^2`` at the point of linearisation. [p.u.]
    """
    conductance, susceptance = admittance.real, admittance.imag
    real, imaginary = diags_array(slope.real), diags_array(slope.imag)
    blocks = [
        [conductance - real, -susceptance - imaginary],
        [susceptance - imaginary, conductance + real],
    ]
    return csc_array(block_array(blocks), dtype=np.float64)


def load_current(load_pu: ComplexArray, voltage_pu: ComplexArray) -> ComplexArray:
    """Return ``conj(S / V)``, kept finite where an iterate comes near zero volts."""
    square = voltage_pu.real**2 + voltage_pu.imag**2
    return np.conj(load_pu) * voltage_pu / np.maximum(square, _FLOOR_PU)


def product(
    matrix: csr_array[np.complex128] | csc_array[np.complex128], values: ComplexArray
) -> ComplexArray:
    """Return a sparse matrix times dense columns."""
    return np.asarray(matrix.dot(values), dtype=np.complex128)


def real_product(matrix: csr_array[np.float64], values: FloatArray) -> FloatArray:
    """Return a real sparse matrix times dense columns."""
    return np.asarray(matrix.dot(values), dtype=np.float64)


def mismatch(
    rows: csr_array[np.complex128],
    current: ComplexArray,
    load_pu: ComplexArray,
    voltage_pu: ComplexArray,
    opened: OpenEnds | None = None,
) -> FloatArray:
    """Return the largest power missing at a bus, column by column. [p.u.]."""
    drawn = product(rows, voltage_pu)
    np.subtract(current[:, np.newaxis], drawn, out=drawn)
    if opened is not None:
        opened.hand_back(drawn, voltage_pu)
    np.conjugate(drawn, out=drawn)
    drawn *= voltage_pu
    drawn -= load_pu
    worst: FloatArray = np.sqrt(square(drawn).max(axis=0, initial=0.0))
    return worst


def square(values: ComplexArray) -> FloatArray:
    """Return the squared moduli, shape (rows, columns), without the root of `numpy.abs`."""
    halves = np.ascontiguousarray(values).view(np.float64)
    halves = halves * halves
    return np.asarray(halves[:, 0::2] + halves[:, 1::2], dtype=np.float64)


def mismatch_limit_pu(equations: Equations, wanted_pu: float = MISMATCH_TOLERANCE_PU) -> float:
    """Return a tolerance widened by what rounding leaves where admittances are large."""
    size = np.abs(equations.admittance.data).max(initial=0.0)
    return float(wanted_pu + 1e-14 * size)
