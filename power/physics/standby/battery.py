"""How long a battery carries a UPS, and what filling it again takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import S_PER_H
from power.physics.conversion import conversion_loss
from power.physics.documents import Battery

POWER_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Autonomy:
    """What a battery gives at constant power.

    ``battery_kw`` is drawn from its terminals. ``holds`` is False where that is more than it can
    give: the load drops at once and ``duration_s`` is 0. Without any draw it is infinite.
    """

    battery_kw: FloatArray
    duration_s: FloatArray
    holds: BoolArray


def usable_kwh(
    energy_kwh: ArrayLike,
    *,
    charge_min_ratio: ArrayLike,
    charge_max_ratio: ArrayLike,
    health_ratio: ArrayLike,
    efficiency_ratio: ArrayLike,
) -> FloatArray:
    """Return what a charged battery gives at its terminals before it is empty.

    Parameters
    ----------
    energy_kwh : array_like, shape (...)
        Of full charge, as installed. [kWh]
    charge_min_ratio, charge_max_ratio : array_like, shape (...)
        State of charge it may fall to, and at which it is kept; of the capacity left.
    health_ratio : array_like, shape (...)
        Capacity left over capacity as installed.
    efficiency_ratio : array_like, shape (...)
        One way, from the cells to the terminals.

    Returns
    -------
    ndarray, shape (...)
        [kWh]

    Raises
    ------
    InputError
        A value is out of bounds, or the window of charge is upside down.

    Notes
    -----
    ``E = E_installed h (z_max - z_min) eta``: the definition of each factor. The effect of the
    discharge rate on capacity (Peukert) is not in it; state the capacity at the rate of use.
    """
    low = as_float("charge_min_ratio", charge_min_ratio, minimum=0.0, maximum=1.0)
    high = as_float("charge_max_ratio", charge_max_ratio, minimum=0.0, maximum=1.0)
    if np.any(high < low):
        raise InputError([Problem("charge_max_ratio", "too_small", "is below charge_min_ratio")])
    answer: FloatArray = (
        as_float("energy_kwh", energy_kwh, minimum=0.0)
        * as_float("health_ratio", health_ratio, minimum=0.0, maximum=1.0)
        * (high - low)
        * as_float("efficiency_ratio", efficiency_ratio, minimum=0.0, maximum=1.0)
    )
    return answer


def usable_of(battery: Battery) -> float:
    """Return what a battery of the document gives at its terminals. [kWh]."""
    return float(
        usable_kwh(
            battery.energy_kwh,
            charge_min_ratio=battery.charge_min_ratio,
            charge_max_ratio=battery.charge_max_ratio,
            health_ratio=battery.health_ratio,
            efficiency_ratio=battery.efficiency_ratio,
        )
    )


def autonomy(
    output_kw: ArrayLike,
    *,
    rating_kw: ArrayLike,
    coefficients: ArrayLike,
    energy_kwh: ArrayLike,
    power_kw: ArrayLike,
) -> Autonomy:
    """Return how long a battery carries a UPS at constant output.

    Parameters
    ----------
    output_kw : array_like, shape (...)
        Active power the UPS gives. [kW]
    rating_kw : array_like, shape (...)
        Of the UPS. [kW]
    coefficients : array_like, shape (..., 3)
        Its loss law, see `power.physics.conversion`.
    energy_kwh : array_like, shape (...)
        What its batteries give together, see `usable_kwh`. [kWh]
    power_kw : array_like, shape (...)
        What they can give at once. [kW]

    Returns
    -------
    Autonomy

    Raises
    ------
    InputError
        A value is out of bounds.

    Notes
    -----
    ``P_battery = P_out + P_loss(P_out)`` and ``t = E / P_battery``. The whole loss law is taken,
    that of the idle rectifier included, so the time is on the short side.
    """
    output = as_float("output_kw", output_kw, minimum=0.0)
    energy = as_float("energy_kwh", energy_kwh, minimum=0.0)
    limit = as_float("power_kw", power_kw, minimum=0.0)
    drawn = output + conversion_loss(output, rating_kw=rating_kw, coefficients=coefficients)
    drawn, energy, limit = np.broadcast_arrays(drawn, energy, limit)
    holds = drawn <= limit * (1.0 + POWER_TOLERANCE)
    duration = np.full(drawn.shape, np.inf)
    np.divide(energy * S_PER_H, drawn, out=duration, where=drawn > 0)
    return Autonomy(
        battery_kw=drawn.copy(), duration_s=np.where(holds, duration, 0.0), holds=np.asarray(holds)
    )


def recharge_s(
    given_kwh: ArrayLike, *, recharge_kw: ArrayLike, efficiency_ratio: ArrayLike
) -> FloatArray:
    """Return how long filling a battery again takes at constant power.

    Parameters
    ----------
    given_kwh : array_like, shape (...)
        Given at the terminals since it was full. [kWh]
    recharge_kw : array_like, shape (...)
        Drawn at the terminals. [kW]
    efficiency_ratio : array_like, shape (...)
        One way; it counts twice, out of the cells and into them.

    Returns
    -------
    ndarray, shape (...)
        Infinite where nothing is drawn and something is missing. [s]

    Raises
    ------
    InputError
        A value is out of bounds.
    """
    given = as_float("given_kwh", given_kwh, minimum=0.0)
    drawn = as_float("recharge_kw", recharge_kw, minimum=0.0)
    efficiency = as_float("efficiency_ratio", efficiency_ratio, minimum=1e-3, maximum=1.0)
    given, stored = np.broadcast_arrays(given, drawn * efficiency**2)
    duration = np.where(given > 0, np.inf, 0.0)
    np.divide(given * S_PER_H, stored, out=duration, where=stored > 0)
    return duration


def split_kw(total_kw: float, power_kw: Sequence[float], *, is_empty: Sequence[bool]) -> FloatArray:
    """Return what each of several batteries on one output gives: in proportion to their power.

    Parameters
    ----------
    total_kw : float
        Wanted together. [kW]
    power_kw : sequence of float
        What each can give. [kW]
    is_empty : sequence of bool
        Those that give nothing any more.
    """
    kept = np.where(np.asarray(is_empty, dtype=np.bool_), 0.0, np.asarray(power_kw, dtype=float))
    total = float(kept.sum())
    return kept * (total_kw / total) if total > 0 else kept
