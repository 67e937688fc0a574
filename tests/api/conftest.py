"""A site with everything on it, a member of each role, a stranger with a site of their own."""

import datetime as dt
import json

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

from facility.access import services as access
from facility.access.models import Membership, Role
from facility.scenarios.models import Scenario
from facility.sites.models import Building, Site
from tests.access.rows import new_site
from tests.snapshot.small_site import make_plan, make_site

ADD = {"hall": "HALL-D", "system": "nvl72", "n_racks": 2, "workload": "training"}


class Caller:
    """A client that signs its requests with a token and speaks JSON."""

    def __init__(self, user, scope="write"):
        _, text = access.make_token(user, name="test", scope=scope, life=dt.timedelta(days=1))
        self.client = Client(HTTP_AUTHORIZATION=f"Bearer {text}", raise_request_exception=False)

    def get(self, address, **headers):
        return self.client.get(address, headers=headers)

    def send(self, method, address, body=None, **headers):
        data = body if isinstance(body, bytes | str) else json.dumps(body or {})
        return self.client.generic(
            method, address, data, content_type="application/json", headers=headers
        )

    def post(self, address, body=None, **headers):
        return self.send("POST", address, body, **headers)

    def patch(self, address, body=None, **headers):
        return self.send("PATCH", address, body, **headers)

    def delete(self, address, **headers):
        return self.send("DELETE", address, **headers)


def make_world():
    """Store the sites, their plans and their people."""
    site = make_site()
    plan = make_plan(site, ("2027-01-01", ("add_racks", ADD)))
    Scenario.objects.filter(pk=plan.pk).update(is_committed=True)
    foreign = new_site("Foreign")
    Building.objects.create(site=foreign, name="F1")
    make_plan(foreign, ("2027-01-01",))
    users = {name: get_user_model().objects.create(username=name) for name in Role.values}
    for role in Role.values:
        Membership.objects.create(user=users[role], site=site, role=role)
    users["stranger"] = get_user_model().objects.create(username="stranger")
    Membership.objects.create(user=users["stranger"], site=foreign, role=Role.MANAGER)


@pytest.fixture(scope="module")
def stored_world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        make_world()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def site(stored_world, db):
    return Site.objects.get(slug="small")


@pytest.fixture
def plan(site):
    return Scenario.objects.get(site=site)


@pytest.fixture
def foreign(stored_world, db):
    return Site.objects.get(slug="foreign")


@pytest.fixture
def as_(site):
    """Return a caller of this name, by a token of this scope."""

    def make(name, scope="write"):
        return Caller(get_user_model().objects.get(username=name), scope)

    return make


@pytest.fixture
def planner(as_):
    return as_("planner")


def problems_of(answer):
    """Return path and code of each problem of a refusal, having checked its shape."""
    body = answer.json()
    assert set(body) == {"code", "message", "problems"}, body
    assert body["message"]
    return [(problem["path"], problem["code"]) for problem in body["problems"]]
