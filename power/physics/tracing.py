"""What passes through every object for power drawn at the nodes: linear and without losses."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from facility.kernel.checks import FloatArray, IntArray
from power.physics.documents import NetworkInput
from power.physics.grid import build_grid
from power.physics.loadflow.core import factorise_real
from power.physics.network import Topology, connect
from power.physics.switches import SwitchFlow, switch_ends, switch_flow

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU

SparseReal = csr_array[np.float64]


@dataclass(frozen=True, slots=True)
class Traced:
    """Power through every object, shapes (objects, columns). [kW].

    Branches, switches and transfer switches are positive from their from-end (the side a
    transfer switch takes) to their to-end; conversions and sources give; what passes through a
    node has no direction.
    """

    branches: FloatArray
    switches: FloatArray
    transfers: FloatArray
    conversions: FloatArray
    sources: FloatArray
    nodes: FloatArray


@dataclass(frozen=True, slots=True)
class Tracing:
    """A topology made ready to be traced; ``factors`` go with ``topology.levels``.

    Branches in parallel share by the size of their admittances, conversions on one bus by their
    ratings, closed switches as the load flow has it. Voltage drop, losses, taps and reactive
    power do not count, so that powers add up exactly.
    """

    topology: Topology
    admittance: FloatArray
    factors: "tuple[SuperLU[np.float64] | None, ...]"
    source_share: FloatArray
    switch: SwitchFlow
    at_node: tuple[SparseReal, ...]

    def trace(self, node_kw: FloatArray) -> Traced:
        """Return what passes through every object.

        Parameters
        ----------
        node_kw : ndarray, shape (nodes, columns)
            Drawn at each node; at dead ones it is left out. [kW]

        Returns
        -------
        Traced
        """
        topology, grid = self.topology, self.topology.grid
        demand = np.where(topology.node_live[:, np.newaxis], node_kw, 0.0)
        columns = demand.shape[1]
        flow = np.zeros((len(grid.branches.ids), columns))
        given = np.zeros((len(grid.conversions.ids), columns))
        sources = np.zeros((len(grid.sources.ids), columns))
        for number in range(len(topology.levels)):
            supplied = self._solve(number, demand, flow)
            here = topology.level_of_bus == self._number(number)
            output = topology.bus_of_node[grid.conversions.output_node]
            works = np.flatnonzero(topology.conversion_live & here[output])
            given[works] = topology.conversion_share[works, np.newaxis] * supplied[output[works]]
            np.add.at(demand, grid.conversions.input_node[works], given[works])
            bus = topology.bus_of_node[grid.sources.node]
            feeds = np.flatnonzero(topology.source_live & here[bus])
            sources[feeds] = self.source_share[feeds, np.newaxis] * supplied[bus[feeds]]
        switches = self._switches(demand, flow, given, sources)
        count = len(grid.switches.ids)
        return Traced(
            branches=flow,
            switches=switches[:count],
            transfers=switches[count:],
            conversions=given,
            sources=sources,
            nodes=self._through((flow, flow, switches, switches, given, sources), demand),
        )

    def _number(self, place: int) -> int:
        """Return the number of the level that stands at a place of the order of solution."""
        return len(self.topology.levels) - 1 - place

    def _solve(self, place: int, demand: FloatArray, flow: FloatArray) -> FloatArray:
        """Fill in the flows of one level and return what must be supplied at every bus."""
        topology, level = self.topology, self.topology.levels[place]
        branches, bus = topology.grid.branches, topology.bus_of_node
        total = _sum_at(bus, demand, topology.n_buses)
        potential = np.zeros_like(total)
        factors = self.factors[place]
        if factors is not None:
            potential[level.free] = -factors.solve(np.ascontiguousarray(total[level.free]))
        start, end = bus[branches.from_node], bus[branches.to_node]
        here = np.flatnonzero(
            topology.branch_live & (topology.level_of_bus[start] == self._number(place))
        )
        drop = potential[start[here]] - potential[end[here]]
        flow[here] = self.admittance[here, np.newaxis] * drop
        leaving = _sum_at(start[here], flow[here], topology.n_buses)
        return total + leaving - _sum_at(end[here], flow[here], topology.n_buses)

    def _switches(
        self, demand: FloatArray, flow: FloatArray, given: FloatArray, sources: FloatArray
    ) -> FloatArray:
        # At one per unit everywhere, currents are powers and Kirchhoff's law is that of powers.
        voltage = np.ones((self.topology.n_buses, demand.shape[1]), dtype=np.complex128)
        found = self.switch.currents(
            voltage=voltage,
            node_load=demand.astype(np.complex128),
            from_current=flow.astype(np.complex128),
            to_current=(-flow).astype(np.complex128),
            source=sources.astype(np.complex128),
            conversion=given.astype(np.complex128),
        )
        return np.asarray(found.real)

    def _through(self, ends: tuple[FloatArray, ...], demand: FloatArray) -> FloatArray:
        """Return half of all that enters and leaves each node."""
        total = np.abs(demand)
        for matrix, values in zip(self.at_node, ends, strict=True):
            total = total + matrix @ np.abs(values)
        return np.asarray(total / 2.0)


def tracing_of(
    network: NetworkInput, *, stage: int = 0, out: frozenset[str] = frozenset()
) -> Tracing:
    """Return a checked network made ready to be traced; stated loads and shunts are left out."""
    stripped = network.model_copy(update={"static_loads": (), "shunts": (), "generators": ()})
    return tracing(connect(build_grid(stripped, stage=stage), out=out))


def tracing(topology: Topology) -> Tracing:
    """Return a topology without shunts, stated loads and generators made ready to be traced."""
    grid = topology.grid
    admittance = np.abs(grid.branches.from_to)
    source_share = _source_share(topology)
    start, end = switch_ends(topology)
    nodes = (
        *(grid.branches.from_node, grid.branches.to_node, start, end),
        *(grid.conversions.output_node, grid.sources.node),
    )
    return Tracing(
        topology=topology,
        admittance=admittance,
        factors=tuple(_factors(topology, i, admittance) for i in range(len(topology.levels))),
        source_share=source_share,
        switch=switch_flow(topology),
        at_node=tuple(_at(node, len(grid.node_ids)) for node in nodes),
    )


def _factors(
    topology: Topology, place: int, admittance: FloatArray
) -> "SuperLU[np.float64] | None":
    level, bus, grid = topology.levels[place], topology.bus_of_node, topology.grid
    if level.free.size == 0:
        return None
    position = np.full(topology.n_buses, -1, dtype=np.int64)
    position[level.free] = np.arange(level.free.size)
    live = np.flatnonzero(topology.branch_live)
    start = position[bus[grid.branches.from_node[live]]]
    end = position[bus[grid.branches.to_node[live]]]
    held = position[bus[grid.sources.node[topology.source_live]]]
    own = np.abs(grid.sources.admittance[topology.source_live])
    value = admittance[live]
    row = np.concatenate([start, end, start, end, held])
    column = np.concatenate([start, end, end, start, held])
    entries = np.concatenate([value, value, -value, -value, own])
    inside = (row >= 0) & (column >= 0)
    matrix = coo_array(
        (entries[inside], (row[inside], column[inside])), shape=(level.free.size, level.free.size)
    )
    return factorise_real(csc_array(matrix))


def _source_share(topology: Topology) -> FloatArray:
    """Return which part of the power of its bus each source gives: an ideal one takes all."""
    sources, bus = topology.grid.sources, topology.bus_of_node
    at, live = bus[sources.node], topology.source_live
    ideal = np.zeros(topology.n_buses, dtype=np.bool_)
    ideal[at[live & (sources.admittance == 0)]] = True
    weight = np.where(live & ~ideal[at], np.abs(sources.admittance), 0.0)
    total = np.zeros(topology.n_buses)
    np.add.at(total, at, weight)
    shared = np.divide(weight, total[at], out=np.zeros(at.size), where=weight > 0)
    return np.where(ideal[at], topology.source_share, shared)


def _sum_at(place: IntArray, values: FloatArray, count: int) -> FloatArray:
    return np.asarray(_at(place, count) @ values)


def _at(place: IntArray, count: int) -> SparseReal:
    """Return the matrix that sums objects at the places they stand at."""
    entries = (np.ones(place.size), (place, np.arange(place.size)))
    return csr_array(coo_array(entries, shape=(count, place.size)))
