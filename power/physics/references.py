"""Which object of a network names which node, and names that stand twice or lead nowhere."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from facility.kernel.errors import Problem
from facility.kernel.fields import Staged
from power.physics.documents import NetworkInput, Transformer

GROUPS = (
    *("nodes", "branches", "switches", "transfer_switches", "sources", "generators"),
    *("conversions", "consumers", "static_loads", "shunts", "gensets", "batteries"),
)
"""Lists of a network whose members have names."""
MOST_LOOKALIKES = 10

_FIELDS = {
    "switches": ("from_node", "to_node"),
    "transfer_switches": ("output_node", "preferred_node", "alternate_node"),
    "sources": ("node",),
    "generators": ("node",),
    "conversions": ("input_node", "output_node"),
    "static_loads": ("node",),
    "shunts": ("node",),
    "gensets": ("node",),
}

SUPPLY = {
    ("branches", "from_node"),
    ("branches", "to_node"),
    ("branches", "hv_node"),
    ("branches", "lv_node"),
    ("switches", "from_node"),
    ("switches", "to_node"),
    ("transfer_switches", "output_node"),
    ("sources", "node"),
    ("conversions", "output_node"),
}
"""Fields that name a node to which supply may lead."""


class Reference(NamedTuple):
    """One field in which an object names a node."""

    group: str
    number: int
    field: str
    item: Staged
    node: str

    @property
    def path(self) -> str:
        """Where the field stands in the document."""
        return f"{self.group}.{self.number}.{self.field}"


def members(network: NetworkInput, group: str) -> tuple[Staged, ...]:
    """Return one of the lists in `GROUPS`."""
    found: tuple[Staged, ...] = getattr(network, group)
    return found


def named(network: NetworkInput) -> Iterator[tuple[str, int, Staged]]:
    """Yield list, number and object of everything that has a name."""
    for group in GROUPS:
        for number, item in enumerate(members(network, group)):
            yield group, number, item


def node_references(network: NetworkInput) -> Iterator[Reference]:
    """Yield every reference to a node, in the order of the document."""
    yield from _of_branches(network)
    for group, fields in _FIELDS.items():
        for i, item in enumerate(members(network, group)):
            for field in fields:
                yield Reference(group, i, field, item, getattr(item, field))
    for i, battery in enumerate(network.batteries):
        if battery.node is not None:
            yield Reference("batteries", i, "node", battery, battery.node)
    for i, consumer in enumerate(network.consumers):
        for j, feed in enumerate(consumer.feeds):
            yield Reference("consumers", i, f"feeds.{j}.node", consumer, feed.node)


def _of_branches(network: NetworkInput) -> Iterator[Reference]:
    for i, branch in enumerate(network.branches):
        start, end = branch.ends
        if isinstance(branch, Transformer):
            yield Reference("branches", i, "hv_node", branch, start)
            yield Reference("branches", i, "lv_node", branch, end)
            if branch.regulator is not None:
                yield Reference("branches", i, "regulator.node", branch, branch.regulator.node)
        else:
            yield Reference("branches", i, "from_node", branch, start)
            yield Reference("branches", i, "to_node", branch, end)


def repeated_names(network: NetworkInput) -> Iterator[Problem]:
    """Find names that two objects have at one stage, and outages called alike or 'normal'."""
    yield from _repeated_objects(network)
    outages = Counter(outage.id for outage in network.outages)
    for number, outage in enumerate(network.outages):
        path = f"outages.{number}.id"
        if outages[outage.id] > 1:
            yield Problem(path, "duplicate", f"two outages are called {outage.id!r}")
        if outage.id == "normal":
            yield Problem(path, "reserved", "'normal' is the state without outage")


def _repeated_objects(network: NetworkInput) -> Iterator[Problem]:
    counts = Counter([item.id for group in GROUPS for item in members(network, group)])
    if counts.total() == len(counts):
        return
    users = defaultdict[str, list[tuple[str, Staged]]](list)
    for group, number, item in named(network):
        if counts[item.id] > 1:
            users[item.id].append((f"{group}.{number}", item))
    for name, found in users.items():
        for path, item in found:
            # One that replaces another at a later stage keeps its name.
            if any(at != path and _meet(item, other) for at, other in found):
                message = f"the name {name!r} is used more than once"
                yield Problem(f"{path}.id", "duplicate", message)


def _meet(first: Staged, second: Staged) -> bool:
    """Return whether two objects share a stage."""
    later = max(first.from_stage, second.from_stage)
    return first.is_present(later) and second.is_present(later)


def unknown_names(
    network: NetworkInput, references: Iterable[Reference], *, also_known: frozenset[str]
) -> Iterator[Problem]:
    """Find references to nodes, conversions and objects that are not there.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    references : iterable of Reference
        Of `node_references`.
    also_known : frozenset of str
        Names that count as there although the network does not have them.
    """
    nodes = {node.id for node in network.nodes}
    for reference in references:
        if reference.node not in nodes and reference.node not in also_known:
            yield unknown(reference.path, reference.node, nodes, "node")
    conversions = {item.id for item in network.conversions}
    for i, battery in enumerate(network.batteries):
        name = battery.conversion
        if name is not None and name not in conversions and name not in also_known:
            yield unknown(f"batteries.{i}.conversion", name, conversions, "conversion")
    yield from _unknown_outages(network, also_known)


def _unknown_outages(network: NetworkInput, also_known: frozenset[str]) -> Iterator[Problem]:
    if not network.outages:
        return
    feeds = {f"{item.id}@{feed.node}" for item in network.consumers for feed in item.feeds}
    objects = {item.id for _, _, item in named(network)} | feeds
    for i, outage in enumerate(network.outages):
        for j, name in enumerate(outage.objects):
            if name not in objects and name not in also_known:
                yield unknown(f"outages.{i}.objects.{j}", name, objects, "object")


def lookalikes(name: str, known: set[str]) -> list[str]:
    """Return known names that another may be meant to be, the likeliest first."""
    return get_close_matches(name, sorted(known), n=MOST_LOOKALIKES)


def unknown(path: str, name: str, known: set[str], kind: str) -> Problem:
    """Return the problem that a name is not there, with the nearest one that is."""
    near = lookalikes(name, known)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return Problem(path, "unknown", f"there is no {kind} {name!r}{hint}")
