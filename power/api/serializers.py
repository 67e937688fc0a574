"""The electrical plant as the API shows it."""

from rest_framework import serializers

from power import models
from racks.api.views import RACK_FIELDS, RackSerializer

OBJECT_FIELDS = ("id", "site", "tag", "item")


class NodeSerializer(serializers.ModelSerializer[models.Node]):
    """A bus."""

    class Meta:
        model = models.Node
        fields = (
            *OBJECT_FIELDS,
            "voltage_v",
            "current",
            "path",
            "hall",
            "is_bus_section",
            "revision",
        )


class LineSerializer(serializers.ModelSerializer[models.Line]):
    """A cable, overhead line or busway."""

    class Meta:
        model = models.Line
        fields = (
            *OBJECT_FIELDS,
            "from_node",
            "to_node",
            "length_km",
            "resistance_ohm_per_km",
            "reactance_ohm_per_km",
            "capacitance_nf_per_km",
            "n_parallel",
            "rating_a",
            "derating_ratio",
            "revision",
        )


class TransformerSerializer(serializers.ModelSerializer[models.Transformer]):
    """A two-winding transformer."""

    class Meta:
        model = models.Transformer
        fields = (
            *OBJECT_FIELDS,
            "hv_node",
            "lv_node",
            "rating_kva",
            "hv_voltage_v",
            "lv_voltage_v",
            "impedance_ratio",
            "load_loss_kw",
            "no_load_loss_kw",
            "magnetising_ratio",
            "tap_position",
            "tap_step_ratio",
            "thermal_class",
            "standard",
            "room",
            "revision",
        )


class SwitchSerializer(serializers.ModelSerializer[models.Switch]):
    """A breaker, coupler or tie."""

    class Meta:
        model = models.Switch
        fields = (*OBJECT_FIELDS, "from_node", "to_node", "closed", "rating_a", "revision")


class SourceSerializer(serializers.ModelSerializer[models.Source]):
    """A utility connection."""

    class Meta:
        model = models.Source
        fields = (
            *OBJECT_FIELDS,
            "node",
            "voltage_pu",
            "short_circuit_mva",
            "x_over_r",
            "contract_kw",
            "contract_kva",
            "revision",
        )


class ConversionSerializer(serializers.ModelSerializer[models.Conversion]):
    """A UPS, rectifier or inverter."""

    class Meta:
        model = models.Conversion
        fields = (
            *OBJECT_FIELDS,
            "kind",
            "input_node",
            "output_node",
            "rating_kw",
            "rating_kva",
            "loss_constant_ratio",
            "loss_linear_ratio",
            "loss_square_ratio",
            "input_power_factor",
            "room",
            "revision",
        )


class HouseLoadSerializer(serializers.ModelSerializer[models.HouseLoad]):
    """A constant load."""

    class Meta:
        model = models.HouseLoad
        fields = (*OBJECT_FIELDS, "node", "power_kw", "power_factor", "revision")


class RackFeedSerializer(serializers.ModelSerializer[models.RackFeed]):
    """One supply of a rack."""

    node_tag = serializers.CharField(source="node.tag", read_only=True)

    class Meta:
        model = models.RackFeed
        fields = ("id", "path", "node", "node_tag", "share_ratio", "breaker_a", "power_factor")


class FedRackSerializer(RackSerializer):
    """A rack and what supplies it."""

    feeds = RackFeedSerializer(many=True, read_only=True)

    class Meta(RackSerializer.Meta):
        fields: tuple[str, ...] = (*RACK_FIELDS, "feeds")
