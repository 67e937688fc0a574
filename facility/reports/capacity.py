"""Headroom as space: one bar for each step of the chain, from the grid contract to the rack."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from facility.physics.documents import FacilityInput
from facility.physics.results import CoolingLoad, ObjectLoad, StageResult
from facility.reports.levels import LEVELS, level_of, levels
from facility.reports.words import grade, state_words

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


def parts_of(
    rating: float, *, used: float, planned: float, reserve: float, stranded: float = 0.0
) -> tuple[Part, ...]:
    """Return the pieces of a bar from 0 to its rating, and what lies beyond as a piece of its own.

    What is stranded is a part of what would be free.

    Examples
    --------
    >>> [(p.fill, p.amount) for p in parts_of(100.0, used=40.0, planned=30.0, reserve=50.0)]
    [('used', 40.0), ('planned', 30.0), ('reserve', 30.0), ('over', 20.0)]
    >>> [(p.fill, p.amount) for p in parts_of(100.0, used=40.0, planned=0.0, reserve=10.0)]
    [('used', 40.0), ('reserve', 10.0), ('free', 50.0)]
    >>> parts = parts_of(100.0, used=40.0, planned=0.0, reserve=10.0, stranded=30.0)
    >>> [(p.fill, p.amount) for p in parts]
    [('used', 40.0), ('reserve', 10.0), ('stranded', 30.0), ('free', 20.0)]
    """
    pieces: list[tuple[str, float]] = []
    at = 0.0
    for fill, amount in (("used", used), ("planned", planned), ("reserve", reserve)):
        inside = min(amount, max(rating - at, 0.0))
        pieces.append((fill, inside))
        at += amount
    held = min(stranded, max(rating - at, 0.0))
    pieces.append(("stranded", held))
    pieces.append(("free", rating - at - held) if at < rating else ("over", at - rating))
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


def cooling_bars(stage: StageResult) -> tuple[Bar, ...]:
    """Return a bar for every plant, circuit and hall air; what the reserve needs is a piece."""
    order = ("Chillers", "Dry coolers", "CDUs", "Air units")
    loads = sorted(stage.cooling, key=lambda load: (order.index(load.name), load.object))
    return tuple(_cooling_bar(load) for load in loads)


def _cooling_bar(load: CoolingLoad) -> Bar:
    reserve = load.rated_kw - load.firm_kw
    return Bar(
        title=load.name,
        name=load.object,
        unit="kW",
        rating=load.rated_kw,
        normal=load.used_kw,
        failover=load.used_kw + reserve,
        state="a unit out",
        parts=parts_of(load.rated_kw, used=load.used_kw, planned=0.0, reserve=reserve),
        n_alike=load.n_units,
        kind="cooling",
    )


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
