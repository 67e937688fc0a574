"""What one can take away from a run: charts, their data, hourly series, the document itself."""

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.views.decorators.http import require_safe

from facility.access.services import record
from facility.pages import power_tabs
from facility.pages.doors import Door, on_site
from facility.pages.sight import Answered, answered, page
from facility.pages.views.runs import run_of
from facility.reports import figures, power_objects
from facility.scenarios import selectors
from facility.scenarios.models import Run, RunSeries

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def _reader(request: HttpRequest) -> "User":
    return cast("User", request.user)


def _done(door: Door, pk: int, stage_id: str) -> Answered:
    run = run_of(door, pk)
    if run.state != Run.State.DONE:
        raise Http404("The run has no answer.")
    return answered(run, stage_id)


def _figure(seen: Answered, name: str) -> figures.Figure:
    electrical = power_tabs.chart(name, seen)
    if electrical is not None:
        return electrical
    if name not in figures.CHARTS or seen.stage.year is None:
        raise Http404("There is no such chart.")
    try:
        columns, table = selectors.series_of(seen.run, seen.stage.id)
    except RunSeries.DoesNotExist as error:
        raise Http404("The stage has no year.") from error
    return figures.CHARTS[name](figures.by_name(columns, table), seen.stage)


@require_safe
@on_site
def figure(request: HttpRequest, door: Door, pk: int, name: str) -> HttpResponse:
    """Answer with a chart as JSON; the answer of a run never changes."""
    seen = _done(door, pk, request.GET.get("stage", ""))
    response = JsonResponse(_figure(seen, name))
    response.headers["Cache-Control"] = "private, max-age=600"
    return response


@require_safe
@on_site
def figure_table(request: HttpRequest, door: Door, pk: int, name: str) -> HttpResponse:
    """Show the data of a chart as a table."""
    seen = _done(door, pk, request.GET.get("stage", ""))
    drawn = _figure(seen, name)
    head, rows = figures.data_table(drawn)
    context = {"title": drawn["layout"]["title"]["text"], "head": head, "rows": rows}
    return page(request, door, "run/_figure_table", context)


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


@require_safe
@on_site
def series(request: HttpRequest, door: Door, pk: int, stage: str) -> HttpResponseBase:
    """Send the hourly series of a stage as CSV."""
    run = run_of(door, pk)
    try:
        columns, table = selectors.series_of(run, stage)
    except RunSeries.DoesNotExist as error:
        raise Http404("The stage has no year.") from error
    record("export", user=_reader(request), site=door.site, subject=f"series of run {pk}, {stage}")
    writer = csv.writer(_Echo())

    def rows() -> Iterator[list[Any]]:
        yield ["hour", *columns]
        for hour, row in enumerate(table):
            yield [hour, *(f"{value:.6g}" for value in row)]

    name = f"run-{pk}-{stage}.csv"
    return StreamingHttpResponse(
        (writer.writerow(row) for row in rows()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
@on_site
def objects(request: HttpRequest, door: Door, pk: int, stage: str) -> HttpResponse:
    """Send every electrical object of a stage as CSV, with all its digits."""
    seen = _done(door, pk, stage)
    if seen.stage.id != stage:
        raise Http404("There is no such stage.")
    record("export", user=_reader(request), site=door.site, subject=f"objects of run {pk}, {stage}")
    name = f"run-{pk}-{stage}-objects.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    csv.writer(response).writerows(
        power_objects.table(power_objects.rows_of(seen.stage, seen.levels))
    )
    return response


@require_safe
@on_site
def result_document(request: HttpRequest, door: Door, pk: int) -> HttpResponse:
    """Send the answer as the document it is, byte for byte."""
    run = run_of(door, pk)
    if run.result is None:
        raise Http404("The run has no answer.")
    record("export", user=_reader(request), site=door.site, subject=f"result of run {pk}")
    return HttpResponse(
        run.result.raw(),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="run-{pk}.json"'},
    )
