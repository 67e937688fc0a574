"""The three first-order lags that every thermal model here is made of, and what lies within a step.

Rows of an array of shape (3, ...) are the oil with the ambient, the fast and the slow part of the
hot-spot gradient; the hot spot is oil plus fast minus slow.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.signal import lfilter

from facility.kernel.checks import FloatArray
from facility.kernel.units import MIN_PER_H
from power.physics.transformer_thermal.ageing import AgeingLaw, ageing_rate
from power.physics.transformer_thermal.parameters import ThermalParameters

PANEL_MIN: Final = 15.0
SHORT_MIN: Final = 2.5
# Gauss-Lobatto points after the left end of a panel, all weights: four points, and three.
_FOUR: Final = (
    ((1.0 - 0.2**0.5) / 2.0, (1.0 + 0.2**0.5) / 2.0, 1.0),
    (1.0 / 12.0, 5.0 / 12.0, 5.0 / 12.0, 1.0 / 12.0),
)
_THREE: Final = ((0.5, 1.0), (1.0 / 6.0, 4.0 / 6.0, 1.0 / 6.0))


@dataclass(frozen=True, slots=True)
class ThermalState:
    """Top oil and the two parts of the hot-spot gradient, each of shape (N,)."""

    top_oil_c: FloatArray
    fast_k: FloatArray
    slow_k: FloatArray

    @property
    def hot_spot_c(self) -> FloatArray:
        """Hot-spot temperature, shape (N,). [°C]."""
        return np.asarray(self.top_oil_c + self.fast_k - self.slow_k)

    def stacked(self) -> FloatArray:
        """Return the state as an array of shape (3, N)."""
        return np.stack(np.broadcast_arrays(self.top_oil_c, self.fast_k, self.slow_k))


def lag_times_min(parameters: ThermalParameters) -> FloatArray:
    """Return the time constants, shape (3, N). [min].

    Parameters
    ----------
    parameters : ThermalParameters
        N units.

    Returns
    -------
    ndarray, shape (3, N)
    """
    p = parameters
    return np.stack([p.k11 * p.oil_time_min, p.k22 * p.winding_time_min, p.oil_time_min / p.k22])


def air_around(parameters: ThermalParameters, outdoor_c: FloatArray) -> FloatArray:
    """Return the temperature of the air around units.

    Parameters
    ----------
    parameters : ThermalParameters
        N units, or one unit with arrays of shape (1,).
    outdoor_c : ndarray, shape (N,) or, for one unit, (T,)
        Outdoor temperature. [°C]

    Returns
    -------
    ndarray, same shape
    """
    return np.where(parameters.outdoor, outdoor_c, parameters.ambient_c)


def air_at_once(
    unit: ThermalParameters, outdoor_c: FloatArray, before_c: float | None = None
) -> FloatArray | None:
    """Return the air around one unit before a course and in it; None where oil delays it.

    Parameters
    ----------
    unit : ThermalParameters
        Arrays of shape (1,).
    outdoor_c : ndarray, shape (T,)
        Outdoor temperature. [°C]
    before_c : float or None
        The same before the course; None takes the first. [°C]

    Returns
    -------
    ndarray, shape (T + 1,), or None
    """
    if not unit.ambient_at_once[0]:
        return None
    before = outdoor_c[:1] if before_c is None else np.array([before_c])
    return air_around(unit, np.concatenate([before, outdoor_c]))


def lag_targets(
    parameters: ThermalParameters, current: FloatArray, outdoor_c: FloatArray
) -> FloatArray:
    """Return what the lags tend to at a current.

    Parameters
    ----------
    parameters : ThermalParameters
        N units, or one unit with arrays of shape (1,).
    current : ndarray, shape (N,) or, for one unit, (T,)
        RMS current over the full rating.
    outdoor_c : ndarray, same shape
        Outdoor temperature. [°C]

    Returns
    -------
    ndarray, shape (3, N) or (3, T)

    Notes
    -----
    IEC 60076-7: ultimate rise of the oil and of the gradient. Harmonics raise the load loss in the
    oil and the winding loss in the gradient.
    """
    p = parameters
    targets = np.empty((3, current.size))
    square = (current * p.current_base_ratio) ** 2
    loss_ratio = p.loss_ratio * p.load_loss_ratio
    relative = (loss_ratio * square + 1.0) / (1.0 + p.loss_ratio)
    rise_k = p.top_oil_rise_k * relative**p.oil_exponent
    targets[0] = air_around(p, outdoor_c) + rise_k
    square *= p.winding_loss_ratio
    gradient_k = square ** (p.winding_exponent / 2.0)
    gradient_k *= p.hot_spot_rise_k
    np.multiply(p.k21, gradient_k, out=targets[1])
    np.multiply(p.k21 - 1.0, gradient_k, out=targets[2])
    return targets


def run_lags(
    targets: FloatArray,
    times_min: FloatArray,
    step_min: float,
    start: FloatArray,
    air_c: FloatArray | None = None,
) -> FloatArray:
    """Return the lags of one unit at the end of every step: exact for targets constant in it.

    Parameters
    ----------
    targets : ndarray, shape (3, T)
        What they tend to in each step.
    times_min : ndarray, shape (3,)
        Time constants. [min]
    step_min : float
        Length of a step. [min]
    start : ndarray, shape (3,)
        Values at the beginning.
    air_c : ndarray, shape (T + 1,), or None
        Air around the unit before and in each step, where it reaches the oil at once. [°C]

    Returns
    -------
    ndarray, shape (3, T)
    """
    if air_c is not None:
        targets, start = targets.copy(), start.copy()
        targets[0] -= air_c[1:]
        start[0] -= air_c[0]
    ends = np.empty_like(targets)
    for lag, decay in enumerate(np.exp(-step_min / times_min)):
        if start[lag] == 0.0 and not targets[lag].any():
            ends[lag] = 0.0  # no slow part where k21 is 1
            continue
        ends[lag], _ = lfilter([1.0 - decay], [1.0, -decay], targets[lag], zi=[decay * start[lag]])
    if air_c is not None:
        ends[0] += air_c[1:]
    return ends


def periodic_start(
    targets: FloatArray, times_min: FloatArray, step_min: float, air_c: FloatArray | None = None
) -> FloatArray:
    """Return the start that comes back after the last step: a lag is linear in its start.

    Parameters
    ----------
    targets : ndarray, shape (3, T)
        What the lags of one unit tend to in each step.
    times_min : ndarray, shape (3,)
        Time constants. [min]
    step_min : float
        Length of a step. [min]
    air_c : ndarray, shape (T + 1,), or None
        As for `run_lags`.

    Returns
    -------
    ndarray, shape (3,)
    """
    if air_c is not None:
        targets = targets.copy()
        targets[0] -= air_c[1:]
    from_zero = run_lags(targets, times_min, step_min, np.zeros(3))[:, -1]
    start = from_zero / -np.expm1(-step_min * targets.shape[1] / times_min)
    start[0] += 0.0 if air_c is None else air_c[0]
    return np.asarray(start)


def within_steps(
    lags: tuple[FloatArray, FloatArray, FloatArray],
    times_min: FloatArray,
    step_min: float,
    law: AgeingLaw,
) -> tuple[FloatArray, FloatArray]:
    """Return the highest hot spot [°C] and the life used [h] in every step of one unit.

    Parameters
    ----------
    lags : tuple of ndarray, each of shape (3, T)
        Targets, and values at the begin and the end of every step.
    times_min : ndarray, shape (3,)
        Time constants. [min]
    step_min : float
        Length of a step. [min]
    law : AgeingLaw
        Of the unit, arrays of shape (1,).

    Returns
    -------
    tuple of ndarray, each of shape (T,)

    Notes
    -----
    Gauss-Lobatto quadrature with four points over panels of at most 15 minutes, three points
    where a step is no longer than 2.5 minutes; the highest of the points is the peak.
    """
    targets, begins, ends = lags
    shares, weights = _quadrature(step_min)
    rows = np.empty((4, targets.shape[1]))
    np.subtract(begins, targets, out=rows[1:])
    rows[0] = targets[0] + targets[1] - targets[2]
    rows[3] *= -1.0
    matrix = np.ones((shares.size, 4))
    matrix[:, 1:] = np.exp(-shares[:, np.newaxis] * step_min / times_min)
    spot = np.empty((shares.size + 2, targets.shape[1]))
    np.matmul(matrix, rows, out=spot[1:-1])
    spot[0] = begins[0] + begins[1] - begins[2]
    spot[-1] = ends[0] + ends[1] - ends[2]
    peak_c = spot.max(axis=0)
    return peak_c, (step_min / MIN_PER_H) * (weights @ ageing_rate(spot, law))


def _quadrature(step_min: float) -> tuple[FloatArray, FloatArray]:
    """Return inner shares of a step and the weights of begin, inner points and end."""
    panels = max(1, int(np.ceil(step_min / PANEL_MIN)))
    points, weights = _THREE if step_min <= SHORT_MIN else _FOUR
    shares = np.concatenate([(k + np.array(points)) / panels for k in range(panels)])
    total = np.zeros(shares.size + 1)
    for k in range(panels):
        total[k * len(points) : (k + 1) * len(points) + 1] += np.array(weights) / panels
    return shares[:-1], total
