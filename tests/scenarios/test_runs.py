"""The life of a run: one worker wins, one answer is stored, every end has its reason."""

import contextlib
import threading
import time
import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from facility.access.models import AuditEvent
from facility.kernel.errors import ConvergenceError, InputError, Problem
from facility.scenarios import selectors, services, tasks
from facility.scenarios.models import Run, RunSeries, StoredDocument
from facility.scenarios.services import lease
from facility.sites.models import StoredArray
from tests.scenarios.conftest import COLUMNS, N_HOURS, answer_of

State = Run.State
pytestmark = pytest.mark.usefixtures("solve_with")


def fresh(run):
    return Run.objects.get(pk=run.pk)


def silent_for(run, seconds=1):
    """Let the lease of a run be over, as if its worker had died."""
    Run.objects.filter(pk=run.pk).update(
        lease_expires_at=timezone.now() - timedelta(seconds=seconds)
    )


def test_a_run_is_frozen_queued_and_recorded(scenario, frozen, django_user_model):
    ada = django_user_model.objects.create_user("ada")
    run = services.freeze_run(scenario, frozen, ada)
    assert (run.state, run.attempt, run.requested_by) == (State.QUEUED, 0, ada)
    assert selectors.input_of(run) == frozen.document
    assert run.input_id == frozen.document.digest()
    event = AuditEvent.objects.get(kind="run_submitted")
    assert (event.user, event.site, event.subject) == (ada, scenario.site, f"run {run.pk}")


def test_equal_inputs_are_stored_once(scenario, frozen, run):
    n_arrays = StoredArray.objects.count()
    again = services.freeze_run(scenario, frozen)
    assert again.input_id == run.input_id
    assert StoredArray.objects.count() == n_arrays
    assert StoredDocument.objects.count() == 1


def test_a_run_is_solved_and_its_answer_stored_whole(run):
    services.execute_run(run.pk)
    done = fresh(run)
    assert (done.state, done.attempt, done.progress_ratio, done.lease) == (State.DONE, 1, 1.0, None)
    assert (done.peak_kw, done.pue) == (321.0, 1.25)
    assert done.started_at <= done.finished_at
    assert selectors.result_of(done).input_sha256 == done.input_id
    stage = selectors.result_of(done).stages[-1].id
    columns, hours = selectors.series_of(done, stage)
    assert columns == COLUMNS
    np.testing.assert_array_equal(hours, np.arange(2.0 * N_HOURS).reshape(N_HOURS, 2))
    assert selectors.latest_done_run(run.scenario) == done


def test_a_second_delivery_does_nothing(run, solve_with):
    services.execute_run(run.pk)
    solve_with(pytest.fail)
    services.execute_run(run.pk)
    assert (fresh(run).attempt, RunSeries.objects.count()) == (1, 1)


def test_of_two_claims_one_wins(run):
    assert lease.claim(run.pk)
    assert lease.claim(run.pk) is None
    assert fresh(run).attempt == 1


def test_the_run_of_a_silent_worker_can_be_claimed(run):
    first = lease.claim(run.pk)
    silent_for(run)
    assert lease.claim(run.pk) not in {None, first}
    assert fresh(run).attempt == 2


def test_a_worker_that_lost_its_lease_writes_nothing(run, solve_with):
    def overtaken(document, arrays, on_progress=None):
        Run.objects.filter(pk=run.pk).update(lease=uuid.uuid4())
        return answer_of(document, arrays)

    n_documents, n_arrays = StoredDocument.objects.count(), StoredArray.objects.count()
    solve_with(overtaken)
    services.execute_run(run.pk)
    left = fresh(run)
    assert (left.state, left.result, left.lease is None) == (State.RUNNING, None, False)
    assert not RunSeries.objects.exists()
    assert (StoredDocument.objects.count(), StoredArray.objects.count()) == (n_documents, n_arrays)


@pytest.mark.parametrize("error", [InputError([]), ZeroDivisionError()])
def test_a_worker_that_lost_its_lease_does_not_end_the_run_either(run, solve_with, error):
    def overtaken(document, arrays, on_progress=None):
        Run.objects.filter(pk=run.pk).update(lease=uuid.uuid4())
        raise error

    solve_with(overtaken)
    with contextlib.suppress(ZeroDivisionError):
        services.execute_run(run.pk)
    assert (fresh(run).state, fresh(run).failure) == (State.RUNNING, None)


def test_a_worker_that_lost_its_lease_stops_at_its_next_report(run, solve_with):
    def overtaken(document, arrays, on_progress):
        on_progress._report_at_s = 0.0
        Run.objects.filter(pk=run.pk).update(lease=uuid.uuid4())
        on_progress("Hours", 0.5)
        pytest.fail("went on")

    solve_with(overtaken)
    services.execute_run(run.pk)
    assert fresh(run).state == State.RUNNING


def test_progress_is_written_a_few_times_a_second(run, monkeypatch):
    now_s = 100.0
    monkeypatch.setattr(lease.time, "monotonic", lambda: now_s)
    report = lease.Progress(run.pk, lease.claim(run.pk))
    seen = []
    for step in range(10):
        now_s = 100.0 + 0.125 * step
        report("Hours of the year", step / 10)
        seen.append(fresh(run).progress_ratio)
    assert seen == [0.0, 0.0, 0.0, 0.3, 0.3, 0.3, 0.6, 0.6, 0.6, 0.9]
    assert fresh(run).step == "Hours of the year"


def test_a_waiting_run_is_cancelled_at_once(run, django_user_model):
    ada = django_user_model.objects.create_user("ada")
    assert services.request_cancel(run, ada)
    assert (run.state, run.finished_at is None) == (State.CANCELLED, False)
    services.execute_run(run.pk)
    assert fresh(run).state == State.CANCELLED
    assert AuditEvent.objects.get(kind="run_cancelled").user == ada


def test_a_running_run_is_cancelled_at_its_next_report(run, solve_with):
    def long(document, arrays, on_progress):
        assert services.request_cancel(run)
        assert not services.request_cancel(run)
        assert run.state == State.RUNNING
        on_progress._report_at_s = 0.0
        on_progress("Hours", 0.5)
        pytest.fail("went on")

    solve_with(long)
    services.execute_run(run.pk)
    ended = fresh(run)
    assert (ended.state, ended.failure, ended.lease) == (State.CANCELLED, None, None)
    assert AuditEvent.objects.filter(kind="run_cancelled").count() == 1


def test_a_cancelled_run_of_a_silent_worker_is_over(run):
    lease.claim(run.pk)
    services.request_cancel(run)
    silent_for(run)
    assert services.requeue_expired() == []
    assert fresh(run).state == State.CANCELLED


def test_a_finished_run_cannot_be_cancelled(run):
    services.execute_run(run.pk)
    assert not services.request_cancel(run)
    assert run.state == State.DONE


def test_an_expected_failure_is_stored_with_its_code_and_problems(run, solve_with):
    def refuse(document, arrays, on_progress=None):
        raise InputError([Problem("racks.0", "unknown_system", "no such system")])

    solve_with(refuse)
    services.execute_run(run.pk)
    assert fresh(run).state == State.FAILED
    assert fresh(run).failure == {
        "code": "invalid_input",
        "message": "racks.0: no such system",
        "problems": [{"path": "racks.0", "code": "unknown_system", "message": "no such system"}],
    }


def test_a_run_that_does_not_converge_shows_its_residual(run, solve_with):
    def stop(document, arrays, on_progress=None):
        raise ConvergenceError("coupling", 50, 1.2e-3, 1e-6)

    solve_with(stop)
    services.execute_run(run.pk)
    assert fresh(run).failure["code"] == "not_converged"
    assert "0.0012" in fresh(run).failure["message"]


def test_a_bug_marks_the_run_and_still_surfaces(run, solve_with, caplog):
    def bug(document, arrays, on_progress=None):
        raise KeyError("a secret of ours")

    solve_with(bug)
    with pytest.raises(KeyError):
        services.execute_run(run.pk)
    assert fresh(run).state == State.ERROR
    assert fresh(run).failure["code"] == "internal_error"
    assert "secret" not in str(fresh(run).failure)
    assert "a secret of ours" in caplog.text


def test_a_database_that_went_away_is_not_the_runs_fault(run, solve_with):
    def away(document, arrays, on_progress=None):
        raise OperationalError("server closed the connection")

    solve_with(away)
    with pytest.raises(OperationalError):
        services.execute_run(run.pk)
    silent_for(run)
    assert services.requeue_expired() == [run.pk]


def test_damaged_weather_is_told_as_a_failure(run, frozen):
    StoredArray.objects.filter(pk=frozen.document.weather.sha256).update(packed=b"rubbish")
    services.execute_run(run.pk)
    assert (fresh(run).state, fresh(run).failure["problems"][0]["code"]) == ("failed", "damaged")


def test_runs_of_silent_workers_and_lost_messages_are_sent_once(scenario, frozen):
    waiting, lost, working, unsent = (services.freeze_run(scenario, frozen) for _ in range(4))
    lease.claim(lost.pk)
    silent_for(lost)
    lease.claim(working.pk)
    silent_for(unsent, 0)
    assert services.requeue_expired() == [lost.pk, unsent.pk]
    assert services.requeue_expired() == []
    assert [fresh(run).state for run in (waiting, lost, working, unsent)] == [
        State.QUEUED,
        State.QUEUED,
        State.RUNNING,
        State.QUEUED,
    ]


def test_of_two_reconcilers_at_once_one_sends(run):
    silent_for(run)
    returned = []

    def other_first(execute, sql, *rest):
        if sql.startswith("SELECT") and not returned:
            answer = execute(sql, *rest)
            returned.append(None)
            returned[0] = services.requeue_expired()
            return answer
        return execute(sql, *rest)

    with connection.execute_wrapper(other_first):
        assert services.requeue_expired() == []
    assert returned == [[run.pk]]


def test_a_run_that_loses_every_worker_ends_with_a_reason(run):
    for _ in range(lease.MOST_ATTEMPTS):
        assert lease.claim(run.pk)
        silent_for(run)
    assert lease.claim(run.pk) is None
    assert services.requeue_expired() == []
    assert (fresh(run).state, fresh(run).failure["code"]) == (State.ERROR, "worker_lost")


def test_the_lease_is_renewed_while_one_step_takes_long(monkeypatch):
    beats = []

    class Held:
        def renew(self):
            beats.append(threading.get_ident())
            if len(beats) == 2:
                raise DatabaseError("locked")
            return len(beats) < 4

    monkeypatch.setattr(lease, "RENEW_EVERY_S", 0.01)
    with lease.kept(Held()):
        deadline_s = time.monotonic() + 5
        while len(beats) < 4 and time.monotonic() < deadline_s:
            time.sleep(0.01)
        time.sleep(0.1)
    assert len(beats) == 4, "goes on after a fault of the database, stops with the lease"
    assert threading.get_ident() not in beats


def test_a_report_that_came_too_soon_is_written_with_the_next_renewal(run):
    report = lease.Progress(run.pk, lease.claim(run.pk))
    report("Short", 0.1)
    report("Long", 0.2)
    assert fresh(run).step == "Short"
    silent_for(run)
    assert report.renew()
    assert (fresh(run).step, fresh(run).progress_ratio) == ("Long", 0.2)
    assert fresh(run).lease_expires_at > timezone.now()
    Run.objects.filter(pk=run.pk).update(lease=uuid.uuid4())
    assert not report.renew()


def test_tasks_queue_a_run_once_its_row_is_committed(
    run, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(tasks.solve_run, "delay", sent.append)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.queue_run(run)
        assert sent == []
    assert sent == [run.pk]


def test_the_reconciler_sends_what_waits_and_survives_a_database_away(run, monkeypatch, caplog):
    sent = []
    monkeypatch.setattr(tasks.solve_run, "delay", sent.append)
    monkeypatch.setattr(tasks.connections, "close_all", lambda: None)
    silent_for(run)
    tasks.reconcile()
    assert sent == [run.pk]

    def away():
        raise OperationalError

    monkeypatch.setattr(services, "requeue_expired", away)
    tasks.reconcile()
    assert "could not look after waiting runs" in caplog.text


def test_a_run_is_stale_in_words_once_what_it_rests_on_moves(run):
    assert selectors.staleness_of(fresh(run)) == ()
    phase = services.add_phase(run.scenario, label="One", on="2027-01-01")
    assert selectors.staleness_of(fresh(run))[0] == "The plan Base has changed since."
    site = fresh(run).scenario.site
    site.buildings.create(name="B1")
    assert selectors.staleness_of(fresh(run))[1] == "Changed on the site since: 1 building."
    assert phase.scenario.revision > run.scenario_revision


def test_results_are_asked_only_of_runs_that_have_one(run):
    with pytest.raises(ValueError, match="has no result"):
        selectors.result_of(run)


def test_runs_are_seen_by_members_only(run, django_user_model):
    ada = django_user_model.objects.create_user("ada")
    assert not selectors.runs_visible_to(ada)
    run.scenario.site.memberships.create(user=ada, role="viewer")
    assert list(selectors.runs_visible_to(ada)) == [run]
    assert list(selectors.runs_of_site(run.scenario.site)) == [run]
