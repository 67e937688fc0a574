"""Which racks throttle, for how many hours, and why, in the words of the result."""

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray
from facility.physics.cohorts import Cohort
from facility.physics.coupling import SiteState, Stand
from facility.physics.design import peak_kw
from facility.physics.equipment import RackState
from facility.physics.results import CohortResult
from racks.physics.documents import AirSink


def cohort_results(
    stand: Stand, point: SiteState, year: SiteState | None
) -> tuple[CohortResult, ...]:
    """Return one row for each cohort; hours only where a year was solved."""
    return tuple(_row(stand, k, point, year) for k in range(len(stand.cohorts)))


def _row(stand: Stand, k: int, point: SiteState, year: SiteState | None) -> CohortResult:
    cohort = stand.cohorts[k]
    state = year or point
    rack = state.heat.racks[k]
    chips = [part.system.chip for part in cohort.parts if part.system.chip is not None]
    has_chips = bool(chips)
    return CohortResult(
        id=cohort.id,
        hall=cohort.hall,
        label=cohort.label,
        racks=tuple(item.id for item in cohort.racks),
        n_chips=cohort.n_chips,
        rack_peak_kw=peak_kw(cohort),
        rack_mean_kw=float(rack.input_kw.mean()) if year else None,
        inlet_max_c=float(_inlet(cohort, state, k).max()),
        junction_max_c=float(rack.junction_c.max()) if has_chips else None,
        junction_limit_c=min(chip.limit_c for chip in chips) if has_chips else None,
        throttled_h=float(rack.throttled_ratio.sum()) if year and has_chips else None,
        capped_h=float(rack.capped_ratio.sum()) if year and has_chips else None,
        lost_throughput_ratio=float(rack.lost_ratio.mean()) if year and has_chips else None,
        cause=_cause(stand, k, state, rack) if year and has_chips else "",
    )


def _is_air_cooled(cohort: Cohort) -> bool:
    return any(isinstance(part.system.chip_cooling, AirSink) for part in cohort.parts)


def _inlet(cohort: Cohort, state: SiteState, k: int) -> FloatArray:
    """Return what enters the chips' cooling: air of the rack, or coolant of its circuit."""
    if _is_air_cooled(cohort) or cohort.circuit is None:
        return np.asarray(state.heat.inlet_c[k])
    return state.heat.coolant_c[cohort.circuit]


def _cause(stand: Stand, k: int, state: SiteState, rack: RackState) -> str:
    """Say why chips throttle, from what stood out of reach in the hours in which they do."""
    hours, cohort = rack.throttled_ratio > 0, stand.cohorts[k]
    if not hours.any():
        return "capped by power, not by heat" if (rack.capped_ratio > 0).any() else ""
    inlet = float(_inlet(cohort, state, k)[hours].max())
    if _is_air_cooled(cohort) or cohort.circuit is None:
        loop = stand.machines.halls[cohort.hall].units[0].loop
        reason = _out_of_reach(state, hours, loop=loop, group=cohort.hall, machines="air units")
        place = " at a row end" if cohort.row_end else ""
        slots = ", rear slots only" if rack.throttled_ratio.max() < 1.0 else ""
        return f"inlet air up to {inlet:.1f} °C{place}: {reason}{slots}"
    loop = stand.machines.circuits[cohort.circuit].units[0].loop
    reason = _out_of_reach(state, hours, loop=loop, group=cohort.circuit, machines="CDUs")
    return f"coolant up to {inlet:.1f} °C: {reason}"


def _out_of_reach(
    state: SiteState, hours: BoolArray, *, loop: str, group: str, machines: str
) -> str:
    """Name the first set point from the plant to the rack that was missed in those hours."""
    for name, what in ((loop, f"the plant of {loop}"), (group, machines)):
        off = state.heat.hours_off.get(name)
        if off is not None and (off[hours] > 0).any():
            return f"{what} cannot hold the set point"
    return "supply at its set point"
