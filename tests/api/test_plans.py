"""Plans are written by planners, whole or not at all, and never over somebody's change."""

import functools

import pytest

from facility.scenarios.models import Change, Phase, Scenario
from tests.api.conftest import ADD, problems_of


@pytest.fixture
def phase(plan):
    return Phase.objects.get(scenario=plan)


@pytest.fixture
def change(phase):
    return Change.objects.get(phase=phase)


def test_a_plan_is_started_changed_and_put_aside(planner, site, plan):
    body = {"site": site.pk, "name": "Dense", "parent": plan.pk}
    made = planner.post("/api/scenarios/", body)
    assert made.status_code == 201
    assert made["Location"] == f"http://testserver/api/scenarios/{made.json()['id']}/"
    address = made["Location"].removeprefix("http://testserver")
    assert planner.get(address)["ETag"] == made["ETag"]
    edited = planner.patch(
        address, {"description": "more", "archived": True}, if_match=made["ETag"]
    )
    assert edited.status_code == 200
    assert {**edited.json(), "revision": 1} == {
        **made.json(),
        "description": "more",
        "archived": True,
    }
    assert planner.get(address)["ETag"] == edited["ETag"] != made["ETag"]


def test_a_phase_and_its_steps_are_written_and_removed(planner, plan):
    made = planner.post("/api/phases/", {"scenario": plan.pk, "label": "Later", "on": "2028-01-01"})
    assert made.status_code == 201
    phase = made.json()["id"]
    step = planner.post("/api/changes/", {"phase": phase, "kind": "add_racks", "payload": ADD})
    assert (step.status_code, step.json()["order"]) == (201, 1)
    assert step.json()["payload"]["n_systems"] == 1  # the default is written out
    shown = planner.get(f"/api/phases/{phase}/")
    assert [change["id"] for change in shown.json()["changes"]] == [step.json()["id"]]
    address = f"/api/changes/{step.json()['id']}/"
    edited = planner.patch(
        address, {"kind": "add_racks", "payload": {**ADD, "n_racks": 3}}, if_match=step["ETag"]
    )
    assert edited.json()["payload"]["n_racks"] == 3
    assert planner.delete(address, if_match=edited["ETag"]).status_code == 204
    assert planner.get(address).status_code == 404
    etag = planner.get(f"/api/phases/{phase}/")["ETag"]
    moved = planner.patch(f"/api/phases/{phase}/", {"on": "2029-01-01"}, if_match=etag)
    assert moved.json()["on"] == "2029-01-01"
    assert planner.delete(f"/api/phases/{phase}/", if_match=moved["ETag"]).status_code == 204
    assert plan.phases.count() == 1


@pytest.mark.parametrize("name", ["scenarios", "phases", "changes"])
def test_a_change_without_if_match_or_with_an_old_one_is_refused(
    planner, plan, phase, change, name
):
    row = {"scenarios": plan, "phases": phase, "changes": change}[name]
    address = f"/api/{name}/{row.pk}/"
    for method in ("PATCH", "DELETE") if name != "scenarios" else ("PATCH",):
        answer = planner.send(method, address, {})
        assert (answer.status_code, answer.json()["code"]) == (428, "if_match_required")
        answer = planner.send(method, address, {}, if_match='"an-old-one"')
        assert (answer.status_code, answer.json()["code"]) == (412, "changed_since")
        assert problems_of(answer) == []
    assert type(row).objects.filter(pk=row.pk, revision=row.revision).exists()


def test_of_two_changes_from_one_reading_the_second_is_refused(planner, plan):
    address = f"/api/scenarios/{plan.pk}/"
    etag = planner.get(address)["ETag"]
    assert planner.patch(address, {"name": "First"}, if_match=etag).status_code == 200
    assert planner.patch(address, {"name": "Second"}, if_match=etag).status_code == 412
    assert Scenario.objects.get(pk=plan.pk).name == "First"


def test_all_problems_are_told_at_once_and_nothing_is_stored(planner, site):
    before = Scenario.objects.count()
    body = {"site": 999_999, "name": "x" * 101, "parent": "none", "colour": 1, "descripton": ""}
    answer = planner.post("/api/scenarios/", body)
    assert answer.status_code == 422
    assert sorted(problems_of(answer)) == [
        ("colour", "unexpected"),
        ("descripton", "unexpected"),
        ("name", "max_length"),
        ("parent", "incorrect_type"),
        ("site", "does_not_exist"),
    ]
    assert "'description'" in answer.content.decode()
    assert Scenario.objects.count() == before


def test_a_field_nobody_knows_is_refused_even_if_all_else_is_sound(planner, site):
    answer = planner.post("/api/scenarios/", {"site": site.pk, "name": "N", "colour": 1})
    assert answer.status_code == 422
    assert problems_of(answer) == [("colour", "unexpected")]
    assert not Scenario.objects.filter(name="N").exists()


def test_faults_of_a_step_are_told_by_their_paths(planner, phase):
    payload = {"hall": "", "system": "nvl72", "n_racks": 0, "colour": "red"}
    body = {"phase": phase.pk, "kind": "add_racks", "payload": payload}
    answer = planner.post("/api/changes/", body)
    assert answer.status_code == 422
    assert {path for path, _ in problems_of(answer)} == {
        "payload.hall",
        "payload.n_racks",
        "payload.workload",
        "payload.colour",
    }
    assert phase.changes.count() == 1


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "x",
        5,
        {"hall": {"a": 1}},
        {"hall": "A\0"},
        {**ADD, "hall": "A\0"},
        functools.reduce(lambda inner, _: [inner], range(600), "x"),
    ],
    ids=range(8),
)
def test_a_payload_that_is_no_step_is_refused(planner, phase, payload):
    body = {"phase": phase.pk, "kind": "add_racks", "payload": payload}
    assert planner.post("/api/changes/", body).status_code == 422
    assert phase.changes.count() == 1


def test_a_name_taken_on_the_site_is_refused(planner, site, plan):
    answer = planner.post("/api/scenarios/", {"site": site.pk, "name": plan.name})
    assert answer.status_code == 422


def test_viewers_look_planners_plan_and_managers_commit(as_, site, plan):
    viewer, planner, manager = as_("viewer"), as_("planner"), as_("manager")
    body = {"site": site.pk, "name": "Other"}
    answer = viewer.post("/api/scenarios/", body)
    assert (answer.status_code, problems_of(answer)) == (403, [])
    made = planner.post("/api/scenarios/", body)
    assert made.status_code == 201
    address = f"/api/scenarios/{made.json()['id']}/"
    assert viewer.patch(address, {}, if_match=made["ETag"]).status_code == 403
    assert viewer.post("/api/runs/", {"scenario": plan.pk}).status_code == 403
    assert planner.post(f"{address}commit/").status_code == 403
    assert manager.post(f"{address}commit/").json()["is_committed"]
    assert not planner.get(f"/api/scenarios/{plan.pk}/").json()["is_committed"]


def test_a_token_for_reading_writes_nothing(as_, plan):
    answer = as_("manager", "read").post("/api/runs/", {"scenario": plan.pk})
    assert (answer.status_code, answer.json()["code"]) == (403, "token_reads_only")


def test_rows_of_others_can_neither_be_named_nor_changed(as_, foreign, plan, phase, change):
    stranger = as_("stranger")
    unknown = stranger.post("/api/scenarios/", {"site": 999_999, "name": "N"}).json()
    foreign_answer = stranger.post("/api/scenarios/", {"site": plan.site_id, "name": "N"}).json()
    assert str(foreign_answer).replace(str(plan.site_id), "X") == str(unknown).replace(
        "999999", "X"
    )
    for address, body in (
        ("/api/scenarios/", {"site": foreign.pk, "name": "N", "parent": plan.pk}),
        ("/api/phases/", {"scenario": plan.pk, "label": "L", "on": "2028-01-01"}),
        ("/api/changes/", {"phase": phase.pk, "kind": "add_racks", "payload": ADD}),
        ("/api/runs/", {"scenario": plan.pk}),
    ):
        answer = stranger.post(address, body)
        assert answer.status_code == 422
        assert [code for _, code in problems_of(answer)] == ["does_not_exist"]
    for address in (
        f"/api/scenarios/{plan.pk}/",
        f"/api/phases/{phase.pk}/",
        f"/api/changes/{change.pk}/",
    ):
        assert stranger.patch(address, {}, if_match="*").status_code == 404
    assert stranger.delete(f"/api/phases/{phase.pk}/", if_match="*").status_code == 404
    assert stranger.post(f"/api/scenarios/{plan.pk}/commit/").status_code == 404


def test_an_archived_plan_is_not_edited(planner, site):
    made = planner.post("/api/scenarios/", {"site": site.pk, "name": "Old"})
    address = f"/api/scenarios/{made.json()['id']}/"
    planner.patch(address, {"archived": True}, if_match=made["ETag"])
    body = {"scenario": made.json()["id"], "label": "L", "on": "2028-01-01"}
    assert planner.post("/api/phases/", body).status_code == 422
