"""Runs are asked for, watched, stopped and read, byte for byte as they were hashed."""

import csv
import hashlib
import io
import json
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from kombu import Connection

from facility.physics.simulate import simulate
from facility.scenarios import selectors, services, tasks
from facility.scenarios.models import Run, RunSeries, StoredDocument
from facility.sites import arrays
from tests.api.conftest import Caller, make_world, problems_of
from tests.services import wait_until


@pytest.fixture
def run(planner, plan):
    answer = planner.post("/api/runs/", {"scenario": plan.pk})
    assert answer.status_code == 202
    return SimpleNamespace(
        answer=answer, pk=answer.json()["id"], address=f"/api/runs/{answer.json()['id']}/"
    )


@pytest.fixture
def solved(run):
    """The run with its answer stored, as a worker stores it."""
    row = Run.objects.select_related("scenario__site__weather__array").get(pk=run.pk)
    weather = row.scenario.site.weather.array
    answer = simulate(selectors.input_of(row), {weather.sha256: arrays.unpack(weather)})
    run.raw = answer.result.canonical_bytes()
    for stage in answer.result.stages:
        if stage.year:
            ref = stage.year.series
            run.hours, run.columns = answer.series[ref.sha256], list(ref.columns)
            array = arrays.keep(run.hours, ref.columns)
            RunSeries.objects.create(run=row, stage=stage.id, array=array)
    document = StoredDocument.keep(run.raw, answer.result.schema_version)
    Run.objects.filter(pk=run.pk).update(state="done", result=document, lease_expires_at=None)
    return run


def test_a_run_is_taken_and_watched_elsewhere(planner, run, plan, site):
    body = run.answer.json()
    assert run.answer["Location"] == body["url"] == f"http://testserver{run.address}"
    assert (body["state"], body["scenario"], body["site"]) == ("queued", plan.pk, site.pk)
    assert planner.get(run.address).json() == body
    assert (body["is_stale"], body["stale_because"]) == (False, [])
    plan.name = "Other"
    plan.save()
    later = planner.get(run.address).json()
    assert later["is_stale"]
    assert later["stale_because"]


def test_a_waiting_run_is_watched_without_being_sent_again(planner, run):
    etag = planner.get(run.address)["ETag"]
    assert planner.get(run.address, if_none_match=etag).status_code == 304
    Run.objects.filter(pk=run.pk).update(progress_ratio=0.5)
    assert planner.get(run.address, if_none_match=etag).status_code == 200


def test_a_plan_that_cannot_be_solved_gives_every_problem_and_no_run(planner, plan):
    phase = plan.phases.get()
    for system, hall in (("nvl7", "HALL-D"), ("nvl72", "HAL-D")):
        payload = {"hall": hall, "system": system, "n_racks": 1, "workload": "training"}
        services.add_change(phase, kind="add_racks", payload=payload)
    answer = planner.post("/api/runs/", {"scenario": plan.pk})
    assert answer.status_code == 422
    assert problems_of(answer) == [
        ("phases[2027-01-01].changes[2].system", "unknown"),
        ("phases[2027-01-01].changes[3].hall", "unknown"),
    ]
    assert not Run.objects.exists()


def test_a_waiting_run_is_taken_back_once(as_, planner, run):
    assert as_("viewer").post(f"{run.address}cancel/").status_code == 403
    assert as_("stranger").post(f"{run.address}cancel/").status_code == 404
    for _ in range(2):
        answer = planner.post(f"{run.address}cancel/")
        assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")


def test_the_frozen_input_is_served_as_it_was_hashed(planner, run):
    answer = planner.get(f"{run.address}input/")
    sha256 = run.answer.json()["input_sha256"]
    assert hashlib.sha256(answer.content).hexdigest() == sha256
    assert (answer["ETag"], answer["Content-Type"]) == (f'"{sha256}"', "application/json")
    again = planner.get(f"{run.address}input/", if_none_match=answer["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_a_result_that_is_not_there_yet_is_told(planner, run):
    answer = planner.get(f"{run.address}result/")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_result")
    answer = planner.get(f"{run.address}series/as-built/")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_series")


def test_a_run_that_failed_says_why(planner, run):
    failure = {"code": "invalid_input", "message": "m", "problems": []}
    Run.objects.filter(pk=run.pk).update(state="failed", failure=failure, lease_expires_at=None)
    assert planner.get(run.address).json()["failure"] == failure


@pytest.mark.slow
def test_result_and_series_are_served_to_the_last_bit(planner, as_, solved):
    answer = planner.get(f"{solved.address}result/")
    assert answer.content == solved.raw
    assert answer["ETag"] == f'"{hashlib.sha256(solved.raw).hexdigest()}"'
    address = f"{solved.address}series/2027-01-01/"
    whole = planner.get(address).json()
    assert list(whole["columns"]) == solved.columns
    for k, name in enumerate(solved.columns):
        assert np.array_equal(np.float32(whole["columns"][name]), solved.hours[:, k])
    text = planner.get(f"{address}?columns=it_kw,facility_kw&format=csv&first_hour=5&n_hours=3")
    assert text["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(text.content.decode())))
    assert rows[0] == ["hour", "it_kw", "facility_kw"]
    assert [row[0] for row in rows[1:]] == ["5", "6", "7"]
    place = [solved.columns.index(name) for name in rows[0][1:]]
    numbers = np.float32([row[1:] for row in rows[1:]])
    assert np.array_equal(numbers, solved.hours[5:8][:, place])
    part = planner.get(f"{address}?columns=it_kw&columns=facility_kw&first_hour=8759").json()
    assert (part["n_hours"], list(part["columns"])) == (1, ["it_kw", "facility_kw"])
    assert planner.get(f"{address}?first_hour=9000").json()["n_hours"] == 0
    assert len(planner.get(f"{address}?first_hour=9000&format=csv").content.splitlines()) == 1
    refused = planner.get(f"{address}?columns=it_kv,it_kw&format=xls&first=1")
    assert sorted(problems_of(refused)) == [
        ("columns", "unknown"),
        ("first", "unexpected"),
        ("format", "invalid_choice"),
    ]
    assert "'it_kw'" in refused.content.decode()
    assert problems_of(planner.get(f"{address}?n_hours=0")) == [("n_hours", "invalid")]
    missing = planner.get(f"{solved.address}series/nothing/")
    assert "2027-01-01" in missing.json()["message"]
    for part in ("", "input/", "result/", "series/2027-01-01/"):
        assert as_("stranger").get(f"{solved.address}{part}").status_code == 404


@pytest.fixture(params=["sqlite_database", "postgres_database"])
def live(request, bind_database, broker_url, monkeypatch):
    """A planner on a database and a broker that workers share with this process."""
    url = bind_database(request.getfixturevalue(request.param))
    make_world()
    with Connection(broker_url) as connection:
        send = partial(tasks.solve_run.apply_async, connection=connection)
        monkeypatch.setattr(tasks.solve_run, "delay", lambda run_id: send((run_id,)))
        caller = Caller(get_user_model().objects.get(username="planner"))
        yield SimpleNamespace(caller=caller, parts=(url, broker_url))


@pytest.mark.flow
@pytest.mark.services
@pytest.mark.slow
def test_a_question_is_answered_by_a_real_worker(live, live_worker):
    caller = live.caller
    item = {"system": "air8", "n_racks": 1, "n_systems": 1, "hall": "HALL-D"}
    body = {"site": "small", "items": [item]}
    asked = caller.post("/api/procurement/fit-checks/", body, idempotency_key="flow")
    assert asked.status_code == 202, asked.content
    address = asked["Location"].removeprefix("http://testserver")
    live_worker(*live.parts)
    wait_until(lambda: caller.get(address).json()["fits"] is not None, "an answer")
    answer = caller.get(address).json()
    assert (answer["state"], answer["fits"]) == ("done", True)
    run = answer["run_url"].removeprefix("http://testserver")
    shown = caller.get(run).json()
    result = caller.get(f"{run}result/")
    assert hashlib.sha256(result.content).hexdigest() == shown["result_sha256"]
    assert json.loads(result.content)["input_sha256"] == shown["input_sha256"]
    series = caller.get(f"{run}series/extra/?columns=facility_kw").json()
    assert max(series["columns"]["facility_kw"]) == pytest.approx(shown["peak_kw"], rel=1e-6)
    again = caller.post("/api/procurement/fit-checks/", body, idempotency_key="flow")
    assert (again.status_code, again.json()) == (200, answer)
