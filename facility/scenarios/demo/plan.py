"""The demo's plans: as built, the expansion in three phases, and one hall cooled three ways."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count

from facility.scenarios.demo import cooling, loads
from facility.scenarios.models import Change, Phase, Scenario
from facility.sites.models import Site

PHASES = (date(2027, 3, 1), date(2027, 9, 1), date(2028, 3, 1))
EXPANSION = "GB300 expansion"
N_ACCELERATORS = 4608
_CABINET_MASS_KG = 180.0

Payload = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Variant:
    """The empty hall filled with the same number of accelerators under one kind of cooling."""

    name: str
    description: str
    system: str
    n_systems: int
    n_racks: int
    cabinet_mass_kg: float | None


VARIANTS = (
    Variant(
        "Hall D in air",
        "4,608 B200 in 144 racks of four air-cooled nodes.",
        "b200-air", 4, 144, _CABINET_MASS_KG,
    ),
    Variant(
        "Hall D hybrid",
        "4,608 B200 in 96 racks of six nodes with cold plates on the chips and fans for the rest.",
        "b200-liquid", 6, 96, _CABINET_MASS_KG,
    ),
    Variant(
        "Hall D direct liquid",
        "4,608 GB200 in 64 liquid-cooled NVL72 racks.",
        "gb200-nvl72", 1, 64, None,
    ),
)  # fmt: skip


@dataclass(slots=True)
class Plans:
    """Scenarios with their phases and changes, not stored yet."""

    scenarios: list[Scenario]
    phases: list[Phase]
    changes: list[Change]

    def phase(self, scenario: Scenario, on: date, label: str, steps: list[Payload]) -> None:
        """Add a phase with its steps in order."""
        phase = Phase(scenario=scenario, on=on, label=label)
        self.phases.append(phase)
        for order, (kind, payload) in zip(count(1), steps, strict=False):
            self.changes.append(Change(phase=phase, order=order, kind=kind, payload=payload))


def plans(site: Site, built: loads.Heat) -> Plans:
    """Return every plan of the demo; the plant as built is sized by the same rules."""
    root = Scenario(
        site=site, name="As built", description="The site as it stands.", is_committed=True
    )
    found = Plans([root], [], [])
    _expansion(found, root)
    sizes = cooling.counts(site, built)
    for variant in VARIANTS:
        _variant(found, root, variant, sizes, built)
    return found


def _expansion(found: Plans, root: Scenario) -> None:
    scenario = Scenario(
        site=root.site,
        name=EXPANSION,
        description="Hall D fills with GB300 NVL72 in three phases of 48 racks.",
        parent=root,
    )
    found.scenarios.append(scenario)
    n_cdus = n_air = cooling.N_AS_BUILT_IN_EMPTY_HALL
    for number, on in enumerate(PHASES, start=1):
        heat = loads.expansion(number * loads.N_RACKS_PER_PHASE)
        cdus = cooling.n_cdus(float(heat.liquid_kw), float(heat.coolant_flow_kg_s))
        air_units = cooling.n_air_units(float(heat.air_kw))
        # Each phase hangs its machines on another pair than the one before.
        steps: list[Payload] = [
            *_more(f"CDU-D-{number:02d}", cdus - n_cdus),
            *_more(f"CRAH-D-{number:02d}", air_units - n_air),
            ("add_racks", _racks(loads.EXPANSION_SYSTEM, 1, loads.N_RACKS_PER_PHASE, None)),
        ]
        found.phase(scenario, on, f"Phase {number}: 48 GB300 racks", steps)
        n_cdus, n_air = max(cdus, n_cdus), max(air_units, n_air)


def _variant(
    found: Plans,
    root: Scenario,
    variant: Variant,
    sizes: cooling.Counts,
    built: loads.Heat,
) -> None:
    scenario = Scenario(
        site=root.site, name=variant.name, description=variant.description, parent=root
    )
    found.scenarios.append(scenario)
    heat = loads.Heat(dict(built.air_kw), dict(built.liquid_kw), dict(built.flow_kg_s))
    load = loads.expansion(variant.n_racks * variant.n_systems, variant.system)
    hall = loads.EXPANSION_HALL
    heat.air_kw[hall] = float(load.air_kw)
    heat.liquid_kw[hall] = float(load.liquid_kw)
    heat.flow_kg_s[hall] = float(load.coolant_flow_kg_s)
    wanted = cooling.counts(root.site, heat)
    steps = [
        *_spread("CRAH-D", wanted.air_units[hall]),
        *_spread("CDU-D", wanted.cdus.get(hall, 0)),
        *_more("CH-01", wanted.chillers - sizes.chillers),
        *_more("CT-01", wanted.towers - sizes.towers),
        *_more("DC-01", wanted.coolers - sizes.coolers),
        (
            "add_racks",
            _racks(variant.system, variant.n_systems, variant.n_racks, variant.cabinet_mass_kg),
        ),
    ]
    found.phase(scenario, PHASES[0], f"{variant.n_racks} racks", steps)


def _spread(prefix: str, wanted: int) -> Iterator[Payload]:
    """Yield additions up to a number of machines, in even parts like each that is there."""
    n_there = cooling.N_AS_BUILT_IN_EMPTY_HALL
    for k in range(n_there):
        yield from _more(f"{prefix}-{k + 1:02d}", (wanted - 1 - k) // n_there)


def _more(like: str, number: int) -> Iterator[Payload]:
    if number > 0:
        yield "add_units", {"like": like, "n_units": number}


def _racks(
    system: str, n_systems: int, n_racks: int, cabinet_mass_kg: float | None
) -> dict[str, object]:
    payload: dict[str, object] = {
        "hall": loads.EXPANSION_HALL,
        "system": system,
        "n_systems": n_systems,
        "n_racks": n_racks,
        "workload": "training",
    }
    if cabinet_mass_kg is not None:
        payload["cabinet_mass_kg"] = cabinet_mass_kg
    return payload
