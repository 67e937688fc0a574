"""What stands between a rack and the grid, and which objects serve one hall alone."""

from collections import defaultdict

from facility.physics.documents import FacilityInput
from power.physics.documents import NetworkInput


def upstream(network: NetworkInput, stage: int) -> dict[str, list[tuple[str, str]]]:
    """Return, by node, the objects that feed it and the node each of them hangs on.

    Branches are read from their from-end or high side, conversions from their input, transfer
    switches from both: the direction in which a site is drawn. Closed switches join both ways.
    """
    edges = [
        *((b.id, *reversed(b.ends)) for b in network.branches if b.is_present(stage)),
        *((c.id, c.output_node, c.input_node) for c in network.conversions if c.is_present(stage)),
        *((s.id, s.node, s.node) for s in network.sources if s.is_present(stage)),
    ]
    for transfer in network.transfer_switches:
        if transfer.is_present(stage):
            edges.append((transfer.id, transfer.output_node, transfer.preferred_node))
            edges.append((transfer.id, transfer.output_node, transfer.alternate_node))
    for item in network.switches:
        if item.is_present(stage) and item.closed:
            edges.append((item.id, item.to_node, item.from_node))
            edges.append((item.id, item.from_node, item.to_node))
    feeds: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, lower, upper in edges:
        feeds[lower].append((name, upper))
    return feeds


def above(node: str, feeds: dict[str, list[tuple[str, str]]]) -> tuple[str, ...]:
    """Return every object between a node and the sources, nearest first."""
    seen_nodes, order, waiting = {node}, dict[str, None](), [node]
    while waiting:
        for name, parent in feeds.get(waiting.pop(0), ()):
            order[name] = None
            if parent not in seen_nodes:
                seen_nodes.add(parent)
                waiting.append(parent)
    return tuple(order)


def halls_served(document: FacilityInput, stage: int) -> dict[str, str]:
    """Return the hall of each object whose power goes to the racks or places of one hall alone."""
    feeds = upstream(document.network, stage)
    hall_of = {rack.id: rack.hall for rack in document.racks if rack.is_present(stage)}
    nodes: dict[str, set[str]] = defaultdict(set)
    for consumer in document.network.consumers:
        if consumer.is_present(stage) and consumer.id in hall_of:
            for feed in consumer.feeds:
                nodes[feed.node].add(hall_of[consumer.id])
    for place in document.places:
        for tap in place.taps:
            nodes[tap.node].add(place.hall)
    served: dict[str, set[str]] = defaultdict(set)
    for node, halls in nodes.items():
        for name in above(node, feeds):
            served[name] |= halls
    return {name: next(iter(halls)) for name, halls in served.items() if len(halls) == 1}
