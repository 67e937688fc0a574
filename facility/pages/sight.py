"""What a page of a site looks at: a plan, the newest answer to it, a stage. The address says it."""

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from facility.physics.documents import FacilityInput
from facility.reports.levels import levels
from facility.reports.tables import stage_of
from facility.scenarios import selectors
from facility.scenarios.models import Run, Scenario, StoredDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facility.pages.doors import Door
    from facility.physics.results import FacilityResult, StageResult


@dataclass(frozen=True, slots=True)
class Answered:
    """A finished run with its documents, at one stage."""

    run: Run
    result: "FacilityResult"
    document: FacilityInput
    levels: "Mapping[str, str]"
    number: int
    stage: "StageResult"


def answered(run: Run, stage_id: str = "") -> Answered:
    """Return the answer of a finished run, at a stage or at its last one."""
    result = selectors.result_of(run)
    document, known = _frozen(run.input_id)
    number, stage = stage_of(result, stage_id)
    return Answered(run, result, document, known, number, stage)


@lru_cache(maxsize=8)
def _frozen(sha256: str) -> "tuple[FacilityInput, Mapping[str, str]]":
    """Read an input once for the pages that show it; its address is its hash."""
    document = FacilityInput.parse_json(StoredDocument.objects.get(pk=sha256).raw())
    return document, MappingProxyType(dict(levels(document)))


def plans_of(door: "Door") -> list[Scenario]:
    """Return the plans that are in sight, the committed one first."""
    return list(Scenario.objects.filter(site=door.site, archived=False))


def plan_in_view(request: HttpRequest, plans: list[Scenario]) -> Scenario | None:
    """Return the plan named in the address, or the committed one, or the first."""
    wanted = request.GET.get("scenario", "")
    if not wanted:
        return plans[0] if plans else None
    for plan in plans:
        if str(plan.pk) == wanted:
            return plan
    raise Http404("There is no such plan.")


def page(
    request: HttpRequest, door: "Door", template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer with a page of a site; its rail keeps the what-if that is in view."""
    scenario: Scenario | None = context.get("scenario")
    what_if = f"?scenario={scenario.pk}" if scenario and not scenario.is_committed else ""
    shown = {"door": door, "what_if": what_if, **context}
    return render(request, f"pages/{template}.html", shown, status=status)
