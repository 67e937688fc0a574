"""Loss of the utility and voltage dips: sentences, batteries, generator sets, dark cooling."""

from dataclasses import dataclass

from facility.physics.documents import FacilityInput, Stage
from facility.physics.power_results import BatteryState, DarkCooling, DipResult, SetState
from facility.physics.results import StageResult
from facility.reports import numbers
from facility.reports.power_outages import listed
from facility.reports.power_timeline import Drawing, Moment, drawing, moments
from facility.reports.times import duration


@dataclass(frozen=True, slots=True)
class Batteries:
    """Batteries that do the same, told once."""

    members: tuple[BatteryState, ...]

    @property
    def first(self) -> BatteryState:
        """One of them."""
        return self.members[0]

    @property
    def names(self) -> str:
        """Which they are."""
        return listed([item.id for item in self.members], 4)

    @property
    def grade(self) -> str:
        """Over where they run empty."""
        return "good" if self.first.empty_at_s is None else "over"


@dataclass(frozen=True, slots=True)
class Sets:
    """Generator sets that carry the same, told once."""

    members: tuple[SetState, ...]

    @property
    def first(self) -> SetState:
        """One of them."""
        return self.members[0]

    @property
    def names(self) -> str:
        """Which they are."""
        return listed([item.id for item in self.members], 4)

    @property
    def flags(self) -> tuple[str, ...]:
        """What speaks against the way they run, in words."""
        item = self.first
        asked = (
            (item.ready_s is None, "does not run"),
            (max(item.kw_ratio, item.kva_ratio) > 1.0, "over its rating"),
            (item.largest_step_kw > item.allowed_step_kw, "step too large"),
            (item.is_low_load, "low load"),
            (item.is_leading, "leading power factor"),
            (not item.average_ok, "above its allowed average"),
            (not item.hours_ok, "too many hours"),
        )
        return tuple(text for holds, text in asked if holds)

    @property
    def grade(self) -> str:
        """Over, near for a flag, or good."""
        heavy = {"does not run", "over its rating", "step too large"}
        if heavy & set(self.flags):
            return "over"
        return "near" if self.flags else "good"


@dataclass(frozen=True, slots=True)
class Cooling:
    """Cooling of one sort that is dark over the same time."""

    title: str
    n_objects: int
    power_kw: float
    span: DarkCooling

    @property
    def lasts(self) -> str:
        """How long it is dark, in words."""
        if self.span.until_s is None:
            return "to the end"
        return duration(self.span.until_s - self.span.from_s)


def batteries_of(stage: StageResult) -> tuple[Batteries, ...]:
    """Return batteries, those alike together, the shortest autonomy first."""
    loss = stage.power.utility_loss
    alike: dict[tuple[object, ...], list[BatteryState]] = {}
    for item in loss.batteries if loss else ():
        key = (
            _rounded(item.usable_kwh),
            _rounded(item.autonomy_s),
            _rounded(item.largest_kw),
            _rounded(item.empty_at_s),
        )
        alike.setdefault(key, []).append(item)
    found = [Batteries(tuple(group)) for group in alike.values()]
    return tuple(sorted(found, key=lambda item: item.first.autonomy_s or float("inf")))


def sets_of(stage: StageResult) -> tuple[Sets, ...]:
    """Return generator sets, those alike together, what needs a look first."""
    loss = stage.power.utility_loss
    alike: dict[tuple[object, ...], list[SetState]] = {}
    for item in loss.sets if loss else ():
        flags = (item.is_low_load, item.is_leading, item.average_ok, item.hours_ok)
        key = (_rounded(item.active_kw), _rounded(item.reactive_kvar), item.ready_s, flags)
        alike.setdefault(key, []).append(item)
    found = [Sets(tuple(group)) for group in alike.values()]
    order = {"over": 0, "near": 1, "good": 2}
    return tuple(sorted(found, key=lambda item: (order[item.grade], -item.first.kw_ratio)))


def _rounded(value: float | None) -> str:
    """Return three digits: what differs by less reads the same."""
    return numbers.number(value)


def cooling_of(stage: StageResult) -> tuple[Cooling, ...]:
    """Return dark cooling by sort and time, the longest darkness first."""
    loss = stage.power.utility_loss
    alike: dict[tuple[object, ...], list[DarkCooling]] = {}
    for item in loss.cooling_dark if loss else ():
        title = item.consumer.rstrip("0123456789").rstrip("-")
        until = None if item.until_s is None else round(item.until_s, 1)
        alike.setdefault((title, round(item.from_s, 1), until), []).append(item)
    found = [
        Cooling(str(key[0]), len(group), sum(item.power_kw for item in group), group[0])
        for key, group in alike.items()
    ]
    return tuple(sorted(found, key=_darkest))


def _darkest(item: Cooling) -> tuple[float, float]:
    until_s = float("inf") if item.span.until_s is None else item.span.until_s
    return (item.span.from_s - until_s, -item.power_kw)


@dataclass(frozen=True, slots=True)
class Failure:
    """The loss of the utility as its page shows it."""

    drawing: Drawing
    moments: tuple[Moment, ...]
    batteries: tuple[Batteries, ...]
    sets: tuple[Sets, ...]
    cooling: tuple[Cooling, ...]


def failure_of(stage: StageResult) -> Failure | None:
    """Return the loss of the utility; None where it was not asked for."""
    loss = stage.power.utility_loss
    if loss is None:
        return None
    return Failure(
        drawing(loss), moments(loss), batteries_of(stage), sets_of(stage), cooling_of(stage)
    )


def answer(stage: StageResult) -> tuple[str, ...]:
    """Return what the loss of the utility and the dips lead to, the worst first."""
    return tuple(text for text in (_racks(stage), _supplies(stage), dips_answer(stage)) if text)


def _racks(stage: StageResult) -> str:
    loss = stage.power.utility_loss
    if loss is None:
        return ""
    away = "stays away" if loss.duration_s is None else f"is away for {duration(loss.duration_s)}"
    if loss.racks_dark_from_s is None:
        return (
            f"When the utility {away}, no rack goes dark; most without supply at any time is "
            f"{numbers.kw(loss.lost_most_kw)}."
        )
    end = (
        f"{numbers.fixed(loss.n_racks_dark_at_end)} are dark at the end"
        if loss.n_racks_dark_at_end
        else "none is dark once it is back"
    )
    return (
        f"When the utility {away}, racks go dark from {duration(loss.racks_dark_from_s)} on: "
        f"{numbers.fixed(loss.n_racks_lost_most)} racks and {numbers.kw(loss.lost_most_kw)} at "
        f"most; {end}."
    )


def _supplies(stage: StageResult) -> str:
    loss = stage.power.utility_loss
    if loss is None:
        return ""
    ready = [item.ready_s for item in loss.sets if item.ready_s is not None]
    lasts = [item.autonomy_s for item in loss.batteries if item.autonomy_s is not None]
    fuel = [item.fuel_autonomy_h for item in loss.sets if item.fuel_autonomy_h is not None]
    empty = sum(item.empty_at_s is not None for item in loss.batteries)
    parts = []
    if lasts:
        ran = f", {empty} of {len(loss.batteries)} run empty" if empty else ", none runs empty"
        parts.append(f"the first battery lasts {duration(min(lasts))}{ran}")
    if ready:
        parts.append(f"{len(ready)} generator sets are ready after {duration(max(ready))}")
    if fuel:
        parts.append(f"fuel lasts {numbers.number(min(fuel))}{numbers.THIN}h")
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}." if said else "No battery and no generator set is there."


def dips_answer(stage: StageResult) -> str:
    """Return what the dips take off the grid."""
    dips = stage.power.dips
    if dips is None:
        return ""
    first = dips.dips[0]
    what = (
        f"{len(dips.dips)} dips to {first.residual_pu:g}{numbers.THIN}p.u. of "
        f"{duration(first.duration_s)}"
    )
    if dips.largest_left_kw <= 0:
        return f"{what} take nothing off the grid."
    return (
        f"{what} take {numbers.kw(dips.largest_left_kw)} of {numbers.kw(dips.site_kw)} off the "
        f"grid at once{_locked(dips)}."
    )


def _locked(dips: DipResult) -> str:
    if not dips.n_ups_locked:
        return "; all of it returns"
    lasts = (
        f", the first battery for {duration(dips.shortest_lock_s)}" if dips.shortest_lock_s else ""
    )
    return f"; {dips.n_ups_locked} of {dips.n_ups} UPS then stay on battery{lasts}"


def stages_asked(document: FacilityInput, kind: str) -> tuple[Stage, ...]:
    """Return the stages that an analysis of a kind was asked for."""
    asked = {number for item in document.analyses if item.kind == kind for number in item.stages}
    return tuple(stage for number, stage in enumerate(document.stages) if number in asked)
