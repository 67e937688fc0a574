"""The demo site as rows, loaded once for a module of tests that only read it."""

import pytest
from django.db import transaction

from facility.scenarios.demo import build


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The demo site; everything is rolled back after the module's last test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build.load()
        transaction.set_rollback(True)
