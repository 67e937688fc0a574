"""What an outage leads to when overloaded survivors trip, one after the other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, IntArray
from facility.kernel.errors import InputError, Problem
from power.physics.contingency import ContingencyStudy, contingency_study
from power.physics.documents import NetworkInput, Outage
from power.physics.grid import Grid
from power.physics.loading import rated_kinds, snapshots_of
from power.physics.standby.loads import KIND_WORDS
from power.physics.standby.tripping import TripLimits, inverse_time_s, tolerated_s
from power.physics.states import Failed, Solved, States
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
    """Return the courses after outages by their number, or only where something is overloaded.

    All courses take one trip at a time, so that the states after it are solved together.
    """
    running, ended = dict[int, _Course](), dict[int, Cascade]()
    for number, moment in _moments(study.states, list(outages), study.power_kw, limits):
        if isinstance(moment, Failed) or moment.is_hard or not hard_only:
            running[number] = _Course.begin(study, outages[number])
            ended |= _ended(number, running[number].go_on(moment, limits))
    while going := [number for number in running if number not in ended]:
        after = list(dict.fromkeys(running[number].out for number in going))
        states = study.states.with_outages(
            [
                Outage(id=f"{k}", label="after trips", objects=tuple(out))
                for k, out in enumerate(after)
            ]
        )
        moments = dict(_moments(states, range(1, len(after) + 1), study.power_kw, limits))
        for number in going:
            moment = moments[after.index(running[number].out) + 1]
            ended |= _ended(number, running[number].go_on(moment, limits))
    return dict(sorted(ended.items()))


def _ended(number: int, cascade: Cascade | None) -> dict[int, Cascade]:
    return {} if cascade is None else {number: cascade}


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


def _moments(
    states: States, numbers: Sequence[int], power_kw: FloatArray, limits: TripLimits
) -> Iterator[tuple[int, _Moment | Failed]]:
    """Yield some of the states by their number."""
    for answer in states.solve(power_kw, np.array(numbers, dtype=np.int64)):
        if isinstance(answer, Failed):
            yield answer.number, answer
        else:
            yield from zip(answer.numbers.tolist(), _columns(answer, power_kw, limits), strict=True)


def _columns(answer: Solved, power_kw: FloatArray, limits: TripLimits) -> Iterator[_Moment]:
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
    for k in range(answer.numbers.size):
        here = [(kind, ids, ratio[:, k]) for kind, ids, ratio in ratios]
        yield _Moment(
            loaded=_loaded(here, share, limits),
            dark=np.flatnonzero(service.consumer_dark[:, k]),
            position=service.transfer_position[:, k],
            is_hard=any(bool(np.any(ratio > 1.0)) for _, _, ratio in here),
        )


@dataclass(slots=True)
class _Course:
    """What has happened since an outage; ``first`` and ``position`` are known after a moment."""

    study: ContingencyStudy
    outage: Outage
    out: frozenset[str]
    now_s: float = 0.0
    progress: dict[str, float] = field(default_factory=dict[str, float])
    trips: list[Trip] = field(default_factory=list[Trip])
    first: "_Lost | None" = None
    position: IntArray | None = None

    @classmethod
    def begin(cls, study: ContingencyStudy, outage: Outage) -> "_Course":
        """Return the course before anything has tripped."""
        return cls(study, outage, frozenset(outage.objects))

    def go_on(self, moment: _Moment | Failed, limits: TripLimits) -> Cascade | None:
        """Let trip what trips next in the state that the last trip led to; or return the end."""
        if isinstance(moment, Failed):
            everything = _Lost.of(self.study, range(self.study.power_kw.size))
            self._note(everything, ())
            return self._end(everything, standing=(), collapse=str(moment.error))
        lost = _Lost.of(self.study, moment.dark)
        self._note(lost, _moves(self.study, self.position, moment.position))
        self.position = moment.position
        loaded = moment.loaded
        times_s = dict(zip(loaded.name, loaded.time_s.tolist(), strict=True))
        self.progress = {
            name: self.progress.get(name, 0.0)
            for name, time_s in times_s.items()
            if np.isfinite(time_s)
        }
        left_s = _left_s(loaded, self.progress)
        worst = int(np.argmin(left_s)) if left_s.size else 0
        if not left_s.size or self.now_s + left_s[worst] > limits.observed_s:
            return self._end(lost, standing=_standing(loaded, left_s))
        for name in self.progress:
            if times_s[name] > 0:
                self.progress[name] += left_s[worst] / times_s[name]
        self.now_s += float(left_s[worst])
        name, ratio = loaded.name[worst], float(loaded.ratio[worst])
        self.trips.append(Trip(self.now_s, loaded.kind[worst], name, ratio, 0, 0, ()))
        self.out |= {name}
        return None

    def _note(self, lost: "_Lost", moves: tuple[tuple[str, str], ...]) -> None:
        """Keep what is dark, and what moved, after the last trip or before the first."""
        self.first = self.first or lost
        if self.trips:
            self.trips[-1] = lost.after(self.trips[-1], moves)

    def _end(self, lost: "_Lost", *, standing: tuple[Standing, ...], collapse: str = "") -> Cascade:
        first = self.first or lost
        return Cascade(
            outage=self.outage.id,
            trips=tuple(self.trips),
            standing=standing,
            out=tuple(sorted(self.out)),
            first_lost_kw=first.kw,
            lost_kw=lost.kw,
            lost_racks=lost.racks,
            lost_cooling=lost.cooling,
            collapse=collapse,
        )


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


def _moves(
    study: ContingencyStudy, before: IntArray | None, now: IntArray
) -> tuple[tuple[str, str], ...]:
    """Return the transfer switches that stand otherwise than before, and where."""
    if before is None:
        return ()
    ids = study.states.grid.transfers.ids
    return tuple((ids[i], POSITIONS[now[i]]) for i in np.flatnonzero(now != before))
