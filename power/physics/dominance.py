"""What dies with each single object: the dominator tree of the supply."""

from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import BoolArray, IntArray
from power.physics.grid import Grid

_ROOT = 0


@dataclass(frozen=True, slots=True)
class Dominance:
    """For every object an interval that holds the numbers of the nodes that die with it.

    ``node_number`` is the place of every node in the tree, -1 where it is dead anyway; the
    interval of an object runs from ``first`` up to but not including ``last``. Objects are
    counted from one: nodes, branches, switches, sources, conversions, transfer switches.
    """

    node_number: IntArray
    first: IntArray
    last: IntArray
    vertex: dict[str, int]

    def dead_nodes(self, vertices: IntArray) -> BoolArray:
        """Return whether each node (rows) dies with each object (columns); 0 is no object."""
        number = self.node_number[:, np.newaxis]
        dead: BoolArray = (number >= self.first[vertices]) & (number < self.last[vertices])
        return dead


def dominance(grid: Grid) -> Dominance:
    """Return what every single object keeps alive alone.

    Parameters
    ----------
    grid : Grid
        At one stage, nothing out of service.

    Notes
    -----
    An object dominates a node when every way to it from the grid connections leads through the
    object. Iterative dominators after Cooper, Harvey and Kennedy, "A simple, fast dominance
    algorithm" (2001). Conversions lead one way, branches and closed switches both; a transfer
    switch leads from either side to its output, as it takes whichever has supply.
    """
    successors = _successors(grid)
    order = _postorder(successors)
    parent = _dominators(successors, order)
    first, last = _intervals(parent, order)
    # Without an object nothing dies.
    last[_ROOT] = first[_ROOT] = 0
    nodes = len(grid.node_ids)
    names = _names(grid)
    return Dominance(
        node_number=np.where(parent[1 : nodes + 1] >= 0, first[1 : nodes + 1], -1),
        first=first,
        last=last,
        vertex={name: i for i, name in enumerate(names, start=1)},
    )


def _names(grid: Grid) -> tuple[str, ...]:
    return (
        *grid.node_ids,
        *grid.branches.ids,
        *grid.switches.ids,
        *grid.sources.ids,
        *grid.conversions.ids,
        *grid.transfers.ids,
    )


def _successors(grid: Grid) -> list[list[int]]:
    """Return where supply goes on from every object; the root leads to the sources."""
    following: list[list[int]] = [[] for _ in range(len(_names(grid)) + 1)]

    def lead(vertex: int, start: int, end: int, *, both_ways: bool) -> None:
        following[start + 1].append(vertex)
        following[vertex].append(end + 1)
        if both_ways:
            following[end + 1].append(vertex)
            following[vertex].append(start + 1)

    vertex = len(grid.node_ids) + 1
    for start, end in zip(
        grid.branches.from_node.tolist(), grid.branches.to_node.tolist(), strict=True
    ):
        lead(vertex, start, end, both_ways=True)
        vertex += 1
    for start, end, closed in zip(
        grid.switches.from_node.tolist(),
        grid.switches.to_node.tolist(),
        grid.switches.closed.tolist(),
        strict=True,
    ):
        if closed:
            lead(vertex, start, end, both_ways=True)
        vertex += 1
    for node in grid.sources.node.tolist():
        following[_ROOT].append(vertex)
        following[vertex].append(node + 1)
        vertex += 1
    for start, end in zip(
        grid.conversions.input_node.tolist(), grid.conversions.output_node.tolist(), strict=True
    ):
        lead(vertex, start, end, both_ways=False)
        vertex += 1
    _lead_transfers(grid, following, vertex)
    return following


def _lead_transfers(grid: Grid, following: list[list[int]], vertex: int) -> None:
    transfers = grid.transfers
    for preferred, alternate, output in zip(
        transfers.preferred_node.tolist(),
        transfers.alternate_node.tolist(),
        transfers.output_node.tolist(),
        strict=True,
    ):
        following[preferred + 1].append(vertex)
        following[alternate + 1].append(vertex)
        following[vertex].append(output + 1)
        vertex += 1


def _postorder(successors: list[list[int]]) -> list[int]:
    """Return what the root reaches, every object after all that it leads to first."""
    seen = [False] * len(successors)
    seen[_ROOT] = True
    order, stack = [], [(_ROOT, iter(successors[_ROOT]))]
    while stack:
        vertex, left = stack[-1]
        for child in left:
            if not seen[child]:
                seen[child] = True
                stack.append((child, iter(successors[child])))
                break
        else:
            order.append(vertex)
            stack.pop()
    return order


def _dominators(successors: list[list[int]], order: list[int]) -> IntArray:
    """Return the closest dominator of every object; -1 where the root does not lead."""
    rank = [-1] * len(successors)
    for number, vertex in enumerate(order):
        rank[vertex] = number
    before: list[list[int]] = [[] for _ in order]
    for vertex in order:
        for child in successors[vertex]:
            before[rank[child]].append(rank[vertex])
    top = len(order) - 1
    parent = [-1] * top + [top]
    changed = True
    while changed:
        changed = False
        for number in range(top - 1, -1, -1):
            best = _common([p for p in before[number] if parent[p] >= 0], parent)
            if parent[number] != best:
                parent[number], changed = best, True
    answer = np.full(len(successors), -1, dtype=np.int64)
    for number, vertex in enumerate(order):
        answer[vertex] = order[parent[number]]
    return answer


def _common(numbers: list[int], parent: list[int]) -> int:
    """Return the closest dominator that all have in common, by numbers in postorder."""
    best = numbers[0]
    for number in numbers[1:]:
        other = number
        while best != other:
            if best < other:
                best = parent[best]
            else:
                other = parent[other]
    return best


def _intervals(parent: IntArray, order: list[int]) -> tuple[IntArray, IntArray]:
    """Return the numbers of a walk from parent to child: of each object, and behind its last."""
    size = np.zeros(parent.size, dtype=np.int64)
    above = parent.tolist()
    # A dominator comes later in postorder than what it dominates.
    for vertex in order:
        size[vertex] += 1
        if vertex != _ROOT:
            size[above[vertex]] += size[vertex]
    first = np.zeros(parent.size, dtype=np.int64)
    free = np.zeros(parent.size, dtype=np.int64)
    free[_ROOT] = 1
    for vertex in reversed(order):
        if vertex != _ROOT:
            first[vertex] = free[above[vertex]]
            free[above[vertex]] += size[vertex]
            free[vertex] = first[vertex] + 1
    return first, first + size
