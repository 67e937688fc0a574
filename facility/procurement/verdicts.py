"""Reads a verdict off the result of a run: no rows, no rules of its own on physics."""

from collections.abc import Iterable, Iterator

from facility.kernel.units import HOURS_PER_YEAR
from facility.physics.results import CohortResult, FacilityResult, Finding, StageResult
from facility.procurement.documents import Binding, Placing, Verdict

NOT_WORSE = 1e-4
"""By how much a ratio, or a shortage in kW, may move between two stages and be the same."""
MOST_THROTTLED_RATIO = 0.01
"""Share of accelerator-hours that may be throttled before racks are said not to fit."""


def verdict(result: FacilityResult, placing: Placing) -> Verdict:
    """Say whether the racks asked for fit, and what binds first.

    They fit if all find a place, no limit is broken in the last stage that was not broken as much
    in the stage before it, and at most one per cent of accelerator-hours is throttled: of their
    own, and of the site's unless more of them were throttled as built.
    """
    last = result.stages[-1]
    names = {name for part in placing.standing for name in part.racks}
    throttled = _throttled_ratio(last.cohorts, names)
    broken = [
        *(_of_places(placing)),
        *sorted(_new_limits(result), key=lambda b: -(b.over_ratio or 0.0)),
        *_of_throttling(result, throttled),
    ]
    fits = not broken
    return Verdict(
        fits=fits,
        binds=_next_limit(last, placing) if fits else broken[0],
        broken=tuple(broken),
        throttled_ratio=throttled,
        checked_on=last.on,
        notes=tuple(_notes(placing, last)),
    )


def verdict_without_run(placing: Placing) -> Verdict | None:
    """Return what needs no run to be said: racks without a place do not fit."""
    if not placing.short:
        return None
    broken = tuple(_of_places(placing))
    return Verdict(
        fits=False,
        binds=broken[0],
        broken=broken,
        throttled_ratio=None,
        checked_on=None,
        notes=placing.notes,
    )


def _of_places(placing: Placing) -> Iterator[Binding]:
    for short in placing.short:
        yield Binding(
            kind="places",
            object="rack places",
            state="normal",
            message=short.message,
            n_racks_short=short.n_asked - short.n_placed,
        )


def _new_limits(result: FacilityResult) -> Iterator[Binding]:
    """Yield what is over in the last stage and was not, or was less, in the one before."""
    if len(result.stages) < 2:  # noqa: PLR2004 - nothing was placed, so nothing is new
        return
    before, last = result.stages[-2], result.stages[-1]
    known = _over(result.findings, before.id)
    for what, found in _over(result.findings, last.id).items():
        earlier = known.get(what, [])
        worst = found[-1]
        if len(found) > len(earlier) or _ratio(worst) > _ratio(earlier[-1]) + NOT_WORSE:
            yield Binding(
                kind="limit",
                object=worst.object,
                state=worst.state,
                message=worst.message,
                over_ratio=None if worst.value_ratio is None else worst.value_ratio - 1.0,
            )


def _over(findings: Iterable[Finding], stage: str) -> dict[tuple[str, str], list[Finding]]:
    """Return what is over at a stage by code and object, the worst last.

    Equal racks of a hall are numbered anew at every stage, so theirs are counted by hall.
    """
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(findings, key=_ratio):
        if finding.stage == stage and finding.severity == "over":
            what = finding.code, finding.object.partition("#")[0]
            found.setdefault(what, []).append(finding)
    return found


def _ratio(finding: Finding) -> float:
    return finding.value_ratio or 0.0


def _of_throttling(result: FacilityResult, own: float | None) -> Iterator[Binding]:
    if own is not None and own > MOST_THROTTLED_RATIO:
        yield _throttling("the racks asked for", own, MOST_THROTTLED_RATIO)
    years = [share for stage in result.stages if (share := _site_ratio(stage)) is not None]
    if years:
        allowed = max(MOST_THROTTLED_RATIO, years[0])
        # Figures of one site in two stages differ in the last bits where nothing changed.
        if years[-1] > allowed * (1 + 1e-6):
            yield _throttling("all accelerators of the site", years[-1], allowed)


def _throttling(what: str, share: float, allowed: float) -> Binding:
    return Binding(
        kind="throttling",
        object=what,
        state="year",
        message=(
            f"{100 * share:.1f} % of the hours of {what} are throttled; "
            f"{100 * allowed:.1f} % are allowed."
        ),
        over_ratio=share / allowed - 1.0,
    )


def _throttled_ratio(cohorts: Iterable[CohortResult], names: set[str]) -> float | None:
    """Return the throttled share of the hours of the chips in these racks."""
    counted = [
        (c.n_chips * len(names & set(c.racks)), c.throttled_h)
        for c in cohorts
        if c.throttled_h is not None
    ]
    n_chips = sum(n for n, _ in counted)
    if not n_chips:
        return None
    return sum(n * hours for n, hours in counted) / (n_chips * HOURS_PER_YEAR)


def _site_ratio(stage: StageResult) -> float | None:
    n_chips = sum(c.n_chips * len(c.racks) for c in stage.cohorts)
    if stage.year is None or not n_chips:
        return None
    return stage.year.throttled_accelerator_h / (n_chips * HOURS_PER_YEAR)


def _next_limit(stage: StageResult, placing: Placing) -> Binding | None:
    """Return what would bind if more of the last item came, in N-1."""
    scopes = {"site", *(part.hall for part in placing.standing)}
    rooms = [room for room in stage.headroom if room.state == "N-1" and room.scope in scopes]
    if not rooms:
        return None
    first = min(rooms, key=lambda room: (room.n_racks, room.limit_kw))
    return Binding(
        kind="next_limit",
        object=first.binds,
        state=first.binds_state,
        message=(
            f"{first.label} takes {first.n_racks} more such racks "
            f"({first.limit_kw:.0f} kW, N-1, design point); then {first.binds} binds."
        ),
        n_racks_left=first.n_racks,
    )


def _notes(placing: Placing, stage: StageResult) -> Iterator[str]:
    yield f"Checked with every phase of the committed plan in service, as of {stage.on}."
    if placing.n_held_racks:
        yield f"{placing.n_held_racks} racks of live holds stand as well."
    if placing.short:
        yield "The run holds the racks that find a place."
    yield from placing.notes
