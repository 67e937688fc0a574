"""Transformers over a weather year: hot spot, ageing, and headroom as a temperature."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.units import MIN_PER_H
from facility.physics.chain import halls_served
from facility.physics.coupling import SiteState, Stand
from facility.physics.documents import FacilityInput, HeadroomAnalysis
from facility.physics.results import ObjectLoad, TransformerResult
from power.physics.documents import Transformer
from power.physics.transformer_thermal import (
    Burst,
    TransformerHeadroom,
    thermal_parameters,
    transformer_headroom,
)
from racks.physics.documents import Workload
from thermal.physics.weather import OutdoorAir

N_BINDING_HOURS = 5
SITE = ""


@dataclass(frozen=True, slots=True)
class TransformerYear:
    """One transformer in normal operation over the year."""

    result: TransformerResult
    hot_spot_c: FloatArray


def transformer_years(
    document: FacilityInput,
    stand: Stand,
    state: SiteState,
    air: OutdoorAir,
    loads: Sequence[ObjectLoad],
) -> dict[str, TransformerYear]:
    """Return what the loading guides say of every transformer with thermal data, by its name.

    Parameters
    ----------
    document : FacilityInput
        The site.
    stand : Stand
        One stage.
    state : SiteState
        The stage over 8,760 hours.
    air : OutdoorAir
        The same hours.
    loads : sequence of ObjectLoad
        Loads at the design point; the failover loads of transformers among them set the minutes
        to a limit. Without them the highest hour of the year stands for it.

    Returns
    -------
    dict of str to TransformerYear

    Notes
    -----
    Bursts within the hour are those of the racks behind a transformer: of one hall where it feeds
    that hall alone, of the site otherwise.
    """
    units = [
        branch
        for branch in document.network.branches
        if isinstance(branch, Transformer)
        and branch.thermal is not None
        and branch.is_present(stand.stage)
    ]
    served = halls_served(document, stand.stage)
    groups: dict[str, list[Transformer]] = defaultdict(list)
    for unit in units:
        groups[served.get(unit.id, SITE)].append(unit)
    found: dict[str, TransformerYear] = {}
    for hall, group in groups.items():
        found |= _of_group(document, stand, state, air, hall=hall, units=group, loads=loads)
    return found


def _of_group(
    document: FacilityInput,
    stand: Stand,
    state: SiteState,
    air: OutdoorAir,
    *,
    hall: str,
    units: Sequence[Transformer],
    loads: Sequence[ObjectLoad],
) -> dict[str, TransformerYear]:
    row = {name: k for k, name in enumerate(stand.topology.grid.branches.ids)}
    current = state.flow.branch_current_ratio[[row[unit.id] for unit in units]].astype(np.float64)
    crest_ratio, burst = _burst(stand, state, hall)
    failover = {load.id: max(load.failover_ratio, load.normal_ratio) for load in loads}
    highest = current.max(axis=1)
    study = transformer_headroom(
        thermal_parameters(units),
        current if burst else current * crest_ratio,
        ambient_c=air.dry_bulb_c,
        step_min=MIN_PER_H,
        failover_ratio=[
            failover.get(unit.id, float(most)) for unit, most in zip(units, highest, strict=True)
        ],
        failover_ambient_c=document.design_point.dry_bulb_c,
        power_factor=_power_factor(document),
        burst=burst,
    )
    resolution_min = burst.resolution_min if burst else MIN_PER_H
    return {
        unit.id: TransformerYear(
            result=_result(
                study,
                k,
                resolution_min=resolution_min,
                nameplate_kva=unit.rating_kva * float(1.0 - highest[k]),
            ),
            hot_spot_c=study.course.hot_spot_c[k],
        )
        for k, unit in enumerate(units)
    }


def _result(
    study: TransformerHeadroom, k: int, *, resolution_min: float, nameplate_kva: float
) -> TransformerResult:
    continuous, failover = study.continuous, study.failover
    minutes = float(failover.minutes[k])
    return TransformerResult.model_validate(
        {
            "hot_spot_max_c": float(study.course.hot_spot_max_c[k]),
            "top_oil_max_c": float(study.course.top_oil_max_c[k]),
            "life_used_ratio": float(study.course.ageing_ratio[k]),
            "resolution_min": resolution_min,
            "nameplate_kva": nameplate_kva,
            "continuous_kva": float(continuous.added_kva[k]),
            "continuous_kw": float(continuous.added_kw[k]),
            "continuous_criterion": continuous.criterion[k],
            "binding_hours": tuple(int(h) for h in continuous.binding_steps[k][:N_BINDING_HOURS]),
            "n_binding_hours": len(continuous.binding_steps[k]),
            "failover_min": minutes if np.isfinite(minutes) else None,
            "failover_criterion": failover.criterion[k],
        }
    )


def _power_factor(document: FacilityInput) -> float:
    """Return that of the racks headroom is counted in; 1 where none is asked for."""
    for item in document.analyses:
        if isinstance(item, HeadroomAnalysis):
            return item.candidate.power_factor
    return 1.0


def _burst(stand: Stand, state: SiteState, hall: str) -> tuple[float, Burst | None]:
    """Return RMS over mean inside the hour, and its shape where every bursty workload states one.

    The crest is the mean over racks, weighted by their power; duty and period are those of the
    workload that bursts most.
    """
    weights, crests = [], []
    shapes: dict[Workload, float] = defaultdict(float)
    for cohort, rack in zip(stand.cohorts, state.heat.racks, strict=True):
        if hall not in (SITE, cohort.hall):
            continue
        weight = cohort.n_racks * float(rack.input_kw.mean())
        hardest = max((part.workload for part in cohort.parts), key=_crest_of)
        weights.append(weight)
        crests.append(hardest.crest_ratio)
        if hardest.crest_ratio > 1.0:
            shapes[hardest] += weight * (hardest.crest_ratio - 1.0)
    if not shapes or sum(weights) == 0.0:
        return 1.0, None
    crest_ratio = float(np.average(crests, weights=weights))
    return crest_ratio, _shape(shapes, crest_ratio)


def _crest_of(workload: Workload) -> float:
    return workload.crest_ratio


def _shape(shapes: Mapping[Workload, float], crest_ratio: float) -> Burst | None:
    stated = [(weight, item.burst) for item, weight in shapes.items() if item.burst is not None]
    if len(stated) < len(shapes):
        return None
    _, shape = max(stated, key=itemgetter(0))
    # A burst so short cannot be the whole of the crest and leave the mean as it is.
    if crest_ratio**2 * shape.duty_ratio > 1.0:
        return None
    return Burst.of_crest(crest_ratio, duty_ratio=shape.duty_ratio, period_min=shape.period_min)
