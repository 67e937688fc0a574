"""The cooling machines of a stage, grouped as they work together, and their models."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from facility.kernel.errors import InputError, Problem
from facility.kernel.fields import Staged
from facility.physics.documents import FacilityInput
from thermal.physics.air_unit import AirUnitRating, rate_air_unit
from thermal.physics.cdu import CduRating, rate_cdu
from thermal.physics.chilled_plant import ChilledPlant
from thermal.physics.chiller import ChillerMachine
from thermal.physics.documents import (
    Cdu,
    Chiller,
    Circuit,
    CoolingInput,
    Crah,
    DryCooler,
    HallAir,
    Loop,
    Tower,
)
from thermal.physics.dry_cooler import DryCoolerUnit
from thermal.physics.dry_cooler import rated_conductance as cooler_conductance
from thermal.physics.fluids import (
    LiquidProperties,
    mass_ratio_of_volume,
    propylene_glycol,
    water,
)
from thermal.physics.plant import DryPlant, LoopPump
from thermal.physics.pump import pump_power
from thermal.physics.tower import TowerCell, rated_conductance

LOOP_STATIC_RATIO = 0.3
"""Share of a loop's head held at any flow by its differential-pressure control. Estimate."""
TOWER_SET_POINT_C = 18.0
"""Water the towers aim at: near the coldest that chillers accept. Estimate. [°C]"""
PG_VOLUME_RATIO = 0.25
"""PG25 on a data sheet is by volume."""

Machine = TypeVar("Machine", bound=Staged)
Item = TypeVar("Item", bound=Staged)
Group = TypeVar("Group")
Unit = Crah | Cdu | Chiller | Tower | DryCooler


@dataclass(frozen=True, slots=True)
class HallUnits:
    """The air units of one hall."""

    air: HallAir
    units: tuple[Crah, ...]
    rating: AirUnitRating


@dataclass(frozen=True, slots=True)
class CircuitUnits:
    """The CDUs of one circuit and the coolant in it."""

    circuit: Circuit
    units: tuple[Cdu, ...]
    rating: CduRating
    coolant: LiquidProperties


@dataclass(frozen=True, slots=True)
class ChilledLoop:
    """A chilled-water loop with its machines."""

    loop: Loop
    chillers: tuple[Chiller, ...]
    towers: tuple[Tower, ...]
    plant: ChilledPlant


@dataclass(frozen=True, slots=True)
class WarmLoop:
    """A warm-water loop with its coolers."""

    loop: Loop
    coolers: tuple[DryCooler, ...]
    plant: DryPlant


@dataclass(frozen=True, slots=True)
class Machines:
    """Everything that takes heat away at one stage, by hall, circuit and loop."""

    halls: dict[str, HallUnits]
    circuits: dict[str, CircuitUnits]
    chilled: dict[str, ChilledLoop]
    warm: dict[str, WarmLoop]


def machines(document: FacilityInput, stage: int) -> Machines:
    """Group the machines present at a stage and rate them.

    Raises
    ------
    InputError
        With every hall, circuit or loop that has no machine, unequal ones or an impossible
        rating, and every link that leads nowhere.
    """
    cooling = document.cooling
    finder = _Finder([unit for unit in cooling.units if unit.is_present(stage)])
    problems = _link_problems(cooling, stage)
    loops = [loop for loop in cooling.loops if loop.is_present(stage)]
    found = Machines(
        halls=_grouped(_hall, "halls", _present(cooling.halls, stage), finder, problems),
        circuits=_grouped(
            _circuit, "circuits", _present(cooling.circuits, stage), finder, problems
        ),
        chilled=_grouped(_chilled, "loops", _of_kind(loops, "chilled"), finder, problems),
        warm=_grouped(_warm, "loops", _of_kind(loops, "warm"), finder, problems),
    )
    if problems:
        raise InputError(problems)
    return found


def _present(items: Iterable[Item], stage: int) -> list[Item]:
    return [item for item in items if item.is_present(stage)]


def _of_kind(loops: Iterable[Loop], kind: str) -> list[Loop]:
    return [loop for loop in loops if loop.kind == kind]


def _grouped(
    build: "Callable[[Item, _Finder], Group]",
    place: str,
    items: Iterable[Item],
    finder: "_Finder",
    problems: list[Problem],
) -> dict[str, Group]:
    """Build a group for each item; what is wrong with one joins the problems of the others."""
    found = {}
    for item in items:
        try:
            found[item.id] = build(item, finder)
        except InputError as error:
            where = f"cooling.{place}[{item.id}]"
            problems += [
                problem
                if problem.path == where
                else Problem(f"{where}.{problem.path}", problem.code, problem.message)
                for problem in error.problems
            ]
    return found


class _Finder:
    """Finds equal machines by what they work on."""

    def __init__(self, units: Sequence[Staged]) -> None:
        self._units = units

    def equal(self, kind: type[Machine], attribute: str, name: str) -> tuple[Machine, ...]:
        found = tuple(
            unit
            for unit in self._units
            if isinstance(unit, kind) and getattr(unit, attribute) == name
        )
        path = f"cooling.{attribute}s[{name}]"
        if not found:
            raise InputError([Problem(path, "missing", f"has no {kind.__name__.lower()}")])
        bare = {"id", "from_stage", "until_stage"}
        if (
            len(
                {unit.model_copy(update={"id": ""}).model_dump_json(exclude=bare) for unit in found}
            )
            > 1
        ):
            message = f"its {kind.__name__.lower()}s differ; units on one duty must be equal"
            raise InputError([Problem(path, "unequal", message)])
        return found


def _hall(air: HallAir, finder: _Finder) -> HallUnits:
    units = finder.equal(Crah, "hall", air.id)
    first = units[0]
    heat = water(first.rated_water_c).specific_heat_kj_per_kg_k
    rating = rate_air_unit(
        duty_kw=first.rated_kw,
        return_c=first.rated_return_c,
        water_in_c=first.rated_water_c,
        air_m3_s=first.air_flow_m3_s,
        water_kw_per_k=first.water_flow_kg_s * float(heat),
        fan_kw=first.fan_kw,
        fan_exponent=first.fan_exponent,
    )
    return HallUnits(air, units, rating)


def _coolant(circuit: Circuit) -> LiquidProperties:
    if circuit.fluid == "water":
        return water(circuit.supply_setpoint_c)
    share = mass_ratio_of_volume(volume_ratio=PG_VOLUME_RATIO)
    return propylene_glycol(temperature_c=circuit.supply_setpoint_c, mass_ratio=share)


def _circuit(circuit: Circuit, finder: _Finder) -> CircuitUnits:
    units = finder.equal(Cdu, "circuit", circuit.id)
    first, coolant = units[0], _coolant(circuit)
    facility = water(circuit.supply_setpoint_c - first.rated_approach_k)
    rating = rate_cdu(
        duty_kw=first.rated_kw,
        approach_k=first.rated_approach_k,
        rack_kw_per_k=first.coolant_flow_kg_s * float(coolant.specific_heat_kj_per_kg_k),
        facility_kw_per_k=first.water_flow_kg_s * float(facility.specific_heat_kj_per_kg_k),
    )
    return CircuitUnits(circuit, units, rating, coolant)


def _loop_pump(loop: Loop, firm_kw: float) -> LoopPump:
    """Size the pumps of a loop for its firm duty at its design rise."""
    liquid = water(loop.supply_setpoint_c)
    flow = firm_kw / (float(liquid.specific_heat_kj_per_kg_k) * loop.design_rise_k)
    power = pump_power(
        flow_kg_s=flow,
        pressure_kpa=loop.pump_drop_kpa,
        density_kg_m3=liquid.density_kg_m3,
        efficiency=loop.pump_efficiency_ratio,
    )
    return LoopPump(flow_kg_s=flow, power_kw=float(power), static_ratio=LOOP_STATIC_RATIO)


def firm_kw(units: Sequence[Crah | Cdu | Chiller | Tower | DryCooler], n_redundant: int) -> float:
    """Return what equal units give with their reserve set aside. [kW]."""
    return max(len(units) - n_redundant, 1) * units[0].rated_kw


def _chilled(loop: Loop, finder: _Finder) -> ChilledLoop:
    chillers = finder.equal(Chiller, "loop", loop.id)
    towers = finder.equal(Tower, "loop", loop.id)
    machine, cell = chillers[0], towers[0]
    plant = ChilledPlant(
        chiller=ChillerMachine(rated_kw=machine.rated_kw, cop=machine.cop, curves=machine.curves),
        cell=TowerCell(
            rated_kw=cell.rated_kw,
            rated_in_c=cell.rated_in_c,
            rated_out_c=cell.rated_out_c,
            rated_wet_bulb_c=cell.rated_wet_bulb_c,
            air_flow_kg_s=cell.air_flow_kg_s,
            fan_kw=cell.fan_kw,
        ),
        chilled_pump=_loop_pump(loop, firm_kw(chillers, loop.n_redundant)),
        condenser_pump=LoopPump(machine.condenser_flow_kg_s, machine.condenser_pump_kw),
        economizer_kw_per_k=loop.economiser_kw_per_k,
        cycles_of_concentration=loop.cycles_of_concentration,
        specific_heat_kj_per_kg_k=float(water(loop.supply_setpoint_c).specific_heat_kj_per_kg_k),
    )
    rated_conductance(plant.cell)
    return ChilledLoop(loop, chillers, towers, plant)


def _warm(loop: Loop, finder: _Finder) -> WarmLoop:
    coolers = finder.equal(DryCooler, "loop", loop.id)
    first = coolers[0]
    unit = DryCoolerUnit(
        rated_kw=first.rated_kw,
        rated_in_c=first.rated_in_c,
        rated_out_c=first.rated_out_c,
        rated_air_c=first.rated_air_c,
        air_flow_kg_s=first.air_flow_kg_s,
        fan_kw=first.fan_kw,
        pad_effectiveness=first.pad_effectiveness,
        pad_above_c=first.pad_above_c,
        pad_fan_ratio=first.pad_fan_ratio,
    )
    cooler_conductance(unit)
    plant = DryPlant(
        unit=unit,
        pump=_loop_pump(loop, firm_kw(coolers, loop.n_redundant)),
        specific_heat_kj_per_kg_k=float(water(loop.supply_setpoint_c).specific_heat_kj_per_kg_k),
        cycles_of_concentration=loop.cycles_of_concentration,
    )
    return WarmLoop(loop, coolers, plant)


def _link_problems(cooling: CoolingInput, stage: int) -> list[Problem]:
    """Find units on a duty that is not there; air units want chilled, CDUs want warm water."""
    known = {
        "hall": {hall.id for hall in _present(cooling.halls, stage)},
        "circuit": {circuit.id for circuit in _present(cooling.circuits, stage)},
        "chilled loop": {loop.id for loop in _of_kind(_present(cooling.loops, stage), "chilled")},
        "warm loop": {loop.id for loop in _of_kind(_present(cooling.loops, stage), "warm")},
    }
    return [
        Problem(f"cooling.units[{unit.id}].{field}", "unknown", f"there is no {kind} {name!r}")
        for unit in _present(cooling.units, stage)
        for field, kind, name in _links(unit)
        if name not in known[kind]
    ]


def _links(unit: Unit) -> Iterator[tuple[str, str, str]]:
    """Yield field, kind and name of everything a unit works on."""
    if isinstance(unit, Crah):
        yield "hall", "hall", unit.hall
    if isinstance(unit, Cdu):
        yield "circuit", "circuit", unit.circuit
    water_kind = "warm loop" if isinstance(unit, Cdu | DryCooler) else "chilled loop"
    yield "loop", water_kind, unit.loop


def consumer_ids(found: Machines) -> tuple[str, ...]:
    """Return the consumers that feed the machines of a stage."""
    groups: list[ChilledLoop | WarmLoop] = [*found.chilled.values(), *found.warm.values()]
    units = [
        *(unit for hall in found.halls.values() for unit in hall.units),
        *(unit for circuit in found.circuits.values() for unit in circuit.units),
        *(unit for loop in found.chilled.values() for unit in (*loop.chillers, *loop.towers)),
        *(unit for loop in found.warm.values() for unit in loop.coolers),
    ]
    return (*(unit.id for unit in units), *(group.loop.pump_consumer for group in groups))
