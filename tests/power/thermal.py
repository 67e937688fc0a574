"""Thermal data of a medium-power transformer with fans."""

from power.physics.documents import OilThermal, Transformer
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


def with_oil(loss_ratio: float = 6.0, **changes) -> Transformer:
    plain = transformer("T", ("a", "b"), 1000.0)
    return plain.model_copy(
        update={
            "thermal": oil(**changes),
            "load_loss_kw": loss_ratio * plain.no_load_loss_kw,
        }
    )


def onaf(loss_ratio: float = 6.0, **changes) -> ThermalParameters:
    return thermal_parameters([with_oil(loss_ratio, **changes)])
