"""The electrical tabs of a run: what their templates need, made from the run's documents."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest

from facility.pages.sight import Answered
from facility.reports import power_objects, power_outages, power_transformers
from facility.reports.levels import LEVELS

ROWS_ON_A_PAGE = 100


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


def outages(_request: HttpRequest, seen: Answered) -> dict[str, Any]:
    """Return outages with what follows, and the schemes that answer them."""
    return {
        "says": power_outages.answer(seen.stage),
        "outages": power_outages.outages_of(seen.stage),
        "outcomes": power_outages.outcomes_of(seen.stage),
        "schemes": power_outages.schemes_of(seen.stage),
    }
