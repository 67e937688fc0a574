"""Places, the weather over them, and the base class of everything that belongs to a site."""

import zlib
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

positive = MinValueValidator(1e-9)
not_negative = MinValueValidator(0)


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows of sites: seen only by members, and never changed without moving the site's revision.

    Bulk operations skip ``save`` and signals, so they count the change here.
    """

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the rows of sites the user is a member of; all of them for a superuser."""
        if getattr(user, "is_superuser", False):
            return self
        lookup = f"{self.model.SITE_PATH}__memberships__user".lstrip("_")
        return self.filter(**{lookup: user.pk}).distinct()

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Create rows at once, each with its history, and count a change on their sites."""
        rows: list[Any] = super().bulk_create(objs, *args, **kwargs)
        self.model.history.bulk_history_create(rows)
        if self.model.COUNTS_FOR_SITE:
            count_change({row.site_pk() for row in rows})
        return rows

    def update(self, **values: Any) -> int:
        """Update rows at once, each with its history, and count a change on their sites."""
        touched, keys = self._sites(), list(self.values_list("pk", flat=True))
        changed = super().update(**values)
        rows: list[models.Model] = list(models.QuerySet(self.model).filter(pk__in=keys))
        self.model.history.bulk_history_create(rows, update=True)
        count_change(touched)
        return changed

    def delete(self) -> tuple[int, dict[str, int]]:
        """Remove rows at once and count one change on each of their sites."""
        touched = self._sites()
        answer = super().delete()
        count_change(touched)
        return answer

    # As on Django's own: never from a template, never on a manager.
    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _sites(self) -> set[int]:
        if not self.model.COUNTS_FOR_SITE:
            return set()
        return set(self.values_list(f"{self.model.SITE_PATH}__pk".lstrip("_"), flat=True))


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)


def count_change(site_pks: Collection[int]) -> None:
    """Move the revision of sites, which makes runs that froze an earlier one stale."""
    models.QuerySet(Site).filter(pk__in=site_pks).update(revision=F("revision") + 1)


class SiteScoped(models.Model):
    """Base of every row that belongs to a site: scope, history, revision, ETag.

    ``SITE_PATH`` is the lookup that leads from the row to its site. ``COUNTS_FOR_SITE`` is false
    for rows that do not describe the site as built: editing a plan makes runs of that plan stale,
    not those of every other.
    """

    SITE_PATH: ClassVar[str] = "site"
    COUNTS_FOR_SITE: ClassVar[bool] = True

    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager()
    history = HistoricalRecords(inherit=True)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, one revision on; the site counts the change."""
        if not self._state.adding:
            self.revision += 1
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "revision", "updated_at"}
        super().save(*args, **kwargs)
        if self.COUNTS_FOR_SITE:
            count_change({self.site_pk()})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the row; the site counts the change."""
        site_pk = self.site_pk()
        answer = super().delete(*args, **kwargs)
        if self.COUNTS_FOR_SITE:
            count_change({site_pk})
        return answer

    def site_pk(self) -> int:
        """Return the primary key of the site this row belongs to."""
        target: Any = self
        *path, last = self.SITE_PATH.split("__")
        for step in path:
            target = getattr(target, step)
        return int(getattr(target, f"{last}_id"))

    @property
    def etag(self) -> str:
        """The strong validator of this row, for If-Match and If-None-Match."""
        return f'"{self._meta.label_lower}-{self.pk}-{self.revision}"'


class StoredArray(models.Model):
    """An array kept once, whoever refers to it, addressed by the hash of its bytes."""

    sha256 = models.CharField(
        max_length=64, primary_key=True, validators=[RegexValidator(r"^[0-9a-f]{64}$")]
    )
    n_rows = models.PositiveIntegerField()
    columns = models.JSONField(help_text="Names of the columns, with unit suffixes.")
    dtype = models.CharField(max_length=8, choices=[("<f8", "float64"), ("<f4", "float32")])
    packed = models.BinaryField(help_text="zlib of the C-ordered little-endian bytes.")

    def __str__(self) -> str:
        return f"{self.n_rows} × {len(self.columns)} ({self.sha256[:12]})"

    def raw(self) -> bytes:
        """Return the array's bytes as they were hashed."""
        return zlib.decompress(self.packed)


class Weather(models.Model):
    """A typical year at a place, usable by any site."""

    name = models.CharField(max_length=120, unique=True)
    source = models.CharField(max_length=400)
    latitude_deg = models.FloatField()
    longitude_deg = models.FloatField()
    altitude_m = models.FloatField()
    utc_offset_h = models.FloatField()
    array = models.ForeignKey(StoredArray, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "weather"

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A campus with a utility connection and one climate."""

    SITE_PATH: ClassVar[str] = ""
    COUNTS_FOR_SITE: ClassVar[bool] = True

    class ContinuousRule(models.TextChoices):
        NEC = "nec", "NEC: 80 % of a breaker continuously"
        IEC = "iec", "IEC: 100 % of a breaker continuously"

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    latitude_deg = models.FloatField(validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude_deg = models.FloatField(validators=[MinValueValidator(-180), MaxValueValidator(180)])
    altitude_m = models.FloatField(validators=[MinValueValidator(-430), MaxValueValidator(6000)])
    time_zone = models.CharField(max_length=60, help_text="IANA name, e.g. America/New_York.")
    utc_offset_h = models.FloatField(help_text="Of local standard time. [h]")
    first_weekday = models.PositiveSmallIntegerField(
        default=0, help_text="Weekday of the model year's 1 January; Monday is 0."
    )
    weather = models.ForeignKey(Weather, on_delete=models.PROTECT, related_name="sites")
    frequency_hz = models.FloatField(choices=[(50.0, "50 Hz"), (60.0, "60 Hz")])
    continuous_rule = models.CharField(max_length=3, choices=ContinuousRule.choices)
    currency = models.CharField(max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$")])
    energy_per_kwh = models.FloatField(null=True, blank=True, validators=[not_negative])
    demand_per_kw_month = models.FloatField(null=True, blank=True, validators=[not_negative])
    water_per_m3 = models.FloatField(null=True, blank=True, validators=[not_negative])
    carbon_kg_per_kwh = models.FloatField(null=True, blank=True, validators=[not_negative])
    design_dry_bulb_c = models.FloatField(help_text="Of the design point. [°C]")
    design_wet_bulb_c = models.FloatField(help_text="Coincident. [°C]")
    sources = models.JSONField(
        default=dict, blank=True, help_text="Field name to [source, confidence, note]."
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    objects = ScopedManager()
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(design_wet_bulb_c__lte=F("design_dry_bulb_c")),
                name="site_wet_bulb_not_above_dry_bulb",
            ),
            models.CheckConstraint(
                condition=Q(first_weekday__lte=6), name="site_first_weekday_is_a_weekday"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the site, one revision on from what the database holds.

        Rows of the site move its revision behind this object's back, so its own copy may be old.
        """
        if self._state.adding or self.pk is None:
            super().save(*args, **kwargs)
            return
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "revision"}
        with transaction.atomic():
            stored = Site.objects.select_for_update().values_list("revision", flat=True)
            self.revision = stored.get(pk=self.pk) + 1
            super().save(*args, **kwargs)

    def site_pk(self) -> int:
        """Return the primary key of the site: its own."""
        return int(self.pk)

    @property
    def etag(self) -> str:
        """The strong validator of the site, for If-Match and If-None-Match."""
        return f'"site-{self.pk}-{self.revision}"'


class Building(SiteScoped):
    """A building of a site."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="buildings")
    name = models.CharField(max_length=60)

    class Meta:
        ordering = ("site", "name")
        constraints = (
            models.UniqueConstraint(fields=("site", "name"), name="building_name_unique_on_site"),
        )

    def __str__(self) -> str:
        return self.name


class Hall(SiteScoped):
    """A room, in the coordinates of its own drawing: x along, y across, origin lower left."""

    class Purpose(models.TextChoices):
        WHITE_SPACE = "white_space", "White space"
        ELECTRICAL = "electrical", "Electrical room"

    class Containment(models.TextChoices):
        NONE = "none", "None"
        COLD = "cold_aisle", "Cold aisle"
        HOT = "hot_aisle", "Hot aisle"

    SITE_PATH = "building__site"

    building = models.ForeignKey(Building, on_delete=models.CASCADE, related_name="halls")
    tag = models.CharField(max_length=40, help_text="Name on the drawing, e.g. HALL-A.")
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.WHITE_SPACE)
    width_m = models.FloatField(validators=[positive])
    depth_m = models.FloatField(validators=[positive])
    floor_limit_kg_m2 = models.FloatField(validators=[positive])
    containment = models.CharField(max_length=12, choices=Containment.choices)
    supply_air_c = models.FloatField(help_text="Set point of the air units. [°C]")
    air_leakage_ratio = models.FloatField(
        validators=[MinValueValidator(0), MaxValueValidator(0.9)],
        help_text="Share of rack intake that comes from the hot aisle.",
    )
    row_end_ratio = models.FloatField(
        validators=[MinValueValidator(0), MaxValueValidator(0.9)],
        help_text="The same, extra, for the racks at row ends.",
    )
    air_oversupply_ratio = models.FloatField(validators=[not_negative], default=0.1)
    n_redundant_air_units = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ("building", "tag")
        constraints = (
            models.UniqueConstraint(fields=("building", "tag"), name="hall_tag_unique_in_building"),
            models.CheckConstraint(
                condition=Q(width_m__gt=0, depth_m__gt=0, floor_limit_kg_m2__gt=0),
                name="hall_dimensions_positive",
            ),
        )

    def __str__(self) -> str:
        return self.tag


class Row(SiteScoped):
    """A line of equal rack places; place 1 has its centre at (x_m, y_m)."""

    SITE_PATH = "hall__building__site"

    hall = models.ForeignKey(Hall, on_delete=models.CASCADE, related_name="rows")
    tag = models.CharField(max_length=20)
    x_m = models.FloatField()
    y_m = models.FloatField()
    pitch_m = models.FloatField(validators=[positive], help_text="Between centres, along x. [m]")
    depth_m = models.FloatField(validators=[positive])
    front_deg = models.FloatField(default=0.0, help_text="Direction the fronts face. [°]")
    n_positions = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])

    class Meta:
        ordering = ("hall", "tag")
        constraints = (
            models.UniqueConstraint(fields=("hall", "tag"), name="row_tag_unique_in_hall"),
        )

    def __str__(self) -> str:
        return f"{self.hall}/{self.tag}"

    def clean(self) -> None:
        """Refuse a row that does not end inside its hall."""
        end_m = self.x_m + self.pitch_m * (self.n_positions - 0.5)
        if self.hall_id and not 0 <= self.x_m <= end_m <= self.hall.width_m + 1e-9:
            raise ValidationError(
                {"n_positions": f"The row ends at {end_m:g} m, outside the hall."}
            )
