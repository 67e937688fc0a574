"""The design point of a stage: one closed state at stated weather and stated load."""

import numpy as np

from facility.kernel.checks import FloatArray
from facility.physics.cohorts import Cohort
from facility.physics.coupling import SiteState, Stand, settle
from facility.physics.documents import DesignPoint, FacilityInput
from facility.physics.sizing import peak_power
from thermal.physics.psychrometrics import humidity_ratio, humidity_ratio_from_wet_bulb
from thermal.physics.weather import OutdoorAir, outdoor_air

_WATER_OVER_AIR = 0.621945
"""Molar mass of water over that of dry air (ASHRAE Handbook of Fundamentals 2017, ch. 1)."""


def vapour_share(moisture: FloatArray) -> FloatArray:
    """Return vapour pressure over total pressure for a humidity ratio. [1]."""
    return np.asarray(moisture / (_WATER_OVER_AIR + moisture))


def design_air(point: DesignPoint) -> OutdoorAir:
    """Return the outdoor air of a design point, arrays of one."""
    dry_bulb, pressure = point.dry_bulb_c, point.pressure_kpa
    moisture = humidity_ratio_from_wet_bulb(
        dry_bulb, wet_bulb_c=point.wet_bulb_c, pressure_kpa=pressure
    )
    saturated = humidity_ratio(dry_bulb, relative_humidity_ratio=1.0, pressure_kpa=pressure)
    # Vapour pressures stand in the ratio of W / (0.622 + W); exact, since W = 0.622 e / (p - e).
    share = vapour_share(moisture) / vapour_share(saturated)
    return outdoor_air([dry_bulb], relative_humidity_ratio=[float(share)], pressure_kpa=[pressure])


def peak_kw(cohort: Cohort) -> float:
    """Return the input of one rack at full work and 25 °C. [kW]."""
    return sum(part.n_systems * peak_power(part.system) for part in cohort.parts)


def design_kw(cohort: Cohort, point: DesignPoint) -> float:
    """Return what one rack counts for at the design point. [kW]."""
    power = cohort.nameplate_kw if point.load == "nameplate" else peak_kw(cohort)
    return power * point.diversity_ratio


def solve_design_point(document: FacilityInput, stand: Stand) -> SiteState:
    """Return the closed state of the stage at the design point."""
    point = document.design_point
    return settle(
        document,
        stand,
        air=design_air(point),
        utilisation={workload.id: np.ones(1) for workload in document.workloads},
        fixed_kw=tuple(design_kw(cohort, point) for cohort in stand.cohorts),
    )
