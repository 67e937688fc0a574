"""Faults, redundancy, the grid connection over the year: what a stage's network is asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.units import MIN_PER_H
from facility.physics.coupling import SiteState
from facility.physics.power_results import (
    BreakerDuty,
    ConnectionResult,
    FaultLevel,
    PhaseLoad,
    SupplyScheme,
)
from power.physics.contingency import FailoverTable
from power.physics.documents import NetworkInput
from power.physics.phases import phase_loading
from power.physics.redundancy import redundancy
from power.physics.short_circuit import FaultLevels, short_circuit, short_circuit_margins
from power.physics.stranded import stranded
from power.physics.supply_uncertainty import SupplyUncertainty, supply_uncertainty


def fault_results(
    network: NetworkInput, *, stage: int
) -> tuple[tuple[FaultLevel, ...], tuple[BreakerDuty, ...]]:
    """Return the short-circuit level of every node, and the duty of every rated switch."""
    levels = short_circuit(network, stage=stage)
    margins = short_circuit_margins(network, levels, stage=stage)
    on_sets = _on_gensets(network, stage)
    holds: dict[str, bool] = {}
    for margin in margins:
        if margin.kind == "node":
            holds[margin.id] = margin.holds and holds.get(margin.id, True)
    nodes = {node.id: node for node in network.nodes if node.is_present(stage)}
    faults = tuple(
        FaultLevel(
            node=name,
            voltage_v=nodes[name].voltage_v,
            limited_by=levels.kind[k],
            initial_ka=float(levels.initial_ka[k]),
            peak_ka=float(levels.peak_ka[k]),
            gensets_ka=on_sets.get(name),
            rating_ka=nodes[name].short_circuit_ka,
            peak_rating_ka=nodes[name].short_circuit_peak_ka,
            holds=holds.get(name),
        )
        for k, name in enumerate(levels.node_ids)
    )
    breakers = tuple(
        BreakerDuty(
            switch=margin.id,
            node=margin.node,
            level_ka=margin.level_ka,
            rating_ka=margin.rating_ka,
            holds=margin.holds,
        )
        for margin in margins
        if margin.kind == "switch"
    )
    return faults, breakers


def _on_gensets(network: NetworkInput, stage: int) -> Mapping[str, float]:
    """Return the level on generator sets alone of every node that they reach. [kA]."""
    sets = [item for item in network.gensets if item.is_present(stage)]
    if not sets or any(item.subtransient_ratio is None for item in sets):
        return {}
    levels: FaultLevels = short_circuit(network, stage=stage, supply="gensets")
    return {
        name: float(levels.initial_ka[k])
        for k, name in enumerate(levels.node_ids)
        if levels.kind[k] in {"network", "converter"}
    }


def scheme_results(
    network: NetworkInput, drawn_kw: FloatArray, *, stage: int
) -> tuple[SupplyScheme, ...]:
    """Return how the UPS systems back one another, worst survivor first."""
    found = redundancy(network, drawn_kw, stage=stage)
    schemes = [
        SupplyScheme(
            label=item.label,
            name=item.name,
            systems=item.systems,
            reserve=item.reserve,
            normal_ratio=item.normal_ratio,
            worst_ratio=item.worst_ratio,
            worst_lost=item.worst_lost,
            worst_survivor=item.worst_survivor,
            dark_kw=item.dark_kw,
            is_covered=item.is_covered,
        )
        for item in found.schemes
    ]
    # Twins differ in the last digit only: by name.
    return tuple(sorted(schemes, key=lambda item: (-round(item.worst_ratio, 9), item.systems)))


def shares(
    network: NetworkInput, drawn_kw: FloatArray, *, stage: int
) -> dict[str, tuple[float, float]]:
    """Return even share and supply uncertainty of every object, by name. [kW]."""
    found: SupplyUncertainty = supply_uncertainty(network, drawn_kw, stage=stage)
    spreads = (
        found.feeds,
        found.branches,
        found.switches,
        found.transfers,
        found.conversions,
        found.sources,
        found.nodes,
    )
    return {
        name: (float(spread.estimated_kw[k]), float(spread.uncertainty_kw[k]))
        for spread in spreads
        for k, name in enumerate(spread.ids)
    }


def connection_results(network: NetworkInput, state: SiteState) -> Iterator[ConnectionResult]:
    """Yield what every grid connection carries over the year beside its contract."""
    sources = {item.id: item for item in network.sources}
    for k, name in enumerate(state.flow.topology.grid.sources.ids):
        source = sources[name]
        kw, kvar = state.flow.source_kw[k], state.flow.source_kvar[k]
        kva = np.hypot(kw, kvar)
        factor = np.divide(np.abs(kw), kva, out=np.ones_like(kva), where=kva > 0)
        over = (kw > (source.contract_kw or np.inf)) | (kva > (source.contract_kva or np.inf))
        lowest = int(np.argmin(factor))
        below = factor < (source.power_factor_min or 0.0)
        yield ConnectionResult(
            source=name,
            peak_kw=float(kw.max()),
            peak_kva=float(kva.max()),
            peak_hour=int(np.argmax(kva)),
            contract_kw=source.contract_kw,
            contract_kva=source.contract_kva,
            n_hours_over=int(over.sum()),
            lowest_power_factor=float(factor[lowest]),
            power_factor_hour=lowest,
            is_leading=bool(kvar[lowest] < 0),
            power_factor_min=source.power_factor_min,
            n_hours_below=int(below.sum()),
            ramp_kw_per_min=float(np.abs(np.diff(kw)).max(initial=0.0)) / MIN_PER_H,
            ramp_limit_kw_per_min=source.ramp_kw_per_min,
        )


def phase_results(
    network: NetworkInput, drawn_kw: FloatArray, *, stage: int
) -> tuple[tuple[PhaseLoad, ...], int]:
    """Return the balance of every node whose feeds name conductors, and how many cannot be told."""
    found = phase_loading(network, drawn_kw, stage=stage)
    loads = tuple(
        PhaseLoad(
            node=found.node_ids[k],
            l1_kw=float(found.phase_kw[k, 0]),
            l2_kw=float(found.phase_kw[k, 1]),
            l3_kw=float(found.phase_kw[k, 2]),
            l1_a=float(found.current_a[k, 0]),
            l2_a=float(found.current_a[k, 1]),
            l3_a=float(found.current_a[k, 2]),
            neutral_a=float(found.current_a[k, 3]),
            imbalance_ratio=float(found.imbalance_ratio[k]),
            three_phase_kw=float(found.three_phase_kw[k]),
        )
        for k in np.flatnonzero(found.is_attributed)
    )
    return loads, int((~found.is_attributed & (found.three_phase_kw > 0)).sum())


@dataclass(frozen=True, slots=True)
class Stranded:
    """Headroom of an object in failover that no increase can use, and what holds it back."""

    kw: float
    binding: str


def stranded_power(
    network: NetworkInput, table: FailoverTable, *, stage: int
) -> dict[str, Stranded]:
    """Return the stranded power of every rated object with the loads of the worst outages."""
    found = stranded(network, table, stage=stage).failover
    return {
        name: Stranded(float(found.stranded_kw[k]), ", ".join(found.binding[k]))
        for k, name in enumerate(found.ids)
    }
