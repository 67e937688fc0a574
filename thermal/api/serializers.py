"""Cooling as the API shows it, and racks with all that hangs on them."""

from rest_framework import serializers

from power.api.serializers import FedRackSerializer
from racks.api.views import RACK_FIELDS
from thermal import models


class LoopFeedSerializer(serializers.ModelSerializer[models.LoopFeed]):
    """One supply of a loop's pumps."""

    class Meta:
        model = models.LoopFeed
        fields = ("id", "node", "share_ratio")


class LoopSerializer(serializers.ModelSerializer[models.Loop]):
    """A facility water loop and what supplies its pumps."""

    feeds = LoopFeedSerializer(many=True, read_only=True)

    class Meta:
        model = models.Loop
        fields = (
            "id",
            "site",
            "tag",
            "kind",
            "supply_setpoint_c",
            "design_rise_k",
            "pump_drop_kpa",
            "pump_efficiency_ratio",
            "economiser_kw_per_k",
            "cycles_of_concentration",
            "n_redundant",
            "feeds",
            "revision",
        )


class CircuitSerializer(serializers.ModelSerializer[models.Circuit]):
    """A technology coolant loop of a hall."""

    class Meta:
        model = models.Circuit
        fields = (
            "id",
            "hall",
            "tag",
            "supply_setpoint_c",
            "fluid",
            "external_drop_kpa",
            "n_redundant",
            "revision",
        )


class UnitFeedSerializer(serializers.ModelSerializer[models.UnitFeed]):
    """One supply of a cooling unit."""

    class Meta:
        model = models.UnitFeed
        fields = ("id", "node", "share_ratio")


class CoolingUnitSerializer(serializers.ModelSerializer[models.CoolingUnit]):
    """A cooling machine and what supplies it."""

    kind = serializers.CharField(read_only=True)
    feeds = UnitFeedSerializer(many=True, read_only=True)

    class Meta:
        model = models.CoolingUnit
        fields = (
            "id",
            "site",
            "tag",
            "kind",
            "item",
            "hall",
            "loop",
            "circuit",
            "x_m",
            "y_m",
            "width_m",
            "depth_m",
            "parameters",
            "feeds",
            "revision",
        )


class ConnectedRackSerializer(FedRackSerializer):
    """A rack, what is in it, what supplies it and what cools it."""

    circuit = serializers.IntegerField(
        source="connection.circuit_id", read_only=True, allow_null=True, default=None
    )

    class Meta(FedRackSerializer.Meta):
        fields: tuple[str, ...] = (*RACK_FIELDS, "feeds", "circuit")
