"""The API's own description is sound, says every refusal, and is read without the internet."""

import json

import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema

REFUSALS = {"401", "404", "422"}
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def described(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        answer = Client().get("/api/schema/", headers={"accept": "application/json"})
    assert answer.status_code == 200
    return json.loads(answer.content)


def operations(described):
    for path, item in described["paths"].items():
        for method in METHODS & set(item):
            yield f"{method} {path}", item[method]


def test_the_description_validates(described):
    assert described["openapi"].startswith("3.1")
    validate_schema(described)


def test_it_is_written_without_a_warning(recwarn, capsys, db):
    Client().get("/api/schema/")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_every_operation_tells_its_refusals_in_the_one_shape(described):
    found = dict(operations(described))
    assert len(found) > 60
    for name, operation in found.items():
        assert set(operation["responses"]) >= REFUSALS, name
        for status, answer in operation["responses"].items():
            if status >= "400":
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (name, status)
    error = described["components"]["schemas"]["Error"]
    assert error["required"] == ["code", "message", "problems"]
    problem = error["properties"]["problems"]["items"]
    assert problem["required"] == ["path", "code", "message"]


def test_every_operation_says_what_it_does_and_how_to_sign_in(described):
    for name, operation in operations(described):
        assert operation["description"], name
        assert {"token": []} in operation["security"], name


def test_ids_of_operations_are_unique(described):
    ids = [operation["operationId"] for _, operation in operations(described)]
    assert len(ids) == len(set(ids))


def test_changes_say_that_they_need_if_match(described):
    for name, operation in operations(described):
        headers = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
        changes = name.split()[0] in {"patch", "delete"}
        assert ("If-Match" in headers) == changes, name


def test_filters_are_described_with_their_types(described):
    parameters = {p["name"]: p for p in described["paths"]["/api/racks/"]["get"]["parameters"]}
    assert {"site", "hall", "tag", "cooling", "limit", "offset"} <= set(parameters)
    assert parameters["hall"]["schema"]["items"] == {"type": "integer"}
    assert parameters["cooling"]["schema"]["items"]["enum"] == ["air", "hybrid", "liquid"]


def test_what_a_fit_check_takes_and_gives_is_described(described):
    post = described["paths"]["/api/procurement/fit-checks/"]["post"]
    body = post["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/FitRequest"}
    assert {"200", "202", "409"} <= set(post["responses"])
    assert "FitItem" in described["components"]["schemas"]


def test_the_pages_load_nothing_from_elsewhere_and_run_no_inline_script(db):
    page = Client().get("/api/docs/")
    text = page.content.decode()
    assert "<script>" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert "default-src 'self'" in page["Content-Security-Policy"]
    script = Client().get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"SwaggerUIBundle" in script.content
