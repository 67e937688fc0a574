import pytest
from django.contrib.auth import get_user_model

from facility.access.models import Membership, Role
from tests.access.rows import PASSWORD, new_site


@pytest.fixture
def site(db):
    return new_site("Alpha")


@pytest.fixture
def people(site):
    """One member of each role, and a stranger."""
    users = {
        name: get_user_model().objects.create_user(name, password=PASSWORD)
        for name in (*Role.values, "stranger")
    }
    for role in Role.values:
        Membership.objects.create(user=users[role], site=site, role=role)
    return users
