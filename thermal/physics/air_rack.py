"""Air through a rack: density at the site's pressure, outlet temperature, required flow."""

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.units import KELVIN_AT_0_C

AIR_KJ_PER_KG_K = 1.006
"""Specific heat of dry air. [kJ/(kg·K)]"""

_GAS_CONSTANT_KJ_PER_KG_K = 0.287042
_DENSITY_CEILING_C = 80.0


def dry_air_density(*, temperature_c: ArrayLike, pressure_kpa: ArrayLike) -> FloatArray:
    """Density of dry air.

    Parameters
    ----------
    temperature_c : (...) array_like
        Air temperature, above -100 °C. [°C]
    pressure_kpa : (...) array_like
        Station pressure, not reduced to sea level. [kPa]

    Returns
    -------
    (...) ndarray
        Density. [kg/m³]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    Ideal gas. Moisture of a data hall lowers the density by under 1 %, which is left out.

    Examples
    --------
    >>> round(float(dry_air_density(temperature_c=20.0, pressure_kpa=101.325)), 4)
    1.2042
    """
    level = as_float("temperature_c", temperature_c, minimum=-100.0)
    pressure = as_float("pressure_kpa", pressure_kpa, minimum=10.0, maximum=200.0)
    return np.asarray(pressure / (_GAS_CONSTANT_KJ_PER_KG_K * (level + KELVIN_AT_0_C)))


def supply_air_rate(
    *, flow_m3_s: ArrayLike, supply_c: ArrayLike, pressure_kpa: ArrayLike
) -> FloatArray:
    """Capacity rate of a hall's air, its volume taken at supply temperature.

    Room and air units both use it, so that their heat balances are the same to the last digit.

    Parameters
    ----------
    flow_m3_s : (..., T) array_like
        Volume flow, 0 or more. [m³/s]
    supply_c : (..., T) array_like
        Supply air; above 80 °C, where every server is off, the density is held. [°C]
    pressure_kpa : (..., T) array_like
        Station pressure. [kPa]

    Returns
    -------
    (..., T) ndarray
        Capacity rate. [kW/K]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Examples
    --------
    >>> supply_air_rate(flow_m3_s=1.0, supply_c=20.0, pressure_kpa=101.325).round(4).item()
    1.2114
    """
    flow = as_float("flow_m3_s", flow_m3_s, minimum=0.0)
    # Without this end, a hall with far too little air would thin it without bound.
    level = np.minimum(as_float("supply_c", supply_c), _DENSITY_CEILING_C)
    density = dry_air_density(temperature_c=level, pressure_kpa=pressure_kpa)
    return np.asarray(flow * density * AIR_KJ_PER_KG_K)


def outlet_temperature(
    *,
    inlet_c: ArrayLike,
    heat_kw: ArrayLike,
    flow_kg_s: ArrayLike,
    specific_heat_kj_per_kg_k: ArrayLike = AIR_KJ_PER_KG_K,
) -> FloatArray:
    """Temperature of the air that leaves a rack.

    Parameters
    ----------
    inlet_c : (..., T) array_like
        Inlet temperature. [°C]
    heat_kw : (..., T) array_like
        Heat into the air, fans included. [kW]
    flow_kg_s : (..., T) array_like
        Mass flow of air, above zero. [kg/s]
    specific_heat_kj_per_kg_k : (..., T) array_like
        Of the air; dry air unless stated. [kJ/(kg·K)]

    Returns
    -------
    (..., T) ndarray
        Outlet temperature. [°C]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Examples
    --------
    >>> outlet_temperature(inlet_c=20.0, heat_kw=10.06, flow_kg_s=1.0).round(6).item()
    30.0
    """
    inlet = as_float("inlet_c", inlet_c)
    heat = as_float("heat_kw", heat_kw)
    flow = as_float("flow_kg_s", flow_kg_s, minimum=1e-9)
    heat_capacity = as_float("specific_heat_kj_per_kg_k", specific_heat_kj_per_kg_k, minimum=1e-6)
    return np.asarray(inlet + heat / (flow * heat_capacity))


def required_flow(
    *, heat_kw: ArrayLike, rise_k: ArrayLike, inlet_c: ArrayLike, pressure_kpa: ArrayLike
) -> FloatArray:
    """Volume flow of air, at inlet density, that carries a heat at a stated rise.

    Parameters
    ----------
    heat_kw : (..., T) array_like
        Heat into the air, 0 or more. [kW]
    rise_k : (..., T) array_like
        Outlet less inlet temperature, above zero. [K]
    inlet_c : (..., T) array_like
        Inlet temperature. [°C]
    pressure_kpa : (..., T) array_like
        Station pressure. [kPa]

    Returns
    -------
    (..., T) ndarray
        Volume flow. [m³/s]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.
    """
    heat = as_float("heat_kw", heat_kw, minimum=0.0)
    rise = as_float("rise_k", rise_k, minimum=1e-9)
    density = dry_air_density(temperature_c=inlet_c, pressure_kpa=pressure_kpa)
    return np.asarray(heat / (density * AIR_KJ_PER_KG_K * rise))
