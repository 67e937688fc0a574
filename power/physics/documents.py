"""The electrical network as a frozen document: nodes, branches, switches, sources, conversions.

A named piece of equipment is a view on these few kinds, so that any topology can be said and a
foreign network can be imported. Lists hold what is installed at some stage of a plan; an object is
in the network from ``from_stage`` up to but not including ``until_stage``.
"""

from typing import Annotated, Literal

from pydantic import Field

from facility.kernel.documents import Document
from facility.kernel.fields import Name, NotNegative, Positive, Share, Staged


class Node(Staged):
    """A bus: a board, a switchgear section, a busway tap-off, the output of a UPS."""

    voltage_v: Positive = Field(description="Nominal line-to-line (AC) or pole-to-pole (DC). [V]")
    current: Literal["ac", "dc"] = "ac"
    path: Literal["A", "B", "C", "D", ""] = Field(
        default="", description="Redundant path the node belongs to; empty where it has none."
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
    n_parallel: int = Field(default=1, ge=1)
    rating_a: Positive = Field(description="Continuous, one circuit, before derating. [A]")
    derating_ratio: Share = Field(
        default=1.0, description="Grouping, temperature or continuous-load rule."
    )


class OilThermal(Document):
    """What the loading guide needs of a liquid-filled transformer (IEC 60076-7, table 5 form)."""

    standard: Literal["iec", "ieee"]
    paper: Literal["normal", "upgraded"]
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


class Transformer(Staged):
    """A two-winding transformer as a pi section referred to its low-voltage side."""

    kind: Literal["transformer"] = "transformer"
    hv_node: Name
    lv_node: Name
    rating_kva: Positive = Field(description="Continuous at the highest cooling stage. [kVA]")
    hv_voltage_v: Positive = Field(description="Rated, at neutral tap. [V]")
    lv_voltage_v: Positive = Field(description="Rated. [V]")
    impedance_ratio: Share = Field(description="Short-circuit voltage on rating_kva.")
    load_loss_kw: NotNegative = Field(description="At rated current. [kW]")
    no_load_loss_kw: NotNegative = Field(description="At rated voltage. [kW]")
    magnetising_ratio: NotNegative = Field(default=0.0, description="No-load current over rated.")
    tap_position: int = 0
    tap_step_ratio: NotNegative = Field(default=0.0, description="Of the turns, per step.")
    tap_side: Literal["hv", "lv"] = "hv"
    shift_deg: float = Field(default=0.0, description="HV leads LV by this. [°]")
    thermal: OilThermal | None = Field(
        default=None, description="None: dry type or unknown; no hot-spot temperature is computed."
    )


Branch = Annotated[Line | Transformer, Field(discriminator="kind")]


class Switch(Staged):
    """A breaker, coupler or tie without impedance; closed, it makes two nodes one."""

    from_node: Name
    to_node: Name
    closed: bool
    rating_a: Positive | None = None


class GridSource(Staged):
    """A utility connection: an ideal voltage behind the short-circuit impedance.

    Without a short-circuit power the voltage at the node itself is held.
    """

    kind: Literal["grid"] = "grid"
    node: Name
    voltage_pu: Positive = Field(description="Of the ideal voltage, on the node's nominal.")
    short_circuit_mva: Positive | None = Field(description="None: an ideal voltage. [MVA]")
    x_over_r: Positive = 10.0
    contract_kw: Positive | None = Field(default=None, description="Contracted import limit. [kW]")
    contract_kva: Positive | None = Field(default=None, description="Same in kVA. [kVA]")


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


class Feed(Document):
    """One supply connection of a consumer."""

    node: Name
    share_ratio: Share = Field(description="Part of the power it carries while all feeds are live.")
    rating_a: Positive | None = Field(default=None, description="Breaker, before the rule. [A]")
    continuous_ratio: Share = Field(
        default=1.0, description="Load allowed continuously over the breaker rating (NEC: 0.8)."
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
    sources: tuple[GridSource, ...] = Field(min_length=1)
    conversions: tuple[Conversion, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    outages: tuple[Outage, ...] = Field(
        default=(), description="Credible outages to evaluate; ids are the states' names."
    )
