"""What may carry supply with some objects out of service, and where transfer switches stand."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from facility.kernel.checks import BoolArray, IntArray
from power.physics.grid import Grid

DEAD, PREFERRED, ALTERNATE = 0, 1, 2
"""Positions of a transfer switch; dead means that neither side has supply."""
POSITIONS = ("dead", "preferred", "alternate")
FEW = 4


@dataclass(frozen=True, slots=True)
class Usable:
    """Objects not out of service themselves and not on a node out of service."""

    node: BoolArray
    branch: BoolArray
    switch: BoolArray
    transfer: BoolArray
    source: BoolArray
    generator: BoolArray
    static_load: BoolArray
    shunt: BoolArray
    conversion: BoolArray

    @classmethod
    def of(cls, grid: Grid, out: frozenset[str]) -> "Usable":
        """Return what is usable while some objects are out of service."""
        node = not_out(grid.node_ids, out)
        branches, switches, conversions = grid.branches, grid.switches, grid.conversions
        return cls(
            node=node,
            branch=not_out(branches.ids, out) & node[branches.from_node] & node[branches.to_node],
            switch=not_out(switches.ids, out)
            & switches.closed
            & node[switches.from_node]
            & node[switches.to_node],
            transfer=not_out(grid.transfers.ids, out) & node[grid.transfers.output_node],
            source=not_out(grid.sources.ids, out) & node[grid.sources.node],
            generator=not_out(grid.generators.ids, out) & node[grid.generators.node],
            static_load=not_out(grid.static_loads.ids, out) & node[grid.static_loads.node],
            shunt=not_out(grid.shunts.ids, out) & node[grid.shunts.node],
            conversion=not_out(conversions.ids, out)
            & node[conversions.input_node]
            & node[conversions.output_node],
        )


def not_out(ids: tuple[str, ...], out: frozenset[str]) -> BoolArray:
    """Return which names are not among those out of service."""
    if len(out) > FEW:
        return np.array([name not in out for name in ids], dtype=np.bool_)
    answer = np.ones(len(ids), dtype=np.bool_)
    # Looking for each of a few is faster than asking every object.
    for name in out:
        if name in ids:
            answer[ids.index(name)] = False
    return answer


def components(size: int, first: IntArray, second: IntArray) -> tuple[int, IntArray]:
    """Return how many parts the joints leave and the part of each of ``size`` members."""
    graph = coo_array((np.ones(first.size), (first, second)), shape=(size, size))
    count, labels = connected_components(graph.tocsr(), directed=False)
    return int(count), labels.astype(np.int64)


def transfer_positions(grid: Grid, usable: Usable) -> IntArray:
    """Return the position of every transfer switch: `DEAD`, `PREFERRED` or `ALTERNATE`.

    Parameters
    ----------
    grid : Grid
        Checked: no output leads back to an input.
    usable : Usable
        What is in service.

    Returns
    -------
    ndarray of int, shape (transfer switches,)

    Notes
    -----
    An output is live as soon as one side is, whichever it takes. So what has supply follows from
    the connections alone, chains of transfer switches included; each then takes its preferred
    side where that has supply.
    """
    transfers = grid.transfers
    if not transfers.ids:
        return np.zeros(0, dtype=np.int64)
    live = supplied(grid, usable)
    preferred = usable.transfer & live[transfers.preferred_node]
    alternate = usable.transfer & live[transfers.alternate_node]
    return np.where(preferred, PREFERRED, np.where(alternate, ALTERNATE, DEAD))


def transfer_inputs(grid: Grid, position: IntArray) -> IntArray:
    """Return the node from which every transfer switch takes its supply."""
    transfers = grid.transfers
    answer: IntArray = np.where(
        position == ALTERNATE, transfers.alternate_node, transfers.preferred_node
    )
    return answer


def supplied(grid: Grid, usable: Usable) -> BoolArray:
    """Return which nodes a way from some source leads to.

    Parameters
    ----------
    grid : Grid
        Checked.
    usable : Usable
        What is in service.

    Returns
    -------
    ndarray of bool, shape (nodes,)
    """
    branches, switches, transfers = grid.branches, grid.switches, grid.transfers
    _, island = components(
        len(grid.node_ids),
        np.concatenate([branches.from_node[usable.branch], switches.from_node[usable.switch]]),
        np.concatenate([branches.to_node[usable.branch], switches.to_node[usable.switch]]),
    )
    works, moves = usable.conversion, usable.transfer
    output = transfers.output_node[moves]
    start = island[
        np.concatenate(
            [
                grid.conversions.input_node[works],
                transfers.preferred_node[moves],
                transfers.alternate_node[moves],
            ]
        )
    ]
    end = island[np.concatenate([grid.conversions.output_node[works], output, output])]
    live = np.zeros(len(grid.node_ids), dtype=np.bool_)
    live[island[grid.sources.node[usable.source]]] = True
    for _ in range(start.size):
        reached = end[live[start]]
        if live[reached].all():
            break
        live[reached] = True
    # A node that is out is an island of its own, without a source.
    return live[island] & usable.node
