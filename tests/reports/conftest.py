import pytest

from facility.reports.levels import levels
from tests.reports.electrical_site import solve


@pytest.fixture(scope="session")
def electrical():
    """The document and the answer of the small site with all electrical studies, solved once."""
    document, _, solution = solve()
    return document, solution.result


@pytest.fixture
def document(electrical):
    return electrical[0]


@pytest.fixture
def stage(electrical):
    """The first stage, which has every study."""
    return electrical[1].stages[0]


@pytest.fixture
def bare(electrical):
    """The last stage, at which only outages were asked for."""
    return electrical[1].stages[-1]


@pytest.fixture(scope="session")
def known(electrical):
    return levels(electrical[0])
