"""One moment of a network in full: every voltage, power and position, unrounded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray, as_float
from facility.kernel.errors import InputError, Problem
from power.physics.admittance import KVA_PER_PU
from power.physics.controls import ControlEvent, settle
from power.physics.documents import NetworkInput
from power.physics.flows import Columns
from power.physics.network import Topology, assemble
from power.physics.stated import live_shunts, over_limit, static_power
from power.physics.taps import tap_positions


@dataclass(frozen=True, slots=True)
class Moment:
    """Voltages and powers of all objects, in the order of the document; dead ones carry 0.

    Powers of branches are those into the ends, from-end and to-end (high and low side of a
    transformer); ``tap_position`` is where each stands. Sources, generators and conversions give
    theirs to the network; stated loads and shunts consume theirs. The angle of a voltage is
    against the source angles.
    """

    topology: Topology
    node_voltage_pu: ComplexArray
    branch_from_kva: ComplexArray
    branch_to_kva: ComplexArray
    branch_current_ratio: FloatArray
    source_kva: ComplexArray
    generator_kva: ComplexArray
    generator_over_limit: BoolArray
    conversion_kva: ComplexArray
    static_load_kva: ComplexArray
    shunt_kva: ComplexArray
    switch_current_a: FloatArray
    transfer_current_a: FloatArray
    tap_position: IntArray
    control_events: tuple[ControlEvent, ...]
    residual_kw: float
    iterations: int
    mismatch_kva: float

    @property
    def branch_loss_kw(self) -> FloatArray:
        """Active power that stays in each branch. [kW]."""
        return np.asarray((self.branch_from_kva + self.branch_to_kva).real, dtype=np.float64)


def solve_moment(
    network: NetworkInput,
    consumer_kw: ArrayLike = (),
    *,
    stage: int = 0,
    out: frozenset[str] = frozenset(),
) -> Moment:
    """Return the flows of a network at one moment.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    stage : int
        Number of the stage of the plan.
    out : frozenset of str
        Objects out of service.

    Returns
    -------
    Moment

    Raises
    ------
    InputError
        The network or a power is not valid.
    ConvergenceError
        There is no solution; the message names the node.

    Notes
    -----
    As `power.physics.system.solve_system`, for one point in time, with complex powers at both
    ends of branches in double precision.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    return moment_of(assemble(network, stage=stage, out=out), power_kw)


def moment_of(topology: Topology, power_kw: FloatArray) -> Moment:
    """Return the flows of an assembled topology at one moment; see `solve_moment`."""
    count = len(topology.grid.consumers)
    if power_kw.shape != (count,):
        message = f"{count} consumers are present at this stage"
        raise InputError([Problem("consumer_kw", "shape", message)])
    power = power_kw[:, np.newaxis]
    settled = settle(topology, power, cohort_of=np.arange(count))
    solver = settled.blocks[0].solver
    return _moment(solver.topology, solver.solve(power), settled.events)


def _moment(topology: Topology, columns: Columns, events: tuple[ControlEvent, ...]) -> Moment:
    grid, bus = topology.grid, topology.bus_of_node
    branches, shunts = grid.branches, grid.shunts
    voltage = columns.voltage_pu[:, 0]
    at_from, at_to = voltage[bus[branches.from_node]], voltage[bus[branches.to_node]]
    from_current = branches.from_from * at_from + branches.from_to * at_to
    to_current = branches.to_from * at_from + branches.to_to * at_to
    at_shunt = np.abs(voltage[bus[shunts.node]]) ** 2 * live_shunts(topology, None)[:, 0]
    switch = np.abs(columns.switch_pu[:, 0])
    n_switches = len(grid.switches.ids)
    losses = columns.branch_loss_kw[:, 0].sum() + columns.conversion_loss_kw[:, 0].sum()
    given = columns.source_kva[:, 0].real.sum() + columns.generator_kva[:, 0].real.sum()
    drawn = columns.consumer_kw[0] + columns.static_kw[0] + columns.shunt_kw[0]
    return Moment(
        topology=topology,
        node_voltage_pu=np.where(topology.node_live, voltage[bus], 0.0),
        branch_from_kva=topology.branch_live * at_from * np.conj(from_current) * KVA_PER_PU,
        branch_to_kva=topology.branch_live * at_to * np.conj(to_current) * KVA_PER_PU,
        branch_current_ratio=columns.branch_ratio[:, 0],
        source_kva=columns.source_kva[:, 0],
        generator_kva=columns.generator_kva[:, 0],
        generator_over_limit=over_limit(topology, columns.generator_kva)[:, 0],
        conversion_kva=columns.conversion_kva[:, 0],
        static_load_kva=static_power(topology, columns.voltage_pu, None)[:, 0] * KVA_PER_PU,
        shunt_kva=np.conj(shunts.admittance) * at_shunt * KVA_PER_PU,
        switch_current_a=switch[:n_switches] * grid.node_base_a[grid.switches.from_node],
        transfer_current_a=switch[n_switches:] * grid.node_base_a[grid.transfers.output_node],
        tap_position=tap_positions(grid),
        control_events=events,
        residual_kw=float(given - drawn - losses),
        iterations=columns.iterations,
        mismatch_kva=columns.mismatch_pu * KVA_PER_PU,
    )
