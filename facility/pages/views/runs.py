"""Runs: their list, their progress and their answer."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from facility.pages import power_tabs
from facility.pages.doors import Door, on_site, planners_only
from facility.pages.sight import Answered, answered, page
from facility.reports import tables
from facility.scenarios import selectors, services
from facility.scenarios.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

VIEWS = {
    "answer": "Answer",
    "halls": "Halls",
    "chips": "Throttling",
    "objects": "Objects",
    "transformers": "Transformers",
    "outages": "Outages",
    "failures": "Failures",
    "grid": "Grid connection",
    "faults": "Short circuit",
    "year": "Year",
    "trust": "Assumptions",
}
RUNS_ON_A_PAGE = 50
CHART_TITLES = {
    "power": "Facility power over the year",
    "load-duration": "Load duration",
    "heat-map": "Power by hour and day",
    "outdoor": "Outdoor air and coolant",
    "hot-spots": "Hot spots of the substation transformers",
    "inlet": "Air at the rack inlets",
    "junction": "Hottest chips",
}
CHARTS_OF = {
    "year": ("power", "load-duration", "heat-map", "outdoor"),
    "transformers": ("hot-spots",),
    "chips": ("inlet", "junction"),
}


def run_of(door: Door, pk: int) -> Run:
    """Return a run of the site, or answer 404. Its documents are large and stay where they are."""
    runs = Run.objects.select_related("scenario__site", "requested_by")
    return get_object_or_404(runs, pk=pk, scenario__site=door.site)


@require_safe
@on_site
def run_list(request: HttpRequest, door: Door) -> HttpResponse:
    """Show the runs of a site, the newest first."""
    pages = Paginator(selectors.runs_of_site(door.site), RUNS_ON_A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    return page(request, door, "run_list", {"section": "runs", "runs": shown})


@require_safe
@on_site
def run_page(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Show a run: its progress, the reason why it has no answer, or its answer."""
    run = run_of(door, pk)
    context: dict[str, Any] = {"section": "runs", "run": run, "scenario": run.scenario}
    if run.state == Run.State.DONE:
        view = request.GET.get("view", "answer")
        if view not in VIEWS:
            raise Http404("There is no such view.")
        seen = answered(run, request.GET.get("stage", ""))
        context |= {
            "result": seen.result,
            "stage": seen.stage,
            "view": view,
            "views": VIEWS,
            "keep": f"view={view}&",
            "view_template": f"pages/run/{view}.html",
            "charts": _charts(view, seen),
            "stale": selectors.staleness_of(run),
            **_VIEW_CONTEXT.get(view, _nothing)(request, seen),
        }
    return page(request, door, "run", context)


def _charts(view: str, seen: Answered) -> list[tuple[str, str]]:
    """Return the charts of a tab with their titles; most need a solved year."""
    names = CHARTS_OF.get(view, ()) if seen.stage.year else ()
    return [(name, CHART_TITLES[name]) for name in names] + power_tabs.charts(view, seen)


def _answer(_request: HttpRequest, seen: Answered) -> dict[str, Any]:
    return {
        "scopes": tables.headroom_by_stage(seen.result),
        "breaks": list(
            zip(seen.result.stages, tables.first_breaks(seen.result, seen.levels), strict=True)
        ),
        "groups": tables.finding_groups(seen.result, seen.levels)[:12],
    }


def _chips(_request: HttpRequest, seen: Answered) -> dict[str, Any]:
    cohorts = tables.hottest_first(seen.stage.cohorts)
    return {"cohorts": [(cohort, tables.junction_margin_k(cohort)) for cohort in cohorts]}


def _trust(_request: HttpRequest, seen: Answered) -> dict[str, Any]:
    return {"counts": tables.by_confidence(seen.result), "input_stages": seen.document.stages}


def _nothing(_request: HttpRequest, _seen: Answered) -> dict[str, Any]:
    return {}


_VIEW_CONTEXT: dict[str, Callable[[HttpRequest, Answered], dict[str, Any]]] = {
    "answer": _answer,
    "chips": _chips,
    "transformers": power_tabs.transformers,
    "objects": power_tabs.objects,
    "outages": power_tabs.outages,
    "failures": power_tabs.failures,
    "grid": power_tabs.grid,
    "faults": power_tabs.faults,
    "trust": _trust,
}


@require_safe
@on_site
def progress(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Answer the page that asks once a second: unchanged, further, or reload and stop asking."""
    run = run_of(door, pk)
    if run.is_finished:
        over = HttpResponseStopPolling()
        over.headers["HX-Refresh"] = "true"
        return over
    said = (
        f"{run.state} {run.attempt} {run.step} {run.progress_ratio:.3f} {run.cancel_requested_at}"
    )
    etag = f'"{hashlib.sha256(said.encode()).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    response = page(request, door, "run/_progress", {"run": run})
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@require_POST
@on_site
def cancel(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Ask a run to stop."""
    planners_only(door)
    services.request_cancel(run_of(door, pk), cast("User", request.user))
    return redirect("run", door.site.slug, pk)
