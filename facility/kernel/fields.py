"""Field types that every input document uses, so that one rule is written once."""

from typing import Annotated

from pydantic import Field

from facility.kernel.documents import Document

Name = Annotated[str, Field(min_length=1, max_length=80)]
# No quantity of a site comes near this in its unit; beyond it, squares and products overflow.
LARGEST = 1e12
Positive = Annotated[float, Field(gt=0, le=LARGEST)]
NotNegative = Annotated[float, Field(ge=0, le=LARGEST)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class Staged(Document):
    """Something with a name that is there from one stage of a plan on, perhaps until another."""

    id: Name
    from_stage: int = Field(default=0, ge=0, description="First stage at which it is in service.")
    until_stage: int | None = Field(
        default=None, ge=1, description="First stage at which it is gone again."
    )

    def is_present(self, stage: int) -> bool:
        """Return whether the object is in service at the stage with this number."""
        return self.from_stage <= stage and (self.until_stage is None or stage < self.until_stage)
