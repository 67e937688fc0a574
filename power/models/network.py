"""Nodes, and what joins or hangs on them: lines, transformers, switches, shunts."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from facility.sites.models import Hall, SiteScoped, not_negative, positive
from power.models.base import NetworkObject, Path, ratio, share


class Node(NetworkObject):
    """A bus: switchgear section, board, UPS output, busway tap-off."""

    class Current(models.TextChoices):
        AC = "ac", "AC"
        DC = "dc", "DC"

    class Kind(models.TextChoices):
        BUS = "bus", "Bus"
        SWITCHGEAR = "switchgear", "Switchgear"
        BOARD = "board", "Low-voltage board"
        UPS_OUTPUT = "ups_output", "UPS output"
        PDU = "pdu", "Floor PDU"
        RPP = "rpp", "Remote power panel"
        BUSWAY = "busway", "Busway tap-off"
        DC_BUS = "dc_bus", "DC bus"

    voltage_v = models.FloatField(validators=[positive])
    current = models.CharField(max_length=2, choices=Current.choices, default=Current.AC)
    path = models.CharField(max_length=1, choices=Path.choices, blank=True)
    hall = models.ForeignKey(
        Hall, null=True, blank=True, on_delete=models.SET_NULL, related_name="nodes"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.BUS)
    rating_a = models.FloatField(
        null=True,
        blank=True,
        validators=[positive],
        help_text="Continuous current of the busbar or the panel's main.",
    )
    short_circuit_ka = models.FloatField(
        null=True,
        blank=True,
        validators=[positive],
        help_text="Short-circuit current its switchgear withstands, rms.",
    )
    short_circuit_peak_ka = models.FloatField(
        null=True,
        blank=True,
        validators=[positive],
        help_text="Peak current its switchgear withstands.",
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

    class Kind(models.TextChoices):
        CABLE = "cable", "Cable"
        OVERHEAD = "overhead", "Overhead line"
        BUSWAY = "busway", "Busway"

    from_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="lines_from")
    to_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="lines_to")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CABLE)
    length_km = models.FloatField(validators=[positive])
    resistance_ohm_per_km = models.FloatField(validators=[not_negative])
    reactance_ohm_per_km = models.FloatField(validators=[not_negative])
    capacitance_nf_per_km = models.FloatField(default=0.0, validators=[not_negative])
    conductance_us_per_km = models.FloatField(default=0.0, validators=[not_negative])
    n_parallel = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    rating_a = models.FloatField(validators=[positive])
    derating_ratio = models.FloatField(
        default=1.0, validators=share, help_text="Stated, besides those of air and neighbours."
    )
    ambient_c = models.FloatField(
        null=True, blank=True, help_text="Air around it; empty: that of its rating."
    )
    conductor_c = models.FloatField(
        null=True, blank=True, help_text="Highest its insulation bears: 70 PVC, 90 XLPE."
    )
    n_grouped = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Loaded conductors in one raceway (NEC) or circuits in one bunch (IEC).",
    )

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
        DRY = "dry", "Dry or cast resin"

    class Side(models.TextChoices):
        HV = "hv", "High voltage"
        LV = "lv", "Low voltage"

    class NoLoadPlace(models.TextChoices):
        ENDS = "ends", "Half at each end (pi)"
        MIDDLE = "middle", "Within the impedance (T)"

    class ThermalMethod(models.TextChoices):
        IEC = "iec", "IEC 60076-7"
        IEEE = "ieee", "IEEE C57.91, clause 7"

    class Insulation(models.TextChoices):
        A = "105", "A, 105 °C"
        E = "120", "E, 120 °C"
        B = "130", "B, 130 °C"
        F = "155", "F, 155 °C"
        H = "180", "H, 180 °C"
        N = "200", "200 °C"
        R = "220", "220 °C"

    class Standard(models.TextChoices):
        IEC = "iec", "IEC 60076"
        IEEE = "ieee", "IEEE C57"

    hv_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="transformers_hv")
    lv_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="transformers_lv")
    rating_kva = models.FloatField(validators=[positive])
    hv_voltage_v = models.FloatField(validators=[positive])
    lv_voltage_v = models.FloatField(validators=[positive])
    impedance_ratio = models.FloatField(
        help_text="On its rating; negative only in the star of a three-winding unit."
    )
    load_loss_kw = models.FloatField(
        help_text="At rated current; negative only in the star of a three-winding unit."
    )
    no_load_loss_kw = models.FloatField(validators=[not_negative])
    magnetising_ratio = models.FloatField(default=0.0, validators=[not_negative])
    tap_position = models.SmallIntegerField(default=0)
    tap_step_ratio = models.FloatField(default=0.0, validators=[not_negative])
    tap_step_deg = models.FloatField(default=0.0, help_text="Phase shift of each step.")
    tap_side = models.CharField(max_length=2, choices=Side.choices, default=Side.HV)
    tap_min = models.SmallIntegerField(null=True, blank=True)
    tap_max = models.SmallIntegerField(null=True, blank=True)
    shift_deg = models.FloatField(default=0.0, help_text="Vector group: HV leads LV by this.")
    regulated_node = models.ForeignKey(
        Node,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="regulated_by",
        help_text="Whose voltage the tap changer holds; empty where the tap stays.",
    )
    regulated_pu = models.FloatField(
        null=True, blank=True, validators=[positive], help_text="Voltage it holds."
    )
    half_band_pu = models.FloatField(
        null=True,
        blank=True,
        validators=[positive],
        help_text="It rests while the voltage is this near.",
    )
    thermal_class = models.CharField(max_length=12, choices=ThermalClass.choices)
    standard = models.CharField(max_length=4, choices=Standard.choices)
    thermal_method = models.CharField(
        max_length=4,
        choices=ThermalMethod.choices,
        default=ThermalMethod.IEC,
        help_text="Equations of the hot spot; paper and ambient follow the standard.",
    )
    insulation = models.CharField(
        max_length=3,
        choices=Insulation.choices,
        default=Insulation.F,
        help_text="Temperature class, of dry types.",
    )
    eddy_increase_ratio = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Harmonic factor on the eddy loss; empty: sinusoidal load.",
    )
    eddy_share_ratio = models.FloatField(
        null=True, blank=True, validators=[not_negative], help_text="Eddy loss over rated I²R."
    )
    no_load_place = models.CharField(
        max_length=6, choices=NoLoadPlace.choices, default=NoLoadPlace.ENDS
    )
    hv_leakage_resistance_ratio = models.FloatField(
        default=0.5, validators=ratio, help_text="Part on the HV side of the middle."
    )
    hv_leakage_reactance_ratio = models.FloatField(
        default=0.5, validators=ratio, help_text="Part on the HV side of the middle."
    )
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
            models.CheckConstraint(
                condition=Q(tap_min=None) | Q(tap_max=None) | Q(tap_max__gte=F("tap_min")),
                name="transformer_taps_in_order",
            ),
        )

    def clean(self) -> None:
        """Refuse a tap outside its range and a tap changer that is told half of its task."""
        problems: dict[str, str] = {}
        low, high = self.tap_min, self.tap_max
        if low is not None and self.tap_position < low:
            problems["tap_position"] = f"The lowest tap is {low}."
        if high is not None and self.tap_position > high:
            problems["tap_position"] = f"The highest tap is {high}."
        task: tuple[Any, ...] = (self.regulated_node_id, self.regulated_pu, self.half_band_pu)
        if any(task) and not all(task):
            problems["regulated_node"] = "State the node, the voltage and the band together."
        if any(task) and (low is None or high is None):
            problems["tap_min"] = "A tap changer needs its lowest and its highest tap."
        if (self.eddy_increase_ratio is None) != (self.eddy_share_ratio is None):
            problems["eddy_share_ratio"] = "State the factor and the share together."
        if problems:
            raise ValidationError(problems)


class CoolingStage(SiteScoped):
    """What a transformer carries at a lower stage of cooling: without its fans or pumps."""

    SITE_PATH = "transformer__site"

    transformer = models.ForeignKey(
        Transformer, on_delete=models.CASCADE, related_name="cooling_stages"
    )
    thermal_class = models.CharField(max_length=12, choices=Transformer.ThermalClass.choices)
    rating_kva = models.FloatField(validators=[positive])
    start_c = models.FloatField(default=65.0, help_text="Top oil at which the next stage starts.")
    stop_c = models.FloatField(default=55.0, help_text="Top oil at which the next stage stops.")

    class Meta:
        ordering = ("transformer", "rating_kva")
        constraints = (
            models.UniqueConstraint(
                fields=("transformer", "rating_kva"), name="one_rating_per_cooling_stage"
            ),
            models.CheckConstraint(
                condition=Q(start_c__gt=F("stop_c")), name="cooling_stage_stops_below_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.transformer} {self.get_thermal_class_display()}"


class Impedance(NetworkObject):
    """A reactor or an equivalent of a network: a series impedance that may differ by direction."""

    from_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="impedances_from")
    to_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="impedances_to")
    rating_kva = models.FloatField(validators=[positive], help_text="Base of its values.")
    from_to_resistance_pu = models.FloatField()
    from_to_reactance_pu = models.FloatField()
    to_from_resistance_pu = models.FloatField()
    to_from_reactance_pu = models.FloatField()
    from_conductance_pu = models.FloatField(default=0.0)
    from_susceptance_pu = models.FloatField(default=0.0)
    to_conductance_pu = models.FloatField(default=0.0)
    to_susceptance_pu = models.FloatField(default=0.0)

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="impedance_tag_unique_on_site"),
            models.CheckConstraint(
                condition=~Q(from_node=F("to_node")), name="impedance_joins_two_nodes"
            ),
        )


class Switch(NetworkObject):
    """A breaker, coupler or tie, as it stands in normal operation."""

    from_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="switches_from")
    to_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="switches_to")
    closed = models.BooleanField()
    rating_a = models.FloatField(null=True, blank=True, validators=[positive])
    short_circuit_ka = models.FloatField(
        null=True,
        blank=True,
        validators=[positive],
        help_text="Short-circuit current it breaks, rms.",
    )

    class Meta:
        ordering = ("site", "tag")
        verbose_name_plural = "switches"
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="switch_tag_unique_on_site"),
        )


class TransferSwitch(NetworkObject):
    """Joins its output to the preferred supply while that is live, else to the alternate."""

    class Kind(models.TextChoices):
        AUTOMATIC = "automatic", "Automatic transfer switch"
        STATIC = "static", "Static transfer switch"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    output_node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="transfers_out")
    preferred_node = models.ForeignKey(
        Node, on_delete=models.PROTECT, related_name="transfers_preferred"
    )
    alternate_node = models.ForeignKey(
        Node, on_delete=models.PROTECT, related_name="transfers_alternate"
    )
    transfer_s = models.FloatField(validators=[not_negative], help_text="Time without supply.")
    rating_a = models.FloatField(null=True, blank=True, validators=[positive])

    class Meta:
        ordering = ("site", "tag")
        verbose_name_plural = "transfer switches"
        constraints = (
            models.UniqueConstraint(
                fields=("site", "tag"), name="transfer_switch_tag_unique_on_site"
            ),
            models.CheckConstraint(
                condition=~Q(preferred_node=F("alternate_node")),
                name="transfer_switch_has_two_supplies",
            ),
        )


class Shunt(NetworkObject):
    """A capacitor bank, a reactor or a filter."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="shunts")
    voltage_v = models.FloatField(validators=[positive], help_text="At which its powers hold.")
    active_kw = models.FloatField(default=0.0)
    reactive_kvar = models.FloatField(help_text="Consumed; a capacitor is negative.")

    class Meta:
        ordering = ("site", "tag")
        constraints = (
            models.UniqueConstraint(fields=("site", "tag"), name="shunt_tag_unique_on_site"),
        )
