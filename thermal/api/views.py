"""Cooling, to read; and racks, since only here all that hangs on one is known."""

from facility.sites.api.filters import lookups
from facility.sites.api.views import ScopedViewSet
from racks.api.views import RackViewSet
from thermal import models
from thermal.api import serializers


class LoopViewSet(ScopedViewSet[models.Loop]):
    """Facility water loops."""

    queryset = models.Loop.objects.prefetch_related("feeds")
    serializer_class = serializers.LoopSerializer
    shows_other_rows = True
    filters = lookups(site="site", tag="tag", kind="kind")


class CircuitViewSet(ScopedViewSet[models.Circuit]):
    """Technology coolant loops."""

    queryset = models.Circuit.objects.all()
    serializer_class = serializers.CircuitSerializer
    filters = lookups(site="hall__building__site", hall="hall", tag="tag")


class CoolingUnitViewSet(ScopedViewSet[models.CoolingUnit]):
    """Cooling machines."""

    queryset = models.CoolingUnit.objects.prefetch_related("feeds")
    serializer_class = serializers.CoolingUnitSerializer
    shows_other_rows = True
    filters = lookups(
        site="site",
        tag="tag",
        kind="kind",
        item="item",
        hall="hall",
        loop="loop",
        circuit="circuit",
    )


class ConnectedRackViewSet(RackViewSet):
    """Racks with their equipment, feeds and liquid circuit."""

    queryset = RackViewSet.queryset.select_related("connection").prefetch_related("feeds__node")
    serializer_class = serializers.ConnectedRackSerializer
    filters = lookups(**RackViewSet.filters, node="feeds__node", circuit="connection__circuit")
