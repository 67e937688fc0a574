"""What draws power and makes heat, as frozen documents: chips, systems, workloads, racks."""

from typing import Annotated, Literal

from pydantic import Field

from facility.kernel.documents import Document
from facility.kernel.fields import Name, NotNegative, Positive, Ratio, Share, Staged

N_DAYS_PER_WEEK = 7
N_HOURS_PER_DAY = 24


class Chip(Document):
    """One accelerator: what it draws, what it may reach, how heat costs it clock.

    Total power is regulated to ``cap_w``; leakage enters as a deviation from the reference
    temperature and is never added on top of the rating.
    """

    idle_w: NotNegative = Field(description="At the leakage reference temperature. [W]")
    reference_w: Positive = Field(description="At full clock and full utilisation. [W]")
    cap_w: Positive = Field(description="Enforced limit of total power. [W]")
    limit_c: float = Field(description="Highest operating temperature, held by throttling. [°C]")
    shutdown_c: float | None = Field(default=None, description="Hardware shutdown. [°C]")
    clock_exponent: Positive = Field(description="Power above idle goes with clock to this.")
    leakage_w_per_k: NotNegative
    leakage_reference_c: float = 60.0


class AirSink(Document):
    """Thermal path of a chip to the air: a fixed part and a part that falls with air flow."""

    kind: Literal["air"] = "air"
    conduction_k_per_w: NotNegative
    convection_k_per_w: Positive = Field(description="At design air flow. [K/W]")
    preheat_k: NotNegative = Field(
        description="Air reaching the worst slot is this much warmer than the inlet, full load. [K]"
    )


class ColdPlate(Document):
    """Thermal path of a chip to coolant at a given flow through its plate."""

    kind: Literal["liquid"] = "liquid"
    plate_flow_l_min: Positive = Field(description="Design flow through one plate. [L/min]")
    resistance_k_per_w: Positive = Field(description="Case to coolant inlet at that flow. [K/W]")
    interface_k_per_w: NotNegative = Field(default=0.0, description="Junction to case. [K/W]")


Cooling = Annotated[AirSink | ColdPlate, Field(discriminator="kind")]


class System(Document):
    """A server, a rack-scale system, a switch or a storage node.

    Power at its input is (chips + host + fans) through its supplies. ``nameplate_kw`` is what a
    planner must provision when nothing limits the power; it is never used as a load by itself.
    """

    id: Name
    kind: Literal["server", "rack_system", "network", "storage"]
    label: str
    nameplate_kw: Positive
    n_chips: int = Field(default=0, ge=0)
    chip: Chip | None = None
    chip_cooling: Cooling | None = None
    host_idle_kw: NotNegative = Field(description="Everything but chips and fans, idle. [kW]")
    host_max_kw: NotNegative = Field(description="The same at full utilisation. [kW]")
    fan_design_kw: NotNegative = Field(description="All fans at design air flow. [kW]")
    air_flow_m3_s: NotNegative = Field(description="Air through it at design. [m³/s]")
    supply_coefficients: tuple[NotNegative, NotNegative, NotNegative] = Field(
        description="a, b, c of the loss law of its supplies on supply_rated_kw."
    )
    supply_rated_kw: Positive
    liquid_ratio: Ratio = Field(description="Share of chip and host heat that goes to liquid.")
    coolant_flow_kg_s: NotNegative = Field(default=0.0, description="Design flow. [kg/s]")
    coolant_drop_kpa: NotNegative = Field(default=0.0, description="At design flow. [kPa]")
    inlet_max_c: float | None = Field(default=None, description="Air inlet limit. [°C]")
    n_rack_units: int | None = Field(default=None, ge=1)
    mass_kg: NotNegative | None = None


class BurstShape(Document):
    """How power comes and goes inside the hour: a burst that returns, as a rectangle."""

    duty_ratio: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="Share of time in the burst."
    )
    period_min: Literal[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60] = Field(
        description="From burst to burst; a whole number of them makes the hour. [min]"
    )


class SwingShape(Document):
    """How the power of racks that work on one job swings: trapezoids, an iteration each."""

    low_ratio: Ratio = Field(description="Power while they communicate over that of computing.")
    period_s: Positive = Field(description="Of an iteration. [s]")
    duty_ratio: Share = Field(description="Width at half height over the period.")
    edge_s: Positive = Field(description="From low to high. [s]")
    jitter_ratio: Annotated[float, Field(ge=0, le=0.2)] = Field(
        default=0.02, description="Standard deviation of a period over the period."
    )
    checkpoint_every_s: Positive | None = Field(default=None, description="None: no breaks.")
    checkpoint_s: Positive | None = Field(default=None, description="Length of a break. [s]")


class Workload(Document):
    """How hard equipment works through the year: a weekly pattern, not 8,760 numbers.

    Utilisation in an hour is ``base * daily[hour] * weekly[day]`` and must stay within 0 and 1.
    """

    id: Name
    kind: Literal[
        "training",
        "fine_tuning",
        "batch_inference",
        "interactive_inference",
        "agents",
        "idle",
        "infrastructure",
    ]
    label: str
    base_ratio: Ratio
    daily_ratios: tuple[NotNegative, ...] = Field(
        min_length=N_HOURS_PER_DAY, max_length=N_HOURS_PER_DAY, description="By hour of the day."
    )
    weekly_ratios: tuple[NotNegative, ...] = Field(
        min_length=N_DAYS_PER_WEEK, max_length=N_DAYS_PER_WEEK, description="Monday first."
    )
    throughput_exponent: NotNegative = Field(
        description="Delivered work goes with clock to this: 1 compute bound, 0.2-0.4 memory bound."
    )
    crest_ratio: Annotated[float, Field(ge=1)] = Field(
        default=1.0, description="RMS over mean power inside the hour; acts on thermal ageing."
    )
    burst: BurstShape | None = Field(
        default=None, description="None: the RMS of the hour stands for its course."
    )
    swing: SwingShape | None = Field(
        default=None, description="None: its racks do not swing in step."
    )


class Content(Document):
    """Equal systems in a rack doing the same work."""

    system: Name
    n_systems: int = Field(ge=1)
    workload: Name


class Rack(Staged):
    """A cabinet at its place."""

    hall: Name
    row: Name
    x_m: float = Field(description="Centre, along the hall. [m]")
    y_m: float = Field(description="Centre, across the hall. [m]")
    width_m: Positive
    depth_m: Positive
    front_deg: float = Field(default=0.0, description="Direction the front faces. [°]")
    mass_kg: NotNegative = Field(description="Loaded. [kg]")
    row_end: bool = Field(default=False, description="First or last of its row.")
    contents: tuple[Content, ...] = ()
    circuit: Name | None = Field(default=None, description="Liquid circuit it is connected to.")
