"""Plans side by side, each from a real run."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from facility.pages.doors import Door, on_site
from facility.pages.sight import answered, page, plans_of
from facility.reports.compare import Subject, compare_rows, compare_sentence
from facility.scenarios import selectors
from facility.scenarios.models import Run

MOST = 4


@require_safe
@on_site
def compare(request: HttpRequest, door: Door) -> HttpResponse:
    """Set the newest answers of chosen plans side by side; without a choice, of the what-ifs."""
    plans = plans_of(door)
    newest: dict[int, Run] = {}
    done = selectors.runs_of_site(door.site).filter(state=Run.State.DONE)
    for run in done:
        newest.setdefault(run.scenario_id, run)
    answerable = [plan for plan in plans if plan.pk in newest]
    wanted = set(request.GET.getlist("with"))
    if wanted:
        chosen = [plan for plan in answerable if str(plan.pk) in wanted]
    else:
        chosen = [plan for plan in answerable if not plan.is_committed] or answerable
    chosen = chosen[:MOST]
    subjects = []
    for plan in chosen:
        seen = answered(newest[plan.pk])
        subjects.append(Subject(plan.name, seen.result, seen.levels))
    context = {
        "section": "compare",
        "plans": [(plan, newest.get(plan.pk), plan in chosen) for plan in plans],
        "heads": [
            (plan, newest[plan.pk], selectors.staleness_of(newest[plan.pk]), subject.stage)
            for plan, subject in zip(chosen, subjects, strict=True)
        ],
        "rows": compare_rows(subjects),
        "sentence": compare_sentence(subjects),
        "most": MOST,
    }
    return page(request, door, "compare", context)
