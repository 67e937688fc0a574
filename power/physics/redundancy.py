"""Which systems carry which loads, what each takes over when another is lost, and the scheme."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from power.physics.admittance import KVA_PER_PU
from power.physics.contingency import checked_grid
from power.physics.documents import NetworkInput
from power.physics.network import Topology, connect
from power.physics.switching import components
from power.physics.tracing import Traced, Tracing, tracing, tracing_of

SAME_RATIO = 1e-9
CHUNK = 256

SchemeName = Literal["N", "N+1", "2N", "isolated redundant", "distributed redundant", "mixed"]


@dataclass(frozen=True, slots=True)
class System:
    """Conversions, branches or boards that stand for one another and fail together.

    ``n_modules`` counts equal parts, those inside conversions included.
    """

    name: str
    members: tuple[str, ...]
    rating_kw: float
    n_modules: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """How some systems back one another, and whether the survivors hold.

    ``label`` is the scheme with its numbers: ``N+2``, ``4N/3``. ``normal_ratio`` and
    ``worst_ratio`` are the highest load over rating in normal operation and after the loss of one
    system (of one module where there is but one system); ``worst_lost`` and ``worst_survivor``
    say where. ``dark_kw`` is the most load that one such loss leaves without supply.
    """

    systems: tuple[str, ...]
    reserve: tuple[str, ...]
    name: SchemeName
    label: str
    normal_ratio: float
    worst_ratio: float
    worst_lost: str
    worst_survivor: str
    dark_kw: float
    is_covered: bool


@dataclass(frozen=True, slots=True)
class Redundancy:
    """Loads of systems in normal operation and after the loss of each, shapes by their names.

    ``carries`` and ``takes_over`` (consumers, systems) say which systems carry a consumer in
    normal operation and which others do after a loss. ``after_kw[i, j]`` is the load of j after
    the loss of i, ``moved_kw[i, j]`` the part of it that came from i: the pairing of the loads.
    ``dark_kw[i]`` goes dark with i. Without losses of conversions and lines. [kW].
    """

    systems: tuple[System, ...]
    consumer_ids: tuple[str, ...]
    carries: BoolArray
    takes_over: BoolArray
    normal_kw: FloatArray
    after_kw: FloatArray
    moved_kw: FloatArray
    dark_kw: FloatArray
    schemes: tuple[Scheme, ...]


def redundancy(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    stage: int = 0,
    groups: Sequence[tuple[str, ...]] | None = None,
) -> Redundancy:
    """Return which systems carry the loads and what happens to their loads when one is lost.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    stage : int
        Number of the stage of the plan.
    groups : sequence of tuple of str, optional
        Names of the conversions, branches or boards of each system, all with a rating; kVA count
        as kW. By default conversions that the grid supplies without another conversion, those
        with joined outputs as one system.

    Raises
    ------
    InputError
        The network, a power or a group is not valid.

    Notes
    -----
    The real feeds and transfer switches are followed, no averages. Schemes are named as in
    Schneider Electric White Paper 75.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    checked_grid(network, power_kw, stage=stage)
    ready = tracing_of(network, stage=stage)
    systems = _systems(ready.topology, groups)
    place = _Places.of(ready, systems)
    shares = place.shares(ready, np.arange(power_kw.size))
    normal_kw, carries = shares @ power_kw, shares.T > SAME_RATIO
    count = len(systems)
    after_kw, dark_kw = np.zeros((count, count)), np.zeros(count)
    takes_over = np.zeros_like(carries)
    for i, system in enumerate(systems):
        lost = tracing(connect(ready.topology.grid, out=frozenset(system.members)))
        # What does not go through a system stays as it is when the system is lost.
        moved = np.flatnonzero(carries[:, i])
        after = shares.copy()
        after[:, moved] = place.shares(lost, moved)
        after_kw[i] = after @ power_kw
        takes_over |= after.T > SAME_RATIO
        dark_kw[i] = power_kw[lost.topology.consumer_dark].sum()
    takes_over &= ~carries
    moved_kw = after_kw - normal_kw
    np.fill_diagonal(moved_kw, 0.0)
    found = Redundancy(
        systems=systems,
        consumer_ids=tuple(item.id for item in ready.topology.grid.consumers),
        carries=carries,
        takes_over=takes_over,
        normal_kw=normal_kw,
        after_kw=after_kw,
        moved_kw=moved_kw,
        dark_kw=dark_kw,
        schemes=(),
    )
    return _with_schemes(found, _Modules.of(ready.topology, systems))


def _systems(topology: Topology, groups: Sequence[tuple[str, ...]] | None) -> tuple[System, ...]:
    members = _joined(topology) if groups is None else tuple(groups)
    grid = topology.grid
    conversions, branches, rated = grid.conversions, grid.branches, grid.node_rating_a > 0
    board_kva = grid.node_rating_a * KVA_PER_PU / grid.node_base_a
    rating = {
        name: value
        for name, value, counts in (
            *zip(conversions.ids, conversions.rating_kw.tolist(), conversions.ids, strict=True),
            *zip(branches.ids, branches.rating_kva.tolist(), branches.has_rating, strict=True),
            *zip(grid.node_ids, board_kva.tolist(), rated, strict=True),
        )
        if counts
    }
    unknown = sorted({name for group in members for name in group} - rating.keys())
    if unknown:
        raise InputError(
            [
                Problem(
                    "groups", "unknown", f"no conversion, branch or node with a rating is {name!r}"
                )
                for name in unknown
            ]
        )
    modules = {item.id: item.n_modules for item in topology.grid.network.conversions}
    return tuple(
        System(
            name="+".join(group),
            members=group,
            rating_kw=sum(rating[name] for name in group),
            n_modules=sum(modules.get(name, 1) for name in group),
        )
        for group in members
    )


def _joined(topology: Topology) -> tuple[tuple[str, ...], ...]:
    """Return the conversions next to the grid, those with outputs in one island together."""
    grid, bus = topology.grid, topology.bus_of_node
    branches, live = grid.branches, topology.branch_live
    _, island = components(
        topology.n_buses, bus[branches.from_node[live]], bus[branches.to_node[live]]
    )
    at_grid = topology.level_of_bus[bus[grid.conversions.input_node]] == 0
    found: dict[int, list[str]] = {}
    for i in np.flatnonzero(topology.conversion_live & at_grid).tolist():
        output = int(island[bus[grid.conversions.output_node[i]]])
        found.setdefault(output, []).append(grid.conversions.ids[i])
    return tuple(tuple(group) for group in found.values())


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the members of every system stand among conversions, branches and nodes."""

    conversions: tuple[IntArray, ...]
    branches: tuple[IntArray, ...]
    nodes: tuple[IntArray, ...]

    @classmethod
    def of(cls, ready: Tracing, systems: tuple[System, ...]) -> "_Places":
        grid = ready.topology.grid
        return cls(
            *(
                tuple(
                    np.array([i for i, name in enumerate(ids) if name in s.members], dtype=np.int64)
                    for s in systems
                )
                for ids in (grid.conversions.ids, grid.branches.ids, grid.node_ids)
            )
        )

    def shares(self, ready: Tracing, consumers: IntArray) -> FloatArray:
        """Return which part of the power of some consumers every system carries.

        Who carries a consumer does not hang on its power, which may be nothing.
        """
        parts = [
            self._of_systems(ready.trace(_draw(ready.topology, consumers[start : start + CHUNK])))
            for start in range(0, consumers.size, CHUNK)
        ]
        return np.concatenate([np.zeros((len(self.conversions), 0)), *parts], axis=1)

    def _of_systems(self, traced: Traced) -> FloatArray:
        rows = [
            traced.conversions[conversions].sum(axis=0)
            + np.abs(traced.branches[branches]).sum(axis=0)
            + traced.nodes[nodes].sum(axis=0)
            for conversions, branches, nodes in zip(
                self.conversions, self.branches, self.nodes, strict=True
            )
        ]
        return np.array(rows).reshape(len(rows), traced.nodes.shape[1])


def _draw(topology: Topology, consumers: IntArray) -> FloatArray:
    """Return what each of some consumers draws of 1 kW at every node, a column each."""
    feeds = topology.grid.feeds
    drawn = np.zeros((len(topology.grid.node_ids), consumers.size))
    place = np.full(len(topology.grid.consumers), -1, dtype=np.int64)
    place[consumers] = np.arange(consumers.size)
    column = place[feeds.consumer]
    here = column >= 0
    np.add.at(drawn, (feeds.node[here], column[here]), topology.feed_share[here])
    return drawn


@dataclass(frozen=True, slots=True)
class _Modules:
    """The largest member of every system, and the fewest modules spare inside a member."""

    largest_kw: tuple[float, ...]
    n_spare: tuple[int, ...]

    @classmethod
    def of(cls, topology: Topology, systems: tuple[System, ...]) -> "_Modules":
        items = {item.id: item for item in topology.grid.network.conversions}
        largest, spare = list[float](), list[int]()
        for system in systems:
            inside = [items[name] for name in system.members if name in items]
            largest.append(max((c.rating_kw for c in inside), default=system.rating_kw))
            spare.append(min((c.n_redundant_modules for c in inside), default=0))
        return cls(tuple(largest), tuple(spare))


def _with_schemes(found: Redundancy, modules: _Modules) -> Redundancy:
    count = len(found.systems)
    reached = (found.carries | found.takes_over).astype(np.int64)
    together = np.argwhere(np.triu(reached.T @ reached, 1) > 0)
    n_clusters, cluster = components(count, together[:, 0], together[:, 1])
    schemes = tuple(
        _alone(found, int(inside[0]), modules) if inside.size == 1 else _several(found, inside)
        for inside in (np.flatnonzero(cluster == number) for number in range(n_clusters))
    )
    return replace(found, schemes=schemes)


def _alone(found: Redundancy, i: int, modules: _Modules) -> Scheme:
    """Return the scheme of a system without partner: as many spare modules as its load leaves."""
    system, load_kw = found.systems[i], float(found.normal_kw[i])
    several = len(system.members) > 1
    spare = modules.n_spare[i]
    if several:
        left_kw = system.rating_kw - load_kw
        spare = int((left_kw + SAME_RATIO * system.rating_kw) // modules.largest_kw[i])
        spare = max(min(spare, len(system.members) - 1), 0)
    rest_kw = system.rating_kw - (modules.largest_kw[i] if several else 0.0)
    after = load_kw / rest_kw if spare or several else 0.0
    return Scheme(
        systems=(system.name,),
        reserve=(),
        name="N+1" if spare else "N",
        label=f"N+{spare}" if spare else "N",
        normal_ratio=load_kw / system.rating_kw,
        worst_ratio=after,
        worst_lost=f"one module of {system.name}" if spare or several else system.name,
        worst_survivor=system.name if spare or several else "",
        dark_kw=0.0 if spare or several else load_kw,
        is_covered=spare > 0,
    )


def _several(found: Redundancy, inside: IntArray) -> Scheme:
    rating = np.array([found.systems[i].rating_kw for i in inside])
    normal = found.normal_kw[inside]
    after = found.after_kw[np.ix_(inside, inside)] / rating
    lost, survivor = np.unravel_index(int(np.argmax(after)), after.shape)
    dark_kw = float(found.dark_kw[inside].max())
    idle: BoolArray = np.asarray(~found.carries[:, inside].any(axis=0))
    name, label = _name(found, inside, idle, dark_kw)
    names = [found.systems[i].name for i in inside]
    worst = float(after.max())
    return Scheme(
        systems=tuple(names),
        reserve=tuple(n for n, rests in zip(names, idle, strict=True) if rests),
        name=name,
        label=label,
        normal_ratio=float((normal / rating).max()),
        worst_ratio=worst,
        worst_lost=names[int(lost)],
        worst_survivor=names[int(survivor)],
        dark_kw=dark_kw,
        is_covered=worst <= 1.0 + SAME_RATIO and dark_kw <= SAME_RATIO * float(rating.max()),
    )


def _name(
    found: Redundancy, inside: IntArray, idle: BoolArray, dark_kw: float
) -> tuple[SchemeName, str]:
    """Return the name of how several systems back one another."""
    count = inside.size
    here = found.carries[:, inside] | found.takes_over[:, inside]
    concerned = here[here.any(axis=1)]
    if dark_kw > 0 or np.any(concerned.sum(axis=1) < 2):  # noqa: PLR2004 - a pair
        return "mixed", "mixed"
    if idle.any() and not np.any(found.takes_over[:, inside][:, ~idle]):
        return "isolated redundant", f"{count - int(idle.sum())}+{int(idle.sum())}"
    if count == 2:  # noqa: PLR2004 - two systems
        return "2N", "2N"
    return "distributed redundant", f"{count}N/{count - 1}"
