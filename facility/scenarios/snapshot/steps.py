"""A plan as steps: the changes of its lineage by date, each with the stage they begin."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from facility.kernel.documents import Document
from facility.kernel.errors import InputError
from facility.scenarios import changes
from facility.scenarios.models import Change, Phase, Scenario
from facility.scenarios.snapshot.picture import Picture

AS_BUILT = "as-built"
EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Step:
    """The changes of one date, in order, each with its path for problems."""

    id: str
    label: str
    on: dt.date
    changes: tuple[tuple[str, Document], ...]


def read_steps(scenario: Scenario, extra: Sequence[Document], picture: Picture) -> list[Step]:
    """Return the stages in order: as built, one for each date, one for ``extra`` if there is any.

    As built is dated with the day the oldest plan of the lineage was written down, or with the
    first phase where that is earlier: no clock is read, so the same plan gives the same document.
    """
    try:
        lineage = scenario.lineage()
    except ValidationError:
        picture.problem("scenario.parent", "loop", "the plan descends from itself")
        lineage = [scenario]
    age = {plan.pk: number for number, plan in enumerate(lineage)}
    phases = sorted(
        Phase.objects.filter(scenario__in=age), key=lambda p: (p.on, age[p.scenario_id], p.pk)
    )
    parsed = _read_changes(phases, picture)
    by_date: dict[dt.date, list[Phase]] = {}
    for phase in phases:
        by_date.setdefault(phase.on, []).append(phase)
    begun = min([lineage[0].created_at.date(), *by_date])
    steps = [Step(AS_BUILT, "As built", begun, ())]
    for on, same_day in by_date.items():
        label = " + ".join(dict.fromkeys(phase.label for phase in same_day))
        found = tuple(entry for phase in same_day for entry in parsed[phase.pk])
        steps.append(Step(on.isoformat(), label, on, found))
    if extra:
        listed = tuple((f"extra[{k}]", change) for k, change in enumerate(extra))
        steps.append(Step(EXTRA, "Asked for", steps[-1].on, listed))
    return steps


def _read_changes(
    phases: Sequence[Phase], picture: Picture
) -> dict[int, list[tuple[str, Document]]]:
    date_of = {phase.pk: phase.on for phase in phases}
    parsed: dict[int, list[tuple[str, Document]]] = {pk: [] for pk in date_of}
    for row in Change.objects.filter(phase__in=date_of).order_by("phase", "order"):
        path = f"phases[{date_of[row.phase_id]}].changes[{row.order}]"
        try:
            parsed[row.phase_id].append((path, changes.parse(row.kind, row.payload)))
        except InputError as error:
            for found in error.problems:
                picture.problem(f"{path}.{found.path}", found.code, found.message)
    return parsed
