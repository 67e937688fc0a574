"""Whatever is sent, a clear refusal of one shape comes back, and nothing is stored."""

import json

import pytest
from django.test import Client

from facility.scenarios.models import Scenario
from tests.api.conftest import problems_of

BODIES = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"5",
    b"{",
    b'{"site": NaN}',
    b'{"site": Infinity, "name": "N"}',
    b'{"site": 1e400, "name": "N"}',
    b'{"site": ' + b"9" * 400 + b', "name": "N"}',
    b'{"site": -1, "name": "N"}',
    b'{"site": true, "name": "N"}',
    b'{"site": {"id": 1}, "name": "N"}',
    b'{"site": [1], "name": ["N"]}',
    b'{"site": 1, "name": "\\u0000"}',
    b'{"site": 1, "name": "\\ud800"}',
    b'{"site": 1, "name": "N", "": 1, "\\u0000": 2}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"name":' * 2_000 + b"1" + b"}" * 2_000,
    b'{"description": "' + b"x" * 900_000 + b'"}',
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("name", ["scenarios", "phases", "changes", "runs"])
def test_a_body_that_makes_no_sense_is_refused(planner, name, body):
    before = Scenario.objects.count()
    answer = planner.post(f"/api/{name}/", body)
    assert answer.status_code in {400, 422}
    problems_of(answer)
    assert Scenario.objects.count() == before


def test_a_body_of_ten_megabytes_is_refused_unread(planner):
    answer = planner.post("/api/scenarios/", b'{"name": "' + b"x" * 10_000_000 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense", ""]
)
def test_a_body_that_is_not_announced_as_json_is_refused(planner, kind):
    answer = planner.client.generic("POST", "/api/scenarios/", b"{}", content_type=kind)
    assert answer.status_code == 415
    assert problems_of(answer) == []


def test_json_with_a_character_set_is_json(planner, site):
    answer = planner.client.generic(
        "POST",
        "/api/scenarios/",
        json.dumps({"site": site.pk, "name": "Ü"}).encode(),
        content_type="application/json; charset=utf-8",
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", ""])
def test_whatever_is_accepted_the_answer_is_json(planner, accept):
    answer = planner.get("/api/sites/", accept=accept)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH", "TRACE", "OPTIONS"])
def test_what_cannot_be_done_is_told_by_its_number(planner, method):
    answer = planner.send(method, "/api/racks/", {})
    assert answer.status_code == 405
    assert problems_of(answer) == []


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Bearer hr_x y", "Basic eDp5", "Bearer hr_\u00fc", "x" * 9000]
)
def test_an_odd_authorization_opens_nothing(db, header):
    answer = Client(raise_request_exception=False).get(
        "/api/sites/", headers={"authorization": header}
    )
    assert answer.status_code == 401
    assert problems_of(answer) == []


def test_a_browser_session_needs_its_csrf_token(as_, site):
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - only here

    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.get(username="planner"))
    assert client.get("/api/sites/").status_code == 200
    answer = client.post(
        "/api/scenarios/", {"site": site.pk, "name": "N"}, content_type="application/json"
    )
    assert answer.status_code == 403
    assert problems_of(answer) == []
    answer = Client(enforce_csrf_checks=True).post("/api/nothing/")
    assert (answer.status_code, problems_of(answer)) == (404, [])
