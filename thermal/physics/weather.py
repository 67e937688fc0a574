"""Outdoor air as the equipment meets it, and the design days of a year."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from thermal.physics import psychrometrics

_BIN_K = 0.5
"""Half width of the band of hours whose other temperature counts as coincident."""


@dataclass(frozen=True, slots=True, eq=False)
class OutdoorAir:
    """The state of outdoor air, arrays of one shape.

    ``humidity_ratio`` is kg of water per kg of dry air; ``density_kg_m3`` includes the water.
    """

    dry_bulb_c: FloatArray
    wet_bulb_c: FloatArray
    humidity_ratio: FloatArray
    enthalpy_kj_per_kg: FloatArray
    density_kg_m3: FloatArray
    pressure_kpa: FloatArray

    def at(self, hours: IntArray) -> "OutdoorAir":
        """Return the air of some of the points in time."""
        return OutdoorAir(
            dry_bulb_c=self.dry_bulb_c[hours],
            wet_bulb_c=self.wet_bulb_c[hours],
            humidity_ratio=self.humidity_ratio[hours],
            enthalpy_kj_per_kg=self.enthalpy_kj_per_kg[hours],
            density_kg_m3=self.density_kg_m3[hours],
            pressure_kpa=self.pressure_kpa[hours],
        )


@dataclass(frozen=True, slots=True)
class DesignConditions:
    """Design air of a site: each level with the mean of the other temperature beside it."""

    percentile: float
    dry_bulb_c: float
    coincident_wet_bulb_c: float
    wet_bulb_c: float
    coincident_dry_bulb_c: float
    highest_dry_bulb_c: float
    highest_wet_bulb_c: float
    lowest_dry_bulb_c: float
    mean_pressure_kpa: float


def outdoor_air(
    dry_bulb_c: ArrayLike, *, relative_humidity_ratio: ArrayLike, pressure_kpa: ArrayLike
) -> OutdoorAir:
    """Return the full state of air from what a weather file holds.

    Parameters
    ----------
    dry_bulb_c : array_like
        Dry bulb, −60 to 90. [°C]
    relative_humidity_ratio : array_like
        Relative humidity, 0 to 1. [1]
    pressure_kpa : array_like
        Station pressure. [kPa]

    Returns
    -------
    OutdoorAir
        Arrays in the shape of the broadcast arguments.

    Raises
    ------
    InputError
        A value is out of range.

    Examples
    --------
    >>> air = outdoor_air([35.0, 10.0], relative_humidity_ratio=0.4, pressure_kpa=82.7)
    >>> air.wet_bulb_c.round(1).tolist()
    [23.3, 4.0]
    """
    dry_c, share, pressure = np.broadcast_arrays(
        as_float("dry_bulb_c", dry_bulb_c),
        as_float("relative_humidity_ratio", relative_humidity_ratio, minimum=0, maximum=1),
        as_float("pressure_kpa", pressure_kpa),
    )
    ratio = psychrometrics.humidity_ratio(
        dry_c, relative_humidity_ratio=share, pressure_kpa=pressure
    )
    return OutdoorAir(
        dry_bulb_c=dry_c,
        wet_bulb_c=psychrometrics.wet_bulb(
            dry_c, relative_humidity_ratio=share, pressure_kpa=pressure
        ),
        humidity_ratio=ratio,
        enthalpy_kj_per_kg=psychrometrics.enthalpy(dry_c, humidity_ratio=ratio),
        density_kg_m3=psychrometrics.density(dry_c, humidity_ratio=ratio, pressure_kpa=pressure),
        pressure_kpa=pressure,
    )


def spread(
    *values: FloatArray, air: OutdoorAir
) -> tuple[tuple[int, ...], list[FloatArray], OutdoorAir]:
    """Broadcast values and air against each other and lay them out flat.

    Parameters
    ----------
    *values : ndarray
        Any shapes that broadcast.
    air : OutdoorAir
        The air.

    Returns
    -------
    shape, values, air
        The common shape, and everything as (N,).
    """
    state = (
        air.dry_bulb_c,
        air.wet_bulb_c,
        air.humidity_ratio,
        air.enthalpy_kj_per_kg,
        air.density_kg_m3,
        air.pressure_kpa,
    )
    wide = np.broadcast_arrays(*values, *state)
    flat = [array.ravel() for array in wide]
    return wide[0].shape, flat[: len(values)], OutdoorAir(*flat[len(values) :])


def design_conditions(air: OutdoorAir, *, percentile: float = 99.6) -> DesignConditions:
    """Return the design day of a year of hours.

    Parameters
    ----------
    air : OutdoorAir
        A year, (T,).
    percentile : float
        Share of hours not above the design level; 99.6 leaves 35 hours of a year. [%]

    Returns
    -------
    DesignConditions
        Percentiles interpolate between hours. Coincident temperatures are means over the hours
        within 0.5 K of the level, as ASHRAE defines them.

    Raises
    ------
    InputError
        The percentile lies outside 0 to 100, or there are no hours.

    Notes
    -----
    A typical year leaves out its extremes: long records give design levels 0.2 to 1.5 K higher.
    """
    share = float(as_float("percentile", percentile, minimum=0, maximum=100))
    dry_c, wet_c = np.atleast_1d(air.dry_bulb_c), np.atleast_1d(air.wet_bulb_c)
    if dry_c.size == 0:
        raise InputError([Problem("air", "empty", "has no hours")])
    dry_level_c = float(np.percentile(dry_c, share))
    wet_level_c = float(np.percentile(wet_c, share))
    return DesignConditions(
        percentile=share,
        dry_bulb_c=dry_level_c,
        coincident_wet_bulb_c=_coincident(wet_c, beside=dry_c, level_c=dry_level_c),
        wet_bulb_c=wet_level_c,
        coincident_dry_bulb_c=_coincident(dry_c, beside=wet_c, level_c=wet_level_c),
        highest_dry_bulb_c=float(dry_c.max()),
        highest_wet_bulb_c=float(wet_c.max()),
        lowest_dry_bulb_c=float(dry_c.min()),
        mean_pressure_kpa=float(np.mean(air.pressure_kpa)),
    )


def _coincident(values_c: FloatArray, *, beside: FloatArray, level_c: float) -> float:
    distance_k = np.abs(beside - level_c)
    near = distance_k <= max(_BIN_K, float(distance_k.min()))
    return float(values_c[near].mean())
