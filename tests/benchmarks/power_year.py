"""A year of the campus: voltages, loadings and losses at every hour, ours beside each peer's."""

import importlib.metadata
import json
import os
import subprocess
import sys

import numpy as np
from power_grid_model import ComponentType

from power.physics.network import assemble
from power.physics.system import solve_system, stream
from tests.benchmarks.campus import campus, grid_model_flow, timed
from tests.benchmarks.peers.environment import ONE_THREAD, ROOT, Peer
from tests.benchmarks.records import record
from tests.power.loadflow_cases import read

REPEATS = 5
SINGLE_REPEATS = 200
NAME = "power/year-campus"
SAME_PU = 1e-8
SAME_RATIO = 1e-6
SAME_AS_T_MODEL_PU = 1e-6
"""Between pi and T transformers."""
ENDS = ["p_from", "p_to"]
WANTED = {
    ComponentType.node: ["u_pu", "u_angle"],
    ComponentType.line: ["loading", *ENDS],
    ComponentType.transformer: ["i_from", "i_to", *ENDS],
}

MEMORY = """
import json
from power.physics.network import assemble
from tests.benchmarks.campus import campus
from tests.benchmarks.memory import resident_mb
from tests.benchmarks.power_year import ours
before = resident_mb()
case = campus()
ours(assemble(case.network), case.consumer_kw)
print(json.dumps(resident_mb(peak=True) - before))
"""


def year_campus():
    """One record for each peer."""
    memory_mb = peak_mb()
    return [
        *beside_grid_model(memory_mb),
        beside_lightsim(memory_mb),
        beside_pandapower(memory_mb),
    ]


def ours(topology, consumer_kw):
    """Return bus voltages, branch loading and loss at every hour, shapes (objects, steps)."""
    steps = consumer_kw.shape[1]
    n_branches = len(topology.grid.branches.ids)
    voltage = np.empty((topology.n_buses, steps), dtype=np.complex128)
    loading = np.empty((n_branches, steps), dtype=np.float64)
    loss_kw = np.empty((n_branches, steps), dtype=np.float64)
    for part, columns in stream(topology, consumer_kw):
        voltage[:, part] = columns.voltage_pu
        loading[:, part] = columns.branch_ratio
        loss_kw[:, part] = columns.branch_loss_kw
    return voltage, loading, loss_kw


def beside_grid_model(memory_mb):
    """The goal is against one thread; two are shown as well."""
    case = campus()
    topology, consumer_kw = assemble(case.network), case.consumer_kw
    model, update = case.grid_model(), case.load_update()
    ours_s, peer_s = [], {1: [], 2: []}
    for _ in range(REPEATS):
        answer, seconds = timed(ours, topology, consumer_kw)
        ours_s.append(seconds)
        for threads, times in peer_s.items():
            peer, seconds = grid_model_flow(model, update, WANTED, threads=threads)
            times.append(seconds)
    agrees = agrees_with_grid_model(case, topology, answer, peer)
    version = importlib.metadata.version("power-grid-model")
    for threads, ratio_min in ((1, 5.0), (2, None)):
        yield record(
            NAME,
            min(ours_s),
            ours_mb=memory_mb,
            peer=f"power-grid-model Newton, {threads} thread{'s' * (threads > 1)}",
            peer_version=version,
            peer_s=min(peer_s[threads]),
            agrees=agrees,
            ratio_min=ratio_min,
            mb_max=300.0,
        )


def agrees_with_grid_model(case, topology, answer, peer):
    """Return whether voltages, currents and losses are the same."""
    voltage, loading, loss_kw = answer
    voltage = voltage[topology.bus_of_node]
    node, line = peer[ComponentType.node], peer[ComponentType.line]
    transformer, n_lines = peer[ComponentType.transformer], len(case.tables["line"])
    far_pu = np.abs(np.abs(voltage).T - node["u_pu"]).max()
    turned = np.abs(np.angle(voltage).T - node["u_angle"]).max()
    rated_a = [
        [1e3 * row["sn_mva"] / (3**0.5 * row[key]) for row in case.tables["transformer"]]
        for key in ("vn_hv_kv", "vn_lv_kv")
    ]
    by_current = np.maximum(transformer["i_from"] / rated_a[0], transformer["i_to"] / rated_a[1])
    ratio = np.concatenate([line["loading"], by_current], axis=1)
    lost_kw = 1e-3 * np.concatenate(
        [part["p_from"] + part["p_to"] for part in (line, transformer)], axis=1
    )
    return bool(
        far_pu <= SAME_PU
        and turned <= SAME_PU
        and np.abs(loading.T - ratio).max() <= SAME_RATIO
        and np.allclose(loss_kw.T, lost_kw, rtol=SAME_RATIO, atol=1e-3)
        and loading.shape[0] == n_lines + transformer["i_from"].shape[1]
    )


def beside_lightsim(memory_mb):
    """On the variant it can represent; power-grid-model vouches for our answer there."""
    case = campus(equal_voltages=True)
    topology, consumer_kw = assemble(case.network), case.consumer_kw
    with Peer("pandapower", "lightsim2grid_year", case.tables, factor=case.factor) as peer:
        answer, ours_s, peer_s = alternate(peer, topology, consumer_kw)
        their = peer.answer()
    far_pu = np.abs(np.abs(answer[0][topology.bus_of_node]).T - their["voltage_pu"]).max()
    same, _ = grid_model_flow(case.grid_model(), case.load_update(), WANTED)
    return record(
        NAME,
        ours_s,
        ours_mb=memory_mb,
        peer="lightsim2grid, 1 thread",
        peer_version=peer.versions["lightsim2grid"],
        peer_s=peer_s,
        agrees=bool(far_pu <= SAME_AS_T_MODEL_PU)
        and agrees_with_grid_model(case, topology, answer, same),
        ratio_min=3.0,
        mb_max=300.0,
    )


def beside_pandapower(memory_mb):
    """Its time series with Numba, recycling and results read in one go."""
    case = campus()
    topology, consumer_kw = assemble(case.network), case.consumer_kw
    with Peer("pandapower", "pandapower_year", case.tables, factor=case.factor) as peer:
        answer, ours_s, peer_s = alternate(peer, topology, consumer_kw, repeats=2)
        their = peer.answer()
    far_pu = np.abs(np.abs(answer[0][topology.bus_of_node]).T - their["voltage_pu"]).max()
    n_lines = len(case.tables["line"])
    off = np.abs(answer[1][:n_lines].T - their["line_ratio"]).max()
    return record(
        NAME,
        ours_s,
        ours_mb=memory_mb,
        peer="pandapower run_timeseries",
        peer_version=f"{peer.versions['pandapower']}, numba {peer.versions['numba']}",
        peer_s=peer_s,
        agrees=bool(far_pu <= SAME_PU and off <= SAME_RATIO),
        ratio_min=30.0,
        mb_max=300.0,
    )


def alternate(peer, topology, consumer_kw, *, repeats=REPEATS):
    """Return our answer and the shortest times of ours and of the peer, run in turns."""
    ours_s, peer_s = [], []
    for _ in range(repeats):
        answer, seconds = timed(ours, topology, consumer_kw)
        ours_s.append(seconds)
        peer_s.append(peer.run())
    return answer, min(ours_s), min(peer_s)


def peak_mb():
    """Return the peak of a process of its own above its imports, inputs and answers included."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY],
        cwd=ROOT,
        env={**os.environ, **ONE_THREAD},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def single_solve():
    """From the document of the campus to its answer, matrix and factors included."""
    case, times = campus(steps=1), []
    for _ in range(SINGLE_REPEATS):
        flow, seconds = timed(solve_system, case.network, case.rated_kw[:, np.newaxis])
        times.append(seconds)
    lost_mw = 1e-3 * (flow.line_loss_kw[0] + flow.transformer_loss_kw[0])
    wanted_mw = read("loadflow/campus_full")["results"][0]["summary"]["losses_mw"]
    return record(
        "power/single-solve",
        min(times),
        agrees=bool(abs(lost_mw - wanted_mw) <= SAME_RATIO * wanted_mw),
        s_max=0.010,
    )
