"""Cooling as built, what feeds it, and which racks and rows hang on which circuit."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from facility.kernel.errors import InputError
from facility.sites.models import Hall, Row, Site, SiteScoped, not_negative, positive
from power.models import Node
from racks.models import Rack, form_errors
from thermal.physics import units

share = [MinValueValidator(1e-9), MaxValueValidator(1)]


def unit_choices() -> list[tuple[str, str]]:
    """Read the registry when asked, so that a new kind of unit needs no migration."""
    return [(kind, entry.label) for kind, entry in units.KINDS.items()]


class Loop(SiteScoped):
    """A facility water loop."""

    class Kind(models.TextChoices):
        CHILLED = "chilled", "Chilled water"
        WARM = "warm", "Warm water"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="loops")
    tag = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    supply_setpoint_c = models.FloatField()
    design_rise_k = models.FloatField(validators=[positive])
    pump_drop_kpa = models.FloatField(validators=[positive])
    pump_efficiency_ratio = models.FloatField(validators=share)
    economiser_kw_per_k = models.FloatField(default=0.0, validators=[not_negative])
    cycles_of_concentration = models.FloatField(default=4.0, validators=[MinValueValidator(1.001)])
    n_redundant = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="loop_tag_unique_on_site"),
        )

    def __str__(self) -> str:
        return self.tag


class LoopFeed(SiteScoped):
    """One supply of a loop's pumps."""

    SITE_PATH = "loop__site"

    loop = models.ForeignKey(Loop, on_delete=models.CASCADE, related_name="feeds")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="loop_feeds")
    share_ratio = models.FloatField(validators=share)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("loop", "node"), name="one_feed_per_loop_and_node"),
        )

    def __str__(self) -> str:
        return f"{self.loop} from {self.node}"


class Circuit(SiteScoped):
    """A technology coolant loop of a hall, on common headers behind its CDUs."""

    class Fluid(models.TextChoices):
        WATER = "water", "Water"
        PG25 = "pg25", "Propylene glycol 25 % by volume"

    SITE_PATH = "hall__building__site"

    hall = models.ForeignKey(Hall, on_delete=models.CASCADE, related_name="circuits")
    tag = models.CharField(max_length=40)
    supply_setpoint_c = models.FloatField()
    fluid = models.CharField(max_length=5, choices=Fluid.choices)
    external_drop_kpa = models.FloatField(validators=[positive])
    n_redundant = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ("hall", "tag")
        constraints = (
            models.UniqueConstraint(fields=("hall", "tag"), name="circuit_tag_unique_in_hall"),
        )

    def __str__(self) -> str:
        return self.tag


class CoolingUnit(SiteScoped):
    """One cooling machine; its kind decides which parameters it has."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="cooling_units")
    tag = models.CharField(max_length=40, help_text="Name on the drawing, e.g. CDU-03.")
    kind = models.CharField(max_length=20, choices=unit_choices)
    item = models.CharField(max_length=120, blank=True, help_text="Catalogue item, `kind/id`.")
    hall = models.ForeignKey(
        Hall, null=True, blank=True, on_delete=models.PROTECT, related_name="cooling_units"
    )
    loop = models.ForeignKey(Loop, on_delete=models.PROTECT, related_name="units")
    circuit = models.ForeignKey(
        Circuit, null=True, blank=True, on_delete=models.PROTECT, related_name="units"
    )
    x_m = models.FloatField(null=True, blank=True, help_text="Centre on the hall's drawing. [m]")
    y_m = models.FloatField(null=True, blank=True)
    width_m = models.FloatField(null=True, blank=True, validators=[positive])
    depth_m = models.FloatField(null=True, blank=True, validators=[positive])
    parameters = models.JSONField(help_text="Ratings; fields of the document of its kind.")

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="cooling_unit_tag_unique_on_site"),
        )

    def __str__(self) -> str:
        return self.tag

    def document(self) -> dict[str, object]:
        """Return the unit as the fields of its document."""
        places = {"hall": self.hall, "circuit": self.circuit, "loop": self.loop}
        wanted = units.KINDS[self.kind].document.model_fields
        links = {name: place.tag for name, place in places.items() if place and name in wanted}
        return {"id": self.tag, "kind": self.kind, **links, **self.parameters}

    def clean(self) -> None:
        """Check the parameters against the document the solver reads."""
        if self.kind not in units.KINDS:
            return  # the field's own choices say so
        try:
            units.KINDS[self.kind].document.parse(self.document())
        except InputError as error:
            raise ValidationError(form_errors(error)) from error


class UnitFeed(SiteScoped):
    """One supply of a cooling unit."""

    SITE_PATH = "unit__site"

    unit = models.ForeignKey(CoolingUnit, on_delete=models.CASCADE, related_name="feeds")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="unit_feeds")
    share_ratio = models.FloatField(validators=share)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("unit", "node"), name="one_feed_per_unit_and_node"),
        )

    def __str__(self) -> str:
        return f"{self.unit} from {self.node}"


class RackConnection(SiteScoped):
    """A rack's connection to a liquid circuit."""

    SITE_PATH = "circuit__hall__building__site"

    rack = models.OneToOneField(Rack, on_delete=models.CASCADE, related_name="connection")
    circuit = models.ForeignKey(Circuit, on_delete=models.PROTECT, related_name="connections")

    def __str__(self) -> str:
        return f"{self.rack} on {self.circuit}"


class RowConnection(SiteScoped):
    """A row whose places can be connected to a liquid circuit."""

    SITE_PATH = "circuit__hall__building__site"

    row = models.OneToOneField(Row, on_delete=models.CASCADE, related_name="connection")
    circuit = models.ForeignKey(Circuit, on_delete=models.PROTECT, related_name="row_connections")

    def __str__(self) -> str:
        return f"{self.row} on {self.circuit}"
