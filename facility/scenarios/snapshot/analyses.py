"""What a run of a plan asks for: which stages, which outages, which rack headroom is counted in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from facility.kernel.documents import Document
from facility.physics.documents import (
    Analysis,
    CandidateRack,
    ContingencyAnalysis,
    HeadroomAnalysis,
    YearAnalysis,
)
from facility.scenarios.changes import AddRacks
from facility.scenarios.snapshot.apply import power_factor, usable_spots
from facility.scenarios.snapshot.picture import Picture
from facility.scenarios.snapshot.rooms import system_mass_kg
from power.physics.documents import NetworkInput, Outage
from power.physics.outages import credible_outages


@dataclass(frozen=True, slots=True)
class Candidate:
    """The rack that headroom is counted in, before its places are known."""

    system: str
    n_systems: int
    cabinet_kg: float


def outages(
    network: NetworkInput, bus_sections: Iterable[str], units: Iterable[str]
) -> list[Outage]:
    """Return every credible outage of one object, electrical and cooling alike.

    The feed of one rack is no state of its own; the loss of the node behind it covers it.
    """
    found = {outage.objects: outage for outage in credible_outages(network)}
    for what, names in (("", bus_sections), ("cooling unit ", units)):
        for name in names:
            outage = Outage(
                id=f"outage:{name}", label=f"{what}{name} out of service", objects=(name,)
            )
            found.setdefault(outage.objects, outage)
    return list(found.values())


def choose_candidate(
    picture: Picture, applied: Iterable[Document], system: str = ""
) -> Candidate | None:
    """Return the rack headroom is counted in.

    In this order: the system asked for; the one that the plan adds last; the one with the highest
    nameplate on the site. It comes in the number the plan or the site has of it in a rack.
    """
    added = [change for change in applied if isinstance(change, AddRacks)]
    if system and not picture.known("candidate", "system", system, picture.version_of):
        return None
    wanted = [change for change in added if not system or change.system == system]
    wanted = [change for change in wanted if change.system in picture.version_of]
    if wanted:
        last = wanted[-1]
        return Candidate(last.system, last.n_systems, last.cabinet_mass_kg or 0.0)
    key = system or _densest(picture)
    if not key:
        return None
    current = picture.version_of[key]
    counts = [
        c.n_systems
        for rack in picture.racks.live.values()
        for c in rack.contents
        if c.system == current
    ]
    return Candidate(key, max(counts, default=1), 0.0)


def _densest(picture: Picture) -> str:
    with_chips = [key for key in picture.version_of if picture.system(key).n_chips]
    return max(with_chips, key=lambda key: (picture.system(key).nameplate_kw, key), default="")


def headroom(
    picture: Picture, candidate: Candidate, versions: Sequence[Mapping[str, str]]
) -> list[HeadroomAnalysis]:
    """Return one analysis for all stages, or one for each version of the system the plan makes.

    ``versions`` holds for every stage which version of each system type is in use.
    """
    spots = usable_spots(picture, picture.system(candidate.system))
    rows = [spot.row for spot in spots] or picture.rows[:1]
    if not rows:
        return []
    mass_kg = _mass_kg(picture, candidate)
    factor = power_factor(picture, candidate.system)
    stages_of: dict[str, list[int]] = {}
    for stage, version_of in enumerate(versions):
        stages_of.setdefault(version_of[candidate.system], []).append(stage)
    return [
        HeadroomAnalysis(
            stages=tuple(stages),
            candidate=CandidateRack(
                system=system,
                n_systems=candidate.n_systems,
                mass_kg=mass_kg,
                footprint_m2=rows[0].pitch_m * rows[0].depth_m,
                power_factor=factor,
            ),
        )
        for system, stages in stages_of.items()
    ]


def _mass_kg(picture: Picture, candidate: Candidate) -> float:
    mass_kg = candidate.cabinet_kg + candidate.n_systems * system_mass_kg(picture, candidate.system)
    if mass_kg > 0:
        return mass_kg
    heaviest = max((rack.mass_kg for rack in picture.racks.live.values()), default=0.0)
    path = f"systems[{candidate.system}].mass_kg"
    if heaviest == 0:
        picture.problem(path, "missing", "is needed to count headroom in racks of this type")
        return 1.0
    picture.missing.pop(path, None)
    picture.stands_in(path, f"{heaviest:g} kg", "not given; the heaviest rack of the site")
    return heaviest


def ends(n_stages: int) -> tuple[int, ...]:
    """Return the first and the last stage: those that are solved over the year."""
    return (0, n_stages - 1) if n_stages > 1 else (0,)


def analyses(
    n_stages: int, counted: Sequence[HeadroomAnalysis], pairs: tuple[tuple[str, str], ...] = ()
) -> tuple[Analysis, ...]:
    """Return the year at the first and last stage, outages and headroom at all of them."""
    return (
        YearAnalysis(stages=ends(n_stages)),
        ContingencyAnalysis(stages=tuple(range(n_stages)), pairs=pairs),
        *counted,
    )
