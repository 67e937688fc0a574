"""What each kind of change does to the picture of a site."""

import re
from collections.abc import Iterable
from functools import singledispatch

from facility.kernel.documents import Document
from facility.kernel.units import W_PER_KW
from facility.scenarios import changes
from facility.scenarios.snapshot.picture import Picture, RowPlaces, Spot
from facility.scenarios.snapshot.rooms import system_mass_kg
from power.physics.documents import Consumer, Feed
from racks.physics.documents import Content, Rack, System

USUAL_POWER_FACTOR = 0.99
"""Of a supply with power factor correction; the same as the column for rack feeds assumes."""
_NUMBERED = re.compile(r"^(.*?)(\d+)$")


@singledispatch
def apply(change: Document, picture: Picture, stage: int, path: str) -> None:
    """Apply one change from a stage on; what cannot be done becomes a problem of the picture."""
    raise TypeError(f"nothing applies {type(change).__name__}")


# --- Racks ------------------------------------------------------------------------------------


@apply.register
def _add_racks(change: changes.AddRacks, picture: Picture, stage: int, path: str) -> None:
    sound = [
        picture.known(f"{path}.hall", "hall", change.hall, picture.halls),
        picture.known(f"{path}.system", "system", change.system, picture.version_of),
        picture.known(f"{path}.workload", "workload", change.workload, picture.workloads),
    ]
    if not all(sound):
        return
    system = picture.system(change.system)
    cabinet_kg = _cabinet_kg(change, system, picture, path)
    usable = usable_spots(picture, system, change.hall)
    if len(usable) < change.n_racks:
        picture.problem(f"{path}.n_racks", "no_places", _shortage(change, system, picture))
        return
    content = Content(system=system.id, n_systems=change.n_systems, workload=change.workload)
    mass_kg = cabinet_kg + change.n_systems * system_mass_kg(picture, change.system)
    for spot in usable[: change.n_racks]:
        _place_rack(spot, content, mass_kg, picture, stage)


def usable_spots(picture: Picture, system: System, hall: str = "") -> list[Spot]:
    """Return the free spots, in order, at which such a system can be supplied and cooled."""

    def accept(row: RowPlaces) -> bool:
        wet = system.liquid_ratio > 0
        return (not hall or row.hall == hall) and (row.circuit is not None or not wet)

    return [p for p in picture.free_spots(accept) if p.row.taps_at(p.position)]


def _shortage(change: changes.AddRacks, system: System, picture: Picture) -> str:
    free = list(picture.free_spots(lambda row: row.hall == change.hall))
    untapped = sum(not p.row.taps_at(p.position) for p in free)
    dry = sum(p.row.circuit is None for p in free) if system.liquid_ratio > 0 else 0
    usable = len(usable_spots(picture, system, change.hall))
    text = f"{change.hall} has {usable} places for {system.label}, {change.n_racks} are needed"
    reasons = [f"{len(free)} places are free"]
    if untapped:
        reasons.append(f"{untapped} of them have no supply taps")
    if dry:
        reasons.append(f"{dry} of them have no liquid circuit")
    return f"{text} ({', '.join(reasons)})"


def _cabinet_kg(change: changes.AddRacks, system: System, picture: Picture, path: str) -> float:
    """Return the mass of the empty cabinet; a rack-scale system brings its own. [kg]."""
    if change.cabinet_mass_kg is not None or system.kind == "rack_system":
        return change.cabinet_mass_kg or 0.0
    cabinet_kg = picture.cabinet_kg.get(change.hall, 0.0)
    reason = f"not given; the heaviest cabinet standing in {change.hall}"
    picture.stands_in(f"{path}.cabinet_mass_kg", f"{cabinet_kg:g} kg", reason)
    return cabinet_kg


def power_factor(picture: Picture, key: str) -> float:
    """Return the power factor of a system type at its input: that of its like on the site."""
    if key in picture.power_factor_of:
        return picture.power_factor_of[key]
    default = USUAL_POWER_FACTOR
    reason = "no such system is connected yet; the usual figure of a corrected supply"
    picture.stands_in(f"systems[{key}].power_factor", f"{default:g}", reason)
    return default


def _place_rack(spot: Spot, content: Content, mass_kg: float, picture: Picture, stage: int) -> None:
    row, position = spot.row, spot.position
    place = picture.places.live[spot.id]
    name = _new_rack_name(spot, picture)
    is_wet = picture.systems[content.system].liquid_ratio > 0
    rack = Rack(
        id=name,
        hall=row.hall,
        row=row.tag,
        x_m=row.x_m + (position - 1) * row.pitch_m,
        y_m=row.y_m,
        width_m=row.pitch_m,
        depth_m=row.depth_m,
        front_deg=row.front_deg,
        mass_kg=mass_kg,
        row_end=row.is_end(position),
        contents=(content,),
        circuit=row.circuit if is_wet else None,
    )
    consumer = Consumer(
        id=name,
        kind="rack",
        power_factor=power_factor(picture, content.system.partition("@")[0]),
        feeds=tuple(Feed(**tap.model_dump()) for tap in place.taps),
    )
    picture.occupy(spot, name, stage)
    picture.racks.put(rack, stage)
    picture.consumers.put(consumer, stage)


def _new_rack_name(spot: Spot, picture: Picture) -> str:
    name, number = spot.id, 1
    while name in picture.racks.live or name in picture.consumers.live:
        number += 1
        name = f"{spot.id}.{number}"
    return name


@apply.register
def _remove_racks(change: changes.RemoveRacks, picture: Picture, stage: int, path: str) -> None:
    for number, name in enumerate(change.racks):
        if not picture.known(f"{path}.racks[{number}]", "rack", name, picture.racks.live):
            continue
        picture.racks.remove(name, stage)
        if name in picture.consumers.live:
            picture.consumers.remove(name, stage)
        picture.clear(name, stage)


@apply.register
def _set_workload(change: changes.SetWorkload, picture: Picture, stage: int, path: str) -> None:
    sound = [
        picture.known(f"{path}.hall", "hall", change.hall, picture.halls),
        picture.known(f"{path}.workload", "workload", change.workload, picture.workloads),
    ]
    if not all(sound):
        return
    for rack in list(picture.racks.live.values()):
        if rack.hall == change.hall:
            _put_contents(
                rack, (_reworked(c, change, picture) for c in rack.contents), picture, stage
            )


def _reworked(content: Content, change: changes.SetWorkload, picture: Picture) -> Content:
    """Return the content with its new work; switches and storage keep what they do."""
    if picture.systems[content.system].n_chips == 0:
        return content
    return content.model_copy(update={"workload": change.workload})


def _put_contents(rack: Rack, contents: Iterable[Content], picture: Picture, stage: int) -> None:
    new = tuple(contents)
    if new != rack.contents:
        picture.racks.put(rack.model_copy(update={"contents": new}), stage)


@apply.register
def _cap_system(change: changes.CapSystem, picture: Picture, stage: int, path: str) -> None:
    if not picture.known(f"{path}.system", "system", change.system, picture.version_of):
        return
    capped = _capped(picture.system(change.system), change, picture, stage, path)
    if capped is None:
        return
    old = picture.version_of[change.system]
    picture.systems[capped.id] = capped
    picture.version_of[change.system] = capped.id
    for rack in list(picture.racks.live.values()):
        contents = (
            c.model_copy(update={"system": capped.id}) if c.system == old else c
            for c in rack.contents
        )
        _put_contents(rack, contents, picture, stage)


def _capped(
    system: System, change: changes.CapSystem, picture: Picture, stage: int, path: str
) -> System | None:
    """Return the system under its new cap; its nameplate falls by what its chips give up."""
    if system.chip is None:
        picture.problem(f"{path}.system", "no_chip", f"{system.label} has no chips to cap")
        return None
    saved_w = system.chip.cap_w - change.cap_w
    nameplate_kw = system.nameplate_kw - system.n_chips * saved_w / W_PER_KW
    if saved_w <= 0 or nameplate_kw <= 0 or change.cap_w < system.chip.idle_w:
        message = (
            f"{change.cap_w:g} W is not between what a chip of {system.label} draws idle "
            f"({system.chip.idle_w:g} W) and its present limit ({system.chip.cap_w:g} W)"
        )
        picture.problem(f"{path}.cap_w", "out_of_range", message)
        return None
    return system.model_copy(
        update={
            "id": f"{change.system}@{stage}",
            "label": f"{system.label.partition(', capped')[0]}, capped at {change.cap_w:g} W",
            "nameplate_kw": nameplate_kw,
            "chip": system.chip.model_copy(update={"cap_w": change.cap_w}),
        }
    )


# --- Plant ------------------------------------------------------------------------------------


@apply.register
def _add_units(change: changes.AddUnits, picture: Picture, stage: int, path: str) -> None:
    if not picture.known(f"{path}.like", "cooling unit", change.like, picture.units.live):
        return
    unit = picture.units.live[change.like]
    consumer = picture.consumers.live.get(change.like)
    taken = set(picture.consumers.live) | set(picture.units.live)
    for name in _next_names(change.like, taken, change.n_units):
        picture.units.put(unit.model_copy(update={"id": name}), stage)
        if consumer:
            picture.consumers.put(consumer.model_copy(update={"id": name}), stage)


def _next_names(like: str, taken: set[str], count: int) -> list[str]:
    """Return names that number on from the highest in use: after CDU-D-06 comes CDU-D-07."""
    match = _NUMBERED.match(like)
    stem, width = (match[1], len(match[2])) if match else (f"{like}-", 1)
    pattern = re.compile(rf"^{re.escape(stem)}(\d+)$")
    used = [int(found[1]) for name in taken if (found := pattern.match(name))]
    first = max(used, default=1) + 1
    return [f"{stem}{number:0{width}d}" for number in range(first, first + count)]


@apply.register
def _set_rating(change: changes.SetRating, picture: Picture, stage: int, path: str) -> None:
    """Replace by one of another size: per unit of its rating it stays as it is."""
    names = [*picture.transformers.live, *picture.conversions.live]
    if not picture.known(f"{path}.tag", "transformer or conversion", change.tag, names):
        return
    if change.tag in picture.transformers.live:
        old = picture.transformers.live[change.tag]
        ratio = change.rating_kva / old.rating_kva
        update = {
            "rating_kva": change.rating_kva,
            "load_loss_kw": old.load_loss_kw * ratio,
            "no_load_loss_kw": old.no_load_loss_kw * ratio,
        }
        picture.transformers.put(old.model_copy(update=update), stage)
        return
    unit = picture.conversions.live[change.tag]
    ratio = change.rating_kva / unit.rating_kva
    update = {"rating_kva": change.rating_kva, "rating_kw": unit.rating_kw * ratio}
    picture.conversions.put(unit.model_copy(update=update), stage)


@apply.register
def _set_supply(change: changes.SetSupply, picture: Picture, stage: int, path: str) -> None:
    update = {"supply_setpoint_c": change.supply_c}
    loop = picture.loops.live.get(change.tag)
    circuit = picture.circuits.live.get(change.tag)
    air = picture.airs.live.get(change.tag)
    if sum(item is not None for item in (loop, circuit, air)) > 1:
        picture.problem(f"{path}.tag", "ambiguous", f"{change.tag!r} names more than one thing")
    elif loop:
        picture.loops.put(loop.model_copy(update=update), stage)
    elif circuit:
        picture.circuits.put(circuit.model_copy(update=update), stage)
    elif air:
        picture.airs.put(air.model_copy(update=update), stage)
    else:
        names = [*picture.loops.live, *picture.circuits.live, *picture.airs.live]
        picture.known(f"{path}.tag", "loop, circuit or hall", change.tag, names)
