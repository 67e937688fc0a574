"""Fixtures that any test may ask for. Real parts start when first asked for."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.db import connections

from facility.settings import database
from tests.services import PostgresServer, ValkeyServer, Workers, migrate, missing

# Several processes share two cores, so a slow example says nothing.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

# With several test processes, tests that share a heavy real part run in one of them, in order.
GROUPS = {"flow": "live", "services": "live", "browser": "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of each heavy part together."""
    for item in items:
        for mark, group in GROUPS.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.xdist_group(group))
                break


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A private PostgreSQL cluster; ``.url(name)``, ``.new_database()``."""
    server = PostgresServer.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """The name of a PostgreSQL database with our tables and nothing in them."""
    name = postgres_server.new_database()
    migrate(postgres_server.url(name))
    return name


@pytest.fixture
def postgres_database(postgres_server: PostgresServer, migrated_template: str) -> str:
    """The address of a fresh PostgreSQL database with our tables."""
    return postgres_server.url(postgres_server.new_database(migrated_template))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables and nothing in them."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_database(migrated_file: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database with our tables, as the embedded set has it."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'live.sqlite3')}"


@pytest.fixture
def bind_database(django_db_blocker: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Point this process's models at a database that other processes share.

    Use it instead of ``django_db``: what is written is really committed.
    """
    own_settings, own = connections.settings["default"], connections["default"]

    def bind(url: str) -> str:
        connections["default"].close()
        described = connections.configure_settings({"default": database(url)})
        connections.settings["default"] = described["default"]
        del connections["default"]
        return url

    with django_db_blocker.unblock():
        yield bind
        connections["default"].close()
    connections.settings["default"] = own_settings
    connections["default"] = own


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """A private broker; ``.url``, ``.flush()``."""
    server = ValkeyServer.start()
    yield server
    server.stop()


@pytest.fixture
def broker_url(valkey_server: ValkeyServer) -> str:
    """The address of a broker that holds no task."""
    valkey_server.flush()
    return valkey_server.url


@pytest.fixture
def live_worker(tmp_path: Path) -> Iterator[Workers]:
    """Start a real worker: ``live_worker(database_url, broker_url)`` returns its process."""
    workers = Workers(tmp_path)
    yield workers
    workers.stop()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's program, for Playwright's ``executable_path``."""
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium")
    return str(path)
