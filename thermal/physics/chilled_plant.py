"""The chilled-water plant: economizer, chillers, towers and pumps, all hours at once."""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import ConvergenceError
from thermal.physics.chiller import ChillerMachine, ChillerState, run_chillers
from thermal.physics.economizer import water_side_economizer
from thermal.physics.exchanger import effectiveness_counterflow
from thermal.physics.plant import LoopPump, loop_pump_power, refuse_heat_without_flow
from thermal.physics.tower import TowerCell, TowerState, coldest_water, run_towers
from thermal.physics.water import WaterUse, saturated_exit_evaporation, tower_water
from thermal.physics.weather import OutdoorAir, spread

_TOLERANCE_K = 1e-6
_MAX_PASSES = 60
_LEAST_STEP_K = 1e-8
_HOTTEST_LEAVING_C = 60.0
_HOTTEST_CURVE_C = 85.0
_LEAST_RATE_KW_PER_K = 1e-9
_COLDEST_CONDENSER_WATER_C = 4.0


@dataclass(frozen=True, slots=True)
class ChilledPlant:
    """Equal chillers with a condenser pump each, equal tower cells, and the loop's pumps.

    ``economizer_kw_per_k`` is the conductance of the plate exchanger ahead of the chillers, 0 for
    none. A bypass keeps the water that enters the condensers at ``least_entering_c`` or above. As
    many cells carry water as keep ``least_water_ratio`` of their rated flow.
    """

    chiller: ChillerMachine
    cell: TowerCell
    chilled_pump: LoopPump
    condenser_pump: LoopPump
    economizer_kw_per_k: float = 0.0
    least_entering_c: float = 12.8
    hottest_entering_c: float = 40.0
    least_water_ratio: float = 0.5
    cycles_of_concentration: float = 4.0
    specific_heat_kj_per_kg_k: float = 4.19


@dataclass(frozen=True, slots=True, eq=False)
class ChilledPlantState:
    """The plant's answer, every array in the broadcast shape of the inputs.

    ``heat_kw`` is taken from the water of the halls and ``unmet_kw`` is what the set point would
    need beyond it; ``economizer_ratio`` is the share of the cooling that needed no compressor.
    ``rejected_kw`` goes outdoors, ``room_heat_kw`` is motor loss of the pumps. ``condenser_hot``
    marks water so warm that real machines would unload or trip; ``extrapolated`` a chiller or
    tower outside the range of its curves. ``residual_kw`` is heat taken plus electricity less heat
    rejected, tower water taken where the towers leave it.
    """

    heat_kw: FloatArray
    unmet_kw: FloatArray
    supply_c: FloatArray
    return_c: FloatArray
    economizer_kw: FloatArray
    economizer_ratio: FloatArray
    evaporator_kw: FloatArray
    chiller_kw: FloatArray
    fan_kw: FloatArray
    condenser_pump_kw: FloatArray
    chilled_pump_kw: FloatArray
    electricity_kw: FloatArray
    rejected_kw: FloatArray
    room_heat_kw: FloatArray
    condenser_entering_c: FloatArray
    tower_entering_c: FloatArray
    tower_leaving_c: FloatArray
    air_ratio: FloatArray
    n_chillers_running: FloatArray
    n_pumps_running: FloatArray
    n_cells_running: FloatArray
    evaporation_m3_h: FloatArray
    make_up_m3_h: FloatArray
    setpoint_met: BoolArray
    tower_setpoint_met: BoolArray
    condenser_hot: BoolArray
    extrapolated: BoolArray
    residual_kw: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What one solve is asked for, flat arrays; ``warm_c`` is the return with the pump's heat."""

    demand_kw: FloatArray
    rate: FloatArray
    back_c: FloatArray
    warm_c: FloatArray
    pump_kw: FloatArray
    target_c: FloatArray
    tower_target_c: FloatArray
    n_chillers: FloatArray
    n_pumps: FloatArray
    n_cells: FloatArray
    economizing: BoolArray
    air: OutdoorAir


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """One evaluation of the loop for known tower water."""

    chillers: ChillerState
    economizer_kw: FloatArray
    entering_c: FloatArray
    pumps: FloatArray
    cells: FloatArray
    condenser_rate: FloatArray
    tower_kw: FloatArray
    tower_target_c: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Where an iteration was before, and how far that was from its own answer."""

    level_c: FloatArray
    gap_k: FloatArray


def chilled_water_plant(
    plant: ChilledPlant,
    *,
    heat_kw: ArrayLike,
    flow_kg_s: ArrayLike,
    set_point_c: ArrayLike,
    tower_set_point_c: ArrayLike,
    n_chillers: ArrayLike,
    n_cells: ArrayLike,
    air: OutdoorAir,
    n_condenser_pumps: ArrayLike | None = None,
    return_c: ArrayLike | None = None,
) -> ChilledPlantState:
    """Cool the chilled water of the halls.

    Parameters
    ----------
    plant : ChilledPlant
        The equipment.
    heat_kw : array_like
        Heat that the halls put into the loop, 0 or more. [kW]
    flow_kg_s : array_like
        Flow of the loop, above 0 where there is heat. [kg/s]
    set_point_c : array_like
        Wanted supply temperature. [°C]
    tower_set_point_c : array_like
        Wanted tower water while the economizer is off. [°C]
    n_chillers, n_cells : array_like
        Machines and cells in service, 0 or more. [1]
    air : OutdoorAir
        The air.
    n_condenser_pumps : array_like, optional
        Condenser pumps in service; as many as chillers if not given. [1]
    return_c : array_like, optional
        Water that comes back from the halls. If not given, that of a supply at its set point. [°C]

    Returns
    -------
    ChilledPlantState
        Where capacity is short the supply floats: return less what the machines can take.

    Raises
    ------
    InputError
        A value is out of range, or there is heat without flow.
    ConvergenceError
        Tower water did not settle.

    Notes
    -----
    Fixed point of tower water and leaving water to 1e-6 K, with secant steps. Machines only join
    during the iteration, so staging cannot oscillate. The economizer stands in series ahead of the
    chillers, tower water passes it first; it runs in the hours in which it lowers the electricity
    of the plant or brings the supply closer to its set point. Its tower target is the water that
    would carry the whole load, and fans at full speed where that is out of reach.
    """
    pumps = n_chillers if n_condenser_pumps is None else n_condenser_pumps
    shape, values, outdoor = spread(
        as_float("heat_kw", heat_kw, minimum=0.0),
        as_float("flow_kg_s", flow_kg_s, minimum=0.0),
        as_float("set_point_c", set_point_c, minimum=-10.0, maximum=50.0),
        as_float("tower_set_point_c", tower_set_point_c, minimum=-10.0, maximum=60.0),
        as_float("n_chillers", n_chillers, minimum=0.0),
        as_float("n_cells", n_cells, minimum=0.0),
        as_float("n_condenser_pumps", pumps, minimum=0.0),
        as_float("return_c", 0.0 if return_c is None else return_c),
        air=air,
    )
    heat, flow, target_c, tower_target_c, machines, cells, pumps_there, back_c = values
    refuse_heat_without_flow(heat, flow)
    rate = np.maximum(flow * plant.specific_heat_kj_per_kg_k, _LEAST_RATE_KW_PER_K)
    back_c = target_c + heat / rate if return_c is None else back_c
    pump_kw = loop_pump_power(plant.chilled_pump, flow)
    warm_c = back_c + pump_kw * plant.chilled_pump.water_heat_ratio / rate
    rejecting = (cells > 0) & (pumps_there > 0)
    task = _Task(
        demand_kw=np.where(flow > 0, rate * np.maximum(warm_c - target_c, 0.0), 0.0),
        rate=rate,
        back_c=back_c,
        warm_c=warm_c,
        pump_kw=pump_kw,
        target_c=target_c,
        tower_target_c=tower_target_c,
        n_chillers=np.where(rejecting, np.minimum(machines, pumps_there), 0.0),
        n_pumps=np.where(rejecting, pumps_there, 0.0),
        n_cells=cells,
        economizing=np.zeros_like(rejecting),
        air=outdoor,
    )
    state = _solve(plant, task)
    if plant.economizer_kw_per_k > 0:
        state = _better(state, plant, task)
    return _reshaped(state, shape)


def _better(
    without: ChilledPlantState,
    plant: ChilledPlant,
    task: _Task,
) -> ChilledPlantState:
    """Return, hour by hour, the better of the plant without and with its economizer."""
    useful = (task.warm_c > task.air.wet_bulb_c) & (task.n_pumps > 0) & (task.demand_kw > 0)
    with_it = _solve(plant, replace(task, economizing=useful))
    gain_kw = without.unmet_kw - with_it.unmet_kw
    equal = np.abs(gain_kw) <= _TOLERANCE_K * task.rate
    cheaper = with_it.electricity_kw < without.electricity_kw
    chosen = useful & np.where(equal, cheaper, gain_kw > 0)
    picked = {
        field.name: np.where(chosen, getattr(with_it, field.name), getattr(without, field.name))
        for field in fields(ChilledPlantState)
    }
    return ChilledPlantState(**picked)


def _solve(plant: ChilledPlant, task: _Task) -> ChilledPlantState:
    tower_c, leaving_c, running = _settle(plant, task)
    step = _evaluate(plant, task, tower_c, leaving_c, running)
    return _state(plant, task, step, tower_c)


def _settle(plant: ChilledPlant, task: _Task) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return tower water, leaving water and running machines of every hour."""
    tower_c = np.maximum(task.tower_target_c, task.air.wet_bulb_c)
    leaving_c = task.target_c.copy()
    running = np.zeros_like(tower_c)
    moving = np.ones_like(task.economizing)
    tower_steps = leaving_steps = _Steps(tower_c, np.zeros_like(tower_c))
    change = np.zeros_like(tower_c)
    for _ in range(_MAX_PASSES):
        step = _evaluate(plant, task, tower_c, leaving_c, running)
        coldest_c = coldest_water(
            plant.cell,
            heat_kw=step.tower_kw,
            water_kw_per_k=step.condenser_rate,
            n_cells=step.cells,
            air=task.air,
        )
        tower_gap = np.maximum(coldest_c, step.tower_target_c) - tower_c
        leaving_gap = _leaving(task, step) - leaving_c
        joined = step.chillers.n_running > running
        change = np.maximum(np.abs(tower_gap), np.abs(leaving_gap))
        moving = moving & ((change > _TOLERANCE_K) | joined)
        if not np.any(moving):
            return tower_c, leaving_c, running
        running = np.where(moving, np.maximum(running, step.chillers.n_running), running)
        new_tower_c = _next(tower_c, tower_gap, tower_steps)
        new_leaving_c = _next(leaving_c, leaving_gap, leaving_steps)
        tower_steps = _Steps(tower_c, tower_gap)
        leaving_steps = _Steps(leaving_c, leaving_gap)
        tower_c = np.where(moving, new_tower_c, tower_c)
        leaving_c = np.where(moving, new_leaving_c, leaving_c)
    raise ConvergenceError(
        "chilled_water_plant", _MAX_PASSES, float(np.max(change[moving])), _TOLERANCE_K
    )


def _next(level_c: FloatArray, gap_k: FloatArray, before: _Steps) -> FloatArray:
    """Return the next level of an iteration that is ``gap_k`` away from its own answer.

    Where machines are at their limit, colder tower water only loads the tower more and plain
    repetition swings; the slope of the last two passes tells how far to go.
    """
    moved_k = level_c - before.level_c
    known = np.abs(moved_k) > _LEAST_STEP_K
    slope = (gap_k - before.gap_k) / np.where(known, moved_k, 1.0)
    return np.asarray(level_c - gap_k / np.where(known, np.clip(slope, -8.0, -0.7), -1.0))


def _evaluate(
    plant: ChilledPlant,
    task: _Task,
    tower_c: FloatArray,
    leaving_c: FloatArray,
    running: FloatArray,
) -> _Pass:
    staged = np.ceil(task.demand_kw / plant.chiller.rated_kw)
    pumps = np.where(task.economizing, np.maximum(running, staged), running)
    pumps = np.minimum(np.maximum(pumps, 1.0), np.maximum(task.n_pumps, 1.0))
    pump = plant.condenser_pump
    rate = pumps * pump.flow_kg_s * plant.specific_heat_kj_per_kg_k
    exchange = _exchange(plant, task, rate)
    free = water_side_economizer(
        return_c=task.warm_c,
        tower_c=tower_c,
        chilled_kw_per_k=task.rate,
        condenser_kw_per_k=rate,
        # At most 1 by its own formula; the quotient may miss that by the last bit.
        effectiveness=np.minimum(exchange / np.minimum(task.rate, rate), 1.0),
        most_kw=task.demand_kw,
    )
    entering_c = free.condenser_out_c
    chillers = run_chillers(
        plant.chiller,
        load_kw=task.demand_kw - free.duty_kw,
        # Machines several times too small leave water no chiller is made for: beyond every curve,
        # so flagged as extrapolated, and short.
        leaving_c=np.minimum(leaving_c, _HOTTEST_LEAVING_C),
        entering_c=np.clip(entering_c, plant.least_entering_c, _HOTTEST_CURVE_C),
        n_available=task.n_chillers,
        n_wanted=running,
    )
    used = np.where((chillers.n_running > 0) | (free.duty_kw > 0), pumps, 0.0)
    return _Pass(
        chillers=chillers,
        economizer_kw=free.duty_kw,
        entering_c=entering_c,
        pumps=used,
        cells=_cells(plant, task, rate),
        condenser_rate=rate,
        tower_kw=free.duty_kw
        + chillers.condenser_kw
        + used * pump.power_kw * pump.water_heat_ratio,
        tower_target_c=_tower_target(task, exchange),
    )


def _exchange(plant: ChilledPlant, task: _Task, condenser_rate: FloatArray) -> FloatArray:
    """Return the economizer's heat per kelvin between its inlets, 0 where it is bypassed."""
    smaller = np.minimum(task.rate, condenser_rate)
    share = effectiveness_counterflow(
        ntu=plant.economizer_kw_per_k / smaller,
        capacity_ratio=smaller / np.maximum(task.rate, condenser_rate),
    )
    return np.where(task.economizing, share * smaller, 0.0)


def _tower_target(task: _Task, exchange: FloatArray) -> FloatArray:
    needed_k = task.demand_kw / np.where(exchange > 0, exchange, 1.0)
    free_c = np.maximum(task.warm_c - needed_k, _COLDEST_CONDENSER_WATER_C)
    return np.where(exchange > 0, free_c, task.tower_target_c)


def _cells(plant: ChilledPlant, task: _Task, condenser_rate: FloatArray) -> FloatArray:
    most = np.floor(condenser_rate / (plant.least_water_ratio * plant.cell.rated_kw_per_k))
    return np.clip(most, 1.0, np.maximum(task.n_cells, 1.0))


def _leaving(task: _Task, step: _Pass) -> FloatArray:
    taken = step.economizer_kw + step.chillers.evaporator_kw
    return np.where(
        step.chillers.short,
        np.maximum(task.warm_c - taken / task.rate, task.target_c),
        task.target_c,
    )


def _water(plant: ChilledPlant, task: _Task, step: _Pass, towers: TowerState) -> WaterUse:
    evaporation = saturated_exit_evaporation(
        step.tower_kw, dry_air_kg_s=towers.dry_air_kg_s, air=task.air
    )
    return tower_water(
        evaporation_kg_s=evaporation,
        drift_kg_s=towers.drift_ratio * step.pumps * plant.condenser_pump.flow_kg_s,
        cycles_of_concentration=plant.cycles_of_concentration,
    )


def _state(
    plant: ChilledPlant,
    task: _Task,
    step: _Pass,
    tower_c: FloatArray,
) -> ChilledPlantState:
    towers = run_towers(
        plant.cell,
        heat_kw=step.tower_kw,
        water_kw_per_k=step.condenser_rate,
        set_point_c=step.tower_target_c,
        n_cells=step.cells,
        air=task.air,
    )
    water = _water(plant, task, step, towers)
    cooled = step.economizer_kw + step.chillers.evaporator_kw
    loop_heat = task.pump_kw * plant.chilled_pump.water_heat_ratio
    supply_c = task.warm_c - cooled / task.rate
    taken = np.where(task.demand_kw > 0, task.rate * (task.back_c - supply_c), cooled - loop_heat)
    condenser_pump_kw = step.pumps * plant.condenser_pump.power_kw
    electricity = step.chillers.power_kw + towers.fan_kw + condenser_pump_kw + task.pump_kw
    room_heat = (
        condenser_pump_kw * (1 - plant.condenser_pump.water_heat_ratio) + task.pump_kw - loop_heat
    )
    given_up = step.condenser_rate * (tower_c - towers.leaving_c) + step.tower_kw
    return ChilledPlantState(
        heat_kw=taken,
        unmet_kw=np.maximum(task.demand_kw - cooled, 0.0),
        supply_c=supply_c,
        return_c=task.back_c,
        economizer_kw=step.economizer_kw,
        economizer_ratio=step.economizer_kw / np.where(cooled > 0, cooled, 1.0),
        evaporator_kw=step.chillers.evaporator_kw,
        chiller_kw=step.chillers.power_kw,
        fan_kw=towers.fan_kw,
        condenser_pump_kw=condenser_pump_kw,
        chilled_pump_kw=task.pump_kw,
        electricity_kw=electricity,
        rejected_kw=step.tower_kw + towers.fan_kw,
        room_heat_kw=room_heat,
        condenser_entering_c=step.entering_c,
        tower_entering_c=towers.entering_c,
        tower_leaving_c=towers.leaving_c,
        air_ratio=towers.air_ratio,
        n_chillers_running=step.chillers.n_running,
        n_pumps_running=step.pumps,
        n_cells_running=np.where(step.pumps > 0, step.cells, 0.0),
        evaporation_m3_h=water.evaporation_m3_h,
        make_up_m3_h=water.make_up_m3_h,
        setpoint_met=~step.chillers.short & (supply_c <= task.target_c + _TOLERANCE_K),
        tower_setpoint_met=towers.setpoint_met,
        condenser_hot=(step.chillers.n_running > 0) & (step.entering_c > plant.hottest_entering_c),
        extrapolated=step.chillers.extrapolated | towers.extrapolated,
        residual_kw=taken + electricity - given_up - towers.fan_kw - room_heat,
    )


def _reshaped(state: ChilledPlantState, shape: tuple[int, ...]) -> ChilledPlantState:
    values = {f.name: getattr(state, f.name).reshape(shape) for f in fields(ChilledPlantState)}
    return ChilledPlantState(**values)
