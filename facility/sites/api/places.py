"""Sites, buildings, halls and rows, to read."""

from rest_framework import serializers

from facility.sites.api.filters import lookups
from facility.sites.api.views import ScopedViewSet
from facility.sites.models import Building, Hall, Row, Site


class SiteSerializer(serializers.ModelSerializer[Site]):
    """A campus with its climate, tariff and design point."""

    class Meta:
        model = Site
        fields = (
            "id",
            "name",
            "slug",
            "latitude_deg",
            "longitude_deg",
            "altitude_m",
            "time_zone",
            "utc_offset_h",
            "first_weekday",
            "weather",
            "frequency_hz",
            "continuous_rule",
            "currency",
            "energy_per_kwh",
            "demand_per_kw_month",
            "water_per_m3",
            "carbon_kg_per_kwh",
            "design_dry_bulb_c",
            "design_wet_bulb_c",
            "sources",
            "revision",
        )


class BuildingSerializer(serializers.ModelSerializer[Building]):
    """A building of a site."""

    class Meta:
        model = Building
        fields = ("id", "site", "name", "revision")


class HallSerializer(serializers.ModelSerializer[Hall]):
    """A room: its size, its air, what its floor carries."""

    class Meta:
        model = Hall
        fields = (
            "id",
            "building",
            "tag",
            "name",
            "purpose",
            "width_m",
            "depth_m",
            "floor_limit_kg_m2",
            "containment",
            "supply_air_c",
            "air_leakage_ratio",
            "row_end_ratio",
            "air_oversupply_ratio",
            "n_redundant_air_units",
            "revision",
        )


class RowSerializer(serializers.ModelSerializer[Row]):
    """A line of rack places in a hall's coordinates."""

    class Meta:
        model = Row
        fields = (
            "id",
            "hall",
            "tag",
            "x_m",
            "y_m",
            "pitch_m",
            "depth_m",
            "front_deg",
            "n_positions",
            "revision",
        )


class SiteViewSet(ScopedViewSet[Site]):
    """Sites that you are a member of."""

    queryset = Site.objects.all()
    serializer_class = SiteSerializer
    # A site's revision counts what is on it, and does not move when its own columns are edited.
    shows_other_rows = True
    filters = lookups(slug="slug", name="name")


class BuildingViewSet(ScopedViewSet[Building]):
    """Buildings."""

    queryset = Building.objects.all()
    serializer_class = BuildingSerializer
    filters = lookups(site="site", name="name")


class HallViewSet(ScopedViewSet[Hall]):
    """Halls and electrical rooms."""

    queryset = Hall.objects.all()
    serializer_class = HallSerializer
    filters = lookups(
        site="building__site",
        building="building",
        tag="tag",
        purpose="purpose",
    )


class RowViewSet(ScopedViewSet[Row]):
    """Rows of rack places."""

    queryset = Row.objects.all()
    serializer_class = RowSerializer
    filters = lookups(site="hall__building__site", hall="hall", tag="tag")
