"""One instant while the utility is away: who is on battery, what waits, and the flows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray, IntArray
from power.physics.contingency import State
from power.physics.documents import Battery, Conversion
from power.physics.network import Topology
from power.physics.standby.battery import POWER_TOLERANCE, split_kw, usable_of
from power.physics.standby.genset import derated_kw
from power.physics.standby.plan import StandbyPlan
from power.physics.standby.supply import (
    Plants,
    Site,
    Supply,
    loads_of,
    plants_of,
    solve_supply,
    topology_of,
)
from power.physics.standby.timeline import EventKind
from power.physics.switching import not_out

WALK_IN_STEPS = 4
"""A ramp is taken in so many equal steps, each at its mean, so that its energy is exact."""
TIME_TOLERANCE_S = 1e-6
EMPTY_KWH = 1e-9
CHARGING_RATIO = 0.95
"""Batteries fill on sets while these stay below this part of their derated rating (unverified)."""


class Mode(Enum):
    """Where a conversion takes its power from."""

    INPUT = "input"
    BATTERY = "battery"
    WALK_IN = "walk-in"
    OFF = "off"


@dataclass(slots=True)
class Condition:
    """Everything that changes from instant to instant, by name; ``notes`` wait to be dated."""

    site: Site
    plan: StandbyPlan
    depth: IntArray
    normal_input_kw: FloatArray
    left_kwh: dict[str, float]
    usable_kwh: dict[str, float]
    mode: dict[str, Mode]
    now_s: float = 0.0
    utilities: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()
    taken: set[str] = field(default_factory=set)
    walk_from_s: dict[str, float] = field(default_factory=dict)
    notes: list[tuple[EventKind, str, str]] = field(default_factory=list)

    @classmethod
    def full(cls, site: Site, plan: StandbyPlan, *, depth: IntArray, normal: State) -> "Condition":
        """Return the condition in normal operation: batteries full, conversions on their input."""
        columns = normal.columns
        works = normal.topology.conversion_live.tolist()
        usable = {item.id: usable_of(item) for items in site.stores.values() for item in items}
        return cls(
            site=site,
            plan=plan,
            depth=depth,
            normal_input_kw=columns.conversion_kva.real[:, 0] + columns.conversion_loss_kw[:, 0],
            left_kwh=dict(usable),
            usable_kwh=usable,
            mode={
                item.id: Mode.INPUT if is_live else Mode.OFF
                for item, is_live in zip(site.conversions, works, strict=True)
            },
        )

    def charged(self, conversion: str) -> list[Battery]:
        """Return the batteries of a conversion that still give something."""
        return [b for b in self.site.stores[conversion] if self.left_kwh[b.id] > EMPTY_KWH]

    def is_full(self, battery: Battery) -> bool:
        """Return whether nothing is missing."""
        return self.left_kwh[battery.id] >= self.usable_kwh[battery.id] - EMPTY_KWH

    def walk_in_share(self, conversion: Conversion) -> float:
        """Return the part of its load that the input of a conversion carries on its way back."""
        passed = self.now_s - self.walk_from_s[conversion.id]
        step = int((passed + TIME_TOLERANCE_S) / conversion.walk_in_s * WALK_IN_STEPS)
        return (min(step, WALK_IN_STEPS - 1) + 0.5) / WALK_IN_STEPS

    def note(self, kind: EventKind, name: str, text: str) -> None:
        """Keep an event until the powers after it are known."""
        self.notes.append((kind, name, text))


@dataclass(frozen=True, slots=True)
class Unit:
    """Something that sets take as a whole: a conversion, or the feeds of a consumer at a plant."""

    name: str
    plant: int
    kw: float
    step_kw: float


@dataclass(frozen=True, slots=True)
class Instant:
    """The flows of an instant; arrays in the order of the site.

    ``input_kw`` is what each conversion draws from its input or its battery together,
    ``battery_kw`` what each battery gives, negative while it fills, by name. ``plant_kva`` is
    given by all sets of each plant, ``coming_kw`` what they will give besides once all that walks
    in has done so, ``charging_kw`` what of it fills batteries.
    """

    state: State
    plants: Plants
    waiting: tuple[Unit, ...]
    dark: BoolArray
    input_kw: FloatArray
    battery_kw: dict[str, float]
    plant_kva: tuple[complex, ...]
    utility_kw: float
    coming_kw: tuple[float, ...]
    charging_kw: tuple[float, ...]

    def set_kva(self, site: Site) -> dict[str, complex]:
        """Return what each running set gives when the plants share by derated rating. [kVA]."""
        given: dict[str, complex] = {}
        for names, kva in zip(self.plants.sets, self.plant_kva, strict=True):
            total = sum(derated_kw(site.sets[name]) for name in names)
            for name in names:
                given[name] = kva * derated_kw(site.sets[name]) / total
        return given


def settle(condition: Condition) -> Plants:
    """Move every conversion whose input died or came back, in place; return what sets feed.

    What stands nearer to the grid moves first: a conversion behind another whose battery takes
    over never notices.
    """
    while True:
        topology = topology_of(condition.site, supply_of(condition))
        plants = plants_of(condition.site, topology, condition.running)
        fed = _fed(condition, topology, plants)
        lost = [
            i
            for i, item in enumerate(condition.site.conversions)
            if not fed[i] and condition.mode[item.id] in {Mode.INPUT, Mode.WALK_IN}
        ]
        if lost:
            first = min(int(condition.depth[i]) for i in lost)
            for i in lost:
                if condition.depth[i] == first:
                    _leave_input(condition, condition.site.conversions[i])
            continue
        back = [
            item
            for i, item in enumerate(condition.site.conversions)
            if fed[i] and condition.mode[item.id] in {Mode.BATTERY, Mode.OFF}
        ]
        if not back:
            return plants
        for item in back:
            _take_input(condition, item)


def supply_of(condition: Condition, waiting: frozenset[str] = frozenset()) -> Supply:
    """Return what feeds the network; ``waiting`` are feeds that the sets have not taken."""
    on_battery = {
        name for name, mode in condition.mode.items() if mode in {Mode.BATTERY, Mode.WALK_IN}
    }
    off = {name for name, mode in condition.mode.items() if mode is Mode.OFF}
    return Supply(
        utilities=condition.utilities,
        sets=condition.running,
        on_battery=frozenset(on_battery),
        out=frozenset(off) | waiting,
        closed=condition.closed,
        opened=condition.opened,
    )


def _fed(condition: Condition, topology: Topology, plants: Plants) -> BoolArray:
    """Return which conversions may take power from their own input."""
    node = condition.site.grid.conversions.input_node
    taken = np.array(
        [item.id in condition.taken for item in condition.site.conversions], dtype=np.bool_
    )
    there = not_out(condition.site.grid.conversions.ids, condition.site.out)
    return np.asarray(there & topology.node_live[node] & (taken | ~plants.reaches(node)))


def _leave_input(condition: Condition, item: Conversion) -> None:
    condition.taken.discard(item.id)
    if condition.charged(item.id):
        condition.mode[item.id] = Mode.BATTERY
        condition.note("battery_takes_over", item.id, "its input has no supply")
    else:
        condition.mode[item.id] = Mode.OFF
        condition.note("conversion_off", item.id, "no input and no charged battery")


def _take_input(condition: Condition, item: Conversion) -> None:
    was_on_battery = condition.mode[item.id] is Mode.BATTERY
    if was_on_battery and item.walk_in_s > 0 and condition.charged(item.id):
        condition.mode[item.id] = Mode.WALK_IN
        condition.walk_from_s[item.id] = condition.now_s
        condition.note("walk_in", item.id, f"its input takes the load over {item.walk_in_s:g} s")
    else:
        condition.mode[item.id] = Mode.INPUT
        text = "its input takes the load at once" if was_on_battery else "starts again"
        condition.note("conversion_on", item.id, text)


def solve_instant(condition: Condition) -> Instant:
    """Return the flows now; conversions whose batteries cannot give enough go off, in place."""
    site = condition.site
    while True:
        plants = settle(condition)
        condition.taken &= loads_of(site, plants).keys()
        held = _held_feeds(condition, plants)
        supply = supply_of(condition, held)
        state = solve_supply(site, supply, {})
        input_kw = state.columns.conversion_kva.real[:, 0] + state.columns.conversion_loss_kw[:, 0]
        weak = [i for i in site.battery_node if _is_too_weak(condition, i, float(input_kw[i]))]
        if not weak:
            break
        for i in weak:
            name = site.conversions[i].id
            condition.mode[name] = Mode.OFF
            condition.note("battery_too_small", name, f"it would have to give {input_kw[i]:.0f} kW")
    charging = _charging(condition, plants, _plant_kva(state, plants), input_kw)
    added = _added_kw(condition, charging, input_kw)
    if added:
        state = solve_supply(site, supply, added)
    return _instant(condition, state, plants, input_kw, charging)


def _is_too_weak(condition: Condition, number: int, input_kw: float) -> bool:
    item = condition.site.conversions[number]
    if condition.mode[item.id] is Mode.WALK_IN:
        input_kw *= 1.0 - condition.walk_in_share(item)
    elif condition.mode[item.id] is not Mode.BATTERY:
        return False
    limit = sum(battery.power_kw for battery in condition.charged(item.id))
    return input_kw > limit * (1.0 + POWER_TOLERANCE)


def _held_feeds(condition: Condition, plants: Plants) -> frozenset[str]:
    grid = condition.site.grid
    at_plant = np.flatnonzero(plants.reaches(grid.feeds.node)).tolist()
    owners = [grid.consumers[grid.feeds.consumer[i]].id for i in at_plant]
    return frozenset(
        grid.feeds.ids[i]
        for i, owner in zip(at_plant, owners, strict=True)
        if owner not in condition.taken
    )


def _charging(
    condition: Condition, plants: Plants, plant_kva: tuple[complex, ...], input_kw: FloatArray
) -> dict[str, float]:
    """Return what the batteries that fill now draw, by name; loads come before batteries."""
    sets = condition.site.sets
    room_kw = [np.inf] * len(plants.sets)
    if condition.plan.sheds:
        room_kw = [
            CHARGING_RATIO * sum(derated_kw(sets[name]) for name in names) - kva.real - coming
            for names, kva, coming in zip(
                plants.sets,
                plant_kva,
                _coming_kw(condition, plants, input_kw, whole=True),
                strict=True,
            )
        ]
    charging: dict[str, float] = {}
    for i in condition.site.battery_node:
        plant = int(plants.plant_of_node[condition.site.grid.conversions.input_node[i]])
        for battery in _to_charge(condition, i):
            if plant >= 0:
                if not condition.plan.recharges_on_sets or battery.recharge_kw > room_kw[plant]:
                    continue
                room_kw[plant] -= battery.recharge_kw
            charging[battery.id] = battery.recharge_kw
    return charging


def _to_charge(condition: Condition, number: int) -> list[Battery]:
    item = condition.site.conversions[number]
    if condition.mode[item.id] is not Mode.INPUT:
        return []
    return [
        battery
        for battery in condition.site.stores[item.id]
        if battery.recharge_kw > 0 and not condition.is_full(battery)
    ]


def _added_kw(
    condition: Condition, charging: dict[str, float], input_kw: FloatArray
) -> dict[str, float]:
    added: dict[str, float] = {}
    for i in condition.site.battery_node:
        item = condition.site.conversions[i]
        added[item.id] = sum(charging.get(b.id, 0.0) for b in condition.site.stores[item.id])
        if condition.mode[item.id] is Mode.WALK_IN:
            added[item.id] = float(input_kw[i]) * condition.walk_in_share(item)
    return {name: kw for name, kw in added.items() if kw > 0}


def _battery_kw(
    condition: Condition, charging: dict[str, float], input_kw: FloatArray
) -> dict[str, float]:
    given = dict.fromkeys(condition.left_kwh, 0.0) | {b: -kw for b, kw in charging.items()}
    for i in condition.site.battery_node:
        item = condition.site.conversions[i]
        mode, total = condition.mode[item.id], float(input_kw[i])
        if mode is Mode.WALK_IN:
            total *= 1.0 - condition.walk_in_share(item)
        if mode in {Mode.WALK_IN, Mode.BATTERY}:
            stores = condition.charged(item.id)
            parts = split_kw(total, [b.power_kw for b in stores], is_empty=[False] * len(stores))
            given.update(zip((b.id for b in stores), parts.tolist(), strict=True))
    return given


def _plant_kva(state: State, plants: Plants) -> tuple[complex, ...]:
    ids = state.topology.grid.sources.ids
    source = dict(zip(ids, state.columns.source_kva[:, 0].tolist(), strict=True))
    return tuple(sum((source[name] for name in names), 0j) for names in plants.sets)


def _instant(
    condition: Condition,
    state: State,
    plants: Plants,
    input_kw: FloatArray,
    charging: dict[str, float],
) -> Instant:
    site, columns = condition.site, state.columns
    source = dict(zip(site.grid.sources.ids, columns.source_kva[:, 0].tolist(), strict=True))
    owner = {b.id: item.id for item in site.conversions for b in site.stores[item.id]}
    loads = loads_of(site, plants)
    charging_kw = [0.0] * len(plants.sets)
    for name, kw in charging.items():
        if owner[name] in loads:
            charging_kw[loads[owner[name]]] += kw
    return Instant(
        state=state,
        plants=plants,
        waiting=tuple(_waiting(condition, plants, state.topology, input_kw)),
        dark=np.asarray(state.topology.consumer_dark[: site.power_kw.size]),
        input_kw=np.asarray(input_kw),
        battery_kw=_battery_kw(condition, charging, input_kw),
        plant_kva=_plant_kva(state, plants),
        utility_kw=float(sum(source[name].real for name in condition.utilities)),
        coming_kw=_coming_kw(condition, plants, input_kw, whole=False),
        charging_kw=tuple(charging_kw),
    )


def _coming_kw(
    condition: Condition, plants: Plants, input_kw: FloatArray, *, whole: bool
) -> tuple[float, ...]:
    """Return what each plant will carry besides when all that walks in has done so.

    ``whole`` counts what walks in from nothing, else from where it stands.
    """
    coming = [0.0] * len(plants.sets)
    for i in condition.site.battery_node:
        item = condition.site.conversions[i]
        plant = int(plants.plant_of_node[condition.site.grid.conversions.input_node[i]])
        if plant >= 0 and condition.mode[item.id] is Mode.WALK_IN:
            share = 0.0 if whole else condition.walk_in_share(item)
            coming[plant] += float(input_kw[i]) * (1.0 - share)
    return tuple(coming)


def _waiting(
    condition: Condition, plants: Plants, topology: Topology, input_kw: FloatArray
) -> Iterator[Unit]:
    site, grid = condition.site, condition.site.grid
    for i, item in enumerate(site.conversions):
        plant = int(plants.plant_of_node[grid.conversions.input_node[i]])
        if plant >= 0 and item.id not in condition.taken:
            kw = float(input_kw[i])
            if condition.mode[item.id] is Mode.OFF:
                kw = float(condition.normal_input_kw[i])
            walks = condition.mode[item.id] is Mode.BATTERY and item.walk_in_s > 0
            step_kw = kw / WALK_IN_STEPS if walks else kw
            yield Unit(item.id, plant, kw, step_kw)
    feeds = grid.feeds
    at_plant = plants.plant_of_node[feeds.node]
    live = topology.feed_share[: feeds.node.size] > 0
    for number in np.unique(feeds.consumer[at_plant >= 0]).tolist():
        consumer = grid.consumers[number]
        if consumer.id in condition.taken:
            continue
        own = feeds.consumer == number
        held = own & (at_plant >= 0)
        share = feeds.share[held].sum() / feeds.share[held | (own & live)].sum()
        kw = float(site.power_kw[number] * share)
        yield Unit(consumer.id, int(at_plant[held][0]), kw, kw)
