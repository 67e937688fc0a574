"""The result in sentences, the most important first."""

from collections.abc import Iterable, Sequence

from facility.physics.documents import FacilityInput
from facility.physics.results import ObjectLoad, StageResult

KW_PER_MW = 1000.0


def answer(document: FacilityInput, stages: Sequence[StageResult]) -> tuple[str, ...]:
    """Say what fits, what binds, what throttles and what the transformers keep."""
    first, last = stages[0], stages[-1]
    lines = [
        *_what_fits(document, first),
        *_what_breaks(stages),
        *_throttling(last if last.year else first),
        *_transformers(document, last),
        *_energy(last if last.year else first),
    ]
    return tuple(lines)


def megawatts(power_kw: float) -> str:
    """Return a power as people say it: kW below 10 MW, MW above."""
    if abs(power_kw) < 10 * KW_PER_MW:
        return f"{power_kw:,.0f} kW".replace(",", "\u2009")
    return f"{power_kw / KW_PER_MW:.1f} MW"


def _candidate(document: FacilityInput) -> str:
    labels = {system.id: system.label for system in document.systems}
    for item in document.analyses:
        if item.kind == "headroom":
            return labels.get(item.candidate.system, item.candidate.system)
    return "rack"


def _what_fits(document: FacilityInput, stage: StageResult) -> Iterable[str]:
    name = _candidate(document)
    for room in stage.headroom:
        if room.scope != "site" and room.state == "N-1":
            yield (
                f"{stage.label}: {room.label} takes {room.n_racks} more {name} racks "
                f"({megawatts(room.limit_kw)}, N-1, design point); then {_lower(room.binds)} "
                f"binds ({room.binds_state})."
            )


def _lower(text: str) -> str:
    """Return text for the middle of a sentence; abbreviations keep their capitals."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _what_breaks(stages: Sequence[StageResult]) -> Iterable[str]:
    """Say at which stage the first limit of the plan is broken."""
    for stage in stages:
        over = [load for load in stage.objects if _worst(load) > 1.0]
        if over:
            worst = max(over, key=_worst)
            state = "normal" if worst.normal_ratio >= worst.failover_ratio else worst.failover_state
            yield (
                f"From {stage.on} ({stage.label}) {worst.id} is over its limit: "
                f"{100 * _worst(worst):.0f} % in {state}; {len(over)} objects are over in all."
            )
            return
    if len(stages) > 1:
        yield f"No electrical limit is broken up to {stages[-1].label} ({stages[-1].on})."


def _worst(load: ObjectLoad) -> float:
    return max(load.normal_ratio, load.failover_ratio)


def _throttling(stage: StageResult) -> Iterable[str]:
    hot = [cohort for cohort in stage.cohorts if cohort.throttled_h]
    if not hot:
        if stage.year:
            yield f"{stage.label}: no accelerator throttles in the weather year."
        return
    worst = max(hot, key=lambda cohort: cohort.throttled_h or 0.0)
    yield (
        f"{stage.label}: {sum(len(cohort.racks) for cohort in hot)} racks throttle; the worst, "
        f"{len(worst.racks)} in {worst.hall}, for {worst.throttled_h:.0f} h a year: {worst.cause}."
    )


def _transformers(document: FacilityInput, stage: StageResult) -> Iterable[str]:
    """Say what the substation keeps in N and N-1, and how hot it gets."""
    highest = max(
        (b.hv_voltage_v for b in document.network.branches if b.kind == "transformer"), default=0.0
    )
    names = {
        b.id
        for b in document.network.branches
        if b.kind == "transformer" and b.hv_voltage_v == highest
    }
    mine = [load for load in stage.objects if load.id in names]
    if not mine:
        return
    worst = max(mine, key=_worst)
    sentence = (
        f"{stage.label}: {worst.id} keeps {worst.headroom_n_kva / KW_PER_MW:.0f} MVA in N and "
        f"{worst.headroom_n1_kva / KW_PER_MW:.0f} MVA in N-1"
    )
    if worst.hot_spot_max_c is not None and worst.hot_spot_failover_c is not None:
        sentence += (
            f", at hot spots of {worst.hot_spot_max_c:.0f} °C over the year and "
            f"{worst.hot_spot_failover_c:.0f} °C in {worst.failover_state}"
        )
    yield sentence + "."


def _energy(stage: StageResult) -> Iterable[str]:
    year = stage.year
    if year is None:
        return
    yield (
        f"{stage.label}: peak {megawatts(year.peak_kw)}, PUE {year.pue:.3f}, TUE {year.tue:.3f}, "
        f"WUE {year.wue_l_per_kwh:.2f} L/kWh."
    )
