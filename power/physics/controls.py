"""Discrete controls outside the linear algebra: taps that move until voltages are in their band."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray, IntArray
from power.physics.columns import Solver, prepare
from power.physics.flows import Columns
from power.physics.grid import Grid
from power.physics.loadflow.core import CHUNK
from power.physics.network import Topology, connect
from power.physics.taps import Regulators, regulators_of, tap_positions, with_taps

Part: TypeAlias = "slice[int, int, None] | IntArray"
MAX_ROUNDS = 100
_BAND_MARGIN_PU = 1e-9


@dataclass(frozen=True, slots=True)
class ControlEvent:
    """A control that did not come to rest in its band, at how many points in time.

    ``hunting`` returns to a position it left; ``at_limit`` has no tap left in the direction it
    needs; ``unsettled`` still moved after the last round.
    """

    kind: Literal["hunting", "at_limit", "unsettled"]
    object: str
    n_columns: int
    message: str


@dataclass(frozen=True, slots=True)
class Block:
    """Points in time with the same taps, and the solver of their topology."""

    columns: IntArray
    solver: Solver

    def parts(self) -> Iterator[Part]:
        """Yield so many of the points in time as are best solved at once."""
        for start in range(0, self.columns.size, CHUNK):
            part = self.columns[start : start + CHUNK]
            first, last = int(part[0]), int(part[-1])
            # Neighbours are cut out without a copy.
            yield slice(first, last + 1) if last - first + 1 == part.size else part


@dataclass(frozen=True, slots=True)
class Settled:
    """Where the regulated transformers come to rest.

    ``branch`` are the numbers of the regulated transformers, ``position`` their taps, shape
    (transformers, columns).
    """

    branch: IntArray
    position: IntArray
    blocks: tuple[Block, ...]
    events: tuple[ControlEvent, ...]

    def flows(self, power_kw: FloatArray) -> Iterator[tuple[Part, Columns]]:
        """Yield the flows for powers of the cohorts (cohorts, T), block by block. [kW]."""
        for block in self.blocks:
            for part in block.parts():
                yield part, block.solver.solve(power_kw[:, part])

    def taps_of(self, grid: Grid) -> IntArray:
        """Return the taps of all branches, (branches, T), or (branches, 1) where none moves."""
        stated = tap_positions(grid)[:, np.newaxis]
        if self.branch.size == 0:
            return stated
        taps = np.repeat(stated, self.position.shape[1], axis=1)
        taps[self.branch] = self.position
        return taps


def settle(topology: Topology, power_kw: FloatArray, *, cohort_of: IntArray) -> Settled:
    """Move the taps of regulated transformers until every voltage is in its band.

    Parameters
    ----------
    topology : Topology
        The network in one state, taps as stated.
    power_kw : ndarray, shape (cohorts, T)
        Power of each cohort at every point in time. [kW]
    cohort_of : ndarray of int, shape (consumers,)
        Cohort of each consumer.

    Returns
    -------
    Settled
        With the solvers of all topologies met at the end, ready to be asked for the flows.

    Raises
    ------
    ConvergenceError
        A point in time has no solution with the taps of some round.

    Notes
    -----
    Every point in time is settled by itself, from the stated taps, as if the load had been so for
    long. In each round the regulators outside their band that are nearest to the grid connections
    move, by as many steps as their deviation asks for but one at least; those behind them wait.
    Where positions return, they hunt, and rest where the worst deviation of the cycle is least.
    """
    regulators = regulators_of(topology.grid)
    search = _Search.begin(topology, regulators, power_kw, cohort_of)
    if regulators.branch.size:
        _run(search)
    return Settled(
        branch=regulators.branch,
        position=search.position,
        blocks=tuple(search.groups(np.arange(power_kw.shape[1]))),
        events=tuple(search.events()),
    )


def settled_topology(topology: Topology, power_kw: FloatArray) -> Topology:
    """Return a topology with its regulated taps settled for one load of each consumer. [kW]."""
    regulators = regulators_of(topology.grid)
    if regulators.branch.size == 0:
        return topology
    own = np.arange(power_kw.size)
    settled = settle(topology, power_kw[:, np.newaxis], cohort_of=own)
    grid = with_taps(topology.grid, settled.branch, settled.position[:, 0])
    return connect(grid, out=topology.out)


@dataclass(frozen=True, slots=True)
class _Visit:
    position: IntArray
    worst: float


@dataclass(slots=True)
class _Search:
    """The taps of every column while they move, and the solvers of the topologies met."""

    topology: Topology
    regulators: Regulators
    power_kw: FloatArray
    cohort_of: IntArray
    position: IntArray
    deviation_pu: FloatArray
    moving: IntArray
    visits: list[list[_Visit]]
    solvers: dict[bytes, Solver] = field(default_factory=dict[bytes, Solver])
    hunting: dict[int, set[int]] = field(default_factory=dict[int, set[int]])

    @classmethod
    def begin(
        cls,
        topology: Topology,
        regulators: Regulators,
        power_kw: FloatArray,
        cohort_of: IntArray,
    ) -> "_Search":
        """Start every column at the stated taps."""
        n_columns = power_kw.shape[1]
        position = np.repeat(regulators.position[:, np.newaxis], n_columns, axis=1)
        return cls(
            topology=topology,
            regulators=regulators,
            power_kw=power_kw,
            cohort_of=cohort_of,
            position=position,
            deviation_pu=np.zeros(position.shape),
            moving=np.arange(n_columns),
            visits=[[] for _ in range(n_columns)],
        )

    def groups(self, columns: IntArray) -> Iterator[Block]:
        """Yield columns with the same taps together."""
        if columns.size == 0:
            return
        if self.regulators.branch.size == 0:
            yield Block(columns, self._solver(self.regulators.position, columns))
            return
        taps, group = np.unique(self.position[:, columns], axis=1, return_inverse=True)
        for number in range(taps.shape[1]):
            members = columns[group.reshape(-1) == number]
            yield Block(members, self._solver(taps[:, number], members))

    def _solver(self, taps: IntArray, members: IntArray) -> Solver:
        key = taps.tobytes()
        if key not in self.solvers:
            topology = self.topology
            if not np.array_equal(taps, self.regulators.position):
                grid = with_taps(topology.grid, self.regulators.branch, taps)
                topology = connect(grid, out=topology.out)
            power_kw = self.power_kw
            # Indexing copies, which for a whole year is worth avoiding.
            here = power_kw if members.size == power_kw.shape[1] else power_kw[:, members]
            expected = here.mean(axis=1)
            self.solvers[key] = prepare(topology, expected, cohort_of=self.cohort_of)
        return self.solvers[key]

    def measure(self) -> None:
        """Find the deviation of every regulated voltage in the columns that moved."""
        bus = self.topology.bus_of_node[self.regulators.node]
        live = self.topology.node_live[self.regulators.node]
        target = self.regulators.target_pu[:, np.newaxis]
        for block in self.groups(self.moving):
            for part in block.parts():
                voltage = block.solver.solve(self.power_kw[:, part]).voltage_pu[bus]
                self.deviation_pu[:, part] = np.where(
                    live[:, np.newaxis], np.abs(voltage) - target, 0.0
                )

    def outside(self) -> BoolArray:
        """Return which regulators are out of their band, shape (regulators, columns)."""
        band = self.regulators.half_band_pu[:, np.newaxis] + _BAND_MARGIN_PU
        return np.asarray(np.abs(self.deviation_pu) > band, dtype=np.bool_)

    def wanted(self) -> IntArray:
        """Return where every regulator would go, within its limits."""
        table = self.regulators
        step, sign = table.step_ratio[:, np.newaxis], table.direction[:, np.newaxis]
        size = np.maximum(np.floor(np.abs(self.deviation_pu) / step), 1.0).astype(np.int64)
        aim = self.position - sign * np.sign(self.deviation_pu).astype(np.int64) * size
        within = np.clip(aim, table.lowest[:, np.newaxis], table.highest[:, np.newaxis])
        return np.where(self.outside(), within, self.position)

    def move(self) -> None:
        """Let the regulators nearest to the grid that can move do so; end cycles."""
        aim, before = self.wanted(), self.position
        can = aim != before
        depth = np.where(can, self.regulators.depth[:, np.newaxis], np.inf)
        first = can & (depth == depth.min(axis=0))
        after = np.where(first, aim, before)
        moved = np.zeros(self.power_kw.shape[1], dtype=np.bool_)
        moved[self.moving] = first[:, self.moving].any(axis=0)
        for column in np.flatnonzero(moved).tolist():
            moved[column] = not self._returns(column, after[:, column])
        self.moving = np.flatnonzero(moved)
        self.position[:, self.moving] = after[:, self.moving]

    def _returns(self, column: int, after: IntArray) -> bool:
        """Note where a column was; if it comes back there, let it rest at the best of the cycle."""
        band = self.regulators.half_band_pu
        worst = float((np.abs(self.deviation_pu[:, column]) / band).max())
        visits = self.visits[column]
        visits.append(_Visit(self.position[:, column].copy(), worst))
        starts = [i for i, item in enumerate(visits) if np.array_equal(item.position, after)]
        if not starts:
            return False
        cycle = visits[starts[0] :]
        places = np.stack([item.position for item in cycle])
        self.hunting[column] = set(np.flatnonzero(np.ptp(places, axis=0)).tolist())
        best = min(cycle, key=lambda item: item.worst)
        self.position[:, column] = best.position
        return True

    def events(self) -> Iterator[ControlEvent]:
        """Yield what did not come to rest in its band, regulator by regulator."""
        settled = np.ones(self.power_kw.shape[1], dtype=np.bool_)
        settled[list(self.hunting)] = False
        settled[self.moving] = False
        out, aim = self.outside(), self.wanted()
        for i, branch in enumerate(self.regulators.branch.tolist()):
            name = self.topology.grid.branches.ids[branch]
            hunts = sum(i in members for members in self.hunting.values())
            stuck = int((out[i] & settled & (aim[i] == self.position[i])).sum())
            late = int((out[i, self.moving]).sum())
            if hunts:
                text = f"{name} hunts: its band is narrower than its step allows"
                yield ControlEvent("hunting", name, hunts, text)
            if stuck:
                text = f"{name} stands at the end of its taps and misses its band"
                yield ControlEvent("at_limit", name, stuck, text)
            if late:
                text = f"{name} still moved after {MAX_ROUNDS} rounds"
                yield ControlEvent("unsettled", name, late, text)


def _run(search: _Search) -> None:
    for _ in range(MAX_ROUNDS):
        search.measure()
        search.move()
        if search.moving.size == 0:
            return
    search.measure()
