"""Stated loads, generators and shunts in a block of columns: what they draw and give."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.physics.admittance import KVA_PER_PU
from power.physics.loadflow.core import product
from power.physics.network import Topology

LIMIT_MARGIN_PU = 1e-6
"""Reactive power this little beyond a limit is rounding."""

if TYPE_CHECKING:
    from power.physics.service import Service


def live_static(topology: Topology, service: "Service | None") -> BoolArray:
    """Return which stated loads draw, shape (loads, columns)."""
    return _live(topology.static_live, topology.grid.static_loads.node, service)


def live_generators(topology: Topology, service: "Service | None") -> BoolArray:
    """Return which generators work, shape (generators, columns)."""
    return _live(topology.generator_live, topology.grid.generators.node, service)


def live_shunts(topology: Topology, service: "Service | None") -> BoolArray:
    """Return which shunts draw, shape (shunts, columns)."""
    return _live(topology.shunt_live, topology.grid.shunts.node, service)


def _live(base: BoolArray, node: IntArray, service: "Service | None") -> BoolArray:
    here = base[:, np.newaxis]
    return here if service is None else here & service.node_live[node]


def with_stated_power(
    topology: Topology, node_load: ComplexArray, service: "Service | None"
) -> ComplexArray:
    """Return loads of nodes with what is drawn and given whatever the voltage. [p.u.].

    Parameters
    ----------
    topology : Topology
        The network in one state.
    node_load : ndarray, shape (nodes, columns)
        Consumed otherwise; not changed.
    service : Service or None
        What is live in each column; None where it is the same in all.
    """
    total = node_load.copy()
    loads, generators = topology.grid.static_loads, topology.grid.generators
    if loads.ids:
        drawn = loads.power[:, np.newaxis] * live_static(topology, service)
        np.add.at(total, loads.node, drawn)
    if generators.ids:
        given = generators.active_pu[:, np.newaxis] * live_generators(topology, service)
        np.subtract.at(total, generators.node, given)
    return total


def add_following(
    topology: Topology,
    which: IntArray,
    voltage: ComplexArray,
    *,
    node_load: ComplexArray,
    service: "Service | None",
) -> None:
    """Add to the loads of nodes, in place, what some stated loads draw with their voltage. [p.u.].

    Parameters
    ----------
    topology : Topology
        The network in one state.
    which : ndarray of int
        Numbers of the stated loads; the voltages of their buses are known.
    voltage : ndarray, shape (buses, columns)
        Bus voltages. [p.u.]
    node_load : ndarray, shape (nodes, columns)
        Changed in place.
    service : Service or None
        What is live in each column.
    """
    loads = topology.grid.static_loads
    size = np.abs(voltage[topology.bus_of_node[loads.node[which]]])
    drawn = loads.current[which, np.newaxis] * size * live_static(topology, service)[which]
    np.add.at(node_load, loads.node[which], drawn)


def reactive_shares(topology: Topology, which: IntArray, bus_reactive: FloatArray) -> FloatArray:
    """Return what each of some generators gives of the reactive power of its bus.

    Parameters
    ----------
    topology : Topology
        The network in one state.
    which : ndarray of int, shape (generators,)
        Numbers of live generators; all live ones of a bus are among them.
    bus_reactive : ndarray, shape (generators, columns)
        Given by all generators of the bus of each. [p.u.]

    Notes
    -----
    Where all of a bus state both limits they stand at the same part of their range; otherwise in
    equal parts. Only the sum follows from the network.
    """
    generators, bus = topology.grid.generators, topology.bus_of_node
    low, high = generators.reactive_min_pu[which], generators.reactive_max_pu[which]
    place = bus[generators.node[which]]
    known = np.isfinite(high - low) & (high > low)
    same = place[:, np.newaxis] == place
    ranged = (same & known).sum(axis=1) == same.sum(axis=1)
    width = np.where(known, high - low, 1.0)
    floor = np.where(known, low, 0.0)
    widths, floors = same @ width, same @ floor
    by_range = (floor + (bus_reactive.T - floors) * width / widths).T
    equal = bus_reactive / same.sum(axis=1)[:, np.newaxis]
    answer: FloatArray = np.where(ranged[:, np.newaxis], by_range, equal)
    return answer


def generator_power(
    topology: Topology, reactive: FloatArray, service: "Service | None"
) -> ComplexArray:
    """Return what each generator gives, shape (generators, columns). [p.u.]."""
    active = topology.grid.generators.active_pu[:, np.newaxis]
    given: ComplexArray = active * live_generators(topology, service) + 1j * reactive
    return given


def over_limit(topology: Topology, generator_kva: ComplexArray) -> BoolArray:
    """Return where generators give reactive power beyond their limits, which nothing enforces.

    Parameters
    ----------
    topology : Topology
        The network in one state.
    generator_kva : ndarray, shape (generators, columns)
        Given by each. [kVA]
    """
    generators = topology.grid.generators
    reactive = generator_kva.imag / KVA_PER_PU
    margin = LIMIT_MARGIN_PU
    low, high = generators.reactive_min_pu - margin, generators.reactive_max_pu + margin
    beyond = (reactive < low[:, np.newaxis]) | (reactive > high[:, np.newaxis])
    answer: BoolArray = beyond & topology.generator_live[:, np.newaxis]
    return answer


def shunt_active(
    topology: Topology, voltage: ComplexArray, service: "Service | None"
) -> FloatArray:
    """Return the active power of all shunts together, shape (columns,). [p.u.]."""
    shunts = topology.grid.shunts
    size = np.abs(voltage[topology.bus_of_node[shunts.node]]) ** 2
    drawn = shunts.admittance.real[:, np.newaxis] * size * live_shunts(topology, service)
    return np.asarray(drawn.sum(axis=0), dtype=np.float64)


def static_power(
    topology: Topology, voltage: ComplexArray, service: "Service | None"
) -> ComplexArray:
    """Return what each stated load consumes, shape (loads, columns). [p.u.]."""
    loads = topology.grid.static_loads
    size = np.abs(voltage[topology.bus_of_node[loads.node]])
    constant, current = loads.power[:, np.newaxis], loads.current[:, np.newaxis]
    conjugate = np.conj(loads.admittance)[:, np.newaxis]
    drawn: ComplexArray = constant + current * size + conjugate * size**2
    return drawn * live_static(topology, service)


def own_admittance(topology: Topology) -> ComplexArray:
    """Return the admittance of shunts and stated loads at each node, shape (nodes,). [p.u.]."""
    shunts, loads = topology.grid.shunts, topology.grid.static_loads
    total = np.zeros(len(topology.grid.node_ids), dtype=np.complex128)
    np.add.at(total, shunts.node, shunts.admittance * topology.shunt_live)
    np.add.at(total, loads.node, loads.admittance * topology.static_live)
    return total


def bus_shortage(
    rows: csr_array[np.complex128],
    current: ComplexArray,
    *,
    voltage: ComplexArray,
    load: ComplexArray,
) -> ComplexArray:
    """Return the power that buses are short of, which generators there give. [p.u.]."""
    leaving = product(rows, voltage) - current[:, np.newaxis]
    short: ComplexArray = voltage * np.conj(leaving) + load
    return short
