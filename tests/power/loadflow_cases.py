"""Reads the public load-flow cases into this project's documents."""

import json
from pathlib import Path

import numpy as np

from power.physics.documents import (
    Consumer,
    Feed,
    GridSource,
    Line,
    NetworkInput,
    Node,
    Switch,
    Transformer,
)

FOLDER = Path(__file__).parent.parent / "reference" / "electrical"
UNRATED_A = 1e9


def read(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text())


def network_of(tables: dict) -> NetworkInput:
    voltage_v = {bus["id"]: 1e3 * bus["vn_kv"] for bus in tables["bus"]}
    nodes = [Node(id=str(i), voltage_v=v) for i, v in voltage_v.items()]
    opened = {}
    switches = []
    for row in tables.get("switch", []):
        if row["et"] == "b":
            switches.append(
                Switch(
                    id=f"S{row['id']}",
                    from_node=str(row["bus"]),
                    to_node=str(row["element"]),
                    closed=row["closed"],
                )
            )
        elif not row["closed"]:
            assert row["et"] == "l"
            free_end = f"{row['bus']} open {row['element']}"
            nodes.append(Node(id=free_end, voltage_v=voltage_v[row["bus"]]))
            opened[row["element"], row["bus"]] = free_end
    return NetworkInput(
        frequency_hz=int(tables["f_hz"]),
        nodes=tuple(nodes),
        branches=(
            *(line_of(row, opened) for row in tables["line"] if row.get("in_service", True)),
            *(transformer_of(row) for row in tables.get("transformer", [])),
        ),
        switches=tuple(switches),
        sources=tuple(
            GridSource(
                id=f"G{row['id']}",
                node=str(row["bus"]),
                voltage_pu=row["vm_pu"],
                short_circuit_mva=row["sk_mva"],
                x_over_r=1 / row["r_over_x"] if row["r_over_x"] else 10.0,
            )
            for row in tables["source"]
        ),
    )


def line_of(row: dict, opened: dict) -> Line:
    ends = [row["from_bus"], row["to_bus"]]
    names = [opened.get((row["id"], bus), str(bus)) for bus in ends]
    return Line(
        id=f"line {row['id']}",
        from_node=names[0],
        to_node=names[1],
        length_km=row["length_km"],
        resistance_ohm_per_km=row["r_ohm_per_km"],
        reactance_ohm_per_km=row["x_ohm_per_km"],
        capacitance_nf_per_km=row["c_nf_per_km"],
        n_parallel=row.get("parallel", 1),
        rating_a=1e3 * row["max_i_ka"] if "max_i_ka" in row else UNRATED_A,
        derating_ratio=row.get("df", 1.0),
    )


def transformer_of(row: dict) -> Transformer:
    return Transformer(
        id=f"transformer {row['id']}",
        hv_node=str(row["hv_bus"]),
        lv_node=str(row["lv_bus"]),
        rating_kva=1e3 * row["sn_mva"],
        hv_voltage_v=1e3 * row["vn_hv_kv"],
        lv_voltage_v=1e3 * row["vn_lv_kv"],
        impedance_ratio=row["vk_percent"] / 100,
        load_loss_kw=row["vkr_percent"] / 100 * 1e3 * row["sn_mva"],
        no_load_loss_kw=row["pfe_kw"],
        magnetising_ratio=row["i0_percent"] / 100,
        tap_position=row.get("tap_pos", 0) - row.get("tap_neutral", 0),
        tap_step_ratio=row.get("tap_step_percent", 0.0) / 100,
        tap_side=row.get("tap_side", "hv"),
        shift_deg=row["shift_degree"],
    )


def loads_kva(tables: dict) -> dict[str, complex]:
    """Consumed complex power of each bus, static generators counted negative."""
    total = {str(bus["id"]): 0j for bus in tables["bus"]}
    for sign, table in ((1, "load"), (-1, "static_generator")):
        for row in tables.get(table, []):
            power = complex(row["p_mw"], row["q_mvar"]) * row.get("scaling", 1.0)
            total[str(row["bus"])] += sign * 1e3 * power
    return total


def with_consumers(tables: dict) -> tuple[NetworkInput, np.ndarray]:
    """The network with one consumer for the net load of each bus, and their powers."""
    loads = {bus: s for bus, s in loads_kva(tables).items() if s != 0}
    assert all(s.real > 0 and s.imag >= 0 for s in loads.values())
    consumers = tuple(
        Consumer(
            id=f"load {bus}",
            kind="house",
            power_factor=s.real / abs(s),
            feeds=(Feed(node=bus, share_ratio=1.0),),
        )
        for bus, s in loads.items()
    )
    network = network_of(tables).model_copy(update={"consumers": consumers})
    return network, np.array([s.real for s in loads.values()])
