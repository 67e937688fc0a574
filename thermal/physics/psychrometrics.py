"""Moist air: saturation, humidity, wet bulb, enthalpy, volume, density and the standard atmosphere.

Units at every door: °C, kPa, kJ/kg of dry air, kg of water per kg of dry air.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import ConvergenceError, InputError, Problem
from facility.kernel.units import KELVIN_AT_0_C, PA_PER_KPA

DRY_AIR_KJ_PER_KG_K: Final = 1.006
"""Specific heat of dry air. [kJ/(kg·K)]"""
VAPOUR_KJ_PER_KG_K: Final = 1.86
"""Specific heat of water vapour. [kJ/(kg·K)]"""
VAPORISATION_KJ_PER_KG: Final = 2501.0
"""Heat of vaporisation of water at 0 °C. [kJ/kg]"""

_MASS_RATIO = 0.621945
_DRY_AIR_KJ_PER_KG_PER_KELVIN = 0.287042
_TRIPLE_POINT_C = 0.01
_COLDEST_C = -100.0
_HOTTEST_C = 200.0
_LOWEST_KPA = 30.0
_STEP_TOLERANCE_K = 1e-9
_MAX_STEPS = 60


def saturation_pressure(temperature_c: ArrayLike) -> FloatArray:
    """Return the pressure of water vapour over water, or over ice up to 0.01 °C.

    Parameters
    ----------
    temperature_c : array_like
        Temperature, −100 to 200. [°C]

    Returns
    -------
    ndarray
        Saturation pressure, same shape. [kPa]

    Raises
    ------
    InputError
        A temperature is not finite or outside the range of the correlation.

    Notes
    -----
    Hyland and Wexler (1983), as printed in ASHRAE Fundamentals 2017, chapter 1, eq. 5 and 6.

    Examples
    --------
    >>> round(float(saturation_pressure(25.0)), 3)
    3.169
    """
    level_c = as_float("temperature_c", temperature_c, minimum=_COLDEST_C, maximum=_HOTTEST_C)
    return np.exp(log_saturation_pressure(level_c))


def saturation_humidity_ratio(temperature_c: ArrayLike, *, pressure_kpa: ArrayLike) -> FloatArray:
    """Return the humidity ratio of saturated air.

    Parameters
    ----------
    temperature_c : array_like
        Temperature below the boiling point. [°C]
    pressure_kpa : array_like
        Total pressure. [kPa]

    Returns
    -------
    ndarray
        Water per dry air, shape of the broadcast arguments. [kg/kg]

    Raises
    ------
    InputError
        A value is out of range, or the air would boil at the pressure.

    Notes
    -----
    Ideal gases: 0.4 to 0.6 % below printed tables, which carry an enhancement factor.
    """
    vapour_kpa = saturation_pressure(temperature_c)
    return _ratio_of_vapour(vapour_kpa, as_float("pressure_kpa", pressure_kpa, minimum=_LOWEST_KPA))


def humidity_ratio(
    dry_bulb_c: ArrayLike, *, relative_humidity_ratio: ArrayLike, pressure_kpa: ArrayLike
) -> FloatArray:
    """Return the humidity ratio of air with a known relative humidity.

    Parameters
    ----------
    dry_bulb_c : array_like
        Dry bulb. [°C]
    relative_humidity_ratio : array_like
        Relative humidity, 0 to 1. [1]
    pressure_kpa : array_like
        Total pressure. [kPa]

    Returns
    -------
    ndarray
        Water per dry air, shape of the broadcast arguments. [kg/kg]

    Raises
    ------
    InputError
        A value is out of range, or the vapour alone exceeds the pressure.
    """
    share = as_float("relative_humidity_ratio", relative_humidity_ratio, minimum=0, maximum=1)
    pressure = as_float("pressure_kpa", pressure_kpa, minimum=_LOWEST_KPA)
    return _ratio_of_vapour(share * saturation_pressure(dry_bulb_c), pressure)


def humidity_ratio_from_wet_bulb(
    dry_bulb_c: ArrayLike, *, wet_bulb_c: ArrayLike, pressure_kpa: ArrayLike
) -> FloatArray:
    """Return the humidity ratio of air with a known thermodynamic wet bulb.

    Parameters
    ----------
    dry_bulb_c, wet_bulb_c : array_like
        Dry bulb, and wet bulb not above it; below 0 °C the bulb carries ice. [°C]
    pressure_kpa : array_like
        Total pressure. [kPa]

    Returns
    -------
    ndarray
        Water per dry air, shape of the broadcast arguments. [kg/kg]

    Raises
    ------
    InputError
        A wet bulb lies above its dry bulb, or so far below that the air would hold less than
        no water.

    Notes
    -----
    ASHRAE Fundamentals 2017, chapter 1, eq. 33 and 35.
    """
    dry_c = as_float("dry_bulb_c", dry_bulb_c, minimum=_COLDEST_C, maximum=_HOTTEST_C)
    wet_c = as_float("wet_bulb_c", wet_bulb_c, minimum=_COLDEST_C, maximum=_HOTTEST_C)
    pressure = as_float("pressure_kpa", pressure_kpa, minimum=_LOWEST_KPA)
    if np.any(wet_c > dry_c):
        raise InputError([Problem("wet_bulb_c", "above_dry_bulb", "lies above the dry bulb")])
    ratio = _ratio_of_wet_bulb(dry_c, wet_c, pressure, wet_c < 0)
    if np.any(ratio < 0):
        raise InputError([Problem("wet_bulb_c", "too_small", "lies below that of dry air")])
    return ratio


def wet_bulb(
    dry_bulb_c: ArrayLike, *, relative_humidity_ratio: ArrayLike, pressure_kpa: ArrayLike
) -> FloatArray:
    """Return the thermodynamic wet bulb.

    Parameters
    ----------
    dry_bulb_c : array_like
        Dry bulb, −60 to 90. [°C]
    relative_humidity_ratio : array_like
        Relative humidity, 0 to 1. [1]
    pressure_kpa : array_like
        Total pressure. [kPa]

    Returns
    -------
    ndarray
        Wet bulb, shape of the broadcast arguments. [°C]

    Raises
    ------
    InputError
        A value is out of range.
    ConvergenceError
        An element did not settle (not seen inside the range).

    Notes
    -----
    Near 0 °C the equations have two answers, with ice and with water on the bulb; the one with
    water is returned wherever it exists. Other programs differ there by up to 0.5 K.
    Newton from the right of the root, kept inside a shrinking bracket.

    Examples
    --------
    >>> round(float(wet_bulb(30.0, relative_humidity_ratio=0.4, pressure_kpa=101.325)), 2)
    20.06
    """
    dry_c = as_float("dry_bulb_c", dry_bulb_c, minimum=-60.0, maximum=90.0)
    share = as_float("relative_humidity_ratio", relative_humidity_ratio, minimum=0, maximum=1)
    pressure = as_float("pressure_kpa", pressure_kpa, minimum=_LOWEST_KPA)
    dry_c, share, pressure = np.broadcast_arrays(dry_c, share, pressure)
    target = humidity_ratio(dry_c, relative_humidity_ratio=share, pressure_kpa=pressure)
    return _solve_wet_bulb(dry_c, target, pressure)


def enthalpy(dry_bulb_c: ArrayLike, *, humidity_ratio: ArrayLike) -> FloatArray:
    """Return the enthalpy of moist air per kg of dry air, zero at 0 °C and dry, in kJ/kg.

    Parameters
    ----------
    dry_bulb_c : array_like
        Dry bulb. [°C]
    humidity_ratio : array_like
        Water per dry air. [kg/kg]

    Raises
    ------
    InputError
        A value is not finite or the humidity ratio negative.
    """
    dry_c = as_float("dry_bulb_c", dry_bulb_c)
    ratio = as_float("humidity_ratio", humidity_ratio, minimum=0)
    return DRY_AIR_KJ_PER_KG_K * dry_c + ratio * (
        VAPORISATION_KJ_PER_KG + VAPOUR_KJ_PER_KG_K * dry_c
    )


def specific_volume(
    dry_bulb_c: ArrayLike, *, humidity_ratio: ArrayLike, pressure_kpa: ArrayLike
) -> FloatArray:
    """Return the volume of moist air per kg of dry air, in m³/kg.

    Parameters
    ----------
    dry_bulb_c : array_like
        Dry bulb. [°C]
    humidity_ratio : array_like
        Water per dry air. [kg/kg]
    pressure_kpa : array_like
        Total pressure. [kPa]

    Raises
    ------
    InputError
        A value is not finite or out of range.
    """
    kelvin = as_float("dry_bulb_c", dry_bulb_c, minimum=_COLDEST_C) + KELVIN_AT_0_C
    ratio = as_float("humidity_ratio", humidity_ratio, minimum=0)
    pressure = as_float("pressure_kpa", pressure_kpa, minimum=_LOWEST_KPA)
    return _DRY_AIR_KJ_PER_KG_PER_KELVIN * kelvin * (1 + ratio / _MASS_RATIO) / pressure


def density(
    dry_bulb_c: ArrayLike, *, humidity_ratio: ArrayLike, pressure_kpa: ArrayLike
) -> FloatArray:
    """Return the density of moist air, water included, in kg/m³.

    Parameters
    ----------
    dry_bulb_c : array_like
        Dry bulb. [°C]
    humidity_ratio : array_like
        Water per dry air. [kg/kg]
    pressure_kpa : array_like
        Total pressure. [kPa]

    Raises
    ------
    InputError
        A value is not finite or out of range.
    """
    ratio = as_float("humidity_ratio", humidity_ratio, minimum=0)
    return (1 + ratio) / specific_volume(
        dry_bulb_c, humidity_ratio=ratio, pressure_kpa=pressure_kpa
    )


def standard_pressure(elevation_m: ArrayLike) -> FloatArray:
    """Return the pressure of the standard atmosphere, in kPa.

    Parameters
    ----------
    elevation_m : array_like
        Height above the sea, −500 to 11,000. [m]

    Raises
    ------
    InputError
        A height is outside the range.

    Examples
    --------
    >>> round(float(standard_pressure(1000.0)), 2)
    89.87
    """
    height_m = as_float("elevation_m", elevation_m, minimum=-500.0, maximum=11_000.0)
    return np.asarray(101.325 * (1 - 2.25577e-5 * height_m) ** 5.2559)


def saturated_temperature(
    enthalpy_kj_per_kg: ArrayLike, *, pressure_kpa: ArrayLike, start_c: ArrayLike = 25.0
) -> FloatArray:
    """Return the temperature of saturated air of a known enthalpy.

    Parameters
    ----------
    enthalpy_kj_per_kg : array_like
        Enthalpy per kg of dry air, −60 to 5,000. [kJ/kg]
    pressure_kpa : array_like
        Total pressure. [kPa]
    start_c : array_like
        Where the search starts; changes the speed, not the answer. [°C]

    Returns
    -------
    ndarray
        Temperature, shape of the broadcast arguments. [°C]

    Raises
    ------
    InputError
        A value is out of range.
    ConvergenceError
        An element did not settle (not seen inside the range).

    Notes
    -----
    Newton on the logarithm of the vapour pressure, nearly a straight line in temperature.
    """
    heat = as_float("enthalpy_kj_per_kg", enthalpy_kj_per_kg, minimum=-60.0, maximum=5000.0)
    pressure = as_float("pressure_kpa", pressure_kpa, minimum=_LOWEST_KPA)
    heat, pressure, start = np.broadcast_arrays(heat, pressure, as_float("start_c", start_c))
    # Above this level the air would hold no water at all, so the root lies below.
    ceiling_c = heat / DRY_AIR_KJ_PER_KG_K
    level_c = np.minimum(start, ceiling_c - 1e-6)
    largest_k = np.inf
    for _ in range(_MAX_STEPS):
        ratio = (heat - DRY_AIR_KJ_PER_KG_K * level_c) / (
            VAPORISATION_KJ_PER_KG + VAPOUR_KJ_PER_KG_K * level_c
        )
        vapour_kpa = pressure * ratio / (_MASS_RATIO + ratio)
        gap = log_saturation_pressure(level_c) - np.log(vapour_kpa)
        slope = _log_pressure_slope(level_c) - _log_vapour_slope(level_c, ratio)
        # Half the way to the ceiling at most: the logarithm ends there.
        new_c = np.minimum(level_c - gap / slope, 0.5 * (level_c + ceiling_c))
        step_k = np.abs(new_c - level_c)
        level_c = new_c
        largest_k = float(np.max(step_k, initial=0.0))
        if largest_k < _STEP_TOLERANCE_K:
            return np.asarray(level_c)
    raise ConvergenceError("saturated_temperature", _MAX_STEPS, largest_k, _STEP_TOLERANCE_K)


def log_saturation_pressure(temperature_c: FloatArray) -> FloatArray:
    """Return the natural logarithm of `saturation_pressure` without its checks.

    Parameters
    ----------
    temperature_c : ndarray
        Temperature, −100 to 200. [°C]
    """
    kelvin = temperature_c + KELVIN_AT_0_C
    log_kelvin = np.log(kelvin)
    water = (
        -5.8002206e3 / kelvin
        + 1.3914993
        + kelvin * (-4.8640239e-2 + kelvin * (4.1764768e-5 - 1.4452093e-8 * kelvin))
        + 6.5459673 * log_kelvin
    )
    frozen = temperature_c <= _TRIPLE_POINT_C
    if np.any(frozen):
        ice = (
            -5.6745359e3 / kelvin
            + 6.3925247
            + kelvin
            * (
                -9.677843e-3
                + kelvin * (6.2215701e-7 + kelvin * (2.0747825e-9 - 9.484024e-13 * kelvin))
            )
            + 4.1635019 * log_kelvin
        )
        water = np.where(frozen, ice, water)
    return np.asarray(water - np.log(PA_PER_KPA))


def _log_pressure_slope(temperature_c: FloatArray) -> FloatArray:
    kelvin = temperature_c + KELVIN_AT_0_C
    water = (
        5.8002206e3 / kelvin**2
        - 4.8640239e-2
        + kelvin * (2 * 4.1764768e-5 - 3 * 1.4452093e-8 * kelvin)
        + 6.5459673 / kelvin
    )
    ice = (
        5.6745359e3 / kelvin**2
        - 9.677843e-3
        + kelvin * (2 * 6.2215701e-7 + kelvin * (3 * 2.0747825e-9 - 4 * 9.484024e-13 * kelvin))
        + 4.1635019 / kelvin
    )
    return np.where(temperature_c <= _TRIPLE_POINT_C, ice, water)


def _log_vapour_slope(temperature_c: FloatArray, ratio: FloatArray) -> FloatArray:
    """Return d ln(e)/dT of air that keeps its enthalpy."""
    ratio_slope = -(DRY_AIR_KJ_PER_KG_K + VAPOUR_KJ_PER_KG_K * ratio) / (
        VAPORISATION_KJ_PER_KG + VAPOUR_KJ_PER_KG_K * temperature_c
    )
    return ratio_slope * _MASS_RATIO / (ratio * (_MASS_RATIO + ratio))


def _ratio_of_vapour(vapour_kpa: FloatArray, pressure_kpa: FloatArray) -> FloatArray:
    if np.any(vapour_kpa >= pressure_kpa):
        raise InputError([Problem("pressure_kpa", "boils", "is below the vapour pressure")])
    return _MASS_RATIO * vapour_kpa / (pressure_kpa - vapour_kpa)


def _ratio_of_wet_bulb(
    dry_c: FloatArray, wet_c: FloatArray, pressure_kpa: FloatArray, ice: BoolArray
) -> FloatArray:
    saturated = _ratio_of_vapour(np.exp(log_saturation_pressure(wet_c)), pressure_kpa)
    depression = DRY_AIR_KJ_PER_KG_K * (dry_c - wet_c)
    dry = VAPOUR_KJ_PER_KG_K * dry_c
    water = ((2501.0 - 2.326 * wet_c) * saturated - depression) / (2501.0 + dry - 4.186 * wet_c)
    frozen = ((2830.0 - 0.24 * wet_c) * saturated - depression) / (2830.0 + dry - 2.1 * wet_c)
    return np.where(ice, frozen, water)


def _solve_wet_bulb(dry_c: FloatArray, target: FloatArray, pressure_kpa: FloatArray) -> FloatArray:
    zero = np.zeros_like(dry_c)
    at_zero = _ratio_of_wet_bulb(np.maximum(dry_c, 0.0), zero, pressure_kpa, zero > 0)
    ice = (dry_c < 0) | (target < at_zero)
    low_c = np.where(ice, _COLDEST_C, 0.0)
    high_c = np.where(ice, np.minimum(dry_c, 0.0), dry_c)
    level_c = high_c
    largest_k = np.inf
    for _ in range(_MAX_STEPS):
        gap = _ratio_of_wet_bulb(dry_c, level_c, pressure_kpa, ice) - target
        high_c = np.where(gap >= 0, level_c, high_c)
        low_c = np.where(gap <= 0, level_c, low_c)
        new_c = level_c - gap / _wet_bulb_slope(dry_c, level_c, pressure_kpa, ice)
        inside = (new_c >= low_c) & (new_c <= high_c)
        new_c = np.where(inside, new_c, 0.5 * (low_c + high_c))
        largest_k = float(np.max(np.abs(new_c - level_c), initial=0.0))
        level_c = new_c
        if largest_k < _STEP_TOLERANCE_K:
            return level_c
    raise ConvergenceError("wet_bulb", _MAX_STEPS, largest_k, _STEP_TOLERANCE_K)


def _wet_bulb_slope(
    dry_c: FloatArray, wet_c: FloatArray, pressure_kpa: FloatArray, ice: BoolArray
) -> FloatArray:
    """Return dW/dTwb with the slow terms frozen: the safeguard absorbs the difference."""
    vapour_kpa = np.exp(log_saturation_pressure(wet_c))
    saturated = _ratio_of_vapour(vapour_kpa, pressure_kpa)
    climb = saturated * _log_pressure_slope(wet_c) * pressure_kpa / (pressure_kpa - vapour_kpa)
    heat = np.where(ice, 2830.0 - 0.24 * wet_c, 2501.0 - 2.326 * wet_c)
    divisor = VAPOUR_KJ_PER_KG_K * dry_c + np.where(
        ice, 2830.0 - 2.1 * wet_c, 2501.0 - 4.186 * wet_c
    )
    return (heat * climb + DRY_AIR_KJ_PER_KG_K) / divisor
