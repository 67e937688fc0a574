"""Write the published JSON Schemas of the documents."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from facility.physics.documents import FacilityInput
from facility.physics.results import FacilityResult
from facility.scenarios.bundle import schema_text


def published() -> dict[str, str]:
    """Return the text of each schema by its file name."""
    return {
        "facility-input.json": schema_text(FacilityInput, mode="validation"),
        "facility-result.json": schema_text(FacilityResult, mode="serialization"),
    }


class Command(BaseCommand):
    """Write the schemas, or only say whether they are up to date."""

    help = "Write the JSON Schemas of FacilityInput and FacilityResult to docs/schemas."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer another folder, and a look without writing."""
        folder = Path(settings.BASE_DIR) / "docs" / "schemas"
        parser.add_argument("--folder", type=Path, default=folder)
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compare each file with its document, and write it unless only asked to look."""
        folder: Path = options["folder"]
        stale = [
            name
            for name, text in published().items()
            if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text
        ]
        if options["check"]:
            for name in stale:
                self.stderr.write(f"{folder / name} is out of date: run manage.py schemas")
            sys.exit(1 if stale else 0)
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (folder / name).write_text(published()[name], encoding="utf-8")
            self.stdout.write(f"wrote {folder / name}")
