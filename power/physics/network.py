"""What is connected to what: merged nodes, live islands and the order in which to solve them."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csc_array

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from facility.kernel.errors import InputError
from power.physics.documents import NetworkInput
from power.physics.grid import Grid, build_grid
from power.physics.loadflow.polar import Polar
from power.physics.regulation import Live, Placed, polar_part
from power.physics.switching import (
    DEAD,
    Usable,
    components,
    not_out,
    transfer_inputs,
    transfer_positions,
)
from power.physics.validation import check, named_problems

SparseComplex = csc_array[np.complex128]


@dataclass(frozen=True, slots=True)
class Level:
    """All live islands with one conversion level; they are solved together.

    ``free`` and ``fixed`` hold bus numbers; the admittance matrix and the currents at no load
    are those of the free buses, with the voltage of the fixed ones moved to the right side.
    ``held_rows`` gives the current that leaves each fixed bus from the voltages of all buses.
    ``polar`` is what only Newton's method handles there, None where that is nothing.
    """

    free: IntArray
    fixed: IntArray
    fixed_pu: ComplexArray
    polar: Polar | None
    admittance: SparseComplex
    current: ComplexArray
    held_rows: SparseComplex
    name_of_free: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """A grid in one switching state with some objects out of service.

    ``levels`` stand in the order of solution: the outputs of the last conversions first, the
    grid connections last. A bus is a set of nodes joined by closed switches and transfer switches,
    whose positions are those of `power.physics.switching`.
    """

    grid: Grid
    out: frozenset[str]
    bus_of_node: IntArray
    n_buses: int
    node_live: BoolArray
    branch_live: BoolArray
    switch_live: BoolArray
    transfer_position: IntArray
    transfer_live: BoolArray
    source_live: BoolArray
    generator_live: BoolArray
    static_live: BoolArray
    shunt_live: BoolArray
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
        raise InputError(named_problems(network, problems))
    return connect(build_grid(network, stage=stage), out=out)


def connect(grid: Grid, *, out: frozenset[str] = frozenset()) -> Topology:
    """Return the topology of a checked grid; see `assemble`."""
    usable = Usable.of(grid, out)
    position = transfer_positions(grid, usable)
    n_buses, bus = _merge(grid, usable, position)
    island = _islands(grid, usable, bus, n_buses)
    level, conversion_live = _levels(grid, usable, bus, island)
    bus_live = level[island] >= 0
    node_live = usable.node & bus_live[bus]
    live = _live(grid, usable, node_live, conversion_live)
    feed_share, dark, consumer_out = _feed_shares(grid, out, node_live)
    level_of_bus = np.where(bus_live, level[island], -1)
    # A node that is out keeps a bus number of its own, which is never live.
    level_of_bus[bus[~usable.node]] = -1
    entries = _entries(grid, bus, n_buses, live)
    levels = tuple(
        _level(grid, bus, np.flatnonzero(level_of_bus == number), live, entries)
        for number in range(int(level_of_bus.max(initial=-1)), -1, -1)
    )
    return Topology(
        grid=grid,
        out=out,
        bus_of_node=bus,
        n_buses=n_buses,
        node_live=node_live,
        branch_live=live.branch,
        switch_live=usable.switch & node_live[grid.switches.from_node],
        transfer_position=position,
        transfer_live=(position != DEAD) & node_live[grid.transfers.output_node],
        source_live=live.source,
        generator_live=live.generator,
        static_live=live.static_load,
        shunt_live=live.shunt,
        conversion_live=conversion_live,
        conversion_share=_share_of_bus(
            bus[grid.conversions.output_node], conversion_live, grid.conversions.rating_kw
        ),
        source_share=_share_of_bus(
            bus[grid.sources.node],
            live.source & (grid.sources.admittance == 0),
            np.ones(len(grid.sources.ids)),
        ),
        feed_share=feed_share,
        consumer_dark=dark,
        consumer_out=consumer_out,
        levels=levels,
        level_of_bus=level_of_bus,
    )


def _live(grid: Grid, usable: Usable, node_live: BoolArray, conversion_live: BoolArray) -> Live:
    return Live(
        branch=usable.branch & node_live[grid.branches.from_node],
        source=usable.source & node_live[grid.sources.node],
        generator=usable.generator & node_live[grid.generators.node],
        static_load=usable.static_load & node_live[grid.static_loads.node],
        shunt=usable.shunt & node_live[grid.shunts.node],
        conversion=conversion_live,
    )


def _merge(grid: Grid, usable: Usable, position: IntArray) -> tuple[int, IntArray]:
    closed, taken = usable.switch, position != DEAD
    return components(
        len(grid.node_ids),
        np.concatenate([grid.switches.from_node[closed], transfer_inputs(grid, position)[taken]]),
        np.concatenate([grid.switches.to_node[closed], grid.transfers.output_node[taken]]),
    )


def _islands(grid: Grid, usable: Usable, bus: IntArray, n_buses: int) -> IntArray:
    branches = grid.branches
    start = bus[branches.from_node[usable.branch]]
    end = bus[branches.to_node[usable.branch]]
    return components(n_buses, start, end)[1]


def _levels(
    grid: Grid, usable: Usable, bus: IntArray, island: IntArray
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
    present = not_out(tuple(item.id for item in grid.consumers), out)
    live = not_out(feeds.ids, out) & node_live[feeds.node]
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
    """Every admittance between live buses, and the voltages that are held.

    ``fixed_pu`` is 0 at buses whose voltage nothing holds.
    """

    row: IntArray
    column: IntArray
    value: ComplexArray
    source_bus: IntArray
    source_current: ComplexArray
    fixed_pu: ComplexArray


def _entries(grid: Grid, bus: IntArray, n_buses: int, live: Live) -> _Entries:
    branches, sources = grid.branches, grid.sources
    start = bus[branches.from_node[live.branch]]
    end = bus[branches.to_node[live.branch]]
    behind = live.source & (sources.admittance != 0)
    source_bus = bus[sources.node[behind]]
    shunts, loads = grid.shunts, grid.static_loads
    at_bus = np.concatenate(
        [source_bus, bus[shunts.node[live.shunt]], bus[loads.node[live.static_load]]]
    )
    own = (sources.admittance[behind], shunts.admittance[live.shunt])
    parts = (branches.from_from, branches.from_to, branches.to_from, branches.to_to)
    return _Entries(
        row=np.concatenate([start, start, end, end, at_bus]),
        column=np.concatenate([start, end, start, end, at_bus]),
        value=np.concatenate(
            [*(part[live.branch] for part in parts), *own, loads.admittance[live.static_load]]
        ),
        source_bus=source_bus,
        source_current=(sources.admittance * sources.voltage_pu)[behind],
        fixed_pu=_fixed_pu(grid, bus, n_buses, live),
    )


def _fixed_pu(grid: Grid, bus: IntArray, n_buses: int, live: Live) -> ComplexArray:
    """Return the voltage that conversions and ideal sources hold at each bus."""
    sources, conversions = grid.sources, grid.conversions
    fixed_pu = np.zeros(n_buses, dtype=np.complex128)
    fixed_pu[bus[conversions.output_node[live.conversion]]] = conversions.voltage_pu[
        live.conversion
    ]
    ideal = live.source & (sources.admittance == 0)
    fixed_pu[bus[sources.node[ideal]]] = sources.voltage_pu[ideal]
    return fixed_pu


def _level(grid: Grid, bus: IntArray, here: IntArray, live: Live, entries: _Entries) -> Level:
    is_fixed = entries.fixed_pu[here] != 0
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
    node_of_bus = np.zeros(position.size, dtype=np.int64)
    node_of_bus[bus[::-1]] = np.arange(bus.size)[::-1]
    return Level(
        free=free,
        fixed=fixed,
        fixed_pu=entries.fixed_pu[fixed],
        polar=polar_part(grid, Placed(bus, free, entries.fixed_pu), live),
        admittance=csc_array(matrix),
        current=current,
        held_rows=_held_rows(fixed, entries),
        name_of_free=tuple(grid.node_ids[i] for i in node_of_bus[free]),
    )


def _held_rows(fixed: IntArray, entries: _Entries) -> SparseComplex:
    """Return the matrix from the voltages of all buses to the currents leaving the fixed ones."""
    size = entries.fixed_pu.size
    position = np.full(size, -1, dtype=np.int64)
    position[fixed] = np.arange(fixed.size)
    row = position[entries.row]
    at_held = row >= 0
    matrix = coo_array(
        (entries.value[at_held], (row[at_held], entries.column[at_held])),
        shape=(fixed.size, size),
    )
    return csc_array(matrix)
