"""Registry of cooling machines. A new kind is one document, its model, and one line below."""

from collections.abc import Mapping
from dataclasses import dataclass

from facility.kernel.fields import Staged
from thermal.physics import documents


@dataclass(frozen=True, slots=True)
class UnitKind:
    """What forms, pages and guards need to know of a kind of machine.

    ``model`` names its page in ``docs/models/thermal`` and its test module, ``items`` the kind of
    catalogue items it can be taken from.
    """

    label: str
    document: type[Staged]
    not_modelled: tuple[str, ...]
    model: str
    items: str


KINDS: Mapping[str, UnitKind] = {
    "crah": UnitKind(
        "Chilled-water air handler",
        documents.Crah,
        ("dehumidification", "filter fouling", "unequal air flow between units"),
        "air_unit",
        "air_units",
    ),
    "cdu": UnitKind(
        "Coolant distribution unit",
        documents.Cdu,
        ("valve hunting", "unequal split between units on one header", "fouling over time"),
        "cdu",
        "cdus",
    ),
    "chiller": UnitKind(
        "Water-cooled chiller",
        documents.Chiller,
        ("restart time", "oil and surge limits", "measured curves above the fitted range"),
        "chiller",
        "chillers",
    ),
    "tower": UnitKind(
        "Cooling tower cell",
        documents.Tower,
        ("plume", "basin heating", "recirculation of exhaust air"),
        "cooling_tower",
        "heat_rejection",
    ),
    "dry_cooler": UnitKind(
        "Dry or adiabatic cooler",
        documents.DryCooler,
        ("hot-air recirculation between coolers", "pad drying time", "freezing"),
        "dry_cooler",
        "heat_rejection",
    ),
}
