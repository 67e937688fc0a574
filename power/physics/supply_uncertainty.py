"""How much more than its even share a supply may carry, for feeds and all that stands above."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from power.physics.contingency import FailoverTable, checked_grid
from power.physics.documents import Consumer, NetworkInput
from power.physics.network import Topology
from power.physics.tracing import Tracing, tracing_of

KINDS = ("feeds", "branches", "switches", "transfers", "conversions", "sources", "nodes")
CHUNK = 128
HALF = 0.5


if TYPE_CHECKING:
    from power.physics.loading import Loading


@dataclass(frozen=True, slots=True)
class Spread:
    """Even share and what may come on top of it, for the objects of one kind. [kW]."""

    ids: tuple[str, ...]
    estimated_kw: FloatArray
    uncertainty_kw: FloatArray


@dataclass(frozen=True, slots=True)
class SupplyUncertainty:
    """Even share and supply uncertainty by kind; without losses.

    ``has_sides`` says, by consumer, whether the worst case is that one of its named paths carries
    all; otherwise it is that half of its supplies do.
    """

    consumer_ids: tuple[str, ...]
    has_sides: tuple[bool, ...]
    feeds: Spread
    branches: Spread
    switches: Spread
    transfers: Spread
    conversions: Spread
    sources: Spread
    nodes: Spread


@dataclass(frozen=True, slots=True)
class Figures:
    """The three figures of the objects of one kind, kept apart. [kW].

    ``failover_kw`` is the total in the worst outage, of which ``failover_extra_kw`` is what comes
    on top of the even share. A node without a rating has no failover load: it is not listed.
    """

    kind: str
    ids: tuple[str, ...]
    estimated_kw: FloatArray
    failover_kw: FloatArray
    failover_extra_kw: FloatArray
    failover_state: tuple[str, ...]
    uncertainty_kw: FloatArray


def supply_uncertainty(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    stage: int = 0,
    spread_ratio: ArrayLike = 1.0,
) -> SupplyUncertainty:
    """Return what supplies that do not share evenly may put on every object above them.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    stage : int
        Number of the stage of the plan.
    spread_ratio : array_like, shape (consumers,) or ()
        How far sharing may go from even (0) to the worst case (1).

    Raises
    ------
    InputError
        The network, a power or a spread is not valid.

    Notes
    -----
    Worst case less estimated (Schneider Electric, IT Advisor): one side's supplies carry all, the
    sides being the paths of the nodes at the feeds; where they name none, half of the supplies
    carry all, ``P / (n / 2)`` each. Above the feeds all consumers are taken to lean towards the
    object at once, so what hangs on one side only counts, and what carries both sides does not.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    checked_grid(network, power_kw, stage=stage)
    spread = as_float("spread_ratio", spread_ratio, minimum=0.0, maximum=1.0)
    if spread.shape not in ((), power_kw.shape):
        raise InputError([Problem("spread_ratio", "shape", "one for all, or one a consumer")])
    ready = tracing_of(network, stage=stage)
    present = [node for node in network.nodes if node.is_present(stage)]
    paths: dict[str, str] = {node.id: node.path for node in present}
    sums = _Sums.empty(ready.topology)
    patterns: dict[_Pattern, FloatArray] = {}
    has_sides: list[bool] = []
    moving_kw = power_kw * spread
    for number, item in enumerate(ready.topology.grid.consumers):
        sides = _sides(item, paths)
        has_sides.append(sides is not None)
        own = _live_feeds(ready.topology, number)
        if own.size == 0:
            continue
        pattern = _pattern(ready.topology, own, sides)
        powers = np.array([power_kw[number], moving_kw[number]])
        who = pattern.share, pattern.side, powers[np.newaxis]
        sums.add("feeds", np.eye(own.size)[:, np.newaxis], who, own)
        patterns[pattern] = patterns.get(pattern, np.zeros(2)) + powers
    _add_above(ready, sums, list(patterns.items()))
    return sums.finish(ready.topology, tuple(has_sides))


def _live_feeds(topology: Topology, consumer: int) -> IntArray:
    feeds = topology.grid.feeds
    first, last = np.searchsorted(feeds.consumer, [consumer, consumer + 1])
    own = np.arange(first, last)
    return own[topology.feed_share[own] > 0]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """From which nodes, in which shares and from which sides a consumer draws.

    ``side`` is a number for each feed; empty where no sides are named. Consumers of one pattern
    load what stands above them alike.
    """

    node: tuple[int, ...]
    share: tuple[float, ...]
    side: tuple[int, ...]


def _pattern(topology: Topology, own: IntArray, sides: tuple[str, ...] | None) -> _Pattern:
    feeds = topology.grid.feeds
    side = ()
    if sides is not None:
        first = int(np.searchsorted(feeds.consumer, feeds.consumer[own[0]]))
        named = [sides[i - first] for i in own.tolist()]
        side = tuple(np.unique(named, return_inverse=True)[1].tolist())
    return _Pattern(tuple(feeds.node[own].tolist()), tuple(topology.feed_share[own].tolist()), side)


def _add_above(
    ready: Tracing, sums: "_Sums", patterns: "list[tuple[_Pattern, FloatArray]]"
) -> None:
    """Add what patterns put on everything above the feeds, some at a time to spare memory."""
    for start in range(0, len(patterns), CHUNK):
        part = patterns[start : start + CHUNK]
        nodes = sorted({node for pattern, _ in part for node in pattern.node})
        column = {node: i for i, node in enumerate(nodes)}
        drawn = np.zeros((len(ready.topology.grid.node_ids), len(nodes)))
        drawn[nodes, np.arange(len(nodes))] = 1.0
        traced = ready.trace(drawn)
        alike: dict[tuple[tuple[float, ...], tuple[int, ...]], list[int]] = {}
        for i, (pattern, _) in enumerate(part):
            alike.setdefault((pattern.share, pattern.side), []).append(i)
        for (share, side), which in alike.items():
            here = np.array([[column[node] for node in part[i][0].node] for i in which])
            powers_kw = np.array([part[i][1] for i in which])
            for kind in KINDS[1:]:
                passing: FloatArray = getattr(traced, kind)[:, here]
                sums.add(kind, passing, (share, side, powers_kw), np.arange(len(passing)))


def _sides(consumer: Consumer, paths: dict[str, str]) -> tuple[str, ...] | None:
    """Return the path of every feed, or None where fewer than two are named."""
    found = tuple(paths[feed.node] for feed in consumer.feeds)
    return found if all(found) and len(set(found)) > 1 else None


@dataclass(frozen=True, slots=True)
class _Sums:
    """Even share, and how far it may rise and fall, by kind; filled in place."""

    ids: dict[str, tuple[str, ...]]
    even: dict[str, FloatArray]
    rise: dict[str, FloatArray]
    fall: dict[str, FloatArray]

    @classmethod
    def empty(cls, topology: Topology) -> "_Sums":
        grid = topology.grid
        tables = (grid.feeds, grid.branches, grid.switches, grid.transfers, grid.conversions)
        all_ids = (*(table.ids for table in tables), grid.sources.ids, grid.node_ids)
        ids = dict(zip(KINDS, all_ids, strict=True))
        return cls(ids, *({k: np.zeros(len(v)) for k, v in ids.items()} for _ in range(3)))

    def add(
        self,
        kind: str,
        passing: FloatArray,
        who: tuple[tuple[float, ...], tuple[int, ...], FloatArray],
        where: IntArray,
    ) -> None:
        """Add consumers of like patterns with their powers and the parts of them that may move.

        ``passing`` (objects, patterns, feeds) says how much of the power of each feed passes the
        objects; ``who`` are shares and sides of the feeds, and the powers (patterns, 2).
        """
        share, side = np.array(who[0]), np.array(who[1], dtype=np.int64)
        power_kw, moving_kw = who[2].T
        even = passing @ share
        self.even[kind][where] += even @ power_kw
        self.rise[kind][where] += (_worst(passing, share, side) - even) @ moving_kw
        self.fall[kind][where] += (even + _worst(-passing, share, side)) @ moving_kw

    def finish(self, topology: Topology, has_sides: tuple[bool, ...]) -> SupplyUncertainty:
        """Return the figures; of a branch the larger of both directions counts."""
        found = []
        for kind in KINDS:
            even = self.even[kind]
            worst = np.maximum(np.abs(even + self.rise[kind]), np.abs(even - self.fall[kind]))
            # Rounding must not make a supply carry less than its even share.
            more = np.maximum(worst - np.abs(even), 0.0)
            found.append(Spread(self.ids[kind], np.abs(even), more))
        consumers = tuple(item.id for item in topology.grid.consumers)
        return SupplyUncertainty(consumers, has_sides, *found)


def _worst(passing: FloatArray, share: FloatArray, side: IntArray) -> FloatArray:
    """Return the most of 1 kW that may pass, for passing shapes (..., feeds)."""
    if side.size == 0:
        return _half(passing, share)
    sides = [
        passing[..., side == i] @ share[side == i] / share[side == i].sum()
        for i in range(int(side.max()) + 1)
    ]
    return np.asarray(np.max(sides, axis=0))


def _half(passing: FloatArray, share: FloatArray) -> FloatArray:
    """Return the mean over that half of the supplies of which most passes."""
    order = np.argsort(-passing, axis=-1, kind="stable")
    taken = np.cumsum(share[order], axis=-1)
    used = np.clip(HALF - (taken - share[order]), 0.0, share[order])
    chosen = np.take_along_axis(passing, order, axis=-1) * used
    return np.asarray(chosen.sum(axis=-1) / used.sum(axis=-1))


def three_figures(table: FailoverTable, uncertainty: SupplyUncertainty) -> tuple[Figures, ...]:
    """Return even share, failover load and supply uncertainty of every object, by kind.

    Parameters
    ----------
    table : FailoverTable
        Of the same network, powers and stage.
    uncertainty : SupplyUncertainty
        See `supply_uncertainty`.

    Notes
    -----
    Even share and uncertainty are without losses, the failover load is by load flow; that of a
    node, which has no direction, is its even share times its failover over normal kVA.
    """
    found = []
    for kind in KINDS:
        spread: Spread = getattr(uncertainty, kind)
        loading: Loading = getattr(table, kind)
        number = {name: i for i, name in enumerate(spread.ids)}
        rows = np.array([number[name] for name in loading.ids], dtype=np.int64)
        estimated = spread.estimated_kw[rows]
        total = np.abs(loading.failover_kw)
        if kind == "nodes":
            growth = np.divide(
                loading.failover_kva,
                loading.normal_kva,
                out=np.ones(rows.size),
                where=loading.normal_kva > 0,
            )
            total = estimated * growth
        found.append(
            Figures(
                kind=kind,
                ids=loading.ids,
                estimated_kw=estimated,
                failover_kw=total,
                failover_extra_kw=total - estimated,
                failover_state=loading.failover_state,
                uncertainty_kw=spread.uncertainty_kw[rows],
            )
        )
    return tuple(found)
