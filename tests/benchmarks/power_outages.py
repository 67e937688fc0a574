"""Every branch outage of the campus: dead parts, voltages and flows, ours beside the peer's."""

import importlib.metadata
from dataclasses import dataclass

import numpy as np
from power_grid_model import ComponentType, DatasetType, initialize_array

from power.physics.contingency import contingency_study
from power.physics.documents import Outage
from power.physics.states import Failed
from tests.benchmarks.campus import campus, grid_model_flow, timed
from tests.benchmarks.records import record

REPEATS = 5
SAME_PU = 1e-7
SAME_RATIO = 1e-6
FIRST_LINE, FIRST_TRANSFORMER = 10_000, 20_000
ENDS = ["p_from", "q_from", "p_to", "q_to"]
WANTED = {
    ComponentType.node: ["energized", "u_pu", "u_angle"],
    ComponentType.line: ["loading", *ENDS],
    ComponentType.transformer: ["i_from", "i_to", *ENDS],
}


@dataclass(frozen=True)
class Answer:
    """All outages, shapes (objects, outages)."""

    node_live: np.ndarray
    voltage_pu: np.ndarray
    loading: np.ndarray
    from_kva: np.ndarray
    loss_kw: np.ndarray


def n_minus_1():
    """Goal: twice the speed of power-grid-model's batch in one thread."""
    case = campus(steps=1)
    outages = [Outage(id=b.id, label=b.id, objects=(b.id,)) for b in case.network.branches]
    model, update = case.grid_model(), status_update(case.tables)
    ours_s, peer_s = [], {1: [], 2: []}
    for _ in range(REPEATS):
        answer, seconds = timed(ours, case, outages)
        ours_s.append(seconds)
        for threads, times in peer_s.items():
            peer, seconds = grid_model_flow(model, update, WANTED, threads=threads)
            times.append(seconds)
    agrees = agrees_with_grid_model(case, answer, peer)
    for threads, ratio_min in ((1, 2.0), (2, None)):
        yield record(
            "power/n-1-campus",
            min(ours_s),
            peer=f"power-grid-model Newton, {threads} thread{'s' * (threads > 1)}",
            peer_version=importlib.metadata.version("power-grid-model"),
            peer_s=min(peer_s[threads]),
            agrees=agrees,
            ratio_min=ratio_min,
        )


def ours(case, outages):
    """Return every outage, from the document: checks, dead parts, factors and solutions."""
    states = contingency_study(case.network, case.rated_kw, outages=outages).states
    count = len(outages)
    grid = states.grid
    answer = Answer(
        node_live=np.empty((len(grid.node_ids), count), dtype=np.bool_),
        voltage_pu=np.empty((len(grid.node_ids), count), dtype=np.complex128),
        loading=np.empty((len(grid.branches.ids), count)),
        from_kva=np.empty((len(grid.branches.ids), count), dtype=np.complex128),
        loss_kw=np.empty((len(grid.branches.ids), count)),
    )
    for solved in states.solve(case.rated_kw, np.arange(1, count + 1)):
        if isinstance(solved, Failed):
            raise solved.error
        place, columns = solved.numbers - 1, solved.columns
        answer.node_live[:, place] = solved.service.node_live
        answer.voltage_pu[:, place] = columns.voltage_pu[solved.service.topology.bus_of_node]
        answer.loading[:, place] = columns.branch_ratio
        answer.from_kva[:, place] = columns.branch_from_kva
        answer.loss_kw[:, place] = columns.branch_loss_kw
    return answer


def status_update(tables):
    """Return one scenario for each branch, both of its ends opened."""
    n_lines, n_transformers = len(tables["line"]), len(tables["transformer"])
    update = {}
    for component, first, before, count, after in (
        (ComponentType.line, FIRST_LINE, 0, n_lines, n_transformers),
        (ComponentType.transformer, FIRST_TRANSFORMER, n_lines, n_transformers, 0),
    ):
        data = initialize_array(DatasetType.update, component, count)
        data["id"] = first + np.arange(count)
        data["from_status"], data["to_status"] = 0, 0
        edges = [np.zeros(before), np.arange(count + 1), np.full(after, count)]
        update[component] = {"data": data, "indptr": np.concatenate(edges).astype(np.int64)}
    return update


def agrees_with_grid_model(case, answer, peer):
    """Return whether the same nodes are dead and the rest carries the same."""
    node, line = peer[ComponentType.node], peer[ComponentType.line]
    transformer = peer[ComponentType.transformer]
    live = node["energized"].astype(np.bool_)
    phasor = np.where(live, node["u_pu"] * np.exp(1j * node["u_angle"]), 0.0)
    rated_a = [
        [1e3 * row["sn_mva"] / (3**0.5 * row[key]) for row in case.tables["transformer"]]
        for key in ("vn_hv_kv", "vn_lv_kv")
    ]
    by_current = np.maximum(transformer["i_from"] / rated_a[0], transformer["i_to"] / rated_a[1])
    loading = np.concatenate([line["loading"], by_current], axis=1)
    from_kva, loss_kw = (
        1e-3 * np.concatenate([part(line), part(transformer)], axis=1)
        for part in (
            lambda table: table["p_from"] + 1j * table["q_from"],
            lambda table: table["p_from"] + table["p_to"],
        )
    )
    return bool(
        np.array_equal(answer.node_live.T, live)
        and np.abs(answer.voltage_pu.T - phasor).max() <= SAME_PU
        and np.abs(answer.loading.T - loading).max() <= SAME_RATIO
        and np.allclose(answer.from_kva.T, from_kva, rtol=SAME_RATIO, atol=0.1)
        and np.allclose(answer.loss_kw.T, loss_kw, rtol=1e-5, atol=0.1)
    )
