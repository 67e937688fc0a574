"""The life of a run: frozen, queued, claimed, solved, stored, or the reason why not."""

import logging
import uuid
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from facility.access import services as access
from facility.kernel.errors import Cancelled, FacilityError, InputError
from facility.physics.results import FacilityResult, StageResult
from facility.scenarios import selectors, snapshot
from facility.scenarios.models import Run, RunSeries, Scenario, StoredDocument
from facility.scenarios.services import lease
from facility.sites import arrays
from facility.sites.models import Site, StoredArray

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from facility.physics.simulate import Answer

logger = logging.getLogger(__name__)

# While a run waits, `lease_expires_at` says until when its message is believed to be on its way.
MESSAGE_LIFE = timedelta(minutes=1)
INTERNAL = {
    "code": "internal_error",
    "message": "The solver stopped on an error of ours, not of your input. It has been logged.",
    "problems": [],
}
WORKER_LOST = {
    "code": "worker_lost",
    "message": (
        f"The worker was lost {lease.MOST_ATTEMPTS} times while it solved this run. "
        "It may need more memory than the machine has."
    ),
    "problems": [],
}


@transaction.atomic
def plan_run(scenario: Scenario, user: "User | None" = None) -> Run:
    """Freeze a plan as it stands into a waiting run; raise `InputError` if it cannot be solved."""
    # Whoever changes the site has to pass this row, so nothing moves while it is copied.
    Site.objects.select_for_update().get(pk=scenario.site_id)
    return freeze_run(scenario, snapshot.build(scenario), user)


@transaction.atomic
def freeze_run(scenario: Scenario, frozen: snapshot.Snapshot, user: "User | None" = None) -> Run:
    """Store a frozen document and its arrays as a waiting run of a plan."""
    from facility.physics.simulate import SOLVER_VERSION  # noqa: PLC0415 - see _solve

    for _, ref in frozen.document.array_refs():
        arrays.keep(frozen.arrays[ref.sha256], ref.columns)
    document = StoredDocument.keep(
        frozen.document.canonical_bytes(), frozen.document.schema_version
    )
    at = Scenario.objects.values("revision", "site__revision").get(pk=scenario.pk)
    run = Run.objects.create(
        scenario=scenario,
        input=document,
        solver_version=SOLVER_VERSION,
        site_revision=at["site__revision"],
        scenario_revision=at["revision"],
        lease_expires_at=timezone.now() + MESSAGE_LIFE,
        requested_by=user,
    )
    access.record("run_submitted", user=user, site=scenario.site, subject=f"run {run.pk}")
    return run


def request_cancel(run: Run, user: "User | None" = None) -> bool:
    """Take a waiting run back at once, ask a running one to stop; ``False`` if it was over."""
    now = timezone.now()
    live = Run.objects.filter(pk=run.pk, state__in=(Run.State.QUEUED, Run.State.RUNNING))
    with transaction.atomic():
        # The flag first: a run that is claimed or requeued in between carries it along.
        asked = live.filter(cancel_requested_at=None).update(cancel_requested_at=now)
        waiting = live.filter(state=Run.State.QUEUED)
        waiting.update(state=Run.State.CANCELLED, finished_at=now, lease_expires_at=None)
        if asked:
            site = run.scenario.site
            access.record("run_cancelled", user=user, site=site, subject=f"run {run.pk}")
    run.refresh_from_db()
    return bool(asked)


def execute_run(run_id: int) -> None:
    """Claim a run, solve it, store the answer or the reason why there is none.

    Safe to call twice and from several workers: one wins the claim, and only the holder of the
    lease writes. A `FacilityError` is an answer and is stored. Anything else is a bug: it marks
    the run and propagates.
    """
    token = lease.claim(run_id)
    if token is None:
        logger.info("run %s is not free; nothing to do", run_id)
        return
    progress = lease.Progress(run_id, token)
    try:
        with lease.kept(progress):
            _keep(run_id, token, _solve(run_id, progress))
    except lease.LeaseLost:
        logger.info("run %s went to another worker; nothing written", run_id)
    except Cancelled:
        _end(run_id, token, Run.State.CANCELLED, None)
    except FacilityError as error:
        _end(run_id, token, Run.State.FAILED, _reason(error))
    except (OperationalError, InterfaceError):
        # The database went away, which is not the run's fault: the lease runs out, and the run
        # is solved again.
        raise
    except Exception:
        logger.exception("run %s met an error of ours", run_id)
        _end(run_id, token, Run.State.ERROR, INTERNAL)
        raise


def requeue_expired() -> list[int]:
    """Give back the runs of lost workers; return every run whose message has to be sent (again).

    Several reconcilers may call this at once: each run is returned to one of them.
    """
    now = timezone.now()
    overdue = Run.objects.filter(
        state__in=(Run.State.QUEUED, Run.State.RUNNING), lease_expires_at__lt=now
    )
    over = {"lease": None, "lease_expires_at": None, "finished_at": now}
    overdue.filter(cancel_requested_at__isnull=False).update(state=Run.State.CANCELLED, **over)
    worn_out = overdue.filter(attempt__gte=lease.MOST_ATTEMPTS)
    worn_out.update(state=Run.State.ERROR, failure=WORKER_LOST, **over)
    return [
        run_id
        for run_id in overdue.order_by("created_at").values_list("pk", flat=True)
        if overdue.filter(pk=run_id).update(
            state=Run.State.QUEUED, lease=None, lease_expires_at=now + MESSAGE_LIFE
        )
    ]


def _solve(run_id: int, progress: lease.Progress) -> "Answer":
    # The solver's libraries take a second to load, which only a process that solves has to spend.
    from facility.physics.simulate import simulate  # noqa: PLC0415 - for this reason

    progress("Reading the input", 0.0)
    document = selectors.input_of(Run.objects.select_related("input").get(pk=run_id))
    named = {ref.sha256 for _, ref in document.array_refs()}
    tables = {
        stored.sha256: np.asarray(arrays.unpack(stored), dtype=np.float64)
        for stored in StoredArray.objects.filter(pk__in=named)
    }
    return simulate(document, tables, on_progress=progress)


def _keep(run_id: int, token: uuid.UUID, answer: "Answer") -> None:
    """Store the whole answer in one transaction, or nothing if the lease is lost."""
    result = answer.result
    with transaction.atomic():
        held = Run.objects.select_for_update().filter(pk=run_id, lease=token)
        if not list(held.values_list("pk", flat=True)):
            raise lease.LeaseLost
        RunSeries.objects.bulk_create(_series(run_id, answer))
        Run.objects.filter(pk=run_id, lease=token).update(
            state=Run.State.DONE,
            result=StoredDocument.keep(result.canonical_bytes(), result.schema_version),
            peak_kw=_peak_kw(result.stages[-1]),
            pue=_pue(result),
            step="",
            progress_ratio=1.0,
            **_over(),
        )


def _series(run_id: int, answer: "Answer") -> list[RunSeries]:
    refs = ((stage.id, stage.year.series) for stage in answer.result.stages if stage.year)
    return [
        RunSeries(
            run_id=run_id, stage=stage, array=arrays.keep(answer.series[ref.sha256], ref.columns)
        )
        for stage, ref in refs
        if ref
    ]


def _end(run_id: int, token: uuid.UUID, state: Run.State, failure: dict[str, Any] | None) -> None:
    """Close a run without an answer, if it is still this worker's."""
    Run.objects.filter(pk=run_id, lease=token).update(state=state, failure=failure, **_over())


def _over() -> dict[str, Any]:
    """Return what every ended run has in common."""
    return {"lease": None, "lease_expires_at": None, "finished_at": timezone.now()}


def _reason(error: FacilityError) -> dict[str, Any]:
    problems = error.problems if isinstance(error, InputError) else ()
    return {
        "code": error.code,
        "message": str(error),
        "problems": [asdict(problem) for problem in problems],
    }


def _peak_kw(stage: StageResult) -> float:
    return stage.year.peak_kw if stage.year else stage.facility_kw


def _pue(result: FacilityResult) -> float | None:
    years = [stage.year for stage in result.stages if stage.year]
    return years[-1].pue if years else None
