"""The kinds of change a plan is made of, each with the document that checks its payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from facility.kernel.documents import Document
from facility.kernel.errors import InputError, Problem
from facility.kernel.fields import Name, Positive

Tags = Annotated[tuple[Name, ...], Field(min_length=1)]
Count = Annotated[int, Field(ge=1, le=10_000)]


class AddRacks(Document):
    """Equal new racks on the next free places of a hall, in the order of its rows."""

    hall: Name
    system: Name
    n_systems: Count = 1
    n_racks: Count
    workload: Name
    cabinet_mass_kg: Positive | None = None


class RemoveRacks(Document):
    """Racks that leave."""

    racks: Tags = Field(description="`HALL/TAG` of each.")


class SetWorkload(Document):
    """Other work for every rack of a hall."""

    hall: Name
    workload: Name


class CapSystem(Document):
    """A lower power limit for the chips of a system type, everywhere on the site."""

    system: Name
    cap_w: Positive


class AddUnits(Document):
    """More cooling units like one that is there: same ratings, loop and feeds."""

    like: Name
    n_units: Count


class SetRating(Document):
    """A network object replaced by one of another rating; its impedance scales with it."""

    tag: Name
    rating_kva: Positive


class SetSupply(Document):
    """Another supply temperature of a loop, a circuit or a hall's air."""

    tag: Name
    supply_c: float


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """What forms and the snapshot need to know of a kind of change."""

    label: str
    document: type[Document]


KINDS: Mapping[str, ChangeKind] = {
    "add_racks": ChangeKind("Add racks", AddRacks),
    "remove_racks": ChangeKind("Remove racks", RemoveRacks),
    "set_workload": ChangeKind("Change workload", SetWorkload),
    "cap_system": ChangeKind("Cap power", CapSystem),
    "add_units": ChangeKind("Add cooling units", AddUnits),
    "set_rating": ChangeKind("Replace by another rating", SetRating),
    "set_supply": ChangeKind("Change a supply temperature", SetSupply),
}


def parse(kind: str, payload: object) -> Document:
    """Read a change, or raise `InputError` with every problem."""
    if kind not in KINDS:
        raise InputError([Problem("kind", "unknown", f"{kind!r} is none of {', '.join(KINDS)}")])
    return KINDS[kind].document.parse(payload)
