"""How many more racks of a type fit: electricity by load flow, cooling by firm duty, places."""

from collections.abc import Iterable, Sequence

import numpy as np

from facility.physics.chain import above, upstream
from facility.physics.cooling_loads import RESERVE_OUT
from facility.physics.documents import CandidateRack, Hall, Place
from facility.physics.halls import HallStudy
from facility.physics.machines import firm_kw
from facility.physics.results import HeadroomResult, LimitRow
from facility.physics.sizing import stream_load
from power.physics.contingency import ContingencyStudy
from power.physics.documents import Consumer, Feed, Outage, Transformer
from power.physics.headroom import Limit, headroom_of
from racks.physics.documents import System
from thermal.physics.documents import Cdu, Chiller, Crah, DryCooler

Units = Sequence[Crah | Cdu | Chiller | DryCooler]

_ROUNDING = 1e-6
"""A limit that is a whole number of racks, less one last bit, is that number."""


def headroom_results(study: HallStudy, prepared: ContingencyStudy) -> tuple[HeadroomResult, ...]:
    """Return headroom in N and N-1 of every hall with free places, and of the substation.

    Each figure is the largest added power of candidate racks, spread evenly over the free places,
    that keeps every limit; the chain holds all limits in the order in which they would bind. The
    cooling electricity of the added racks is not part of the added power.
    """
    if study.candidate is None:
        return ()
    candidate = study.candidate
    system = next(item for item in study.document.systems if item.id == candidate.system)
    results: list[HeadroomResult] = []
    stage = study.stand.stage
    everywhere = [place for place in study.document.places if place.is_present(stage)]
    if not everywhere:
        return ()
    for hall in study.document.halls:
        free = [place for place in everywhere if place.hall == hall.id]
        if free:
            results += _of_hall(study, hall, free, system, prepared)
    results += _of_substation(study, everywhere, system, prepared)
    return tuple(results)


def _consumers(places: Sequence[Place], candidate: CandidateRack) -> list[Consumer]:
    return [
        Consumer(
            id=f"candidate@{place.id}",
            kind="rack",
            power_factor=candidate.power_factor,
            feeds=tuple(
                Feed(
                    node=tap.node,
                    share_ratio=tap.share_ratio,
                    rating_a=tap.rating_a,
                    continuous_ratio=tap.continuous_ratio,
                    phases=tap.phases,
                )
                for tap in place.taps
            ),
        )
        for place in places
    ]


def _outages_of(study: HallStudy, places: Sequence[Place]) -> list[Outage]:
    """Return the outages of what feeds these places; no other moves load onto their path."""
    feeds = upstream(study.document.network, study.stand.stage)
    mine = {name for place in places for tap in place.taps for name in above(tap.node, feeds)}
    return [item for item in study.document.network.outages if mine & set(item.objects)]


def _of_hall(
    study: HallStudy,
    hall: Hall,
    free: list[Place],
    system: System,
    prepared: ContingencyStudy,
) -> Iterable[HeadroomResult]:
    if study.candidate is None:
        return
    rack_kw = system.nameplate_kw * study.candidate.n_systems
    room = headroom_of(
        prepared,
        added=_consumers(free, study.candidate),
        outages=_outages_of(study, free),
        most_kw=2.0 * rack_kw * len(free),
    )
    for state, limit in (("N", room.normal), ("N-1", room.n_minus_1)):
        rows = [
            *_electrical_rows(limit, rack_kw),
            _row("Rack places", hall.id, "always", rack_kw * len(free), rack_kw),
            *_cooling_rows(study, hall, system, rack_kw, reserve=state == "N-1"),
        ]
        yield _result(hall.id, hall.label, state, rows)


def _of_substation(
    study: HallStudy, places: list[Place], system: System, prepared: ContingencyStudy
) -> Iterable[HeadroomResult]:
    """Ask the grid connection and the transformers that hang on it alone."""
    if study.candidate is None:
        return
    network, rack_kw = study.document.network, system.nameplate_kw * study.candidate.n_systems
    objects = substation(study)
    room = headroom_of(
        prepared,
        added=_consumers(places, study.candidate),
        outages=[item for item in network.outages if objects & set(item.objects)],
        objects=objects,
        most_kw=1e6,
    )
    for state, limit in (("N", room.normal), ("N-1", room.n_minus_1)):
        rows = list(_electrical_rows(limit, rack_kw))
        if rows:
            yield _result("site", "Substation", state, rows)


def substation(study: HallStudy) -> frozenset[str]:
    """Return the sources and the transformers of the highest voltage."""
    network, stage = study.document.network, study.stand.stage
    units = [b for b in network.branches if isinstance(b, Transformer) and b.is_present(stage)]
    highest = max((unit.hv_voltage_v for unit in units), default=0.0)
    names = {unit.id for unit in units if unit.hv_voltage_v == highest}
    return frozenset(names | {source.id for source in network.sources})


def _electrical_rows(limit: Limit, rack_kw: float) -> Iterable[LimitRow]:
    """Yield what binds in the load flow, or nothing where it bound nowhere up to the cap."""
    if limit.binding is not None:
        thing = f"{limit.binding.kind} {limit.binding.id}"
        yield _row("Electricity", thing, limit.binding.state, limit.load_kw, rack_kw)


def _cooling_rows(
    study: HallStudy, hall: Hall, system: System, rack_kw: float, *, reserve: bool
) -> Iterable[LimitRow]:
    """Yield what air units, circuits and the plants behind them give, by the split of the heat."""
    machines = study.stand.machines
    streams = stream_load(system, n_systems=1.0)
    air = float(streams.air_kw) / system.nameplate_kw
    liquid = float(streams.liquid_kw) / system.nameplate_kw
    state = RESERVE_OUT if reserve else "normal"

    def row(name: str, place: str, units: Units, spare: int, share: float) -> LimitRow:
        duty = study.state.heat.duty_kw.get(place)
        used = 0.0 if duty is None else float(duty[0])
        left = (firm_kw(units, spare if reserve else 0) - used) / share
        return _row(name, place, state, left, rack_kw)

    units = machines.halls.get(hall.id)
    if units is not None and air > 0:
        chilled = machines.chilled[units.units[0].loop]
        yield row("Air units", hall.id, units.units, units.air.n_redundant, air)
        spare = chilled.loop.n_redundant
        yield row("Chillers", chilled.loop.id, chilled.chillers, spare, air)
    circuits = [c for c in machines.circuits.values() if c.circuit.hall == hall.id]
    # Circuits of one hall share its racks evenly: each takes its part of the added heat.
    part = liquid / max(len(circuits), 1)
    for group in circuits if liquid > 0 else []:
        yield row("CDUs", group.circuit.id, group.units, group.circuit.n_redundant, part)
        warm = machines.warm[group.units[0].loop]
        yield row("Dry coolers", warm.loop.id, warm.coolers, warm.loop.n_redundant, liquid)


def _row(name: str, thing: str, state: str, left_kw: float, rack_kw: float) -> LimitRow:
    return LimitRow(
        name=name,
        object=thing,
        state=state,
        limit_kw=left_kw,
        used_kw=0.0,
        left_kw=left_kw,
        n_racks_left=max(int(np.floor(left_kw / rack_kw + _ROUNDING)), 0),
    )


def _result(scope: str, label: str, state: str, rows: list[LimitRow]) -> HeadroomResult:
    chain = tuple(sorted(rows, key=lambda row: row.left_kw))
    first = chain[0]
    return HeadroomResult.model_validate(
        {
            "scope": scope,
            "label": label,
            "state": state,
            "limit_kw": max(first.left_kw, 0.0),
            "n_racks": first.n_racks_left or 0,
            "binds": f"{first.name}: {first.object}",
            "binds_state": first.state,
            "chain": chain,
        }
    )
