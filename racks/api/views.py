"""Racks with what stands in them, system types and workloads, to read."""

from rest_framework import serializers

from facility.sites.api.filters import lookups
from facility.sites.api.views import ScopedViewSet
from racks.models import Equipment, Rack, SystemType, WorkloadProfile


class SystemTypeSerializer(serializers.ModelSerializer[SystemType]):
    """A system as the site uses it, with the source of each of its values."""

    class Meta:
        model = SystemType
        fields = ("id", "site", "key", "item", "parameters", "provenance", "revision")


class WorkloadSerializer(serializers.ModelSerializer[WorkloadProfile]):
    """How hard equipment works through the week."""

    class Meta:
        model = WorkloadProfile
        fields = ("id", "site", "key", "parameters", "revision")


class EquipmentSerializer(serializers.ModelSerializer[Equipment]):
    """Equal systems in a rack doing the same work."""

    system_key = serializers.CharField(source="system.key", read_only=True)
    workload_key = serializers.CharField(source="workload.key", read_only=True)

    class Meta:
        model = Equipment
        fields = (
            "id",
            "system",
            "system_key",
            "workload",
            "workload_key",
            "n_systems",
            "lowest_unit",
        )


RACK_FIELDS = (
    "id",
    "hall",
    "hall_tag",
    "row",
    "position",
    "tag",
    "x_m",
    "y_m",
    "width_m",
    "depth_m",
    "front_deg",
    "n_rack_units",
    "cabinet_mass_kg",
    "cooling",
    "equipment",
    "revision",
)


class RackSerializer(serializers.ModelSerializer[Rack]):
    """A cabinet, its place and what is in it. Feeds and coolant are added by the areas above."""

    hall_tag = serializers.CharField(source="hall.tag", read_only=True)
    equipment = EquipmentSerializer(many=True, read_only=True)

    class Meta:
        model = Rack
        fields: tuple[str, ...] = RACK_FIELDS


class SystemTypeViewSet(ScopedViewSet[SystemType]):
    """System types of your sites; `key` is what plans and fit checks name."""

    queryset = SystemType.objects.all()
    serializer_class = SystemTypeSerializer
    filters = lookups(site="site", key="key", item="item")


class WorkloadViewSet(ScopedViewSet[WorkloadProfile]):
    """Workload profiles of your sites."""

    queryset = WorkloadProfile.objects.all()
    serializer_class = WorkloadSerializer
    filters = lookups(site="site", key="key")


class RackViewSet(ScopedViewSet[Rack]):
    """Racks."""

    queryset = Rack.objects.select_related("hall").prefetch_related(
        "equipment__system", "equipment__workload"
    )
    serializer_class: type[serializers.BaseSerializer[Rack]] = RackSerializer
    shows_other_rows = True
    filters = lookups(
        site="hall__building__site",
        hall="hall",
        row="row",
        tag="tag",
        cooling="cooling",
        system="equipment__system",
    )
