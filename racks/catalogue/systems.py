"""From catalogue items to the systems that the simulation computes with.

A fact the simulation needs and the item lacks stays None here, and the system refuses it by name.
"""

from facility.catalogue.fields import CatalogueDocument
from facility.catalogue.lookup import find
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import S_PER_H, W_PER_KW
from racks.catalogue.loader import (
    Accelerator,
    RackSystem,
    Server,
    accelerator,
    network_device,
    rack_system,
    server,
    storage_device,
)
from racks.physics.documents import System

_NO_LOSS = (0.0, 0.0, 0.0)


def server_system(item_id: str) -> System:
    """Return a server: air to its slots, or coolant where the item gives a plate.

    Raises
    ------
    InputError
        The id is unknown, or the item lacks facts that the simulation needs; all are named.
    """
    item = server(item_id)
    cooling = _sink(item) if item.plate_resistance_k_per_w is None else _plate(item)
    own = {"kind": "server", "nameplate_kw": item.max_kw, "n_rack_units": item.n_rack_units}
    return _system(item, {**own, **_computing(item, cooling)})


def rack_system_system(item_id: str) -> System:
    """Return a rack sold as one machine, cooled by coolant.

    Raises
    ------
    InputError
        The id is unknown, or the item lacks facts that the simulation needs; all are named.
    """
    item = rack_system(item_id)
    own = {"kind": "rack_system", "nameplate_kw": item.nameplate_kw}
    return _system(item, {**own, **_computing(item, _plate(item))})


def network_system(item_id: str) -> System:
    """Return a switch: a constant load, since a measured switch hardly followed its traffic.

    Raises
    ------
    InputError
        The id is unknown, or the item lacks facts that the simulation needs; all are named.
    """
    item = network_device(item_id)
    power_w = item.typical_w if item.measured_w is None else item.measured_w
    own = {"kind": "network", "n_rack_units": item.n_rack_units, "mass_kg": item.mass_kg}
    return _system(item, {**own, **_constant(power_w, item.max_w, item.air_flow_m3_s)})


def storage_system(item_id: str) -> System:
    """Return a storage node: a constant load.

    Raises
    ------
    InputError
        The id is unknown, or the item lacks facts that the simulation needs; all are named.
    """
    item = storage_device(item_id)
    own = {"kind": "storage", "n_rack_units": item.n_rack_units}
    return _system(item, {**own, **_constant(item.typical_w, item.typical_w, item.air_flow_m3_s)})


def _system(item: CatalogueDocument, fields: dict[str, object]) -> System:
    try:
        return System.parse({"id": item.item_id, "label": item.name, **fields})
    except InputError as error:
        place = f"{item.kind}/{item.item_id}"
        raise InputError(
            [Problem(f"{place}: {p.path}", p.code, p.message) for p in error.problems]
        ) from error


def _computing(item: Server | RackSystem, cooling: dict[str, object]) -> dict[str, object]:
    chip = None if item.accelerator is None else accelerator(item.accelerator)
    if chip is not None and cooling["kind"] == "liquid":
        cooling = {**cooling, "interface_k_per_w": chip.interface_k_per_w}
    return {
        "n_chips": item.n_accelerators,
        "chip": None if chip is None else _chip(chip),
        "chip_cooling": cooling,
        "host_idle_kw": item.host_idle_kw,
        "host_max_kw": item.host_max_kw,
        "fan_design_kw": item.fan_design_kw,
        "air_flow_m3_s": item.air_flow_m3_s,
        "supply_coefficients": item.supply_coefficients,
        "supply_rated_kw": item.supply_rated_kw,
        "liquid_ratio": item.liquid_capture_ratio,
        "coolant_flow_kg_s": _coolant_kg_s(item.coolant_flow_m3_h),
        "coolant_drop_kpa": item.coolant_drop_kpa or 0.0,
        "inlet_max_c": item.inlet_max_c,
        "mass_kg": item.mass_kg,
    }


def _chip(item: Accelerator) -> dict[str, object]:
    return {
        "idle_w": _idle_at_reference_w(item),
        "reference_w": item.max_w,
        "cap_w": item.max_w,
        "limit_c": item.limit_c,
        "shutdown_c": item.shutdown_c,
        "clock_exponent": item.clock_exponent,
        "leakage_w_per_k": item.leakage_w_per_k,
        "leakage_reference_c": item.leakage_reference_c,
    }


def _idle_at_reference_w(item: Accelerator) -> float | None:
    """Bring idle power from the temperature it was read at to that of the leakage reference."""
    if item.idle_w is None or item.idle_at_c is None:
        return item.idle_w
    if item.leakage_w_per_k is None or item.leakage_reference_c is None:
        return None
    return item.idle_w + item.leakage_w_per_k * (item.leakage_reference_c - item.idle_at_c)


def _sink(item: Server) -> dict[str, object]:
    return {
        "kind": "air",
        "conduction_k_per_w": item.conduction_k_per_w,
        "convection_k_per_w": item.convection_k_per_w,
        "preheat_k": item.slot_preheat_k,
    }


def _plate(item: Server | RackSystem) -> dict[str, object]:
    return {
        "kind": "liquid",
        "plate_flow_l_min": item.plate_flow_l_min,
        "resistance_k_per_w": item.plate_resistance_k_per_w,
    }


def _coolant_kg_s(flow_m3_h: float | None) -> float:
    """Turn the flow of a machine into mass flow of PG25, the coolant its vendors state it for."""
    if flow_m3_h is None:
        return 0.0
    density_kg_m3 = find("coolants", "generic-pg25").facts["density_30c_kg_m3"].value
    if not isinstance(density_kg_m3, int | float):
        raise InputError([Problem("coolants/generic-pg25", "shape", "density is not a number")])
    return flow_m3_h * float(density_kg_m3) / S_PER_H


def _constant(
    power_w: float | None, max_w: float | None, air_flow_m3_s: float | None
) -> dict[str, object]:
    power_kw = None if power_w is None else power_w / W_PER_KW
    max_kw = power_kw if max_w is None else max_w / W_PER_KW
    return {
        "nameplate_kw": max_kw,
        "host_idle_kw": power_kw,
        "host_max_kw": power_kw,
        "fan_design_kw": 0.0,
        "air_flow_m3_s": air_flow_m3_s,
        "supply_coefficients": _NO_LOSS,
        "supply_rated_kw": max_kw,
        "liquid_ratio": 0.0,
    }
