"""Rows to one frozen document: the only door through which a plan reaches the solver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from facility.kernel.documents import Document
from facility.kernel.errors import InputError
from facility.physics.documents import FacilityInput, Provenance, Stage
from facility.scenarios.models import Scenario
from facility.scenarios.snapshot import analyses, parts, sources, studies
from facility.scenarios.snapshot.apply import apply
from facility.scenarios.snapshot.cooling import read_cooling
from facility.scenarios.snapshot.network import bus_sections, read_network
from facility.scenarios.snapshot.picture import D, Picture
from facility.scenarios.snapshot.rooms import read_halls, read_racks, read_types
from facility.scenarios.snapshot.steps import Step, read_steps
from facility.sites.arrays import Table, unpack
from facility.sites.models import Site
from power.models import ElectricalStudy

NEC_CONTINUOUS_RATIO = 0.8
"""NEC 210.20(A) and 215.3: a breaker may carry 80 % of its rating continuously."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen document and the arrays it names, by their hash."""

    document: FacilityInput
    arrays: Mapping[str, Table]


def build(scenario: Scenario, *, extra: Sequence[Document] = (), candidate: str = "") -> Snapshot:
    """Copy every value a run of this plan needs; later edits cannot change it.

    Parameters
    ----------
    scenario : Scenario
        The plan; the changes of its ancestors apply before its own.
    extra : sequence of Document
        Changes as documents (`facility.scenarios.changes`) that make one more, last stage.
    candidate : str
        Key of the system type in which headroom is counted; by default what the plan adds last.

    Raises
    ------
    InputError
        With every problem found, addressed by the tag of the object or the place in the plan.
    """
    site = Site.objects.select_related("weather__array").get(pk=scenario.site_id)
    is_nec = site.continuous_rule == Site.ContinuousRule.NEC
    picture = Picture(continuous_ratio=NEC_CONTINUOUS_RATIO if is_nec else 1.0)
    provenance = _read_site(site, picture)
    steps = read_steps(scenario, extra, picture)
    versions = _apply_all(steps, picture)
    applied = [change for step in steps for _, change in step.changes]
    chosen = analyses.choose_candidate(picture, applied, candidate)
    counted = analyses.headroom(picture, chosen, versions) if chosen else []
    asked = (
        *analyses.analyses(len(steps), counted, studies.chosen_pairs(site)),
        *studies.electrical_studies(site, picture, analyses.ends(len(steps))),
    )
    network = parts.network_part(site, picture, bus_sections(site))
    place, weather = parts.site_part(site, picture), parts.weather_part(site, picture)
    if not picture.halls:
        picture.problem("halls", "missing", "the site has no hall")
    if network and not picture.problems:
        parts.check_network(network, len(steps), picture)
    if network:
        parts.check_pairs(network, studies.chosen_pairs(site), picture)
    if picture.problems or not (network and place and weather):
        raise InputError(picture.problems)
    document = FacilityInput(
        title=f"{site.name}: {scenario.name}",
        site=place,
        weather=weather,
        stages=tuple(Stage(id=s.id, label=s.label, on=s.on.isoformat()) for s in steps),
        halls=_sorted(picture.halls),
        workloads=_sorted(picture.workloads),
        systems=_sorted(picture.systems),
        racks=picture.racks.all(),
        places=picture.places.all(),
        network=network,
        cooling=parts.cooling_part(picture),
        design_point=parts.design_point_part(site),
        analyses=asked,
        provenance=(*provenance, *_sorted(picture.noted)),
        missing=_sorted(picture.missing),
    )
    return Snapshot(document, MappingProxyType(_arrays(site, weather.sha256)))


def _arrays(site: Site, weather_sha256: str) -> dict[str, Table]:
    """Return what the document names: the weather, and a measured course of power if there is."""
    found = {weather_sha256: unpack(site.weather.array)}
    study = ElectricalStudy.objects.filter(site=site).select_related("measured").first()
    if study and study.measured:
        found[study.measured.sha256] = unpack(study.measured)
    return found


def _read_site(site: Site, picture: Picture) -> tuple[Provenance, ...]:
    """Read the site as built into the picture; return where its values come from."""
    types = read_types(site, picture)
    places = read_halls(site, picture)
    plant = read_network(site, picture)
    units = read_cooling(site, picture)
    read_racks(site, picture, places)
    sources.note_missing_tariff(site, picture)
    objects = [
        *((f"systems[{row.key}]", row.key, row.item) for row in types),
        *((f"network[{row.tag}]", row.tag, row.item) for row in plant),
        *((f"cooling.units[{row.tag}]", row.tag, row.item) for row in units),
    ]
    return (
        *sources.of_site(site, picture),
        *sources.of_systems(types, picture),
        *sources.of_items(objects, picture),
    )


def _apply_all(steps: Sequence[Step], picture: Picture) -> list[dict[str, str]]:
    """Apply the changes of every stage; return the versions of the systems after each."""
    versions = []
    for stage, step in enumerate(steps):
        for path, change in step.changes:
            apply(change, picture, stage, path)
        versions.append(dict(picture.version_of))
    return versions


def _sorted(items: Mapping[str, D]) -> tuple[D, ...]:
    return tuple(items[name] for name in sorted(items))
