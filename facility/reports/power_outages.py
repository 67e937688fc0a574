"""Outages, where they end, the worst hours of the year, and how systems back one another."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from facility.physics.power_results import CascadeResult, SupplyScheme
from facility.physics.results import OutageResult, StageResult
from facility.reports import numbers
from facility.reports.words import grade, state_words

N_TRIPS = 3
N_NAMES = 2


@dataclass(frozen=True, slots=True)
class Outage:
    """What one outage does, its transfers and dark cooling in words."""

    outage: OutageResult

    @property
    def grade(self) -> str:
        """Good, near, over, or unknown where it has no steady state."""
        return grade(self.outage.worst_ratio) if self.outage.solved else "unknown"

    @property
    def verdict(self) -> tuple[str, str]:
        """Its status and the words for it: what is overloaded, then what goes dark."""
        if not self.outage.solved:
            return "unknown", "No steady state"
        if self.grade == "over":
            return "over", "Over limit"
        if self.outage.n_dark_racks:
            return "over", "Racks dark"
        if self.outage.dark_kw > 0:
            return "near", "Load dark"
        return self.grade, "Near limit" if self.grade == "near" else "Within"

    @property
    def transfers(self) -> str:
        """How many transfer switches move, and where to."""
        return moves_words(self.outage.transfers)

    @property
    def cooling(self) -> str:
        """Which cooling goes dark."""
        return listed(self.outage.dark_cooling)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which outages to show; empty: all of them."""

    only: str = ""
    text: str = ""

    @property
    def address(self) -> str:
        """The choice as the rest of an address."""
        return urlencode({"only": self.only, "q": self.text})

    def takes(self, row: Outage) -> bool:
        """Return whether an outage fits the choice."""
        outage = row.outage
        fits = {
            "over": row.grade in {"over", "unknown"},
            "dark": outage.dark_kw > 0,
            "moves": bool(outage.transfers),
        }.get(self.only, True)
        text = self.text.lower()
        return fits and (text in outage.label.lower() or text in outage.worst_object.lower())


@dataclass(frozen=True, slots=True)
class Outcome:
    """Equal ends of outages: what trips first, what is lost."""

    cascade: CascadeResult
    states: tuple[str, ...]

    @property
    def causes(self) -> str:
        """The outages that end so."""
        return listed([state_words(state) for state in self.states])

    @property
    def first_trips(self) -> tuple[str, ...]:
        """What trips first, with its time."""
        return self.cascade.trips[:N_TRIPS]

    @property
    def n_more(self) -> int:
        """So many more trip."""
        return max(len(self.cascade.trips) - N_TRIPS, 0)

    @property
    def cooling(self) -> str:
        """Which cooling is lost."""
        return listed(self.cascade.lost_cooling)

    @property
    def grade(self) -> str:
        """Over where more is lost than the outage alone darkens."""
        lost = self.cascade.lost_kw > self.cascade.first_lost_kw
        return "over" if lost or self.cascade.collapse else "near"


@dataclass(frozen=True, slots=True)
class Scheme:
    """Systems that back one another, and how the worst loss leaves them."""

    scheme: SupplyScheme

    @property
    def grade(self) -> str:
        """Over where a loss is not covered."""
        if not self.scheme.is_covered:
            return "over"
        return grade(self.scheme.worst_ratio)

    @property
    def systems(self) -> str:
        """The systems, reserve named apart."""
        own = [name for name in self.scheme.systems if name not in self.scheme.reserve]
        reserve = f"; reserve {listed(self.scheme.reserve)}" if self.scheme.reserve else ""
        return f"{', '.join(own)}{reserve}"


def listed(names: Sequence[str], n_most: int = N_NAMES) -> str:
    """Return names in one line, the first few and how many more.

    Examples
    --------
    >>> listed(["CDU-1", "CDU-2", "CDU-3"]), listed([])
    ('CDU-1, CDU-2 and 1 more', 'none')
    """
    if not names:
        return "none"
    more = len(names) - n_most
    return ", ".join(names[:n_most]) + (f" and {numbers.fixed(more)} more" if more > 0 else "")


def moves_words(transfers: Iterable[str]) -> str:
    """Return how many transfer switches move, by where to.

    Examples
    --------
    >>> moves_words(["ATS-1 to alternate", "ATS-2 to alternate", "ATS-3 to dead"])
    '2 to alternate, 1 left without supply'
    """
    counts = Counter(move.rpartition(" to ")[2] for move in transfers)
    return ", ".join(
        f"{count} left without supply" if at == "dead" else f"{count} to {at}"
        for at, count in counts.items()
    )


def outages_of(stage: StageResult) -> tuple[Outage, ...]:
    """Return the outages, those without solution and then the hardest first."""
    return tuple(Outage(item) for item in stage.outages)


def pairs_of(stage: StageResult) -> tuple[Outage, ...]:
    """Return the chosen pairs of maintenance and fault, what leaves most dark first."""
    pairs = sorted(stage.pairs, key=lambda item: (item.solved, -item.dark_kw, -item.worst_ratio))
    return tuple(Outage(item) for item in pairs)


def outcomes_of(stage: StageResult) -> tuple[Outcome, ...]:
    """Return where cascades end, equal ends together, most lost first."""
    alike: dict[tuple[object, ...], list[CascadeResult]] = {}
    for item in stage.power.cascades:
        key = (item.trips, round(item.lost_kw), item.n_lost_racks, item.collapse)
        alike.setdefault(key, []).append(item)
    found = [Outcome(group[0], tuple(item.state for item in group)) for group in alike.values()]
    return tuple(sorted(found, key=lambda item: -item.cascade.lost_kw))


def schemes_of(stage: StageResult) -> tuple[Scheme, ...]:
    """Return the schemes, the worst survivor first."""
    return tuple(Scheme(item) for item in stage.power.schemes)


def answer(stage: StageResult) -> tuple[str, ...]:
    """Return what the worst outage does, where it ends and whether systems cover one another."""
    if not stage.outages:
        return ()
    lines = (_overloads(stage), _ends(stage), _pairs(stage), _covers(stage))
    return tuple(text for text in lines if text)


def _overloads(stage: StageResult) -> str:
    solved = [item for item in stage.outages if item.solved]
    over = [item for item in solved if item.worst_ratio > 1.0]
    count = f"Of {numbers.fixed(len(stage.outages))} outages of one object"
    unsolved = len(stage.outages) - len(solved)
    failed = f" {numbers.fixed(unsolved)} have no steady state." if unsolved else ""
    if not solved:
        return f"{count} none has a steady state."
    worst = max(solved, key=lambda item: item.worst_ratio)
    names = f"{worst.worst_object} {numbers.percent(worst.worst_ratio)} of its rating"
    if not over:
        return f"{count} none overloads anything; {worst.label} comes closest: {names}.{failed}"
    return (
        f"{count} {numbers.fixed(len(over))} overload something; the worst, {worst.label}, gives "
        f"{names}.{failed}"
    )


def _ends(stage: StageResult) -> str:
    worse = [item for item in stage.power.cascades if item.lost_kw > item.first_lost_kw]
    if worse:
        most = max(worse, key=lambda item: item.lost_kw)
        return (
            f"When overloaded objects trip, {numbers.fixed(len(worse))} outages grow: "
            f"{state_words(most.state)} ends with {numbers.kw(most.lost_kw)} and "
            f"{numbers.fixed(most.n_lost_racks)} racks dark, instead of "
            f"{numbers.kw(most.first_lost_kw)}."
        )
    solved = [item for item in stage.outages if item.solved and item.dark_kw > 0]
    if not solved:
        return "No outage leaves a load without supply."
    most_dark = max(solved, key=lambda item: item.dark_kw)
    return (
        f"Most goes dark with {state_words(most_dark.state)}: {numbers.kw(most_dark.dark_kw)}, "
        f"{numbers.fixed(most_dark.n_dark_racks)} racks."
    )


def _pairs(stage: StageResult) -> str:
    solved = [item for item in stage.pairs if item.solved]
    if not stage.pairs:
        return ""
    failed = len(stage.pairs) - len(solved)
    if failed:
        return (
            f"{failed} of {len(stage.pairs)} pairs of maintenance and fault have no steady state."
        )
    worst = max(solved, key=lambda item: (item.dark_kw, item.worst_ratio))
    return (
        f"The hardest of the chosen pairs, {worst.label}: {numbers.kw(worst.dark_kw)} and "
        f"{numbers.fixed(worst.n_dark_racks)} racks dark, {worst.worst_object} at "
        f"{numbers.percent(worst.worst_ratio)} of its rating."
    )


def _covers(stage: StageResult) -> str:
    schemes = stage.power.schemes
    if not schemes:
        return ""
    bare = [item for item in schemes if not item.is_covered]
    if not bare:
        worst = max(schemes, key=lambda item: item.worst_ratio)
        return (
            f"All {len(schemes)} redundancy schemes cover the loss of one system; the hardest "
            f"survivor carries {numbers.percent(worst.worst_ratio)}."
        )
    worst = max(bare, key=lambda item: item.worst_ratio)
    return (
        f"{len(bare)} of {len(schemes)} redundancy schemes do not cover the loss of one system: "
        f"in the {worst.label} of {listed(worst.systems, 3)} the survivor would carry "
        f"{numbers.percent(worst.worst_ratio)}."
    )
