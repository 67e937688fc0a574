"""Currents of the single conductors from the phases of rack feeds, and their balance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, as_float
from facility.kernel.units import W_PER_KW
from power.physics.admittance import KVA_PER_PU
from power.physics.contingency import checked_grid
from power.physics.documents import GridSource, NetworkInput, Transformer
from power.physics.grid import Grid, build_grid
from power.physics.network import Topology, connect
from power.physics.switches import switch_ends
from power.physics.tracing import Traced, tracing, tracing_of

_TURN = np.exp(-2j * np.pi / 3.0)
PHASE_VOLTAGE: ComplexArray = np.array([1.0, _TURN, _TURN**2])
"""Of L1, L2 and L3 to neutral, over their size."""
_NOTHING_KW = 1e-9


@dataclass(frozen=True, slots=True)
class PhaseLoading:
    """What the conductors at every node carry for feeds at it and behind it.

    Behind means up to the next transformer or conversion: what passes on to those is ``beyond_kw``
    and in no current, as it cannot be attributed to phases here. ``phase_kw`` (nodes, 3) and
    ``current_a`` (nodes, 4: L1, L2, L3, neutral) count feeds of three conductors evenly;
    ``three_phase_kw`` is their part, whose own balance nobody stated. ``imbalance_ratio`` is the
    largest deviation of a conductor's current from the mean, over the mean. ``is_attributed`` is
    False where no feed names its phase: the currents there say nothing about balance.
    """

    node_ids: tuple[str, ...]
    phase_kw: FloatArray
    current_a: FloatArray
    imbalance_ratio: FloatArray
    three_phase_kw: FloatArray
    beyond_kw: FloatArray
    is_attributed: BoolArray


def phase_loading(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    *,
    stage: int = 0,
    out: frozenset[str] = frozenset(),
) -> PhaseLoading:
    """Return the currents of all conductors at every node.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    stage : int
        Number of the stage of the plan.
    out : frozenset of str
        Names of objects out of service.

    Raises
    ------
    InputError
        The network or a power is not valid.

    Notes
    -----
    Phasors at nominal, symmetrical voltage; a feed between two conductors drives one current
    through both, 30 degrees off either phase voltage. No voltage drop, no losses, no mutual
    impedance: a check of how feeds are spread, not an unbalanced load flow.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    checked_grid(network, power_kw, stage=stage)
    whole = tracing_of(network, stage=stage, out=out)
    grid = whole.topology.grid
    drawn = _drawn(whole.topology, power_kw)
    sections = tracing(connect(_sections(network, whole.topology, stage), out=out))
    parts = np.column_stack(
        [drawn.kw, drawn.three_phase_kw, drawn.current.real, drawn.current.imag]
    )
    through = _through(sections.topology, parts, sections.trace(parts))
    current = through[:, 2:5] + 1j * through[:, 5:8]
    all_kw = whole.trace(drawn.all_kw[:, np.newaxis]).nodes[:, 0]
    volt_kv = _phase_voltage_v(grid) / W_PER_KW
    phase_kw = (PHASE_VOLTAGE * volt_kv[:, np.newaxis] * np.conj(current)).real
    size = np.abs(np.column_stack([current, current.sum(axis=1)]))
    named_kw = through[:, 0] - through[:, 1]
    is_attributed = named_kw > _NOTHING_KW
    return PhaseLoading(
        node_ids=grid.node_ids,
        phase_kw=phase_kw,
        current_a=size,
        imbalance_ratio=np.where(is_attributed, imbalance(size[:, :3]), 0.0),
        three_phase_kw=through[:, 1],
        beyond_kw=np.where(grid.node_is_dc, 0.0, np.maximum(all_kw - through[:, 0], 0.0)),
        is_attributed=is_attributed,
    )


def imbalance(current_a: ArrayLike) -> FloatArray:
    """Return the largest deviation from the mean over the mean; 0 where nothing flows.

    Parameters
    ----------
    current_a : array_like, shape (..., 3)
        Of the conductors. [A]

    Returns
    -------
    ndarray, shape (...)
        2 where one conductor carries all.
    """
    current = as_float("current_a", current_a, minimum=0.0)
    mean = current.mean(axis=-1, keepdims=True)
    largest = np.abs(current - mean).max(axis=-1)
    flows = mean[..., 0] > 0
    return np.asarray(np.divide(largest, mean[..., 0], out=np.zeros(largest.shape), where=flows))


def _through(topology: Topology, parts: FloatArray, traced: Traced) -> FloatArray:
    """Return what is drawn at every node and leaves it; the first column says which way."""
    total = parts.copy()
    branches = topology.grid.branches
    start, end = switch_ends(topology)
    switches = np.concatenate([traced.switches, traced.transfers])
    for flow, tail, head in (
        (traced.branches, branches.from_node, branches.to_node),
        (switches, start, end),
    ):
        forward = flow[:, 0] >= 0
        np.add.at(total, tail[forward], flow[forward])
        np.add.at(total, head[~forward], -flow[~forward])
    return total


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What feeds draw at every node: all, those of AC, of three conductors, in each conductor."""

    all_kw: FloatArray
    kw: FloatArray
    three_phase_kw: FloatArray
    current: ComplexArray


def _drawn(topology: Topology, power_kw: FloatArray) -> _Drawn:
    grid = topology.grid
    feeds, count = grid.feeds, len(grid.node_ids)
    is_ac = ~grid.node_is_dc[feeds.node]
    every_kw = topology.feed_share * power_kw[feeds.consumer]
    feed_kw = np.where(is_ac, every_kw, 0.0)
    phases = [feed.phases for consumer in grid.consumers for feed in consumer.feeds]
    per_kva = np.array([_per_power(item) for item in phases]).reshape(-1, 3)
    voltage = _phase_voltage_v(grid)[feeds.node]
    power = feed_kw * (1.0 - 1j * feeds.tan) * W_PER_KW / voltage
    current = np.zeros((count, 3), dtype=np.complex128)
    np.add.at(current, feeds.node, power[:, np.newaxis] * per_kva)
    all_kw, kw, three = np.zeros(count), np.zeros(count), np.zeros(count)
    np.add.at(all_kw, feeds.node, every_kw)
    np.add.at(kw, feeds.node, feed_kw)
    whole = np.array([len(item) == len("L1L2L3") for item in phases], dtype=np.bool_)
    np.add.at(three, feeds.node, np.where(whole, feed_kw, 0.0))
    return _Drawn(all_kw, kw, three, current)


def _per_power(phases: str) -> ComplexArray:
    """Return the currents of the conductors per conjugate power and inverse phase voltage."""
    names = [int(digit) - 1 for digit in phases.replace("L", "")]
    found = np.zeros(3, dtype=np.complex128)
    if len(names) == 2:  # noqa: PLR2004 - between two conductors
        first, second = names
        value = 1.0 / np.conj(PHASE_VOLTAGE[first] - PHASE_VOLTAGE[second])
        found[first], found[second] = value, -value
    else:
        found[names] = 1.0 / np.conj(PHASE_VOLTAGE[names]) / len(names)
    return found


def _phase_voltage_v(grid: Grid) -> FloatArray:
    """Return nominal voltage to neutral; of no meaning at DC nodes."""
    return W_PER_KW * KVA_PER_PU / (3.0 * grid.node_base_a)


def _sections(network: NetworkInput, topology: Topology, stage: int) -> Grid:
    """Return the network cut at transformers and conversions, each output a supply of its own."""
    grid = topology.grid
    outputs = grid.branches.to_node[topology.branch_live & grid.branches.is_transformer]
    fed = np.unique(
        np.concatenate(
            [
                outputs,
                grid.conversions.output_node[topology.conversion_live],
                grid.sources.node[topology.source_live],
            ]
        )
    )
    return build_grid(
        network.model_copy(
            update={
                "branches": tuple(
                    item for item in network.branches if not isinstance(item, Transformer)
                ),
                "conversions": (),
                "consumers": (),
                "static_loads": (),
                "shunts": (),
                "generators": (),
                "sources": tuple(
                    GridSource(
                        id=f"supply of {grid.node_ids[node]}",
                        node=grid.node_ids[node],
                        voltage_pu=1.0,
                        short_circuit_mva=None,
                    )
                    for node in fed.tolist()
                ),
            }
        ),
        stage=stage,
    )
