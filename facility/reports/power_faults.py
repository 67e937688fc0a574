"""Short-circuit levels beside what boards stand and switches break."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facility.physics.power_results import BreakerDuty, FaultLevel
from facility.physics.results import StageResult
from facility.reports import numbers
from facility.reports.capacity import Part, parts_of
from facility.reports.words import NEAR_RATIO, grade

LIMITED_BY: Mapping[str, str] = {
    "network": "network",
    "converter": "converters",
    "unlimited": "nothing",
    "dead": "no supply",
    "dc": "direct current",
}
_ORDER = {"over": 0, "near": 1, "good": 2, "unknown": 3}


@dataclass(frozen=True, slots=True)
class Board:
    """Boards of one voltage with equal levels and ratings, told once."""

    members: tuple[FaultLevel, ...]

    @property
    def fault(self) -> FaultLevel:
        """One of them."""
        return self.members[0]

    @property
    def name(self) -> str:
        """The first of them."""
        return self.fault.node

    @property
    def names(self) -> str:
        """All of them."""
        return ", ".join(item.node for item in self.members)

    @property
    def ratio(self) -> float | None:
        """The harder of current and peak over what the switchgear stands; None: no rating."""
        fault = self.fault
        if fault.holds is None:
            return None
        if fault.limited_by == "unlimited":
            return float("inf")
        pairs = ((fault.initial_ka, fault.rating_ka), (fault.peak_ka, fault.peak_rating_ka))
        return max((level / rating for level, rating in pairs if rating), default=None)

    @property
    def grade(self) -> str:
        """Good, near, over; unknown without a rating."""
        if self.fault.holds is False:
            return "over"
        return grade(self.ratio)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Pieces of its bar: the level, what is left, or what lies beyond the rating."""
        if self.ratio is None or self.ratio == float("inf"):
            return ()
        return parts_of(1.0, used=min(self.ratio, 1.25), planned=0.0, reserve=0.0)

    @property
    def limited_by(self) -> str:
        """What limits the current, in words."""
        return LIMITED_BY[self.fault.limited_by]

    @property
    def level(self) -> str:
        """The level in words."""
        return "unlimited" if self.fault.limited_by == "unlimited" else _said(self.fault.initial_ka)

    @property
    def peak(self) -> str:
        """The peak in words."""
        return numbers.DASH if self.fault.limited_by == "unlimited" else _said(self.fault.peak_ka)


def _said(level_ka: float) -> str:
    """Return a level; where no current can flow there is none to tell."""
    return numbers.ka(level_ka or None)


@dataclass(frozen=True, slots=True)
class Breaker:
    """A switch and what it would have to break."""

    duty: BreakerDuty

    @property
    def grade(self) -> str:
        """Good, near or over."""
        if not self.duty.holds:
            return "over"
        return grade(
            None if self.duty.level_ka is None else self.duty.level_ka / self.duty.rating_ka
        )


def boards_of(stage: StageResult) -> tuple[Board, ...]:
    """Return the nodes with a level or a rating, like ones together, the hardest first."""
    alike: dict[tuple[object, ...], list[FaultLevel]] = {}
    for item in stage.power.faults:
        if item.limited_by == "dead" and item.rating_ka is None and item.gensets_ka is None:
            continue
        figures = (item.initial_ka, item.peak_ka, item.gensets_ka)
        key = (
            item.voltage_v,
            item.limited_by,
            item.rating_ka,
            item.peak_rating_ka,
            item.holds,
            *(numbers.number(value) for value in figures),
        )
        alike.setdefault(key, []).append(item)
    boards = [Board(tuple(group)) for group in alike.values()]
    return tuple(sorted(boards, key=_hardest))


def _hardest(item: Board) -> tuple[int, float, float]:
    return (_ORDER[item.grade], -(item.ratio or 0.0), -item.fault.voltage_v)


def breakers_of(stage: StageResult) -> tuple[Breaker, ...]:
    """Return the switches with a rating, those that fail first."""
    found = [Breaker(item) for item in stage.power.breakers]
    return tuple(sorted(found, key=lambda item: (_ORDER[item.grade], item.duty.switch)))


def answer(boards: Sequence[Board], breakers: Sequence[Breaker]) -> str:
    """Return in a sentence whether the switchgear stands the short circuit."""
    rated = [item for item in boards if item.fault.holds is not None]
    if not rated:
        return "No board states what short circuit it stands; only the levels are known."
    n_rated = sum(len(item.members) for item in rated)
    n_over = sum(len(item.members) for item in rated if item.grade == "over")
    worst = rated[0]
    n_broken = sum(item.grade == "over" for item in breakers)
    breaks = f"; {n_broken} of {len(breakers)} switches cannot break theirs" if n_broken else ""
    said = f"{worst.name} has {worst.level} of {numbers.ka(worst.fault.rating_ka)}"
    if n_over:
        return (
            f"{numbers.fixed(n_over)} of {numbers.fixed(n_rated)} boards with a rating do not "
            f"stand the short circuit: {said}{breaks}."
        )
    near = sum(len(item.members) for item in rated if (item.ratio or 0.0) > NEAR_RATIO)
    close = f", {numbers.fixed(near)} are near" if near else ""
    return (
        f"All {numbers.fixed(n_rated)} boards with a rating stand the short circuit{close}; "
        f"{said}, {numbers.percent(worst.ratio)}{breaks}."
    )
