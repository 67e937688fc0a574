"""Solves one topology for a block of columns, level by level from the racks to the grid."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.physics.admittance import KVA_PER_PU
from power.physics.conversion import conversion_loss
from power.physics.flows import Columns, Wiring, branch_currents
from power.physics.loadflow.chord import ChordSolver
from power.physics.loadflow.core import (
    Equations,
    OpenEnds,
    Solve,
    Voltages,
    mismatch_limit_pu,
    product,
)
from power.physics.loadflow.newton import solve_newton
from power.physics.loadflow.opened import OpenedSolver
from power.physics.loadflow.polar import PolarSolver
from power.physics.network import Level, Topology
from power.physics.service import Service
from power.physics.stated import (
    add_following,
    bus_shortage,
    generator_power,
    reactive_shares,
    with_stated_power,
)

SparseComplex = csr_array[np.complex128]


@dataclass(frozen=True, slots=True)
class PreparedLevel:
    """One level with its factors and its place among nodes and conversions."""

    level: Level
    equations: Equations
    free_of_node: SparseComplex
    fixed_of_node: SparseComplex
    position_of_free: IntArray
    conversions: IntArray
    following: IntArray
    generators: IntArray
    solve: Solve
    opened: OpenedSolver


@dataclass(frozen=True, slots=True)
class Solver:
    """A topology made ready for any number of columns."""

    topology: Topology
    node_of_cohort: SparseComplex
    served_of_cohort: FloatArray
    levels: tuple[PreparedLevel, ...]
    wiring: Wiring

    def solve(self, power_kw: FloatArray) -> Columns:
        """Return the flows for powers of the cohorts, shape (cohorts, columns). [kW]."""
        load = product(self.node_of_cohort, power_kw.astype(np.complex128))
        return self.solve_loads(load, consumer_kw=self.served_of_cohort @ power_kw)

    def solve_loads(
        self, node_load: ComplexArray, consumer_kw: FloatArray | None = None
    ) -> Columns:
        """Return the flows for loads (nodes, columns), all of them served by default. [p.u.]."""
        state = _State.start(self.topology, node_load)
        if consumer_kw is None:
            consumer_kw = node_load.real.sum(axis=0) * KVA_PER_PU
        for prepared in self.levels:
            _solve_level(self.topology, prepared, state)
        return self._columns(state, consumer_kw)

    def solve_service(self, service: Service, power_kw: FloatArray) -> tuple[Columns, BoolArray]:
        """Return the flows of outages that leave the admittances of the rest as they are.

        Parameters
        ----------
        service : Service
            What is live in each column, on this topology; its consumers may be others.
        power_kw : ndarray, shape (consumers,)
            Power of each consumer of the service, the same in every column. [kW]

        Returns
        -------
        columns : Columns
            Dead objects carry 0.
        is_solved : ndarray of bool, shape (columns,)
            Where False the column means nothing: it needs a closer look.
        """
        state = _State.start(self.topology, service.node_load(power_kw), service)
        for prepared in self.levels:
            _solve_level(self.topology, prepared, state)
        state.voltage *= service.bus_live
        feeds = service.topology.grid.feeds
        drawn_kw = power_kw[feeds.consumer] @ service.feed_share
        return self._columns(state, drawn_kw), state.is_solved

    def _columns(self, state: "_State", consumer_kw: FloatArray) -> Columns:
        start, end = branch_currents(self.wiring, state.voltage, state.service)
        generator = generator_power(self.topology, state.generator_reactive, state.service)
        return Columns(
            wiring=self.wiring,
            service=state.service,
            voltage_pu=state.voltage,
            from_pu=start,
            to_pu=end,
            node_load_pu=state.node_load,
            conversion_kva=state.conversion * KVA_PER_PU,
            conversion_loss_kw=state.conversion_loss,
            source_kva=self._source_power(state) * KVA_PER_PU,
            generator_kva=generator * KVA_PER_PU,
            consumer_kw=consumer_kw,
            iterations=state.iterations,
            mismatch_pu=state.mismatch,
        )

    def _source_power(self, state: "_State") -> ComplexArray:
        """Return what each grid connection gives at its node. [p.u.]."""
        topology, sources = self.topology, self.topology.grid.sources
        place = topology.bus_of_node[sources.node]
        voltage = state.voltage[place]
        held = sources.voltage_pu[:, np.newaxis]
        behind = voltage * np.conj(sources.admittance[:, np.newaxis] * (held - voltage))
        ideal = topology.source_share[:, np.newaxis] * state.bus_power[place]
        live = topology.source_live[:, np.newaxis]
        if state.service is not None:
            live = state.service.source_live
        power: ComplexArray = live * (behind + ideal)
        return power


@dataclass(slots=True)
class _State:
    voltage: ComplexArray
    node_load: ComplexArray
    bus_power: ComplexArray
    conversion: ComplexArray
    conversion_loss: FloatArray
    generator_reactive: FloatArray
    iterations: int
    mismatch: float
    service: Service | None
    is_solved: BoolArray

    @classmethod
    def start(
        cls, topology: Topology, node_load: ComplexArray, service: Service | None = None
    ) -> "_State":
        n_columns = node_load.shape[1]
        buses = (topology.n_buses, n_columns)
        conversions = (len(topology.grid.conversions.ids), n_columns)
        return cls(
            voltage=np.zeros(buses, dtype=np.complex128),
            node_load=with_stated_power(topology, node_load, service),
            bus_power=np.zeros(buses, dtype=np.complex128),
            conversion=np.zeros(conversions, dtype=np.complex128),
            conversion_loss=np.zeros(conversions),
            generator_reactive=np.zeros((len(topology.grid.generators.ids), n_columns)),
            iterations=0,
            mismatch=0.0,
            service=service,
            is_solved=np.ones(n_columns, dtype=np.bool_),
        )


def _solve_level(topology: Topology, prepared: PreparedLevel, state: _State) -> None:
    """Solve one level and hand the input power of its conversions to the levels behind."""
    level = prepared.level
    load = product(prepared.free_of_node, state.node_load)
    if level.free.size:
        solve = _robust if state.service is None else _at_once
        state.voltage[level.free] = solve(prepared, load, state)
    state.voltage[level.fixed] = level.fixed_pu[:, np.newaxis]
    _follow(topology, prepared, state)
    if level.fixed.size:
        leaving = product(level.held_rows, state.voltage)
        if state.service is not None:
            _open_at_held(level, state.service.opened, state.voltage, leaving)
        own = product(prepared.fixed_of_node, state.node_load)
        state.bus_power[level.fixed] = state.voltage[level.fixed] * np.conj(leaving) + own
    _charge_inputs(topology, prepared, state)


def _follow(topology: Topology, prepared: PreparedLevel, state: _State) -> None:
    """Let loads follow the voltages found and generators give what their buses are short of."""
    if prepared.following.size:
        add_following(
            topology,
            prepared.following,
            state.voltage,
            node_load=state.node_load,
            service=state.service,
        )
    which = prepared.generators
    if which.size == 0:
        return
    node = topology.grid.generators.node[which]
    place = prepared.position_of_free[topology.bus_of_node[node]]
    short = bus_shortage(
        csr_array(prepared.equations.admittance),
        prepared.equations.current,
        voltage=state.voltage[prepared.level.free],
        load=product(prepared.free_of_node, state.node_load),
    )
    reactive = reactive_shares(topology, which, short.imag[place])
    state.generator_reactive[which] = reactive
    np.subtract.at(state.node_load, node, 1j * reactive)


def _open_at_held(
    level: Level, opened: OpenEnds, voltage: ComplexArray, leaving: ComplexArray
) -> None:
    """Take the currents of open branches from those that leave the held buses, in place."""
    position = _positions(level.fixed, voltage.shape[0])
    here = np.flatnonzero(position[opened.bus] >= 0)
    place = (position[opened.bus[here]], opened.column[here])
    np.subtract.at(leaving, place, opened.current(voltage)[here])


def _charge_inputs(topology: Topology, prepared: PreparedLevel, state: _State) -> None:
    which, service = prepared.conversions, state.service
    if which.size == 0:
        return
    table = topology.grid.conversions
    bus = topology.bus_of_node[table.output_node[which]]
    share = topology.conversion_share[which, np.newaxis]
    if service is not None:
        share = service.conversion_share[which]
    output = share * state.bus_power[bus]
    loss = conversion_loss(
        output.real * KVA_PER_PU,
        rating_kw=table.rating_kw[which, np.newaxis],
        coefficients=table.coefficients[which, np.newaxis, :],
    )
    if service is not None:
        loss = loss * service.conversion_live[which]
    drawn = output.real + loss / KVA_PER_PU
    state.conversion[which] = output
    state.conversion_loss[which] = loss
    np.add.at(
        state.node_load,
        table.input_node[which],
        drawn * (1.0 + 1j * table.input_tan[which, np.newaxis]),
    )


def _robust(prepared: PreparedLevel, load: ComplexArray, state: _State) -> ComplexArray:
    """Solve all columns at once and those that fail one by one."""
    tolerance = mismatch_limit_pu(prepared.equations)
    answer = prepared.solve(load)
    # Written so that a mismatch that is not a number counts as failed.
    failed = np.flatnonzero(~(answer.mismatch_pu < tolerance))
    mismatch = answer.mismatch_pu
    for column in failed:
        voltage, missing = solve_newton(prepared.equations, load[:, column])
        answer.voltage_pu[:, column] = voltage
        mismatch[column] = missing
    state.iterations = max(state.iterations, answer.iterations)
    state.mismatch = max(state.mismatch, float(mismatch.max(initial=0.0)))
    return answer.voltage_pu


def _at_once(prepared: PreparedLevel, load: ComplexArray, state: _State) -> ComplexArray:
    """Solve all columns at once and note those that fail."""
    service = state.service
    if service is None:
        raise RuntimeError("columns solved at once are those of outages")
    if prepared.level.polar is None:
        held_pu = np.zeros(state.voltage.shape[0], dtype=np.complex128)
        held_pu[prepared.level.fixed] = prepared.level.fixed_pu
        opened = service.opened.of_buses(prepared.position_of_free, held_pu)
        answer = prepared.opened(load, opened, service.bus_live[prepared.level.free])
    else:
        # Where voltages are regulated only what opens no branch is solved here.
        answer = prepared.solve(load)
    solved = answer.mismatch_pu < mismatch_limit_pu(prepared.equations)
    state.is_solved &= solved
    state.iterations = max(state.iterations, answer.iterations)
    state.mismatch = max(state.mismatch, float(answer.mismatch_pu[solved].max(initial=0.0)))
    # Nominal voltage keeps a failed column finite until the caller leaves it out.
    return np.where(solved, answer.voltage_pu, 1.0)


def prepare(topology: Topology, expected_kw: FloatArray, *, cohort_of: IntArray) -> Solver:
    """Return the solver of a topology, made ready near the expected powers of the cohorts.

    Parameters
    ----------
    topology : Topology
        The network in one state.
    expected_kw : ndarray, shape (cohorts,)
        Typical power of each cohort, such as its mean. [kW]
    cohort_of : ndarray of int, shape (consumers,)
        Cohort of each consumer.

    Raises
    ------
    ConvergenceError
        Already the expected powers have no solution.
    """
    node_of_cohort, served = _cohort_matrix(topology, cohort_of, expected_kw.size)
    expected = expected_kw[:, np.newaxis].astype(np.complex128)
    state = _State.start(topology, product(node_of_cohort, expected))
    levels = []
    for level in topology.levels:
        prepared = _prepare_level(topology, level, state)
        _solve_level(topology, prepared, state)
        levels.append(prepared)
    return Solver(
        topology=topology,
        node_of_cohort=node_of_cohort,
        served_of_cohort=served,
        levels=tuple(levels),
        wiring=Wiring.of(topology),
    )


def _prepare_level(topology: Topology, level: Level, state: _State) -> PreparedLevel:
    table = topology.grid.conversions
    bus = topology.bus_of_node
    fixed_position = _positions(level.fixed, topology.n_buses)
    given = topology.conversion_live & (fixed_position[bus[table.output_node]] >= 0)
    equations = Equations(level.admittance, level.current, level.name_of_free)
    free_of_node = _gather(bus, level.free, topology.n_buses)
    expected = product(free_of_node, state.node_load)[:, 0]
    return PreparedLevel(
        level=level,
        equations=equations,
        free_of_node=free_of_node,
        fixed_of_node=_gather(bus, level.fixed, topology.n_buses),
        position_of_free=_positions(level.free, topology.n_buses),
        conversions=np.flatnonzero(given),
        following=_following(topology, level),
        generators=_regulating(topology, level),
        solve=_solver_of(level, equations, expected),
        opened=OpenedSolver(equations, expected),
    )


def _solver_of(level: Level, equations: Equations, expected: ComplexArray) -> Solve:
    if level.free.size == 0:
        return _nothing
    if level.polar is not None:
        return PolarSolver(equations, level.polar)
    return ChordSolver(equations, expected)


def _following(topology: Topology, level: Level) -> IntArray:
    """Return the live stated loads of a level that draw with their voltage."""
    loads = topology.grid.static_loads
    bus = topology.bus_of_node[loads.node]
    here = np.isin(bus, np.concatenate([level.free, level.fixed]))
    return np.flatnonzero(topology.static_live & (loads.current != 0) & here)


def _regulating(topology: Topology, level: Level) -> IntArray:
    """Return the live generators of a level at buses whose voltage nothing else holds."""
    bus = topology.bus_of_node[topology.grid.generators.node]
    return np.flatnonzero(topology.generator_live & np.isin(bus, level.free))


def _nothing(load_pu: ComplexArray) -> Voltages:
    return Voltages(load_pu, np.zeros(load_pu.shape[1]), 0)


def _positions(wanted: IntArray, n_buses: int) -> IntArray:
    """Return the place of every bus among the wanted ones, -1 elsewhere."""
    position = np.full(n_buses, -1, dtype=np.int64)
    position[wanted] = np.arange(wanted.size)
    return position


def _gather(bus: IntArray, wanted: IntArray, n_buses: int) -> SparseComplex:
    """Return the matrix that sums the nodes of each wanted bus."""
    position = _positions(wanted, n_buses)
    nodes = np.flatnonzero(position[bus] >= 0)
    entries = (np.ones(nodes.size, dtype=np.complex128), (position[bus[nodes]], nodes))
    return csr_array(coo_array(entries, shape=(wanted.size, bus.size)))


def _cohort_matrix(
    topology: Topology, cohort_of: IntArray, n_cohorts: int
) -> tuple[SparseComplex, FloatArray]:
    """Return node load per kW of each cohort [p.u.] and how many members draw power."""
    feeds = topology.grid.feeds
    kept = topology.feed_share > 0
    draw = np.asarray(1.0 + 1j * feeds.tan, dtype=np.complex128) / KVA_PER_PU
    values: ComplexArray = np.asarray(topology.feed_share * draw, dtype=np.complex128)
    cohort = cohort_of[feeds.consumer]
    shape = (len(topology.grid.node_ids), n_cohorts)
    entries = (values[kept], (feeds.node[kept], cohort[kept]))
    matrix: SparseComplex = csr_array(coo_array(entries, shape=shape))
    served = ~topology.consumer_dark & ~topology.consumer_out
    counts = np.bincount(cohort_of[served], minlength=n_cohorts).astype(np.float64)
    return matrix, counts
