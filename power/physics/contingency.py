"""Every credible outage at one operating point: what each object carries when another is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import ConvergenceError, InputError, Problem
from power.physics.columns import Columns, prepare
from power.physics.documents import NetworkInput, Outage
from power.physics.grid import Grid, build_grid
from power.physics.loading import NORMAL, Loading, Snapshots, Worst, rated_kinds, snapshots_of
from power.physics.network import Topology, connect
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
    the object that carries most over its rating.
    """

    states: tuple[str, ...]
    unsolved: tuple[Unsolved, ...]
    branches: Loading
    switches: Loading
    conversions: Loading
    sources: Loading
    feeds: Loading
    node_ids: tuple[str, ...]
    node_normal_pu: FloatArray
    node_lowest_pu: FloatArray
    node_lowest_state: tuple[str, ...]
    dark_consumers: tuple[tuple[str, ...], ...]
    dead_nodes: tuple[tuple[str, ...], ...]
    worst_object: tuple[str, ...]
    worst_ratio: tuple[float, ...]


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
    One load flow per state, after transfers and before anyone acts: taps stay, limits do not
    trip, feeds share as the consumer says. Nothing trips in a cascade.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    grid = checked_grid(network, power_kw, stage=stage)
    wanted = network.outages if outages is None else tuple(outages)
    check_outages(network, wanted)
    first = solve_state(grid, power_kw, name=NORMAL, out=frozenset())
    table = _Table.start(first)
    for outage in present_outages(grid, wanted):
        try:
            state = solve_state(grid, power_kw, name=outage.id, out=frozenset(outage.objects))
        except ConvergenceError as error:
            table.unsolved.append(Unsolved(outage.id, str(error)))
        else:
            table.add(state, power_kw)
    return table.finish(first, power_kw)


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
    known = {
        *grid.node_ids,
        *grid.branches.ids,
        *grid.switches.ids,
        *grid.sources.ids,
        *grid.conversions.ids,
        *grid.feeds.ids,
        *(item.id for item in grid.consumers),
    }
    for outage in outages:
        if known.intersection(outage.objects):
            yield outage


def solve_state(grid: Grid, power_kw: FloatArray, *, name: str, out: frozenset[str]) -> State:
    """Return one state of a checked grid at one operating point."""
    topology = connect(grid, out=out)
    own = np.arange(power_kw.size)
    solver = prepare(topology, power_kw, cohort_of=own, method="zbus")
    return State(name, topology, solver.solve(power_kw[:, np.newaxis]))


@dataclass(slots=True)
class _Table:
    names: list[str]
    unsolved: list[Unsolved]
    worst: tuple[Worst, ...]
    lowest_pu: FloatArray
    lowest_state: list[str]
    dark: list[tuple[str, ...]]
    dead: list[tuple[str, ...]]
    hardest: list[tuple[float, str]]

    @classmethod
    def start(cls, normal: State) -> "_Table":
        grid = normal.topology.grid
        return cls(
            names=[NORMAL],
            unsolved=[],
            worst=tuple(Worst(ids, rated) for ids, rated in rated_kinds(grid)),
            lowest_pu=np.full(len(grid.node_ids), np.inf),
            lowest_state=[NORMAL] * len(grid.node_ids),
            dark=[normal.topology.dark_consumers],
            dead=[normal.topology.dead_nodes],
            hardest=[(0.0, "")],
        )

    def add(self, state: State, power_kw: FloatArray) -> None:
        """Keep what is worse in this state than in the ones before."""
        self.names.append(state.name)
        self.dark.append(state.topology.dark_consumers)
        self.dead.append(state.topology.dead_nodes)
        loads = snapshots_of(state.topology, state.columns, power_kw)
        self.hardest.append(_hardest(loads, state.topology.grid))
        for worst, snapshot in zip(self.worst, loads.by_kind(), strict=True):
            worst.take(snapshot, state=len(self.names) - 1)
        voltage, live = node_voltage(state)
        for i in np.flatnonzero(live & (voltage < self.lowest_pu)):
            self.lowest_pu[i] = voltage[i]
            self.lowest_state[i] = state.name

    def finish(self, normal: State, power_kw: FloatArray) -> FailoverTable:
        """Return the table; an object no outage leaves in service keeps its normal load."""
        own = snapshots_of(normal.topology, normal.columns, power_kw)
        branches, switches, conversions, sources, feeds = (
            worst.finish(snapshot, self.names)
            for worst, snapshot in zip(self.worst, own.by_kind(), strict=True)
        )
        voltage, _ = node_voltage(normal)
        self.hardest[0] = _hardest(own, normal.topology.grid)
        return FailoverTable(
            states=tuple(self.names),
            unsolved=tuple(self.unsolved),
            branches=branches,
            switches=switches,
            conversions=conversions,
            sources=sources,
            feeds=feeds,
            node_ids=normal.topology.grid.node_ids,
            node_normal_pu=voltage,
            node_lowest_pu=np.where(np.isinf(self.lowest_pu), voltage, self.lowest_pu),
            node_lowest_state=tuple(self.lowest_state),
            dark_consumers=tuple(self.dark),
            dead_nodes=tuple(self.dead),
            worst_object=tuple(name for _, name in self.hardest),
            worst_ratio=tuple(ratio for ratio, _ in self.hardest),
        )


def _hardest(loads: Snapshots, grid: Grid) -> tuple[float, str]:
    """Return the highest load over rating of one state, and the object that carries it."""
    worst = (0.0, "")
    for snapshot, (ids, rated) in zip(loads.by_kind(), rated_kinds(grid), strict=True):
        ratio = np.where(rated & snapshot.live, snapshot.ratio, 0.0)
        if ratio.size:
            number = int(np.argmax(ratio))
            worst = max(worst, (float(ratio[number]), ids[number]))
    return worst


def node_voltage(state: State) -> tuple[FloatArray, BoolArray]:
    """Return voltage of every node, 0 where dead, and whether it is live. [p.u.]."""
    live = state.topology.node_live
    size = np.abs(state.columns.voltage_pu[state.topology.bus_of_node, 0])
    return np.where(live, size, 0.0), live
