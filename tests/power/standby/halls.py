"""A small site: one utility board, a generator bus behind a transfer switch, UPS on two sides."""

from power.physics.documents import (
    Battery,
    Consumer,
    Conversion,
    Feed,
    Genset,
    GridSource,
    Line,
    NetworkInput,
    Node,
    TransferSwitch,
)

LAW = (0.01, 0.02, 0.02)


def ups(name, *, side, **changed):
    values = {
        "id": name,
        "kind": "ups",
        "input_node": f"BOARD-{side}",
        "output_node": f"OUT-{side}",
        "rating_kw": 1000,
        "rating_kva": 1000,
        "loss_coefficients": LAW,
        "walk_in_s": 8.0,
        "input_power_factor": 1.0,
    }
    return Conversion(**(values | changed))


def battery(name, conversion, **changed):
    values = {
        "id": name,
        "conversion": conversion,
        "power_kw": 1200,
        "energy_kwh": 100,
        "efficiency_ratio": 0.95,
        "recharge_kw": 80,
    }
    return Battery(**(values | changed))


def genset(name, **changed):
    values = {
        "id": name,
        "node": "GEN",
        "rating_class": "ESP",
        "rating_kw": 2000,
        "rating_kva": 2500,
        "start_s": 10,
        "block_ratio": 0.5,
        "fuel_m3": 10,
        "fuel_l_per_kwh": 0.262,
    }
    return Genset(**(values | changed))


def rack(name, *sides, power_factor=1.0):
    share = 1.0 / len(sides)
    return Consumer(
        id=name,
        kind="rack",
        power_factor=power_factor,
        feeds=tuple(Feed(node=f"OUT-{side}", share_ratio=share) for side in sides),
    )


def pump(name, side="A", kind="cooling"):
    return Consumer(id=name, kind=kind, feeds=(Feed(node=f"BOARD-{side}", share_ratio=1.0),))


def hall(*, sides="AB", transfer_s=0.5, **changed):
    """Utility board MAIN and generator bus GEN, a transfer switch for the board of every side."""
    nodes = [
        Node(id="MAIN", voltage_v=415),
        Node(id="GEN", voltage_v=415),
        *(Node(id=f"BOARD-{side}", voltage_v=415) for side in sides),
        *(Node(id=f"OUT-{side}", voltage_v=415) for side in sides),
    ]
    values = {
        "frequency_hz": 50,
        "nodes": nodes,
        "sources": [GridSource(id="GRID", node="MAIN", voltage_pu=1.0, short_circuit_mva=None)],
        "transfer_switches": [
            TransferSwitch(
                id=f"ATS-{side}",
                kind="automatic",
                output_node=f"BOARD-{side}",
                preferred_node="MAIN",
                alternate_node="GEN",
                transfer_s=transfer_s,
            )
            for side in sides
        ],
        "conversions": [ups(f"UPS-{side}", side=side) for side in sides],
        "batteries": [battery(f"BAT-{side}", f"UPS-{side}") for side in sides],
        "gensets": [genset("G1"), genset("G2")],
        "consumers": [
            *(rack(f"RACK-{i}", *sides) for i in range(4)),
            *(pump(f"CDU-{side}", side) for side in sides),
        ],
    }
    return NetworkInput(**(values | changed))


def line(name, ends, **changed):
    values = {
        "id": name,
        "from_node": ends[0],
        "to_node": ends[1],
        "length_km": 0.01,
        "resistance_ohm_per_km": 0.01,
        "reactance_ohm_per_km": 0.01,
        "rating_a": 2000,
    }
    return Line(**(values | changed))
