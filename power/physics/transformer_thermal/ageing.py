"""Speed at which insulation ages, by its law: papers under oil, resins in air."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float

AGEING_ZERO_C: Final = 273.0
"""Ice point as the loading guides print it in the ageing laws, not 273.15."""
NORMAL_PAPER_REFERENCE_C: Final = 98.0
NORMAL_PAPER_DOUBLING_K: Final = 6.0
UPGRADED_PAPER_REFERENCE_C: Final = 110.0
UPGRADED_PAPER_ACTIVATION_K: Final = 15000.0
NORMAL_LIFE_H: Final = 180_000.0
"""Life at the rated hot spot that the guides for oil (IEEE) and dry types (IEC) count with."""
DRY_INSULATION: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "105": (95.0, 15900.0),
        "120": (110.0, 17212.0),
        "130": (120.0, 18115.0),
        "155": (145.0, 20475.0),
        "180": (170.0, 22979.0),
        "200": (190.0, 25086.0),
        "220": (210.0, 27285.0),
    }
)
"""Rated hot spot [°C] and activation temperature [K] by class of insulation: IEC 60076-12."""


@dataclass(frozen=True, slots=True)
class AgeingLaw:
    """Ageing laws of N units, each array of shape (N,).

    With d the hot spot above ``reference_c``, the rate is ``exp(slope d / (1 + curvature d))``:
    curvature zero gives the doubling rule, 1 over the absolute reference gives Arrhenius.
    """

    reference_c: FloatArray
    slope_per_k: FloatArray
    curvature_per_k: FloatArray

    def row(self, number: int) -> "AgeingLaw":
        """Return the law of one unit, as arrays of shape (1,)."""
        one = slice(number, number + 1)
        return AgeingLaw(self.reference_c[one], self.slope_per_k[one], self.curvature_per_k[one])


def doubling(reference_c: float, doubling_k: float) -> tuple[float, float, float]:
    """Return reference, slope and curvature of a rate that doubles every so many kelvins."""
    return reference_c, float(np.log(2.0)) / doubling_k, 0.0


def arrhenius(reference_c: float, activation_k: float) -> tuple[float, float, float]:
    """Return reference, slope and curvature of an Arrhenius law."""
    absolute = reference_c + AGEING_ZERO_C
    return reference_c, activation_k / absolute**2, 1.0 / absolute


NORMAL_PAPER: Final = doubling(NORMAL_PAPER_REFERENCE_C, NORMAL_PAPER_DOUBLING_K)
UPGRADED_PAPER: Final = arrhenius(UPGRADED_PAPER_REFERENCE_C, UPGRADED_PAPER_ACTIVATION_K)


def ageing_rate(hot_spot_c: FloatArray, law: AgeingLaw) -> FloatArray:
    """Return life used over time passed at temperatures that are known to be sane.

    Parameters
    ----------
    hot_spot_c : ndarray, shape (..., N)
        Hot-spot temperature; N may be 1. [°C]
    law : AgeingLaw
        N laws.

    Returns
    -------
    ndarray, shape (..., N)

    Notes
    -----
    The two laws of IEC 60076-7 and that of IEC 60076-12, by :class:`AgeingLaw`. Meant for the
    range in which the insulation lives: about 80 to 140 °C for paper.
    """
    above = np.asarray(hot_spot_c - law.reference_c)
    if np.any(law.curvature_per_k):
        above /= 1.0 + law.curvature_per_k * above
    above *= law.slope_per_k
    return np.asarray(np.exp(above, out=above))


def relative_ageing(hot_spot_c: ArrayLike, *, upgraded: ArrayLike) -> FloatArray:
    """Return the speed of ageing of paper over that at the rated hot spot.

    Parameters
    ----------
    hot_spot_c : array_like, shape (...)
        Hot-spot temperature. [°C]
    upgraded : array_like of bool, shape (...)
        Thermally upgraded paper (rate 1 at 110 °C) instead of normal paper (rate 1 at 98 °C).

    Returns
    -------
    ndarray, shape (...)
        Days of life used per day.

    Raises
    ------
    InputError
        A temperature is not finite or below -100 °C.

    Notes
    -----
    IEC 60076-7 for both papers; the second law is that of IEEE C57.91. Meant for 80 to 140 °C;
    above about 140 °C gas bubbles endanger the insulation, whatever the rate.
    """
    hot_spot = as_float("hot_spot_c", hot_spot_c, minimum=-100.0)
    chosen = np.where(
        np.asarray(upgraded, dtype=np.bool_)[..., np.newaxis], UPGRADED_PAPER, NORMAL_PAPER
    )
    return ageing_rate(hot_spot, AgeingLaw(chosen[..., 0], chosen[..., 1], chosen[..., 2]))


def dry_life_h(hot_spot_c: ArrayLike, *, insulation: str) -> FloatArray:
    """Return the life of a dry type held at a constant hot spot.

    Parameters
    ----------
    hot_spot_c : array_like, shape (...)
        Hot-spot temperature of the winding. [°C]
    insulation : str
        Temperature class of the insulation system: 105, 120, 130, 155 (F), 180 (H), 200 or 220.

    Returns
    -------
    ndarray, shape (...)
        Hours to the end of life.

    Raises
    ------
    InputError
        A temperature is not finite or below -100 °C.
    KeyError
        There is no such class.

    Notes
    -----
    IEC 60076-12: ``a exp(b / T)``; 180,000 h at the rated hot spot, half of it 6 K above.
    """
    hot_spot = as_float("hot_spot_c", hot_spot_c, minimum=-100.0)
    law = (np.array([value]) for value in arrhenius(*DRY_INSULATION[insulation]))
    rate = ageing_rate(hot_spot[..., np.newaxis], AgeingLaw(*law))[..., 0]
    return np.asarray(NORMAL_LIFE_H / rate)
