"""What the loss of the utility leads to, as a time line and as figures for every object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray, IntArray

MOST_NAMES = 4
"""So many names are spelt out in the text of an event."""

EventKind = Literal[
    "utility_lost",
    "utility_returns",
    "battery_takes_over",
    "battery_too_small",
    "battery_empty",
    "battery_full",
    "conversion_off",
    "conversion_on",
    "walk_in",
    "walk_in_done",
    "set_called",
    "set_ready",
    "set_failed",
    "set_stops",
    "fuel_out",
    "switch_moves",
    "transfer",
    "block",
    "block_too_large",
    "left_off",
    "dark",
    "returns",
]


def listed(names: Sequence[str]) -> str:
    """Return the first few names in one line."""
    more = ", ..." if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of the time line, with the powers that hold from then on."""

    at_s: float
    kind: EventKind
    object: str
    text: str
    lost_kw: float
    battery_kw: float
    genset_kw: float
    utility_kw: float


@dataclass(frozen=True, slots=True)
class Course:
    """Powers that are constant over intervals, shapes (intervals,) or (objects, intervals).

    The last interval has no length: it shows what holds from then on. ``battery_kw`` is given at
    the terminals and negative while a battery fills.
    """

    start_s: FloatArray
    end_s: FloatArray
    wanted_kw: float
    served_kw: FloatArray
    lost_racks: IntArray
    utility_kw: FloatArray
    battery_kw: FloatArray
    genset_kw: FloatArray

    @property
    def lost_kw(self) -> FloatArray:
        """Power of the consumers without supply. [kW]."""
        return np.maximum(self.wanted_kw - self.served_kw, 0.0)


@dataclass(frozen=True, slots=True)
class DarkSpan:
    """A consumer without supply; ``until_s`` is None where it stays so."""

    consumer: str
    kind: Literal["rack", "cooling", "house"]
    power_kw: float
    from_s: float
    until_s: float | None


@dataclass(frozen=True, slots=True)
class TransferMove:
    """A transfer switch that takes another position."""

    transfer_switch: str
    at_s: float
    position: str
    interruption_s: float


@dataclass(frozen=True, slots=True)
class BatteryUse:
    """What one battery did; times are None where it never came to that.

    ``autonomy_s`` is for the load at the start; 0 where the battery is too small for it. None:
    the battery is not called.
    """

    id: str
    conversion: str
    usable_kwh: float
    autonomy_s: float | None
    largest_kw: float
    given_kwh: float
    taken_kwh: float
    left_kwh: float
    empty_at_s: float | None
    full_at_s: float | None


@dataclass(frozen=True, slots=True)
class SetUse:
    """What one generator set carries once all loads are taken; zeros where it does not run.

    Ratios are to the derated rating. ``dip_pu`` belongs to the largest step of the plant.
    ``fuel_autonomy_h`` is None where tank or consumption is not stated.
    """

    id: str
    ready_s: float | None
    kw: float
    kvar: float
    kw_ratio: float
    kva_ratio: float
    largest_step_kw: float
    allowed_step_kw: float
    dip_pu: float
    is_low_load: bool
    is_leading: bool
    average_ok: bool
    hours_ok: bool
    fuel_l_per_h: float | None
    fuel_autonomy_h: float | None


@dataclass(frozen=True, slots=True)
class Overload:
    """The highest load of an object above its rating, and since when it was there."""

    kind: str
    object: str
    ratio: float
    at_s: float


@dataclass(frozen=True, slots=True)
class UtilityLoss:
    """The whole answer; ``assumptions`` says what was missing and what was taken for it."""

    events: tuple[Event, ...]
    course: Course
    consumers: tuple[str, ...]
    dark_at_once: BoolArray
    dark_at_end: BoolArray
    dark: tuple[DarkSpan, ...]
    transfers: tuple[TransferMove, ...]
    overloads: tuple[Overload, ...]
    batteries: tuple[BatteryUse, ...]
    sets: tuple[SetUse, ...]
    left_off: tuple[str, ...]
    assumptions: tuple[str, ...]

    @property
    def cooling_dark(self) -> tuple[DarkSpan, ...]:
        """Cooling that loses supply, and from when to when."""
        return tuple(span for span in self.dark if span.kind == "cooling")

    @property
    def racks_dark(self) -> tuple[DarkSpan, ...]:
        """Racks that lose supply, and from when to when."""
        return tuple(span for span in self.dark if span.kind == "rack")
