"""The Z-bus fixed point: one complex factorisation, all columns at once."""

import numpy as np

from facility.kernel.checks import ComplexArray, FloatArray
from power.physics.loadflow.core import (
    MAX_ITERATIONS,
    STEP_TOLERANCE_PU,
    Equations,
    Voltages,
    factorise,
    load_current,
    mismatch,
)

KEPT_RATIO = 0.6
"""Columns that have settled leave once no more than this share of them still moves."""


class FixedPoint:
    """Iterates ``V <- Y^-1 (e - conj(S / V))``.

    Parameters
    ----------
    equations : Equations
        Of one topology.
    expected_pu : ndarray, shape (buses,)
        Consumed power near which the columns will lie; the solution for it, ``base_pu``, is the
        first guess.

    Notes
    -----
    Implicit Z-bus Gauss method (textbook). The error shrinks by the impedance seen by the load
    over the load's own, about 0.1 per iteration in a loaded site and 1 at voltage collapse.
    """

    def __init__(self, equations: Equations, expected_pu: ComplexArray) -> None:
        self.factors = factorise(equations.admittance)
        self.rows = equations.admittance.tocsr()
        self._current = equations.current
        no_load = self.factors.solve(equations.current)
        self.base_pu: ComplexArray = self._iterate(expected_pu[:, np.newaxis], no_load).voltage_pu[
            :, 0
        ]

    def __call__(self, load_pu: ComplexArray) -> Voltages:
        """Return the voltages for consumed powers (buses, columns).

        The caller judges the mismatch; a column that does not converge shows there.
        """
        return self._iterate(load_pu, self.base_pu)

    def _improve(self, load_pu: ComplexArray, voltage: ComplexArray) -> ComplexArray:
        return self.factors.solve(self._current[:, np.newaxis] - load_current(load_pu, voltage))

    def _iterate(self, load_pu: ComplexArray, start_pu: ComplexArray) -> Voltages:
        # The factors answer by columns: loads in the same order spare a walk across memory.
        load_left = np.asfortranarray(load_pu)
        voltage_left = np.asfortranarray(
            np.repeat(start_pu[:, np.newaxis], load_pu.shape[1], axis=1)
        )
        voltage, left = voltage_left.copy(order="F"), np.arange(load_pu.shape[1])
        count = 0
        while left.size and count < MAX_ITERATIONS:
            count += 1
            new = self._improve(load_left, voltage_left)
            moves = _step_pu(new, voltage_left) >= STEP_TOLERANCE_PU
            voltage_left = new
            if count < MAX_ITERATIONS and moves.sum() > KEPT_RATIO * left.size:
                continue
            voltage[:, left] = voltage_left
            kept = np.flatnonzero(moves)
            left, load_left = left[kept], load_left[:, kept]
            voltage_left = voltage_left[:, kept]
        missing = mismatch(self.rows, self._current, load_pu, voltage)
        return Voltages(voltage, missing, count)


def _step_pu(new: ComplexArray, old: ComplexArray) -> FloatArray:
    """Return by how much the farthest moving bus of each column moves. [p.u.]."""
    step = new - old
    farthest = (step.real**2 + step.imag**2).max(axis=0, initial=0.0)
    return np.asarray(np.sqrt(farthest), dtype=np.float64)
