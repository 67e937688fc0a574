"""Water that evaporative equipment uses: evaporation, drift, blowdown and make-up."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.units import S_PER_H
from thermal.physics import psychrometrics
from thermal.physics.weather import OutdoorAir

MAKE_UP_KG_M3: Final = 998.0
"""Density of make-up water near 20 °C. [kg/m³]"""


@dataclass(frozen=True, slots=True, eq=False)
class WaterUse:
    """Flows of liquid water."""

    evaporation_m3_h: FloatArray
    drift_m3_h: FloatArray
    blowdown_m3_h: FloatArray
    make_up_m3_h: FloatArray


def saturated_exit_evaporation(
    heat_kw: ArrayLike, *, dry_air_kg_s: ArrayLike, air: OutdoorAir
) -> FloatArray:
    """Return the water that a tower evaporates if its air leaves saturated.

    Parameters
    ----------
    heat_kw : array_like
        Heat from the water into the air, 0 or more. [kW]
    dry_air_kg_s : array_like
        Dry air through the tower, 0 or more. [kg/s]
    air : OutdoorAir
        The air that enters.

    Returns
    -------
    ndarray
        Evaporation, zero without heat or air. [kg/s]

    Raises
    ------
    InputError
        A value is out of range.

    Notes
    -----
    Energy balance ``h_out = h_in + Q / m``, then ``m (W_sat(T_out) - W_in)``: the method that
    EnergyPlus calls saturated exit. Hot dry air is cooled itself, so the result may exceed the
    1.48 L/kWh of heat that is all latent; in cold weather it is far below.
    """
    heat = as_float("heat_kw", heat_kw, minimum=0.0)
    flow = as_float("dry_air_kg_s", dry_air_kg_s, minimum=0.0)
    working = (heat > 0) & (flow > 0)
    gain = np.where(working, heat / np.where(flow > 0, flow, 1.0), 0.0)
    exit_c = psychrometrics.saturated_temperature(
        air.enthalpy_kj_per_kg + gain, pressure_kpa=air.pressure_kpa, start_c=air.wet_bulb_c
    )
    exit_ratio = psychrometrics.saturation_humidity_ratio(exit_c, pressure_kpa=air.pressure_kpa)
    return np.where(working, flow * np.maximum(exit_ratio - air.humidity_ratio, 0.0), 0.0)


def tower_water(
    *,
    evaporation_kg_s: ArrayLike,
    drift_kg_s: ArrayLike,
    cycles_of_concentration: ArrayLike,
) -> WaterUse:
    """Return the water balance of a tower basin.

    Parameters
    ----------
    evaporation_kg_s, drift_kg_s : array_like
        Vapour and droplets that leave with the air, 0 or more. [kg/s]
    cycles_of_concentration : array_like
        Salt in the basin over salt in the make-up, above 1. [1]

    Returns
    -------
    WaterUse
        Drift carries salt too, so it counts towards the blowdown; where it exceeds the need, no
        water is blown down.

    Raises
    ------
    InputError
        A value is out of range.

    Examples
    --------
    >>> use = tower_water(evaporation_kg_s=1.0, drift_kg_s=0.0, cycles_of_concentration=4.0)
    >>> round(float(use.make_up_m3_h / use.evaporation_m3_h), 6)
    1.333333
    """
    vapour = as_float("evaporation_kg_s", evaporation_kg_s, minimum=0.0) * S_PER_H / MAKE_UP_KG_M3
    drift = as_float("drift_kg_s", drift_kg_s, minimum=0.0) * S_PER_H / MAKE_UP_KG_M3
    cycles = as_float("cycles_of_concentration", cycles_of_concentration, minimum=1.01)
    blowdown = np.maximum(vapour / (cycles - 1) - drift, 0.0)
    return WaterUse(vapour, drift, blowdown, vapour + drift + blowdown)
