"""Everything wrong with a network, found at the door and said all at once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches

import numpy as np

from facility.kernel.errors import Problem
from facility.kernel.fields import Staged
from power.physics.documents import (
    Consumer,
    Line,
    NetworkInput,
    Node,
    Transformer,
)

VOLTAGE_MISMATCH_RATIO = 0.2
SHARE_TOLERANCE = 1e-6
ANGLE_TOLERANCE_DEG = 0.01


def check(network: NetworkInput, *, stages: Iterable[int] | None = None) -> list[Problem]:
    """Return every problem that keeps a network from being solved as written.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    stages : iterable of int, optional
        Stages at which to look at connections; by default every stage at which something changes.

    Returns
    -------
    list of Problem
        Paths point into the document: ``branches.12.to_node``. Empty when all is well.

    Notes
    -----
    References and values are looked at first; connections only when these are sound.
    """
    references = list(node_references(network))
    problems = [
        *_duplicate_ids(network),
        *_outage_names(network),
        *_references(network, references),
    ]
    if problems:
        return problems
    problems = [*_values(network), *_shares(network)]
    if problems:
        return problems
    found: dict[tuple[str, str, str], Problem] = {}
    for stage in sorted(set(stages) if stages is not None else _stages(network)):
        for problem in [*_presence(network, stage, references)] or [*_connections(network, stage)]:
            found.setdefault((problem.path, problem.code, problem.message), problem)
    return list(found.values())


def _stages(network: NetworkInput) -> set[int]:
    items = [item for _, _, item in _staged(network)]
    ends = {item.until_stage for item in items if item.until_stage is not None}
    return {0} | {item.from_stage for item in items} | ends


def _staged(network: NetworkInput) -> Iterator[tuple[str, int, Staged]]:
    groups: tuple[tuple[str, tuple[Staged, ...]], ...] = (
        ("nodes", network.nodes),
        ("branches", network.branches),
        ("switches", network.switches),
        ("sources", network.sources),
        ("conversions", network.conversions),
        ("consumers", network.consumers),
    )
    for kind, items in groups:
        for number, item in enumerate(items):
            yield kind, number, item


def _duplicate_ids(network: NetworkInput) -> Iterator[Problem]:
    counts = Counter(item.id for _, _, item in _staged(network))
    named = defaultdict[str, list[tuple[str, Staged]]](list)
    for kind, number, item in _staged(network):
        if counts[item.id] > 1:
            named[item.id].append((f"{kind}.{number}", item))
    for name, users in named.items():
        for path, item in users:
            if any(at != path and _meet(item, other) for at, other in users):
                yield Problem(
                    f"{path}.id", "duplicate", f"the name {name!r} is used more than once"
                )


def _outage_names(network: NetworkInput) -> Iterator[Problem]:
    outages = Counter(outage.id for outage in network.outages)
    for number, outage in enumerate(network.outages):
        if outages[outage.id] > 1:
            yield Problem(
                f"outages.{number}.id", "duplicate", f"two outages are called {outage.id!r}"
            )
        if outage.id == "normal":
            yield Problem(
                f"outages.{number}.id", "reserved", "'normal' is the state without outage"
            )


def _meet(first: Staged, second: Staged) -> bool:
    """Return whether two objects share a stage; one that replaces another keeps its name."""
    later = max(first.from_stage, second.from_stage)
    return first.is_present(later) and second.is_present(later)


Path = tuple[str | int, ...]
"""A place in the document; put together only where there is a problem to tell."""
Reference = tuple[Path, Staged, str]


def node_references(network: NetworkInput) -> Iterator[Reference]:
    """Yield path, object and node name of every reference to a node."""
    for i, branch in enumerate(network.branches):
        sides = ("hv", "lv") if isinstance(branch, Transformer) else ("from", "to")
        for side, name in zip(sides, branch.ends, strict=True):
            yield ("branches", i, f"{side}_node"), branch, name
    for i, switch in enumerate(network.switches):
        yield ("switches", i, "from_node"), switch, switch.from_node
        yield ("switches", i, "to_node"), switch, switch.to_node
    for i, source in enumerate(network.sources):
        yield ("sources", i, "node"), source, source.node
    for i, conversion in enumerate(network.conversions):
        yield ("conversions", i, "input_node"), conversion, conversion.input_node
        yield ("conversions", i, "output_node"), conversion, conversion.output_node
    for i, consumer in enumerate(network.consumers):
        for j, feed in enumerate(consumer.feeds):
            yield ("consumers", i, "feeds", j, "node"), consumer, feed.node


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _references(network: NetworkInput, references: Sequence[Reference]) -> Iterator[Problem]:
    nodes = {node.id for node in network.nodes}
    for path, _, name in references:
        if name not in nodes:
            yield _unknown(_dotted(path), name, nodes, "node")
    if not network.outages:
        return
    feeds = {f"{item.id}@{feed.node}" for item in network.consumers for feed in item.feeds}
    objects = {item.id for _, _, item in _staged(network)} | feeds
    for i, outage in enumerate(network.outages):
        for j, name in enumerate(outage.objects):
            if name not in objects:
                yield _unknown(f"outages.{i}.objects.{j}", name, objects, "object")


def _unknown(path: str, name: str, known: set[str], kind: str) -> Problem:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return Problem(path, "unknown", f"there is no {kind} {name!r}{hint}")


def _values(network: NetworkInput) -> Iterator[Problem]:
    nodes = {node.id: node for node in network.nodes}
    for i, branch in enumerate(network.branches):
        path = f"branches.{i}"
        start, end = (nodes[name] for name in branch.ends)
        if isinstance(branch, Line):
            yield from _line_values(path, branch, start, end)
        elif isinstance(branch, Transformer):
            yield from _transformer_values(path, branch, start, end)
    for i, switch in enumerate(network.switches):
        pair = nodes[switch.from_node], nodes[switch.to_node]
        yield from _same_kind(f"switches.{i}", *pair)
    for i, source in enumerate(network.sources):
        if nodes[source.node].current == "dc":
            yield Problem(f"sources.{i}.node", "mixed_current", "a grid connection is AC")
    for i, conversion in enumerate(network.conversions):
        kinds = (nodes[conversion.input_node].current, nodes[conversion.output_node].current)
        wanted = {"ups": ("ac", "ac"), "rectifier": ("ac", "dc"), "inverter": ("dc", "ac")}
        if kinds != wanted[conversion.kind]:
            yield Problem(
                f"conversions.{i}",
                "mixed_current",
                f"a conversion of kind {conversion.kind} cannot go from {kinds[0]} to {kinds[1]}",
            )


def _same_kind(path: str, first: Node, second: Node) -> Iterator[Problem]:
    if first.current != second.current:
        yield Problem(path, "mixed_current", "joins an AC node with a DC node")
    if abs(first.voltage_v / second.voltage_v - 1.0) > SHARE_TOLERANCE:
        yield Problem(
            path,
            "voltage",
            f"joins nodes of {first.voltage_v:g} V and {second.voltage_v:g} V",
        )
    if first.id == second.id:
        yield Problem(path, "self_loop", "both ends are the same node")


def _line_values(path: str, line: Line, first: Node, second: Node) -> Iterator[Problem]:
    yield from _same_kind(path, first, second)
    reactance = line.reactance_ohm_per_km if first.current == "ac" else 0.0
    if line.resistance_ohm_per_km == 0 and reactance == 0:
        yield Problem(path, "zero_impedance", "has no impedance; say it as a closed switch")


def _transformer_values(
    path: str, transformer: Transformer, hv: Node, lv: Node
) -> Iterator[Problem]:
    if "dc" in (hv.current, lv.current):
        yield Problem(path, "mixed_current", "a transformer joins two AC nodes")
    for side, node, rated_v in (
        ("hv", hv, transformer.hv_voltage_v),
        ("lv", lv, transformer.lv_voltage_v),
    ):
        if abs(rated_v / node.voltage_v - 1.0) > VOLTAGE_MISMATCH_RATIO:
            yield Problem(
                f"{path}.{side}_voltage_v",
                "voltage",
                f"{rated_v:g} V is far from the {node.voltage_v:g} V of node {node.id!r}",
            )
    if transformer.load_loss_kw / transformer.rating_kva > transformer.impedance_ratio:
        yield Problem(
            f"{path}.load_loss_kw", "too_large", "the resistance exceeds the whole impedance"
        )
    if 1.0 + transformer.tap_position * transformer.tap_step_ratio <= 0:
        yield Problem(f"{path}.tap_position", "too_small", "the tap leaves no turns")


def _shares(network: NetworkInput) -> Iterator[Problem]:
    for i, consumer in enumerate(network.consumers):
        total = sum(feed.share_ratio for feed in consumer.feeds)
        if abs(total - 1.0) > SHARE_TOLERANCE:
            yield Problem(
                f"consumers.{i}.feeds", "shares", f"the shares add up to {total:g} instead of 1"
            )
        if len({feed.node for feed in consumer.feeds}) < len(consumer.feeds):
            yield Problem(f"consumers.{i}.feeds", "duplicate", "two feeds come from one node")


def _presence(
    network: NetworkInput, stage: int, references: Sequence[Reference]
) -> Iterator[Problem]:
    present = {node.id for node in network.nodes if node.is_present(stage)}
    for path, item, name in references:
        if name not in present and item.is_present(stage):
            yield Problem(_dotted(path), "absent", f"node {name!r} is not there at stage {stage}")
    if not any(source.is_present(stage) for source in network.sources):
        yield Problem("sources", "absent", f"there is no grid connection at stage {stage}")


class _Sets:
    """Disjoint sets of names, each member with an angle relative to its root."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._angle: dict[str, float] = {}

    def find(self, name: str) -> tuple[str, float]:
        """Return the root of a name and its angle relative to that root. [°]."""
        angle, start = 0.0, name
        while name in self._parent:
            angle += self._angle[name]
            name = self._parent[name]
        if name != start:  # the next search is short, also along a chain of a thousand nodes
            self._parent[start], self._angle[start] = name, angle
        return name, angle

    def join(self, first: str, second: str, lead_deg: float) -> bool:
        """Join two sets, the first leading by an angle; return False on a contradiction."""
        (root, angle), (other, other_angle) = self.find(first), self.find(second)
        excess = lead_deg + other_angle - angle
        if root == other:
            return abs((excess + 180.0) % 360.0 - 180.0) < ANGLE_TOLERANCE_DEG
        self._parent[root] = other
        self._angle[root] = excess
        return True


def _connections(network: NetworkInput, stage: int) -> Iterator[Problem]:
    islands = _Sets()
    for path, first, second, lead_deg in _joints(network, stage):
        if not islands.join(first, second, lead_deg):
            yield _shift(path)
    yield from _supply_conflicts(network, stage, islands.find)
    live = set(_live_roots(network, stage, islands.find))
    for i, consumer in enumerate(network.consumers):
        if consumer.is_present(stage) and not any(
            islands.find(feed.node)[0] in live for feed in consumer.feeds
        ):
            yield Problem(f"consumers.{i}.feeds", "no_supply", f"no feed is live at stage {stage}")


def _joints(network: NetworkInput, stage: int) -> Iterator[tuple[str, str, str, float]]:
    for i, switch in enumerate(network.switches):
        if switch.closed and switch.is_present(stage):
            yield f"switches.{i}", switch.from_node, switch.to_node, 0.0
    for i, branch in enumerate(network.branches):
        if not branch.is_present(stage):
            continue
        if isinstance(branch, Transformer):
            yield f"branches.{i}", *branch.ends, branch.shift_deg
        else:
            yield f"branches.{i}", *branch.ends, 0.0


def _shift(path: str) -> Problem:
    return Problem(
        path, "vector_group", "closes a loop whose phase shifts differ from the parallel path"
    )


Find = Callable[[str], tuple[str, float]]


def _supply_conflicts(network: NetworkInput, stage: int, find: Find) -> Iterator[Problem]:
    grid: dict[str, float] = {}
    for i, source in enumerate(network.sources):
        if not source.is_present(stage):
            continue
        root, angle = find(source.node)
        difference = (angle - grid.setdefault(root, angle) + 180.0) % 360.0 - 180.0
        if abs(difference) > ANGLE_TOLERANCE_DEG:
            yield _shift(f"sources.{i}")
    outputs: dict[str, float] = {}
    edges: list[tuple[int, str, str]] = []
    for i, conversion in enumerate(network.conversions):
        if not conversion.is_present(stage):
            continue
        root, angle = find(conversion.output_node)
        edges.append((i, find(conversion.input_node)[0], root))
        if root in grid:
            yield Problem(
                f"conversions.{i}.output_node",
                "two_sources",
                f"its output is joined with a grid connection at stage {stage}",
            )
        difference = (angle - outputs.setdefault(root, angle) + 180.0) % 360.0 - 180.0
        if abs(difference) > ANGLE_TOLERANCE_DEG:
            yield _shift(f"conversions.{i}")
    yield from _voltage_conflicts(network, stage)
    yield from _loops(edges)


def _voltage_conflicts(network: NetworkInput, stage: int) -> Iterator[Problem]:
    """Find ideal voltages of different height on one set of joined nodes."""
    joined = _Sets()
    for switch in network.switches:
        if switch.closed and switch.is_present(stage):
            joined.join(switch.from_node, switch.to_node, 0.0)
    held: dict[str, float] = {}
    items = [
        (f"sources.{i}", s.node, s.voltage_pu)
        for i, s in enumerate(network.sources)
        if s.is_present(stage) and s.short_circuit_mva is None
    ] + [
        (f"conversions.{i}", c.output_node, c.output_voltage_pu)
        for i, c in enumerate(network.conversions)
        if c.is_present(stage)
    ]
    for path, node, voltage_pu in items:
        if not np.isclose(held.setdefault(joined.find(node)[0], voltage_pu), voltage_pu):
            yield Problem(path, "two_sources", "holds another voltage than its parallel unit")


def _loops(edges: list[tuple[int, str, str]]) -> Iterator[Problem]:
    """Find conversions from which supply can run back to their own input."""
    following: dict[str, set[str]] = {}
    for _, start, end in edges:
        following.setdefault(start, set()).add(end)
    for i, start, end in edges:
        seen, front = {end}, [end]
        while front:
            front = [n for island in front for n in following.get(island, ()) if n not in seen]
            seen.update(front)
        if start in seen:
            yield Problem(f"conversions.{i}", "loop", "its output leads back to its input")


def _live_roots(network: NetworkInput, stage: int, find: Find) -> Iterator[str]:
    live = {find(item.node)[0] for item in network.sources if item.is_present(stage)}
    edges = [
        (find(item.input_node)[0], find(item.output_node)[0])
        for item in network.conversions
        if item.is_present(stage)
    ]
    for _ in edges:
        live |= {end for start, end in edges if start in live}
    yield from live


def consumers_at(network: NetworkInput, *, stage: int) -> tuple[Consumer, ...]:
    """Return the consumers present at a stage, in the order in which their power is given."""
    return tuple(item for item in network.consumers if item.is_present(stage))
