"""The whole site at many points in time: racks, conversions, branches, grid connections."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facility.kernel.checks import BoolArray, FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from power.physics.admittance import KVA_PER_PU
from power.physics.controls import ControlEvent, Part, Settled, settle
from power.physics.documents import NetworkInput
from power.physics.flows import Columns
from power.physics.loadflow.core import square
from power.physics.network import Topology, assemble
from power.physics.stated import over_limit
from power.physics.switches import switch_ends

Float32Array = NDArray[np.float32]
"""Consecutive points in time."""


@dataclass(frozen=True, slots=True)
class SystemFlow:
    """Flows of a site over T points in time, in the order of the documents.

    Objects out of service or without supply carry 0; ``node_live`` and its sisters say which.
    ``branch_kw`` and ``branch_kva`` are at the from-end (the high-voltage end of a transformer);
    the current ratio is the larger of both ends over rated current. ``source_kw`` is measured at
    the node of the connection, after its short-circuit impedance. ``generator_over_limit`` says
    whether the reactive power of a generator ever left its limits, which are not enforced.
    ``switch_current_max_a`` has transfer switches behind the switches; their positions stand in
    the topology. ``residual_kw`` is what sources and generators give beyond consumers, stated
    loads, shunts and losses; impedances count with the lines. ``tap_position`` is where every
    branch stands at every point in time, shape (branches, T), or (branches, 1) where no tap ever
    moves; ``control_events`` tell which controls did not come to rest.
    """

    topology: Topology
    node_voltage_min_pu: FloatArray
    node_voltage_max_pu: FloatArray
    kept_voltage_pu: Float32Array
    branch_current_ratio: Float32Array
    branch_kw: Float32Array
    branch_kva: Float32Array
    branch_mean_loss_kw: FloatArray
    line_loss_kw: FloatArray
    transformer_loss_kw: FloatArray
    conversion_output_kw: Float32Array
    conversion_output_kva: Float32Array
    conversion_loss_kw: Float32Array
    source_kw: FloatArray
    source_kvar: FloatArray
    generator_kw: FloatArray
    generator_kvar: FloatArray
    generator_over_limit: BoolArray
    static_load_kw: FloatArray
    shunt_kw: FloatArray
    switch_current_max_a: FloatArray
    consumer_kw: FloatArray
    group_loss_kw: FloatArray
    residual_kw: FloatArray
    tap_position: IntArray
    control_events: tuple[ControlEvent, ...]
    iterations: int
    mismatch_kva: float

    @property
    def dark_consumers(self) -> tuple[str, ...]:
        """Names of consumers without a live feed; they draw nothing."""
        return self.topology.dark_consumers

    @property
    def dead_nodes(self) -> tuple[str, ...]:
        """Names of nodes without supply."""
        return self.topology.dead_nodes

    @property
    def loss_kw(self) -> FloatArray:
        """Losses of lines, transformers and conversions together, shape (T,). [kW]."""
        conversions: FloatArray = self.conversion_loss_kw.sum(axis=0, dtype=np.float64)
        return self.line_loss_kw + self.transformer_loss_kw + conversions


def solve_system(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    stage: int = 0,
    out: frozenset[str] = frozenset(),
    cohort_of: IntArray | None = None,
    keep_nodes: Sequence[str] = (),
    loss_groups: Sequence[Sequence[str]] = (),
) -> SystemFlow:
    """Return the flows of a site for given powers of its consumers.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers, T) or (cohorts, T)
        Power of each consumer present at the stage, in the order of the document, or of each
        cohort when ``cohort_of`` is given. [kW]
    stage : int
        Number of the stage of the plan.
    out : frozenset of str
        Objects out of service.
    cohort_of : ndarray of int, shape (consumers,), optional
        Row of ``consumer_kw`` that each consumer follows.
    keep_nodes : sequence of str
        Nodes whose voltage is wanted at every point in time.
    loss_groups : sequence of sequences of str
        Branches and conversions whose losses are wanted together at every point in time; those
        absent at the stage lose nothing.

    Returns
    -------
    SystemFlow

    Raises
    ------
    InputError
        The network or a power is not valid.
    ConvergenceError
        A point in time has no solution; the message names the node.

    Notes
    -----
    Balanced AC at fundamental frequency and DC, loads of constant power. Islands behind
    conversions are solved first, the grid connections last: exact, because the output voltage of
    a conversion does not follow its input. Regulated taps settle at every point in time by
    itself.
    """
    topology = assemble(network, stage=stage, out=out)
    return solve_topology(
        topology,
        consumer_kw,
        cohort_of=cohort_of,
        keep_nodes=keep_nodes,
        loss_groups=loss_groups,
    )


def solve_topology(
    topology: Topology,
    consumer_kw: ArrayLike,
    *,
    cohort_of: IntArray | None = None,
    keep_nodes: Sequence[str] = (),
    loss_groups: Sequence[Sequence[str]] = (),
) -> SystemFlow:
    """Return the flows of an assembled topology, which many calls may share.

    Parameters
    ----------
    topology : Topology
        From `power.physics.network.assemble`.
    consumer_kw : array_like, shape (consumers, T) or (cohorts, T)
        As in `solve_system`. [kW]
    cohort_of, keep_nodes, loss_groups
        As in `solve_system`.

    Returns
    -------
    SystemFlow

    Raises
    ------
    InputError
        A power is not valid.
    ConvergenceError
        A point in time has no solution.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    kept = _numbers_of(topology, keep_nodes)
    cohorts = _cohorts(topology, power_kw, cohort_of)
    settled = settle(topology, power_kw, cohort_of=cohorts)
    results = _Results.empty(topology, power_kw.shape[-1], kept, _members(topology, loss_groups))
    for part, columns in settled.flows(power_kw):
        results.store(part, columns)
    return results.finish(settled)


def stream(
    topology: Topology, consumer_kw: ArrayLike, *, cohort_of: IntArray | None = None
) -> Iterator[tuple[Part, Columns]]:
    """Return the flows block by block, so that the caller keeps no more than it wants.

    Parameters
    ----------
    topology : Topology
        From `power.physics.network.assemble`.
    consumer_kw : array_like, shape (consumers, T) or (cohorts, T)
        As in `solve_system`. [kW]
    cohort_of : ndarray of int, shape (consumers,), optional
        As in `solve_system`.

    Returns
    -------
    iterator of (slice or ndarray of int, Columns)
        The points in time of a block and everything about them. What `Columns` has as a property
        is computed when it is asked for. With regulated taps the blocks are in their order.

    Raises
    ------
    InputError
        A power is not valid; at once.
    ConvergenceError
        A point in time has no solution; when its block is reached, or at once where taps settle.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    cohorts = _cohorts(topology, power_kw, cohort_of)
    return settle(topology, power_kw, cohort_of=cohorts).flows(power_kw)


def _cohorts(topology: Topology, power_kw: FloatArray, cohort_of: IntArray | None) -> IntArray:
    count = len(topology.grid.consumers)
    rows = np.arange(count) if cohort_of is None else np.asarray(cohort_of, dtype=np.int64)
    if power_kw.ndim != len(("row", "time")) or power_kw.shape[1] == 0:
        raise InputError([Problem("consumer_kw", "shape", "must have the shape (rows, times)")])
    if rows.shape != (count,) or (cohort_of is None and power_kw.shape[0] != count):
        raise InputError(
            [Problem("consumer_kw", "shape", f"{count} consumers are present at this stage")]
        )
    if rows.size and (rows.min() < 0 or rows.max() >= power_kw.shape[0]):
        raise InputError([Problem("cohort_of", "unknown", "points at a row that is not there")])
    return rows


def _numbers_of(topology: Topology, names: Sequence[str]) -> IntArray:
    number = {name: i for i, name in enumerate(topology.grid.node_ids)}
    problems = [
        Problem(f"keep_nodes.{i}", "unknown", f"there is no node {name!r} at this stage")
        for i, name in enumerate(names)
        if name not in number
    ]
    if problems:
        raise InputError(problems)
    return np.array([number[name] for name in names], dtype=np.int64)


def _members(topology: Topology, groups: Sequence[Sequence[str]]) -> FloatArray:
    """Return 1 where a branch or conversion (columns, in that order) is in a group (rows)."""
    grid = topology.grid
    column = {name: i for i, name in enumerate((*grid.branches.ids, *grid.conversions.ids))}
    members = np.zeros((len(groups), len(column)))
    for row, names in enumerate(groups):
        members[row, [column[name] for name in names if name in column]] = 1.0
    return members


@dataclass(slots=True)
class _Results:
    """Arrays that fill chunk by chunk."""

    topology: Topology
    kept: IntArray
    low_pu: FloatArray
    high_pu: FloatArray
    kept_pu: Float32Array
    ratio: Float32Array
    kw: Float32Array
    kva: Float32Array
    loss: FloatArray
    class_loss: FloatArray
    conversion: Float32Array
    source: NDArray[np.complex128]
    generator: NDArray[np.complex128]
    stated: FloatArray
    switch_a: FloatArray
    consumer: FloatArray
    members: FloatArray
    group_loss: FloatArray
    residual: FloatArray
    iterations: int
    mismatch: float

    @classmethod
    def empty(
        cls, topology: Topology, n_times: int, kept: IntArray, members: FloatArray
    ) -> "_Results":
        grid = topology.grid
        n_branches, n_nodes = len(grid.branches.ids), len(grid.node_ids)
        return cls(
            topology=topology,
            kept=kept,
            low_pu=np.full(n_nodes, np.inf),
            high_pu=np.zeros(n_nodes),
            kept_pu=np.empty((kept.size, n_times), dtype=np.float32),
            ratio=np.empty((n_branches, n_times), dtype=np.float32),
            kw=np.empty((n_branches, n_times), dtype=np.float32),
            kva=np.empty((n_branches, n_times), dtype=np.float32),
            loss=np.zeros(n_branches),
            class_loss=np.empty((2, n_times)),
            conversion=np.empty((3, len(grid.conversions.ids), n_times), dtype=np.float32),
            source=np.empty((len(grid.sources.ids), n_times), dtype=np.complex128),
            generator=np.empty((len(grid.generators.ids), n_times), dtype=np.complex128),
            stated=np.empty((2, n_times)),
            switch_a=np.zeros(len(grid.switches.ids) + len(grid.transfers.ids)),
            consumer=np.empty(n_times),
            members=members,
            group_loss=np.empty((members.shape[0], n_times)),
            residual=np.empty(n_times),
            iterations=0,
            mismatch=0.0,
        )

    def store(self, part: Part, columns: Columns) -> None:
        """Reduce one chunk to what is kept."""
        grid, bus = self.topology.grid, self.topology.bus_of_node
        is_transformer = grid.branches.is_transformer
        size = np.sqrt(square(columns.voltage_pu))
        power, loss = columns.branch_from_kva, columns.branch_loss_kw
        self.low_pu = np.minimum(self.low_pu, size.min(axis=1)[bus])
        self.high_pu = np.maximum(self.high_pu, size.max(axis=1)[bus])
        self.kept_pu[:, part] = size[bus[self.kept]]
        self.ratio[:, part] = columns.branch_ratio
        self.kw[:, part] = power.real
        self.kva[:, part] = np.sqrt(square(power))
        self.loss += loss.sum(axis=1)
        self.class_loss[0][part] = loss[~is_transformer].sum(axis=0)
        self.class_loss[1][part] = loss[is_transformer].sum(axis=0)
        self.conversion[0][:, part] = columns.conversion_kva.real
        self.conversion[1][:, part] = np.abs(columns.conversion_kva)
        self.conversion[2][:, part] = columns.conversion_loss_kw
        self.source[:, part] = columns.source_kva
        self.generator[:, part] = columns.generator_kva
        self.stated[:, part] = columns.static_kw, columns.shunt_kw
        if self.switch_a.size:
            base_a = grid.node_base_a[switch_ends(self.topology)[0]]
            worst_a = base_a * np.abs(columns.switch_pu).max(axis=1)
            self.switch_a = np.maximum(self.switch_a, worst_a)
        self.consumer[part] = columns.consumer_kw
        losses = np.concatenate([loss, columns.conversion_loss_kw])
        self.group_loss[:, part] = self.members @ losses
        self.residual[part] = (
            columns.source_kva.real.sum(axis=0)
            + columns.generator_kva.real.sum(axis=0)
            - columns.consumer_kw
            - self.stated[:, part].sum(axis=0)
            - self.class_loss[:, part].sum(axis=0)
            - columns.conversion_loss_kw.sum(axis=0)
        )
        self.iterations = max(self.iterations, columns.iterations)
        self.mismatch = max(self.mismatch, columns.mismatch_pu * KVA_PER_PU)

    def finish(self, settled: Settled) -> SystemFlow:
        """Return the whole answer."""
        live: BoolArray = self.topology.node_live
        return SystemFlow(
            topology=self.topology,
            node_voltage_min_pu=np.where(live, self.low_pu, 0.0),
            node_voltage_max_pu=np.where(live, self.high_pu, 0.0),
            kept_voltage_pu=self.kept_pu,
            branch_current_ratio=self.ratio,
            branch_kw=self.kw,
            branch_kva=self.kva,
            branch_mean_loss_kw=self.loss / self.consumer.size,
            line_loss_kw=self.class_loss[0],
            transformer_loss_kw=self.class_loss[1],
            conversion_output_kw=self.conversion[0],
            conversion_output_kva=self.conversion[1],
            conversion_loss_kw=self.conversion[2],
            source_kw=np.ascontiguousarray(self.source.real),
            source_kvar=np.ascontiguousarray(self.source.imag),
            generator_kw=np.ascontiguousarray(self.generator.real),
            generator_kvar=np.ascontiguousarray(self.generator.imag),
            generator_over_limit=np.asarray(
                over_limit(self.topology, self.generator).any(axis=1), dtype=np.bool_
            ),
            static_load_kw=self.stated[0],
            shunt_kw=self.stated[1],
            switch_current_max_a=self.switch_a,
            consumer_kw=self.consumer,
            group_loss_kw=self.group_loss,
            residual_kw=self.residual,
            tap_position=settled.taps_of(self.topology.grid),
            control_events=settled.events,
            iterations=self.iterations,
            mismatch_kva=self.mismatch,
        )
