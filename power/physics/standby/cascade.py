"""What an outage leads to when overloaded survivors trip, one after the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, IntArray
from facility.kernel.errors import ConvergenceError, InputError, Problem
from power.physics.contingency import ContingencyStudy, contingency_study, solve_state
from power.physics.documents import NetworkInput, Outage
from power.physics.grid import Grid
from power.physics.loading import rated_kinds, snapshots_of
from power.physics.service import Service
from power.physics.standby.loads import KIND_WORDS
from power.physics.standby.tripping import TripLimits, inverse_time_s, tolerated_s
from power.physics.states import Failed, Solved
from power.physics.switching import POSITIONS

NEVER_TRIP = frozenset({"source"})
"""A grid connection beyond its contract costs money; nothing opens."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One object that leaves service, and what is dark after it.

    ``moves`` are the transfer switches that then move, each with its new position.
    """

    at_s: float
    kind: str
    object: str
    ratio: float
    lost_kw: float
    lost_racks: int
    lost_cooling: tuple[str, ...]
    moves: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """An overload that people have time to act upon."""

    kind: str
    object: str
    ratio: float
    trips_in_s: float | None


@dataclass(frozen=True, slots=True)
class Cascade:
    """The course after one outage.

    ``out`` holds all that is out of service at the end. ``collapse`` says why there is no
    solution; then everything counts as lost. ``first_*`` is dark before anything trips.
    """

    outage: str
    trips: tuple[Trip, ...]
    standing: tuple[Standing, ...]
    out: tuple[str, ...]
    first_lost_kw: float
    lost_kw: float
    lost_racks: int
    lost_cooling: tuple[str, ...]
    collapse: str


def cascade(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    outage: Outage,
    *,
    stage: int = 0,
    limits: TripLimits | None = None,
) -> Cascade:
    """Return which overloaded objects trip after an outage, and what is dark in the end.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    outage : Outage
        What is lost first.
    stage : int
        Number of the stage of the plan.
    limits : TripLimits, optional
        How the site is protected.

    Returns
    -------
    Cascade

    Raises
    ------
    InputError
        The network, the outage or a power is not valid.
    ConvergenceError
        Normal operation has no solution.

    Notes
    -----
    After each trip a new load flow with all transfers, taps as in normal operation. Every object
    with a rating integrates ``dt / t(load)`` as an inverse-time relay does, and trips at 1; below
    its pickup it starts anew. Feeds trip at the rating of their breaker, conversions by their
    overload steps.
    """
    limits = _checked(limits)
    study = contingency_study(network, consumer_kw, stage=stage, outages=(outage,))
    # An outage that takes nothing out at the stage leaves normal operation, which is number 0.
    number = len(study.states.outages)
    return _courses(study, {number: outage}, limits, hard_only=False)[number]


def cascades(
    study: ContingencyStudy,
    *,
    outages: Sequence[Outage] | None = None,
    limits: TripLimits | None = None,
) -> tuple[Cascade, ...]:
    """Return the cascades of those outages that overload something or have no solution.

    Parameters
    ----------
    study : ContingencyStudy
        From `power.physics.contingency.contingency_study`.
    outages : sequence of Outage, optional
        Which outages of the study; by default all.
    limits : TripLimits, optional
        How the site is protected.

    Raises
    ------
    InputError
        The limits are not valid.
    """
    limits, states = _checked(limits), study.states
    wanted = states.numbers_of(states.outages if outages is None else outages)[1:].tolist()
    chosen = {number: states.outages[number - 1] for number in wanted}
    return tuple(_courses(study, chosen, limits, hard_only=True).values())


def _courses(
    study: ContingencyStudy, outages: Mapping[int, Outage], limits: TripLimits, *, hard_only: bool
) -> dict[int, Cascade]:
    """Return the courses after outages by their number, or only where something is overloaded."""
    found = dict[int, Cascade]()
    for answer in study.states.solve(study.power_kw, np.array(list(outages), dtype=np.int64)):
        if isinstance(answer, Failed):
            found[answer.number] = _collapsed(study, outages[answer.number], answer.error)
            continue
        moments = _moments(answer, study.power_kw, limits)
        for number, moment in zip(answer.numbers.tolist(), moments, strict=True):
            if moment.is_hard or not hard_only:
                found[number] = _course(study, outages[number], moment, limits)
    return dict(sorted(found.items()))


def _checked(limits: TripLimits | None) -> TripLimits:
    limits = limits or TripLimits()
    if len(limits.conversion_ratios) != len(limits.conversion_s):
        raise InputError([Problem("conversion_s", "shape", "needs one time for each ratio")])
    return limits


_Ratios = tuple[str, tuple[str, ...], FloatArray]


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Everything that may trip in one state, with its load over rating and time to trip."""

    kind: tuple[str, ...]
    name: tuple[str, ...]
    ratio: FloatArray
    time_s: FloatArray


@dataclass(frozen=True, slots=True)
class _Moment:
    """One state on the way: what is overloaded, what is dark and where transfer switches stand.

    ``is_hard`` says that something that has a rating is over it, whether it may trip or not.
    """

    loaded: _Loaded
    dark: IntArray
    position: IntArray
    is_hard: bool


def _moments(answer: Solved, power_kw: FloatArray, limits: TripLimits) -> list[_Moment]:
    """Return the state in every column."""
    service, grid = answer.service, answer.service.topology.grid
    loads = snapshots_of(service, answer.columns, power_kw)
    ratios = [
        (kind, ids, np.where(load.live & rated[:, np.newaxis], load.ratio, 0.0))
        for kind, load, (ids, rated) in zip(
            KIND_WORDS.values(), loads.by_kind(), rated_kinds(grid), strict=True
        )
        if ids
    ]
    share = _breaker_share(grid)
    hard = np.any([ratio.max(axis=0) > 1.0 for _, _, ratio in ratios], axis=0)
    return [
        _Moment(
            loaded=_loaded(
                [(kind, ids, ratio[:, k]) for kind, ids, ratio in ratios], share, limits
            ),
            dark=np.flatnonzero(service.consumer_dark[:, k]),
            position=service.transfer_position[:, k],
            is_hard=bool(hard[k]),
        )
        for k in range(answer.numbers.size)
    ]


def _after(
    study: ContingencyStudy, outage: Outage, out: frozenset[str], limits: TripLimits
) -> _Moment:
    """Return the state with more out of service than the outage takes out."""
    state = solve_state(study.states.grid, study.power_kw, name=outage.id, out=out)
    solved = Solved(np.zeros(1, dtype=np.int64), Service.of(state.topology), state.columns)
    return _moments(solved, study.power_kw, limits)[0]


def _collapsed(study: ContingencyStudy, outage: Outage, error: ConvergenceError) -> Cascade:
    """Return what an outage leads to that has no solution: everything is lost."""
    everything = _Lost.of(study, range(study.power_kw.size))
    out = frozenset(outage.objects)
    return _finish(
        outage, [], standing=(), out=out, first=everything, last=everything, collapse=str(error)
    )


def _course(
    study: ContingencyStudy, outage: Outage, moment: _Moment, limits: TripLimits
) -> Cascade:
    """Return what follows the first moment of an outage."""
    out, now_s = frozenset(outage.objects), 0.0
    progress = dict[str, float]()
    trips = list[Trip]()
    first = last = _Lost.of(study, moment.dark)
    while True:
        loaded = moment.loaded
        progress = {
            name: progress.get(name, 0.0)
            for name, time_s in zip(loaded.name, loaded.time_s.tolist(), strict=True)
            if np.isfinite(time_s)
        }
        left_s = _left_s(loaded, progress)
        worst = int(np.argmin(left_s)) if left_s.size else 0
        if not left_s.size or now_s + left_s[worst] > limits.observed_s:
            standing = _standing(loaded, left_s)
            return _finish(outage, trips, standing=standing, out=out, first=first, last=last)
        for name, time_s in zip(loaded.name, loaded.time_s.tolist(), strict=True):
            if name in progress and time_s > 0:
                progress[name] += left_s[worst] / time_s
        now_s += float(left_s[worst])
        name = loaded.name[worst]
        trips.append(Trip(now_s, loaded.kind[worst], name, float(loaded.ratio[worst]), 0, 0, ()))
        out |= {name}
        before = moment.position
        try:
            moment = _after(study, outage, out, limits)
        except ConvergenceError as error:
            last = _Lost.of(study, range(study.power_kw.size))
            trips[-1] = last.after(trips[-1])
            return _finish(
                outage, trips, standing=(), out=out, first=first, last=last, collapse=str(error)
            )
        last = _Lost.of(study, moment.dark)
        trips[-1] = last.after(trips[-1], _moves(study, before, moment.position))


def _left_s(loaded: _Loaded, progress: dict[str, float]) -> FloatArray:
    """Return how long each object still holds at its present load."""
    done = np.array([progress.get(name, 0.0) for name in loaded.name], dtype=np.float64)
    left = np.where(np.isfinite(loaded.time_s), np.maximum(1.0 - done, 0.0), 1.0)
    return np.where(np.isfinite(loaded.time_s), left * np.nan_to_num(loaded.time_s), np.inf)


def _loaded(ratios: Sequence[_Ratios], share: FloatArray, limits: TripLimits) -> _Loaded:
    kinds, names, over, times = list[str](), list[str](), list[FloatArray](), list[FloatArray]()
    for kind, ids, whole in ratios:
        if kind in NEVER_TRIP:
            continue
        ratio = whole * share if kind == "feed" else whole
        which = np.flatnonzero(ratio > 1.0)
        if which.size == 0:
            continue
        kinds += [kind] * which.size
        names += [ids[i] for i in which.tolist()]
        over.append(ratio[which])
        times.append(_time_s(kind, ratio[which], limits))
    return _Loaded(
        kind=tuple(kinds),
        name=tuple(names),
        ratio=np.concatenate([np.zeros(0), *over]),
        time_s=np.concatenate([np.zeros(0), *times]),
    )


def _breaker_share(grid: Grid) -> FloatArray:
    """Return the continuous rating of every feed over that of its breaker."""
    return np.array(
        [feed.continuous_ratio for item in grid.consumers for feed in item.feeds], dtype=np.float64
    )


def _time_s(kind: str, ratio: FloatArray, limits: TripLimits) -> FloatArray:
    if kind == "conversion":
        return tolerated_s(ratio, ratios=limits.conversion_ratios, times_s=limits.conversion_s)
    return inverse_time_s(
        ratio,
        pickup_ratio=limits.pickup_ratio,
        time_ratio=limits.time_ratio,
        curve_s=limits.curve_s,
        curve_exponent=limits.curve_exponent,
    )


def _standing(loaded: _Loaded, left_s: FloatArray) -> tuple[Standing, ...]:
    order = np.argsort(-loaded.ratio, kind="stable").tolist()
    return tuple(
        Standing(
            kind=loaded.kind[i],
            object=loaded.name[i],
            ratio=float(loaded.ratio[i]),
            trips_in_s=float(left_s[i]) if np.isfinite(left_s[i]) else None,
        )
        for i in order
    )


@dataclass(frozen=True, slots=True)
class _Lost:
    kw: float
    racks: int
    cooling: tuple[str, ...]

    @classmethod
    def of(cls, study: ContingencyStudy, numbers: Iterable[int]) -> "_Lost":
        """Return what is lost with some consumers, by number."""
        consumers, dark = study.states.grid.consumers, [int(i) for i in numbers]
        return cls(
            kw=float(study.power_kw[dark].sum()),
            racks=sum(consumers[i].kind == "rack" for i in dark),
            cooling=tuple(consumers[i].id for i in dark if consumers[i].kind == "cooling"),
        )

    def after(self, trip: Trip, moves: tuple[tuple[str, str], ...] = ()) -> Trip:
        """Return a trip with what is dark after it and what moves."""
        return replace(
            trip,
            lost_kw=self.kw,
            lost_racks=self.racks,
            lost_cooling=self.cooling,
            moves=moves,
        )


def _moves(study: ContingencyStudy, before: IntArray, now: IntArray) -> tuple[tuple[str, str], ...]:
    """Return the transfer switches that stand otherwise than before, and where."""
    ids = study.states.grid.transfers.ids
    return tuple((ids[i], POSITIONS[now[i]]) for i in np.flatnonzero(now != before))


def _finish(
    outage: Outage,
    trips: Sequence[Trip],
    *,
    standing: tuple[Standing, ...],
    out: frozenset[str],
    first: _Lost,
    last: _Lost,
    collapse: str = "",
) -> Cascade:
    return Cascade(
        outage=outage.id,
        trips=tuple(trips),
        standing=standing,
        out=tuple(sorted(out)),
        first_lost_kw=first.kw,
        lost_kw=last.kw,
        lost_racks=last.racks,
        lost_cooling=last.cooling,
        collapse=collapse,
    )
