"""The administration pages open for every model, and show no secret and no bytes."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse

from facility.access import services
from facility.access.models import AuditEvent, Membership, Token
from facility.sites.admin import ReadOnlyAdmin
from facility.sites.models import StoredArray

OURS = [
    model
    for label in ("sites", "access", "racks", "power", "thermal", "scenarios", "procurement")
    for model in apps.get_app_config(label).get_models()
    if not model.__name__.startswith("Historical")
]


@pytest.fixture
def admin_user(db):
    return get_user_model().objects.create_superuser("root")


@pytest.fixture
def browser(client, admin_user):
    client.force_login(admin_user)
    return client


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_the_list_and_the_empty_form_of_every_model_open(browser, site, model):
    assert browser.get(address(model, "changelist"), {"q": "x"}).status_code == 200
    form = browser.get(address(model, "add"))
    read_only = isinstance(admin.site.get_model_admin(model), ReadOnlyAdmin)
    assert form.status_code == (403 if read_only else 200)


def test_neither_bytes_nor_digests_are_shown(browser, people, site):
    array = StoredArray.objects.get()
    assert "packed" not in browser.get(address(StoredArray, "change", array.pk)).content.decode()
    token, _ = services.make_token(
        people["viewer"], name="m", scope="read", life=services.LINK_LIFE
    )
    page = browser.get(address(Token, "change", token.pk)).content.decode()
    assert token.digest not in page
    assert browser.post(address(Token, "delete", token.pk), {"post": "yes"}).status_code == 302
    assert AuditEvent.objects.filter(kind="token_revoked", user__username="root").exists()


def test_a_membership_given_or_taken_here_leaves_an_event(browser, people, site):
    data = {"user": people["stranger"].pk, "site": site.pk, "role": "viewer"}
    assert browser.post(address(Membership, "add"), data).status_code == 302
    row = Membership.objects.get(user=people["stranger"])
    browser.post(address(Membership, "delete", row.pk), {"post": "yes"})
    subjects = AuditEvent.objects.filter(kind="rights_changed").values_list("subject", flat=True)
    assert list(subjects) == ["stranger: no member", "stranger: viewer"]
