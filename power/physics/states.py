"""Normal operation and every outage of one stage, made ready to be solved again and again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray, IntArray
from facility.kernel.errors import ConvergenceError
from power.physics.columns import Solver, prepare
from power.physics.documents import Consumer, Outage
from power.physics.dominance import Dominance, dominance
from power.physics.flows import Columns
from power.physics.grid import Grid, with_consumers
from power.physics.loading import NORMAL
from power.physics.network import Topology, connect
from power.physics.network import with_consumers as with_consumers_of
from power.physics.service import Losses, Service, losses_of

CHUNK = 64
"""Columns solved together: what they need stays in the second-level cache of a core."""


@dataclass(frozen=True, slots=True)
class Solved:
    """Some states, by number, as columns."""

    numbers: IntArray
    service: Service
    columns: Columns


@dataclass(frozen=True, slots=True)
class Failed:
    """A state without a solution, and why."""

    number: int
    error: ConvergenceError


@dataclass(frozen=True, slots=True)
class States:
    """Normal operation, which has the number 0, and the outages of one stage.

    The states that are cuts are solved together on the factorisation of normal operation. Each of
    the others has a solver of its own, made when it is first asked for and kept in ``own``.
    """

    outages: tuple[Outage, ...]
    solver: Solver
    tree: Dominance
    losses: Losses
    expected_kw: FloatArray
    own: dict[frozenset[str], Solver]

    @property
    def grid(self) -> Grid:
        """The network with all consumers."""
        return self.losses.service.topology.grid

    def name(self, number: int) -> str:
        """Return the name of a state."""
        return self.outages[number - 1].id if number else NORMAL

    def out(self, number: int) -> frozenset[str]:
        """Return what is out of service in a state."""
        return frozenset(self.outages[number - 1].objects) if number else frozenset()

    def dark(self, number: int) -> BoolArray:
        """Return which consumers have no live feed in a state."""
        return np.asarray(self.losses.service.consumer_dark[:, number])

    def dead_nodes(self, number: int) -> tuple[str, ...]:
        """Return the names of the nodes without supply in a state."""
        live = self.losses.service.node_live[:, number]
        return tuple(self.grid.node_ids[i] for i in np.flatnonzero(~live))

    def numbers_of(self, outages: Iterable[Outage]) -> IntArray:
        """Return the numbers of normal operation and of those outages that are among the states."""
        number = {outage.id: i for i, outage in enumerate(self.outages, start=1)}
        found = {number[outage.id] for outage in outages if outage.id in number}
        return np.array([0, *sorted(found)], dtype=np.int64)

    def with_consumers(self, added: Sequence[Consumer], numbers: IntArray) -> "States":
        """Return some of the states, normal operation first, with more consumers."""
        grid = with_consumers(self.grid, tuple(added))
        outages = tuple(self.outages[i - 1] for i in numbers[1:])
        base = with_consumers_of(self.losses.service.topology, grid)
        losses = losses_of(base, self.tree, (None, *outages))
        return replace(self, outages=outages, losses=losses)

    def with_outages(self, outages: Sequence[Outage]) -> "States":
        """Return the same network and consumers with other outages."""
        losses = losses_of(self.losses.service.topology, self.tree, (None, *outages))
        return replace(self, outages=tuple(outages), losses=losses)

    def solve(self, power_kw: FloatArray, numbers: IntArray) -> Iterator[Solved | Failed]:
        """Yield the solution of some states for the powers of all consumers.

        Parameters
        ----------
        power_kw : ndarray, shape (consumers,)
            Power of each consumer. [kW]
        numbers : ndarray of int, shape (states,)
            Rising; 0 is normal operation.
        """
        fast = numbers[self.losses.is_cut[numbers]]
        alone = numbers[~self.losses.is_cut[numbers]].tolist()
        # Outages of a size need equally many iterations; normal operation comes first.
        by_size = fast[np.argsort(self.losses.n_dead[fast], kind="stable")]
        for start in range(0, fast.size, CHUNK):
            part = np.sort(by_size[start : start + CHUNK])
            service = self.losses.service.of_columns(part)
            columns, solved = self.solver.solve_service(service, power_kw)
            if not solved.all():
                alone += part[~solved].tolist()
                part = part[solved]
                service = self.losses.service.of_columns(part)
                columns, _ = self.solver.solve_service(service, power_kw)
            yield Solved(part, service, columns)
        for number in sorted(alone):
            yield self.solve_alone(number, power_kw)

    def solve_alone(self, number: int, power_kw: FloatArray) -> Solved | Failed:
        """Return one state on a topology and factorisation of its own."""
        try:
            solver = self._own_solver(number)
            topology = with_consumers_of(solver.topology, self.grid)
            columns = solver.solve_loads(Service.of(topology).node_load(power_kw))
        except ConvergenceError as error:
            return Failed(number, error)
        return Solved(np.array([number], dtype=np.int64), Service.of(topology), columns)

    def _own_solver(self, number: int) -> Solver:
        out = self.out(number)
        if out not in self.own:
            base = self.solver.topology
            self.own[out] = _solver(connect(base.grid, out=out), self.expected_kw)
        return self.own[out]


def states_of(topology: Topology, power_kw: FloatArray, outages: Sequence[Outage]) -> States:
    """Return normal operation and outages of a topology, made ready near given powers.

    Parameters
    ----------
    topology : Topology
        Nothing out of service.
    power_kw : ndarray, shape (consumers,)
        Typical power of each consumer. [kW]
    outages : sequence of Outage
        Those that take something out at this stage.

    Raises
    ------
    ConvergenceError
        Normal operation has no solution.
    """
    solver = _solver(topology, power_kw)
    tree = dominance(topology.grid)
    return States(
        outages=tuple(outages),
        solver=solver,
        tree=tree,
        losses=losses_of(topology, tree, (None, *outages)),
        expected_kw=power_kw,
        own={},
    )


def _solver(topology: Topology, power_kw: FloatArray) -> Solver:
    return prepare(topology, power_kw, cohort_of=np.arange(power_kw.size))
