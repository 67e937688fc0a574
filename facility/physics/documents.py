"""The frozen input of a run. ``facility.physics.results`` holds the answer to it."""

from typing import Annotated, Literal

from pydantic import Field

from facility.kernel.documents import Document
from facility.kernel.fields import Name, NotNegative, Positive, Ratio, Share, Staged
from power.physics.documents import NetworkInput, Phases
from power.physics.standby.dips import Dip
from power.physics.standby.plan import StandbyPlan
from power.physics.swings.documents import (
    DEFAULT_BANDS,
    DEFAULT_WINDOWS,
    Band,
    RampWindow,
    StorageTerms,
    SwingLimits,
)
from racks.physics.documents import Rack, System, Workload
from thermal.physics.documents import CoolingInput

Confidence = Literal["measured", "vendor", "standard", "estimate", "unverified"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
IsoDate = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class ArrayRef(Document):
    """An array that travels beside the document, addressed by the hash of its bytes."""

    sha256: Sha256
    columns: tuple[Name, ...] = Field(min_length=1)
    n_rows: int = Field(ge=1)
    label: str
    source: str


class Tariff(Document):
    """Prices and intensities of a site; ``None`` is unknown and is reported as missing."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    energy_per_kwh: NotNegative | None = None
    demand_per_kw_month: NotNegative | None = None
    water_per_m3: NotNegative | None = None
    carbon_kg_per_kwh: NotNegative | None = None


class SiteInput(Document):
    """The place."""

    name: str
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    altitude_m: Annotated[float, Field(ge=-430, le=6000)]
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)]
    first_weekday: int = Field(ge=0, le=6, description="Of the model year's 1 January; Monday 0.")
    tariff: Tariff


class Hall(Document):
    """A room with racks, or an electrical room whose heat is the loss of what stands in it."""

    id: Name
    label: str
    building: str
    width_m: Positive
    depth_m: Positive
    floor_limit_kg_m2: Positive
    n_positions: int = Field(ge=0, description="Rack places, used or free.")
    containment: Literal["none", "cold_aisle", "hot_aisle"]
    losses_of: tuple[Name, ...] = Field(
        default=(), description="Conversions and transformers whose losses heat this room."
    )


class Tap(Document):
    """What a new rack at a place would be fed from on one path."""

    node: Name
    share_ratio: Share
    rating_a: Positive = Field(description="Breaker, before the rule. [A]")
    continuous_ratio: Share
    phases: Phases = "L1L2L3"


class Place(Staged):
    """A free place for a rack: where, fed from what, cooled by what; gone once it is taken."""

    hall: Name
    taps: tuple[Tap, ...] = Field(min_length=1)
    circuit: Name | None = None


class Stage(Document):
    """The site as it stands from a date on."""

    id: Name
    label: str
    on: IsoDate


class DesignPoint(Document):
    """One named operating point at which limits are evaluated."""

    id: Name
    label: str
    dry_bulb_c: float
    wet_bulb_c: float
    pressure_kpa: Positive
    load: Literal["nameplate", "peak"] = Field(
        description="nameplate: what must be provisioned; peak: every chip fully used."
    )
    diversity_ratio: Share = 1.0


class CandidateRack(Document):
    """The rack type that headroom is counted in, as it would be connected."""

    system: Name
    n_systems: int = Field(default=1, ge=1)
    mass_kg: Positive
    footprint_m2: Positive
    power_factor: Share


class YearAnalysis(Document):
    """All hours of the weather year at the named stages."""

    kind: Literal["year"] = "year"
    stages: tuple[int, ...] = Field(min_length=1)


class ContingencyAnalysis(Document):
    """Every outage of the network document at the named stages, with all that follows from them.

    At the design point and, where the year is solved, at its worst hours; with fault levels,
    schemes of redundancy, even shares and the cascades of what is overloaded.
    """

    kind: Literal["contingency"] = "contingency"
    stages: tuple[int, ...] = Field(min_length=1)
    pairs: tuple[tuple[Name, Name], ...] = Field(
        default=(),
        description="In maintenance, lost by fault: answered beside the single outages, counted in "
        "no failover load.",
    )


class HeadroomAnalysis(Document):
    """How many more candidate racks fit, normal and N-1, at the named stages."""

    kind: Literal["headroom"] = "headroom"
    stages: tuple[int, ...] = Field(min_length=1)
    candidate: CandidateRack


class UtilityLossAnalysis(Document):
    """The loss of every grid connection at the design point, at the named stages."""

    kind: Literal["utility_loss"] = "utility_loss"
    stages: tuple[int, ...] = Field(min_length=1)
    duration_s: Positive | None = Field(default=None, description="None: it stays away. [s]")
    plan: StandbyPlan = StandbyPlan()


class DipAnalysis(Document):
    """A sequence of voltage dips at the grid connection at the design point."""

    kind: Literal["dips"] = "dips"
    stages: tuple[int, ...] = Field(min_length=1)
    dips: tuple[Dip, ...] = Field(min_length=1, max_length=50)


class SwingAnalysis(Document):
    """Swings of training loads at the grid connection, beside the limits that were entered."""

    kind: Literal["swings"] = "swings"
    stages: tuple[int, ...] = Field(min_length=1)
    windows: tuple[RampWindow, ...] = DEFAULT_WINDOWS
    bands: tuple[Band, ...] = DEFAULT_BANDS
    limits: SwingLimits = SwingLimits()
    storage: StorageTerms = StorageTerms()
    coherence_ratio: Ratio = Field(
        default=0.0, description="0: halls know nothing of each other; 1: all iterate in step."
    )
    duration_s: Positive = Field(default=600.0, le=7200.0)
    sampling_hz: Positive = Field(default=400.0, le=5000.0)
    seed: int = Field(default=1, ge=0, le=2**32 - 1)
    measured: ArrayRef | None = Field(
        default=None, description="A measured course of power, one column power_kw."
    )
    measured_step_s: Positive = Field(default=15.0, description="Of the measured course. [s]")


Analysis = Annotated[
    YearAnalysis
    | ContingencyAnalysis
    | HeadroomAnalysis
    | UtilityLossAnalysis
    | DipAnalysis
    | SwingAnalysis,
    Field(discriminator="kind"),
]


class Provenance(Document):
    """Where a value of the document comes from; stands beside the values, not inside them."""

    path: str = Field(description="Path of the value, or a catalogue item: `systems[x].chip.cap_w`")
    source: str
    confidence: Confidence
    note: str = ""


class Missing(Document):
    """An input nobody gave, and what stood in for it."""

    path: str
    stand_in: str
    reason: str


class FacilityInput(Document):
    """Everything a run needs, copied and frozen; nothing is looked up after this."""

    schema_version: Literal["facility-input/1"] = "facility-input/1"
    title: str
    site: SiteInput
    weather: ArrayRef = Field(
        description="Columns dry_bulb_c, relative_humidity_ratio, pressure_kpa; 8,760 rows."
    )
    stages: tuple[Stage, ...] = Field(min_length=1)
    halls: tuple[Hall, ...] = Field(min_length=1)
    workloads: tuple[Workload, ...]
    systems: tuple[System, ...]
    racks: tuple[Rack, ...]
    places: tuple[Place, ...] = ()
    network: NetworkInput
    cooling: CoolingInput
    design_point: DesignPoint
    throttle_reference_c: float = Field(
        default=25.0, description="Coolant or air at which clock loss is zero by definition. [°C]"
    )
    analyses: tuple[Analysis, ...] = Field(min_length=1)
    provenance: tuple[Provenance, ...] = ()
    missing: tuple[Missing, ...] = ()

    def array_refs(self) -> tuple[tuple[str, ArrayRef], ...]:
        """Return path and address of every array that travels beside the document."""
        measured = [
            (f"analyses.{number}.measured", item.measured)
            for number, item in enumerate(self.analyses)
            if isinstance(item, SwingAnalysis) and item.measured is not None
        ]
        return (("weather", self.weather), *measured)
