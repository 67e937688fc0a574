"""Thermal constants of transformers of which only class and standard are known.

Time constants, exponents and k of IEC 60076-7 (2018) as open implementations carry them, and the
rises of IEC units from the same tables; rises of OF and OD units are not certain. Rises of IEEE
units are those of the worked example of C57.91 (80 K hot spot, 55 K top oil): at the standard's
limit of 65 K for the oil the winding has 15 K left, which understates fast bursts. Dry types: rises
and life of IEC 60076-11 and -12; highest hot spot, exponent and time constant are not certain.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from power.physics.documents import CoolingStage, DryThermal, OilThermal
from power.physics.transformer_thermal.limits import loading_limits

FAN_START_C: Final = 65.0
FAN_STOP_C: Final = 55.0
STAGE_STEP_K: Final = 10.0
"""Top oil at which fans start and stop, and how much higher a second stage does: customary."""
DRY_INSULATION_CLASS: Final = "155"
DRY_HOT_SPOT_RATIO: Final = 1.25
DRY_EXPONENT: Final = 1.6
DRY_TIME_MIN: Final = 30.0
"""Shorter of the customary half to one hour: the hot spot follows a burst sooner."""
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
_OIL: Final[Mapping[str, tuple[tuple[float, float], tuple[float, ...]]]] = MappingProxyType(
    {
        "distribution": ((55.0, 23.0), (180.0, 4.0, 0.8, 1.6, 1.0, 1.0, 2.0)),
        "onan": ((52.0, 26.0), (210.0, 10.0, 0.8, 1.3, 0.5, 2.0, 2.0)),
        "onaf": ((52.0, 26.0), (150.0, 7.0, 0.8, 1.3, 0.5, 2.0, 2.0)),
        "of": ((56.0, 22.0), (90.0, 7.0, 1.0, 1.3, 1.0, 1.3, 1.0)),
        "od": ((49.0, 29.0), (90.0, 7.0, 1.0, 2.0, 1.0, 1.0, 1.0)),
    }
)
IEEE_EXPONENTS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "distribution": (0.8, 0.8),
        "onan": (0.8, 0.8),
        "onaf": (0.9, 0.8),
        "of": (0.9, 0.8),
        "od": (1.0, 1.0),
    }
)
"""Exponents n of the oil and m of the winding of C57.91 clause 7, by class."""
# Average winding rise of IEC 60076-11 and highest hot spot, by class of insulation.
_DRY: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "105": (60.0, 130.0),
        "120": (75.0, 145.0),
        "130": (80.0, 155.0),
        "155": (100.0, 180.0),
        "180": (125.0, 205.0),
        "200": (135.0, 225.0),
        "220": (150.0, 245.0),
    }
)


def oil_thermal(cooling: str, standard: str, *, ambient_c: float | None = None) -> OilThermal:
    """Return the thermal data of a liquid-filled transformer by class and standard.

    Parameters
    ----------
    cooling : str
        distribution, onan, onaf, of or od.
    standard : {"iec", "ieee"}
        Decides the rises and the paper.
    ambient_c : float or None
        Temperature of the room it stands in; None outdoors. [°C]

    Returns
    -------
    OilThermal

    Raises
    ------
    InputError
        The standard is unknown.
    KeyError
        The class is unknown.
    """
    limits = loading_limits(0.0, "normal_cyclic")
    return OilThermal.parse(
        {
            "standard": standard,
            "paper": "upgraded" if standard == "ieee" else "normal",
            "cooling": cooling,
            "hot_spot_limit_c": limits.hot_spot_c[0],
            "top_oil_limit_c": limits.top_oil_c[0],
            "ambient_c": ambient_c,
            **_oil_values(cooling, standard),
        }
    )


def dry_thermal(
    insulation: str = DRY_INSULATION_CLASS, *, ambient_c: float | None = None
) -> DryThermal:
    """Return the thermal data of a dry transformer in still air by its insulation.

    Parameters
    ----------
    insulation : str
        Temperature class of the insulation system: 105, 120, 130, 155 (F), 180 (H), 200 or 220.
    ambient_c : float or None
        Temperature of the room it stands in; None outdoors. [°C]

    Returns
    -------
    DryThermal

    Raises
    ------
    KeyError
        The class is unknown.
    """
    rise_k, limit_c = _DRY[insulation]
    return DryThermal.parse(
        {
            "insulation": insulation,
            "winding_rise_k": rise_k,
            "hot_spot_ratio": DRY_HOT_SPOT_RATIO,
            "winding_exponent": DRY_EXPONENT,
            "winding_time_min": DRY_TIME_MIN,
            "hot_spot_limit_c": limit_c,
            "ambient_c": ambient_c,
        }
    )


def thermal_of(
    thermal_class: str, standard: str, *, ambient_c: float | None = None
) -> OilThermal | DryThermal:
    """Return the thermal data of a transformer, liquid-filled or dry.

    Parameters
    ----------
    thermal_class : str
        dry, or a class of `oil_thermal`.
    standard : {"iec", "ieee"}
        Standard the unit was built to.
    ambient_c : float or None
        Temperature of the room it stands in; None outdoors. [°C]

    Returns
    -------
    OilThermal or DryThermal

    Raises
    ------
    KeyError
        The class is unknown.
    """
    if thermal_class == "dry":
        return dry_thermal(ambient_c=ambient_c)
    return oil_thermal(thermal_class, standard, ambient_c=ambient_c)


def cooling_stage(
    cooling: str,
    standard: str,
    *,
    rating_kva: float,
    start_c: float = FAN_START_C,
    stop_c: float = FAN_STOP_C,
) -> CoolingStage:
    """Return a stage of cooling below the full one by class and standard.

    Parameters
    ----------
    cooling : str
        onan, onaf, of or od.
    standard : {"iec", "ieee"}
        Decides the rises.
    rating_kva : float
        Continuous at this stage. [kVA]
    start_c, stop_c : float
        Top oil at which the next stage starts and stops. [°C]

    Returns
    -------
    CoolingStage

    Raises
    ------
    InputError
        A value is out of bounds.
    KeyError
        The class is unknown.
    """
    return CoolingStage.parse(
        {
            "cooling": cooling,
            "rating_kva": rating_kva,
            "start_c": start_c,
            "stop_c": stop_c,
            **_oil_values(cooling, standard),
        }
    )


def _oil_values(cooling: str, standard: str) -> dict[str, float]:
    iec_rises_k, dynamics = _OIL[cooling]
    top_oil_k, hot_spot_k = _IEEE_RISES_K if standard == "ieee" else iec_rises_k
    return {
        "top_oil_rise_k": top_oil_k,
        "hot_spot_rise_k": hot_spot_k,
        **dict(zip(_DYNAMICS_FIELDS, dynamics, strict=True)),
    }
