"""The Z-bus fixed point: one factorisation, all columns at once."""

import numpy as np

from facility.kernel.checks import ComplexArray
from power.physics.loadflow.core import (
    MAX_ITERATIONS,
    STEP_TOLERANCE_PU,
    Equations,
    Solve,
    Voltages,
    factorise,
    load_current,
    mismatch,
)


def solve_zbus(equations: Equations, expected_pu: ComplexArray) -> Solve:
    """Return a solver that iterates ``V <- Y^-1 (e - conj(S / V))``.

    Parameters
    ----------
    equations : Equations
        Of one topology.
    expected_pu : ndarray, shape (buses,)
        Consumed power near which the columns will lie; the solution for it is the first guess.

    Returns
    -------
    callable
        Takes consumed powers (buses, columns) and returns `Voltages`. The caller judges the
        mismatch; a column that does not converge shows there.

    Notes
    -----
    Implicit Z-bus Gauss method (textbook). The error shrinks by the impedance seen by the load
    over the load's own, about 0.1 per iteration in a loaded site and 1 at voltage collapse.
    """
    factors = factorise(equations.admittance)
    rows = equations.admittance.tocsr()
    no_load = factors.solve(equations.current)
    source = equations.current[:, np.newaxis]

    def iterate(load_pu: ComplexArray, start_pu: ComplexArray) -> Voltages:
        voltage = np.repeat(start_pu[:, np.newaxis], load_pu.shape[1], axis=1)
        count = 0
        for _ in range(MAX_ITERATIONS):
            count += 1
            new = factors.solve(source - load_current(load_pu, voltage))
            step = np.abs(new - voltage).max(initial=0.0)
            voltage = new
            if step < STEP_TOLERANCE_PU:
                break
        missing = mismatch(rows, equations.current, load_pu, voltage).max(axis=0, initial=0.0)
        return Voltages(voltage, missing, count)

    base = iterate(expected_pu[:, np.newaxis], no_load).voltage_pu[:, 0]

    def solve(load_pu: ComplexArray) -> Voltages:
        return iterate(load_pu, base)

    return solve
