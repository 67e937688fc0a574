"""Outages at the hours of the year that load the network most, beside those of the design point."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import FloatArray
from facility.physics.coupling import SiteState
from facility.physics.results import ObjectLoad, WorstHour
from power.physics.contingency import ContingencyStudy, FailoverTable, failover_table
from power.physics.loading import SAME_RATIO, Loading
from thermal.physics.weather import OutdoorAir


@dataclass(frozen=True, slots=True)
class HourStudy:
    """Every outage at one hour of the year."""

    hour: int
    why: tuple[str, ...]
    table: FailoverTable


def study_worst_hours(
    study: ContingencyStudy, state: SiteState, air: OutdoorAir
) -> tuple[HourStudy, ...]:
    """Return every outage at the hours of highest power, highest air and highest loading.

    Parameters
    ----------
    study : ContingencyStudy
        The stage and its outages.
    state : SiteState
        The stage over 8,760 hours.
    air : OutdoorAir
        The same hours.

    Returns
    -------
    tuple of HourStudy
        In order of time; an hour that is worst for more than one reason stands once.
    """
    reasons: dict[int, list[str]] = {}
    for why, series in (
        ("highest power at the grid connection", state.flow.source_kw.sum(axis=0)),
        ("hottest air", air.dry_bulb_c),
        ("highest current over rating of a branch", _highest_ratio(state)),
    ):
        reasons.setdefault(int(np.argmax(series)), []).append(why)
    return tuple(
        HourStudy(
            hour,
            tuple(reasons[hour]),
            failover_table(study.at(state.demand.series_kw[state.demand.series_of, hour])),
        )
        for hour in sorted(reasons)
    )


def _highest_ratio(state: SiteState) -> FloatArray:
    ratios = state.flow.branch_current_ratio
    return np.asarray(ratios.max(axis=0, initial=0.0), dtype=np.float64)


def hour_results(studies: Sequence[HourStudy], air: OutdoorAir) -> tuple[WorstHour, ...]:
    """Return what the hardest outage does at each of the hours."""
    found = []
    for study in studies:
        table = study.table
        ratios = np.array(table.worst_ratio)
        # Of outages alike but for the last digit the first.
        number = int(np.argmax(ratios >= (1.0 - SAME_RATIO) * ratios.max()))
        found.append(
            WorstHour(
                hour=study.hour,
                why=study.why,
                facility_kw=float(table.sources.normal_kw.sum()),
                dry_bulb_c=float(air.dry_bulb_c[study.hour]),
                worst_state=table.states[number],
                worst_object=table.worst_object[number],
                worst_ratio=table.worst_ratio[number],
                n_over=sum(int((part.failover_ratio > 1.0).sum()) for part in _loadings(table)),
                n_unsolved=len(table.unsolved),
            )
        )
    return tuple(found)


def _loadings(table: FailoverTable) -> tuple[Loading, ...]:
    return (
        table.sources,
        table.branches,
        table.switches,
        table.transfers,
        table.nodes,
        table.conversions,
        table.feeds,
    )


@dataclass(frozen=True, slots=True)
class _Year:
    ratio: float
    state: str
    hour: int


def with_worst_hours(
    loads: Iterable[ObjectLoad], studies: Sequence[HourStudy]
) -> Iterator[ObjectLoad]:
    """Yield the loads with the failover load of the worst of the hours."""
    worst: dict[str, _Year] = {}
    for study in studies:
        for part in _loadings(study.table):
            for k, name in enumerate(part.ids):
                found = _Year(float(part.failover_ratio[k]), part.failover_state[k], study.hour)
                if name not in worst or found.ratio > worst[name].ratio:
                    worst[name] = found
    for load in loads:
        year = worst.get(load.id)
        if year is None:
            yield load
            continue
        yield load.model_copy(
            update={
                "failover_year_ratio": year.ratio,
                "failover_year_state": year.state,
                "failover_year_hour": year.hour,
            }
        )
