"""Currents of closed switches, which the load flow does not see, by Kirchhoff's current law.

Transfer switches count as switches behind the others, closed to the side they take.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from facility.kernel.checks import ComplexArray, IntArray
from power.physics.loadflow.core import factorise_real, product
from power.physics.network import Topology
from power.physics.stated import own_admittance
from power.physics.switching import transfer_inputs

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU

SparseComplex = csr_array[np.complex128]


@dataclass(frozen=True, slots=True)
class SwitchFlow:
    """The way from what enters each switched node to the current of each closed switch.

    Where switches form a ring, Kirchhoff's law leaves the split open; equal impedances are
    assumed, so that parallel couplers share equally.
    """

    topology: Topology
    live: IntArray
    nodes: IntArray
    kept: IntArray
    incidence: csr_array[np.complex128]
    factors: "SuperLU[np.float64] | None"
    from_of_branch: SparseComplex
    to_of_branch: SparseComplex
    of_source: SparseComplex
    of_conversion: SparseComplex
    own: ComplexArray

    def currents(
        self,
        *,
        voltage: ComplexArray,
        node_load: ComplexArray,
        from_current: ComplexArray,
        to_current: ComplexArray,
        source: ComplexArray,
        conversion: ComplexArray,
    ) -> ComplexArray:
        """Return the current of every switch, shape (switches, columns); 0 when open. [p.u.].

        Ordinary switches first, transfer switches behind them.

        Parameters
        ----------
        voltage : ndarray, shape (buses, columns)
            Bus voltages. [p.u.]
        node_load : ndarray, shape (nodes, columns)
            Consumed at each node. [p.u.]
        from_current, to_current : ndarray, shape (branches, columns)
            Into the ends of the branches. [p.u.]
        source, conversion : ndarray, shape (objects, columns)
            Power given to the node of each. [p.u.]
        """
        grid = self.topology.grid
        count = len(grid.switches.ids) + len(grid.transfers.ids)
        answer = np.zeros((count, voltage.shape[1]), dtype=np.complex128)
        if self.factors is None:
            return answer
        given = product(self.of_source, source) + product(self.of_conversion, conversion)
        power = node_load[self.nodes] - given
        held = voltage[self.topology.bus_of_node[self.nodes]]
        # In a column where the set of nodes is dead nothing flows.
        drawn = np.divide(power, held, out=np.zeros_like(power), where=held != 0)
        leaving = (
            np.conj(drawn)
            + product(self.from_of_branch, from_current)
            + product(self.to_of_branch, to_current)
            + self.own[:, np.newaxis] * held
        )
        short = -leaving[self.kept]
        halves = self.factors.solve(np.concatenate([short.real, short.imag], axis=1))
        columns = voltage.shape[1]
        potential = halves[:, :columns] + 1j * halves[:, columns:]
        answer[self.live] = product(self.incidence, potential)
        return answer


def switch_flow(topology: Topology) -> SwitchFlow:
    """Return the current law of the closed, live switches of a topology."""
    grid = topology.grid
    live = np.flatnonzero(np.concatenate([topology.switch_live, topology.transfer_live]))
    from_node, to_node = switch_ends(topology)
    start, end = from_node[live], to_node[live]
    nodes = np.unique(np.concatenate([start, end]))
    position = np.full(len(grid.node_ids), -1, dtype=np.int64)
    position[nodes] = np.arange(nodes.size)
    # One node of every joined set is the reference, so that the current law has one solution.
    reference = np.unique(topology.bus_of_node[nodes], return_index=True)[1]
    kept = np.setdiff1d(np.arange(nodes.size), reference)
    kept_position = np.full(nodes.size, -1, dtype=np.int64)
    kept_position[kept] = np.arange(kept.size)
    incidence = _incidence(kept_position[position[start]], kept_position[position[end]], kept.size)
    gram = csc_array(incidence.T @ incidence)
    # The factorisation wants its own contiguous numbers, not a view of complex ones.
    real = np.ascontiguousarray(gram.data.real)
    laplacian = csc_array((real, gram.indices, gram.indptr), shape=(kept.size, kept.size))
    place = (position, nodes.size)
    branches = grid.branches
    return SwitchFlow(
        topology=topology,
        live=live,
        nodes=nodes,
        kept=kept,
        incidence=incidence,
        factors=factorise_real(laplacian) if kept.size else None,
        from_of_branch=_at_nodes(branches.from_node, *place),
        to_of_branch=_at_nodes(branches.to_node, *place),
        of_source=_at_nodes(grid.sources.node, *place),
        of_conversion=_at_nodes(grid.conversions.output_node, *place),
        own=own_admittance(topology)[nodes],
    )


def switch_ends(topology: Topology) -> tuple[IntArray, IntArray]:
    """Return the nodes that each switch and, behind them, each transfer switch joins."""
    grid = topology.grid
    start = transfer_inputs(grid, topology.transfer_position)
    return (
        np.concatenate([grid.switches.from_node, start]),
        np.concatenate([grid.switches.to_node, grid.transfers.output_node]),
    )


def _incidence(start: IntArray, end: IntArray, n_nodes: int) -> SparseComplex:
    rows = np.arange(start.size)
    first, second = start >= 0, end >= 0
    entries = (
        np.concatenate([np.ones(int(first.sum())), -np.ones(int(second.sum()))]).astype(
            np.complex128
        ),
        (np.concatenate([rows[first], rows[second]]), np.concatenate([start[first], end[second]])),
    )
    matrix = coo_array(entries, shape=(start.size, n_nodes))
    return csr_array(matrix)


def _at_nodes(node: IntArray, position: IntArray, n_nodes: int) -> SparseComplex:
    """Return the matrix that sums objects at the switched nodes they stand at."""
    place = position[node]
    there = np.flatnonzero(place >= 0)
    entries = (np.ones(there.size, dtype=np.complex128), (place[there], there))
    return csr_array(coo_array(entries, shape=(n_nodes, node.size)))
