"""One IT system, a server or a rack: electrical input and where its heat goes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.units import W_PER_KW
from racks.physics.supply import LossCurve, supply_loss


@dataclass(frozen=True, slots=True)
class SystemPower:
    """Power of one IT system; every array has the broadcast shape of the inputs.

    ``liquid_kw + air_kw`` is ``input_kw``: every watt that enters leaves as heat. ``compute_kw``
    is what reaches the boards, without fans and supply losses. ``supply_overloaded`` marks where
    the supplies deliver more than their rating.
    """

    input_kw: FloatArray
    compute_kw: FloatArray
    fan_kw: FloatArray
    supply_loss_kw: FloatArray
    liquid_kw: FloatArray
    air_kw: FloatArray
    supply_overloaded: BoolArray


def host_power(
    *, utilisation_ratio: ArrayLike, idle_kw: ArrayLike, full_kw: ArrayLike
) -> FloatArray:
    """Power of everything on the boards but the accelerators, linear in utilisation.

    Parameters
    ----------
    utilisation_ratio : (..., T) array_like
        Share of time at work, 0 to 1. [1]
    idle_kw, full_kw : (..., T) array_like
        Power at no work and at full work. [kW]

    Returns
    -------
    (..., T) ndarray
        Processors, memory, network and storage. [kW]

    Raises
    ------
    InputError
        A value is not finite or outside its bounds, or full power is below idle power.
    """
    use = as_float("utilisation_ratio", utilisation_ratio, minimum=0.0, maximum=1.0)
    idle = as_float("idle_kw", idle_kw, minimum=0.0)
    full = as_float("full_kw", full_kw, minimum=0.0)
    return np.asarray(idle + as_float("full_kw less idle_kw", full - idle, minimum=0.0) * use)


def system_power(
    *,
    n_chips: ArrayLike,
    chip_w: ArrayLike,
    host_kw: ArrayLike,
    fan_kw: ArrayLike,
    supply_rated_kw: ArrayLike,
    supply_curve: LossCurve,
    chip_capture_ratio: ArrayLike = 0.0,
    host_capture_ratio: ArrayLike = 0.0,
) -> SystemPower:
    """Electrical input of one IT system and the split of its heat.

    Parameters
    ----------
    n_chips : (..., T) array_like
        Accelerators in the system. [1]
    chip_w : (..., T) array_like
        Power of one accelerator. [W]
    host_kw : (..., T) array_like
        Power of the other boards, see `host_power`. [kW]
    fan_kw : (..., T) array_like
        Power of the system's own fans. [kW]
    supply_rated_kw : (..., T) array_like
        Rated output of the running supplies or shelves together. [kW]
    supply_curve : LossCurve
        Loss of the supplies over their rated output.
    chip_capture_ratio, host_capture_ratio : (..., T) array_like
        Share of the accelerators' and of the other boards' heat that a liquid takes. [1]

    Returns
    -------
    SystemPower
        Fans, supply losses and what the liquid does not take heat the air.

    Raises
    ------
    InputError
        A value is not finite or outside its bounds.

    Examples
    --------
    >>> power = system_power(
    ...     n_chips=8, chip_w=700.0, host_kw=2.0, fan_kw=0.4, supply_rated_kw=16.0,
    ...     supply_curve=LossCurve(constant_ratio=0.0, linear_ratio=0.05, quadratic_ratio=0.0),
    ...     chip_capture_ratio=0.75,
    ... )
    >>> round(float(power.input_kw), 6), round(float(power.liquid_kw), 6)
    (8.4, 4.2)
    """
    count = as_float("n_chips", n_chips, minimum=0.0)
    chips = count * as_float("chip_w", chip_w, minimum=0.0) / W_PER_KW
    host = as_float("host_kw", host_kw, minimum=0.0)
    fan = as_float("fan_kw", fan_kw, minimum=0.0)
    rated = as_float("supply_rated_kw", supply_rated_kw, minimum=1e-9)
    of_chips = as_float("chip_capture_ratio", chip_capture_ratio, minimum=0.0, maximum=1.0)
    of_host = as_float("host_capture_ratio", host_capture_ratio, minimum=0.0, maximum=1.0)

    compute = chips + host
    output = compute + fan
    loss = supply_loss(output_kw=output, rated_kw=rated, curve=supply_curve)
    drawn = output + loss
    liquid = of_chips * chips + of_host * host
    shape = np.broadcast_shapes(drawn.shape, liquid.shape)
    return SystemPower(
        input_kw=_full(drawn, shape),
        compute_kw=_full(compute, shape),
        fan_kw=_full(fan, shape),
        supply_loss_kw=_full(loss, shape),
        liquid_kw=_full(liquid, shape),
        air_kw=_full(drawn - liquid, shape),
        supply_overloaded=np.broadcast_to(output > rated, shape).copy(),
    )


def _full(values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    return np.broadcast_to(values, shape).copy()
