"""Normal and failover load of every object, in the words and units of the result."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.units import SQRT_3, VA_PER_KVA
from facility.physics.chain import halls_served
from facility.physics.documents import FacilityInput
from facility.physics.electrical import Demand
from facility.physics.power_study import Stranded, shares, stranded_power
from facility.physics.results import Finding, ObjectLoad, OutageResult
from facility.physics.sentences import plain
from facility.physics.year import Year
from power.physics.contingency import FailoverTable
from power.physics.documents import Line, NetworkInput, Outage, Transformer
from power.physics.grid import CONDUCTOR_RATIO, feed_id
from power.physics.loading import Loading
from power.physics.paths import Passing, path_limits
from power.physics.transformer_thermal import steady_state, thermal_parameters

NEAR_RATIO = 0.9
"""A load above this share of its limit is worth a finding."""


def ratings_kva(network: NetworkInput, stage: int) -> dict[str, float]:
    """Return the continuous rating of every rated object present at a stage. [kVA]."""
    ampere_kva = {
        node.id: node.voltage_v * (SQRT_3 if node.current == "ac" else 1.0) / VA_PER_KVA
        for node in network.nodes
        if node.is_present(stage)
    }
    found: dict[str, float] = {}
    for branch in network.branches:
        if isinstance(branch, Transformer):
            found[branch.id] = branch.rating_kva * branch.derating_ratio
        elif not isinstance(branch, Line):
            found[branch.id] = branch.rating_kva
        elif branch.is_present(stage) and branch.rating_a is not None:
            amperes = branch.rating_a * branch.derating_ratio * branch.n_parallel
            found[branch.id] = ampere_kva[branch.from_node] * amperes
    found |= {
        switch.id: ampere_kva[switch.from_node] * switch.rating_a
        for switch in network.switches
        if switch.is_present(stage) and switch.rating_a is not None
    }
    found |= {
        item.id: ampere_kva[item.output_node] * item.rating_a
        for item in network.transfer_switches
        if item.is_present(stage) and item.rating_a is not None
    }
    found |= {
        node.id: ampere_kva[node.id] * node.rating_a
        for node in network.nodes
        if node.is_present(stage) and node.rating_a is not None
    }
    found |= {item.id: item.rating_kva for item in network.conversions}
    for source in network.sources:
        limits = [limit for limit in (source.contract_kw, source.contract_kva) if limit]
        found |= {source.id: min(limits)} if limits else {}
    return found | _feed_ratings_kva(network, stage, ampere_kva)


def _feed_ratings_kva(
    network: NetworkInput, stage: int, ampere_kva: Mapping[str, float]
) -> dict[str, float]:
    return {
        feed_id(consumer, feed): ampere_kva[feed.node]
        / CONDUCTOR_RATIO[len(feed.phases)]
        * feed.rating_a
        * feed.continuous_ratio
        for consumer in network.consumers
        if consumer.is_present(stage)
        for feed in consumer.feeds
        if feed.rating_a is not None
    }


def object_loads(
    document: FacilityInput, stage: int, table: FailoverTable, drawn_kw: FloatArray
) -> tuple[ObjectLoad, ...]:
    """Return the loads of everything that has a rating, sources first, feeds last."""
    network = document.network
    spread = shares(network, drawn_kw, stage=stage)
    held_back = stranded_power(network, table, stage=stage)
    ways = path_limits(network, stage=stage)
    modules = {
        item.id: item.n_modules
        for item in network.conversions
        if item.is_present(stage) and item.n_redundant_modules == 0
    }
    ratings = ratings_kva(network, stage)
    halls = halls_served(document, stage)
    paths = _paths(network)
    # An impedance stands where a line would.
    kinds = {
        branch.id: "transformer" if isinstance(branch, Transformer) else "line"
        for branch in network.branches
    }
    loads: list[ObjectLoad] = []
    for kind, loading in (
        ("grid", table.sources),
        ("transformer", table.branches),
        ("line", table.branches),
        ("switch", table.switches),
        ("transfer", table.transfers),
        ("board", table.nodes),
        ("conversion", table.conversions),
        ("feed", table.feeds),
    ):
        for found in _rows(loading, ratings):
            name = str(found["id"])
            row = _with_module_out(found, modules.get(name, 1))
            if kinds.get(name, kind) == kind:
                loads.append(
                    ObjectLoad.model_validate(
                        {
                            **row,
                            "kind": kind,
                            "path": paths.get(name, ""),
                            "hall": halls.get(name, ""),
                            **_stranded(held_back.get(name)),
                            **_path_limit(ways.get(name)),
                            "even_share_kw": spread[name][0] if name in spread else None,
                            "supply_uncertainty_kw": spread[name][1] if name in spread else None,
                        }
                    )
                )
    return tuple(loads)


def _with_module_out(row: dict[str, str | float], n_modules: int) -> dict[str, str | float]:
    """Return the row with the loss of one module of the system, where that is its worst outage.

    The rest of the modules carry the same load on a rating that much lower. A system with modules
    in reserve keeps its rating and is given as one module here.
    """
    if n_modules == 1:
        return row
    left_ratio = (n_modules - 1) / n_modules
    normal, rating = float(row["normal_ratio"]), float(row["rating_kva"])
    if normal / left_ratio <= float(row["failover_ratio"]):
        return row
    return {
        **row,
        "failover_kva": row["normal_kva"],
        "failover_kw": row["normal_kw"],
        "failover_ratio": normal / left_ratio,
        "failover_state": f"outage:module of {row['id']}",
        "headroom_n1_kva": rating * (left_ratio - normal),
    }


def _path_limit(found: Passing | None) -> dict[str, object]:
    if found is None or not np.isfinite(found.limit):
        return {}
    return {"path_limit_kva": found.limit, "path_limited_by": ", ".join(found.binding)}


def _stranded(found: Stranded | None) -> dict[str, object]:
    if found is None:
        return {}
    return {"stranded_kw": found.kw, "stranded_by": found.binding}


def _paths(network: NetworkInput) -> dict[str, str]:
    path_of = {node.id: node.path for node in network.nodes}
    paths: dict[str, str] = {}
    for branch in network.branches:
        paths[branch.id] = path_of.get(branch.ends[1], "")
    paths |= path_of
    paths |= {item.id: path_of.get(item.output_node, "") for item in network.conversions}
    paths |= {item.id: path_of.get(item.output_node, "") for item in network.transfer_switches}
    for consumer in network.consumers:
        paths |= {feed_id(consumer, feed): path_of.get(feed.node, "") for feed in consumer.feeds}
    return paths


def _rows(loading: Loading, ratings: Mapping[str, float]) -> Iterator[dict[str, str | float]]:
    for k, name in enumerate(loading.ids):
        if name not in ratings or not loading.has_rating[k]:
            continue
        rating = ratings[name]
        normal, failover = float(loading.normal_ratio[k]), float(loading.failover_ratio[k])
        yield {
            "id": name,
            "rating_kva": rating,
            "normal_kva": float(loading.normal_kva[k]),
            "normal_kw": float(loading.normal_kw[k]),
            "normal_ratio": normal,
            "failover_kva": float(loading.failover_kva[k]),
            "failover_kw": float(loading.failover_kw[k]),
            "failover_ratio": failover,
            "failover_state": loading.failover_state[k],
            "headroom_n_kva": rating * (1.0 - normal),
            "headroom_n1_kva": rating * (1.0 - failover),
        }


def outage_results(
    network: NetworkInput, table: FailoverTable, drawn: Demand, outages: Sequence[Outage]
) -> tuple[OutageResult, ...]:
    """Return what each outage darkens and what it loads hardest."""
    powers = drawn.of_consumers()[:, 0].tolist()
    consumer_kw = dict(zip((item.id for item in drawn.consumers), powers, strict=True))
    labels = {outage.id: outage.label for outage in outages}
    kinds = {item.id: item.kind for item in network.consumers}
    objects = {item.id: item.objects for item in outages}
    failed = {item.state: item.reason for item in table.unsolved}
    results = [
        OutageResult(state=name, label=labels.get(name, name), solved=False, message=reason)
        for name, reason in failed.items()
    ]
    for number, name in enumerate(table.states):
        if name not in labels:
            continue
        dark = [item for item in table.dark_consumers[number] if item not in objects[name]]
        results.append(
            OutageResult(
                state=name,
                label=labels[name],
                solved=True,
                dark_kw=sum(consumer_kw.get(item, 0.0) for item in dark),
                n_dark_racks=sum(kinds.get(item) == "rack" for item in dark),
                dark_cooling=tuple(item for item in dark if kinds.get(item) == "cooling"),
                transfers=tuple(f"{switch} to {at}" for switch, at in table.transferred[number]),
                worst_object=table.worst_object[number],
                worst_ratio=table.worst_ratio[number],
            )
        )
    return tuple(sorted(results, key=lambda item: (item.solved, -item.worst_ratio, item.state)))


def overload_findings(stage: str, loads: tuple[ObjectLoad, ...]) -> list[Finding]:
    """Return a finding for every object over or near its limit, the worst first."""
    found = []
    for load in sorted(loads, key=lambda item: -max(item.normal_ratio, item.failover_ratio)):
        state, ratio = (
            ("normal", load.normal_ratio)
            if load.normal_ratio >= load.failover_ratio
            else (load.failover_state, load.failover_ratio)
        )
        if ratio <= NEAR_RATIO:
            break
        found.append(
            Finding(
                code="overload" if ratio > 1.0 else "near_limit",
                severity="over" if ratio > 1.0 else "near",
                stage=stage,
                state=state,
                object=load.id,
                message=plain(f"{load.id} carries {100 * ratio:.0f} % of its rating in {state}."),
                value_ratio=ratio,
            )
        )
    return found


def with_year(
    document: FacilityInput, loads: tuple[ObjectLoad, ...], year: Year | None
) -> tuple[ObjectLoad, ...]:
    """Return the loads with what the year and the loading guide add to them.

    The hot spot of the failover state is that which the current would hold at the design point's
    air: the end of a long outage on the hottest day.
    """
    ratios = {} if year is None else year.branch_max_ratio
    held = _held_hot_spots(document, loads)
    units = {} if year is None else {k: unit.result for k, unit in year.transformers.items()}
    return tuple(
        load.model_copy(
            update={
                "year_max_ratio": ratios.get(load.id),
                "transformer": units.get(load.id),
                **held.get(load.id, {}),
            }
        )
        for load in loads
    )


def _held_hot_spots(
    document: FacilityInput, loads: tuple[ObjectLoad, ...]
) -> dict[str, dict[str, float]]:
    ratio = {load.id: max(load.failover_ratio, load.normal_ratio) for load in loads}
    units = [
        branch
        for branch in document.network.branches
        if isinstance(branch, Transformer) and branch.thermal is not None and branch.id in ratio
    ]
    if not units:
        return {}
    parameters = thermal_parameters(units)
    state = steady_state(
        parameters,
        [ratio[unit.id] for unit in units],
        ambient_c=document.design_point.dry_bulb_c,
    )
    hot_c = state.top_oil_c + state.fast_k - state.slow_k
    return {
        unit.id: {
            "hot_spot_failover_c": float(hot_c[k]),
            "hot_spot_limit_c": float(parameters.hot_spot_limit_c[k]),
        }
        for k, unit in enumerate(units)
    }
