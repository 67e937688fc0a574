"""The frozen answer of a run: states, objects, halls, racks, the year, findings, balances."""

from typing import Literal

from pydantic import Field

from facility.kernel.documents import Document
from facility.physics.documents import ArrayRef, IsoDate, Missing, Provenance, Sha256
from facility.physics.power_results import PowerStudies


class Notice(Document):
    """Something a reader must know about how a number was made."""

    code: str
    path: str
    message: str
    n_hours: int | None = None


class Finding(Document):
    """A limit that is exceeded or near: an answer, not a failure."""

    code: str
    severity: Literal["over", "near", "info"]
    stage: str
    state: str
    object: str
    message: str
    value_ratio: float | None = Field(default=None, description="Load over limit.")


class Balances(Document):
    """How well the answer closes; the largest over all hours and states, on site power."""

    heat_residual_ratio: float
    power_residual_ratio: float
    coupling_residual_ratio: float
    coupling_passes: int
    load_flow_mismatch_pu: float


class TransformerResult(Document):
    """Headroom of a transformer three ways: nameplate, as a temperature, and in minutes."""

    hot_spot_max_c: float = Field(description="Normal, over the year.")
    top_oil_max_c: float = Field(description="Same of the oil, or of a dry type's winding.")
    life_used_ratio: float = Field(description="Ageing of the year over normal ageing.")
    resolution_min: float = Field(description="Longest step inside which a load is its RMS. [min]")
    nameplate_kva: float = Field(description="Rating less the highest hour of the year.")
    continuous_kva: float = Field(
        description="Constant load that can join the year's; negative: that much has to go."
    )
    continuous_kw: float = Field(description="The same at the candidate rack's power factor.")
    continuous_criterion: Literal["hot_spot", "top_oil", "life", "current"]
    binding_hours: tuple[int, ...] = Field(description="First hours of the year that bind, from 0.")
    n_binding_hours: int
    failover_min: float | None = Field(
        description="From the year's hottest moment into the failover load; None: never. [min]"
    )
    failover_criterion: Literal["hot_spot", "top_oil", "never"]


class ObjectLoad(Document):
    """One object of the chain: rating, normal, failover, what is left."""

    id: str
    kind: Literal[
        "grid", "transformer", "line", "switch", "transfer", "board", "conversion", "feed"
    ]
    path: str = ""
    hall: str = ""
    rating_kva: float
    normal_kva: float
    normal_kw: float
    normal_ratio: float
    failover_kva: float = Field(
        description="Total, not added, in the worst credible outage that leaves it in service."
    )
    failover_kw: float
    failover_ratio: float
    failover_state: str
    headroom_n_kva: float = Field(description="Its own: rating less normal load, continuous.")
    headroom_n1_kva: float = Field(description="Its own: rating less failover load, continuous.")
    even_share_kw: float | None = Field(
        default=None, description="With supplies that share evenly; without losses. [kW]"
    )
    supply_uncertainty_kw: float | None = Field(
        default=None,
        description="How much more it may carry because supplies do not share evenly. [kW]",
    )
    stranded_kw: float | None = Field(
        default=None, description="Its own headroom that no increase can use, in failover."
    )
    stranded_by: str = Field(default="", description="What binds first instead.")
    path_limit_kva: float | None = Field(
        default=None, description="Lowest rating on the way from the grid, of a feed. [kVA]"
    )
    path_limited_by: str = Field(default="", description="What sets it.")
    year_max_ratio: float | None = None
    failover_year_ratio: float | None = Field(
        default=None, description="Worst outage at the worst hours of the year."
    )
    failover_year_state: str = ""
    failover_year_hour: int | None = None
    transformer: TransformerResult | None = None
    hot_spot_failover_c: float | None = Field(
        default=None, description="Held in the worst outage at the design point's air."
    )
    hot_spot_limit_c: float | None = None

    @property
    def hot_spot_max_c(self) -> float | None:
        """Hottest of the year in normal operation. [°C]."""
        return None if self.transformer is None else self.transformer.hot_spot_max_c

    @property
    def life_used_ratio(self) -> float | None:
        """Ageing of the year over normal ageing."""
        return None if self.transformer is None else self.transformer.life_used_ratio


class OutageResult(Document):
    """What one outage does at the design point."""

    state: str
    label: str
    solved: bool
    message: str = ""
    dark_kw: float = 0.0
    n_dark_racks: int = 0
    dark_cooling: tuple[str, ...] = ()
    transfers: tuple[str, ...] = Field(
        default=(), description="Transfer switches that move, and where to."
    )
    worst_object: str = ""
    worst_ratio: float = 0.0


class WorstHour(Document):
    """Every outage at an hour of the year that loads the network most."""

    hour: int = Field(description="Of the year, 0 the first.")
    why: tuple[str, ...]
    facility_kw: float = Field(description="In normal operation. [kW]")
    dry_bulb_c: float
    worst_state: str
    worst_object: str
    worst_ratio: float
    n_over: int = Field(description="Objects over their limit in some outage.")
    n_unsolved: int = Field(description="Outages without a steady state.")


class CoolingLoad(Document):
    """Equal machines on one duty at the design point: what they give, with and without reserve."""

    name: Literal["Air units", "CDUs", "Chillers", "Dry coolers"]
    object: str = Field(description="The hall, circuit or loop they work for.")
    n_units: int
    n_redundant: int
    rated_kw: float = Field(description="Of all units. [kW]")
    firm_kw: float = Field(description="Of all units but the reserve. [kW]")
    used_kw: float


class LimitRow(Document):
    """One limit of a hall's density or of a headroom chain, in kW and in racks."""

    name: str
    object: str
    state: str
    limit_kw: float
    used_kw: float
    left_kw: float
    n_racks_left: int | None = None


class HallResult(Document):
    """Density of one hall at the design point, and what limits it."""

    hall: str
    label: str
    n_racks: int
    n_positions: int
    nameplate_kw: float
    peak_kw: float
    density_kw: float = Field(description="Nameplate per rack, mean of the racks there. [kW]")
    density_kw_per_m2: float
    allowed_kw: float = Field(description="Highest power of one rack that every limit allows. [kW]")
    binding: str
    limits: tuple[LimitRow, ...]
    air_inlet_max_c: float | None = None
    coolant_supply_max_c: float | None = None


class CohortResult(Document):
    """Equal racks doing equal work at equal places; solved once, answered for each of them."""

    id: str
    hall: str
    label: str
    racks: tuple[str, ...]
    n_chips: int
    rack_peak_kw: float
    rack_mean_kw: float | None = None
    inlet_max_c: float
    junction_max_c: float | None = None
    junction_limit_c: float | None = None
    throttled_h: float | None = Field(
        default=None,
        description=(
            "Hours of the year, mean of its accelerators, with 1 % of clock or more lost to heat."
        ),
    )
    capped_h: float | None = Field(default=None, description="The same, lost to a power cap.")
    lost_throughput_ratio: float | None = None
    cause: str = Field(default="", description="What makes it throttle, in words.")


class YearResult(Document):
    """One weather year of a stage."""

    it_kwh: float
    compute_kwh: float
    cooling_kwh: float
    loss_kwh: float
    facility_kwh: float
    peak_kw: float
    peak_hour: int = Field(description="Hour of the year, 0 the first; it starts at its stamp.")
    pue: float = Field(
        description="Facility energy over energy at the inputs of IT: ISO/IEC 30134-2, category 3."
    )
    itue: float = Field(description="IT energy over compute energy.")
    tue: float = Field(description="Facility energy over compute energy.")
    water_m3: float
    wue_l_per_kwh: float
    carbon_kg: float | None = None
    energy_amount: float | None = None
    throttled_accelerator_h: float
    capped_accelerator_h: float
    lost_accelerator_h: float
    series: ArrayRef | None = None


class HeadroomResult(Document):
    """How much more fits in a state: continuous, at the design point."""

    scope: str = Field(description="`site` or a hall.")
    label: str
    state: Literal["N", "N-1"]
    limit_kw: float
    n_racks: int
    binds: str = Field(description="Object that stops the increase.")
    binds_state: str
    chain: tuple[LimitRow, ...]


class StageResult(Document):
    """The site at one stage."""

    id: str
    label: str
    on: IsoDate
    it_kw: float = Field(description="At the design point. [kW]")
    cooling_kw: float
    loss_kw: float
    facility_kw: float
    halls: tuple[HallResult, ...]
    cohorts: tuple[CohortResult, ...]
    cooling: tuple[CoolingLoad, ...] = ()
    objects: tuple[ObjectLoad, ...] = ()
    outages: tuple[OutageResult, ...] = ()
    pairs: tuple[OutageResult, ...] = Field(
        default=(), description="Maintenance and fault together; in no failover load."
    )
    worst_hours: tuple[WorstHour, ...] = ()
    power: PowerStudies = PowerStudies()
    headroom: tuple[HeadroomResult, ...] = ()
    year: YearResult | None = None


class FacilityResult(Document):
    """What the run found."""

    schema_version: Literal["facility-result/1"] = "facility-result/1"
    solver_version: str
    input_sha256: Sha256
    title: str
    answer: tuple[str, ...] = Field(description="The result in sentences, most important first.")
    balances: Balances
    stages: tuple[StageResult, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    assumptions: tuple[Provenance, ...]
    missing: tuple[Missing, ...]
