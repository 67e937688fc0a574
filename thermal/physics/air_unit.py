"""Chilled-water air handlers of a hall: coil, valve and fan."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from thermal.physics.air_rack import supply_air_rate
from thermal.physics.exchanger import (
    cold_flow_for_duty,
    conductance_from_rating,
    exchange_rate,
)

STANDARD_KPA = 101.325
"""Pressure at which data sheets state air volumes and fan power. [kPa]"""

_SETTLED_K = 1e-9
_DENSITY_PASSES = 40


@dataclass(frozen=True, slots=True)
class AirUnitRating:
    """One unit as rated at sea level.

    Attributes
    ----------
    ua_kw_per_k : float
        Coil conductance at rated flows. [kW/K]
    air_m3_s : float
        Rated air flow. [m³/s]
    air_kw_per_k, water_kw_per_k : float
        Rated capacity rates; water with the valve open. [kW/K]
    fan_kw : float
        Fan power at rated flow and sea level. [kW]
    fan_exponent, air_exponent, water_exponent : float
        Growth of fan power with air flow, and of the conductance with either flow. [1]
    """

    ua_kw_per_k: float
    air_m3_s: float
    air_kw_per_k: float
    water_kw_per_k: float
    fan_kw: float
    fan_exponent: float = 2.8
    air_exponent: float = 0.6
    water_exponent: float = 0.4


@dataclass(frozen=True, slots=True)
class AirUnitState:
    """Steady state of equal units side by side; arrays have the broadcast shape of the inputs.

    Attributes
    ----------
    supply_c, return_c : ndarray
        Air to and from the hall. [°C]
    coil_kw, fan_kw : ndarray
        Heat into the water, fan heat included, and fan power of all units. [kW]
    water_out_c : ndarray
        Water leaving the coils. [°C]
    water_kw_per_k : ndarray
        Capacity rate of all water used. [kW/K]
    water_flow_ratio : ndarray
        Water flow over that with the valve open; 1 where the set point is out of reach. [1]
    setpoint_met : ndarray of bool
        False where supply air floats above its set point with the valve open.
    """

    supply_c: FloatArray
    return_c: FloatArray
    coil_kw: FloatArray
    fan_kw: FloatArray
    water_out_c: FloatArray
    water_kw_per_k: FloatArray
    water_flow_ratio: FloatArray
    setpoint_met: BoolArray


def rate_air_unit(
    *,
    duty_kw: float,
    return_c: float,
    water_in_c: float,
    air_m3_s: float,
    water_kw_per_k: float,
    fan_kw: float,
    fan_exponent: float = 2.8,
) -> AirUnitRating:
    """Rate a unit from a data sheet at sea level.

    Parameters
    ----------
    duty_kw : float
        Heat through the coil, gross of the fan. [kW]
    return_c, water_in_c : float
        Air into the unit and water into the coil. [°C]
    air_m3_s : float
        Air flow, at return density. [m³/s]
    water_kw_per_k : float
        Capacity rate of the water with the valve open. [kW/K]
    fan_kw, fan_exponent : float
        Fan power at that air flow, and its growth with flow. [kW], [1]

    Returns
    -------
    AirUnitRating
        With the conductance that gives this duty in counter flow.

    Raises
    ------
    InputError
        A value is not finite or too small, or no coil gives this duty.
    """
    flow = as_float("air_m3_s", air_m3_s, minimum=1e-6)
    air = float(supply_air_rate(flow_m3_s=flow, supply_c=return_c, pressure_kpa=STANDARD_KPA))
    ua = conductance_from_rating(
        duty_kw=duty_kw,
        inlet_spread_k=as_float("return_c", return_c) - as_float("water_in_c", water_in_c),
        hot_kw_per_k=air,
        cold_kw_per_k=water_kw_per_k,
    )
    return AirUnitRating(
        ua_kw_per_k=float(ua),
        air_m3_s=float(flow),
        air_kw_per_k=air,
        water_kw_per_k=float(water_kw_per_k),
        fan_kw=float(as_float("fan_kw", fan_kw, minimum=0.0)),
        fan_exponent=float(as_float("fan_exponent", fan_exponent, minimum=1.0, maximum=4.0)),
    )


def air_unit_fans(
    *,
    rating: AirUnitRating,
    air_flow_m3_s: ArrayLike,
    n_running: ArrayLike,
    pressure_kpa: ArrayLike,
) -> FloatArray:
    r"""Fan power of equal units that share an air flow evenly.

    Parameters
    ----------
    rating : AirUnitRating
        One unit.
    air_flow_m3_s : (..., T) array_like
        Air of all units, 0 or more. [m³/s]
    n_running : (..., T) array_like
        Units at work, 1 or more. [1]
    pressure_kpa : (..., T) array_like
        Station pressure. [kPa]

    Returns
    -------
    (..., T) ndarray
        Power of all fans, which heats the air. [kW]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    .. math:: P = n\,P_0\,(V / n V_0)^m\,p / p_0

    Thin air drops less pressure at the same volume. Exponents of 2.7 to 3 are engineering
    defaults.
    """
    flow = as_float("air_flow_m3_s", air_flow_m3_s, minimum=0.0)
    count = as_float("n_running", n_running, minimum=1.0)
    thin = as_float("pressure_kpa", pressure_kpa, minimum=10.0, maximum=200.0) / STANDARD_KPA
    share = flow / (count * rating.air_m3_s)
    return np.asarray(count * rating.fan_kw * share**rating.fan_exponent * thin)


def solve_air_units(
    *,
    rating: AirUnitRating,
    heat_kw: ArrayLike,
    air_flow_m3_s: ArrayLike,
    supply_set_c: ArrayLike,
    water_in_c: ArrayLike,
    n_running: ArrayLike,
    pressure_kpa: ArrayLike,
) -> AirUnitState:
    """Solve equal units that share a hall's heat and air evenly.

    Parameters
    ----------
    rating : AirUnitRating
        One unit.
    heat_kw : (..., T) array_like
        Heat of the hall into its air, without these units' fans, 0 or more. [kW]
    air_flow_m3_s : (..., T) array_like
        Air of all units at supply density, above zero. [m³/s]
    supply_set_c : (..., T) array_like
        Wanted supply air, after the fan. [°C]
    water_in_c : (..., T) array_like
        Water into the coils. [°C]
    n_running : (..., T) array_like
        Units at work, 1 or more. [1]
    pressure_kpa : (..., T) array_like
        Station pressure. [kPa]

    Returns
    -------
    AirUnitState
        Supply is the set point or, with the water valve open, the best the units can do.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    Dry coil in counter flow, ``UA = UA0 (air)^0.6 (water)^0.4`` of the flow ratios by mass, both
    exponents engineering defaults. The fan sits after the coil, its heat in the air: the coil
    carries heat plus fan power, and in steady state must, so the best supply follows without
    iteration; a set point within reach is met by bisection on the water flow. Condensation
    is not modelled.
    """
    heat = as_float("heat_kw", heat_kw, minimum=0.0)
    flow = as_float("air_flow_m3_s", air_flow_m3_s, minimum=1e-9)
    wanted = as_float("supply_set_c", supply_set_c)
    water = as_float("water_in_c", water_in_c)
    count = as_float("n_running", n_running, minimum=1.0)
    pressure = as_float("pressure_kpa", pressure_kpa)
    fan = air_unit_fans(rating=rating, air_flow_m3_s=flow, n_running=count, pressure_kpa=pressure)
    coil = heat + fan
    units = _Units(rating=rating, heat=heat, coil=coil, water=water, count=count)
    supply, air, met = _supply(units, flow, pressure, wanted)
    back = supply + heat / air
    valve = cold_flow_for_duty(
        duty_kw=coil / count,
        inlet_spread_k=back - water,
        hot_kw_per_k=air / count,
        cold_full_kw_per_k=np.asarray(rating.water_kw_per_k),
        conductance=lambda share: _conductance(rating, air / count, share),
    )
    valve = np.where(met, valve, 1.0)
    used = valve * rating.water_kw_per_k * count
    return AirUnitState(
        supply_c=supply,
        return_c=back,
        coil_kw=np.broadcast_to(coil, supply.shape).copy(),
        fan_kw=np.broadcast_to(fan, supply.shape).copy(),
        water_out_c=water + coil / used,
        water_kw_per_k=used,
        water_flow_ratio=valve,
        setpoint_met=met,
    )


@dataclass(frozen=True, slots=True)
class _Units:
    rating: AirUnitRating
    heat: FloatArray
    coil: FloatArray
    water: FloatArray
    count: FloatArray


def _conductance(rating: AirUnitRating, air: FloatArray, valve: ArrayLike) -> FloatArray:
    by_air = (air / rating.air_kw_per_k) ** rating.air_exponent
    return np.asarray(rating.ua_kw_per_k * by_air * np.asarray(valve) ** rating.water_exponent)


def _supply(
    units: _Units, flow: FloatArray, pressure: FloatArray, wanted: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Supply temperature, capacity rate of the air, and whether the set point holds.

    A floating supply is warmer, so its air is thinner, so it floats further. Below the density
    ceiling each pass shrinks the error to a quarter or less; above it the second pass is exact.
    """
    best, air = _best_supply(units, flow, pressure, wanted)
    for _ in range(_DENSITY_PASSES):
        before = best
        best, air = _best_supply(units, flow, pressure, np.maximum(wanted, best))
        if np.all(np.abs(best - before) < _SETTLED_K):
            break
    return np.maximum(wanted, best), air, np.asarray(best <= wanted + _SETTLED_K)


def _best_supply(
    units: _Units, flow: FloatArray, pressure: FloatArray, supply: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Coldest supply the open valve gives, with the air's capacity rate at ``supply``."""
    air = supply_air_rate(flow_m3_s=flow, supply_c=supply, pressure_kpa=pressure)
    rate = exchange_rate(
        hot_kw_per_k=air / units.count,
        cold_kw_per_k=units.rating.water_kw_per_k,
        ua_kw_per_k=_conductance(units.rating, air / units.count, 1.0),
    )
    return units.water + units.coil / units.count / rate - units.heat / air, air
