"""Read folders of catalogue files. Every problem of a folder is reported at once, by file."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

from facility.catalogue.documents import CatalogueItem, Fact, SourceRef
from facility.kernel.errors import InputError, Problem

_HOME = "facility.catalogue"
_CHECKED = frozenset({"vendor", "standard", "measured"})


@cache
def sources() -> Mapping[str, SourceRef]:
    """Return every source by its key."""
    table = _table(resources.files(_HOME) / "sources.toml")
    return MappingProxyType({key: SourceRef.parse(entry) for key, entry in table.items()})


@cache
def warnings() -> Mapping[str, str]:
    """Return the text of every warning by its key."""
    table = _table(resources.files(_HOME) / "warnings.toml")
    return MappingProxyType({key: str(text) for key, text in table.items()})


@cache
def load_folder(package: str, kind: str) -> Mapping[str, CatalogueItem]:
    """Return the items of one kind by their id.

    Parameters
    ----------
    package : str
        Dotted name of the package that holds the folder, for example ``racks.catalogue``.
    kind : str
        Name of the folder.

    Raises
    ------
    InputError
        With the problems of all files, each addressed as file and path in the file.
    """
    return read_folder(resources.files(package) / kind, kind)


def read_folder(folder: Traversable, kind: str) -> Mapping[str, CatalogueItem]:
    """Return the items in ``folder``, which need not be part of the product.

    Raises
    ------
    InputError
        With the problems of all files, each addressed as file and path in the file.
    """
    items: dict[str, CatalogueItem] = {}
    problems: list[Problem] = []
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
    for file in sorted(files, key=lambda entry: entry.name):
        place = f"{kind}/{file.name}"
        try:
            item = CatalogueItem.parse(_table(file))
        except InputError as error:
            problems += [Problem(f"{place}: {p.path}", p.code, p.message) for p in error.problems]
            continue
        found = [*_item_problems(item, file.name, kind), *_name_problems(item, items)]
        problems += [Problem(f"{place}: {p.path}", p.code, p.message) for p in found]
        items[item.id] = item
    if problems:
        raise InputError(problems)
    return MappingProxyType(items)


def _table(file: Traversable) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem("(file)", "toml", str(error))]) from error


def _item_problems(item: CatalogueItem, file_name: str, kind: str) -> Iterator[Problem]:
    if file_name != f"{item.id}.toml":
        yield Problem("id", "id", f"{item.id!r} does not name the file")
    if item.kind != kind:
        yield Problem("kind", "kind", f"{item.kind!r} does not name the folder")
    for key in item.warnings:
        if key not in warnings():
            yield Problem("warnings", "unknown_warning", f"{key!r} is not in warnings.toml")
    for name, fact in item.facts.items():
        for code, message in _fact_problems(fact):
            yield Problem(f"facts.{name}", code, message)


def _name_problems(item: CatalogueItem, earlier: Mapping[str, CatalogueItem]) -> Iterator[Problem]:
    for other in earlier.values():
        if other.name == item.name:
            yield Problem("name", "duplicate", f"{item.name!r} is also the name of {other.id!r}")


def _fact_problems(fact: Fact) -> Iterator[tuple[str, str]]:
    unknown = [key for key in fact.sources if key not in sources()]
    if unknown:
        yield "unknown_source", f"{', '.join(unknown)} not in sources.toml"
        return
    seen = {sources()[key].read for key in fact.sources}
    if fact.confidence in _CHECKED and fact.read == "direct" and seen <= {"quoted", "none"}:
        yield "not_read", f"{fact.confidence} at first hand needs a source that was read"
    if fact.confidence in _CHECKED and seen == {"none"}:
        yield "not_sourced", f"{fact.confidence} needs a document, not general knowledge"
    if fact.confidence == "unverified" and seen != {"none"}:
        yield "sourced", "a fact with a document is an estimate at least, not unverified"
