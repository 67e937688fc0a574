"""Whatever goes wrong, a client reads one shape."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from django.db.models import ProtectedError
from django.http import Http404
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.exceptions import (
    MethodNotAllowed,
    NotAuthenticated,
    ParseError,
    Throttled,
    ValidationError,
)
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from facility import api_errors
from facility.kernel.errors import ConvergenceError, InputError, Problem


def answer_to(error):
    class View(APIView):
        authentication_classes = ()
        permission_classes = ()

        def get(self, request):
            raise error

    return View.as_view()(APIRequestFactory().get("/api/x"))


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ConvergenceError("loop", 50, 1e-3, 1e-9), 422, "not_converged"),
        (NotAuthenticated(), 403, "not_authenticated"),  # no scheme to name: DRF answers 403
        (PermissionDenied(), 403, "permission_denied"),
        (Http404(), 404, "not_found"),
        (MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (ParseError(), 400, "parse_error"),
        (ProtectedError("", {"TX1", "TX2"}), 409, "in_use"),
    ],
)
def test_each_failure_has_its_status_and_code(error, status, code):
    answer = answer_to(error)
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert set(answer.data) == {"code", "message", "problems"}
    assert answer.data["message"]
    assert answer.data["problems"] == []


def test_all_problems_of_an_input_are_listed():
    problems = [Problem("racks.0.tag", "missing", "m"), Problem("halls.1.width_m", "gt", "n")]
    answer = answer_to(InputError(problems))
    assert answer.status_code == 422
    assert answer.data["problems"] == [
        {"path": "racks.0.tag", "code": "missing", "message": "m"},
        {"path": "halls.1.width_m", "code": "gt", "message": "n"},
    ]


def test_nested_lists_of_a_serializer_get_dotted_paths():
    class Change(serializers.Serializer):
        n_racks = serializers.IntegerField(min_value=1)
        tags = serializers.ListField(child=serializers.CharField(max_length=3))

    class Phase(serializers.Serializer):
        changes = Change(many=True)

        def validate(self, attrs):
            raise ValidationError("never", code="whole")

    form = Phase(
        data={"changes": [{"n_racks": 1, "tags": []}, {"n_racks": 0, "tags": ["toolong"]}]}
    )
    form.is_valid()
    answer = answer_to(ValidationError(form.errors))
    assert answer.status_code == 422
    assert [(p["path"], p["code"]) for p in answer.data["problems"]] == [
        ("changes.1.n_racks", "min_value"),
        ("changes.1.tags.0", "max_length"),
    ]
    form = Phase(data={"changes": []})
    form.is_valid()
    problems = answer_to(ValidationError(form.errors)).data["problems"]
    assert problems == [{"path": "(document)", "code": "whole", "message": "never"}]


def test_the_items_of_a_list_get_their_place_as_path():
    class Rack(serializers.Serializer):
        tag = serializers.CharField(max_length=3)

    form = Rack(data=[{"tag": "R1"}, {"tag": "too long"}], many=True)
    form.is_valid()
    by_hand = [{}, {"tag": ["too long"]}]
    for errors in (form.errors, by_hand):
        answer = answer_to(ValidationError(errors))
        assert [problem["path"] for problem in answer.data["problems"]] == ["1.tag"]


def test_a_models_complaint_is_a_problem_too():
    error = ModelError({"tag": [ModelError("taken", code="unique")], "__all__": ["no"]})
    answer = answer_to(error)
    assert answer.status_code == 422
    assert [(p["path"], p["code"], p["message"]) for p in answer.data["problems"]] == [
        ("tag", "unique", "taken"),
        ("(document)", "invalid", "no"),
    ]
    assert answer_to(ModelError("alone")).data["problems"][0]["message"] == "alone"


def test_a_throttled_client_learns_when_to_come_back():
    answer = answer_to(Throttled(wait=7))
    assert (answer.status_code, answer["Retry-After"]) == (429, "7")


def test_a_bug_is_not_answered_here_but_surfaces():
    with pytest.raises(ZeroDivisionError):
        answer_to(ZeroDivisionError())


def test_the_last_answer_to_a_bug_is_json_for_machines_and_a_page_for_people():
    answer = api_errors.server_error(RequestFactory().get("/api/runs/"))
    assert answer.status_code == 500
    body = json.loads(answer.content)
    assert (body["code"], body["problems"]) == ("internal_error", [])
    page = api_errors.server_error(RequestFactory().get("/sites/"))
    assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")


def test_an_address_nobody_serves_is_told_in_the_same_shape():
    answer = api_errors.not_found(RequestFactory().get("/api/nothing/"), Http404())
    assert (answer.status_code, json.loads(answer.content)["code"]) == (404, "not_found")
