"""Tap changers as pandapower understands them: what voltages and shift a position means."""

import cmath
import math
from dataclasses import dataclass, replace

from power.pandapower.book import Book
from power.pandapower.tables import Row

COMPLEX = ("Ratio", "Symmetrical")
OWN_TYPE = (3, 0)
"""From this format on a column says what kind of tap changer there is."""


@dataclass(frozen=True, slots=True)
class Tap:
    """One tap changer of a transformer; ``kind`` is empty where it does nothing."""

    kind: str
    side: str
    position: float
    neutral: float
    step_percent: float
    step_deg: float
    lowest: float | None
    highest: float | None

    @property
    def steps(self) -> float:
        """Steps away from neutral."""
        return self.position - self.neutral

    @property
    def is_plain(self) -> bool:
        """Whether whole steps change the turns alone or, ideally, the angle alone."""
        if not self.kind:
            return True
        if self.kind in COMPLEX:
            return self.step_deg == 0 and self.steps.is_integer()
        ideal = self.kind == "Ideal" and self.step_percent == 0
        return ideal and self.steps.is_integer()


@dataclass(frozen=True, slots=True)
class Voltages:
    """Rated voltages [kV] and shift of a pair of windings at some position of its taps."""

    hv_kv: float
    lv_kv: float
    shift_deg: float

    def at(self, tap: Tap) -> "Voltages":
        """Return what one tap changer makes of them."""
        direction = {"hv": 1.0, "lv": -1.0}.get(tap.side, 0.0)
        if not tap.kind or direction == 0.0:
            return self
        if tap.kind == "Ideal":
            return replace(self, shift_deg=self.shift_deg + direction * _ideal_deg(tap))
        if tap.kind not in COMPLEX:
            return self
        own_kv = self.hv_kv if tap.side == "hv" else self.lv_kv
        turned = own_kv * (
            1.0 + tap.step_percent / 100.0 * tap.steps * cmath.exp(1j * math.radians(tap.step_deg))
        )
        added_deg = math.degrees(math.atan(direction * turned.imag / turned.real))
        return self.scaled(tap.side, abs(turned) / own_kv, added_deg)

    def scaled(self, side: str, ratio: float, added_deg: float) -> "Voltages":
        """Return them with the voltage of one side times a ratio and another shift added."""
        return Voltages(
            self.hv_kv * (ratio if side == "hv" else 1.0),
            self.lv_kv * (ratio if side == "lv" else 1.0),
            self.shift_deg + added_deg,
        )


def _ideal_deg(tap: Tap) -> float:
    if tap.step_deg != 0:
        return tap.steps * tap.step_deg
    return math.degrees(2.0 * math.asin(tap.steps * tap.step_percent / 100.0 / 2.0))


def read_tap(book: Book, row: Row, number: str = "") -> Tap:
    """Return the first or, with ``number`` 2, the second tap changer of a transformer."""
    step_percent = row.number(f"tap{number}_step_percent", 0.0)
    step_deg = row.number(f"tap{number}_step_degree", 0.0)
    kind = row.text(f"tap{number}_changer_type")
    if book.net.format_version < OWN_TYPE:
        kind = _kind_of_steps(step_percent, step_deg)
    complete = row.has(f"tap{number}_pos") and row.has(f"tap{number}_neutral")
    if kind == "Ideal" and step_deg != 0 and step_percent != 0:
        raise row.wrong(
            f"tap{number}_step_degree", "an ideal phase shifter has degrees or percent, not both"
        )
    return Tap(
        kind=kind if complete and (step_percent != 0 or step_deg != 0) else "",
        side=row.text(f"tap{number}_side"),
        position=row.number(f"tap{number}_pos", 0.0),
        neutral=row.number(f"tap{number}_neutral", 0.0),
        step_percent=step_percent,
        step_deg=step_deg,
        lowest=row.number(f"tap{number}_min") if row.has(f"tap{number}_min") else None,
        highest=row.number(f"tap{number}_max") if row.has(f"tap{number}_max") else None,
    )


def _kind_of_steps(step_percent: float, step_deg: float) -> str:
    """Return the kind that pandapower 3 reads from a file of format 2."""
    if step_percent != 0:
        return "Symmetrical" if step_deg == 90.0 else "Ratio"  # noqa: PLR2004 - a right angle
    return "Ideal" if step_deg != 0 else ""


def has_table(row: Row) -> bool:
    """Return whether ratio, angle and impedance follow a table of tap positions."""
    return row.flag("tap_dependency_table", default=False)


def table_row(book: Book, row: Row) -> Row:
    """Return the row of the table for the present position."""
    wanted, step = row.number("id_characteristic_table"), row.number("tap_pos")
    for entry in book.net.table("trafo_characteristic_table"):
        if entry.number("id_characteristic") == wanted and entry.number("step") == step:
            return entry
    raise row.wrong("id_characteristic_table", f"has no row for position {step:g}", "unknown")
