"""When a protective device takes an overloaded object out: inverse-time curves."""

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.documents import Document
from facility.kernel.fields import Positive

UPS_OVERLOAD_RATIOS = (1.1, 1.25, 1.5)
UPS_OVERLOAD_S = (600.0, 60.0, 1.0)
"""How long a UPS bears an overload; usual values (unverified)."""


class TripLimits(Document):
    """How the site is protected. The defaults are the standard inverse curve of IEC 60255-151."""

    pickup_ratio: Positive = Field(default=1.0, description="Load over rating that starts it.")
    time_ratio: Positive = Field(default=1.0, description="TMS of the curve.")
    curve_s: Positive = Field(default=0.14, description="k of the curve. [s]")
    curve_exponent: Positive = Field(default=0.02, description="Exponent of the curve.")
    conversion_ratios: tuple[Positive, ...] = Field(
        default=UPS_OVERLOAD_RATIOS, description="Load over rating of a conversion, rising."
    )
    conversion_s: tuple[Positive, ...] = Field(
        default=UPS_OVERLOAD_S, description="How long it bears that, falling. [s]"
    )
    observed_s: Positive = Field(
        default=3600.0, description="After which people have acted: nothing trips later. [s]"
    )


def inverse_time_s(
    ratio: ArrayLike,
    *,
    pickup_ratio: float = 1.0,
    time_ratio: float = 1.0,
    curve_s: float = 0.14,
    curve_exponent: float = 0.02,
) -> FloatArray:
    """Return when a device with an inverse-time curve trips at constant load.

    Parameters
    ----------
    ratio : array_like, shape (...)
        Current over rating.
    pickup_ratio : float
        Ratio at which it starts to count.
    time_ratio : float
        TMS.
    curve_s : float
        k; 0.14 standard, 13.5 very, 80 extremely inverse. [s]
    curve_exponent : float
        0.02 standard, 1 very, 2 extremely inverse.

    Returns
    -------
    ndarray, shape (...)
        Infinite up to the pickup. [s]

    Raises
    ------
    InputError
        A value is out of bounds.

    Notes
    -----
    ``t = TMS k / ((I / I_s)^a - 1)``, IEC 60255-151. Real devices end the curve at 20 times the
    setting and have an instantaneous stage, which overloads do not reach.
    """
    pickup = float(as_float("pickup_ratio", pickup_ratio, minimum=1e-6))
    multiple = as_float("ratio", ratio, minimum=0.0) / pickup
    scale = float(as_float("time_ratio", time_ratio, minimum=1e-9))
    scale *= float(as_float("curve_s", curve_s, minimum=1e-9))
    over = np.maximum(multiple, 1.0) ** float(
        as_float("curve_exponent", curve_exponent, minimum=1e-9)
    )
    answer = np.full(multiple.shape, np.inf)
    np.divide(scale, over - 1.0, out=answer, where=over > 1.0)
    return answer


def tolerated_s(ratio: ArrayLike, *, ratios: ArrayLike, times_s: ArrayLike) -> FloatArray:
    """Return how long a conversion bears a load, from the steps of its data sheet.

    Parameters
    ----------
    ratio : array_like, shape (...)
        Load over rating, the worse of kW and kVA.
    ratios : array_like, shape (steps,)
        Load over rating of the steps, rising.
    times_s : array_like, shape (steps,)
        How long each is borne. [s]

    Returns
    -------
    ndarray, shape (...)
        That of the first step not below the load; infinite up to a ratio of 1 and 0 above the last
        step. [s]

    Raises
    ------
    InputError
        A value is out of bounds.
    """
    load = as_float("ratio", ratio, minimum=0.0)
    steps = as_float("ratios", ratios, minimum=1.0)
    times = np.append(as_float("times_s", times_s, minimum=0.0), 0.0)
    answer = times[np.searchsorted(steps, load * (1.0 - 1e-9))]
    return np.where(load <= 1.0 + 1e-9, np.inf, answer)
