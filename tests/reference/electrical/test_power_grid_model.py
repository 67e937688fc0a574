"""The reference campus solved live by power-grid-model for a day of random load steps."""

import numpy as np
import pytest
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    PowerGridModel,
    initialize_array,
)

from power.physics.system import solve_system
from tests.power.loadflow_cases import read, with_consumers

pytestmark = [pytest.mark.reference]


def model_of(tables: dict) -> tuple[PowerGridModel, list[int]]:
    """The campus as power-grid-model sees it; ids of one kind stay below 10,000."""
    node = initialize_array(DatasetType.input, ComponentType.node, len(tables["bus"]))
    node["id"] = [bus["id"] for bus in tables["bus"]]
    node["u_rated"] = [1e3 * bus["vn_kv"] for bus in tables["bus"]]
    row = tables["source"][0]
    source = initialize_array(DatasetType.input, ComponentType.source, 1)
    source["id"], source["node"], source["status"] = 40_000, row["bus"], 1
    source["u_ref"], source["sk"] = row["vm_pu"], 1e6 * row["sk_mva"]
    source["rx_ratio"] = row["r_over_x"]
    load = initialize_array(DatasetType.input, ComponentType.sym_load, len(tables["load"]))
    load["id"] = [30_000 + i for i in range(len(load))]
    load["node"] = [item["bus"] for item in tables["load"]]
    load["status"], load["type"] = 1, 0
    load["p_specified"] = [1e6 * item["p_mw"] for item in tables["load"]]
    load["q_specified"] = [1e6 * item["q_mvar"] for item in tables["load"]]
    model = PowerGridModel(
        {
            ComponentType.node: node,
            ComponentType.line: lines_of(tables["line"]),
            ComponentType.transformer: transformers_of(tables["transformer"]),
            ComponentType.source: source,
            ComponentType.sym_load: load,
        },
        system_frequency=tables["f_hz"],
    )
    return model, [item["bus"] for item in tables["load"]]


def lines_of(rows: list[dict]):
    line = initialize_array(DatasetType.input, ComponentType.line, len(rows))
    length = np.array([row["length_km"] for row in rows])
    line["id"] = [10_000 + i for i in range(len(rows))]
    line["from_node"] = [row["from_bus"] for row in rows]
    line["to_node"] = [row["to_bus"] for row in rows]
    line["from_status"], line["to_status"] = 1, 1
    line["r1"] = length * [row["r_ohm_per_km"] for row in rows]
    line["x1"] = length * [row["x_ohm_per_km"] for row in rows]
    line["c1"] = 1e-9 * length * [row["c_nf_per_km"] for row in rows]
    line["tan1"], line["i_n"] = 0.0, [1e3 * row["max_i_ka"] for row in rows]
    return line


def transformers_of(rows: list[dict]):
    transformer = initialize_array(DatasetType.input, ComponentType.transformer, len(rows))
    transformer["id"] = [20_000 + i for i in range(len(rows))]
    transformer["from_node"] = [row["hv_bus"] for row in rows]
    transformer["to_node"] = [row["lv_bus"] for row in rows]
    transformer["from_status"], transformer["to_status"] = 1, 1
    transformer["u1"] = [1e3 * row["vn_hv_kv"] for row in rows]
    transformer["u2"] = [1e3 * row["vn_lv_kv"] for row in rows]
    transformer["sn"] = [1e6 * row["sn_mva"] for row in rows]
    transformer["uk"] = [row["vk_percent"] / 100 for row in rows]
    transformer["pk"] = [1e4 * row["vkr_percent"] * row["sn_mva"] for row in rows]
    transformer["i0"] = [row["i0_percent"] / 100 for row in rows]
    transformer["p0"] = [1e3 * row["pfe_kw"] for row in rows]
    transformer["winding_from"], transformer["winding_to"], transformer["clock"] = 1, 1, 0
    at_hv = np.array([row["tap_side"] == "hv" for row in rows])
    transformer["tap_side"], transformer["tap_nom"] = np.where(at_hv, 0, 1), 0
    transformer["tap_pos"] = [row["tap_pos"] for row in rows]
    transformer["tap_min"] = [row["tap_min"] for row in rows]
    transformer["tap_max"] = [row["tap_max"] for row in rows]
    tapped_kv = np.where(
        at_hv, [row["vn_hv_kv"] for row in rows], [row["vn_lv_kv"] for row in rows]
    )
    transformer["tap_size"] = 10 * tapped_kv * [row["tap_step_percent"] for row in rows]
    return transformer


@pytest.mark.parametrize("name", ["campus_full", "campus_small"])
def test_a_day_of_random_load_steps_agrees_with_power_grid_model(name):
    tables = read(f"loadflow/{name}")["network"]
    model, buses = model_of(tables)
    network, kw = with_consumers(tables)
    names = [consumer.feeds[0].node for consumer in network.consumers]
    factor = np.random.default_rng(5).uniform(0.2, 1.1, size=(len(names), 24))
    update = initialize_array(DatasetType.update, ComponentType.sym_load, (24, len(buses)))
    rows = [names.index(str(bus)) for bus in buses]
    update["id"] = 30_000 + np.arange(len(buses))
    update["p_specified"] = factor[rows].T * [1e6 * item["p_mw"] for item in tables["load"]]
    update["q_specified"] = factor[rows].T * [1e6 * item["q_mvar"] for item in tables["load"]]
    answer = model.calculate_power_flow(
        update_data={ComponentType.sym_load: update},
        calculation_method=CalculationMethod.newton_raphson,
        error_tolerance=1e-10,
        output_component_types=[
            ComponentType.node,
            ComponentType.line,
            ComponentType.transformer,
            ComponentType.source,
        ],
    )
    nodes = [node.id for node in network.nodes]
    flow = solve_system(network, kw[:, np.newaxis] * factor, keep_nodes=nodes)
    assert np.abs(flow.kept_voltage_pu.T - answer[ComponentType.node]["u_pu"]).max() < 1e-7
    assert flow.node_voltage_min_pu == pytest.approx(
        answer[ComponentType.node]["u_pu"].min(axis=0), abs=1e-9
    )
    n_lines = len(tables["line"])
    line, transformer = answer[ComponentType.line], answer[ComponentType.transformer]
    assert pytest.approx(line["loading"], abs=1e-6) == flow.branch_current_ratio[:n_lines].T
    assert pytest.approx(1e-3 * transformer["p_from"], rel=1e-6) == flow.branch_kw[n_lines:].T
    line_loss = 1e-3 * (line["p_from"] + line["p_to"]).sum(axis=1)
    assert flow.line_loss_kw == pytest.approx(line_loss, rel=1e-6)
    loss = 1e-3 * (transformer["p_from"] + transformer["p_to"]).sum(axis=1)
    assert flow.transformer_loss_kw == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize(("side", "position"), [("hv", 2), ("hv", -2), ("lv", 2), ("lv", -2)])
def test_a_tap_on_either_side_of_an_off_nominal_transformer_agrees(side, position):
    tables = {
        "f_hz": 50,
        "bus": [
            {"id": i, "vn_kv": voltage} for i, voltage in enumerate((11.0, 0.415, 0.415))
        ],
        "source": [{"id": 0, "bus": 0, "vm_pu": 1.02, "sk_mva": 100.0, "r_over_x": 0.1}],
        "line": [
            {
                "id": 0, "from_bus": 1, "to_bus": 2, "length_km": 0.05, "r_ohm_per_km": 0.1,
                "x_ohm_per_km": 0.08, "c_nf_per_km": 200.0, "max_i_ka": 1.0,
            }
        ],
        "transformer": [
            {
                "id": 0, "hv_bus": 0, "lv_bus": 1, "sn_mva": 1.0, "vn_hv_kv": 11.0,
                "vn_lv_kv": 0.433, "vk_percent": 6.0, "vkr_percent": 1.0, "pfe_kw": 2.0,
                "i0_percent": 0.4, "shift_degree": 0.0, "tap_side": side, "tap_neutral": 0,
                "tap_pos": position, "tap_min": -5, "tap_max": 5, "tap_step_percent": 2.5,
            }
        ],
        "load": [{"bus": 2, "p_mw": 0.5, "q_mvar": 0.2}],
    }  # fmt: skip
    answer = model_of(tables)[0].calculate_power_flow(error_tolerance=1e-10)
    network, kw = with_consumers(tables)
    flow = solve_system(network, kw[:, np.newaxis])
    assert flow.node_voltage_min_pu == pytest.approx(answer["node"]["u_pu"], abs=1e-10)
    transformer = answer["transformer"]
    assert flow.transformer_loss_kw[0] == pytest.approx(
        1e-3 * (transformer["p_from"] + transformer["p_to"])[0], rel=1e-7
    )
