"""Roots of monotone functions, one per element, for controls that hold a set point."""

from collections.abc import Callable

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.errors import ConvergenceError

_MAX_STEPS = 80


def monotone_root(
    residual: Callable[[FloatArray], FloatArray],
    *,
    low: FloatArray,
    high: FloatArray,
    tolerance: float,
) -> FloatArray:
    """Return the root of a monotone function, or the end of the bracket nearest to one.

    Parameters
    ----------
    residual : callable
        Maps (N,) to (N,) element by element; rising or falling.
    low, high : (N,) ndarray
        Bracket.
    tolerance : float
        Stop where an element's bracket or step is smaller than this.

    Returns
    -------
    (N,) ndarray
        The root; where both ends have one sign, the end with the smaller residual.

    Raises
    ------
    ConvergenceError
        An element did not settle.

    Notes
    -----
    Illinois regula falsi: keeps the bracket, and halves the weight of an end that stays. Settled
    elements no longer move, so the answer of one does not depend on its neighbours.
    """
    a, b = low.copy(), high.copy()
    fa, fb = residual(a), residual(b)
    outside = np.sign(fa) * np.sign(fb) >= 0
    best = np.where(np.abs(fa) < np.abs(fb), a, b)
    settled = outside
    step = np.full_like(a, np.inf)
    for _ in range(_MAX_STEPS):
        if np.all(settled):
            return best
        spread = np.where(fb == fa, 1.0, fb - fa)
        new = np.where(settled, best, b - fb * (b - a) / spread)
        value = residual(new)
        crossed = np.sign(value) * np.sign(fb) <= 0
        step = np.abs(new - b)
        a, fa = np.where(crossed, b, a), np.where(crossed, fb, 0.5 * fa)
        b, fb = new, value
        best = new
        settled = settled | (step < tolerance) | (np.abs(b - a) < tolerance) | (value == 0)
    raise ConvergenceError("monotone_root", _MAX_STEPS, float(np.max(step)), tolerance)
