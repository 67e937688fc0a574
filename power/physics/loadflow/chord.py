"""Newton's method with a constant Jacobian: one elimination, many columns at once."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import block_array, coo_array, csr_array, diags_array

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.physics.loadflow.core import (
    MISMATCH_TOLERANCE_PU,
    Equations,
    Voltages,
    elimination_tree,
    jacobian,
    mismatch,
)
from power.physics.loadflow.tiers import Tiers, tiers
from power.physics.loadflow.zbus import FixedPoint

MANY_COLUMNS = 48
"""From as many columns on the elimination costs less than it saves."""
SETTLED_RATIO = 5e-7
"""Change of a load current, over the mean load, after which one more solution is the last."""
FEW_ITERATIONS = 12
"""Columns that want more are left to the plain fixed point."""
EXACT_RATIO = 1e-14
"""Reactive part, over the expected phase, that is rounding."""


class ChordSolver:
    """Linearises the loads once, at the expected powers, for any number of columns.

    Parameters
    ----------
    equations : Equations
        Of one topology.
    expected_pu : ndarray, shape (buses,)
        Consumed power near which the columns will lie.

    Notes
    -----
    Newton's method with the Jacobian of the expected powers (own derivation): ``conj(S / V)``
    changes by ``-c conj(dV)``, which moves to the left side. Only the currents of buses with load
    are iterated; the other voltages follow once at the end. Few columns, and those that take long,
    are left to `FixedPoint`; branches that are open in single columns are for `OpenedSolver`.
    """

    def __init__(self, equations: Equations, expected_pu: ComplexArray) -> None:
        self._equations, self._expected = equations, expected_pu
        self._fixed_point = FixedPoint(equations, expected_pu)
        self._is_loaded = expected_pu != 0
        power = np.abs(expected_pu[self._is_loaded])
        self._settled_pu = SETTLED_RATIO * float(power.mean()) if power.size else SETTLED_RATIO
        self._linear: _Linear | None = None
        self._checked = 1

    def __call__(self, load_pu: ComplexArray) -> Voltages:
        """Return the voltages for consumed powers (buses, columns).

        The caller judges the mismatch; a column that does not converge shows there.
        """
        if load_pu.shape[1] < MANY_COLUMNS:
            return self._fixed_point(load_pu)
        try:
            linear = self._linear_for(load_pu)
        except np.linalg.LinAlgError:  # the expected powers lie at the nose of the curve
            return self._fixed_point(load_pu)
        answer = self._block(linear, load_pu)
        # Written so that a mismatch that is not a number counts as failed.
        slow = np.flatnonzero(~(answer.mismatch_pu < MISMATCH_TOLERANCE_PU))
        if slow.size:
            rest = self._fixed_point(load_pu[:, slow])
            answer.voltage_pu[:, slow] = rest.voltage_pu
            answer.mismatch_pu[slow] = rest.mismatch_pu
            answer = Voltages(answer.voltage_pu, answer.mismatch_pu, rest.iterations)
        return answer

    def _linear_for(self, load_pu: ComplexArray) -> "_Linear":
        """Return the linear network, made when first asked for and when more buses have load."""
        if self._linear is None or load_pu[~self._is_loaded].any():
            self._is_loaded |= load_pu.any(axis=1)
            point = self._fixed_point
            self._linear = _linearised(
                self._equations, self._expected, point, is_loaded=self._is_loaded
            )
        return self._linear

    def _block(self, linear: "_Linear", load_pu: ComplexArray) -> Voltages:
        """Iterate all columns until the currents settle."""
        drawn, count = _Drawn(linear, load_pu), 1
        with np.errstate(all="ignore"):  # an iterate that runs away shows in the mismatch
            for count in range(1, FEW_ITERATIONS):
                # The change is looked at only about where the block before came to rest.
                if count < self._checked:
                    drawn.move(linear)
                elif not drawn.change(linear) >= self._settled_pu:
                    break
            voltage = drawn.voltage_pu(linear)
            missing = mismatch(self._fixed_point.rows, self._equations.current, load_pu, voltage)
        self._checked = max(count - 1, 1)
        return Voltages(voltage, missing, count + 1)


@dataclass(frozen=True, slots=True)
class _Linear:
    """The network with its loads linearised, turned so that the base voltages are real.

    ``loaded`` are the buses with load, ``phase`` the direction of their power in the complex
    plane, ``size`` their base voltage and ``slope`` the expected power over its square.
    ``at_loads`` leads from load currents to the voltages of loaded buses, ``everywhere`` to those
    of all buses, which are no longer turned.
    """

    loaded: IntArray
    phase: ComplexArray
    size: FloatArray
    slope: FloatArray
    at_loads: Tiers
    everywhere: Tiers


def _linearised(
    equations: Equations, expected_pu: ComplexArray, point: FixedPoint, *, is_loaded: BoolArray
) -> _Linear:
    order, parent = elimination_tree(point.factors)
    base_pu = point.base_pu
    size = np.maximum(np.abs(base_pu), 1e-3)
    turn = base_pu / size
    power = np.abs(expected_pu)
    phase = np.divide(expected_pu, power, out=np.ones_like(expected_pu), where=power > 0)
    slope = power / size**2
    turned = diags_array(turn.conj()) @ equations.admittance @ diags_array(turn)
    along = jacobian(csr_array(turned), phase.conj() * slope)
    both = np.concatenate([order, order + order.size])
    loaded = np.flatnonzero(is_loaded)
    inputs = _inputs(loaded, phase, turn.conj() * equations.current)[both]
    matrix = csr_array(csr_array(along)[both][:, both])
    halves = np.concatenate([loaded, loaded + order.size])
    pick = csr_array(_identity(order)[halves])
    back = csr_array(_turning(turn) @ _identity(order))
    return _Linear(
        loaded=loaded,
        phase=phase[loaded],
        size=size[loaded],
        slope=slope[loaded],
        at_loads=tiers(matrix, inputs, pick, parent),
        everywhere=tiers(matrix, inputs, back, parent),
    )


def _inputs(loaded: IntArray, phase: ComplexArray, current: ComplexArray) -> csr_array[np.float64]:
    """Return what load currents, real parts first, and at last a 1 add to the right side."""
    drawn = -_turning(phase.conj())[:, np.concatenate([loaded, loaded + phase.size])]
    given = csr_array(np.concatenate([current.real, current.imag])[:, np.newaxis])
    return csr_array(block_array([[drawn, given]]))


def _turning(factor: ComplexArray) -> csr_array[np.float64]:
    """Return the real matrix of the product with a factor for each bus."""
    real, imaginary = diags_array(factor.real), diags_array(factor.imag)
    return csr_array(block_array([[real, -imaginary], [imaginary, real]]))


def _identity(order: IntArray) -> csr_array[np.float64]:
    """Return the matrix that brings both parts of buses back from the order of elimination."""
    n = order.size
    rows = np.concatenate([order, order + n])
    entries = (np.ones(2 * n), (rows, np.arange(2 * n)))
    return csr_array(coo_array(entries, shape=(2 * n, 2 * n)))


class _Drawn:
    """Load currents of a block of columns: inputs of the linear network, at the head of a buffer.

    ``straight`` is the power in the expected direction of each bus, ``across`` at right angles to
    it: None where the power factors are those expected.
    """

    def __init__(self, linear: _Linear, load_pu: ComplexArray) -> None:
        turned = load_pu[linear.loaded]
        turned *= linear.phase.conj()[:, np.newaxis]
        self.straight = np.ascontiguousarray(turned.real)
        across = turned.imag
        largest = np.abs(self.straight).max(initial=0.0)
        is_rounding = np.abs(across).max(initial=0.0) <= EXACT_RATIO * largest
        self.across = None if is_rounding else np.ascontiguousarray(across)
        n, width = self.straight.shape
        self._n = n
        self._scratch = np.empty((3, n, width))
        self._before = np.empty((2 * n, width))
        self._buffer = np.empty((linear.at_loads.n_rows, width))
        size, slope = linear.size[:, np.newaxis], linear.slope[:, np.newaxis]
        np.divide(self.straight, size, out=self._buffer[:n])
        self._buffer[:n] += slope * size
        self._buffer[n : 2 * n] = 0.0 if self.across is None else -self.across / size
        self._buffer[2 * n] = 1.0

    def move(self, linear: _Linear) -> None:
        """Take the currents at the voltages they lead to."""
        n, slope = self._n, linear.slope[:, np.newaxis]
        voltage = linear.at_loads.solve(self._buffer)
        real, imaginary = voltage[:n], voltage[n:]
        along, against = self._buffer[:n], self._buffer[n : 2 * n]
        square, part, other = self._scratch
        np.multiply(real, real, out=square)
        np.multiply(imaginary, imaginary, out=part)
        square += part
        if self.across is not None:
            np.divide(self.across, square, out=other)
        np.divide(self.straight, square, out=square)
        np.add(square, slope, out=part)
        np.multiply(part, real, out=along)
        np.subtract(square, slope, out=part)
        np.multiply(part, imaginary, out=against)
        if self.across is not None:
            along += np.multiply(other, imaginary, out=part)
            against -= np.multiply(other, real, out=part)

    def change(self, linear: _Linear) -> float:
        """Move and return the largest change of a current."""
        now, before = self._buffer[: 2 * self._n], self._before
        before[:] = now
        self.move(linear)
        np.subtract(now, before, out=before)
        return float(max(before.max(initial=0.0), -before.min(initial=0.0)))

    def voltage_pu(self, linear: _Linear) -> ComplexArray:
        """Return the voltages of all buses to which the currents lead."""
        everywhere = linear.everywhere
        buffer = np.empty((everywhere.n_rows, self._buffer.shape[1]))
        buffer[: everywhere.n_inputs] = self._buffer[: everywhere.n_inputs]
        halves = everywhere.solve(buffer)
        half = halves.shape[0] // 2
        voltage = np.empty((half, halves.shape[1]), dtype=np.complex128)
        voltage.real, voltage.imag = halves[:half], halves[half:]
        return voltage
