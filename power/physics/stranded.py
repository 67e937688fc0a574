"""Stranded power: what an object could still carry by itself but nothing above it can deliver."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray, IntArray, as_float
from facility.kernel.units import SQRT_3
from power.physics.admittance import KVA_PER_PU
from power.physics.contingency import FailoverTable
from power.physics.documents import NetworkInput
from power.physics.grid import Grid, build_grid
from power.physics.loading import Loading
from power.physics.network import Topology, connect
from power.physics.paths import KINDS, SupplyPaths, supply_paths
from power.physics.switching import transfer_inputs

State = Literal["normal", "failover"]


@dataclass(frozen=True, slots=True)
class Stranding:
    """Headroom of rated objects in one state, by itself and as far as others allow. [kW].

    ``own_kw`` is negative where the rating is exceeded. ``possible_kw`` is the most that all
    other limits on the way from the grid let through to the object, infinite where none of them
    has a rating. ``stranded_kw`` is what is left of the own headroom beyond it; it is not
    additive over siblings. ``binding`` names what holds it back, empty where nothing is stranded.
    What is dead in normal operation has no headroom.
    """

    kinds: tuple[str, ...]
    ids: tuple[str, ...]
    own_kw: FloatArray
    possible_kw: FloatArray
    stranded_kw: FloatArray
    binding: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class StrandedPower:
    """Stranded power with the loads of normal operation, and with those of the worst outages."""

    normal: Stranding
    failover: Stranding


def stranded(
    network: NetworkInput,
    table: FailoverTable,
    *,
    stage: int = 0,
    power_factor: float = 1.0,
) -> StrandedPower:
    """Return the stranded power of every object with a rating.

    Parameters
    ----------
    network : NetworkInput
        The whole site, valid.
    table : FailoverTable
        Its loads at the stage, see `power.physics.contingency.failover`.
    stage : int
        Number of the stage of the plan.
    power_factor : float
        Of the load that would be added.

    Notes
    -----
    Own headroom less the smallest headroom above it: linear, without losses, voltage drop and
    the partner of a redundant feed, which the headroom by load flow counts. Parallel objects
    above add up. Failover takes every object in its own worst outage; two of these need not come
    together, so what is possible errs downwards.
    """
    as_float("power_factor", power_factor, minimum=0.01, maximum=1.0)
    grid = build_grid(network, stage=stage)
    topology = connect(grid)
    return StrandedPower(
        *(_state(topology, table, state, power_factor) for state in ("normal", "failover"))
    )


def _state(
    topology: Topology, table: FailoverTable, state: State, power_factor: float
) -> Stranding:
    grid = topology.grid
    own = _headrooms(grid, table, state, power_factor)
    # An object that is overloaded lets nothing more through.
    paths = supply_paths(topology, {kind: np.maximum(own[kind], 0.0) for kind in KINDS})
    rows = _Rows([], [], [], [], [])
    live = _live(table)
    vertex = 1
    for kind, ids in zip(KINDS, _ids(grid), strict=True):
        from_normal = _supply_end(topology, table, kind)
        for i, name in enumerate(ids):
            if np.isfinite(own[kind][i]):
                works = bool(topology.node_live[i]) if kind == "node" else bool(live[kind][i])
                headroom = float(own[kind][i]) if works else 0.0
                rows.add(paths, (kind, name), headroom, (vertex + i, int(from_normal[i])))
        vertex += len(ids)
    feeds, limits = grid.feeds, _feed_headroom(grid, table.feeds, state, power_factor)
    for i, name in enumerate(feeds.ids):
        if np.isfinite(limits[i]):
            headroom = float(limits[i]) if table.feeds.normal_live[i] else 0.0
            rows.add(paths, ("feed", name), headroom, (None, int(feeds.node[i])))
    return rows.finish()


@dataclass(frozen=True, slots=True)
class _Rows:
    kinds: list[str]
    ids: list[str]
    own: list[float]
    possible: list[float]
    binding: list[tuple[str, ...]]

    def add(
        self,
        paths: SupplyPaths,
        who: tuple[str, str],
        own_kw: float,
        place: tuple[int | None, int],
    ) -> None:
        """Add an object, its number among those of the paths, and the node that supplies it."""
        kind, name = who
        vertex, node = place
        if kind == "node":
            passing = paths.before_node(node)
        elif vertex is None:
            passing = paths.to_node(node)
        else:
            passing = paths.before(vertex, node)
        is_source = kind == "source"
        self.kinds.append(kind)
        self.ids.append(name)
        self.own.append(own_kw)
        self.possible.append(np.inf if is_source else passing.limit)
        self.binding.append(() if is_source else passing.binding)

    def finish(self) -> Stranding:
        """Return the rows as arrays."""
        own, possible = np.array(self.own), np.array(self.possible)
        left = np.maximum(np.maximum(own, 0.0) - possible, 0.0)
        return Stranding(
            kinds=tuple(self.kinds),
            ids=tuple(self.ids),
            own_kw=own,
            possible_kw=possible,
            stranded_kw=left,
            binding=tuple(
                names if more > 0 else ()
                for names, more in zip(self.binding, left.tolist(), strict=True)
            ),
        )


def _headrooms(
    grid: Grid, table: FailoverTable, state: State, power_factor: float
) -> dict[str, FloatArray]:
    """Return rating less load by kind, infinite where there is no rating. [kW]."""
    kva_per_a = KVA_PER_PU / grid.node_base_a
    node_rating = grid.node_rating_a * kva_per_a
    node_ratio = np.zeros(node_rating.size)
    node_ratio[node_rating > 0] = _part(table.nodes, state, "ratio")
    by_current = {
        "node": (node_rating, node_ratio),
        "branch": (
            np.where(grid.branches.has_rating, grid.branches.rating_kva, 0.0),
            _part(table.branches, state, "ratio"),
        ),
        "switch": (
            grid.switches.rating_a * kva_per_a[grid.switches.from_node],
            _part(table.switches, state, "ratio"),
        ),
        "transfer": (
            grid.transfers.rating_a * kva_per_a[grid.transfers.output_node],
            _part(table.transfers, state, "ratio"),
        ),
    }
    found = {
        kind: np.where(rating > 0, rating * (1.0 - ratio) * power_factor, np.inf)
        for kind, (rating, ratio) in by_current.items()
    }
    sources, conversions = grid.sources, grid.conversions
    found["source"] = _by_power(
        (sources.contract_kw, sources.contract_kva), table.sources, state, power_factor
    )
    found["conversion"] = _by_power(
        (conversions.rating_kw, conversions.rating_kva), table.conversions, state, power_factor
    )
    return found


def _by_power(
    ratings: tuple[FloatArray, FloatArray], loading: Loading, state: State, power_factor: float
) -> FloatArray:
    """Return the lower of what is left in kW and in kVA; 0 is no rating."""
    active, apparent = ratings
    by_kw = np.where(active > 0, active - _part(loading, state, "kw"), np.inf)
    left_kva = (apparent - _part(loading, state, "kva")) * power_factor
    return np.minimum(by_kw, np.where(apparent > 0, left_kva, np.inf))


def _part(loading: Loading, state: State, what: Literal["kw", "kva", "ratio"]) -> FloatArray:
    found: FloatArray = getattr(loading, f"{state}_{what}")
    return found


def _feed_headroom(grid: Grid, loading: Loading, state: State, power_factor: float) -> FloatArray:
    """Return breaker less load at nominal voltage, infinite where no breaker is stated. [kW]."""
    feeds, is_dc = grid.feeds, grid.node_is_dc[grid.feeds.node]
    conductors = [len(feed.phases) for consumer in grid.consumers for feed in consumer.feeds]
    part = np.array([{2: 1.0 / 3.0, 4: 1.0 / SQRT_3, 6: 1.0}[count] for count in conductors])
    rating = feeds.limit_a * KVA_PER_PU / grid.node_base_a[feeds.node] * np.where(is_dc, 1.0, part)
    left = (rating - _part(loading, state, "kva")) * np.where(is_dc, 1.0, power_factor)
    return np.where(rating > 0, left, np.inf)


def _live(table: FailoverTable) -> dict[str, BoolArray]:
    return {
        "branch": table.branches.normal_live,
        "switch": table.switches.normal_live,
        "source": table.sources.normal_live,
        "conversion": table.conversions.normal_live,
        "transfer": table.transfers.normal_live,
    }


def _supply_end(topology: Topology, table: FailoverTable, kind: str) -> IntArray:
    """Return the node from which every object of a kind takes its power in normal operation."""
    grid = topology.grid
    if kind == "branch":
        return _by_flow(grid.branches.from_node, grid.branches.to_node, table.branches)
    if kind == "switch":
        return _by_flow(grid.switches.from_node, grid.switches.to_node, table.switches)
    return {
        "node": np.arange(len(grid.node_ids)),
        "source": grid.sources.node,
        "conversion": grid.conversions.input_node,
        "transfer": transfer_inputs(grid, topology.transfer_position),
    }[kind]


def _by_flow(start: IntArray, end: IntArray, loading: Loading) -> IntArray:
    return np.where(loading.normal_kw >= 0, start, end)


def _ids(grid: Grid) -> tuple[tuple[str, ...], ...]:
    return (
        *(grid.node_ids, grid.branches.ids, grid.switches.ids),
        *(grid.sources.ids, grid.conversions.ids, grid.transfers.ids),
    )
