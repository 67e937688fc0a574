"""What can be read of plans and runs; results come from their documents, never from live rows."""

from functools import lru_cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Q

from facility.physics.documents import FacilityInput
from facility.physics.results import FacilityResult
from facility.scenarios.models import Run, RunSeries, Scenario, StoredDocument
from facility.sites.arrays import Table, unpack
from facility.sites.models import Site, SiteScoped, StoredArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.db.models import QuerySet

# Apps whose rows are the site as built; a run rests on them and on its own plan.
AS_BUILT = frozenset({"sites", "racks", "power", "thermal"})


def runs_visible_to(user: "AbstractBaseUser | AnonymousUser") -> "QuerySet[Run]":
    """Return the runs of the user's sites, the newest first."""
    runs = Run.objects.select_related("scenario__site", "requested_by")
    if getattr(user, "is_superuser", False):
        return runs
    return runs.filter(scenario__site__memberships__user=user.pk)


def runs_of_site(site: Site) -> "QuerySet[Run]":
    """Return the runs of a site, the newest first."""
    return Run.objects.filter(scenario__site=site).select_related("scenario__site", "requested_by")


def latest_done_run(scenario: Scenario) -> Run | None:
    """Return the newest run of a plan that has an answer; fit checks ask about more than it."""
    done = Run.objects.filter(scenario=scenario, state=Run.State.DONE, fit_check=None)
    return done.select_related("scenario__site").first()


def scenario(pk: int) -> Scenario | None:
    """Return a plan, or nothing if it is gone."""
    return Scenario.objects.filter(pk=pk).first()


def committed_scenario(site: Site) -> Scenario | None:
    """Return the plan that fit checks and holds are measured against."""
    return Scenario.objects.filter(site=site, is_committed=True).first()


def descendants_of(scenario: Scenario) -> list[int]:
    """Return the keys of a plan and of all that derive from it: its changes are theirs too."""
    found, newest = [scenario.pk], [scenario.pk]
    while newest:
        children = Scenario.objects.filter(parent__in=newest).exclude(pk__in=found)
        newest = list(children.values_list("pk", flat=True))
        found += newest
    return found


def staleness_of(run: Run) -> tuple[str, ...]:
    """Say in words what has moved since the run froze its input; empty if nothing has."""
    scenario, site = run.scenario, run.scenario.site
    reasons = []
    if scenario.revision != run.scenario_revision:
        reasons.append(f"The plan {scenario.name} has changed since.")
    if site.revision != run.site_revision:
        moved = ", ".join(_moved_since(run))
        reasons.append(f"Changed on the site since: {moved}." if moved else "The site has changed.")
    return tuple(reasons)


def _moved_since(run: Run) -> "Iterator[str]":
    """Yield how many rows of each kind changed after the run, from their histories."""
    for model in _as_built_models():
        on_site = Q(**{model.SITE_PATH or "id": run.scenario.site_id})
        changed = model.history.filter(on_site, history_date__gt=run.created_at)
        n_rows = changed.order_by().values("id").distinct().count()
        if n_rows:
            names = model._meta.verbose_name, model._meta.verbose_name_plural  # noqa: SLF001 - Django documents it
            yield f"{n_rows} {names[n_rows > 1]}"


def _as_built_models() -> "Iterator[type[SiteScoped | Site]]":
    for model in apps.get_models():
        if issubclass(model, SiteScoped | Site) and model._meta.app_label in AS_BUILT:  # noqa: SLF001 - Django documents it
            yield model


def input_of(run: Run) -> FacilityInput:
    """Return the frozen document of a run."""
    return FacilityInput.parse_json(run.input.raw())


def result_of(run: Run) -> FacilityResult:
    """Return the answer of a finished run; raise ``ValueError`` where there is none."""
    if run.result_id is None:
        raise ValueError(f"{run} has no result")
    return _result(run.result_id)


@lru_cache(maxsize=8)
def _result(sha256: str) -> FacilityResult:
    """Parse a result once for the pages that show it; its address is its hash, so it stays true."""
    return FacilityResult.parse_json(StoredDocument.objects.get(pk=sha256).raw())


def series_of(run: Run, stage: str) -> tuple[tuple[str, ...], Table]:
    """Return the names of the columns and the hours × columns of a stage of a run.

    Raises ``RunSeries.DoesNotExist`` where the stage has no year.
    """
    return _table(RunSeries.objects.get(run=run, stage=stage).array_id)


@lru_cache(maxsize=8)
def _table(sha256: str) -> tuple[tuple[str, ...], Table]:
    stored = StoredArray.objects.get(pk=sha256)
    return tuple(stored.columns), unpack(stored)
