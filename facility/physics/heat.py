"""Heat from the chips to the outdoor air: racks, halls, circuits and loops in one fixed point."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from facility.kernel.checks import FloatArray, IntArray
from facility.physics.cohorts import Cohort
from facility.physics.equipment import RackState, Surroundings, solve_rack
from facility.physics.fixed_point import Levels, settle_rows
from facility.physics.machines import (
    TOWER_SET_POINT_C,
    ChilledLoop,
    CircuitUnits,
    HallUnits,
    Machines,
    WarmLoop,
)
from thermal.physics.air_rack import AIR_KJ_PER_KG_K, dry_air_density
from thermal.physics.air_unit import AirUnitState, solve_air_units
from thermal.physics.cdu import CduState, solve_cdu
from thermal.physics.chilled_plant import ChilledPlantState, chilled_water_plant
from thermal.physics.fluids import water
from thermal.physics.plant import DryPlantState, dry_plant
from thermal.physics.pump import pump_power
from thermal.physics.room import hall_air
from thermal.physics.weather import OutdoorAir

TOLERANCE_K = 1e-7
_LEAST_AIR_RATIO = 0.1
"""Air units of a room turn no lower than this share of one unit's flow. Estimate."""


@dataclass(frozen=True, slots=True)
class HeatTask:
    """What is solved: racks, machines, weather, and heat that electrical losses put into rooms.

    ``fixed_kw`` states the input of one rack of each cohort where the operating point is given in
    kW and not in work; ``loss_kw`` is by hall.
    """

    cohorts: tuple[Cohort, ...]
    machines: Machines
    air: OutdoorAir
    utilisation: dict[str, FloatArray]
    loss_kw: Mapping[str, FloatArray]
    reference_c: float
    fixed_kw: tuple[float, ...] | None = None

    @property
    def n_times(self) -> int:
        """Points in time."""
        return self.air.dry_bulb_c.size

    def at(self, hours: IntArray) -> "HeatTask":
        """Return the task of some of the points in time."""
        return replace(
            self,
            air=self.air.at(hours),
            utilisation={name: use[hours] for name, use in self.utilisation.items()},
            loss_kw={name: loss[hours] for name, loss in self.loss_kw.items()},
        )


@dataclass(frozen=True, slots=True)
class HeatState:
    """The settled state; arrays over T, by cohort, hall, circuit, loop or machine."""

    racks: tuple[RackState, ...]
    levels: Levels
    supply_air_c: dict[str, FloatArray]
    machine_kw: dict[str, FloatArray]
    duty_kw: dict[str, FloatArray]
    unmet_kw: FloatArray
    water_m3_h: FloatArray
    residual_kw: FloatArray
    hours_off: dict[str, FloatArray]
    extrapolated: dict[str, FloatArray]
    condenser_hot: dict[str, FloatArray]
    passes: int

    @property
    def inlet_c(self) -> FloatArray:
        """Air entering the racks of each cohort, shape (cohorts, T). [°C]."""
        return self.levels.inlet_c

    @property
    def coolant_c(self) -> dict[str, FloatArray]:
        """Supply of each circuit. [°C]."""
        return self.levels.coolant_c

    @property
    def loop_c(self) -> dict[str, FloatArray]:
        """Supply of each loop. [°C]."""
        return self.levels.loop_c


@dataclass(frozen=True, slots=True)
class _Pass:
    """One evaluation of everything from given levels, and the levels that follow."""

    levels: Levels
    racks: tuple[RackState, ...]
    halls: dict[str, AirUnitState]
    circuits: dict[str, CduState]
    pumps_kw: dict[str, FloatArray]
    chilled: dict[str, ChilledPlantState]
    warm: dict[str, DryPlantState]


def solve_heat(task: HeatTask, *, start: HeatState | None = None) -> HeatState:
    """Find the temperatures at which every watt that enters leaves.

    Parameters
    ----------
    task : HeatTask
        What is solved.
    start : HeatState, optional
        A neighbouring answer to start from; saves passes, never changes the answer.

    Returns
    -------
    HeatState
        Arrays of shape (T,), or (cohorts, T).

    Raises
    ------
    ConvergenceError
        The temperatures did not settle to 1e-7 K.

    Notes
    -----
    Fixed point: air inlets and coolant give rack power, fans and heat; these give hall air,
    circuits and loops; these give the next inlets. Chip leakage and fan laws make it a strong
    contraction, a few passes in normal operation; short capacity and throttling chips do not, and
    are what the acceleration in `settle_rows` is for.
    """
    levels = _start(task) if start is None else start.levels
    rows = settle_rows(
        levels.rows,
        lambda part, hours: _evaluate(task.at(hours), levels.replaced(part)).levels.rows,
        tolerance_k=TOLERANCE_K,
        names=levels.names,
    )
    return _finish(task, _evaluate(task, levels.replaced(rows.rows)), rows.passes)


def _start(task: HeatTask) -> Levels:
    machines, flat = task.machines, np.ones(task.n_times)
    loops = {name: group.loop for name, group in (machines.chilled | machines.warm).items()}
    return Levels.of(
        inlets=[machines.halls[c.hall].air.supply_setpoint_c * flat for c in task.cohorts],
        coolant={n: c.circuit.supply_setpoint_c * flat for n, c in machines.circuits.items()},
        loops={name: loop.supply_setpoint_c * flat for name, loop in loops.items()},
        n_times=task.n_times,
    )


def _evaluate(task: HeatTask, levels: Levels) -> _Pass:
    machines = task.machines
    racks = tuple(_rack(task, levels, number) for number in range(len(task.cohorts)))
    inlet_c = levels.inlet_c.copy()
    halls: dict[str, AirUnitState] = {}
    for name, group in machines.halls.items():
        state = _hall(task, group, racks, levels, inlet_c)
        if state is not None:
            halls[name] = state
    circuits, pumps_kw = {}, {}
    for name, circuit in machines.circuits.items():
        pumps_kw[name], circuits[name] = _circuit(task, circuit, racks, levels)
    chilled = {
        name: _chilled(task, group, halls, machines) for name, group in machines.chilled.items()
    }
    warm = {name: _warm(task, group, circuits, machines) for name, group in machines.warm.items()}
    following = Levels.of(
        inlets=list(inlet_c),
        coolant={name: state.supply_c for name, state in circuits.items()},
        loops={name: state.supply_c for name, state in (chilled | warm).items()},
        n_times=task.n_times,
    )
    return _Pass(following, racks, halls, circuits, pumps_kw, chilled, warm)


def _rack(task: HeatTask, levels: Levels, number: int) -> RackState:
    cohort = task.cohorts[number]
    inlet_c = levels.inlet_c[number]
    around = Surroundings(
        utilisation=task.utilisation,
        inlet_c=inlet_c,
        coolant_c=inlet_c if cohort.circuit is None else levels.coolant_c[cohort.circuit],
        reference_c=task.reference_c,
    )
    state = solve_rack(cohort, around)
    return state if task.fixed_kw is None else state.fixed_at(task.fixed_kw[number])


def _hall(
    task: HeatTask,
    group: HallUnits,
    racks: tuple[RackState, ...],
    levels: Levels,
    inlet_c: FloatArray,
) -> AirUnitState | None:
    """Solve a hall's air and write the inlets of its cohorts; None where there is no heat."""
    loss = task.loss_kw.get(group.air.id, np.zeros(task.n_times))
    here = [k for k, cohort in enumerate(task.cohorts) if cohort.hall == group.air.id]
    full = group.rating.air_m3_s * len(group.units)
    if not here:
        return (
            _units(task, group, loss, _room_flow(task, group, loss), levels) if loss.any() else None
        )
    counts = np.asarray([task.cohorts[k].n_racks for k in here], dtype=np.float64)[:, None]
    flows = counts * np.stack([racks[k].air_flow_m3_s for k in here])
    heats = counts * np.stack([racks[k].air_kw for k in here])
    supply_flow = np.minimum(flows.sum(axis=0) * (1 + group.air.oversupply_ratio), full)
    state = _units(task, group, heats.sum(axis=0) + loss, supply_flow, levels)
    ends = np.asarray([task.cohorts[k].row_end for k in here], dtype=np.float64)
    weights = group.air.leakage_ratio + group.air.row_end_ratio * ends
    air = hall_air(
        supply_c=state.supply_c,
        supply_flow_m3_s=supply_flow,
        rack_flow_m3_s=flows,
        rack_heat_kw=heats,
        leakage_ratio=(flows * weights[:, None]).sum(axis=0) / flows.sum(axis=0),
        weights=np.maximum(weights, 1e-6),
        pressure_kpa=task.air.pressure_kpa,
    )
    inlet_c[here] = air.inlet_c
    return state


def _units(
    task: HeatTask,
    group: HallUnits,
    heat_kw: FloatArray,
    air_flow_m3_s: FloatArray,
    levels: Levels,
) -> AirUnitState:
    return solve_air_units(
        rating=group.rating,
        heat_kw=heat_kw,
        air_flow_m3_s=air_flow_m3_s,
        supply_set_c=group.air.supply_setpoint_c,
        water_in_c=levels.loop_c[group.units[0].loop],
        n_running=len(group.units),
        pressure_kpa=task.air.pressure_kpa,
    )


def _room_flow(task: HeatTask, group: HallUnits, heat: FloatArray) -> FloatArray:
    """Air for a room without racks: enough to return at the units' rated temperature."""
    pressure_kpa, full_m3_s = task.air.pressure_kpa, group.rating.air_m3_s * len(group.units)
    set_c = group.air.supply_setpoint_c
    rise_k = max(group.units[0].rated_return_c - set_c, 1.0)
    rate = dry_air_density(temperature_c=set_c, pressure_kpa=pressure_kpa) * AIR_KJ_PER_KG_K
    least = _LEAST_AIR_RATIO * group.rating.air_m3_s
    return np.clip(heat / (rate * rise_k), least, full_m3_s)


def _circuit(
    task: HeatTask, group: CircuitUnits, racks: tuple[RackState, ...], levels: Levels
) -> tuple[FloatArray, CduState]:
    here = [k for k, cohort in enumerate(task.cohorts) if cohort.circuit == group.circuit.id]
    zero = np.zeros(task.n_times)
    flow = sum((task.cohorts[k].n_racks * racks[k].coolant_flow_kg_s for k in here), zero)
    heat = sum((task.cohorts[k].n_racks * racks[k].liquid_kw for k in here), zero)
    unit, count = group.units[0], len(group.units)
    per_unit_ratio = flow / (count * unit.coolant_flow_kg_s)
    pump = pump_power(
        flow_kg_s=flow,
        pressure_kpa=group.circuit.external_drop_kpa + unit.internal_drop_kpa * per_unit_ratio**2,
        density_kg_m3=group.coolant.density_kg_m3,
        efficiency=unit.pump_efficiency_ratio,
    )
    # A circuit nobody is connected to stands still; the least rate only keeps the formula defined.
    rate = np.maximum(flow * group.coolant.specific_heat_kj_per_kg_k, 1e-3)
    state = solve_cdu(
        rating=group.rating,
        heat_kw=heat,
        pump_kw=pump,
        rack_kw_per_k=rate,
        supply_set_c=group.circuit.supply_setpoint_c,
        facility_in_c=levels.loop_c[unit.loop],
        n_running=count,
    )
    return np.asarray(pump), state


def _chilled(
    task: HeatTask, group: ChilledLoop, halls: dict[str, AirUnitState], machines: Machines
) -> ChilledPlantState:
    zero = np.zeros(task.n_times)
    mine = [s for name, s in halls.items() if machines.halls[name].units[0].loop == group.loop.id]
    heat = sum((state.coil_kw for state in mine), zero)
    rate = sum((state.water_kw_per_k for state in mine), zero)
    return chilled_water_plant(
        group.plant,
        heat_kw=heat,
        flow_kg_s=rate / float(water(group.loop.supply_setpoint_c).specific_heat_kj_per_kg_k),
        set_point_c=group.loop.supply_setpoint_c,
        tower_set_point_c=TOWER_SET_POINT_C,
        n_chillers=len(group.chillers),
        n_cells=len(group.towers),
        air=task.air,
    )


def _warm(
    task: HeatTask, group: WarmLoop, circuits: dict[str, CduState], machines: Machines
) -> DryPlantState:
    zero = np.zeros(task.n_times)
    mine = [
        state
        for name, state in circuits.items()
        if machines.circuits[name].units[0].loop == group.loop.id
    ]
    rate = sum((state.facility_kw_per_k for state in mine), zero)
    return dry_plant(
        group.plant,
        heat_kw=sum((state.duty_kw for state in mine), zero),
        flow_kg_s=rate / group.plant.specific_heat_kj_per_kg_k,
        set_point_c=group.loop.supply_setpoint_c,
        n_units=len(group.coolers),
        air=task.air,
    )


def _machine_powers(task: HeatTask, step: _Pass) -> dict[str, FloatArray]:
    """Spread the power of equal machines evenly over them, reserves included."""
    machines, zero = task.machines, np.zeros(task.n_times)
    powers: dict[str, FloatArray] = {}
    for name, hall in machines.halls.items():
        fan = step.halls[name].fan_kw if name in step.halls else zero
        powers |= {unit.id: fan / len(hall.units) for unit in hall.units}
    for name, circuit in machines.circuits.items():
        share = step.pumps_kw[name] / len(circuit.units)
        powers |= {unit.id: share for unit in circuit.units}
    for name, loop in machines.chilled.items():
        state = step.chilled[name]
        share = (state.chiller_kw + state.condenser_pump_kw) / len(loop.chillers)
        powers |= {unit.id: share for unit in loop.chillers}
        powers |= {unit.id: state.fan_kw / len(loop.towers) for unit in loop.towers}
        powers[loop.loop.pump_consumer] = state.chilled_pump_kw
    for name, warm in machines.warm.items():
        powers |= {unit.id: step.warm[name].fan_kw / len(warm.coolers) for unit in warm.coolers}
        powers[warm.loop.pump_consumer] = step.warm[name].pump_kw
    return powers


def _finish(task: HeatTask, step: _Pass, passes: int) -> HeatState:
    zero = np.zeros(task.n_times)
    powers = _machine_powers(task, step)
    plants: list[ChilledPlantState | DryPlantState] = [
        *step.chilled.values(),
        *step.warm.values(),
    ]
    entering = sum(
        (c.n_racks * r.input_kw for c, r in zip(task.cohorts, step.racks, strict=True)), zero
    )
    entering = entering + sum(task.loss_kw.values(), zero) + sum(powers.values(), zero)
    leaving = sum((p.rejected_kw + p.room_heat_kw + p.unmet_kw for p in plants), zero)
    off = {name: ~state.setpoint_met for name, state in (step.halls | step.circuits).items()}
    off |= {n: ~s.setpoint_met for n, s in (step.chilled | step.warm).items()}
    return HeatState(
        racks=step.racks,
        levels=step.levels,
        supply_air_c={name: state.supply_c for name, state in step.halls.items()},
        machine_kw=powers,
        duty_kw={
            **{name: state.coil_kw for name, state in step.halls.items()},
            **{name: state.duty_kw for name, state in step.circuits.items()},
            **{name: state.heat_kw for name, state in (step.chilled | step.warm).items()},
        },
        unmet_kw=sum((p.unmet_kw for p in plants), zero),
        water_m3_h=sum((p.make_up_m3_h for p in plants), zero),
        residual_kw=entering - leaving,
        hours_off={name: flags.astype(np.float64) for name, flags in off.items()},
        extrapolated={
            name: state.extrapolated.astype(np.float64) for name, state in step.chilled.items()
        },
        condenser_hot={
            name: state.condenser_hot.astype(np.float64) for name, state in step.chilled.items()
        },
        passes=passes,
    )
