"""Equal racks at equal places, solved once and answered for each of them."""

from collections import defaultdict
from dataclasses import dataclass

from facility.kernel.errors import InputError, Problem
from facility.physics.documents import FacilityInput
from racks.physics.documents import Rack, System, Workload


@dataclass(frozen=True, slots=True)
class Part:
    """Equal systems of a rack with the work they do."""

    system: System
    n_systems: int
    workload: Workload


@dataclass(frozen=True, slots=True)
class Cohort:
    """Racks of one hall that cannot be told apart by the physics."""

    id: str
    hall: str
    circuit: str | None
    row_end: bool
    parts: tuple[Part, ...]
    racks: tuple[Rack, ...]

    @property
    def n_racks(self) -> int:
        """How many racks it stands for."""
        return len(self.racks)

    @property
    def nameplate_kw(self) -> float:
        """What one rack must be provisioned for. [kW]."""
        return sum(part.system.nameplate_kw * part.n_systems for part in self.parts)

    @property
    def n_chips(self) -> int:
        """Accelerators in one rack."""
        return sum(part.system.n_chips * part.n_systems for part in self.parts)

    @property
    def label(self) -> str:
        """What stands in the rack, in words."""
        return " + ".join(f"{part.n_systems} × {part.system.label}" for part in self.parts)

    @property
    def mass_kg(self) -> float:
        """The heaviest of its racks. [kg]."""
        return max(rack.mass_kg for rack in self.racks)


def cohorts(document: FacilityInput, stage: int) -> tuple[Cohort, ...]:
    """Return the cohorts of the racks that stand at a stage, in order of first appearance.

    Racks without contents draw nothing and belong to no cohort.

    Raises
    ------
    InputError
        A rack names a system or workload the document does not have.
    """
    systems = {system.id: system for system in document.systems}
    workloads = {workload.id: workload for workload in document.workloads}
    _check(document, set(systems), set(workloads))
    members: dict[tuple[object, ...], list[Rack]] = defaultdict(list)
    for rack in document.racks:
        if rack.is_present(stage) and rack.contents:
            members[rack.hall, rack.circuit, rack.row_end, rack.contents].append(rack)
    return tuple(
        Cohort(
            id=f"{racks[0].hall}#{number}",
            hall=racks[0].hall,
            circuit=racks[0].circuit,
            row_end=racks[0].row_end,
            parts=tuple(
                Part(systems[item.system], item.n_systems, workloads[item.workload])
                for item in racks[0].contents
            ),
            racks=tuple(racks),
        )
        for number, racks in enumerate(members.values(), start=1)
    )


def _check(document: FacilityInput, systems: set[str], workloads: set[str]) -> None:
    problems = [
        Problem(f"racks[{rack.id}].contents.{name}", "unknown", f"there is no {name} {wanted!r}")
        for rack in document.racks
        for item in rack.contents
        for name, wanted, known in (
            ("system", item.system, systems),
            ("workload", item.workload, workloads),
        )
        if wanted not in known
    ]
    if problems:
        raise InputError(problems)
