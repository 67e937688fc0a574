"""Machines come in by a token, and only as far as it reaches."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from facility.access import services
from facility.access.models import AuditEvent, Token
from facility.kernel.errors import InputError


class Door(APIView):
    def get(self, request):
        return Response({"user": request.user.get_username()})

    def post(self, request):
        return Response({"user": request.user.get_username()})


def knock(method, text=None, keyword="Bearer"):
    header = {} if text is None else {"HTTP_AUTHORIZATION": f"{keyword} {text}"}
    return Door.as_view()(getattr(APIRequestFactory(), method)("/api/door", **header))


@pytest.fixture
def make(people):
    def make_(scope="read", life=timedelta(days=1)):
        return services.make_token(people["planner"], name="machine", scope=scope, life=life)

    return make_


def test_a_token_signs_its_user_in(make):
    _, text = make()
    assert text.startswith("hr_")
    assert knock("get", text).data == {"user": "planner"}
    assert knock("get", text, "bearer").status_code == 200


def test_the_text_is_not_stored(make):
    token, text = make()
    assert text not in str(Token.objects.filter(pk=token.pk).values().get())


def test_a_token_for_reading_opens_safe_methods_only(make):
    answer = knock("post", make()[1])
    assert (answer.status_code, answer.data["code"]) == (403, "token_reads_only")
    assert knock("post", make("write")[1]).status_code == 200


@pytest.mark.parametrize("text", [None, "hr_nonsense", "nonsense", "hr_ü", "two words"])
def test_without_a_good_token_the_answer_says_how_to_sign_in(db, text):
    answer = knock("get", text)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="headroom"'
    assert answer.data["code"] in {"not_authenticated", "authentication_failed"}
    assert answer.data["problems"] == []


def test_another_scheme_is_left_to_others(db):
    assert knock("get", "aGVsbG86d29ybGQ=", "Basic").data["code"] == "not_authenticated"


def test_an_expired_token_opens_nothing(make):
    token, text = make()
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    assert knock("get", text).status_code == 401


def test_a_revoked_token_opens_nothing_and_leaves_events(make, people):
    token, text = make("write")
    services.revoke_token(token, by=people["manager"])
    assert knock("get", text).status_code == 401
    events = AuditEvent.objects.values_list("kind", "user__username", "subject")
    assert list(events) == [
        ("token_revoked", "manager", "machine (write) of planner"),
        ("token_made", "planner", "machine (write) of planner"),
    ]


def test_a_token_of_somebody_who_left_opens_nothing(make, people):
    _, text = make()
    people["planner"].is_active = False
    people["planner"].save()
    assert knock("get", text).status_code == 401


def test_every_fault_of_a_new_token_is_told_at_once(people):
    with pytest.raises(InputError) as caught:
        services.make_token(people["viewer"], name="", scope="all", life=timedelta(days=9999))
    assert {problem.path for problem in caught.value.problems} == {"name", "scope", "life"}
    assert not Token.objects.exists()


def test_the_command_prints_the_token_alone_on_standard_output(people, capsys):
    call_command("create_token", "viewer", "script", "--days", "3")
    printed = capsys.readouterr()
    assert knock("get", printed.out.strip()).data == {"user": "viewer"}
    assert "Valid until" in printed.err


@pytest.mark.parametrize("arguments", [("nobody", "x"), ("viewer", "x", "--days", "0")])
def test_the_command_refuses_in_words(people, arguments):
    with pytest.raises(CommandError):
        call_command("create_token", *arguments)
