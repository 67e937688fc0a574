"""The cooling plant: rows of the database to documents, with what supplies it."""

from collections import defaultdict
from collections.abc import Iterable

from facility.scenarios.snapshot.picture import Picture, Unit
from facility.sites.models import Site
from power.physics.documents import Consumer
from thermal import models
from thermal.physics import units
from thermal.physics.documents import Circuit, Loop

Supply = tuple[str, float]


def pumps_id(loop_tag: str) -> str:
    """Return the consumer that stands for the pumps of a loop."""
    return f"{loop_tag}/pumps"


def read_cooling(site: Site, picture: Picture) -> list[models.CoolingUnit]:
    """Read loops, circuits and units; return the units for their provenance."""
    _read_loops(site, picture)
    _read_circuits(site, picture)
    rows = models.CoolingUnit.objects.filter(site=site).select_related("hall", "loop", "circuit")
    feeds = models.UnitFeed.objects.filter(unit__site=site)
    supplies: dict[int, list[Supply]] = defaultdict(list)
    for unit_pk, *supply in feeds.values_list("unit_id", "node__tag", "share_ratio"):
        supplies[unit_pk].append((supply[0], supply[1]))
    found = list(rows)
    for row in found:
        path = f"cooling.units[{row.tag}]"
        if row.kind not in units.KINDS:
            picture.known(f"{path}.kind", "kind of cooling unit", row.kind, units.KINDS)
            continue
        unit = picture.parse(path, units.KINDS[row.kind].document, row.document())
        if isinstance(unit, Unit):
            picture.place(picture.units, unit)
        _install_consumer(picture, path, row.tag, supplies[row.pk])
    return found


def _read_loops(site: Site, picture: Picture) -> None:
    supplies: dict[int, list[Supply]] = defaultdict(list)
    feeds = models.LoopFeed.objects.filter(loop__site=site)
    for loop_pk, node, share in feeds.values_list("loop_id", "node__tag", "share_ratio"):
        supplies[loop_pk].append((node, share))
    fields = (
        "kind",
        "supply_setpoint_c",
        "design_rise_k",
        "pump_drop_kpa",
        "pump_efficiency_ratio",
        "economiser_kw_per_k",
        "cycles_of_concentration",
        "n_redundant",
    )
    for row in models.Loop.objects.filter(site=site):
        data = {name: getattr(row, name) for name in fields}
        consumer = pumps_id(row.tag)
        picture.install(picture.loops, Loop, {"id": row.tag, "pump_consumer": consumer, **data})
        _install_consumer(picture, f"cooling.loops[{row.tag}]", consumer, supplies[row.pk])


def _read_circuits(site: Site, picture: Picture) -> None:
    fields = ("supply_setpoint_c", "fluid", "external_drop_kpa", "n_redundant")
    rows = models.Circuit.objects.filter(hall__building__site=site).select_related("hall")
    for row in rows:
        data = {name: getattr(row, name) for name in fields}
        picture.install(picture.circuits, Circuit, {"id": row.tag, "hall": row.hall.tag, **data})


def _install_consumer(picture: Picture, path: str, name: str, supplies: Iterable[Supply]) -> None:
    feeds = [{"node": node, "share_ratio": share} for node, share in sorted(supplies)]
    if not feeds:
        picture.problem(f"{path}.feeds", "missing", "has no supply")
        return
    picture.stands_in(
        "network.consumers[cooling].power_factor",
        "1",
        "cooling machines state no power factor; drives with front ends are near 1",
    )
    picture.install(picture.consumers, Consumer, {"id": name, "kind": "cooling", "feeds": feeds})
