"""Heat exchangers by the effectiveness-NTU method, at rated and at other flows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import exprel

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem

_SMALLEST_RATE_KW_PER_K = 1e-9
_SMALLEST_FLOW_RATIO = 1e-6
_BISECTIONS = 48
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, slots=True)
class ExchangerState:
    """Steady state of one exchanger; every array has the broadcast shape of the inputs."""

    duty_kw: FloatArray
    hot_out_c: FloatArray
    cold_out_c: FloatArray


def _counterflow(ntu: FloatArray, ratio: FloatArray) -> FloatArray:
    # exprel carries the limit of balanced streams, so no switch near ratio 1 is needed.
    pull = ntu * exprel(-ntu * (1.0 - ratio))
    return np.asarray(pull / (1.0 + ratio * pull))


def effectiveness_counterflow(*, ntu: ArrayLike, capacity_ratio: ArrayLike) -> FloatArray:
    r"""Effectiveness of a counter-flow exchanger.

    Parameters
    ----------
    ntu : (...) array_like
        Conductance over the smaller capacity rate, 0 or more. [1]
    capacity_ratio : (...) array_like
        Smaller over larger capacity rate, 0 to 1. [1]

    Returns
    -------
    (...) ndarray
        Heat exchanged over the largest heat thermodynamics allows, 0 to 1. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    .. math:: \varepsilon = \frac{1 - e^{-x}}{1 - C_r e^{-x}},\quad x = NTU\,(1 - C_r)

    evaluated in a form that passes smoothly through balanced streams. Constant properties, no
    loss to the surroundings. Source: Kays and London, *Compact Heat Exchangers*.
    """
    return _counterflow(
        as_float("ntu", ntu, minimum=0.0),
        as_float("capacity_ratio", capacity_ratio, minimum=0.0, maximum=1.0),
    )


def effectiveness_crossflow_unmixed(*, ntu: ArrayLike, capacity_ratio: ArrayLike) -> FloatArray:
    r"""Effectiveness of a cross-flow exchanger with both streams unmixed.

    Parameters
    ----------
    ntu : (...) array_like
        Conductance over the smaller capacity rate, 0 or more. [1]
    capacity_ratio : (...) array_like
        Smaller over larger capacity rate, 0 to 1. [1]

    Returns
    -------
    (...) ndarray
        Effectiveness, 0 to 1. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    .. math:: \varepsilon = 1 - \exp\frac{e^{-N C_r n} - 1}{C_r n},\quad n = N^{-0.22}

    the usual closed approximation of the exact series (Kays and London).
    """
    n = as_float("ntu", ntu, minimum=0.0)
    ratio = as_float("capacity_ratio", capacity_ratio, minimum=0.0, maximum=1.0)
    return np.asarray(-np.expm1(-n * exprel(-ratio * n**0.78)))


def effectiveness_phase_change(ntu: ArrayLike) -> FloatArray:
    """Effectiveness where one side keeps its temperature: ``1 - exp(-NTU)``.

    Parameters
    ----------
    ntu : (...) array_like
        Conductance over the capacity rate of the other side, 0 or more. [1]

    Returns
    -------
    (...) ndarray
        Effectiveness, 0 to 1. [1]

    Raises
    ------
    InputError
        A value is not finite or negative.
    """
    return np.asarray(-np.expm1(-as_float("ntu", ntu, minimum=0.0)))


def ntu_counterflow(*, effectiveness: ArrayLike, capacity_ratio: ArrayLike) -> FloatArray:
    r"""NTU a counter-flow exchanger needs for a stated effectiveness.

    Parameters
    ----------
    effectiveness : (...) array_like
        0 to below 1. [1]
    capacity_ratio : (...) array_like
        Smaller over larger capacity rate, 0 to 1; not limited below 1. [1]

    Returns
    -------
    (...) ndarray
        Number of transfer units. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds, or the effectiveness is 1.

    Notes
    -----
    .. math:: N = \ln\frac{1 - \varepsilon C_r}{1 - \varepsilon} \Big/ (1 - C_r)

    and :math:`\varepsilon / (1 - \varepsilon)` for balanced streams.
    """
    eps = as_float("effectiveness", effectiveness, minimum=0.0, maximum=1.0)
    ratio = as_float("capacity_ratio", capacity_ratio, minimum=0.0, maximum=1.0)
    if np.any(eps >= 1.0):
        message = "must be below 1: no finite surface reaches it"
        raise InputError([Problem("effectiveness", "too_large", message)])
    odds = eps / (1.0 - eps)
    gap = odds * (1.0 - ratio)
    # log1p(gap) / gap tends to 1; below this its departure from 1 does not matter.
    safe = np.where(gap < _NEGLIGIBLE, 1.0, gap)
    return np.asarray(odds * np.where(gap < _NEGLIGIBLE, 1.0, np.log1p(safe) / safe))


def counterflow(
    *,
    hot_in_c: ArrayLike,
    cold_in_c: ArrayLike,
    hot_kw_per_k: ArrayLike,
    cold_kw_per_k: ArrayLike,
    ua_kw_per_k: ArrayLike,
) -> ExchangerState:
    """Solve a counter-flow exchanger for given inlet temperatures.

    Parameters
    ----------
    hot_in_c, cold_in_c : (...) array_like
        Inlet temperatures. [°C]
    hot_kw_per_k, cold_kw_per_k : (...) array_like
        Capacity rates, mass flow times specific heat, above zero. [kW/K]
    ua_kw_per_k : (...) array_like
        Conductance, 0 or more. [kW/K]

    Returns
    -------
    ExchangerState
        Duty is positive from hot to cold and negative where the "hot" side is the colder.

    Raises
    ------
    InputError
        A value is not finite, a capacity rate is below 1e-9 kW/K, or UA is negative.

    Examples
    --------
    >>> balanced = counterflow(
    ...     hot_in_c=50.0, cold_in_c=30.0, hot_kw_per_k=10.0, cold_kw_per_k=10.0, ua_kw_per_k=10.0
    ... )
    >>> float(balanced.duty_kw), float(balanced.hot_out_c), float(balanced.cold_out_c)
    (100.0, 40.0, 40.0)
    """
    hot_in = as_float("hot_in_c", hot_in_c)
    cold_in = as_float("cold_in_c", cold_in_c)
    hot = as_float("hot_kw_per_k", hot_kw_per_k, minimum=_SMALLEST_RATE_KW_PER_K)
    cold = as_float("cold_kw_per_k", cold_kw_per_k, minimum=_SMALLEST_RATE_KW_PER_K)
    ua = as_float("ua_kw_per_k", ua_kw_per_k, minimum=0.0)
    duty = _exchange_kw_per_k(hot, cold, ua) * (hot_in - cold_in)
    return ExchangerState(
        duty_kw=duty, hot_out_c=hot_in - duty / hot, cold_out_c=cold_in + duty / cold
    )


def exchange_rate(
    *, hot_kw_per_k: ArrayLike, cold_kw_per_k: ArrayLike, ua_kw_per_k: ArrayLike
) -> FloatArray:
    """Heat per kelvin between the two inlets of a counter-flow exchanger.

    Parameters
    ----------
    hot_kw_per_k, cold_kw_per_k : (...) array_like
        Capacity rates, above zero. [kW/K]
    ua_kw_per_k : (...) array_like
        Conductance, 0 or more. [kW/K]

    Returns
    -------
    (...) ndarray
        Effectiveness times the smaller capacity rate. [kW/K]

    Raises
    ------
    InputError
        A value is not finite, a capacity rate is below 1e-9 kW/K, or UA is negative.
    """
    return _exchange_kw_per_k(
        as_float("hot_kw_per_k", hot_kw_per_k, minimum=_SMALLEST_RATE_KW_PER_K),
        as_float("cold_kw_per_k", cold_kw_per_k, minimum=_SMALLEST_RATE_KW_PER_K),
        as_float("ua_kw_per_k", ua_kw_per_k, minimum=0.0),
    )


def _exchange_kw_per_k(hot: FloatArray, cold: FloatArray, ua: FloatArray) -> FloatArray:
    smaller = np.minimum(hot, cold)
    return np.asarray(_counterflow(ua / smaller, smaller / np.maximum(hot, cold)) * smaller)


def conductance_from_rating(
    *,
    duty_kw: ArrayLike,
    inlet_spread_k: ArrayLike,
    hot_kw_per_k: ArrayLike,
    cold_kw_per_k: ArrayLike,
) -> FloatArray:
    """Conductance of a counter-flow exchanger that meets its rating point.

    Parameters
    ----------
    duty_kw : (...) array_like
        Rated heat, above zero. [kW]
    inlet_spread_k : (...) array_like
        Hot inlet less cold inlet at the rating point, above zero. [K]
    hot_kw_per_k, cold_kw_per_k : (...) array_like
        Rated capacity rates, above zero. [kW/K]

    Returns
    -------
    (...) ndarray
        Conductance. [kW/K]

    Raises
    ------
    InputError
        A value is not finite or too small, or the rating asks for more than the smaller stream
        can carry across the spread.
    """
    duty = as_float("duty_kw", duty_kw, minimum=0.0)
    spread = as_float("inlet_spread_k", inlet_spread_k, minimum=1e-9)
    hot = as_float("hot_kw_per_k", hot_kw_per_k, minimum=_SMALLEST_RATE_KW_PER_K)
    cold = as_float("cold_kw_per_k", cold_kw_per_k, minimum=_SMALLEST_RATE_KW_PER_K)
    smaller = np.minimum(hot, cold)
    wanted = duty / (smaller * spread)
    if np.any(wanted >= 1.0):
        message = "is more than the smaller stream can carry across the inlet spread"
        raise InputError([Problem("duty_kw", "rating_impossible", message)])
    ntu = ntu_counterflow(effectiveness=wanted, capacity_ratio=smaller / np.maximum(hot, cold))
    return np.asarray(ntu * smaller)


def conductance_at_flow(
    *,
    rated_kw_per_k: ArrayLike,
    hot_flow_ratio: ArrayLike,
    cold_flow_ratio: ArrayLike,
    cold_film_ratio: ArrayLike = 1.0,
    exponent: float = 0.8,
) -> FloatArray:
    r"""Conductance of a plate exchanger away from its rated flows.

    Parameters
    ----------
    rated_kw_per_k : (...) array_like
        Conductance at rated flows, 0 or more. [kW/K]
    hot_flow_ratio, cold_flow_ratio : (...) array_like
        Flow over rated flow of each side, 0 or more. [1]
    cold_film_ratio : (...) array_like
        Film conductance of the cold side over that of the hot side at rated flows. [1]
    exponent : float
        Growth of each film with its flow. [1]

    Returns
    -------
    (...) ndarray
        Conductance; zero where either side stands still. [kW/K]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    Two films in series, the wall neglected, each growing with flow to the power 0.8:

    .. math:: UA = UA_0\,(1 + r)\,\frac{f_h^{0.8} f_c^{0.8}}{f_h^{0.8} + r f_c^{0.8}}

    with *r* the film ratio; turbulent flow in both sides is assumed. The law of the plate
    exchangers of the Modelica Buildings library.
    """
    rated = as_float("rated_kw_per_k", rated_kw_per_k, minimum=0.0)
    hot = as_float("hot_flow_ratio", hot_flow_ratio, minimum=0.0) ** exponent
    cold = as_float("cold_flow_ratio", cold_flow_ratio, minimum=0.0) ** exponent
    film = as_float("cold_film_ratio", cold_film_ratio, minimum=1e-6)
    resistance = hot + film * cold
    moving = resistance > 0.0
    return np.asarray(rated * (1.0 + film) * hot * cold / np.where(moving, resistance, 1.0))


def film_conductance(
    *,
    flow_kg_s: ArrayLike,
    viscosity_pa_s: ArrayLike,
    conductivity_w_per_m_k: ArrayLike,
    prandtl_ratio: ArrayLike,
) -> FloatArray:
    """Relative film conductance ``k (m/mu)^0.8 Pr^(1/3)``; only its ratio has a meaning.

    Parameters
    ----------
    flow_kg_s : (...) array_like
        Mass flow. [kg/s]
    viscosity_pa_s : (...) array_like
        Dynamic viscosity. [Pa s]
    conductivity_w_per_m_k : (...) array_like
        Thermal conductivity. [W/(m K)]
    prandtl_ratio : (...) array_like
        Prandtl number. [1]

    Returns
    -------
    (...) ndarray
        Film conductance on an arbitrary scale; two sides of one plate share the scale. [1]

    Raises
    ------
    InputError
        A value is not finite or not above zero.
    """
    flow = as_float("flow_kg_s", flow_kg_s, minimum=1e-12)
    viscosity = as_float("viscosity_pa_s", viscosity_pa_s, minimum=1e-9)
    conductivity = as_float("conductivity_w_per_m_k", conductivity_w_per_m_k, minimum=1e-9)
    prandtl = as_float("prandtl_ratio", prandtl_ratio, minimum=1e-9)
    return np.asarray(conductivity * (flow / viscosity) ** 0.8 * np.cbrt(prandtl))


def cold_flow_for_duty(
    *,
    duty_kw: FloatArray,
    inlet_spread_k: FloatArray,
    hot_kw_per_k: FloatArray,
    cold_full_kw_per_k: FloatArray,
    conductance: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    """Share of the full cold flow that carries a stated duty at stated inlets.

    Parameters
    ----------
    duty_kw : (...) ndarray
        Heat to move, not more than at full cold flow. [kW]
    inlet_spread_k : (...) ndarray
        Hot inlet less cold inlet. [K]
    hot_kw_per_k, cold_full_kw_per_k : (...) ndarray
        Capacity rate of the hot side, and of the cold side with its valve open. [kW/K]
    conductance : callable
        Gives the conductance [kW/K] at a share of the full cold flow; must not fall with it.

    Returns
    -------
    (...) ndarray
        Flow share, 1e-6 to 1; 1 where full flow carries less than the duty. [1]

    Notes
    -----
    Bisection on a monotone function, the same number of halvings for every element, so the
    result of an array is that of its elements. The answer lies within 4e-15 of the root.
    """
    shape = np.broadcast_shapes(
        np.shape(duty_kw),
        np.shape(inlet_spread_k),
        np.shape(hot_kw_per_k),
        np.shape(cold_full_kw_per_k),
    )
    low = np.full(shape, _SMALLEST_FLOW_RATIO)
    high = np.ones(shape)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        rate = _exchange_kw_per_k(hot_kw_per_k, middle * cold_full_kw_per_k, conductance(middle))
        short = rate * inlet_spread_k < duty_kw
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high
