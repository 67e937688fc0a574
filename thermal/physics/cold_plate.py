"""Cold plates and air heat sinks: thermal resistance and pressure drop at a flow."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import InputError, Problem

# Open Compute Project, OAI System Liquid Cooling Guidelines (2023), figure 7: one plate of a 1 kW
# module with PG25, as tabulated in the Modelica Buildings library (BSD-3).
PG25_PLATE_L_MIN = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2, 2.4)
PG25_PLATE_K_PER_W = (
    *(0.0389, 0.0325, 0.0300, 0.0280, 0.0265, 0.0255, 0.0245),
    *(0.0230, 0.0220, 0.0214, 0.0209, 0.0204, 0.0200, 0.0197),
)
# Constant part of the least-squares form a + b/V of the table above.
_PG25_FLOOR_K_PER_W = 0.016166105


@dataclass(frozen=True, slots=True)
class PlateResistance:
    """Case-to-inlet resistance; ``in_range`` is false where the flow is outside the table."""

    resistance_k_per_w: FloatArray
    in_range: BoolArray


def plate_resistance(
    flow_l_min: ArrayLike,
    *,
    table_l_min: Sequence[float] = PG25_PLATE_L_MIN,
    table_k_per_w: Sequence[float] = PG25_PLATE_K_PER_W,
    floor_k_per_w: float = _PG25_FLOOR_K_PER_W,
) -> PlateResistance:
    """Case-to-inlet resistance of a cold plate at a coolant flow.

    Parameters
    ----------
    flow_l_min : (...) array_like
        Flow through one plate, above zero. [L/min]
    table_l_min, table_k_per_w : sequence of float
        Measured points, flow rising and resistance not rising. [L/min], [K/W]
    floor_k_per_w : float
        Part of the resistance that no flow removes, used below the table only. [K/W]

    Returns
    -------
    PlateResistance
        Linear between the points, so never above one neighbour and below the other. Above the
        table the last value is held; below it ``a + b/V`` with *a* the floor and *b* such that
        the curve meets the first point. Both are flagged.

    Raises
    ------
    InputError
        A flow is not finite or below 1e-6 L/min, or the table is not a falling curve.

    Notes
    -----
    Valid for 0.4 to 2.4 L/min of PG25 with the default table.

    Examples
    --------
    >>> float(plate_resistance(1.1).resistance_k_per_w)
    0.02375
    """
    flow = as_float("flow_l_min", flow_l_min, minimum=1e-6)
    points = as_float("table_l_min", table_l_min, minimum=1e-6)
    values = as_float("table_k_per_w", table_k_per_w, minimum=0.0)
    _check_table(points, values)
    floor = min(floor_k_per_w, float(values[-1]))
    below = floor + (values[0] - floor) * points[0] / flow
    return PlateResistance(
        resistance_k_per_w=np.where(flow < points[0], below, np.interp(flow, points, values)),
        in_range=(flow >= points[0]) & (flow <= points[-1]),
    )


def _check_table(points: FloatArray, values: FloatArray) -> None:
    if points.ndim != 1 or points.shape != values.shape or points.size == 0:
        message = "needs one resistance for each flow"
        raise InputError([Problem("table_k_per_w", "wrong_shape", message)])
    if np.any(np.diff(points) <= 0.0) or np.any(np.diff(values) > 0.0):
        message = "flow must rise and resistance must not rise along the table"
        raise InputError([Problem("table_k_per_w", "not_falling", message)])


def plate_drop(
    flow_l_min: ArrayLike,
    *,
    rated_l_min: ArrayLike = 10.0,
    rated_kpa: ArrayLike = 50.0,
    exponent: ArrayLike = 1.85,
) -> FloatArray:
    """Pressure drop of a loop of cold plates.

    Parameters
    ----------
    flow_l_min : (...) array_like
        Flow through the loop, 0 or more. [L/min]
    rated_l_min, rated_kpa : (...) array_like
        One point of the curve; the defaults are a loop of eight plates with PG25. [L/min], [kPa]
    exponent : (...) array_like
        1.85 for plates, 1.76 for clean filters. [1]

    Returns
    -------
    (...) ndarray
        Pressure drop. [kPa]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    Default point and exponents as in the Modelica Buildings library.
    """
    flow = as_float("flow_l_min", flow_l_min, minimum=0.0)
    rated = as_float("rated_l_min", rated_l_min, minimum=1e-6)
    drop = as_float("rated_kpa", rated_kpa, minimum=0.0)
    power = as_float("exponent", exponent, minimum=1.0, maximum=2.0)
    return np.asarray(drop * (flow / rated) ** power)


def heat_sink_resistance(
    *,
    flow_ratio: ArrayLike,
    rated_k_per_w: ArrayLike,
    conduction_ratio: ArrayLike = 0.4,
    exponent: ArrayLike = 0.8,
) -> FloatArray:
    """Junction-to-inlet resistance of an air heat sink at part of its design flow.

    Parameters
    ----------
    flow_ratio : (...) array_like
        Air flow over design flow, above zero. [1]
    rated_k_per_w : (...) array_like
        Resistance at design flow. [K/W]
    conduction_ratio : (...) array_like
        Share of the rated resistance that air flow does not change. [1]
    exponent : (...) array_like
        Fall of the convective part with flow. [1]

    Returns
    -------
    (...) ndarray
        Resistance. [K/W]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Notes
    -----
    Share and exponent are engineering defaults.

    Examples
    --------
    >>> float(heat_sink_resistance(flow_ratio=1.0, rated_k_per_w=0.06))
    0.06
    """
    flow = as_float("flow_ratio", flow_ratio, minimum=1e-6)
    rated = as_float("rated_k_per_w", rated_k_per_w, minimum=0.0)
    fixed = as_float("conduction_ratio", conduction_ratio, minimum=0.0, maximum=1.0)
    power = as_float("exponent", exponent, minimum=0.0)
    return np.asarray(rated * (fixed + (1.0 - fixed) * flow**-power))
