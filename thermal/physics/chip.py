"""One accelerator in steady state: power, junction temperature and clock under two limits."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import lambertw

from facility.kernel.checks import BoolArray, FloatArray, IntArray, as_float

_CLOCK_LOSS_THRESHOLD = 0.01
_LARGEST_EXPONENT = 700.0
_FOLD = float(np.exp(-1.0))


class Cause(IntEnum):
    """Which limit holds the clock down."""

    NONE = 0
    POWER_CAP = 1
    THERMAL = 2


@dataclass(frozen=True, slots=True)
class ChipState:
    """Steady state of one chip; every array has the broadcast shape of the inputs.

    Attributes
    ----------
    power_w, junction_c : ndarray
        Electrical power and junction temperature. [W], [°C]
    clock_ratio : ndarray
        Clock over full clock. [1]
    cause : ndarray of int
        A `Cause`: the limit that holds the clock, or none.
    unmet : ndarray of bool
        The cap or the temperature limit is exceeded even at the lowest clock.
    shutdown : ndarray of bool
        The junction is at or above the shutdown temperature even so: the board will trip. Power
        and temperature are then those it would have if it did not.
    runaway_margin_ratio : ndarray
        One less the loop gain of leakage, ``1 - R k``. At zero or below no steady state exists
        without a limit; only the cap or the throttle holds the chip. [1]
    """

    power_w: FloatArray
    junction_c: FloatArray
    clock_ratio: FloatArray
    cause: IntArray
    unmet: BoolArray
    shutdown: BoolArray
    runaway_margin_ratio: FloatArray


@dataclass(frozen=True, slots=True)
class _Chip:
    inlet_c: FloatArray
    resistance: FloatArray
    idle_w: FloatArray
    work_w: FloatArray
    cap_w: FloatArray
    limit_c: FloatArray
    exponent: FloatArray
    slope_w: FloatArray
    reference_c: FloatArray
    floor: FloatArray


def steady_chip(
    *,
    inlet_c: ArrayLike,
    resistance_k_per_w: ArrayLike,
    idle_w: ArrayLike,
    reference_w: ArrayLike,
    cap_w: ArrayLike,
    limit_c: ArrayLike,
    shutdown_c: ArrayLike,
    utilisation_ratio: ArrayLike,
    clock_exponent: ArrayLike,
    leakage_w_per_k: ArrayLike,
    leakage_reference_c: ArrayLike = 60.0,
    minimum_clock_ratio: ArrayLike = 0.0,
) -> ChipState:
    r"""Solve one chip under its power cap and its temperature limit.

    Parameters
    ----------
    inlet_c : (..., T) array_like
        Local coolant or air inlet. [°C]
    resistance_k_per_w : (..., T) array_like
        Junction less inlet temperature over power, above zero. [K/W]
    idle_w, reference_w : (..., T) array_like
        Power at no work and at full work and full clock, both at the leakage reference. [W]
    cap_w : (..., T) array_like
        Enforced limit of total power. [W]
    limit_c, shutdown_c : (..., T) array_like
        Highest operating junction temperature, and the one at which the board trips. [°C]
    utilisation_ratio : (..., T) array_like
        Share of time at work, 0 to 1. [1]
    clock_exponent : (..., T) array_like
        Growth of work power with the clock. [1]
    leakage_w_per_k : (..., T) array_like
        Slope of leakage with junction temperature, 0 or more. [W/K]
    leakage_reference_c : (..., T) array_like
        Junction temperature at which idle and reference power hold. [°C]
    minimum_clock_ratio : (..., T) array_like
        Lowest clock of the throttle, 0 to 1. [1]

    Returns
    -------
    ChipState
        One pass, no iteration.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    .. math:: P = P_{idle} + (P_{ref} - P_{idle})\,u\,s^{\alpha} + k\,(T_j - T_{ref}),
              \quad T_j = T_{in} + R P,\quad P \le P_{cap},\ T_j \le T_{max}

    Leakage is a deviation from the reference temperature, never an addition to rated power. The
    smaller of the cap and :math:`(T_{max} - T_{in})/R` is what the chip may draw; if the work
    wants more, that power fixes the temperature, the leakage and hence the clock. Otherwise the
    fixed point is linear. With :math:`R k \ge 1` only the limit can hold the chip, and it is
    reported there. Total power is never below zero. Exponents of 2 to 2.5 and leakage slopes near
    0.1 %/K of rated power are engineering defaults.

    Examples
    --------
    >>> state = steady_chip(
    ...     inlet_c=[15.0, 35.0, 46.0], resistance_k_per_w=0.06, idle_w=70.0, reference_w=700.0,
    ...     cap_w=700.0, limit_c=87.0, shutdown_c=95.0, utilisation_ratio=1.0,
    ...     clock_exponent=2.2, leakage_w_per_k=0.7,
    ... )
    >>> [round(float(s), 5) for s in state.clock_ratio], state.cause.tolist()
    ([1.0, 0.99137, 0.97393], [0, 1, 2])
    """
    idle = as_float("idle_w", idle_w, minimum=0.0)
    full = as_float("reference_w", reference_w, minimum=0.0)
    use = as_float("utilisation_ratio", utilisation_ratio, minimum=0.0, maximum=1.0)
    chip = _Chip(
        inlet_c=as_float("inlet_c", inlet_c),
        resistance=as_float("resistance_k_per_w", resistance_k_per_w, minimum=1e-9),
        idle_w=idle,
        work_w=as_float("reference_w less idle_w", full - idle, minimum=0.0) * use,
        cap_w=as_float("cap_w", cap_w, minimum=0.0),
        limit_c=as_float("limit_c", limit_c),
        exponent=as_float("clock_exponent", clock_exponent, minimum=1e-3),
        slope_w=as_float("leakage_w_per_k", leakage_w_per_k, minimum=0.0),
        reference_c=as_float("leakage_reference_c", leakage_reference_c),
        floor=as_float("minimum_clock_ratio", minimum_clock_ratio, minimum=0.0, maximum=1.0),
    )
    return _solve(chip, as_float("shutdown_c", shutdown_c))


def _solve(chip: _Chip, shutdown_c: FloatArray) -> ChipState:
    thermal_w = np.maximum((chip.limit_c - chip.inlet_c) / chip.resistance, 0.0)
    allowed_w = np.minimum(chip.cap_w, thermal_w)
    margin = 1.0 - chip.resistance * chip.slope_w
    leak_at_limit_w = chip.slope_w * (chip.inlet_c + chip.resistance * allowed_w - chip.reference_c)
    left_w = allowed_w - chip.idle_w - leak_at_limit_w
    lowest_w = chip.work_w * chip.floor**chip.exponent

    limited = left_w < chip.work_w
    unmet = (left_w < lowest_w) | (chip.inlet_c > chip.limit_c)
    share = np.clip(left_w, 0.0, chip.work_w) / np.where(chip.work_w > 0.0, chip.work_w, 1.0)
    clock = np.where(limited, share ** (1.0 / chip.exponent), 1.0)
    clock = np.maximum(clock, chip.floor)

    # Held exactly at the limit, or free (full clock), or on the floor and above the limit.
    held = (limited & ~unmet) | (margin <= 0.0)
    dynamic_w = chip.idle_w + np.where(unmet, lowest_w, chip.work_w)
    free_w = (dynamic_w + chip.slope_w * (chip.inlet_c - chip.reference_c)) / np.where(
        margin > 0.0, margin, 1.0
    )
    power = np.where(held, allowed_w, np.maximum(free_w, 0.0))
    junction = chip.inlet_c + chip.resistance * power
    by_cap = chip.cap_w < thermal_w
    cause = np.where(by_cap, Cause.POWER_CAP, Cause.THERMAL)
    lost = unmet & (margin <= 0.0)
    return ChipState(
        power_w=power,
        junction_c=junction,
        clock_ratio=clock,
        cause=np.where(limited, cause, Cause.NONE).astype(np.int64),
        unmet=np.broadcast_to(unmet, power.shape).copy(),
        shutdown=(junction >= shutdown_c) | lost,
        runaway_margin_ratio=np.broadcast_to(margin, power.shape).copy(),
    )


@dataclass(frozen=True, slots=True)
class ClockLoss:
    """Clock lost against the same work at reference coolant and cap.

    Attributes
    ----------
    loss_ratio : ndarray
        Share of the reference clock that is missing; 0 where the clock is not below it. [1]
    throttled, capped : ndarray of bool
        At least 1 % is missing and the temperature limit, or the power cap, holds the clock.
    leakage_loss_ratio : ndarray
        Under the cap: clock at reference coolant and the same cap less the actual clock. This
        share of the loss is due to warmer coolant although the cap holds the clock. [1]
    """

    loss_ratio: FloatArray
    throttled: BoolArray
    capped: BoolArray
    leakage_loss_ratio: FloatArray


def clock_loss(*, actual: ChipState, reference: ChipState, cool_under_cap: ChipState) -> ClockLoss:
    """Compare a chip with the same work at reference coolant and cap.

    Parameters
    ----------
    actual : ChipState
        The chip as it runs.
    reference : ChipState
        Same work, reference coolant and reference cap.
    cool_under_cap : ChipState
        Same work, reference coolant, but the actual cap. Equals ``reference`` where the cap is
        not lowered.

    Returns
    -------
    ClockLoss
        An hour is throttled or capped, never both: one limit holds the clock.

    Notes
    -----
    Clock lost to leakage under a cap is booked on the cap and reported as its own share.
    """
    missing = np.maximum(reference.clock_ratio - actual.clock_ratio, 0.0)
    loss = missing / np.where(reference.clock_ratio > 0.0, reference.clock_ratio, 1.0)
    # The margin keeps a loss of exactly 1 % inside, whatever the last bit.
    enough = loss >= _CLOCK_LOSS_THRESHOLD * (1.0 - 1e-12)
    leakage = np.maximum(cool_under_cap.clock_ratio - actual.clock_ratio, 0.0)
    return ClockLoss(
        loss_ratio=loss,
        throttled=enough & (actual.cause == Cause.THERMAL),
        capped=enough & (actual.cause == Cause.POWER_CAP),
        leakage_loss_ratio=np.where(actual.cause == Cause.POWER_CAP, leakage, 0.0),
    )


@dataclass(frozen=True, slots=True)
class LeakageState:
    """Fixed point of a chip whose leakage grows exponentially.

    Attributes
    ----------
    junction_c, power_w : ndarray
        The steady state; where none exists, that of the fold, flagged by ``runaway``. [°C], [W]
    criticality_ratio : ndarray
        The number c; a steady state exists up to 1/e. [1]
    fold_c : ndarray
        Junction temperature above which leakage feeds itself. [°C]
    runaway_margin_ratio : ndarray
        One less the loop gain at the steady state; 0 at the fold and beyond. [1]
    runaway : ndarray of bool
        No steady state exists.
    """

    junction_c: FloatArray
    power_w: FloatArray
    criticality_ratio: FloatArray
    fold_c: FloatArray
    runaway_margin_ratio: FloatArray
    runaway: BoolArray


def exponential_leakage(
    *,
    inlet_c: ArrayLike,
    resistance_k_per_w: ArrayLike,
    dynamic_w: ArrayLike,
    leakage_w: ArrayLike,
    leakage_growth_per_k: ArrayLike,
    leakage_reference_c: ArrayLike = 60.0,
) -> LeakageState:
    r"""Steady state of an uncapped chip with exponential leakage, in closed form.

    Parameters
    ----------
    inlet_c : (..., T) array_like
        Local coolant or air inlet. [°C]
    resistance_k_per_w : (..., T) array_like
        Junction less inlet temperature over power. [K/W]
    dynamic_w : (..., T) array_like
        Power without leakage. [W]
    leakage_w : (..., T) array_like
        Leakage at the reference temperature. [W]
    leakage_growth_per_k : (..., T) array_like
        Relative growth of leakage per kelvin, above zero. [1/K]
    leakage_reference_c : (..., T) array_like
        Junction temperature of ``leakage_w``. [°C]

    Returns
    -------
    LeakageState
        Existence is decided by the closed form, never by an iteration count.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    .. math:: A = T_{in} + R P_{dyn},\quad c = R P_0 \beta e^{\beta (A - T_{ref})},\quad
              T_j = A - W_0(-c) / \beta

    with the Lambert function; a steady state exists if and only if :math:`c \le 1/e`, and the
    fold lies at :math:`A + 1/\beta`.
    """
    resistance = as_float("resistance_k_per_w", resistance_k_per_w, minimum=1e-9)
    dynamic = as_float("dynamic_w", dynamic_w, minimum=0.0)
    leakage = as_float("leakage_w", leakage_w, minimum=0.0)
    growth = as_float("leakage_growth_per_k", leakage_growth_per_k, minimum=1e-9)
    reference = as_float("leakage_reference_c", leakage_reference_c)
    inlet = as_float("inlet_c", inlet_c)
    cold_c = inlet + resistance * dynamic
    swell = np.exp(np.minimum(growth * (cold_c - reference), _LARGEST_EXPONENT))
    criticality = np.asarray(resistance * leakage * growth * swell)
    # The library's series loses the root at the branch point itself and answers NaN there.
    at_fold = criticality >= _FOLD * (1.0 - 1e-14)
    inside = np.where(at_fold, 0.0, criticality)
    root = lambertw(-inside)  # type: ignore[call-overload]  # the stubs miss arrays of any rank
    gain = np.where(at_fold, 1.0, -np.real(root))
    junction = cold_c + gain / growth
    return LeakageState(
        junction_c=junction,
        power_w=(junction - inlet) / resistance,
        criticality_ratio=criticality,
        fold_c=np.broadcast_to(cold_c + 1.0 / growth, junction.shape).copy(),
        runaway_margin_ratio=1.0 - gain,
        runaway=criticality > _FOLD,
    )
