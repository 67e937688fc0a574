"""Celery is one more caller of the services: no arithmetic and no queries here."""

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from celery import shared_task
from celery.signals import worker_init, worker_ready, worker_shutting_down
from django.db import DatabaseError, connections, transaction
from kombu.exceptions import OperationalError

from facility.scenarios import selectors, services

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from facility.scenarios.models import Run, Scenario

logger = logging.getLogger(__name__)

RECONCILE_EVERY_S = 3.0
LONGEST_RUN_S = 60 * 60
shutting_down = threading.Event()


@shared_task(acks_late=True, ignore_result=True, soft_time_limit=LONGEST_RUN_S)
def solve_run(run_id: int) -> None:
    """Solve one run. The argument is an id, never a document: the row is the truth."""
    services.execute_run(run_id)


@shared_task(acks_late=True, ignore_result=True)
def plan_and_submit(scenario_id: int) -> None:
    """Freeze and queue a plan from a worker, for callers who cannot wait for the freezing."""
    scenario = selectors.scenario(scenario_id)
    if scenario is not None:  # deleted meanwhile otherwise
        submit_run(scenario)


def submit_run(scenario: "Scenario", user: "User | None" = None) -> "Run":
    """Freeze a plan into a run and queue it once the row is committed."""
    run = services.plan_run(scenario, user)
    queue_run(run)
    return run


def queue_run(run: "Run") -> None:
    """Queue a run that is already frozen, once its row is committed."""
    # Robust: if the broker is away, the run waits in its row and the reconciler sends it later.
    transaction.on_commit(partial(solve_run.delay, run.pk), robust=True)


def reconcile() -> None:
    """Send the runs of lost workers and of lost messages again."""
    try:
        for run_id in services.requeue_expired():
            logger.info("sending run %s again", run_id)
            solve_run.delay(run_id)
    except (DatabaseError, OperationalError):
        logger.warning("could not look after waiting runs; trying again soon", exc_info=True)
    finally:
        connections.close_all()


@worker_init.connect
def load_solver(**_: Any) -> None:
    """Load the solver's libraries once, before the worker forks: its children share them."""
    import facility.physics.simulate  # noqa: F401, PLC0415 - takes seconds, for workers only


@worker_ready.connect
def start_reconciler(**_: Any) -> None:
    """Look after waiting runs at the worker's start and every few seconds while it lives."""
    threading.Thread(target=_keep_reconciling, name="reconciler", daemon=True).start()


@worker_shutting_down.connect
def stop_reconciler(**_: Any) -> None:
    """Stop sending when the worker is told to end."""
    shutting_down.set()


def _keep_reconciling() -> None:
    reconcile()
    while not shutting_down.wait(RECONCILE_EVERY_S):
        reconcile()
