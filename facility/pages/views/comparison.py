"""Plans that cool a hall in different ways, side by side, each from a real run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from facility.kernel.errors import InputError, Problem
from facility.pages.doors import Door, on_site, planners_only
from facility.pages.plan_words import change_words, names_of
from facility.pages.sight import answered, page, plans_of
from facility.reports import cooling_answer, cooling_figures, figures
from facility.reports.cooling_comparison import Case, case_of
from facility.reports.cooling_table import groups
from facility.scenarios import selectors, tasks
from facility.scenarios.models import Phase, Run, Scenario

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 3
UNPROCESSABLE = 422
FIRST_CHOICE = ("Hall D in air", "Hall D hybrid", "Hall D direct liquid")
"""Plans of the demo that are shown first, if the site has them and nobody chose others."""


@dataclass(frozen=True, slots=True)
class Column:
    """A plan with its newest run and the newest that has an answer."""

    plan: Scenario
    newest: Run | None
    done: Run | None
    stale: tuple[str, ...]
    case: Case | None

    @property
    def is_live(self) -> bool:
        """Whether a run of the plan is waiting or being solved."""
        return self.newest is not None and not self.newest.is_finished

    @property
    def is_wanting(self) -> bool:
        """Whether a run would tell something that is not known yet."""
        return not self.is_live and (self.done is None or bool(self.stale))

    @property
    def has_failed(self) -> bool:
        """Whether the newest run ended without an answer."""
        return self.newest is not None and self.newest.is_finished and self.newest != self.done


def _chosen(asked: QueryDict, plans: Sequence[Scenario]) -> list[Scenario]:
    """Return the plans named in the address in its order, or those to begin with."""
    wanted = list(dict.fromkeys(text for text in asked.getlist("with") if text))
    if wanted:
        by_key = {str(plan.pk): plan for plan in plans}
        if not set(wanted) <= by_key.keys():
            raise Http404("There is no such plan.")
        return [by_key[text] for text in wanted[:MOST]]
    by_name = {plan.name: plan for plan in plans}
    first = [by_name[name] for name in FIRST_CHOICE if name in by_name]
    derived = [plan for plan in plans if plan.parent_id is not None]
    return first or sorted(derived, key=lambda plan: -plan.pk)[:MOST][::-1]


def _columns(chosen: Sequence[Scenario]) -> list[Column]:
    keys: dict[int, dict[str, int]] = {plan.pk: {} for plan in chosen}
    runs = Run.objects.filter(scenario__in=chosen)
    for pk, plan_pk, state in runs.values_list("pk", "scenario_id", "state"):
        keys[plan_pk].setdefault("newest", pk)
        if state == Run.State.DONE:
            keys[plan_pk].setdefault("done", pk)
    wanted = {pk for found in keys.values() for pk in found.values()}
    rows = Run.objects.select_related("scenario__site").in_bulk(wanted)
    return [_column(plan, keys[plan.pk], rows) for plan in chosen]


def _column(plan: Scenario, keys: Mapping[str, int], rows: Mapping[int, Run]) -> Column:
    done = rows[keys["done"]] if "done" in keys else None
    newest = rows[keys["newest"]] if "newest" in keys else None
    stale = selectors.staleness_of(done) if done else ()
    return Column(plan, newest, done, stale, _case(plan, done) if done else None)


def _case(plan: Scenario, run: Run) -> Case:
    seen = answered(run)
    return case_of(plan.name, seen.result, seen.document, seen.levels)


@require_safe
@on_site
def comparison(request: HttpRequest, door: Door) -> HttpResponse:
    """Show up to three plans side by side, the differences to the first."""
    return _show(request, door, request.GET, {})


def _show(
    request: HttpRequest,
    door: Door,
    asked: QueryDict,
    refused: Mapping[str, Sequence[Problem]],
) -> HttpResponse:
    plans = plans_of(door)
    columns = _columns(_chosen(asked, plans))
    cases = [column.case for column in columns]
    known = [case for case in cases if case is not None]
    keep = urlencode({"with": [column.plan.pk for column in columns]}, doseq=True)
    context: dict[str, Any] = {
        "section": "comparison",
        "plans": plans,
        "columns": columns,
        "places": [columns[k].plan.pk if k < len(columns) else None for k in range(MOST)],
        "wanting": [column for column in columns if column.is_wanting],
        "keep": keep,
        "groups": groups(cases) if known else (),
        "answer": cooling_answer.answer(known),
        "equality": cooling_answer.equality(known),
        "charts": _charts(known),
        "changes": _changes(door, columns, plans),
        "refused": refused,
        "n_cells": 2 * len(columns),
        "is_stale": any(column.stale for column in columns),
    }
    status = UNPROCESSABLE if refused else 200
    return page(request, door, "comparison", context, status=status)


def _charts(known: Sequence[Case]) -> list[tuple[str, str, str]]:
    """Return the charts that have something to show: name, title, what they tell."""
    found = []
    if any(case.added_energy for case in known):
        found.append(("added-energy", "Energy that each plan adds", "of a year, by where it goes"))
    if any(case.site_energy for case in known):
        found += [
            ("site-energy", "Energy of the whole site", "of a year, with each plan"),
            (cooling_figures.DURATION, "Facility power by its duration", "the whole site"),
        ]
    return found


def _changes(
    door: Door, columns: Sequence[Column], plans: Sequence[Scenario]
) -> list[tuple[Scenario, list[tuple[Phase, list[str]]]]]:
    """Return the changes of each plan in words, without those that all of them share."""
    parents = {plan.pk: plan.parent_id for plan in plans}
    lines = [_line(column.plan, parents) for column in columns]
    shared = set.intersection(*map(set, lines)) if len(lines) > 1 else set()
    rows = Phase.objects.filter(scenario__in={key for line in lines for key in line})
    phases = list(rows.prefetch_related("changes"))
    names = names_of(door.site)
    return [
        (
            column.plan,
            [
                (phase, [change_words(change, names) for change in phase.changes.all()])
                for phase in sorted(phases, key=lambda row: row.on)
                if phase.scenario_id in set(line) - shared
            ],
        )
        for column, line in zip(columns, lines, strict=True)
    ]


def _line(plan: Scenario, parents: Mapping[int, int | None]) -> list[int]:
    """Return the keys of a plan and of those that it goes on from."""
    line: list[int] = [plan.pk]
    parent = plan.parent_id
    while parent is not None and parent not in line:
        line.append(parent)
        parent = parents.get(parent)
    return line


@require_POST
@on_site
def run_missing(request: HttpRequest, door: Door) -> HttpResponse:
    """Start a run of every chosen plan whose answer is missing or stale."""
    planners_only(door)
    columns = _columns(_chosen(request.POST, plans_of(door)))
    refused: dict[str, Sequence[Problem]] = {}
    for column in columns:
        if column.is_wanting:
            try:
                tasks.submit_run(column.plan, cast("User", request.user))
            except InputError as error:
                refused[column.plan.name] = error.problems
    if refused:
        return _show(request, door, request.POST, refused)
    keep = urlencode({"with": [column.plan.pk for column in columns]}, doseq=True)
    return redirect(f"{reverse('comparison', args=[door.site.slug])}?{keep}")


def _figure(request: HttpRequest, door: Door, name: str) -> figures.Figure:
    columns = _columns(_chosen(request.GET, plans_of(door)))
    known = [(column, column.case) for column in columns if column.case is not None]
    if name in cooling_figures.CHARTS:
        return cooling_figures.CHARTS[name]([case for _, case in known])
    if name != cooling_figures.DURATION:
        raise Http404("There is no such chart.")
    return cooling_figures.load_duration(
        [
            (case.name, figures.by_name(*selectors.series_of(column.done, case.stage.id)))
            for column, case in known
            if column.done is not None and case.stage.year is not None
        ]
    )


@require_safe
@on_site
def figure(request: HttpRequest, door: Door, name: str) -> HttpResponse:
    """Answer with a chart of the comparison as JSON."""
    response = JsonResponse(_figure(request, door, name))
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@require_safe
@on_site
def figure_table(request: HttpRequest, door: Door, name: str) -> HttpResponse:
    """Show the data of a chart of the comparison as a table."""
    drawn = _figure(request, door, name)
    head, rows = cooling_figures.data_table(drawn)
    context = {"title": drawn["layout"]["title"]["text"], "head": head, "rows": rows}
    return page(request, door, "run/_figure_table", context)
