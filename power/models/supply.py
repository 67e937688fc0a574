"""Where power comes from and what converts or stores it."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from facility.sites.models import Hall, not_negative, positive
from power.models.base import NetworkObject, ratio, share
from power.models.network import Node


class Source(NetworkObject):
    """A utility connection."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="sources")
    voltage_pu = models.FloatField(validators=[positive])
    voltage_deg = models.FloatField(default=0.0, help_text="Angle of its voltage.")
    short_circuit_mva = models.FloatField(
        null=True,
        blank=True,
        validators=[positive],
        help_text="Empty: the voltage at the node itself is held.",
    )
    x_over_r = models.FloatField(validators=[positive])
    contract_kw = models.FloatField(null=True, blank=True, validators=[positive])
    contract_kva = models.FloatField(null=True, blank=True, validators=[positive])
    power_factor_min = models.FloatField(
        null=True,
        blank=True,
        validators=share,
        help_text="Lowest the contract allows, lagging or leading.",
    )
    ramp_kw_per_min = models.FloatField(
        null=True,
        blank=True,
        validators=[positive],
        help_text="Fastest change the contract allows.",
    )

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="source_tag_unique_on_site"),
        )


class RegulatedGenerator(NetworkObject):
    """A machine that runs in parallel with the grid and holds the voltage of its node."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="regulated_generators")
    active_kw = models.FloatField(help_text="Given to the network.")
    voltage_pu = models.FloatField(validators=[positive])
    reactive_min_kvar = models.FloatField(null=True, blank=True)
    reactive_max_kvar = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(
                fields=("site", "tag"), name="regulated_generator_tag_unique_on_site"
            ),
        )


class Genset(NetworkObject):
    """A standby generator set."""

    class RatingClass(models.TextChoices):
        ESP = "ESP", "Emergency standby power"
        PRP = "PRP", "Prime power"
        LTP = "LTP", "Limited-time power"
        COP = "COP", "Continuous power"
        DCP = "DCP", "Data centre power"

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="gensets")
    rating_class = models.CharField(max_length=3, choices=RatingClass.choices)
    rating_kw = models.FloatField(validators=[positive], help_text="Engine, before derating.")
    rating_kva = models.FloatField(validators=[positive], help_text="Alternator, before derating.")
    derating_ratio = models.FloatField(
        null=True,
        blank=True,
        validators=share,
        help_text="Its maker's, for altitude and intake air; empty: from a table.",
    )
    start_s = models.FloatField(validators=[not_negative], help_text="Call to ready for load.")
    block_ratio = models.FloatField(validators=share, help_text="Largest step over its rating.")
    subtransient_ratio = models.FloatField(
        null=True, blank=True, validators=[positive], help_text="X''d on its kVA."
    )
    fuel_m3 = models.FloatField(
        null=True, blank=True, validators=[not_negative], help_text="Usable, in its own tank."
    )
    fuel_l_per_kwh = models.FloatField(
        null=True, blank=True, validators=[positive], help_text="At 75 % load."
    )

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="genset_tag_unique_on_site"),
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
    n_modules = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    n_redundant_modules = models.PositiveSmallIntegerField(
        default=0, help_text="Modules that may fail while the ratings still hold."
    )
    eco_mode = models.BooleanField(default=False, help_text="Runs on its bypass while it can.")
    eco_constant_ratio = models.FloatField(null=True, blank=True, validators=[not_negative])
    eco_linear_ratio = models.FloatField(null=True, blank=True, validators=[not_negative])
    eco_square_ratio = models.FloatField(null=True, blank=True, validators=[not_negative])
    input_low_pu = models.FloatField(
        default=0.85, validators=share, help_text="Input below which it takes its battery."
    )
    input_high_pu = models.FloatField(
        default=1.1, validators=[positive], help_text="Input above which it takes its battery."
    )
    dip_count = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Dips in the window after which it stays on battery; empty: no counter.",
    )
    dip_window_s = models.FloatField(null=True, blank=True, validators=[positive])
    walk_in_s = models.FloatField(
        default=10.0,
        validators=[not_negative],
        help_text="Over which it takes the load back from its battery.",
    )
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

    def clean(self) -> None:
        """Refuse settings of which only a part is stated."""
        problems: dict[str, str] = {}
        eco = (self.eco_constant_ratio, self.eco_linear_ratio, self.eco_square_ratio)
        if self.eco_mode and None in eco:
            problems["eco_mode"] = "State the three loss coefficients of eco mode."
        if (self.dip_count is None) != (self.dip_window_s is None):
            problems["dip_count"] = "State the count and the window together."
        if self.n_redundant_modules >= self.n_modules:
            problems["n_redundant_modules"] = f"There are {self.n_modules} modules."
        if problems:
            raise ValidationError(problems)


class Battery(NetworkObject):
    """Storage behind a UPS or rectifier, or at a node of its own."""

    class Role(models.TextChoices):
        RIDE_THROUGH = "ride_through", "Ride-through"
        SMOOTHING = "smoothing", "Smoothing"

    conversion = models.ForeignKey(
        Conversion, null=True, blank=True, on_delete=models.CASCADE, related_name="batteries"
    )
    node = models.ForeignKey(
        Node, null=True, blank=True, on_delete=models.PROTECT, related_name="batteries"
    )
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.RIDE_THROUGH)
    power_kw = models.FloatField(validators=[positive], help_text="Discharge, at its terminals.")
    energy_kwh = models.FloatField(validators=[positive], help_text="Full, as installed.")
    charge_min_ratio = models.FloatField(default=0.0, validators=ratio)
    charge_max_ratio = models.FloatField(default=1.0, validators=share)
    health_ratio = models.FloatField(
        default=1.0, validators=share, help_text="Capacity left at the age considered."
    )
    efficiency_ratio = models.FloatField(validators=share, help_text="One way.")
    recharge_kw = models.FloatField(validators=[not_negative], help_text="Drawn after use.")

    class Meta:
        ordering = ("site", "tag")
        verbose_name_plural = "batteries"
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="battery_tag_unique_on_site"),
            models.CheckConstraint(
                condition=Q(conversion=None) ^ Q(node=None), name="battery_is_at_one_place"
            ),
            models.CheckConstraint(
                condition=Q(charge_max_ratio__gt=F("charge_min_ratio")),
                name="battery_charge_in_order",
            ),
        )

    def clean(self) -> None:
        """Refuse a battery that is nowhere, or at two places."""
        if (self.conversion_id is None) == (self.node_id is None):
            raise ValidationError({"conversion": "State either the UPS or the node it stands at."})
