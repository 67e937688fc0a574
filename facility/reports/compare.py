"""Answers of several plans side by side, in the same units on the same scale."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from facility.physics.results import FacilityResult, ObjectLoad, StageResult
from facility.reports import numbers


@dataclass(frozen=True, slots=True)
class Subject:
    """A plan with its answer and the levels of its objects."""

    name: str
    result: FacilityResult
    levels: Mapping[str, str]

    @property
    def stage(self) -> StageResult:
        """The last stage whose year was solved, or the last one."""
        with_year = [stage for stage in self.result.stages if stage.year]
        return (with_year or list(self.result.stages))[-1]

    @property
    def substation(self) -> ObjectLoad | None:
        """The substation transformer that keeps least after an outage."""
        units = [load for load in self.stage.objects if self.levels.get(load.id) == "substation"]
        return min(units, key=lambda load: load.headroom_n1_kva, default=None)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure, and how long its bar is, of the longest in the row."""

    text: str
    bar_ratio: float


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One quantity of every plan; ``word`` is the key of its definition."""

    title: str
    word: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """How a quantity is read off an answer and said."""

    title: str
    read: Callable[[Subject], float | None]
    say: Callable[[float | None], str]
    word: str = ""


def _of_year(name: str) -> Callable[[Subject], float | None]:
    def read(subject: Subject) -> float | None:
        year = subject.stage.year
        return None if year is None else getattr(year, name)

    return read


def _of_substation(name: str) -> Callable[[Subject], float | None]:
    def read(subject: Subject) -> float | None:
        unit = subject.substation
        return None if unit is None else getattr(unit, name)

    return read


def _n_chips(subject: Subject) -> float:
    return float(sum(c.n_chips * len(c.racks) for c in subject.stage.cohorts))


def _n_over(subject: Subject) -> float:
    loads = subject.stage.objects
    return float(sum(max(load.normal_ratio, load.failover_ratio) > 1.0 for load in loads))


def _ratio(value: float | None) -> str:
    return numbers.fixed(value, 3)


def _mwh(value: float | None) -> str:
    return numbers.DASH if value is None else f"{numbers.number(value / 1000.0)}{numbers.THIN}MWh"


def _with(unit: str) -> Callable[[float | None], str]:
    def say(value: float | None) -> str:
        text = numbers.number(value)
        return text if value is None else f"{text}{numbers.THIN}{unit}"

    return say


QUANTITIES = (
    Quantity("Accelerators", _n_chips, numbers.fixed),
    Quantity("IT power, design point", lambda s: s.stage.it_kw, numbers.kw, "it_power"),
    Quantity("Facility power, design point", lambda s: s.stage.facility_kw, numbers.kw),
    Quantity("Peak of the year", _of_year("peak_kw"), numbers.kw),
    Quantity("Facility energy", _of_year("facility_kwh"), _mwh),
    Quantity("Cooling energy", _of_year("cooling_kwh"), _mwh),
    Quantity("PUE", _of_year("pue"), _ratio, "pue"),
    Quantity("TUE", _of_year("tue"), _ratio, "tue"),
    Quantity("Water", _of_year("water_m3"), _with("m³")),
    Quantity("Throttled", _of_year("throttled_accelerator_h"), _with("acc.-h"), "throttled"),
    Quantity("Lost work", _of_year("lost_accelerator_h"), _with("acc.-h"), "lost"),
    Quantity("Substation headroom, N", _of_substation("headroom_n_kva"), numbers.kva, "headroom"),
    Quantity(
        "Substation headroom, N-1", _of_substation("headroom_n1_kva"), numbers.kva, "headroom"
    ),
    Quantity(
        "Substation hot spot, failover", _of_substation("hot_spot_failover_c"), numbers.celsius
    ),
    Quantity("Objects over their limit", _n_over, numbers.fixed),
)


def compare_rows(subjects: Sequence[Subject]) -> tuple[CompareRow, ...]:
    """Return every quantity of every plan; bars start at zero and share a scale in each row."""
    rows = []
    for quantity in QUANTITIES:
        values = [quantity.read(subject) for subject in subjects]
        longest = max((abs(value) for value in values if value is not None), default=0.0)
        cells = tuple(
            Cell(quantity.say(value), abs(value) / longest if value and longest else 0.0)
            for value in values
        )
        rows.append(CompareRow(quantity.title, quantity.word, cells))
    return tuple(rows)


def compare_sentence(subjects: Sequence[Subject]) -> str:
    """Say which of the plans with equally many accelerators takes least energy, and how much less.

    Accelerators of different kinds do different work; the sentence says that it does not weigh it.
    """
    groups: dict[float, dict[str, float]] = {}
    for subject in subjects:
        if subject.stage.year:
            groups.setdefault(_n_chips(subject), {})[subject.name] = subject.stage.year.facility_kwh
    n_chips, energies = max(groups.items(), key=lambda item: len(item[1]), default=(0.0, {}))
    if len(energies) < 2:  # noqa: PLR2004 - a comparison
        return ""
    least, most = min(energies, key=energies.__getitem__), max(energies, key=energies.__getitem__)
    saved = 100.0 * (1.0 - energies[least] / energies[most])
    return (
        f"With {numbers.fixed(n_chips)} accelerators on the site, {least} takes least energy: "
        f"{_mwh(energies[least])} a year, {saved:.1f} % less than {most}. "
        "How much work each kind of accelerator does is not weighed."
    )
