"""Runs: ask for one, watch it, stop it, read what it was given and what it found."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from facility.access.models import Role
from facility.access.permissions import require_role
from facility.scenarios import selectors, services, tasks
from facility.scenarios.api import serializers, series
from facility.scenarios.models import Run, RunSeries, StoredDocument
from facility.sites.api import etags
from facility.sites.api.filters import lookups
from facility.sites.api.views import ScopedViewSet, caller


class RunViewSet(ScopedViewSet[Run]):
    """Runs can be asked for and read, not edited: edit the plan and run again."""

    queryset = Run.objects.all()
    serializer_class = serializers.RunSerializer
    shows_other_rows = True
    filters = lookups(site="scenario__site", scenario="scenario", state="state")

    def get_queryset(self) -> QuerySet[Run]:
        """Return the runs of the caller's sites, the newest first."""
        return selectors.runs_visible_to(self.request.user)

    @extend_schema(request=serializers.NewRun, responses={202: serializers.RunSerializer})
    def create(self, request: Request) -> Response:
        """Freeze a plan as it stands and queue its solve; `Location` says where to watch."""
        form = serializers.NewRun(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        scenario = form.validated_data["scenario"]
        require_role(request.user, scenario, Role.PLANNER)
        run = tasks.submit_run(scenario, caller(request))
        address = reverse("run-detail", args=[run.pk], request=request)
        data = self.get_serializer(self.get_queryset().get(pk=run.pk)).data
        return Response(data, status=status.HTTP_202_ACCEPTED, headers={"Location": address})

    @extend_schema(request=None, responses={202: serializers.RunSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **_: Any) -> Response:
        """Take a waiting run back, or ask a running one to stop. A finished one stays as it is."""
        run = self.get_object()
        require_role(request.user, run, Role.PLANNER)
        services.request_cancel(run, caller(request))
        return Response(self.get_serializer(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=OpenApiTypes.OBJECT, filters=False)
    @action(detail=True)
    def input(self, request: Request, **_: Any) -> HttpResponseBase:
        """Return the frozen document, byte for byte as it was hashed."""
        return self._document(request, self.get_object().input_id)

    @extend_schema(responses=OpenApiTypes.OBJECT, filters=False)
    @action(detail=True)
    def result(self, request: Request, **_: Any) -> HttpResponseBase:
        """Return the answer, byte for byte as it was hashed."""
        run = self.get_object()
        if run.result_id is None:
            raise NotFound(f"Run {run.pk} is {run.state} and has no result.", code="no_result")
        return self._document(request, run.result_id)

    @extend_schema(
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): OpenApiTypes.STR,
        },
        filters=False,
        parameters=[
            OpenApiParameter("columns", str, description="Names, separated by commas; all."),
            OpenApiParameter("format", str, enum=["json", "csv"], description="json."),
            OpenApiParameter("first_hour", int, description="First hour of the year; 0."),
            OpenApiParameter("n_hours", int, description="How many hours; all that follow."),
            OpenApiParameter("stage", str, OpenApiParameter.PATH),
        ],
    )
    @action(detail=True, url_path=r"series/(?P<stage>[^/]{1,80})")
    def series(self, request: Request, stage: str, **_: Any) -> HttpResponseBase:
        """Return hourly series of a stage, as JSON columns or as CSV with a row for each hour."""
        run = self.get_object()
        try:
            names, hours = selectors.series_of(run, stage)
        except RunSeries.DoesNotExist:
            known = list(RunSeries.objects.filter(run=run).values_list("stage", flat=True))
            there = f"There are {', '.join(known)}." if known else "The run has none."
            message = f"There are no series of {stage!r}. {there}"
            raise NotFound(message, code="no_series") from None
        wanted = series.choose(request, names, len(hours))
        return series.answer(wanted, names, hours)

    def _document(self, request: Request, sha256: str) -> HttpResponseBase:
        """Answer the stored bytes; their hash is their validator for ever."""
        etag = f'"{sha256}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if etags.is_known(request, etag):
            return HttpResponseNotModified(headers=headers)
        raw = StoredDocument.objects.get(pk=sha256).raw()
        return HttpResponse(raw, content_type="application/json", headers=headers)
