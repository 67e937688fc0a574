"""What is in service in each of many columns of one topology."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csr_array

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.physics.admittance import KVA_PER_PU
from power.physics.documents import Outage
from power.physics.dominance import Dominance
from power.physics.grid import Grid
from power.physics.loadflow.core import OpenEnds, product
from power.physics.network import Topology
from power.physics.switching import ALTERNATE, DEAD, PREFERRED, Usable, supplied


@dataclass(frozen=True, slots=True)
class Service:
    """What is live in each column, shapes (objects, columns), and how consumers share.

    The admittances are those of the topology in every column; what is dead in a column carries
    no load there, and ``opened`` keeps it from drawing through the branches at its edge.
    """

    topology: Topology
    node_live: BoolArray
    branch_live: BoolArray
    switch_live: BoolArray
    transfer_position: IntArray
    source_live: BoolArray
    conversion_live: BoolArray
    conversion_share: FloatArray
    feed_share: FloatArray
    consumer_dark: BoolArray
    bus_live: BoolArray
    opened: OpenEnds

    @classmethod
    def of(cls, topology: Topology) -> "Service":
        """Return the one column of a topology as it is."""
        nothing = np.zeros(0, dtype=np.int64)
        no_current = np.zeros(0, dtype=np.complex128)
        return cls(
            topology=topology,
            node_live=topology.node_live[:, np.newaxis],
            branch_live=topology.branch_live[:, np.newaxis],
            switch_live=topology.switch_live[:, np.newaxis],
            transfer_position=topology.transfer_position[:, np.newaxis],
            source_live=topology.source_live[:, np.newaxis],
            conversion_live=topology.conversion_live[:, np.newaxis],
            conversion_share=topology.conversion_share[:, np.newaxis],
            feed_share=topology.feed_share[:, np.newaxis],
            consumer_dark=topology.consumer_dark[:, np.newaxis],
            bus_live=_buses_live(topology, topology.node_live[:, np.newaxis]),
            opened=OpenEnds(nothing, nothing, nothing, no_current, no_current, no_current),
        )

    def of_columns(self, columns: IntArray) -> "Service":
        """Return some of the columns."""
        return Service(
            topology=self.topology,
            node_live=self.node_live[:, columns],
            branch_live=self.branch_live[:, columns],
            switch_live=self.switch_live[:, columns],
            transfer_position=self.transfer_position[:, columns],
            source_live=self.source_live[:, columns],
            conversion_live=self.conversion_live[:, columns],
            conversion_share=self.conversion_share[:, columns],
            feed_share=self.feed_share[:, columns],
            consumer_dark=self.consumer_dark[:, columns],
            bus_live=self.bus_live[:, columns],
            opened=self.opened.of_columns(columns, self.node_live.shape[1]),
        )

    def node_load(self, power_kw: FloatArray) -> ComplexArray:
        """Return what is consumed at each node and column by consumers of given power. [p.u.]."""
        feeds = self.topology.grid.feeds
        per_kw: ComplexArray = np.asarray(1.0 + 1j * feeds.tan, dtype=np.complex128) / KVA_PER_PU
        drawn = per_kw * power_kw[feeds.consumer]
        entries = (drawn, (feeds.node, np.arange(feeds.node.size)))
        shape = (len(self.topology.grid.node_ids), feeds.node.size)
        matrix: csr_array[np.complex128] = csr_array(coo_array(entries, shape=shape))
        return product(matrix, self.feed_share.astype(np.complex128))


@dataclass(frozen=True, slots=True)
class Lost:
    """What is out of service in each column.

    ``vertices`` are the objects of the network in the numbers of `Dominance`, ``vertex`` the one
    of a column, 0 where there is none; ``is_many`` says that there are several. ``is_other`` says
    that something else is out that no node hangs on: a generator, a stated load, a shunt.
    Vertices, feeds and consumers come as pairs of number and column.
    """

    vertices: tuple[IntArray, IntArray]
    vertex: IntArray
    is_many: BoolArray
    is_other: BoolArray
    feeds: tuple[IntArray, IntArray]
    consumers: tuple[IntArray, IntArray]

    @classmethod
    def of(cls, outages: Sequence[Outage | None], tree: Dominance, grid: Grid) -> "Lost":
        """Return what outages take out; None takes nothing out."""
        feed_number = {name: i for i, name in enumerate(grid.feeds.ids)}
        consumer_number = {item.id: i for i, item in enumerate(grid.consumers)}
        vertex = np.zeros(len(outages), dtype=np.int64)
        is_many = np.zeros(len(outages), dtype=np.bool_)
        is_other = np.zeros(len(outages), dtype=np.bool_)
        others = {*grid.generators.ids, *grid.static_loads.ids, *grid.shunts.ids}
        vertices = list[tuple[int, int]]()
        feeds, consumers = list[tuple[int, int]](), list[tuple[int, int]]()
        for column, outage in enumerate(outages):
            for name in () if outage is None else outage.objects:
                if name in tree.vertex:
                    is_many[column] |= vertex[column] not in (0, tree.vertex[name])
                    vertex[column] = tree.vertex[name]
                    vertices.append((tree.vertex[name], column))
                elif name in feed_number:
                    feeds.append((feed_number[name], column))
                elif name in consumer_number:
                    consumers.append((consumer_number[name], column))
                is_other[column] |= name in others
        pairs = _pairs(vertices), _pairs(feeds), _pairs(consumers)
        return cls(pairs[0], vertex, is_many, is_other, *pairs[1:])


def _pairs(found: list[tuple[int, int]]) -> tuple[IntArray, IntArray]:
    numbers = np.array(found, dtype=np.int64).reshape(-1, 2)
    return numbers[:, 0], numbers[:, 1]


@dataclass(frozen=True, slots=True)
class Losses:
    """What is live in every outage, and how far that can be relied upon.

    ``is_cut`` says that only branches open between what stays live and the rest, or nothing: then
    the admittances of the topology hold but for these branches. Split buses, lost sources and
    voltages that are let go are no cuts.
    """

    service: Service
    is_cut: BoolArray

    @property
    def n_dead(self) -> IntArray:
        """Number of nodes without supply in each column."""
        return np.asarray(self.service.node_live.shape[0] - self.service.node_live.sum(axis=0))


def losses_of(base: Topology, tree: Dominance, outages: Sequence[Outage | None]) -> Losses:
    """Return what is live in every outage of one topology.

    Parameters
    ----------
    base : Topology
        Nothing out of service.
    tree : Dominance
        Of the same grid.
    outages : sequence of Outage or None
        The columns; None is normal operation.
    """
    grid, lost = base.grid, Lost.of(outages, tree, base.grid)
    live = base.node_live[:, np.newaxis] & ~tree.dead_nodes(lost.vertex)
    for column in np.flatnonzero(lost.is_many).tolist():
        outage = outages[column]
        names = frozenset[str]() if outage is None else frozenset(outage.objects)
        live[:, column] = base.node_live & supplied(grid, Usable.of(grid, names))
    out = _out_of_service(grid, lost.vertices, len(outages))
    branches, conversions = grid.branches, grid.conversions
    conversion_live = (
        base.conversion_live[:, np.newaxis]
        & ~out.conversion
        & live[conversions.input_node]
        & live[conversions.output_node]
    )
    branch_live = base.branch_live[:, np.newaxis] & ~out.branch
    branch_live &= live[branches.from_node] & live[branches.to_node]
    bus_live = _buses_live(base, live)
    service = Service(
        topology=base,
        node_live=live,
        branch_live=branch_live,
        switch_live=base.switch_live[:, np.newaxis]
        & ~out.switch
        & live[grid.switches.from_node]
        & live[grid.switches.to_node],
        transfer_position=_transfer_positions(grid, live, out.transfer),
        source_live=base.source_live[:, np.newaxis] & ~out.source & live[grid.sources.node],
        conversion_live=conversion_live,
        conversion_share=_shares(base, conversion_live),
        feed_share=np.zeros((0, len(outages))),
        consumer_dark=np.zeros((0, len(outages)), dtype=np.bool_),
        bus_live=bus_live,
        opened=_open_ends(base, branch_live, bus_live),
    )
    is_cut = (
        ~(lost.is_other | _parts(service))
        & _keeps_admittances(service)
        & _keeps_transfers(service)
        & _keeps_voltages(service)
        & _is_plain(base, lost.vertex)
    )
    return Losses(with_feeds(service, lost), is_cut)


@dataclass(frozen=True, slots=True)
class _Out:
    branch: BoolArray
    switch: BoolArray
    source: BoolArray
    conversion: BoolArray
    transfer: BoolArray


def _out_of_service(grid: Grid, vertices: tuple[IntArray, IntArray], n_columns: int) -> _Out:
    """Return which objects are out themselves, by kind, in the numbers of `Dominance`."""
    start, found = 1 + len(grid.node_ids), []
    kinds = (grid.branches, grid.switches, grid.sources, grid.conversions, grid.transfers)
    for ids in (kind.ids for kind in kinds):
        out = np.zeros((len(ids), n_columns), dtype=np.bool_)
        here = (vertices[0] >= start) & (vertices[0] < start + len(ids))
        out[vertices[0][here] - start, vertices[1][here]] = True
        found.append(out)
        start += len(ids)
    return _Out(*found)


def _sum_at(place: IntArray, values: BoolArray | FloatArray, count: int) -> FloatArray:
    """Return the sums of rows that belong to one place."""
    if place.size == 0:
        return np.zeros((count, values.shape[1]))
    entries = (np.ones(place.size), (place, np.arange(place.size)))
    matrix = csr_array(coo_array(entries, shape=(count, place.size)))
    return np.asarray(matrix.dot(values.astype(np.float64)), dtype=np.float64)


def _buses_live(base: Topology, node_live: BoolArray) -> BoolArray:
    """Return whether each bus is live; in a bus of several nodes a single live one suffices."""
    return _sum_at(base.bus_of_node, node_live, base.n_buses) > 0


def _shares(base: Topology, live: BoolArray) -> FloatArray:
    """Return which part of the power of its bus each conversion gives, by rating."""
    conversions = base.grid.conversions
    bus = base.bus_of_node[conversions.output_node]
    kept = np.where(live, conversions.rating_kw[:, np.newaxis], 0.0)
    total = _sum_at(bus, kept, base.n_buses)[bus]
    return np.divide(kept, total, out=np.zeros_like(kept), where=live)


def _open_ends(base: Topology, branch_live: BoolArray, bus_live: BoolArray) -> OpenEnds:
    """Return the ends at live buses of branches that are lost, column by column."""
    branches, bus = base.grid.branches, base.bus_of_node
    lost = base.branch_live[:, np.newaxis] & ~branch_live
    start, end = bus[branches.from_node], bus[branches.to_node]
    first, first_column = np.nonzero(lost & bus_live[start])
    second, second_column = np.nonzero(lost & bus_live[end])
    own = np.concatenate([branches.from_from[first], branches.to_to[second]])
    return OpenEnds(
        column=np.concatenate([first_column, second_column]),
        bus=np.concatenate([start[first], end[second]]),
        far_bus=np.concatenate([end[first], start[second]]),
        own=own,
        other=np.concatenate([branches.from_to[first], branches.to_from[second]]),
        held=np.zeros_like(own),
    )


def _keeps_admittances(service: Service) -> BoolArray:
    """Return the columns in which no live bus loses a source, a shunt or a stated load."""
    base, grid = service.topology, service.topology.grid
    kept = np.ones(service.bus_live.shape[1], dtype=np.bool_)
    for node, before, now in (
        (grid.sources.node, base.source_live, service.source_live),
        (grid.shunts.node, base.shunt_live, service.node_live[grid.shunts.node]),
        (grid.static_loads.node, base.static_live, service.node_live[grid.static_loads.node]),
    ):
        lost = before[:, np.newaxis] & ~now & service.bus_live[base.bus_of_node[node]]
        kept &= ~lost.any(axis=0)
    return kept


def _parts(service: Service) -> BoolArray:
    """Return the columns in which the live nodes of a bus may no longer be joined.

    One lost switch between a dead and a live node only takes the dead node away.
    """
    base, switches = service.topology, service.topology.grid.switches
    lost = base.switch_live[:, np.newaxis] & ~service.switch_live
    from_live = service.node_live[switches.from_node]
    to_live = service.node_live[switches.to_node]
    edges = _sum_at(
        base.bus_of_node[switches.from_node], lost & (from_live != to_live), base.n_buses
    )
    parted = (lost & from_live & to_live).any(axis=0) | (edges > 1).any(axis=0)
    return np.asarray(parted, dtype=np.bool_)


def _transfer_positions(grid: Grid, live: BoolArray, out: BoolArray) -> IntArray:
    """Return where every transfer switch stands in each column, by what has supply."""
    transfers = grid.transfers
    works = live[transfers.output_node] & ~out
    other = np.where(live[transfers.alternate_node], ALTERNATE, DEAD)
    side = np.where(live[transfers.preferred_node], PREFERRED, other)
    position: IntArray = np.where(works, side, DEAD)
    return position


def _keeps_transfers(service: Service) -> BoolArray:
    """Return the columns in which no transfer switch at a live bus stands elsewhere."""
    base, transfers = service.topology, service.topology.grid.transfers
    moved = service.transfer_position != base.transfer_position[:, np.newaxis]
    at_live = service.bus_live[base.bus_of_node[transfers.output_node]]
    return np.asarray(~(moved & at_live).any(axis=0), dtype=np.bool_)


def _is_plain(base: Topology, vertex: IntArray) -> BoolArray:
    """Return the columns that need no Newton of their own: nothing is out, or nothing regulates."""
    regulated = any(level.polar is not None for level in base.levels)
    return np.asarray((vertex == 0) | (not regulated), dtype=np.bool_)


def _keeps_voltages(service: Service) -> BoolArray:
    """Return the columns in which every live bus that a conversion held is still held."""
    base, conversions = service.topology, service.topology.grid.conversions
    output = base.bus_of_node[conversions.output_node]
    was_held = np.bincount(output[base.conversion_live], minlength=base.n_buses) > 0
    is_held = _sum_at(output, service.conversion_live, base.n_buses) > 0
    let_go = was_held[:, np.newaxis] & service.bus_live & ~is_held
    return np.asarray(~let_go.any(axis=0), dtype=np.bool_)


def with_feeds(service: Service, lost: Lost) -> Service:
    """Return the service with the shares of the feeds and the dark consumers of its topology."""
    grid, feeds = service.topology.grid, service.topology.grid.feeds
    live = service.node_live[feeds.node]
    live[lost.feeds] = False
    kept = np.where(live, feeds.share[:, np.newaxis], 0.0)
    total = _sum_at(feeds.consumer, kept, len(grid.consumers))
    present = np.ones(total.shape, dtype=np.bool_)
    present[lost.consumers] = False
    wanted = live & present[feeds.consumer]
    share = np.divide(kept, total[feeds.consumer], out=np.zeros_like(kept), where=wanted)
    return replace(service, feed_share=share, consumer_dark=present & (total == 0))
