"""From a heat load and a redundancy rule to a number of machines."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, IntArray, as_float
from racks.physics.documents import System
from racks.physics.fans import fan_flow_ratio, fan_power
from racks.physics.load import system_power
from racks.physics.supply import LossCurve
from thermal.physics.bracket import monotone_root
from thermal.physics.dry_cooler import DryCoolerUnit, run_dry_coolers
from thermal.physics.weather import OutdoorAir, spread

_ROUNDING_RATIO = 1e-9
_CAPACITY_TOLERANCE_RATIO = 1e-6
_LARGEST_OVER_RATING = 10.0
_FULL_SPEED_SET_POINT_C = -100.0
_REFERENCE_INLET_C = 25.0


@dataclass(frozen=True, slots=True)
class StreamLoad:
    """Heat of equal systems by the stream that takes it; arrays in the shape of ``n_systems``.

    ``liquid_kw + air_kw`` is the electrical input. ``coolant_flow_kg_s`` is the design flow.
    """

    liquid_kw: FloatArray
    air_kw: FloatArray
    coolant_flow_kg_s: FloatArray


def n_units(*, load_kw: ArrayLike, unit_kw: ArrayLike, n_redundant: ArrayLike) -> IntArray:
    """Count machines that carry a load while some of them stand in reserve.

    Parameters
    ----------
    load_kw : array_like
        Load of all together, 0 or more; any other additive duty, such as a flow, serves as well
        when the unit is stated alike. [kW]
    unit_kw : array_like
        What one machine carries at the design point, above zero. [kW]
    n_redundant : array_like
        Machines in reserve: 1 for N+1.

    Returns
    -------
    ndarray of int
        Machines to install; none where there is no load.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    A load that exceeds a whole number of machines by less than 1e-9 of one is rounding.

    Examples
    --------
    >>> n_units(load_kw=[0.0, 800.0, 801.0], unit_kw=400.0, n_redundant=1).tolist()
    [0, 3, 4]
    """
    load = as_float("load_kw", load_kw, minimum=0.0)
    unit = as_float("unit_kw", unit_kw, minimum=1e-9)
    reserve = as_float("n_redundant", n_redundant, minimum=0.0)
    needed = np.ceil(load / unit - _ROUNDING_RATIO)
    return np.asarray(np.where(load > 0.0, needed + reserve, 0.0), dtype=np.int64)


def stream_load(
    system: System, *, n_systems: ArrayLike, load: Literal["nameplate", "peak"] = "nameplate"
) -> StreamLoad:
    """Heat of fully used systems, split into what coolant takes and what air takes.

    Parameters
    ----------
    system : System
        The system.
    n_systems : array_like
        How many of them, 0 or more.
    load : {"nameplate", "peak"}
        Nameplate, which must be provisioned, or every chip fully used at 25 °C of inlet air.

    Returns
    -------
    StreamLoad
        At nameplate the streams keep the proportion that they have at full use.

    Raises
    ------
    InputError
        A count is negative or not finite, or the system's supplies gain power at this load.
    """
    count = as_float("n_systems", n_systems, minimum=0.0)
    full = system_power(
        n_chips=system.n_chips,
        chip_w=0.0 if system.chip is None else min(system.chip.reference_w, system.chip.cap_w),
        host_kw=system.host_max_kw,
        fan_kw=fan_power(
            flow_ratio=fan_flow_ratio(utilisation_ratio=1.0, inlet_c=_REFERENCE_INLET_C),
            design_kw=system.fan_design_kw,
        ),
        supply_rated_kw=system.supply_rated_kw,
        supply_curve=LossCurve(*system.supply_coefficients),
        chip_capture_ratio=system.liquid_ratio,
        host_capture_ratio=system.liquid_ratio,
    )
    scale = system.nameplate_kw / full.input_kw if load == "nameplate" else 1.0
    return StreamLoad(
        liquid_kw=np.asarray(count * scale * full.liquid_kw),
        air_kw=np.asarray(count * scale * full.air_kw),
        coolant_flow_kg_s=np.asarray(count * system.coolant_flow_kg_s),
    )


def dry_cooler_capacity(
    unit: DryCoolerUnit, *, supply_c: ArrayLike, rise_k: ArrayLike, air: OutdoorAir
) -> FloatArray:
    """Heat that one dry cooler rejects while it just holds a supply temperature.

    Parameters
    ----------
    unit : DryCoolerUnit
        The unit, fans at full speed.
    supply_c : array_like
        Water that leaves it. [°C]
    rise_k : array_like
        Entering less leaving water, above zero. [K]
    air : OutdoorAir
        The air; pads are wet where the unit says so.

    Returns
    -------
    ndarray
        Heat, 0 where the air is too warm for any, at most ten times the rating. [kW]

    Raises
    ------
    InputError
        A value is out of range, or the rating of the unit is impossible.
    ConvergenceError
        A capacity did not settle.
    """
    shape, (supply, rise), outdoor = spread(
        as_float("supply_c", supply_c), as_float("rise_k", rise_k, minimum=1e-6), air=air
    )

    def too_warm_k(heat_kw: FloatArray) -> FloatArray:
        state = run_dry_coolers(
            unit,
            heat_kw=heat_kw,
            water_kw_per_k=heat_kw / rise,
            set_point_c=_FULL_SPEED_SET_POINT_C,
            n_units=1.0,
            air=outdoor,
        )
        return np.asarray(state.leaving_c - supply)

    low = np.full(supply.shape, unit.rated_kw * _CAPACITY_TOLERANCE_RATIO)
    capacity = monotone_root(
        too_warm_k,
        low=low,
        high=np.full(supply.shape, unit.rated_kw * _LARGEST_OVER_RATING),
        tolerance=unit.rated_kw * _CAPACITY_TOLERANCE_RATIO,
    )
    return np.where(capacity > low, capacity, 0.0).reshape(shape)


def peak_power(system: System) -> float:
    """Return the input of a system with every chip fully used at 25 °C of inlet air. [kW]."""
    full = stream_load(system, n_systems=1.0, load="peak")
    return float(full.liquid_kw + full.air_kw)
