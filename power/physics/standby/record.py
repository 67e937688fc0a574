"""Keeps what a course of events shows: events, spans without supply, the worst of every object."""

from dataclasses import dataclass, field

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.units import S_PER_H
from power.physics.contingency import State
from power.physics.documents import Genset
from power.physics.standby.battery import autonomy
from power.physics.standby.genset import (
    LOW_LOAD_RATIO,
    derated_kva,
    derated_kw,
    fuel_autonomy_h,
    fuel_use,
    is_leading,
    largest_step_kw,
    rating_use,
    transient_dip_pu,
)
from power.physics.standby.instant import Condition, Instant, Mode
from power.physics.standby.loads import ratios_of
from power.physics.standby.plan import StandbyPlan
from power.physics.standby.supply import Site
from power.physics.standby.timeline import (
    BatteryUse,
    Course,
    DarkSpan,
    Event,
    Overload,
    SetUse,
    TransferMove,
    UtilityLoss,
    listed,
)
from power.physics.switching import POSITIONS

OVERLOAD_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class _Interval:
    """What an instant gives and takes while it holds."""

    start_s: float
    end_s: float
    served_kw: float
    lost_racks: int
    utility_kw: float
    battery_kw: dict[str, float]
    set_kw: dict[str, float]

    @classmethod
    def of(cls, site: Site, instant: Instant, start_s: float, end_s: float) -> "_Interval":
        consumers = site.grid.consumers
        return cls(
            start_s=start_s,
            end_s=end_s,
            served_kw=_served_kw(site, instant),
            lost_racks=sum(consumers[i].kind == "rack" for i in np.flatnonzero(instant.dark)),
            utility_kw=instant.utility_kw,
            battery_kw=instant.battery_kw,
            set_kw={name: kva.real for name, kva in instant.set_kva(site).items()},
        )


@dataclass(slots=True)
class Record:
    """Fills from instant to instant."""

    site: Site
    plan: StandbyPlan
    normal: State
    events: list[Event] = field(default_factory=list)
    intervals: list[_Interval] = field(default_factory=list)
    spans: list[DarkSpan] = field(default_factory=list)
    dark_from_s: dict[int, float] = field(default_factory=dict)
    at_once: frozenset[int] | None = None
    moves: list[TransferMove] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    overloads: dict[tuple[str, str], Overload] = field(default_factory=dict)
    first_autonomy_s: dict[str, float] = field(default_factory=dict)
    empty_at_s: dict[str, float] = field(default_factory=dict)
    full_at_s: dict[str, float] = field(default_factory=dict)
    ready_s: dict[str, float] = field(default_factory=dict)
    set_kva: dict[str, complex] = field(default_factory=dict)
    last_kva: dict[str, complex] = field(default_factory=dict)
    step_kw: dict[str, float] = field(default_factory=dict)
    dip_pu: dict[str, float] = field(default_factory=dict)
    left_off: tuple[str, ...] = ()

    @classmethod
    def of(cls, site: Site, plan: StandbyPlan, normal: State) -> "Record":
        """Return an empty record that starts from normal operation."""
        ids = normal.topology.grid.transfers.ids
        positions = dict(zip(ids, normal.topology.transfer_position.tolist(), strict=True))
        return cls(site=site, plan=plan, normal=normal, positions=positions)

    def take(self, condition: Condition, instant: Instant) -> None:
        """Note what is new at an instant, and date the events that led to it."""
        at_s = condition.now_s
        self._take_dark(condition, instant, at_s)
        self._take_transfers(condition, instant, at_s)
        self._take_overloads(instant, at_s)
        self._take_sets(instant)
        if not self.intervals:
            self._take_autonomy(condition, instant)
        for kind, name, _text in condition.notes:
            if kind == "battery_empty":
                self.empty_at_s.setdefault(name, at_s)
            elif kind == "battery_full":
                self.full_at_s[name] = at_s
            elif kind == "set_ready":
                self.ready_s[name] = at_s
        served_kw = _served_kw(self.site, instant)
        given_kw = sum(kw for kw in instant.battery_kw.values() if kw > 0)
        self.events += [
            Event(
                at_s=at_s,
                kind=kind,
                object=name,
                text=text,
                lost_kw=float(self.site.power_kw.sum()) - served_kw,
                battery_kw=given_kw,
                genset_kw=sum(kva.real for kva in instant.plant_kva),
                utility_kw=instant.utility_kw,
            )
            for kind, name, text in condition.notes
        ]
        condition.notes.clear()

    def advance(
        self, instant: Instant, from_s: float, until_s: float, *, is_last: bool = False
    ) -> None:
        """Let the powers of an instant hold for a while."""
        if until_s > from_s or is_last:
            self.intervals.append(_Interval.of(self.site, instant, from_s, until_s))

    def _take_dark(self, condition: Condition, instant: Instant, at_s: float) -> None:
        now = set(np.flatnonzero(instant.dark).tolist())
        if self.at_once is None:
            self.at_once = frozenset(now)
        new = sorted(now - self.dark_from_s.keys())
        back = sorted(self.dark_from_s.keys() - now)
        for i in back:
            self._close(i, at_s)
        for i in new:
            self.dark_from_s[i] = at_s
        if new:
            condition.note("dark", "", self._names(new))
        if back:
            condition.note("returns", "", self._names(back))

    def _names(self, numbers: list[int]) -> str:
        consumers = self.site.grid.consumers
        parts = []
        for kind, word in (("rack", "rack(s)"), ("cooling", "cooling"), ("house", "house load(s)")):
            names = [consumers[i].id for i in numbers if consumers[i].kind == kind]
            if names:
                parts.append(f"{len(names)} {word} ({listed(names)})")
        kw = self.site.power_kw[numbers].sum()
        return f"{kw:.0f} kW: {'; '.join(parts)}"

    def _close(self, number: int, until_s: float | None) -> None:
        consumer = self.site.grid.consumers[number]
        self.spans.append(
            DarkSpan(
                consumer=consumer.id,
                kind=consumer.kind,
                power_kw=float(self.site.power_kw[number]),
                from_s=self.dark_from_s.pop(number),
                until_s=until_s,
            )
        )

    def _take_transfers(self, condition: Condition, instant: Instant, at_s: float) -> None:
        topology = instant.state.topology
        lasts = {item.id: item.transfer_s for item in self.site.grid.network.transfer_switches}
        now = zip(topology.grid.transfers.ids, topology.transfer_position.tolist(), strict=True)
        for name, position in now:
            if position != self.positions[name]:
                self.positions[name] = position
                word = POSITIONS[position]
                self.moves.append(TransferMove(name, at_s, word, lasts[name]))
                condition.note("transfer", name, f"to {word}")

    def _take_overloads(self, instant: Instant, at_s: float) -> None:
        grid = instant.state.topology.grid
        count = len(grid.consumers) - self.site.power_kw.size
        power = np.concatenate([self.site.power_kw, np.zeros(count)])
        for word, ids, ratio in ratios_of(instant.state, power):
            for i in np.flatnonzero(ratio > 1.0 + OVERLOAD_TOLERANCE).tolist():
                self._overload(word, ids[i], float(ratio[i]), at_s)
        for name, kva in instant.set_kva(self.site).items():
            ratio_of_set = _ratio(self.site.sets[name], kva)
            if ratio_of_set > 1.0 + OVERLOAD_TOLERANCE:
                self._overload("genset", name, ratio_of_set, at_s)

    def _overload(self, kind: str, name: str, ratio: float, at_s: float) -> None:
        before = self.overloads.get((kind, name))
        if before is None or ratio > before.ratio * (1.0 + OVERLOAD_TOLERANCE):
            self.overloads[kind, name] = Overload(kind, name, ratio, at_s)

    def _take_sets(self, instant: Instant) -> None:
        given = instant.set_kva(self.site)
        for names in instant.plants.sets:
            step = sum((given[name] - self.last_kva.get(name, 0j) for name in names), 0j)
            if step.real <= 0:
                continue
            sets = [self.site.sets[name] for name in names]
            dip = transient_dip_pu(
                abs(step),
                running_kva=sum(derated_kva(item) for item in sets),
                transient_ratio=self.plan.transient_ratio,
            )
            total_kw = sum(derated_kw(item) for item in sets)
            for item in sets:
                own_kw = step.real * derated_kw(item) / total_kw
                self.step_kw[item.id] = max(self.step_kw.get(item.id, 0.0), own_kw)
                self.dip_pu[item.id] = max(self.dip_pu.get(item.id, 0.0), float(dip))
        self.last_kva = given
        self.set_kva.update(given)

    def _take_autonomy(self, condition: Condition, instant: Instant) -> None:
        """Note how long the batteries carry the load they are called with."""
        table = self.site.grid.conversions
        output_kw = instant.state.columns.conversion_kva.real[:, 0]
        for i in self.site.battery_node:
            item = self.site.conversions[i]
            mode, stores = condition.mode[item.id], self.site.stores[item.id]
            if mode is Mode.BATTERY:
                whole = autonomy(
                    output_kw[i],
                    rating_kw=table.rating_kw[i],
                    coefficients=table.coefficients[i],
                    energy_kwh=sum(condition.usable_kwh[b.id] for b in stores),
                    power_kw=sum(b.power_kw for b in stores),
                )
                seconds = float(whole.duration_s)
            else:
                seconds = 0.0
            if mode is not Mode.INPUT:
                self.first_autonomy_s.update(dict.fromkeys((b.id for b in stores), seconds))

    def finish(
        self, condition: Condition, instant: Instant, *, duration_s: float | None
    ) -> UtilityLoss:
        """Return the whole answer."""
        self.advance(instant, condition.now_s, condition.now_s, is_last=True)
        dark_at_end = instant.dark.copy()
        for number in sorted(self.dark_from_s):
            self._close(number, None)
        at_once = np.zeros(dark_at_end.size, dtype=np.bool_)
        at_once[sorted(self.at_once or ())] = True
        order = {item.id: i for i, item in enumerate(self.site.grid.consumers)}
        self.spans.sort(key=lambda span: (span.from_s, order[span.consumer]))
        return UtilityLoss(
            events=tuple(self.events),
            course=self._course(),
            consumers=tuple(item.id for item in self.site.grid.consumers),
            dark_at_once=at_once,
            dark_at_end=dark_at_end,
            dark=tuple(self.spans),
            transfers=tuple(self.moves),
            overloads=tuple(sorted(self.overloads.values(), key=lambda o: -o.ratio)),
            batteries=tuple(self._batteries(condition)),
            sets=tuple(self._set(name, duration_s) for name in self.site.sets),
            left_off=self.left_off,
            assumptions=tuple(_assumptions(self.site)),
        )

    def _course(self) -> Course:
        whole = self.intervals
        return Course(
            start_s=np.array([i.start_s for i in whole], dtype=np.float64),
            end_s=np.array([i.end_s for i in whole], dtype=np.float64),
            wanted_kw=float(self.site.power_kw.sum()),
            served_kw=np.array([i.served_kw for i in whole], dtype=np.float64),
            lost_racks=np.array([i.lost_racks for i in whole], dtype=np.int64),
            utility_kw=np.array([i.utility_kw for i in whole], dtype=np.float64),
            battery_kw=_table(list(self.site.batteries), [i.battery_kw for i in whole]),
            genset_kw=_table(list(self.site.sets), [i.set_kw for i in whole]),
        )

    def _batteries(self, condition: Condition) -> list[BatteryUse]:
        course = self._course()
        hours = (course.end_s - course.start_s) / S_PER_H
        uses = []
        owner = {b.id: name for name, items in self.site.stores.items() for b in items}
        for i, name in enumerate(self.site.batteries):
            kw = course.battery_kw[i]
            uses.append(
                BatteryUse(
                    id=name,
                    conversion=owner[name],
                    usable_kwh=condition.usable_kwh[name],
                    autonomy_s=self.first_autonomy_s.get(name),
                    largest_kw=float(kw.max(initial=0.0)),
                    given_kwh=float((np.maximum(kw, 0.0) * hours).sum()),
                    taken_kwh=float((np.maximum(-kw, 0.0) * hours).sum()),
                    left_kwh=condition.left_kwh[name],
                    empty_at_s=self.empty_at_s.get(name),
                    full_at_s=self.full_at_s.get(name),
                )
            )
        return uses

    def _set(self, name: str, duration_s: float | None) -> SetUse:
        item, kva = self.site.sets[name], self.set_kva.get(name, 0j)
        runs, ready_s = name in self.set_kva, self.ready_s.get(name)
        kw_ratio = kva.real / derated_kw(item)
        run_s = 0.0 if duration_s is None or ready_s is None else max(duration_s - ready_s, 0.0)
        use = rating_use(item.rating_class, average_ratio=max(kw_ratio, 0.0), run_h=run_s / S_PER_H)
        burnt, lasts = _fuel(item, kva.real)
        return SetUse(
            id=name,
            ready_s=ready_s,
            kw=kva.real,
            kvar=kva.imag,
            kw_ratio=kw_ratio,
            kva_ratio=abs(kva) / derated_kva(item),
            largest_step_kw=self.step_kw.get(name, 0.0),
            allowed_step_kw=largest_step_kw(item),
            dip_pu=self.dip_pu.get(name, 0.0),
            is_low_load=runs and kva.real / item.rating_kw < LOW_LOAD_RATIO,
            is_leading=bool(is_leading(kva.real, reactive_kvar=kva.imag)),
            average_ok=bool(use.average_ok),
            hours_ok=bool(use.hours_ok),
            fuel_l_per_h=burnt,
            fuel_autonomy_h=lasts,
        )


def _served_kw(site: Site, instant: Instant) -> float:
    return float(site.power_kw[~instant.dark].sum())


def _ratio(genset: Genset, kva: complex) -> float:
    return max(kva.real / derated_kw(genset), abs(kva) / derated_kva(genset))


def _table(names: list[str], columns: list[dict[str, float]]) -> FloatArray:
    """Return one row for each name and one column for each mapping, 0 where it has none."""
    rows = [[column.get(name, 0.0) for column in columns] for name in names]
    return np.array(rows, dtype=np.float64).reshape(len(names), len(columns))


def _fuel(genset: Genset, kw: float) -> tuple[float | None, float | None]:
    if genset.fuel_l_per_kwh is None or kw <= 0:
        return None, None
    rate = fuel_use(kw, rating_kw=genset.rating_kw, fuel_l_per_kwh=genset.fuel_l_per_kwh).l_per_h
    if genset.fuel_m3 is None:
        return float(rate), None
    return float(rate), float(fuel_autonomy_h(genset.fuel_m3, l_per_h=rate))


def _assumptions(site: Site) -> list[str]:
    """Say what the document leaves open and what was taken for it."""
    said = [
        f"{item.id}: no battery is stated, so it goes off with its input"
        for item in site.conversions
        if not site.stores[item.id]
    ]
    said += [
        f"{item.id}: a battery at a node does not form a network of its own here"
        for item in site.grid.network.batteries
        if item.node is not None and item.role == "ride_through"
    ]
    for item in site.sets.values():
        if item.fuel_m3 is None or item.fuel_l_per_kwh is None:
            said.append(f"{item.id}: tank or consumption is not stated; no fuel autonomy")
    return said
