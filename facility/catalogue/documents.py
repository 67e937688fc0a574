"""The documents of a catalogue file: a source, a fact with where it came from, and an item."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from facility.kernel.documents import Document

Scalar = bool | int | float | str
Row = tuple[Scalar, ...]
Table = Mapping[str, Scalar | Row]
FactValue = Scalar | tuple[Scalar | Row, ...] | Mapping[str, Scalar | Row | Table]

Confidence = Literal["vendor", "measured", "standard", "estimate", "unverified"]
Read = Literal["direct", "second_hand", "none"]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
Text = Annotated[str, Field(min_length=1)]


class SourceRef(Document):
    """Where facts come from, and how far we have seen it ourselves.

    ``read`` is ``direct`` (all of it), ``excerpt`` (a part), ``quoted`` (only through somebody
    else) or ``none`` (general engineering knowledge). An empty address cannot be looked up again.
    """

    title: Text
    address: str = ""
    read: Literal["direct", "excerpt", "quoted", "none"]
    licence: str = ""


class Fact(Document):
    """One value and its provenance. No value means: looked for, and there is none.

    ``read`` is ``second_hand`` where somebody else quotes the document, and ``none`` for all that
    is unverified and only for that.
    """

    value: FactValue | None = None
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    confidence: Confidence
    read: Read = "direct"
    method: str = ""
    note: str = ""
    as_of: str = ""

    @model_validator(mode="before")
    @classmethod
    def _unverified_was_read_by_nobody(cls, data: object) -> object:
        if isinstance(data, Mapping) and data.get("confidence") == "unverified":
            return {"read": "none", **data}
        return data

    @model_validator(mode="after")
    def _says_enough(self) -> Self:
        if self.value is None and not self.note:
            raise ValueError("a fact without a value needs a note that says why")
        if (self.confidence == "unverified") != (self.read == "none"):
            raise ValueError("what nobody has read is unverified, and only that")
        if self.confidence == "estimate" and self.read == "direct" and not self.method:
            raise ValueError("an estimate of our own needs its method")
        return self


class CatalogueItem(Document):
    """One product, material or rule. The file it stands in is named after its ``id``.

    ``reference`` marks what is no product on sale: tables, rules, generic and old machines.
    ``arrangement`` is a label such as ``row_l2l`` where a kind has several forms.
    """

    id: Identifier
    kind: FactName
    name: Text
    vendor: Text
    status: Literal["shipping", "announced", "reference"]
    arrangement: str = ""
    schema_version: Annotated[str, Field(alias="schema", pattern=r"^[a-z]+(_[a-z]+)*/[1-9]$")]
    revision: Annotated[int, Field(ge=1)]
    warnings: tuple[Identifier, ...] = ()
    facts: Annotated[Mapping[FactName, Fact], Field(min_length=1)]

    def unverified(self) -> tuple[str, ...]:
        """Return the names of the facts that nobody has checked against a document."""
        return tuple(name for name, fact in self.facts.items() if fact.confidence == "unverified")


class Provenance(Document):
    """Where one field of a typed document came from: the fact of the item, without its value."""

    fact: FactName
    sources: tuple[str, ...]
    confidence: Confidence
    read: Read
    method: str = ""
    note: str = ""
