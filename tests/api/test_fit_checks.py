"""Whether racks fit: asked once however often it is sent, read off a real run."""

import datetime as dt

import pytest
from django.utils import timezone

from facility.access.services import set_role
from facility.physics.simulate import simulate
from facility.procurement.models import FitCheck
from facility.scenarios import selectors, services
from facility.scenarios.models import Hold, Run, Scenario, StoredDocument
from facility.sites import arrays
from facility.sites.models import Hall, Site
from racks.models import SystemType
from tests.api.conftest import problems_of

ADDRESS = "/api/procurement/fit-checks/"
ITEM = {"system": "nvl72", "n_racks": 2}


def ask(caller, *items, key=None, **more):
    headers = {"idempotency_key": key} if key else {}
    return caller.post(
        ADDRESS, {"site": "small", "items": list(items or (ITEM,)), **more}, **headers
    )


def test_a_question_is_taken_and_its_answer_is_elsewhere(planner, plan):
    answer = ask(planner, reference="PO-7")
    assert answer.status_code == 202
    body = answer.json()
    assert answer["Location"] == body["url"]
    assert (body["state"], body["fits"], body["verdict"]) == ("queued", None, None)
    assert (body["reference"], body["items"][0]["system"]) == ("PO-7", "nvl72")
    # The plan takes places 2 and 3 of the row; the next free ones are these.
    assert body["where"] == [
        {
            "item": 0,
            "system": "nvl72",
            "hall": "HALL-D",
            "n_systems": 1,
            "workload": "training",
            "n_racks": 2,
            "racks": ["HALL-D/D1-04", "HALL-D/D1-05"],
        }
    ]
    run = Run.objects.get(pk=body["run"])
    assert run.scenario_id == plan.pk
    listed = planner.get(f"{ADDRESS}?reference=PO-7&state=queued").json()["results"]
    assert [row["id"] for row in listed] == [body["id"]]


def test_asking_makes_no_run_stale(planner, plan):
    run = services.plan_run(plan)
    body = ask(planner).json()
    assert not Run.objects.get(pk=run.pk).is_stale()
    assert not planner.get(f"{ADDRESS}{body['id']}/").json()["is_stale"]
    Hall.objects.get(tag="HALL-A").save()
    assert planner.get(f"{ADDRESS}{body['id']}/").json()["is_stale"]


def test_a_catalogue_item_names_the_system_and_a_hall_may_be_asked_for(planner):
    body = ask(planner, {"system": "rack_systems/nvidia-gb200-nvl72", "n_racks": 1}).json()
    assert body["where"][0]["system"] == "nvl72"
    item = {"system": "air8", "n_racks": 1, "n_systems": 2, "workload": "infra", "hall": "HALL-D"}
    where = ask(planner, item).json()["where"][0]
    assert (where["hall"], where["n_systems"], where["workload"]) == ("HALL-D", 2, "infra")


def test_a_system_that_is_new_on_the_site_works_as_its_like_does(planner, site):
    like = SystemType.objects.get(key="nvl72")
    SystemType(site=site, key="next", item=like.item, parameters=like.parameters).save()
    where = ask(planner, {"system": "next", "n_racks": 1}).json()["where"][0]
    # Two racks of the air hall serve, one of the liquid hall and two of the plan train.
    assert (where["n_systems"], where["workload"]) == (1, "training")


def test_racks_go_where_their_like_stands_and_then_elsewhere(planner):
    where = ask(planner, {"system": "air8", "n_racks": 8}).json()["where"]
    assert [(part["hall"], part["n_racks"]) for part in where] == [("HALL-A", 5), ("HALL-D", 3)]


def test_what_is_held_takes_its_places_first(planner, site):
    hold = Hold(
        site=site,
        hall=Hall.objects.get(tag="HALL-D"),
        system=SystemType.objects.get(key="nvl72"),
        n_racks=3,
        reference="somebody",
        expires_at=timezone.now() + dt.timedelta(days=1),
    )
    hold.save()
    body = ask(planner, {"system": "nvl72", "n_racks": 1}).json()
    assert body["where"][0]["racks"] == ["HALL-D/D1-07"]
    assert FitCheck.objects.get(pk=body["id"]).placing["n_held_racks"] == 3
    Hold.objects.filter(pk=hold.pk).update(expires_at=timezone.now())
    assert ask(planner).json()["where"][0]["racks"][0] == "HALL-D/D1-04"


def test_all_faults_of_a_question_are_told_with_the_nearest_names(planner):
    answer = ask(
        planner,
        {"system": "nvl7", "n_racks": 1, "hall": "HALL-E"},
        {"system": "air8", "n_racks": 1, "workload": "servin", "hall": "HAL-A"},
    )
    assert answer.status_code == 422
    assert problems_of(answer) == [
        ("items.0.system", "unknown"),
        ("items.1.workload", "unknown"),
        ("items.1.hall", "unknown"),
    ]
    text = answer.content.decode()
    assert all(name in text for name in ("'nvl72'", "'serving'", "'HALL-A'"))
    assert not FitCheck.objects.exists()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"system": "nvl72"}, "items.0.n_racks"),
        ({"system": "nvl72", "n_racks": 0}, "items.0.n_racks"),
        ({"system": "nvl72", "n_racks": True}, "items.0.n_racks"),
        ({"system": "nvl72", "n_racks": "2"}, "items.0.n_racks"),
        ({"system": "nvl72", "n_racks": 1.5}, "items.0.n_racks"),
        ({"system": "nvl72", "n_racks": 10**30}, "items.0.n_racks"),
        ({"system": "", "n_racks": 1}, "items.0.system"),
        ({"system": "nvl72", "n_racks": 1, "by": "2027-02-30"}, "items.0.by"),
        ({"system": "nvl72", "n_racks": 1, "by": 5}, "items.0.by"),
        ({"system": "nvl72", "n_racks": 1, "colour": "red"}, "items.0.colour"),
        ({"system": "n\0", "n_racks": 1}, "(document)"),
        ("nvl72", "items.0"),
    ],
)
def test_an_item_that_cannot_be_is_refused(planner, item, path):
    answer = ask(planner, item)
    assert answer.status_code == 422
    assert [found for found, _ in problems_of(answer)] == [path]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'{"site": NaN}',
        b'{"site": 1e999}',
        b'{"site": true, "items": []}',
        b'{"site": "x", "items": {"0": 1}}',
        b'{"site": ' + b"9" * 300 + b', "items": [{}]}',
        b'{"site": "small", "items": [' + b"{}," * 1000 + b"{}]}",
        b'{"site": "\\ud800", "items": []}',
        b'{"site": "small", "items": ' + b"[" * 600 + b"]" * 600 + b"}",
        b"[" * 50_000,
    ],
    ids=range(13),
)
def test_a_question_that_makes_no_sense_is_refused(planner, body):
    answer = planner.post(ADDRESS, body)
    assert answer.status_code in {400, 422}
    problems_of(answer)
    assert not FitCheck.objects.exists()


def test_the_same_key_and_question_give_the_same_check(planner):
    first, second = ask(planner, key="k-1"), ask(planner, key="k-1")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first["Location"] == second["Location"]
    assert first.json() == second.json()
    assert Run.objects.count() == 1
    reordered = {"n_racks": 2, "system": "nvl72", "n_systems": None}
    assert ask(planner, reordered, key="k-1")["Location"] == first["Location"]
    assert ask(planner, key="k-2")["Location"] != first["Location"]
    assert ask(planner)["Location"] != ask(planner)["Location"]


def test_the_same_key_with_another_question_is_refused(planner):
    ask(planner, key="k-1")
    answer = ask(planner, {**ITEM, "n_racks": 3}, key="k-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_used")
    assert problems_of(answer) == []
    assert Run.objects.count() == 1


def test_a_question_that_was_refused_leaves_its_key_free(planner):
    assert ask(planner, {**ITEM, "system": "nothing"}, key="k-1").status_code == 422
    assert ask(planner, key="k-1").status_code == 202


def test_keys_of_two_people_do_not_meet(as_):
    locations = {ask(as_(name), key="k-1")["Location"] for name in ("planner", "manager")}
    assert len(locations) == 2


@pytest.mark.parametrize("key", ["x" * 81, "a\tb", "ä"])
def test_a_key_that_cannot_be_kept_is_refused(planner, key):
    answer = ask(planner, key=key)
    assert answer.status_code == 422
    assert problems_of(answer) == [("Idempotency-Key", "invalid")]


def test_the_site_of_another_and_one_that_is_not_there_look_the_same(as_, site):
    stranger = as_("stranger")
    for wrong in ("small", site.pk, "nowhere", 999_999):
        answer = ask(stranger, site=wrong)
        assert answer.status_code == 422
        assert problems_of(answer) == [("site", "unknown")]
    assert "'foreign'" in ask(stranger, site="foreigm").content.decode()


def test_answers_of_other_sites_are_not_found(as_):
    check = ask(as_("planner")).json()["id"]
    stranger = as_("stranger")
    assert stranger.get(f"{ADDRESS}{check}/").status_code == 404
    assert stranger.get(ADDRESS).json()["count"] == 0


def test_a_key_is_of_no_use_once_the_site_is_closed_to_its_user(as_, people_of):
    planner = as_("planner")
    ask(planner, key="k-1")
    set_role(people_of("planner"), Site.objects.get(slug="small"), None)
    assert ask(planner, key="k-1").status_code == 422


@pytest.fixture
def people_of(django_user_model):
    return lambda name: django_user_model.objects.get(username=name)


def test_viewers_may_read_answers_but_not_ask(as_):
    check = ask(as_("planner")).json()["id"]
    viewer = as_("viewer")
    assert viewer.get(f"{ADDRESS}{check}/").status_code == 200
    assert ask(viewer).status_code == 403
    assert ask(as_("planner", "read")).json()["code"] == "token_reads_only"


def test_without_a_committed_plan_nothing_can_be_checked(planner, plan):
    Scenario.objects.filter(pk=plan.pk).update(is_committed=False)
    assert problems_of(ask(planner)) == [("site", "no_committed_plan")]


@pytest.mark.slow
def test_racks_that_fit_are_told_where_and_what_binds_next(planner):
    answer = solved(planner, {"system": "air8", "n_racks": 1, "n_systems": 1, "hall": "HALL-D"})
    verdict = answer["verdict"]
    assert answer["state"] == "done"
    assert (answer["fits"], verdict["broken"]) == (True, [])
    assert verdict["binds"]["kind"] == "next_limit"
    # The liquid hall's air units keep 22 kW with one out, 12 after this rack: one more goes.
    assert verdict["binds"]["object"] == "Air units: HALL-D"
    assert verdict["binds"]["n_racks_left"] == 1
    assert 0 <= verdict["throttled_ratio"] <= 0.01
    assert verdict["checked_on"] == "2027-01-01"
    assert any("air8: works as serving" in note for note in verdict["notes"])


@pytest.mark.slow
def test_racks_that_break_a_limit_are_told_which_and_by_how_much(planner):
    answer = solved(planner, {"system": "air8", "n_racks": 3})
    binds = answer["verdict"]["binds"]
    assert (answer["fits"], binds["kind"]) == (False, "limit")
    # Two air units of 100 kW, one in reserve, for five racks of four servers of 10.2 kW nameplate.
    assert (binds["object"], binds["state"]) == ("HALL-A", "normal")
    assert 0.9 < binds["over_ratio"] < 1.2
    assert "HALL-A" in binds["message"]


def test_missing_places_are_told_before_any_run(planner):
    answer = ask(planner, {"system": "nvl72", "n_racks": 9}, key="k-1")
    body = answer.json()
    assert (answer.status_code, body["state"], body["fits"]) == (200, "queued", False)
    assert body["verdict"]["binds"]["n_racks_short"] == 4
    assert [item["kind"] for item in body["verdict"]["broken"]] == ["places"]
    Run.objects.filter(pk=body["run"]).update(state="failed", lease_expires_at=None)
    assert planner.get(f"{ADDRESS}{body['id']}/").json()["fits"] is False


@pytest.mark.slow
def test_missing_places_are_a_verdict_and_no_error(planner):
    answer = solved(planner, {"system": "switch", "n_racks": 12, "n_systems": 1})
    binds = answer["verdict"]["binds"]
    assert (answer["fits"], binds["kind"], binds["n_racks_short"]) == (False, "places", 2)
    assert sum(part["n_racks"] for part in answer["where"]) == 10
    assert "the site has 10" in binds["message"]


def solved(caller, item):
    """Ask, solve the run here, store what a worker would, and return the answer."""
    body = ask(caller, item, key="solved").json()
    run = Run.objects.get(pk=body["run"])
    weather = arrays.unpack(run.scenario.site.weather.array)
    result = simulate(selectors.input_of(run), {run.scenario.site.weather.array_id: weather}).result
    document = StoredDocument.keep(result.canonical_bytes(), result.schema_version)
    Run.objects.filter(pk=run.pk).update(state="done", result=document, lease_expires_at=None)
    again = ask(caller, item, key="solved")
    assert again.status_code == 200
    answer = caller.get(f"{ADDRESS}{body['id']}/").json()
    assert again.json() == answer
    return answer
