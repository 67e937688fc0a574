"""Voltage dips: which UPS take their batteries, what leaves the grid, when they stay away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.documents import Document
from facility.kernel.errors import InputError, Problem
from facility.kernel.fields import NotNegative, Positive
from facility.kernel.units import S_PER_H
from power.physics.contingency import State, checked_grid, solve_state
from power.physics.documents import Conversion, NetworkInput
from power.physics.network import connect
from power.physics.standby.battery import usable_of

ITIC_LOW_PU = (0.0, 0.7, 0.8, 0.9)
ITIC_LOW_S = (0.02, 0.5, 10.0, np.inf)
"""Lowest voltage and how long equipment bears it: lower edge of the ITI (CBEMA) curve, 2000."""
ITIC_HIGH_PU = (1.1, 1.2, 1.4, 2.0)
ITIC_HIGH_S = (np.inf, 0.5, 0.003, 0.001)
"""Highest voltage and how long equipment bears it: upper edge of the same curve."""


class Dip(Document):
    """One dip, or one swell, of the voltage at the place it is stated for."""

    start_s: NotNegative = 0.0
    residual_pu: NotNegative = Field(description="Voltage left, on the node's nominal.")
    duration_s: Positive


@dataclass(frozen=True, slots=True)
class UpsDips:
    """What every UPS does, shapes (ups, dips) or (ups,).

    ``drawn_kw`` is what it takes from its input before the dips. ``locked_at_s`` is when its
    counter keeps it on battery, infinite where it never does. ``lasts_s`` is how long its
    batteries carry the load from then on, the energy of the dips before not counted.
    """

    ids: tuple[str, ...]
    drawn_kw: FloatArray
    input_pu: FloatArray
    on_battery: BoolArray
    locked_at_s: FloatArray
    lasts_s: FloatArray


@dataclass(frozen=True, slots=True)
class DipResponse:
    """How a site answers a sequence of dips.

    ``left_kw`` runs straight between the times of ``time_s``; a time that is there twice is a
    jump. ``tripped`` names consumers without UPS that the dips switch off, by the curve of ITI.
    """

    ups: UpsDips
    time_s: FloatArray
    left_kw: FloatArray
    site_kw: float
    largest_left_kw: float
    stays_left_kw: float
    return_kw_per_s: float
    tripped: tuple[str, ...]
    tripped_kw: float
    without_battery: tuple[str, ...]


def rides_through_itic(voltage_pu: ArrayLike, *, duration_s: ArrayLike) -> BoolArray:
    """Return whether equipment without UPS bears a dip or a swell.

    Parameters
    ----------
    voltage_pu : array_like, shape (...)
        At its terminals, on nominal. [p.u.]
    duration_s : array_like, shape (...)
        How long it lasts. [s]

    Returns
    -------
    ndarray of bool, shape (...)

    Raises
    ------
    InputError
        A value is negative or not finite.

    Notes
    -----
    ITI (CBEMA) curve, revised 2000: nothing for 20 ms, 70 % for 0.5 s, 80 % for 10 s, 90 % for
    good; 200 % for 1 ms, 140 % for 3 ms, 120 % for 0.5 s, 110 % for good. Meant for single-phase
    equipment at 120 V; for other equipment an estimate.
    """
    voltage = as_float("voltage_pu", voltage_pu, minimum=0.0)
    duration = as_float("duration_s", duration_s, minimum=0.0)
    low = np.array(ITIC_LOW_S)[np.searchsorted(ITIC_LOW_PU, voltage, side="right") - 1]
    high = np.append(ITIC_HIGH_S, 0.0)[np.searchsorted(ITIC_HIGH_PU, voltage, side="left")]
    return np.asarray((duration <= low) & (duration <= high))


def locked_at(dip_start_s: ArrayLike, *, dip_count: int, window_s: float) -> float:
    """Return when a dip counter keeps a UPS on battery: at the dip that fills it.

    Parameters
    ----------
    dip_start_s : array_like, shape (dips,)
        Start of each dip that counts, rising. [s]
    dip_count : int
        So many dips lock it.
    window_s : float
        When they start within this time of each other. [s]

    Returns
    -------
    float
        Start of the dip that locks it; infinite where none does. [s]

    Raises
    ------
    InputError
        A value is out of bounds.
    """
    starts = as_float("dip_start_s", dip_start_s, minimum=0.0)
    window = float(as_float("window_s", window_s, minimum=0.0))
    if dip_count < 1:
        raise InputError([Problem("dip_count", "too_small", "must be at least 1")])
    if starts.size < dip_count:
        return np.inf
    spread = starts[dip_count - 1 :] - starts[: starts.size - dip_count + 1]
    full = np.flatnonzero(spread <= window * (1.0 + 1e-12))
    return float(starts[dip_count - 1 + full[0]]) if full.size else np.inf


def ride_through_dips(
    network: NetworkInput,
    consumer_kw: ArrayLike,
    dips: Sequence[Dip],
    *,
    stage: int = 0,
    at_node: str | None = None,
) -> DipResponse:
    """Return what leaves the grid in a sequence of dips, and what does not come back.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    dips : sequence of Dip
        In the order of time; none begins before the one before has ended.
    stage : int
        Number of the stage of the plan.
    at_node : str, optional
        Where the residual voltage is stated; by default at every grid connection.

    Returns
    -------
    DipResponse

    Raises
    ------
    InputError
        The network, a power, a dip or the node is not valid.
    ConvergenceError
        Normal operation has no solution.

    Notes
    -----
    Every node behind the place keeps its ratio to the voltage there, as it was before the dip:
    good for dips that are short and shallow, on the low side while the load falls away. A dip at a
    node inside reaches what it alone feeds. Conversions hold their output, so nothing behind a UPS
    sees it. A UPS returns over its ``walk_in_s``, straight; its recharge is not counted.
    """
    power_kw = as_float("consumer_kw", consumer_kw, minimum=0.0)
    grid = checked_grid(network, power_kw, stage=stage)
    _check_dips(dips)
    if at_node is not None and at_node not in grid.node_ids:
        raise InputError([Problem("at_node", "unknown", f"there is no node {at_node!r}")])
    state = solve_state(grid, power_kw, name="normal", out=frozenset())
    node_pu = _voltages(state, dips, at_node)
    conversions = tuple(item for item in network.conversions if item.is_present(stage))
    stores = {
        item.id: [
            b
            for b in network.batteries
            if b.conversion == item.id and b.role == "ride_through" and b.is_present(stage)
        ]
        for item in conversions
    }
    energy = {name: sum(usable_of(b) for b in items) for name, items in stores.items()}
    ups = _ups(state, conversions, node_pu, dips, energy)
    tripped = _tripped(state, power_kw, node_pu, dips)
    time_s, left_kw = _left(ups, conversions, dips)
    walk_in = np.array([item.walk_in_s for item in conversions])
    back = ups.on_battery.any(axis=1) & np.isinf(ups.locked_at_s) & (walk_in > 0)
    return DipResponse(
        ups=ups,
        time_s=time_s,
        left_kw=left_kw,
        site_kw=float(state.columns.source_kva.real.sum()),
        largest_left_kw=float(left_kw.max(initial=0.0)),
        stays_left_kw=float(ups.drawn_kw[np.isfinite(ups.locked_at_s)].sum()),
        return_kw_per_s=float((ups.drawn_kw[back] / walk_in[back]).sum()),
        tripped=tuple(state.topology.grid.consumers[i].id for i in np.flatnonzero(tripped)),
        tripped_kw=float(power_kw[tripped].sum()),
        without_battery=tuple(
            name for i, name in enumerate(ups.ids) if ups.on_battery[i].any() and not stores[name]
        ),
    )


def _check_dips(dips: Sequence[Dip]) -> None:
    problems = [
        Problem(f"dips.{i}.start_s", "order", "begins before the dip before it has ended")
        for i in range(1, len(dips))
        if dips[i].start_s < dips[i - 1].start_s + dips[i - 1].duration_s
    ]
    if not dips:
        problems.append(Problem("dips", "empty", "there is no dip"))
    if problems:
        raise InputError(problems)


def _voltages(state: State, dips: Sequence[Dip], at_node: str | None) -> FloatArray:
    """Return the voltage of every node in every dip, shape (nodes, dips). [p.u.]."""
    topology, grid = state.topology, state.topology.grid
    before = np.abs(state.columns.voltage_pu[topology.bus_of_node, 0])
    on_grid = topology.level_of_bus[topology.bus_of_node] == 0
    if at_node is None:
        place = grid.sources.node[topology.source_live]
        at_place = float(before[place].max(initial=0.0))
        hit = on_grid
    else:
        number = grid.node_ids.index(at_node)
        at_place = float(before[number])
        left = connect(grid, out=frozenset({at_node})).node_live
        same = topology.bus_of_node == topology.bus_of_node[number]
        hit = on_grid & (~left | same)
    if at_place == 0:
        raise InputError([Problem("at_node", "dead", "has no voltage before the dip")])
    ratio = np.array([dip.residual_pu for dip in dips]) / at_place
    voltage: FloatArray = before[:, np.newaxis] * np.where(hit[:, np.newaxis], ratio, 1.0)
    return voltage


def _ups(
    state: State,
    conversions: tuple[Conversion, ...],
    node_pu: FloatArray,
    dips: Sequence[Dip],
    energy_kwh: Mapping[str, float],
) -> UpsDips:
    table, columns = state.topology.grid.conversions, state.columns
    drawn_kw = columns.conversion_kva.real[:, 0] + columns.conversion_loss_kw[:, 0]
    drawn_kw = np.where(state.topology.conversion_live, drawn_kw, 0.0)
    input_pu = node_pu[table.input_node]
    low = np.array([item.input_low_pu for item in conversions])[:, np.newaxis]
    high = np.array([item.input_high_pu for item in conversions])[:, np.newaxis]
    outside = (input_pu < low) | (input_pu > high)
    outside &= state.topology.conversion_live[:, np.newaxis]
    starts = np.array([dip.start_s for dip in dips])
    locked = np.array(
        [
            locked_at(starts[row], dip_count=item.dip_count, window_s=item.dip_window_s or np.inf)
            if item.dip_count is not None
            else np.inf
            for item, row in zip(conversions, outside, strict=True)
        ]
    )
    energy = np.array([energy_kwh[item.id] for item in conversions])
    lasts = np.full(drawn_kw.shape, np.inf)
    np.divide(energy * S_PER_H, drawn_kw, out=lasts, where=drawn_kw > 0)
    return UpsDips(
        ids=table.ids,
        drawn_kw=drawn_kw,
        input_pu=input_pu,
        on_battery=outside | (starts >= locked[:, np.newaxis]),
        locked_at_s=locked,
        lasts_s=lasts,
    )


def _tripped(
    state: State, power_kw: FloatArray, node_pu: FloatArray, dips: Sequence[Dip]
) -> BoolArray:
    """Return which consumers lose every feed they have to the dips."""
    feeds = state.topology.grid.feeds
    duration = np.array([dip.duration_s for dip in dips])
    bears = rides_through_itic(node_pu[feeds.node], duration_s=duration).all(axis=1)
    held = np.zeros(power_kw.size, dtype=np.int64)
    np.add.at(held, feeds.consumer, bears & (state.topology.feed_share > 0))
    served = ~state.topology.consumer_dark & ~state.topology.consumer_out
    return np.asarray(served & (held == 0))


def _left(
    ups: UpsDips, conversions: tuple[Conversion, ...], dips: Sequence[Dip]
) -> tuple[FloatArray, FloatArray]:
    """Return times and the power that is off the grid then, each jump as two points."""
    starts = np.array([dip.start_s for dip in dips])
    ends = starts + np.array([dip.duration_s for dip in dips])
    walk_in = np.array([item.walk_in_s for item in conversions])
    marks = np.unique(np.concatenate([starts, ends, (ends[:, np.newaxis] + walk_in).ravel()]))
    before = np.zeros(marks.size)
    after = np.zeros(marks.size)
    for i, drawn_kw in enumerate(ups.drawn_kw.tolist()):
        took = ups.on_battery[i]
        line = (starts[took], ends[took], float(walk_in[i]), float(ups.locked_at_s[i]))
        before += drawn_kw * _share_off(marks, *line, from_left=True)
        after += drawn_kw * _share_off(marks, *line, from_left=False)
    return np.repeat(marks, 2), np.column_stack([before, after]).ravel()


def _share_off(
    at_s: FloatArray,
    starts: FloatArray,
    ends: FloatArray,
    walk_in_s: float,
    locked_s: float,
    *,
    from_left: bool,
) -> FloatArray:
    """Return which part of its load a UPS keeps off the grid just before or after a time."""
    share = np.zeros(at_s.size)
    for start, end in zip(starts, ends, strict=True):
        passed = at_s - end
        ramp = 1.0 - np.divide(passed, walk_in_s) if walk_in_s > 0 else np.zeros(at_s.size)
        begun = at_s > start if from_left else at_s >= start
        during = at_s <= end if from_left or walk_in_s > 0 else at_s < end
        share = np.where(begun, np.where(during, 1.0, np.clip(ramp, 0.0, 1.0)), share)
    kept = at_s > locked_s if from_left else at_s >= locked_s
    return np.where(kept, 1.0, share)
