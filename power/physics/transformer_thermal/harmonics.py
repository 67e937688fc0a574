"""What harmonics of the current do to the load loss: eddy and stray share only."""

from collections.abc import Mapping

import numpy as np

from facility.kernel.checks import as_float
from power.physics.documents import HarmonicLoss

STRAY_EXPONENT = 0.8


def loss_increases(harmonic_ratios: Mapping[int, float]) -> tuple[float, float]:
    """Return the factors on winding eddy loss and on other stray loss of a current spectrum.

    Parameters
    ----------
    harmonic_ratios : mapping of int to float
        By order: current over that of the fundamental. The fundamental itself is understood.

    Returns
    -------
    tuple of float
        F_HL and F_HL,STR, both 1 for a sinusoidal current.

    Raises
    ------
    InputError
        A ratio is negative or not finite.

    Notes
    -----
    IEEE C57.110 form: squares of the currents weighted with order squared, and with order to 0.8.
    """
    orders = np.array([1.0, *map(float, harmonic_ratios)])
    ratios = as_float("harmonic_ratios", [1.0, *harmonic_ratios.values()], minimum=0.0)
    weights = ratios**2 / np.sum(ratios**2)
    return float(weights @ orders**2), float(weights @ orders**STRAY_EXPONENT)


def load_loss_ratio(harmonics: HarmonicLoss | None) -> float:
    """Return the load loss over that of a sinusoidal current of equal RMS value.

    Parameters
    ----------
    harmonics : HarmonicLoss or None
        Shares of eddy and stray loss, and the factors on them; None is a sinusoidal current.

    Returns
    -------
    float

    Notes
    -----
    IEEE C57.110 form. The factor never meets the I²R loss, which the RMS current has in it already.
    """
    if harmonics is None:
        return 1.0
    eddy, stray = harmonics.eddy_share_ratio, harmonics.stray_share_ratio
    raised = harmonics.eddy_increase_ratio * eddy + harmonics.stray_increase_ratio * stray
    return (1.0 + raised) / (1.0 + eddy + stray)


def winding_loss_ratio(harmonics: HarmonicLoss | None) -> float:
    """Return the loss within the windings over that of a sinusoidal current of equal RMS value.

    Parameters
    ----------
    harmonics : HarmonicLoss or None
        As for `load_loss_ratio`; other stray loss arises outside the windings and is left out.

    Returns
    -------
    float
    """
    if harmonics is None:
        return 1.0
    eddy = harmonics.eddy_share_ratio
    return (1.0 + harmonics.eddy_increase_ratio * eddy) / (1.0 + eddy)
