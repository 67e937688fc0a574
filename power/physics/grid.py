"""A network at one stage as arrays, before any switching or outage."""

import math
from dataclasses import dataclass, replace

import numpy as np

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from facility.kernel.units import SQRT_3
from power.physics.admittance import (
    KVA_PER_PU,
    BranchTable,
    base_current_a,
    branch_table,
    load_parts,
    shunt_admittance,
    source_admittance,
)
from power.physics.documents import Consumer, Conversion, Feed, NetworkInput, Node

# By the length of the names of the conductors in use: one, two, three.
CONDUCTOR_RATIO = {2: 3.0, 4: SQRT_3, 6: 1.0}


@dataclass(frozen=True, slots=True)
class SwitchTable:
    """Switches as arrays; ``rating_a`` is 0 where none is given."""

    ids: tuple[str, ...]
    from_node: IntArray
    to_node: IntArray
    closed: BoolArray
    rating_a: FloatArray


@dataclass(frozen=True, slots=True)
class TransferTable:
    """Transfer switches as arrays; ``rating_a`` is 0 where none is given."""

    ids: tuple[str, ...]
    output_node: IntArray
    preferred_node: IntArray
    alternate_node: IntArray
    rating_a: FloatArray


@dataclass(frozen=True, slots=True)
class SourceTable:
    """Grid connections as arrays; an admittance of 0 is an ideal voltage."""

    ids: tuple[str, ...]
    node: IntArray
    voltage_pu: ComplexArray
    admittance: ComplexArray
    contract_kw: FloatArray
    contract_kva: FloatArray


@dataclass(frozen=True, slots=True)
class GeneratorTable:
    """Generators that hold the voltage of their node; powers are given to it. [p.u.].

    Reactive limits are infinite where none is given.
    """

    ids: tuple[str, ...]
    node: IntArray
    active_pu: FloatArray
    voltage_pu: FloatArray
    reactive_min_pu: FloatArray
    reactive_max_pu: FloatArray


@dataclass(frozen=True, slots=True)
class StaticTable:
    """Stated loads at nominal voltage: constant power, per unit of voltage, admittance. [p.u.]."""

    ids: tuple[str, ...]
    node: IntArray
    power: ComplexArray
    current: ComplexArray
    admittance: ComplexArray


@dataclass(frozen=True, slots=True)
class ShuntTable:
    """Admittances to neutral as arrays. [p.u.]."""

    ids: tuple[str, ...]
    node: IntArray
    admittance: ComplexArray


@dataclass(frozen=True, slots=True)
class ConversionTable:
    """Conversions as arrays; ``input_tan`` is reactive over active input power."""

    ids: tuple[str, ...]
    input_node: IntArray
    output_node: IntArray
    rating_kw: FloatArray
    rating_kva: FloatArray
    coefficients: FloatArray
    input_tan: FloatArray
    voltage_pu: FloatArray


@dataclass(frozen=True, slots=True)
class FeedTable:
    """Feeds of all consumers, one after the other; ``limit_a`` is 0 where none is given.

    ``conductor_ratio`` is the current in a conductor in use over that of a three-phase feed of
    the same power: 3 for one phase, the root of 3 for two.
    """

    ids: tuple[str, ...]
    consumer: IntArray
    node: IntArray
    share: FloatArray
    tan: FloatArray
    limit_a: FloatArray
    conductor_ratio: FloatArray


@dataclass(frozen=True, slots=True)
class Grid:
    """Everything present at one stage, numbered; the document stays with it.

    ``node_rating_a`` is 0 where none is given.
    """

    network: NetworkInput
    stage: int
    node_ids: tuple[str, ...]
    node_is_dc: BoolArray
    node_base_a: FloatArray
    node_rating_a: FloatArray
    branches: BranchTable
    switches: SwitchTable
    transfers: TransferTable
    sources: SourceTable
    generators: GeneratorTable
    static_loads: StaticTable
    shunts: ShuntTable
    conversions: ConversionTable
    consumers: tuple[Consumer, ...]
    feeds: FeedTable


def feed_id(consumer: Consumer, feed: Feed) -> str:
    """Return the name by which an outage may take one feed of a consumer out."""
    return f"{consumer.id}@{feed.node}"


def build_grid(network: NetworkInput, *, stage: int = 0) -> Grid:
    """Return what is present at a stage as arrays; references must be sound."""
    nodes = [node for node in network.nodes if node.is_present(stage)]
    index = {node.id: (number, node) for number, node in enumerate(nodes)}
    number = {node.id: i for i, node in enumerate(nodes)}
    branches = tuple(branch for branch in network.branches if branch.is_present(stage))
    consumers = tuple(item for item in network.consumers if item.is_present(stage))
    return Grid(
        network=network,
        stage=stage,
        node_ids=tuple(node.id for node in nodes),
        node_is_dc=np.array([node.current == "dc" for node in nodes], dtype=np.bool_),
        node_base_a=np.array([base_current_a(node) for node in nodes], dtype=np.float64),
        node_rating_a=np.array([node.rating_a or 0.0 for node in nodes], dtype=np.float64),
        branches=branch_table(branches, index, frequency_hz=network.frequency_hz),
        switches=_switch_table(network, number, stage),
        transfers=_transfer_table(network, number, stage),
        sources=_source_table(network, number, stage),
        generators=_generator_table(network, number, stage),
        static_loads=_static_table(network, number, stage),
        shunts=_shunt_table(network, index, stage),
        conversions=_conversion_table(network, index, stage),
        consumers=consumers,
        feeds=_feed_table(consumers, {k: (i, n.current == "dc") for k, (i, n) in index.items()}),
    )


def with_consumers(grid: Grid, added: tuple[Consumer, ...]) -> Grid:
    """Return a grid with more consumers, at nodes that are there, behind those it has."""
    consumers = (*grid.consumers, *added)
    is_dc = grid.node_is_dc.tolist()
    nodes = {name: (i, is_dc[i]) for i, name in enumerate(grid.node_ids)}
    return replace(grid, consumers=consumers, feeds=_feed_table(consumers, nodes))


def _switch_table(network: NetworkInput, number: dict[str, int], stage: int) -> SwitchTable:
    items = [item for item in network.switches if item.is_present(stage)]
    return SwitchTable(
        ids=tuple(item.id for item in items),
        from_node=np.array([number[item.from_node] for item in items], dtype=np.int64),
        to_node=np.array([number[item.to_node] for item in items], dtype=np.int64),
        closed=np.array([item.closed for item in items], dtype=np.bool_),
        rating_a=np.array([item.rating_a or 0.0 for item in items], dtype=np.float64),
    )


def _transfer_table(network: NetworkInput, number: dict[str, int], stage: int) -> TransferTable:
    items = [item for item in network.transfer_switches if item.is_present(stage)]
    return TransferTable(
        ids=tuple(item.id for item in items),
        output_node=np.array([number[item.output_node] for item in items], dtype=np.int64),
        preferred_node=np.array([number[item.preferred_node] for item in items], dtype=np.int64),
        alternate_node=np.array([number[item.alternate_node] for item in items], dtype=np.int64),
        rating_a=np.array([item.rating_a or 0.0 for item in items], dtype=np.float64),
    )


def _generator_table(network: NetworkInput, number: dict[str, int], stage: int) -> GeneratorTable:
    items = [item for item in network.generators if item.is_present(stage)]
    lows = [-np.inf if i.reactive_min_kvar is None else i.reactive_min_kvar for i in items]
    highs = [np.inf if i.reactive_max_kvar is None else i.reactive_max_kvar for i in items]
    return GeneratorTable(
        ids=tuple(item.id for item in items),
        node=np.array([number[item.node] for item in items], dtype=np.int64),
        active_pu=np.array([item.active_kw for item in items], dtype=np.float64) / KVA_PER_PU,
        voltage_pu=np.array([item.voltage_pu for item in items], dtype=np.float64),
        reactive_min_pu=np.array(lows, dtype=np.float64) / KVA_PER_PU,
        reactive_max_pu=np.array(highs, dtype=np.float64) / KVA_PER_PU,
    )


def _static_table(network: NetworkInput, number: dict[str, int], stage: int) -> StaticTable:
    items = [item for item in network.static_loads if item.is_present(stage)]
    parts = np.array([load_parts(item) for item in items], dtype=np.complex128).reshape(-1, 3)
    return StaticTable(
        ids=tuple(item.id for item in items),
        node=np.array([number[item.node] for item in items], dtype=np.int64),
        power=parts[:, 0],
        current=parts[:, 1],
        admittance=parts[:, 2],
    )


def _shunt_table(
    network: NetworkInput, index: dict[str, tuple[int, Node]], stage: int
) -> ShuntTable:
    items = [item for item in network.shunts if item.is_present(stage)]
    values = [shunt_admittance(item, index[item.node][1]) for item in items]
    return ShuntTable(
        ids=tuple(item.id for item in items),
        node=np.array([index[item.node][0] for item in items], dtype=np.int64),
        admittance=np.array(values, dtype=np.complex128),
    )


def _source_table(network: NetworkInput, number: dict[str, int], stage: int) -> SourceTable:
    items = [item for item in network.sources if item.is_present(stage)]
    return SourceTable(
        ids=tuple(item.id for item in items),
        node=np.array([number[item.node] for item in items], dtype=np.int64),
        voltage_pu=np.array(
            [item.voltage_pu * np.exp(1j * np.deg2rad(item.voltage_deg)) for item in items],
            dtype=np.complex128,
        ),
        admittance=np.array([source_admittance(item) for item in items], dtype=np.complex128),
        contract_kw=np.array([item.contract_kw or 0.0 for item in items], dtype=np.float64),
        contract_kva=np.array([item.contract_kva or 0.0 for item in items], dtype=np.float64),
    )


def _conversion_table(
    network: NetworkInput, index: dict[str, tuple[int, Node]], stage: int
) -> ConversionTable:
    items: list[Conversion] = [item for item in network.conversions if item.is_present(stage)]
    is_dc = {node.id: node.current == "dc" for node in network.nodes}
    tans = [
        0.0 if is_dc[item.input_node] else reactive_over_active(item.input_power_factor)
        for item in items
    ]
    return ConversionTable(
        ids=tuple(item.id for item in items),
        input_node=np.array([index[item.input_node][0] for item in items], dtype=np.int64),
        output_node=np.array([index[item.output_node][0] for item in items], dtype=np.int64),
        rating_kw=np.array([item.rating_kw for item in items], dtype=np.float64),
        rating_kva=np.array([item.rating_kva for item in items], dtype=np.float64),
        coefficients=np.array([item.loss_coefficients for item in items], dtype=np.float64).reshape(
            -1, 3
        ),
        input_tan=np.array(tans, dtype=np.float64),
        voltage_pu=np.array([item.output_voltage_pu for item in items], dtype=np.float64),
    )


def _feed_table(consumers: tuple[Consumer, ...], nodes: dict[str, tuple[int, bool]]) -> FeedTable:
    pairs = [(i, item, feed) for i, item in enumerate(consumers) for feed in item.feeds]
    factors = {item.power_factor for item in consumers}
    tan = {factor: reactive_over_active(factor) for factor in factors}
    tans = [0.0 if nodes[feed.node][1] else tan[item.power_factor] for _, item, feed in pairs]
    limits = [(feed.rating_a or 0.0) * feed.continuous_ratio for _, _, feed in pairs]
    return FeedTable(
        ids=tuple(feed_id(item, feed) for _, item, feed in pairs),
        consumer=np.array([i for i, _, _ in pairs], dtype=np.int64),
        node=np.array([nodes[feed.node][0] for _, _, feed in pairs], dtype=np.int64),
        share=np.array([feed.share_ratio for _, _, feed in pairs], dtype=np.float64),
        tan=np.array(tans, dtype=np.float64),
        limit_a=np.array(limits, dtype=np.float64),
        conductor_ratio=np.array(
            [CONDUCTOR_RATIO[len(feed.phases)] for _, _, feed in pairs], dtype=np.float64
        ),
    )


def reactive_over_active(power_factor: float) -> float:
    """Return Q over P of a lagging power factor."""
    return math.sqrt(1.0 / power_factor**2 - 1.0)
