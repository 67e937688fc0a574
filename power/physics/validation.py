"""Everything wrong with a network, found at the door and said all at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from facility.kernel.errors import Problem
from power.physics.connections import View, connection_problems
from power.physics.documents import Consumer, NetworkInput
from power.physics.references import (
    SUPPLY,
    Reference,
    lookalikes,
    named,
    node_references,
    repeated_names,
    unknown_names,
)
from power.physics.values import contradictions


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken out of a network because it cannot even be read.

    ``names`` are those of the objects, ``nodes`` the nodes that they may supply, ``groups`` the
    lists they stood in.
    """

    names: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


NOTHING = Removed()


def check(
    network: NetworkInput, *, stages: Iterable[int] | None = None, removed: Removed = NOTHING
) -> list[Problem]:
    """Return every problem that keeps a network from being solved as written.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    stages : iterable of int, optional
        Stages at which to look at connections; by default every stage at which something changes.
    removed : Removed
        What else the network would have.

    Returns
    -------
    list of Problem
        Paths point into the document: ``branches.12.to_node``. Empty when all is well.

    Notes
    -----
    All that can be said is said at once. Where an object names a node that is not there, what it
    may supply is not called unsupplied.
    """
    references = list(node_references(network))
    nodes = {node.id for node in network.nodes}
    unsound = {(ref.group, ref.number) for ref in references if ref.node not in nodes}
    problems = [
        *repeated_names(network),
        *unknown_names(network, references, also_known=removed.names),
        *contradictions(network, unsound=unsound),
    ]
    for stage in sorted(set(stages) if stages is not None else _stages(network)):
        problems += _at_stage(network, stage, references, unsound, removed)
    return list(dict.fromkeys(problems))


def named_problems(network: NetworkInput, problems: Iterable[Problem]) -> list[Problem]:
    """Return problems whose messages begin with the name of the object they are about."""
    names = {f"{group}.{number}": item.id for group, number, item in named(network)}
    return [_with_name(problem, names) for problem in problems]


def _with_name(problem: Problem, names: dict[str, str]) -> Problem:
    name = names.get(".".join(problem.path.split(".")[:2]))
    if name is None:
        return problem
    return Problem(problem.path, problem.code, f"{name}: {problem.message}")


def _stages(network: NetworkInput) -> set[int]:
    items = [item for _, _, item in named(network)]
    ends = {item.until_stage for item in items if item.until_stage is not None}
    return {0} | {item.from_stage for item in items} | ends


def _at_stage(
    network: NetworkInput,
    stage: int,
    references: Sequence[Reference],
    unsound: set[tuple[str, int]],
    removed: Removed,
) -> Iterator[Problem]:
    present = {node.id for node in network.nodes if node.is_present(stage)}
    broken = set(unsound)
    for ref in references:
        if ref.node in present or not ref.item.is_present(stage):
            continue
        broken.add((ref.group, ref.number))
        if (ref.group, ref.number) not in unsound:
            text = f"node {ref.node!r} is not there at stage {stage}"
            yield Problem(ref.path, "absent", text)
    has_source = any(item.is_present(stage) for item in network.sources)
    if not has_source and "sources" not in removed.groups:
        yield Problem("sources", "absent", f"there is no grid connection at stage {stage}")
    assumed = _assumed([ref for ref in references if (ref.group, ref.number) in broken], present)
    if assumed is not None:
        assumed |= removed.nodes & present
    yield from connection_problems(View(network, stage, broken, assumed))


def _assumed(broken: Sequence[Reference], present: set[str]) -> set[str] | None:
    """Return the nodes that objects at fault may supply: named, or like a name unknown."""
    found: set[str] = set()
    for ref in broken:
        if (ref.group, ref.field) not in SUPPLY:
            continue
        nodes = [ref.node] if ref.node in present else lookalikes(ref.node, present)
        if not nodes:
            return None
        found.update(nodes)
    return found


def consumers_at(network: NetworkInput, *, stage: int) -> tuple[Consumer, ...]:
    """Return the consumers present at a stage, in the order in which their power is given."""
    return tuple(item for item in network.consumers if item.is_present(stage))
