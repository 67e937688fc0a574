"""Halls: their list, and each one drawn to scale."""

from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from facility.pages import floor
from facility.pages.doors import Door, on_site
from facility.pages.sight import Answered, answered, page, plan_in_view, plans_of
from facility.physics.results import HallResult
from facility.scenarios import selectors
from facility.sites.models import Hall, Row
from thermal.models import CoolingUnit


def _seen(request: HttpRequest, door: Door) -> dict[str, Any]:
    """Return the plan in view and its newest answer, if there is one."""
    plans = plans_of(door)
    scenario = plan_in_view(request, plans)
    done = selectors.latest_done_run(scenario) if scenario else None
    seen = answered(done, request.GET.get("stage", "")) if done else None
    keep = f"scenario={scenario.pk}&" if scenario else ""
    return {
        "section": "halls",
        "keep": keep,
        "keep_by": f"{keep}stage={seen.stage.id}&" if seen else keep,
        "plans": plans,
        "scenario": scenario,
        "seen": seen,
        "stale": selectors.staleness_of(done) if done else (),
    }


def _result(seen: Answered | None, hall: Hall) -> HallResult | None:
    if seen is None:
        return None
    return next((item for item in seen.stage.halls if item.hall == hall.tag), None)


@require_safe
@on_site
def hall_list(request: HttpRequest, door: Door) -> HttpResponse:
    """Show the halls of a site with their density."""
    context = _seen(request, door)
    halls = (
        Hall.objects.filter(building__site=door.site, purpose=Hall.Purpose.WHITE_SPACE)
        .select_related("building")
        .annotate(n_racks=Count("racks", distinct=True))
    )
    places = dict(
        Row.objects.filter(hall__building__site=door.site)
        .values_list("hall_id")
        .annotate(n=Sum("n_positions"))
    )
    context["halls"] = [
        (hall, places.get(hall.pk, 0), _result(context["seen"], hall)) for hall in halls
    ]
    return page(request, door, "hall_list", context)


@require_safe
@on_site
def hall_plan(request: HttpRequest, door: Door, tag: str) -> HttpResponse:
    """Show a hall: the answer, the drawing, the selected rack, the table."""
    hall = get_object_or_404(
        Hall.objects.select_related("building"), building__site=door.site, tag=tag
    )
    context = _seen(request, door)
    seen: Answered | None = context["seen"]
    racks = floor.racks_of_run(seen, tag) if seen else floor.racks_of_rows(hall)
    colour_by = request.GET.get("by", "density")
    if colour_by not in floor.COLOUR_BY or seen is None:
        colour_by = "density"
    units = CoolingUnit.objects.filter(Q(hall=hall) | Q(circuit__hall=hall), x_m__isnull=False)
    chosen = request.GET.get("rack", "")
    context |= {
        "hall": hall,
        "keep_stage": f"{context['keep']}by={colour_by}&",
        "racks": racks,
        "plan": floor.drawing(hall, Row.objects.filter(hall=hall), racks, units, colour_by),
        "colour_by": colour_by,
        "choices": [(key, title) for key, (title, _) in floor.COLOUR_BY.items()],
        "result": _result(seen, hall),
        "rooms": [r for r in seen.stage.headroom if r.scope == tag] if seen else [],
        "chosen": next((rack for rack in racks if rack.id == chosen), None),
    }
    return page(request, door, "hall", context)
