"""Coolant distribution units: rack loop, plate exchanger, facility water."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from thermal.physics.exchanger import (
    cold_flow_for_duty,
    conductance_at_flow,
    conductance_from_rating,
    exchange_rate,
)

_MET_WITHIN_K = 1e-9


@dataclass(frozen=True, slots=True)
class CduRating:
    """Rated exchanger of one unit; capacity rates are mass flow times specific heat.

    Attributes
    ----------
    ua_kw_per_k : float
        Conductance at rated flows. [kW/K]
    rack_kw_per_k, facility_kw_per_k : float
        Rated capacity rates; the facility side with its valve open. [kW/K]
    film_ratio : float
        Film conductance of the facility side over that of the rack side. [1]
    """

    ua_kw_per_k: float
    rack_kw_per_k: float
    facility_kw_per_k: float
    film_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class CduState:
    """Steady state of equal units side by side; arrays have the broadcast shape of the inputs.

    Attributes
    ----------
    supply_c, return_c : ndarray
        Coolant to and from the racks. [°C]
    duty_kw : ndarray
        Heat through the exchangers, pump heat included. [kW]
    facility_out_c : ndarray
        Facility water leaving the units. [°C]
    facility_kw_per_k : ndarray
        Capacity rate of all facility water used. [kW/K]
    facility_flow_ratio : ndarray
        Facility flow over that with the valve open; 1 where the set point is out of reach. [1]
    setpoint_met : ndarray of bool
        False where the supply floats above its set point with the valve open.
    """

    supply_c: FloatArray
    return_c: FloatArray
    duty_kw: FloatArray
    facility_out_c: FloatArray
    facility_kw_per_k: FloatArray
    facility_flow_ratio: FloatArray
    setpoint_met: BoolArray


def rate_cdu(
    *,
    duty_kw: float,
    approach_k: float,
    rack_kw_per_k: float,
    facility_kw_per_k: float,
    film_ratio: float = 1.0,
) -> CduRating:
    """Rate a unit from a data sheet: heat, approach and both flows.

    Parameters
    ----------
    duty_kw : float
        Heat through the exchanger. [kW]
    approach_k : float
        Rack supply less facility inlet temperature, above zero. [K]
    rack_kw_per_k, facility_kw_per_k : float
        Capacity rates, above zero. [kW/K]
    film_ratio : float
        Film conductance of the facility side over that of the rack side. [1]

    Returns
    -------
    CduRating
        With the conductance that gives this approach.

    Raises
    ------
    InputError
        A value is not finite or too small, or no counter-flow surface gives this approach.

    Examples
    --------
    >>> unit = rate_cdu(
    ...     duty_kw=2000.0, approach_k=3.0, rack_kw_per_k=124.2, facility_kw_per_k=135.0
    ... )
    >>> round(unit.ua_kw_per_k)
    555
    """
    rack = as_float("rack_kw_per_k", rack_kw_per_k, minimum=1e-9)
    approach = as_float("approach_k", approach_k, minimum=1e-9)
    ua = conductance_from_rating(
        duty_kw=duty_kw,
        inlet_spread_k=approach + as_float("duty_kw", duty_kw, minimum=0.0) / rack,
        hot_kw_per_k=rack,
        cold_kw_per_k=facility_kw_per_k,
    )
    return CduRating(
        ua_kw_per_k=float(ua),
        rack_kw_per_k=float(rack),
        facility_kw_per_k=float(facility_kw_per_k),
        film_ratio=float(as_float("film_ratio", film_ratio, minimum=1e-6)),
    )


def solve_cdu(
    *,
    rating: CduRating,
    heat_kw: ArrayLike,
    pump_kw: ArrayLike,
    rack_kw_per_k: ArrayLike,
    supply_set_c: ArrayLike,
    facility_in_c: ArrayLike,
    n_running: ArrayLike = 1.0,
    facility_full_ratio: ArrayLike = 1.0,
    pump_after_exchanger: bool = False,
) -> CduState:
    """Solve equal units that share racks and facility water evenly.

    Parameters
    ----------
    rating : CduRating
        One unit.
    heat_kw : (..., T) array_like
        Heat of the racks into the coolant of all units, 0 or more. [kW]
    pump_kw : (..., T) array_like
        Pump power that heats the coolant of all units. [kW]
    rack_kw_per_k : (..., T) array_like
        Capacity rate of the coolant of all units, above zero. [kW/K]
    supply_set_c : (..., T) array_like
        Wanted coolant temperature to the racks. [°C]
    facility_in_c : (..., T) array_like
        Facility water into the units. [°C]
    n_running : (..., T) array_like
        Units at work, 1 or more. [1]
    facility_full_ratio : (..., T) array_like
        Facility flow with the valve open over the rated flow, above zero. [1]
    pump_after_exchanger : bool
        Pumps in the supply to the racks instead of in their return. The duty is the same, but
        the racks then get the exchangers' outlet plus the pumps' rise.

    Returns
    -------
    CduState
        Supply is the set point or, with the facility valve open, the best the unit can do.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    Counter-flow effectiveness-NTU; each film grows with its flow to the power 0.8. Pump heat
    always leaves through the exchangers: duty is heat plus pump power, and the racks return
    ``supply + heat / rack rate``. In steady state the exchanger must carry the duty, so the
    temperatures with the valve open follow without iteration; a set point within reach is met by
    bisection on the facility flow.
    """
    count = as_float("n_running", n_running, minimum=1.0)
    heat = as_float("heat_kw", heat_kw, minimum=0.0)
    rack = as_float("rack_kw_per_k", rack_kw_per_k, minimum=1e-9)
    wanted = as_float("supply_set_c", supply_set_c)
    water = as_float("facility_in_c", facility_in_c)
    open_ratio = as_float("facility_full_ratio", facility_full_ratio, minimum=1e-6)
    pump = as_float("pump_kw", pump_kw, minimum=0.0)
    duty = heat + pump
    lift_k = pump / rack if pump_after_exchanger else np.zeros(())
    unit_rack = rack / count

    def conductance(valve: FloatArray) -> FloatArray:
        return conductance_at_flow(
            rated_kw_per_k=rating.ua_kw_per_k,
            hot_flow_ratio=unit_rack / rating.rack_kw_per_k,
            cold_flow_ratio=valve * open_ratio,
            cold_film_ratio=rating.film_ratio,
        )

    full = open_ratio * rating.facility_kw_per_k
    best_rate = exchange_rate(
        hot_kw_per_k=unit_rack, cold_kw_per_k=full, ua_kw_per_k=conductance(np.ones(()))
    )
    best_c = water + duty / count / best_rate - duty / rack + lift_k
    supply = np.maximum(wanted, best_c)
    met = best_c <= wanted + _MET_WITHIN_K
    valve = cold_flow_for_duty(
        duty_kw=duty / count,
        inlet_spread_k=supply - lift_k + duty / rack - water,
        hot_kw_per_k=unit_rack,
        cold_full_kw_per_k=full,
        conductance=conductance,
    )
    valve = np.where(met, valve, 1.0)
    used = valve * full * count
    return CduState(
        supply_c=supply,
        return_c=supply + heat / rack,
        duty_kw=np.broadcast_to(duty, supply.shape).copy(),
        facility_out_c=water + duty / used,
        facility_kw_per_k=used,
        facility_flow_ratio=valve,
        setpoint_met=met,
    )
