"""UPS, supplies, transformers, sets, batteries, lines of the catalogue in the project's units."""

from typing import Literal

from facility.catalogue.fields import (
    KVA_PER_MVA,
    KW_PER_MW,
    KW_PER_W,
    RATIO_PER_PERCENT,
    V_PER_KV,
    CatalogueDocument,
    Field,
    build,
    entry,
    scaled,
)
from facility.catalogue.lookup import find
from power.physics.documents import OilThermal


class UpsItem(CatalogueDocument):
    """A UPS. ``efficiency_ratio`` is a headline; compute with the curve or the loss law.

    ``loss_coefficients`` are a, b, c of ``P_in = P_out + rating (a + b p + c p^2)``.
    """

    rated_min_kw: float | None = None
    rated_max_kw: float | None = None
    efficiency_ratio: float | None = None
    eco_efficiency_ratio: float | None = None
    load_pu: tuple[float, ...] = ()
    curve_efficiency_ratio: tuple[float, ...] = ()
    loss_coefficients: tuple[float, float, float] | None = None
    input_power_factor: float | None = None
    input_low_pu: float | None = None
    input_high_pu: float | None = None
    walk_in_s: float | None = None
    dip_count: int | None = None
    dip_window_s: float | None = None
    n_modules: int | None = None
    n_redundant_modules: int | None = None
    short_circuit_ka: float | None = None
    ride_through_s: float | None = None


class SupplyItem(CatalogueDocument):
    """A power supply, a rectifier or a shelf of them."""

    rated_kw: float | None = None
    n_supplies: int | None = None
    peak_efficiency_ratio: float | None = None
    load_pu: tuple[float, ...] = ()
    curve_efficiency_ratio: tuple[float, ...] = ()
    loss_coefficients: tuple[float, float, float] | None = None
    proportional_efficiency_ratio: float | None = None
    constant_loss_w: float | None = None


class TransformerItem(CatalogueDocument):
    """A two-winding transformer of one size. Losses are split where somebody has split them."""

    rating_kva: float | None = None
    stages_kva: tuple[float, ...] = ()
    hv_voltage_v: float | None = None
    lv_voltage_v: float | None = None
    frequency_hz: float | None = None
    impedance_ratio: float | None = None
    load_loss_kw: float | None = None
    no_load_loss_kw: float | None = None
    magnetising_ratio: float | None = None
    tap_step_ratio: float | None = None
    tap_min: int | None = None
    tap_max: int | None = None
    tap_side: Literal["hv", "lv"] | None = None
    cooling: Literal["distribution", "onan", "onaf", "of", "od", "dry"] | None = None
    stage_classes: tuple[Literal["onan", "onaf", "of", "od"], ...] = ()
    insulation: Literal["105", "120", "130", "155", "180", "200", "220"] | None = None
    winding_rise_k: float | None = None
    standard: Literal["iec", "ieee"] | None = None
    paper: Literal["normal", "upgraded"] | None = None
    top_oil_rise_k: float | None = None
    hot_spot_rise_k: float | None = None
    oil_time_min: float | None = None
    winding_time_min: float | None = None
    oil_exponent: float | None = None
    winding_exponent: float | None = None
    k11_pu: float | None = None
    k21_pu: float | None = None
    k22_pu: float | None = None
    top_oil_limit_c: float | None = None
    hot_spot_limit_c: float | None = None


class EfficiencyTable(CatalogueDocument):
    """Lowest efficiency by size, at one load and unity power factor only."""

    rated_kva: tuple[float, ...]
    efficiency_ratio: tuple[float, ...]
    test_load_pu: float
    in_force: str


class LossTable(CatalogueDocument):
    """Highest no-load and load loss by size."""

    rated_kva: tuple[float, ...]
    no_load_loss_kw: tuple[float, ...]
    load_loss_kw: tuple[float, ...]


class GensetItem(CatalogueDocument):
    """A generator set, at 60 Hz where no frequency is given.

    ``block_ratio`` is the largest step of load it takes, over its rating.
    """

    standby_kw: float | None = None
    prime_kw: float | None = None
    data_centre_kw: float | None = None
    rated_kva: float | None = None
    rated_v: float | None = None
    frequency_hz: float | None = None
    block_ratio: float | None = None
    power_factor: float | None = None
    start_s: float | None = None
    subtransient_reactance_pu: float | None = None
    transient_reactance_pu: float | None = None
    fuel_l_per_h: float | None = None
    load_pu: tuple[float, ...] = ()
    fuel_l_per_kwh: tuple[float, ...] = ()


class BatteryItem(CatalogueDocument):
    """A battery or another store."""

    energy_kwh: float | None = None
    power_kw: float | None = None
    round_trip_ratio: float | None = None
    efficiency_ratio: float | None = None
    charge_min_ratio: float | None = None
    charge_max_ratio: float | None = None
    health_ratio: float | None = None
    ride_through_s: float | None = None
    mass_kg: float | None = None


class DistributionItem(CatalogueDocument):
    """A cable, an overhead line or a busway."""

    rating_a: float | None = None
    ratings_a: tuple[float, ...] = ()
    voltage_v: float | None = None
    frequency_hz: float | None = None
    resistance_ohm_per_km: float | None = None
    reactance_ohm_per_km: float | None = None
    capacitance_nf_per_km: float | None = None


_UPS = (
    Field("rated_min_kw", "rated_range_kw", entry(0)),
    Field("rated_max_kw", "rated_range_kw", entry(1)),
    Field("efficiency_ratio"),
    Field("eco_efficiency_ratio"),
    Field("load_pu"),
    Field("curve_efficiency_ratio"),
    Field("loss_coefficients"),
    Field("input_power_factor"),
    Field("input_low_pu"),
    Field("input_high_pu"),
    Field("walk_in_s"),
    Field("dip_count", "n_dips"),
    Field("dip_window_s"),
    Field("n_modules"),
    Field("n_redundant_modules"),
    Field("short_circuit_ka"),
    Field("ride_through_s"),
)

_SUPPLY = tuple(
    Field(name) for name in SupplyItem.model_fields if name not in CatalogueDocument.model_fields
)

_OIL = (
    Field("standard"),
    Field("paper"),
    Field("top_oil_rise_k"),
    Field("hot_spot_rise_k"),
    Field("oil_time_min"),
    Field("winding_time_min"),
    Field("oil_exponent"),
    Field("winding_exponent"),
    Field("k11_pu"),
    Field("k21_pu"),
    Field("k22_pu"),
    Field("top_oil_limit_c"),
    Field("hot_spot_limit_c"),
)

_TRANSFORMER = (
    Field("rating_kva", "rated_kva"),
    Field("rating_kva", "rated_mva", scaled(KVA_PER_MVA)),
    Field("stages_kva", "stages_mva", scaled(KVA_PER_MVA)),
    Field("hv_voltage_v", "primary_kv", scaled(V_PER_KV)),
    Field("lv_voltage_v", "secondary_kv", scaled(V_PER_KV)),
    Field("frequency_hz"),
    Field("impedance_ratio", "impedance_pct", scaled(RATIO_PER_PERCENT)),
    Field("load_loss_kw"),
    Field("load_loss_kw", "load_loss_w", scaled(KW_PER_W)),
    Field("no_load_loss_kw"),
    Field("no_load_loss_kw", "no_load_loss_w", scaled(KW_PER_W)),
    Field("magnetising_ratio", "no_load_current_pct", scaled(RATIO_PER_PERCENT)),
    Field("tap_step_ratio", "tap_step_pct", scaled(RATIO_PER_PERCENT)),
    Field("tap_min", "n_taps_below", scaled(-1)),
    Field("tap_max", "n_taps_above"),
    Field("tap_side"),
    Field("cooling"),
    Field("stage_classes"),
    Field("insulation"),
    Field("winding_rise_k"),
    *_OIL,
)

_EFFICIENCY = (
    Field("rated_kva"),
    Field("efficiency_ratio", "efficiency_pct", scaled(RATIO_PER_PERCENT)),
    Field("test_load_pu"),
    Field("in_force"),
)

_LOSSES = (
    Field("rated_kva"),
    Field("no_load_loss_kw", "no_load_loss_w", scaled(KW_PER_W)),
    Field("load_loss_kw", "load_loss_w", scaled(KW_PER_W)),
)

_GENSET = (
    *(
        Field(name)
        for name in GensetItem.model_fields
        if name not in CatalogueDocument.model_fields
    ),
    Field("block_ratio", "step_load_range_pu", entry(0)),
)

_BATTERY = (
    Field("energy_kwh", "energy_mwh", scaled(KW_PER_MW)),
    Field("power_kw", "power_mw", scaled(KW_PER_MW)),
    Field("power_kw", "active_mw", scaled(KW_PER_MW)),
    Field("round_trip_ratio"),
    Field("round_trip_ratio", "round_trip_mv_ratio"),
    Field("efficiency_ratio"),
    Field("charge_min_ratio"),
    Field("charge_max_ratio"),
    Field("health_ratio"),
    Field("ride_through_s"),
    Field("mass_kg"),
)

_DISTRIBUTION = (
    Field("rating_a", "rated_a"),
    Field("ratings_a"),
    Field("voltage_v", "rated_v"),
    Field("frequency_hz"),
    Field("resistance_ohm_per_km"),
    Field("reactance_ohm_per_km"),
    Field("capacitance_nf_per_km"),
)


def ups(item_id: str) -> UpsItem:
    """Return one UPS, or raise `InputError` naming the nearest match."""
    return build(UpsItem, find("ups", item_id), _UPS)


def supply(item_id: str) -> SupplyItem:
    """Return one supply or shelf, or raise `InputError` naming the nearest match."""
    return build(SupplyItem, find("supplies", item_id), _SUPPLY)


def transformer(item_id: str) -> TransformerItem:
    """Return one transformer of one size, or raise `InputError` naming the nearest match."""
    return build(TransformerItem, find("transformers", item_id), _TRANSFORMER)


def oil_thermal(item_id: str) -> OilThermal:
    """Return what the loading guide needs of a liquid-filled transformer.

    Raises
    ------
    InputError
        The id is unknown, or the item lacks thermal constants; all that it lacks are named.
    """
    item = transformer(item_id)
    shared = OilThermal.model_fields.keys() & {field.name for field in _TRANSFORMER}
    given = {name: getattr(item, name) for name in shared}
    return OilThermal.parse({name: value for name, value in given.items() if value is not None})


def efficiency_table(item_id: str) -> EfficiencyTable:
    """Return a table of lowest efficiencies, or raise `InputError` if the item is none."""
    return build(EfficiencyTable, find("transformer_tables", item_id), _EFFICIENCY)


def loss_table(item_id: str) -> LossTable:
    """Return a table of highest losses, or raise `InputError` if the item is none."""
    return build(LossTable, find("transformer_tables", item_id), _LOSSES)


def genset(item_id: str) -> GensetItem:
    """Return one generator set, or raise `InputError` naming the nearest match."""
    return build(GensetItem, find("gensets", item_id), _GENSET)


def battery(item_id: str) -> BatteryItem:
    """Return one battery, or raise `InputError` naming the nearest match."""
    return build(BatteryItem, find("batteries", item_id), _BATTERY)


def distribution(item_id: str) -> DistributionItem:
    """Return one cable, line or busway, or raise `InputError` naming the nearest match."""
    return build(DistributionItem, find("distribution", item_id), _DISTRIBUTION)
