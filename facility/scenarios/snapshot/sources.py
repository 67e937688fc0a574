"""Where the values of a document come from: the ledger beside them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from facility.catalogue import lookup, reader
from facility.catalogue.documents import CatalogueItem, Fact
from facility.kernel.errors import InputError
from facility.physics.documents import Confidence, Provenance, SiteInput
from facility.scenarios.snapshot.picture import Picture
from facility.sites.models import Site
from racks.models import SystemType

# From the weakest on: an item as a whole is as good as its weakest fact.
_WEAKEST_FIRST: tuple[Confidence, ...] = (
    "unverified",
    "estimate",
    "standard",
    "vendor",
    "measured",
)
_UNSAID = ("", "unverified", "")
_NAMED = 3
_TARIFF = {
    "energy_per_kwh": "no cost of energy is computed",
    "demand_per_kw_month": "no demand charge is computed",
    "water_per_m3": "no cost of water is computed",
    "carbon_kg_per_kwh": "no carbon is computed",
}


def note_missing_tariff(site: Site, picture: Picture) -> None:
    """Note which prices and intensities nobody gave."""
    for name, stand_in in _TARIFF.items():
        if getattr(site, name) is None:
            picture.stands_in(f"site.tariff.{name}", stand_in, "not given for this site")


def of_site(site: Site, picture: Picture) -> Iterator[Provenance]:
    """Yield the sources noted for columns of the site and for paths of its parts."""
    for name, entry in sorted(site.sources.items()):
        parts = list(entry) if isinstance(entry, list) else [str(entry)]
        source, confidence, note = (*parts, *_UNSAID[len(parts) :])[:3]
        yield from _entry(picture, _site_path(name), source, confidence, note)


def _site_path(name: str) -> str:
    if name in _TARIFF:
        return f"site.tariff.{name}"
    return f"site.{name}" if name in SiteInput.model_fields else name


def of_systems(types: Iterable[SystemType], picture: Picture) -> Iterator[Provenance]:
    """Yield what each system type says about its own fields."""
    for row in types:
        for entry in row.provenance:
            field = entry.get("field") or entry.get("path") or entry.get("fact") or ""
            path = f"systems[{row.key}].{field}"
            source = entry.get("source") or _titles(entry.get("sources", ()))
            note = "; ".join(t for t in (entry.get("method", ""), entry.get("note", "")) if t)
            yield from _entry(picture, path, source, entry.get("confidence"), note)


def of_items(objects: Iterable[tuple[str, str, str]], picture: Picture) -> Iterator[Provenance]:
    """Yield the facts of every catalogue item in use, and who uses it.

    ``objects`` are path, tag and item of each object that may rest on an item.
    """
    users: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path, tag, item in objects:
        users[item].append((path, tag))
    for item in sorted(users):
        named = [tag for _, tag in users[item]]
        if not item:
            note = f"values of {_listed(named)} as entered by hand"
            yield Provenance(path="objects", source="", confidence="unverified", note=note)
            continue
        found = _find(item, users[item][0][0], picture)
        if found:
            yield from _of_item(item, found, named)


def _find(item: str, path: str, picture: Picture) -> CatalogueItem | None:
    kind, _, item_id = item.partition("/")
    try:
        return lookup.find(kind, item_id)
    except InputError as error:
        for found in error.problems:
            picture.problem(f"{path}.item", found.code, f"catalogue item {item!r}: {found.message}")
    return None


def _of_item(item: str, found: CatalogueItem, users: list[str]) -> Iterator[Provenance]:
    facts = {name: fact for name, fact in found.facts.items() if fact.value is not None}
    weakest = min((f.confidence for f in facts.values()), key=_WEAKEST_FIRST.index, default=None)
    yield Provenance(
        path=item,
        source=f"{found.vendor}, {found.name}, revision {found.revision}",
        confidence=weakest or "unverified",
        note=f"stands behind {_listed(users)}",
    )
    for name, fact in facts.items():
        yield Provenance(
            path=f"{item}.{name}",
            source=_titles(fact.sources),
            confidence=fact.confidence,
            note=_note(fact),
        )


def _note(fact: Fact) -> str:
    return "; ".join(text for text in (fact.method, fact.note) if text)


def _titles(keys: Iterable[str]) -> str:
    known = reader.sources()
    return "; ".join(known[key].title if key in known else key for key in keys)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"


def _entry(
    picture: Picture, path: str, source: str, confidence: Any, note: str
) -> Iterator[Provenance]:
    data = {"path": path, "source": source, "confidence": confidence, "note": note}
    found = picture.parse(f"provenance[{path}]", Provenance, data)
    if found:
        yield found
