"""Every credible outage at one operating point: what each object carries when another is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from power.physics.columns import prepare
from power.physics.controls import settled_topology
from power.physics.documents import NetworkInput, Outage
from power.physics.flows import Columns
from power.physics.grid import Grid, build_grid
from power.physics.loading import (
    SAME_RATIO,
    Loading,
    Snapshots,
    Worst,
    hardest_of,
    rated_kinds,
    snapshots_of,
)
from power.physics.network import Topology, connect
from power.physics.states import Failed, Solved, States, states_of
from power.physics.switching import POSITIONS
from power.physics.taps import tap_positions
from power.physics.validation import check


@dataclass(frozen=True, slots=True)
class State:
    """One solved state: normal, or an outage."""

    name: str
    topology: Topology
    columns: Columns


@dataclass(frozen=True, slots=True)
class Unsolved:
    """A state without a solution, and why."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class FailoverTable:
    """Normal and failover load of every object, in the order of the document at the stage.

    Failover load is the total load in the worst outage that leaves the object in service, worst
    by load over rating, or by current where there is no rating. States without a solution count
    in no figure; they stand in ``unsolved``. ``worst_object`` and ``worst_ratio`` name, by state,
    the object that carries most over its rating. ``nodes`` are those with a rating.
    ``transferred`` names, by state, the transfer switches that stand elsewhere than in normal
    operation, and where: "preferred", "alternate" or "dead".
    """

    states: tuple[str, ...]
    unsolved: tuple[Unsolved, ...]
    branches: Loading
    switches: Loading
    conversions: Loading
    sources: Loading
    feeds: Loading
    transfers: Loading
    nodes: Loading
    node_ids: tuple[str, ...]
    node_normal_pu: FloatArray
    node_lowest_pu: FloatArray
    node_lowest_state: tuple[str, ...]
    dark_consumers: tuple[tuple[str, ...], ...]
    dead_nodes: tuple[tuple[str, ...], ...]
    worst_object: tuple[str, ...]
    worst_ratio: tuple[float, ...]
    transferred: tuple[tuple[tuple[str, str], ...], ...]


def failover(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    stage: int = 0,
    outages: Sequence[Outage] | None = None,
) -> FailoverTable:
    """Return what every object carries in normal operation and in the worst credible outage.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    stage : int
        Number of the stage of the plan.
    outages : sequence of Outage, optional
        States to evaluate besides normal; by default those of the document.

    Returns
    -------
    FailoverTable

    Raises
    ------
    InputError
        The network, an outage or a power is not valid.
    ConvergenceError
        Normal operation has no solution.

    Notes
    -----
    One load flow per state, after transfers and before anyone acts: regulated taps settle in
    normal operation and stay there, limits do not trip, feeds share as the consumer says. Nothing
    trips in a cascade.
    """
    return failover_table(contingency_study(network, consumer_kw, stage=stage, outages=outages))


@dataclass(frozen=True, slots=True)
class ContingencyStudy:
    """One stage made ready: its states, and the operating point they start from.

    ``stated`` is normal operation with the taps as the document has them.
    """

    network: NetworkInput
    stage: int
    power_kw: FloatArray
    states: States
    stated: Topology

    def at(self, consumer_kw: ArrayLike) -> "ContingencyStudy":
        """Return the same states at another operating point; taps settle there anew.

        Parameters
        ----------
        consumer_kw : array_like, shape (consumers,)
            Power of each consumer present at the stage, in the order of the document. [kW]

        Raises
        ------
        InputError
            A power is not valid.
        ConvergenceError
            Normal operation has no solution there.
        """
        power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
        if power_kw.shape != self.power_kw.shape:
            text = f"{self.power_kw.size} consumers are present at this stage"
            raise InputError([Problem("consumer_kw", "shape", text)])
        settled = settled_topology(self.stated, power_kw)
        if np.array_equal(tap_positions(settled.grid), tap_positions(self.states.grid)):
            return replace(self, power_kw=power_kw)
        states = states_of(settled, power_kw, self.states.outages)
        return replace(self, power_kw=power_kw, states=states)


def contingency_study(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    stage: int = 0,
    outages: Sequence[Outage] | None = None,
) -> ContingencyStudy:
    """Return a stage made ready for failover loads and any number of headroom questions.

    Parameters
    ----------
    network, consumer_kw, stage, outages
        As in `failover`.

    Raises
    ------
    InputError
        The network, an outage or a power is not valid.
    ConvergenceError
        Normal operation has no solution.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    wanted = network.outages if outages is None else tuple(outages)
    asked = network.model_copy(update={"outages": wanted})
    grid = checked_grid(asked, power_kw, stage=stage)
    stated = connect(grid)
    settled = settled_topology(stated, power_kw)
    states = states_of(settled, power_kw, tuple(present_outages(grid, wanted)))
    return ContingencyStudy(network, stage, power_kw, states, stated)


def failover_table(study: ContingencyStudy) -> FailoverTable:
    """Return the loads in normal operation and in the worst outage of a prepared stage."""
    table = _Table.empty(study.states, study.power_kw)
    for answer in study.states.solve(study.power_kw, np.arange(len(study.states.outages) + 1)):
        if isinstance(answer, Failed):
            table.fail(answer)
        else:
            table.add(answer)
    return table.finish()


def checked_grid(network: NetworkInput, power_kw: FloatArray, *, stage: int) -> Grid:
    """Return the grid of a valid network, or raise `InputError`."""
    problems = check(network, stages=(stage,))
    count = sum(item.is_present(stage) for item in network.consumers)
    if power_kw.shape != (count,):
        problems.append(
            Problem("consumer_kw", "shape", f"{count} consumers are present at this stage")
        )
    if problems:
        raise InputError(problems)
    return build_grid(network, stage=stage)


def check_outages(network: NetworkInput, outages: Sequence[Outage]) -> None:
    """Raise `InputError` where an outage names something that is not there."""
    if outages is network.outages:
        return
    problems = check(network.model_copy(update={"outages": tuple(outages)}), stages=())
    if problems:
        raise InputError(problems)


def present_outages(grid: Grid, outages: Sequence[Outage]) -> Iterator[Outage]:
    """Yield the outages that take something out at the stage of the grid."""
    tables = (
        *(grid.branches, grid.switches, grid.transfers, grid.sources, grid.conversions),
        *(grid.generators, grid.static_loads, grid.shunts, grid.feeds),
    )
    known = {*grid.node_ids, *(item.id for item in grid.consumers)}
    known.update(name for table in tables for name in table.ids)
    for outage in outages:
        if known.intersection(outage.objects):
            yield outage


def solve_state(grid: Grid, power_kw: FloatArray, *, name: str, out: frozenset[str]) -> State:
    """Return one state of a checked grid at one operating point."""
    topology = connect(grid, out=out)
    own = np.arange(power_kw.size)
    solver = prepare(topology, power_kw, cohort_of=own)
    return State(name, topology, solver.solve(power_kw[:, np.newaxis]))


@dataclass(slots=True)
class _Table:
    """Gathers the states in any order; lists are by number of the state."""

    states: States
    power_kw: FloatArray
    names: list[str]
    reasons: dict[int, str]
    worst: tuple[Worst, ...]
    normal: Snapshots | None
    normal_pu: FloatArray
    lowest_pu: FloatArray
    lowest_state: IntArray
    dark: list[tuple[str, ...]]
    dead: list[tuple[str, ...]]
    hardest: list[tuple[float, str]]
    transferred: list[tuple[tuple[str, str], ...]]

    @classmethod
    def empty(cls, states: States, power_kw: FloatArray) -> "_Table":
        count, nodes = len(states.outages) + 1, len(states.grid.node_ids)
        return cls(
            states=states,
            power_kw=power_kw,
            names=[states.name(i) for i in range(count)],
            reasons={},
            worst=tuple(Worst(ids, rated) for ids, rated in rated_kinds(states.grid)),
            normal=None,
            normal_pu=np.zeros(nodes),
            lowest_pu=np.full(nodes, np.inf),
            lowest_state=np.zeros(nodes, dtype=np.int64),
            dark=[()] * count,
            dead=[()] * count,
            hardest=[(0.0, "")] * count,
            transferred=[()] * count,
        )

    def fail(self, answer: Failed) -> None:
        """Note a state without a solution; normal operation has to have one."""
        if answer.number == 0:
            raise answer.error
        self.reasons[answer.number] = str(answer.error)

    def add(self, answer: Solved) -> None:
        """Keep what is worse in these states than in the ones before."""
        numbers, grid = answer.numbers, self.states.grid
        loads = snapshots_of(answer.service, answer.columns, self.power_kw)
        dark = _names_by_column(tuple(c.id for c in grid.consumers), answer.service.consumer_dark)
        dead = _names_by_column(grid.node_ids, ~answer.service.node_live)
        hardest = hardest_of(loads, rated_kinds(grid))
        for place, number in enumerate(numbers.tolist()):
            self.dark[number], self.dead[number] = dark[place], dead[place]
            self.hardest[number] = hardest[place][:2]
            self.transferred[number] = self._moved(answer.service.transfer_position[:, place])
        if numbers.size and numbers[0] == 0:
            self.normal = loads
            self.normal_pu = np.abs(answer.columns.voltage_pu[:, 0])[
                answer.service.topology.bus_of_node
            ]
        outages = np.flatnonzero(numbers > 0)
        for worst, snapshot in zip(self.worst, loads.by_kind(), strict=True):
            worst.take(snapshot.of_columns(outages), states=numbers[outages])
        self._keep_voltage(answer, outages)

    def _moved(self, position: IntArray) -> tuple[tuple[str, str], ...]:
        """Return the transfer switches that stand elsewhere than in normal operation."""
        normal = self.states.solver.topology.transfer_position
        ids = self.states.grid.transfers.ids
        return tuple((ids[i], POSITIONS[position[i]]) for i in np.flatnonzero(position != normal))

    def _keep_voltage(self, answer: Solved, outages: IntArray) -> None:
        if outages.size == 0:
            return
        live = answer.service.node_live[:, outages]
        bus = answer.service.topology.bus_of_node
        size = np.where(live, np.abs(answer.columns.voltage_pu)[bus][:, outages], np.inf)
        lowest = size.min(axis=1)
        column = np.argmax(size <= (1.0 + SAME_RATIO) * lowest[:, np.newaxis], axis=1)
        state = answer.numbers[outages][column]
        less = lowest < (1.0 - SAME_RATIO) * self.lowest_pu
        tied = (lowest <= (1.0 + SAME_RATIO) * self.lowest_pu) & (state < self.lowest_state)
        better = np.isfinite(lowest) & (less | tied)
        self.lowest_pu = np.where(better, lowest, self.lowest_pu)
        self.lowest_state = np.where(better, state, self.lowest_state)

    def finish(self) -> FailoverTable:
        """Return the table; an object no outage leaves in service keeps its normal load."""
        own = self.normal
        if own is None:
            raise RuntimeError("normal operation comes with the other states")
        branches, switches, conversions, sources, feeds, transfers, nodes = (
            worst.finish(snapshot, self.names)
            for worst, snapshot in zip(self.worst, own.by_kind(), strict=True)
        )
        solved = [i for i in range(len(self.names)) if i not in self.reasons]
        return FailoverTable(
            states=tuple(self.names[i] for i in solved),
            unsolved=tuple(Unsolved(self.names[i], self.reasons[i]) for i in sorted(self.reasons)),
            branches=branches,
            switches=switches,
            conversions=conversions,
            sources=sources,
            feeds=feeds,
            transfers=transfers,
            nodes=nodes,
            node_ids=self.states.grid.node_ids,
            node_normal_pu=self.normal_pu,
            node_lowest_pu=np.where(np.isinf(self.lowest_pu), self.normal_pu, self.lowest_pu),
            node_lowest_state=tuple(self.names[i] for i in self.lowest_state),
            dark_consumers=tuple(self.dark[i] for i in solved),
            dead_nodes=tuple(self.dead[i] for i in solved),
            worst_object=tuple(self.hardest[i][1] for i in solved),
            worst_ratio=tuple(self.hardest[i][0] for i in solved),
            transferred=tuple(self.transferred[i] for i in solved),
        )


def _names_by_column(names: tuple[str, ...], chosen: BoolArray) -> list[tuple[str, ...]]:
    """Return the chosen names of every column."""
    column, row = np.nonzero(chosen.T)
    edges = np.searchsorted(column, np.arange(chosen.shape[1] + 1))
    found = [names[i] for i in row.tolist()]
    return [tuple(found[start:end]) for start, end in pairwise(edges.tolist())]


def node_voltage(state: State) -> tuple[FloatArray, BoolArray]:
    """Return voltage of every node, 0 where dead, and whether it is live. [p.u.]."""
    live = state.topology.node_live
    size = np.abs(state.columns.voltage_pu[state.topology.bus_of_node, 0])
    return np.where(live, size, 0.0), live
