"""Registry of cooling machines. A new kind is one document, its model, and one line below."""

from collections.abc import Mapping
from dataclasses import dataclass

from facility.kernel.fields import Staged
from thermal.physics import documents


@dataclass(frozen=True, slots=True)
class UnitKind:
    """What forms and the snapshot need to know of a kind of machine."""

    label: str
    document: type[Staged]
    not_modelled: tuple[str, ...]


KINDS: Mapping[str, UnitKind] = {
    "crah": UnitKind(
        "Chilled-water air handler",
        documents.Crah,
        ("dehumidification", "filter fouling", "unequal air flow between units"),
    ),
    "cdu": UnitKind(
        "Coolant distribution unit",
        documents.Cdu,
        ("valve hunting", "unequal split between units on one header", "fouling over time"),
    ),
    "chiller": UnitKind(
        "Water-cooled chiller",
        documents.Chiller,
        ("restart time", "oil and surge limits", "measured curves above the fitted range"),
    ),
    "tower": UnitKind(
        "Cooling tower cell",
        documents.Tower,
        ("plume", "basin heating", "recirculation of exhaust air"),
    ),
    "dry_cooler": UnitKind(
        "Dry or adiabatic cooler",
        documents.DryCooler,
        ("hot-air recirculation between coolers", "pad drying time", "freezing"),
    ),
}
