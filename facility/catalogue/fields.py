"""From an item in the units of its sources to a typed document in the units of the project."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from facility.catalogue.documents import CatalogueItem, Fact, FactValue, Provenance
from facility.kernel.documents import Document
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import L_PER_M3, MIN_PER_H, W_PER_KW

Convert = Callable[[FactValue], FactValue]

M3_H_PER_L_MIN = MIN_PER_H / L_PER_M3
M3_S_PER_CFM = 0.3048**3 / 60.0
"""One cubic foot per minute; the foot is 0.3048 m by definition."""
M_PER_MM = 1e-3
KW_PER_W = 1.0 / W_PER_KW
KW_PER_MW = 1000.0
KVA_PER_MVA = 1000.0
V_PER_KV = 1000.0
M3_PER_L = 1.0 / L_PER_M3
RATIO_PER_PERCENT = 0.01


class CatalogueDocument(Document):
    """What every typed document shares. A field that no fact gives is None, never a guess."""

    item_id: str
    kind: str
    revision: int
    name: str
    vendor: str
    status: str
    arrangement: str
    provenance: Mapping[str, Provenance]


Typed = TypeVar("Typed", bound=CatalogueDocument)


def unchanged(value: FactValue) -> FactValue:
    """Return the value as it stands: the source already uses the unit of the project."""
    return value


def scaled(factor: float) -> Convert:
    """Return a conversion that multiplies a number, or each number of a tuple."""

    def convert(value: FactValue) -> FactValue:
        if isinstance(value, tuple):
            return tuple(_number(entry) * factor for entry in value)
        return _number(value) * factor

    return convert


def entry(index: int, factor: float = 1.0) -> Convert:
    """Return a conversion that takes one number out of a tuple, such as the end of a range."""

    def convert(value: FactValue) -> FactValue:
        if not isinstance(value, tuple) or index >= len(value):
            raise _WrongShape(f"{value!r} has no entry {index}")
        return _number(value[index]) * factor

    return convert


class _WrongShape(Exception):  # noqa: N818 - never leaves this module
    """A fact holds something else than its conversion expects."""


@dataclass(frozen=True, slots=True)
class Field:
    """Says which fact fills a field of a typed document, and how its unit changes."""

    name: str
    fact: str = ""
    convert: Convert = unchanged

    @property
    def fact_name(self) -> str:
        """The name of the fact, which is that of the field where nothing else is said."""
        return self.fact or self.name


def build(document: type[Typed], item: CatalogueItem, fields: Iterable[Field]) -> Typed:
    """Return the typed document of an item, with a provenance entry for every field it fills.

    Where two fields have one name, the first whose fact is there wins.

    Raises
    ------
    InputError
        A fact has another shape than the document needs.
    """
    values: dict[str, FactValue] = {}
    provenance: dict[str, Provenance] = {}
    problems: list[Problem] = []
    for field in fields:
        fact = item.facts.get(field.fact_name)
        if fact is None or fact.value is None or field.name in values:
            continue
        try:
            values[field.name] = field.convert(fact.value)
        except _WrongShape as error:
            path = f"{item.kind}/{item.id}: facts.{field.fact_name}"
            problems.append(Problem(path, "shape", str(error)))
            continue
        provenance[field.name] = _provenance(field.fact_name, fact)
    if problems:
        raise InputError(problems)
    common = {
        "item_id": item.id,
        "kind": item.kind,
        "revision": item.revision,
        "name": item.name,
        "vendor": item.vendor,
        "status": item.status,
        "arrangement": item.arrangement,
        "provenance": provenance,
    }
    try:
        return document.parse({**common, **values})
    except InputError as error:
        place = f"{item.kind}/{item.id}"
        raise InputError(
            [Problem(f"{place}: {p.path}", p.code, p.message) for p in error.problems]
        ) from error


def _provenance(name: str, fact: Fact) -> Provenance:
    return Provenance(
        fact=name,
        sources=fact.sources,
        confidence=fact.confidence,
        read=fact.read,
        method=fact.method,
        note=fact.note,
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _WrongShape(f"{value!r} is not a number")
    return float(value)
