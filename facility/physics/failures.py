"""Loss of the utility, voltage dips and cascades, in the words and units of the result."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray
from facility.physics.documents import DipAnalysis, UtilityLossAnalysis
from facility.physics.power_results import (
    BatteryState,
    CascadeResult,
    DarkCooling,
    DipResult,
    PowerInterval,
    SetState,
    TimelineEvent,
    UtilityLossResult,
)
from power.physics.contingency import ContingencyStudy, FailoverTable
from power.physics.documents import NetworkInput
from power.physics.standby.cascade import Cascade, cascades
from power.physics.standby.dips import ride_through_dips
from power.physics.standby.sequence import loss_of_utility
from power.physics.standby.timeline import Event, UtilityLoss

N_NAMED = 6
LASTING_S = 1.0


def utility_loss(
    network: NetworkInput, drawn_kw: FloatArray, *, stage: int, asked: UtilityLossAnalysis
) -> UtilityLossResult:
    """Return what the loss of every grid connection leads to."""
    found = loss_of_utility(
        network, drawn_kw, stage=stage, duration_s=asked.duration_s, plan=asked.plan
    )
    consumers = [item for item in network.consumers if item.is_present(stage)]
    racks = np.array([item.kind == "rack" for item in consumers], dtype=np.bool_)
    return UtilityLossResult(
        duration_s=asked.duration_s,
        events=tuple(_events(found.events)),
        course=tuple(_course(found)),
        lost_most_kw=float(found.course.lost_kw[_lasting(found)].max()),
        n_racks_lost_most=int(found.course.lost_racks[_lasting(found)].max()),
        racks_dark_from_s=min((span.from_s for span in found.racks_dark), default=None),
        n_racks_dark_at_once=int((found.dark_at_once & racks).sum()),
        n_racks_dark_at_end=int((found.dark_at_end & racks).sum()),
        dark_at_end_kw=float(drawn_kw[found.dark_at_end].sum()),
        cooling_dark=tuple(
            DarkCooling(
                consumer=span.consumer,
                power_kw=span.power_kw,
                from_s=span.from_s,
                until_s=span.until_s,
            )
            for span in found.cooling_dark
        ),
        batteries=tuple(_battery_states(found)),
        sets=tuple(_set_states(found)),
        overloads=tuple(
            f"{item.object} at {100 * item.ratio:.0f} % from {item.at_s:.1f} s"
            for item in found.overloads
        ),
        left_off=found.left_off,
        assumptions=found.assumptions,
    )


def _lasting(found: UtilityLoss) -> BoolArray:
    """Return which intervals last: a transfer of a fraction of a second is no loss to speak of."""
    length_s = found.course.end_s - found.course.start_s
    lasting = np.asarray(length_s >= LASTING_S)
    lasting[-1] = True
    return lasting


def _events(events: Sequence[Event]) -> Iterator[TimelineEvent]:
    """Yield one event for all of a kind that happen at one moment, in order of time."""
    alike: dict[tuple[float, str], list[Event]] = defaultdict(list)
    last: dict[float, Event] = {}
    for event in events:
        alike[event.at_s, event.kind].append(event)
        last[event.at_s] = event
    for (at_s, kind), group in alike.items():
        after = last[at_s]
        names = [item.object for item in group if item.object]
        yield TimelineEvent(
            at_s=at_s,
            kind=kind,
            objects=tuple(names[:N_NAMED]),
            n_objects=len(names),
            text=group[0].text if len(group) == 1 or names else f"{group[0].text} and more",
            lost_kw=after.lost_kw,
            battery_kw=after.battery_kw,
            genset_kw=after.genset_kw,
            utility_kw=after.utility_kw,
        )


def _course(found: UtilityLoss) -> Iterator[PowerInterval]:
    course = found.course
    battery_kw, genset_kw = course.battery_kw.sum(axis=0), course.genset_kw.sum(axis=0)
    for k in range(course.start_s.size):
        yield PowerInterval(
            start_s=float(course.start_s[k]),
            end_s=float(course.end_s[k]),
            served_kw=float(course.served_kw[k]),
            lost_kw=float(course.lost_kw[k]),
            n_lost_racks=int(course.lost_racks[k]),
            utility_kw=float(course.utility_kw[k]),
            battery_kw=float(battery_kw[k]),
            genset_kw=float(genset_kw[k]),
        )


def _battery_states(found: UtilityLoss) -> Iterator[BatteryState]:
    for item in found.batteries:
        values = asdict(item)
        yield BatteryState.model_validate(
            {name: values[name] for name in BatteryState.model_fields}
        )


def _set_states(found: UtilityLoss) -> Iterator[SetState]:
    for item in found.sets:
        values = asdict(item)
        powers = {"active_kw": values.pop("kw"), "reactive_kvar": values.pop("kvar")}
        yield SetState.model_validate({**values, **powers})


def dip_response(
    network: NetworkInput, drawn_kw: FloatArray, *, stage: int, asked: DipAnalysis
) -> DipResult:
    """Return how the site answers the dips that the analysis states."""
    found = ride_through_dips(network, drawn_kw, asked.dips, stage=stage)
    locked = np.isfinite(found.ups.locked_at_s)
    return DipResult(
        dips=asked.dips,
        site_kw=found.site_kw,
        largest_left_kw=found.largest_left_kw,
        stays_left_kw=found.stays_left_kw,
        return_kw_per_s=found.return_kw_per_s,
        n_ups=len(found.ups.ids),
        n_ups_locked=int(locked.sum()),
        shortest_lock_s=_finite(found.ups.lasts_s[locked]),
        n_tripped=len(found.tripped),
        tripped_kw=found.tripped_kw,
        without_battery=found.without_battery,
        time_s=tuple(found.time_s.tolist()),
        left_kw=tuple(found.left_kw.tolist()),
    )


def _finite(values: FloatArray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.min()) if known.size else None


def cascade_results(study: ContingencyStudy, table: FailoverTable) -> tuple[CascadeResult, ...]:
    """Return where the outages that overload something end, the worst first."""
    hard = {
        name for name, ratio in zip(table.states, table.worst_ratio, strict=True) if ratio > 1.0
    }
    outages = [outage for outage in study.states.outages if outage.id in hard]
    found = cascades(study, outages=outages)
    results = [_cascade(item) for item in found if item.trips or item.collapse]
    return tuple(sorted(results, key=lambda item: (-item.lost_kw, item.state)))


def _cascade(item: Cascade) -> CascadeResult:
    return CascadeResult(
        state=item.outage,
        trips=tuple(
            f"{trip.object} at {100 * trip.ratio:.0f} % after {trip.at_s:.0f} s"
            for trip in item.trips
        ),
        first_lost_kw=item.first_lost_kw,
        lost_kw=item.lost_kw,
        n_lost_racks=item.lost_racks,
        lost_cooling=item.lost_cooling,
        collapse=item.collapse,
    )
