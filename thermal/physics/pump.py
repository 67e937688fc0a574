"""Pumps, branches and valves of a liquid loop in steady flow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem


def pump_power(
    *,
    flow_kg_s: ArrayLike,
    pressure_kpa: ArrayLike,
    density_kg_m3: ArrayLike,
    efficiency: ArrayLike = 0.7,
) -> FloatArray:
    """Electrical power of pumps from what they do to the liquid.

    Parameters
    ----------
    flow_kg_s : (..., T) array_like
        Mass flow, 0 or more. [kg/s]
    pressure_kpa : (..., T) array_like
        Pressure rise over the pump: loop, exchanger and filter together. [kPa]
    density_kg_m3 : (..., T) array_like
        Of the liquid, above zero. [kg/m³]
    efficiency : (..., T) array_like
        Hydraulic over electrical power, motor and drive included, above 0 to 1. [1]

    Returns
    -------
    (..., T) ndarray
        Electrical power; with the motor in the stream all of it heats the liquid. [kW]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    A total efficiency of 0.7 is the default of the Modelica Buildings library. A nameplate is no
    substitute: it sizes motors and feeders and is two to three times the duty.

    Examples
    --------
    >>> pump_power(flow_kg_s=70.0, pressure_kpa=100.0, density_kg_m3=1000.0).round(6).item()
    10.0
    """
    flow = as_float("flow_kg_s", flow_kg_s, minimum=0.0)
    pressure = as_float("pressure_kpa", pressure_kpa, minimum=0.0)
    density = as_float("density_kg_m3", density_kg_m3, minimum=1e-6)
    share = as_float("efficiency", efficiency, minimum=1e-6, maximum=1.0)
    return np.asarray(flow / density * pressure / share)


def power_at_flow(
    *, rated_kw: ArrayLike, flow_ratio: ArrayLike, static_ratio: ArrayLike = 0.0
) -> FloatArray:
    r"""Pump power at part flow against friction and a fixed pressure.

    Parameters
    ----------
    rated_kw : (..., T) array_like
        Power at rated flow. [kW]
    flow_ratio : (..., T) array_like
        Flow over rated flow, 0 or more. [1]
    static_ratio : (..., T) array_like
        Fixed share of the rated pressure: static head, or a differential-pressure control. [1]

    Returns
    -------
    (..., T) ndarray
        Power at constant efficiency; the cube of flow where nothing is static. [kW]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    .. math:: P = P_0\,(x^3 (1 - r) + r x)

    Examples
    --------
    >>> power_at_flow(rated_kw=8.0, flow_ratio=0.5).item()
    1.0
    """
    rated = as_float("rated_kw", rated_kw, minimum=0.0)
    flow = as_float("flow_ratio", flow_ratio, minimum=0.0)
    static = as_float("static_ratio", static_ratio, minimum=0.0, maximum=1.0)
    return np.asarray(rated * flow * (flow**2 * (1.0 - static) + static))


def flow_at_pressure(*, pressure_ratio: ArrayLike, exponent: ArrayLike = 1.85) -> FloatArray:
    """Flow ratio of a loop whose pump holds a pressure.

    Parameters
    ----------
    pressure_ratio : (..., T) array_like
        Held pressure over the loop's drop at rated flow, 0 or more. [1]
    exponent : (..., T) array_like
        Growth of the drop with flow, 1 to 2. [1]

    Returns
    -------
    (..., T) ndarray
        Flow over rated flow. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Examples
    --------
    >>> flow_at_pressure(pressure_ratio=50.0 / 60.0).round(5).item()
    0.90615
    """
    pressure = as_float("pressure_ratio", pressure_ratio, minimum=0.0)
    power = as_float("exponent", exponent, minimum=1.0, maximum=2.0)
    return np.asarray(pressure ** (1.0 / power))


@dataclass(frozen=True, slots=True)
class ParallelFlow:
    """Flow of each branch (B, T) and the drop all share (T,)."""

    branch_kg_s: FloatArray
    pressure_kpa: FloatArray


def parallel_split(
    *, total_kg_s: ArrayLike, resistance: ArrayLike, exponent: float = 2.0
) -> ParallelFlow:
    """Share a flow between parallel branches with drops ``k m^n``.

    Parameters
    ----------
    total_kg_s : (T,) or scalar array_like
        Flow of all branches, 0 or more. [kg/s]
    resistance : (B,) or (B, T) array_like
        The coefficient k of each branch, above zero. [kPa/(kg/s)^n]
    exponent : float
        The common n, 1 to 2. [1]

    Returns
    -------
    ParallelFlow
        Every branch has the same drop.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds, or there is no branch axis.

    Examples
    --------
    >>> flow = parallel_split(total_kg_s=6.0, resistance=[2.0, 8.0])
    >>> flow.branch_kg_s.tolist(), round(flow.pressure_kpa.item(), 9)
    ([4.0, 2.0], 32.0)
    """
    total = as_float("total_kg_s", total_kg_s, minimum=0.0)
    branch = as_float("resistance", resistance, minimum=1e-12)
    power = as_float("exponent", exponent, minimum=1.0, maximum=2.0)
    if branch.ndim == 0:
        raise InputError([Problem("resistance", "wrong_shape", "needs one value for each branch")])
    if branch.ndim == 1:
        branch = branch.reshape((-1,) + (1,) * total.ndim)
    ease = branch ** (-1.0 / power)
    together = ease.sum(axis=0)
    return ParallelFlow(
        branch_kg_s=total * ease / together, pressure_kpa=np.asarray((total / together) ** power)
    )


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Where a pump curve meets a system curve; no flow where the pump cannot lift it."""

    flow_kg_s: FloatArray
    pressure_kpa: FloatArray


def operating_point(
    *,
    speed_ratio: ArrayLike,
    shutoff_kpa: ArrayLike,
    pump_fall: ArrayLike,
    system_resistance: ArrayLike,
    static_kpa: ArrayLike = 0.0,
) -> OperatingPoint:
    """Flow of a pump ``a n² - b m²`` into a system ``p + k m²``.

    Parameters
    ----------
    speed_ratio : (..., T) array_like
        Speed over full speed, the n, 0 or more. [1]
    shutoff_kpa : (..., T) array_like
        Pressure at full speed without flow, the a. [kPa]
    pump_fall, system_resistance : (..., T) array_like
        The coefficients b and k, their sum above zero. [kPa/(kg/s)²]
    static_kpa : (..., T) array_like
        Pressure that no flow needs, the p. [kPa]

    Returns
    -------
    OperatingPoint
        Closed form; at zero flow the pressure is what the pump makes against a shut check valve.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.
    """
    speed = as_float("speed_ratio", speed_ratio, minimum=0.0)
    shutoff = as_float("shutoff_kpa", shutoff_kpa, minimum=0.0) * speed**2
    fall = as_float("pump_fall", pump_fall, minimum=0.0)
    system = as_float("system_resistance", system_resistance, minimum=0.0)
    static = as_float("static_kpa", static_kpa, minimum=0.0)
    slope = as_float("pump_fall plus system_resistance", fall + system, minimum=1e-12)
    squared = np.maximum(shutoff - static, 0.0) / slope
    return OperatingPoint(flow_kg_s=np.sqrt(squared), pressure_kpa=shutoff - fall * squared)


def valve_flow(*, opening_ratio: ArrayLike, rangeability: float = 50.0) -> FloatArray:
    """Flow through an equal-percentage valve in series with an equal drop.

    Parameters
    ----------
    opening_ratio : (..., T) array_like
        Stem position, 0 to 1. [1]
    rangeability : float
        Largest over smallest controllable flow coefficient, above 1. [1]

    Returns
    -------
    (..., T) ndarray
        Flow over the flow at full opening under constant total pressure. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    Valve and exchanger drop the same at full opening. A shut valve still passes its smallest
    coefficient, as such a trim does.

    Examples
    --------
    >>> valve_flow(opening_ratio=1.0).item()
    1.0
    """
    opening = as_float("opening_ratio", opening_ratio, minimum=0.0, maximum=1.0)
    span = as_float("rangeability", rangeability, minimum=1.0)
    coefficient = span ** (opening - 1.0)
    return np.sqrt(2.0 / (1.0 / coefficient**2 + 1.0))
