"""The small site's electricity by power-grid-model, the UPS as loads that follow their output."""

from math import acos, tan

import numpy as np
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    PowerGridModel,
    initialize_array,
)

IDEAL_VA = 1e22


def tables(**rows):
    found = {}
    for name, items in rows.items():
        kind = getattr(ComponentType, name)
        table = initialize_array(DatasetType.input, kind, len(items))
        for column in items[0] if items else ():
            table[column] = [item[column] for item in items]
        found[kind] = table
    return found


def transformer(number, data, ends):
    return {
        "id": number,
        "from_node": ends[data["hv_node"]],
        "to_node": ends[data["lv_node"]],
        "from_status": 1,
        "to_status": 1,
        "u1": data["hv_voltage_v"],
        "u2": data["lv_voltage_v"],
        "sn": 1e3 * data["rating_kva"],
        "uk": data["impedance_ratio"],
        "pk": 1e3 * data["load_loss_kw"],
        "i0": max(data.get("magnetising_ratio", 0.0), data["no_load_loss_kw"] / data["rating_kva"]),
        "p0": 1e3 * data["no_load_loss_kw"],
        "winding_from": 1,
        "winding_to": 1,
        "clock": 0,
        "tap_side": 0,
        "tap_pos": 0,
        "tap_min": 0,
        "tap_max": 0,
        "tap_nom": 0,
        "tap_size": 0.0,
    }


def current_ratio(data, row):
    """The larger of both ends' currents over the rated one."""
    if data["kind"] == "line":
        return max(row["i_from"], row["i_to"]) / data["rating_a"]
    ends = row["i_from"] * data["hv_voltage_v"], row["i_to"] * data["lv_voltage_v"]
    return 3**0.5 * max(ends) / 1e3 / data["rating_kva"]


def load(number, node, power_kw, tangent):
    values = {"p_specified": 1e3 * power_kw, "q_specified": 1e3 * power_kw * tangent}
    return {"id": number, "node": node, "status": 1, "type": 0} | values


def source(node, sk, rx):
    return {"id": 9000, "node": node, "status": 1, "u_ref": 1.0, "sk": sk, "rx_ratio": rx}


def run(parts):
    model = PowerGridModel(tables(**parts), system_frequency=60.0)
    return model.calculate_power_flow(
        calculation_method=CalculationMethod.newton_raphson, error_tolerance=1e-9
    )


def solve(network, power_kw, out=()):
    """Source power, loss and load over rating of every branch and UPS for given consumers.

    ``out`` are paths ("A1") whose unit substation is lost: their feeds give all to the partner.
    """
    at = {}
    for item in network["consumers"]:
        if item["id"] not in power_kw:
            continue
        live = [feed for feed in item["feeds"] if feed["node"].split("-")[1] not in out]
        whole = sum(feed["share_ratio"] for feed in live)
        for feed in live:
            share = power_kw[item["id"]] * feed["share_ratio"] / whole
            at.setdefault(feed["node"], []).append((share, tan(acos(item["power_factor"]))))
    branches = {item["id"]: item for item in network["branches"]}
    losses, ratios = {}, {}
    upstream = []
    for tag in ("A1", "A2", "B1", "B2"):
        if tag in out:
            continue
        pdu, ups = (
            branches[f"PDU-{tag}"],
            next(item for item in network["conversions"] if item["id"] == f"UPS-{tag}"),
        )
        answer = run(
            {
                "node": [{"id": 1, "u_rated": 480.0}, {"id": 2, "u_rated": 415.0}],
                "transformer": [transformer(10, pdu, {pdu["hv_node"]: 1, pdu["lv_node"]: 2})],
                "source": [source(1, IDEAL_VA, 0.1)],
                "sym_load": [load(20 + k, 2, *row) for k, row in enumerate(at.get(f"BW-{tag}", []))]
                or [load(20, 2, 0.0, 0.0)],
            }
        )
        row = answer[ComponentType.transformer][0]
        output = row["p_from"] / 1e3
        losses[f"PDU-{tag}"] = (row["p_from"] + row["p_to"]) / 1e3
        ratios[f"PDU-{tag}"] = current_ratio(pdu, row)
        a, b, c = ups["loss_coefficients"]
        p = output / ups["rating_kw"]
        losses[f"UPS-{tag}"] = ups["rating_kw"] * (a + b * p + c * p * p)
        apparent = np.hypot(row["p_from"], row["q_from"]) / 1e3
        ratios[f"UPS-{tag}"] = max(p, apparent / ups["rating_kva"])
        upstream.append((f"LV-{tag}", output + losses[f"UPS-{tag}"], tan(acos(0.99))))
    for node in ("LV-A1", "LV-A2", "LV-B1", "LV-B2"):
        upstream += [(node, *row) for row in at.get(node, [])]
    return trunk(network, upstream, out, losses=losses, ratios=ratios)


def trunk(network, upstream, out, *, losses, ratios):
    branches = network["branches"]
    kept = [n for n in network["nodes"] if n["id"][:2] not in ("UO", "BW")]
    kept = [n for n in kept if n["id"].split("-")[-1] not in out]
    number = {item["id"]: k for k, item in enumerate(kept)}
    lines = [b for b in branches if b["kind"] == "line" and b["to_node"] in number]
    units = [b for b in branches if b["kind"] != "line" and b.get("lv_node") in number]
    grid = network["sources"][0]
    answer = run(
        {
            "node": [{"id": number[n["id"]], "u_rated": n["voltage_v"]} for n in kept],
            "link": [
                {
                    "id": 8000,
                    "from_node": number["SG-A"],
                    "to_node": number["SG-B"],
                    "from_status": 1,
                    "to_status": 1,
                }
            ],
            "line": [
                {
                    "id": 100 + k,
                    "from_node": number[b["from_node"]],
                    "to_node": number[b["to_node"]],
                    "from_status": 1,
                    "to_status": 1,
                    "r1": b["length_km"] * b["resistance_ohm_per_km"],
                    "x1": b["length_km"] * b["reactance_ohm_per_km"],
                    "c1": 1e-9 * b["length_km"] * b["capacitance_nf_per_km"],
                    "tan1": 0.0,
                    "i_n": b["rating_a"],
                }
                for k, b in enumerate(lines)
            ],
            "transformer": [transformer(200 + k, b, number) for k, b in enumerate(units)],
            "source": [
                source(number["POI"], 1e6 * grid["short_circuit_mva"], 1.0 / grid["x_over_r"])
            ],
            "sym_load": [
                load(1000 + k, number[node], *row) for k, (node, *row) in enumerate(upstream)
            ],
        }
    )
    for items, kind in ((lines, ComponentType.line), (units, ComponentType.transformer)):
        for item, row in zip(items, answer[kind], strict=True):
            losses[item["id"]] = (row["p_from"] + row["p_to"]) / 1e3
            ratios[item["id"]] = current_ratio(item, row)
    row = answer[ComponentType.source][0]
    return {
        "source_kw": row["p"] / 1e3,
        "source_kvar": row["q"] / 1e3,
        "loss_kw": losses,
        "ratio": ratios,
    }
