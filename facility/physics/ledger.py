"""What a reader must know about the numbers: balances, findings, notices, assumptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray
from facility.kernel.units import W_PER_KW
from facility.physics.cooling_loads import RESERVE_OUT
from facility.physics.coupling import SiteState, Stand
from facility.physics.documents import FacilityInput, Provenance
from facility.physics.machines import LOOP_STATIC_RATIO, TOWER_SET_POINT_C
from facility.physics.objects import NEAR_RATIO, overload_findings
from facility.physics.power_findings import power_findings
from facility.physics.results import Balances, Finding, Notice, StageResult
from facility.physics.sentences import plain, power_words

FLOOR = "Floor load"


@dataclass(frozen=True, slots=True)
class Solved:
    """The solved states of one stage and the result made of them."""

    stand: Stand
    point: SiteState
    year: SiteState | None
    result: StageResult

    @property
    def states(self) -> tuple[SiteState, ...]:
        """Every closed state of the stage."""
        return (self.point,) if self.year is None else (self.point, self.year)


def balances(solved: Sequence[Solved]) -> Balances:
    """Return the worst closure over all stages, states and hours, on site power."""
    states = [state for item in solved for state in item.states]

    def worst(residuals: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]) -> float:
        return max(
            float(np.max(np.abs(residual) / np.maximum(state.flow.source_kw.sum(axis=0), 1.0)))
            for residual, state in zip(residuals, states, strict=True)
        )

    return Balances(
        heat_residual_ratio=worst([state.heat.residual_kw for state in states]),
        power_residual_ratio=worst([state.flow.residual_kw for state in states]),
        coupling_residual_ratio=max(state.residual_ratio for state in states),
        coupling_passes=max(state.passes for state in states),
        load_flow_mismatch_pu=max(state.flow.mismatch_kva for state in states) / 1000.0,
    )


def findings(document: FacilityInput, solved: Sequence[Solved]) -> tuple[Finding, ...]:
    """Return every limit exceeded or near, stage by stage, the worst first."""
    found: list[Finding] = []
    for item in solved:
        stage = item.result.id
        found += overload_findings(stage, item.result.objects)
        found += _hot_spots(item.result)
        found += power_findings(item.result)
        found += _density_findings(item.result)
        found += _cooling_findings(item.result)
        found += _unsolved(item.result)
        found += _heat_findings(item)
    return tuple(found)


def _hot_spots(result: StageResult) -> list[Finding]:
    return [
        Finding(
            code="hot_spot",
            severity="over",
            stage=result.id,
            state=state,
            object=load.id,
            message=plain(
                f"{load.id} would reach a hot spot of {hot_c:.0f} °C in {state}, "
                f"limit {load.hot_spot_limit_c:.0f} °C."
            ),
            value_ratio=hot_c / load.hot_spot_limit_c,
        )
        for load in result.objects
        for state, hot_c in (
            (load.failover_state, load.hot_spot_failover_c),
            ("year", load.hot_spot_max_c),
        )
        if hot_c is not None and load.hot_spot_limit_c is not None and hot_c > load.hot_spot_limit_c
    ]


def _unsolved(result: StageResult) -> list[Finding]:
    """Say which outages the network does not survive; they count in no load."""
    return [
        Finding(
            code="no_solution",
            severity="over",
            stage=result.id,
            state=outage.state,
            object=outage.label,
            message=f"In {outage.state} the network has no steady state: {outage.message}.",
        )
        for outage in result.outages
        if not outage.solved
    ]


def _cooling_findings(result: StageResult) -> list[Finding]:
    """Return machines whose duty at the design point comes near what they give without reserve."""
    found = []
    for load in sorted(result.cooling, key=lambda item: -item.used_kw / item.firm_kw):
        ratio = load.used_kw / load.firm_kw
        if ratio <= NEAR_RATIO:
            break
        state = "normal" if load.used_kw > load.rated_kw else RESERVE_OUT
        found.append(
            Finding(
                code="firm_cooling",
                severity="over" if ratio > 1.0 else "near",
                stage=result.id,
                state=state,
                object=load.object,
                message=(
                    f"{load.name} of {load.object} carry {power_words(load.used_kw)}, "
                    f"{100 * ratio:.0f} % of what they give with the reserve out "
                    f"({power_words(load.firm_kw)})."
                ),
                value_ratio=ratio,
            )
        )
    return found


def _density_findings(result: StageResult) -> list[Finding]:
    """Return halls whose floor does not carry their racks; other limits are findings of objects."""
    return [
        Finding(
            code="density",
            severity="over",
            stage=result.id,
            state=row.state,
            object=row.object,
            message=(
                f"{hall.hall} stands at {row.used_kw:.0f} kW a rack, its floor carries "
                f"{row.limit_kw:.0f} kW of the like."
            ),
            value_ratio=row.used_kw / row.limit_kw if row.limit_kw > 0 else None,
        )
        for hall in result.halls
        for row in hall.limits
        if row.left_kw < 0 and row.name == FLOOR
    ]


def _heat_findings(item: Solved) -> list[Finding]:
    found: list[Finding] = []
    for state in item.states:
        found += _machine_findings(item, state)
        found += _rack_findings(item, state)
    return [*found, *_throttling(item.result)]


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Something that may hold in some hours, in words that follow the name of what has it."""

    code: str
    severity: Literal["over", "near"]
    words: str
    hours: FloatArray | BoolArray

    def found(self, item: Solved, state: SiteState, thing: str, *, name: str) -> list[Finding]:
        """Return the finding, if any hour has it."""
        count = int(self.hours.sum())
        if count == 0:
            return []
        label, during = "year", f"on {count} hours"
        if state is item.point:
            label, during = "design point", "at the design point"
        return [
            Finding(
                code=self.code,
                severity=self.severity,
                stage=item.result.id,
                state=label,
                object=thing,
                message=f"{name} {self.words} {during}.",
            )
        ]


def _machine_findings(item: Solved, state: SiteState) -> list[Finding]:
    heat, found = state.heat, list[Finding]()
    for name, off in heat.hours_off.items():
        trouble = _Trouble("setpoint_not_met", "near", "cannot hold its supply set point", off)
        found += trouble.found(item, state, name, name=name)
    for name, hot in heat.condenser_hot.items():
        words = "has condenser water so warm that chillers unload or trip"
        found += _Trouble("condenser_hot", "over", words, hot).found(item, state, name, name=name)
    words = (
        f"are short by up to {power_words(float(heat.unmet_kw.max()))}, temperatures would go on "
        "rising and those shown are a lower bound,"
    )
    # Below a watt it is rounding.
    trouble = _Trouble("cooling_short", "over", words, heat.unmet_kw * W_PER_KW > 1.0)
    return found + trouble.found(item, state, "chilled water", name="Chillers")


def _rack_findings(item: Solved, state: SiteState) -> list[Finding]:
    """Say which racks trip, overload their supplies or stand in air warmer than they allow."""
    found: list[Finding] = []
    for cohort, rack, inlet_c in zip(
        item.stand.cohorts, state.heat.racks, state.heat.inlet_c, strict=True
    ):
        limits_c = [part.system.inlet_max_c for part in cohort.parts]
        limit_c = min((limit for limit in limits_c if limit is not None), default=np.inf)
        name = f"{cohort.n_racks} racks of {cohort.hall} ({cohort.label})"
        for code, words, hours in (
            ("shutdown", "reach the temperature at which accelerators shut down", rack.shutdown),
            ("supply_overloaded", "draw more than their supplies are for", rack.overloaded),
            ("inlet_above_limit", f"take in air above {limit_c:g} °C", inlet_c > limit_c),
        ):
            found += _Trouble(code, "over", words, hours).found(item, state, cohort.id, name=name)
    return found


def _throttling(result: StageResult) -> list[Finding]:
    return [
        Finding(
            code="throttled",
            severity="near",
            stage=result.id,
            state="year",
            object=cohort.id,
            message=(
                f"{len(cohort.racks)} racks of {cohort.hall} ({cohort.label}) throttle "
                f"for {cohort.throttled_h:.0f} hours a year: {cohort.cause}."
            ),
        )
        for cohort in result.cohorts
        if cohort.throttled_h
    ]


def notices(document: FacilityInput, solved: Sequence[Solved]) -> tuple[Notice, ...]:
    """Return where a model was used outside its range or simplified."""
    found: list[Notice] = []
    for number, item in enumerate(solved):
        if item.year is None and any(
            analysis.kind == "year" and number in analysis.stages for analysis in document.analyses
        ):
            found.append(
                Notice(
                    code="year_without_it",
                    path=f"stages[{item.result.id}]",
                    message="No year was solved: without IT there is no PUE and nothing throttles.",
                )
            )
        if item.year is not None:
            for name, flags in item.year.heat.extrapolated.items():
                hours = int(flags.sum())
                if hours:
                    found.append(
                        Notice(
                            code="curve_extrapolated",
                            path=f"stages[{item.result.id}].cooling.loops[{name}]",
                            message=(
                                "Chiller or tower outside the range of its curves; the Carnot "
                                "fraction of the nearest range edge stands in."
                            ),
                            n_hours=hours,
                        )
                    )
    if any(item.kind == "headroom" for item in document.analyses):
        found.append(
            Notice(
                code="cooling_power_of_added_racks",
                path="headroom",
                message="Headroom counts the added racks, not the electricity to cool them.",
            )
        )
    return tuple(found)


def model_assumptions() -> tuple[Provenance, ...]:
    """Return the constants of the models that no document carries."""
    return (
        Provenance(
            path="models.loop.static_ratio",
            source="engineering default",
            confidence="estimate",
            note=f"{LOOP_STATIC_RATIO:g} of a loop's head is held at any flow",
        ),
        Provenance(
            path="models.tower.set_point_c",
            source="engineering default",
            confidence="estimate",
            note=f"towers aim at {TOWER_SET_POINT_C:g} °C water",
        ),
        Provenance(
            path="models.server_fan_law",
            source="Headroom model page racks/fans",
            confidence="unverified",
            note="flow 0.35 + 0.35 u + 0.05 per kelvin above 25 °C, power with exponent 2.8",
        ),
        Provenance(
            path="models.air_coil_exponents",
            source="engineering default",
            confidence="unverified",
            note="coil conductance with air flow to 0.6 and water flow to 0.4",
        ),
    )
