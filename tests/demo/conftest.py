"""The demo site, loaded once and never changed by a test."""

import pytest

from facility.scenarios.demo import build


@pytest.fixture(scope="session")
def loaded(django_db_setup, django_db_blocker):
    """The primary key of the demo site."""
    with django_db_blocker.unblock():
        site = build.load()
        yield site.pk
        build.remove(site)
