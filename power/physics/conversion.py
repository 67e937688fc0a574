"""Losses of UPS, rectifiers, inverters and supplies: no-load, proportional and square-law."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import lsq_linear

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem


def conversion_loss(
    output_kw: ArrayLike, *, rating_kw: ArrayLike, coefficients: ArrayLike
) -> FloatArray:
    """Return the loss of a conversion stage, ``rating * (a + b p + c p^2)``.

    Parameters
    ----------
    output_kw : array_like, shape (...)
        Active power given. [kW]
    rating_kw : array_like, shape (...)
        Continuous active output. [kW]
    coefficients : array_like, shape (..., 3)
        a, b, c on the rating.

    Returns
    -------
    ndarray, shape (...)
        Input less output. [kW]

    Raises
    ------
    InputError
        A value is not finite, a rating not positive, or a coefficient negative.

    Notes
    -----
    Form of Rasmussen, Schneider Electric White Paper 108; the law holds from no load to the
    rating. Power flowing back is not described by it.
    """
    output = as_float("output_kw", output_kw)
    rating = as_float("rating_kw", rating_kw, minimum=1e-9)
    law = as_float("coefficients", coefficients, minimum=0.0)
    load_ratio = output / rating
    return rating * (law[..., 0] + law[..., 1] * load_ratio + law[..., 2] * load_ratio**2)


@dataclass(frozen=True, slots=True)
class LossFit:
    """A loss law through given efficiencies and how well it meets them."""

    coefficients: tuple[float, float, float]
    efficiency_ratio: FloatArray
    worst_error_ratio: float


def fit_loss(load_ratio: ArrayLike, efficiency_ratio: ArrayLike) -> LossFit:
    """Fit the loss law to efficiencies from a data sheet, by least squares in the loss.

    Parameters
    ----------
    load_ratio : array_like, shape (n,)
        Output over rating, above 0.
    efficiency_ratio : array_like, shape (n,)
        Output over input, above 0 and at most 1.

    Returns
    -------
    LossFit
        Coefficients, none of them negative, and the efficiencies they give.

    Raises
    ------
    InputError
        Fewer than three distinct loads, or a value out of bounds.

    Notes
    -----
    With no coefficient negative the input rises with the output, and every loss is positive.
    """
    load = as_float("load_ratio", load_ratio, minimum=1e-6, maximum=1.5)
    efficiency = as_float("efficiency_ratio", efficiency_ratio, minimum=1e-6, maximum=1.0)
    if load.shape != efficiency.shape or np.unique(load).size < len(("a", "b", "c")):
        raise InputError(
            [Problem("load_ratio", "too_few", "needs an efficiency at three different loads")]
        )
    powers = np.stack([np.ones_like(load), load, load**2], axis=-1)
    loss = load * (1.0 / efficiency - 1.0)
    # Relative to the load: an efficiency counts the same at 25 % as at 100 %.
    solution = lsq_linear(powers / load[:, np.newaxis], loss / load, bounds=(0.0, np.inf))
    law = np.maximum(solution.x, 0.0)
    fitted = load / (load + powers @ law)
    return LossFit(
        coefficients=(float(law[0]), float(law[1]), float(law[2])),
        efficiency_ratio=fitted,
        worst_error_ratio=float(np.abs(fitted - efficiency).max()),
    )
