"""Fans that hold a leaving-water set point: variable speed, then cycling below the least speed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray
from thermal.physics.bracket import monotone_root

_RATIO_TOLERANCE = 1e-9
_TEMPERATURE_TOLERANCE_K = 1e-9

EnteringWater = Callable[[FloatArray, FloatArray, BoolArray], FloatArray]
"""Entering water temperature [°C] for (heat [kW], fan ratio, which elements): at what level the
water has to arrive for the equipment to reject the heat."""


@dataclass(frozen=True, slots=True, eq=False)
class FanState:
    """What the fans do and where the water settles.

    ``air_ratio`` is mean air flow over full air flow, natural draught included; ``power_ratio`` is
    mean fan power over full fan power.
    """

    entering_c: FloatArray
    leaving_c: FloatArray
    air_ratio: FloatArray
    power_ratio: FloatArray
    cycling_ratio: FloatArray
    setpoint_met: BoolArray


def leaving_at_full_speed(
    entering_for: EnteringWater, *, heat_kw: FloatArray, water_kw_per_k: FloatArray
) -> FloatArray:
    """Return the coldest leaving water that a heat allows, in °C.

    Parameters
    ----------
    entering_for : EnteringWater
        The equipment.
    heat_kw, water_kw_per_k : (N,) ndarray
        Heat of one unit, and capacity rate of its water. [kW], [kW/K]
    """
    every = np.ones_like(heat_kw, dtype=np.bool_)
    return entering_for(heat_kw, np.ones_like(heat_kw), every) - heat_kw / water_kw_per_k


def hold_leaving(
    entering_for: EnteringWater,
    *,
    heat_kw: FloatArray,
    water_kw_per_k: FloatArray,
    set_point_c: FloatArray,
    minimum_ratio: float,
    free_ratio: float,
) -> FanState:
    """Return the fan speed that holds a set point, for arrays of one shape (N,).

    Parameters
    ----------
    entering_for : EnteringWater
        The equipment.
    heat_kw, water_kw_per_k, set_point_c : (N,) ndarray
        Heat of one unit, capacity rate of its water, leaving-water set point.
    minimum_ratio : float
        Slowest fan speed over full speed; below it the fan cycles. [1]
    free_ratio : float
        Cooling without a fan, over that at full speed from the same entering water. [1]

    Returns
    -------
    FanState
        At full speed the leaving water floats above the set point and ``setpoint_met`` is false.

    Raises
    ------
    ConvergenceError
        A speed did not settle.

    Notes
    -----
    Fan power grows with the cube of speed. A cycling fan is on for the share of time that mixes
    the leaving water of both states to the set point; the rule is that of EnergyPlus.
    """
    coldest_c = leaving_at_full_speed(entering_for, heat_kw=heat_kw, water_kw_per_k=water_kw_per_k)
    met = coldest_c <= set_point_c + _TEMPERATURE_TOLERANCE_K
    leaving_c = np.where(met, set_point_c, coldest_c)
    entering_c = leaving_c + heat_kw / water_kw_per_k
    ratio = np.where(heat_kw > 0, 1.0, 0.0)
    power = ratio.copy()
    cycling = ratio.copy()
    held = met & (heat_kw > 0)
    if np.any(held):
        slow = held.copy()
        slow[held] = _too_cold(entering_for, heat_kw, entering_c, minimum_ratio, held)
        steady = held & ~slow
        ratio[steady] = _speed(entering_for, heat_kw, entering_c, minimum_ratio, steady)
        power[steady] = ratio[steady] ** 3
        share = _cycling(
            entering_for,
            entering_c=entering_c,
            leaving_c=leaving_c,
            water_kw_per_k=water_kw_per_k,
            minimum_ratio=minimum_ratio,
            free_ratio=free_ratio,
            which=slow,
        )
        cycling[slow] = share
        ratio[slow] = minimum_ratio * share + free_ratio * (1 - share)
        power[slow] = minimum_ratio**3 * share
    return FanState(entering_c, leaving_c, ratio, power, cycling, met)


def _too_cold(
    entering_for: EnteringWater,
    heat_kw: FloatArray,
    entering_c: FloatArray,
    minimum_ratio: float,
    which: BoolArray,
) -> BoolArray:
    slowest = np.full(int(np.count_nonzero(which)), minimum_ratio)
    return np.asarray(entering_for(heat_kw[which], slowest, which) <= entering_c[which])


def _speed(
    entering_for: EnteringWater,
    heat_kw: FloatArray,
    entering_c: FloatArray,
    minimum_ratio: float,
    which: BoolArray,
) -> FloatArray:
    heat, target_c = heat_kw[which], entering_c[which]
    return monotone_root(
        lambda ratio: entering_for(heat, ratio, which) - target_c,
        low=np.full_like(heat, minimum_ratio),
        high=np.ones_like(heat),
        tolerance=_RATIO_TOLERANCE,
    )


def _cycling(
    entering_for: EnteringWater,
    *,
    entering_c: FloatArray,
    leaving_c: FloatArray,
    water_kw_per_k: FloatArray,
    minimum_ratio: float,
    free_ratio: float,
    which: BoolArray,
) -> FloatArray:
    """Return the share of time that the fan runs at its least speed."""
    entering, leaving = entering_c[which], leaving_c[which]
    rate = water_kw_per_k[which]
    on = leaving_for_entering(
        entering_for, entering_c=entering, water_kw_per_k=rate, fan_ratio=minimum_ratio, which=which
    )
    off = entering
    if free_ratio > 0:
        full = leaving_for_entering(
            entering_for, entering_c=entering, water_kw_per_k=rate, fan_ratio=1.0, which=which
        )
        off = entering - free_ratio * (entering - full)
    # Where natural draught alone is too much, a bypass holds the set point and the fan rests.
    gap = off - on
    share = (off - leaving) / np.where(gap > 0, gap, 1.0)
    return np.clip(np.where(gap > 0, share, 0.0), 0.0, 1.0)


def leaving_for_entering(
    entering_for: EnteringWater,
    *,
    entering_c: FloatArray,
    water_kw_per_k: FloatArray,
    fan_ratio: float,
    which: BoolArray,
) -> FloatArray:
    """Return where water of a known temperature leaves, in °C.

    Parameters
    ----------
    entering_for : EnteringWater
        The equipment; its entering temperature rises with heat.
    entering_c, water_kw_per_k : (M,) ndarray
        Entering water and its capacity rate. [°C], [kW/K]
    fan_ratio : float
        Fan speed over full speed. [1]
    which : (N,) ndarray of bool
        The M elements that are asked for.

    Raises
    ------
    ConvergenceError
        An element did not settle.
    """
    ratio = np.full_like(entering_c, fan_ratio)
    idle_c = entering_for(np.zeros_like(entering_c), ratio, which)
    range_k = monotone_root(
        lambda drop_k: entering_for(drop_k * water_kw_per_k, ratio, which) - entering_c,
        low=np.zeros_like(entering_c),
        high=np.maximum(entering_c - idle_c, 0.0),
        tolerance=_TEMPERATURE_TOLERANCE_K,
    )
    return entering_c - range_k
