"""What flows in a block of columns, worked out from the voltages when it is asked for."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from facility.kernel.checks import ComplexArray, FloatArray
from power.physics.admittance import KVA_PER_PU
from power.physics.boards import BoardFlow, board_flow
from power.physics.loadflow.core import product, square
from power.physics.network import Topology
from power.physics.service import Service
from power.physics.stated import shunt_active, static_power
from power.physics.switches import SwitchFlow, switch_flow

SparseComplex = csr_array[np.complex128]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The ways from voltages to currents of one topology, ready for any number of columns.

    ``switches`` and ``boards`` are None where no switch is closed and no node has a rating.
    """

    topology: Topology
    from_current: SparseComplex
    to_current: SparseComplex
    switches: SwitchFlow | None
    boards: BoardFlow | None

    @classmethod
    def of(cls, topology: Topology) -> "Wiring":
        """Return the wiring of a topology."""
        branches = topology.grid.branches
        is_switched = topology.switch_live.any() or topology.transfer_live.any()
        is_rated = (topology.grid.node_rating_a > 0).any()
        return cls(
            topology=topology,
            from_current=_end_matrix(topology, branches.from_from, branches.from_to),
            to_current=_end_matrix(topology, branches.to_from, branches.to_to),
            switches=switch_flow(topology) if is_switched else None,
            boards=board_flow(topology) if is_rated else None,
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """Everything about a block of columns; shapes are (objects, columns).

    Currents and powers of branches are those into their ends. ``source``, ``generator`` and
    ``conversion`` powers are given to the network. ``switch_pu`` has transfer switches behind the
    switches; ``node_pu`` is what passes through nodes with a rating; see
    `power.physics.boards`. ``static_kw`` and ``shunt_kw`` are sums over all objects. Properties
    are computed at every access: take each once.
    """

    wiring: Wiring
    service: Service | None
    voltage_pu: ComplexArray
    from_pu: ComplexArray
    to_pu: ComplexArray
    node_load_pu: ComplexArray
    conversion_kva: ComplexArray
    conversion_loss_kw: FloatArray
    source_kva: ComplexArray
    generator_kva: ComplexArray
    consumer_kw: FloatArray
    iterations: int
    mismatch_pu: float

    @property
    def branch_from_pu(self) -> FloatArray:
        """Size of the current into the from-end. [p.u.]."""
        return _size(self.from_pu)

    @property
    def branch_ratio(self) -> FloatArray:
        """Larger of the currents into both ends, each over its rated current."""
        branches = self.wiring.topology.grid.branches
        start, end = square(self.from_pu), square(self.to_pu)
        start *= ((branches.from_base_a / branches.from_rating_a) ** 2)[:, np.newaxis]
        end *= ((branches.to_base_a / branches.to_rating_a) ** 2)[:, np.newaxis]
        np.maximum(start, end, out=start)
        return np.sqrt(start, out=start)

    @property
    def branch_from_kva(self) -> ComplexArray:
        """Power into the from-end. [kVA]."""
        power = np.conjugate(self.from_pu)
        power *= self._from_voltage
        power *= KVA_PER_PU
        return power

    @property
    def branch_from_abs_kva(self) -> FloatArray:
        """Apparent power into the from-end. [kVA]."""
        return _size(self.branch_from_kva)

    @property
    def branch_to_abs_kva(self) -> FloatArray:
        """Apparent power into the to-end. [kVA]."""
        return _size(self._to_voltage) * _size(self.to_pu) * KVA_PER_PU

    @property
    def branch_loss_kw(self) -> FloatArray:
        """Active power into both ends together. [kW]."""
        halves = self._from_voltage.view(np.float64)
        halves *= self.from_pu.view(np.float64)
        others = self._to_voltage.view(np.float64)
        others *= self.to_pu.view(np.float64)
        halves += others
        loss = halves[:, 0::2] + halves[:, 1::2]
        loss *= KVA_PER_PU
        return loss

    @property
    def switch_pu(self) -> ComplexArray:
        """Current of every switch and transfer switch; 0 when open. [p.u.]."""
        switches, grid = self.wiring.switches, self.wiring.topology.grid
        if switches is None:
            count = len(grid.switches.ids) + len(grid.transfers.ids)
            return np.zeros((count, self.voltage_pu.shape[1]), dtype=np.complex128)
        return switches.currents(
            voltage=self.voltage_pu,
            node_load=self.node_load_pu,
            from_current=self.from_pu,
            to_current=self.to_pu,
            source=self.source_kva / KVA_PER_PU,
            conversion=self.conversion_kva / KVA_PER_PU,
        )

    @property
    def node_pu(self) -> FloatArray:
        """Current through every node with a rating. [p.u.]."""
        boards = self.wiring.boards
        if boards is None:
            return np.zeros((0, self.voltage_pu.shape[1]))
        given = (self.source_kva, self.conversion_kva, self.generator_kva)
        return boards.currents(
            voltage=self.voltage_pu,
            node_load=self.node_load_pu,
            from_abs=_size(self.from_pu),
            to_abs=_size(self.to_pu),
            switch=self.switch_pu,
            given=(given[0] / KVA_PER_PU, given[1] / KVA_PER_PU, given[2] / KVA_PER_PU),
        )

    @property
    def static_kw(self) -> FloatArray:
        """Active power of all stated loads, shape (columns,). [kW]."""
        drawn = static_power(self.wiring.topology, self.voltage_pu, self.service)
        return np.asarray(drawn.real.sum(axis=0) * KVA_PER_PU, dtype=np.float64)

    @property
    def shunt_kw(self) -> FloatArray:
        """Active power of all shunts, shape (columns,). [kW]."""
        return shunt_active(self.wiring.topology, self.voltage_pu, self.service) * KVA_PER_PU

    @property
    def _from_voltage(self) -> ComplexArray:
        topology = self.wiring.topology
        return self.voltage_pu[topology.bus_of_node[topology.grid.branches.from_node]]

    @property
    def _to_voltage(self) -> ComplexArray:
        topology = self.wiring.topology
        return self.voltage_pu[topology.bus_of_node[topology.grid.branches.to_node]]


def branch_currents(
    wiring: Wiring, voltage_pu: ComplexArray, service: Service | None
) -> tuple[ComplexArray, ComplexArray]:
    """Return the currents into the from-ends and the to-ends, shape (branches, columns). [p.u.]."""
    start = product(wiring.from_current, voltage_pu)
    end = product(wiring.to_current, voltage_pu)
    if service is not None:
        start *= service.branch_live
        end *= service.branch_live
    return start, end


def _size(values: ComplexArray) -> FloatArray:
    squared = square(values)
    return np.sqrt(squared, out=squared)


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
    return csr_array(matrix)
