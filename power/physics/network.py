"""What is connected to what: merged nodes, live islands and the order in which to solve them."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csc_array
from scipy.sparse.csgraph import connected_components

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from facility.kernel.errors import InputError
from power.physics.documents import NetworkInput
from power.physics.grid import Grid, build_grid
from power.physics.validation import check

SparseComplex = csc_array[np.complex128]


@dataclass(frozen=True, slots=True)
class Level:
    """All live islands with one conversion level; they are solved together.

    ``free`` and ``fixed`` hold bus numbers; the admittance matrix and the currents at no load
    are those of the free buses, with the voltage of the fixed ones moved to the right side.
    ``held_rows`` gives the current that leaves each fixed bus from the voltages of all buses.
    """

    free: IntArray
    fixed: IntArray
    fixed_pu: FloatArray
    admittance: SparseComplex
    current: ComplexArray
    held_rows: SparseComplex
    name_of_free: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """A grid in one switching state with some objects out of service.

    ``levels`` stand in the order of solution: the outputs of the last conversions first, the
    grid connections last. A bus is a set of nodes joined by closed switches.
    """

    grid: Grid
    out: frozenset[str]
    bus_of_node: IntArray
    n_buses: int
    node_live: BoolArray
    branch_live: BoolArray
    switch_live: BoolArray
    source_live: BoolArray
    conversion_live: BoolArray
    conversion_share: FloatArray
    source_share: FloatArray
    feed_share: FloatArray
    consumer_dark: BoolArray
    consumer_out: BoolArray
    levels: tuple[Level, ...]
    level_of_bus: IntArray

    @property
    def dark_consumers(self) -> tuple[str, ...]:
        """Names of consumers without a live feed."""
        consumers = self.grid.consumers
        return tuple(consumers[i].id for i in np.flatnonzero(self.consumer_dark))

    @property
    def dead_nodes(self) -> tuple[str, ...]:
        """Names of nodes without supply, those out of service included."""
        return tuple(self.grid.node_ids[i] for i in np.flatnonzero(~self.node_live))


def assemble(
    network: NetworkInput, *, stage: int = 0, out: frozenset[str] = frozenset()
) -> Topology:
    """Return the topology of a network at a stage, with some objects out of service.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    stage : int
        Number of the stage of the plan.
    out : frozenset of str
        Names of objects out of service. A node out isolates everything connected to it; a feed is
        named ``consumer@node``.

    Raises
    ------
    InputError
        With every problem `power.physics.validation.check` finds at this stage.

    Notes
    -----
    Per unit on 1 MVA and the nominal voltage of each node. Closed switches have no impedance.
    """
    problems = check(network, stages=(stage,))
    if problems:
        raise InputError(problems)
    return connect(build_grid(network, stage=stage), out=out)


def connect(grid: Grid, *, out: frozenset[str] = frozenset()) -> Topology:
    """Return the topology of a checked grid; see `assemble`."""
    usable = _Usable.of(grid, out)
    n_buses, bus = _merge(grid, usable)
    island = _islands(grid, usable, bus, n_buses)
    level, conversion_live = _levels(grid, usable, bus, island)
    bus_live = level[island] >= 0
    node_live = usable.node & bus_live[bus]
    branch_live = usable.branch & node_live[grid.branches.from_node]
    source_live = usable.source & node_live[grid.sources.node]
    feed_share, dark, consumer_out = _feed_shares(grid, out, node_live)
    level_of_bus = np.where(bus_live, level[island], -1)
    # A node that is out keeps a bus number of its own, which is never live.
    level_of_bus[bus[~usable.node]] = -1
    live = _Live(branch_live, source_live, conversion_live)
    entries = _entries(grid, bus, n_buses, live)
    levels = tuple(
        _level(grid, bus, np.flatnonzero(level_of_bus == number), entries)
        for number in range(int(level_of_bus.max(initial=-1)), -1, -1)
    )
    return Topology(
        grid=grid,
        out=out,
        bus_of_node=bus,
        n_buses=n_buses,
        node_live=node_live,
        branch_live=branch_live,
        switch_live=usable.switch & node_live[grid.switches.from_node],
        source_live=source_live,
        conversion_live=conversion_live,
        conversion_share=_share_of_bus(
            bus[grid.conversions.output_node], conversion_live, grid.conversions.rating_kw
        ),
        source_share=_share_of_bus(
            bus[grid.sources.node],
            source_live & (grid.sources.admittance == 0),
            np.ones(len(grid.sources.ids)),
        ),
        feed_share=feed_share,
        consumer_dark=dark,
        consumer_out=consumer_out,
        levels=levels,
        level_of_bus=level_of_bus,
    )


@dataclass(frozen=True, slots=True)
class _Usable:
    """Objects not out of service themselves and not on a node out of service."""

    node: BoolArray
    branch: BoolArray
    switch: BoolArray
    source: BoolArray
    conversion: BoolArray

    @classmethod
    def of(cls, grid: Grid, out: frozenset[str]) -> "_Usable":
        node = _not_in(grid.node_ids, out)
        branches, switches, conversions = grid.branches, grid.switches, grid.conversions
        return cls(
            node=node,
            branch=_not_in(branches.ids, out) & node[branches.from_node] & node[branches.to_node],
            switch=_not_in(switches.ids, out)
            & switches.closed
            & node[switches.from_node]
            & node[switches.to_node],
            source=_not_in(grid.sources.ids, out) & node[grid.sources.node],
            conversion=_not_in(conversions.ids, out)
            & node[conversions.input_node]
            & node[conversions.output_node],
        )


@dataclass(frozen=True, slots=True)
class _Live:
    branch: BoolArray
    source: BoolArray
    conversion: BoolArray


def _not_in(ids: tuple[str, ...], out: frozenset[str]) -> BoolArray:
    kept = np.ones(len(ids), dtype=np.bool_)
    # An outage names few objects: looking for each is faster than asking every object.
    for name in out:
        if name in ids:
            kept[ids.index(name)] = False
    return kept


def _components(size: int, first: IntArray, second: IntArray) -> tuple[int, IntArray]:
    graph = coo_array((np.ones(first.size), (first, second)), shape=(size, size))
    count, labels = connected_components(graph.tocsr(), directed=False)
    return int(count), labels.astype(np.int64)


def _merge(grid: Grid, usable: _Usable) -> tuple[int, IntArray]:
    closed = usable.switch
    return _components(
        len(grid.node_ids), grid.switches.from_node[closed], grid.switches.to_node[closed]
    )


def _islands(grid: Grid, usable: _Usable, bus: IntArray, n_buses: int) -> IntArray:
    branches = grid.branches
    start = bus[branches.from_node[usable.branch]]
    end = bus[branches.to_node[usable.branch]]
    return _components(n_buses, start, end)[1]


def _levels(
    grid: Grid, usable: _Usable, bus: IntArray, island: IntArray
) -> tuple[IntArray, BoolArray]:
    """Return the level of each island, -1 where dead, and which conversions work."""
    level = np.full(int(island.max(initial=-1)) + 1, -1, dtype=np.int64)
    level[island[bus[grid.sources.node[usable.source]]]] = 0
    taken = np.flatnonzero(usable.conversion)
    from_island = island[bus[grid.conversions.input_node[taken]]]
    to_island = island[bus[grid.conversions.output_node[taken]]]
    # Each pass carries supply one conversion further; without loops it ends.
    for _ in range(taken.size):
        live = level[from_island] >= 0
        before = level.copy()
        np.maximum.at(level, to_island[live], level[from_island[live]] + 1)
        if np.array_equal(before, level):
            break
    works = np.zeros(len(grid.conversions.ids), dtype=np.bool_)
    works[taken] = level[from_island] >= 0
    return level, works


def with_consumers(topology: Topology, grid: Grid) -> Topology:
    """Return the topology of the same network with the consumers of another grid."""
    feed_share, dark, consumer_out = _feed_shares(grid, topology.out, topology.node_live)
    return replace(
        topology,
        grid=grid,
        feed_share=feed_share,
        consumer_dark=dark,
        consumer_out=consumer_out,
    )


def _feed_shares(
    grid: Grid, out: frozenset[str], node_live: BoolArray
) -> tuple[FloatArray, BoolArray, BoolArray]:
    feeds, n_consumers = grid.feeds, len(grid.consumers)
    present = _not_in(tuple(item.id for item in grid.consumers), out)
    live = _not_in(feeds.ids, out) & node_live[feeds.node]
    kept = np.where(live, feeds.share, 0.0)
    total = np.bincount(feeds.consumer, weights=kept, minlength=n_consumers)
    wanted = present[feeds.consumer] & live
    share = np.divide(kept, total[feeds.consumer], out=np.zeros(kept.size), where=wanted)
    return share, present & (total == 0), ~present


def _share_of_bus(bus: IntArray, live: BoolArray, weight: FloatArray) -> FloatArray:
    """Return which part of the power of its bus each object gives, in proportion to weight."""
    kept = np.where(live, weight, 0.0)
    total = np.zeros(int(bus.max(initial=-1)) + 1)
    np.add.at(total, bus, kept)
    return np.divide(kept, total[bus], out=np.zeros(bus.size), where=kept > 0)


@dataclass(frozen=True, slots=True)
class _Entries:
    """Every admittance between live buses, and the voltages that are held."""

    row: IntArray
    column: IntArray
    value: ComplexArray
    source_bus: IntArray
    source_current: ComplexArray
    fixed_pu: FloatArray


def _entries(grid: Grid, bus: IntArray, n_buses: int, live: _Live) -> _Entries:
    branches, sources, conversions = grid.branches, grid.sources, grid.conversions
    start = bus[branches.from_node[live.branch]]
    end = bus[branches.to_node[live.branch]]
    behind = live.source & (sources.admittance != 0)
    source_bus = bus[sources.node[behind]]
    fixed_pu = np.zeros(n_buses)
    fixed_pu[bus[conversions.output_node[live.conversion]]] = conversions.voltage_pu[
        live.conversion
    ]
    ideal = live.source & (sources.admittance == 0)
    fixed_pu[bus[sources.node[ideal]]] = sources.voltage_pu[ideal]
    parts = (branches.from_from, branches.from_to, branches.to_from, branches.to_to)
    return _Entries(
        row=np.concatenate([start, start, end, end, source_bus]),
        column=np.concatenate([start, end, start, end, source_bus]),
        value=np.concatenate([*(part[live.branch] for part in parts), sources.admittance[behind]]),
        source_bus=source_bus,
        source_current=(sources.admittance * sources.voltage_pu)[behind],
        fixed_pu=fixed_pu,
    )


def _level(grid: Grid, bus: IntArray, here: IntArray, entries: _Entries) -> Level:
    is_fixed = entries.fixed_pu[here] > 0
    free, fixed = here[~is_fixed], here[is_fixed]
    position = np.full(entries.fixed_pu.size, -1, dtype=np.int64)
    position[free] = np.arange(free.size)
    row, column = position[entries.row], position[entries.column]
    inside = (row >= 0) & (column >= 0)
    matrix = coo_array(
        (entries.value[inside], (row[inside], column[inside])), shape=(free.size, free.size)
    )
    current = np.zeros(free.size, dtype=np.complex128)
    across = (row >= 0) & (column < 0)
    held = entries.fixed_pu[entries.column[across]]
    np.add.at(current, row[across], -entries.value[across] * held)
    place = position[entries.source_bus]
    np.add.at(current, place[place >= 0], entries.source_current[place >= 0])
    held_position = np.full(position.size, -1, dtype=np.int64)
    held_position[fixed] = np.arange(fixed.size)
    held_row = held_position[entries.row]
    at_held = held_row >= 0
    held_rows = coo_array(
        (entries.value[at_held], (held_row[at_held], entries.column[at_held])),
        shape=(fixed.size, position.size),
    )
    node_of_bus = np.zeros(position.size, dtype=np.int64)
    node_of_bus[bus[::-1]] = np.arange(bus.size)[::-1]
    return Level(
        free=free,
        fixed=fixed,
        fixed_pu=entries.fixed_pu[fixed],
        admittance=csc_array(matrix),
        current=current,
        held_rows=csc_array(held_rows),
        name_of_free=tuple(grid.node_ids[i] for i in node_of_bus[free]),
    )
