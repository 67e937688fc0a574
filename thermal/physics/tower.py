"""Open cooling towers: Merkel's theory by default, the York correlation for comparison."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from thermal.physics import psychrometrics
from thermal.physics.bracket import monotone_root
from thermal.physics.exchanger import effectiveness_counterflow, ntu_counterflow
from thermal.physics.fan_control import (
    EnteringWater,
    FanState,
    hold_leaving,
    leaving_at_full_speed,
)
from thermal.physics.weather import OutdoorAir, spread

_STANDARD_PRESSURE_KPA = 101.325
# Below this gain of the air the slope of the saturation line is taken over a finite step.
_LEAST_GAIN_KJ_PER_KG = 0.05
# Part of the conductance that is left however far the laws are stretched.
_LEAST_FACTOR = 0.05
_WATER_RATIO_RANGE = (0.5, 1.25)

_YORK = np.array(
    [
        [
            [-0.359741205, -0.055053608, 0.0023850432],
            [0.173926877, -0.0248473764, 0.00048430224],
            [-0.005589849456, 0.0005770079712, -1.342427256e-05],
        ],
        [
            [2.84765801111111, -0.121765149, 0.0014599242],
            [1.680428651, -0.0166920786, -0.0007190532],
            [-0.025485194448, 4.87491696e-05, 2.719234152e-05],
        ],
        [
            [-0.0653766255555556, -0.002278167, 0.0002500254],
            [-0.0910565458, 0.00318176316, 3.8621772e-05],
            [-0.0034285382352, 8.56589904e-06, -1.516821552e-06],
        ],
    ]
)
_YORK_WET_BULB_C = (-34.4, 26.6667)
_YORK_RANGE_K = (1.1111, 22.2222)
_YORK_APPROACH_K = (1.1111, 40.0)
_YORK_WATER_RATIO = (0.75, 1.25)


@dataclass(frozen=True, slots=True)
class TowerCell:
    """One cell at its rating point, and how its fan may run.

    ``air_flow_kg_s`` is dry air at full speed at the rating point, at sea level in air saturated at
    the rated wet bulb. Fans move a volume, so thin or hot air means less mass.
    ``drift_ratio`` is droplets over water flow at full air flow.
    """

    rated_kw: float
    rated_in_c: float
    rated_out_c: float
    rated_wet_bulb_c: float
    air_flow_kg_s: float
    fan_kw: float
    model: Literal["merkel", "york"] = "merkel"
    minimum_fan_ratio: float = 0.2
    free_convection_ratio: float = 0.125
    drift_ratio: float = 8e-5

    @property
    def rated_kw_per_k(self) -> float:
        """Capacity rate of the water at the rating point, in kW/K."""
        return self.rated_kw / (self.rated_in_c - self.rated_out_c)


@dataclass(frozen=True, slots=True, eq=False)
class TowerState:
    """Cells in parallel; fan power, air flow and drift of all together.

    ``extrapolated`` marks conditions outside the range of the tower's law.
    """

    heat_kw: FloatArray
    fan_kw: FloatArray
    entering_c: FloatArray
    leaving_c: FloatArray
    dry_air_kg_s: FloatArray
    drift_ratio: FloatArray
    air_ratio: FloatArray
    cycling_ratio: FloatArray
    setpoint_met: BoolArray
    extrapolated: BoolArray


def rated_conductance(cell: TowerCell) -> float:
    """Return the conductance that meets the rating point at sea level.

    Parameters
    ----------
    cell : TowerCell
        The cell; its rating is read at 101.325 kPa.

    Returns
    -------
    float
        Enthalpy conductance times the specific heat of moist air. [kW/K]

    Raises
    ------
    InputError
        The rating is impossible: water not warmer than it leaves, leaving at or below the wet
        bulb, or too little air for the heat.
    """
    problems = []
    if not cell.rated_in_c > cell.rated_out_c > cell.rated_wet_bulb_c:
        message = "must be above the wet bulb and below the entering water"
        problems.append(Problem("rated_out_c", "rating_impossible", message))
    if min(cell.rated_kw, cell.air_flow_kg_s) <= 0:
        problems.append(Problem("rated_kw", "rating_impossible", "heat and air must be above 0"))
    if problems:
        raise InputError(problems)
    wet_c = np.asarray(cell.rated_wet_bulb_c)
    gain = np.asarray(cell.rated_kw / cell.air_flow_kg_s)
    slope = _saturation_slope(gain, wet_c, np.asarray(_STANDARD_PRESSURE_KPA))
    air = cell.air_flow_kg_s * slope
    smaller, larger = np.minimum(air, cell.rated_kw_per_k), np.maximum(air, cell.rated_kw_per_k)
    share = cell.rated_kw / (smaller * (cell.rated_in_c - wet_c))
    if share >= 1:
        message = "is too little to carry the rated heat at the rated wet bulb"
        raise InputError([Problem("air_flow_kg_s", "rating_impossible", message)])
    ntu = ntu_counterflow(effectiveness=share, capacity_ratio=smaller / larger)
    humidity = psychrometrics.saturation_humidity_ratio(wet_c, pressure_kpa=_STANDARD_PRESSURE_KPA)
    return float(ntu * smaller * _specific_heat(humidity) / slope)


def run_towers(
    cell: TowerCell,
    *,
    heat_kw: ArrayLike,
    water_kw_per_k: ArrayLike,
    set_point_c: ArrayLike,
    n_cells: ArrayLike,
    air: OutdoorAir,
) -> TowerState:
    """Reject a heat in equal cells whose fans hold a leaving-water set point.

    Parameters
    ----------
    cell : TowerCell
        One of the equal cells.
    heat_kw : array_like
        Heat of the water, all cells together, 0 or more. [kW]
    water_kw_per_k : array_like
        Capacity rate of the water, all cells together, above 0. [kW/K]
    set_point_c : array_like
        Wanted leaving temperature. [°C]
    n_cells : array_like
        Cells that carry water, above 0. [1]
    air : OutdoorAir
        The air.

    Returns
    -------
    TowerState
        At full speed the leaving water floats above the set point.

    Raises
    ------
    InputError
        A value is out of range, or the rating of the cell is impossible.
    ConvergenceError
        A fan speed did not settle.

    Notes
    -----
    Counterflow effectiveness on the enthalpy of saturated air (Merkel), with a conductance that
    follows air flow, water flow and wet bulb by the laws of EnergyPlus and Modelica Buildings.
    """
    shape, (heat, rate, target_c, cells), outdoor = spread(
        as_float("heat_kw", heat_kw, minimum=0.0),
        as_float("water_kw_per_k", water_kw_per_k, minimum=1e-9),
        as_float("set_point_c", set_point_c),
        as_float("n_cells", n_cells, minimum=1e-9),
        air=air,
    )
    fans = hold_leaving(
        entering_law(cell, water_kw_per_k=rate / cells, air=outdoor),
        heat_kw=heat / cells,
        water_kw_per_k=rate / cells,
        set_point_c=target_c,
        minimum_ratio=cell.minimum_fan_ratio,
        free_ratio=cell.free_convection_ratio,
    )
    flow = cells * fans.air_ratio * _full_dry_air(cell, outdoor)
    return TowerState(
        heat_kw=heat.reshape(shape),
        fan_kw=(cells * cell.fan_kw * fans.power_ratio).reshape(shape),
        entering_c=fans.entering_c.reshape(shape),
        leaving_c=fans.leaving_c.reshape(shape),
        dry_air_kg_s=flow.reshape(shape),
        drift_ratio=(cell.drift_ratio * fans.air_ratio).reshape(shape),
        air_ratio=fans.air_ratio.reshape(shape),
        cycling_ratio=fans.cycling_ratio.reshape(shape),
        setpoint_met=fans.setpoint_met.reshape(shape),
        extrapolated=_outside(cell, heat / cells, rate / cells, outdoor, fans).reshape(shape),
    )


def coldest_water(
    cell: TowerCell,
    *,
    heat_kw: ArrayLike,
    water_kw_per_k: ArrayLike,
    n_cells: ArrayLike,
    air: OutdoorAir,
) -> FloatArray:
    """Return the leaving water with all fans at full speed.

    Parameters
    ----------
    cell : TowerCell
        One of the equal cells.
    heat_kw, water_kw_per_k : array_like
        Heat and capacity rate of all cells together. [kW], [kW/K]
    n_cells : array_like
        Cells that carry water, above 0. [1]
    air : OutdoorAir
        The air.

    Returns
    -------
    ndarray
        Temperature, shape of the broadcast arguments. [°C]

    Raises
    ------
    InputError
        A value is out of range, or the rating of the cell is impossible.
    """
    shape, (heat, rate, cells), outdoor = spread(
        as_float("heat_kw", heat_kw, minimum=0.0),
        as_float("water_kw_per_k", water_kw_per_k, minimum=1e-9),
        as_float("n_cells", n_cells, minimum=1e-9),
        air=air,
    )
    law = entering_law(cell, water_kw_per_k=rate / cells, air=outdoor)
    coldest_c = leaving_at_full_speed(law, heat_kw=heat / cells, water_kw_per_k=rate / cells)
    return coldest_c.reshape(shape)


def entering_law(cell: TowerCell, *, water_kw_per_k: FloatArray, air: OutdoorAir) -> EnteringWater:
    """Return the law of one cell, for arrays of one shape (N,).

    Parameters
    ----------
    cell : TowerCell
        The cell.
    water_kw_per_k : (N,) ndarray
        Capacity rate of its water. [kW/K]
    air : OutdoorAir
        The air, (N,).

    Raises
    ------
    InputError
        The rating of the cell is impossible.
    """
    if cell.model == "york":
        return _york_law(cell, water_kw_per_k, air)
    return _merkel_law(cell, water_kw_per_k, air)


def _merkel_law(cell: TowerCell, water_kw_per_k: FloatArray, air: OutdoorAir) -> EnteringWater:
    water_ratio = water_kw_per_k / cell.rated_kw_per_k
    fixed = (
        rated_conductance(cell)
        * np.maximum(_water_law(water_ratio) / _water_law(1.0), _LEAST_FACTOR)
        * np.maximum(1 + 0.0081 * (cell.rated_wet_bulb_c - air.wet_bulb_c), _LEAST_FACTOR)
    )
    fixed = fixed / _specific_heat(air.humidity_ratio)
    full_air = _full_dry_air(cell, air)

    def entering(heat_kw: FloatArray, ratio: FloatArray, which: BoolArray) -> FloatArray:
        wet_c, rate = air.wet_bulb_c[which], water_kw_per_k[which]
        flow = ratio * full_air[which]
        slope = _saturation_slope(heat_kw / flow, wet_c, air.pressure_kpa[which])
        stream = flow * slope
        ua = fixed[which] * ratio * (1.3 - 0.3 * ratio) * slope
        smaller, larger = np.minimum(stream, rate), np.maximum(stream, rate)
        share = effectiveness_counterflow(ntu=ua / smaller, capacity_ratio=smaller / larger)
        return np.asarray(wet_c + heat_kw / (share * smaller))

    return entering


def _specific_heat(humidity_ratio: FloatArray) -> FloatArray:
    moist = psychrometrics.VAPOUR_KJ_PER_KG_K * humidity_ratio
    return np.asarray(psychrometrics.DRY_AIR_KJ_PER_KG_K + moist)


def _water_law(ratio: float | FloatArray) -> float | FloatArray:
    # The published law gives 1.004 at design flow; dividing by that keeps the rating point.
    return 0.1082 + ratio * (1.667 - 0.7713 * ratio)


def _saturation_slope(
    gain_kj_per_kg: FloatArray, wet_c: FloatArray, pressure_kpa: FloatArray
) -> FloatArray:
    """Return enthalpy over temperature of saturated air between its two ends, in kJ/(kg·K)."""
    gain = np.maximum(gain_kj_per_kg, _LEAST_GAIN_KJ_PER_KG)
    start_ratio = psychrometrics.saturation_humidity_ratio(wet_c, pressure_kpa=pressure_kpa)
    start = psychrometrics.enthalpy(wet_c, humidity_ratio=start_ratio)
    exit_c = psychrometrics.saturated_temperature(
        start + gain, pressure_kpa=pressure_kpa, start_c=wet_c + 0.3 * gain
    )
    return np.asarray(gain / (exit_c - wet_c))


def york_approach(
    *,
    water_ratio: ArrayLike,
    air_ratio: ArrayLike,
    range_k: ArrayLike,
    wet_bulb_c: ArrayLike,
) -> FloatArray:
    """Return the approach of the York correlation.

    Parameters
    ----------
    water_ratio, air_ratio : array_like
        Flows over design flows, above 0. [1]
    range_k : array_like
        Entering less leaving water. [K]
    wet_bulb_c : array_like
        Wet bulb. [°C]

    Returns
    -------
    ndarray
        Leaving water over wet bulb; not held above zero, and not clipped to the fitted range
        (wet bulb −34.4 to 26.67 °C, range 1.1 to 22.2 K, approach 1.1 to 40 K, water ratio 0.75
        to 1.25). [K]

    Raises
    ------
    InputError
        A value is not finite or a flow not above 0.
    """
    water = as_float("water_ratio", water_ratio, minimum=0.0)
    fan = as_float("air_ratio", air_ratio, minimum=1e-6)
    drop_k = as_float("range_k", range_k)
    wet_c = as_float("wet_bulb_c", wet_bulb_c)
    flow_ratio, drop, wet = np.broadcast_arrays(water / fan, drop_k, wet_c)
    return np.asarray(np.polynomial.polynomial.polyval3d(flow_ratio, drop, wet, _YORK))


def _york_law(cell: TowerCell, water_kw_per_k: FloatArray, air: OutdoorAir) -> EnteringWater:
    water_ratio = york_water_ratio(cell) * water_kw_per_k / cell.rated_kw_per_k

    def entering(heat_kw: FloatArray, ratio: FloatArray, which: BoolArray) -> FloatArray:
        range_k = heat_kw / water_kw_per_k[which]
        approach_k = york_approach(
            water_ratio=water_ratio[which],
            air_ratio=ratio,
            range_k=range_k,
            wet_bulb_c=air.wet_bulb_c[which],
        )
        # The polynomial crosses the wet bulb in humid weather; water cannot.
        return np.asarray(air.wet_bulb_c[which] + np.maximum(approach_k, 0.0) + range_k)

    return entering


def york_water_ratio(cell: TowerCell) -> float:
    """Return the water-flow ratio at which the York correlation meets the rating point.

    Parameters
    ----------
    cell : TowerCell
        The cell.

    Raises
    ------
    InputError
        No ratio between 0.3 and 3 meets it.
    """
    target_k = cell.rated_out_c - cell.rated_wet_bulb_c

    def gap_k(ratio: FloatArray) -> FloatArray:
        approach_k = york_approach(
            water_ratio=ratio,
            air_ratio=1.0,
            range_k=cell.rated_in_c - cell.rated_out_c,
            wet_bulb_c=cell.rated_wet_bulb_c,
        )
        return np.asarray(approach_k - target_k)

    low, high = np.array([0.3]), np.array([3.0])
    if gap_k(low)[0] * gap_k(high)[0] > 0:
        message = "is outside what the York correlation can describe"
        raise InputError([Problem("rated_out_c", "rating_impossible", message)])
    return float(monotone_root(gap_k, low=low, high=high, tolerance=1e-12)[0])


def _full_dry_air(cell: TowerCell, air: OutdoorAir) -> FloatArray:
    level_c, pressure = cell.rated_wet_bulb_c, _STANDARD_PRESSURE_KPA
    ratio = psychrometrics.saturation_humidity_ratio(level_c, pressure_kpa=pressure)
    rated_volume = psychrometrics.specific_volume(
        level_c, humidity_ratio=ratio, pressure_kpa=pressure
    )
    dry_density = air.density_kg_m3 / (1 + air.humidity_ratio)
    return np.asarray(cell.air_flow_kg_s * rated_volume * dry_density)


def _outside(
    cell: TowerCell, heat_kw: FloatArray, rate: FloatArray, air: OutdoorAir, fans: FanState
) -> BoolArray:
    water_ratio = rate / cell.rated_kw_per_k
    working = heat_kw > 0
    if cell.model == "merkel":
        return working & _beyond(water_ratio, _WATER_RATIO_RANGE)
    return working & (
        _beyond(air.wet_bulb_c, _YORK_WET_BULB_C)
        | _beyond(fans.entering_c - fans.leaving_c, _YORK_RANGE_K)
        | _beyond(fans.leaving_c - air.wet_bulb_c, _YORK_APPROACH_K)
        | _beyond(water_ratio, _YORK_WATER_RATIO)
    )


def _beyond(values: FloatArray, limits: tuple[float, float]) -> BoolArray:
    return np.asarray((values < limits[0]) | (values > limits[1]))
