"""What draws power, and through which feeds."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from facility.sites.models import Row, SiteScoped, not_negative, positive
from power.models.base import NetworkObject, Path, ratio, share
from power.models.network import Node
from racks.models import Rack


class Phases(models.TextChoices):
    """Conductors a feed draws from."""

    THREE = "L1L2L3", "L1-L2-L3"
    L1 = "L1", "L1"
    L2 = "L2", "L2"
    L3 = "L3", "L3"
    L1_L2 = "L1L2", "L1-L2"
    L2_L3 = "L2L3", "L2-L3"
    L3_L1 = "L3L1", "L3-L1"


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


class StaticLoad(NetworkObject):
    """Power of stated size: consumed where positive, generated where negative."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="static_loads")
    active_kw = models.FloatField()
    reactive_kvar = models.FloatField(default=0.0)
    constant_current_ratio = models.FloatField(
        default=0.0, validators=ratio, help_text="Part that follows the voltage."
    )
    constant_impedance_ratio = models.FloatField(
        default=0.0, validators=ratio, help_text="Part that follows the voltage squared."
    )

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="static_load_tag_unique_on_site"),
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
    phases = models.CharField(
        max_length=6,
        choices=Phases.choices,
        default=Phases.THREE,
        help_text="Conductors it draws from.",
    )

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
    phases = models.CharField(
        max_length=6,
        choices=Phases.choices,
        default=Phases.THREE,
        help_text="Conductors it draws from.",
    )

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
