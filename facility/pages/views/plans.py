"""Plans: their list, each with its phases, and every edit of them."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST, require_safe

from facility.kernel.errors import InputError, Problem
from facility.pages import plan_words
from facility.pages.doors import Door, on_site, planners_only
from facility.pages.sight import page
from facility.scenarios import changes, selectors, services, tasks
from facility.scenarios.models import Change, Phase, Run, Scenario

if TYPE_CHECKING:
    from django.contrib.auth.models import User

UNPROCESSABLE = 422


def _plan(door: Door, pk: int) -> Scenario:
    rows = Scenario.objects.select_related("site", "parent")
    plan: Scenario = get_object_or_404(rows, pk=pk, site=door.site)
    return plan


def _problems_by_field(problems: tuple[Problem, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for problem in problems:
        found[problem.path.removeprefix("payload.").partition(".")[0]].append(problem.message)
    return dict(found)


@require_safe
@on_site
def scenario_list(request: HttpRequest, door: Door) -> HttpResponse:
    """Show the plans of a site with their newest run."""
    rows = Scenario.objects.filter(site=door.site).select_related("parent")
    newest: dict[int, Run] = {}
    for run in selectors.runs_of_site(door.site).defer("failure"):
        newest.setdefault(run.scenario_id, run)
    plans = [(row, newest.get(row.pk)) for row in rows.prefetch_related("phases")]
    return page(request, door, "scenario_list", {"section": "scenarios", "plans": plans})


@require_safe
@on_site
def scenario(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Show a plan: its phases in time, its runs, and the forms that change it."""
    return _show(request, door, _plan(door, pk), {})


def _show(
    request: HttpRequest, door: Door, plan: Scenario, more: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    names = plan_words.names_of(door.site)
    line = plan.lineage()
    phases = Phase.objects.filter(scenario__in=line).prefetch_related("changes")
    own_last = [row for member in line for row in phases if row.scenario_id == member.pk]
    context: dict[str, Any] = {
        "section": "scenarios",
        "scenario": plan,
        "line": line,
        "phases": [
            (phase, [(c, plan_words.change_words(c, names)) for c in phase.changes.all()])
            for phase in sorted(own_last, key=lambda row: row.on)
        ],
        "runs": Run.objects.filter(scenario=plan).defer("failure")[:5],
        "kinds": [(kind, entry.label) for kind, entry in changes.KINDS.items()],
    }
    wanted = {"phase": request.GET.get("phase", ""), "kind": request.GET.get("kind", "")}
    if door.may_plan and wanted["kind"] in changes.KINDS and "adding" not in more:
        context |= _adding(door, wanted["phase"], wanted["kind"], {}, {})
    return page(request, door, "scenario", context | more, status=status)


def _adding(
    door: Door,
    phase: str,
    kind: str,
    values: dict[str, str],
    errors: dict[str, list[str]],
) -> dict[str, Any]:
    fields = plan_words.fields(kind, door.site, values, errors)
    known = {field.name for field in fields}
    return {
        "adding": phase,
        "kind": kind,
        "kind_label": changes.KINDS[kind].label,
        "fields": fields,
        "other_errors": [
            text for name, texts in errors.items() if name not in known for text in texts
        ],
    }


@require_POST
@on_site
def run_plan(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Freeze the plan and start a run of it, or say everything that keeps it from being solved."""
    planners_only(door)
    plan = _plan(door, pk)
    try:
        run = tasks.submit_run(plan, cast("User", request.user))
    except InputError as error:
        refused = {"refused": error.problems}
        return _show(request, door, plan, refused, status=UNPROCESSABLE)
    return redirect("run", door.site.slug, run.pk)


@require_POST
@on_site
def derive(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Start a plan that goes on from this one."""
    planners_only(door)
    plan, name = _plan(door, pk), request.POST.get("name", "").strip()
    try:
        derived = services.derive_scenario(plan, name=name)
    except InputError as error:
        more = {"derive_name": name, "derive_errors": [p.message for p in error.problems]}
        return _show(request, door, plan, more, status=UNPROCESSABLE)
    return redirect("scenario", door.site.slug, derived.pk)


@require_POST
@on_site
def add_phase(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Add a date to a plan."""
    planners_only(door)
    plan = _plan(door, pk)
    typed = {name: request.POST.get(name, "").strip() for name in ("label", "on")}
    try:
        on = _date(typed["on"])
        services.add_phase(plan, label=typed["label"], on=on)
    except InputError as error:
        more = {"phase_typed": typed, "phase_errors": _problems_by_field(error.problems)}
        return _show(request, door, plan, more, status=UNPROCESSABLE)
    return redirect("scenario", door.site.slug, plan.pk)


def _date(text: str) -> Any:
    try:
        on = parse_date(text)
    except ValueError:
        on = None
    if on is None:
        raise InputError([Problem("on", "invalid", "A date as year-month-day, e.g. 2027-03-01.")])
    return on


def _phase(door: Door, pk: int) -> Phase:
    rows = Phase.objects.select_related("scenario__site")
    phase: Phase = get_object_or_404(rows, pk=pk, scenario__site=door.site)
    return phase


@require_POST
@on_site
def remove_phase(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Take a date with its changes out of a plan."""
    planners_only(door)
    phase = _phase(door, pk)
    return _edited(request, door, phase.scenario, lambda: services.remove_phase(phase))


@require_POST
@on_site
def add_change(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Add a step to a date, or show the form again with what is wrong beside each field."""
    planners_only(door)
    phase = _phase(door, pk)
    kind = request.POST.get("kind", "")
    if kind not in changes.KINDS:
        return redirect("scenario", door.site.slug, phase.scenario_id)
    typed = {name: str(value) for name, value in request.POST.items()}
    try:
        services.add_change(phase, kind=kind, payload=plan_words.payload_of(kind, typed))
    except InputError as error:
        more = _adding(door, str(phase.pk), kind, typed, _problems_by_field(error.problems))
        return _show(request, door, phase.scenario, more, status=UNPROCESSABLE)
    return redirect("scenario", door.site.slug, phase.scenario_id)


@require_POST
@on_site
def remove_change(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Take a step out of a plan."""
    planners_only(door)
    rows = Change.objects.select_related("phase__scenario__site")
    change = get_object_or_404(rows, pk=pk, phase__scenario__site=door.site)
    return _edited(request, door, change.phase.scenario, lambda: services.remove_change(change))


@require_POST
@on_site
def commit(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Make a plan the site's committed one."""
    planners_only(door)
    plan = _plan(door, pk)
    return _edited(request, door, plan, lambda: services.commit_scenario(plan))


def _edited(request: HttpRequest, door: Door, plan: Scenario, edit: Any) -> HttpResponse:
    try:
        edit()
    except InputError as error:
        for problem in error.problems:
            messages.error(request, problem.message)
    return redirect("scenario", door.site.slug, plan.pk)
