"""Water-side economizer: a plate exchanger in series ahead of the chillers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float

_NO_LIMIT_KW = 1e12


@dataclass(frozen=True, slots=True, eq=False)
class EconomizerState:
    """Heat the exchanger takes from the chilled water, and what leaves it on both sides."""

    duty_kw: FloatArray
    chilled_out_c: FloatArray
    condenser_out_c: FloatArray


def water_side_economizer(
    *,
    return_c: ArrayLike,
    tower_c: ArrayLike,
    chilled_kw_per_k: ArrayLike,
    condenser_kw_per_k: ArrayLike,
    effectiveness: ArrayLike,
    most_kw: ArrayLike = _NO_LIMIT_KW,
) -> EconomizerState:
    """Return how far tower water cools the return of the chilled water.

    Parameters
    ----------
    return_c : array_like
        Chilled water that comes back, pump heat included. [°C]
    tower_c : array_like
        Water from the tower. [°C]
    chilled_kw_per_k, condenser_kw_per_k : array_like
        Capacity rates of both sides, 0 or more. [kW/K]
    effectiveness : array_like
        Heat over the most that the smaller capacity rate allows, 0 to 1. [1]
    most_kw : array_like
        Heat beyond which a bypass holds the supply set point. [kW]

    Returns
    -------
    EconomizerState
        No heat flows where the tower water is the warmer: the exchanger is bypassed.

    Raises
    ------
    InputError
        A value is out of range.

    Notes
    -----
    ``Q = effectiveness * Cmin * (return - tower)``. The short form that multiplies the chilled
    water's own range overstates the heat wherever the tower side has the smaller capacity rate.

    Examples
    --------
    >>> state = water_side_economizer(
    ...     return_c=20.0, tower_c=10.0, chilled_kw_per_k=60.0, condenser_kw_per_k=50.0,
    ...     effectiveness=0.8,
    ... )
    >>> float(state.duty_kw), round(float(state.chilled_out_c), 2)
    (400.0, 13.33)
    """
    warm_c = as_float("return_c", return_c)
    cold_c = as_float("tower_c", tower_c)
    chilled = as_float("chilled_kw_per_k", chilled_kw_per_k, minimum=0.0)
    condenser = as_float("condenser_kw_per_k", condenser_kw_per_k, minimum=0.0)
    share = as_float("effectiveness", effectiveness, minimum=0.0, maximum=1.0)
    limit = as_float("most_kw", most_kw, minimum=0.0)
    smaller = np.minimum(chilled, condenser)
    duty = np.minimum(share * smaller * np.maximum(warm_c - cold_c, 0.0), limit)
    return EconomizerState(
        duty_kw=duty,
        chilled_out_c=warm_c - duty / np.where(chilled > 0, chilled, 1.0),
        condenser_out_c=cold_c + duty / np.where(condenser > 0, condenser, 1.0),
    )
