"""The command that loads the demo site."""

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from facility.access.models import Membership, Role
from facility.sites.models import Site
from racks.models import Rack

pytestmark = pytest.mark.django_db


def load(*arguments):
    said = StringIO()
    call_command("load_demo", *arguments, stdout=said)
    return said.getvalue()


def test_loading_twice_changes_nothing():
    assert "Loaded" in load()
    before = Site.objects.get(slug="dulles")
    assert "there already" in load()
    after = Site.objects.get(slug="dulles")
    assert (after.pk, after.revision) == (before.pk, before.revision)
    assert Rack.objects.count() == 620


@pytest.mark.slow
def test_replacing_builds_the_site_anew_and_keeps_its_members():
    load()
    user = get_user_model().objects.create_user("planner")
    old = Site.objects.get(slug="dulles")
    Membership.objects.create(site=old, user=user, role=Role.PLANNER)
    Rack.objects.filter(hall__tag="HALL-A").first().delete()
    load("--replace")
    fresh = Site.objects.get(slug="dulles")
    assert fresh.pk != old.pk
    assert Rack.objects.count() == 620
    assert fresh.memberships.get().user == user
