"""Server fans: air flow by work and inlet temperature, power by air flow."""

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float


def fan_flow_ratio(
    *,
    utilisation_ratio: ArrayLike,
    inlet_c: ArrayLike,
    base_ratio: float = 0.35,
    work_ratio: float = 0.35,
    warm_start_c: float = 25.0,
    rise_per_k: float = 0.05,
    lowest_ratio: float = 0.3,
) -> FloatArray:
    """Air flow of a server over its design flow.

    Parameters
    ----------
    utilisation_ratio : (..., T) array_like
        Share of time at work, 0 to 1. [1]
    inlet_c : (..., T) array_like
        Inlet air. [°C]
    base_ratio, work_ratio : float
        Flow at no work below the warm start, and what full work adds. [1]
    warm_start_c : float
        Inlet temperature above which fans speed up. [°C]
    rise_per_k : float
        Flow added per kelvin above it. [1/K]
    lowest_ratio : float
        Fans never run slower. [1]

    Returns
    -------
    (..., T) ndarray
        Flow ratio between the lowest and 1, continuous. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    The saturation at 1 is the law itself, a fan at full speed. Every constant is an engineering
    default, to be replaced by a vendor's curve.

    Examples
    --------
    >>> fan_flow_ratio(utilisation_ratio=1.0, inlet_c=[25.0, 31.0, 40.0]).round(6).tolist()
    [0.7, 1.0, 1.0]
    """
    use = as_float("utilisation_ratio", utilisation_ratio, minimum=0.0, maximum=1.0)
    inlet = as_float("inlet_c", inlet_c)
    warm_k = np.maximum(inlet - warm_start_c, 0.0)
    wanted = base_ratio + work_ratio * use + rise_per_k * warm_k
    return np.clip(wanted, lowest_ratio, 1.0)


def fan_power(
    *, flow_ratio: ArrayLike, design_kw: ArrayLike, exponent: ArrayLike = 2.8
) -> FloatArray:
    """Electrical power of fans at part of their design flow.

    Parameters
    ----------
    flow_ratio : (..., T) array_like
        Flow over design flow, 0 or more. [1]
    design_kw : (..., T) array_like
        Power at design flow. [kW]
    exponent : (..., T) array_like
        3 by the affinity laws; motors and drives flatten it. [1]

    Returns
    -------
    (..., T) ndarray
        Fan power. [kW]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Examples
    --------
    >>> float(fan_power(flow_ratio=0.5, design_kw=0.8, exponent=3.0))
    0.1
    """
    flow = as_float("flow_ratio", flow_ratio, minimum=0.0)
    design = as_float("design_kw", design_kw, minimum=0.0)
    power = as_float("exponent", exponent, minimum=1.0, maximum=4.0)
    return np.asarray(design * flow**power)
