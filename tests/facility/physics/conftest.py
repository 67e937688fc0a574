"""The solves that several tests look at, made once a session."""

import pytest

from tests.facility.physics.cases import CONTINGENCY, HEADROOM, YEAR, answer_of, site


@pytest.fixture(scope="session")
def year():
    """A year, every outage and headroom of the small site with its electrical room."""
    return answer_of(site(YEAR, CONTINGENCY, HEADROOM, electrical_room=True))


@pytest.fixture(scope="session")
def outages():
    """The design point and every outage of the small site."""
    return answer_of(site(CONTINGENCY)).result
