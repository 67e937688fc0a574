import pytest

from facility.sites.models import Site
from tests.snapshot.small_site import make_site


@pytest.fixture
def site(db) -> Site:
    return make_site()
