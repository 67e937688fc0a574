"""A site small enough to check by hand: one air hall, one liquid hall, two paths of supply."""

import copy
import hashlib

import numpy as np

from facility.physics.documents import FacilityInput

COLUMNS = ("dry_bulb_c", "relative_humidity_ratio", "pressure_kpa")
HOURS = 8760


def weather():
    """A year without surprises: a daily and a yearly wave around 13 °C."""
    hour = np.arange(HOURS)
    dry_bulb = 13.0 - 12.0 * np.cos(2 * np.pi * hour / HOURS) - 5.0 * np.cos(2 * np.pi * hour / 24)
    return np.column_stack([dry_bulb, np.full(HOURS, 0.6), np.full(HOURS, 101.0)])


def array_hash(array):
    """The address of an array, written out here without the project's own door."""
    plain = np.ascontiguousarray(array, dtype="<f8")
    head = f"{plain.dtype.str}:{','.join(map(str, plain.shape))}:".encode()
    return hashlib.sha256(head + plain.tobytes()).hexdigest()


def _side(side, number):
    tag = f"{side}{number}"
    return {
        "nodes": [
            {"id": f"MV-{tag}", "voltage_v": 34500.0, "path": side},
            {"id": f"LV-{tag}", "voltage_v": 480.0, "path": side},
            {"id": f"UO-{tag}", "voltage_v": 480.0, "path": side},
            {"id": f"BW-{tag}", "voltage_v": 415.0, "path": side},
        ],
        "branches": [
            {
                "kind": "line",
                "id": f"CAB-{tag}",
                "from_node": f"SG-{side}",
                "to_node": f"MV-{tag}",
                "length_km": 0.4,
                "resistance_ohm_per_km": 0.0726,
                "reactance_ohm_per_km": 0.126,
                "capacitance_nf_per_km": 280.0,
                "rating_a": 600.0,
            },
            {
                "kind": "transformer",
                "id": f"USS-{tag}",
                "hv_node": f"MV-{tag}",
                "lv_node": f"LV-{tag}",
                "rating_kva": 1500.0,
                "hv_voltage_v": 34500.0,
                "lv_voltage_v": 480.0,
                "impedance_ratio": 0.0575,
                "load_loss_kw": 12.0,
                "no_load_loss_kw": 2.0,
                "magnetising_ratio": 0.003,
                "thermal": _thermal(),
            },
            {
                "kind": "transformer",
                "id": f"PDU-{tag}",
                "hv_node": f"UO-{tag}",
                "lv_node": f"BW-{tag}",
                "rating_kva": 1000.0,
                "hv_voltage_v": 480.0,
                "lv_voltage_v": 415.0,
                "impedance_ratio": 0.05,
                "load_loss_kw": 10.0,
                "no_load_loss_kw": 1.3,
            },
        ],
        "conversions": [
            {
                "kind": "ups",
                "id": f"UPS-{tag}",
                "input_node": f"LV-{tag}",
                "output_node": f"UO-{tag}",
                "rating_kw": 1200.0,
                "rating_kva": 1250.0,
                "loss_coefficients": [0.008, 0.0014, 0.0257],
            }
        ],
    }


def _thermal():
    return {
        "kind": "oil",
        "standard": "ieee",
        "paper": "upgraded",
        "top_oil_rise_k": 60.0,
        "hot_spot_rise_k": 20.0,
        "oil_time_min": 210.0,
        "winding_time_min": 10.0,
        "oil_exponent": 0.8,
        "winding_exponent": 1.3,
        "k11_pu": 0.5,
        "k21_pu": 2.0,
        "k22_pu": 2.0,
        "hot_spot_limit_c": 120.0,
        "top_oil_limit_c": 105.0,
    }


def _network(consumers):
    nodes = [
        {"id": "POI", "voltage_v": 230000.0},
        {"id": "SG-A", "voltage_v": 34500.0, "path": "A"},
        {"id": "SG-B", "voltage_v": 34500.0, "path": "B"},
    ]
    branches = [
        {
            "kind": "transformer",
            "id": f"TX-{side}",
            "hv_node": "POI",
            "lv_node": f"SG-{side}",
            "rating_kva": 5000.0,
            "hv_voltage_v": 230000.0,
            "lv_voltage_v": 34500.0,
            "impedance_ratio": 0.09,
            "load_loss_kw": 20.0,
            "no_load_loss_kw": 3.0,
            "thermal": _thermal(),
        }
        for side in "AB"
    ]
    conversions = []
    for side in "AB":
        for number in (1, 2):
            part = _side(side, number)
            nodes += part["nodes"]
            branches += part["branches"]
            conversions += part["conversions"]
    objects = [*branches, *conversions]
    return {
        "frequency_hz": 60.0,
        "nodes": nodes,
        "branches": branches,
        "conversions": conversions,
        "switches": [
            {"id": "TIE", "from_node": "SG-A", "to_node": "SG-B", "closed": True, "rating_a": 1200}
        ],
        "sources": [
            {
                "kind": "grid",
                "id": "GRID",
                "node": "POI",
                "voltage_pu": 1.0,
                "short_circuit_mva": 4000.0,
                "x_over_r": 10.0,
                "contract_kw": 4000.0,
            }
        ],
        "consumers": consumers,
        "outages": [
            {"id": f"outage:{item['id']}", "label": f"{item['id']} out", "objects": [item["id"]]}
            for item in objects
        ],
    }


def _consumer(name, kind, number, breaker_a=None):
    feeds = [
        {"node": f"{'BW' if kind == 'rack' else 'LV'}-{side}{number}", "share_ratio": 0.5}
        for side in "AB"
    ]
    for feed in feeds:
        if breaker_a:
            feed.update(rating_a=breaker_a, continuous_ratio=0.8)
    return {"id": name, "kind": kind, "power_factor": 0.99, "feeds": feeds}


SUPPLY = [0.012, 0.02, 0.03]

AIR_SERVER = {
    "id": "h100",
    "kind": "server",
    "label": "8 × H100 server",
    "nameplate_kw": 10.2,
    "n_chips": 8,
    "chip": {
        "idle_w": 70.0,
        "reference_w": 700.0,
        "cap_w": 700.0,
        "limit_c": 87.0,
        "shutdown_c": 95.0,
        "clock_exponent": 2.2,
        "leakage_w_per_k": 0.7,
    },
    "chip_cooling": {
        "kind": "air",
        "conduction_k_per_w": 0.018,
        "convection_k_per_w": 0.027,
        "preheat_k": 10.0,
    },
    "host_idle_kw": 0.9,
    "host_max_kw": 1.3,
    "fan_design_kw": 1.2,
    "air_flow_m3_s": 0.52,
    "supply_coefficients": SUPPLY,
    "supply_rated_kw": 13.2,
    "liquid_ratio": 0.0,
    "n_rack_units": 8,
    "mass_kg": 130.0,
}
LIQUID_RACK = {
    "id": "nvl72",
    "kind": "rack_system",
    "label": "NVL72",
    "nameplate_kw": 132.0,
    "n_chips": 72,
    "chip": {
        "idle_w": 165.0,
        "reference_w": 1200.0,
        "cap_w": 1200.0,
        "limit_c": 87.0,
        "shutdown_c": 92.0,
        "clock_exponent": 2.2,
        "leakage_w_per_k": 1.2,
    },
    "chip_cooling": {"kind": "liquid", "plate_flow_l_min": 1.5, "resistance_k_per_w": 0.0215},
    "host_idle_kw": 18.0,
    "host_max_kw": 30.0,
    "fan_design_kw": 2.0,
    "air_flow_m3_s": 1.6,
    "supply_coefficients": [0.006, 0.005, 0.014],
    "supply_rated_kw": 132.0,
    "liquid_ratio": 0.88,
    "coolant_flow_kg_s": 2.2,
    "n_rack_units": 48,
    "mass_kg": 1360.0,
}


def small_document():
    """The site as plain data, ready to be spoilt by a test."""
    racks, consumers = [], []
    for number in range(1, 11):
        name = f"HALL-1/A{number:02}"
        racks.append(
            {
                "id": name,
                "hall": "HALL-1",
                "row": "A",
                "x_m": 0.6 * number,
                "y_m": 2.0,
                "width_m": 0.6,
                "depth_m": 1.2,
                "mass_kg": 700.0,
                "row_end": number in (1, 10),
                "contents": [{"system": "h100", "n_systems": 4, "workload": "serving"}],
            }
        )
        consumers.append(_consumer(name, "rack", 1, breaker_a=100.0))
    for number in range(1, 7):
        name = f"HALL-2/A{number:02}"
        racks.append(
            {
                "id": name,
                "hall": "HALL-2",
                "row": "A",
                "x_m": 0.6 * number,
                "y_m": 2.0,
                "width_m": 0.6,
                "depth_m": 1.2,
                "mass_kg": 1360.0,
                "circuit": "TCS",
                "from_stage": 0 if number <= 4 else 1,
                "contents": [{"system": "nvl72", "n_systems": 1, "workload": "training"}],
            }
        )
        consumers.append(
            _consumer(name, "rack", 2, breaker_a=300.0) | {"from_stage": racks[-1]["from_stage"]}
        )
    units, fed = _units()
    consumers += fed
    consumers += [_consumer("CHW/pumps", "cooling", 1), _consumer("FWS/pumps", "cooling", 2)]
    consumers.append(_consumer("LIGHTS", "house", 1) | {"power_kw": 20.0, "power_factor": 0.95})
    year = weather()
    return {
        "title": "Small site",
        "site": _site(),
        "weather": {
            "sha256": array_hash(year),
            "columns": list(COLUMNS),
            "n_rows": HOURS,
            "label": "Two waves",
            "source": "made for tests",
        },
        "stages": [
            {"id": "as-built", "label": "As built", "on": "2026-11-01"},
            {"id": "phase-1", "label": "Two more NVL72", "on": "2027-03-01"},
        ],
        "halls": [_hall("HALL-1", 20), _hall("HALL-2", 10)],
        "workloads": [_workload("serving", 0.8), _workload("training", 0.95)],
        "systems": [AIR_SERVER, LIQUID_RACK],
        "racks": racks,
        "places": [
            {
                "id": f"HALL-2/A{number:02}",
                "hall": "HALL-2",
                "circuit": "TCS",
                "until_stage": 1 if number <= 6 else None,
                "taps": [
                    {
                        "node": f"BW-{side}2",
                        "share_ratio": 0.5,
                        "rating_a": 300.0,
                        "continuous_ratio": 0.8,
                    }
                    for side in "AB"
                ],
            }
            for number in range(5, 9)
        ],
        "network": _network(consumers),
        "cooling": _cooling(units),
        "design_point": {
            "id": "design-day",
            "label": "0.4 % design day",
            "dry_bulb_c": 34.0,
            "wet_bulb_c": 24.0,
            "pressure_kpa": 101.0,
            "load": "nameplate",
        },
        "analyses": [
            {"kind": "year", "stages": [0, 1]},
            {"kind": "contingency", "stages": [0, 1]},
            {
                "kind": "headroom",
                "stages": [0, 1],
                "candidate": {
                    "system": "nvl72",
                    "mass_kg": 1360.0,
                    "footprint_m2": 0.72,
                    "power_factor": 0.99,
                },
            },
        ],
        "provenance": [
            {
                "path": "systems[h100].chip.cap_w",
                "source": "driver maximum",
                "confidence": "measured",
            }
        ],
    }


def _site():
    return {
        "name": "Small",
        "latitude_deg": 39.0,
        "longitude_deg": -77.5,
        "altitude_m": 80.0,
        "utc_offset_h": -5.0,
        "first_weekday": 0,
        "tariff": {"currency": "USD", "energy_per_kwh": 0.09, "carbon_kg_per_kwh": 0.32},
    }


def _hall(name, n_positions):
    return {
        "id": name,
        "label": name,
        "building": "DC",
        "width_m": 15.0,
        "depth_m": 10.0,
        "floor_limit_kg_m2": 1800.0,
        "n_positions": n_positions,
        "containment": "hot_aisle",
    }


def _workload(name, base):
    return {
        "id": name,
        "kind": "training",
        "label": name,
        "base_ratio": base,
        "daily_ratios": [1.0] * 24,
        "weekly_ratios": [1.0] * 7,
        "throughput_exponent": 1.0,
    }


def _units():
    units, consumers = [], []
    for hall, count in (("HALL-1", 5), ("HALL-2", 3)):
        for number in range(1, count + 1):
            name = f"CRAH-{hall[-1]}{number}"
            units.append(
                {
                    "kind": "crah",
                    "id": name,
                    "hall": hall,
                    "loop": "CHW",
                    "rated_kw": 125.0,
                    "air_flow_m3_s": 9.0,
                    "rated_return_c": 36.0,
                    "rated_water_c": 18.0,
                    "water_flow_kg_s": 3.7,
                    "fan_kw": 5.0,
                    "fan_exponent": 2.8,
                }
            )
    for number in (1, 2):
        units.append(
            {
                "kind": "cdu",
                "id": f"CDU-{number}",
                "circuit": "TCS",
                "loop": "FWS",
                "rated_kw": 900.0,
                "rated_approach_k": 4.0,
                "coolant_flow_kg_s": 20.0,
                "water_flow_kg_s": 20.0,
                "internal_drop_kpa": 145.0,
                "pump_efficiency_ratio": 0.7,
            }
        )
        units.append(
            {
                "kind": "chiller",
                "id": f"CH-{number}",
                "loop": "CHW",
                "rated_kw": 800.0,
                "cop": 6.0,
                "curves": {
                    "name": "test curves",
                    "leaving_low_c": 4.44,
                    "leaving_high_c": 10.0,
                    "condenser_low_c": 12.78,
                    "condenser_high_c": 32.22,
                    "cap_fun_t_coefficients": [
                        1.042261,
                        0.002644821,
                        -0.001468026,
                        0.01366256,
                        -0.0008302334,
                        0.001573579,
                    ],
                    "eir_fun_t_coefficients": [
                        1.02634,
                        -0.01612819,
                        -0.001092591,
                        -0.01784393,
                        0.0007961842,
                        -9.586049e-05,
                    ],
                    "eir_fun_plr_coefficients": [0.118888, 0.6723542, 0.2068754],
                },
                "condenser_flow_kg_s": 40.0,
                "condenser_pump_kw": 8.0,
            }
        )
        units.append(
            {
                "kind": "tower",
                "id": f"CT-{number}",
                "loop": "CHW",
                "rated_kw": 1000.0,
                "rated_in_c": 35.0,
                "rated_out_c": 29.4,
                "rated_wet_bulb_c": 25.6,
                "air_flow_kg_s": 40.0,
                "fan_kw": 15.0,
            }
        )
        units.append(
            {
                "kind": "dry_cooler",
                "id": f"DC-{number}",
                "loop": "FWS",
                "rated_kw": 900.0,
                "rated_in_c": 46.0,
                "rated_out_c": 38.0,
                "rated_air_c": 32.0,
                "air_flow_kg_s": 90.0,
                "fan_kw": 22.0,
                "pad_effectiveness": 0.7,
                "pad_above_c": 22.0,
                "pad_fan_ratio": 0.15,
            }
        )
    consumers = [_consumer(unit["id"], "cooling", 1 if "-1" in unit["id"] else 2) for unit in units]
    return units, consumers


def _cooling(units):
    air = {
        "supply_setpoint_c": 24.0,
        "leakage_ratio": 0.03,
        "row_end_ratio": 0.1,
        "oversupply_ratio": 0.1,
    }
    loop = {"pump_drop_kpa": 250.0, "pump_efficiency_ratio": 0.7, "design_rise_k": 8.0}
    return {
        "halls": [{"id": hall, **air} for hall in ("HALL-1", "HALL-2")],
        "circuits": [
            {
                "id": "TCS",
                "hall": "HALL-2",
                "supply_setpoint_c": 36.0,
                "fluid": "pg25",
                "external_drop_kpa": 200.0,
            }
        ],
        "loops": [
            {
                "id": "CHW",
                "kind": "chilled",
                "supply_setpoint_c": 18.0,
                "economiser_kw_per_k": 150.0,
                "pump_consumer": "CHW/pumps",
                **loop,
            },
            {
                "id": "FWS",
                "kind": "warm",
                "supply_setpoint_c": 32.0,
                "pump_consumer": "FWS/pumps",
                **loop,
            },
        ],
        "units": units,
    }


def small_input():
    """The frozen document and the arrays it names."""
    document = FacilityInput.parse(small_document())
    return document, {document.weather.sha256: weather()}


def with_electrical_room(data):
    """The same site with a room that the UPS and PDU heat, cooled by two air units of its own."""
    data = copy.deepcopy(data)
    lossy = [
        f"{kind}-{side}{number}" for kind in ("UPS", "PDU") for side in "AB" for number in "12"
    ]
    data["halls"].append(_hall("ER", 0) | {"losses_of": lossy})
    hall, unit = data["cooling"]["halls"][0], data["cooling"]["units"][0]
    data["cooling"]["halls"].append(hall | {"id": "ER", "supply_setpoint_c": 25.0})
    for number in (1, 2):
        name = f"CRAH-E{number}"
        data["cooling"]["units"].append(unit | {"id": name, "hall": "ER"})
        data["network"]["consumers"].append(_consumer(name, "cooling", number))
    return data
