"""What passes through the boards and panels that have a rating."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from facility.kernel.checks import ComplexArray, FloatArray, IntArray
from power.physics.loadflow.core import product
from power.physics.network import Topology
from power.physics.stated import own_admittance
from power.physics.switches import switch_ends

SparseReal = csr_array[np.float64]


@dataclass(frozen=True, slots=True)
class BoardFlow:
    """The way from the currents of everything at a rated node to what passes through it.

    ``nodes`` are the rated nodes in the order of the grid.
    """

    nodes: IntArray
    bus: IntArray
    from_branch: SparseReal
    to_branch: SparseReal
    at_switch: SparseReal
    given_at: tuple[SparseReal, ...]
    generator_at: csr_array[np.complex128]
    own: FloatArray

    def currents(
        self,
        *,
        voltage: ComplexArray,
        node_load: ComplexArray,
        from_abs: FloatArray,
        to_abs: FloatArray,
        switch: ComplexArray,
        given: tuple[ComplexArray, ComplexArray, ComplexArray],
    ) -> FloatArray:
        """Return the current through each rated node, shape (rated nodes, columns). [p.u.].

        Parameters
        ----------
        voltage : ndarray, shape (buses, columns)
            Bus voltages. [p.u.]
        node_load : ndarray, shape (nodes, columns)
            Consumed at each node, what generators give counted negative. [p.u.]
        from_abs, to_abs : ndarray, shape (branches, columns)
            Into the ends of the branches. [p.u.]
        switch : ndarray, shape (switches and transfer switches, columns)
            Through closed switches. [p.u.]
        given : tuple of ndarray
            Power given by sources, conversions and generators. [p.u.]

        Notes
        -----
        Half the sum of the sizes of all currents at the node. By the current law what enters is
        what leaves, so where all are in phase this is the current that enters: what the main of a
        panel carries, and the most that any section of a busbar can carry however its ways are
        arranged. Where phases differ it errs upwards. All consumers at one node count as one.
        """
        if self.nodes.size == 0:
            return np.zeros((0, voltage.shape[1]))
        size = np.abs(voltage[self.bus])
        drawn = node_load[self.nodes] + product(self.generator_at, given[-1])
        power = np.abs(drawn)
        for matrix, values in zip(self.given_at, given, strict=True):
            power = power + matrix @ np.abs(values)
        through = np.divide(power, size, out=np.zeros_like(power), where=size > 0)
        through += self.from_branch @ from_abs + self.to_branch @ to_abs
        through += self.at_switch @ np.abs(switch) + self.own[:, np.newaxis] * size
        return through / 2.0


def board_flow(topology: Topology) -> BoardFlow:
    """Return the currents at the rated nodes of a topology."""
    grid = topology.grid
    nodes = np.flatnonzero(grid.node_rating_a > 0)
    position = np.full(len(grid.node_ids), -1, dtype=np.int64)
    position[nodes] = np.arange(nodes.size)
    start, end = switch_ends(topology)

    def at(node: IntArray) -> SparseReal:
        place = position[node]
        there = np.flatnonzero(place >= 0)
        entries = (np.ones(there.size), (place[there], there))
        return csr_array(coo_array(entries, shape=(nodes.size, node.size)))

    generators = at(grid.generators.node)

    return BoardFlow(
        nodes=nodes,
        bus=topology.bus_of_node[nodes],
        from_branch=at(grid.branches.from_node),
        to_branch=at(grid.branches.to_node),
        at_switch=at(start) + at(end),
        given_at=(
            at(grid.sources.node),
            at(grid.conversions.output_node),
            at(grid.generators.node),
        ),
        generator_at=csr_array(generators.astype(np.complex128)),
        own=np.abs(own_admittance(topology)[nodes]),
    )
