"""Vapour-compression chillers: EIR curves, a Carnot rule beyond them, and several in parallel."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.units import KELVIN_AT_0_C
from thermal.physics.documents import Biquadratic, ChillerCurves

Beyond = Literal["carnot", "hold", "extrapolate"]
"""What holds outside the range of the curves: a Carnot rule anchored at the nearest edge of the
range, the value at that edge, or the polynomial itself."""

WATER_CONDENSER_APPROACH_K = 6.0
"""Condensing temperature over entering condenser water: engineering default. [K]"""
AIR_CONDENSER_APPROACH_K = 13.0
"""Condensing temperature over outdoor air: engineering default. [K]"""


@dataclass(frozen=True, slots=True)
class ChillerMachine:
    """One machine; capacity and COP are those of the reference point of its curves."""

    rated_kw: float
    cop: float
    curves: ChillerCurves
    beyond: Beyond = "carnot"
    condenser_approach_k: float = WATER_CONDENSER_APPROACH_K
    evaporator_approach_k: float = 1.0
    minimum_lift_k: float = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class FullLoad:
    """What a machine can do at given temperatures, running at full load.

    ``eir_ratio`` is electricity per heat taken from the chilled water.
    """

    capacity_kw: FloatArray
    eir_ratio: FloatArray
    extrapolated: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class ChillerState:
    """Several equal machines in parallel; heat and power of all together.

    ``short`` marks where the load exceeds what the available machines can do; the heat of the
    evaporators is then their capacity.
    """

    evaporator_kw: FloatArray
    power_kw: FloatArray
    condenser_kw: FloatArray
    n_running: FloatArray
    part_load_ratio: FloatArray
    extrapolated: BoolArray
    short: BoolArray


def full_load(machine: ChillerMachine, *, leaving_c: ArrayLike, entering_c: ArrayLike) -> FullLoad:
    r"""Return capacity and efficiency at full load.

    Parameters
    ----------
    machine : ChillerMachine
        The machine.
    leaving_c : array_like
        Chilled water that leaves the evaporator, −20 to 60. [°C]
    entering_c : array_like
        Condenser water, or outdoor air of an air-cooled machine, −50 to 90. [°C]

    Returns
    -------
    FullLoad
        Arrays in the shape of the broadcast arguments; ``extrapolated`` where a temperature lies
        outside the range of the curves.

    Raises
    ------
    InputError
        A value is out of range.

    Notes
    -----
    Biquadratic curves of EnergyPlus' electric EIR chiller. Beyond them capacity holds its value at
    the nearest edge. The efficiency follows

    .. math:: COP \propto T_{ev} / \max(T_{co} - T_{ev}, \Delta T_{min})

    scaled to the curve at that edge, so that it is continuous, with condensing and evaporating
    temperatures by constant approaches. The approaches and the smallest lift are engineering
    defaults. No public curve reaches beyond 15.6 °C of leaving water.
    """
    x = as_float("leaving_c", leaving_c, minimum=-20.0, maximum=60.0)
    y = as_float("entering_c", entering_c, minimum=-50.0, maximum=90.0)
    x, y = np.broadcast_arrays(x, y)
    curves = machine.curves
    edge_x = np.clip(x, curves.leaving_low_c, curves.leaving_high_c)
    edge_y = np.clip(y, curves.condenser_low_c, curves.condenser_high_c)
    at_x, at_y = (x, y) if machine.beyond == "extrapolate" else (edge_x, edge_y)
    eir = _biquadratic(curves.eir_fun_t_coefficients, at_x, at_y) / machine.cop
    if machine.beyond == "carnot":
        eir = eir * _ideal_cop(machine, edge_x, edge_y) / _ideal_cop(machine, x, y)
    return FullLoad(
        capacity_kw=machine.rated_kw * _biquadratic(curves.cap_fun_t_coefficients, at_x, at_y),
        eir_ratio=eir,
        extrapolated=(edge_x != x) | (edge_y != y),
    )


def run_chillers(
    machine: ChillerMachine,
    *,
    load_kw: ArrayLike,
    leaving_c: ArrayLike,
    entering_c: ArrayLike,
    n_available: ArrayLike,
    n_wanted: ArrayLike = 0,
) -> ChillerState:
    """Share a load equally among as few machines as carry it.

    Parameters
    ----------
    machine : ChillerMachine
        One of the equal machines.
    load_kw : array_like
        Heat to take from the chilled water. [kW]
    leaving_c : array_like
        Chilled water that leaves the machines. [°C]
    entering_c : array_like
        Condenser water, or outdoor air. [°C]
    n_available : array_like
        Machines in service, 0 or more. [1]
    n_wanted : array_like
        Run at least as many where there is load, if available. [1]

    Returns
    -------
    ChillerState
        Arrays in the shape of the broadcast arguments. Condenser heat is evaporator heat plus
        power: the motors are cooled by the refrigerant.

    Raises
    ------
    InputError
        A value is out of range.

    Notes
    -----
    Below its smallest part load a machine cycles, with power in proportion to load. All running
    machines are at the same part load, which never exceeds 1.

    Examples
    --------
    >>> curves = constant_curves("ideal", leaving_c=7.0, entering_c=30.0)
    >>> machine = ChillerMachine(rated_kw=1000.0, cop=5.0, curves=curves)
    >>> state = run_chillers(
    ...     machine, load_kw=1500.0, leaving_c=7.0, entering_c=30.0, n_available=3
    ... )
    >>> float(state.n_running), float(state.part_load_ratio), float(state.power_kw)
    (2.0, 0.75, 300.0)
    """
    load = as_float("load_kw", load_kw, minimum=0.0)
    available = as_float("n_available", n_available, minimum=0.0)
    wanted = as_float("n_wanted", n_wanted, minimum=0.0)
    full = full_load(machine, leaving_c=leaving_c, entering_c=entering_c)
    load, available, wanted, capacity = np.broadcast_arrays(
        load, available, wanted, full.capacity_kw
    )
    # The small share keeps a load that equals a whole number of machines from starting one more.
    needed = np.ceil(load / capacity - 1e-9)
    running = np.where(load > 0, np.minimum(np.maximum(needed, wanted), available), 0.0)
    most = running * capacity
    evaporator = np.minimum(load, most)
    part_load = evaporator / np.where(most > 0, most, 1.0)
    power = most * full.eir_ratio * _part_load_power(machine.curves, part_load)
    return ChillerState(
        evaporator_kw=evaporator,
        power_kw=power,
        condenser_kw=evaporator + power,
        n_running=running,
        part_load_ratio=part_load,
        extrapolated=full.extrapolated & (running > 0),
        short=load > most * (1 + 1e-9),
    )


def constant_curves(
    name: str,
    *,
    leaving_c: float,
    entering_c: float,
    plr_coefficients: tuple[float, float, float] = (0.0, 1.0, 0.0),
) -> ChillerCurves:
    """Return curves that are known at one point only, so that the Carnot rule holds elsewhere.

    Parameters
    ----------
    name : str
        Name of the set.
    leaving_c, entering_c : float
        The point where capacity and COP are stated. [°C]
    plr_coefficients : tuple
        Power over full-load power as a quadratic of part load; proportional by default.
    """
    one = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return ChillerCurves(
        name=name,
        cap_fun_t_coefficients=one,
        eir_fun_t_coefficients=one,
        eir_fun_plr_coefficients=plr_coefficients,
        leaving_low_c=leaving_c,
        leaving_high_c=leaving_c,
        condenser_low_c=entering_c,
        condenser_high_c=entering_c,
    )


def carnot_cop(
    *,
    fraction_ratio: ArrayLike,
    leaving_c: ArrayLike,
    entering_c: ArrayLike,
    condenser_approach_k: float = WATER_CONDENSER_APPROACH_K,
    evaporator_approach_k: float = 1.0,
    minimum_lift_k: float = 9.0,
) -> FloatArray:
    """Return the COP of a machine that reaches a share of Carnot's.

    Parameters
    ----------
    fraction_ratio : array_like
        Share of the ideal COP, 0 to 1. The median of 162 water-cooled machines is 0.56, of 111
        air-cooled ones 0.44. [1]
    leaving_c, entering_c : array_like
        Chilled water out; condenser water or outdoor air in. [°C]
    condenser_approach_k, evaporator_approach_k : float
        Condensing over entering, leaving over evaporating temperature. [K]
    minimum_lift_k : float
        Smallest difference of condensing and evaporating temperature. [K]

    Raises
    ------
    InputError
        A value is out of range.

    Examples
    --------
    >>> cop = carnot_cop(fraction_ratio=0.56, leaving_c=20.0, entering_c=27.0)
    >>> round(float(cop), 2)
    11.69
    """
    share = as_float("fraction_ratio", fraction_ratio, minimum=0.0, maximum=1.0)
    cold_kelvin = as_float("leaving_c", leaving_c) - evaporator_approach_k + KELVIN_AT_0_C
    hot_kelvin = as_float("entering_c", entering_c) + condenser_approach_k + KELVIN_AT_0_C
    return np.asarray(share * cold_kelvin / np.maximum(hot_kelvin - cold_kelvin, minimum_lift_k))


def _ideal_cop(
    machine: ChillerMachine, leaving_c: FloatArray, entering_c: FloatArray
) -> FloatArray:
    return carnot_cop(
        fraction_ratio=1.0,
        leaving_c=leaving_c,
        entering_c=entering_c,
        condenser_approach_k=machine.condenser_approach_k,
        evaporator_approach_k=machine.evaporator_approach_k,
        minimum_lift_k=machine.minimum_lift_k,
    )


def _part_load_power(curves: ChillerCurves, part_load: FloatArray) -> FloatArray:
    constant, linear, square = curves.eir_fun_plr_coefficients
    least = curves.plr_min_ratio
    held = np.maximum(part_load, least)
    cycling = np.minimum(1.0, part_load / least) if least > 0 else 1.0
    return np.asarray((constant + held * (linear + held * square)) * cycling)


def _biquadratic(coefficients: Biquadratic, x: FloatArray, y: FloatArray) -> FloatArray:
    constant, x1, x2, y1, y2, xy = coefficients
    return np.asarray(constant + x * (x1 + x2 * x + xy * y) + y * (y1 + y2 * y))
