"""Administration of racks and what is in them."""

from django.contrib import admin

from facility.sites.admin import SiteScopedAdmin
from racks.models import Equipment, Rack, SystemType, WorkloadProfile


@admin.register(SystemType)
class SystemTypeAdmin(SiteScopedAdmin):
    """Systems as sites use them."""

    list_display = ("key", "site", "item", "updated_at")
    search_fields = ("key", "item")
    list_filter = ("site",)


@admin.register(WorkloadProfile)
class WorkloadProfileAdmin(SiteScopedAdmin):
    """Work through the week."""

    list_display = ("key", "site", "updated_at")
    search_fields = ("key",)
    list_filter = ("site",)


@admin.register(Rack)
class RackAdmin(SiteScopedAdmin):
    """Racks."""

    list_display = ("tag", "hall", "row", "position", "cooling", "n_rack_units")
    search_fields = ("tag", "hall__tag")
    list_filter = ("hall__building__site", "cooling")
    list_select_related = ("hall", "row__hall")
    raw_id_fields = ("hall", "row")


@admin.register(Equipment)
class EquipmentAdmin(SiteScopedAdmin):
    """What is in the racks."""

    list_display = ("rack", "system", "n_systems", "workload", "lowest_unit")
    search_fields = ("rack__tag", "system__key", "workload__key")
    list_filter = ("rack__hall__building__site",)
    list_select_related = ("rack__hall", "system", "workload")
    raw_id_fields = ("rack", "system", "workload")
