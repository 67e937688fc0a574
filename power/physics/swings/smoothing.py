"""Ramp limiter, low-pass and accelerator smoothing, and the battery that the first two need."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import S_PER_H
from power.physics.swings.metrics import as_course, low_pass

NO_LIMIT = 1e15
"""Stands for an infinite ramp: its product with a step stays finite."""


@dataclass(frozen=True, slots=True)
class BatterySize:
    """Power at the terminals, energy used in the battery, losses, what is missing at the end."""

    power_kw: float
    energy_kwh: float
    loss_kw: float
    deficit_kwh: float


def ramp_limiter(
    power_kw: ArrayLike, *, step_s: float, rise_kw_per_s: float, drop_kw_per_s: float
) -> FloatArray:
    """Return what the grid sees when a battery takes up everything faster than a limit.

    Parameters
    ----------
    power_kw : array_like, shape (T,)
        Load. [kW]
    step_s : float
        Time between samples. [s]
    rise_kw_per_s, drop_kw_per_s : float
        Fastest change of the grid's power up and down, both positive. [kW/s]

    Returns
    -------
    ndarray, shape (T,)
        Starts at the load. [kW]

    Raises
    ------
    InputError
        A value is not finite, or a step or limit not positive.

    Notes
    -----
    ``P_g[i] = clip(P[i], P_g[i-1] - r_down dt, P_g[i-1] + r_up dt)``. It follows the load and
    does not look at the battery: under swings that last, its mean is not that of the load, and
    the energy grows with the record. `recentred_limiter` is the one to run for long.
    """
    course = as_course("power_kw", power_kw)
    up, down = _steps(step_s, rise_kw_per_s, drop_kw_per_s)
    grid = float(course[0])
    limited = []
    for power in course.tolist():
        grid = min(max(power, grid - down), grid + up)
        limited.append(grid)
    return np.array(limited)


def recentred_limiter(
    power_kw: ArrayLike,
    *,
    step_s: float,
    rise_kw_per_s: float,
    drop_kw_per_s: float,
    reference_s: float,
    efficiency_ratio: float,
) -> FloatArray:
    """Return what the grid sees when the ramp limiter also brings the battery back.

    Parameters
    ----------
    power_kw : array_like, shape (T,)
        Load. [kW]
    step_s : float
        Time between samples. [s]
    rise_kw_per_s, drop_kw_per_s : float
        Fastest change of the grid's power up and down, both positive. [kW/s]
    reference_s : float
        Time constant of the mean power that it aims at. [s]
    efficiency_ratio : float
        Of the battery, one way.

    Returns
    -------
    ndarray, shape (T,)
        Starts at the mean of the load; never changes faster than the limits. [kW]

    Raises
    ------
    InputError
        A value is not finite or out of bounds.

    Notes
    -----
    It aims at the load behind a first-order lag plus what refills the battery: the deficit over
    the lag, and no more than can be braked at half the limit (a square-root law), so that the
    grid's power does not overshoot again and again. An own law of control; another one needs
    another battery.
    """
    course = as_course("power_kw", power_kw)
    up, down = _steps(step_s, rise_kw_per_s, drop_kw_per_s)
    efficiency = float(as_float("efficiency_ratio", efficiency_ratio, minimum=0.01, maximum=1.0))
    braking = min(rise_kw_per_s, drop_kw_per_s)
    aims = low_pass(course, step_s=step_s, time_s=reference_s).tolist()
    grid, deficit = float(course.mean()), 0.0
    limited = []
    for power, aim in zip(course.tolist(), aims, strict=True):
        size = abs(deficit)
        refill = min(size / reference_s, sqrt(braking * size))
        wanted = aim + (refill if deficit > 0.0 else -refill)
        grid = min(max(wanted, grid - down), grid + up)
        given = power - grid
        deficit += step_s * (given / efficiency if given > 0.0 else given * efficiency)
        limited.append(grid)
    return np.array(limited)


def battery_size(
    load_kw: ArrayLike,
    grid_kw: ArrayLike,
    *,
    step_s: float,
    efficiency_ratio: float,
    recentred: bool,
) -> BatterySize:
    """Return the battery that stands between a load and what the grid sees.

    Parameters
    ----------
    load_kw : array_like, shape (T,)
        [kW]
    grid_kw : array_like, shape (T,)
        [kW]
    step_s : float
        Time between samples. [s]
    efficiency_ratio : float
        Of the battery, one way.
    recentred : bool
        The grid's power already holds what refills the battery, its losses too.

    Returns
    -------
    BatterySize
        ``energy_kwh`` is the largest less the smallest charge in the record.

    Raises
    ------
    InputError
        A value is not finite or out of bounds, or shapes differ.

    Notes
    -----
    Recentred: discharge takes more from the battery than the terminals give, charge leaves less
    in it. Else the energy at the terminals over the efficiency, as if a steady power from
    elsewhere made up for the losses.
    """
    load, grid = as_course("load_kw", load_kw), as_course("grid_kw", grid_kw)
    if load.shape != grid.shape:
        raise InputError([Problem("grid_kw", "shape", "needs one value for each of the load")])
    step = float(as_float("step_s", step_s, minimum=1e-6))
    efficiency = float(as_float("efficiency_ratio", efficiency_ratio, minimum=0.01, maximum=1.0))
    given = load - grid
    taken = np.where(given > 0.0, given / efficiency, given * efficiency)
    counted = taken if recentred else given / efficiency
    summed = np.concatenate([[0.0], np.cumsum(counted)]) * step / S_PER_H
    return BatterySize(
        power_kw=float(np.abs(given).max()),
        energy_kwh=float(np.ptp(summed)),
        loss_kw=float((taken - given).mean()),
        deficit_kwh=float(summed[-1]),
    )


def power_smoothing(
    power_kw: ArrayLike,
    *,
    step_s: float,
    rise_kw_per_s: float | None,
    drop_kw_per_s: float | None,
    hysteresis_s: float = 0.0,
) -> FloatArray:
    """Return the power of accelerators that limit their own ramps.

    Parameters
    ----------
    power_kw : array_like, shape (T,)
        What the work asks for, the floor already applied. [kW]
    step_s : float
        Time between samples. [s]
    rise_kw_per_s, drop_kw_per_s : float or None
        Fastest change, both positive; None does not limit. [kW/s]
    hysteresis_s : float
        How long the power stays up after the demand fell below it, before it ramps down; any
        moment of demand starts the time anew. [s]

    Returns
    -------
    ndarray, shape (T,)
        Above the demand they burn power, below it the work waits. [kW]

    Raises
    ------
    InputError
        A value is not finite or out of bounds.

    Notes
    -----
    Parameters as NVML names them: floor, ramp-up rate, ramp-down rate, ramp-down hysteresis.
    Work that waits is not made up for later.
    """
    course = as_course("power_kw", power_kw)
    rise = NO_LIMIT if rise_kw_per_s is None else rise_kw_per_s
    drop = NO_LIMIT if drop_kw_per_s is None else drop_kw_per_s
    up, down = _steps(step_s, rise, drop)
    hold = round(float(as_float("hysteresis_s", hysteresis_s, minimum=0.0)) / step_s)
    drawn, waited = float(course[0]), 0
    smooth = []
    for power in course.tolist():
        if power >= drawn:
            drawn, waited = min(power, drawn + up), 0
        elif waited < hold:
            waited += 1
        else:
            drawn = max(power, drawn - down)
        smooth.append(drawn)
    return np.array(smooth)


def _steps(step_s: float, rise_kw_per_s: float, drop_kw_per_s: float) -> tuple[float, float]:
    """Return the largest change up and down within a step, in kW."""
    step = float(as_float("step_s", step_s, minimum=1e-6))
    rise = float(as_float("rise_kw_per_s", rise_kw_per_s, minimum=1e-9))
    drop = float(as_float("drop_kw_per_s", drop_kw_per_s, minimum=1e-9))
    return rise * step, drop * step
