"""Thermal constants of liquid-filled transformers by class and standard.

Time constants, exponents and k of IEC 60076-7 (2018), as open implementations carry them; rises of
IEC units from the same tables, of IEEE units from C57.91 (65 K average winding rise: top oil 85 °C,
hot spot 110 °C at 30 °C). Limits are those of normal cyclic loading in both guides.
"""

from typing import Final

from power.physics.documents import OilThermal

HOT_SPOT_LIMIT_C: Final = 120.0
TOP_OIL_LIMIT_C: Final = 105.0
_IEEE_RISES_K: Final = (55.0, 25.0)
_DYNAMICS_FIELDS: Final = (
    "oil_time_min",
    "winding_time_min",
    "oil_exponent",
    "winding_exponent",
    "k11_pu",
    "k21_pu",
    "k22_pu",
)
# Class: rises of top oil and hot spot of IEC units, then the fields above.
_CLASSES: Final = {
    "distribution": ((55.0, 23.0), (180.0, 4.0, 0.8, 1.6, 1.0, 1.0, 2.0)),
    "onan": ((52.0, 26.0), (210.0, 10.0, 0.8, 1.3, 0.5, 2.0, 2.0)),
    "onaf": ((52.0, 26.0), (150.0, 7.0, 0.8, 1.3, 0.5, 2.0, 2.0)),
    "of": ((56.0, 22.0), (90.0, 7.0, 1.0, 1.3, 1.0, 1.3, 1.0)),
    "od": ((49.0, 29.0), (90.0, 7.0, 1.0, 2.0, 1.0, 1.0, 1.0)),
}


def oil_thermal(thermal_class: str, standard: str, ambient_c: float | None) -> OilThermal | None:
    """Return what the loading guide needs; None for dry types, which have no hot-spot model."""
    if thermal_class not in _CLASSES:
        return None
    iec_rises_k, dynamics = _CLASSES[thermal_class]
    top_oil_k, hot_spot_k = _IEEE_RISES_K if standard == "ieee" else iec_rises_k
    return OilThermal.parse(
        {
            "standard": standard,
            "paper": "upgraded" if standard == "ieee" else "normal",
            "top_oil_rise_k": top_oil_k,
            "hot_spot_rise_k": hot_spot_k,
            "hot_spot_limit_c": HOT_SPOT_LIMIT_C,
            "top_oil_limit_c": TOP_OIL_LIMIT_C,
            "ambient_c": ambient_c,
            **dict(zip(_DYNAMICS_FIELDS, dynamics, strict=True)),
        }
    )
