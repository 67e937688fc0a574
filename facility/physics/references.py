"""References that lead nowhere, names that stand twice, and values that contradict each other."""

from collections import Counter
from collections.abc import Iterable, Iterator

from facility.kernel.errors import Problem
from facility.physics.documents import FacilityInput, HeadroomAnalysis

_MOST_EXHAUST_RATIO = 0.95
"""A rack that breathes nothing but exhaust has no steady temperature."""


def contradictions(document: FacilityInput) -> list[Problem]:
    """Return every contradiction that shows without preparing a stage.

    Ids that stand twice, references that lead nowhere, stages that do not exist or stand in the
    wrong order, losses that would heat two rooms, systems and rooms that cannot be.
    """
    cooling = document.cooling
    problems = [
        *_repeated("halls", (hall.id for hall in document.halls)),
        *_repeated("workloads", (item.id for item in document.workloads)),
        *_repeated("systems", (item.id for item in document.systems)),
        *_repeated("stages", (item.id for item in document.stages)),
        *_unknown(document),
        *_unknown_stages(document),
        *_lossy_rooms(document),
        *_impossible(document),
    ]
    for stage in range(len(document.stages)):
        for path, items in (
            ("racks", document.racks),
            ("places", document.places),
            ("cooling.units", cooling.units),
            # Results name all three in one list.
            ("cooling", (*cooling.halls, *cooling.circuits, *cooling.loops)),
        ):
            problems += _repeated(path, (item.id for item in items if item.is_present(stage)))
    dates = [stage.on for stage in document.stages]
    if dates != sorted(dates):
        problems.append(Problem("stages", "order", "must stand in the order of their dates"))
    return list(dict.fromkeys(problems))


def _repeated(path: str, names: Iterable[str]) -> list[Problem]:
    counts = Counter(names)
    return [
        Problem(f"{path}[{name}]", "repeated", f"stands {count} times")
        for name, count in counts.items()
        if count > 1
    ]


def _unknown(document: FacilityInput) -> list[Problem]:
    known = {
        "hall": {hall.id for hall in document.halls},
        "circuit": {circuit.id for circuit in document.cooling.circuits},
        "system": {system.id for system in document.systems},
        "workload": {workload.id for workload in document.workloads},
        "node": {node.id for node in document.network.nodes},
    }
    named = [*_named_by_racks(document), *_named_by_places(document), *_named_by_others(document)]
    return [
        Problem(path, "unknown", f"there is no {kind} {name!r}")
        for path, kind, name in named
        if name not in known[kind]
    ]


def _named_by_racks(document: FacilityInput) -> Iterator[tuple[str, str, str]]:
    for rack in document.racks:
        path = f"racks[{rack.id}]"
        yield f"{path}.hall", "hall", rack.hall
        if rack.circuit is not None:
            yield f"{path}.circuit", "circuit", rack.circuit
        for item in rack.contents:
            yield f"{path}.contents.system", "system", item.system
            yield f"{path}.contents.workload", "workload", item.workload


def _named_by_places(document: FacilityInput) -> Iterator[tuple[str, str, str]]:
    for place in document.places:
        path = f"places[{place.id}]"
        yield f"{path}.hall", "hall", place.hall
        if place.circuit is not None:
            yield f"{path}.circuit", "circuit", place.circuit
        for tap in place.taps:
            yield f"{path}.taps", "node", tap.node


def _named_by_others(document: FacilityInput) -> Iterator[tuple[str, str, str]]:
    for air in document.cooling.halls:
        yield f"cooling.halls[{air.id}]", "hall", air.id
    for circuit in document.cooling.circuits:
        yield f"cooling.circuits[{circuit.id}].hall", "hall", circuit.hall
    for number, item in enumerate(document.analyses):
        if isinstance(item, HeadroomAnalysis):
            yield f"analyses[{number}].candidate.system", "system", item.candidate.system


def _unknown_stages(document: FacilityInput) -> list[Problem]:
    last = len(document.stages) - 1
    return [
        Problem(f"analyses[{number}].stages", "unknown", f"there are stages 0 to {last}")
        for number, analysis in enumerate(document.analyses)
        if any(not 0 <= stage <= last for stage in analysis.stages)
    ]


def _lossy_rooms(document: FacilityInput) -> Iterator[Problem]:
    network = document.network
    known = {item.id for item in (*network.branches, *network.conversions)}
    seen: set[str] = set()
    for hall in document.halls:
        path = f"halls[{hall.id}].losses_of"
        for name in hall.losses_of:
            if name not in known:
                yield Problem(path, "unknown", f"there is no branch or conversion {name!r}")
            if name in seen:
                yield Problem(path, "repeated", f"the losses of {name!r} heat another room already")
            seen.add(name)


def _impossible(document: FacilityInput) -> Iterator[Problem]:
    point = document.design_point
    if point.wet_bulb_c > point.dry_bulb_c:
        message = "the wet bulb cannot be above the dry bulb"
        yield Problem("design_point.wet_bulb_c", "too_large", message)
    for air in document.cooling.halls:
        if air.leakage_ratio + air.row_end_ratio > _MOST_EXHAUST_RATIO:
            message = f"with the leakage it may be at most {_MOST_EXHAUST_RATIO:g}"
            yield Problem(f"cooling.halls[{air.id}].row_end_ratio", "too_large", message)
    for system in document.systems:
        path, chip = f"systems[{system.id}]", system.chip
        if system.n_chips > 0 and (chip is None or system.chip_cooling is None):
            message = "its accelerators need both chip and chip_cooling"
            yield Problem(f"{path}.chip", "missing", message)
        if chip is not None and chip.reference_w < chip.idle_w:
            yield Problem(f"{path}.chip.reference_w", "too_small", "is below idle_w")
        if system.host_max_kw < system.host_idle_kw:
            yield Problem(f"{path}.host_max_kw", "too_small", "is below host_idle_kw")
