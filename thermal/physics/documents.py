"""Cooling as installed, as frozen documents: halls' air, liquid circuits, water loops, units.

Every unit names the loop or circuit it works on; what feeds it with electricity is the consumer of
the same id in the network document, so a unit stops when its feeds do.
"""

from typing import Annotated, Literal

from pydantic import Field

from facility.kernel.documents import Document
from facility.kernel.fields import Name, NotNegative, Positive, Ratio, Staged

Biquadratic = tuple[float, float, float, float, float, float]
Quadratic = tuple[float, float, float]


class Crah(Staged):
    """A chilled-water air handler of a hall, stated at its rating point."""

    kind: Literal["crah"] = "crah"
    hall: Name
    loop: Name
    rated_kw: Positive = Field(description="Sensible duty at the rating point. [kW]")
    air_flow_m3_s: Positive
    rated_return_c: float
    rated_water_c: float = Field(description="Entering water at the rating point. [°C]")
    water_flow_kg_s: Positive
    fan_kw: NotNegative = Field(description="At full flow. [kW]")
    fan_exponent: Positive


class Cdu(Staged):
    """A coolant distribution unit of a circuit, stated at its rating point and approach."""

    kind: Literal["cdu"] = "cdu"
    circuit: Name
    loop: Name
    rated_kw: Positive
    rated_approach_k: Positive = Field(description="Coolant supply over facility supply. [K]")
    coolant_flow_kg_s: Positive = Field(description="Secondary, at rating. [kg/s]")
    water_flow_kg_s: Positive = Field(description="Primary, at rating. [kg/s]")
    internal_drop_kpa: NotNegative = Field(description="Exchanger and filter, at rating. [kPa]")
    pump_efficiency_ratio: Annotated[float, Field(gt=0, le=1)]


class ChillerCurves(Document):
    """EIR coefficients with the range they were fitted in."""

    name: str
    cap_fun_t_coefficients: Biquadratic
    eir_fun_t_coefficients: Biquadratic
    eir_fun_plr_coefficients: Quadratic
    leaving_low_c: float
    leaving_high_c: float
    condenser_low_c: float
    condenser_high_c: float
    plr_min_ratio: Ratio = 0.1


class Chiller(Staged):
    """A water-cooled chiller of a chilled-water loop."""

    kind: Literal["chiller"] = "chiller"
    loop: Name
    rated_kw: Positive
    cop: Positive
    curves: ChillerCurves
    condenser_flow_kg_s: Positive
    condenser_pump_kw: NotNegative


class Tower(Staged):
    """A cooling tower cell on the condenser water of a loop."""

    kind: Literal["tower"] = "tower"
    loop: Name
    rated_kw: Positive
    rated_in_c: float
    rated_out_c: float
    rated_wet_bulb_c: float
    air_flow_kg_s: Positive
    fan_kw: NotNegative


class DryCooler(Staged):
    """A dry cooler with adiabatic pads on a facility water loop."""

    kind: Literal["dry_cooler"] = "dry_cooler"
    loop: Name
    rated_kw: Positive
    rated_in_c: float
    rated_out_c: float
    rated_air_c: float
    air_flow_kg_s: Positive
    fan_kw: NotNegative
    pad_effectiveness: Ratio = Field(default=0.0, description="0: no pads.")
    pad_above_c: float = Field(default=100.0, description="Pads run above this dry bulb. [°C]")
    pad_fan_ratio: Ratio = Field(default=0.0, description="Fan power added by wet pads.")


CoolingUnit = Annotated[Crah | Cdu | Chiller | Tower | DryCooler, Field(discriminator="kind")]


class Circuit(Staged):
    """A technology coolant loop on common headers, from its CDUs to the racks of a hall."""

    hall: Name
    supply_setpoint_c: float
    fluid: Literal["water", "pg25"]
    external_drop_kpa: NotNegative = Field(description="Headers and racks, at design flow. [kPa]")
    n_redundant: int = Field(default=1, ge=0, description="Units kept in reserve.")


class Loop(Staged):
    """A water loop: chilled (chillers, towers, economiser) or warm (dry coolers alone)."""

    kind: Literal["chilled", "warm"]
    supply_setpoint_c: float
    design_rise_k: Positive = Field(description="Return over supply at design. [K]")
    pump_drop_kpa: Positive = Field(description="Head of the distribution at design flow. [kPa]")
    pump_efficiency_ratio: Annotated[float, Field(gt=0, le=1)]
    pump_consumer: Name = Field(description="Consumer in the network that feeds the loop's pumps.")
    economiser_kw_per_k: NotNegative = Field(
        default=0.0, description="Plate exchanger ahead of the chillers; 0: none. [kW/K]"
    )
    cycles_of_concentration: Annotated[float, Field(gt=1)] = 4.0
    n_redundant: int = Field(default=1, ge=0)


class HallAir(Staged):
    """How the air of one hall is moved and kept apart; its id is the hall's."""

    supply_setpoint_c: float
    leakage_ratio: Ratio = Field(description="Share of rack intake that is hot-aisle air.")
    row_end_ratio: Ratio = Field(description="Extra at the ends of rows.")
    oversupply_ratio: Annotated[float, Field(ge=0)] = Field(
        description="Supply over rack air flow, less one, while units allow it."
    )
    n_redundant: int = Field(default=1, ge=0)

    @property
    def hall(self) -> str:
        """The hall whose air this is."""
        return self.id


class CoolingInput(Document):
    """Everything that takes heat away."""

    halls: tuple[HallAir, ...] = ()
    circuits: tuple[Circuit, ...] = ()
    loops: tuple[Loop, ...] = ()
    units: tuple[CoolingUnit, ...] = ()
