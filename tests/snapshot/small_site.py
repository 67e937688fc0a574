"""A small site with one of everything: two paths, an air hall, a liquid hall, a plan or none."""

import datetime as dt

from facility.scenarios.models import Change, Phase, Scenario
from facility.sites.models import Building, Hall, Row, Site, Weather
from facility.sites.services import load_weather
from power.models import (
    Conversion,
    HouseLoad,
    Node,
    RackFeed,
    RowTap,
    Source,
    Switch,
    Transformer,
)
from power.models import Line as PowerLine
from racks.models import Equipment, Rack, SystemType, WorkloadProfile
from thermal.models import (
    Circuit,
    CoolingUnit,
    Loop,
    LoopFeed,
    RackConnection,
    RowConnection,
    UnitFeed,
)

DULLES = "USA_VA_Sterling-Washington.Dulles.Intl.AP.724030_TMY3"
CHIP = {
    "idle_w": 70.0,
    "reference_w": 700.0,
    "cap_w": 700.0,
    "limit_c": 87.0,
    "clock_exponent": 2.4,
    "leakage_w_per_k": 0.7,
}
AIR_SERVER = {
    "kind": "server",
    "label": "8-way air server",
    "nameplate_kw": 10.2,
    "n_chips": 8,
    "chip": CHIP,
    "chip_cooling": {
        "kind": "air",
        "conduction_k_per_w": 0.02,
        "convection_k_per_w": 0.04,
        "preheat_k": 6.0,
    },
    "host_idle_kw": 1.2,
    "host_max_kw": 2.6,
    "fan_design_kw": 1.2,
    "air_flow_m3_s": 0.5,
    "supply_coefficients": [0.01, 0.02, 0.02],
    "supply_rated_kw": 12.0,
    "liquid_ratio": 0.0,
    "inlet_max_c": 35.0,
    "n_rack_units": 8,
    "mass_kg": 130.0,
}
LIQUID_RACK = {
    **AIR_SERVER,
    "kind": "rack_system",
    "label": "72-way liquid rack",
    "nameplate_kw": 132.0,
    "n_chips": 72,
    "chip": {**CHIP, "reference_w": 1200.0, "cap_w": 1200.0},
    "chip_cooling": {"kind": "liquid", "plate_flow_l_min": 1.5, "resistance_k_per_w": 0.025},
    "host_idle_kw": 15.0,
    "host_max_kw": 30.0,
    "fan_design_kw": 2.0,
    "air_flow_m3_s": 1.0,
    "supply_rated_kw": 264.0,
    "liquid_ratio": 0.85,
    "coolant_flow_kg_s": 2.2,
    "coolant_drop_kpa": 69.0,
    "n_rack_units": None,
    "mass_kg": 1360.0,
}
SWITCH = {
    "kind": "network",
    "label": "Switch",
    "nameplate_kw": 1.5,
    "host_idle_kw": 0.7,
    "host_max_kw": 0.9,
    "fan_design_kw": 0.0,
    "air_flow_m3_s": 0.1,
    "supply_coefficients": [0.0, 0.0, 0.0],
    "supply_rated_kw": 1.5,
    "liquid_ratio": 0.0,
    "n_rack_units": 1,
}
FLAT = {
    "label": "Steady",
    "base_ratio": 0.8,
    "daily_ratios": [1.0] * 24,
    "weekly_ratios": [1.0] * 7,
    "throughput_exponent": 1.0,
}


def make_site(name: str = "Small") -> Site:
    """Store the site as built."""
    load_weather()
    site = Site.objects.create(
        name=name,
        slug=name.lower(),
        latitude_deg=38.98,
        longitude_deg=-77.47,
        altitude_m=82.0,
        time_zone="America/New_York",
        utc_offset_h=-5.0,
        weather=Weather.objects.get(name=DULLES),
        frequency_hz=60.0,
        continuous_rule="nec",
        currency="USD",
        energy_per_kwh=0.08,
        design_dry_bulb_c=34.1,
        design_wet_bulb_c=23.9,
        sources={"energy_per_kwh": ["a tariff sheet", "vendor", "2023"]},
    )
    halls = make_halls(site)
    nodes = make_network(site, halls["ER"])
    make_cooling(site, halls, nodes)
    make_racks(site, halls, nodes)
    return site


def make_halls(site: Site) -> dict[str, Hall]:
    building = Building.objects.create(site=site, name="DC1")
    shared = {
        "building": building,
        "width_m": 20.0,
        "depth_m": 12.0,
        "floor_limit_kg_m2": 1200.0,
        "containment": "hot_aisle",
        "supply_air_c": 24.0,
        "air_leakage_ratio": 0.02,
        "row_end_ratio": 0.05,
    }
    return {
        tag: Hall.objects.create(tag=tag, name=label, purpose=purpose, **shared)
        for tag, label, purpose in (
            ("HALL-A", "Air hall", "white_space"),
            ("HALL-D", "Liquid hall", "white_space"),
            ("ER", "Electrical room", "electrical"),
        )
    }


def make_network(site: Site, room: Hall) -> dict[str, Node]:
    nodes = {
        tag: Node.objects.create(site=site, tag=tag, voltage_v=voltage_v, path=path)
        for tag, voltage_v, path in (
            ("GRID", 34_500.0, ""),
            ("MV", 34_500.0, ""),
            ("LV-A", 480.0, "A"),
            ("LV-B", 480.0, "B"),
            ("UPS-OUT-A", 480.0, "A"),
            ("UPS-OUT-B", 480.0, "B"),
        )
    }
    Source.objects.create(
        site=site,
        tag="UTILITY",
        node=nodes["GRID"],
        voltage_pu=1.0,
        short_circuit_mva=1000.0,
        x_over_r=10.0,
        contract_kw=4000.0,
    )
    PowerLine.objects.create(
        site=site,
        tag="FEEDER",
        from_node=nodes["GRID"],
        to_node=nodes["MV"],
        length_km=1.0,
        resistance_ohm_per_km=0.1,
        reactance_ohm_per_km=0.1,
        rating_a=600.0,
    )
    for side in "AB":
        low, out = nodes[f"LV-{side}"], nodes[f"UPS-OUT-{side}"]
        Transformer.objects.create(
            site=site,
            tag=f"TX-{side}",
            item="transformers/us-unit-sub-3000kva",
            hv_node=nodes["MV"],
            lv_node=low,
            rating_kva=3000.0,
            hv_voltage_v=34_500.0,
            lv_voltage_v=480.0,
            impedance_ratio=0.0575,
            load_loss_kw=24.0,
            no_load_loss_kw=4.0,
            thermal_class="onan",
            standard="ieee",
        )
        Conversion.objects.create(
            site=site,
            tag=f"UPS-{side}",
            kind="ups",
            input_node=low,
            output_node=out,
            rating_kw=2000.0,
            rating_kva=2000.0,
            loss_constant_ratio=0.01,
            loss_linear_ratio=0.01,
            loss_square_ratio=0.02,
            room=room,
        )
    Switch.objects.create(
        site=site, tag="TIE", from_node=nodes["LV-A"], to_node=nodes["LV-B"], closed=False
    )
    HouseLoad.objects.create(site=site, tag="LIGHTS", node=nodes["LV-A"], power_kw=10.0)
    return nodes


def make_cooling(site: Site, halls: dict[str, Hall], nodes: dict[str, Node]) -> None:
    loops = {
        tag: Loop.objects.create(
            site=site,
            tag=tag,
            kind=kind,
            supply_setpoint_c=supply_c,
            design_rise_k=8.0,
            pump_drop_kpa=200.0,
            pump_efficiency_ratio=0.7,
        )
        for tag, kind, supply_c in (("CHW", "chilled", 18.0), ("WARM", "warm", 30.0))
    }
    for loop in loops.values():
        for side in "AB":
            LoopFeed.objects.create(loop=loop, node=nodes[f"LV-{side}"], share_ratio=0.5)
    circuit = Circuit.objects.create(
        hall=halls["HALL-D"],
        tag="TCS-D",
        supply_setpoint_c=34.0,
        fluid="pg25",
        external_drop_kpa=100.0,
    )
    for tag, kind, hall, loop, on, parameters in _machines(halls, circuit):
        unit = CoolingUnit.objects.create(
            site=site,
            tag=tag,
            kind=kind,
            hall=hall,
            loop=loops[loop],
            circuit=on,
            parameters=parameters,
        )
        for side in "AB":
            UnitFeed.objects.create(unit=unit, node=nodes[f"LV-{side}"], share_ratio=0.5)


def _machines(halls, circuit):
    crah = {
        "rated_kw": 100.0,
        "air_flow_m3_s": 8.0,
        "rated_return_c": 36.0,
        "rated_water_c": 18.0,
        "water_flow_kg_s": 3.0,
        "fan_kw": 4.0,
        "fan_exponent": 2.7,
    }
    for hall, place in halls.items():
        for number in (1, 2):
            yield f"CRAH-{hall}-{number:02d}", "crah", place, "CHW", None, crah
    cdu = {
        "rated_kw": 800.0,
        "rated_approach_k": 4.0,
        "coolant_flow_kg_s": 14.0,
        "water_flow_kg_s": 16.0,
        "internal_drop_kpa": 80.0,
        "pump_efficiency_ratio": 0.6,
    }
    for number in (1, 2):
        yield f"CDU-D-{number:02d}", "cdu", None, "WARM", circuit, cdu
    cooler = {
        "rated_kw": 900.0,
        "rated_in_c": 42.0,
        "rated_out_c": 34.0,
        "rated_air_c": 28.0,
        "air_flow_kg_s": 90.0,
        "fan_kw": 20.0,
    }
    yield "DC-1", "dry_cooler", None, "WARM", None, cooler
    curves = {
        "name": "constant",
        "cap_fun_t_coefficients": [1.0, 0, 0, 0, 0, 0],
        "eir_fun_t_coefficients": [1.0, 0, 0, 0, 0, 0],
        "eir_fun_plr_coefficients": [0.1, 0.5, 0.4],
        "leaving_low_c": 5.0,
        "leaving_high_c": 25.0,
        "condenser_low_c": 15.0,
        "condenser_high_c": 40.0,
    }
    chiller = {
        "rated_kw": 700.0,
        "cop": 6.0,
        "curves": curves,
        "condenser_flow_kg_s": 36.0,
        "condenser_pump_kw": 6.0,
    }
    yield "CH-1", "chiller", None, "CHW", None, chiller
    tower = {
        "rated_kw": 850.0,
        "rated_in_c": 35.0,
        "rated_out_c": 29.0,
        "rated_wet_bulb_c": 25.0,
        "air_flow_kg_s": 30.0,
        "fan_kw": 8.0,
    }
    yield "CT-1", "tower", None, "CHW", None, tower


def make_racks(site: Site, halls: dict[str, Hall], nodes: dict[str, Node]) -> None:
    types = {
        key: SystemType.objects.create(
            site=site,
            key=key,
            item=item,
            parameters=parameters,
            provenance=[
                {"path": "nameplate_kw", "source": "sheet", "confidence": "vendor", "note": ""}
            ],
        )
        for key, item, parameters in (
            ("air8", "servers/nvidia-dgx-h100-h200", AIR_SERVER),
            ("nvl72", "rack_systems/nvidia-gb200-nvl72", LIQUID_RACK),
            ("switch", "network/nvidia-qm9700", SWITCH),
        )
    }
    works = {
        key: WorkloadProfile.objects.create(site=site, key=key, parameters={"kind": kind, **FLAT})
        for key, kind in (
            ("training", "training"),
            ("serving", "interactive_inference"),
            ("infra", "infrastructure"),
        )
    }
    rows = {
        hall: Row.objects.create(
            hall=halls[hall], tag=tag, x_m=2.0, y_m=3.0, pitch_m=0.8, depth_m=1.2, n_positions=8
        )
        for hall, tag in (("HALL-A", "A1"), ("HALL-D", "D1"))
    }
    RowConnection.objects.create(row=rows["HALL-D"], circuit=halls["HALL-D"].circuits.get())
    for row in rows.values():
        for side in "AB":
            RowTap.objects.create(
                row=row,
                first_position=1,
                last_position=8,
                path=side,
                node=nodes[f"UPS-OUT-{side}"],
                breaker_a=250.0,
            )
    for hall, position, key, n_systems, work in (
        ("HALL-A", 1, "air8", 4, "serving"),
        ("HALL-A", 2, "air8", 4, "serving"),
        ("HALL-A", 4, "switch", 8, "infra"),
        ("HALL-D", 1, "nvl72", 1, "training"),
    ):
        make_rack(rows[hall], position, types[key], n_systems, work=works[work], nodes=nodes)


def make_rack(row, position, system, n_systems, *, work, nodes):
    rack = Rack.objects.create(
        hall=row.hall,
        row=row,
        position=position,
        tag=f"{row.tag}-{position:02d}",
        x_m=row.x_m + (position - 1) * row.pitch_m,
        y_m=row.y_m,
        width_m=0.8,
        depth_m=1.2,
        n_rack_units=48,
        cabinet_mass_kg=0.0 if system.key == "nvl72" else 180.0,
        cooling="liquid" if system.key == "nvl72" else "air",
    )
    Equipment.objects.create(rack=rack, system=system, workload=work, n_systems=n_systems)
    for side in "AB":
        RackFeed.objects.create(
            rack=rack, path=side, node=nodes[f"UPS-OUT-{side}"], share_ratio=0.5, breaker_a=250.0
        )
    if system.key == "nvl72":
        RackConnection.objects.create(rack=rack, circuit=row.connection.circuit)
    return rack


def make_plan(site: Site, *phases, name: str = "Plan", parent: Scenario | None = None) -> Scenario:
    """Store a plan; each phase is a date and pairs of kind and payload."""
    scenario = Scenario.objects.create(site=site, name=name, parent=parent)
    for on, *steps in phases:
        phase = Phase.objects.create(
            scenario=scenario, label=f"Phase {on}", on=dt.date.fromisoformat(on)
        )
        for order, (kind, payload) in enumerate(steps, start=1):
            Change.objects.create(phase=phase, order=order, kind=kind, payload=payload)
    return scenario
