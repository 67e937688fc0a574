"""Every single branch outage of a network at one operating point, one record for each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray
from power.physics.contingency import contingency_study
from power.physics.documents import NetworkInput, Outage
from power.physics.states import Failed, Solved, States

KW_PER_MW = 1000.0


@dataclass(frozen=True, slots=True)
class BranchOutage:
    """What is left when one branch is out of service.

    ``element`` is the kind of the branch, or ``switch``. ``n_deenergised`` counts the nodes
    without supply, which are ``dead_nodes``. Loadings are over rating: the larger end current of
    lines, the larger end apparent power of transformers, 0 where none carries anything. The power
    at the connections, after their short-circuit impedance, is the sum over all of them. Without
    a solution the figures are None and ``reason`` says why.
    """

    element: str
    id: str
    n_deenergised: int
    vm_min_energised_pu: float | None
    max_line_loading: float | None
    max_transformer_loading: float | None
    p_poi_mw: float | None
    reason: str
    dead_nodes: tuple[str, ...]


def branch_outages(
    network: NetworkInput, consumer_kw: ArrayLike, *, stage: int = 0, switches: bool = False
) -> tuple[BranchOutage, ...]:
    """Return one record for the outage of every branch, in the order of the document.

    Parameters
    ----------
    network : NetworkInput
        The whole site; its own outages are not looked at.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    stage : int
        Number of the stage of the plan.
    switches : bool
        Whether every closed switch follows, opened.

    Returns
    -------
    tuple of BranchOutage

    Raises
    ------
    InputError
        The network or a power is not valid.
    ConvergenceError
        Normal operation has no solution.

    Notes
    -----
    Both ends of the branch open; taps stay, nothing trips. See `power.physics.contingency`.
    """
    kinds = _kinds(network, stage, switches=switches)
    outages = [Outage(id=name, label=name, objects=(name,)) for name in kinds]
    study = contingency_study(network, consumer_kw, stage=stage, outages=outages)
    states = study.states
    found: dict[int, BranchOutage] = {}
    for answer in states.solve(study.power_kw, np.arange(1, len(outages) + 1)):
        if isinstance(answer, Failed):
            name = states.name(answer.number)
            found[answer.number] = _without_solution(states, answer, kinds[name])
        else:
            found.update(_records(states, answer, kinds))
    return tuple(found[number] for number in sorted(found))


def _kinds(network: NetworkInput, stage: int, *, switches: bool) -> dict[str, str]:
    """Return the kind of every object that goes out, by name."""
    kinds: dict[str, str] = {
        item.id: item.kind for item in network.branches if item.is_present(stage)
    }
    if switches:
        closed = (item for item in network.switches if item.closed and item.is_present(stage))
        kinds |= {item.id: "switch" for item in closed}
    return kinds


def _without_solution(states: States, answer: Failed, kind: str) -> BranchOutage:
    dead = states.dead_nodes(answer.number)
    return BranchOutage(
        element=kind,
        id=states.name(answer.number),
        n_deenergised=len(dead),
        vm_min_energised_pu=None,
        max_line_loading=None,
        max_transformer_loading=None,
        p_poi_mw=None,
        reason=str(answer.error),
        dead_nodes=dead,
    )


def _records(
    states: States, answer: Solved, kinds: dict[str, str]
) -> Iterator[tuple[int, BranchOutage]]:
    columns, service = answer.columns, answer.service
    branches = states.grid.branches
    live = service.node_live
    size = np.abs(columns.voltage_pu)[service.topology.bus_of_node]
    lowest = np.where(live, size, np.inf).min(axis=0, initial=np.inf)
    kva = np.maximum(columns.branch_from_abs_kva, columns.branch_to_abs_kva)
    by_kva = kva / branches.rating_kva[:, np.newaxis]
    line = _highest(columns.branch_ratio, ~branches.is_transformer)
    transformer = _highest(by_kva, branches.is_transformer)
    given_mw = columns.source_kva.real.sum(axis=0) / KW_PER_MW
    for place, number in enumerate(answer.numbers.tolist()):
        name = states.name(number)
        dead = np.flatnonzero(~live[:, place]).tolist()
        yield (
            number,
            BranchOutage(
                element=kinds[name],
                id=name,
                n_deenergised=len(dead),
                vm_min_energised_pu=_finite(lowest[place]),
                max_line_loading=float(line[place]),
                max_transformer_loading=float(transformer[place]),
                p_poi_mw=float(given_mw[place]),
                reason="",
                dead_nodes=tuple(states.grid.node_ids[i] for i in dead),
            ),
        )


def _highest(loading: FloatArray, which: BoolArray) -> FloatArray:
    """Return the highest loading of some branches in every column."""
    return np.asarray(loading[which].max(axis=0, initial=0.0), dtype=np.float64)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
