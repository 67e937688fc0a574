"""What every object carries in one state, and the worst of several states."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray, IntArray
from power.physics.admittance import KVA_PER_PU
from power.physics.columns import Columns
from power.physics.grid import Grid
from power.physics.network import Topology

NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Load of all objects of one kind in one state; ``ratio`` is 0 where there is no rating."""

    kw: FloatArray
    kva: FloatArray
    current_a: FloatArray
    ratio: FloatArray
    live: BoolArray


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Loads of all kinds of objects in one state."""

    branches: Snapshot
    switches: Snapshot
    conversions: Snapshot
    sources: Snapshot
    feeds: Snapshot

    def by_kind(self) -> tuple[Snapshot, ...]:
        """Return the kinds in the order in which the class names them."""
        return (self.branches, self.switches, self.conversions, self.sources, self.feeds)


@dataclass(frozen=True, slots=True)
class Loading:
    """Normal and failover load of all objects of one kind.

    ``kw`` of a branch is that into its from-end, ``a`` the current there, ``kva`` and ``ratio``
    the larger of both ends. The ratio is to the rating: current for branches, switches and feeds,
    the worse of kW and kVA for conversions and sources; 0 where none is given.
    ``failover_state`` is "normal" where no outage leaves the object in service.
    """

    ids: tuple[str, ...]
    has_rating: BoolArray
    normal_live: BoolArray
    normal_kw: FloatArray
    normal_kva: FloatArray
    normal_a: FloatArray
    normal_ratio: FloatArray
    failover_kw: FloatArray
    failover_kva: FloatArray
    failover_a: FloatArray
    failover_ratio: FloatArray
    failover_state: tuple[str, ...]


class Worst:
    """Gathers the worst of several states for the objects of one kind."""

    def __init__(self, ids: tuple[str, ...], has_rating: BoolArray) -> None:
        self._ids = ids
        self._has_rating = has_rating
        n = len(ids)
        zero = np.zeros(n)
        self._load = Snapshot(zero, zero, zero, zero, np.zeros(n, dtype=np.bool_))
        self._state: IntArray = np.zeros(n, dtype=np.int64)

    def take(self, snapshot: Snapshot, *, state: int) -> None:
        """Keep the load of every object that carries more in this state than before."""
        more = np.where(
            self._has_rating,
            snapshot.ratio > self._load.ratio,
            snapshot.current_a > self._load.current_a,
        )
        self._put(snapshot, snapshot.live & (more | ~self._load.live))
        self._state = np.where(snapshot.live & (more | (self._state == 0)), state, self._state)

    def finish(self, normal: Snapshot, names: Sequence[str]) -> Loading:
        """Return the table; what no outage left in service keeps its normal load."""
        self._put(normal, self._state == 0)
        worst = self._load
        return Loading(
            ids=self._ids,
            has_rating=self._has_rating,
            normal_live=normal.live,
            normal_kw=normal.kw,
            normal_kva=normal.kva,
            normal_a=normal.current_a,
            normal_ratio=normal.ratio,
            failover_kw=worst.kw,
            failover_kva=worst.kva,
            failover_a=worst.current_a,
            failover_ratio=worst.ratio,
            failover_state=tuple(names[i] for i in self._state),
        )

    def _put(self, snapshot: Snapshot, where: BoolArray) -> None:
        before = self._load
        self._load = Snapshot(
            kw=np.where(where, snapshot.kw, before.kw),
            kva=np.where(where, snapshot.kva, before.kva),
            current_a=np.where(where, snapshot.current_a, before.current_a),
            ratio=np.where(where, snapshot.ratio, before.ratio),
            live=before.live | where,
        )


def rated_kinds(grid: Grid) -> tuple[tuple[tuple[str, ...], BoolArray], ...]:
    """Return names of the objects of every kind and whether they have a rating."""
    sources = grid.sources
    return (
        (grid.branches.ids, np.ones(len(grid.branches.ids), dtype=np.bool_)),
        (grid.switches.ids, grid.switches.rating_a > 0),
        (grid.conversions.ids, np.ones(len(grid.conversions.ids), dtype=np.bool_)),
        (sources.ids, (sources.contract_kw > 0) | (sources.contract_kva > 0)),
        (grid.feeds.ids, grid.feeds.limit_a > 0),
    )


def snapshots_of(topology: Topology, columns: Columns, power_kw: FloatArray) -> Snapshots:
    """Return the loads of the first column; ``power_kw`` is the power of each consumer."""
    return Snapshots(
        branches=_branches(topology, columns),
        switches=_switches(topology, columns),
        conversions=_conversions(topology, columns),
        sources=_sources(topology, columns),
        feeds=_feeds(topology, columns, power_kw),
    )


def _over(load: FloatArray, rating: FloatArray) -> FloatArray:
    return np.divide(load, rating, out=np.zeros(load.size), where=rating > 0)


def _branches(topology: Topology, columns: Columns) -> Snapshot:
    return Snapshot(
        kw=columns.branch_from_kva[:, 0].real,
        kva=np.maximum(columns.branch_from_abs_kva, columns.branch_to_abs_kva)[:, 0],
        current_a=columns.branch_from_pu[:, 0] * topology.grid.branches.from_base_a,
        ratio=columns.branch_ratio[:, 0],
        live=topology.branch_live,
    )


def _switches(topology: Topology, columns: Columns) -> Snapshot:
    grid = topology.grid
    node = grid.switches.from_node
    current = columns.switch_pu[:, 0]
    power = columns.voltage_pu[topology.bus_of_node[node], 0] * np.conj(current) * KVA_PER_PU
    current_a = np.abs(current) * grid.node_base_a[node]
    return Snapshot(
        kw=power.real,
        kva=np.abs(power),
        current_a=current_a,
        ratio=_over(current_a, grid.switches.rating_a),
        live=topology.switch_live,
    )


def _conversions(topology: Topology, columns: Columns) -> Snapshot:
    table, grid = topology.grid.conversions, topology.grid
    power = columns.conversion_kva[:, 0]
    voltage = np.abs(columns.voltage_pu[topology.bus_of_node[table.output_node], 0])
    live = topology.conversion_live
    current_pu = np.divide(
        np.abs(power) / KVA_PER_PU, voltage, out=np.zeros(power.size), where=live
    )
    return Snapshot(
        kw=power.real,
        kva=np.abs(power),
        current_a=current_pu * grid.node_base_a[table.output_node],
        ratio=np.maximum(power.real / table.rating_kw, np.abs(power) / table.rating_kva),
        live=live,
    )


def _sources(topology: Topology, columns: Columns) -> Snapshot:
    table, grid = topology.grid.sources, topology.grid
    power = columns.source_kva[:, 0]
    voltage = np.abs(columns.voltage_pu[topology.bus_of_node[table.node], 0])
    live = topology.source_live
    current_pu = np.divide(
        np.abs(power) / KVA_PER_PU, voltage, out=np.zeros(power.size), where=live
    )
    return Snapshot(
        kw=power.real,
        kva=np.abs(power),
        current_a=current_pu * grid.node_base_a[table.node],
        ratio=np.maximum(
            _over(power.real, table.contract_kw), _over(np.abs(power), table.contract_kva)
        ),
        live=live,
    )


def _feeds(topology: Topology, columns: Columns, power_kw: FloatArray) -> Snapshot:
    table, grid = topology.grid.feeds, topology.grid
    kw = topology.feed_share * power_kw[table.consumer]
    kva = kw * np.sqrt(1.0 + table.tan**2)
    voltage = np.abs(columns.voltage_pu[topology.bus_of_node[table.node], 0])
    live = topology.feed_share > 0
    current_pu = np.divide(kva / KVA_PER_PU, voltage, out=np.zeros(kw.size), where=live)
    current_a = current_pu * grid.node_base_a[table.node]
    return Snapshot(
        kw=kw,
        kva=kva,
        current_a=current_a,
        ratio=_over(current_a, table.limit_a),
        live=live,
    )
