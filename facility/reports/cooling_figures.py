"""Charts of the comparison of cooling: all plans in one chart, so on one scale."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from facility.kernel.units import HOURS_PER_YEAR
from facility.reports.cooling_comparison import Case, Energy
from facility.reports.figures import DASHES, HUES, KW_PER_MW, N_POINTS, Columns, Figure
from facility.reports.figures import data_table as line_table

KWH_PER_MWH = 1000.0
PARTS: tuple[tuple[str, str, str, str], ...] = (
    ("compute_kwh", "Compute", "--fill-used", ""),
    ("fan_kwh", "Fans, supplies", "--path-b", "/"),
    ("cooling_kwh", "Cooling", "--air", "."),
    ("loss_kwh", "Losses", "--fill-held", "x"),
    ("other_kwh", "House", "--fill-stranded", ""),
)
"""Parts of a year with their colour and pattern, so that they differ in black and white too."""
LEAST_SHOWN = 0.001
ROOM_FOR_TOTAL = 1.4


def added_energy(cases: Sequence[Case]) -> Figure:
    """Return what each plan adds to the year, in parts."""
    return _stacked("Energy that the plan adds", cases, lambda case: case.added_energy)


def site_energy(cases: Sequence[Case]) -> Figure:
    """Return the year of the whole site with each plan, in parts."""
    return _stacked("Energy of the whole site", cases, lambda case: case.site_energy)


def _stacked(title: str, cases: Sequence[Case], read: Callable[[Case], Energy | None]) -> Figure:
    rows = [(case.name, item) for case in cases if (item := read(case)) is not None]
    top_kwh = max((item.facility_kwh for _, item in rows), default=0.0)
    traces = []
    for rank, (name, label, colour, shape) in enumerate(PARTS):
        values = [float(getattr(item, name)) for _, item in rows]
        if max(values, default=0.0) > LEAST_SHOWN * top_kwh:
            bars = _bars(label, colour, shape, [row[0] for row in rows], values)
            # The legend of a stack runs backwards, so the highest rank stands first.
            traces.append(bars | {"legendrank": len(PARTS) - rank})
    return {
        "data": traces,
        "layout": {
            "title": {"text": title},
            "barmode": "stack",
            "bargap": 0.45,
            "xaxis": {
                "title": {"text": "Energy of a year [MWh]"},
                "range": [0.0, ROOM_FOR_TOTAL * top_kwh / KWH_PER_MWH],
                "exponentformat": "none",
                "nticks": 5,
            },
            "yaxis": {"title": {"text": ""}, "autorange": "reversed", "showgrid": False},
            "annotations": [_total(name, item.facility_kwh) for name, item in rows],
        },
    }


def _bars(label: str, colour: str, shape: str, names: list[str], values_kwh: list[float]) -> Figure:
    return {
        "type": "bar",
        "orientation": "h",
        "name": label,
        "y": names,
        "x": [round(value / KWH_PER_MWH, 1) for value in values_kwh],
        "marker": {
            "color": colour,
            "line": {"color": "--surface", "width": 1},
            "pattern": {
                "shape": shape,
                "fillmode": "overlay",
                "fgcolor": "--surface",
                "size": 6,
                "solidity": 0.2,
            },
        },
        "hovertemplate": f"%{{y}}: {label} %{{x:,.0f}} MWh<extra></extra>",
    }


def _total(name: str, facility_kwh: float) -> Figure:
    return {
        "x": facility_kwh / KWH_PER_MWH,
        "y": name,
        "text": f" {facility_kwh / KWH_PER_MWH:,.0f} MWh".replace(",", "\u202f"),
        "showarrow": False,
        "xanchor": "left",
    }


def load_duration(series: Sequence[tuple[str, Columns]]) -> Figure:
    """Return for each plan the hours of the year at or above each power of the whole site."""
    hours = np.linspace(1, HOURS_PER_YEAR, N_POINTS).round().astype(int)
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": hours.tolist(),
            "y": [
                round(float(value), 3)
                for value in np.sort(columns["facility_kw"])[::-1][hours - 1] / KW_PER_MW
            ],
            "name": name,
            "line": {
                "color": HUES[k % len(HUES)],
                "width": 1.8,
                "dash": DASHES[k % len(DASHES)],
            },
        }
        for k, (name, columns) in enumerate(series)
    ]
    return {
        "data": traces,
        "layout": {
            "title": {"text": "Facility power by its duration"},
            "xaxis": {"title": {"text": "Hours of the year at or above [h]"}},
            "yaxis": {"title": {"text": "Facility power [MW]"}},
            "annotations": [],
        },
    }


CHARTS: Mapping[str, Callable[[Sequence[Case]], Figure]] = {
    "added-energy": added_energy,
    "site-energy": site_energy,
}
DURATION = "load-duration"


def data_table(figure: Figure) -> tuple[list[str], list[list[Any]]]:
    """Return the data of a chart as a head and rows, for those who read tables."""
    bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
    if not bars:
        return line_table(figure)
    head = ["Plan", *(f"{trace['name']} [MWh]" for trace in bars)]
    return head, [list(row) for row in zip(bars[0]["y"], *(t["x"] for t in bars), strict=True)]
