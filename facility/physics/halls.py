"""How dense a hall may get: every limit on the power of one rack, and which of them binds."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from facility.kernel.units import SQRT_3, W_PER_KW
from facility.physics.chain import above, upstream
from facility.physics.cohorts import Cohort
from facility.physics.cooling_loads import RESERVE_OUT
from facility.physics.coupling import SiteState, Stand
from facility.physics.design import design_kw, peak_kw
from facility.physics.documents import CandidateRack, FacilityInput, Hall, Tap
from facility.physics.machines import CircuitUnits, firm_kw
from facility.physics.results import HallResult, LimitRow, ObjectLoad
from facility.physics.sizing import stream_load
from power.physics.documents import Consumer, Feed, Node
from racks.physics.documents import System

UPSTREAM_KINDS = {
    "line": "Busway or cable",
    "transformer": "Transformer",
    "conversion": "UPS",
    "switch": "Switch",
}


@dataclass(frozen=True, slots=True)
class HallStudy:
    """A solved design point, ready to be asked how dense each hall may get."""

    document: FacilityInput
    stand: Stand
    state: SiteState
    loads: tuple[ObjectLoad, ...]
    candidate: CandidateRack | None


def hall_results(study: HallStudy) -> tuple[HallResult, ...]:
    """Return the density of every hall with rack places.

    The allowed power of one rack is that at which, with every rack of the hall raised alike, the
    first limit is reached. A hall without racks is asked with the candidate rack.
    """
    return tuple(_hall(study, hall) for hall in study.document.halls if hall.n_positions > 0)


def _hall(study: HallStudy, hall: Hall) -> HallResult:
    stand, heat, point = study.stand, study.state.heat, study.document.design_point
    groups = [cohort for cohort in stand.cohorts if cohort.hall == hall.id]
    racks = sum(group.n_racks for group in groups)
    nameplate = sum(group.n_racks * group.nameplate_kw for group in groups)
    limits = sorted(_limits(study, hall, groups), key=lambda row: row.limit_kw)
    inlets = [k for k, group in enumerate(stand.cohorts) if group.hall == hall.id]
    coolant = [
        float(heat.coolant_c[name].max())
        for name, group in stand.machines.circuits.items()
        if group.circuit.hall == hall.id
    ]
    return HallResult(
        hall=hall.id,
        label=hall.label,
        n_racks=racks,
        n_positions=hall.n_positions,
        nameplate_kw=nameplate,
        peak_kw=sum(group.n_racks * peak_kw(group) for group in groups),
        density_kw=nameplate / racks if racks else 0.0,
        density_kw_per_m2=nameplate / (hall.width_m * hall.depth_m),
        allowed_kw=limits[0].limit_kw
        if limits
        else max((design_kw(group, point) for group in groups), default=0.0),
        binding=f"{limits[0].name}: {limits[0].object}" if limits else "",
        limits=tuple(limits),
        air_inlet_max_c=float(heat.inlet_c[inlets].max()) if inlets else None,
        coolant_supply_max_c=max(coolant, default=None),
    )


def _limits(study: HallStudy, hall: Hall, groups: list[Cohort]) -> Iterable[LimitRow]:
    """Yield every limit on one rack, for the densest cohort of the hall or for the candidate."""
    if groups:
        yield from _limits_of_racks(study, hall, groups)
    elif study.candidate is not None:
        yield from _limits_of_places(study, hall, study.candidate)


def _limits_of_racks(study: HallStudy, hall: Hall, groups: list[Cohort]) -> Iterable[LimitRow]:
    point = study.document.design_point
    used = max(design_kw(group, point) for group in groups)
    # Raised alike, a rack of half the density reaches its own limit at twice that of the densest.
    scale = {rack.id: used / design_kw(group, point) for group in groups for rack in group.racks}
    yield from _feed_limits(study, scale, used)
    yield from _worst_by_kind(study.loads, hall, lambda load: _raised_alike(load, used), used)
    yield from _cooling_of_racks(study, hall, used)
    racks = [rack for group in groups for rack in group.racks if rack.mass_kg > 0]
    if racks:
        room = min(rack.width_m * rack.depth_m / rack.mass_kg for rack in racks)
        yield _row("Floor load", hall.id, "always", hall.floor_limit_kg_m2 * room * used, used)


def _limits_of_places(study: HallStudy, hall: Hall, candidate: CandidateRack) -> Iterable[LimitRow]:
    system = next(item for item in study.document.systems if item.id == candidate.system)
    yield from _place_limits(study, hall, candidate)
    yield from _cooling_of_places(study, hall, system)
    nameplate = system.nameplate_kw * candidate.n_systems
    limit = hall.floor_limit_kg_m2 * candidate.footprint_m2 * nameplate / candidate.mass_kg
    yield _row("Floor load", hall.id, "always", limit, 0.0)


def _row(name: str, thing: str, state: str, limit_kw: float, used_kw: float) -> LimitRow:
    return LimitRow(
        name=name,
        object=thing,
        state=state,
        limit_kw=limit_kw,
        used_kw=used_kw,
        left_kw=limit_kw - used_kw,
    )


def _feed_limits(study: HallStudy, scale: Mapping[str, float], used: float) -> Iterable[LimitRow]:
    """Yield what the weakest rack feeds carry, all together and with the worst one lost."""
    network = study.document.network
    nodes = {node.id: node for node in network.nodes}
    rated = [
        (item.id, _carried(item, item.feeds, nodes, scale=scale[item.id]))
        for item in network.consumers
        if item.id in scale
        and item.is_present(study.stand.stage)
        and all(feed.rating_a is not None for feed in item.feeds)
    ]
    if rated:
        limit, name = min((_shared_kw(rows), name) for name, rows in rated)
        yield _row("Rack feeds", name, "normal", limit, used)
    yield from _worst_with_one_lost(rated, used)


def _worst_with_one_lost(
    rated: Iterable[tuple[str, list[tuple[float, float]]]], used: float
) -> Iterable[LimitRow]:
    """Yield what the weakest carry with their worst feed lost; a single feed just goes dark."""
    redundant = [
        (min(_shared_kw([*rows[:k], *rows[k + 1 :]]) for k in range(len(rows))), name)
        for name, rows in rated
        if len(rows) > 1
    ]
    if redundant:
        limit, name = min(redundant)
        yield _row("Rack feed", name, "one feed lost", limit, used)


def _carried(
    load: Consumer | CandidateRack,
    feeds: Iterable[Feed | Tap],
    nodes: Mapping[str, Node],
    *,
    scale: float = 1.0,
) -> list[tuple[float, float]]:
    """Return what each breaker carries continuously at nominal voltage [kW], and its share."""
    found = []
    for feed in feeds:
        node = nodes[feed.node]
        factor = SQRT_3 * load.power_factor if node.current == "ac" else 1.0
        power_kw = scale * factor * node.voltage_v * (feed.rating_a or 0.0) * feed.continuous_ratio
        found.append((power_kw / W_PER_KW, feed.share_ratio))
    return found


def _shared_kw(rows: Sequence[tuple[float, float]]) -> float:
    """Return the total at which the first of some feeds is full, each with its share of it."""
    whole = sum(share for _, share in rows)
    return min(power * whole / share for power, share in rows)


def _worst_by_kind(
    loads: Iterable[ObjectLoad], hall: Hall, limit_kw: Callable[[ObjectLoad], float], used: float
) -> Iterable[LimitRow]:
    """Yield the tightest object of each kind that serves this hall alone."""
    mine = [load for load in loads if load.hall == hall.id]
    for kind, name in UPSTREAM_KINDS.items():
        rows = [(limit_kw(load), load) for load in mine if load.kind == kind]
        finite = [row for row in rows if np.isfinite(row[0])]
        if finite:
            limit, load = min(finite, key=lambda row: row[0])
            yield _row(name, load.id, load.failover_state, limit, used)


def _raised_alike(load: ObjectLoad, used: float) -> float:
    """Return the power of one rack at which an object is full, all racks raised alike."""
    ratio = max(load.normal_ratio, load.failover_ratio)
    return used / ratio if ratio > 0 else np.inf


def _place_limits(study: HallStudy, hall: Hall, candidate: CandidateRack) -> Iterable[LimitRow]:
    """Yield what the taps of free places, and what stands above them, carry on one path alone."""
    network, stage = study.document.network, study.stand.stage
    nodes = {node.id: node for node in network.nodes}
    feeds = upstream(network, stage)
    free = [p for p in study.document.places if p.hall == hall.id and p.is_present(stage)]
    shared = Counter(
        name
        for place in free
        for name in {name for tap in place.taps for name in above(tap.node, feeds)}
    )
    rated = [(place.id, _carried(candidate, place.taps, nodes)) for place in free]
    yield from _worst_with_one_lost(rated, 0.0)

    def alone(load: ObjectLoad) -> float:
        free_kw = (load.rating_kva - load.failover_kva) * candidate.power_factor
        return free_kw / shared[load.id] if shared[load.id] else np.inf

    yield from _worst_by_kind(study.loads, hall, alone, 0.0)


def _cooling_of_racks(study: HallStudy, hall: Hall, used: float) -> Iterable[LimitRow]:
    """Yield the power of one rack at which firm cooling is full, all racks raised alike."""
    machines, duty = study.stand.machines, study.state.heat.duty_kw
    units = machines.halls.get(hall.id)
    if units is not None and hall.id in duty:
        firm = firm_kw(units.units, units.air.n_redundant)
        limit = used * firm / float(duty[hall.id][0])
        yield _row("Air units", hall.id, RESERVE_OUT, limit, used)
    for circuit in _circuits(study, hall):
        heat = float(duty[circuit.circuit.id][0])
        if heat > 0:
            limit = used * firm_kw(circuit.units, circuit.circuit.n_redundant) / heat
            yield _row("CDUs", circuit.circuit.id, RESERVE_OUT, limit, used)


def _cooling_of_places(study: HallStudy, hall: Hall, system: System) -> Iterable[LimitRow]:
    """Yield what firm cooling allows each of the hall's places, by the split of the heat."""
    # Fans and supply losses heat the air alone, so the split is not that of the chips.
    heat = stream_load(system, n_systems=1.0)
    air_share = float(heat.air_kw) / system.nameplate_kw
    units = study.stand.machines.halls.get(hall.id)
    if units is not None and air_share > 0:
        firm = firm_kw(units.units, units.air.n_redundant)
        yield _row("Air units", hall.id, RESERVE_OUT, firm / hall.n_positions / air_share, 0.0)
    circuits = _circuits(study, hall)
    if system.liquid_ratio > 0 and circuits:
        firm = sum(firm_kw(group.units, group.circuit.n_redundant) for group in circuits)
        name = ", ".join(group.circuit.id for group in circuits)
        limit = firm / hall.n_positions / (1.0 - air_share)
        yield _row("CDUs", name, RESERVE_OUT, limit, 0.0)


def _circuits(study: HallStudy, hall: Hall) -> list[CircuitUnits]:
    groups = study.stand.machines.circuits.values()
    return [group for group in groups if group.circuit.hall == hall.id]
