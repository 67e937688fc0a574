"""Plans: scenarios, phases and changes, to read and to write; holds, to read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import models as columns
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from facility.access.models import Role
from facility.access.permissions import require_role
from facility.scenarios import services
from facility.scenarios.api import serializers
from facility.scenarios.models import Change, Hold, Phase, Scenario
from facility.sites.api import etags
from facility.sites.api.filters import lookups
from facility.sites.api.serializers import StrictSerializer
from facility.sites.api.views import ScopedViewSet

M = TypeVar("M", bound=columns.Model)


class PlanViewSet(ScopedViewSet[M]):
    """Rows of plans, which planners change."""

    def values(self, form: type[StrictSerializer]) -> dict[str, Any]:
        """Return the checked body, or refuse it with every problem."""
        read = form(data=self.request.data, context=self.get_serializer_context())
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)

    def made(self, row: M) -> Response:
        """Answer that a row was made, and where it is."""
        data = self.get_serializer(row).data
        address = reverse(f"{self.basename}-detail", args=[row.pk], request=self.request)
        headers = {"Location": address, "ETag": self.etag_of(row, data)}
        return Response(data, status=status.HTTP_201_CREATED, headers=headers)

    def changed(self, row: M) -> Response:
        """Answer how a row stands after its change."""
        fresh = self.get_queryset().get(pk=row.pk)
        data = self.get_serializer(fresh).data
        return Response(data, headers={"ETag": self.etag_of(fresh, data)})

    @contextmanager
    def editing(self, role: str = Role.PLANNER) -> Iterator[M]:
        """Lend the row of the address, locked, if the caller may change it and means this version.

        The lock is the plan's, the one that every edit of a plan takes first.
        """
        row = self.get_object()
        require_role(self.request.user, row, role)
        with transaction.atomic():
            list(Scenario.objects.select_for_update().filter(pk=plan_of(row)))
            locked = self.get_object()
            shown = self.get_serializer(locked).data
            etags.require_match(self.request, self.etag_of(locked, shown))
            yield locked


def plan_of(row: columns.Model) -> int:
    """Return the key of the plan that a row is part of."""
    if isinstance(row, Change):
        return row.phase.scenario_id
    return row.scenario_id if isinstance(row, Phase) else row.pk


class ScenarioViewSet(PlanViewSet[Scenario]):
    """Plans of your sites. A plan is put aside by `archived`; it is never removed, nor its runs."""

    queryset = Scenario.objects.all()
    serializer_class = serializers.ScenarioSerializer
    filters = lookups(
        site="site",
        name="name",
        parent="parent",
        is_committed="is_committed",
        archived="archived",
    )

    @extend_schema(request=serializers.NewScenario, responses={201: serializers.ScenarioSerializer})
    def create(self, request: Request) -> Response:
        """Start a plan on the site as built, or on another plan."""
        values = self.values(serializers.NewScenario)
        site = values.pop("site")
        require_role(request.user, site, Role.PLANNER)
        return self.made(services.create_scenario(site, **values))

    @extend_schema(request=serializers.ScenarioEdit)
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Rename a plan, describe it anew, put it aside or bring it back."""
        with self.editing() as row:
            values = self.values(serializers.ScenarioEdit)
            archived = values.pop("archived", None)
            if values:
                services.rename_scenario(row, **values)
            if archived is not None:
                services.archive_scenario(row, archived=archived)
        return self.changed(row)

    @extend_schema(request=None, responses=serializers.ScenarioSerializer)
    @action(detail=True, methods=["post"])
    def commit(self, request: Request, **_: Any) -> Response:
        """Make this the site's one committed plan, against which fit checks are made."""
        row = self.get_object()
        require_role(request.user, row, Role.MANAGER)
        return self.changed(services.commit_scenario(row))


class PhaseViewSet(PlanViewSet[Phase]):
    """Dates of plans, each with its steps."""

    queryset = Phase.objects.prefetch_related("changes")
    serializer_class = serializers.PhaseSerializer
    shows_other_rows = True
    filters = lookups(site="scenario__site", scenario="scenario")

    @extend_schema(request=serializers.NewPhase, responses={201: serializers.PhaseSerializer})
    def create(self, request: Request) -> Response:
        """Add a date to a plan."""
        values = self.values(serializers.NewPhase)
        scenario = values.pop("scenario")
        require_role(request.user, scenario, Role.PLANNER)
        return self.made(services.add_phase(scenario, **values))

    @extend_schema(request=serializers.PhaseEdit)
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Rename a date or move it."""
        with self.editing() as row:
            services.edit_phase(row, **self.values(serializers.PhaseEdit))
        return self.changed(row)

    def destroy(self, request: Request, **_: Any) -> Response:
        """Take a date and its steps out of a plan."""
        with self.editing() as row:
            services.remove_phase(row)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChangeViewSet(PlanViewSet[Change]):
    """Steps of plans. The fields of each kind are at `/api/schemas/`."""

    queryset = Change.objects.select_related("phase")
    serializer_class = serializers.ChangeSerializer
    filters = lookups(
        site="phase__scenario__site",
        scenario="phase__scenario",
        phase="phase",
        kind="kind",
    )

    @extend_schema(request=serializers.NewChange, responses={201: serializers.ChangeSerializer})
    def create(self, request: Request) -> Response:
        """Add a step after the last one of its date."""
        values = self.values(serializers.NewChange)
        phase = values.pop("phase")
        require_role(request.user, phase, Role.PLANNER)
        return self.made(services.add_change(phase, **values))

    @extend_schema(request=serializers.ChangeEdit)
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Write a step anew in its place."""
        with self.editing() as row:
            services.edit_change(row, **self.values(serializers.ChangeEdit))
        return self.changed(row)

    def destroy(self, request: Request, **_: Any) -> Response:
        """Take a step out of a plan."""
        with self.editing() as row:
            services.remove_change(row)
        return Response(status=status.HTTP_204_NO_CONTENT)


class HoldViewSet(ScopedViewSet[Hold]):
    """What is promised to somebody on top of the committed plan."""

    queryset = Hold.objects.all()
    serializer_class = serializers.HoldSerializer
    filters = lookups(site="site", hall="hall", state="state", reference="reference")
