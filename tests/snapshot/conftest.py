"""One small site for all tests of a module; what a test changes is undone after it."""

import pytest
from django.db import transaction

from facility.scenarios import snapshot
from facility.sites.models import Site
from tests.snapshot.small_site import make_plan, make_site


@pytest.fixture(scope="module")
def stored_site(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_site()
        transaction.set_rollback(True)


@pytest.fixture
def site(stored_site: Site, db) -> Site:
    return Site.objects.get(pk=stored_site.pk)


@pytest.fixture(scope="module")
def frozen(stored_site: Site) -> snapshot.Snapshot:
    """The site as built, frozen."""
    return snapshot.build(make_plan(stored_site, name="As built"))
