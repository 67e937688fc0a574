"""Runs with real workers, a real broker and both databases: whatever dies, one right answer."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from kombu import Connection

from facility.physics.documents import YearAnalysis
from facility.physics.simulate import simulate
from facility.scenarios import selectors, services, tasks
from facility.scenarios.bundle import input_bundle
from facility.scenarios.models import Run, RunSeries
from facility.scenarios.snapshot import Snapshot
from facility.sites.models import StoredArray
from tests.access.rows import new_site
from tests.facility.small_site import small_input
from tests.services import Workers, wait_until

pytestmark = [pytest.mark.flow, pytest.mark.services, pytest.mark.slow]
State = Run.State


@dataclass
class Live:
    """A database and a broker that this process shares with workers."""

    database_url: str
    broker_url: str
    start: Workers
    scenario: Any
    frozen: Any

    def worker(self, *, at_once=1, **variables):
        settings = {"DJANGO_SETTINGS_MODULE": "tests.scenarios.slow_settings"}
        return self.start(
            self.database_url, self.broker_url, at_once=at_once, **settings, **variables
        )

    def submit(self, times=1):
        run = services.freeze_run(self.scenario, self.frozen)
        with Connection(self.broker_url) as connection:
            for _ in range(times):
                tasks.solve_run.apply_async((run.pk,), connection=connection)
        return run.pk


@pytest.fixture(params=["sqlite_database", "postgres_database"])
def live(request, bind_database, broker_url, live_worker, one_year):
    url = bind_database(request.getfixturevalue(request.param))
    scenario = services.create_scenario(new_site("Small"), name="Base")
    return Live(url, broker_url, live_worker, scenario, one_year)


@pytest.fixture(scope="session")
def one_year():
    """A year of one stage: seconds of work with a result and a series."""
    document, arrays = small_input()
    analyses = (YearAnalysis(stages=(0,)),)
    return Snapshot(
        document.model_copy(update={"stages": document.stages[:1], "analyses": analyses}), arrays
    )


@pytest.fixture(scope="session")
def expected(one_year):
    """The answer, found here."""
    return simulate(one_year.document, one_year.arrays)


def state(run_id):
    return Run.objects.values_list("state", flat=True).get(pk=run_id)


def wait_for(run_id, *states):
    wait_until(lambda: state(run_id) in states, f"{states} of run {run_id}")


def wait_for_attempt(run_id, attempt):
    """Wait until a worker is in the middle of a run."""
    solving = Run.objects.filter(pk=run_id, state=State.RUNNING, attempt=attempt, step="Pausing")
    wait_until(solving.exists, f"attempt {attempt} of run {run_id}")


def solving_process(worker):
    """Return the worker's child, the one that solves."""
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    return int(children[0])


def kill_solver(worker):
    os.kill(solving_process(worker), signal.SIGKILL)


def end_lease(run_id):
    """Spare the test the seconds after which a silent worker's lease is over."""
    Run.objects.filter(pk=run_id).update(lease_expires_at=timezone.now())


def assert_answered_once(run_id, expected):
    run = Run.objects.get(pk=run_id)
    assert (run.state, run.failure, run.lease) == (State.DONE, None, None)
    assert selectors.result_of(run) == expected.result
    stages = [stage.id for stage in expected.result.stages if stage.year]
    assert sorted(RunSeries.objects.filter(run=run).values_list("stage", flat=True)) == stages
    for stage in expected.result.stages:
        if stage.year:
            columns, hours = selectors.series_of(run, stage.id)
            assert columns == stage.year.series.columns
            assert hours.tobytes() == expected.series[stage.year.series.sha256].tobytes()
    return run


def test_a_run_goes_from_queued_to_done(live, expected):
    run_id = live.submit()
    assert state(run_id) == State.QUEUED
    live.worker()
    wait_for(run_id, State.DONE)
    assert assert_answered_once(run_id, expected).attempt == 1


def test_the_command_line_gives_the_same_bytes_without_a_database(live, tmp_path):
    run_id = live.submit()
    live.worker()
    bundle, answer = tmp_path / "plan.zip", tmp_path / "answer.json"
    bundle.write_bytes(input_bundle(live.frozen))
    subprocess.run(
        [sys.executable, "manage.py", "simulate", str(bundle), "--output", str(answer)],
        cwd=Path(__file__).parents[2],
        env={
            **os.environ,
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        },
        check=True,
    )
    wait_for(run_id, State.DONE)
    assert answer.read_bytes() == Run.objects.get(pk=run_id).result.raw()


def test_two_workers_that_both_get_one_run_solve_it_once(live, expected):
    live.worker(PAUSE_S="1")
    live.worker(PAUSE_S="1")
    run_id = live.submit(times=6)
    wait_for(run_id, State.DONE)
    assert assert_answered_once(run_id, expected).attempt == 1


def test_a_run_outlives_the_process_that_solves_it(live, expected):
    worker = live.worker(PAUSE_S="1.5")
    run_id = live.submit()
    wait_for_attempt(run_id, 1)
    kill_solver(worker)
    # The lease is left to run out by itself here.
    wait_for(run_id, State.DONE)
    assert assert_answered_once(run_id, expected).attempt == 2


def test_a_run_outlives_its_whole_worker(live, expected):
    worker = live.worker(PAUSE_S="1.5")
    run_id = live.submit()
    wait_for_attempt(run_id, 1)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    end_lease(run_id)
    live.worker()
    wait_for(run_id, State.DONE)
    assert assert_answered_once(run_id, expected).attempt == 2


def test_a_run_outlives_ten_deaths(live, expected):
    worker = live.worker(PAUSE_S="1.5")
    run_id = live.submit()
    for attempt in range(1, 11):
        wait_for_attempt(run_id, attempt)
        kill_solver(worker)
        end_lease(run_id)
    wait_for(run_id, State.DONE)
    assert assert_answered_once(run_id, expected).attempt == 11


def test_ten_runs_that_each_lose_a_worker_end_in_ten_equal_answers(live, expected):
    worker = live.worker(PAUSE_S="1.5")
    run_ids = [live.submit() for _ in range(10)]
    for run_id in run_ids:
        wait_for_attempt(run_id, 1)
        kill_solver(worker)
    # All leases run out by themselves.
    for run_id in run_ids:
        wait_for(run_id, State.DONE)
        assert assert_answered_once(run_id, expected).attempt == 2


def test_a_long_step_keeps_its_lease(live, expected):
    live.worker(PAUSE_S="13")
    live.worker()
    run_id = live.submit(times=2)
    wait_for(run_id, State.DONE)
    assert assert_answered_once(run_id, expected).attempt == 1


def test_a_running_run_is_cancelled(live):
    live.worker(PAUSE_S="60")
    run_id = live.submit()
    wait_for_attempt(run_id, 1)
    services.request_cancel(Run.objects.get(pk=run_id))
    wait_until(lambda: state(run_id) == State.CANCELLED, "the end of a cancelled run", 5.0)
    assert not RunSeries.objects.exists()


def test_a_run_that_cannot_be_solved_says_why(live):
    run_id = live.submit()
    StoredArray.objects.filter(pk=live.frozen.document.weather.sha256).update(packed=b"rubbish")
    live.worker()
    wait_for(run_id, State.FAILED)
    assert Run.objects.get(pk=run_id).failure["problems"][0]["code"] == "damaged"


def test_an_error_of_ours_marks_the_run_and_is_logged(live):
    live.worker(BUG="1")
    run_id = live.submit()
    wait_for(run_id, State.ERROR)
    assert Run.objects.get(pk=run_id).failure["code"] == "internal_error"
    wait_until(lambda: "KeyError: 'a bug'" in log_of(live), "the traceback in the log")
    # Celery's own line comes after ours: the bug went on to it.
    wait_until(lambda: "raised unexpected" in log_of(live), "Celery's line in the log")


def test_a_frozen_run_does_not_see_later_edits(live, expected):
    run_id = live.submit()
    site = live.scenario.site
    site.design_dry_bulb_c = 45.0
    site.save()
    live.worker()
    wait_for(run_id, State.DONE)
    assert selectors.staleness_of(assert_answered_once(run_id, expected))


def log_of(live):
    return "".join(path.read_text() for path in live.start.log_folder.glob("worker-*.log"))
