"""Solves one topology for a block of columns, level by level from the racks to the grid."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from facility.kernel.checks import ComplexArray, FloatArray, IntArray
from power.physics.admittance import KVA_PER_PU
from power.physics.conversion import conversion_loss
from power.physics.loadflow import METHODS
from power.physics.loadflow.core import Equations, Solve, Voltages, mismatch_limit_pu, product
from power.physics.loadflow.newton import solve_newton
from power.physics.network import Level, Topology
from power.physics.switches import SwitchFlow, switch_flow

SparseComplex = csr_array[np.complex128]


@dataclass(frozen=True, slots=True)
class Columns:
    """Everything about a block of columns; shapes are (objects, columns).

    Powers of branches are those into the from-end. ``source_kva`` and ``conversion_kva`` are
    given to the network.
    """

    voltage_pu: ComplexArray
    branch_ratio: FloatArray
    branch_from_kva: ComplexArray
    branch_from_abs_kva: FloatArray
    branch_to_abs_kva: FloatArray
    branch_from_pu: FloatArray
    branch_loss_kw: FloatArray
    conversion_kva: ComplexArray
    conversion_loss_kw: FloatArray
    source_kva: ComplexArray
    switch_pu: ComplexArray
    consumer_kw: FloatArray
    iterations: int
    mismatch_pu: float


@dataclass(frozen=True, slots=True)
class PreparedLevel:
    """One level with its factors and its place among nodes and conversions."""

    level: Level
    equations: Equations
    free_of_node: SparseComplex
    fixed_of_node: SparseComplex
    conversions: IntArray
    solve: Solve


@dataclass(frozen=True, slots=True)
class Solver:
    """A topology made ready for any number of columns."""

    topology: Topology
    node_of_cohort: SparseComplex
    served_of_cohort: FloatArray
    levels: tuple[PreparedLevel, ...]
    from_current: SparseComplex
    to_current: SparseComplex
    switches: SwitchFlow

    def solve(self, power_kw: FloatArray) -> Columns:
        """Return the flows for powers of the cohorts, shape (cohorts, columns). [kW]."""
        state = _State.start(self.topology, self.node_of_cohort, power_kw)
        for prepared in self.levels:
            _solve_level(self.topology, prepared, state)
        return self._columns(power_kw, state)

    def _columns(self, power_kw: FloatArray, state: "_State") -> Columns:
        grid, bus = self.topology.grid, self.topology.bus_of_node
        branches = grid.branches
        from_current = product(self.from_current, state.voltage)
        to_current = product(self.to_current, state.voltage)
        from_abs, to_abs = np.abs(from_current), np.abs(to_current)
        from_voltage = state.voltage[bus[branches.from_node]]
        to_voltage = state.voltage[bus[branches.to_node]]
        from_power = from_voltage * np.conj(from_current)
        to_active = to_voltage.real * to_current.real + to_voltage.imag * to_current.imag
        source = self._source_power(state)
        return Columns(
            voltage_pu=state.voltage,
            branch_ratio=np.maximum(
                from_abs * (branches.from_base_a / branches.from_rating_a)[:, np.newaxis],
                to_abs * (branches.to_base_a / branches.to_rating_a)[:, np.newaxis],
            ),
            branch_from_kva=from_power * KVA_PER_PU,
            branch_from_abs_kva=np.abs(from_power) * KVA_PER_PU,
            branch_to_abs_kva=np.abs(to_voltage) * to_abs * KVA_PER_PU,
            branch_from_pu=from_abs,
            branch_loss_kw=(from_power.real + to_active) * KVA_PER_PU,
            conversion_kva=state.conversion * KVA_PER_PU,
            conversion_loss_kw=state.conversion_loss,
            source_kva=source * KVA_PER_PU,
            switch_pu=self.switches.currents(
                voltage=state.voltage,
                node_load=state.node_load,
                from_current=from_current,
                to_current=to_current,
                source=source,
                conversion=state.conversion,
            ),
            consumer_kw=self.served_of_cohort @ power_kw,
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
        power: ComplexArray = topology.source_live[:, np.newaxis] * behind + ideal
        return power


@dataclass(slots=True)
class _State:
    voltage: ComplexArray
    node_load: ComplexArray
    bus_power: ComplexArray
    conversion: ComplexArray
    conversion_loss: FloatArray
    iterations: int
    mismatch: float

    @classmethod
    def start(cls, topology: Topology, node_of_cohort: SparseComplex, kw: FloatArray) -> "_State":
        buses = (topology.n_buses, kw.shape[1])
        conversions = (len(topology.grid.conversions.ids), kw.shape[1])
        return cls(
            voltage=np.zeros(buses, dtype=np.complex128),
            node_load=product(node_of_cohort, kw.astype(np.complex128)),
            bus_power=np.zeros(buses, dtype=np.complex128),
            conversion=np.zeros(conversions, dtype=np.complex128),
            conversion_loss=np.zeros(conversions),
            iterations=0,
            mismatch=0.0,
        )


def _solve_level(topology: Topology, prepared: PreparedLevel, state: _State) -> None:
    """Solve one level and hand the input power of its conversions to the levels behind."""
    level = prepared.level
    load = product(prepared.free_of_node, state.node_load)
    if level.free.size:
        state.voltage[level.free] = _robust(prepared, load, state)
    state.voltage[level.fixed] = level.fixed_pu[:, np.newaxis]
    if level.fixed.size:
        leaving = product(level.held_rows, state.voltage)
        own = product(prepared.fixed_of_node, state.node_load)
        state.bus_power[level.fixed] = state.voltage[level.fixed] * np.conj(leaving) + own
    _charge_inputs(topology, prepared, state)


def _charge_inputs(topology: Topology, prepared: PreparedLevel, state: _State) -> None:
    which = prepared.conversions
    if which.size == 0:
        return
    table = topology.grid.conversions
    bus = topology.bus_of_node[table.output_node[which]]
    output = topology.conversion_share[which, np.newaxis] * state.bus_power[bus]
    loss = conversion_loss(
        output.real * KVA_PER_PU,
        rating_kw=table.rating_kw[which, np.newaxis],
        coefficients=table.coefficients[which, np.newaxis, :],
    )
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


def prepare(
    topology: Topology, expected_kw: FloatArray, *, cohort_of: IntArray, method: str = "chord"
) -> Solver:
    """Return the solver of a topology, made ready near the expected powers of the cohorts.

    Parameters
    ----------
    topology : Topology
        The network in one state.
    expected_kw : ndarray, shape (cohorts,)
        Typical power of each cohort, such as its mean. [kW]
    cohort_of : ndarray of int, shape (consumers,)
        Cohort of each consumer.
    method : str
        Name in `power.physics.loadflow.METHODS`.

    Raises
    ------
    ConvergenceError
        Already the expected powers have no solution.
    """
    grid = topology.grid
    node_of_cohort, served = _cohort_matrix(topology, cohort_of, expected_kw.size)
    state = _State.start(topology, node_of_cohort, expected_kw[:, np.newaxis])
    levels = []
    for level in topology.levels:
        prepared = _prepare_level(topology, level, state, method)
        _solve_level(topology, prepared, state)
        levels.append(prepared)
    return Solver(
        topology=topology,
        node_of_cohort=node_of_cohort,
        served_of_cohort=served,
        levels=tuple(levels),
        from_current=_end_matrix(topology, grid.branches.from_from, grid.branches.from_to),
        to_current=_end_matrix(topology, grid.branches.to_from, grid.branches.to_to),
        switches=switch_flow(topology),
    )


def _prepare_level(topology: Topology, level: Level, state: _State, method: str) -> PreparedLevel:
    table = topology.grid.conversions
    bus = topology.bus_of_node
    fixed_position = np.full(topology.n_buses, -1, dtype=np.int64)
    fixed_position[level.fixed] = np.arange(level.fixed.size)
    given = topology.conversion_live & (fixed_position[bus[table.output_node]] >= 0)
    equations = Equations(level.admittance, level.current, level.name_of_free)
    free_of_node = _gather(bus, level.free, topology.n_buses)
    expected = product(free_of_node, state.node_load)[:, 0]
    return PreparedLevel(
        level=level,
        equations=equations,
        free_of_node=free_of_node,
        fixed_of_node=_gather(bus, level.fixed, topology.n_buses),
        conversions=np.flatnonzero(given),
        solve=METHODS[method](equations, expected) if level.free.size else _nothing,
    )


def _nothing(load: ComplexArray) -> Voltages:
    return Voltages(load, np.zeros(load.shape[1]), 0)


def _gather(bus: IntArray, wanted: IntArray, n_buses: int) -> SparseComplex:
    """Return the matrix that sums the nodes of each wanted bus."""
    position = np.full(n_buses, -1, dtype=np.int64)
    position[wanted] = np.arange(wanted.size)
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


def _end_matrix(topology: Topology, own: ComplexArray, other: ComplexArray) -> SparseComplex:
    """Return the matrix from bus voltages to the currents into one end of every branch."""
    branches, bus = topology.grid.branches, topology.bus_of_node
    live = np.flatnonzero(topology.branch_live)
    entries = (
        np.concatenate([own[live], other[live]]),
        (
            np.concatenate([live, live]),
            np.concatenate([bus[branches.from_node[live]], bus[branches.to_node[live]]]),
        ),
    )
    matrix = coo_array(entries, shape=(len(branches.ids), topology.n_buses))
    return csr_array(csc_array(matrix))
