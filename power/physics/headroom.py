"""How much load can be added before something binds, and the firm capacity of a site."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import ConvergenceError, InputError, Problem
from power.physics.contingency import (
    check_outages,
    checked_grid,
    present_outages,
    solve_state,
)
from power.physics.documents import Consumer, NetworkInput, Outage
from power.physics.grid import Grid
from power.physics.loading import NORMAL, rated_kinds, snapshots_of
from power.physics.network import connect

KINDS = ("branch", "switch", "conversion", "source", "feed")
COLLAPSE = "voltage collapse"
CLOSENESS_RATIO = 1e-3
"""How near its rating the binding object ends: within 0.1 %, never above."""
MAX_STEPS = 60
STEP_RATIO = 1e-6
START_KW = 1.0


@dataclass(frozen=True, slots=True)
class Binding:
    """What stops an increase: the object, the state, and its load over rating there.

    ``kind`` is branch, switch, conversion, source or feed, or says voltage collapse; then ``id``
    is the node and the ratio 1.
    """

    kind: str
    id: str
    state: str
    load_ratio: float


@dataclass(frozen=True, slots=True)
class Limit:
    """The largest load and what binds; ``binding`` is None where nothing does up to the cap.

    ``already_exceeded`` says that a limit is broken before anything is added. ``dark_states``
    are those in which some of the load in question has no live feed.
    """

    load_kw: float
    binding: Binding | None
    already_exceeded: bool
    dark_states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Headroom:
    """Headroom in normal operation and in normal operation and every outage."""

    normal: Limit
    n_minus_1: Limit


@dataclass(frozen=True, slots=True)
class _Excess:
    """Worst load over rating less one in one state; infinite where there is no solution."""

    value: float
    binding: Binding


@dataclass(frozen=True, slots=True)
class _Study:
    grid: Grid
    base_kw: FloatArray
    direction: FloatArray
    objects: frozenset[str] | None
    most_kw: float

    def excess(self, state: Outage | None, added_kw: float) -> _Excess:
        """Return the worst excess of one state with some load added."""
        power_kw = self.base_kw + added_kw * self.direction
        name = NORMAL if state is None else state.id
        out = frozenset[str]() if state is None else frozenset(state.objects)
        try:
            solved = solve_state(self.grid, power_kw, name=name, out=out)
        except ConvergenceError as error:
            node = error.where.removeprefix("no solution: voltage collapse at ")
            return _Excess(np.inf, Binding(COLLAPSE, node, name, 1.0))
        worst = _Excess(-1.0, Binding("", "", name, 0.0))
        loads = snapshots_of(solved.topology, solved.columns, power_kw)
        for kind, load, (ids, rated) in zip(
            KINDS, loads.by_kind(), rated_kinds(self.grid), strict=True
        ):
            counts = rated & load.live & self._wanted(ids)
            ratio = np.where(counts, load.ratio, 0.0)
            if ratio.size and ratio.max() - 1.0 > worst.value:
                i = int(ratio.argmax())
                binding = Binding(kind, ids[i], name, float(ratio[i]))
                worst = _Excess(float(ratio[i]) - 1.0, binding)
        return worst

    def _wanted(self, ids: tuple[str, ...]) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        if self.objects is None:
            return np.ones(len(ids), dtype=np.bool_)
        return np.array([name in self.objects for name in ids], dtype=np.bool_)


def headroom(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    added: Sequence[Consumer],
    share_ratio: ArrayLike | None = None,
    stage: int = 0,
    outages: Sequence[Outage] | None = None,
    objects: frozenset[str] | None = None,
    most_kw: float = 1e6,
) -> Headroom:
    """Return the largest load that can be added in given places while every limit holds.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    added : sequence of Consumer
        Where, on which feeds and at which power factor load is added; names must be new. A feed
        with a rating limits the load like any other.
    share_ratio : array_like, shape (added,), optional
        Part of the added load each of them takes; equal parts by default.
    stage : int
        Number of the stage of the plan.
    outages : sequence of Outage, optional
        States of the N-1 figure besides normal; by default those of the document.
    objects : frozenset of str, optional
        Only these count as limits; by default every object with a rating.
    most_kw : float
        Where to stop looking. [kW]

    Returns
    -------
    Headroom
        The binding object ends within 0.1 % below its rating.

    Raises
    ------
    InputError
        The network, an added consumer or an outage is not valid.

    Notes
    -----
    By load flow, so losses, reactive power and voltage drop count. Loadings are taken to rise
    with the added load: a state that holds with more load is not looked at again with less.
    """
    study, states = _headroom_study(
        network, consumer_kw, added=added, share_ratio=share_ratio, stage=stage,
        outages=outages, objects=objects, most_kw=most_kw,
    )  # fmt: skip
    normal = _largest(study, ())
    return Headroom(normal=normal, n_minus_1=_largest(study, states))


def firm_capacity(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    stage: int = 0,
    outages: Sequence[Outage] | None = None,
    objects: frozenset[str] | None = None,
    most_kw: float = 1e7,
) -> Limit:
    """Return the largest total load, shared out as now, that holds in normal and every outage.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Pattern of the load; only the proportions count. [kW]
    stage : int
        Number of the stage of the plan.
    outages : sequence of Outage, optional
        States besides normal; by default those of the document.
    objects : frozenset of str, optional
        Only these count as limits: the transformers of a substation give its firm capacity.
    most_kw : float
        Where to stop looking. [kW]

    Returns
    -------
    Limit
        Sum of the powers of all consumers, dark ones included in the sum.

    Raises
    ------
    InputError
        The network or an outage is not valid, or there is no load to scale.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    grid = checked_grid(network, power_kw, stage=stage)
    total = float(power_kw.sum())
    if total == 0.0:
        raise InputError([Problem("consumer_kw", "empty", "there is no load to scale")])
    wanted = network.outages if outages is None else tuple(outages)
    check_outages(network, wanted)
    study = _Study(grid, np.zeros(power_kw.size), power_kw / total, objects, most_kw)
    return _largest(study, tuple(present_outages(grid, wanted)))


def _headroom_study(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    added: Sequence[Consumer],
    share_ratio: ArrayLike | None,
    stage: int,
    outages: Sequence[Outage] | None,
    objects: frozenset[str] | None,
    most_kw: float,
) -> tuple[_Study, tuple[Outage, ...]]:
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    equal = np.full(len(added), 1.0 / max(len(added), 1))
    shares = as_float("share_ratio", equal if share_ratio is None else share_ratio, minimum=0.0)
    if not added or shares.shape != (len(added),) or not np.isclose(shares.sum(), 1.0):
        raise InputError(
            [Problem("share_ratio", "shares", "one share for each added load, together 1")]
        )
    larger = network.model_copy(update={"consumers": (*network.consumers, *added)})
    base_kw = np.concatenate([power_kw, np.zeros(len(added))])
    grid = checked_grid(larger, base_kw, stage=stage)
    wanted = network.outages if outages is None else tuple(outages)
    check_outages(larger, wanted)
    direction = np.concatenate([np.zeros(power_kw.size), shares])
    study = _Study(grid, base_kw, direction, objects, most_kw)
    return study, tuple(present_outages(grid, wanted))


def _largest(study: _Study, outages: tuple[Outage, ...]) -> Limit:
    """Find the state that binds: solve for the worst one, drop those that hold, repeat."""
    states: list[Outage | None] = [None, *outages]
    dark = _dark_states(study, states)
    before = study.excess(None, 0.0)
    if before.value > 0:
        return Limit(0.0, before.binding, already_exceeded=True, dark_states=dark)
    load_kw, binding = _largest_in(study, None, study.most_kw)
    broken = _broken(study, states, load_kw)
    # What holds with the load added holds without it.
    before = max((study.excess(state, 0.0) for state, _ in broken), key=_value, default=before)
    if before.value > 0:
        return Limit(0.0, before.binding, already_exceeded=True, dark_states=dark)
    while broken:
        worst = max(broken, key=lambda pair: pair[1].value)[0]
        load_kw, binding = _largest_in(study, worst, load_kw)
        broken = _broken(study, [state for state, _ in broken], load_kw)
    return Limit(load_kw, binding, already_exceeded=False, dark_states=dark)


def _broken(
    study: _Study, states: list[Outage | None], load_kw: float
) -> list[tuple[Outage | None, _Excess]]:
    """Return the states in which a limit is broken with this load added, and by how much."""
    excesses = [(state, study.excess(state, load_kw)) for state in states]
    return [(state, excess) for state, excess in excesses if excess.value > 0]


def _value(excess: _Excess) -> float:
    return excess.value


def _dark_states(study: _Study, states: list[Outage | None]) -> tuple[str, ...]:
    """Return the states in which part of the load in question has no live feed."""
    concerned = study.direction > 0
    names = []
    for state in states:
        out = frozenset[str]() if state is None else frozenset(state.objects)
        if np.any(connect(study.grid, out=out).consumer_dark & concerned):
            names.append(NORMAL if state is None else state.id)
    return tuple(names)


def _largest_in(
    study: _Study, state: Outage | None, most_kw: float
) -> tuple[float, Binding | None]:
    """Return the largest load that one state holds, which is known to hold without any."""
    low, low_value = 0.0, study.excess(state, 0.0)
    high = min(max(START_KW, float(study.base_kw.sum())), most_kw)
    high_value = study.excess(state, high)
    while high_value.value <= 0:
        if high >= most_kw:
            return most_kw, None
        low, low_value = high, high_value
        high = min(2.0 * high, most_kw)
        high_value = study.excess(state, high)
    return _close_in(lambda load: study.excess(state, load), (low, low_value), (high, high_value))


def _close_in(
    excess: Callable[[float], _Excess], low: tuple[float, _Excess], high: tuple[float, _Excess]
) -> tuple[float, Binding]:
    """Narrow a bracket by regula falsi, halving where it drags or there is no solution."""
    broken = high[1].binding
    for count in range(MAX_STEPS):
        (low_kw, below), (high_kw, above) = low, high
        if below.value > -CLOSENESS_RATIO:
            return low_kw, below.binding
        if high_kw - low_kw < STEP_RATIO * high_kw:
            break
        share = 0.5
        if np.isfinite(above.value) and count % 3 != 2:  # noqa: PLR2004 - every third step halves
            aim = CLOSENESS_RATIO / 2.0
            share = (-aim - below.value) / (above.value - below.value)
        middle_kw = low_kw + share * (high_kw - low_kw)
        middle = excess(middle_kw)
        if middle.value <= 0:
            low = (middle_kw, middle)
        else:
            high, broken = (middle_kw, middle), middle.binding
    return low[0], broken
