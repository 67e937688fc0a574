"""Made-up networks with every kind of outage: rings, parallel units, ties, single supplies."""

from power.physics.documents import Consumer, Conversion, Feed, GridSource, Node, Outage, Switch
from tests.power.sites import cable, site


def every_single_outage(network):
    groups = ("nodes", "branches", "switches", "sources", "conversions", "consumers")
    names = [item.id for group in groups for item in getattr(network, group)]
    names += [f"{item.id}@{feed.node}" for item in network.consumers for feed in item.feeds]
    return tuple(Outage(id=f"outage:{name}", label=name, objects=(name,)) for name in names)


def meshed(*, dc_halls=0):
    """The made-up site with a closed cable ring, a ring of switches, UPS side by side, a mesh."""
    network = site(halls=2, busways=2, taps=2, dc_halls=dc_halls)
    branches = (
        *network.branches,
        # Closes a ring through the ring main units of both halls on side A.
        cable("RING", ("RMU-0A", "RMU-1A"), 0.3, 0.12, 0.11, 250, 400),
        # A second way to a busway, and a spur without load.
        cable("BUSWAY-TIE", ("TAP-1A-0-1", "TAP-1A-1-1"), 0.02, 0.03, 0.015, 0, 1250),
        cable("SPUR", ("MV-B", "SPUR-END"), 1.0, 0.12, 0.11, 250, 400),
        cable("BACKUP", ("BACKUP-OUT", "TAP-1B-1-1"), 0.01, 0.1, 0.1, 20, 400),
        cable("LAST-CABLE", ("LAST", "LAST-END"), 0.01, 0.1, 0.1, 20, 400),
        cable("PAIR-1", ("BOARD-1B", "PANEL"), 0.02, 0.1, 0.1, 0, 400),
        cable("PAIR-2", ("BOARD-1B", "PANEL"), 0.02, 0.1, 0.1, 0, 400),
    )
    switches = (
        *network.switches,
        Switch(id="COUPLER-2", from_node="MV-A", to_node="MV-B", closed=True, rating_a=2500),
        Switch(id="TIE", from_node="BOARD-0A", to_node="BOARD-0B", closed=False),
        Switch(id="PANEL-SW", from_node="PANEL", to_node="PANEL-2", closed=True, rating_a=100),
    )
    return network.model_copy(
        update={
            "nodes": (
                *network.nodes,
                Node(id="SPUR-END", voltage_v=33e3),
                Node(id="PANEL", voltage_v=415),
                Node(id="PANEL-2", voltage_v=415),
                Node(id="BACKUP-OUT", voltage_v=415),
                Node(id="LAST", voltage_v=415),
                Node(id="LAST-END", voltage_v=415),
                Node(id="ISOLATED", voltage_v=415),
            ),
            "branches": branches,
            "switches": switches,
            "conversions": (*network.conversions, *_more_conversions()),
            "consumers": (*network.consumers, *_more_consumers()),
        }
    )


def _more_conversions():
    """A module beside another on one bus, one that backs a busway, and one behind another."""
    places = (
        ("UPS-MODULE", "UPS-IN-1B", "UPS-OUT-1B"),
        ("UPS-END", "UPS-IN-1A", "TAP-1A-0-1"),
        ("UPS-BACKUP", "BOARD-1A", "BACKUP-OUT"),
        ("UPS-LAST", "UPS-OUT-1A", "LAST"),
    )
    return tuple(
        Conversion(
            id=name,
            kind="ups",
            input_node=start,
            output_node=end,
            rating_kw=300.0,
            rating_kva=330.0,
            loss_coefficients=(0.01, 0.002, 0.02),
        )
        for name, start, end in places
    )


def _more_consumers():
    return (
        Consumer(
            id="three feeds",
            kind="rack",
            power_factor=0.95,
            feeds=(
                Feed(node="TAP-0B-1-1", share_ratio=0.5, rating_a=60),
                Feed(node="PANEL-2", share_ratio=0.3, rating_a=60),
                Feed(node="BOARD-1A", share_ratio=0.2),
            ),
        ),
        Consumer(id="last", kind="rack", feeds=(Feed(node="LAST-END", share_ratio=1.0),)),
        Consumer(id="single", kind="house", feeds=(Feed(node="PANEL", share_ratio=1.0),)),
    )


def two_grids():
    """The meshed site with a second grid connection and an ideal voltage held at a node."""
    network = meshed()
    second = GridSource(
        id="GRID-2", node="MV-B", voltage_pu=1.0, short_circuit_mva=600, contract_kva=9000
    )
    return network.model_copy(update={"sources": (*network.sources, second)})
