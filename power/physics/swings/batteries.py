"""The battery that keeps the ramp limits of a study, by each way of control."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from facility.kernel.checks import FloatArray
from power.physics.swings.documents import BatteryNeed, Method, RampFigure, SwingInput
from power.physics.swings.metrics import MIN_SAMPLES, low_pass
from power.physics.swings.smoothing import NO_LIMIT, battery_size, ramp_limiter, recentred_limiter

GROWTH_RATIO = 0.8
"""The first half of a record shows this part of the energy, unless the need grows."""
CLOSE = 1e-9
GROWS = "the first half of the record needs less: a longer one may need more"


def battery_needs(
    case: SwingInput, power_kw: FloatArray, *, step_s: float, ramps: Sequence[RampFigure]
) -> tuple[BatteryNeed, ...]:
    """Return what each way of control needs to keep the tightest limits that the record shows.

    The smallest energy comes first. Nothing where no such limit was entered; the plain limiter
    with an idle battery where the load keeps the limits by itself.
    """
    shown = {ramp.window_s for ramp in ramps if not ramp.reason}
    windows = [window for window in case.windows if window.window_s in shown]
    rises = [w.rise_kw_per_s for w in windows if w.rise_kw_per_s is not None]
    drops = [w.drop_kw_per_s for w in windows if w.drop_kw_per_s is not None]
    if not rises and not drops:
        return ()
    rise, drop = min(rises, default=NO_LIMIT), min(drops, default=NO_LIMIT)
    kept = _Kept(power_kw, step_s, rise, drop)
    limited = ramp_limiter(power_kw, step_s=step_s, rise_kw_per_s=rise, drop_kw_per_s=drop)
    plain = _need(case, kept, "ramp_limiter", limited)
    change = np.diff(power_kw) / step_s
    if change.max() <= rise * (1.0 + CLOSE) and -change.min() <= drop * (1.0 + CLOSE):
        return (plain,)
    # Behind a lag as long as the whole swing takes at the limit, nothing is faster than it.
    lag_s = max(float(np.ptp(power_kw)) / min(rise, drop), step_s)
    recentred = recentred_limiter(
        power_kw,
        step_s=step_s,
        rise_kw_per_s=rise,
        drop_kw_per_s=drop,
        reference_s=lag_s,
        efficiency_ratio=case.storage.efficiency_ratio,
    )
    smooth = low_pass(power_kw, step_s=step_s, time_s=lag_s)
    others = _need(case, kept, "recentred", recentred), _need(case, kept, "low_pass", smooth)
    return tuple(sorted((plain, *others), key=lambda need: need.energy_kwh))


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """The load and the limits that the grid's power keeps."""

    power_kw: FloatArray
    step_s: float
    rise_kw_per_s: float
    drop_kw_per_s: float


def _need(case: SwingInput, kept: _Kept, method: Method, grid_kw: FloatArray) -> BatteryNeed:
    sized = partial(
        battery_size,
        step_s=kept.step_s,
        efficiency_ratio=case.storage.efficiency_ratio,
        recentred=method == "recentred",
    )
    size = sized(kept.power_kw, grid_kw)
    half = max(grid_kw.size // 2, MIN_SAMPLES)
    before = sized(kept.power_kw[:half], grid_kw[:half])
    change = np.diff(grid_kw) / kept.step_s
    return BatteryNeed(
        method=method,
        rise_kw_per_s=_entered(kept.rise_kw_per_s),
        drop_kw_per_s=_entered(kept.drop_kw_per_s),
        power_kw=size.power_kw,
        energy_kwh=size.energy_kwh,
        installed_kwh=size.energy_kwh / case.storage.window_ratio,
        loss_kw=size.loss_kw,
        deficit_kwh=size.deficit_kwh,
        rise_left_kw_per_s=max(float(change.max()), 0.0),
        drop_left_kw_per_s=max(float(-change.min()), 0.0),
        note=GROWS if before.energy_kwh < GROWTH_RATIO * size.energy_kwh else "",
    )


def _entered(limit: float) -> float | None:
    return None if limit == NO_LIMIT else limit
