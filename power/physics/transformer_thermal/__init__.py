"""Oil, winding and hot-spot temperature of transformers, ageing, ratings and headroom."""

from power.physics.transformer_thermal.ageing import dry_life_h, relative_ageing
from power.physics.transformer_thermal.annex_g import (
    AnnexGCourse,
    AnnexGUnit,
    annex_g_course,
)
from power.physics.transformer_thermal.bursts import Burst, burst_factors
from power.physics.transformer_thermal.constants import (
    cooling_stage,
    dry_thermal,
    oil_thermal,
    thermal_of,
)
from power.physics.transformer_thermal.course import ThermalCourse, thermal_course
from power.physics.transformer_thermal.harmonics import load_loss_ratio, loss_increases
from power.physics.transformer_thermal.headroom import (
    ContinuousHeadroom,
    TransformerHeadroom,
    continuous_headroom,
    transformer_headroom,
)
from power.physics.transformer_thermal.lags import ThermalState
from power.physics.transformer_thermal.limits import LoadingLimits, Regime, loading_limits
from power.physics.transformer_thermal.minutes import TimeToLimit, minutes_to_limit
from power.physics.transformer_thermal.parameters import ThermalParameters, thermal_parameters
from power.physics.transformer_thermal.rating import (
    continuous_rating_ratio,
    steady_state,
    timed_rating_ratio,
)

__all__ = [
    "AnnexGCourse",
    "AnnexGUnit",
    "Burst",
    "ContinuousHeadroom",
    "LoadingLimits",
    "Regime",
    "ThermalCourse",
    "ThermalParameters",
    "ThermalState",
    "TimeToLimit",
    "TransformerHeadroom",
    "annex_g_course",
    "burst_factors",
    "continuous_headroom",
    "continuous_rating_ratio",
    "cooling_stage",
    "dry_life_h",
    "dry_thermal",
    "load_loss_ratio",
    "loading_limits",
    "loss_increases",
    "minutes_to_limit",
    "oil_thermal",
    "relative_ageing",
    "steady_state",
    "thermal_course",
    "thermal_of",
    "thermal_parameters",
    "timed_rating_ratio",
    "transformer_headroom",
]
