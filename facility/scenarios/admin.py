"""Administration of plans; runs and their documents can only be read."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from facility.scenarios.models import Change, Hold, Phase, Run, RunSeries, Scenario, StoredDocument
from facility.sites.admin import ReadOnlyAdmin, SiteScopedAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet


@admin.register(Scenario)
class ScenarioAdmin(SiteScopedAdmin):
    """Plans."""

    list_display = ("name", "site", "parent", "is_committed", "archived", "revision")
    search_fields = ("name", "description")
    list_filter = ("site", "is_committed", "archived")
    list_select_related = ("site", "parent")
    raw_id_fields = ("parent",)


@admin.register(Phase)
class PhaseAdmin(SiteScopedAdmin):
    """Dates of plans."""

    list_display = ("label", "on", "scenario")
    search_fields = ("label", "scenario__name")
    list_filter = ("scenario__site",)
    list_select_related = ("scenario",)
    raw_id_fields = ("scenario",)


@admin.register(Change)
class ChangeAdmin(SiteScopedAdmin):
    """Steps of plans."""

    list_display = ("phase", "order", "kind", "payload")
    search_fields = ("phase__label", "phase__scenario__name")
    list_filter = ("phase__scenario__site", "kind")
    list_select_related = ("phase",)
    raw_id_fields = ("phase",)


@admin.register(Hold)
class HoldAdmin(SiteScopedAdmin):
    """Promised places."""

    list_display = ("reference", "site", "hall", "system", "n_racks", "state", "expires_at")
    search_fields = ("reference",)
    list_filter = ("site", "state")
    list_select_related = ("site", "hall", "system")
    raw_id_fields = ("hall", "system", "requested_by")


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs."""

    list_display = ("pk", "scenario", "state", "attempt", "created_at", "finished_at", "pue")
    search_fields = ("scenario__name", "input__sha256")
    list_filter = ("state", "scenario__site", "solver_version")
    list_select_related = ("scenario",)
    exclude = ("lease",)


@admin.register(RunSeries)
class RunSeriesAdmin(ReadOnlyAdmin):
    """Which arrays belong to which run."""

    list_display = ("run", "stage", "array_id")
    search_fields = ("stage", "run__scenario__name")
    list_select_related = ("run",)


@admin.register(StoredDocument)
class StoredDocumentAdmin(ReadOnlyAdmin):
    """Frozen documents, without their bytes."""

    list_display = ("sha256", "schema_version")
    search_fields = ("sha256",)
    list_filter = ("schema_version",)
    exclude = ("packed",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """Leave the bytes in the database."""
        return super().get_queryset(request).defer("packed")
