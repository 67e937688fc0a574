"""The electrical plant as the API shows it."""

from rest_framework import serializers

from power import models
from racks.api.views import RACK_FIELDS, RackSerializer

OBJECT_FIELDS = ("id", "site", "tag", "item")


class NodeSerializer(serializers.ModelSerializer[models.Node]):
    """A bus."""

    class Meta:
        model = models.Node
        fields = (
            *OBJECT_FIELDS,
            "voltage_v",
            "current",
            "path",
            "kind",
            "hall",
            "rating_a",
            "short_circuit_ka",
            "short_circuit_peak_ka",
            "is_bus_section",
            "revision",
        )


class LineSerializer(serializers.ModelSerializer[models.Line]):
    """A cable, overhead line or busway."""

    class Meta:
        model = models.Line
        fields = (
            *OBJECT_FIELDS,
            "from_node",
            "to_node",
            "kind",
            "length_km",
            "resistance_ohm_per_km",
            "reactance_ohm_per_km",
            "capacitance_nf_per_km",
            "conductance_us_per_km",
            "n_parallel",
            "rating_a",
            "derating_ratio",
            "ambient_c",
            "conductor_c",
            "n_grouped",
            "revision",
        )


class CoolingStageSerializer(serializers.ModelSerializer[models.CoolingStage]):
    """What a transformer carries at a lower stage of cooling."""

    class Meta:
        model = models.CoolingStage
        fields = ("thermal_class", "rating_kva", "start_c", "stop_c")


class TransformerSerializer(serializers.ModelSerializer[models.Transformer]):
    """A two-winding transformer."""

    cooling_stages = CoolingStageSerializer(many=True, read_only=True)

    class Meta:
        model = models.Transformer
        fields = (
            *OBJECT_FIELDS,
            "hv_node",
            "lv_node",
            "rating_kva",
            "hv_voltage_v",
            "lv_voltage_v",
            "impedance_ratio",
            "load_loss_kw",
            "no_load_loss_kw",
            "magnetising_ratio",
            "tap_position",
            "tap_step_ratio",
            "tap_step_deg",
            "tap_side",
            "tap_min",
            "tap_max",
            "shift_deg",
            "regulated_node",
            "regulated_pu",
            "half_band_pu",
            "thermal_class",
            "cooling_stages",
            "standard",
            "thermal_method",
            "insulation",
            "eddy_increase_ratio",
            "eddy_share_ratio",
            "no_load_place",
            "hv_leakage_resistance_ratio",
            "hv_leakage_reactance_ratio",
            "room",
            "revision",
        )


class ImpedanceSerializer(serializers.ModelSerializer[models.Impedance]):
    """A reactor or an equivalent of a network."""

    class Meta:
        model = models.Impedance
        fields = (
            *OBJECT_FIELDS,
            "from_node",
            "to_node",
            "rating_kva",
            "from_to_resistance_pu",
            "from_to_reactance_pu",
            "to_from_resistance_pu",
            "to_from_reactance_pu",
            "from_conductance_pu",
            "from_susceptance_pu",
            "to_conductance_pu",
            "to_susceptance_pu",
            "revision",
        )


class TransferSwitchSerializer(serializers.ModelSerializer[models.TransferSwitch]):
    """An automatic or static transfer switch."""

    class Meta:
        model = models.TransferSwitch
        fields = (
            *OBJECT_FIELDS,
            "kind",
            "output_node",
            "preferred_node",
            "alternate_node",
            "transfer_s",
            "rating_a",
            "revision",
        )


class ShuntSerializer(serializers.ModelSerializer[models.Shunt]):
    """A capacitor bank, a reactor or a filter."""

    class Meta:
        model = models.Shunt
        fields = (*OBJECT_FIELDS, "node", "voltage_v", "active_kw", "reactive_kvar", "revision")


class RegulatedGeneratorSerializer(serializers.ModelSerializer[models.RegulatedGenerator]):
    """A machine in parallel with the grid."""

    class Meta:
        model = models.RegulatedGenerator
        fields = (
            *OBJECT_FIELDS,
            "node",
            "active_kw",
            "voltage_pu",
            "reactive_min_kvar",
            "reactive_max_kvar",
            "revision",
        )


class GensetSerializer(serializers.ModelSerializer[models.Genset]):
    """A standby generator set."""

    class Meta:
        model = models.Genset
        fields = (
            *OBJECT_FIELDS,
            "node",
            "rating_class",
            "rating_kw",
            "rating_kva",
            "derating_ratio",
            "start_s",
            "block_ratio",
            "subtransient_ratio",
            "fuel_m3",
            "fuel_l_per_kwh",
            "revision",
        )


class BatterySerializer(serializers.ModelSerializer[models.Battery]):
    """Storage behind a UPS or at a node."""

    class Meta:
        model = models.Battery
        fields = (
            *OBJECT_FIELDS,
            "conversion",
            "node",
            "role",
            "power_kw",
            "energy_kwh",
            "charge_min_ratio",
            "charge_max_ratio",
            "health_ratio",
            "efficiency_ratio",
            "recharge_kw",
            "revision",
        )


class StaticLoadSerializer(serializers.ModelSerializer[models.StaticLoad]):
    """Power of stated size, consumed or generated."""

    class Meta:
        model = models.StaticLoad
        fields = (
            *OBJECT_FIELDS,
            "node",
            "active_kw",
            "reactive_kvar",
            "constant_current_ratio",
            "constant_impedance_ratio",
            "revision",
        )


class SwitchSerializer(serializers.ModelSerializer[models.Switch]):
    """A breaker, coupler or tie."""

    class Meta:
        model = models.Switch
        fields = (
            *OBJECT_FIELDS,
            "from_node",
            "to_node",
            "closed",
            "rating_a",
            "short_circuit_ka",
            "revision",
        )


class SourceSerializer(serializers.ModelSerializer[models.Source]):
    """A utility connection."""

    class Meta:
        model = models.Source
        fields = (
            *OBJECT_FIELDS,
            "node",
            "voltage_pu",
            "voltage_deg",
            "short_circuit_mva",
            "x_over_r",
            "contract_kw",
            "contract_kva",
            "power_factor_min",
            "ramp_kw_per_min",
            "revision",
        )


class ConversionSerializer(serializers.ModelSerializer[models.Conversion]):
    """A UPS, rectifier or inverter."""

    class Meta:
        model = models.Conversion
        fields = (
            *OBJECT_FIELDS,
            "kind",
            "input_node",
            "output_node",
            "rating_kw",
            "rating_kva",
            "loss_constant_ratio",
            "loss_linear_ratio",
            "loss_square_ratio",
            "input_power_factor",
            "n_modules",
            "n_redundant_modules",
            "eco_mode",
            "eco_constant_ratio",
            "eco_linear_ratio",
            "eco_square_ratio",
            "input_low_pu",
            "input_high_pu",
            "dip_count",
            "dip_window_s",
            "walk_in_s",
            "room",
            "revision",
        )


class HouseLoadSerializer(serializers.ModelSerializer[models.HouseLoad]):
    """A constant load."""

    class Meta:
        model = models.HouseLoad
        fields = (*OBJECT_FIELDS, "node", "power_kw", "power_factor", "revision")


class RackFeedSerializer(serializers.ModelSerializer[models.RackFeed]):
    """One supply of a rack."""

    node_tag = serializers.CharField(source="node.tag", read_only=True)

    class Meta:
        model = models.RackFeed
        fields = (
            "id",
            "path",
            "node",
            "node_tag",
            "share_ratio",
            "breaker_a",
            "power_factor",
            "phases",
        )


class FedRackSerializer(RackSerializer):
    """A rack and what supplies it."""

    feeds = RackFeedSerializer(many=True, read_only=True)

    class Meta(RackSerializer.Meta):
        fields: tuple[str, ...] = (*RACK_FIELDS, "feeds")


class ElectricalStudySerializer(serializers.ModelSerializer[models.ElectricalStudy]):
    """How the utility fails and what it allows."""

    class Meta:
        model = models.ElectricalStudy
        fields = (
            "id",
            "site",
            "utility_out_h",
            "block_interval_s",
            "retransfer_s",
            "sheds",
            "recharges_on_sets",
            "n_dips",
            "dip_residual_pu",
            "dip_duration_s",
            "dip_interval_s",
            "coherence_ratio",
            "swing_range_kw",
            "voltage_change_ratio",
            "short_term_flicker_pu",
            "long_term_flicker_pu",
            "measured_label",
            "measured_source",
            "measured_step_s",
            "revision",
        )


class RampLimitSerializer(serializers.ModelSerializer[models.RampLimit]):
    """A ramp the utility allows."""

    class Meta:
        model = models.RampLimit
        fields = ("id", "site", "window_s", "rise_kw_per_s", "drop_kw_per_s", "revision")


class BandLimitSerializer(serializers.ModelSerializer[models.BandLimit]):
    """A swing the utility allows."""

    class Meta:
        model = models.BandLimit
        fields = (
            "id",
            "site",
            "low_hz",
            "high_hz",
            "amplitude_kw",
            "amplitude_ratio",
            "revision",
        )


class MaintenancePairSerializer(serializers.ModelSerializer[models.MaintenancePair]):
    """A maintenance and a fault at once."""

    class Meta:
        model = models.MaintenancePair
        fields = ("id", "site", "maintained", "failed", "revision")
