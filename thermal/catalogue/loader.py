"""Cooling equipment and coolants of the catalogue in the units of the project."""

from facility.catalogue.fields import (
    KW_PER_W,
    M3_H_PER_L_MIN,
    M3_PER_L,
    M3_S_PER_CFM,
    M_PER_MM,
    CatalogueDocument,
    Field,
    build,
    entry,
    scaled,
)
from facility.catalogue.lookup import find
from thermal.physics.documents import ChillerCurves


class CduItem(CatalogueDocument):
    """A coolant distribution unit. Without an approach its rating says nothing."""

    nominal_kw: float | None = None
    approach_k: float | None = None
    secondary_flow_m3_h: float | None = None
    secondary_flow_kg_s: float | None = None
    primary_flow_m3_h: float | None = None
    primary_flow_kg_s: float | None = None
    external_head_kpa: float | None = None
    internal_drop_kpa: float | None = None
    pump_efficiency_ratio: float | None = None
    power_kw: float | None = None
    supply_min_c: float | None = None
    supply_max_c: float | None = None
    n_rack_units: int | None = None
    mass_kg: float | None = None
    width_m: float | None = None
    depth_m: float | None = None
    table_nominal_kw: tuple[float, ...] = ()
    table_flow_m3_h: tuple[float, ...] = ()


class ColdPlateItem(CatalogueDocument):
    """Thermal resistance of a plate, case to coolant inlet, over its flow."""

    flow_l_min: tuple[float, ...] = ()
    resistance_k_per_w: tuple[float, ...] = ()
    pressure_drop_exponent: float | None = None


class RearDoorItem(CatalogueDocument):
    """A rear-door exchanger, active or passive."""

    nominal_kw: float | None = None
    effectiveness_min_ratio: float | None = None
    effectiveness_max_ratio: float | None = None


class AirUnitItem(CatalogueDocument):
    """An air handler of a hall or a row."""

    nominal_kw: float | None = None
    nominal_min_kw: float | None = None
    nominal_max_kw: float | None = None
    rating_return_c: float | None = None
    rating_supply_c: float | None = None
    rating_water_c: float | None = None
    air_flow_m3_s: float | None = None
    water_flow_kg_s: float | None = None
    fan_kw: float | None = None
    fan_exponent: float | None = None


class ChillerItem(CatalogueDocument):
    """A chiller. Curves hold between the temperatures given and nowhere else.

    Capacity and input-ratio curves are ``1, x, x^2, y, y^2, x y`` of leaving evaporator water x and
    entering condenser water or air y; the part-load curve is ``1, p, p^2``.
    """

    nominal_kw: float | None = None
    nominal_min_kw: float | None = None
    nominal_max_kw: float | None = None
    cop: float | None = None
    rating_leaving_c: float | None = None
    rating_condenser_c: float | None = None
    leaving_low_c: float | None = None
    leaving_high_c: float | None = None
    condenser_low_c: float | None = None
    condenser_high_c: float | None = None
    evaporator_flow_kg_s: float | None = None
    condenser_flow_kg_s: float | None = None
    plr_min_ratio: float | None = None
    plr_max_ratio: float | None = None
    cap_fun_t_coefficients: tuple[float, float, float, float, float, float] | None = None
    eir_fun_t_coefficients: tuple[float, float, float, float, float, float] | None = None
    eir_fun_plr_coefficients: tuple[float, float, float] | None = None


class HeatRejectionItem(CatalogueDocument):
    """A cooling tower or a dry cooler. ``fan_ratio`` is fan power over heat at the rating."""

    nominal_kw: float | None = None
    approach_k: float | None = None
    rating_rise_k: float | None = None
    rating_wet_bulb_c: float | None = None
    rating_dry_bulb_c: float | None = None
    rating_in_c: float | None = None
    rating_out_c: float | None = None
    air_flow_kg_s: float | None = None
    fan_ratio: float | None = None
    evaporation_l_per_kwh: float | None = None
    pad_effectiveness: float | None = None
    pad_above_c: float | None = None
    pad_fan_penalty_ratio: float | None = None


class ImmersionItem(CatalogueDocument):
    """An immersion tank."""

    nominal_kw: float | None = None
    nominal_min_kw: float | None = None
    nominal_max_kw: float | None = None
    fluid_m3: float | None = None
    mass_full_kg: float | None = None
    water_flow_min_m3_h: float | None = None
    water_flow_max_m3_h: float | None = None


class CoolantItem(CatalogueDocument):
    """A coolant at the temperature in the name of each field."""

    density_25c_kg_m3: float | None = None
    density_30c_kg_m3: float | None = None
    density_40c_kg_m3: float | None = None
    specific_heat_25c_kj_per_kg_k: float | None = None
    specific_heat_30c_kj_per_kg_k: float | None = None
    specific_heat_40c_kj_per_kg_k: float | None = None
    viscosity_25c_mpa_s: float | None = None
    viscosity_40c_mpa_s: float | None = None
    use_min_c: float | None = None
    use_max_c: float | None = None


_RANGE_KW = (
    Field("nominal_kw"),
    Field("nominal_min_kw", "nominal_range_kw", entry(0)),
    Field("nominal_max_kw", "nominal_range_kw", entry(1)),
)

_CDU = (
    Field("nominal_kw", "rating_kw"),
    Field("nominal_kw"),
    Field("approach_k"),
    Field("secondary_flow_m3_h", "secondary_flow_l_min", scaled(M3_H_PER_L_MIN)),
    Field("secondary_flow_kg_s"),
    Field("primary_flow_m3_h", "primary_flow_l_min", scaled(M3_H_PER_L_MIN)),
    Field("primary_flow_kg_s"),
    Field("external_head_kpa"),
    Field("external_head_kpa", "external_head_range_kpa", entry(0)),
    Field("internal_drop_kpa"),
    Field("pump_efficiency_ratio"),
    Field("power_kw", "typical_kw"),
    Field("power_kw", "typical_w", scaled(KW_PER_W)),
    Field("supply_min_c", "supply_range_c", entry(0)),
    Field("supply_max_c", "supply_range_c", entry(1)),
    Field("n_rack_units"),
    Field("mass_kg"),
    Field("width_m", "footprint_mm", entry(0, M_PER_MM)),
    Field("depth_m", "footprint_mm", entry(1, M_PER_MM)),
    Field("table_nominal_kw"),
    Field("table_flow_m3_h", "table_flow_l_min", scaled(M3_H_PER_L_MIN)),
)

_COLD_PLATE = (
    Field("flow_l_min"),
    Field("resistance_k_per_w"),
    Field("pressure_drop_exponent"),
)

_REAR_DOOR = (
    Field("nominal_kw"),
    Field("effectiveness_min_ratio", "effectiveness_range_ratio", entry(0)),
    Field("effectiveness_max_ratio", "effectiveness_range_ratio", entry(1)),
)

_AIR_UNIT = (
    *_RANGE_KW,
    Field("rating_return_c"),
    Field("rating_supply_c"),
    Field("rating_water_c"),
    Field("air_flow_m3_s", "airflow_m3_s"),
    Field("air_flow_m3_s", "airflow_cfm", scaled(M3_S_PER_CFM)),
    Field("water_flow_kg_s"),
    Field("fan_kw"),
    Field("fan_exponent"),
)

_CHILLER = (
    *_RANGE_KW,
    Field("cop"),
    Field("rating_leaving_c", "rating_evaporator_leaving_c"),
    Field("rating_condenser_c", "rating_condenser_entering_c"),
    Field("leaving_low_c", "evaporator_leaving_range_c", entry(0)),
    Field("leaving_high_c", "evaporator_leaving_range_c", entry(1)),
    Field("condenser_low_c", "condenser_entering_range_c", entry(0)),
    Field("condenser_high_c", "condenser_entering_range_c", entry(1)),
    Field("evaporator_flow_kg_s"),
    Field("condenser_flow_kg_s"),
    Field("plr_min_ratio", "part_load_range_ratio", entry(0)),
    Field("plr_max_ratio", "part_load_range_ratio", entry(1)),
    Field("cap_fun_t_coefficients"),
    Field("eir_fun_t_coefficients"),
    Field("eir_fun_plr_coefficients"),
)

_HEAT_REJECTION = (
    Field("nominal_kw"),
    Field("approach_k"),
    Field("rating_rise_k"),
    Field("rating_wet_bulb_c"),
    Field("rating_dry_bulb_c"),
    Field("rating_in_c"),
    Field("rating_out_c"),
    Field("air_flow_kg_s", "airflow_kg_s"),
    Field("fan_ratio", "fan_kw_per_100kw", scaled(0.01)),
    Field("evaporation_l_per_kwh"),
    Field("pad_effectiveness"),
    Field("pad_above_c"),
    Field("pad_fan_penalty_ratio"),
)

_IMMERSION = (
    *_RANGE_KW,
    Field("fluid_m3", "fluid_l", scaled(M3_PER_L)),
    Field("mass_full_kg"),
    Field("water_flow_min_m3_h", "water_flow_range_l_min", entry(0, M3_H_PER_L_MIN)),
    Field("water_flow_max_m3_h", "water_flow_range_l_min", entry(1, M3_H_PER_L_MIN)),
)

_COOLANT = (
    *(
        Field(name)
        for name in CoolantItem.model_fields
        if name not in CatalogueDocument.model_fields and not name.startswith("use_")
    ),
    Field("use_min_c", "use_range_c", entry(0)),
    Field("use_max_c", "use_range_c", entry(1)),
)


def cdu(item_id: str) -> CduItem:
    """Return one distribution unit, or raise `InputError` naming the nearest match."""
    return build(CduItem, find("cdus", item_id), _CDU)


def cold_plate(item_id: str) -> ColdPlateItem:
    """Return one cold plate, or raise `InputError` naming the nearest match."""
    return build(ColdPlateItem, find("cold_plates", item_id), _COLD_PLATE)


def rear_door(item_id: str) -> RearDoorItem:
    """Return one rear door, or raise `InputError` naming the nearest match."""
    return build(RearDoorItem, find("rear_doors", item_id), _REAR_DOOR)


def air_unit(item_id: str) -> AirUnitItem:
    """Return one air unit, or raise `InputError` naming the nearest match."""
    return build(AirUnitItem, find("air_units", item_id), _AIR_UNIT)


def chiller(item_id: str) -> ChillerItem:
    """Return one chiller, or raise `InputError` naming the nearest match."""
    return build(ChillerItem, find("chillers", item_id), _CHILLER)


def chiller_curves(item_id: str) -> ChillerCurves:
    """Return the curves of a chiller as the simulation computes with them.

    Raises
    ------
    InputError
        The id is unknown, or the item has no curves.
    """
    item = chiller(item_id)
    shared = ChillerCurves.model_fields.keys() & ChillerItem.model_fields.keys()
    return ChillerCurves.parse({name: getattr(item, name) for name in shared})


def heat_rejection(item_id: str) -> HeatRejectionItem:
    """Return one tower or dry cooler, or raise `InputError` naming the nearest match."""
    return build(HeatRejectionItem, find("heat_rejection", item_id), _HEAT_REJECTION)


def immersion(item_id: str) -> ImmersionItem:
    """Return one immersion tank, or raise `InputError` naming the nearest match."""
    return build(ImmersionItem, find("immersion", item_id), _IMMERSION)


def coolant(item_id: str) -> CoolantItem:
    """Return one coolant, or raise `InputError` naming the nearest match."""
    return build(CoolantItem, find("coolants", item_id), _COOLANT)
