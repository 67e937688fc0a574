"""Thermal data of a medium-power transformer with fans, one with a stage below, and a dry one."""

from power.physics.documents import CoolingStage, DryThermal, OilThermal, Transformer
from power.physics.transformer_thermal import ThermalParameters, thermal_parameters
from tests.power.sites import transformer


def oil(**changes) -> OilThermal:
    values = {
        "standard": "iec",
        "paper": "normal",
        "top_oil_rise_k": 52.0,
        "hot_spot_rise_k": 26.0,
        "oil_time_min": 150.0,
        "winding_time_min": 7.0,
        "oil_exponent": 0.8,
        "winding_exponent": 1.3,
        "k11_pu": 0.5,
        "k21_pu": 2.0,
        "k22_pu": 2.0,
        "hot_spot_limit_c": 120.0,
        "top_oil_limit_c": 105.0,
    }
    return OilThermal(**(values | changes))


def unit(thermal: OilThermal | DryThermal, **changes) -> Transformer:
    """Return 1000 kVA with six times as much load loss as no-load loss."""
    plain = transformer("T", ("a", "b"), 1000.0)
    values = {"thermal": thermal, "load_loss_kw": 6.0 * plain.no_load_loss_kw}
    return plain.model_copy(update=values | changes)


def with_oil(loss_ratio: float = 6.0, **changes) -> Transformer:
    plain = transformer("T", ("a", "b"), 1000.0)
    return unit(oil(**changes), load_loss_kw=loss_ratio * plain.no_load_loss_kw)


def onaf(loss_ratio: float = 6.0, **changes) -> ThermalParameters:
    return thermal_parameters([with_oil(loss_ratio, **changes)])


def onan_stage(**changes) -> CoolingStage:
    """Return the stage without fans: 63 % of the rating, the same rises, slower oil."""
    values = {
        "cooling": "onan",
        "rating_kva": 630.0,
        "top_oil_rise_k": 52.0,
        "hot_spot_rise_k": 26.0,
        "oil_time_min": 210.0,
        "winding_time_min": 10.0,
        "oil_exponent": 0.8,
        "winding_exponent": 1.3,
        "k11_pu": 0.5,
        "k21_pu": 2.0,
        "k22_pu": 2.0,
        "start_c": 65.0,
        "stop_c": 55.0,
    }
    return CoolingStage(**(values | changes))


def with_fans(*stages: CoolingStage, **changes) -> ThermalParameters:
    return thermal_parameters(
        [unit(oil(**changes), cooling_stages=stages or (onan_stage(),), rating_kva=1000.0)]
    )


def dry(**changes) -> DryThermal:
    values = {
        "insulation": "155",
        "winding_rise_k": 100.0,
        "hot_spot_ratio": 1.25,
        "winding_exponent": 1.6,
        "winding_time_min": 30.0,
        "hot_spot_limit_c": 180.0,
    }
    return DryThermal(**(values | changes))
