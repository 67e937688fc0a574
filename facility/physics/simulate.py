"""The whole facility: one frozen document and its arrays in, one frozen result and series out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from facility.kernel.arrays import array_digest
from facility.kernel.checks import FloatArray
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import HOURS_PER_YEAR
from facility.physics.answers import answer
from facility.physics.capacity import headroom_results
from facility.physics.cohort_results import cohort_results
from facility.physics.cohorts import Cohort
from facility.physics.cooling_loads import cooling_loads
from facility.physics.coupling import SiteState, Stand, settle
from facility.physics.design import solve_design_point
from facility.physics.documents import CandidateRack, FacilityInput, HeadroomAnalysis
from facility.physics.equipment import RackState
from facility.physics.halls import HallStudy, hall_results
from facility.physics.ledger import Solved, balances, findings, model_assumptions, notices
from facility.physics.objects import object_loads, outage_results, with_year
from facility.physics.results import FacilityResult, ObjectLoad, StageResult
from facility.physics.stand import prepare_stages, utilisation_of
from facility.physics.worst_hours import (
    HourStudy,
    hour_results,
    study_worst_hours,
    with_worst_hours,
)
from facility.physics.year import Float32Array, Year, summarise_year
from power.physics.contingency import FailoverTable, failover
from thermal.physics.weather import OutdoorAir, outdoor_air

SOLVER_VERSION = "0.1.0"
WEATHER_COLUMNS = ("dry_bulb_c", "relative_humidity_ratio", "pressure_kpa")

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """The result document and the series it names, by their address."""

    result: FacilityResult
    series: dict[str, Float32Array]


def simulate(
    document: FacilityInput,
    arrays: Mapping[str, FloatArray],
    on_progress: Progress | None = None,
) -> Answer:
    """Solve one frozen document.

    Pure: no clock, no randomness, no input or output. The same document and solver version give
    the same answer, bit for bit on one machine.

    Parameters
    ----------
    document : FacilityInput
        The site, its stages and the analyses asked for.
    arrays : mapping of str to ndarray
        What the document names, by SHA-256.
    on_progress : callable, optional
        Called with the step in words and the share done, 0 to 1; may raise `Cancelled`.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        The document contradicts itself or an array is missing; with every problem.
    ConvergenceError
        A state has no solution or was not found.
    Cancelled
        The callback raised it.
    """
    tell = on_progress or (lambda step, ratio: None)
    tell("Checking the input", 0.0)
    stands = prepare_stages(document)
    air = _weather(document, arrays)
    solved: list[Solved] = []
    series: dict[str, Float32Array] = {}
    for stage, stand in enumerate(stands):
        label = document.stages[stage].label

        def told(step: str, share: float, *, stage: int = stage, label: str = label) -> None:
            tell(f"{label}: {step}", (stage + share) / len(document.stages))

        item, year = _stage(document, stand, air, told)
        solved.append(item)
        if year is not None and year.result.series is not None:
            series[year.result.series.sha256] = year.series
    tell("Writing the answer", 1.0)
    results = tuple(item.result for item in solved)
    result = FacilityResult(
        solver_version=SOLVER_VERSION,
        input_sha256=document.digest(),
        title=document.title,
        answer=answer(document, results),
        balances=balances(solved),
        stages=results,
        findings=findings(document, solved),
        notices=notices(document, solved),
        assumptions=(*document.provenance, *model_assumptions()),
        missing=document.missing,
    )
    return Answer(result, series)


def _weather(document: FacilityInput, arrays: Mapping[str, FloatArray]) -> OutdoorAir:
    """Return the year's air after checking that the array is the one the document means."""
    reference = document.weather
    found = arrays.get(reference.sha256)
    problems = []
    if reference.columns != WEATHER_COLUMNS:
        wanted = ", ".join(WEATHER_COLUMNS)
        problems.append(Problem("weather.columns", "unexpected", f"must be {wanted}"))
    if reference.n_rows != HOURS_PER_YEAR:
        problems.append(Problem("weather.n_rows", "unexpected", f"must be {HOURS_PER_YEAR}"))
    if found is None:
        problems.append(Problem("weather.sha256", "missing", "the array did not come along"))
    elif found.shape != (reference.n_rows, len(reference.columns)):
        problems.append(Problem("weather", "shape", f"the array has the shape {found.shape}"))
    elif array_digest(found) != reference.sha256:
        problems.append(Problem("weather.sha256", "damaged", "the array has another hash"))
    if problems or found is None:
        raise InputError(problems)
    return outdoor_air(found[:, 0], relative_humidity_ratio=found[:, 1], pressure_kpa=found[:, 2])


def _stage(
    document: FacilityInput, stand: Stand, air: OutdoorAir, tell: Progress
) -> tuple[Solved, Year | None]:
    tell("design point", 0.0)
    stage = stand.stage
    point = solve_design_point(document, stand)
    drawn = point.demand.of_consumers()[:, 0]
    table: FailoverTable | None = None
    loads: tuple[ObjectLoad, ...] = ()
    if _asks(document, "contingency", stage):
        tell("outages", 0.1)
        table = failover(document.network, drawn, stage=stage)
        loads = object_loads(document, stage, table)
    year_state, year = None, None
    hours: tuple[HourStudy, ...] = ()
    # Without IT there is no PUE and nothing that throttles: the ledger says so.
    if _asks(document, "year", stage) and stand.cohorts:
        tell("8,760 hours", 0.3)
        year_state = settle(document, stand, air=air, utilisation=utilisation_of(document))
        year = summarise_year(document, stand, year_state, air, loads)
        if table is not None:
            tell("outages at the worst hours", 0.75)
            hours = study_worst_hours(document.network, year_state, air, stage=stage)
            loads = tuple(with_worst_hours(loads, hours))
    tell("headroom", 0.85)
    study = HallStudy(
        document, stand, point, with_year(document, loads, year), _candidate(document)
    )
    place = document.stages[stage]
    result = StageResult(
        id=place.id,
        label=place.label,
        on=place.on,
        it_kw=sum(c.n_racks * float(r.input_kw[0]) for c, r in _racks(stand, point)),
        cooling_kw=float(sum(power[0] for power in point.heat.machine_kw.values())),
        loss_kw=float(point.flow.loss_kw[0]),
        facility_kw=float(point.flow.source_kw.sum()),
        halls=hall_results(study),
        cohorts=cohort_results(stand, point, year_state),
        cooling=cooling_loads(stand, point),
        objects=study.loads,
        outages=() if table is None else outage_results(document, table, point.demand),
        worst_hours=hour_results(hours, air),
        headroom=headroom_results(study, drawn) if _asks(document, "headroom", stage) else (),
        year=None if year is None else year.result,
    )
    return Solved(stand, point, year_state, result), year


def _racks(stand: Stand, state: SiteState) -> Iterable[tuple[Cohort, RackState]]:
    return zip(stand.cohorts, state.heat.racks, strict=True)


def _candidate(document: FacilityInput) -> CandidateRack | None:
    for item in document.analyses:
        if isinstance(item, HeadroomAnalysis):
            return item.candidate
    return None


def _asks(document: FacilityInput, kind: str, stage: int) -> bool:
    return any(item.kind == kind and stage in item.stages for item in document.analyses)
