"""Properties of water and of propylene glycol in water."""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.units import W_PER_KW

# Least-squares fit to CoolProp 8.0.0 (IAPWS) at 101.325 kPa, ascending powers of °C.
_WATER_LOWEST_C, _WATER_HIGHEST_C = 0.5, 95.0
_WATER_DENSITY = (
    999.8568312,
    0.0615030052,
    -0.008345365938,
    6.536899467e-05,
    -4.107503091e-07,
    1.153027296e-09,
)
_WATER_SPECIFIC_HEAT = (
    4219.266459,
    -3.349713043,
    0.1126693179,
    -0.002083659504,
    2.370661538e-05,
    -1.467567638e-07,
    3.856443551e-10,
)
_WATER_LOG_VISCOSITY = (
    -6.32470222,
    -0.0347620267,
    0.0003514137572,
    -4.012437455e-06,
    3.703181894e-08,
    -2.106810568e-10,
    5.281960463e-13,
)
_WATER_CONDUCTIVITY = (
    0.5559069677,
    0.002474541087,
    -2.084153145e-05,
    1.271453522e-07,
    -4.525817471e-10,
)

# A. Melinder, Properties of Secondary Working Fluids for Indirect Systems, IIR 2010, as listed in
# the Modelica Buildings library (BSD-3): powers of glycol mass in per cent above 30.7031 and of °C
# above 32.7083. Row i holds the powers of temperature that go with power i of concentration.
_GLYCOL_CENTRE_RATIO, _GLYCOL_CENTRE_C = 0.307031, 32.7083
_GLYCOL_HIGHEST_RATIO, _GLYCOL_HIGHEST_C = 0.6, 100.0
_GLYCOL_TERMS = (4, 4, 4, 3, 2, 1)
_GLYCOL_DENSITY = (
    *(1018.0, -0.5406, -0.002666, 1.347e-05),
    *(0.7604, -0.00945, 5.541e-05, -1.343e-07),
    *(-0.002498, 2.7e-05, -4.018e-07, 3.376e-09),
    *(-0.000155, 2.829e-06, -7.175e-09),
    *(-1.131e-06, -2.221e-08),
    2.342e-08,
)
_GLYCOL_LOG_VISCOSITY = (
    *(0.6837, -0.03045, 0.0002525, -1.399e-06),
    *(0.03328, -0.0003984, 4.332e-06, -1.86e-08),
    *(5.453e-05, -8.6e-08, -1.593e-08, -4.465e-11),
    *(-3.9e-06, 1.054e-07, -1.589e-09),
    *(-1.587e-08, 4.475e-10),
    3.564e-09,
)
_GLYCOL_SPECIFIC_HEAT = (
    *(3882.0, 2.699, -0.001659, -1.032e-05),
    *(-13.04, 0.0507, -4.752e-05, 1.522e-06),
    *(-0.1598, 9.534e-05, 1.167e-05, -4.87e-08),
    *(0.0003539, 3.102e-05, -2.95e-07),
    *(5e-05, -7.135e-07),
    -4.959e-07,
)
_GLYCOL_CONDUCTIVITY = (
    *(0.4513, 0.0007955, 3.482e-08, -5.966e-09),
    *(-0.004795, -1.678e-05, 8.941e-08, 1.493e-10),
    *(2.076e-05, 1.563e-07, -4.615e-09, 9.897e-12),
    *(-9.083e-08, -2.518e-09, 6.543e-11),
    *(-5.952e-10, -3.605e-11),
    2.104e-11,
)
_GLYCOL_FREEZING = (-13.25, -0.6631, -0.01094, -2.283e-04, -3.409e-06, 1.465e-08)
_PA_S_PER_MPA_S = 1e-3


@dataclass(frozen=True, slots=True)
class LiquidProperties:
    """Properties of a liquid; every array has the broadcast shape of the inputs.

    ``in_range`` is false where the polynomials are used outside the range they were made for.
    """

    density_kg_m3: FloatArray
    specific_heat_kj_per_kg_k: FloatArray
    viscosity_pa_s: FloatArray
    conductivity_w_per_m_k: FloatArray
    in_range: BoolArray

    @property
    def prandtl_ratio(self) -> FloatArray:
        """Prandtl number, momentum over heat diffusivity, without unit."""
        heat_j = self.specific_heat_kj_per_kg_k * W_PER_KW
        return np.asarray(self.viscosity_pa_s * heat_j / self.conductivity_w_per_m_k)


def water(temperature_c: ArrayLike) -> LiquidProperties:
    """Properties of liquid water at atmospheric pressure.

    Parameters
    ----------
    temperature_c : (...) array_like
        Water temperature. [°C]

    Returns
    -------
    LiquidProperties
        Flagged outside 0.5 to 95 °C.

    Raises
    ------
    InputError
        A value is not finite or outside -20 to 150 °C, where the polynomials mean nothing.

    Notes
    -----
    Fit to CoolProp 8.0.0; largest relative error inside the range: density 1.1e-5, specific heat
    3e-5, viscosity 1.1e-4, conductivity 3.9e-4.

    Examples
    --------
    >>> round(float(water(20.0).density_kg_m3), 2)
    998.21
    """
    level = as_float("temperature_c", temperature_c, minimum=-20.0, maximum=150.0)
    return LiquidProperties(
        density_kg_m3=_polynomial(level, _WATER_DENSITY),
        specific_heat_kj_per_kg_k=_polynomial(level, _WATER_SPECIFIC_HEAT) / W_PER_KW,
        viscosity_pa_s=np.exp(_polynomial(level, _WATER_LOG_VISCOSITY)),
        conductivity_w_per_m_k=_polynomial(level, _WATER_CONDUCTIVITY),
        in_range=(level >= _WATER_LOWEST_C) & (level <= _WATER_HIGHEST_C),
    )


def propylene_glycol(*, temperature_c: ArrayLike, mass_ratio: ArrayLike) -> LiquidProperties:
    """Properties of propylene glycol in water.

    Parameters
    ----------
    temperature_c : (...) array_like
        Liquid temperature. [°C]
    mass_ratio : (...) array_like
        Share of glycol by *mass*; see `mass_ratio_of_volume`. [1]

    Returns
    -------
    LiquidProperties
        Flagged above 60 % glycol, above 100 °C and below the freezing point.

    Raises
    ------
    InputError
        A value is not finite, the share is outside 0 to 1, or the temperature outside -60 to
        150 °C.

    Notes
    -----
    Polynomials of Melinder, *Properties of Secondary Working Fluids for Indirect Systems*, IIR
    2010. A data sheet's PG25 is usually 25 % by volume, which is 26.0 % by mass at 20 °C.

    Examples
    --------
    >>> pg25 = propylene_glycol(temperature_c=30.0, mass_ratio=0.25)
    >>> round(float(pg25.specific_heat_kj_per_kg_k), 4)
    3.9446
    """
    level = as_float("temperature_c", temperature_c, minimum=-60.0, maximum=150.0)
    share = as_float("mass_ratio", mass_ratio, minimum=0.0, maximum=1.0)
    warm_enough = level >= freezing_point(share)
    return LiquidProperties(
        density_kg_m3=_melinder(_GLYCOL_DENSITY, level, share),
        specific_heat_kj_per_kg_k=_melinder(_GLYCOL_SPECIFIC_HEAT, level, share) / W_PER_KW,
        viscosity_pa_s=np.exp(_melinder(_GLYCOL_LOG_VISCOSITY, level, share)) * _PA_S_PER_MPA_S,
        conductivity_w_per_m_k=_melinder(_GLYCOL_CONDUCTIVITY, level, share),
        in_range=(share <= _GLYCOL_HIGHEST_RATIO) & (level <= _GLYCOL_HIGHEST_C) & warm_enough,
    )


def freezing_point(mass_ratio: ArrayLike) -> FloatArray:
    """Temperature at which propylene glycol in water begins to freeze.

    Parameters
    ----------
    mass_ratio : (...) array_like
        Share of glycol by mass, 0 to 0.6; the value at 0.6 stands above it. [1]

    Returns
    -------
    (...) ndarray
        Freezing point. [°C]

    Raises
    ------
    InputError
        A value is not finite or outside 0 to 1.

    Notes
    -----
    Melinder's polynomial without its terms in temperature, which move it by under 0.01 K.

    Examples
    --------
    >>> round(float(freezing_point(0.25)), 1)
    -9.8
    """
    share = as_float("mass_ratio", mass_ratio, minimum=0.0, maximum=1.0)
    per_cent = 100.0 * (np.minimum(share, _GLYCOL_HIGHEST_RATIO) - _GLYCOL_CENTRE_RATIO)
    return np.asarray(_polynomial(per_cent, _GLYCOL_FREEZING))


def mass_ratio_of_volume(*, volume_ratio: ArrayLike, temperature_c: ArrayLike = 20.0) -> FloatArray:
    """Share of glycol by mass for a share by volume.

    Parameters
    ----------
    volume_ratio : (...) array_like
        Volume of glycol over the sum of both volumes before mixing, 0 to 1. [1]
    temperature_c : (...) array_like
        Temperature at which the volumes were measured. [°C]

    Returns
    -------
    (...) ndarray
        Mass of glycol over total mass. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    The density of pure glycol is extrapolated from the mixtures of 59 and 60 %.

    Examples
    --------
    >>> round(float(mass_ratio_of_volume(volume_ratio=0.25)), 4)
    0.2601
    """
    volume = as_float("volume_ratio", volume_ratio, minimum=0.0, maximum=1.0)
    level = as_float("temperature_c", temperature_c, minimum=-60.0, maximum=150.0)
    near, edge = np.float64(0.59), np.float64(_GLYCOL_HIGHEST_RATIO)
    at_edge = _melinder(_GLYCOL_DENSITY, level, edge)
    slope = (at_edge - _melinder(_GLYCOL_DENSITY, level, near)) / (edge - near)
    glycol = volume * (at_edge + slope * (1.0 - edge))
    rest = (1.0 - volume) * _melinder(_GLYCOL_DENSITY, level, np.float64(0.0))
    return np.asarray(glycol / (glycol + rest))


def _polynomial(level_c: FloatArray, coefficients: tuple[float, ...]) -> FloatArray:
    return np.asarray(polynomial.polyval(level_c, coefficients), dtype=np.float64)


def _melinder(
    coefficients: tuple[float, ...], level_c: FloatArray, share: FloatArray | np.float64
) -> FloatArray:
    per_cent = 100.0 * (share - _GLYCOL_CENTRE_RATIO)
    offset_k = level_c - _GLYCOL_CENTRE_C
    ends = np.cumsum(_GLYCOL_TERMS)
    total = np.zeros(np.broadcast_shapes(np.shape(share), np.shape(level_c)))
    for power, (terms, end) in enumerate(zip(_GLYCOL_TERMS, ends, strict=True)):
        row = _polynomial(offset_k, coefficients[end - terms : end])
        total = total + per_cent**power * row
    return np.asarray(total)
