"""Full Newton for the columns on which the fast methods fail."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from facility.kernel.checks import ComplexArray, IntArray
from facility.kernel.errors import ConvergenceError
from power.physics.loadflow.core import (
    Equations,
    factorise,
    factorise_real,
    jacobian,
    load_current,
    mismatch,
    mismatch_limit_pu,
    product,
)

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU

MAX_NEWTON_ITERATIONS = 40
MAX_HALVINGS = 8
NEWTON_TOLERANCE_PU = 1e-9
Residual = Callable[[ComplexArray], ComplexArray]


def solve_newton(equations: Equations, load_pu: ComplexArray) -> tuple[ComplexArray, float]:
    """Return the voltages for one set of consumed powers and the power still missing.

    Parameters
    ----------
    equations : Equations
        Of one topology.
    load_pu : ndarray, shape (buses,)
        Consumed complex power. [p.u. on 1 MVA]

    Returns
    -------
    voltage_pu : ndarray, shape (buses,)
        The operable solution.
    mismatch_pu : float
        Largest power missing at a bus.

    Raises
    ------
    ConvergenceError
        There is no operable solution. The message names the bus that is furthest from one.

    Notes
    -----
    Newton on the current balance with step halving, from the voltages at no load. Beyond the nose
    of the curve of voltage over power the determinant of the Jacobian has the other sign than at
    no load: such a solution is refused.
    """
    rows = equations.admittance.tocsr()
    voltage = factorise(equations.admittance).solve(equations.current)
    tolerance = mismatch_limit_pu(equations, NEWTON_TOLERANCE_PU)
    source = equations.current

    def residual(at: ComplexArray) -> ComplexArray:
        return source - product(rows, at) - load_current(load_pu, at)

    missing = _missing(equations, load_pu, voltage)
    for count in range(1, MAX_NEWTON_ITERATIONS + 1):
        factors = _factors(equations, load_pu, voltage)
        if missing < tolerance:
            if not is_operable(equations, load_pu, voltage):
                raise _collapse(equations, voltage, count, missing)
            return voltage, missing
        if factors is None:
            raise _collapse(equations, voltage, count, missing)
        short = residual(voltage)
        step = factors.solve(np.concatenate([short.real, short.imag]))
        direction = step[: voltage.size] + 1j * step[voltage.size :]
        closer = _damped(residual, voltage, direction)
        if closer is None:
            raise _collapse(equations, voltage, count, missing)
        voltage = closer
        missing = _missing(equations, load_pu, voltage)
    raise _collapse(equations, voltage, MAX_NEWTON_ITERATIONS, missing)


def is_operable(equations: Equations, load_pu: ComplexArray, voltage_pu: ComplexArray) -> bool:
    """Return whether a solution lies on the side of the nose where more load lowers the voltage.

    Parameters
    ----------
    equations : Equations
        Of one topology.
    load_pu, voltage_pu : ndarray, shape (buses,)
        Consumed power and a solution for it. [p.u. on 1 MVA]
    """
    factors = _factors(equations, load_pu, voltage_pu)
    unloaded = jacobian(equations.admittance, np.zeros(voltage_pu.size, dtype=np.complex128))
    at_no_load = determinant_sign(factorise_real(unloaded))
    return factors is not None and determinant_sign(factors) == at_no_load


def _missing(equations: Equations, load_pu: ComplexArray, voltage: ComplexArray) -> float:
    rows = equations.admittance.tocsr()
    load = load_pu[:, np.newaxis]
    return float(mismatch(rows, equations.current, load, voltage[:, np.newaxis])[0])


def _factors(
    equations: Equations, load_pu: ComplexArray, voltage: ComplexArray
) -> "SuperLU[np.float64] | None":
    square = np.maximum(np.abs(voltage) ** 2, 1e-6)
    slope = np.conj(load_pu) * voltage**2 / square**2
    try:
        return factorise_real(jacobian(equations.admittance, slope))
    except RuntimeError:  # exactly singular: the nose of the curve
        return None


def _damped(
    residual: Residual, voltage: ComplexArray, direction: ComplexArray
) -> ComplexArray | None:
    """Return the end of the largest halving of the step that helps; None if none does."""
    before = np.abs(residual(voltage)).max(initial=0.0)
    share = 1.0
    for _ in range(MAX_HALVINGS):
        end = voltage + share * direction
        if np.abs(residual(end)).max(initial=0.0) < (1.0 - share / 100.0) * before:
            return end
        share /= 2.0
    return None


def determinant_sign(factors: "SuperLU[np.float64]") -> float:
    """Return the sign of the determinant of a factorised matrix."""
    signs = np.prod(np.sign(factors.U.diagonal()))
    return float(signs) * _parity(factors.perm_r) * _parity(factors.perm_c)


def _parity(permutation: IntArray) -> int:
    """Return 1 for an even permutation and -1 for an odd one."""
    seen = np.zeros(permutation.size, dtype=np.bool_)
    sign = 1
    for start in range(permutation.size):
        place, length = start, 0
        while not seen[place]:
            seen[place] = True
            place = int(permutation[place])
            length += 1
        if length and length % 2 == 0:
            sign = -sign
    return sign


def _collapse(
    equations: Equations, voltage: ComplexArray, count: int, missing: float
) -> ConvergenceError:
    worst = equations.bus_names[int(np.argmin(np.abs(voltage)))]
    return ConvergenceError(
        f"no solution: voltage collapse at {worst}",
        count,
        missing,
        mismatch_limit_pu(equations, NEWTON_TOLERANCE_PU),
    )
