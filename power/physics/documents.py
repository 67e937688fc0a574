"""The electrical network as a frozen document: nodes, branches, switches, sources, conversions.

A named piece of equipment is a view on these few kinds, so that any topology can be said and a
foreign network can be imported. Lists hold what is installed at some stage of a plan; an object is
in the network from ``from_stage`` up to but not including ``until_stage``.
"""

from typing import Annotated, Literal

from pydantic import Field

from facility.kernel.documents import Document
from facility.kernel.fields import LARGEST, Name, NotNegative, Positive, Ratio, Share, Staged

Phases = Literal["L1L2L3", "L1", "L2", "L3", "L1L2", "L2L3", "L3L1"]
LARGEST_IMPEDANCE = 20.0
"""Equivalents of foreign networks have ratios far above those of any real transformer."""


class Node(Staged):
    """A bus: a board, a switchgear section, a busway tap-off, the output of a UPS."""

    voltage_v: Positive = Field(description="Nominal line-to-line (AC) or pole-to-pole (DC). [V]")
    current: Literal["ac", "dc"] = "ac"
    path: Literal["A", "B", "C", "D", ""] = Field(
        default="", description="Redundant path the node belongs to; empty where it has none."
    )
    rating_a: Positive | None = Field(
        default=None, description="Continuous current of the busbar or the panel's main. [A]"
    )
    short_circuit_ka: Positive | None = Field(
        default=None, description="Short-circuit current its switchgear withstands, rms. [kA]"
    )
    short_circuit_peak_ka: Positive | None = Field(
        default=None, description="Peak current its switchgear withstands. [kA]"
    )


class Line(Staged):
    """A cable, an overhead line or a busway as a pi section; in DC the loop resistance alone."""

    kind: Literal["line"] = "line"
    from_node: Name
    to_node: Name
    length_km: Positive = Field(description="Route length. [km]")
    resistance_ohm_per_km: NotNegative = Field(description="At operating temperature. [ohm/km]")
    reactance_ohm_per_km: NotNegative = Field(description="At system frequency. [ohm/km]")
    capacitance_nf_per_km: NotNegative = Field(default=0.0, description="[nF/km]")
    conductance_us_per_km: NotNegative = Field(default=0.0, description="To earth. [µS/km]")
    n_parallel: int = Field(default=1, ge=1)
    rating_a: Positive | None = Field(
        description="Continuous, one circuit, before derating; None: unknown, no loading. [A]"
    )
    derating_ratio: Share = Field(
        default=1.0, description="Grouping, temperature or continuous-load rule."
    )

    @property
    def ends(self) -> tuple[str, str]:
        """Names of the from-node and the to-node; the high-voltage side counts as from."""
        return self.from_node, self.to_node


class OilThermal(Document):
    """What the loading guide needs of a liquid-filled transformer (IEC 60076-7, table 5 form)."""

    kind: Literal["oil"] = "oil"
    standard: Literal["iec", "ieee"]
    paper: Literal["normal", "upgraded"]
    cooling: Literal["distribution", "onan", "onaf", "of", "od"] = Field(
        default="onan", description="Class of the constants below; picks those of the IEEE method."
    )
    method: Literal["iec", "ieee"] = Field(
        default="iec", description="Equations: IEC 60076-7, or IEEE C57.91 clause 7."
    )
    top_oil_rise_k: Positive = Field(description="At rated load. [K]")
    hot_spot_rise_k: Positive = Field(description="Hot spot over top oil at rated load. [K]")
    oil_time_min: Positive
    winding_time_min: Positive
    oil_exponent: Positive
    winding_exponent: Positive
    k11_pu: Positive
    k21_pu: Positive
    k22_pu: Positive
    hot_spot_limit_c: Positive = Field(description="Limit for normal cyclic loading. [°C]")
    top_oil_limit_c: Positive = Field(description="Limit for normal cyclic loading. [°C]")
    ambient_c: float | None = Field(
        default=None, description="Room temperature if indoors; None follows outdoor air. [°C]"
    )


class DryThermal(Document):
    """What the loading guide needs of a dry or cast-resin transformer (IEC 60076-12 form)."""

    kind: Literal["dry"] = "dry"
    insulation: Literal["105", "120", "130", "155", "180", "200", "220"] = Field(
        description="Temperature class of the insulation system; F is 155, H is 180."
    )
    winding_rise_k: Positive = Field(description="Average of the winding at rated load. [K]")
    hot_spot_ratio: Annotated[float, Field(ge=1, le=2)] = Field(
        description="Hot-spot rise over average winding rise."
    )
    winding_exponent: Positive = Field(description="Of the current; 1.6 in still air, 2 with fans.")
    winding_time_min: Positive
    hot_spot_limit_c: Positive = Field(description="Highest the insulation stands. [°C]")
    ambient_c: float | None = Field(
        default=None, description="Room temperature if indoors; None follows outdoor air. [°C]"
    )


class CoolingStage(Document):
    """What a liquid-filled transformer is while part of its fans or pumps rest."""

    cooling: Literal["onan", "onaf", "of", "od"]
    rating_kva: Positive = Field(description="Continuous at this stage. [kVA]")
    top_oil_rise_k: Positive = Field(description="At the rating of this stage. [K]")
    hot_spot_rise_k: Positive = Field(description="Over top oil, at this stage's rating. [K]")
    oil_time_min: Positive
    winding_time_min: Positive
    oil_exponent: Positive
    winding_exponent: Positive
    k11_pu: Positive
    k21_pu: Positive
    k22_pu: Positive
    signal: Literal["top_oil", "hot_spot"] = Field(
        default="top_oil", description="Temperature that moves it to the next stage and back."
    )
    start_c: float = Field(description="At which the next stage starts. [°C]")
    stop_c: float = Field(description="Below start_c: at which the next stage stops again. [°C]")


class HarmonicLoss(Document):
    """How much harmonics raise the eddy and stray part of the load loss (IEEE C57.110 form)."""

    eddy_increase_ratio: Annotated[float, Field(ge=1)] = Field(
        description="F_HL: factor on the eddy loss."
    )
    stray_increase_ratio: Annotated[float, Field(ge=1)] = Field(
        default=1.0, description="F_HL,STR: factor on the other stray loss."
    )
    eddy_share_ratio: NotNegative = Field(description="Winding eddy loss over rated I²R.")
    stray_share_ratio: NotNegative = Field(
        default=0.0, description="Other stray loss over rated I²R."
    )


class TapRegulator(Document):
    """Moves the tap under load to hold a voltage; decided outside the linear algebra."""

    node: Name = Field(description="Whose voltage it holds.")
    target_pu: Positive
    half_band_pu: Positive = Field(
        description="It rests while the voltage is this near the target."
    )


class Transformer(Staged):
    """A two-winding transformer as a pi or T section referred to its low-voltage side."""

    kind: Literal["transformer"] = "transformer"
    hv_node: Name
    lv_node: Name
    rating_kva: Positive = Field(description="Continuous at the highest cooling stage. [kVA]")
    derating_ratio: Share = Field(default=1.0, description="Of the rating, for thin air.")
    hv_voltage_v: Positive = Field(description="Rated, at neutral tap. [V]")
    lv_voltage_v: Positive = Field(description="Rated. [V]")
    impedance_ratio: float = Field(
        ge=-LARGEST_IMPEDANCE,
        le=LARGEST_IMPEDANCE,
        description="Short-circuit voltage on rating_kva; negative with its reactance, as in the "
        "star of a three-winding unit.",
    )
    load_loss_kw: float = Field(
        ge=-LARGEST, le=LARGEST, description="At rated current; negative only in a star. [kW]"
    )
    no_load_loss_kw: NotNegative = Field(description="At rated voltage. [kW]")
    magnetising_ratio: NotNegative = Field(default=0.0, description="No-load current over rated.")
    tap_position: int = 0
    tap_step_ratio: NotNegative = Field(default=0.0, description="Of the turns, per step.")
    tap_step_deg: float = Field(
        default=0.0, description="Phase shift of each step, of the tapped side. [°]"
    )
    tap_side: Literal["hv", "lv"] = "hv"
    tap_min: int | None = Field(default=None, description="Lowest position; None: not stated.")
    tap_max: int | None = Field(default=None, description="Highest position; None: not stated.")
    regulator: TapRegulator | None = Field(
        default=None, description="None: the tap stays where it is."
    )
    shift_deg: float = Field(default=0.0, description="HV leads LV by this. [°]")
    no_load_place: Literal["ends", "middle"] = Field(
        default="ends",
        description="Half the no-load admittance at each end, or all of it within the impedance.",
    )
    hv_leakage_ratios: tuple[Ratio, Ratio] = Field(
        default=(0.5, 0.5),
        description="Parts of resistance and reactance on the HV side of the middle.",
    )
    thermal: Annotated[OilThermal | DryThermal, Field(discriminator="kind")] | None = Field(
        default=None, description="None: unknown; no hot-spot temperature is computed."
    )
    cooling_stages: tuple[CoolingStage, ...] = Field(
        default=(), description="Stages below the full one that thermal describes, weakest first."
    )
    harmonics: HarmonicLoss | None = Field(default=None, description="None: sinusoidal load.")

    @property
    def ends(self) -> tuple[str, str]:
        """Names of the from-node and the to-node; the high-voltage side counts as from."""
        return self.hv_node, self.lv_node


class Impedance(Staged):
    """A series impedance that may differ by direction: a reactor, an equivalent of a network.

    Each end counts on the nominal voltage of its own node, so a ratio is in the voltages.
    """

    kind: Literal["impedance"] = "impedance"
    from_node: Name
    to_node: Name
    rating_kva: Positive = Field(description="Base of its per-unit values, and its limit. [kVA]")
    from_to_pu: tuple[float, float] = Field(description="Resistance and reactance seen from.")
    to_from_pu: tuple[float, float] = Field(description="Resistance and reactance seen to.")
    from_shunt_pu: tuple[float, float] = Field(
        default=(0.0, 0.0), description="Conductance and susceptance at the from-end."
    )
    to_shunt_pu: tuple[float, float] = Field(
        default=(0.0, 0.0), description="Conductance and susceptance at the to-end."
    )

    @property
    def ends(self) -> tuple[str, str]:
        """Names of the from-node and the to-node; the high-voltage side counts as from."""
        return self.from_node, self.to_node


Branch = Annotated[Line | Transformer | Impedance, Field(discriminator="kind")]


class Switch(Staged):
    """A breaker, coupler or tie without impedance; closed, it makes two nodes one."""

    from_node: Name
    to_node: Name
    closed: bool
    rating_a: Positive | None = None
    short_circuit_ka: Positive | None = Field(
        default=None, description="Short-circuit current it breaks, rms. [kA]"
    )


class TransferSwitch(Staged):
    """Joins its output to the preferred supply while that is live, else to the alternate.

    An automatic transfer switch interrupts; a static one does so for less than a power supply
    holds.
    """

    kind: Literal["automatic", "static"]
    output_node: Name
    preferred_node: Name
    alternate_node: Name
    transfer_s: NotNegative = Field(description="Time without supply. [s]")
    rating_a: Positive | None = None


class GridSource(Staged):
    """A utility connection: an ideal voltage behind the short-circuit impedance.

    Without a short-circuit power the voltage at the node itself is held.
    """

    kind: Literal["grid"] = "grid"
    node: Name
    voltage_pu: Positive = Field(description="Of the ideal voltage, on the node's nominal.")
    voltage_deg: float = Field(default=0.0, description="Angle of the ideal voltage. [°]")
    short_circuit_mva: Positive | None = Field(description="None: an ideal voltage. [MVA]")
    x_over_r: Positive = 10.0
    contract_kw: Positive | None = Field(default=None, description="Contracted import limit. [kW]")
    contract_kva: Positive | None = Field(default=None, description="Same in kVA. [kVA]")
    power_factor_min: Share | None = Field(
        default=None, description="Lowest power factor the contract allows, lagging or leading."
    )
    ramp_kw_per_min: Positive | None = Field(
        default=None, description="Fastest change the contract allows. [kW/min]"
    )


class RegulatedGenerator(Staged):
    """A machine that runs in parallel with the grid and holds the voltage of its node."""

    node: Name
    active_kw: float = Field(description="Given to the network. [kW]")
    voltage_pu: Positive
    reactive_min_kvar: float | None = Field(default=None, description="Reported, not enforced.")
    reactive_max_kvar: float | None = Field(default=None, description="Reported, not enforced.")


class Genset(Staged):
    """A standby generator set: at rest beside the utility, a voltage source without it."""

    node: Name
    rating_class: Literal["ESP", "PRP", "LTP", "COP", "DCP"] = Field(description="ISO 8528-1.")
    rating_kw: Positive = Field(description="Engine, before derating. [kW]")
    rating_kva: Positive = Field(description="Alternator, before derating. [kVA]")
    derating_ratio: Share = Field(default=1.0, description="For altitude and intake air.")
    start_s: NotNegative = Field(description="From the call to ready for load. [s]")
    block_ratio: Share = Field(description="Largest load step over rating_kw.")
    subtransient_ratio: Positive | None = Field(
        default=None, description="X''d on rating_kva; None: its fault current is unknown."
    )
    fuel_m3: NotNegative | None = Field(default=None, description="Usable, in its own tank. [m³]")
    fuel_l_per_kwh: Positive | None = Field(default=None, description="At 75 % load. [L/kWh]")


class Battery(Staged):
    """Storage behind a UPS or rectifier, or at a node of its own."""

    conversion: Name | None = Field(default=None, description="Whose output it carries.")
    node: Name | None = Field(
        default=None, description="Where it exchanges power with the network."
    )
    power_kw: Positive = Field(description="Discharge, at the terminals. [kW]")
    energy_kwh: Positive = Field(description="Of full charge, as installed. [kWh]")
    charge_min_ratio: Ratio = Field(default=0.0, description="State of charge it may fall to.")
    charge_max_ratio: Share = Field(default=1.0, description="State of charge it is kept at.")
    health_ratio: Share = Field(default=1.0, description="Capacity left at the age considered.")
    efficiency_ratio: Share = Field(description="One way, to the AC or DC terminals.")
    recharge_kw: NotNegative = Field(description="Drawn after a discharge. [kW]")
    role: Literal["ride_through", "smoothing"] = "ride_through"


class StaticLoad(Staged):
    """Power of stated size at one node: consumed where positive, generated where negative."""

    node: Name
    active_kw: float
    reactive_kvar: float = 0.0
    constant_current_ratio: Ratio = Field(default=0.0, description="Part that follows the voltage.")
    constant_impedance_ratio: Ratio = Field(
        default=0.0, description="Part that follows the voltage squared."
    )


class Shunt(Staged):
    """A capacitor, reactor or filter: an admittance to neutral, by its power at a voltage."""

    node: Name
    voltage_v: Positive = Field(description="At which the powers are stated. [V]")
    active_kw: float = 0.0
    reactive_kvar: float = Field(description="Consumed; a capacitor is negative. [kvar]")


class Conversion(Staged):
    """A UPS, rectifier or inverter: cuts the network; its input is a load that follows its output.

    ``P_in = P_out + rating_kw * (a + b p + c p^2)`` with ``p = P_out / rating_kw``.
    """

    kind: Literal["ups", "rectifier", "inverter"]
    input_node: Name
    output_node: Name
    rating_kw: Positive = Field(description="Continuous active output. [kW]")
    rating_kva: Positive = Field(description="Continuous apparent output. [kVA]")
    loss_coefficients: tuple[NotNegative, NotNegative, NotNegative] = Field(
        description="a, b, c of the loss law, on rating_kw."
    )
    input_power_factor: Share = 0.99
    output_voltage_pu: Positive = 1.0
    n_modules: int = Field(default=1, ge=1, description="Equal power modules inside.")
    n_redundant_modules: int = Field(
        default=0, ge=0, description="Modules that may fail without the ratings above being missed."
    )
    eco_loss_coefficients: tuple[NotNegative, NotNegative, NotNegative] | None = Field(
        default=None, description="a, b, c while it runs in eco mode; None: it never does."
    )
    input_low_pu: Share = Field(
        default=0.85, description="Input voltage below which it takes its battery."
    )
    input_high_pu: Positive = Field(
        default=1.1, description="Input voltage above which it takes its battery."
    )
    dip_count: int | None = Field(
        default=None,
        ge=1,
        description="Dips inside dip_window_s after which it stays on battery; None: no counter.",
    )
    dip_window_s: Positive | None = None
    walk_in_s: NotNegative = Field(
        default=10.0, description="Over which its input takes the load back from battery. [s]"
    )


class Feed(Document):
    """One supply connection of a consumer."""

    node: Name
    share_ratio: Share = Field(description="Part of the power it carries while all feeds are live.")
    rating_a: Positive | None = Field(default=None, description="Breaker, before the rule. [A]")
    continuous_ratio: Share = Field(
        default=1.0, description="Load allowed continuously over the breaker rating (NEC: 0.8)."
    )
    phases: Phases = Field(
        default="L1L2L3", description="Conductors it draws from; the load flow is balanced."
    )


class Consumer(Staged):
    """Anything that draws power: a rack, a cooling unit, a house load.

    When a feed dies the others take its share in proportion to their own; with no feed left the
    consumer is dark. ``power_kw`` is given here only for loads that no other model computes.
    """

    kind: Literal["rack", "cooling", "house"]
    power_factor: Share = 1.0
    power_kw: NotNegative | None = None
    feeds: tuple[Feed, ...] = Field(min_length=1)


class Outage(Document):
    """A set of objects that are out of service together; one state besides normal."""

    id: Name
    label: str
    objects: tuple[Name, ...] = Field(min_length=1)


class NetworkInput(Document):
    """Everything electrical on a site."""

    frequency_hz: Literal[50, 60]
    nodes: tuple[Node, ...] = Field(min_length=1)
    branches: tuple[Branch, ...] = ()
    switches: tuple[Switch, ...] = ()
    sources: tuple[GridSource, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    transfer_switches: tuple[TransferSwitch, ...] = ()
    generators: tuple[RegulatedGenerator, ...] = ()
    static_loads: tuple[StaticLoad, ...] = ()
    shunts: tuple[Shunt, ...] = ()
    gensets: tuple[Genset, ...] = ()
    batteries: tuple[Battery, ...] = ()
    outages: tuple[Outage, ...] = Field(
        default=(), description="Credible outages to evaluate; ids are the states' names."
    )
