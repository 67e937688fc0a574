"""People come in by a one-time link or a password, and guessing is slow."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from facility.access import services
from facility.access.models import AuditEvent, SignInLink
from tests.access.rows import PASSWORD, WRONG


def kinds():
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_a_link_signs_in_once(people):
    text = services.make_sign_in_link(people["viewer"])
    assert services.use_sign_in_link(text) == people["viewer"]
    with pytest.raises(services.SignInRefused, match="used already"):
        services.use_sign_in_link(text)


def test_a_link_ends_after_half_an_hour(people):
    text = services.make_sign_in_link(people["viewer"])
    left = SignInLink.objects.get().expires_at - timezone.now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    SignInLink.objects.update(expires_at=timezone.now())
    with pytest.raises(services.SignInRefused):
        services.use_sign_in_link(text)


def test_a_link_does_not_open_for_somebody_who_left(people):
    text = services.make_sign_in_link(people["viewer"])
    get_user_model().objects.filter(username="viewer").update(is_active=False)
    with pytest.raises(services.SignInRefused):
        services.use_sign_in_link(text)


def test_the_first_link_makes_the_operator_and_the_second_does_not(db, capsys, settings):
    settings.HEADROOM_BASE_URL = "https://headroom.example"
    for _ in range(2):
        call_command("sign_in_link")
        text = re.search(
            r"https://headroom\.example/sign-in/([\w-]+)/$", capsys.readouterr().out.strip()
        )
        user = services.use_sign_in_link(text[1])
    assert (user.username, user.is_superuser, user.has_usable_password()) == (
        "operator",
        True,
        False,
    )
    assert get_user_model().objects.count() == 1


def test_a_link_can_be_for_another_user_but_not_for_nobody(people, capsys):
    call_command("sign_in_link", "--user", "viewer")
    assert "as viewer" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no active user 'ghost'"):
        call_command("sign_in_link", "--user", "ghost")


def test_sessions_leave_events(people, client):
    client.login(username="viewer", password=WRONG)
    client.login(username="viewer", password=PASSWORD)
    client.logout()
    assert kinds() == ["sign_in_failed", "sign_in", "sign_out"]
    assert AuditEvent.objects.get(kind="sign_in_failed").subject == "viewer"


def test_after_ten_failures_even_the_right_password_waits(people, client):
    get_user_model().objects.filter(username="viewer").update(is_staff=True)

    def sign_in(password):
        return client.post("/admin/login/", {"username": "viewer", "password": password})

    for _ in range(10):
        assert sign_in(WRONG).status_code == 200
    refused = sign_in(PASSWORD)
    assert "Too many failed attempts" in refused.content.decode()
    assert kinds() == ["sign_in_failed"] * 10

    AuditEvent.objects.filter(kind="sign_in_failed").update(
        at=timezone.now() - timedelta(minutes=16)
    )
    assert sign_in(PASSWORD).status_code == 302


def test_events_are_neither_changed_nor_removed(db):
    event = services.record("export", subject="report")
    event.subject = "nothing"
    with pytest.raises(TypeError):
        event.save()
    with transaction.atomic(), pytest.raises(TypeError):
        event.delete()
    assert AuditEvent.objects.get().subject == "report"


def test_an_event_has_a_listed_kind(db):
    with pytest.raises(ValueError, match="no kind of event"):
        services.record("gossip")
