"""Charts of the electrical tabs: the connection over the year, swings, voltage dips."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from facility.kernel.units import MIN_PER_H, S_PER_H
from facility.physics.documents import FacilityInput
from facility.physics.results import StageResult
from facility.reports.figures import (
    DASHES,
    HUES,
    KW_PER_MW,
    Columns,
    Figure,
    axes,
    daily,
    days,
    figure,
    limit_line,
    line,
    rounded,
    year_axes,
)
from facility.reports.power_connection import SOURCES, asked_of, band_name
from racks.physics.documents import SwingShape

PERCENT = 100.0
N_SHAPE = 240
N_PERIODS = 2.0
HALF_BAND = 0.45
BAR_COLOURS = {"synthetic": "--fill-used", "measured": "--fill-held"}


@dataclass(frozen=True, slots=True)
class Material:
    """What the charts of a stage are made of; what is not there is None."""

    document: FacilityInput
    number: int
    stage: StageResult
    columns: Columns | None = None
    measured_kw: NDArray[np.float64] | None = None


def connection_power(made_of: Material) -> Figure | None:
    """Return the highest hour of every day beside the contract."""
    columns, connections = made_of.columns, made_of.stage.power.connections
    if columns is None or "source_kvar" not in columns or not connections:
        return None
    kw = columns["facility_kw"]
    kva = np.hypot(kw, columns["source_kvar"])
    layout = year_axes("Highest hour of the day", "MW, MVA")
    layout["yaxis"]["rangemode"] = "tozero"
    if len(connections) == 1:
        for limit, unit in (
            (connections[0].contract_kw, "MW"),
            (connections[0].contract_kva, "MVA"),
        ):
            if limit is not None:
                level = limit / KW_PER_MW
                limit_line(layout, level, f"contract {level:.4g} {unit}")
    traces = [
        line(days(), rounded(daily(kw, np.max) / KW_PER_MW, 3), "Real power, MW", "--accent"),
        line(
            days(),
            rounded(daily(kva, np.max) / KW_PER_MW, 3),
            "Apparent power, MVA",
            "--path-b",
            "dash",
        ),
    ]
    return figure("Power at the grid connection", traces, layout)


def power_factor(made_of: Material) -> Figure | None:
    """Return the lowest power factor of every day beside what the contract asks for."""
    columns, connections = made_of.columns, made_of.stage.power.connections
    if columns is None or "source_kvar" not in columns or not connections:
        return None
    kw = columns["facility_kw"]
    factor = kw / np.maximum(np.hypot(kw, columns["source_kvar"]), 1e-9)
    layout = year_axes("Lowest power factor of the day", "–")
    limits = {item.power_factor_min for item in connections if item.power_factor_min is not None}
    for limit in sorted(limits):
        limit_line(layout, limit, f"at least {limit:g}")
    traces = [line(days(), rounded(daily(factor, np.min), 4), "Power factor", "--accent")]
    return figure("Power factor at the grid connection", traces, layout)


def hourly_ramps(made_of: Material) -> Figure | None:
    """Return the largest change from hour to hour of every day."""
    if made_of.columns is None or not made_of.stage.power.connections:
        return None
    change = np.abs(np.diff(made_of.columns["facility_kw"], append=np.nan)) / MIN_PER_H
    change[-1] = 0.0
    layout = year_axes("Largest change from hour to hour", "kW/min")
    layout["yaxis"]["rangemode"] = "tozero"
    traces = [line(days(), rounded(daily(change, np.max), 2), "Change", "--accent")]
    return figure("Hourly ramp of the day", traces, layout)


def band_amplitudes(made_of: Material) -> Figure | None:
    """Return the amplitude in every band, a bar for each course of power that resolves it."""
    found, asked = made_of.stage.power.swings, asked_of(made_of.document, made_of.number)
    if found is None or asked is None:
        return None
    names = [band_name(band.low_hz, band.high_hz) for band in asked.bands]
    traces = [
        {
            "type": "bar",
            "x": names,
            "y": [_percent(content.amplitude_ratio) for content in item.bands],
            "name": SOURCES[item.source],
            "marker": {
                "color": BAR_COLOURS[item.source],
                "pattern": {"shape": "/" if item.source == "measured" else ""},
            },
        }
        for item in found.series
        if any(content.amplitude_ratio is not None for content in item.bands)
    ]
    layout = axes("Band of frequencies", "Hz", "Amplitude, of the mean power", "%")
    layout |= {"barmode": "group", "showlegend": True}
    layout["yaxis"]["rangemode"] = "tozero"
    for k, band in enumerate(asked.bands):
        if band.amplitude_ratio is not None:
            _band_limit(layout, k, PERCENT * band.amplitude_ratio)
    return figure("Amplitude by band", traces, layout)


def _band_limit(layout: Figure, place: int, level: float) -> None:
    """Draw the limit of one band across its bars alone."""
    edges = {"x0": place - HALF_BAND, "x1": place + HALF_BAND, "y0": level, "y1": level}
    style = {"color": "--over", "width": 2, "dash": "dash"}
    layout["shapes"].append({"type": "line", **edges, "line": style})
    layout["annotations"].append(
        {
            "x": place,
            "y": level,
            "text": f"limit {level:g} %",
            "showarrow": False,
            "yanchor": "bottom",
            "bgcolor": "--surface",
            "font": {"color": "--over"},
        }
    )


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else round(PERCENT * ratio, 3)


def measured_course(made_of: Material) -> Figure | None:
    """Return the measured course of power, every sample."""
    asked = asked_of(made_of.document, made_of.number)
    if made_of.measured_kw is None or asked is None or asked.measured is None:
        return None
    step_h = asked.measured_step_s / S_PER_H
    hours = np.arange(made_of.measured_kw.size, dtype=np.float64) * step_h
    layout = axes("Time", "h", "Power", "MW")
    layout["yaxis"]["rangemode"] = "tozero"
    traces = [
        line(
            rounded(hours, 4),
            rounded(made_of.measured_kw / KW_PER_MW, 3),
            "Measured",
            "--accent",
        )
    ]
    return figure(f"Measured: {asked.measured.label}", traces, layout)


def job_shapes(made_of: Material) -> Figure | None:
    """Return two iterations of every synthetic job, without jitter, over its high power."""
    shapes = dict(_shapes(made_of.document))
    if made_of.stage.power.swings is None or not shapes:
        return None
    longest_s = max(shape.period_s for shape in shapes.values())
    time_s = np.linspace(0.0, N_PERIODS * longest_s, N_SHAPE)
    traces = [
        line(
            rounded(time_s, 3),
            rounded(PERCENT * trapezoid(shape, time_s), 2),
            label,
            HUES[k % len(HUES)],
            DASHES[k % len(DASHES)],
        )
        for k, (label, shape) in enumerate(shapes.items())
    ]
    layout = axes("Time", "s", "Power, of that while it computes", "%")
    layout["yaxis"]["range"] = [0, 105]
    return figure("Shape of the synthetic jobs", traces, layout)


def _shapes(document: FacilityInput) -> Iterator[tuple[str, SwingShape]]:
    for workload in document.workloads:
        if workload.swing is not None:
            yield workload.label, workload.swing


def trapezoid(shape: SwingShape, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the power of a job over its high power: up, computing, down, communicating."""
    edge = min(shape.edge_s, shape.period_s / 2)
    plateau = max(shape.duty_ratio * shape.period_s - edge, 0.0)
    corners = [0.0, edge, edge + plateau, 2 * edge + plateau, shape.period_s]
    levels = [shape.low_ratio, 1.0, 1.0, shape.low_ratio, shape.low_ratio]
    rising = [corners[0]] + [max(a, b) for a, b in pairwise(corners)]
    return np.interp(np.mod(time_s, shape.period_s), rising, levels)


def dips(made_of: Material) -> Figure | None:
    """Return what is off the grid during and after the dips."""
    found = made_of.stage.power.dips
    if found is None or not found.time_s:
        return None
    layout = axes("Time since the first dip", "s", "Off the grid", "MW")
    layout["yaxis"]["rangemode"] = "tozero"
    level = found.site_kw / KW_PER_MW
    limit_line(layout, level, f"site before, {level:.1f} MW", color="--ink-2")
    traces = [
        line(
            rounded(np.asarray(found.time_s), 3),
            rounded(np.asarray(found.left_kw) / KW_PER_MW, 3),
            "Off the grid",
            "--over",
        )
    ]
    return figure("Power off the grid through the dips", traces, layout)


CHARTS: Mapping[str, Callable[[Material], Figure | None]] = {
    "connection-power": connection_power,
    "power-factor": power_factor,
    "hourly-ramps": hourly_ramps,
    "bands": band_amplitudes,
    "measured": measured_course,
    "jobs": job_shapes,
    "dips": dips,
}
OVER_THE_YEAR = frozenset({"connection-power", "power-factor", "hourly-ramps"})
"""These are drawn from the hourly series."""
