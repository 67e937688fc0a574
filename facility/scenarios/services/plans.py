"""What a person can do to plans. Every edit is whole or not at all, and tells all problems."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import F, Max, Model

from facility.kernel.errors import InputError, Problem
from facility.scenarios import changes
from facility.scenarios.models import Change, Phase, Scenario
from facility.scenarios.selectors import descendants_of
from facility.sites.models import Site

ASIDE = 10_000  # added to every order while they are exchanged, so that no two meet


@dataclass(frozen=True, slots=True)
class ChangeDraft:
    """A step as somebody wrote it, not yet checked."""

    kind: str
    payload: object


@dataclass(frozen=True, slots=True)
class PhaseDraft:
    """A date and its steps as somebody wrote them, not yet checked."""

    label: str
    on: date
    changes: Sequence[ChangeDraft] = ()


@transaction.atomic
def create_scenario(
    site: Site, *, name: str, description: str = "", parent: Scenario | None = None
) -> Scenario:
    """Start a plan on the site as built, or on another plan whose changes come first."""
    scenario = Scenario(site=site, name=name, description=description, parent=parent)
    problems = _problems(scenario)
    if parent is not None and parent.site_id != site.pk:
        problems.append(Problem("parent", "other_site", "The plan belongs to another site."))
    if parent is not None and parent.archived:
        problems.append(Problem("parent", "archived", "The plan is archived."))
    _refuse(problems)
    scenario.save()
    return scenario


def derive_scenario(parent: Scenario, *, name: str, description: str = "") -> Scenario:
    """Start a plan that goes on from another one."""
    return create_scenario(parent.site, name=name, description=description, parent=parent)


@transaction.atomic
def rename_scenario(
    scenario: Scenario, *, name: str | None = None, description: str | None = None
) -> Scenario:
    """Give a plan another name, another description, or both."""
    fresh: Scenario = Scenario.objects.select_for_update().get(pk=scenario.pk)
    fresh.name = fresh.name if name is None else name
    fresh.description = fresh.description if description is None else description
    _refuse(_problems(fresh))
    fresh.save()
    return fresh


@transaction.atomic
def archive_scenario(scenario: Scenario, *, archived: bool = True) -> Scenario:
    """Put a plan aside, or bring it back. The committed one stays in sight."""
    fresh: Scenario = Scenario.objects.select_for_update().get(pk=scenario.pk)
    if archived and fresh.is_committed:
        message = "The committed plan cannot be archived. Commit another one first."
        raise InputError([Problem("archived", "committed", message)])
    fresh.archived = archived
    fresh.save()
    return fresh


@transaction.atomic
def commit_scenario(scenario: Scenario) -> Scenario:
    """Make this the site's one committed plan."""
    Site.objects.select_for_update().get(pk=scenario.site_id)
    fresh: Scenario = Scenario.objects.get(pk=scenario.pk)
    if fresh.archived:
        raise InputError([Problem("is_committed", "archived", "The plan is archived.")])
    for former in Scenario.objects.filter(site=fresh.site_id, is_committed=True):
        former.is_committed = False
        former.save()
    fresh.is_committed = True
    fresh.save()
    return fresh


def add_phase(scenario: Scenario, *, label: str, on: date) -> Phase:
    """Add a date to a plan; dates order themselves."""
    with _editing(scenario):
        phase = Phase(scenario=scenario, label=label, on=on)
        _refuse(_problems(phase))
        phase.save()
    return phase


def edit_phase(phase: Phase, *, label: str | None = None, on: date | None = None) -> Phase:
    """Rename a date of a plan or move it, and with it its place in the order."""
    with _editing(phase.scenario):
        fresh: Phase = Phase.objects.get(pk=phase.pk)
        fresh.label = fresh.label if label is None else label
        fresh.on = fresh.on if on is None else on
        _refuse(_problems(fresh))
        fresh.save()
    return fresh


def remove_phase(phase: Phase) -> None:
    """Take a date and its steps out of a plan."""
    with _editing(phase.scenario):
        phase.delete()


def add_change(phase: Phase, *, kind: str, payload: object) -> Change:
    """Add a step after the last one of its date."""
    with _editing(phase.scenario):
        highest = phase.changes.aggregate(highest=Max("order"))["highest"]
        change = Change(phase=phase, order=1 if highest is None else highest + 1)
        _write(change, ChangeDraft(kind, payload))
    return change


def edit_change(change: Change, *, kind: str, payload: object) -> Change:
    """Write a step anew in its place."""
    with _editing(change.phase.scenario):
        fresh: Change = Change.objects.get(pk=change.pk)
        _write(fresh, ChangeDraft(kind, payload))
    return fresh


def remove_change(change: Change) -> None:
    """Take a step out of a plan."""
    with _editing(change.phase.scenario):
        change.delete()


def reorder_changes(phase: Phase, keys: Sequence[int]) -> None:
    """Put the steps of a date into the order of these keys, which have to be all of them."""
    with _editing(phase.scenario):
        rows = {change.pk: change for change in phase.changes.all()}
        if sorted(keys) != sorted(rows):
            message = f"Name each step of the phase once: {sorted(rows)}."
            raise InputError([Problem("changes", "not_a_permutation", message)])
        phase.changes.update(order=F("order") + ASIDE)
        for order, key in enumerate(keys, 1):
            rows[key].order = order
            rows[key].save()


def write_plan(scenario: Scenario, phases: Sequence[PhaseDraft]) -> None:
    """Replace all dates and steps of a plan at once."""
    with _editing(scenario):
        for former in scenario.phases.all():
            former.delete()
        problems: list[Problem] = []
        for n_phase, draft in enumerate(phases):
            path = f"phases.{n_phase}."
            phase = Phase(scenario=scenario, label=draft.label, on=draft.on)
            found = _problems(phase, path)
            if not found:
                phase.save()
            problems += found
            for n_change, step in enumerate(draft.changes):
                document, faults = _checked(step, f"{path}changes.{n_change}.")
                problems += faults
                if not found and not faults:
                    Change(phase=phase, order=n_change + 1, kind=step.kind, payload=document).save()
        _refuse(problems)


@contextmanager
def _editing(scenario: Scenario) -> Iterator[None]:
    """Let one editor at a time change a plan, and count it for all that rest on the plan."""
    with transaction.atomic():
        if Scenario.objects.select_for_update().get(pk=scenario.pk).archived:
            raise InputError([Problem("scenario", "archived", "An archived plan is not edited.")])
        yield
        concerned = Scenario.objects.filter(pk__in=descendants_of(scenario))
        concerned.update(revision=F("revision") + 1)
    scenario.refresh_from_db(fields=["revision"])


def _write(change: Change, draft: ChangeDraft) -> None:
    document, problems = _checked(draft)
    _refuse(problems)
    change.kind, change.payload = draft.kind, document
    _refuse(_problems(change))
    change.save()


def _checked(draft: ChangeDraft, path: str = "") -> tuple[dict[str, object], list[Problem]]:
    """Return a step's payload with its defaults written out, and what is wrong with it."""
    if draft.kind not in changes.KINDS:
        message = f"{draft.kind!r} is none of {', '.join(changes.KINDS)}."
        return {}, [Problem(f"{path}kind", "unknown", message)]
    try:
        return changes.parse(draft.kind, draft.payload).model_dump(mode="json"), []
    except InputError as error:
        return {}, [
            Problem(f"{path}payload.{p.path}".removesuffix(".(document)"), p.code, p.message)
            for p in error.problems
        ]


def _problems(row: Model, path: str = "") -> list[Problem]:
    """Return everything that keeps a row from being stored."""
    try:
        row.full_clean()
    except ValidationError as error:
        return [
            Problem(_where(path, field), item.code or "invalid", " ".join(item.messages))
            for field, items in error.error_dict.items()
            for item in items
        ]
    return []


def _where(path: str, field: str) -> str:
    whole = field == NON_FIELD_ERRORS
    return (path.rstrip(".") or "(document)") if whole else f"{path}{field}"


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InputError(problems)
