"""Transformers that move their taps under load: where they stand and which way they move."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from facility.kernel.checks import FloatArray, IntArray
from power.physics.admittance import branch_pi, shift_deg
from power.physics.documents import Transformer
from power.physics.grid import Grid


@dataclass(frozen=True, slots=True)
class Regulators:
    """Regulated transformers as arrays, in the order of the branches.

    ``direction`` is by which sign a step up moves the voltage; ``depth`` is how many objects lie
    between the grid connections and the transformer.
    """

    branch: IntArray
    node: IntArray
    target_pu: FloatArray
    half_band_pu: FloatArray
    step_ratio: FloatArray
    direction: IntArray
    position: IntArray
    lowest: IntArray
    highest: IntArray
    depth: FloatArray


def regulators_of(grid: Grid) -> Regulators:
    """Return the regulated transformers of a checked grid."""
    found = [(i, b, b.regulator) for i, b in _transformers(grid).items()]
    items = [(i, b, r) for i, b, r in found if r is not None]
    number = {name: i for i, name in enumerate(grid.node_ids)}
    node = np.array([number[r.node] for _, _, r in items], dtype=np.int64)
    branch = np.array([i for i, _, _ in items], dtype=np.int64)
    count = len(grid.node_ids)
    steps: csr_array[np.float64] = _steps(grid) if items else csr_array((count, count))
    depth = _hops(steps, grid.sources.node)[0] if items else np.zeros(count)
    start, end = grid.branches.from_node[branch], grid.branches.to_node[branch]
    return Regulators(
        branch=branch,
        node=node,
        target_pu=np.array([r.target_pu for _, _, r in items], dtype=np.float64),
        half_band_pu=np.array([r.half_band_pu for _, _, r in items], dtype=np.float64),
        step_ratio=np.array([b.tap_step_ratio for _, b, _ in items], dtype=np.float64),
        direction=_directions(steps, node, (start, end), tuple(b for _, b, _ in items)),
        position=np.array([b.tap_position for _, b, _ in items], dtype=np.int64),
        lowest=np.array([_limit(b.tap_min, b) for _, b, _ in items], dtype=np.int64),
        highest=np.array([_limit(b.tap_max, b) for _, b, _ in items], dtype=np.int64),
        depth=np.minimum(depth[start], depth[end]),
    )


def tap_positions(grid: Grid) -> IntArray:
    """Return the tap of every branch as the document states it; 0 where it has none."""
    taps = np.zeros(len(grid.branches.ids), dtype=np.int64)
    for number, item in _transformers(grid).items():
        taps[number] = item.tap_position
    return taps


def with_taps(grid: Grid, branch: IntArray, position: IntArray) -> Grid:
    """Return the grid with some transformers at other taps.

    Parameters
    ----------
    grid : Grid
        At one stage; not changed.
    branch : ndarray of int, shape (transformers,)
        Which branches.
    position : ndarray of int, shape (transformers,)
        Where they stand.
    """
    network = grid.network
    nodes = {node.id: node for node in network.nodes if node.is_present(grid.stage)}
    items = _transformers(grid)
    table = grid.branches
    parts = np.stack([table.from_from, table.from_to, table.to_from, table.to_to])
    shift_rad = table.shift_rad.copy()
    changed: dict[str, int] = {}
    for number, tap in zip(branch.tolist(), position.tolist(), strict=True):
        item = items.get(number)
        if item is None:
            raise ValueError(f"branch {table.ids[number]!r} has no taps")
        changed[item.id] = tap
        moved = item.model_copy(update={"tap_position": tap})
        ends = nodes[moved.hv_node], nodes[moved.lv_node]
        pi = branch_pi(moved, *ends, frequency_hz=network.frequency_hz)
        parts[:, number] = pi.from_from, pi.from_to, pi.to_from, pi.to_to
        shift_rad[number] = np.deg2rad(shift_deg(moved))
    branches = tuple(
        item.model_copy(update={"tap_position": changed[item.id]})
        if isinstance(item, Transformer) and item.id in changed and item.is_present(grid.stage)
        else item
        for item in network.branches
    )
    return replace(
        grid,
        network=network.model_copy(update={"branches": branches}),
        branches=replace(
            table,
            from_from=parts[0],
            from_to=parts[1],
            to_from=parts[2],
            to_to=parts[3],
            shift_rad=shift_rad,
        ),
    )


def _transformers(grid: Grid) -> dict[int, Transformer]:
    """Return the transformers of the grid by their number among the branches."""
    present = [item for item in grid.network.branches if item.is_present(grid.stage)]
    numbers = np.flatnonzero(grid.branches.is_transformer).tolist()
    items = ((number, present[number]) for number in numbers)
    return {number: item for number, item in items if isinstance(item, Transformer)}


def _limit(stated: int | None, transformer: Transformer) -> int:
    """Return a limit of the taps; without one the tap stays where it is."""
    return transformer.tap_position if stated is None else stated


def _steps(grid: Grid) -> csr_array[np.float64]:
    """Return what is next to what, everything closed: nodes by nodes."""
    tables = (grid.branches, grid.switches)
    first = [item.from_node for item in tables] + [
        grid.conversions.input_node,
        grid.transfers.preferred_node,
        grid.transfers.alternate_node,
    ]
    second = [item.to_node for item in tables] + [
        grid.conversions.output_node,
        grid.transfers.output_node,
        grid.transfers.output_node,
    ]
    pairs = (np.concatenate(first), np.concatenate(second))
    size = len(grid.node_ids)
    return csr_array(coo_array((np.ones(pairs[0].size), pairs), shape=(size, size)))


def _hops(steps: csr_array[np.float64], start: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return how many objects lie between each node and the nearest start, and from each start."""
    each = dijkstra(steps, directed=False, unweighted=True, indices=start)
    each = np.asarray(each, dtype=np.float64).reshape(start.size, -1)
    return each.min(axis=0, initial=np.inf), each


def _directions(
    steps: csr_array[np.float64],
    node: IntArray,
    ends: tuple[IntArray, IntArray],
    transformers: tuple[Transformer, ...],
) -> IntArray:
    """Return the sign by which a step up moves the voltage: more turns on its own side raise it."""
    if not transformers:
        return np.zeros(0, dtype=np.int64)
    each, row = _hops(steps, node)[1], np.arange(node.size)
    near_hv = each[row, ends[0]] < each[row, ends[1]]
    at_hv = np.array([item.tap_side == "hv" for item in transformers], dtype=np.bool_)
    return np.where(near_hv == at_hv, 1, -1)
