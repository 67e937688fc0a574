"""What the electrical studies of a stage answer: faults, schemes, failures, the connection."""

from typing import Literal

from pydantic import Field

from facility.kernel.documents import Document
from power.physics.standby.dips import Dip
from power.physics.swings.documents import SwingResult


class FaultLevel(Document):
    """The largest three-phase short circuit at a node, beside what its switchgear stands."""

    node: str
    voltage_v: float
    limited_by: Literal["network", "converter", "unlimited", "dead", "dc"]
    initial_ka: float = Field(description="I_k'' on the utility, rms; 0 where not limited. [kA]")
    peak_ka: float
    gensets_ka: float | None = Field(description="I_k'' on generator sets alone. [kA]")
    rating_ka: float | None = None
    peak_rating_ka: float | None = None
    holds: bool | None = Field(default=None, description="None: no rating is stated.")


class BreakerDuty(Document):
    """What a switch would have to break."""

    switch: str
    node: str
    level_ka: float | None = Field(description="None: nothing limits the current. [kA]")
    rating_ka: float
    holds: bool


class SupplyScheme(Document):
    """How some systems back one another, by the real feeds, and whether the survivors hold."""

    label: str = Field(description="The scheme with its numbers: 2N, N+2, 4N/3.")
    name: str
    systems: tuple[str, ...]
    reserve: tuple[str, ...]
    normal_ratio: float
    worst_ratio: float
    worst_lost: str
    worst_survivor: str
    dark_kw: float = Field(description="Most load that one loss leaves without supply. [kW]")
    is_covered: bool


class PhaseLoad(Document):
    """Load of the feeds at a node and behind it by conductor, up to the next transformer."""

    node: str
    l1_kw: float
    l2_kw: float
    l3_kw: float
    l1_a: float
    l2_a: float
    l3_a: float
    neutral_a: float
    imbalance_ratio: float = Field(
        description="Largest deviation of a conductor's current from the mean, over the mean."
    )
    three_phase_kw: float = Field(description="Of feeds that use all conductors evenly. [kW]")


class CascadeResult(Document):
    """Where an outage ends once what is overloaded has tripped."""

    state: str
    trips: tuple[str, ...] = Field(description="What trips, in order, with its time.")
    first_lost_kw: float = Field(description="Dark before anything trips. [kW]")
    lost_kw: float
    n_lost_racks: int
    lost_cooling: tuple[str, ...]
    collapse: str = Field(default="", description="Why the end has no solution, if so.")


class TimelineEvent(Document):
    """Like things that happen at one moment of a failure, with the powers from then on."""

    at_s: float
    kind: str
    objects: tuple[str, ...] = Field(description="The first of them.")
    n_objects: int
    text: str
    lost_kw: float
    battery_kw: float
    genset_kw: float
    utility_kw: float


class PowerInterval(Document):
    """Powers between two events; the last interval has no length: what holds from then on."""

    start_s: float
    end_s: float
    served_kw: float
    lost_kw: float
    n_lost_racks: int
    utility_kw: float
    battery_kw: float
    genset_kw: float


class DarkCooling(Document):
    """Cooling without supply; ``until_s`` is None where it stays so."""

    consumer: str
    power_kw: float
    from_s: float
    until_s: float | None


class BatteryState(Document):
    """What one battery did; None where it never came to that."""

    id: str
    conversion: str
    usable_kwh: float
    autonomy_s: float | None
    largest_kw: float
    given_kwh: float
    left_kwh: float
    empty_at_s: float | None
    full_at_s: float | None


class SetState(Document):
    """What one generator set carries once all loads are taken; zeros where it does not run."""

    id: str
    ready_s: float | None
    active_kw: float
    reactive_kvar: float
    kw_ratio: float = Field(description="On its derated rating.")
    kva_ratio: float
    largest_step_kw: float
    allowed_step_kw: float
    dip_pu: float
    is_low_load: bool
    is_leading: bool
    average_ok: bool
    hours_ok: bool
    fuel_l_per_h: float | None
    fuel_autonomy_h: float | None


class UtilityLossResult(Document):
    """The loss of the utility as a time line, and what is left at its end."""

    duration_s: float | None = Field(description="None: the utility stays away.")
    events: tuple[TimelineEvent, ...]
    course: tuple[PowerInterval, ...]
    lost_most_kw: float = Field(description="Most that is dark for a second or longer. [kW]")
    n_racks_lost_most: int = Field(description="Most racks that are dark for so long.")
    racks_dark_from_s: float | None = Field(description="First rack dark; None: none. [s]")
    n_racks_dark_at_once: int
    n_racks_dark_at_end: int
    dark_at_end_kw: float
    cooling_dark: tuple[DarkCooling, ...]
    batteries: tuple[BatteryState, ...]
    sets: tuple[SetState, ...]
    overloads: tuple[str, ...]
    left_off: tuple[str, ...]
    assumptions: tuple[str, ...]


class DipResult(Document):
    """How the site answers a sequence of voltage dips at its connection."""

    dips: tuple[Dip, ...]
    site_kw: float = Field(description="What it draws before. [kW]")
    largest_left_kw: float = Field(description="Most that is off the grid at once. [kW]")
    stays_left_kw: float = Field(description="Off the grid when the dips are over. [kW]")
    return_kw_per_s: float
    n_ups: int
    n_ups_locked: int = Field(description="UPS that their counters keep on battery.")
    shortest_lock_s: float | None = Field(
        description="How long the first battery of those lasts; None: none is locked. [s]"
    )
    n_tripped: int = Field(description="Consumers without UPS that the dips switch off.")
    tripped_kw: float
    without_battery: tuple[str, ...]
    time_s: tuple[float, ...]
    left_kw: tuple[float, ...]


class ConnectionResult(Document):
    """A grid connection over the year beside its contract."""

    source: str
    peak_kw: float
    peak_kva: float
    peak_hour: int
    contract_kw: float | None
    contract_kva: float | None
    n_hours_over: int = Field(description="Hours above the contract, in kW or kVA.")
    lowest_power_factor: float
    power_factor_hour: int
    is_leading: bool = Field(description="At that hour the site gives reactive power.")
    power_factor_min: float | None
    n_hours_below: int = Field(description="Hours below the power factor of the contract.")
    ramp_kw_per_min: float = Field(description="Largest change from hour to hour. [kW/min]")
    ramp_limit_kw_per_min: float | None


class PowerStudies(Document):
    """Everything electrical that is more than the load of an object."""

    faults: tuple[FaultLevel, ...] = ()
    breakers: tuple[BreakerDuty, ...] = ()
    schemes: tuple[SupplyScheme, ...] = ()
    phases: tuple[PhaseLoad, ...] = Field(
        default=(), description="Of nodes with feeds that name their conductors."
    )
    n_unattributed: int = Field(
        default=0, description="Nodes whose feeds name no conductor: no balance can be told."
    )
    cascades: tuple[CascadeResult, ...] = ()
    utility_loss: UtilityLossResult | None = None
    dips: DipResult | None = None
    connections: tuple[ConnectionResult, ...] = ()
    swings: SwingResult | None = None
