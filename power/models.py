"""The electrical plant as built, and which racks and rows hang on which node."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from facility.sites.models import Hall, Row, Site, SiteScoped, not_negative, positive
from racks.models import Rack

share = [MinValueValidator(1e-9), MaxValueValidator(1)]


class Path(models.TextChoices):
    """Redundant path of supply."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    D = "D", "D"
    NONE = "", "None"


class NetworkObject(SiteScoped):
    """Base of everything in the network: a tag that is unique on the site, a catalogue item."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    tag = models.CharField(max_length=60, help_text="Name on the one-line diagram.")
    item = models.CharField(
        max_length=120, blank=True, help_text="Catalogue item, `kind/id`; empty where none is used."
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.tag


class Node(NetworkObject):
    """A bus: switchgear section, board, UPS output, busway tap-off."""

    class Current(models.TextChoices):
        AC = "ac", "AC"
        DC = "dc", "DC"

    voltage_v = models.FloatField(validators=[positive])
    current = models.CharField(max_length=2, choices=Current.choices, default=Current.AC)
    path = models.CharField(max_length=1, choices=Path.choices, blank=True)
    hall = models.ForeignKey(
        Hall, null=True, blank=True, on_delete=models.SET_NULL, related_name="nodes"
    )
    is_bus_section = models.BooleanField(
        default=False, help_text="Switchgear whose loss is a credible outage of its own."
    )

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="node_tag_unique_on_site"),
            models.CheckConstraint(condition=Q(voltage_v__gt=0), name="node_voltage_positive"),
        )


class Line(NetworkObject):
    """A cable, overhead line or busway."""

    from_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="lines_from")
    to_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="lines_to")
    length_km = models.FloatField(validators=[positive])
    resistance_ohm_per_km = models.FloatField(validators=[not_negative])
    reactance_ohm_per_km = models.FloatField(validators=[not_negative])
    capacitance_nf_per_km = models.FloatField(default=0.0, validators=[not_negative])
    n_parallel = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    rating_a = models.FloatField(validators=[positive])
    derating_ratio = models.FloatField(default=1.0, validators=share)

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="line_tag_unique_on_site"),
            models.CheckConstraint(
                condition=~Q(from_node=F("to_node")), name="line_joins_two_nodes"
            ),
        )


class Transformer(NetworkObject):
    """A two-winding transformer."""

    class ThermalClass(models.TextChoices):
        ONAN = "onan", "ONAN"
        ONAF = "onaf", "ONAF"
        OF = "of", "OFAF / OFAN"
        OD = "od", "ODAF"
        DISTRIBUTION = "distribution", "Distribution, ONAN"
        DRY = "dry", "Dry type: no hot-spot model"

    class Standard(models.TextChoices):
        IEC = "iec", "IEC 60076"
        IEEE = "ieee", "IEEE C57"

    hv_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="transformers_hv")
    lv_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="transformers_lv")
    rating_kva = models.FloatField(validators=[positive])
    hv_voltage_v = models.FloatField(validators=[positive])
    lv_voltage_v = models.FloatField(validators=[positive])
    impedance_ratio = models.FloatField(validators=share)
    load_loss_kw = models.FloatField(validators=[not_negative])
    no_load_loss_kw = models.FloatField(validators=[not_negative])
    magnetising_ratio = models.FloatField(default=0.0, validators=[not_negative])
    tap_position = models.SmallIntegerField(default=0)
    tap_step_ratio = models.FloatField(default=0.0, validators=[not_negative])
    thermal_class = models.CharField(max_length=12, choices=ThermalClass.choices)
    standard = models.CharField(max_length=4, choices=Standard.choices)
    room = models.ForeignKey(
        Hall,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="transformers",
        help_text="Room its losses heat; empty outdoors.",
    )

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="transformer_tag_unique_on_site"),
            models.CheckConstraint(
                condition=~Q(hv_node=F("lv_node")), name="transformer_joins_two_nodes"
            ),
        )


class Switch(NetworkObject):
    """A breaker, coupler or tie, as it stands in normal operation."""

    from_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="switches_from")
    to_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="switches_to")
    closed = models.BooleanField()
    rating_a = models.FloatField(null=True, blank=True, validators=[positive])

    class Meta:
        ordering = ("site", "tag")
        verbose_name_plural = "switches"
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="switch_tag_unique_on_site"),
        )


class Source(NetworkObject):
    """A utility connection."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="sources")
    voltage_pu = models.FloatField(validators=[positive])
    short_circuit_mva = models.FloatField(validators=[positive])
    x_over_r = models.FloatField(validators=[positive])
    contract_kw = models.FloatField(null=True, blank=True, validators=[positive])
    contract_kva = models.FloatField(null=True, blank=True, validators=[positive])

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="source_tag_unique_on_site"),
        )


class Conversion(NetworkObject):
    """A UPS, rectifier or inverter."""

    class Kind(models.TextChoices):
        UPS = "ups", "UPS"
        RECTIFIER = "rectifier", "Rectifier"
        INVERTER = "inverter", "Inverter"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    input_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="conversions_in")
    output_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="conversions_out")
    rating_kw = models.FloatField(validators=[positive])
    rating_kva = models.FloatField(validators=[positive])
    loss_constant_ratio = models.FloatField(validators=[not_negative], help_text="a")
    loss_linear_ratio = models.FloatField(validators=[not_negative], help_text="b")
    loss_square_ratio = models.FloatField(validators=[not_negative], help_text="c")
    input_power_factor = models.FloatField(default=0.99, validators=share)
    room = models.ForeignKey(
        Hall, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversions"
    )

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="conversion_tag_unique_on_site"),
            models.CheckConstraint(
                condition=~Q(input_node=F("output_node")), name="conversion_joins_two_nodes"
            ),
        )


class HouseLoad(NetworkObject):
    """Lights, offices, controls: a constant load with no model of its own."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="house_loads")
    power_kw = models.FloatField(validators=[not_negative])
    power_factor = models.FloatField(default=0.95, validators=share)

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="house_load_tag_unique_on_site"),
        )


class RackFeed(SiteScoped):
    """One supply of a rack, from a node through a breaker."""

    SITE_PATH = "rack__hall__building__site"

    rack = models.ForeignKey(Rack, on_delete=models.CASCADE, related_name="feeds")
    path = models.CharField(max_length=1, choices=Path.choices)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="rack_feeds")
    share_ratio = models.FloatField(validators=share)
    breaker_a = models.FloatField(validators=[positive])
    power_factor = models.FloatField(default=0.99, validators=share)

    class Meta:
        ordering = ("rack", "path")
        constraints = (
            models.UniqueConstraint(fields=("rack", "path"), name="one_feed_per_rack_and_path"),
        )

    def __str__(self) -> str:
        return f"{self.rack} {self.path}"


class RowTap(SiteScoped):
    """Places of a row that can be tapped off a node: what a new rack there would be fed from."""

    SITE_PATH = "row__hall__building__site"

    row = models.ForeignKey(Row, on_delete=models.CASCADE, related_name="taps")
    first_position = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    last_position = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    path = models.CharField(max_length=1, choices=Path.choices)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="row_taps")
    breaker_a = models.FloatField(validators=[positive])

    class Meta:
        ordering = ("row", "first_position", "path")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_position__gte=F("first_position")), name="row_tap_range_in_order"
            ),
            models.UniqueConstraint(
                fields=("row", "first_position", "path"), name="one_tap_per_place_and_path"
            ),
        )

    def __str__(self) -> str:
        return f"{self.row} {self.first_position}-{self.last_position} {self.path}"

    def clean(self) -> None:
        """Refuse places the row does not have."""
        if self.row_id and self.last_position > self.row.n_positions:
            raise ValidationError({"last_position": f"The row has {self.row.n_positions} places."})
