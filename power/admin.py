"""Administration of the electrical plant."""

from django.contrib import admin

from facility.sites.admin import SiteScopedAdmin
from power.models import (
    BandLimit,
    Battery,
    Conversion,
    CoolingStage,
    ElectricalStudy,
    Genset,
    HouseLoad,
    Impedance,
    Line,
    MaintenancePair,
    Node,
    RackFeed,
    RampLimit,
    RegulatedGenerator,
    RowTap,
    Shunt,
    Source,
    StaticLoad,
    Switch,
    TransferSwitch,
    Transformer,
)


class NetworkObjectAdmin(SiteScopedAdmin):
    """What all objects of the network share."""

    search_fields = ("tag", "item")
    list_filter: tuple[str, ...] = ("site",)
    list_select_related: tuple[str, ...] = ("site",)


@admin.register(Node)
class NodeAdmin(NetworkObjectAdmin):
    """Nodes."""

    list_display = ("tag", "site", "kind", "voltage_v", "current", "path", "hall", "rating_a")
    list_filter = ("site", "kind", "current", "path", "is_bus_section")
    list_select_related = ("site", "hall")
    raw_id_fields = ("hall",)


@admin.register(Line)
class LineAdmin(NetworkObjectAdmin):
    """Lines."""

    list_display = ("tag", "site", "from_node", "to_node", "length_km", "rating_a", "n_parallel")
    list_select_related = ("site", "from_node", "to_node")
    raw_id_fields = ("from_node", "to_node")


class CoolingStageInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    """Lower stages of cooling of a transformer."""

    model = CoolingStage
    extra = 0


@admin.register(Transformer)
class TransformerAdmin(NetworkObjectAdmin):
    """Transformers."""

    list_display = ("tag", "site", "hv_node", "lv_node", "rating_kva", "thermal_class", "standard")
    list_filter = ("site", "thermal_class", "standard")
    list_select_related = ("site", "hv_node", "lv_node")
    raw_id_fields = ("hv_node", "lv_node", "regulated_node", "room")
    inlines = (CoolingStageInline,)


@admin.register(CoolingStage)
class CoolingStageAdmin(SiteScopedAdmin):
    """Lower stages of cooling."""

    list_display = ("transformer", "thermal_class", "rating_kva", "start_c", "stop_c")
    search_fields = ("transformer__tag",)
    list_filter = ("transformer__site", "thermal_class")
    list_select_related = ("transformer",)
    raw_id_fields = ("transformer",)


@admin.register(Switch)
class SwitchAdmin(NetworkObjectAdmin):
    """Switches."""

    list_display = ("tag", "site", "from_node", "to_node", "closed", "rating_a")
    list_filter = ("site", "closed")
    list_select_related = ("site", "from_node", "to_node")
    raw_id_fields = ("from_node", "to_node")


@admin.register(Source)
class SourceAdmin(NetworkObjectAdmin):
    """Utility connections."""

    list_display = ("tag", "site", "node", "short_circuit_mva", "contract_kw", "contract_kva")
    list_select_related = ("site", "node")
    raw_id_fields = ("node",)


@admin.register(Conversion)
class ConversionAdmin(NetworkObjectAdmin):
    """UPSs, rectifiers and inverters."""

    list_display = ("tag", "site", "kind", "input_node", "output_node", "rating_kw", "rating_kva")
    list_filter = ("site", "kind")
    list_select_related = ("site", "input_node", "output_node")
    raw_id_fields = ("input_node", "output_node", "room")


@admin.register(HouseLoad)
class HouseLoadAdmin(NetworkObjectAdmin):
    """Constant loads."""

    list_display = ("tag", "site", "node", "power_kw", "power_factor")
    list_select_related = ("site", "node")
    raw_id_fields = ("node",)


@admin.register(RackFeed)
class RackFeedAdmin(SiteScopedAdmin):
    """Supplies of racks."""

    list_display = ("rack", "path", "node", "share_ratio", "breaker_a", "phases")
    search_fields = ("rack__tag", "node__tag")
    list_filter = ("rack__hall__building__site", "path")
    list_select_related = ("rack__hall", "node")
    raw_id_fields = ("rack", "node")


@admin.register(RowTap)
class RowTapAdmin(SiteScopedAdmin):
    """Places that can be fed."""

    list_display = ("row", "first_position", "last_position", "path", "node", "breaker_a")
    search_fields = ("row__tag", "node__tag")
    list_filter = ("row__hall__building__site", "path")
    list_select_related = ("row__hall", "node")
    raw_id_fields = ("row", "node")


@admin.register(Impedance)
class ImpedanceAdmin(NetworkObjectAdmin):
    """Reactors and equivalents."""

    list_display = ("tag", "site", "from_node", "to_node", "rating_kva")
    list_select_related = ("site", "from_node", "to_node")
    raw_id_fields = ("from_node", "to_node")


@admin.register(TransferSwitch)
class TransferSwitchAdmin(NetworkObjectAdmin):
    """Transfer switches."""

    list_display = (
        "tag",
        "site",
        "kind",
        "output_node",
        "preferred_node",
        "alternate_node",
        "rating_a",
    )
    list_filter = ("site", "kind")
    list_select_related = ("site", "output_node", "preferred_node", "alternate_node")
    raw_id_fields = ("output_node", "preferred_node", "alternate_node")


@admin.register(Shunt)
class ShuntAdmin(NetworkObjectAdmin):
    """Capacitors, reactors and filters."""

    list_display = ("tag", "site", "node", "voltage_v", "reactive_kvar")
    list_select_related = ("site", "node")
    raw_id_fields = ("node",)


@admin.register(RegulatedGenerator)
class RegulatedGeneratorAdmin(NetworkObjectAdmin):
    """Machines in parallel with the grid."""

    list_display = ("tag", "site", "node", "active_kw", "voltage_pu")
    list_select_related = ("site", "node")
    raw_id_fields = ("node",)


@admin.register(Genset)
class GensetAdmin(NetworkObjectAdmin):
    """Standby generator sets."""

    list_display = ("tag", "site", "node", "rating_class", "rating_kw", "rating_kva", "start_s")
    list_filter = ("site", "rating_class")
    list_select_related = ("site", "node")
    raw_id_fields = ("node",)


@admin.register(Battery)
class BatteryAdmin(NetworkObjectAdmin):
    """Storage."""

    list_display = ("tag", "site", "conversion", "node", "role", "power_kw", "energy_kwh")
    list_filter = ("site", "role")
    list_select_related = ("site", "conversion", "node")
    raw_id_fields = ("conversion", "node")


@admin.register(StaticLoad)
class StaticLoadAdmin(NetworkObjectAdmin):
    """Power of stated size."""

    list_display = ("tag", "site", "node", "active_kw", "reactive_kvar")
    list_select_related = ("site", "node")
    raw_id_fields = ("node",)


@admin.register(ElectricalStudy)
class ElectricalStudyAdmin(SiteScopedAdmin):
    """What the electrical studies are asked."""

    list_display = ("site", "utility_out_h", "n_dips", "dip_residual_pu", "measured_label")
    list_filter = ("site",)
    list_select_related = ("site",)
    raw_id_fields = ("measured",)


@admin.register(RampLimit)
class RampLimitAdmin(SiteScopedAdmin):
    """Ramps the utility allows."""

    list_display = ("site", "window_s", "rise_kw_per_s", "drop_kw_per_s")
    list_filter = ("site",)
    list_select_related = ("site",)


@admin.register(BandLimit)
class BandLimitAdmin(SiteScopedAdmin):
    """Swings the utility allows."""

    list_display = ("site", "low_hz", "high_hz", "amplitude_kw", "amplitude_ratio")
    list_filter = ("site",)
    list_select_related = ("site",)


@admin.register(MaintenancePair)
class MaintenancePairAdmin(SiteScopedAdmin):
    """Chosen pairs of a maintenance and a fault."""

    list_display = ("site", "maintained", "failed")
    list_filter = ("site",)
    list_select_related = ("site",)
