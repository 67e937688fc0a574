"""One object in maintenance while another fails: pairs from a list, or all of some kinds."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal

from facility.kernel.errors import InputError, Problem
from power.physics.documents import Line, NetworkInput, Outage, Transformer
from power.physics.outages import NAME_LENGTH, credible_outages

PairKind = Literal["transformer", "line", "impedance", "conversion", "node", "source"]


def maintenance_pairs(
    network: NetworkInput, pairs: Sequence[tuple[str, str]]
) -> tuple[Outage, ...]:
    """Return the state of every pair: the first object in maintenance, the second lost by fault.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    pairs : sequence of (str, str)
        Names of the object in maintenance and of the one that fails.

    Returns
    -------
    tuple of Outage
        Ids are ``maintenance:X+outage:Y``, or ``pair:`` and a number where that is too long.

    Raises
    ------
    InputError
        A name is not in the network, or a pair names one object twice.

    Notes
    -----
    No switching for the maintenance is assumed: whoever closes a tie for it says so in the network.
    """
    known = {name for name, _ in _kinds(network)} | {item.id for item in network.switches}
    known |= {item.id for item in network.transfer_switches}
    problems = [
        Problem(f"pairs.{i}.{j}", "unknown", f"there is no object {name!r}")
        for i, pair in enumerate(pairs)
        for j, name in enumerate(pair)
        if name not in known
    ]
    problems += [
        Problem(f"pairs.{i}", "duplicate", f"{first!r} cannot fail while it is in maintenance")
        for i, (first, second) in enumerate(pairs)
        if first == second
    ]
    if problems:
        raise InputError(problems)
    return tuple(_outage(i, *pair) for i, pair in enumerate(pairs))


def _outage(number: int, maintained: str, failed: str) -> Outage:
    name = f"maintenance:{maintained}+outage:{failed}"
    return Outage(
        id=name if len(name) <= NAME_LENGTH else f"pair:{number}",
        label=f"{failed} out of service while {maintained} is in maintenance",
        objects=(maintained, failed),
    )


def all_pairs(
    network: NetworkInput, kinds: Iterable[PairKind] = ("transformer", "conversion")
) -> tuple[Outage, ...]:
    """Return every pair of credible outages of some kinds ("N-1-1").

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    kinds : iterable of str
        Kinds of objects that are in maintenance and that fail.

    Returns
    -------
    tuple of Outage
        Each pair once: which of both is in maintenance changes nothing in the state they lead to.

    Notes
    -----
    The number of pairs grows with the square of the number of objects: n (n - 1) / 2. A generator
    set that does not start is part of the loss of the utility, see `StandbyPlan.fails_to_start`.
    """
    wanted = set(kinds)
    kind_of = dict(_kinds(network))
    single = [outage.objects[0] for outage in credible_outages(network)]
    names = [name for name in dict.fromkeys(single) if kind_of[name] in wanted]
    return maintenance_pairs(network, list(combinations(names, 2)))


def _kinds(network: NetworkInput) -> list[tuple[str, PairKind]]:
    found: list[tuple[str, PairKind]] = [(item.id, "node") for item in network.nodes]
    for branch in network.branches:
        if isinstance(branch, Transformer):
            found.append((branch.id, "transformer"))
        elif isinstance(branch, Line):
            found.append((branch.id, "line"))
        else:
            found.append((branch.id, "impedance"))
    found += [(item.id, "conversion") for item in network.conversions]
    found += [(item.id, "source") for item in network.sources]
    return found
