"""The doors through which arrays enter public physics functions."""

from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facility.kernel.errors import InputError, Problem

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ComplexArray = NDArray[np.complex128]


def as_float(
    name: str, values: ArrayLike, *, minimum: float = -np.inf, maximum: float = np.inf
) -> FloatArray:
    """Return ``values`` as finite float64 within the bounds, or raise `InputError`.

    Integers are widened on purpose: an integer array truncates what is assigned to it.

    Parameters
    ----------
    name : str
        What the caller calls the argument; becomes the path of the problem.
    values : array_like
        Anything NumPy can read as numbers.
    minimum, maximum : float
        Inclusive bounds.

    Raises
    ------
    InputError
        A value is NaN or infinite, or outside the bounds.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return array
    # Two reductions say everything: a NaN or an infinity anywhere shows in one of the extremes.
    lowest, highest = float(array.min()), float(array.max())
    if not (isfinite(lowest) and isfinite(highest)):
        raise InputError([Problem(name, "not_finite", "contains NaN or infinity")])
    if lowest < minimum:
        raise InputError([Problem(name, "too_small", f"must be at least {minimum:g}")])
    if highest > maximum:
        raise InputError([Problem(name, "too_large", f"must be at most {maximum:g}")])
    return array
