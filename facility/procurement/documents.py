"""What a procurement system asks, where its items would stand, and what it is told."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from facility.kernel.documents import Document
from facility.kernel.fields import Name
from facility.physics.documents import IsoDate

Reference = Annotated[str, Field(max_length=80)]
SiteId = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
MOST_ITEMS = 20
Slug = Annotated[str, Field(min_length=1, max_length=60)]


class FitItem(Document):
    """Equal racks that somebody would like to place."""

    system: Name = Field(description="Key of a system type of the site, or its catalogue item.")
    n_racks: int = Field(ge=1, le=10_000, strict=True)
    n_systems: int | None = Field(
        default=None,
        ge=1,
        le=1_000,
        strict=True,
        description="In each rack; by default as on the site.",
    )
    workload: Name | None = Field(
        default=None, description="Key of a workload; by default that of such systems on the site."
    )
    hall: Name | None = Field(default=None, description="Tag of a hall; by default any.")
    by: IsoDate | None = Field(default=None, description="Day on which they are needed.")

    @field_validator("by")
    @classmethod
    def _is_a_day(cls, value: str | None) -> str | None:
        if value is not None:
            date.fromisoformat(value)
        return value


def _some(items: tuple[FitItem, ...]) -> tuple[FitItem, ...]:
    if not 1 <= len(items) <= MOST_ITEMS:
        raise ValueError(f"from 1 to {MOST_ITEMS} items")
    return items


# A length in the field itself would be complained of whenever the only item is faulty.
Items = Annotated[
    tuple[FitItem, ...],
    AfterValidator(_some),
    Field(json_schema_extra={"minItems": 1, "maxItems": MOST_ITEMS}),
]


class FitRequest(Document):
    """Whether these items fit on this site, on top of its committed plan and its holds."""

    site: SiteId | Slug = Field(description="Id or slug of the site.")
    items: Items
    reference: Reference = Field(default="", description="The requester's own number.")


class Standing(Document):
    """Where racks of an item would stand."""

    item: int = Field(description="Place of the item in the question, from 0.")
    system: str
    hall: str
    n_systems: int = Field(description="In each rack.")
    workload: str
    n_racks: int
    racks: tuple[str, ...] = Field(description="Names the racks get: hall, row and position.")


class Shortage(Document):
    """Racks of an item that find no place."""

    item: int
    system: str
    n_asked: int
    n_placed: int
    message: str


class Placing(Document):
    """Where everything would stand that finds a place, and what finds none."""

    standing: tuple[Standing, ...] = ()
    short: tuple[Shortage, ...] = ()
    n_held_racks: int = Field(default=0, description="Racks of live holds that stand as well.")
    notes: tuple[str, ...] = ()


class Binding(Document):
    """What stops the racks, or what would stop the next ones."""

    kind: Literal["places", "limit", "throttling", "next_limit"]
    object: str
    state: str
    message: str
    over_ratio: float | None = Field(
        default=None, description="How far past the limit: 0.05 is five per cent over."
    )
    n_racks_short: int | None = None
    n_racks_left: int | None = Field(default=None, description="How many more would go.")


class Verdict(Document):
    """What the run of the items says."""

    fits: bool
    binds: Binding | None = Field(description="What binds first.")
    broken: tuple[Binding, ...] = Field(description="Every limit the items break, the worst first.")
    throttled_ratio: float | None = Field(
        description="Share of their hours in which the accelerators asked for are throttled."
    )
    checked_on: IsoDate | None = Field(
        description="Date of the committed plan's state it was checked in; null before the run."
    )
    notes: tuple[str, ...]
