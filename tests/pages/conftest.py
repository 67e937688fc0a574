import pytest
from django.contrib.auth import get_user_model

from facility.access.models import Membership, Role
from tests.access.rows import new_site


@pytest.fixture
def site(db):
    return new_site("Alpha")


@pytest.fixture
def people(site):
    """One member of each role, and a stranger."""
    users = {n: get_user_model().objects.create_user(n) for n in (*Role.values, "stranger")}
    for role in Role.values:
        Membership.objects.create(user=users[role], site=site, role=role)
    return users


@pytest.fixture
def as_(client, people):
    """Sign the test client in as somebody: ``as_("viewer")`` returns it."""

    def enter(name):
        client.force_login(people[name])
        return client

    return enter
