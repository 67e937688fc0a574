import pytest

from tests.pages.rows import answered_run, make_people, make_world, solve, solve_electrical


@pytest.fixture(scope="session")
def solved(django_db_setup, django_db_blocker):
    """The frozen input of the small expansion and the solver's answer, solved once."""
    with django_db_blocker.unblock():
        return solve()


@pytest.fixture
def world(db):
    return make_world()


@pytest.fixture
def site(world):
    return world.site


@pytest.fixture
def run(world, solved):
    return answered_run(world, solved)


@pytest.fixture(scope="session")
def solved_electrical():
    """A site with every electrical study and the solver's answer, solved once."""
    return solve_electrical()


@pytest.fixture
def electrical_run(world, solved_electrical):
    return answered_run(world, solved_electrical)


@pytest.fixture
def people(site):
    return make_people(site)


@pytest.fixture
def as_(client, people):
    """Sign the test client in as somebody: ``as_("viewer")`` returns it."""

    def enter(name):
        client.force_login(people[name])
        return client

    return enter
