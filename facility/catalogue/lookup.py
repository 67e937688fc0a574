"""The index of the catalogue: which kinds there are, where they live, and finding one item."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from facility.catalogue.documents import CatalogueItem
from facility.catalogue.reader import load_folder, warnings
from facility.kernel.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class Kind:
    """One folder of items: the package that holds it, its title for people, its schema."""

    package: str
    title: str
    schema: str


# Packages are named as text: the areas stand above this package and are never imported by it.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "accelerators": Kind("racks.catalogue", "Accelerators", "accelerator/1"),
        "servers": Kind("racks.catalogue", "Servers", "server/1"),
        "rack_systems": Kind("racks.catalogue", "Rack-scale systems", "rack_system/1"),
        "racks": Kind("racks.catalogue", "Bare cabinets", "rack/1"),
        "network": Kind("racks.catalogue", "Network devices", "network/1"),
        "storage": Kind("racks.catalogue", "Storage devices", "storage/1"),
        "fabrics": Kind("racks.catalogue", "Reference fabrics", "fabric/1"),
        "load_rules": Kind("racks.catalogue", "Rules on load", "rule/1"),
        "cdus": Kind("thermal.catalogue", "Coolant distribution units", "cdu/1"),
        "cold_plates": Kind("thermal.catalogue", "Cold plates", "cold_plate/1"),
        "rear_doors": Kind("thermal.catalogue", "Rear-door exchangers", "rear_door/1"),
        "air_units": Kind("thermal.catalogue", "Air units", "air_unit/1"),
        "chillers": Kind("thermal.catalogue", "Chillers", "chiller/1"),
        "heat_rejection": Kind("thermal.catalogue", "Heat rejection", "heat_rejection/1"),
        "immersion": Kind("thermal.catalogue", "Immersion tanks", "immersion/1"),
        "coolants": Kind("thermal.catalogue", "Coolants", "coolant/1"),
        "cooling_rules": Kind("thermal.catalogue", "Rules on cooling", "rule/1"),
        "grid_connections": Kind("power.catalogue", "Grid connections", "grid_connection/1"),
        "switchgear": Kind("power.catalogue", "Switchgear and boards", "switchgear/1"),
        "breakers": Kind("power.catalogue", "Circuit breakers", "breaker/1"),
        "ups": Kind("power.catalogue", "UPS", "ups/1"),
        "supplies": Kind("power.catalogue", "Power supplies and shelves", "supply/1"),
        "transformers": Kind("power.catalogue", "Transformers", "transformer/1"),
        "transformer_tables": Kind(
            "power.catalogue", "Limits on transformer losses", "transformer_table/1"
        ),
        "gensets": Kind("power.catalogue", "Generator sets", "genset/1"),
        "batteries": Kind("power.catalogue", "Batteries", "battery/1"),
        "distribution": Kind("power.catalogue", "Cables, lines, busways", "distribution/1"),
        "transfer_switches": Kind("power.catalogue", "Transfer switches", "transfer_switch/1"),
        "panels": Kind("power.catalogue", "Floor PDUs and power panels", "panel/1"),
        "dc_distribution": Kind(
            "power.catalogue", "Rectifiers and DC power racks", "dc_distribution/1"
        ),
        "compensation": Kind("power.catalogue", "Capacitors and reactors", "compensation/1"),
        "power_rules": Kind("power.catalogue", "Rules on power", "rule/1"),
        "economics": Kind("facility.catalogue", "Prices, energy, carbon", "economics/1"),
    }
)


def items(kind: str) -> Mapping[str, CatalogueItem]:
    """Return the items of one kind by their id.

    Raises
    ------
    InputError
        The kind is unknown, or a file of the folder is faulty.
    """
    if kind not in KINDS:
        raise _unknown("kind", kind, tuple(KINDS))
    return load_folder(KINDS[kind].package, kind)


def find(kind: str, item_id: str) -> CatalogueItem:
    """Return one item.

    Raises
    ------
    InputError
        Nothing has this kind or this id; the message names the nearest match.
    """
    found = items(kind)
    if item_id not in found:
        raise _unknown("id", item_id, tuple(found))
    return found[item_id]


def all_items() -> Mapping[str, tuple[CatalogueItem, ...]]:
    """Return every item of the catalogue: the kinds in reading order, each with its items."""
    return MappingProxyType({kind: tuple(items(kind).values()) for kind in KINDS})


def warning_texts(item: CatalogueItem) -> tuple[str, ...]:
    """Return the warnings of an item as text for people."""
    return tuple(warnings()[key] for key in item.warnings)


def _unknown(path: str, given: str, known: tuple[str, ...]) -> InputError:
    nearest = get_close_matches(given, known, n=1, cutoff=0.4)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return InputError([Problem(path, "unknown", f"nothing is called {given!r}{hint}")])
