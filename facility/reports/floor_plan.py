"""A hall drawn to scale: racks, free places, aisles, cooling units, grid, scale, in metres.

Documents have the origin at the lower left with y upwards; a drawing has y downwards.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10

from facility.reports.colours import CIVIDIS, step_of

WIDEST_AISLE_M = 4.0
OPEN_AISLE_M = 1.2
BESIDE_WALL_M = 1.5
_UP_DEG = 90.0


@dataclass(frozen=True, slots=True)
class Footprint:
    """Something that stands on the floor."""

    id: str
    x_m: float
    y_m: float
    width_m: float
    depth_m: float
    front_deg: float = _UP_DEG


@dataclass(frozen=True, slots=True)
class Line:
    """A row as a strip: its racks from end to end, and where its front looks."""

    tag: str
    left_m: float
    right_m: float
    y_m: float
    depth_m: float
    front_deg: float

    @property
    def looks_up(self) -> bool:
        """Whether its cold side is the one with larger y."""
        return 0.0 < self.front_deg < 180.0  # noqa: PLR2004 - half a turn


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the drawing, y downwards, with its turn about its centre."""

    left: float
    top: float
    width: float
    height: float
    turn_deg: float = 0.0

    @property
    def middle_x(self) -> float:
        """Centre, to the right."""
        return self.left + self.width / 2

    @property
    def middle_y(self) -> float:
        """Centre, downwards."""
        return self.top + self.height / 2


@dataclass(frozen=True, slots=True)
class Mark:
    """One drawn thing with what it says about itself."""

    id: str
    box: Box
    step: int | None
    text: str
    classes: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Legend:
    """The colours with the values at which they begin, and the unit."""

    title: str
    unit: str
    low: float
    high: float
    colours: tuple[str, ...] = CIVIDIS


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the drawing of a hall shows."""

    width_m: float
    depth_m: float
    racks: tuple[Mark, ...]
    places: tuple[Mark, ...]
    units: tuple[Mark, ...]
    cold: tuple[Box, ...]
    hot: tuple[Box, ...]
    rows: tuple[tuple[str, float, float], ...]
    columns: tuple[tuple[str, float], ...]
    lines: tuple[tuple[str, float], ...]
    bar_m: float
    legend: Legend | None

    @property
    def is_drawn(self) -> bool:
        """Whether there is anything in the hall."""
        return bool(self.racks or self.places or self.units)


def box(item: Footprint, depth_m: float) -> Box:
    """Return where something is drawn in a hall of this depth.

    Examples
    --------
    >>> box(Footprint("R", 1.0, 1.0, 0.6, 1.2), depth_m=10.0).top
    8.4
    """
    return Box(
        left=round(item.x_m - item.width_m / 2, 3),
        top=round(depth_m - item.y_m - item.depth_m / 2, 3),
        width=item.width_m,
        height=item.depth_m,
        turn_deg=(_UP_DEG - item.front_deg) % 360.0,
    )


def aisles(lines: Sequence[Line], depth_m: float) -> tuple[tuple[Box, ...], tuple[Box, ...]]:
    """Return the strips in front of rows and behind them: what is cold, what is hot."""
    cold: list[Box] = []
    hot: list[Box] = []
    for line in lines:
        for is_front, upwards in ((True, line.looks_up), (False, not line.looks_up)):
            strip = _strip(line, lines, upwards=upwards, depth_m=depth_m)
            if strip is not None:
                (cold if is_front else hot).append(strip)
    return tuple(cold), tuple(hot)


def _strip(line: Line, lines: Sequence[Line], *, upwards: bool, depth_m: float) -> Box | None:
    edge = line.y_m + (line.depth_m / 2 if upwards else -line.depth_m / 2)
    sign = 1.0 if upwards else -1.0
    gaps = [
        sign * (other.y_m - edge) - other.depth_m / 2
        for other in lines
        if other is not line
        and sign * (other.y_m - edge) > 0
        and min(other.right_m, line.right_m) > max(other.left_m, line.left_m)
    ]
    wall = depth_m - edge if upwards else edge
    gap = min(gaps, default=wall)
    reach = gap / 2 if gaps and gap <= WIDEST_AISLE_M else min(OPEN_AISLE_M, wall)
    if reach <= 0:
        return None
    top = depth_m - edge - (reach if upwards else 0.0)
    return Box(line.left_m, round(top, 3), round(line.right_m - line.left_m, 3), round(reach, 3))


def grid(
    width_m: float, depth_m: float, spacing_m: float
) -> tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]]:
    """Return the grid as on site: letters along, two-digit numbers across, at their positions."""
    letters = [(_letters(k), round(k * spacing_m, 3)) for k in range(int(width_m / spacing_m) + 1)]
    numbers = [
        (f"{k + 1:02d}", round(depth_m - k * spacing_m, 3))
        for k in range(int(depth_m / spacing_m) + 1)
    ]
    return tuple(letters), tuple(numbers)


def _letters(k: int) -> str:
    """Return A to Z, then AA and so on.

    Examples
    --------
    >>> _letters(0), _letters(25), _letters(26)
    ('A', 'Z', 'AA')
    """
    first, second = divmod(k, 26)
    return (chr(64 + first) if first else "") + chr(65 + second)


def round_length(width_m: float) -> float:
    """Return 1, 2 or 5 times a power of ten, about a sixth of the width.

    Examples
    --------
    >>> round_length(40.0), round_length(9.0)
    (5.0, 1.0)
    """
    aim = width_m / 6
    power = 10.0 ** floor(log10(aim))
    return max(f * power for f in (1.0, 2.0, 5.0) if f * power <= aim)


def plan(
    width_m: float,
    depth_m: float,
    lines: Sequence[Line],
    *,
    racks: Iterable[Mark],
    places: Iterable[Mark],
    units: Iterable[Mark],
    legend: Legend | None,
) -> Plan:
    """Return the drawing of a hall."""
    cold, hot = aisles(lines, depth_m)
    spacing = 2 * round_length(width_m) if width_m > 60 else round_length(width_m)  # noqa: PLR2004 - labels need room
    columns, numbers = grid(width_m, depth_m, spacing)
    return Plan(
        width_m=width_m,
        depth_m=depth_m,
        racks=tuple(racks),
        places=tuple(places),
        units=tuple(units),
        cold=cold,
        hot=hot,
        rows=tuple((line.tag, line.left_m, round(depth_m - line.y_m, 3)) for line in lines),
        columns=columns,
        lines=numbers,
        bar_m=round_length(width_m),
        legend=legend,
    )


def coloured(
    values: Mapping[str, float], title: str, unit: str, *, from_zero: bool
) -> tuple[Legend | None, dict[str, int]]:
    """Return the legend for values by id and the colour step of each."""
    if not values:
        return None, {}
    low, high = 0.0 if from_zero else min(values.values()), max(values.values())
    if high <= low:
        low = min(0.0, low) if from_zero else low - 1.0
    steps = {name: step_of(value, low, high) for name, value in values.items()}
    return Legend(title, unit, low, high), steps
