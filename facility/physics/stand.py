"""Preparation of the stages: cohorts, machines, topology, and everything wrong with a document."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.errors import InputError, Problem
from facility.physics.cohorts import Cohort, cohorts
from facility.physics.coupling import Stand
from facility.physics.documents import FacilityInput
from facility.physics.electrical import demand
from facility.physics.machines import Machines, consumer_ids, machines
from facility.physics.references import contradictions
from power.physics.network import assemble
from racks.physics.documents import ColdPlate, System
from racks.physics.workload import utilisation_year

Part = TypeVar("Part")


def prepare_stages(document: FacilityInput) -> tuple[Stand, ...]:
    """Return every stage ready for solving.

    Raises
    ------
    InputError
        With every problem of the document and of all its stages, before anything is solved.
    """
    problems = contradictions(document)
    _tried(lambda: utilisation_of(document), problems)
    stands = [
        _tried(partial(prepare, document, stage), problems) for stage in range(len(document.stages))
    ]
    if problems:
        raise InputError(dict.fromkeys(problems))
    return tuple(stand for stand in stands if stand is not None)


def utilisation_of(document: FacilityInput) -> dict[str, FloatArray]:
    """Return the year's utilisation of every workload.

    Raises
    ------
    InputError
        With every workload whose factors leave the range of a share.
    """
    found, problems = {}, []
    for item in document.workloads:
        try:
            found[item.id] = utilisation_year(
                base_ratio=item.base_ratio,
                daily_ratios=item.daily_ratios,
                weekly_ratios=item.weekly_ratios,
                first_weekday=document.site.first_weekday,
            )
        except InputError as error:
            where = f"workloads[{item.id}]"
            problems += [Problem(f"{where}.{p.path}", p.code, p.message) for p in error.problems]
    if problems:
        raise InputError(problems)
    return found


def prepare(document: FacilityInput, stage: int) -> Stand:
    """Return a stage ready for solving.

    Raises
    ------
    InputError
        With every problem of racks, cooling and network that makes the stage unsolvable.
    """
    problems: list[Problem] = []
    groups = _tried(lambda: cohorts(document, stage), problems)
    found = _tried(lambda: machines(document, stage), problems)
    wiring: list[Problem] = []
    topology = _tried(lambda: assemble(document.network, stage=stage), wiring)
    problems += [Problem(f"network.{p.path}", p.code, p.message) for p in wiring]
    losses = {hall.id: hall.losses_of for hall in document.halls if hall.losses_of}
    if found is not None:
        problems += _uncooled_rooms(losses, found)
        problems += _uncooled_racks(groups or (), found)
        problems += _unfed(document, stage, groups or (), found)
    if groups is None or found is None or topology is None or problems:
        raise InputError(problems)
    return Stand(stage, groups, found, topology, losses)


def _tried(build: Callable[[], Part], problems: list[Problem]) -> Part | None:
    """Return what is built, or note what is wrong with it."""
    try:
        return build()
    except InputError as error:
        problems += error.problems
        return None


def _uncooled_rooms(losses: dict[str, tuple[str, ...]], found: Machines) -> list[Problem]:
    return [
        Problem(f"halls[{name}].losses_of", "uncooled", f"hall {name} has no air units")
        for name in losses
        if name not in found.halls
    ]


def _uncooled_racks(groups: tuple[Cohort, ...], found: Machines) -> list[Problem]:
    problems = []
    for cohort in groups:
        path, systems = f"racks[{cohort.racks[0].id}]", [part.system for part in cohort.parts]
        liquid = any(
            system.liquid_ratio > 0 or isinstance(system.chip_cooling, ColdPlate)
            for system in systems
        )
        if cohort.hall not in found.halls:
            problems.append(Problem(path, "uncooled", f"hall {cohort.hall} has no air units"))
        if liquid and cohort.circuit is None:
            message = "its heat to liquid has no circuit"
            problems.append(Problem(f"{path}.circuit", "uncooled", message))
        if cohort.circuit is not None and cohort.circuit not in found.circuits:
            message = f"there is no circuit {cohort.circuit!r} at this stage"
            problems.append(Problem(f"{path}.circuit", "uncooled", message))
        problems += _still_streams(systems)
    return problems


def _still_streams(systems: list[System]) -> list[Problem]:
    """Find heat that no coolant or air carries away, in systems that share a rack."""
    problems = []
    wet = [system for system in systems if system.liquid_ratio > 0]
    if wet and all(system.coolant_flow_kg_s == 0 for system in wet):
        message, path = "heat to liquid needs a flow of coolant", "coolant_flow_kg_s"
        problems.append(Problem(f"systems[{wet[0].id}].{path}", "uncooled", message))
    if all(system.air_flow_m3_s == 0 for system in systems):
        message, path = "supply losses heat the air, which has to move", "air_flow_m3_s"
        problems.append(Problem(f"systems[{systems[0].id}].{path}", "uncooled", message))
    return problems


def _unfed(
    document: FacilityInput, stage: int, groups: tuple[Cohort, ...], found: Machines
) -> list[Problem]:
    problems: list[Problem] = []
    nothing = np.zeros(1)
    _tried(
        lambda: demand(
            document.network,
            stage,
            cohorts=groups,
            rack_kw=np.zeros((len(groups), 1)),
            machine_kw=dict.fromkeys(consumer_ids(found), nothing),
        ),
        problems,
    )
    return problems
