"""Reads untrusted networks: what cannot be read and what cannot be, said all at once."""

from collections.abc import Iterator, Mapping, Sequence

from facility.kernel.errors import InputError, Problem
from power.physics.documents import NetworkInput
from power.physics.references import GROUPS
from power.physics.validation import Removed, check, named_problems

_KINDS = frozenset({"line", "transformer", "impedance", "oil", "dry"})
_LISTS = (*GROUPS, "outages")
_FREQUENCY_HZ = 50
"""Stands in for a frequency that cannot be read while the rest is checked."""


def read_network(data: object) -> NetworkInput:
    """Return the network that data say, or raise `InputError` with everything wrong with it.

    Parameters
    ----------
    data : object
        Mappings, lists, texts and numbers, as they come from JSON.

    Raises
    ------
    InputError
        Problems of single fields and contradictions together, each with its path in the data and
        the name of the object.

    Notes
    -----
    Objects with fields that cannot be read are left aside, and the rest is checked as if they were
    there: what names them is sound, and what they may supply is not called unsupplied.
    """
    try:
        network = NetworkInput.parse(data)
    except InputError as error:
        problems = [_without_kind(problem) for problem in error.problems]
        if isinstance(data, Mapping):
            problems = _all_problems({str(key): value for key, value in data.items()}, problems)
        raise InputError(problems) from error
    found = check(network)
    if found:
        raise InputError(named_problems(network, found))
    return network


def _without_kind(problem: Problem) -> Problem:
    """Return the problem without the kind of object that stands between number and field."""
    parts = problem.path.split(".")
    path = ".".join(part for part in parts if part not in _KINDS)
    return Problem(path, problem.code, problem.message)


def _all_problems(data: dict[str, object], problems: list[Problem]) -> list[Problem]:
    """Return the problems of fields and, of what can be read, of everything else."""
    bad = {_place(problem) for problem in problems}
    kept = {
        group: [i for i, _ in _rows(data, group) if f"{group}.{i}" not in bad] for group in _LISTS
    }
    found = [_with_name(problem, data) for problem in problems]
    rest = {key: value for key, value in data.items() if key not in bad}
    for group, numbers in kept.items():
        rows = dict(_rows(data, group))
        rest[group] = [rows[i] for i in numbers]
    rest.setdefault("frequency_hz", _FREQUENCY_HZ)
    try:
        network = NetworkInput.parse(rest)
    except InputError:
        return found
    left = [row for group in _LISTS for i, row in _rows(data, group) if f"{group}.{i}" in bad]
    removed = Removed(
        names=frozenset(name for row in left if (name := _name(row))),
        nodes=frozenset(node for row in left for node in _nodes(row)),
        groups=frozenset(place.split(".")[0] for place in bad),
    )
    more = named_problems(network, check(network, removed=removed))
    return found + [_renumbered(problem, kept) for problem in more]


def _rows(data: Mapping[str, object], group: str) -> Iterator[tuple[int, object]]:
    rows = data.get(group)
    if isinstance(rows, Sequence) and not isinstance(rows, str):
        yield from enumerate(rows)


def _place(problem: Problem) -> str:
    """Return list and number of the object that a problem is about, or the field of the whole."""
    parts = problem.path.split(".")
    return ".".join(parts[:2]) if parts[0] in _LISTS else parts[0]


def _name(row: object) -> str:
    name = row.get("id") if isinstance(row, Mapping) else None
    return name if isinstance(name, str) else ""


def _nodes(row: object) -> Iterator[str]:
    """Yield the nodes that an object names."""
    if isinstance(row, Mapping):
        for key, value in row.items():
            if str(key).endswith("node") and isinstance(value, str):
                yield value


def _with_name(problem: Problem, data: Mapping[str, object]) -> Problem:
    group, _, number = _place(problem).partition(".")
    row = dict(_rows(data, group)).get(int(number)) if number.isdigit() else None
    name = _name(row)
    if not name:
        return problem
    return Problem(problem.path, problem.code, f"{name}: {problem.message}")


def _renumbered(problem: Problem, kept: Mapping[str, Sequence[int]]) -> Problem:
    """Return a problem with the number that its object has in the data."""
    parts = problem.path.split(".")
    if len(parts) > 1 and parts[0] in kept and parts[1].isdigit():
        parts[1] = str(kept[parts[0]][int(parts[1])])
    return Problem(".".join(parts), problem.code, problem.message)
