"""Halls, rows, systems, workloads and racks: rows of the database to documents."""

from collections import defaultdict
from typing import Any

from facility.physics.documents import Hall
from facility.scenarios.snapshot.picture import Picture, RowPlaces, Spot, Tap
from facility.sites import models as sites
from power.models import RackFeed, RowTap
from power.physics.documents import Consumer
from racks import models as racks
from racks.physics.documents import Rack, System, Workload
from thermal.models import RackConnection, RowConnection
from thermal.physics.documents import HallAir

Values = dict[str, Any]

FREE_STANDING = "(free)"
"""Row of a rack that stands in no row."""


def rack_id(rack: racks.Rack) -> str:
    """Return the id of a rack in documents: `HALL/TAG`."""
    return f"{rack.hall.tag}/{rack.tag}"


def read_types(site: sites.Site, picture: Picture) -> list[racks.SystemType]:
    """Read system types and workload profiles; return the rows for their provenance."""
    types = list(racks.SystemType.objects.filter(site=site))
    for row in types:
        data = {"id": row.key, **row.parameters}
        system = picture.parse(f"systems[{row.key}]", System, data)
        if system:
            picture.systems[row.key] = system
            picture.version_of[row.key] = row.key
    for profile in racks.WorkloadProfile.objects.filter(site=site):
        data = {"id": profile.key, **profile.parameters}
        workload = picture.parse(f"workloads[{profile.key}]", Workload, data)
        if workload:
            picture.workloads[profile.key] = workload
    return types


def read_halls(site: sites.Site, picture: Picture) -> dict[int, RowPlaces]:
    """Read halls, their air and their rows; return the rows by primary key."""
    rows = list(
        sites.Row.objects.filter(hall__building__site=site)
        .select_related("hall")
        .order_by("hall__tag", "tag")
    )
    free_standing = racks.Rack.objects.filter(hall__building__site=site, row=None)
    n_places: dict[int, int] = defaultdict(int)
    for hall_pk in free_standing.values_list("hall_id", flat=True):
        n_places[hall_pk] += 1
    for row in rows:
        n_places[row.hall_id] += row.n_positions
    halls = sites.Hall.objects.filter(building__site=site).select_related("building")
    losses = _losses(site)
    for hall in halls.order_by("tag"):
        _read_hall(hall, picture, n_positions=n_places[hall.pk], losses_of=losses[hall.pk])
    places = {row.pk: _row_places(row) for row in rows}
    _read_taps(site, places)
    picture.rows = list(places.values())
    return places


def _losses(site: sites.Site) -> dict[int, list[str]]:
    """Return the tags of what heats each room, by the room's primary key."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in ("transformers", "conversions"):
        pairs = sites.Hall.objects.filter(building__site=site, **{f"{path}__isnull": False})
        for hall_pk, tag in pairs.values_list("pk", f"{path}__tag").order_by(f"{path}__tag"):
            found[hall_pk].append(tag)
    return found


def _read_hall(
    hall: sites.Hall, picture: Picture, *, n_positions: int, losses_of: list[str]
) -> None:
    path = f"halls[{hall.tag}]"
    if hall.tag in picture.halls:
        picture.problem(path, "duplicate", f"two halls are called {hall.tag!r}")
    document = picture.parse(
        path,
        Hall,
        {
            "id": hall.tag,
            "label": hall.name,
            "building": hall.building.name,
            "width_m": hall.width_m,
            "depth_m": hall.depth_m,
            "floor_limit_kg_m2": hall.floor_limit_kg_m2,
            "n_positions": n_positions,
            "containment": hall.containment,
            "losses_of": losses_of,
        },
    )
    if document:
        picture.halls[hall.tag] = document
    air = {
        "id": hall.tag,
        "supply_setpoint_c": hall.supply_air_c,
        "leakage_ratio": hall.air_leakage_ratio,
        "row_end_ratio": hall.row_end_ratio,
        "oversupply_ratio": hall.air_oversupply_ratio,
        "n_redundant": hall.n_redundant_air_units,
    }
    picture.install(picture.airs, HallAir, air)


def _row_places(row: sites.Row) -> RowPlaces:
    return RowPlaces(
        hall=row.hall.tag,
        tag=row.tag,
        x_m=row.x_m,
        y_m=row.y_m,
        pitch_m=row.pitch_m,
        depth_m=row.depth_m,
        front_deg=row.front_deg,
        n_positions=row.n_positions,
    )


def _read_taps(site: sites.Site, places: dict[int, RowPlaces]) -> None:
    taps = RowTap.objects.filter(row__hall__building__site=site).select_related("node")
    for tap in taps:
        places[tap.row_id].taps.append(
            Tap(
                first=tap.first_position,
                last=tap.last_position,
                path=tap.path,
                node=tap.node.tag,
                breaker_a=tap.breaker_a,
                phases=tap.phases,
            )
        )
    connections = RowConnection.objects.filter(row__hall__building__site=site)
    for row_pk, circuit in connections.values_list("row_id", "circuit__tag"):
        places[row_pk].circuit = circuit


def read_racks(site: sites.Site, picture: Picture, places: dict[int, RowPlaces]) -> None:
    """Read the racks with what is in them, what supplies them and what cools them."""
    contents_of, feeds_of = _contents(site), _feeds(site)
    connections = RackConnection.objects.filter(rack__hall__building__site=site)
    circuit_of = dict(connections.values_list("rack_id", "circuit__tag"))
    for rack in racks.Rack.objects.filter(hall__building__site=site).select_related("hall"):
        row = places[rack.row_id] if rack.row_id else None
        name = rack_id(rack)
        if row and rack.position:
            picture.occupy(Spot(row, rack.position), name, 0)
        contents = contents_of[rack.pk]
        document = _rack_document(rack, row, contents, circuit_of.get(rack.pk), picture)
        picture.install(picture.racks, Rack, document)
        _check_circuit(name, picture)
        if contents or feeds_of[rack.pk]:
            _read_feeds(name, feeds_of[rack.pk], [c["system"] for c in contents], picture)
        heaviest = picture.cabinet_kg.get(rack.hall.tag, 0.0)
        picture.cabinet_kg[rack.hall.tag] = max(heaviest, rack.cabinet_mass_kg)
    for spot in picture.free_spots():
        picture.offer(spot, 0)


def _contents(site: sites.Site) -> dict[int, list[Values]]:
    """Return what is in each rack, from the bottom up, by the rack's primary key."""
    found: dict[int, list[Values]] = defaultdict(list)
    rows = racks.Equipment.objects.filter(rack__hall__building__site=site)
    fields = ("system__key", "n_systems", "workload__key")
    for rack_pk, system, n_systems, workload in rows.values_list("rack_id", *fields):
        found[rack_pk].append({"system": system, "n_systems": n_systems, "workload": workload})
    return found


def _feeds(site: sites.Site) -> dict[int, list[Values]]:
    """Return the supplies of each rack, by path, by the rack's primary key."""
    found: dict[int, list[Values]] = defaultdict(list)
    rows = RackFeed.objects.filter(rack__hall__building__site=site)
    fields = ("node__tag", "share_ratio", "breaker_a", "power_factor", "phases")
    names = ("node", "share_ratio", "rating_a", "power_factor", "phases")
    for rack_pk, *values in rows.values_list("rack_id", *fields):
        found[rack_pk].append(dict(zip(names, values, strict=True)))
    return found


def _rack_document(
    rack: racks.Rack,
    row: RowPlaces | None,
    contents: list[Values],
    circuit: str | None,
    picture: Picture,
) -> dict[str, object]:
    mass_kg = rack.cabinet_mass_kg + sum(
        item["n_systems"] * system_mass_kg(picture, item["system"]) for item in contents
    )
    return {
        "id": rack_id(rack),
        "hall": rack.hall.tag,
        "row": row.tag if row else FREE_STANDING,
        "x_m": rack.x_m,
        "y_m": rack.y_m,
        "width_m": rack.width_m,
        "depth_m": rack.depth_m,
        "front_deg": rack.front_deg,
        "mass_kg": mass_kg,
        "row_end": bool(row and rack.position and row.is_end(rack.position)),
        "contents": contents,
        "circuit": circuit,
    }


def system_mass_kg(picture: Picture, key: str) -> float:
    """Return the mass of one system; an unknown one counts nothing and is noted. [kg]."""
    system = picture.systems.get(key)
    if system is None:
        return 0.0
    if system.mass_kg is None:
        picture.stands_in(
            f"systems[{key}].mass_kg", "0 kg", "not given; floor load counts the cabinet alone"
        )
        return 0.0
    return system.mass_kg


def _check_circuit(name: str, picture: Picture) -> None:
    rack = picture.racks.live.get(name)
    if rack is None or rack.circuit:
        return
    for content in rack.contents:
        system = picture.systems.get(content.system)
        if system and system.liquid_ratio > 0:
            picture.problem(
                f"racks[{name}].circuit",
                "missing",
                f"{system.label} gives heat to liquid; connect the rack to a liquid circuit",
            )


def _read_feeds(name: str, feeds: list[Values], systems: list[str], picture: Picture) -> None:
    if not feeds:
        picture.problem(f"racks[{name}].feeds", "missing", "has equipment but no supply")
        return
    total = sum(feed["share_ratio"] for feed in feeds)
    factor = sum(feed.pop("power_factor") * feed["share_ratio"] for feed in feeds) / total
    for key in systems:
        picture.power_factor_of.setdefault(key, factor)
    rule = {"continuous_ratio": picture.continuous_ratio}
    data = {
        "id": name,
        "kind": "rack",
        "power_factor": factor,
        "feeds": [{**feed, **rule} for feed in feeds],
    }
    picture.install(picture.consumers, Consumer, data)
