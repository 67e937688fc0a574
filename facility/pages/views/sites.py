"""The list of sites, and one site at a glance."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from facility.access.selectors import visible_sites
from facility.pages.doors import Door, on_site, signed_in
from facility.pages.sight import Answered, answered, page, plan_in_view, plans_of
from facility.reports import capacity, tables
from facility.scenarios import selectors
from facility.scenarios.models import Run, Scenario
from facility.sites.models import Hall

N_FINDINGS = 6


@require_safe
@signed_in
def site_list(request: HttpRequest) -> HttpResponse:
    """Show the sites that the reader is a member of."""
    sites = visible_sites(request.user).select_related("weather")
    return render(request, "pages/site_list.html", {"section": "sites", "sites": sites})


@require_safe
@on_site
def overview(request: HttpRequest, door: Door) -> HttpResponse:
    """Show what a plan of the site comes to: the answer, the chain, what to look at."""
    plans = plans_of(door)
    scenario = plan_in_view(request, plans)
    context: dict[str, Any] = {"section": "overview", "plans": plans, "scenario": scenario}
    context["keep"] = f"scenario={scenario.pk}&" if scenario else ""
    if scenario is not None:
        context |= _runs(scenario)
        done = context["done"]
        context["phases"] = scenario.phases.all()
        if done is not None:
            context |= _chain(answered(done, request.GET.get("stage", "")))
            context["stale"] = selectors.staleness_of(done)
    context["halls"] = Hall.objects.filter(
        building__site=door.site, purpose=Hall.Purpose.WHITE_SPACE
    )
    return page(request, door, "overview", context)


def _runs(scenario: Scenario) -> dict[str, Any]:
    """Return the newest run of a plan and the newest that has an answer."""
    newest = Run.objects.filter(scenario=scenario).select_related("scenario__site").first()
    is_done = newest is not None and newest.state == Run.State.DONE
    return {
        "newest": newest,
        "done": newest if is_done else selectors.latest_done_run(scenario),
    }


def _chain(seen: Answered) -> dict[str, Any]:
    electric = capacity.electric_bars(seen.document, seen.result.stages[0], seen.stage)
    cooling = capacity.cooling_bars(seen.stage)
    return {
        "result": seen.result,
        "stage": seen.stage,
        "electric": electric,
        "cooling": cooling,
        "scale": capacity.scale_ratio([*electric, *cooling]),
        "binding": capacity.binding_sentence(electric),
        "fills": capacity.FILLS,
        "groups": tables.finding_groups(seen.result, seen.levels, seen.stage.id)[:N_FINDINGS],
    }
