"""Headroom as space: one bar for each step of the chain, from the grid contract to the rack."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from facility.physics.documents import FacilityInput
from facility.physics.results import LimitRow, ObjectLoad, StageResult
from facility.reports.levels import LEVELS, level_of, levels
from facility.reports.words import grade, state_words
from thermal.physics.documents import CoolingUnit

FILLS: Mapping[str, str] = {
    "used": "Used, normal",
    "planned": "Planned",
    "reserve": "Failover reserve",
    "held": "Reserved",
    "stranded": "Stranded",
    "free": "Free",
    "over": "Over the limit",
}
_SHOWN = tuple(level for level in LEVELS if level != "switch")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar; shares are of the rating."""

    fill: str
    amount: float
    start_ratio: float
    width_ratio: float

    @property
    def label(self) -> str:
        """The fill in words."""
        return FILLS[self.fill]


@dataclass(frozen=True, slots=True)
class Bar:
    """One object with its limit: what it carries now, what is planned, what an outage adds."""

    title: str
    name: str
    unit: str
    rating: float
    normal: float
    failover: float
    state: str
    parts: tuple[Part, ...]
    n_alike: int = 1
    kind: str = "electric"

    @property
    def worst_ratio(self) -> float:
        """The larger of the two loads over the rating."""
        return max(self.normal, self.failover) / self.rating

    @property
    def free(self) -> float:
        """What is left in failover; negative when the limit is broken."""
        return self.rating - max(self.normal, self.failover)

    @property
    def grade(self) -> str:
        """Good, near or over."""
        return grade(self.worst_ratio)


def parts_of(rating: float, *, used: float, planned: float, reserve: float) -> tuple[Part, ...]:
    """Return the pieces of a bar from 0 to its rating, and what lies beyond as a piece of its own.

    Examples
    --------
    >>> [(p.fill, p.amount) for p in parts_of(100.0, used=40.0, planned=30.0, reserve=50.0)]
    [('used', 40.0), ('planned', 30.0), ('reserve', 30.0), ('over', 20.0)]
    >>> [(p.fill, p.amount) for p in parts_of(100.0, used=40.0, planned=0.0, reserve=10.0)]
    [('used', 40.0), ('reserve', 10.0), ('free', 50.0)]
    """
    pieces: list[tuple[str, float]] = []
    at = 0.0
    for fill, amount in (("used", used), ("planned", planned), ("reserve", reserve)):
        inside = min(amount, max(rating - at, 0.0))
        pieces.append((fill, inside))
        at += amount
    pieces += [("free", rating - at)] if at < rating else [("over", at - rating)]
    found: list[Part] = []
    start = 0.0
    for fill, amount in pieces:
        if amount > 0:
            found.append(Part(fill, amount, start / rating, amount / rating))
            start += amount
    return tuple(found)


def electric_bars(
    document: FacilityInput, first: StageResult, shown: StageResult
) -> tuple[Bar, ...]:
    """Return the hardest loaded object of every level, the grid first.

    ``first`` is what stands today; what ``shown`` carries beyond it is planned.
    """
    known = levels(document)
    today = {load.id: load for load in first.objects}
    by_level: dict[str, list[ObjectLoad]] = defaultdict(list)
    for load in shown.objects:
        by_level[level_of(load, known)].append(load)
    bars: list[Bar] = []
    for level in _SHOWN:
        members = by_level.get(level, [])
        if members:
            worst = max(members, key=lambda load: max(load.normal_ratio, load.failover_ratio))
            bars.append(_electric_bar(level, worst, today.get(worst.id), len(members)))
    return tuple(bars)


def _electric_bar(level: str, load: ObjectLoad, before: ObjectLoad | None, n_alike: int) -> Bar:
    # A contract is on real power; the ratio of the solver is right for both kinds of limit.
    rating = load.rating_kva
    normal, failover = load.normal_ratio * rating, load.failover_ratio * rating
    used = min(before.normal_ratio * rating if before else 0.0, normal)
    reserve = max(failover - normal, 0.0)
    return Bar(
        title=LEVELS[level],
        name=load.id,
        unit="kVA" if level != "grid" else "kW",
        rating=rating,
        normal=normal,
        failover=failover,
        state=load.failover_state,
        parts=parts_of(rating, used=used, planned=normal - used, reserve=reserve),
        n_alike=n_alike,
    )


def cooling_bars(document: FacilityInput, number: int, stage: StageResult) -> tuple[Bar, ...]:
    """Return a bar for every plant, circuit and hall air that the headroom of the stage names.

    Its firm power is that of all units less the reserve; what is kept for the reserve is a piece.
    """
    chains: dict[tuple[str, str], dict[str, LimitRow]] = defaultdict(dict)
    for room in stage.headroom:
        for row in room.chain:
            if row.name in _UNITS:
                chains[row.name, row.object][room.state] = row
    bars = []
    for (name, thing), rows in chains.items():
        units = _units(document, number, name, thing)
        if units and {"N", "N-1"} <= rows.keys():
            bars.append(_cooling_bar(document, name, thing, rows, units))
    order = list(_UNITS)
    return tuple(sorted(bars, key=lambda bar: (order.index(bar.title), bar.name)))


_UNITS = {
    "Chillers": ("chiller", "loop"),
    "Dry coolers": ("dry_cooler", "loop"),
    "CDUs": ("cdu", "circuit"),
    "Air units": ("crah", "hall"),
}


def _units(document: FacilityInput, number: int, name: str, thing: str) -> list[CoolingUnit]:
    kind, place = _UNITS[name]
    names = set(thing.split(", "))
    return [
        unit
        for unit in document.cooling.units
        if unit.kind == kind and unit.is_present(number) and getattr(unit, place) in names
    ]


def _cooling_bar(
    document: FacilityInput,
    name: str,
    thing: str,
    rows: Mapping[str, LimitRow],
    units: Sequence[CoolingUnit],
) -> Bar:
    share = _share(document, liquid=name in {"CDUs", "Dry coolers"})
    rating = sum(unit.rated_kw for unit in units)
    used = rating - rows["N"].left_kw * share
    reserve = (rows["N"].left_kw - rows["N-1"].left_kw) * share
    return Bar(
        title=name,
        name=thing,
        unit="kW",
        rating=rating,
        normal=used,
        failover=used + reserve,
        state="a unit out",
        parts=parts_of(rating, used=used, planned=0.0, reserve=reserve),
        n_alike=len(units),
        kind="cooling",
    )


def _share(document: FacilityInput, *, liquid: bool) -> float:
    """Return which part of a candidate rack's heat goes to liquid, or to air."""
    systems = {system.id: system for system in document.systems}
    for item in document.analyses:
        if item.kind == "headroom":
            ratio = systems[item.candidate.system].liquid_ratio
            return ratio if liquid else 1.0 - ratio
    return 1.0


def scale_ratio(bars: Iterable[Bar]) -> float:
    """Return how far a drawing of these bars has to reach, over the rating: all limits in a line.

    Examples
    --------
    >>> scale_ratio(())
    1.0
    """
    return max([1.0, *(bar.worst_ratio for bar in bars)])


def binding_sentence(bars: Sequence[Bar]) -> str:
    """Return what stands closest to its limit in words."""
    if not bars:
        return ""
    worst = max(bars, key=lambda bar: bar.worst_ratio)
    share = 100.0 * worst.worst_ratio
    relation = "beyond" if share > 100.0 else "below"  # noqa: PLR2004 - per cent
    return (
        f"{worst.title} {worst.name} is closest to its limit: with {state_words(worst.state)} it "
        f"carries {share:.0f} % of its rating, {abs(100.0 - share):.0f} % {relation} the limit."
    )
