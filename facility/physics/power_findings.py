"""What the electrical studies of a stage found: limits exceeded or near, and what fails how."""

from collections.abc import Iterator
from typing import Literal

from facility.physics.objects import NEAR_RATIO
from facility.physics.power_results import (
    ConnectionResult,
    DipResult,
    FaultLevel,
    PowerStudies,
    UtilityLossResult,
)
from facility.physics.results import Finding, StageResult
from facility.physics.sentences import plain, power_words
from power.physics.swings.documents import Margin, SwingResult

Severity = Literal["over", "near", "info"]


def power_findings(result: StageResult) -> list[Finding]:
    """Return the findings of the electrical studies of one stage, the worst of a kind first.

    What breaks a limit is over or near it. What only follows from a failure is a note: the loss of
    the utility, dips, and the trips after an overload, which is a finding of its own.
    """
    found: list[Finding] = []
    power = result.power
    found += _faults(result.id, power)
    found += _schemes(result.id, power)
    found += _cascades(result.id, power)
    for connection in power.connections:
        found += _connection(result.id, connection)
    if power.utility_loss is not None:
        found += _utility_loss(result.id, power.utility_loss)
    if power.dips is not None:
        found += _dips(result.id, power.dips)
    if power.swings is not None:
        found += _swings(result.id, power.swings)
    return found


def _finding(
    stage: str,
    code: str,
    severity: Severity,
    thing: str,
    message: str,
    *,
    state: str = "normal",
    ratio: float | None = None,
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        stage=stage,
        state=state,
        object=thing,
        message=plain(message),
        value_ratio=ratio,
    )


def _faults(stage: str, power: PowerStudies) -> Iterator[Finding]:
    judged = [(_fault_ratio(fault), fault) for fault in power.faults if fault.holds is not None]
    for ratio, fault in sorted(judged, key=lambda pair: -pair[0]):
        if ratio <= NEAR_RATIO:
            break
        yield _finding(
            stage,
            "short_circuit",
            "over" if ratio > 1.0 else "near",
            fault.node,
            f"The short-circuit level of {fault.node} is {fault.initial_ka:.1f} kA "
            f"({fault.peak_ka:.0f} kA peak), {100 * ratio:.0f} % of what its switchgear stands.",
            state="short circuit",
            ratio=ratio,
        )
    for duty in power.breakers:
        if not duty.holds:
            level = "an unlimited current" if duty.level_ka is None else f"{duty.level_ka:.1f} kA"
            yield _finding(
                stage,
                "short_circuit",
                "over",
                duty.switch,
                f"{duty.switch} would have to break {level}, it breaks {duty.rating_ka:g} kA.",
                state="short circuit",
            )


def _fault_ratio(fault: FaultLevel) -> float:
    """Return the harder of current and peak over what the switchgear stands."""
    if fault.limited_by == "unlimited":
        return float("inf")
    ratios = [
        level / rating
        for level, rating in (
            (fault.initial_ka, fault.rating_ka),
            (fault.peak_ka, fault.peak_rating_ka),
        )
        if rating is not None
    ]
    return max(ratios, default=0.0)


def _schemes(stage: str, power: PowerStudies) -> Iterator[Finding]:
    for scheme in power.schemes:
        if scheme.is_covered:
            continue
        named = ", ".join(scheme.systems[:3])
        words = (
            f"{scheme.worst_survivor} would carry {100 * scheme.worst_ratio:.0f} % "
            f"after the loss of {scheme.worst_lost}"
            if scheme.worst_ratio > 1.0
            else f"{power_words(scheme.dark_kw)} go dark with {scheme.worst_lost}"
        )
        yield _finding(
            stage,
            "redundancy",
            "over" if scheme.worst_ratio > 1.0 else "info",
            scheme.worst_survivor or scheme.worst_lost or named,
            f"The {scheme.label} of {named} does not cover the loss of one system: {words}.",
            state=f"outage:{scheme.worst_lost}",
            ratio=scheme.worst_ratio,
        )


def _cascades(stage: str, power: PowerStudies) -> Iterator[Finding]:
    for cascade in power.cascades:
        extra_kw = cascade.lost_kw - cascade.first_lost_kw
        if cascade.collapse or extra_kw > 0:
            end = cascade.collapse or f"{power_words(cascade.lost_kw)} dark in the end"
            yield _finding(
                stage,
                "cascade",
                "info",
                cascade.state,
                f"After {cascade.state} {len(cascade.trips)} more objects trip, first "
                f"{cascade.trips[0] if cascade.trips else 'none'}: {end}.",
                state=cascade.state,
            )


def _connection(stage: str, item: ConnectionResult) -> Iterator[Finding]:
    if item.n_hours_over:
        yield _finding(
            stage,
            "contract",
            "over",
            item.source,
            f"{item.source} takes more than its contract on {item.n_hours_over} hours, "
            f"{power_words(item.peak_kw)} and {power_words(item.peak_kva, 'kVA')} at most.",
            state="year",
        )
    if item.n_hours_below:
        side = "leading" if item.is_leading else "lagging"
        yield _finding(
            stage,
            "power_factor",
            "over",
            item.source,
            f"The power factor at {item.source} is below {item.power_factor_min:g} on "
            f"{item.n_hours_below} hours, {item.lowest_power_factor:.3f} {side} at least.",
            state="year",
        )


def _utility_loss(stage: str, loss: UtilityLossResult) -> Iterator[Finding]:
    if loss.n_racks_lost_most and loss.racks_dark_from_s is not None:
        yield _finding(
            stage,
            "utility_loss",
            "info",
            "utility",
            f"When the utility is lost, racks go dark from {loss.racks_dark_from_s:.0f} s on, "
            f"{loss.n_racks_lost_most} racks and {power_words(loss.lost_most_kw)} at most.",
            state="utility lost",
        )
    for words in loss.overloads:
        yield _finding(
            stage, "utility_loss", "over", words.split()[0], f"{words}.", state="utility lost"
        )


def _dips(stage: str, dips: DipResult) -> Iterator[Finding]:
    if dips.largest_left_kw <= 0:
        return
    lock = f"; {dips.n_ups_locked} of {dips.n_ups} UPS stay on battery" if dips.n_ups_locked else ""
    yield _finding(
        stage,
        "voltage_dips",
        "info",
        "utility",
        f"{len(dips.dips)} dips to {dips.dips[0].residual_pu:g} p.u. take "
        f"{power_words(dips.largest_left_kw)} of {power_words(dips.site_kw)} off the "
        f"grid at once{lock}.",
        state="voltage dips",
    )


def _swings(stage: str, swings: SwingResult) -> Iterator[Finding]:
    for margin in swings.margins:
        severity = _severity(margin)
        if severity is not None:
            yield _finding(
                stage,
                "swings",
                severity,
                "grid connection",
                f"{margin.message.removesuffix('.')} ({margin.source} course).",
                state="swings",
                ratio=margin.value_ratio,
            )


def _severity(margin: Margin) -> Severity | None:
    if margin.source == "measured" or margin.verdict not in {"over", "near"}:
        return None
    return "over" if margin.verdict == "over" else "near"
