"""What equipment may carry where it stands: continuous-load rule, altitude, heat, grouping."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import SQRT_3, W_PER_KW
from power.physics.documents import Genset, Phases
from power.physics.standby.genset import RATING_LIMITS

Confidence = Literal["measured", "vendor", "standard", "estimate", "unverified"]
Rule = Literal["nec", "iec"]

ALTITUDE_M = 1000.0
"""Up to here the ratings of electrical equipment hold as printed."""
HIGHEST_M = 4000.0
HOTTEST_C = 60.0
NEC_CONTINUOUS_RATIO = 0.8
ENGINE_ALTITUDES_M = (1500.0, 2000.0, 3000.0, 4000.0)
ENGINE_ALTITUDE_RATIOS = (1.0, 0.95, 0.85, 0.5)
ENGINE_INTAKES_C = (30.0, 45.0, 50.0)
ENGINE_INTAKE_RATIOS = (1.0, 0.9, 0.8)
DRY_AMBIENTS_C = (40.0, 45.0, 50.0, 55.0, 60.0)
DRY_AMBIENT_RATIOS = (1.0, 0.95, 0.85, 0.8, 0.75)
NEC_GROUPS = ((3, 1.0), (6, 0.8), (9, 0.7), (20, 0.5), (30, 0.45), (40, 0.4))
NEC_GROUP_REST_RATIO = 0.35
IEC_BUNCHES = (
    *((1, 1.0), (2, 0.8), (3, 0.7), (4, 0.65), (5, 0.6), (6, 0.57), (7, 0.54), (8, 0.52)),
    *((9, 0.5), (12, 0.45), (16, 0.41), (20, 0.38)),
)


@dataclass(frozen=True, slots=True)
class Assumption:
    """One value of a model that the document does not carry, and how far to trust it."""

    path: str
    source: str
    confidence: Confidence
    note: str


@dataclass(frozen=True, slots=True)
class Derating:
    """What a rating is multiplied by, shape as the arguments.

    ``is_in_range`` is False where the source says nothing; the ratio there is that of its edge,
    which is too high beyond it.
    """

    ratio: FloatArray
    is_in_range: BoolArray
    assumption: Assumption


@dataclass(frozen=True, slots=True)
class GensetLimit:
    """What a set may carry at its place: engine in kW, alternator in kVA, over time.

    ``average_kw`` is the highest mean of 24 h of its class; hours are None where unlimited.
    """

    active_kw: FloatArray
    apparent_kva: FloatArray
    average_kw: FloatArray
    hours_per_year_h: float | None
    continuous_h: float | None
    is_in_range: BoolArray
    assumptions: tuple[Assumption, ...]


@dataclass(frozen=True, slots=True)
class UpsLimit:
    """Largest active load of a UPS at a power factor, and whether kVA is what stops it."""

    load_kw: FloatArray
    is_bound_by_kva: BoolArray


def continuous_load(rule: Rule, *, is_fully_rated: bool = False) -> Derating:
    """Return the part of its rating that a breaker may carry for three hours or more.

    Parameters
    ----------
    rule : str
        Of the site: ``nec`` or ``iec``.
    is_fully_rated : bool
        Device and assembly are listed for 100 % of their rating (NEC).

    Notes
    -----
    NEC 210.20(A), 215.3: 125 % of the continuous load, so 0.8 of a standard device. IEC 61439 has
    no such rule: the rated current is continuous, with the diversity factor of the assembly.
    """
    if rule == "iec":
        assumption = Assumption(
            "ratings.continuous_load", "IEC 61439 practice", "unverified", "no continuous-load rule"
        )
        return Derating(np.ones(()), np.ones((), dtype=np.bool_), assumption)
    ratio = 1.0 if is_fully_rated else NEC_CONTINUOUS_RATIO
    note = "device and assembly rated for 100 %" if is_fully_rated else "1/1.25 of a device"
    assumption = Assumption(
        "ratings.continuous_load", "NEC 210.20(A), 215.3 (read second-hand)", "standard", note
    )
    return Derating(np.array(ratio), np.ones((), dtype=np.bool_), assumption)


def breaker_limit(
    rating_a: ArrayLike,
    *,
    rule: Rule,
    is_fully_rated: bool = False,
    derating_ratio: ArrayLike = 1.0,
) -> FloatArray:
    """Return the continuous current of a breaker.

    Parameters
    ----------
    rating_a : array_like, shape (...)
        Of the device. [A]
    rule : str
        Of the site: ``nec`` or ``iec``.
    is_fully_rated : bool
        See `continuous_load`.
    derating_ratio : array_like, shape (...)
        For what surrounds it, as `busbar_ambient` gives for a hot enclosure.

    Returns
    -------
    ndarray, shape (...)
        [A]
    """
    rating = as_float("rating_a", rating_a, minimum=0.0)
    derated = as_float("derating_ratio", derating_ratio, minimum=0.0, maximum=1.0)
    answer = rating * derated * continuous_load(rule, is_fully_rated=is_fully_rated).ratio
    return np.asarray(answer)


def circuit_kva(
    current_a: ArrayLike, *, voltage_v: ArrayLike, phases: Phases = "L1L2L3"
) -> FloatArray:
    """Return the power of a current in the conductors that a circuit uses.

    Parameters
    ----------
    current_a : array_like, shape (...)
        In each conductor. [A]
    voltage_v : array_like, shape (...)
        Line to line. [V]
    phases : str
        Conductors in use: three, two (line to line) or one with neutral.

    Returns
    -------
    ndarray, shape (...)
        sqrt 3 U I, U I or U I / sqrt 3. [kVA]
    """
    current = as_float("current_a", current_a, minimum=0.0)
    voltage = as_float("voltage_v", voltage_v, minimum=0.0)
    factor = {2: 1.0 / SQRT_3, 4: 1.0, 6: SQRT_3}[len(phases)]
    return np.asarray(factor * voltage * current / W_PER_KW)


def ups_limit(rating_kw: ArrayLike, rating_kva: ArrayLike, *, power_factor: ArrayLike) -> UpsLimit:
    """Return the largest active load of a UPS: the lower of its kW and of its kVA times cos phi.

    Parameters
    ----------
    rating_kw, rating_kva : array_like, shape (...)
        Continuous. [kW], [kVA]
    power_factor : array_like, shape (...)
        Of the load.
    """
    active = as_float("rating_kw", rating_kw, minimum=0.0)
    apparent = as_float("rating_kva", rating_kva, minimum=0.0)
    factor = as_float("power_factor", power_factor, minimum=0.0, maximum=1.0)
    by_kva = apparent * factor
    return UpsLimit(np.asarray(np.minimum(active, by_kva)), np.asarray(by_kva < active))


def alternator_derating(altitude_m: ArrayLike, ambient_c: ArrayLike) -> Derating:
    """Return the kVA of an alternator over its rating: 3 % per 500 m and 3 % per 5 K.

    Parameters
    ----------
    altitude_m : array_like, shape (...)
        Above sea level; counts above 1000 m, up to 4000 m. [m]
    ambient_c : array_like, shape (...)
        Air at the alternator; counts above 40 °C, up to 60 °C. [°C]

    Notes
    -----
    Multipliers of altitude and temperature cumulate (Stamford derating chart).
    """
    altitude = as_float("altitude_m", altitude_m, minimum=-500.0)
    ambient = as_float("ambient_c", ambient_c, minimum=-60.0, maximum=100.0)
    thin = 1.0 - 0.03 * np.clip(altitude - ALTITUDE_M, 0.0, HIGHEST_M - ALTITUDE_M) / 500.0
    hot = 1.0 - 0.03 * np.clip(ambient - 40.0, 0.0, HOTTEST_C - 40.0) / 5.0
    assumption = Assumption(
        "ratings.alternator",
        "Stamford derating chart",
        "vendor",
        "3 % per 500 m above 1000 m, 3 % per 5 K above 40 °C",
    )
    in_range = np.asarray((altitude <= HIGHEST_M) & (ambient <= HOTTEST_C))
    return Derating(np.asarray(thin * hot), in_range, assumption)


def engine_derating(altitude_m: ArrayLike, intake_c: ArrayLike) -> Derating:
    """Return the kW of a diesel engine over its rating, between the points of one maker's table.

    Parameters
    ----------
    altitude_m : array_like, shape (...)
        Above sea level, up to 4000 m. [m]
    intake_c : array_like, shape (...)
        Air at the intake, up to 50 °C. [°C]

    Notes
    -----
    Linear between 1500, 2000, 3000, 4000 m and between 30, 45, 50 °C; the two multiply. Engines
    differ: the table of the set itself, where known, goes into its ``derating_ratio``.
    """
    altitude = as_float("altitude_m", altitude_m, minimum=-500.0)
    intake = as_float("intake_c", intake_c, minimum=-60.0, maximum=100.0)
    thin = np.interp(altitude, ENGINE_ALTITUDES_M, ENGINE_ALTITUDE_RATIOS)
    hot = np.interp(intake, ENGINE_INTAKES_C, ENGINE_INTAKE_RATIOS)
    assumption = Assumption(
        "ratings.engine",
        "derating table of a 500 kVA diesel set",
        "vendor",
        "one engine's table stands for all; altitude and temperature multiply",
    )
    in_range = np.asarray((altitude <= HIGHEST_M) & (intake <= ENGINE_INTAKES_C[-1]))
    return Derating(np.asarray(thin * hot), in_range, assumption)


def genset_limit(genset: Genset, *, altitude_m: ArrayLike, ambient_c: ArrayLike) -> GensetLimit:
    """Return what a generator set may carry at its place, by its rating class.

    Parameters
    ----------
    genset : Genset
        A ``derating_ratio`` below 1 is that of its maker and takes the place of the tables.
    altitude_m : array_like, shape (...)
        Above sea level. [m]
    ambient_c : array_like, shape (...)
        Air at engine and alternator. [°C]
    """
    engine, alternator = (
        engine_derating(altitude_m, ambient_c),
        alternator_derating(altitude_m, ambient_c),
    )
    kw_ratio, kva_ratio = engine.ratio, alternator.ratio
    in_range: BoolArray = np.asarray(engine.is_in_range & alternator.is_in_range)
    assumptions = [engine.assumption, alternator.assumption]
    if genset.derating_ratio < 1.0:
        kw_ratio = kva_ratio = np.full_like(kw_ratio, genset.derating_ratio)
        in_range = np.ones_like(in_range)
        source = "derating_ratio of the set"
        assumptions = [Assumption("ratings.genset", source, "vendor", "stated in the document")]
    limits = RATING_LIMITS[genset.rating_class]
    confidence: Confidence = "standard" if limits.is_verified else "unverified"
    assumptions.append(
        Assumption(
            f"ratings.genset.{genset.rating_class}",
            "ISO 8528-1, as makers' manuals quote it",
            confidence,
            f"24 h average up to {limits.average_ratio:.0%} of the derated rating",
        )
    )
    active_kw = np.asarray(genset.rating_kw * kw_ratio)
    return GensetLimit(
        active_kw=active_kw,
        apparent_kva=np.asarray(genset.rating_kva * kva_ratio),
        average_kw=np.asarray(limits.average_ratio * active_kw),
        hours_per_year_h=limits.hours_per_year_h,
        continuous_h=limits.continuous_h,
        is_in_range=in_range,
        assumptions=tuple(assumptions),
    )


def transformer_altitude(
    altitude_m: ArrayLike, *, kind: Literal["oil", "dry"], is_forced: bool = False
) -> Derating:
    """Return the kVA of a transformer over its rating where the air is thin.

    Parameters
    ----------
    altitude_m : array_like, shape (...)
        Above sea level; counts above 1000 m, up to 4000 m. [m]
    kind : str
        ``oil`` or ``dry``.
    is_forced : bool
        Cooled by fans.

    Notes
    -----
    Per 100 m above 1000 m: dry 0.3 % (two makers), liquid-filled 0.4 %, with fans 0.5 %
    (IEEE C57.91 form). A unit ordered for its altitude needs none.
    """
    altitude = as_float("altitude_m", altitude_m, minimum=-500.0)
    natural = {"oil": 0.004, "dry": 0.003}[kind]
    slope = 0.005 if is_forced else natural
    ratio = 1.0 - slope * np.clip(altitude - ALTITUDE_M, 0.0, HIGHEST_M - ALTITUDE_M) / 100.0
    is_read = kind == "dry" and not is_forced
    assumption = Assumption(
        f"ratings.transformer_altitude.{kind}",
        "Eaton and Hammond, dry-type transformers" if is_read else "IEEE C57.91 form",
        "vendor" if is_read else "unverified",
        f"{slope:.1%} per 100 m above 1000 m",
    )
    return Derating(np.asarray(ratio), np.asarray(altitude <= HIGHEST_M), assumption)


def oil_transformer_ambient(
    ambient_c: ArrayLike, *, reference_c: float = 30.0, is_forced: bool = False
) -> Derating:
    """Return the kVA of a liquid-filled transformer over its rating at another mean ambient.

    Parameters
    ----------
    ambient_c : array_like, shape (...)
        Mean of a day, up to 20 K above the reference. [°C]
    reference_c : float
        Mean of the rating: 30 °C (IEEE); 20 °C yearly (IEC). [°C]
    is_forced : bool
        Cooled by fans.

    Notes
    -----
    Per kelvin above the reference 1.5 %, with fans 1 %; nothing is gained below it. A screening
    figure: the thermal model answers with a temperature.
    """
    ambient = as_float("ambient_c", ambient_c, minimum=-60.0, maximum=100.0)
    as_float("reference_c", reference_c, minimum=0.0, maximum=50.0)
    slope = 0.01 if is_forced else 0.015
    rise = ambient - reference_c
    assumption = Assumption(
        "ratings.oil_transformer_ambient",
        "IEEE C57.91, as quoted second-hand",
        "unverified",
        f"{slope:.1%} per kelvin above {reference_c:g} °C",
    )
    ratio = 1.0 - slope * np.clip(rise, 0.0, 20.0)
    return Derating(np.asarray(ratio), np.asarray(rise <= 20.0), assumption)  # noqa: PLR2004 - range


def dry_transformer_ambient(ambient_c: ArrayLike) -> Derating:
    """Return the kVA of a dry transformer over its rating in a room above 40 °C.

    Parameters
    ----------
    ambient_c : array_like, shape (...)
        Air of the room, up to 60 °C. [°C]

    Notes
    -----
    Linear between the points of one maker: 95, 85, 80, 75 % at 45, 50, 55, 60 °C.
    """
    ambient = as_float("ambient_c", ambient_c, minimum=-60.0, maximum=150.0)
    ratio = np.interp(ambient, DRY_AMBIENTS_C, DRY_AMBIENT_RATIOS)
    assumption = Assumption(
        "ratings.dry_transformer_ambient",
        "bre-trafo, ambient temperature and power reduction",
        "vendor",
        "one maker's table stands for all",
    )
    return Derating(np.asarray(ratio), np.asarray(ambient <= DRY_AMBIENTS_C[-1]), assumption)


def cable_ambient(
    ambient_c: ArrayLike, *, conductor_c: ArrayLike, reference_c: ArrayLike = 30.0
) -> Derating:
    """Return the current of a cable over its table value in air of another temperature.

    Parameters
    ----------
    ambient_c : array_like, shape (...)
        Air around the cable, below the temperature of the conductor. [°C]
    conductor_c : array_like, shape (...)
        Highest of the insulation: 70 °C PVC, 90 °C XLPE; 60, 75, 90 °C in the NEC. [°C]
    reference_c : array_like, shape (...)
        Of the table: 30 °C in IEC 60364-5-52 and NEC 310.16, 20 °C in soil. [°C]

    Notes
    -----
    ``sqrt((Tc - Ta) / (Tc - Tref))``: heat goes with the square of the current (NEC 310.15(B)).
    Reproduces printed tables within 0.01. Above 1 in cooler air.
    """
    return _by_square(
        (ambient_c, conductor_c, reference_c),
        Assumption(
            "ratings.cable_ambient",
            "NEC 310.15(B) equation; tables of IEC 60364-5-52",
            "standard",
            "square root of the temperature left over that of the table",
        ),
    )


def busbar_ambient(
    ambient_c: ArrayLike, *, limit_c: ArrayLike = 105.0, reference_c: ArrayLike = 40.0
) -> Derating:
    """Return the current of a busway or switchgear over its rating in a hot room.

    Parameters
    ----------
    ambient_c : array_like, shape (...)
        Air around the enclosure, below the limit. [°C]
    limit_c : array_like, shape (...)
        Of the conductor: 105 °C (Siemens low-voltage switchgear). [°C]
    reference_c : array_like, shape (...)
        Of the rating: 40 °C (ANSI), 35 °C daily mean (IEC 61439). [°C]

    Notes
    -----
    ``sqrt((Tlim - Ta) / (Tlim - Tref))``, not above 1: a rating is not raised by a cool room.
    """
    found = _by_square(
        (ambient_c, limit_c, reference_c),
        Assumption(
            "ratings.busbar_ambient",
            "Siemens, low-voltage switchgear in high ambient temperature",
            "vendor",
            "stands for busway and breakers of every maker",
        ),
    )
    return Derating(np.minimum(found.ratio, 1.0), found.is_in_range, found.assumption)


def _by_square(levels: tuple[ArrayLike, ArrayLike, ArrayLike], assumption: Assumption) -> Derating:
    """Return the ratio of an ambient, a limit and a reference temperature."""
    ambient, limit, reference = (
        as_float(name, values, minimum=-60.0, maximum=400.0)
        for name, values in zip(("ambient_c", "limit_c", "reference_c"), levels, strict=True)
    )
    if not (np.all(limit > reference) and np.all(limit >= ambient)):
        raise InputError(
            [Problem("ambient_c", "too_large", "must stay below the limit, as the reference does")]
        )
    ratio = np.asarray(np.sqrt((limit - ambient) / (limit - reference)))
    return Derating(ratio, np.ones(ratio.shape, dtype=np.bool_), assumption)


def cable_grouping(n_loaded: ArrayLike, *, rule: Rule) -> Derating:
    """Return the current of a cable over its table value when others heat it.

    Parameters
    ----------
    n_loaded : array_like of int, shape (...)
        ``nec``: conductors that carry current in one raceway; ``iec``: circuits in one bunch.
    rule : str
        ``nec`` or ``iec``.

    Notes
    -----
    NEC table 310.15(C)(1); IEC 60364-5-52 table B.52.17, bunched in air (up to 20 circuits;
    between two entries that of the larger group).
    """
    number = as_float("n_loaded", n_loaded, minimum=1.0)
    table = NEC_GROUPS if rule == "nec" else IEC_BUNCHES
    edges = np.array([edge for edge, _ in table], dtype=np.float64)
    rest = NEC_GROUP_REST_RATIO if rule == "nec" else table[-1][1]
    ratios = np.array([*(ratio for _, ratio in table), rest])
    is_nec = rule == "nec"
    assumption = Assumption(
        "ratings.cable_grouping",
        "NEC table 310.15(C)(1)" if is_nec else "IEC 60364-5-52 table B.52.17, from memory",
        "standard" if is_nec else "unverified",
        "conductors that carry current" if is_nec else "circuits bunched in air",
    )
    in_range = np.asarray((number <= edges[-1]) | is_nec)
    return Derating(np.asarray(ratios[np.searchsorted(edges, number)]), in_range, assumption)
