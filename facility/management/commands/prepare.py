"""What Django has to do before the first page, in one process: each start of it costs a second."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

FIRST_START = (("load_demo", {"run": True}),)
FIRST_START_DONE = "first-start-done"


class Command(BaseCommand):
    """Bring the database and the static files up to date, then print a one-time sign-in link."""

    help = "Migrate, collect static files, load the demo site once, print a sign-in link."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do each step only if it is needed; only the link goes to standard output."""
        with collecting_static_if_needed():
            migrate_if_needed(self.stderr)
            fill_once(self.stderr)
        call_command("sign_in_link", stdout=self.stdout, stderr=self.stderr)


def migrate_if_needed(report: Any) -> None:
    """Apply the migrations that the database has not seen; a new database is to be filled."""
    executor = MigrationExecutor(connection)
    if not executor.loader.applied_migrations:
        (Path(settings.DATA_DIR) / FIRST_START_DONE).unlink(missing_ok=True)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, stdout=report, stderr=report)


def fill_once(report: Any) -> None:
    """Load what a new installation starts with; what a person deletes later stays deleted."""
    done = Path(settings.DATA_DIR) / FIRST_START_DONE
    if done.exists():
        return
    for name, options in FIRST_START:
        call_command(name, stdout=report, stderr=report, **options)
    done.touch()


@contextmanager
def collecting_static_if_needed() -> Iterator[None]:
    """Collect the static files on another core meanwhile, if one is not that of last time."""
    stamp = Path(settings.DATA_DIR) / "static.sha256"
    digest = hashlib.sha256("\n".join(static_inputs()).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        yield
        return
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--clear", "-v", "0"]
    with subprocess.Popen(command, cwd=settings.BASE_DIR) as collecting:  # noqa: S603 - our own program
        yield
    if collecting.returncode:
        raise CommandError("collectstatic failed")
    stamp.write_text(digest)


def static_inputs() -> Iterator[str]:
    """Yield a line for each static file that says whether it changed."""
    yield repr(settings.STORAGES["staticfiles"])
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            prefix = getattr(storage, "prefix", "") or ""
            yield f"{prefix}/{name} {state.st_size} {state.st_mtime_ns}"
