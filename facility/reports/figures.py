"""Charts as the JSON that Plotly draws. Colours are names of our style sheet's variables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facility.kernel.units import HOURS_PER_YEAR
from facility.physics.results import StageResult

Figure = dict[str, Any]
Columns = Mapping[str, NDArray[np.float64]]

N_HOURS_PER_DAY = 24
N_DAYS = HOURS_PER_YEAR // N_HOURS_PER_DAY
KW_PER_MW = 1000.0
N_POINTS = 500
DASHES = ("solid", "dash", "dot", "dashdot")
HUES = ("--path-a", "--path-b", "--fill-held", "--air")
# Days at which months of a year without a leap day begin.
MONTHS = dict(
    zip(
        (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334),
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        strict=True,
    )
)


def by_name(columns: Sequence[str], table: NDArray[Any]) -> Columns:
    """Return the columns of a series by their names."""
    return {name: table[:, k].astype(np.float64) for k, name in enumerate(columns)}


def load_duration(columns: Columns, stage: StageResult) -> Figure:
    """Return the hours of the year at or above each power."""
    hours = np.linspace(1, HOURS_PER_YEAR, N_POINTS).round().astype(int)
    traces = [
        line(
            hours.tolist(),
            rounded(np.sort(columns[name])[::-1][hours - 1] / KW_PER_MW, 3),
            label,
            color,
            dash,
        )
        for name, label, color, dash in (
            ("facility_kw", "Facility", "--accent", "solid"),
            ("it_kw", "IT", "--fill-used", "dash"),
        )
    ]
    peak = float(columns["facility_kw"].max()) / KW_PER_MW
    layout = axes("Hours of the year at or above", "h", "Power", "MW")
    layout["yaxis"]["rangemode"] = "tozero"
    limit_line(layout, peak, f"peak {peak:.1f} MW", color="--ink-2")
    return figure("Load duration", traces, layout)


def power_year(columns: Columns, stage: StageResult) -> Figure:
    """Return daily means of IT, losses and cooling, stacked to the facility's power."""
    parts = (
        ("it_kw", "IT", "--fill-used"),
        ("loss_kw", "Electrical losses", "--fill-held"),
        ("cooling_kw", "Cooling", "--air"),
    )
    traces = [
        {
            **line(days(), rounded(daily(columns[name]) / KW_PER_MW, 3), label, color),
            "stackgroup": "power",
            "fillcolor": color,
            "line": {"width": 0.5, "color": color},
        }
        for name, label, color in parts
        if name in columns
    ]
    return figure("Facility power, daily mean", traces, year_axes("Power", "MW"))


def heat_map(columns: Columns, stage: StageResult) -> Figure:
    """Return the facility's power by hour of the day and day of the year."""
    cells = columns["facility_kw"].reshape(N_DAYS, N_HOURS_PER_DAY).T / KW_PER_MW
    layout = year_axes("Hour of the day", "h")
    layout["yaxis"]["tickvals"] = [0, 6, 12, 18]
    trace = {
        "type": "heatmap",
        "x": days(),
        "y": list(range(N_HOURS_PER_DAY)),
        "z": [rounded(row, 2) for row in cells],
        "colorscale": "Cividis",
        "colorbar": {"title": {"text": "MW", "side": "right"}, "thickness": 12, "outlinewidth": 0},
        "hovertemplate": "day %{x}, %{y}:00: %{z} MW<extra></extra>",
    }
    return figure("Facility power by hour and day", [trace], layout)


def hot_spots(columns: Columns, stage: StageResult) -> Figure:
    """Return the daily highest hot spot of the largest transformers, with their limit."""
    ratings = {load.id: load for load in stage.objects if load.hot_spot_limit_c is not None}
    highest = max((load.rating_kva for load in ratings.values()), default=0.0)
    names = [load.id for load in ratings.values() if load.rating_kva == highest]
    traces = [
        line(
            days(),
            rounded(daily(columns[f"hot_spot_c[{name}]"], np.max), 1),
            name,
            HUES[k % len(HUES)],
            DASHES[k % len(DASHES)],
        )
        for k, name in enumerate(names)
        if f"hot_spot_c[{name}]" in columns
    ]
    layout = year_axes("Hot spot, daily highest", "°C")
    limits = {ratings[name].hot_spot_limit_c for name in names}
    for limit in sorted(value for value in limits if value is not None):
        limit_line(layout, limit, f"limit {limit:.0f} °C")
    return figure("Hot spot of the substation transformers", traces, layout)


def temperatures(prefix: str, title: str) -> Callable[[Columns, StageResult], Figure]:
    """Return a chart of one temperature of every hall, as its daily highest."""

    def chart(columns: Columns, stage: StageResult) -> Figure:
        names = [name for name in columns if name.startswith(f"{prefix}[")]
        traces = [
            line(
                days(),
                rounded(daily(columns[name], np.max), 2),
                name[len(prefix) + 1 : -1],
                HUES[k % len(HUES)],
                DASHES[k % len(DASHES)],
            )
            for k, name in enumerate(names)
        ]
        layout = year_axes(f"{title}, daily highest", "°C")
        if prefix == "junction_c":
            limits = sorted({c.junction_limit_c for c in stage.cohorts if c.junction_limit_c})
            for limit in limits:
                limit_line(layout, limit, f"limit {limit:.0f} °C")
        return figure(title, traces, layout)

    return chart


def outdoor(columns: Columns, stage: StageResult) -> Figure:
    """Return the daily highest outdoor temperatures and the coolant supplies."""
    lines = [("dry_bulb_c", "Dry bulb"), ("wet_bulb_c", "Wet bulb")]
    lines += [
        (name, f"{name[9:-1]} supply") for name in columns if name.startswith("supply_c[TCS")
    ][:2]
    traces = [
        line(
            days(),
            rounded(daily(columns[name], np.max), 1),
            label,
            HUES[k % len(HUES)],
            DASHES[k % len(DASHES)],
        )
        for k, (name, label) in enumerate(lines)
    ]
    layout = year_axes("Temperature, daily highest", "°C")
    return figure("Outdoor air", traces, layout)


CHARTS: Mapping[str, Callable[[Columns, StageResult], Figure]] = {
    "load-duration": load_duration,
    "power": power_year,
    "heat-map": heat_map,
    "hot-spots": hot_spots,
    "inlet": temperatures("inlet_c", "Air at the rack inlets"),
    "junction": temperatures("junction_c", "Hottest chips"),
    "outdoor": outdoor,
}


def data_table(drawn: Figure) -> tuple[list[str], list[list[Any]]]:
    """Return the data of lines or bars as a head and rows, for those who read tables."""
    lines = [trace for trace in drawn["data"] if trace["type"] in {"scatter", "bar"}]
    if not lines:
        return [], []
    head = [drawn["layout"]["xaxis"]["title"]["text"], *(trace["name"] for trace in lines)]
    return head, [list(row) for row in zip(lines[0]["x"], *(t["y"] for t in lines), strict=True)]


def figure(title: str, traces: list[Figure], layout: Figure) -> Figure:
    """Return a chart."""
    layout["title"] = {"text": title}
    return {"data": traces, "layout": layout}


def line(x: Sequence[float], y: list[float], name: str, color: str, dash: str = "solid") -> Figure:
    """Return a line of a chart."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "line": {"color": color, "width": 1.6, "dash": dash},
    }


def axes(x_title: str, x_unit: str, y_title: str, y_unit: str) -> Figure:
    """Return the layout of a chart with titled axes."""
    return {
        "xaxis": {"title": {"text": f"{x_title} [{x_unit}]" if x_unit else x_title}},
        "yaxis": {"title": {"text": f"{y_title} [{y_unit}]"}},
        "shapes": [],
        "annotations": [],
    }


def year_axes(title: str, unit: str) -> Figure:
    """Return the layout of a chart over the days of the model year."""
    layout = axes("Day of the model year", "", title, unit)
    layout["xaxis"] |= {"tickvals": list(MONTHS), "ticktext": list(MONTHS.values())}
    return layout


def limit_line(layout: Figure, level: float, text: str, color: str = "--over") -> None:
    """Draw a limit as a named line; the axis reaches it.

    Of two limits the higher is named above its line and the lower below, so that no line crosses
    a name; further ones are named further to the left.
    """
    names = layout["annotations"]
    for other in names:
        if other["y"] < level:
            other["yanchor"] = "top"
    lowest = bool(names) and all(level < other["y"] for other in names)
    layout["shapes"].append(
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": level,
            "y1": level,
            "line": {"color": color, "width": 1.5, "dash": "dash"},
        }
    )
    names.append(
        {
            "xref": "paper",
            "x": 1 - 0.3 * len(names),
            "y": level,
            "text": text,
            "showarrow": False,
            "xanchor": "right",
            "yanchor": "top" if lowest else "bottom",
            "font": {"color": color},
        }
    )


def days() -> list[int]:
    """Return the days of the model year, the first 0."""
    return list(range(N_DAYS))


def daily(
    values: NDArray[np.float64], reduce: Callable[..., NDArray[np.float64]] = np.mean
) -> NDArray[np.float64]:
    """Return hours reduced to days."""
    return reduce(values.reshape(N_DAYS, N_HOURS_PER_DAY), axis=1)


def rounded(values: NDArray[np.float64], n_decimals: int) -> list[float]:
    """Return values as a chart carries them."""
    return [round(float(value), n_decimals) for value in values]
