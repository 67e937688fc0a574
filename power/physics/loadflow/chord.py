"""Newton's method with a constant Jacobian: one real factorisation, all columns at once."""

import numpy as np
from scipy.sparse import block_array, csc_array, diags_array

from facility.kernel.checks import ComplexArray, FloatArray
from power.physics.loadflow.core import (
    MAX_ITERATIONS,
    STEP_TOLERANCE_PU,
    Equations,
    OpenEnds,
    Solve,
    Voltages,
    factorise_real,
    load_current,
    mismatch,
)
from power.physics.loadflow.zbus import solve_zbus


def jacobian(equations: Equations, slope: ComplexArray) -> csc_array[np.float64]:
    """Return the real matrix of ``Y V - c conj(V)``, real parts of all buses first.

    Parameters
    ----------
    equations : Equations
        Of one topology.
    slope : ndarray, shape (buses,)
        ``c = conj(S) / conj(V)^2`` at the point of linearisation. [p.u.]
    """
    conductance, susceptance = equations.admittance.real, equations.admittance.imag
    real, imaginary = diags_array(slope.real), diags_array(slope.imag)
    blocks = [
        [conductance - real, -susceptance - imaginary],
        [susceptance - imaginary, conductance + real],
    ]
    return csc_array(block_array(blocks), dtype=np.float64)


def solve_chord(equations: Equations, expected_pu: ComplexArray) -> Solve:
    """Return a solver that linearises the loads once, at the expected powers.

    Parameters
    ----------
    equations : Equations
        Of one topology.
    expected_pu : ndarray, shape (buses,)
        Consumed power near which the columns will lie.

    Returns
    -------
    callable
        Takes consumed powers (buses, columns) and returns `Voltages`. The caller judges the
        mismatch; a column that does not converge shows there.

    Notes
    -----
    Newton's method with the Jacobian of the expected powers (own derivation): ``conj(S / V)``
    changes by ``-c conj(dV)``, which moves to the left side.
    """
    n = equations.current.size
    rows = equations.admittance.tocsr()
    base = solve_zbus(equations, expected_pu)(expected_pu[:, np.newaxis]).voltage_pu[:, 0]
    slope = np.conj(expected_pu) / np.maximum(np.abs(base) ** 2, 1e-6) * (base / np.conj(base))
    factors = factorise_real(jacobian(equations, slope))
    loaded_slope = slope[:, np.newaxis]
    source = equations.current[:, np.newaxis]

    def right_side(
        load_pu: ComplexArray, voltage: ComplexArray, opened: OpenEnds | None
    ) -> FloatArray:
        total = source - load_current(load_pu, voltage) - loaded_slope * np.conj(voltage)
        if opened is not None:
            opened.hand_back(total, voltage)
        return np.concatenate([total.real, total.imag])

    def solve(load_pu: ComplexArray, opened: OpenEnds | None = None) -> Voltages:
        voltage = np.repeat(base[:, np.newaxis], load_pu.shape[1], axis=1)
        count = 0
        for _ in range(MAX_ITERATIONS):
            count += 1
            solution = factors.solve(right_side(load_pu, voltage, opened))
            new = solution[:n] + 1j * solution[n:]
            step = np.abs(new - voltage).max(initial=0.0)
            voltage = new
            if step < STEP_TOLERANCE_PU:
                break
        missing = mismatch(rows, equations.current, load_pu, voltage, opened)
        return Voltages(voltage, missing.max(axis=0, initial=0.0), count)

    return solve
