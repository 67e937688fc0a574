"""Voltages and flows of a mapped network, in normal operation and without any one branch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.pandapower.mapping import Mapped
from power.physics.admittance import KVA_PER_PU
from power.physics.contingency import contingency_study
from power.physics.documents import Outage
from power.physics.states import Failed, Solved

MVA_PER_PU = KVA_PER_PU / 1000.0


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


def solve(
    mapped: Mapped, outages: Sequence[tuple[str, ...]] = ()
) -> tuple[Places, Iterator[Flows | Failed]]:
    """Return where objects stand, and the solutions: normal operation has the number 0.

    Parameters
    ----------
    mapped : Mapped
        The network.
    outages : sequence of tuples of str
        Branches that go out of service together; they have the numbers from 1 on.

    Raises
    ------
    InputError
        The network is not valid; `readable` turns its paths into pandapower's.
    ConvergenceError
        Normal operation has no solution.
    """
    states = [
        Outage(id=f"outage {number}", label="", objects=objects)
        for number, objects in enumerate(outages, start=1)
    ]
    study = contingency_study(mapped.network, [], outages=states)
    grid = study.states.grid
    places = Places(
        node={name: i for i, name in enumerate(grid.node_ids)},
        branch={name: i for i, name in enumerate(grid.branches.ids)},
    )
    numbers = np.arange(len(states) + 1)
    answers = study.states.solve(study.power_kw, numbers)
    return places, (a if isinstance(a, Failed) else _flows(a) for a in answers)


def _flows(solved: Solved) -> Flows:
    service, columns = solved.service, solved.columns
    topology = service.topology
    branches, bus = topology.grid.branches, topology.bus_of_node
    live = service.node_live
    node_pu = np.where(live, columns.voltage_pu[bus], 0.0)
    first, second = node_pu[branches.from_node], node_pu[branches.to_node]
    carries = service.branch_live
    from_pu = carries * _current(branches.from_from, branches.from_to, first, second)
    to_pu = carries * _current(branches.to_from, branches.to_to, first, second)
    return Flows(
        numbers=solved.numbers,
        node_live=live,
        node_pu=node_pu,
        from_mva=first * np.conj(from_pu) * MVA_PER_PU,
        to_mva=second * np.conj(to_pu) * MVA_PER_PU,
        from_ka=np.abs(from_pu) * branches.from_base_a[:, np.newaxis] / 1000.0,
        to_ka=np.abs(to_pu) * branches.to_base_a[:, np.newaxis] / 1000.0,
        source_mva=columns.source_kva / 1000.0,
    )


def _current(
    own: ComplexArray, other: ComplexArray, first: ComplexArray, second: ComplexArray
) -> ComplexArray:
    return own[:, np.newaxis] * first + other[:, np.newaxis] * second
