"""What every object carries in one state, and the worst of several states."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.physics.admittance import KVA_PER_PU
from power.physics.flows import Columns
from power.physics.grid import Grid
from power.physics.service import Service
from power.physics.switching import DEAD

NORMAL = "normal"
SAME_RATIO = 1e-9
"""Loads closer than this are equal: two states that differ in name only."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Load of all objects of one kind, shapes (objects, states) or (objects,).

    ``ratio`` is 0 where there is no rating.
    """

    kw: FloatArray
    kva: FloatArray
    current_a: FloatArray
    ratio: FloatArray
    live: BoolArray

    def at(self, column: IntArray) -> "Snapshot":
        """Return one column for each object, its own; shapes (objects,)."""
        row = np.arange(column.size)
        return Snapshot(
            kw=self.kw[row, column],
            kva=self.kva[row, column],
            current_a=self.current_a[row, column],
            ratio=self.ratio[row, column],
            live=self.live[row, column],
        )

    def of_columns(self, columns: IntArray) -> "Snapshot":
        """Return some of the states."""
        if columns.size == self.live.shape[1]:
            return self
        return Snapshot(
            kw=self.kw[:, columns],
            kva=self.kva[:, columns],
            current_a=self.current_a[:, columns],
            ratio=self.ratio[:, columns],
            live=self.live[:, columns],
        )


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Loads of all kinds of objects in the same states."""

    branches: Snapshot
    switches: Snapshot
    conversions: Snapshot
    sources: Snapshot
    feeds: Snapshot
    transfers: Snapshot
    nodes: Snapshot

    def by_kind(self) -> tuple[Snapshot, ...]:
        """Return the kinds in the order in which the class names them."""
        return (
            self.branches,
            self.switches,
            self.conversions,
            self.sources,
            self.feeds,
            self.transfers,
            self.nodes,
        )


@dataclass(frozen=True, slots=True)
class Loading:
    """Normal and failover load of all objects of one kind.

    ``kw`` of a branch is that into its from-end, ``a`` the current there, ``kva`` and ``ratio``
    the larger of both ends. The ratio is to the rating: current for branches, switches, feeds and
    nodes, the worse of kW and kVA for conversions and sources; 0 where none is given. A node
    carries what passes through it, without a direction, so its ``kw`` is 0.
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
    """Gathers the worst of several states for the objects of one kind.

    Of states that load an object alike within rounding the one with the lowest number counts.
    """

    def __init__(self, ids: tuple[str, ...], has_rating: BoolArray) -> None:
        self._ids = ids
        self._has_rating = has_rating
        zero = np.zeros(len(ids))
        self._load = Snapshot(zero, zero, zero, zero, np.zeros(len(ids), dtype=np.bool_))
        self._state: IntArray = np.zeros(len(ids), dtype=np.int64)

    def take(self, snapshot: Snapshot, *, states: IntArray) -> None:
        """Keep the load of every object that carries more in one of these states than before.

        Parameters
        ----------
        snapshot : Snapshot
            Shapes (objects, states).
        states : ndarray of int, shape (states,)
            Their numbers, rising and above 0.
        """
        if not (self._ids and states.size):
            return
        measure = np.where(self._has_rating[:, np.newaxis], snapshot.ratio, snapshot.current_a)
        column = first_of_highest(measure, snapshot.live)
        worst = snapshot.at(column)
        state, before = states[column], self._load
        new = np.where(self._has_rating, worst.ratio, worst.current_a)
        old = np.where(self._has_rating, before.ratio, before.current_a)
        more = (new > (1.0 + SAME_RATIO) * old) | ~before.live
        tied = (new >= (1.0 - SAME_RATIO) * old) & (state < self._state)
        better = worst.live & (more | tied)
        self._put(worst, better)
        self._state = np.where(better, state, self._state)

    def finish(self, normal: Snapshot, names: Sequence[str]) -> Loading:
        """Return the table; what no outage left in service keeps its load in the one column."""
        own = normal.at(np.zeros(len(self._ids), dtype=np.int64))
        self._put(own, self._state == 0)
        worst = self._load
        return Loading(
            ids=self._ids,
            has_rating=self._has_rating,
            normal_live=own.live,
            normal_kw=own.kw,
            normal_kva=own.kva,
            normal_a=own.current_a,
            normal_ratio=own.ratio,
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


def first_of_highest(values: FloatArray, live: BoolArray) -> IntArray:
    """Return for every row the first column that is highest but for rounding, dead ones aside.

    Values are not negative; a row without a live column gives 0.
    """
    counted = np.where(live, values, -1.0)
    highest = counted.max(axis=1, keepdims=True)
    return np.asarray(np.argmax(counted >= highest - SAME_RATIO * np.abs(highest), axis=1))


def rated_kinds(grid: Grid) -> tuple[tuple[tuple[str, ...], BoolArray], ...]:
    """Return names of the objects of every kind and whether they have a rating."""
    sources = grid.sources
    return (
        (grid.branches.ids, grid.branches.has_rating),
        (grid.switches.ids, grid.switches.rating_a > 0),
        (grid.conversions.ids, np.ones(len(grid.conversions.ids), dtype=np.bool_)),
        (sources.ids, (sources.contract_kw > 0) | (sources.contract_kva > 0)),
        (grid.feeds.ids, grid.feeds.limit_a > 0),
        (grid.transfers.ids, grid.transfers.rating_a > 0),
        rated_nodes(grid),
    )


def rated_nodes(grid: Grid) -> tuple[tuple[str, ...], BoolArray]:
    """Return the names of the nodes that have a rating, and that they have one."""
    rated = np.flatnonzero(grid.node_rating_a > 0)
    return tuple(grid.node_ids[i] for i in rated), np.ones(rated.size, dtype=np.bool_)


def hardest_of(
    loads: Snapshots, kinds: Sequence[tuple[tuple[str, ...], BoolArray]]
) -> list[tuple[float, str, int]]:
    """Return, for every state, the highest load over rating, the object and its kind's place.

    Parameters
    ----------
    loads : Snapshots
        Shapes (objects, states).
    kinds : sequence of (names, counts)
        By kind in the order of `Snapshots`, which objects count; see `rated_kinds`.
    """
    worst = [(0.0, "", 0)] * loads.branches.live.shape[1]
    for kind, (snapshot, (ids, counts)) in enumerate(zip(loads.by_kind(), kinds, strict=True)):
        if not ids:
            continue
        ratio = np.where(snapshot.live & counts[:, np.newaxis], snapshot.ratio, 0.0)
        number = np.argmax(ratio, axis=0)
        peak = ratio[number, np.arange(number.size)].tolist()
        for state, (value, i) in enumerate(zip(peak, number.tolist(), strict=True)):
            if value > worst[state][0]:
                worst[state] = (value, ids[i], kind)
    return worst


def snapshots_of(service: Service, columns: Columns, power_kw: FloatArray) -> Snapshots:
    """Return the loads in every column; ``power_kw`` is the power of each consumer."""
    voltage = np.abs(columns.voltage_pu)
    return Snapshots(
        branches=_branches(service, columns),
        switches=_switches(service, columns),
        conversions=_conversions(service, columns, voltage),
        sources=_sources(service, columns, voltage),
        feeds=_feeds(service, voltage, power_kw),
        transfers=_transfers(service, columns),
        nodes=_nodes(service, columns, voltage),
    )


def _over(load: FloatArray, rating: FloatArray) -> FloatArray:
    """Return load over rating (objects, columns), 0 where there is no rating."""
    factor = np.divide(1.0, rating, out=np.zeros(rating.size), where=rating > 0)
    return load * factor[:, np.newaxis]


def _ampere(
    kva: FloatArray, voltage: FloatArray, base_a: FloatArray, live: BoolArray
) -> FloatArray:
    current_pu = np.divide(kva, voltage, out=np.zeros_like(kva), where=live)
    return current_pu * (base_a / KVA_PER_PU)[:, np.newaxis]


def _branches(service: Service, columns: Columns) -> Snapshot:
    base_a = service.topology.grid.branches.from_base_a
    return Snapshot(
        kw=columns.branch_from_kva.real,
        kva=np.maximum(columns.branch_from_abs_kva, columns.branch_to_abs_kva),
        current_a=columns.branch_from_pu * base_a[:, np.newaxis],
        ratio=columns.branch_ratio,
        live=service.branch_live,
    )


def _switches(service: Service, columns: Columns) -> Snapshot:
    switches = service.topology.grid.switches
    return _closed(
        service,
        columns,
        (switches.from_node, columns.switch_pu[: len(switches.ids)]),
        rating_a=switches.rating_a,
        live=service.switch_live,
    )


def _transfers(service: Service, columns: Columns) -> Snapshot:
    grid = service.topology.grid
    output = grid.transfers.output_node
    return _closed(
        service,
        columns,
        (output, columns.switch_pu[len(grid.switches.ids) :]),
        rating_a=grid.transfers.rating_a,
        live=(service.transfer_position != DEAD) & service.node_live[output],
    )


def _closed(
    service: Service,
    columns: Columns,
    flow: tuple[IntArray, ComplexArray],
    *,
    rating_a: FloatArray,
    live: BoolArray,
) -> Snapshot:
    """Return what passes closed switches: the node at one side of each and the current."""
    grid, bus = service.topology.grid, service.topology.bus_of_node
    node, current = flow
    power = columns.voltage_pu[bus[node]] * np.conj(current) * KVA_PER_PU
    current_a = np.abs(current) * grid.node_base_a[node][:, np.newaxis]
    return Snapshot(
        kw=power.real,
        kva=np.abs(power),
        current_a=current_a,
        ratio=_over(current_a, rating_a),
        live=live,
    )


def _nodes(service: Service, columns: Columns, voltage: FloatArray) -> Snapshot:
    grid = service.topology.grid
    rated = np.flatnonzero(grid.node_rating_a > 0)
    current_a = columns.node_pu * grid.node_base_a[rated][:, np.newaxis]
    return Snapshot(
        kw=np.zeros_like(current_a),
        kva=columns.node_pu * voltage[service.topology.bus_of_node[rated]] * KVA_PER_PU,
        current_a=current_a,
        ratio=_over(current_a, grid.node_rating_a[rated]),
        live=service.node_live[rated],
    )


def _conversions(service: Service, columns: Columns, voltage: FloatArray) -> Snapshot:
    grid, bus = service.topology.grid, service.topology.bus_of_node
    table, power, live = grid.conversions, columns.conversion_kva, service.conversion_live
    node, kva = table.output_node, np.abs(columns.conversion_kva)
    return Snapshot(
        kw=power.real,
        kva=kva,
        current_a=_ampere(kva, voltage[bus[node]], grid.node_base_a[node], live),
        ratio=np.maximum(_over(power.real, table.rating_kw), _over(kva, table.rating_kva)),
        live=live,
    )


def _sources(service: Service, columns: Columns, voltage: FloatArray) -> Snapshot:
    grid, bus = service.topology.grid, service.topology.bus_of_node
    table, power, live = grid.sources, columns.source_kva, service.source_live
    kva = np.abs(power)
    return Snapshot(
        kw=power.real,
        kva=kva,
        current_a=_ampere(kva, voltage[bus[table.node]], grid.node_base_a[table.node], live),
        ratio=np.maximum(_over(power.real, table.contract_kw), _over(kva, table.contract_kva)),
        live=live,
    )


def _feeds(service: Service, voltage: FloatArray, power_kw: FloatArray) -> Snapshot:
    grid, bus = service.topology.grid, service.topology.bus_of_node
    table, live = grid.feeds, service.feed_share > 0
    kw = service.feed_share * power_kw[table.consumer][:, np.newaxis]
    kva = kw * np.sqrt(1.0 + table.tan**2)[:, np.newaxis]
    # A feed of one or two phases carries its power in fewer conductors, each at more current.
    base_a = grid.node_base_a[table.node] * table.conductor_ratio
    current_a = _ampere(kva, voltage[bus[table.node]], base_a, live)
    return Snapshot(
        kw=kw,
        kva=kva,
        current_a=current_a,
        ratio=_over(current_a, table.limit_a),
        live=live,
    )
