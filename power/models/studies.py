"""What the electrical studies of a site are asked: limits of the utility, dips, time without it."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from facility.sites.models import Site, SiteScoped, StoredArray, not_negative, positive
from power.models.base import ratio


class ElectricalStudy(SiteScoped):
    """One row a site: how the utility is lost, which dips come, which swings are allowed."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="electrical_study")
    utility_out_h = models.FloatField(
        null=True,
        blank=True,
        validators=[positive],
        help_text="How long the utility is away; empty: until nothing changes any more.",
    )
    block_interval_s = models.FloatField(
        default=5.0, validators=[positive], help_text="From one block of load to the next."
    )
    retransfer_s = models.FloatField(
        default=600.0,
        validators=[not_negative],
        help_text="Wait after the utility is back before loads return to it.",
    )
    sheds = models.BooleanField(
        default=True, help_text="Leaves off what running generator sets cannot carry."
    )
    recharges_on_sets = models.BooleanField(
        default=True, help_text="Batteries fill while the sets run."
    )
    n_dips = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    dip_residual_pu = models.FloatField(
        default=0.6, validators=ratio, help_text="Voltage left at the grid connection."
    )
    dip_duration_s = models.FloatField(default=0.1, validators=[positive])
    dip_interval_s = models.FloatField(
        default=15.0, validators=[positive], help_text="From one dip to the next."
    )
    coherence_ratio = models.FloatField(
        default=0.0, validators=ratio, help_text="0: jobs swing by themselves; 1: all in step."
    )
    swing_range_kw = models.FloatField(
        null=True, blank=True, validators=[positive], help_text="Allowed: largest less smallest."
    )
    voltage_change_ratio = models.FloatField(
        null=True, blank=True, validators=[positive], help_text="Allowed within a second."
    )
    short_term_flicker_pu = models.FloatField(
        null=True, blank=True, validators=[positive], help_text="Allowed P_st."
    )
    long_term_flicker_pu = models.FloatField(
        null=True, blank=True, validators=[positive], help_text="Allowed P_lt."
    )
    measured = models.ForeignKey(
        StoredArray,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="A measured course of power, one column power_kw.",
    )
    measured_label = models.CharField(max_length=200, blank=True)
    measured_source = models.CharField(max_length=300, blank=True)
    measured_step_s = models.FloatField(default=15.0, validators=[positive])

    class Meta:
        ordering = ("site",)
        verbose_name_plural = "electrical studies"

    def __str__(self) -> str:
        return f"Electrical study of {self.site}"

    def clean(self) -> None:
        """Refuse dips that run into one another and a measured course without a name."""
        problems: dict[str, str] = {}
        if self.n_dips > 1 and self.dip_interval_s <= self.dip_duration_s:
            problems["dip_interval_s"] = "The next dip must begin after the one before has ended."
        if self.measured_id and not self.measured_label:
            problems["measured_label"] = "Say what was measured."
        if problems:
            raise ValidationError(problems)


class RampLimit(SiteScoped):
    """The fastest change the utility allows over a time."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="ramp_limits")
    window_s = models.FloatField(validators=[positive], help_text="Over which a ramp is measured.")
    rise_kw_per_s = models.FloatField(null=True, blank=True, validators=[positive])
    drop_kw_per_s = models.FloatField(null=True, blank=True, validators=[positive])

    class Meta:
        ordering = ("site", "window_s")
        constraints = (
            models.UniqueConstraint(fields=("site", "window_s"), name="one_ramp_limit_per_window"),
        )

    def __str__(self) -> str:
        return f"{self.site} ramps over {self.window_s:g} s"


class BandLimit(SiteScoped):
    """The largest swing the utility allows in a range of frequencies."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="band_limits")
    low_hz = models.FloatField(validators=[positive])
    high_hz = models.FloatField(
        null=True, blank=True, validators=[positive], help_text="Empty: everything above."
    )
    amplitude_kw = models.FloatField(null=True, blank=True, validators=[positive])
    amplitude_ratio = models.FloatField(
        null=True, blank=True, validators=[positive], help_text="On the mean power."
    )

    class Meta:
        ordering = ("site", "low_hz", "high_hz")
        constraints = (
            models.CheckConstraint(
                condition=Q(high_hz=None) | Q(high_hz__gt=models.F("low_hz")),
                name="band_limit_in_order",
            ),
        )

    def __str__(self) -> str:
        above = "" if self.high_hz is None else f" to {self.high_hz:g}"
        return f"{self.site} swings from {self.low_hz:g}{above} Hz"


class MaintenancePair(SiteScoped):
    """A chosen pair: one object in maintenance while another is lost by fault."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="maintenance_pairs")
    maintained = models.CharField(max_length=60, help_text="Tag of what is in maintenance.")
    failed = models.CharField(max_length=60, help_text="Tag of what is lost by fault.")

    class Meta:
        ordering = ("site", "maintained", "failed")
        constraints = (
            models.UniqueConstraint(
                fields=("site", "maintained", "failed"), name="maintenance_pair_once_on_site"
            ),
            models.CheckConstraint(
                condition=~Q(maintained=models.F("failed")), name="maintenance_pair_of_two"
            ),
        )

    def __str__(self) -> str:
        return f"{self.maintained} in maintenance, {self.failed} lost"
