"""Loop pumps, and the plant that cools a facility water loop on dry coolers alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import S_PER_H
from thermal.physics.dry_cooler import DryCoolerUnit, run_dry_coolers
from thermal.physics.pump import power_at_flow
from thermal.physics.water import MAKE_UP_KG_M3
from thermal.physics.weather import OutdoorAir, spread

_LEAST_FLOW_KG_S = 1e-9


@dataclass(frozen=True, slots=True)
class LoopPump:
    """A pump, or equal pumps on one speed, at design flow.

    ``static_ratio`` is the share of the design head that does not fall with flow (a held
    differential pressure); ``water_heat_ratio`` the share of power that ends as heat in the water,
    the rest being motor loss to the room.
    """

    flow_kg_s: float
    power_kw: float
    static_ratio: float = 0.0
    water_heat_ratio: float = 0.9


@dataclass(frozen=True, slots=True)
class DryPlant:
    """Dry coolers and the pumps of their loop."""

    unit: DryCoolerUnit
    pump: LoopPump
    specific_heat_kj_per_kg_k: float = 4.19
    cycles_of_concentration: float = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class DryPlantState:
    """The plant's answer; ``unmet_kw`` is heat that stays in the loop.

    ``room_heat_kw`` is motor loss of the pumps. ``residual_kw`` is heat taken plus electricity less
    all heat rejected.
    """

    heat_kw: FloatArray
    unmet_kw: FloatArray
    supply_c: FloatArray
    return_c: FloatArray
    fan_kw: FloatArray
    pump_kw: FloatArray
    electricity_kw: FloatArray
    rejected_kw: FloatArray
    room_heat_kw: FloatArray
    make_up_m3_h: FloatArray
    air_ratio: FloatArray
    pads_wet: BoolArray
    setpoint_met: BoolArray
    residual_kw: FloatArray


def loop_pump_power(pump: LoopPump, flow_kg_s: ArrayLike) -> FloatArray:
    """Return the power of a loop's pumps at part flow.

    Parameters
    ----------
    pump : LoopPump
        The pumps at design.
    flow_kg_s : array_like
        Flow, 0 or more. [kg/s]

    Returns
    -------
    ndarray
        Electricity, same shape. [kW]

    Raises
    ------
    InputError
        A flow is negative or not finite.
    """
    flow = as_float("flow_kg_s", flow_kg_s, minimum=0.0)
    return power_at_flow(
        rated_kw=pump.power_kw,
        flow_ratio=flow / pump.flow_kg_s,
        static_ratio=pump.static_ratio,
    )


def dry_plant(
    plant: DryPlant,
    *,
    heat_kw: ArrayLike,
    flow_kg_s: ArrayLike,
    set_point_c: ArrayLike,
    n_units: ArrayLike,
    air: OutdoorAir,
) -> DryPlantState:
    """Cool a facility water loop on dry or adiabatic coolers.

    Parameters
    ----------
    plant : DryPlant
        The equipment.
    heat_kw : array_like
        Heat that the halls put into the loop, 0 or more. [kW]
    flow_kg_s : array_like
        Flow of the loop, above 0 where there is heat. [kg/s]
    set_point_c : array_like
        Wanted supply temperature. [°C]
    n_units : array_like
        Coolers in service, 0 or more. [1]
    air : OutdoorAir
        The air.

    Returns
    -------
    DryPlantState
        Arrays in the shape of the broadcast arguments. With fans at full speed the supply floats
        above the set point and everything is still rejected; without any unit all heat is unmet,
        and the supply is the return of one pass.

    Raises
    ------
    InputError
        A value is out of range, or there is heat without flow.
    ConvergenceError
        A fan speed did not settle.

    Notes
    -----
    The pump stands in the return, so its heat reaches the coolers and not the halls.
    """
    shape, (heat, flow, target_c, units), outdoor = spread(
        as_float("heat_kw", heat_kw, minimum=0.0),
        as_float("flow_kg_s", flow_kg_s, minimum=0.0),
        as_float("set_point_c", set_point_c),
        as_float("n_units", n_units, minimum=0.0),
        air=air,
    )
    refuse_heat_without_flow(heat, flow)
    rate = np.maximum(flow, _LEAST_FLOW_KG_S) * plant.specific_heat_kj_per_kg_k
    working = units > 0
    pump_kw = loop_pump_power(plant.pump, flow)
    water_heat = pump_kw * plant.pump.water_heat_ratio
    taken = np.where(working, heat, 0.0)
    coolers = run_dry_coolers(
        plant.unit,
        heat_kw=np.where(working, heat + water_heat, 0.0),
        water_kw_per_k=rate,
        set_point_c=target_c,
        n_units=np.where(working, units, 1.0),
        air=outdoor,
    )
    return_c = np.where(working, coolers.leaving_c, target_c) + heat / rate
    fan_kw = np.where(working, coolers.fan_kw, 0.0)
    rejected = coolers.heat_kw + fan_kw
    # With no cooler the loop keeps the heat of its own pump as well.
    kept = np.where(working, 0.0, heat + water_heat)
    evaporation = coolers.evaporation_kg_s * S_PER_H / MAKE_UP_KG_M3
    cycles = plant.cycles_of_concentration
    room_heat = pump_kw - water_heat
    balance = heat + pump_kw + fan_kw - rejected - room_heat - kept
    return DryPlantState(
        heat_kw=taken.reshape(shape),
        unmet_kw=kept.reshape(shape),
        supply_c=np.where(working, coolers.leaving_c, return_c).reshape(shape),
        return_c=return_c.reshape(shape),
        fan_kw=fan_kw.reshape(shape),
        pump_kw=pump_kw.reshape(shape),
        electricity_kw=(pump_kw + fan_kw).reshape(shape),
        rejected_kw=rejected.reshape(shape),
        room_heat_kw=room_heat.reshape(shape),
        make_up_m3_h=(evaporation * cycles / (cycles - 1)).reshape(shape),
        air_ratio=coolers.air_ratio.reshape(shape),
        pads_wet=coolers.pads_wet.reshape(shape),
        setpoint_met=(coolers.setpoint_met & (working | (heat == 0))).reshape(shape),
        residual_kw=balance.reshape(shape),
    )


def refuse_heat_without_flow(heat_kw: FloatArray, flow_kg_s: FloatArray) -> None:
    """Raise `InputError` where a loop would have to carry heat standing still.

    Parameters
    ----------
    heat_kw, flow_kg_s : ndarray
        Heat and flow of the loop. [kW], [kg/s]

    Raises
    ------
    InputError
        There is heat without flow.
    """
    if np.any((heat_kw > 0) & (flow_kg_s < _LEAST_FLOW_KG_S)):
        message = "must be above 0 where the loop carries heat"
        raise InputError([Problem("flow_kg_s", "too_small", message)])
