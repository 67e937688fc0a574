"""The order in which generator sets take loads, and what they take in one block."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from facility.kernel.errors import InputError, Problem
from power.physics.network import connect
from power.physics.standby.genset import STEP_TOLERANCE, derated_kw, largest_step_kw
from power.physics.standby.instant import Condition, Instant, Unit
from power.physics.standby.plan import StandbyPlan
from power.physics.standby.supply import Site

DEFAULT_ORDER = ("cooling", "conversion", "house", "rack")


def check_plan(
    site: Site, plan: StandbyPlan, lost: frozenset[str], duration_s: float | None
) -> None:
    """Raise `InputError` where a plan or the question names something that is not there.

    Parameters
    ----------
    site : Site
        The stage.
    plan : StandbyPlan
        With switches and sets.
    lost : frozenset of str
        Grid connections that are lost.
    duration_s : float or None
        Time without them. [s]
    """
    known: tuple[tuple[str, Sequence[str], frozenset[str]], ...] = (
        ("closes", plan.closes or (), frozenset(site.grid.switches.ids)),
        ("opens", plan.opens, frozenset(site.grid.switches.ids)),
        ("fails_to_start", plan.fails_to_start, frozenset(site.sets)),
        ("lost", sorted(lost), site.utilities),
    )
    problems = [
        Problem(f"{path}.{i}", "unknown", f"there is no {name!r} at this stage")
        for path, names, present in known
        for i, name in enumerate(names)
        if name not in present
    ]
    if not lost:
        problems.append(Problem("lost", "empty", "no grid connection is lost"))
    if duration_s is not None and not 0 < duration_s < np.inf:
        problems.append(Problem("duration_s", "out_of_range", "must be above 0"))
    if problems:
        raise InputError(problems)


def ranks(site: Site, plan: StandbyPlan, normal_out: frozenset[str]) -> Mapping[str, int]:
    """Return the place of every conversion and consumer in the order of taking, by name.

    Parameters
    ----------
    site : Site
        The stage.
    plan : StandbyPlan
        With the groups that come first.
    normal_out : frozenset of str
        What is out of service in normal operation: everything that stands by.

    Raises
    ------
    InputError
        A name of the plan is neither consumer, conversion nor node.
    """
    rank: dict[str, int] = {}
    nodes = set(site.grid.node_ids) - site.own_nodes
    known = {item.id for item in (*site.conversions, *site.grid.consumers)}
    problems = [
        Problem(f"priority.{i}.{j}", "unknown", f"there is no load or node {name!r}")
        for i, group in enumerate(plan.priority)
        for j, name in enumerate(group)
        if name not in nodes | known
    ]
    if problems:
        raise InputError(problems)
    for number, group in enumerate(plan.priority):
        for name in group:
            members: Iterable[str] = (name,) if name in known else _behind(site, name, normal_out)
            for member in members:
                rank.setdefault(member, number)
    first = len(plan.priority)
    for item in site.conversions:
        rank.setdefault(item.id, first + DEFAULT_ORDER.index("conversion"))
    for consumer in site.grid.consumers:
        rank.setdefault(consumer.id, first + DEFAULT_ORDER.index(consumer.kind))
    return rank


def _behind(site: Site, node: str, normal_out: frozenset[str]) -> Iterable[str]:
    """Return conversions and consumers that lose a supply when a node is out of service."""
    before = connect(site.grid, out=normal_out)
    after = connect(site.grid, out=normal_out | {node})
    grid = site.grid
    lost = before.conversion_live & ~after.conversion_live
    yield from (site.conversions[i].id for i in np.flatnonzero(lost))
    gone = (before.feed_share > 0) & (after.feed_share == 0)
    yield from (grid.consumers[grid.feeds.consumer[i]].id for i in np.flatnonzero(gone))


@dataclass(frozen=True, slots=True)
class Block:
    """What the sets take now, and what they will never carry with the sets that run."""

    taken: tuple[Unit, ...]
    too_large: tuple[Unit, ...]
    left_off: tuple[Unit, ...]


def next_block(
    condition: Condition, instant: Instant, rank: Mapping[str, int], *, more_sets: bool
) -> Block:
    """Return the next block of every plant, in the order of rank.

    Parameters
    ----------
    condition : Condition
        As it stands.
    instant : Instant
        Its flows.
    rank : mapping
        Place of every load in the order.
    more_sets : bool
        Whether sets are still to come: then a load that does not fit is waited for, else it is
        left off and later ones that fit are taken.
    """
    taken, too_large, left_off = list[Unit](), list[Unit](), list[Unit]()
    for plant, names in enumerate(instant.plants.sets):
        sets = [condition.site.sets[name] for name in names]
        room_kw = np.inf
        if condition.plan.sheds:
            room_kw = sum(derated_kw(item) for item in sets)
            room_kw -= instant.plant_kva[plant].real + instant.coming_kw[plant]
            # Batteries stop filling where loads need the room.
            room_kw += instant.charging_kw[plant]
        limit_kw = sum(largest_step_kw(item) for item in sets) * (1.0 + STEP_TOLERANCE)
        units = sorted(
            (unit for unit in instant.waiting if unit.plant == plant),
            key=lambda unit: rank[unit.name],
        )
        block, off = _fill(units, room_kw, limit_kw, more_sets=more_sets)
        taken += block
        left_off += off
        too_large += [unit for unit in block if unit.step_kw > limit_kw]
    return Block(tuple(taken), tuple(too_large), tuple(left_off))


def _fill(
    units: Sequence[Unit], room_kw: float, limit_kw: float, *, more_sets: bool
) -> tuple[list[Unit], list[Unit]]:
    taken, left_off, filled_kw = list[Unit](), list[Unit](), 0.0
    for unit in units:
        if unit.kw > room_kw * (1.0 + STEP_TOLERANCE):
            if more_sets:
                break
            left_off.append(unit)
            continue
        if taken and filled_kw + unit.step_kw > limit_kw:
            break
        taken.append(unit)
        filled_kw += unit.step_kw
        room_kw -= unit.kw
    return taken, left_off
