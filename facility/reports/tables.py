"""A result document as the tables that pages and files show."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from facility.physics.results import (
    CohortResult,
    FacilityResult,
    Finding,
    HeadroomResult,
    ObjectLoad,
    StageResult,
)
from facility.reports.levels import LEVELS, level_of

_SEVERITY = {"over": 0, "near": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one sort at one level of the chain, said by the worst of them.

    ``n_alike`` counts those of the worst one's stage; ``first_stage`` is where the sort begins.
    """

    severity: str
    title: str
    stage: str
    first_stage: str
    worst: Finding
    n_alike: int


def finding_groups(
    result: FacilityResult, known: Mapping[str, str], stage_id: str = ""
) -> tuple[FindingGroup, ...]:
    """Return the findings in groups, what is over first; of one stage, or of all."""
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for item in result.findings:
        if not stage_id or item.stage == stage_id:
            groups[item.severity, item.code, _level(item, known)].append(item)
    labels = {stage.id: stage.label for stage in result.stages}
    found = [_group(level, items, labels) for (_, _, level), items in groups.items()]
    found.sort(key=lambda group: (_SEVERITY[group.severity], -(group.worst.value_ratio or 0.0)))
    return tuple(found)


def _level(item: Finding, known: Mapping[str, str]) -> str:
    """Return where the object of a finding stands; outages are alike whatever is out."""
    if item.object.startswith("outage:"):
        return "outage"
    return known.get(item.object, "feed" if "@" in item.object else item.object)


def _group(level: str, items: Sequence[Finding], labels: Mapping[str, str]) -> FindingGroup:
    worst = max(items, key=lambda item: item.value_ratio or 0.0)
    stages = {item.stage for item in items}
    first = next((stage for stage in labels if stage in stages), worst.stage)
    return FindingGroup(
        severity=worst.severity,
        title=LEVELS.get(level, level),
        stage=labels.get(worst.stage, worst.stage),
        first_stage=labels.get(first, first),
        worst=worst,
        n_alike=sum(item.stage == worst.stage for item in items),
    )


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """A load with its level in words."""

    level: str
    title: str
    load: ObjectLoad

    @property
    def worst_ratio(self) -> float:
        """The larger of the two loads over the rating."""
        return max(self.load.normal_ratio, self.load.failover_ratio)


def object_rows(stage: StageResult, known: Mapping[str, str]) -> tuple[ObjectRow, ...]:
    """Return every object of a stage, the hardest loaded first."""
    rows = [
        ObjectRow(level := level_of(load, known), LEVELS[level], load) for load in stage.objects
    ]
    return tuple(sorted(rows, key=lambda row: -row.worst_ratio))


@dataclass(frozen=True, slots=True)
class Scope:
    """Headroom of a hall or of the substation through the stages, N and N-1."""

    label: str
    cells: tuple[tuple[HeadroomResult | None, HeadroomResult | None], ...]


def headroom_by_stage(result: FacilityResult) -> tuple[Scope, ...]:
    """Return what is left and what binds, by place and stage."""
    scopes: dict[str, str] = {}
    for stage in result.stages:
        for room in stage.headroom:
            scopes.setdefault(room.scope, room.label)
    order = sorted(scopes, key=lambda scope: (scope == "site", scope))
    return tuple(
        Scope(
            label=scopes[scope] if scope == "site" else f"{scope} · {scopes[scope]}",
            cells=tuple(
                (_room(stage, scope, "N"), _room(stage, scope, "N-1")) for stage in result.stages
            ),
        )
        for scope in order
    )


def _room(stage: StageResult, scope: str, state: str) -> HeadroomResult | None:
    return next((r for r in stage.headroom if r.scope == scope and r.state == state), None)


def hottest_first(cohorts: Iterable[CohortResult]) -> tuple[CohortResult, ...]:
    """Return cohorts with chips, those that throttle longest first, then the warmest."""
    with_chips = [cohort for cohort in cohorts if cohort.n_chips]
    return tuple(
        sorted(with_chips, key=lambda c: (-(c.throttled_h or 0.0), junction_margin_k(c) or 0.0))
    )


def junction_margin_k(cohort: CohortResult) -> float | None:
    """Return how far the hottest chip stays below its limit. [K]."""
    if cohort.junction_max_c is None or cohort.junction_limit_c is None:
        return None
    return cohort.junction_limit_c - cohort.junction_max_c


def first_breaks(result: FacilityResult, known: Mapping[str, str]) -> tuple[ObjectRow | None, ...]:
    """Return, for every stage, the object that is furthest over its limit, or ``None``."""
    found = []
    for stage in result.stages:
        rows = object_rows(stage, known)
        found.append(rows[0] if rows and rows[0].worst_ratio > 1.0 else None)
    return tuple(found)


def stage_of(result: FacilityResult, wanted: str) -> tuple[int, StageResult]:
    """Return the stage with this id and its number; the last one for an id that is none."""
    for number, stage in enumerate(result.stages):
        if stage.id == wanted:
            return number, stage
    return len(result.stages) - 1, result.stages[-1]


def by_confidence(result: FacilityResult) -> Sequence[tuple[str, int]]:
    """Return how many of the assumptions rest on what."""
    counts: dict[str, int] = defaultdict(int)
    for item in result.assumptions:
        counts[item.confidence] += 1
    order = ("measured", "vendor", "standard", "estimate", "unverified")
    return [(name, counts[name]) for name in order if counts[name]]
