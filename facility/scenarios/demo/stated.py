"""Numbers of catalogue items that the demo cannot do without."""

from facility.catalogue.fields import CatalogueDocument
from facility.catalogue.lookup import find
from facility.kernel.errors import InputError, Problem


def stated(item: CatalogueDocument, name: str) -> float:
    """Return a field of a typed item, or raise where no fact gives it."""
    return _checked(f"{item.kind}/{item.item_id}", name, getattr(item, name))


def rule(kind: str, item_id: str, name: str) -> float:
    """Return a fact of an item that has no typed document, as it stands."""
    return _checked(f"{kind}/{item_id}", name, find(kind, item_id).facts[name].value)


def _checked(place: str, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError([Problem(f"{place}: {name}", "missing", "the demo needs this number")])
    return float(value)
