"""The result in sentences, the most important first."""

from collections.abc import Iterable, Sequence

from facility.physics.documents import FacilityInput
from facility.physics.results import ObjectLoad, StageResult
from facility.physics.sentences import plain, power_words

KW_PER_MW = 1000.0


def answer(document: FacilityInput, stages: Sequence[StageResult]) -> tuple[str, ...]:
    """Say what fits, what binds, what throttles and what the transformers keep."""
    first, last = stages[0], stages[-1]
    solved = last if last.year else first
    lines = (
        *_what_fits(document, first),
        *_what_breaks(stages),
        *_density(solved),
        *_throttling(solved),
        *_transformers(document, solved),
        *_energy(solved),
    )
    return tuple(plain(line) for line in lines)


def _candidate(document: FacilityInput) -> str:
    labels = {system.id: system.label for system in document.systems}
    for item in document.analyses:
        if item.kind == "headroom":
            return labels.get(item.candidate.system, item.candidate.system)
    return "rack"


def _what_fits(document: FacilityInput, stage: StageResult) -> Iterable[str]:
    """Name the hall that takes most, and what stops it."""
    rooms = [room for room in stage.headroom if room.scope != "site" and room.state == "N-1"]
    if not rooms:
        return
    best = max(rooms, key=lambda room: (room.n_racks, room.limit_kw))
    yield (
        f"{stage.label}: {best.scope} takes {best.n_racks} more {_candidate(document)} racks "
        f"({power_words(best.limit_kw)}, N-1, design point); then {_lower(best.binds)} binds "
        f"({best.binds_state})."
    )


def _density(stage: StageResult) -> Iterable[str]:
    """Say how dense each hall may get."""
    rows = [
        f"{hall.hall} {hall.allowed_kw:.0f} kW a rack ({_lower(hall.binding)})"
        for hall in stage.halls
        if hall.limits
    ]
    if rows:
        yield f"{stage.label}, rack density allowed: {'; '.join(rows)}."


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
                f"{100 * _worst(worst):.0f} % in {state}; {len(over)} electrical objects are over "
                "in all."
            )
            return
    if len(stages) > 1:
        yield f"No electrical limit is broken up to {stages[-1].label} ({stages[-1].on})."


def _worst(load: ObjectLoad) -> float:
    return max(load.normal_ratio, load.failover_ratio)


def _throttling(stage: StageResult) -> Iterable[str]:
    if stage.year is None:
        return
    hot = [cohort for cohort in stage.cohorts if cohort.throttled_h]
    if hot:
        worst = max(hot, key=lambda cohort: cohort.throttled_h or 0.0)
        racks = sum(len(cohort.racks) for cohort in hot)
        yield (
            f"{stage.label}: {racks} racks throttle; the worst, {len(worst.racks)} in "
            f"{worst.hall}, for {worst.throttled_h:.0f} h a year: {worst.cause}."
        )
        return
    margins = [
        (cohort.junction_limit_c - cohort.junction_max_c, cohort)
        for cohort in stage.cohorts
        if cohort.junction_limit_c is not None and cohort.junction_max_c is not None
    ]
    if margins:
        margin_k, nearest = min(margins, key=lambda row: row[0])
        yield (
            f"{stage.label}: no accelerator throttles in the weather year; the nearest are "
            f"{len(nearest.racks)} racks of {nearest.hall} ({nearest.label}), "
            f"{margin_k:.1f} K below their limit of {nearest.junction_limit_c:.0f} °C."
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
    yield f"{stage.label}: {_keeps(max(mine, key=_worst))}."
    units = [load for load in stage.objects if load.kind == "transformer" and load not in mine]
    oil = [load for load in units if load.hot_spot_failover_c is not None]
    if oil:
        yield f"{stage.label}, the tightest unit substation: {_keeps(max(oil, key=_worst))}."


def _signed(power_kva: float) -> str:
    """Return MVA with the sign of print, since a margin always shows one."""
    return f"{power_kva / KW_PER_MW:+.1f}".replace("-", "\u2212")


def _keeps(load: ObjectLoad) -> str:
    sentence = (
        f"{load.id} keeps {_signed(load.headroom_n_kva)} MVA in N and "
        f"{_signed(load.headroom_n1_kva)} MVA in N-1 ({load.failover_state})"
    )
    if load.hot_spot_max_c is not None and load.hot_spot_failover_c is not None:
        sentence += (
            f", at hot spots of {load.hot_spot_max_c:.0f} °C over the year and "
            f"{load.hot_spot_failover_c:.0f} °C held in that outage"
        )
    return sentence


def _energy(stage: StageResult) -> Iterable[str]:
    year = stage.year
    if year is None:
        return
    yield (
        f"{stage.label}: peak {power_words(year.peak_kw)}, PUE {year.pue:.3f} (category 3), "
        f"TUE {year.tue:.3f}, WUE {year.wue_l_per_kwh:.2f} L/kWh."
    )
