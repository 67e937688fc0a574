"""What the loading guide allows by regime: top oil, hot spot and current."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float

Regime = Literal["normal_cyclic", "long_time_emergency", "short_time_emergency"]

DISTRIBUTION_KVA: Final = 2_500.0
"""Largest three-phase distribution transformer; the boundary of 2018's edition is not certain."""
MEDIUM_KVA: Final = 100_000.0
DRY_CURRENT_LIMIT_RATIO: Final = 1.5
# Top oil, hot spot; then current of distribution, medium and large units.
_TABLE: Final[Mapping[Regime, tuple[float, float, tuple[float, float, float]]]] = MappingProxyType(
    {
        "normal_cyclic": (105.0, 120.0, (1.5, 1.5, 1.3)),
        "long_time_emergency": (115.0, 140.0, (1.8, 1.5, 1.3)),
        "short_time_emergency": (115.0, 160.0, (2.0, 1.8, 1.5)),
    }
)


@dataclass(frozen=True, slots=True)
class LoadingLimits:
    """Limits of N units in one regime, each array of shape (N,)."""

    top_oil_c: FloatArray
    hot_spot_c: FloatArray
    current_ratio: FloatArray


def loading_limits(rating_kva: ArrayLike, regime: Regime) -> LoadingLimits:
    """Return the limits of liquid-filled transformers for a regime of loading.

    Parameters
    ----------
    rating_kva : array_like, shape (N,)
        Three-phase rating. [kVA]
    regime : {"normal_cyclic", "long_time_emergency", "short_time_emergency"}
        How the load goes beyond the nameplate.

    Returns
    -------
    LoadingLimits

    Raises
    ------
    InputError
        A rating is negative or not finite.

    Notes
    -----
    IEC 60076-7. Distribution transformers up to 2.5 MVA have their own column, units of 100 MVA
    and more another; where the first boundary lies is not certain in the 2018 edition.
    """
    rating = np.atleast_1d(as_float("rating_kva", rating_kva, minimum=0.0))
    top_oil_c, hot_spot_c, currents = _TABLE[regime]
    column = (rating > DISTRIBUTION_KVA).astype(np.int64) + (rating >= MEDIUM_KVA)
    return LoadingLimits(
        top_oil_c=np.full(rating.shape, top_oil_c),
        hot_spot_c=np.full(rating.shape, hot_spot_c),
        current_ratio=np.asarray(currents)[column],
    )
