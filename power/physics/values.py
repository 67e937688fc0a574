"""Values of a network that contradict each other, object by object."""

from collections.abc import Callable, Iterator, Mapping

from facility.kernel.errors import Problem
from power.physics.documents import (
    Branch,
    GridSource,
    Impedance,
    Line,
    NetworkInput,
    Node,
    RegulatedGenerator,
    Transformer,
)

VOLTAGE_MISMATCH_RATIO = 0.2
SHARE_TOLERANCE = 1e-6
Nodes = Mapping[str, Node]


def contradictions(network: NetworkInput, *, unsound: set[tuple[str, int]]) -> Iterator[Problem]:
    """Find values that cannot be, of all objects whose references are sound.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    unsound : set of (str, int)
        List and number of the objects that name a node which is not there.
    """
    nodes = {node.id: node for node in network.nodes}
    for i, branch in enumerate(network.branches):
        if ("branches", i) not in unsound:
            yield from _branch(f"branches.{i}", branch, nodes)
    checks: tuple[tuple[str, Callable[[NetworkInput, int, Nodes], Iterator[Problem]]], ...] = (
        ("switches", _switch),
        ("transfer_switches", _transfer),
        ("sources", _source),
        ("generators", _generator),
        ("conversions", _conversion),
        ("static_loads", _static_load),
        ("shunts", _shunt),
        ("gensets", _genset),
    )
    for group, look in checks:
        for i in range(len(getattr(network, group))):
            if (group, i) not in unsound:
                yield from look(network, i, nodes)
    yield from _batteries(network)
    yield from _shares(network)


def _same_kind(path: str, first: Node, second: Node) -> Iterator[Problem]:
    if first.current != second.current:
        yield Problem(path, "mixed_current", "joins an AC node with a DC node")
    if abs(first.voltage_v / second.voltage_v - 1.0) > SHARE_TOLERANCE:
        text = f"joins nodes of {first.voltage_v:g} V and {second.voltage_v:g} V"
        yield Problem(path, "voltage", text)
    if first.id == second.id:
        yield Problem(path, "self_loop", "both ends are the same node")


def _branch(path: str, branch: Branch, nodes: Nodes) -> Iterator[Problem]:
    start, end = branch.ends
    if isinstance(branch, Line):
        yield from _line(path, branch, nodes[start], nodes[end])
    elif isinstance(branch, Impedance):
        yield from _impedance(path, branch, nodes[start], nodes[end])
    else:
        yield from _transformer(path, branch, nodes[start], nodes[end])
        yield from _taps(path, branch)


def _line(path: str, line: Line, first: Node, second: Node) -> Iterator[Problem]:
    if first is second or (first.current, first.voltage_v) != (second.current, second.voltage_v):
        yield from _same_kind(f"{path}.to_node", first, second)
    reactance = line.reactance_ohm_per_km if first.current == "ac" else 0.0
    if line.resistance_ohm_per_km == 0 and reactance == 0:
        text = "has no impedance; say it as a closed switch"
        yield Problem(f"{path}.reactance_ohm_per_km", "zero_impedance", text)


def _impedance(path: str, item: Impedance, first: Node, second: Node) -> Iterator[Problem]:
    if "dc" in (first.current, second.current):
        yield Problem(f"{path}.to_node", "mixed_current", "an impedance joins two AC nodes")
    if first.id == second.id:
        yield Problem(f"{path}.to_node", "self_loop", "both ends are the same node")
    for field in ("from_to_pu", "to_from_pu"):
        if getattr(item, field) == (0.0, 0.0):
            text = "has no impedance; say it as a closed switch"
            yield Problem(f"{path}.{field}", "zero_impedance", text)


def _transformer(path: str, item: Transformer, hv: Node, lv: Node) -> Iterator[Problem]:
    if "dc" in (hv.current, lv.current):
        yield Problem(f"{path}.lv_node", "mixed_current", "a transformer joins two AC nodes")
    if hv.id == lv.id:
        yield Problem(f"{path}.lv_node", "self_loop", "both ends are the same node")
    sides = (("hv", hv, item.hv_voltage_v), ("lv", lv, item.lv_voltage_v))
    for side, node, rated_v in sides:
        if abs(rated_v / node.voltage_v - 1.0) > VOLTAGE_MISMATCH_RATIO:
            text = f"{rated_v:g} V is far from the {node.voltage_v:g} V of node {node.id!r}"
            yield Problem(f"{path}.{side}_voltage_v", "voltage", text)
    if item.impedance_ratio == 0:
        text = "has no impedance; give its short-circuit voltage"
        yield Problem(f"{path}.impedance_ratio", "zero_impedance", text)
    elif abs(item.load_loss_kw) / item.rating_kva > abs(item.impedance_ratio):
        text = "the resistance exceeds the whole impedance"
        yield Problem(f"{path}.load_loss_kw", "too_large", text)


def _taps(path: str, item: Transformer) -> Iterator[Problem]:
    low, high = item.tap_min, item.tap_max
    if low is not None and high is not None and low > high:
        yield Problem(f"{path}.tap_max", "too_small", f"is below tap_min, {low}")
    elif (low is not None and item.tap_position < low) or (
        high is not None and item.tap_position > high
    ):
        text = f"position {item.tap_position} is outside {_range(low, high)}"
        yield Problem(f"{path}.tap_position", "out_of_range", text)
    ends = (item.tap_position, low or 0, high or 0)
    if min(1.0 + end * item.tap_step_ratio for end in ends) <= 0:
        yield Problem(f"{path}.tap_step_ratio", "too_large", "a tap leaves no turns")
    if item.regulator is None:
        return
    wanted = (("tap_min", low), ("tap_max", high), ("tap_step_ratio", item.tap_step_ratio or None))
    for field, value in wanted:
        if value is None:
            text = "a transformer with a regulator needs it"
            yield Problem(f"{path}.{field}", "missing", text)


def _range(low: int | None, high: int | None) -> str:
    if low is None:
        return f"what tap_max allows, {high}"
    if high is None:
        return f"what tap_min allows, {low}"
    return f"{low} to {high}"


def _switch(network: NetworkInput, i: int, nodes: Nodes) -> Iterator[Problem]:
    item = network.switches[i]
    yield from _same_kind(f"switches.{i}.to_node", nodes[item.from_node], nodes[item.to_node])


def _transfer(network: NetworkInput, i: int, nodes: Nodes) -> Iterator[Problem]:
    item, path = network.transfer_switches[i], f"transfer_switches.{i}"
    output = nodes[item.output_node]
    yield from _same_kind(f"{path}.preferred_node", output, nodes[item.preferred_node])
    yield from _same_kind(f"{path}.alternate_node", output, nodes[item.alternate_node])
    if item.preferred_node == item.alternate_node:
        text = "both supplies are the same node"
        yield Problem(f"{path}.alternate_node", "self_loop", text)


def _alternating(path: str, node: Node, what: str) -> Iterator[Problem]:
    if node.current == "dc":
        yield Problem(path, "mixed_current", f"{what} is AC")


def _source(network: NetworkInput, i: int, nodes: Nodes) -> Iterator[Problem]:
    item: GridSource = network.sources[i]
    yield from _alternating(f"sources.{i}.node", nodes[item.node], "a grid connection")


def _generator(network: NetworkInput, i: int, nodes: Nodes) -> Iterator[Problem]:
    item: RegulatedGenerator = network.generators[i]
    yield from _alternating(f"generators.{i}.node", nodes[item.node], "a generator")
    low, high = item.reactive_min_kvar, item.reactive_max_kvar
    if low is not None and high is not None and low > high:
        text = "is below reactive_min_kvar"
        yield Problem(f"generators.{i}.reactive_max_kvar", "too_small", text)


def _conversion(network: NetworkInput, i: int, nodes: Nodes) -> Iterator[Problem]:
    item = network.conversions[i]
    kinds = (nodes[item.input_node].current, nodes[item.output_node].current)
    wanted = {"ups": ("ac", "ac"), "rectifier": ("ac", "dc"), "inverter": ("dc", "ac")}
    if kinds != wanted[item.kind]:
        text = f"a conversion of kind {item.kind} cannot go from {kinds[0]} to {kinds[1]}"
        yield Problem(f"conversions.{i}.kind", "mixed_current", text)


def _static_load(network: NetworkInput, i: int, nodes: Nodes) -> Iterator[Problem]:
    item, path = network.static_loads[i], f"static_loads.{i}"
    if item.constant_current_ratio + item.constant_impedance_ratio > 1.0 + SHARE_TOLERANCE:
        text = "with constant_impedance_ratio it exceeds 1"
        yield Problem(f"{path}.constant_current_ratio", "too_large", text)
    if nodes[item.node].current == "dc" and item.reactive_kvar != 0:
        yield Problem(f"{path}.reactive_kvar", "mixed_current", "a DC node has none")


def _shunt(network: NetworkInput, i: int, nodes: Nodes) -> Iterator[Problem]:
    item = network.shunts[i]
    yield from _alternating(f"shunts.{i}.node", nodes[item.node], "a shunt")
    ratio = item.voltage_v / nodes[item.node].voltage_v
    if abs(ratio - 1.0) > VOLTAGE_MISMATCH_RATIO:
        text = f"{item.voltage_v:g} V is far from the {nodes[item.node].voltage_v:g} V of its node"
        yield Problem(f"shunts.{i}.voltage_v", "voltage", text)


def _genset(network: NetworkInput, i: int, nodes: Nodes) -> Iterator[Problem]:
    item = network.gensets[i]
    yield from _alternating(f"gensets.{i}.node", nodes[item.node], "a generator set")


def _batteries(network: NetworkInput) -> Iterator[Problem]:
    for i, item in enumerate(network.batteries):
        if item.conversion is not None and item.node is not None:
            text = "it stands behind a conversion or at a node, not both"
            yield Problem(f"batteries.{i}.node", "one_of", text)
        if item.conversion is None and item.node is None:
            text = "needs a conversion or a node"
            yield Problem(f"batteries.{i}.conversion", "one_of", text)
        if item.charge_min_ratio >= item.charge_max_ratio:
            text = "leaves nothing below charge_max_ratio"
            yield Problem(f"batteries.{i}.charge_min_ratio", "too_large", text)


def _shares(network: NetworkInput) -> Iterator[Problem]:
    for i, consumer in enumerate(network.consumers):
        feeds = consumer.feeds
        total = sum([feed.share_ratio for feed in feeds])
        if abs(total - 1.0) > SHARE_TOLERANCE:
            text = f"the shares add up to {total:g} instead of 1"
            yield Problem(f"consumers.{i}.feeds", "shares", text)
        if len(feeds) > 1 and len({feed.node for feed in feeds}) < len(feeds):
            yield Problem(f"consumers.{i}.feeds", "duplicate", "two feeds come from one node")
