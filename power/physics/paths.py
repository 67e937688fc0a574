"""How much the ways from the grid to a place let through: the lowest limit along the path."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import SQRT_3, W_PER_KW
from power.physics.admittance import KVA_PER_PU
from power.physics.documents import Feed, NetworkInput, Phases
from power.physics.dominance import Dominance, dominance
from power.physics.grid import Grid, build_grid, feed_id
from power.physics.network import Topology, connect
from power.physics.ratings import circuit_kva
from power.physics.switching import DEAD, components, transfer_inputs
from power.physics.validation import check

KINDS = ("node", "branch", "switch", "source", "conversion", "transfer")
"""Kinds of objects a path leads through, in the order of the numbers of `Dominance`."""
_ROOT = 0
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Passing:
    """How much may pass, and which objects together stop more; none where nothing does."""

    limit: float
    binding: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathStep:
    """One object through which every way to a feed leads; None: its rating is not known."""

    kind: str
    id: str
    limit_kva: float | None


@dataclass(frozen=True, slots=True)
class PathLimit:
    """The most a feed can be given, whatever else is drawn.

    ``limit_a`` is in the conductors of the feed. ``binding`` names the object that sets the
    limit, or the parallel ones that do so together. ``steps`` run from the grid to the feed;
    ``unrated`` are those of them whose rating nobody stated. Limits are None where nothing binds.
    """

    feed: str
    limit_kva: float | None
    limit_kw: float | None
    limit_a: float | None
    binding: tuple[str, ...]
    steps: tuple[PathStep, ...]
    unrated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Arcs:
    """One-way arcs, each followed by its twin for flow sent back: they differ in the last bit.

    ``vertex`` is the object that limits an arc. The root is 0. Node i has two vertices, in front
    of and behind its own limit: ``1 + 2 i`` and ``2 + 2 i``.
    """

    head: list[int]
    vertex: list[int]
    is_twin: list[bool]
    leaving: list[list[int]]

    def join(self, start: int, end: int, vertex: int) -> None:
        """Add a way from start to end."""
        for tail, head, is_twin in ((start, end, False), (end, start, True)):
            self.leaving[tail].append(len(self.head))
            self.head.append(head)
            self.vertex.append(vertex)
            self.is_twin.append(is_twin)


@dataclass(frozen=True, slots=True)
class SupplyPaths:
    """The ways of supply in one switching state, with a limit for every object.

    ``limit`` is by the numbers of `Dominance`, infinite where there is none. Parallel ways add
    up, as if they shared ideally. A transfer switch takes the side it stands at.
    """

    topology: Topology
    parent: list[int]
    limit: list[float]
    arcs: _Arcs
    names: tuple[str, ...]
    known: dict[int, Passing] = field(default_factory=dict)

    def to_node(self, node: int) -> Passing:
        """Return what may reach a node, its own limit included."""
        chain = [node]
        while chain[-1] not in self.known:
            above = self._node_above(chain[-1])
            if above == _ROOT:
                break
            chain.append(above - 1)
        for below in reversed(chain):
            if below not in self.known:
                own = Passing(self.limit[below + 1], (self.names[below],))
                self.known[below] = lower(self.before_node(below), own)
        return self.known[node]

    def before_node(self, node: int) -> Passing:
        """Return what may reach a node if its own limit did not count."""
        if not self.topology.node_live[node]:
            return Passing(0.0, ())
        above = self._node_above(node)
        start = _ROOT if above == _ROOT else 2 * above
        # All that reaches a node passes its dominator, so the limits stand in series.
        first = Passing(np.inf, ()) if above == _ROOT else self.to_node(above - 1)
        only = self.parent[node + 1]
        if self._is_single(only, above):
            return lower(first, Passing(self.limit[only], (self.names[only - 1],)))
        return lower(first, self._between(start, 1 + 2 * node, without=node + 1))

    def _is_single(self, vertex: int, above: int) -> bool:
        """Return whether one object that is no transfer switch leads from a node to the next."""
        nodes, transfers = self.topology.grid.node_ids, self.topology.grid.transfers.ids
        is_way = len(nodes) < vertex <= len(self.names) - len(transfers)
        return is_way and self.parent[vertex] == above

    def before(self, vertex: int, node: int) -> Passing:
        """Return what may reach an object from the node on its supply side.

        Parameters
        ----------
        vertex : int
            The object, by the numbers of `Dominance`.
        node : int
            The end from which it is supplied.
        """
        if not self.topology.node_live[node]:
            return Passing(0.0, ())
        if self.parent[vertex] == node + 1:
            return self.to_node(node)
        return self._between(_ROOT, 2 + 2 * node, closed=vertex)

    def _node_above(self, node: int) -> int:
        """Return the closest node through which every way leads, as a vertex; 0 for none."""
        above = self.parent[node + 1]
        while above > len(self.topology.grid.node_ids):
            above = self.parent[above]
        return above

    def _between(
        self, start: int, end: int, *, without: int = _ROOT, closed: int = _ROOT
    ) -> Passing:
        """Return the largest flow by shortest augmenting ways (Edmonds and Karp).

        The limit of one object may be left out, another one may be closed.
        """
        arcs = self.arcs
        limit = list(self.limit)
        limit[without] = np.inf
        limit[closed] = 0.0
        left = [
            0.0 if is_twin else limit[v]
            for v, is_twin in zip(arcs.vertex, arcs.is_twin, strict=True)
        ]
        total = 0.0
        while True:
            came = _reach(arcs, left, start, end)
            if came[end] < 0:
                return Passing(total, self._cut(left, came, start))
            way = list(_way(arcs, came, start, end))
            most = min(left[i] for i in way)
            if most == np.inf:
                return Passing(np.inf, ())
            total += most
            for i in way:
                left[i] -= most
                left[i ^ 1] += most

    def _cut(self, left: list[float], came: list[int], start: int) -> tuple[str, ...]:
        """Return the objects that part what can still be reached from what cannot."""
        arcs, found = self.arcs, dict[str, None]()
        for tail, leaving in enumerate(arcs.leaving):
            if tail != start and came[tail] < 0:
                continue
            for i in leaving:
                head = arcs.head[i]
                if not arcs.is_twin[i] and head != start and came[head] < 0 and left[i] <= _NOTHING:
                    found[self.names[arcs.vertex[i] - 1]] = None
        return tuple(found)


def lower(first: Passing, second: Passing) -> Passing:
    """Return the lower of two limits in series; of equal ones the first."""
    if second.limit < first.limit:
        return second
    return first if first.limit < np.inf else Passing(np.inf, ())


def _reach(arcs: _Arcs, left: list[float], start: int, end: int) -> list[int]:
    """Return the arc by which each vertex was reached first, -1 where it was not."""
    came = [-1] * len(arcs.leaving)
    front = deque([start])
    while front:
        for i in arcs.leaving[front.popleft()]:
            head = arcs.head[i]
            if came[head] < 0 and head != start and left[i] > _NOTHING:
                came[head] = i
                if head == end:
                    return came
                front.append(head)
    return came


def _way(arcs: _Arcs, came: list[int], start: int, end: int) -> Iterator[int]:
    while end != start:
        yield came[end]
        end = arcs.head[came[end] ^ 1]


def supply_paths(topology: Topology, limits: dict[str, FloatArray]) -> SupplyPaths:
    """Return the ways of supply of a topology with nothing out of service.

    Parameters
    ----------
    topology : Topology
        Nothing out of service.
    limits : dict
        By kind, see `KINDS`: the limit of every object in one unit, infinite where it has none.
    """
    grid = topology.grid
    parent = _parents(dominance(grid))
    limit = [np.inf, *np.concatenate([limits[kind] for kind in KINDS]).tolist()]
    names = tuple(name for ids in _ids(grid) for name in ids)
    return SupplyPaths(topology, parent, limit, _arcs_of(topology), names)


def _parents(tree: Dominance) -> list[int]:
    """Return the closest dominator of every object from the intervals of the tree."""
    parent = [_ROOT] * tree.first.size
    stack: list[int] = []
    live = np.flatnonzero(tree.last > tree.first)
    for vertex in live[np.argsort(tree.first[live])].tolist():
        while stack and tree.last[stack[-1]] <= tree.first[vertex]:
            stack.pop()
        parent[vertex] = stack[-1] if stack else _ROOT
        stack.append(vertex)
    return parent


def _arcs_of(topology: Topology) -> _Arcs:
    grid = topology.grid
    count = len(grid.node_ids)
    arcs = _Arcs([], [], [], [[] for _ in range(1 + 2 * count)])
    for node in range(count):
        arcs.join(1 + 2 * node, 2 + 2 * node, node + 1)
    branches, switches, conversions = grid.branches, grid.switches, grid.conversions
    transfer_live = topology.transfer_live & (topology.transfer_position != DEAD)
    taken = transfer_inputs(grid, topology.transfer_position)
    nowhere = np.full(len(grid.sources.ids), -1, dtype=np.int64)
    ways = (
        (branches.from_node, branches.to_node, topology.branch_live, True),
        (switches.from_node, switches.to_node, topology.switch_live, True),
        (nowhere, grid.sources.node, topology.source_live, False),
        (conversions.input_node, conversions.output_node, topology.conversion_live, False),
        (taken, grid.transfers.output_node, transfer_live, False),
    )
    vertex = count + 1
    for starts, ends, live, both_ways in ways:
        for i in np.flatnonzero(live).tolist():
            start, end = int(starts[i]), int(ends[i])
            # What leaves a node has passed its limit; a start of -1 is the root.
            arcs.join(2 + 2 * start, 1 + 2 * end, vertex + i)
            if both_ways:
                arcs.join(2 + 2 * end, 1 + 2 * start, vertex + i)
        vertex += live.size
    return arcs


def path_limit(network: NetworkInput, feed: str, *, stage: int = 0) -> PathLimit:
    """Return the most that one feed can be given: the lowest limit from the grid to its breaker.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    feed : str
        Named ``consumer@node``.
    stage : int
        Number of the stage of the plan.

    Raises
    ------
    InputError
        The network is not valid or has no such feed.

    Notes
    -----
    Ratings only, whatever else is drawn; parallel ways add up. A feed of one or two conductors
    loads the conductors up to the transformer or conversion that supplies it, each of which
    carries a third, or the square root of a third, of the three-phase power.
    """
    problems = check(network, stages=(stage,))
    if problems:
        raise InputError(problems)
    grid = build_grid(network, stage=stage)
    if feed not in grid.feeds.ids:
        raise InputError([Problem("feed", "unknown", f"there is no feed {feed!r}")])
    number = grid.feeds.ids.index(feed)
    consumer = grid.consumers[int(grid.feeds.consumer[number])]
    own = next(item for item in consumer.feeds if feed_id(consumer, item) == feed)
    node = int(grid.feeds.node[number])
    power_factor = 1.0 if grid.node_is_dc[node] else consumer.power_factor
    topology = connect(grid)
    limits = rating_kva(grid, power_factor)
    _count_conductors(topology, limits, node, own.phases)
    paths = supply_paths(topology, limits)
    breaker = Passing(_feed_kva(grid, node, number, own), (feed,))
    answer = lower(paths.to_node(node), breaker)
    steps = tuple(_steps(paths, node))
    steps = (*steps, PathStep("feed", feed, _or_none(breaker.limit)))
    return PathLimit(
        feed=feed,
        limit_kva=_or_none(answer.limit),
        limit_kw=_or_none(answer.limit * power_factor),
        limit_a=_or_none(answer.limit / _kva_per_a(grid, node, own.phases)),
        binding=answer.binding,
        steps=steps,
        unrated=tuple(step.id for step in steps if step.limit_kva is None),
    )


def path_limits(network: NetworkInput, *, stage: int = 0) -> dict[str, Passing]:
    """Return the most that every feed of three conductors can be given. [kVA].

    Parameters
    ----------
    network : NetworkInput
        The whole site, valid.
    stage : int
        Number of the stage of the plan.

    Returns
    -------
    dict of str to Passing
        By the name of the feed; infinite where nothing on the way has a rating. Feeds of fewer
        conductors are left out: ask `path_limit`.
    """
    grid = build_grid(network, stage=stage)
    topology = connect(grid)
    ways: dict[float, SupplyPaths] = {}
    found: dict[str, Passing] = {}
    feeds = [(item, feed) for item in grid.consumers for feed in item.feeds]
    for number, (consumer, feed) in enumerate(feeds):
        if feed.phases != "L1L2L3":
            continue
        node = int(grid.feeds.node[number])
        power_factor = 1.0 if grid.node_is_dc[node] else consumer.power_factor
        if power_factor not in ways:
            ways[power_factor] = supply_paths(topology, rating_kva(grid, power_factor))
        name = grid.feeds.ids[number]
        own = Passing(_feed_kva(grid, node, number, feed), (name,))
        found[name] = lower(ways[power_factor].to_node(node), own)
    return found


def rating_kva(grid: Grid, power_factor: float) -> dict[str, FloatArray]:
    """Return the rating of every object by kind for load of a power factor. [kVA].

    Parameters
    ----------
    grid : Grid
        At one stage.
    power_factor : float
        Of the load, for those limited in kW too.
    """
    sources, conversions = grid.sources, grid.conversions
    kva_per_a = KVA_PER_PU / grid.node_base_a
    return {
        "node": _or_free(grid.node_rating_a * kva_per_a),
        "branch": grid.branches.rating_kva,
        "switch": _or_free(grid.switches.rating_a * kva_per_a[grid.switches.from_node]),
        "source": np.minimum(
            _or_free(sources.contract_kva), _or_free(sources.contract_kw / power_factor)
        ),
        "conversion": np.minimum(conversions.rating_kva, conversions.rating_kw / power_factor),
        "transfer": _or_free(grid.transfers.rating_a * kva_per_a[grid.transfers.output_node]),
    }


def _or_free(rating: FloatArray) -> FloatArray:
    return np.where(rating > 0, rating, np.inf)


def _or_none(limit: float) -> float | None:
    return float(limit) if limit < np.inf else None


def _kva_per_a(grid: Grid, node: int, phases: Phases) -> float:
    if grid.node_is_dc[node]:
        return float(KVA_PER_PU / grid.node_base_a[node])
    voltage_v = W_PER_KW * KVA_PER_PU / (SQRT_3 * grid.node_base_a[node])
    return float(circuit_kva(1.0, voltage_v=voltage_v, phases=phases))


def _feed_kva(grid: Grid, node: int, number: int, own: Feed) -> float:
    limit_a = float(grid.feeds.limit_a[number])
    return limit_a * _kva_per_a(grid, node, own.phases) if limit_a > 0 else np.inf


def _count_conductors(
    topology: Topology, limits: dict[str, FloatArray], node: int, phases: Phases
) -> None:
    """Lower in place the limits around a feed that does not use all conductors."""
    grid, bus = topology.grid, topology.bus_of_node
    factor = {2: 1.0 / 3.0, 4: 1.0 / SQRT_3, 6: 1.0}[len(phases)]
    if grid.node_is_dc[node] or factor == 1.0:
        return
    branches = grid.branches
    joined = topology.branch_live & ~branches.is_transformer
    _, section = components(
        topology.n_buses, bus[branches.from_node[joined]], bus[branches.to_node[joined]]
    )
    inside = section[bus] == section[bus[node]]
    for kind, there in (
        ("node", inside),
        ("branch", inside[branches.from_node] | inside[branches.to_node]),
        ("switch", inside[grid.switches.from_node]),
        ("conversion", inside[grid.conversions.output_node]),
        ("transfer", inside[grid.transfers.output_node]),
    ):
        limits[kind] = np.where(there, factor * limits[kind], limits[kind])


def _steps(paths: SupplyPaths, node: int) -> Iterator[PathStep]:
    """Yield what every way to a node leads through, from the grid on."""
    kinds = [
        kind
        for kind, ids in zip(KINDS, _ids(paths.topology.grid), strict=True)
        for _ in range(len(ids))
    ]
    found, vertex = list[int](), node + 1
    while vertex != _ROOT:
        found.append(vertex)
        vertex = paths.parent[vertex]
    for vertex in reversed(found):
        yield PathStep(kinds[vertex - 1], paths.names[vertex - 1], _or_none(paths.limit[vertex]))


def _ids(grid: Grid) -> tuple[tuple[str, ...], ...]:
    return (
        *(grid.node_ids, grid.branches.ids, grid.switches.ids),
        *(grid.sources.ids, grid.conversions.ids, grid.transfers.ids),
    )
