"""Air in a hall: inlet temperatures from supply air, recirculation and bypass.

Shares of air, never kelvin per kilowatt, describe a room: a share keeps its meaning when fans
change speed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from thermal.physics.air_rack import supply_air_rate

_INTAKE_CEILING = 0.95
_LEAST_FLOW = 1e-9


@dataclass(frozen=True, slots=True)
class Recirculation:
    """Air paths of one aisle, R racks.

    Attributes
    ----------
    fractions : (R, R) ndarray
        Share of the row's rack intake that is the column's rack exhaust. [1]
    recirculated_m3_s, bypass_m3_s : float
        Exhaust drawn in again, and supply that no rack draws. [m³/s]
    """

    fractions: FloatArray
    recirculated_m3_s: float
    bypass_m3_s: float


@dataclass(frozen=True, slots=True)
class HallAir:
    """Air of a hall with G cohorts of racks over T steps.

    Attributes
    ----------
    inlet_c, outlet_c : (G, T) ndarray
        Air into and out of each cohort's racks. [°C]
    hot_aisle_c, return_c : (T,) ndarray
        Mixed exhaust, and what reaches the air units after bypass. [°C]
    bypass_m3_s, recirculated_m3_s : (T,) ndarray
        Supply that no rack draws, and exhaust drawn in again, at supply density. [m³/s]
    """

    inlet_c: FloatArray
    outlet_c: FloatArray
    hot_aisle_c: FloatArray
    return_c: FloatArray
    bypass_m3_s: FloatArray
    recirculated_m3_s: FloatArray


def inlet_temperatures(
    *, fractions: ArrayLike, supply_c: ArrayLike, rise_k: ArrayLike
) -> FloatArray:
    r"""Rack inlet temperatures for given shares of recirculated air.

    Parameters
    ----------
    fractions : (R, R) array_like
        Share of the row's rack intake that is the column's rack exhaust; rows sum below 1. [1]
    supply_c : (T,) or scalar array_like
        Supply air. [°C]
    rise_k : (R, T) or (R,) array_like
        Outlet less inlet temperature of each rack. [K]

    Returns
    -------
    (R, T) or (R,) ndarray
        Inlet temperatures. [°C]

    Raises
    ------
    InputError
        A value is not finite, a share is negative, a row reaches 1, or shapes do not fit.

    Notes
    -----
    .. math:: (I - \Phi)\,T_{in} = (1 - \phi)\,T_{sup} + \Phi\,\Delta T

    One factorisation serves every step.
    """
    shares = _square(fractions)
    supply = as_float("supply_c", supply_c)
    rise = as_float("rise_k", rise_k)
    if rise.ndim == 0 or rise.shape[0] != shares.shape[0]:
        raise InputError([Problem("rise_k", "wrong_shape", "needs one row for each rack")])
    # The row sums make supply_c itself the solution without heat, so only the excess is solved.
    excess = np.linalg.solve(np.eye(shares.shape[0]) - shares, shares @ rise)
    return np.asarray(supply + excess)


def _square(fractions: ArrayLike) -> FloatArray:
    shares = as_float("fractions", fractions, minimum=0.0)
    if shares.ndim != 2 or shares.shape[0] != shares.shape[1]:  # noqa: PLR2004 - a matrix
        raise InputError([Problem("fractions", "wrong_shape", "needs a square matrix")])
    if np.any(shares.sum(axis=1) >= 1.0):
        message = "a rack that draws no supply air has no steady temperature; rows must sum below 1"
        raise InputError([Problem("fractions", "too_large", message)])
    return shares


def fractions_from_power_matrix(
    *, rise_k_per_kw: ArrayLike, rack_kw_per_k: ArrayLike
) -> FloatArray:
    r"""Shares of recirculated air from a cross-interference matrix in kelvin per kilowatt.

    Parameters
    ----------
    rise_k_per_kw : (R, R) array_like
        Inlet rise of the row's rack for heat of the column's rack. [K/kW]
    rack_kw_per_k : (R,) array_like
        Capacity rate of each rack's air when the matrix was made, above zero. [kW/K]

    Returns
    -------
    (R, R) ndarray
        Shares; these, not the matrix, stay valid when fans change speed. [1]

    Raises
    ------
    InputError
        A value is not finite, shapes do not fit, or the matrix implies negative shares or racks
        without supply air.

    Notes
    -----
    With *D* the matrix and *K* the diagonal of capacity rates,
    :math:`\Phi = I - (I + D K)^{-1}`. The matrix is that of Tang, Gupta and Varsamopoulos.
    """
    matrix = as_float("rise_k_per_kw", rise_k_per_kw)
    rate = as_float("rack_kw_per_k", rack_kw_per_k, minimum=1e-9)
    size = rate.size
    if matrix.shape != (size, size) or rate.ndim != 1:
        raise InputError([Problem("rise_k_per_kw", "wrong_shape", "needs a row for each rack")])
    identity = np.eye(size)
    shares = identity - np.linalg.inv(identity + matrix * rate)
    # A matrix printed with few digits leaves zeros slightly negative.
    return _square(np.where(np.abs(shares) < 1e-6, 0.0, shares))  # noqa: PLR2004 - print digits


def recirculation(
    *,
    rack_flow_m3_s: ArrayLike,
    supply_flow_m3_s: float,
    leakage_ratio: float,
    weights: ArrayLike,
    exhaust_weights: ArrayLike,
) -> Recirculation:
    """Air paths of one cold aisle from its flows.

    Parameters
    ----------
    rack_flow_m3_s : (R,) array_like
        Air through each rack, above zero. [m³/s]
    supply_flow_m3_s : float
        Supply into the aisle, above zero. [m³/s]
    leakage_ratio : float
        Share of rack air that is exhaust even with supply enough, 0 to below 1. [1]
    weights : (R,) array_like
        Relative share of exhaust in each rack's intake, above zero; larger at row ends. [1]
    exhaust_weights : (R, R) array_like
        How well the row's rack sees the column's exhaust; each row has a positive one. [1]

    Returns
    -------
    Recirculation
        Each rack's exhaust share is proportional to its weight, held below 1; what that cuts goes
        to the other racks, so the aisle's balance is exact.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds, or shapes do not fit.

    Notes
    -----
    Volumes at one density. Recirculated air is the larger of the supply deficit and the leakage.
    Leakage of 1 to 3 % for contained and 10 to 25 % for open aisles is an engineering default.
    """
    rack = as_float("rack_flow_m3_s", rack_flow_m3_s, minimum=_LEAST_FLOW)
    weight = as_float("weights", weights, minimum=1e-6)
    view = as_float("exhaust_weights", exhaust_weights, minimum=0.0)
    if rack.ndim != 1 or weight.shape != rack.shape or view.shape != (rack.size, rack.size):
        message = "needs one flow and weight, and one row and column, for each rack"
        raise InputError([Problem("rack_flow_m3_s", "wrong_shape", message)])
    pulled = view * rack
    if np.any(pulled.sum(axis=1) <= 0.0):
        message = "every rack must see some exhaust"
        raise InputError([Problem("exhaust_weights", "too_small", message)])
    again, bypass = _paths(
        rack.sum(),
        as_float("supply_flow_m3_s", supply_flow_m3_s, minimum=_LEAST_FLOW),
        as_float("leakage_ratio", leakage_ratio, minimum=0.0, maximum=0.99),
    )
    share = _intake_share(rack[:, np.newaxis], weight, again[np.newaxis])[:, 0]
    fractions = share[:, np.newaxis] * pulled / pulled.sum(axis=1, keepdims=True)
    return Recirculation(
        fractions=fractions, recirculated_m3_s=float(again), bypass_m3_s=float(bypass)
    )


def hall_air(
    *,
    supply_c: ArrayLike,
    supply_flow_m3_s: ArrayLike,
    rack_flow_m3_s: ArrayLike,
    rack_heat_kw: ArrayLike,
    leakage_ratio: ArrayLike,
    weights: ArrayLike,
    pressure_kpa: ArrayLike,
) -> HallAir:
    r"""Temperatures of a hall whose cohorts of equal racks share one mixed hot aisle.

    Parameters
    ----------
    supply_c : (T,) array_like
        Supply air. [°C]
    supply_flow_m3_s : (T,) array_like
        Supply air of the hall, above zero. [m³/s]
    rack_flow_m3_s : (G, T) array_like
        Air through all racks of each cohort together; one cohort at least moves air. [m³/s]
    rack_heat_kw : (G, T) array_like
        Heat of each cohort into that air, 0 or more, and 0 where no air moves. [kW]
    leakage_ratio : (T,) array_like
        Share of rack air that is exhaust even with supply enough, 0 to 0.99. [1]
    weights : (G,) array_like
        Relative share of exhaust in the intake of a cohort, above zero. [1]
    pressure_kpa : (T,) array_like
        Station pressure. [kPa]

    Returns
    -------
    HallAir
        A cohort without air keeps the temperature of its intake.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds, shapes do not fit, or heat has no air.

    Notes
    -----
    With *V* the rack air, *S* the supply and :math:`R = \max(V - S, \lambda V)` the exhaust drawn
    in again, the energy balance fixes the mixed hot aisle without iteration:

    .. math:: T_h = T_{sup} + \frac{Q}{\rho c_p (V - R)},\qquad
              T_{in,g} = T_{sup} + \phi_g (T_h - T_{sup})

    The rise of the hot aisle follows from the racks' air flow, never from that of the air units.
    All volumes are taken at supply density, so mass and energy balances are exact; the racks'
    intake is a little lighter, which is left out.
    """
    flow = _per_cohort("rack_flow_m3_s", rack_flow_m3_s)
    heat = _per_cohort("rack_heat_kw", rack_heat_kw)
    weight = as_float("weights", weights, minimum=1e-6)
    supply = as_float("supply_c", supply_c)
    supplied = as_float("supply_flow_m3_s", supply_flow_m3_s, minimum=_LEAST_FLOW)
    leakage = as_float("leakage_ratio", leakage_ratio, minimum=0.0, maximum=0.99)
    _check_cohorts(flow, heat, weight)
    rate = supply_air_rate(flow_m3_s=1.0, supply_c=supply, pressure_kpa=pressure_kpa)
    steps = np.broadcast_shapes(
        rate.shape, supplied.shape, leakage.shape, flow.shape[1:], heat.shape[1:]
    )
    flow, heat = _over_steps(flow, steps), _over_steps(heat, steps)

    total = np.asarray(flow.sum(axis=0))
    again, bypass = _paths(total, supplied, leakage)
    hot_k = heat.sum(axis=0) / (rate * (total - again))
    inlet = supply + _intake_share(flow, weight, again) * hot_k
    moving = flow > 0.0
    outlet = inlet + heat / (rate * np.where(moving, flow, 1.0))
    return HallAir(
        inlet_c=inlet,
        outlet_c=outlet,
        hot_aisle_c=supply + hot_k,
        return_c=supply + hot_k * (total - again) / supplied,
        bypass_m3_s=bypass,
        recirculated_m3_s=again,
    )


def _per_cohort(name: str, values: ArrayLike) -> FloatArray:
    array = as_float(name, values, minimum=0.0)
    if array.ndim == 0:
        raise InputError([Problem(name, "wrong_shape", "needs one row for each cohort")])
    return array


def _over_steps(values: FloatArray, steps: tuple[int, ...]) -> FloatArray:
    """Give (G,) or (G, T) values the full shape (G, *steps), whatever G and T happen to be."""
    own = values.shape[1:]
    widened = values.reshape(values.shape[0], *(1,) * (len(steps) - len(own)), *own)
    return np.broadcast_to(widened, (values.shape[0], *steps))


def _check_cohorts(flow: FloatArray, heat: FloatArray, weight: FloatArray) -> None:
    problems = []
    if weight.shape != flow.shape[:1] or heat.shape[0] != flow.shape[0]:
        problems.append(Problem("weights", "wrong_shape", "needs one value for each cohort"))
    if np.any(flow.sum(axis=0) < _LEAST_FLOW):
        problems.append(Problem("rack_flow_m3_s", "too_small", "some rack air must move"))
    steps = np.broadcast_shapes(flow.shape[1:], heat.shape[1:])
    if not problems and np.any(
        (_over_steps(flow, steps) < _LEAST_FLOW) & (_over_steps(heat, steps) > 0.0)
    ):
        problems.append(Problem("rack_heat_kw", "no_air", "heat needs air to carry it"))
    if problems:
        raise InputError(problems)


def _paths(
    rack: FloatArray, supplied: FloatArray, leakage: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Split rack air and supply air into recirculation and bypass."""
    again = np.maximum(rack - supplied, leakage * rack)
    return np.asarray(again), np.asarray(np.maximum(supplied - (rack - again), 0.0))


def _intake_share(flow: FloatArray, weight: FloatArray, again: FloatArray) -> FloatArray:
    """Exhaust share of each intake (G, T) so that the shares carry exactly ``again`` (T,).

    Shares follow the weights up to a ceiling. The heaviest cohorts meet it first, so the number
    that do is found from running sums over the cohorts in falling order of weight.
    """
    order = np.argsort(-weight, kind="stable")
    sorted_weight, sorted_flow = weight[order], flow[order]
    total = sorted_flow.sum(axis=0)
    # Half-way to all exhaust stays below 1 and above the mean share, so a solution exists.
    ceiling = np.maximum(_INTAKE_CEILING, 0.5 * (1.0 + again / total))
    spread = np.zeros_like(again)
    cut = np.ones_like(again, dtype=np.bool_)
    for n_full in range(weight.size):
        full = sorted_flow[:n_full].sum(axis=0)
        rest = np.tensordot(sorted_weight[n_full:], sorted_flow[n_full:], axes=1)
        cut &= rest > 0.0
        wanted = (again - ceiling * full) / np.where(cut, rest, 1.0)
        spread = np.where(cut, wanted, spread)
        cut &= spread * sorted_weight[n_full] > ceiling
        if not cut.any():
            break
    return np.asarray(np.minimum(spread * weight.reshape((-1,) + (1,) * again.ndim), ceiling))
