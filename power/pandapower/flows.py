"""Voltages and flows of a mapped network, in normal operation and without any one branch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.pandapower.branches import A_PER_KA, KVA_PER_MVA
from power.pandapower.mapping import Mapped
from power.physics.admittance import KVA_PER_PU
from power.physics.contingency import contingency_study
from power.physics.documents import Outage
from power.physics.grid import Grid
from power.physics.moment import solve_moment
from power.physics.network import Topology
from power.physics.states import Failed, Solved

MVA_PER_PU = KVA_PER_PU / KVA_PER_MVA


@dataclass(frozen=True, slots=True)
class Flows:
    """Some states of one network as columns; what is dead carries 0.

    Voltages are per unit of each node's own nominal voltage, powers into the from-end and into
    the to-end of every branch in MVA, currents of both ends in kA.
    """

    numbers: IntArray
    node_live: BoolArray
    node_pu: ComplexArray
    from_mva: ComplexArray
    to_mva: ComplexArray
    from_ka: FloatArray
    to_ka: FloatArray
    source_mva: ComplexArray


@dataclass(frozen=True, slots=True)
class Places:
    """Numbers of nodes and branches by name, in the order of the arrays of `Flows`."""

    node: dict[str, int]
    branch: dict[str, int]


def solve_normal(mapped: Mapped) -> tuple[Places, Flows]:
    """Return where objects stand, and the flows of normal operation as the only state.

    Raises
    ------
    InputError
        The network is not valid; paths are those of the document.
    ConvergenceError
        There is no solution.
    """
    moment = solve_moment(mapped.network)
    topology = moment.topology
    live = topology.node_live[:, np.newaxis]
    flows = _flows_of(
        topology,
        np.zeros(1, dtype=np.int64),
        live=live,
        node_pu=moment.node_voltage_pu[:, np.newaxis],
        carries=topology.branch_live[:, np.newaxis],
        source_mva=moment.source_kva[:, np.newaxis] / KVA_PER_MVA,
    )
    return _places(topology.grid), flows


def solve_outages(mapped: Mapped, outages: Sequence[tuple[str, ...]]) -> Iterator[Flows | Failed]:
    """Yield the states in which branches are out of service together, numbered from 1 on.

    Raises
    ------
    InputError
        The network is not valid; paths are those of the document.
    ConvergenceError
        Normal operation has no solution.
    """
    states = [
        Outage(id=f"outage {number}", label="", objects=objects)
        for number, objects in enumerate(outages, start=1)
    ]
    study = contingency_study(mapped.network, [], outages=states)
    for answer in study.states.solve(study.power_kw, np.arange(1, len(states) + 1)):
        yield answer if isinstance(answer, Failed) else _flows(answer)


def _places(grid: Grid) -> Places:
    return Places(
        node={name: i for i, name in enumerate(grid.node_ids)},
        branch={name: i for i, name in enumerate(grid.branches.ids)},
    )


def _flows(solved: Solved) -> Flows:
    service, columns = solved.service, solved.columns
    bus, live = service.topology.bus_of_node, service.node_live
    return _flows_of(
        service.topology,
        solved.numbers,
        live=live,
        node_pu=np.where(live, columns.voltage_pu[bus], 0.0),
        carries=service.branch_live,
        source_mva=columns.source_kva / KVA_PER_MVA,
    )


def _flows_of(
    topology: Topology,
    numbers: IntArray,
    *,
    live: BoolArray,
    node_pu: ComplexArray,
    carries: BoolArray,
    source_mva: ComplexArray,
) -> Flows:
    branches = topology.grid.branches
    first, second = node_pu[branches.from_node], node_pu[branches.to_node]
    from_pu = carries * _current(branches.from_from, branches.from_to, first, second)
    to_pu = carries * _current(branches.to_from, branches.to_to, first, second)
    return Flows(
        numbers=numbers,
        node_live=live,
        node_pu=node_pu,
        from_mva=first * np.conj(from_pu) * MVA_PER_PU,
        to_mva=second * np.conj(to_pu) * MVA_PER_PU,
        from_ka=np.abs(from_pu) * branches.from_base_a[:, np.newaxis] / A_PER_KA,
        to_ka=np.abs(to_pu) * branches.to_base_a[:, np.newaxis] / A_PER_KA,
        source_mva=source_mva,
    )


def _current(
    own: ComplexArray, other: ComplexArray, first: ComplexArray, second: ComplexArray
) -> ComplexArray:
    return own[:, np.newaxis] * first + other[:, np.newaxis] * second
