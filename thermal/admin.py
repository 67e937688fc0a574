"""Administration of cooling."""

from django.contrib import admin

from facility.sites.admin import SiteScopedAdmin
from thermal.models import (
    Circuit,
    CoolingUnit,
    Loop,
    LoopFeed,
    RackConnection,
    RowConnection,
    UnitFeed,
)


@admin.register(Loop)
class LoopAdmin(SiteScopedAdmin):
    """Facility water loops."""

    list_display = ("tag", "site", "kind", "supply_setpoint_c", "design_rise_k", "n_redundant")
    search_fields = ("tag",)
    list_filter = ("site", "kind")


@admin.register(LoopFeed)
class LoopFeedAdmin(SiteScopedAdmin):
    """Supplies of loop pumps."""

    list_display = ("loop", "node", "share_ratio")
    search_fields = ("loop__tag", "node__tag")
    list_filter = ("loop__site",)
    list_select_related = ("loop", "node")
    raw_id_fields = ("loop", "node")


@admin.register(Circuit)
class CircuitAdmin(SiteScopedAdmin):
    """Technology coolant loops."""

    list_display = ("tag", "hall", "supply_setpoint_c", "fluid", "n_redundant")
    search_fields = ("tag", "hall__tag")
    list_filter = ("hall__building__site", "fluid")
    list_select_related = ("hall",)
    raw_id_fields = ("hall",)


@admin.register(CoolingUnit)
class CoolingUnitAdmin(SiteScopedAdmin):
    """Cooling machines."""

    list_display = ("tag", "site", "kind", "item", "hall", "loop", "circuit")
    search_fields = ("tag", "item")
    list_filter = ("site", "kind")
    list_select_related = ("site", "hall", "loop", "circuit")
    raw_id_fields = ("hall", "loop", "circuit")


@admin.register(UnitFeed)
class UnitFeedAdmin(SiteScopedAdmin):
    """Supplies of cooling units."""

    list_display = ("unit", "node", "share_ratio")
    search_fields = ("unit__tag", "node__tag")
    list_filter = ("unit__site",)
    list_select_related = ("unit", "node")
    raw_id_fields = ("unit", "node")


@admin.register(RackConnection)
class RackConnectionAdmin(SiteScopedAdmin):
    """Racks on liquid circuits."""

    list_display = ("rack", "circuit")
    search_fields = ("rack__tag", "circuit__tag")
    list_filter = ("circuit__hall__building__site",)
    list_select_related = ("rack__hall", "circuit")
    raw_id_fields = ("rack", "circuit")


@admin.register(RowConnection)
class RowConnectionAdmin(SiteScopedAdmin):
    """Rows that can be put on liquid circuits."""

    list_display = ("row", "circuit")
    search_fields = ("row__tag", "circuit__tag")
    list_filter = ("circuit__hall__building__site",)
    list_select_related = ("row__hall", "circuit")
    raw_id_fields = ("row", "circuit")
