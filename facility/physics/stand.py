"""Preparation of a stage: cohorts, machines, topology, and every contradiction in the document."""

from collections import Counter
from collections.abc import Iterable

from facility.kernel.errors import InputError, Problem
from facility.physics.cohorts import cohorts
from facility.physics.coupling import Stand
from facility.physics.documents import FacilityInput
from facility.physics.machines import machines
from power.physics.network import assemble


def prepare(document: FacilityInput, stage: int) -> Stand:
    """Return a stage ready for solving.

    Raises
    ------
    InputError
        With every problem of racks, cooling and network that makes the stage unsolvable.
    """
    return Stand(
        stage=stage,
        cohorts=cohorts(document, stage),
        machines=machines(document, stage),
        topology=assemble(document.network, stage=stage),
        loss_groups={hall.id: hall.losses_of for hall in document.halls if hall.losses_of},
    )


def check(document: FacilityInput) -> None:
    """Refuse a document that contradicts itself, with all problems at once.

    Raises
    ------
    InputError
        Ids that stand twice, references that lead nowhere, stages that do not exist.
    """
    problems = [
        *_repeated("halls", (hall.id for hall in document.halls)),
        *_repeated("workloads", (item.id for item in document.workloads)),
        *_repeated("systems", (item.id for item in document.systems)),
        *_repeated("stages", (item.id for item in document.stages)),
        *_unknown_halls(document),
        *_unknown_stages(document),
    ]
    for stage in range(len(document.stages)):
        racks = (rack.id for rack in document.racks if rack.is_present(stage))
        problems += _repeated("racks", racks)
        units = (unit.id for unit in document.cooling.units if unit.is_present(stage))
        problems += _repeated("cooling.units", units)
    dates = [stage.on for stage in document.stages]
    if dates != sorted(dates):
        problems.append(Problem("stages", "order", "must stand in the order of their dates"))
    if problems:
        raise InputError(dict.fromkeys(problems))


def _repeated(path: str, names: Iterable[str]) -> list[Problem]:
    counts = Counter(names)
    return [
        Problem(f"{path}[{name}]", "repeated", f"stands {count} times")
        for name, count in counts.items()
        if count > 1
    ]


def _unknown_halls(document: FacilityInput) -> list[Problem]:
    halls = {hall.id for hall in document.halls}
    named = [
        *((f"racks[{rack.id}].hall", rack.hall) for rack in document.racks),
        *((f"places[{place.id}].hall", place.hall) for place in document.places),
        *((f"cooling.halls[{air.id}]", air.id) for air in document.cooling.halls),
        *((f"cooling.circuits[{item.id}].hall", item.hall) for item in document.cooling.circuits),
    ]
    return [
        Problem(path, "unknown", f"there is no hall {hall!r}")
        for path, hall in named
        if hall not in halls
    ]


def _unknown_stages(document: FacilityInput) -> list[Problem]:
    last = len(document.stages) - 1
    return [
        Problem(f"analyses[{number}].stages", "unknown", f"there are stages 0 to {last}")
        for number, analysis in enumerate(document.analyses)
        if any(not 0 <= stage <= last for stage in analysis.stages)
    ]
