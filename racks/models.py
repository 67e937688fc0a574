"""What draws power and makes heat: systems, the work they do, racks and what is in them."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from facility.kernel.errors import InputError
from facility.sites.models import Hall, Row, Site, SiteScoped, positive
from racks.physics.documents import System, Workload


def form_errors(error: InputError) -> dict[str, list[str]]:
    """Return a document's problems in the shape a form shows, all under the column's name."""
    return {"parameters": [f"{p.path}: {p.message}" for p in error.problems]}


class SystemType(SiteScoped):
    """A system as this site uses it: a catalogue item with its engineering values filled in."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="system_types")
    key = models.SlugField(max_length=60)
    item = models.CharField(max_length=120, help_text="Catalogue item, `kind/id`.")
    parameters = models.JSONField(help_text="Fields of the System document.")
    provenance = models.JSONField(default=list, help_text="Source and confidence by field.")

    class Meta:
        ordering = ("site", "key")
        constraints = (
            models.UniqueConstraint(fields=("site", "key"), name="system_key_unique_on_site"),
        )

    def __str__(self) -> str:
        return str(self.parameters.get("label", self.key))

    def clean(self) -> None:
        """Check the parameters against the document the solver reads."""
        try:
            System.parse({"id": self.key, **self.parameters})
        except InputError as error:
            raise ValidationError(form_errors(error)) from error


class WorkloadProfile(SiteScoped):
    """How hard equipment works through the week."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="workloads")
    key = models.SlugField(max_length=60)
    parameters = models.JSONField(help_text="Fields of the Workload document.")

    class Meta:
        ordering = ("site", "key")
        constraints = (
            models.UniqueConstraint(fields=("site", "key"), name="workload_key_unique_on_site"),
        )

    def __str__(self) -> str:
        return str(self.parameters.get("label", self.key))

    def clean(self) -> None:
        """Check the parameters against the document the solver reads."""
        try:
            Workload.parse({"id": self.key, **self.parameters})
        except InputError as error:
            raise ValidationError(form_errors(error)) from error


class Rack(SiteScoped):
    """A cabinet at a place of a row, or free in its hall."""

    class Cooling(models.TextChoices):
        AIR = "air", "Air"
        HYBRID = "hybrid", "Liquid and air"
        LIQUID = "liquid", "Liquid"

    SITE_PATH = "hall__building__site"

    hall = models.ForeignKey(Hall, on_delete=models.CASCADE, related_name="racks")
    row = models.ForeignKey(
        Row, null=True, blank=True, on_delete=models.PROTECT, related_name="racks"
    )
    position = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    tag = models.CharField(max_length=40)
    x_m = models.FloatField()
    y_m = models.FloatField()
    width_m = models.FloatField(validators=[positive])
    depth_m = models.FloatField(validators=[positive])
    front_deg = models.FloatField(default=0.0)
    n_rack_units = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    cabinet_mass_kg = models.FloatField(validators=[MinValueValidator(0)])
    cooling = models.CharField(max_length=6, choices=Cooling.choices)

    class Meta:
        ordering = ("hall", "tag")
        constraints = (
            models.UniqueConstraint(fields=("hall", "tag"), name="rack_tag_unique_in_hall"),
            models.UniqueConstraint(
                fields=("row", "position"),
                condition=Q(row__isnull=False),
                name="one_rack_per_position",
            ),
            models.CheckConstraint(
                condition=Q(row__isnull=True, position__isnull=True)
                | Q(row__isnull=False, position__isnull=False),
                name="rack_has_row_and_position_or_neither",
            ),
            models.CheckConstraint(
                condition=Q(width_m__gt=0, depth_m__gt=0), name="rack_dimensions_positive"
            ),
        )

    def __str__(self) -> str:
        return f"{self.hall}/{self.tag}"

    def clean(self) -> None:
        """Refuse a position the row does not have."""
        if self.row and self.position and self.position > self.row.n_positions:
            raise ValidationError(
                {"position": f"Row {self.row} has {self.row.n_positions} places."}
            )


class Equipment(SiteScoped):
    """Equal systems in a rack doing the same work."""

    SITE_PATH = "rack__hall__building__site"

    rack = models.ForeignKey(Rack, on_delete=models.CASCADE, related_name="equipment")
    system = models.ForeignKey(SystemType, on_delete=models.PROTECT, related_name="equipment")
    workload = models.ForeignKey(
        WorkloadProfile, on_delete=models.PROTECT, related_name="equipment"
    )
    n_systems = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    lowest_unit = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Lowest rack unit of the lowest system."
    )

    class Meta:
        ordering = ("rack", "lowest_unit", "pk")
        verbose_name_plural = "equipment"

    def __str__(self) -> str:
        return f"{self.n_systems} × {self.system}"
