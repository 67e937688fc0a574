"""What is wrong with the connections of a network at one stage: supply, angles, loops."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from facility.kernel.errors import Problem
from facility.kernel.fields import Staged
from power.physics.documents import Branch, Impedance, NetworkInput, Transformer

VECTOR_GROUP_DEG = 30.0
ANGLE_TOLERANCE_DEG = 0.01
Item = TypeVar("Item", bound=Staged)
Joint = tuple[str, str, str, float]
"""Path of the field at fault, both nodes, and by how much the first leads."""


@dataclass(frozen=True, slots=True)
class View:
    """A network at one stage without the objects of which something is known to be wrong.

    ``broken`` are list and number of these; ``assumed`` are nodes that one of them may supply, of
    which it cannot be said that they have no supply. None: that can be said of no node.
    """

    network: NetworkInput
    stage: int
    broken: set[tuple[str, int]]
    assumed: set[str] | None

    def items(self, group: str, kind: tuple[Item, ...]) -> Iterator[tuple[int, Item]]:
        """Yield number and object of what is there and sound, of one list."""
        for number, item in enumerate(kind):
            if item.is_present(self.stage) and (group, number) not in self.broken:
                yield number, item


class _Sets:
    """Disjoint sets of names, each member with an angle relative to its root."""

    def __init__(self) -> None:
        self._above: dict[str, tuple[str, float]] = {}

    def find(self, name: str) -> tuple[str, float]:
        """Return the root of a name and its angle relative to that root. [°]."""
        above = self._above.get(name)
        if above is None:
            return name, 0.0
        root, angle = above
        further = self._above.get(root)
        if further is None:
            return above
        while further is not None:
            root, angle = further[0], angle + further[1]
            further = self._above.get(root)
        # The next search is short, also along a chain of a thousand nodes.
        self._above[name] = root, angle
        return root, angle

    def root(self, name: str) -> str:
        """Return the root of a name."""
        return self.find(name)[0]

    def join(self, first: str, second: str, lead_deg: float) -> bool:
        """Join two sets, the first leading by an angle; return False on a contradiction."""
        (root, angle), (other, other_angle) = self.find(first), self.find(second)
        excess = lead_deg + other_angle - angle
        if root == other:
            return abs(_wrapped(excess)) < ANGLE_TOLERANCE_DEG
        # The second goes below the first: documents mostly run from the sources to the ends.
        self._above[other] = root, -excess
        return True


def _wrapped(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0


def connection_problems(view: View) -> Iterator[Problem]:
    """Find what is wrong with the connections of one stage.

    Parameters
    ----------
    view : View
        The stage.

    Notes
    -----
    Around every loop of lines, switches and transformers the vector groups have to add up to
    nothing. A phase shifter, which has steps in degrees or a shift that is no multiple of 30°, may
    differ from what lies beside it, and so may an impedance, whose angle is not stated.
    """
    islands = _Sets()
    fixed, free = _joints(view)
    for path, first, second, lead_deg in fixed:
        if not islands.join(first, second, lead_deg):
            text = "closes a loop whose phase shifts differ from the parallel path"
            yield Problem(path, "vector_group", text)
    for _, first, second, lead_deg in free:
        islands.join(first, second, lead_deg)
    yield from _loops(view, islands)
    standing = _with_transfers(view, islands)
    yield from _source_conflicts(view, standing)
    yield from _output_conflicts(view, standing)
    yield from _voltage_conflicts(view)
    yield from _unsupplied(view, islands)


def _joints(view: View) -> tuple[list[Joint], list[Joint]]:
    """Return what joins nodes at an angle that the loop has to respect, and at one of its own."""
    fixed, free = list[Joint](), list[Joint]()
    for i, switch in view.items("switches", view.network.switches):
        if switch.closed:
            fixed.append((f"switches.{i}.closed", switch.from_node, switch.to_node, 0.0))
    for i, branch in view.items("branches", view.network.branches):
        shift_deg, field = 0.0, "to_node"
        if isinstance(branch, Transformer):
            shift_deg, field = branch.shift_deg, "shift_deg"
        joints = free if _is_free(branch) else fixed
        joints.append((f"branches.{i}.{field}", *branch.ends, shift_deg))
    return fixed, free


def _is_free(branch: Branch) -> bool:
    if isinstance(branch, Impedance):
        return True
    if not isinstance(branch, Transformer):
        return False
    off = abs(_wrapped(branch.shift_deg * (360.0 / VECTOR_GROUP_DEG))) * (VECTOR_GROUP_DEG / 360.0)
    return off > ANGLE_TOLERANCE_DEG


def _with_transfers(view: View, islands: _Sets) -> _Sets:
    """Return the islands with every transfer switch on its preferred side."""
    if not view.network.transfer_switches:
        return islands
    joined, (fixed, free) = _Sets(), _joints(view)
    for _, first, second, lead_deg in (*fixed, *free):
        joined.join(first, second, lead_deg)
    for _, item in view.items("transfer_switches", view.network.transfer_switches):
        if islands.root(item.output_node) != islands.root(item.preferred_node):
            joined.join(item.output_node, item.preferred_node, 0.0)
    return joined


def _source_conflicts(view: View, islands: _Sets) -> Iterator[Problem]:
    """Find grid connections that meet at angles further apart than any flow could explain."""
    grid: dict[str, float] = {}
    for i, source in view.items("sources", view.network.sources):
        root, angle = islands.find(source.node)
        own = source.voltage_deg - angle
        difference = _wrapped(own - grid.setdefault(root, own))
        if abs(difference) > VECTOR_GROUP_DEG - ANGLE_TOLERANCE_DEG:
            text = f"stands {abs(difference):g}° from another connection of its island"
            yield Problem(f"sources.{i}.voltage_deg", "vector_group", text)


def _output_conflicts(view: View, islands: _Sets) -> Iterator[Problem]:
    grid = {islands.root(item.node) for _, item in view.items("sources", view.network.sources)}
    outputs: dict[str, float] = {}
    for i, conversion in view.items("conversions", view.network.conversions):
        root, angle = islands.find(conversion.output_node)
        if root in grid:
            text = f"its output is joined with a grid connection at stage {view.stage}"
            yield Problem(f"conversions.{i}.output_node", "two_sources", text)
        if abs(_wrapped(angle - outputs.setdefault(root, angle))) > ANGLE_TOLERANCE_DEG:
            text = "meets another output through a different phase shift"
            yield Problem(f"conversions.{i}.output_node", "vector_group", text)


def _voltage_conflicts(view: View) -> Iterator[Problem]:
    """Find voltages of different height held on one set of joined nodes."""
    joined = _Sets()
    for _, switch in view.items("switches", view.network.switches):
        if switch.closed:
            joined.join(switch.from_node, switch.to_node, 0.0)
    held: dict[str, complex] = {}
    for path, node, voltage_pu in _held_voltages(view):
        there = held.setdefault(joined.root(node), voltage_pu)
        same = abs(there) if path.startswith("generators") else there
        if not np.isclose(same, voltage_pu):
            yield Problem(path, "two_sources", "holds another voltage than its parallel unit")


def _held_voltages(view: View) -> Iterator[tuple[str, str, complex]]:
    for i, source in view.items("sources", view.network.sources):
        if source.short_circuit_mva is None:
            turn = np.exp(1j * np.deg2rad(source.voltage_deg))
            yield f"sources.{i}.voltage_pu", source.node, complex(source.voltage_pu * turn)
    for i, conversion in view.items("conversions", view.network.conversions):
        path = f"conversions.{i}.output_voltage_pu"
        yield path, conversion.output_node, complex(conversion.output_voltage_pu)
    for i, generator in view.items("generators", view.network.generators):
        yield f"generators.{i}.voltage_pu", generator.node, complex(generator.voltage_pu)


def _ways(view: View, islands: _Sets) -> list[tuple[str, str, str]]:
    """Return what leads supply one way: path of the output, island of the input and of it."""
    root = islands.root
    ways = [
        (f"conversions.{i}.output_node", root(item.input_node), root(item.output_node))
        for i, item in view.items("conversions", view.network.conversions)
    ]
    for i, item in view.items("transfer_switches", view.network.transfer_switches):
        path = f"transfer_switches.{i}.output_node"
        ways.append((path, root(item.preferred_node), root(item.output_node)))
        ways.append((path, root(item.alternate_node), root(item.output_node)))
    return ways


def _loops(view: View, islands: _Sets) -> Iterator[Problem]:
    """Find conversions and transfer switches from which supply runs back to their own input."""
    ways = _ways(view, islands)
    following: dict[str, set[str]] = {}
    for _, start, end in ways:
        following.setdefault(start, set()).add(end)
    reached: dict[str, set[str]] = {}
    for path, start, end in ways:
        if end not in reached:
            reached[end] = _all_from(end, following)
        if start in reached[end]:
            yield Problem(path, "loop", "its output leads back to its input")


def _all_from(start: str, following: dict[str, set[str]]) -> set[str]:
    seen, front = {start}, [start]
    while front:
        front = [n for island in front for n in following.get(island, ()) if n not in seen]
        seen.update(front)
    return seen


def _unsupplied(view: View, islands: _Sets) -> Iterator[Problem]:
    """Find loads to which no supply leads."""
    network, stage = view.network, view.stage
    sources = [item for _, item in view.items("sources", network.sources)]
    if view.assumed is None or not (sources or view.assumed):
        return
    live = _reached(view, islands, {item.node for item in sources} | view.assumed)
    for i, consumer in view.items("consumers", network.consumers):
        for feed in consumer.feeds:
            if islands.root(feed.node) in live:
                break
        else:
            text = f"no feed is live at stage {stage}"
            yield Problem(f"consumers.{i}.feeds", "no_supply", text)
    for i, load in view.items("static_loads", network.static_loads):
        if islands.root(load.node) not in live:
            text = f"node {load.node!r} has no supply at stage {stage}"
            yield Problem(f"static_loads.{i}.node", "no_supply", text)


def _reached(view: View, islands: _Sets, start: set[str]) -> set[str]:
    """Return the islands to which supply leads from some nodes."""
    live = {islands.root(node) for node in start}
    ways = _ways(view, islands)
    for _ in ways:
        more = {output for _, way_in, output in ways if way_in in live} - live
        if not more:
            break
        live |= more
    return live
