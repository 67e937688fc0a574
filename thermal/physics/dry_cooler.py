"""Dry coolers, with wet pads ahead of the coil if there are any."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from thermal.physics import psychrometrics
from thermal.physics.bracket import monotone_root
from thermal.physics.exchanger import effectiveness_crossflow_unmixed
from thermal.physics.fan_control import (
    EnteringWater,
    FanState,
    hold_leaving,
    leaving_for_entering,
)
from thermal.physics.weather import OutdoorAir, spread

_LARGEST_NTU = 20.0
_STANDARD_PRESSURE_KPA = 101.325


@dataclass(frozen=True, slots=True)
class LowSpeed:
    """The lower stage of a two-speed fan, each over its value at full speed."""

    air_ratio: float
    conductance_ratio: float
    power_ratio: float


@dataclass(frozen=True, slots=True)
class DryCoolerUnit:
    """One unit at its rating point, and how its fans may run.

    ``air_flow_kg_s`` is dry air at full speed at the rating point, at sea level. Fans move volume,
    so thin or hot air means less mass and less conductance. With ``low_speed`` the fans have two
    stages instead of a drive.
    """

    rated_kw: float
    rated_in_c: float
    rated_out_c: float
    rated_air_c: float
    air_flow_kg_s: float
    fan_kw: float
    conductance_exponent: float = 0.5
    minimum_fan_ratio: float = 0.1
    low_speed: LowSpeed | None = None
    pad_effectiveness: float = 0.0
    pad_above_c: float = 100.0
    pad_fan_ratio: float = 0.0

    @property
    def rated_kw_per_k(self) -> float:
        """Capacity rate of the water at the rating point, in kW/K."""
        return self.rated_kw / (self.rated_in_c - self.rated_out_c)


@dataclass(frozen=True, slots=True, eq=False)
class DryCoolerState:
    """Units in parallel; fan power and pad water of all together."""

    heat_kw: FloatArray
    fan_kw: FloatArray
    entering_c: FloatArray
    leaving_c: FloatArray
    air_ratio: FloatArray
    coil_air_c: FloatArray
    evaporation_kg_s: FloatArray
    pads_wet: BoolArray
    setpoint_met: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class PadState:
    """Air behind the pads, and the water each kg of dry air took up."""

    air_c: FloatArray
    humidity_ratio: FloatArray
    added_ratio: FloatArray
    wet: BoolArray


def rated_conductance(unit: DryCoolerUnit) -> float:
    """Return the conductance that meets the rating point.

    Parameters
    ----------
    unit : DryCoolerUnit
        The unit; its pads are dry at the rating point.

    Returns
    -------
    float
        Conductance. [kW/K]

    Raises
    ------
    InputError
        The rating is impossible: temperatures in the wrong order, or too little air for the heat.
    """
    if not unit.rated_in_c > unit.rated_out_c > unit.rated_air_c:
        message = "must be above the air and below the entering water"
        raise InputError([Problem("rated_out_c", "rating_impossible", message)])
    if min(unit.rated_kw, unit.air_flow_kg_s) <= 0:
        message = "heat and air flow must be above 0"
        raise InputError([Problem("rated_kw", "rating_impossible", message)])
    stream = unit.air_flow_kg_s * psychrometrics.DRY_AIR_KJ_PER_KG_K
    smaller = min(stream, unit.rated_kw_per_k)
    ratio = smaller / max(stream, unit.rated_kw_per_k)
    share = unit.rated_kw / (smaller * (unit.rated_in_c - unit.rated_air_c))
    if share >= effectiveness_crossflow_unmixed(ntu=_LARGEST_NTU, capacity_ratio=ratio):
        message = "is too little to carry the rated heat at the rated air temperature"
        raise InputError([Problem("air_flow_kg_s", "rating_impossible", message)])
    ntu = monotone_root(
        lambda n: effectiveness_crossflow_unmixed(ntu=n, capacity_ratio=ratio) - share,
        low=np.array([0.0]),
        high=np.array([_LARGEST_NTU]),
        tolerance=1e-12,
    )
    return float(ntu[0]) * smaller


def wet_pads(unit: DryCoolerUnit, air: OutdoorAir) -> PadState:
    """Return the air behind the adiabatic pads.

    Parameters
    ----------
    unit : DryCoolerUnit
        The unit; pads run where the dry bulb is above ``pad_above_c``.
    air : OutdoorAir
        The air ahead of the pads.

    Returns
    -------
    PadState
        The air keeps its wet bulb and closes the share ``pad_effectiveness`` of the distance.

    Notes
    -----
    Pad effectiveness 0.6 to 0.85 and 10 to 20 % more fan power are engineering defaults.
    """
    wet = (air.dry_bulb_c > unit.pad_above_c) & (unit.pad_effectiveness > 0)
    depression_k = np.maximum(air.dry_bulb_c - air.wet_bulb_c, 0.0)
    air_c = air.dry_bulb_c - np.where(wet, unit.pad_effectiveness, 0.0) * depression_k
    humid = psychrometrics.humidity_ratio_from_wet_bulb(
        air_c, wet_bulb_c=np.minimum(air.wet_bulb_c, air_c), pressure_kpa=air.pressure_kpa
    )
    humidity = np.where(wet, np.maximum(humid, air.humidity_ratio), air.humidity_ratio)
    return PadState(air_c, humidity, humidity - air.humidity_ratio, wet)


def run_dry_coolers(
    unit: DryCoolerUnit,
    *,
    heat_kw: ArrayLike,
    water_kw_per_k: ArrayLike,
    set_point_c: ArrayLike,
    n_units: ArrayLike,
    air: OutdoorAir,
) -> DryCoolerState:
    """Reject a heat in equal units whose fans hold a leaving-water set point.

    Parameters
    ----------
    unit : DryCoolerUnit
        One of the equal units.
    heat_kw : array_like
        Heat of the water, all units together, 0 or more. [kW]
    water_kw_per_k : array_like
        Capacity rate of the water, all units together, above 0. [kW/K]
    set_point_c : array_like
        Wanted leaving temperature. [°C]
    n_units : array_like
        Units that carry water, above 0. [1]
    air : OutdoorAir
        The air.

    Returns
    -------
    DryCoolerState
        At full speed the leaving water floats above the set point and ``setpoint_met`` is false.

    Raises
    ------
    InputError
        A value is out of range, or the rating of the unit is impossible.
    ConvergenceError
        A fan speed did not settle.

    Notes
    -----
    Cross flow, both streams unmixed, on the dry bulb behind the pads; conductance grows with air
    mass flow to the power 0.5 (0.4 to 0.6 is usual), fan power with the cube of speed.
    """
    shape, (heat, rate, target_c, units), outdoor = spread(
        as_float("heat_kw", heat_kw, minimum=0.0),
        as_float("water_kw_per_k", water_kw_per_k, minimum=1e-9),
        as_float("set_point_c", set_point_c),
        as_float("n_units", n_units, minimum=1e-9),
        air=air,
    )
    pads = wet_pads(unit, outdoor)
    full_air = _full_dry_air(unit, outdoor, pads)
    law = _entering_law(unit, rate / units, full_air, pads)
    fans = hold_leaving(
        law,
        heat_kw=heat / units,
        water_kw_per_k=rate / units,
        set_point_c=target_c,
        minimum_ratio=unit.minimum_fan_ratio,
        free_ratio=0.0,
    )
    if unit.low_speed is not None:
        fans = _two_speed(unit.low_speed, law, fans, heat / units, rate / units)
    wet_factor = 1 + np.where(pads.wet, unit.pad_fan_ratio, 0.0)
    return DryCoolerState(
        heat_kw=heat.reshape(shape),
        fan_kw=(units * unit.fan_kw * fans.power_ratio * wet_factor).reshape(shape),
        entering_c=fans.entering_c.reshape(shape),
        leaving_c=fans.leaving_c.reshape(shape),
        air_ratio=fans.air_ratio.reshape(shape),
        coil_air_c=pads.air_c.reshape(shape),
        evaporation_kg_s=(units * fans.air_ratio * full_air * pads.added_ratio).reshape(shape),
        pads_wet=(pads.wet & (fans.air_ratio > 0)).reshape(shape),
        setpoint_met=fans.setpoint_met.reshape(shape),
    )


def _entering_law(
    unit: DryCoolerUnit, water_kw_per_k: FloatArray, full_air: FloatArray, pads: PadState
) -> EnteringWater:
    conductance = rated_conductance(unit)
    full_stream = full_air * (
        psychrometrics.DRY_AIR_KJ_PER_KG_K + psychrometrics.VAPOUR_KJ_PER_KG_K * pads.humidity_ratio
    )
    exponent = unit.conductance_exponent
    full_ua = conductance * (full_air / unit.air_flow_kg_s) ** exponent
    if unit.low_speed is not None:
        low = unit.low_speed
        exponent = float(np.log(low.conductance_ratio) / np.log(low.air_ratio))
        full_ua = np.full_like(full_air, conductance)

    def entering(heat_kw: FloatArray, ratio: FloatArray, which: BoolArray) -> FloatArray:
        rate = water_kw_per_k[which]
        stream = ratio * full_stream[which]
        smaller, larger = np.minimum(stream, rate), np.maximum(stream, rate)
        share = effectiveness_crossflow_unmixed(
            ntu=full_ua[which] * ratio**exponent / smaller, capacity_ratio=smaller / larger
        )
        return np.asarray(pads.air_c[which] + heat_kw / (share * smaller))

    return entering


def _two_speed(
    low: LowSpeed,
    law: EnteringWater,
    fans: FanState,
    heat_kw: FloatArray,
    rate: FloatArray,
) -> FanState:
    """Mix the two neighbouring stages in time so that the mean leaving water is the set point."""
    held = fans.setpoint_met & (heat_kw > 0)
    entering, leaving = fans.entering_c[held], fans.leaving_c[held]

    def stage_c(ratio: float) -> FloatArray:
        return leaving_for_entering(
            law, entering_c=entering, water_kw_per_k=rate[held], fan_ratio=ratio, which=held
        )

    low_c, high_c = stage_c(low.air_ratio), stage_c(1.0)
    below = low_c <= leaving
    low_share = np.where(below, (entering - leaving) / (entering - low_c), 1.0)
    high_share = np.where(below, 0.0, (low_c - leaving) / np.maximum(low_c - high_c, 1e-12))
    power, air_ratio = fans.power_ratio.copy(), fans.air_ratio.copy()
    power[held] = low.power_ratio * low_share + (1 - low.power_ratio) * high_share
    air_ratio[held] = low.air_ratio * low_share + (1 - low.air_ratio) * high_share
    return FanState(
        fans.entering_c, fans.leaving_c, air_ratio, power, fans.cycling_ratio, fans.setpoint_met
    )


def _full_dry_air(unit: DryCoolerUnit, air: OutdoorAir, pads: PadState) -> FloatArray:
    rated_volume = psychrometrics.specific_volume(
        unit.rated_air_c, humidity_ratio=0.0, pressure_kpa=_STANDARD_PRESSURE_KPA
    )
    volume = psychrometrics.specific_volume(
        pads.air_c, humidity_ratio=pads.humidity_ratio, pressure_kpa=air.pressure_kpa
    )
    return np.asarray(unit.air_flow_kg_s * rated_volume / volume)
