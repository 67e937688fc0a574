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

    queryset = models.Transformer.objects.prefetch_related("cooling_stages")
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


class ImpedanceViewSet(ScopedViewSet[models.Impedance]):
    """Reactors and equivalents of networks."""

    queryset = models.Impedance.objects.all()
    serializer_class = serializers.ImpedanceSerializer
    filters = lookups(**BY_SITE, from_node="from_node", to_node="to_node")


class TransferSwitchViewSet(ScopedViewSet[models.TransferSwitch]):
    """Automatic and static transfer switches."""

    queryset = models.TransferSwitch.objects.all()
    serializer_class = serializers.TransferSwitchSerializer
    filters = lookups(**BY_SITE, kind="kind", output_node="output_node")


class ShuntViewSet(ScopedViewSet[models.Shunt]):
    """Capacitors, reactors and filters."""

    queryset = models.Shunt.objects.all()
    serializer_class = serializers.ShuntSerializer
    filters = lookups(**BY_SITE, node="node")


class RegulatedGeneratorViewSet(ScopedViewSet[models.RegulatedGenerator]):
    """Machines that run in parallel with the grid."""

    queryset = models.RegulatedGenerator.objects.all()
    serializer_class = serializers.RegulatedGeneratorSerializer
    filters = lookups(**BY_SITE, node="node")


class GensetViewSet(ScopedViewSet[models.Genset]):
    """Standby generator sets."""

    queryset = models.Genset.objects.all()
    serializer_class = serializers.GensetSerializer
    filters = lookups(**BY_SITE, node="node", rating_class="rating_class")


class BatteryViewSet(ScopedViewSet[models.Battery]):
    """Storage."""

    queryset = models.Battery.objects.all()
    serializer_class = serializers.BatterySerializer
    filters = lookups(**BY_SITE, conversion="conversion", node="node", role="role")


class StaticLoadViewSet(ScopedViewSet[models.StaticLoad]):
    """Power of stated size, consumed or generated."""

    queryset = models.StaticLoad.objects.all()
    serializer_class = serializers.StaticLoadSerializer
    filters = lookups(**BY_SITE, node="node")


class ElectricalStudyViewSet(ScopedViewSet[models.ElectricalStudy]):
    """What the electrical studies of a site are asked."""

    queryset = models.ElectricalStudy.objects.all()
    serializer_class = serializers.ElectricalStudySerializer
    filters = lookups(site="site")


class RampLimitViewSet(ScopedViewSet[models.RampLimit]):
    """Ramps the utility allows."""

    queryset = models.RampLimit.objects.all()
    serializer_class = serializers.RampLimitSerializer
    filters = lookups(site="site")


class BandLimitViewSet(ScopedViewSet[models.BandLimit]):
    """Swings the utility allows."""

    queryset = models.BandLimit.objects.all()
    serializer_class = serializers.BandLimitSerializer
    filters = lookups(site="site")


class MaintenancePairViewSet(ScopedViewSet[models.MaintenancePair]):
    """Chosen pairs of a maintenance and a fault."""

    queryset = models.MaintenancePair.objects.all()
    serializer_class = serializers.MaintenancePairSerializer
    filters = lookups(site="site", maintained="maintained", failed="failed")
