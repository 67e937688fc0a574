"""Which single outages of a network are credible; nothing here is solved."""

from collections.abc import Iterator

from power.physics.documents import Impedance, Line, NetworkInput, Outage, Transformer

MEDIUM_VOLTAGE_V = 1000.0
NAME_LENGTH = 80


def credible_outages(network: NetworkInput) -> tuple[Outage, ...]:
    """Return the single outages of a network: branches, conversions, generators, buses, sources.

    A bus section is an AC node above 1 kV, or one at which a transformer, a conversion, a switch
    or a transfer switch ends; the node of a sole grid connection is none, as without it there is
    no site. A source counts only where there is more than one. Switches are no outages of their
    own: what they join is.

    Parameters
    ----------
    network : NetworkInput
        The whole site; objects of every stage count, one that is replaced counts once.

    Returns
    -------
    tuple of Outage
        Ids are ``outage:`` and the name of the object.
    """
    return tuple(
        Outage(id=_state_name(name), label=f"{name} out of service", objects=(name,))
        for name in dict.fromkeys(_credible(network))
    )


def _state_name(name: str) -> str:
    full = f"outage:{name}"
    return full if len(full) <= NAME_LENGTH else name


def _credible(network: NetworkInput) -> Iterator[str]:
    yield from (item.id for item in network.branches if isinstance(item, Transformer))
    yield from (item.id for item in network.branches if isinstance(item, Line))
    yield from (item.id for item in network.branches if isinstance(item, Impedance))
    yield from (item.id for item in network.conversions)
    yield from (item.id for item in network.generators)
    boards = _boards(network)
    sources = {item.id for item in network.sources}
    sole = {item.node for item in network.sources} if len(sources) == 1 else set[str]()
    yield from (
        node.id
        for node in network.nodes
        if node.id not in sole
        and node.current == "ac"
        and (node.voltage_v > MEDIUM_VOLTAGE_V or node.id in boards)
    )
    if len(sources) > 1:
        yield from (item.id for item in network.sources)


def _boards(network: NetworkInput) -> set[str]:
    """Return the nodes at which a conversion, a switch of any kind or a transformer ends."""
    boards = {item.input_node for item in network.conversions}
    boards |= {item.output_node for item in network.conversions}
    for switch in network.switches:
        boards |= {switch.from_node, switch.to_node}
    for transfer in network.transfer_switches:
        boards |= {transfer.output_node, transfer.preferred_node, transfer.alternate_node}
    for branch in network.branches:
        if isinstance(branch, Transformer):
            boards |= {branch.hv_node, branch.lv_node}
    return boards
