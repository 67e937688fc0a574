"""The real parts that other tests lean on do what they promise."""

import os
import signal

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from tests import services


@pytest.mark.services
def test_a_bound_postgresql_database_keeps_what_is_written(bind_database, postgres_database):
    bind_database(postgres_database)
    assert connection.vendor == "postgresql"
    get_user_model().objects.create_user("ada")
    connection.close()
    assert get_user_model().objects.get().username == "ada"


@pytest.mark.services
def test_a_bound_sqlite_file_is_opened_as_the_embedded_set_opens_it(bind_database, sqlite_database):
    bind_database(sqlite_database)
    with connection.cursor() as cursor:
        modes = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous")
        ]
    assert modes == ["wal", 1]
    assert connection.transaction_mode == "IMMEDIATE"


@pytest.mark.services
@pytest.mark.flow
def test_a_worker_starts_on_both_real_parts_and_dies_when_told(
    live_worker, postgres_database, broker_url
):
    worker = live_worker(postgres_database, broker_url)
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait(20) == 0


def test_a_missing_part_is_a_named_skip(monkeypatch):
    monkeypatch.delenv("HEADROOM_REQUIRE_PARTS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs a part"):
        services.missing("a part")


def test_a_missing_part_is_a_failure_where_all_are_required(monkeypatch):
    monkeypatch.setenv("HEADROOM_REQUIRE_PARTS", "1")
    with pytest.raises(pytest.fail.Exception, match="a part is not on this machine"):
        services.missing("a part")
