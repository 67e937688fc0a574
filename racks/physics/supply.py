"""Power supplies and shelves: electrical input for an output, by a loss curve."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import lsq_linear

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem

_N_PARTS = 3


@dataclass(frozen=True, slots=True)
class LossCurve:
    """Loss over rated output, ``constant + linear p + quadratic p²`` of the load ratio p."""

    constant_ratio: float
    linear_ratio: float
    quadratic_ratio: float


def supply_loss(*, output_kw: ArrayLike, rated_kw: ArrayLike, curve: LossCurve) -> FloatArray:
    r"""Loss of a group of equal supplies that share a load evenly.

    Parameters
    ----------
    output_kw : (..., T) array_like
        Power delivered by the group, 0 or more. [kW]
    rated_kw : (..., T) array_like
        Rated output of the group's running supplies together, above zero. [kW]
    curve : LossCurve
        Loss of one supply over its rated output.

    Returns
    -------
    (..., T) ndarray
        Input less output. [kW]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds, or the curve is negative at a load asked for.

    Notes
    -----
    .. math:: P_{in} = P_{out} + P_{rated}\,(a + b p + c p^2),\quad p = P_{out} / P_{rated}

    The curve also answers above full load; whether that is allowed is for the caller to judge.

    Examples
    --------
    >>> curve = LossCurve(constant_ratio=0.01, linear_ratio=0.0, quadratic_ratio=0.04)
    >>> float(supply_loss(output_kw=5.0, rated_kw=10.0, curve=curve))
    0.2
    """
    output = as_float("output_kw", output_kw, minimum=0.0)
    rated = as_float("rated_kw", rated_kw, minimum=1e-9)
    load = output / rated
    share = curve.constant_ratio + load * (curve.linear_ratio + load * curve.quadratic_ratio)
    if not np.all(share >= 0.0):
        raise InputError([Problem("curve", "negative_loss", "gives a negative loss at this load")])
    return np.asarray(rated * share)


def fit_loss_curve(*, load_ratio: ArrayLike, efficiency: ArrayLike) -> LossCurve:
    """Loss curve that best meets stated efficiencies.

    Parameters
    ----------
    load_ratio : (n,) array_like
        Output over rated output, above zero; three or more different values. [1]
    efficiency : (n,) array_like
        Output over input, above 0 and up to 1. [1]

    Returns
    -------
    LossCurve
        Constant and quadratic parts are not negative.

    Raises
    ------
    InputError
        Too few points, or a value is not finite or outside its bounds.

    Notes
    -----
    Least squares in efficiency, made linear around each point: data sheets state efficiency, and
    an error of loss at light load counts for more there.

    Examples
    --------
    >>> curve = fit_loss_curve(load_ratio=[0.1, 0.2, 0.5, 1.0], efficiency=[0.90, 0.94, 0.96, 0.91])
    >>> curve.constant_ratio > 0.0
    True
    """
    load = as_float("load_ratio", load_ratio, minimum=1e-6)
    output_share = as_float("efficiency", efficiency, minimum=1e-6, maximum=1.0)
    if load.ndim != 1 or load.shape != output_share.shape or np.unique(load).size < _N_PARTS:
        message = "needs three or more different loads, each with one efficiency"
        raise InputError([Problem("load_ratio", "wrong_shape", message)])
    loss = load * (1.0 / output_share - 1.0)
    weight = output_share**2 / load
    columns = np.column_stack([np.ones_like(load), load, load**2]) * weight[:, np.newaxis]
    fit = lsq_linear(columns, loss * weight, bounds=([0.0, -np.inf, 0.0], np.inf), method="bvls")
    constant, linear, quadratic = (float(part) for part in fit.x)
    return LossCurve(constant_ratio=constant, linear_ratio=linear, quadratic_ratio=quadratic)
