"""What an outage leads to when overloaded survivors trip, one after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import ConvergenceError, InputError, Problem
from power.physics.contingency import State, check_outages, checked_grid, failover, solve_state
from power.physics.documents import Consumer, NetworkInput, Outage
from power.physics.grid import Grid
from power.physics.standby.loads import ratios_of
from power.physics.standby.tripping import TripLimits, inverse_time_s, tolerated_s
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

    Notes
    -----
    After each trip a new load flow with all transfers. Every object with a rating integrates
    ``dt / t(load)`` as an inverse-time relay does, and trips at 1; below its pickup it starts
    anew. Feeds trip at the rating of their breaker, conversions by their overload steps.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    grid = checked_grid(network, power_kw, stage=stage)
    check_outages(network, (outage,))
    limits = limits or TripLimits()
    if len(limits.conversion_ratios) != len(limits.conversion_s):
        raise InputError([Problem("conversion_s", "shape", "needs one time for each ratio")])
    return _course(grid, power_kw, outage, limits)


def cascades(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    outages: Sequence[Outage] | None = None,
    stage: int = 0,
    limits: TripLimits | None = None,
) -> tuple[Cascade, ...]:
    """Return the cascades of those outages that overload something or have no solution.

    Parameters
    ----------
    network, consumer_kw, stage, limits
        As in `cascade`.
    outages : sequence of Outage, optional
        By default those of the document.

    Raises
    ------
    InputError
        The network, an outage or a power is not valid.
    ConvergenceError
        Normal operation has no solution.
    """
    wanted = network.outages if outages is None else tuple(outages)
    table = failover(network, consumer_kw, stage=stage, outages=wanted)
    hard = {item.state for item in table.unsolved}
    # The ratio of a feed is to its continuous rating, which is never above that of its breaker.
    hard |= {
        name for name, ratio in zip(table.states, table.worst_ratio, strict=True) if ratio > 1.0
    }
    return tuple(
        cascade(network, consumer_kw, outage, stage=stage, limits=limits)
        for outage in wanted
        if outage.id in hard
    )


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Everything that may trip in one state, with its load over rating and time to trip."""

    kind: tuple[str, ...]
    name: tuple[str, ...]
    ratio: FloatArray
    time_s: FloatArray


def _course(grid: Grid, power_kw: FloatArray, outage: Outage, limits: TripLimits) -> Cascade:
    out, now_s = frozenset(outage.objects), 0.0
    progress = dict[str, float]()
    trips = list[Trip]()
    first: _Lost | None = None
    positions = dict[str, int]()
    while True:
        try:
            state = solve_state(grid, power_kw, name=outage.id, out=out)
        except ConvergenceError as error:
            everything = _Lost.of(grid.consumers, power_kw, range(power_kw.size))
            return _finish(
                outage,
                trips,
                standing=(),
                out=out,
                first=first or everything,
                last=everything,
                collapse=str(error),
            )
        lost = _Lost.of(grid.consumers, power_kw, np.flatnonzero(state.topology.consumer_dark))
        first = first or lost
        moves = _moves(state, positions)
        if trips:
            trips[-1] = lost.after(trips[-1], moves)
        loaded = _loaded(state, power_kw, limits)
        progress = {
            name: progress.get(name, 0.0)
            for name, time_s in zip(loaded.name, loaded.time_s.tolist(), strict=True)
            if np.isfinite(time_s)
        }
        left_s = _left_s(loaded, progress)
        worst = int(np.argmin(left_s)) if left_s.size else 0
        if not left_s.size or now_s + left_s[worst] > limits.observed_s:
            standing = _standing(loaded, left_s)
            return _finish(outage, trips, standing=standing, out=out, first=first, last=lost)
        for name, time_s in zip(loaded.name, loaded.time_s.tolist(), strict=True):
            if name in progress and time_s > 0:
                progress[name] += left_s[worst] / time_s
        now_s += float(left_s[worst])
        name = loaded.name[worst]
        trips.append(Trip(now_s, loaded.kind[worst], name, float(loaded.ratio[worst]), 0, 0, ()))
        out |= {name}


def _left_s(loaded: _Loaded, progress: dict[str, float]) -> FloatArray:
    """Return how long each object still holds at its present load."""
    done = np.array([progress.get(name, 0.0) for name in loaded.name], dtype=np.float64)
    left = np.where(np.isfinite(loaded.time_s), np.maximum(1.0 - done, 0.0), 1.0)
    return np.where(np.isfinite(loaded.time_s), left * np.nan_to_num(loaded.time_s), np.inf)


def _loaded(state: State, power_kw: FloatArray, limits: TripLimits) -> _Loaded:
    grid = state.topology.grid
    kinds, names, ratios, times = list[str](), list[str](), list[FloatArray](), list[FloatArray]()
    for kind, ids, whole in ratios_of(state, power_kw):
        if kind in NEVER_TRIP:
            continue
        ratio = whole * _breaker_share(grid) if kind == "feed" else whole
        over = np.flatnonzero(ratio > 1.0)
        kinds += [kind] * over.size
        names += [ids[i] for i in over.tolist()]
        ratios.append(ratio[over])
        times.append(_time_s(kind, ratio[over], limits))
    return _Loaded(
        kind=tuple(kinds),
        name=tuple(names),
        ratio=np.concatenate([np.zeros(0), *ratios]),
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
    def of(
        cls, consumers: tuple[Consumer, ...], power_kw: FloatArray, numbers: Iterable[int]
    ) -> "_Lost":
        dark = [int(i) for i in numbers]
        return cls(
            kw=float(power_kw[dark].sum()),
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


def _moves(state: State, positions: dict[str, int]) -> tuple[tuple[str, str], ...]:
    """Return the transfer switches that stand otherwise than noted, and note them, in place."""
    topology = state.topology
    now = dict(zip(topology.grid.transfers.ids, topology.transfer_position.tolist(), strict=True))
    moved = [name for name, place in now.items() if positions.get(name, place) != place]
    positions.update(now)
    return tuple((name, POSITIONS[now[name]]) for name in moved)


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
    if collapse and trips:
        trips = [*trips[:-1], last.after(trips[-1])]
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
