"""A hall cooled in several ways: what each plan adds to the site, and the site with it.

Everything is read off finished answers and the frozen inputs they answer.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isclose

from facility.kernel.units import HOURS_PER_YEAR, L_PER_M3
from facility.physics.documents import FacilityInput
from facility.physics.results import (
    CohortResult,
    FacilityResult,
    HallResult,
    HeadroomResult,
    ObjectLoad,
    StageResult,
    YearResult,
)
from facility.reports import numbers
from facility.reports.tables import ObjectRow, junction_margin_k, object_rows

ROUNDING = 1e-9
"""Figures that differ by less, relatively, are the same."""

UNIT_WORDS: Mapping[str, tuple[str, str]] = {
    "crah": ("air unit", "air units"),
    "cdu": ("CDU", "CDUs"),
    "chiller": ("chiller", "chillers"),
    "tower": ("cooling tower", "cooling towers"),
    "dry_cooler": ("dry cooler", "dry coolers"),
}


@dataclass(frozen=True, slots=True)
class UnitGroup:
    """Equal kinds of cooling units that a plan adds."""

    kind: str
    n_units: int
    rated_kw: float


@dataclass(frozen=True, slots=True)
class Basis:
    """What has to be the same for answers to be comparable."""

    site: str
    weather: str
    design_point: str
    currency: str


@dataclass(frozen=True, slots=True)
class Energy:
    """A year of a site, or what a plan adds to one."""

    it_kwh: float
    compute_kwh: float
    cooling_kwh: float
    loss_kwh: float
    facility_kwh: float
    water_m3: float
    carbon_kg: float | None
    amount: float | None

    @property
    def fan_kwh(self) -> float:
        """What server fans and supplies take of the IT energy."""
        return self.it_kwh - self.compute_kwh

    @property
    def other_kwh(self) -> float:
        """Lights, offices and whatever else the facility feeds."""
        return self.facility_kwh - self.it_kwh - self.cooling_kwh - self.loss_kwh

    @property
    def pue(self) -> float | None:
        """Facility over IT energy."""
        return _over(self.facility_kwh, self.it_kwh)

    @property
    def itue(self) -> float | None:
        """IT over compute energy."""
        return _over(self.it_kwh, self.compute_kwh)

    @property
    def tue(self) -> float | None:
        """Facility over compute energy."""
        return _over(self.facility_kwh, self.compute_kwh)

    @property
    def fan_ratio(self) -> float | None:
        """Share of fans and supplies in the IT energy: 1 - 1/ITUE."""
        return _over(self.fan_kwh, self.it_kwh)

    @property
    def wue_l_per_kwh(self) -> float | None:
        """Water over IT energy."""
        return _over(L_PER_M3 * self.water_m3, self.it_kwh)

    def less(self, other: "Energy") -> "Energy":
        """Return what this year has more than another; unknown where either is."""
        return Energy(
            it_kwh=self.it_kwh - other.it_kwh,
            compute_kwh=self.compute_kwh - other.compute_kwh,
            cooling_kwh=self.cooling_kwh - other.cooling_kwh,
            loss_kwh=self.loss_kwh - other.loss_kwh,
            facility_kwh=self.facility_kwh - other.facility_kwh,
            water_m3=self.water_m3 - other.water_m3,
            carbon_kg=_difference(self.carbon_kg, other.carbon_kg),
            amount=_difference(self.amount, other.amount),
        )


def energy_of(year: YearResult) -> Energy:
    """Return the energies of a year."""
    return Energy(
        it_kwh=year.it_kwh,
        compute_kwh=year.compute_kwh,
        cooling_kwh=year.cooling_kwh,
        loss_kwh=year.loss_kwh,
        facility_kwh=year.facility_kwh,
        water_m3=year.water_m3,
        carbon_kg=year.carbon_kg,
        amount=year.energy_amount,
    )


@dataclass(frozen=True)
class Case:
    """A plan with its answer."""

    name: str
    result: FacilityResult
    levels: Mapping[str, str]
    basis: Basis
    units: tuple[UnitGroup, ...] = ()

    @cached_property
    def stage(self) -> StageResult:
        """The last stage of the plan whose year was solved, or its last one."""
        with_year = [stage for stage in self.result.stages[1:] if stage.year]
        return (with_year or list(self.result.stages))[-1]

    @property
    def start(self) -> StageResult:
        """The site before the plan."""
        return self.result.stages[0]

    @cached_property
    def added(self) -> tuple[tuple[CohortResult, int], ...]:
        """Cohorts with racks that were not there before, with the number of those racks."""
        before = {(name, item.label) for item in self.start.cohorts for name in item.racks}
        counted = (
            (item, sum((name, item.label) not in before for name in item.racks))
            for item in self.stage.cohorts
        )
        return tuple((item, n_racks) for item, n_racks in counted if n_racks)

    @property
    def added_kinds(self) -> tuple[str, ...]:
        """What the new racks with accelerators hold."""
        return tuple(dict.fromkeys(item.label for item, _ in self.added if item.n_chips))

    @property
    def n_added_racks(self) -> int:
        """New racks, with accelerators or without."""
        return sum(n_racks for _, n_racks in self.added)

    @property
    def n_added_chips(self) -> int:
        """New accelerators."""
        return sum(item.n_chips * n_racks for item, n_racks in self.added)

    @property
    def n_chips(self) -> int:
        """Accelerators of the whole site."""
        return sum(item.n_chips * len(item.racks) for item in self.stage.cohorts)

    @property
    def halls(self) -> tuple[HallResult, ...]:
        """Halls that get new racks."""
        wanted = {item.hall for item, _ in self.added}
        return tuple(hall for hall in self.stage.halls if hall.hall in wanted)

    @property
    def hall(self) -> HallResult | None:
        """The hall with new racks, if it is one."""
        return self.halls[0] if len(self.halls) == 1 else None

    @property
    def hottest(self) -> CohortResult | None:
        """The new cohort whose chips come nearest to their limit, or go furthest beyond."""
        rows = [(junction_margin_k(item), item) for item, _ in self.added]
        known = [(margin, item) for margin, item in rows if margin is not None]
        return min(known, key=lambda row: row[0])[1] if known else None

    @property
    def throttling(self) -> tuple[CohortResult, ...]:
        """Cohorts that throttle, the longest first."""
        hot = [item for item in self.stage.cohorts if item.throttled_h]
        return tuple(sorted(hot, key=lambda item: -(item.throttled_h or 0.0)))

    @cached_property
    def site_energy(self) -> Energy | None:
        """The year of the whole site with the plan."""
        return energy_of(self.stage.year) if self.stage.year else None

    @cached_property
    def added_energy(self) -> Energy | None:
        """The year with the plan less the year before it; unknown unless both were solved."""
        if self.stage.year is None or self.start.year is None or self.stage is self.start:
            return None
        return energy_of(self.stage.year).less(energy_of(self.start.year))

    @property
    def transformer(self) -> ObjectLoad | None:
        """The substation transformer that keeps least after an outage."""
        units = [load for load in self.stage.objects if self.levels.get(load.id) == "substation"]
        return min(units, key=lambda load: load.headroom_n1_kva, default=None)

    @property
    def tightest(self) -> ObjectRow | None:
        """The object of the electrical chain that is closest to its limit or furthest over."""
        return next(iter(object_rows(self.stage, self.levels)), None)

    @property
    def n_over(self) -> int:
        """Limits that the stage exceeds, of every sort."""
        found = self.result.findings
        return sum(item.severity == "over" and item.stage == self.stage.id for item in found)

    def room(self, scope: str, state: str) -> HeadroomResult | None:
        """Return the headroom of a hall or of the site."""
        rows = self.stage.headroom
        return next((r for r in rows if r.scope == scope and r.state == state), None)


def case_of(
    name: str, result: FacilityResult, document: FacilityInput, levels: Mapping[str, str]
) -> Case:
    """Return a plan's answer with what its frozen input says of units, weather and design."""
    found: dict[str, list[float]] = defaultdict(list)
    there = {unit.id for unit in document.cooling.units if unit.from_stage == 0}
    for unit in document.cooling.units:
        if unit.id not in there:
            found[unit.kind].append(unit.rated_kw)
    groups = tuple(
        UnitGroup(kind, len(found[kind]), sum(found[kind])) for kind in UNIT_WORDS if kind in found
    )
    basis = Basis(
        site=document.site.name,
        weather=f"{document.weather.label} ({document.weather.sha256[:8]})",
        design_point=document.design_point.model_dump_json(),
        currency=document.site.tariff.currency,
    )
    return Case(name, result, levels, basis, groups)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a plan has of a quantity, and how that differs from the first plan."""

    text: str
    delta: str = ""
    share: str = ""
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity of every plan; ``word`` is the key of its definition."""

    title: str
    cells: tuple[Cell, ...]
    word: str = ""
    note: str = ""
    is_words: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading."""

    title: str
    note: str
    rows: tuple[Row, ...]


Say = Callable[[float | None], str]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number read off an answer, how it is said, and how a difference of two is."""

    title: str
    read: Callable[[Case], float | None]
    say: Say
    word: str = ""
    note: str = ""
    say_delta: Say | None = None
    relative: bool = False
    over: float | None = None
    """From here on the figure is marked as over a limit."""

    def row(self, cases: Sequence[Case | None]) -> Row:
        """Return the quantity of every plan; differences are to the first that has an answer."""
        values = [None if case is None else self.read(case) for case in cases]
        first = next((k for k, case in enumerate(cases) if case is not None), 0)
        reference = values[first] if values else None
        cells = tuple(
            self._cell(value, None if k == first else reference) for k, value in enumerate(values)
        )
        return Row(self.title, cells, self.word, self.note)

    def _cell(self, value: float | None, reference: float | None) -> Cell:
        grade = "over" if self.over is not None and (value or 0.0) >= self.over else ""
        if value is None or reference is None:
            return Cell(self.say(value), grade=grade)
        delta = value - reference
        if isclose(value, reference, rel_tol=ROUNDING):
            return Cell(self.say(value), "same", grade=grade)
        text = (self.say_delta or self.say)(delta)
        share = (
            numbers.signed(percent(delta / abs(reference))) if self.relative and reference else ""
        )
        return Cell(self.say(value), numbers.signed(text), share, grade)


@dataclass(frozen=True, slots=True)
class Words:
    """Something said of each plan that has no difference."""

    title: str
    read: Callable[[Case], str]
    word: str = ""
    note: str = ""

    def row(self, cases: Sequence[Case | None]) -> Row:
        """Return the words for every plan."""
        said = (numbers.DASH if case is None else self.read(case) or numbers.DASH for case in cases)
        cells = tuple(Cell(text) for text in said)
        return Row(self.title, cells, self.word, self.note, is_words=True)


def percent(value: float | None) -> str:
    """Return a difference in per cent with one decimal."""
    return numbers.DASH if value is None else f"{numbers.fixed(100.0 * value, 1)}{numbers.THIN}%"


def with_unit(unit: str) -> Say:
    """Return a way to say a number with a unit."""

    def say(value: float | None) -> str:
        text = numbers.number(value)
        return text if value is None else f"{text}{numbers.THIN}{unit}"

    return say


def mwh(value: float | None) -> str:
    """Return an energy given in kWh, to the next MWh so that small differences can be seen."""
    return numbers.DASH if value is None else f"{numbers.fixed(value / 1000.0)}{numbers.THIN}MWh"


def ratio(value: float | None) -> str:
    """Return a ratio with three decimals."""
    return numbers.fixed(value, 3)


def mean_kw(energy_kwh: float | None) -> float | None:
    """Return the mean power of a year."""
    return None if energy_kwh is None else energy_kwh / HOURS_PER_YEAR


def points(value: float | None) -> str:
    """Return a difference of two shares."""
    return numbers.DASH if value is None else f"{numbers.fixed(100.0 * value, 1)}{numbers.THIN}pp"


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def of_added(name: str) -> Callable[[Case], float | None]:
    """Return a reader of what a plan adds to the year."""
    return lambda case: None if case.added_energy is None else getattr(case.added_energy, name)


def of_site(name: str) -> Callable[[Case], float | None]:
    """Return a reader of the year of the whole site."""
    return lambda case: None if case.site_energy is None else getattr(case.site_energy, name)


def of_year(name: str) -> Callable[[Case], float | None]:
    """Return a reader of the solver's own figures of the year."""
    return lambda case: None if case.stage.year is None else getattr(case.stage.year, name)
