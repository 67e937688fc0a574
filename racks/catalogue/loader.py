"""Accelerators, servers, racks, network and storage of the catalogue in the project's units."""

from facility.catalogue.fields import (
    M3_H_PER_L_MIN,
    M3_S_PER_CFM,
    M_PER_MM,
    CatalogueDocument,
    Field,
    build,
    entry,
    scaled,
)
from facility.catalogue.lookup import find


class Accelerator(CatalogueDocument):
    """One package, module or card. Limits are of the chip, not of its memory."""

    release_year: int | None = None
    idle_w: float | None = None
    idle_at_c: float | None = None
    max_w: float | None = None
    cap_min_w: float | None = None
    limit_c: float | None = None
    slowdown_c: float | None = None
    shutdown_c: float | None = None
    memory_limit_c: float | None = None
    memory_gb: float | None = None
    memory_tb_per_s: float | None = None
    bf16_tflops: float | None = None
    fp8_tflops: float | None = None
    fp4_tflops: float | None = None
    achievable_bf16_tflops: float | None = None
    max_clock_mhz: float | None = None
    clock_exponent: float | None = None
    leakage_w_per_k: float | None = None
    leakage_reference_c: float | None = None
    interface_k_per_w: float | None = None
    cooling: tuple[str, ...] = ()


class _Loaded(CatalogueDocument):
    """What a server and a rack-scale system have in common."""

    accelerator: str | None = None
    n_accelerators: int | None = None
    mass_kg: float | None = None
    host_idle_kw: float | None = None
    host_max_kw: float | None = None
    fan_design_kw: float | None = None
    air_flow_m3_s: float | None = None
    supply_rated_kw: float | None = None
    supply_coefficients: tuple[float, float, float] | None = None
    liquid_capture_ratio: float | None = None
    coolant_flow_m3_h: float | None = None
    coolant_drop_kpa: float | None = None
    plate_flow_l_min: float | None = None
    plate_resistance_k_per_w: float | None = None
    inlet_min_c: float | None = None
    inlet_max_c: float | None = None
    supply_min_c: float | None = None
    supply_max_c: float | None = None


class Server(_Loaded):
    """A node. ``max_kw`` is the nameplate; a load comes from chips, host and fans."""

    n_rack_units: int | None = None
    max_kw: float | None = None
    typical_kw: float | None = None
    peak_kw: float | None = None
    n_supplies: int | None = None
    n_supplies_needed: int | None = None
    supply_kw: float | None = None
    conduction_k_per_w: float | None = None
    convection_k_per_w: float | None = None
    slot_resistance_k_per_w: float | None = None
    slot_preheat_k: float | None = None


class RackSystem(_Loaded):
    """A rack sold as one machine."""

    nominal_kw: float | None = None
    nameplate_kw: float | None = None
    peak_kw: float | None = None
    n_shelves: int | None = None
    shelf_efficiency_ratio: float | None = None
    width_m: float | None = None
    depth_m: float | None = None
    table_supply_c: tuple[float, ...] = ()
    table_flow_m3_h: tuple[float, ...] = ()
    table_pressure_drop_kpa: tuple[float, ...] = ()


class Cabinet(CatalogueDocument):
    """A bare cabinet."""

    n_rack_units: int | None = None
    width_m: float | None = None
    depth_m: float | None = None
    mass_kg: float | None = None
    max_load_kg: float | None = None


class NetworkDevice(CatalogueDocument):
    """A switch, network card, transceiver or cable end."""

    n_rack_units: int | None = None
    mass_kg: float | None = None
    measured_w: float | None = None
    typical_w: float | None = None
    max_w: float | None = None
    air_flow_m3_s: float | None = None


class StorageDevice(CatalogueDocument):
    """A storage node or the drives of one server."""

    n_rack_units: int | None = None
    typical_w: float | None = None
    air_flow_m3_s: float | None = None


_ACCELERATOR = tuple(
    Field(name) for name in Accelerator.model_fields if name not in CatalogueDocument.model_fields
)

_LOADED = (
    Field("accelerator"),
    Field("n_accelerators"),
    Field("mass_kg"),
    Field("host_idle_kw"),
    Field("host_max_kw"),
    Field("fan_design_kw"),
    Field("air_flow_m3_s", "air_flow_design_m3_s"),
    Field("air_flow_m3_s", "air_flow_design_cfm", scaled(M3_S_PER_CFM)),
    Field("supply_rated_kw"),
    Field("supply_coefficients"),
    Field("liquid_capture_ratio"),
    Field("coolant_flow_m3_h", "coolant_flow_design_l_min", scaled(M3_H_PER_L_MIN)),
    Field("coolant_flow_m3_h", "coolant_flow_max_l_min", scaled(M3_H_PER_L_MIN)),
    Field("coolant_drop_kpa"),
    Field("plate_flow_l_min"),
    Field("plate_resistance_k_per_w"),
    Field("inlet_min_c", "inlet_range_c", entry(0)),
    Field("inlet_max_c", "inlet_range_c", entry(1)),
    Field("supply_min_c", "supply_range_c", entry(0)),
    Field("supply_max_c", "supply_range_c", entry(1)),
)

_SERVER = (
    *_LOADED,
    Field("n_rack_units"),
    Field("max_kw"),
    Field("typical_kw"),
    Field("peak_kw"),
    Field("n_supplies"),
    Field("n_supplies_needed"),
    Field("supply_kw"),
    Field("conduction_k_per_w"),
    Field("convection_k_per_w"),
    Field("slot_resistance_k_per_w"),
    Field("slot_preheat_k"),
)

_RACK_SYSTEM = (
    *_LOADED,
    Field("nominal_kw"),
    Field("nominal_kw", "typical_kw"),
    Field("nominal_kw", "max_kw"),
    Field("nameplate_kw"),
    Field("peak_kw"),
    Field("n_shelves"),
    Field("shelf_efficiency_ratio"),
    Field("width_m", "footprint_mm", entry(0, M_PER_MM)),
    Field("depth_m", "footprint_mm", entry(1, M_PER_MM)),
    Field("table_supply_c"),
    Field("table_flow_m3_h", "table_flow_l_min", scaled(M3_H_PER_L_MIN)),
    Field("table_pressure_drop_kpa"),
)

_CABINET = (
    Field("n_rack_units"),
    Field("width_m", "footprint_mm", entry(0, M_PER_MM)),
    Field("width_m", "width_mm", scaled(M_PER_MM)),
    Field("depth_m", "footprint_mm", entry(1, M_PER_MM)),
    Field("mass_kg"),
    Field("max_load_kg"),
)

_NETWORK = (
    Field("n_rack_units"),
    Field("mass_kg"),
    Field("measured_w"),
    Field("typical_w"),
    Field("max_w"),
    Field("max_w", "psu_max_draw_sum_w"),
    Field("max_w", "typical_range_w", entry(1)),
    Field("air_flow_m3_s", "air_flow_design_m3_s"),
)

_STORAGE = (
    Field("n_rack_units"),
    Field("typical_w"),
    Field("air_flow_m3_s", "air_flow_design_m3_s"),
)


def accelerator(item_id: str) -> Accelerator:
    """Return one accelerator, or raise `InputError` naming the nearest match."""
    return build(Accelerator, find("accelerators", item_id), _ACCELERATOR)


def server(item_id: str) -> Server:
    """Return one server, or raise `InputError` naming the nearest match."""
    return build(Server, find("servers", item_id), _SERVER)


def rack_system(item_id: str) -> RackSystem:
    """Return one rack-scale system, or raise `InputError` naming the nearest match."""
    return build(RackSystem, find("rack_systems", item_id), _RACK_SYSTEM)


def cabinet(item_id: str) -> Cabinet:
    """Return one bare cabinet, or raise `InputError` naming the nearest match."""
    return build(Cabinet, find("racks", item_id), _CABINET)


def network_device(item_id: str) -> NetworkDevice:
    """Return one network device, or raise `InputError` naming the nearest match."""
    return build(NetworkDevice, find("network", item_id), _NETWORK)


def storage_device(item_id: str) -> StorageDevice:
    """Return one storage device, or raise `InputError` naming the nearest match."""
    return build(StorageDevice, find("storage", item_id), _STORAGE)
