"""The demo's system types, taken from the catalogue, and the work they do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from facility.catalogue.fields import CatalogueDocument
from facility.scenarios.demo.ledger import DEFAULT, Ledger
from facility.sites.models import Site
from racks.catalogue import loader, systems
from racks.models import SystemType, WorkloadProfile
from racks.physics.documents import System

Load = Callable[[str], System]
LoadItem = Callable[[str], CatalogueDocument]


@dataclass(frozen=True, slots=True)
class Choice:
    """A system of the demo: where it stands in the catalogue and how it is read from there."""

    kind: str
    item_id: str
    system: Load
    document: LoadItem


CHOICES: Mapping[str, Choice] = {
    "dgx-h100": Choice("servers", "nvidia-dgx-h100-h200", systems.server_system, loader.server),
    "b200-air": Choice("servers", "nvidia-dgx-b200", systems.server_system, loader.server),
    "b200-liquid": Choice(
        "servers", "lenovo-sr780a-v3-8xb200-liquid", systems.server_system, loader.server
    ),
    "gb200-nvl72": Choice(
        "rack_systems", "nvidia-gb200-nvl72", systems.rack_system_system, loader.rack_system
    ),
    "gb300-nvl72": Choice(
        "rack_systems", "nvidia-gb300-nvl72", systems.rack_system_system, loader.rack_system
    ),
    "qm9700": Choice("network", "nvidia-qm9700", systems.network_system, loader.network_device),
    "ddn-ai400x2": Choice("storage", "ddn-ai400x2", systems.storage_system, loader.storage_device),
}

# Fields of a System by those of the typed item they are copied from.
_FIELDS = {
    "nameplate_kw": ("nameplate_kw", "max_kw", "max_w", "typical_w"),
    "n_chips": ("n_accelerators",),
    "host_idle_kw": ("host_idle_kw", "measured_w", "typical_w"),
    "host_max_kw": ("host_max_kw", "measured_w", "typical_w"),
    "fan_design_kw": ("fan_design_kw",),
    "air_flow_m3_s": ("air_flow_m3_s",),
    "supply_coefficients": ("supply_coefficients",),
    "supply_rated_kw": ("supply_rated_kw", "max_w", "typical_w"),
    "liquid_ratio": ("liquid_capture_ratio",),
    "coolant_flow_kg_s": ("coolant_flow_m3_h",),
    "coolant_drop_kpa": ("coolant_drop_kpa",),
    "inlet_max_c": ("inlet_max_c",),
    "n_rack_units": ("n_rack_units",),
    "mass_kg": ("mass_kg",),
    "chip_cooling.conduction_k_per_w": ("conduction_k_per_w",),
    "chip_cooling.convection_k_per_w": ("convection_k_per_w",),
    "chip_cooling.preheat_k": ("slot_preheat_k",),
    "chip_cooling.plate_flow_l_min": ("plate_flow_l_min",),
    "chip_cooling.resistance_k_per_w": ("plate_resistance_k_per_w",),
}
_CHIP_FIELDS = {
    "chip.idle_w": "idle_w",
    "chip.reference_w": "max_w",
    "chip.cap_w": "max_w",
    "chip.limit_c": "limit_c",
    "chip.shutdown_c": "shutdown_c",
    "chip.clock_exponent": "clock_exponent",
    "chip.leakage_w_per_k": "leakage_w_per_k",
    "chip.leakage_reference_c": "leakage_reference_c",
}
_NOTES = {
    "chip.idle_w": "brought from the temperature it was read at to the leakage reference",
    "coolant_flow_kg_s": "as PG25 at 30 °C",
}
_NO_SUPPLY_NOTE = "supplies and fans are inside the power that was measured or stated"


def system_types(site: Site) -> dict[str, SystemType]:
    """Return the system types by key, not stored yet, each with its provenance."""
    return {key: _system_type(site, key, choice) for key, choice in CHOICES.items()}


def _system_type(site: Site, key: str, choice: Choice) -> SystemType:
    system = choice.system(choice.item_id)
    return SystemType(
        site=site,
        key=key,
        item=f"{choice.kind}/{choice.item_id}",
        parameters=system.model_dump(mode="json", exclude={"id"}),
        provenance=_provenance(choice, system),
    )


def _provenance(choice: Choice, system: System) -> list[dict[str, str]]:
    item = choice.document(choice.item_id)
    entries = []
    for path, names in _FIELDS.items():
        name = next((name for name in names if name in item.provenance), None)
        if name is not None:
            entries.append(_entry(path, item, name))
    if system.chip is None:
        entries += [
            {"path": path, "source": DEFAULT, "confidence": "estimate", "note": _NO_SUPPLY_NOTE}
            for path in ("fan_design_kw", "supply_coefficients")
        ]
        return entries
    chip = loader.accelerator(str(getattr(item, "accelerator", None)))
    entries += [_entry(path, chip, name) for path, name in _CHIP_FIELDS.items()]
    if system.chip_cooling is not None and system.chip_cooling.kind == "liquid":
        entries.append(_entry("chip_cooling.interface_k_per_w", chip, "interface_k_per_w"))
    return entries


def _entry(path: str, item: CatalogueDocument, name: str) -> dict[str, str]:
    origin = item.provenance[name]
    notes = (_NOTES.get(path, ""), origin.method, origin.note)
    return {
        "path": path,
        "source": f"{item.kind}/{item.item_id} ({', '.join(origin.sources)})",
        "confidence": origin.confidence,
        "note": "; ".join(note for note in notes if note),
    }


_FLAT_DAY = (1.0,) * 24
_FLAT_WEEK = (1.0,) * 7
_OFFICE_WEEK = (1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.85)
# Requests of people: least before dawn, a plateau in working hours, most in the evening.
_EVENING_PEAK = (
    0.80, 0.70, 0.60, 0.55, 0.50, 0.55, 0.65, 0.80, 0.95, 1.05, 1.10, 1.10,
    1.10, 1.10, 1.10, 1.10, 1.10, 1.15, 1.20, 1.25, 1.30, 1.25, 1.10, 0.95,
)  # fmt: skip

# Key: kind, label, base, day, week, exponent, crest.
_WORKLOADS = {
    "training": ("training", "Training", 0.92, _FLAT_DAY, _FLAT_WEEK, 1.0, 1.03),
    "fine-tuning": ("fine_tuning", "Fine-tuning", 0.85, _FLAT_DAY, _OFFICE_WEEK, 1.0, 1.03),
    "batch-inference": (
        "batch_inference", "Batch inference", 0.80, _FLAT_DAY, _FLAT_WEEK, 0.3, 1.01,
    ),
    "interactive-inference": (
        "interactive_inference", "Interactive inference", 0.62, _EVENING_PEAK, _OFFICE_WEEK, 0.3,
        1.02,
    ),
    "infrastructure": ("infrastructure", "Network and storage", 0.80, _FLAT_DAY, _FLAT_WEEK, 0.0,
                       1.0),
}  # fmt: skip


# A checkpoint breaks a job for a minute in every half hour; iterations are trapezoids.
_BURST: Final[dict[str, dict[str, float]]] = {
    "training": {"duty_ratio": 0.9, "period_min": 30},
    "fine_tuning": {"duty_ratio": 0.9, "period_min": 30},
    "batch_inference": {"duty_ratio": 0.5, "period_min": 20},
    "interactive_inference": {"duty_ratio": 0.3, "period_min": 5},
}
_ITERATION: Final[dict[str, float]] = {
    "low_ratio": 0.5,
    "duty_ratio": 0.7,
    "edge_s": 0.15,
    "jitter_ratio": 0.02,
    "checkpoint_every_s": 1800.0,
    "checkpoint_s": 60.0,
}
_SWING: Final[dict[str, dict[str, float]]] = {
    "training": {**_ITERATION, "period_s": 2.0},
    "fine_tuning": {**_ITERATION, "period_s": 1.2},
}


def workloads(site: Site, ledger: Ledger) -> dict[str, WorkloadProfile]:
    """Return the workload profiles by key, not stored yet."""
    rows = {}
    for key, (kind, label, base, day, week, exponent, crest) in _WORKLOADS.items():
        rows[key] = WorkloadProfile(
            site=site,
            key=key,
            parameters={
                "kind": kind,
                "label": label,
                "base_ratio": base,
                "daily_ratios": list(day),
                "weekly_ratios": list(week),
                "throughput_exponent": exponent,
                "crest_ratio": crest,
                "burst": _BURST.get(kind),
                "swing": _SWING.get(kind),
            },
        )
        if kind in _SWING:
            ledger.default(
                f"workloads[{key}].swing",
                "iterations of one or two seconds, half the power while they communicate",
            )
        ledger.default(f"workloads[{key}]", "shape and level of use; no trace of this site exists")
        if exponent:
            bound = "compute" if exponent == 1.0 else "memory"
            ledger.item(
                f"workloads[{key}].throughput_exponent",
                "load_rules/chip-defaults",
                f"throughput_exponent_{bound}_bound",
            )
    return rows
