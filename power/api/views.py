"""The electrical plant, to read."""

from facility.sites.api.filters import lookups
from facility.sites.api.views import ScopedViewSet
from power import models
from power.api import serializers

BY_SITE = lookups(site="site", tag="tag", item="item")


class NodeViewSet(ScopedViewSet[models.Node]):
    """Nodes of the network."""

    queryset = models.Node.objects.all()
    serializer_class = serializers.NodeSerializer
    filters = lookups(**BY_SITE, hall="hall", path="path", current="current")


class LineViewSet(ScopedViewSet[models.Line]):
    """Cables, overhead lines and busways."""

    queryset = models.Line.objects.all()
    serializer_class = serializers.LineSerializer
    filters = lookups(**BY_SITE, from_node="from_node", to_node="to_node")


class TransformerViewSet(ScopedViewSet[models.Transformer]):
    """Transformers."""

    queryset = models.Transformer.objects.all()
    serializer_class = serializers.TransformerSerializer
    filters = lookups(**BY_SITE, hv_node="hv_node", lv_node="lv_node", room="room")


class SwitchViewSet(ScopedViewSet[models.Switch]):
    """Breakers, couplers and ties as they stand in normal operation."""

    queryset = models.Switch.objects.all()
    serializer_class = serializers.SwitchSerializer
    filters = lookups(
        **BY_SITE,
        from_node="from_node",
        to_node="to_node",
        closed="closed",
    )


class SourceViewSet(ScopedViewSet[models.Source]):
    """Utility connections."""

    queryset = models.Source.objects.all()
    serializer_class = serializers.SourceSerializer
    filters = lookups(**BY_SITE, node="node")


class ConversionViewSet(ScopedViewSet[models.Conversion]):
    """UPS, rectifiers and inverters."""

    queryset = models.Conversion.objects.all()
    serializer_class = serializers.ConversionSerializer
    filters = lookups(
        **BY_SITE,
        kind="kind",
        input_node="input_node",
        output_node="output_node",
        room="room",
    )


class HouseLoadViewSet(ScopedViewSet[models.HouseLoad]):
    """Lights, offices, controls."""

    queryset = models.HouseLoad.objects.all()
    serializer_class = serializers.HouseLoadSerializer
    filters = lookups(**BY_SITE, node="node")
