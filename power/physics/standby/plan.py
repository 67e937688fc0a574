"""How a site takes over when the utility is lost: order of loads, switches, timing."""

from pydantic import Field

from facility.kernel.documents import Document
from facility.kernel.fields import Name, NotNegative, Positive
from power.physics.standby.genset import TRANSIENT_RATIO


class StandbyPlan(Document):
    """What the controls of the standby supply do.

    The sets take loads in the order of ``priority``; a name stands for a consumer, a conversion or
    a node with everything behind it. What is not named follows: cooling, conversions, house loads,
    racks on no conversion.
    """

    priority: tuple[tuple[Name, ...], ...] = Field(
        default=(), description="Groups in the order in which the sets take them."
    )
    closes: tuple[Name, ...] | None = Field(
        default=None,
        description="Open switches that close when the sets are ready; None: those at their boards "
        "whose other side has no supply.",
    )
    opens: tuple[Name, ...] = Field(
        default=(), description="Closed switches that open when the sets are ready."
    )
    fails_to_start: tuple[Name, ...] = Field(default=(), description="Sets that do not come.")
    block_interval_s: Positive = Field(default=5.0, description="From one block to the next. [s]")
    retransfer_s: NotNegative = Field(
        default=0.0, description="Wait after the utility is back before loads return to it. [s]"
    )
    sheds: bool = Field(
        default=True, description="Leaves off what running sets cannot carry; else overloads them."
    )
    recharges_on_sets: bool = Field(
        default=True, description="Batteries fill while the sets run; else once the utility is back"
    )
    set_voltage_pu: Positive = Field(default=1.0, description="Held by the sets.")
    transient_ratio: Positive = Field(
        default=TRANSIENT_RATIO, description="X'd on rated kVA of sets that state none."
    )
