"""One stage of a site: design point, outages, year, headroom and electrical studies in turn."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from facility.kernel.checks import FloatArray
from facility.physics.capacity import headroom_results
from facility.physics.cohort_results import cohort_results
from facility.physics.cohorts import Cohort
from facility.physics.cooling_loads import cooling_loads
from facility.physics.coupling import SiteState, Stand, settle
from facility.physics.design import solve_design_point
from facility.physics.documents import (
    Analysis,
    CandidateRack,
    ContingencyAnalysis,
    DipAnalysis,
    FacilityInput,
    HeadroomAnalysis,
    SwingAnalysis,
    UtilityLossAnalysis,
    YearAnalysis,
)
from facility.physics.eco import in_eco_mode
from facility.physics.equipment import RackState
from facility.physics.failures import cascade_results, dip_response, utility_loss
from facility.physics.halls import HallStudy, hall_results
from facility.physics.ledger import Solved
from facility.physics.objects import object_loads, outage_results, with_year
from facility.physics.power_results import PowerStudies
from facility.physics.power_study import (
    connection_results,
    fault_results,
    phase_results,
    scheme_results,
)
from facility.physics.results import ObjectLoad, OutageResult, StageResult
from facility.physics.stand import utilisation_of
from facility.physics.swings import swing_results
from facility.physics.worst_hours import (
    HourStudy,
    hour_results,
    study_worst_hours,
    with_worst_hours,
)
from facility.physics.year import Year, summarise_year
from power.physics.contingency import (
    ContingencyStudy,
    FailoverTable,
    contingency_study,
    failover,
    failover_table,
)
from power.physics.references import GROUPS
from power.physics.standby.pairs import maintenance_pairs
from thermal.physics.weather import OutdoorAir

Tell = Callable[[str, float], None]
A = TypeVar("A", bound=Analysis)


@dataclass(slots=True)
class _Course:
    """What is known of a stage so far; each step adds to it."""

    document: FacilityInput
    stand: Stand
    point: SiteState
    study: ContingencyStudy | None = None
    table: FailoverTable | None = None
    loads: tuple[ObjectLoad, ...] = ()
    year_state: SiteState | None = None
    year: Year | None = None
    hours: tuple[HourStudy, ...] = ()
    pairs: tuple[OutageResult, ...] = ()
    power: PowerStudies = field(default_factory=PowerStudies)

    @property
    def drawn_kw(self) -> FloatArray:
        """What every consumer draws at the design point. [kW]."""
        return self.point.demand.of_consumers()[:, 0]

    def outages(self) -> ContingencyStudy:
        """Return the stage and its outages at the design point, made ready once."""
        if self.study is None:
            network, stage = self.document.network, self.stand.stage
            self.study = contingency_study(network, self.drawn_kw, stage=stage)
        return self.study

    def asked(self, kind: type[A]) -> A | None:
        """Return the analysis of a kind that names this stage."""
        for item in self.document.analyses:
            if isinstance(item, kind) and self.stand.stage in item.stages:
                return item
        return None


def solve_stage(
    document: FacilityInput,
    stand: Stand,
    air: OutdoorAir,
    arrays: Mapping[str, FloatArray],
    tell: Tell,
) -> tuple[Solved, Year | None]:
    """Return everything that the document asks of one stage.

    Parameters
    ----------
    document : FacilityInput
        The site.
    stand : Stand
        The stage, made ready.
    air : OutdoorAir
        The weather year.
    arrays : mapping of str to ndarray
        What the document names, by SHA-256.
    tell : callable
        Called with the step in words and the share of the stage that is done.

    Raises
    ------
    ConvergenceError
        A state has no solution or was not found.
    """
    tell("design point", 0.0)
    course = _Course(document, stand, solve_design_point(document, stand))
    _outages(course, tell)
    _year(course, air, tell)
    _failures(course, arrays, tell)
    tell("headroom", 0.85)
    return _result(course, air), course.year


def _outages(course: _Course, tell: Tell) -> None:
    asked = course.asked(ContingencyAnalysis)
    if asked is None:
        return
    tell("outages", 0.1)
    network, stage = course.document.network, course.stand.stage
    course.table = failover_table(course.outages())
    course.loads = object_loads(course.document, stage, course.table, course.drawn_kw)
    course.pairs = _pairs(course, asked)
    faults, breakers = fault_results(network, stage=stage)
    phases, n_unattributed = phase_results(network, course.drawn_kw, stage=stage)
    course.power = PowerStudies(
        faults=faults,
        breakers=breakers,
        phases=phases,
        n_unattributed=n_unattributed,
        schemes=scheme_results(network, course.drawn_kw, stage=stage),
        cascades=cascade_results(course.outages(), course.table),
    )


def _pairs(course: _Course, asked: ContingencyAnalysis) -> tuple[OutageResult, ...]:
    """Return the chosen pairs of which both are there at the stage."""
    network, stage = course.document.network, course.stand.stage
    present = {
        item.id for group in GROUPS for item in getattr(network, group) if item.is_present(stage)
    }
    chosen = [pair for pair in asked.pairs if present.issuperset(pair)]
    if not chosen:
        return ()
    outages = maintenance_pairs(network, chosen)
    table = failover(network, course.drawn_kw, stage=stage, outages=outages)
    return outage_results(network, table, course.point.demand, outages)


def _year(course: _Course, air: OutdoorAir, tell: Tell) -> None:
    """Solve the year; without IT there is no PUE and nothing throttles: the ledger says so."""
    document, stand = course.document, in_eco_mode(course.document.network, course.stand)
    if course.asked(YearAnalysis) is None or not stand.cohorts:
        return
    tell("8,760 hours", 0.3)
    state = settle(document, stand, air=air, utilisation=utilisation_of(document))
    course.year_state = state
    course.year = summarise_year(document, stand, state, air, course.loads)
    connections = tuple(connection_results(document.network, state))
    course.power = course.power.model_copy(update={"connections": connections})
    if course.table is not None:
        tell("outages at the worst hours", 0.7)
        course.hours = study_worst_hours(course.outages(), state, air)
        course.loads = tuple(with_worst_hours(course.loads, course.hours))


def _failures(course: _Course, arrays: Mapping[str, FloatArray], tell: Tell) -> None:
    network, stage = course.document.network, course.stand.stage
    tell("loss of the utility, dips, swings", 0.8)
    found: dict[str, object] = {}
    loss, dips = course.asked(UtilityLossAnalysis), course.asked(DipAnalysis)
    if loss is not None:
        found["utility_loss"] = utility_loss(network, course.drawn_kw, stage=stage, asked=loss)
    if dips is not None:
        found["dips"] = dip_response(network, course.drawn_kw, stage=stage, asked=dips)
    swings = course.asked(SwingAnalysis)
    if swings is not None:
        found["swings"] = swing_results(course.document, course.stand, course.point, swings, arrays)
    course.power = course.power.model_copy(update=found)


def _result(course: _Course, air: OutdoorAir) -> Solved:
    document, stand, point = course.document, course.stand, course.point
    study = HallStudy(
        document,
        stand,
        point,
        with_year(document, course.loads, course.year),
        _candidate(document),
    )
    place = document.stages[stand.stage]
    counts = course.asked(HeadroomAnalysis) is not None
    result = StageResult(
        id=place.id,
        label=place.label,
        on=place.on,
        it_kw=sum(c.n_racks * float(r.input_kw[0]) for c, r in _racks(stand, point)),
        cooling_kw=float(sum(power[0] for power in point.heat.machine_kw.values())),
        loss_kw=float(point.flow.loss_kw[0]),
        facility_kw=float(point.flow.source_kw.sum()),
        halls=hall_results(study),
        cohorts=cohort_results(stand, point, course.year_state),
        cooling=cooling_loads(stand, point),
        objects=study.loads,
        outages=()
        if course.table is None
        else outage_results(document.network, course.table, point.demand, document.network.outages),
        pairs=course.pairs,
        worst_hours=hour_results(course.hours, air),
        power=course.power,
        headroom=headroom_results(study, course.outages()) if counts else (),
        year=None if course.year is None else course.year.result,
    )
    return Solved(stand, point, course.year_state, result)


def _racks(stand: Stand, state: SiteState) -> Iterable[tuple[Cohort, RackState]]:
    return zip(stand.cohorts, state.heat.racks, strict=True)


def _candidate(document: FacilityInput) -> CandidateRack | None:
    for item in document.analyses:
        if isinstance(item, HeadroomAnalysis):
            return item.candidate
    return None
