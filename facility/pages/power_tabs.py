"""The electrical tabs of a run: what their templates need, made from the run's documents."""

from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.paginator import Paginator
from django.http import HttpRequest

from facility.pages.sight import Answered
from facility.reports import (
    power_connection,
    power_failures,
    power_faults,
    power_figures,
    power_objects,
    power_outages,
    power_transformers,
)
from facility.reports.figures import Figure, by_name
from facility.reports.levels import LEVELS
from facility.scenarios import selectors
from facility.scenarios.models import RunSeries
from facility.sites.arrays import unpack
from facility.sites.models import StoredArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS_ON_A_PAGE = 100
CHART_TITLES = {
    "connection-power": "Power at the connection beside the contract",
    "power-factor": "Power factor over the year",
    "hourly-ramps": "Hourly ramps",
    "bands": "Amplitude of swings by band",
    "measured": "The measured course",
    "jobs": "The synthetic jobs, two iterations",
    "dips": "What is off the grid through the dips",
}
CHARTS_OF = {
    "failures": ("dips",),
    "grid": ("connection-power", "power-factor", "hourly-ramps", "bands", "measured", "jobs"),
}


def objects(request: HttpRequest, seen: Answered) -> dict[str, Any]:
    """Return every object by level, or those of a choice page by page."""
    rows = power_objects.rows_of(seen.stage, seen.levels)
    asked = request.GET
    choice = power_objects.Choice(
        level=asked.get("level", ""),
        path=asked.get("path", ""),
        hall=asked.get("hall", ""),
        only=asked.get("only", ""),
        text=asked.get("q", "").strip(),
    )
    chosen = [row for row in rows if choice.takes(row)]
    keep = f"view=objects&stage={seen.stage.id}"
    return {
        "groups": power_objects.groups_of(rows),
        "choice": choice,
        "shown": Paginator(chosen, ROWS_ON_A_PAGE).get_page(asked.get("page")),
        "n_chosen": len(chosen),
        "says": power_objects.answer(rows),
        "levels": LEVELS,
        "halls": power_objects.halls_in(rows),
        "paths": power_objects.paths_in(rows),
        "keep_rows": f"{keep}&{choice.address}&",
    }


def transformers(_request: HttpRequest, seen: Answered) -> dict[str, Any]:
    """Return every transformer with its headroom three ways."""
    rows = power_transformers.rows_of(seen.document, seen.stage, seen.levels)
    return {"rows": rows, "says": power_transformers.answer(rows)}


def outages(request: HttpRequest, seen: Answered) -> dict[str, Any]:
    """Return outages with what follows, and the schemes that answer them."""
    asked = request.GET
    choice = power_outages.Choice(asked.get("only", ""), asked.get("q", "").strip())
    chosen = [row for row in power_outages.outages_of(seen.stage) if choice.takes(row)]
    return {
        "says": power_outages.answer(seen.stage),
        "outages": Paginator(chosen, ROWS_ON_A_PAGE).get_page(asked.get("page")),
        "n_chosen": len(chosen),
        "choice": choice,
        "keep_rows": f"view=outages&stage={seen.stage.id}&{choice.address}&",
        "pairs": power_outages.pairs_of(seen.stage),
        "outcomes": power_outages.outcomes_of(seen.stage),
        "schemes": power_outages.schemes_of(seen.stage),
    }


def failures(_request: HttpRequest, seen: Answered) -> dict[str, Any]:
    """Return the loss of the utility and the voltage dips."""
    return {
        "says": power_failures.answer(seen.stage),
        "failure": power_failures.failure_of(seen.stage),
        "asked_loss": power_failures.stages_asked(seen.document, "utility_loss"),
        "asked_dips": power_failures.stages_asked(seen.document, "dips"),
    }


def grid(_request: HttpRequest, seen: Answered) -> dict[str, Any]:
    """Return the connection beside its contract, and swings beside their limits."""
    swings = power_connection.swings_of(seen.document, seen.number, seen.stage)
    drawn = charts("grid", seen)
    over_the_year = [pair for pair in drawn if pair[0] in power_figures.OVER_THE_YEAR]
    return {
        "year_charts": over_the_year,
        "swing_charts": [pair for pair in drawn if pair not in over_the_year],
        "says": power_connection.answer(seen.stage, swings),
        "contracts": power_connection.contracts_of(seen.stage),
        "swings": swings,
        "asked_swings": power_failures.stages_asked(seen.document, "swings"),
    }


def faults(_request: HttpRequest, seen: Answered) -> dict[str, Any]:
    """Return short-circuit levels beside ratings."""
    boards = power_faults.boards_of(seen.stage)
    breakers = power_faults.breakers_of(seen.stage)
    return {
        "boards": boards,
        "breakers": breakers,
        "says": power_faults.answer(boards, breakers),
    }


def charts(view: str, seen: Answered) -> list[tuple[str, str]]:
    """Return the electrical charts of a tab that the stage has, with their titles."""
    return [(name, CHART_TITLES[name]) for name in CHARTS_OF.get(view, ()) if _has(name, seen)]


def _has(name: str, seen: Answered) -> bool:
    power = seen.stage.power
    asked = power_connection.asked_of(seen.document, seen.number)
    swings = [workload.swing for workload in seen.document.workloads if workload.swing]
    return {
        "bands": power.swings is not None,
        "jobs": power.swings is not None and bool(swings),
        "measured": asked is not None and asked.measured is not None,
        "dips": power.dips is not None and bool(power.dips.time_s),
    }.get(name, bool(power.connections))


def chart(name: str, seen: Answered) -> Figure | None:
    """Return an electrical chart of a stage; None where it has none of the name."""
    if name not in power_figures.CHARTS:
        return None
    columns = None
    if name in power_figures.OVER_THE_YEAR:
        try:
            columns = by_name(*selectors.series_of(seen.run, seen.stage.id))
        except RunSeries.DoesNotExist:
            return None
    measured = _measured(seen) if name == "measured" else None
    made_of = power_figures.Material(seen.document, seen.number, seen.stage, columns, measured)
    return power_figures.CHARTS[name](made_of)


def _measured(seen: Answered) -> "NDArray[np.float64] | None":
    asked = power_connection.asked_of(seen.document, seen.number)
    if asked is None or asked.measured is None:
        return None
    stored = StoredArray.objects.filter(pk=asked.measured.sha256).first()
    return None if stored is None else unpack(stored)[:, 0].astype(np.float64)
