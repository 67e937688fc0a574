"""Loss of the utility as a course of events: batteries, generator sets, blocks, return."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import as_float
from facility.kernel.errors import ConvergenceError
from facility.kernel.units import L_PER_M3, S_PER_H
from power.physics.contingency import check_outages, checked_grid
from power.physics.documents import Genset, NetworkInput, Outage
from power.physics.standby.genset import derated_kw, fuel_use
from power.physics.standby.instant import (
    EMPTY_KWH,
    TIME_TOLERANCE_S,
    WALK_IN_STEPS,
    Condition,
    Instant,
    Mode,
    solve_instant,
)
from power.physics.standby.order import Block, check_plan, next_block, ranks
from power.physics.standby.plan import StandbyPlan
from power.physics.standby.record import Record
from power.physics.standby.supply import Site, Supply, loads_of, site_of, solve_supply, topology_of
from power.physics.standby.timeline import UtilityLoss, listed
from power.physics.switching import ALTERNATE

MOST_EVENTS = 5_000


def loss_of_utility(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    stage: int = 0,
    duration_s: float | None = None,
    plan: StandbyPlan | None = None,
    lost: Sequence[str] | None = None,
    out: Sequence[str] = (),
) -> UtilityLoss:
    """Return what happens from the loss of the utility to its return, or to steady operation.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    stage : int
        Number of the stage of the plan.
    duration_s : float, optional
        Time without the utility; None: it stays away, and the course ends when nothing changes
        any more. Fuel runs out only where a duration is given. [s]
    plan : StandbyPlan, optional
        What the controls do.
    lost : sequence of str, optional
        Grid connections that are lost; by default all.
    out : sequence of str
        Objects out of service all the time, as in a maintenance. What is dark for them counts
        as dark from the start.

    Returns
    -------
    UtilityLoss

    Raises
    ------
    InputError
        The network, a power or a name is not valid.
    ConvergenceError
        An instant has no solution.

    Notes
    -----
    Powers are constant between events, each by its own load flow. A running set is an ideal
    voltage at its node; the sets of a plant share by derated rating.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    checked_grid(network, power_kw, stage=stage)
    plan = plan or StandbyPlan()
    check_outages(network, [Outage(id="out", label="out", objects=tuple(out))] if out else [])
    site = site_of(
        network,
        power_kw,
        stage=stage,
        set_voltage_pu=plan.set_voltage_pu,
        out=frozenset(out),
    )
    gone = site.utilities if lost is None else frozenset(lost)
    check_plan(site, plan, gone, duration_s)
    return _Course.begin(site, plan, gone, duration_s).run()


def each_set_failing(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    stage: int = 0,
    duration_s: float | None = None,
    plan: StandbyPlan | None = None,
) -> dict[str, UtilityLoss]:
    """Return the loss of the utility once for every set that does not start, by its name.

    Parameters
    ----------
    network, consumer_kw, stage, duration_s, plan
        As in `loss_of_utility`; sets that fail by the plan fail besides.

    Raises
    ------
    InputError
        The network, a power or a name is not valid.
    ConvergenceError
        An instant has no solution.
    """
    plan = plan or StandbyPlan()
    answers: dict[str, UtilityLoss] = {}
    for item in network.gensets:
        if item.is_present(stage) and item.id not in plan.fails_to_start:
            failing = (*plan.fails_to_start, item.id)
            answers[item.id] = loss_of_utility(
                network,
                consumer_kw,
                stage=stage,
                duration_s=duration_s,
                plan=plan.model_copy(update={"fails_to_start": failing}),
            )
    return answers


@dataclass(slots=True)
class _Course:
    """The simulation; times of what is still to come are None where it does not come."""

    site: Site
    plan: StandbyPlan
    lost: frozenset[str]
    duration_s: float | None
    condition: Condition
    rank: dict[str, int]
    record: Record
    starts_s: dict[str, float] = field(default_factory=dict)
    fuel_l: dict[str, float] = field(default_factory=dict)
    shed: set[str] = field(default_factory=set)
    block_at_s: float | None = None
    returns_at_s: float | None = None
    leaves_sets_at_s: float | None = None
    gap_ends_at_s: float | None = None

    @classmethod
    def begin(
        cls, site: Site, plan: StandbyPlan, lost: frozenset[str], duration_s: float | None
    ) -> "_Course":
        everything = Supply(
            site.utilities, frozenset(), frozenset(), frozenset(), frozenset(), frozenset()
        )
        normal = solve_supply(site, everything, {})
        topology = normal.topology
        depth = topology.level_of_bus[topology.bus_of_node[site.grid.conversions.input_node]]
        condition = Condition.full(site, plan, depth=depth, normal=normal)
        stands_by = site.out | frozenset(site.sets) | frozenset(site.battery_source.values())
        return cls(
            site=site,
            plan=plan,
            lost=lost,
            duration_s=duration_s,
            condition=condition,
            rank=dict(ranks(site, plan, stands_by)),
            record=Record.of(site, plan, normal),
            fuel_l={
                name: item.fuel_m3 * L_PER_M3
                for name, item in site.sets.items()
                if item.fuel_m3 is not None and item.fuel_l_per_kwh is not None
            },
            returns_at_s=duration_s,
        )

    def run(self) -> UtilityLoss:
        """Go from event to event until none is left."""
        condition = self.condition
        condition.utilities = self.site.utilities - self.lost
        condition.note("utility_lost", "", ", ".join(sorted(self.lost)))
        instant = self._solve()
        self._call_sets(instant)
        self.record.take(condition, instant)
        for _ in range(MOST_EVENTS):
            at_s = min(self._coming(instant), default=None)
            if at_s is None:
                return self.record.finish(condition, instant, duration_s=self.duration_s)
            self._advance(instant, at_s)
            self._act(instant)
            instant = self._solve()
            self._plan_block(instant)
            self.record.take(condition, instant)
        raise ConvergenceError("loss of the utility", MOST_EVENTS, condition.now_s, 0.0)

    def _solve(self) -> Instant:
        """Return the flows now, with what the sets cannot carry left off, in place.

        Only the load that made the rest fit stays off; those before it may be taken again.
        """
        instant = solve_instant(self.condition)
        dropped = self._too_much(instant)
        while dropped is not None:
            last = dropped
            self.condition.taken.discard(last)
            self.condition.note("left_off", last, "the sets that run cannot carry it")
            instant = solve_instant(self.condition)
            dropped = self._too_much(instant)
            if dropped is None:
                self.shed.add(last)
        return instant

    def _too_much(self, instant: Instant) -> str | None:
        """Return the last load of a plant that carries more than its sets can."""
        if not self.plan.sheds:
            return None
        loads = loads_of(self.site, instant.plants)
        for plant, names in enumerate(instant.plants.sets):
            limit_kw = sum(derated_kw(self.site.sets[name]) for name in names)
            members = [name for name in self.condition.taken if loads[name] == plant]
            if instant.plant_kva[plant].real > limit_kw * (1.0 + 1e-6) and members:
                return max(members, key=lambda name: (self.rank[name], name))
        return None

    def _call_sets(self, instant: Instant) -> None:
        dead = ~instant.state.topology.node_live
        normal = self.record.normal.topology.node_live
        if not np.any(dead & normal):
            return
        number = {name: i for i, name in enumerate(self.site.grid.node_ids)}
        for name, item in self.site.sets.items():
            if instant.state.topology.node_live[number[item.node]]:
                continue
            self.condition.note("set_called", name, f"ready in {item.start_s:g} s")
            self.starts_s[name] = item.start_s

    # What comes next

    def _coming(self, instant: Instant) -> Iterator[float]:
        """Yield the times of everything that will happen if nothing happens before."""
        now_s = self.condition.now_s
        yield from self.starts_s.values()
        set_times = (
            self.block_at_s,
            self.returns_at_s,
            self.leaves_sets_at_s,
            self.gap_ends_at_s,
        )
        yield from (at_s for at_s in set_times if at_s is not None)
        yield from self._walk_steps()
        for name, kw in instant.battery_kw.items():
            if kw > 0:
                yield now_s + self.condition.left_kwh[name] / kw * S_PER_H
            elif kw < 0:
                yield now_s + self._missing_kwh(name) / self._stored_kw(name, -kw) * S_PER_H
        if self.returns_at_s is not None or self.leaves_sets_at_s is not None:
            for name, rate in self._burning(instant):
                yield now_s + self.fuel_l[name] / rate * S_PER_H

    def _walk_steps(self) -> Iterator[float]:
        for item in self.site.conversions:
            if self.condition.mode[item.id] is Mode.WALK_IN:
                from_s = self.condition.walk_from_s[item.id]
                length_s = item.walk_in_s / WALK_IN_STEPS
                passed = int((self.condition.now_s - from_s + TIME_TOLERANCE_S) / length_s)
                yield from_s + (passed + 1) * length_s

    def _missing_kwh(self, name: str) -> float:
        return self.condition.usable_kwh[name] - self.condition.left_kwh[name]

    def _stored_kw(self, name: str, drawn_kw: float) -> float:
        """Return by how much what a battery can give grows while it draws."""
        return drawn_kw * self.site.batteries[name].efficiency_ratio ** 2

    def _burning(self, instant: Instant) -> Iterator[tuple[str, float]]:
        for name, kva in instant.set_kva(self.site).items():
            item = self.site.sets[name]
            if name in self.fuel_l and item.fuel_l_per_kwh is not None:
                rate = float(
                    fuel_use(
                        max(kva.real, 0.0),
                        rating_kw=item.rating_kw,
                        fuel_l_per_kwh=item.fuel_l_per_kwh,
                    ).l_per_h
                )
                if rate > 0:
                    yield name, rate

    def _advance(self, instant: Instant, at_s: float) -> None:
        """Let the powers of an instant act until a time, in place."""
        condition = self.condition
        at_s = max(at_s, condition.now_s)
        hours = (at_s - condition.now_s) / S_PER_H
        for name, kw in instant.battery_kw.items():
            change = -kw if kw > 0 else self._stored_kw(name, -kw)
            left = condition.left_kwh[name] + change * hours
            left = 0.0 if left < EMPTY_KWH else left
            condition.left_kwh[name] = min(left, condition.usable_kwh[name])
        for name, rate in self._burning(instant):
            self.fuel_l[name] = max(self.fuel_l[name] - rate * hours, 0.0)
        self.record.advance(instant, condition.now_s, at_s)
        condition.now_s = at_s

    # What happens

    def _act(self, instant: Instant) -> None:
        """Do everything that is due, in place."""
        self._batteries(instant)
        self._walks()
        self._fuel(instant)
        for name in [n for n, at_s in self.starts_s.items() if self._is_due(at_s)]:
            self._start(name)
        if self._is_due(self.returns_at_s):
            self._utility_returns()
        if self._is_due(self.leaves_sets_at_s):
            self._leave_sets(instant)
        if self._is_due(self.gap_ends_at_s):
            self.gap_ends_at_s = None
            self.condition.utilities = self.site.utilities
        if self._is_due(self.block_at_s):
            self._take_block()

    def _is_due(self, at_s: float | None) -> bool:
        return at_s is not None and at_s <= self.condition.now_s + TIME_TOLERANCE_S

    def _batteries(self, instant: Instant) -> None:
        condition = self.condition
        for i in self.site.battery_node:
            item = self.site.conversions[i]
            for battery in self.site.stores[item.id]:
                kw = instant.battery_kw[battery.id]
                if kw > 0 and condition.left_kwh[battery.id] <= EMPTY_KWH:
                    condition.note("battery_empty", battery.id, f"behind {item.id}")
                elif kw < 0 and condition.is_full(battery):
                    condition.left_kwh[battery.id] = condition.usable_kwh[battery.id]
                    condition.note("battery_full", battery.id, f"behind {item.id}")
            if condition.charged(item.id):
                continue
            if condition.mode[item.id] is Mode.BATTERY:
                condition.mode[item.id] = Mode.OFF
                condition.note("conversion_off", item.id, "its batteries are empty")
            elif condition.mode[item.id] is Mode.WALK_IN:
                condition.mode[item.id] = Mode.INPUT
                condition.note("conversion_on", item.id, "its batteries are empty on the way back")

    def _walks(self) -> None:
        condition = self.condition
        for item in self.site.conversions:
            if condition.mode[item.id] is Mode.WALK_IN and self._is_due(
                condition.walk_from_s[item.id] + item.walk_in_s
            ):
                condition.mode[item.id] = Mode.INPUT
                condition.note("walk_in_done", item.id, "all on its input again")

    def _fuel(self, instant: Instant) -> None:
        for name, _rate in list(self._burning(instant)):
            if self.fuel_l[name] <= TIME_TOLERANCE_S:
                self.condition.running -= {name}
                self.condition.note("fuel_out", name, "its tank is empty")

    def _start(self, name: str) -> None:
        del self.starts_s[name]
        if name in self.plan.fails_to_start:
            self.condition.note("set_failed", name, "does not start")
            return
        self._close_switches(self.site.sets[name])
        self.shed.clear()
        self.condition.running |= {name}
        self.condition.note("set_ready", name, "ready for load")

    def _close_switches(self, genset: Genset) -> None:
        """Close the breakers of a set that is ready, but none at a board that the utility feeds."""
        condition, switches, plan = self.condition, self.site.grid.switches, self.plan
        for name in plan.opens:
            if name not in condition.opened:
                condition.note("switch_moves", name, "opens")
        condition.opened |= set(plan.opens)
        before = topology_of(self.site, _utilities_alone(condition))
        bus, is_fed = before.bus_of_node, before.node_live
        own = bus[self.site.grid.node_ids.index(genset.node)]
        for i, name in enumerate(switches.ids):
            ends = [switches.from_node[i], switches.to_node[i]]
            wanted = own in bus[ends] if plan.closes is None else name in plan.closes
            is_open = not switches.closed[i] and name not in condition.closed | condition.opened
            if wanted and is_open and not any(is_fed[ends]):
                condition.note("switch_moves", name, "closes")
                condition.closed |= {name}

    def _plan_block(self, instant: Instant) -> None:
        """Set the time of the next block where something waits that may still be taken."""
        self.record.left_off = tuple(sorted({unit.name for unit in instant.waiting}))
        block = self._block(instant)
        if not block.taken:
            self.block_at_s = None
        elif self.block_at_s is None:
            self.block_at_s = self.condition.now_s + self._transfer_s(instant)

    def _block(self, instant: Instant) -> Block:
        waiting = tuple(unit for unit in instant.waiting if unit.name not in self.shed)
        return next_block(
            self.condition,
            replace(instant, waiting=waiting),
            self.rank,
            more_sets=bool(self.starts_s),
        )

    def _transfer_s(self, instant: Instant) -> float:
        """Return the longest interruption of a transfer switch that stands on its alternate."""
        topology = instant.state.topology
        moved = set(np.array(topology.grid.transfers.ids)[topology.transfer_position == ALTERNATE])
        return max(
            (
                item.transfer_s
                for item in self.site.grid.network.transfer_switches
                if item.id in moved
            ),
            default=0.0,
        )

    def _take_block(self) -> None:
        condition = self.condition
        self.block_at_s = None
        current = solve_instant(condition)
        block = self._block(current)
        if not block.taken:
            return
        condition.taken |= {unit.name for unit in block.taken}
        kw = sum(unit.kw for unit in block.taken)
        names = listed([unit.name for unit in block.taken])
        condition.note("block", "", f"{kw:.0f} kW in {len(block.taken)}: {names}")
        for unit in block.too_large:
            condition.note("block_too_large", unit.name, f"one step of {unit.step_kw:.0f} kW")
        self.block_at_s = condition.now_s + self.plan.block_interval_s

    def _utility_returns(self) -> None:
        self.returns_at_s = None
        self.starts_s.clear()
        self.condition.note("utility_returns", "", ", ".join(sorted(self.lost)))
        wait_s = self.plan.retransfer_s if self.condition.running else 0.0
        self.leaves_sets_at_s = self.condition.now_s + wait_s

    def _leave_sets(self, instant: Instant) -> None:
        """Open the sets; transfer switches then interrupt on their way back."""
        condition = self.condition
        self.leaves_sets_at_s, self.block_at_s = None, None
        gap_s = self._transfer_s(instant) if condition.running else 0.0
        for name in sorted(condition.running):
            condition.note("set_stops", name, "loads return to the utility")
        condition.running, condition.closed, condition.opened = (
            frozenset(),
            frozenset(),
            frozenset(),
        )
        condition.taken.clear()
        if gap_s > 0:
            self.gap_ends_at_s = condition.now_s + gap_s
        else:
            condition.utilities = self.site.utilities


def _utilities_alone(condition: Condition) -> Supply:
    nothing = frozenset[str]()
    return Supply(
        utilities=condition.utilities,
        sets=nothing,
        on_battery=nothing,
        out=nothing,
        closed=condition.closed,
        opened=condition.opened,
    )
