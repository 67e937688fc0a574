"""The loss of the utility as a drawing: lanes of power over log-like seconds, and its moments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10

from facility.physics.power_results import PowerInterval, TimelineEvent, UtilityLossResult
from facility.reports import numbers
from facility.reports.times import duration

WIDTH, GUTTER, GAP = 1080.0, 132.0, 44.0
SECOND_SHARE = 0.36
"""Of the drawing's width for what follows the return of the utility."""
TOP, LANE, BELOW = 44.0, 58.0, 22.0
MARK_GAP = 20.0
TICK_GAP = 52.0
TICKS_S = (0.0, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 3600.0, 14_400.0, 86_400.0, 604_800.0)
LEAST_KW = 1.0
"""Powers below this are not drawn. [kW]."""

LANES: Mapping[str, tuple[str, str]] = {
    "utility": ("Utility", "utility_kw"),
    "battery": ("Batteries", "battery_kw"),
    "sets": ("Generator sets", "genset_kw"),
    "lost": ("Without supply", "lost_kw"),
}
# A kind of event to the nouns of what it happens to and what happens.
WORDS: Mapping[str, tuple[str, str, str]] = {
    "utility_lost": ("utility", "utility", "lost"),
    "utility_returns": ("utility", "utility", "returns"),
    "battery_takes_over": ("UPS", "UPS", "on battery"),
    "battery_too_small": ("battery", "batteries", "too small for the load"),
    "battery_empty": ("battery", "batteries", "empty"),
    "battery_full": ("battery", "batteries", "full again"),
    "conversion_off": ("UPS", "UPS", "off"),
    "conversion_on": ("UPS", "UPS", "on again"),
    "walk_in": ("UPS", "UPS", "walk in"),
    "walk_in_done": ("UPS", "UPS", "back on their input"),
    "set_called": ("generator set", "generator sets", "called"),
    "set_ready": ("generator set", "generator sets", "ready for load"),
    "set_failed": ("generator set", "generator sets", "failed"),
    "set_stops": ("generator set", "generator sets", "stop"),
    "fuel_out": ("generator set", "generator sets", "out of fuel"),
    "switch_moves": ("switch", "switches", "move"),
    "transfer": ("transfer switch", "transfer switches", "move"),
    "block": ("Sets take", "Sets take", ""),
    "block_too_large": ("load block", "load blocks", "too large for the sets"),
    "left_off": ("load", "loads", "left off"),
    "dark": ("Dark", "Dark", ""),
    "returns": ("Supplied again", "Supplied again", ""),
}
BAD = frozenset(
    {"dark", "battery_empty", "battery_too_small", "conversion_off", "set_failed", "fuel_out"}
    | {"block_too_large", "left_off", "utility_lost"}
)
MINOR = frozenset({"battery_full", "walk_in", "walk_in_done", "set_called", "conversion_on"})
TOGETHER_RATIO = 0.25
"""Moments of minor events within this share of their time are said together."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens at one time, or within a short while when it is all of one minor kind."""

    number: int
    at_s: float
    until_s: float
    lines: tuple[str, ...]
    is_bad: bool
    after: TimelineEvent

    @property
    def when(self) -> str:
        """The time in words."""
        first, last = duration(self.at_s), duration(self.until_s)
        return first if first == last else f"{first} to {last}"


@dataclass(frozen=True, slots=True)
class Lane:
    """One kind of power: its outline in every panel, and its largest value."""

    key: str
    title: str
    most: str
    fills: str
    base: float
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered moment or a tick on the axis."""

    x: float
    text: str
    is_bad: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A stretch of time with its own log-like axis from its first moment."""

    title: str
    left: float
    right: float
    ticks: tuple[Mark, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that a template needs to draw the time line."""

    panels: tuple[Panel, ...]
    lanes: tuple[Lane, ...]
    width: float = WIDTH

    @property
    def bottom(self) -> float:
        """Where the lanes end."""
        return TOP + len(self.lanes) * (LANE + BELOW)

    @property
    def height(self) -> float:
        """With the axis below."""
        return self.bottom + 46.0


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Where a stretch of time lies on the drawing."""

    start_s: float
    end_s: float
    left: float
    right: float

    def x(self, at_s: float) -> float:
        """Return the place of a time: logarithm of seconds from the stretch's first moment."""
        reach = log10(1.0 + max(self.end_s - self.start_s, 1.0))
        inside = min(max(at_s, self.start_s), self.end_s) - self.start_s
        return self.left + (self.right - self.left) * log10(1.0 + inside) / reach

    def holds(self, at_s: float) -> bool:
        """Return whether a time lies in it."""
        return self.start_s <= at_s < self.end_s or at_s == self.end_s


def moments(loss: UtilityLossResult) -> tuple[Moment, ...]:
    """Return the events by time, those of one minor kind in a short while together."""
    groups: list[list[TimelineEvent]] = []
    for event in loss.events:
        if groups and (groups[-1][-1].at_s == event.at_s or _goes_on(groups[-1], event)):
            groups[-1].append(event)
        else:
            groups.append([event])
    return tuple(_moment(number, group) for number, group in enumerate(groups, start=1))


def _goes_on(group: Sequence[TimelineEvent], event: TimelineEvent) -> bool:
    kinds = {item.kind for item in group} | {event.kind}
    near = event.at_s <= group[0].at_s * (1.0 + TOGETHER_RATIO)
    return len(kinds) == 1 and event.kind in MINOR and near


def _moment(number: int, group: Sequence[TimelineEvent]) -> Moment:
    alike: dict[str, list[TimelineEvent]] = {}
    for event in group:
        alike.setdefault(event.kind, []).append(event)
    lines = tuple(_line(kind, events) for kind, events in alike.items())
    return Moment(
        number=number,
        at_s=group[0].at_s,
        until_s=group[-1].at_s,
        lines=lines,
        is_bad=any(event.kind in BAD for event in group),
        after=group[-1],
    )


def _line(kind: str, events: Sequence[TimelineEvent]) -> str:
    """Return what happens in a line: how many of what, which, and what the solver adds."""
    one, many, verb = WORDS.get(kind, ("object", "objects", kind.replace("_", " ")))
    count = sum(event.n_objects for event in events)
    said = in_words(events[0].text) if len(events) == 1 and _adds(kind, count) else ""
    if not count:
        head = f"{one} {verb}".strip()
        head = head[:1].upper() + head[1:]
        return f"{head}: {said}" if said else head
    noun = one if count == 1 else many
    first = events[0].objects[0]
    named = f" ({first})" if count == 1 else f" ({first} …)"
    return f"{numbers.fixed(count)} {noun} {verb}{named}{f': {said}' if said else ''}"


def _adds(kind: str, count: int) -> bool:
    """Return whether the solver's text says more than the kind; of many it fits the first only."""
    return count <= 1 or kind in {"set_called", "transfer"}


def in_words(text: str) -> str:
    """Return a text of the solver with its powers as the pages write them.

    Examples
    --------
    >>> in_words("43552 kW in 169: CRAH-A-01, ...").replace(numbers.THIN, " ")
    '43.6 MW in 169: CRAH-A-01 …'
    """
    said = re.sub(r"(\d+(?:\.\d+)?) kW\b", lambda match: numbers.kw(float(match[1])), text)
    said = said.replace(", ...", " …").replace("(s)", "s")
    return "no supply on either side" if said == "to dead" else said


def drawing(loss: UtilityLossResult) -> Drawing:
    """Return the time line with its lanes on one scale of power."""
    stretches = _stretches(loss)
    top_kw = max(
        [LEAST_KW]
        + [abs(float(getattr(item, name))) for item in loss.course for _, name in LANES.values()]
    )
    lanes = tuple(
        _lane(key, number, loss.course, stretches, top_kw) for number, key in enumerate(LANES)
    )
    events = moments(loss)
    panels = tuple(_panel(stretch, events) for stretch in stretches)
    return Drawing(panels, lanes)


def _stretches(loss: UtilityLossResult) -> tuple[_Stretch, ...]:
    """Return the loss, and apart from it what follows the transfer back to the utility."""
    end_s = max((item.end_s for item in loss.course), default=1.0)
    if loss.duration_s is None or end_s <= loss.duration_s:
        return (_Stretch(0.0, max(end_s, 1.0), GUTTER, WIDTH),)
    stops = [event.at_s for event in loss.events if event.kind == "set_stops"]
    turn_s = max([loss.duration_s, *stops])
    middle = GUTTER + (WIDTH - GUTTER) * (1.0 - SECOND_SHARE)
    return (
        _Stretch(0.0, turn_s, GUTTER, middle - GAP / 2),
        _Stretch(turn_s, end_s, middle + GAP / 2, WIDTH),
    )


def _lane(
    key: str,
    number: int,
    course: Sequence[PowerInterval],
    stretches: Sequence[_Stretch],
    top_kw: float,
) -> Lane:
    title, name = LANES[key]
    base = TOP + number * (LANE + BELOW) + LANE
    values = [float(getattr(item, name)) for item in course]
    most = max(values, default=0.0)
    paths = tuple(
        _outline(zip(course, values, strict=True), stretch, base, LANE / top_kw)
        for stretch in stretches
    )
    least = min(values, default=0.0)
    said = f"up to {numbers.kw(most)}" if most >= LEAST_KW else "none"
    fills = f"fill at {numbers.kw(-least)}" if least <= -LEAST_KW else ""
    return Lane(key, title, said, fills, base, paths)


def _outline(
    steps: "Iterator[tuple[PowerInterval, float]]", stretch: _Stretch, base: float, per_kw: float
) -> str:
    """Return the path of a power that is constant over intervals, down to its base line."""
    parts = [f"M{stretch.left:.1f} {base:.1f}"]
    for item, value in steps:
        if item.end_s <= stretch.start_s or item.start_s >= stretch.end_s:
            continue
        level = base - (value if abs(value) >= LEAST_KW else 0.0) * per_kw
        parts.append(f"L{stretch.x(item.start_s):.1f} {level:.1f}")
        parts.append(f"L{stretch.x(item.end_s):.1f} {level:.1f}")
    return f"{' '.join(parts)} L{stretch.right:.1f} {base:.1f}Z"


def _panel(stretch: _Stretch, events: Sequence[Moment]) -> Panel:
    is_first = stretch.start_s == 0.0
    since = f"From the transfer back at {duration(stretch.start_s)}"
    return Panel(
        title="From the loss of the utility" if is_first else since,
        left=stretch.left,
        right=stretch.right,
        ticks=tuple(_ticks(stretch)),
        marks=tuple(_marks(stretch, events, is_first=is_first)),
    )


def _ticks(stretch: _Stretch) -> Iterator[Mark]:
    last = -TICK_GAP
    for after_s in TICKS_S:
        x = stretch.x(stretch.start_s + after_s)
        is_inside = stretch.start_s + after_s <= stretch.end_s
        if is_inside and x - last >= TICK_GAP and (after_s == 0.0 or x <= stretch.right):
            yield Mark(x, duration(after_s))
            last = x


def _marks(stretch: _Stretch, events: Sequence[Moment], *, is_first: bool) -> Iterator[Mark]:
    """Yield the moments of a stretch; of those too close to one another the first."""
    last = -MARK_GAP
    for event in events:
        belongs = event.at_s < stretch.end_s if is_first else event.at_s >= stretch.start_s
        if not belongs or not stretch.holds(event.at_s):
            continue
        x = stretch.x(event.at_s)
        if x - last >= MARK_GAP:
            hint = "; ".join((event.when, *event.lines))
            yield Mark(x, str(event.number), event.is_bad, hint)
            last = x
