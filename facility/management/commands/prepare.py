"""What Django has to do before the first page, in one process: each start of it costs a second."""

import hashlib
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

# Each decides itself whether there is anything to do; most do nothing on later starts.
FIRST_START = ("load_demo",)
SIGN_IN = "sign_in_link"


class Command(BaseCommand):
    """Bring the database and the static files up to date, then print a one-time sign-in link."""

    help = "Migrate, collect static files, load the demo site once, print a sign-in link."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer to leave out the link."""
        parser.add_argument("--no-link", action="store_true", help="print no sign-in link")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do each step only if it is needed; only the link goes to standard output."""
        migrate_if_needed(self.stderr)
        collect_static_if_needed(self.stderr)
        known = get_commands()
        for name in FIRST_START:
            if name in known:
                call_command(name, stdout=self.stderr, stderr=self.stderr)
        if SIGN_IN in known and not options["no_link"]:
            call_command(SIGN_IN, stdout=self.stdout, stderr=self.stderr)


def migrate_if_needed(report: Any) -> None:
    """Apply the migrations that the database has not seen."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=1, stdout=report, stderr=report)


def collect_static_if_needed(report: Any) -> None:
    """Collect the static files if any of them is not the one collected last time."""
    stamp = Path(settings.DATA_DIR) / "static.sha256"
    digest = hashlib.sha256("\n".join(static_inputs()).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    call_command("collectstatic", interactive=False, clear=True, stdout=report, stderr=report)
    stamp.write_text(digest)


def static_inputs() -> Iterator[str]:
    """Yield a line for each static file that says whether it changed."""
    yield repr(settings.STORAGES["staticfiles"])
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            prefix = getattr(storage, "prefix", "") or ""
            yield f"{prefix}/{name} {state.st_size} {state.st_mtime_ns}"
