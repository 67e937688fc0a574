"""From a hall's rows and a run's documents to the marks of its drawing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facility.reports import floor_plan, numbers
from facility.reports.floor_plan import Footprint, Mark
from facility.reports.words import grade
from racks.models import Rack as RackRow
from racks.physics.documents import Rack, System

if TYPE_CHECKING:
    from facility.pages.sight import Answered
    from facility.physics.results import CohortResult, ObjectLoad
    from facility.sites.models import Hall, Row
    from thermal.models import CoolingUnit

COLOUR_BY = {
    "density": ("Rack density", "kW per rack"),
    "inlet": ("Inlet, hottest hour", "°C"),
    "margin": ("Junction margin, hottest hour", "K"),
    "failover": ("Failover load of the rack feeds", "% of rating"),
}


@dataclass(frozen=True, slots=True)
class RackView:
    """A rack with the figures that the drawing, its table and its panel share."""

    id: str
    tag: str
    what: str
    place: Footprint
    is_planned: bool
    nameplate_kw: float
    mass_kg: float | None = None
    circuit: str = ""
    cohort: "CohortResult | None" = None
    feeds: "tuple[ObjectLoad, ...]" = field(default=())

    @property
    def margin_k(self) -> float | None:
        """How far its hottest chip stays below its limit. [K]."""
        cohort = self.cohort
        if cohort is None or cohort.junction_limit_c is None or cohort.junction_max_c is None:
            return None
        return cohort.junction_limit_c - cohort.junction_max_c

    @property
    def failover_ratio(self) -> float | None:
        """Hardest load of its feeds in an outage, over the feed's rating."""
        return max((load.failover_ratio for load in self.feeds), default=None)

    @property
    def grade(self) -> str:
        """Good, near, over or unknown, by its feeds."""
        return grade(self.failover_ratio)

    def figure(self, colour_by: str) -> float | None:
        """Return what the drawing is coloured by."""
        ratio = self.failover_ratio
        return {
            "density": self.nameplate_kw,
            "inlet": self.cohort.inlet_max_c if self.cohort else None,
            "margin": self.margin_k,
            "failover": None if ratio is None else 100.0 * ratio,
        }[colour_by]


def racks_of_run(seen: "Answered", hall_tag: str) -> list[RackView]:
    """Return the racks that stand in a hall at the stage, as the run froze them."""
    systems = {system.id: system for system in seen.document.systems}
    cohort_of = {name: cohort for cohort in seen.stage.cohorts for name in cohort.racks}
    feeds: dict[str, list[ObjectLoad]] = defaultdict(list)
    for load in seen.stage.objects:
        if load.kind == "feed":
            feeds[load.id.partition("@")[0]].append(load)
    return [
        RackView(
            id=rack.id,
            tag=rack.id.rpartition("/")[2],
            what=contents_words(rack, systems),
            place=_footprint(rack),
            is_planned=rack.from_stage > 0,
            nameplate_kw=sum(c.n_systems * systems[c.system].nameplate_kw for c in rack.contents),
            mass_kg=rack.mass_kg,
            circuit=rack.circuit or "",
            cohort=cohort_of.get(rack.id),
            feeds=tuple(feeds[rack.id]),
        )
        for rack in seen.document.racks
        if rack.hall == hall_tag and rack.is_present(seen.number)
    ]


def racks_of_rows(hall: "Hall") -> list[RackView]:
    """Return the racks of a hall as built, before any run has answered."""
    rows = RackRow.objects.filter(hall=hall).prefetch_related("equipment__system")
    return [
        RackView(
            id=f"{hall.tag}/{rack.tag}",
            tag=rack.tag,
            what=", ".join(f"{e.n_systems} × {e.system}" for e in rack.equipment.all()),
            place=_footprint(rack),
            is_planned=False,
            nameplate_kw=sum(
                e.n_systems * float(e.system.parameters["nameplate_kw"])
                for e in rack.equipment.all()
            ),
            mass_kg=rack.cabinet_mass_kg,
        )
        for rack in rows
    ]


def contents_words(rack: Rack, systems: Mapping[str, System]) -> str:
    """Return what is in a rack, in words."""
    parts = [f"{c.n_systems} × {systems[c.system].label}" for c in rack.contents]
    return ", ".join(parts) or "empty"


def _footprint(rack: "Rack | RackRow") -> Footprint:
    name = rack.id if isinstance(rack, Rack) else rack.tag
    return Footprint(name, rack.x_m, rack.y_m, rack.width_m, rack.depth_m, rack.front_deg)


def drawing(
    hall: "Hall",
    rows: "Iterable[Row]",
    racks: list[RackView],
    units: "Iterable[CoolingUnit]",
    colour_by: str,
) -> floor_plan.Plan:
    """Return the drawing of a hall with its racks coloured by a figure."""
    title, unit = COLOUR_BY[colour_by]
    known = {r.id: value for r in racks if (value := r.figure(colour_by)) is not None}
    legend, steps = floor_plan.coloured(
        known, title, unit, from_zero=colour_by in {"density", "failover"}
    )
    lines = list(rows)
    return floor_plan.plan(
        hall.width_m,
        hall.depth_m,
        [_line(row) for row in lines],
        racks=[_rack_mark(r, hall.depth_m, steps.get(r.id), known.get(r.id), unit) for r in racks],
        places=_free_places(hall, lines, racks),
        units=[_unit_mark(item, hall.depth_m) for item in units],
        legend=legend,
    )


def _line(row: "Row") -> floor_plan.Line:
    left_m = row.x_m - row.pitch_m / 2
    right_m = left_m + row.pitch_m * row.n_positions
    return floor_plan.Line(row.tag, left_m, right_m, row.y_m, row.depth_m, row.front_deg)


def _rack_mark(
    rack: RackView, depth_m: float, step: int | None, value: float | None, unit: str
) -> Mark:
    figure = f"{numbers.number(value)} {unit}" if value is not None else "no figure"
    classes = " ".join(
        name
        for name, applies in (("planned", rack.is_planned), ("over", rack.grade == "over"))
        if applies
    )
    text = f"{rack.tag}: {rack.what}, {figure}{', planned' if rack.is_planned else ''}"
    return Mark(
        rack.id, floor_plan.box(rack.place, depth_m), step, text, classes, numbers.number(value)
    )


def _free_places(hall: "Hall", rows: "Iterable[Row]", racks: list[RackView]) -> list[Mark]:
    """Return the positions of rows at which no rack stands."""
    taken = {(round(r.place.x_m, 2), round(r.place.y_m, 2)) for r in racks}
    found = []
    for row in rows:
        for position in range(1, row.n_positions + 1):
            x_m = row.x_m + (position - 1) * row.pitch_m
            if (round(x_m, 2), round(row.y_m, 2)) in taken:
                continue
            name = f"{row.tag}-{position:02d}"
            place = Footprint(name, x_m, row.y_m, row.pitch_m, row.depth_m)
            found.append(
                Mark(name, floor_plan.box(place, hall.depth_m), None, f"{name}: free place")
            )
    return found


def _unit_mark(unit: "CoolingUnit", depth_m: float) -> Mark:
    place = Footprint(
        unit.tag,
        unit.x_m or 0.0,
        unit.y_m or 0.0,
        unit.width_m or 0.9,
        unit.depth_m or 0.9,
    )
    rated = numbers.kw(float(unit.parameters.get("rated_kw", 0.0)))
    text = f"{unit.tag}: {unit.get_kind_display()}, {rated}"
    return Mark(unit.tag, floor_plan.box(place, depth_m), None, text, unit.kind)
