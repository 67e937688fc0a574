"""Indices of air management and of energy use. Shares are 0 to 1; multiply by 100 to print."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import L_PER_M3

RECOMMENDED_C = (18.0, 27.0)
"""Recommended inlet range of classes A1 to A4. [°C]"""

ALLOWABLE_A1_C = (15.0, 32.0)
"""Allowable inlet range of class A1. [°C]"""


def rack_cooling_high(
    inlet_c: ArrayLike,
    *,
    recommended_c: float = RECOMMENDED_C[1],
    allowable_c: float = ALLOWABLE_A1_C[1],
) -> FloatArray:
    """Rack cooling index at the warm end: 1 with no inlet above the recommended range.

    Parameters
    ----------
    inlet_c : (R, ...) array_like
        Inlet temperatures, racks along the first axis. [°C]
    recommended_c, allowable_c : float
        Upper ends of the recommended and of the allowable range. [°C]

    Returns
    -------
    (...) ndarray
        Index; 0 where the mean excess reaches the allowable range, negative beyond. [1]

    Raises
    ------
    InputError
        A value is not finite, there is no rack, or the ranges are out of order.

    Notes
    -----
    Herrlin's index, defined on dry bulb only, so it does not depend on the envelope's edition.
    """
    return _cooling_index(inlet_c, recommended_c, allowable_c - recommended_c, 1.0)


def rack_cooling_low(
    inlet_c: ArrayLike,
    *,
    recommended_c: float = RECOMMENDED_C[0],
    allowable_c: float = ALLOWABLE_A1_C[0],
) -> FloatArray:
    """Rack cooling index at the cold end: 1 with no inlet below the recommended range.

    Parameters
    ----------
    inlet_c : (R, ...) array_like
        Inlet temperatures, racks along the first axis. [°C]
    recommended_c, allowable_c : float
        Lower ends of the recommended and of the allowable range. [°C]

    Returns
    -------
    (...) ndarray
        Index. [1]

    Raises
    ------
    InputError
        A value is not finite, there is no rack, or the ranges are out of order.
    """
    return _cooling_index(inlet_c, recommended_c, recommended_c - allowable_c, -1.0)


def _cooling_index(inlet_c: ArrayLike, edge_c: float, band_k: float, sign: float) -> FloatArray:
    inlet = np.atleast_1d(as_float("inlet_c", inlet_c))
    if inlet.shape[0] == 0:
        raise InputError([Problem("inlet_c", "too_few", "needs at least one rack")])
    band = as_float("allowable beyond recommended", band_k, minimum=1e-9)
    over = np.maximum(sign * (inlet - edge_c), 0.0)
    return np.asarray(1.0 - over.mean(axis=0) / band)


def return_temperature_index(
    *, return_c: ArrayLike, supply_c: ArrayLike, equipment_rise_k: ArrayLike
) -> FloatArray:
    """Air units' temperature difference over that of the equipment.

    Parameters
    ----------
    return_c, supply_c : (...) array_like
        Air into and out of the air units. [°C]
    equipment_rise_k : (...) array_like
        Flow-weighted outlet less inlet temperature of the racks, above zero. [K]

    Returns
    -------
    (...) ndarray
        Above 1 where exhaust recirculates, below 1 where supply bypasses. [1]

    Raises
    ------
    InputError
        A value is not finite or the rise is not above zero.
    """
    spread = as_float("return_c", return_c) - as_float("supply_c", supply_c)
    return np.asarray(spread / as_float("equipment_rise_k", equipment_rise_k, minimum=1e-9))


def supply_heat_index(
    *, flow_kg_s: ArrayLike, inlet_c: ArrayLike, outlet_c: ArrayLike, supply_c: ArrayLike
) -> FloatArray:
    """Share of the racks' enthalpy rise that happens before their inlets.

    Parameters
    ----------
    flow_kg_s : (R, ...) array_like
        Air through each rack, racks along the first axis. [kg/s]
    inlet_c, outlet_c : (R, ...) array_like
        Air into and out of each rack. [°C]
    supply_c : (...) array_like
        Supply air. [°C]

    Returns
    -------
    (...) ndarray
        0 without recirculation; one less it is the return heat index. [1]

    Raises
    ------
    InputError
        A value is not finite, a flow is negative, or the racks' outlets are not above supply.

    Notes
    -----
    Sharma, Bash and Patel, 2002.
    """
    flow = np.atleast_1d(as_float("flow_kg_s", flow_kg_s, minimum=0.0))
    supply = as_float("supply_c", supply_c)
    before = (flow * (as_float("inlet_c", inlet_c) - supply)).sum(axis=0)
    through = (flow * (as_float("outlet_c", outlet_c) - supply)).sum(axis=0)
    return np.asarray(before / as_float("outlet_c less supply_c", through, minimum=1e-12))


_METERS: dict[int, Callable[[FloatArray, FloatArray, FloatArray], FloatArray]] = {
    1: lambda at_it, after_pdu, in_pdu: at_it + after_pdu + in_pdu,
    2: lambda at_it, after_pdu, _: at_it + after_pdu,
    3: lambda at_it, _after, _in: at_it,
}


def power_usage_effectiveness(
    *,
    facility_kwh: ArrayLike,
    it_input_kwh: ArrayLike,
    after_pdu_loss_kwh: ArrayLike = 0.0,
    pdu_loss_kwh: ArrayLike = 0.0,
    category: int = 3,
) -> FloatArray:
    """Facility energy over IT energy, with the IT meter where the category puts it.

    Parameters
    ----------
    facility_kwh : (...) array_like
        All energy into the site for the data centre; losses and lights always count. [kWh]
    it_input_kwh : (...) array_like
        Energy at the inputs of IT equipment, above zero. [kWh]
    after_pdu_loss_kwh, pdu_loss_kwh : (...) array_like
        Loss between distribution units and equipment, and in the distribution units. [kWh]
    category : int
        1: meter at UPS output; 2: at distribution output; 3: at the equipment.

    Returns
    -------
    (...) ndarray
        PUE of that category; state the category with it. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds, or the category is unknown.

    Notes
    -----
    ISO/IEC 30134-2. A lower category books distribution losses as IT and prints a lower figure
    for the same site. PUE falls when server fans rise: show `total_usage_effectiveness` with it.

    Examples
    --------
    >>> losses = {"facility_kwh": 130.0, "it_input_kwh": 100.0, "after_pdu_loss_kwh": 2.0,
    ...           "pdu_loss_kwh": 3.0}
    >>> [round(float(power_usage_effectiveness(**losses, category=c)), 3) for c in (1, 2, 3)]
    [1.238, 1.275, 1.3]
    """
    if category not in _METERS:
        raise InputError([Problem("category", "unknown", "must be 1, 2 or 3")])
    facility = as_float("facility_kwh", facility_kwh, minimum=0.0)
    metered = _METERS[category](
        as_float("it_input_kwh", it_input_kwh, minimum=1e-12),
        as_float("after_pdu_loss_kwh", after_pdu_loss_kwh, minimum=0.0),
        as_float("pdu_loss_kwh", pdu_loss_kwh, minimum=0.0),
    )
    return np.asarray(facility / metered)


def it_usage_effectiveness(*, it_input_kwh: ArrayLike, compute_kwh: ArrayLike) -> FloatArray:
    """Energy into IT equipment over what reaches the compute boards.

    Parameters
    ----------
    it_input_kwh : (...) array_like
        Energy at the inputs of IT equipment. [kWh]
    compute_kwh : (...) array_like
        The same without server fans, supply losses and pumps, wherever mounted. [kWh]

    Returns
    -------
    (...) ndarray
        Above 1 by the share of fans, supplies and pumps. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.
    """
    it_input = as_float("it_input_kwh", it_input_kwh, minimum=0.0)
    return np.asarray(it_input / as_float("compute_kwh", compute_kwh, minimum=1e-12))


def total_usage_effectiveness(*, facility_kwh: ArrayLike, compute_kwh: ArrayLike) -> FloatArray:
    """Facility energy over what reaches the compute boards: PUE of category 3 times ITUE.

    Parameters
    ----------
    facility_kwh : (...) array_like
        All energy into the site for the data centre. [kWh]
    compute_kwh : (...) array_like
        Energy that reaches the compute boards, above zero. [kWh]

    Returns
    -------
    (...) ndarray
        TUE. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.
    """
    facility = as_float("facility_kwh", facility_kwh, minimum=0.0)
    return np.asarray(facility / as_float("compute_kwh", compute_kwh, minimum=1e-12))


def energy_reuse_effectiveness(
    *, facility_kwh: ArrayLike, reused_kwh: ArrayLike, it_input_kwh: ArrayLike
) -> FloatArray:
    """Facility energy less what others reuse, over IT energy.

    Parameters
    ----------
    facility_kwh : (...) array_like
        All energy into the site for the data centre. [kWh]
    reused_kwh : (...) array_like
        Heat handed to others, 0 or more. [kWh]
    it_input_kwh : (...) array_like
        Energy at the inputs of IT equipment, above zero. [kWh]

    Returns
    -------
    (...) ndarray
        ERE. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.
    """
    facility = as_float("facility_kwh", facility_kwh, minimum=0.0)
    kept = facility - as_float("reused_kwh", reused_kwh, minimum=0.0)
    return np.asarray(kept / as_float("it_input_kwh", it_input_kwh, minimum=1e-12))


def energy_reuse_ratio(*, facility_kwh: ArrayLike, reused_kwh: ArrayLike) -> FloatArray:
    """Share of facility energy that others reuse.

    Parameters
    ----------
    facility_kwh : (...) array_like
        All energy into the site for the data centre, above zero. [kWh]
    reused_kwh : (...) array_like
        Heat handed to others, 0 or more. [kWh]

    Returns
    -------
    (...) ndarray
        ERF. [1]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.
    """
    reused = as_float("reused_kwh", reused_kwh, minimum=0.0)
    return np.asarray(reused / as_float("facility_kwh", facility_kwh, minimum=1e-12))


def water_usage_effectiveness(*, water_m3: ArrayLike, it_input_kwh: ArrayLike) -> FloatArray:
    """Litres of site water per kilowatt-hour of IT energy.

    Parameters
    ----------
    water_m3 : (...) array_like
        Water drawn on site, 0 or more. [m³]
    it_input_kwh : (...) array_like
        Energy at the inputs of IT equipment, above zero. [kWh]

    Returns
    -------
    (...) ndarray
        WUE. [L/kWh]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.
    """
    litres = as_float("water_m3", water_m3, minimum=0.0) * L_PER_M3
    return np.asarray(litres / as_float("it_input_kwh", it_input_kwh, minimum=1e-12))
