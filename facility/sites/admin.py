"""Administration of sites, and the base class of every page for rows of a site."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from facility.sites.models import Building, Hall, Row, Site, StoredArray, Weather


class SiteScopedAdmin(SimpleHistoryAdmin):  # type: ignore[misc]  # the package has no types
    """Rows of a site, with their history."""

    list_per_page = 50
    readonly_fields: ClassVar[tuple[str, ...]] = ("revision", "created_at", "updated_at")

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        """Remove rows one at a time, so that each leaves its history and its site counts it."""
        for row in queryset:
            row.delete()


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Rows that only services write: they can be looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False


@admin.register(Site)
class SiteAdmin(SiteScopedAdmin):
    """Sites."""

    list_display = ("name", "slug", "weather", "continuous_rule", "currency", "revision")
    search_fields = ("name", "slug")
    list_filter = ("continuous_rule", "currency")
    prepopulated_fields: ClassVar[dict[str, tuple[str, ...]]] = {"slug": ("name",)}
    readonly_fields = ("revision",)


@admin.register(Building)
class BuildingAdmin(SiteScopedAdmin):
    """Buildings."""

    list_display = ("name", "site", "updated_at")
    search_fields = ("name", "site__name")
    list_filter = ("site",)


@admin.register(Hall)
class HallAdmin(SiteScopedAdmin):
    """Halls."""

    list_display = ("tag", "name", "building", "purpose", "width_m", "depth_m", "containment")
    search_fields = ("tag", "name")
    list_filter = ("building__site", "purpose", "containment")
    list_select_related = ("building",)


@admin.register(Row)
class RowAdmin(SiteScopedAdmin):
    """Rows of rack places."""

    list_display = ("tag", "hall", "n_positions", "pitch_m", "x_m", "y_m", "front_deg")
    search_fields = ("tag", "hall__tag")
    list_filter = ("hall__building__site",)
    list_select_related = ("hall",)
    raw_id_fields = ("hall",)


@admin.register(Weather)
class WeatherAdmin(ReadOnlyAdmin):
    """Weather years; they come from files."""

    list_display = ("name", "source", "latitude_deg", "longitude_deg", "altitude_m")
    search_fields = ("name", "source")


@admin.register(StoredArray)
class StoredArrayAdmin(ReadOnlyAdmin):
    """Arrays, without their bytes."""

    list_display = ("sha256", "n_rows", "columns", "dtype")
    search_fields = ("sha256",)
    list_filter = ("dtype",)
    exclude = ("packed",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """Leave the bytes in the database."""
        return super().get_queryset(request).defer("packed")
