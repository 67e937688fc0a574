"""How much load can be added before something binds, and the firm capacity of a site."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from power.physics.contingency import ContingencyStudy, contingency_study
from power.physics.documents import Consumer, NetworkInput, Outage
from power.physics.loading import NORMAL, hardest_of, rated_kinds, snapshots_of
from power.physics.states import Failed, States
from power.physics.validation import check

KINDS = ("branch", "switch", "conversion", "source", "feed", "transfer", "node")
COLLAPSE = "voltage collapse"
CLOSENESS_RATIO = 1e-3
"""How near its rating the binding object ends: within 0.1 %, never above."""
MAX_STEPS = 60
STEP_RATIO = 1e-6
START_KW = 1.0


@dataclass(frozen=True, slots=True)
class Binding:
    """What stops an increase: the object, the state, and its load over rating there.

    ``kind`` is one of `KINDS`, or says voltage collapse; then ``id`` is the node and the ratio 1.
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
class _Question:
    """Where load is added, in which states, and which objects limit it.

    ``counts`` says by kind which objects have a rating and are asked.
    """

    states: States
    base_kw: FloatArray
    direction: FloatArray
    kinds: tuple[tuple[tuple[str, ...], BoolArray], ...]
    most_kw: float

    @classmethod
    def of(
        cls,
        states: States,
        powers_kw: tuple[FloatArray, FloatArray],
        *,
        objects: frozenset[str] | None,
        most_kw: float,
    ) -> "_Question":
        """Return the question for base powers and the direction of more."""
        kinds = tuple(
            (ids, rated & _wanted(ids, objects)) for ids, rated in rated_kinds(states.grid)
        )
        return cls(states, *powers_kw, kinds, most_kw)

    def excess(self, number: int, added_kw: float) -> _Excess:
        """Return the worst excess of one state with some load added."""
        return self.excesses(np.array([number], dtype=np.int64), added_kw)[number]

    def excesses(self, numbers: IntArray, added_kw: float) -> dict[int, _Excess]:
        """Return the worst excess of every state with some load added, by number."""
        power_kw = self.base_kw + added_kw * self.direction
        found: dict[int, _Excess] = {}
        for answer in self.states.solve(power_kw, numbers):
            if isinstance(answer, Failed):
                node = answer.error.where.removeprefix("no solution: voltage collapse at ")
                name = self.states.name(answer.number)
                found[answer.number] = _Excess(np.inf, Binding(COLLAPSE, node, name, 1.0))
                continue
            loads = snapshots_of(answer.service, answer.columns, power_kw)
            hardest = hardest_of(loads, self.kinds)
            for number, (ratio, name, kind) in zip(answer.numbers.tolist(), hardest, strict=True):
                binding = Binding(
                    KINDS[kind] if name else "", name, self.states.name(number), ratio
                )
                found[number] = _Excess(ratio - 1.0, binding)
        return found

    def dark_states(self) -> tuple[str, ...]:
        """Return the states in which part of the load in question has no live feed."""
        concerned = self.direction > 0
        return tuple(
            self.states.name(number)
            for number in range(len(self.states.outages) + 1)
            if np.any(self.states.dark(number) & concerned)
        )


def _wanted(ids: tuple[str, ...], objects: frozenset[str] | None) -> BoolArray:
    if objects is None:
        return np.ones(len(ids), dtype=np.bool_)
    return np.array([name in objects for name in ids], dtype=np.bool_)


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
    study = contingency_study(network, consumer_kw, stage=stage, outages=outages)
    return headroom_of(
        study, added=added, share_ratio=share_ratio, objects=objects, most_kw=most_kw
    )


def headroom_of(
    study: ContingencyStudy,
    *,
    added: Sequence[Consumer],
    share_ratio: ArrayLike | None = None,
    outages: Sequence[Outage] | None = None,
    objects: frozenset[str] | None = None,
    most_kw: float = 1e6,
) -> Headroom:
    """Return the headroom of a prepared stage, which many questions may share.

    Parameters
    ----------
    study : ContingencyStudy
        From `power.physics.contingency.contingency_study`.
    added, share_ratio, objects, most_kw
        As in `headroom`.
    outages : sequence of Outage, optional
        Which states of the study make up the N-1 figure; by default all.

    Returns
    -------
    Headroom

    Raises
    ------
    InputError
        An added consumer is not valid.
    """
    equal = np.full(len(added), 1.0 / max(len(added), 1))
    shares = as_float("share_ratio", equal if share_ratio is None else share_ratio, minimum=0.0)
    if not added or shares.shape != (len(added),) or not np.isclose(shares.sum(), 1.0):
        raise InputError(
            [Problem("share_ratio", "shares", "one share for each added load, together 1")]
        )
    network, count = study.network, study.power_kw.size
    larger = network.model_copy(update={"consumers": (*network.consumers, *added)})
    problems = check(larger, stages=(study.stage,))
    problems += [
        Problem(f"added.{i}", "absent", f"{item.id!r} is not there at stage {study.stage}")
        for i, item in enumerate(added)
        if not item.is_present(study.stage)
    ]
    if problems:
        raise InputError(problems)
    wanted = study.states.outages if outages is None else tuple(outages)
    states = study.states.with_consumers(added, study.states.numbers_of(wanted))
    base_kw = np.concatenate([study.power_kw, np.zeros(len(added))])
    direction = np.concatenate([np.zeros(count), shares])
    question = _Question.of(states, (base_kw, direction), objects=objects, most_kw=most_kw)
    every = np.arange(len(states.outages) + 1)
    dark = question.dark_states()
    normal = _largest(question, every[:1])
    n_minus_1 = _largest(question, every, normal)
    return Headroom(
        normal=replace(normal, dark_states=tuple(name for name in dark if name == NORMAL)),
        n_minus_1=replace(n_minus_1, dark_states=dark),
    )


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
    total = float(power_kw.sum())
    if total == 0.0:
        raise InputError([Problem("consumer_kw", "empty", "there is no load to scale")])
    nothing = np.zeros_like(power_kw)
    study = contingency_study(network, nothing, stage=stage, outages=outages)
    question = _Question.of(
        study.states, (nothing, power_kw / total), objects=objects, most_kw=most_kw
    )
    numbers = np.arange(len(study.states.outages) + 1)
    return replace(_largest(question, numbers), dark_states=question.dark_states())


def _largest(question: _Question, numbers: IntArray, normal: Limit | None = None) -> Limit:
    """Find the state that binds: solve for the worst one, drop those that hold, repeat.

    ``normal`` is the answer for normal operation alone, where that is known.
    """
    limit = _normal_limit(question) if normal is None else normal
    if limit.already_exceeded or numbers.size == 1:
        return limit
    load_kw, binding = limit.load_kw, limit.binding
    broken = _broken(question, numbers[1:], load_kw)
    # What holds with the load added holds without it.
    before = question.excesses(np.array(sorted(broken), dtype=np.int64), 0.0)
    worst = max(before.values(), key=_value, default=None)
    if worst is not None and worst.value > 0:
        return Limit(0.0, worst.binding, already_exceeded=True, dark_states=())
    while broken:
        number = max(broken, key=lambda state: broken[state].value)
        known = (before[number], (load_kw, broken[number]))
        load_kw, binding = _close_in(partial(question.excess, number), (0.0, known[0]), known[1])
        broken = _broken(question, np.array(sorted(broken), dtype=np.int64), load_kw)
    return Limit(load_kw, binding, already_exceeded=False, dark_states=())


def _broken(question: _Question, numbers: IntArray, load_kw: float) -> dict[int, _Excess]:
    """Return the states in which a limit is broken with this load added, and by how much."""
    found = question.excesses(numbers, load_kw)
    return {number: excess for number, excess in found.items() if excess.value > 0}


def _value(excess: _Excess) -> float:
    return excess.value


def _normal_limit(question: _Question) -> Limit:
    """Return the largest load in normal operation."""
    excess = partial(question.excess, 0)
    low_kw, low, most_kw = 0.0, excess(0.0), question.most_kw
    if low.value > 0:
        return Limit(0.0, low.binding, already_exceeded=True, dark_states=())
    high_kw = min(max(START_KW, float(question.base_kw.sum())), most_kw)
    high = excess(high_kw)
    while high.value <= 0:
        if high_kw >= most_kw:
            return Limit(most_kw, None, already_exceeded=False, dark_states=())
        low_kw, low = high_kw, high
        high_kw = min(2.0 * high_kw, most_kw)
        high = excess(high_kw)
    load_kw, binding = _close_in(excess, (low_kw, low), (high_kw, high))
    return Limit(load_kw, binding, already_exceeded=False, dark_states=())


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
