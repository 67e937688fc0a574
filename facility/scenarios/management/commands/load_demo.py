"""Put the demo site into the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from facility.scenarios.demo import build
from facility.scenarios.tasks import plan_and_submit


class Command(BaseCommand):
    """Load the demo site once; with ``--replace`` build it anew."""

    help = "Load the demo site, a campus near Dulles, Virginia. Does nothing if it is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer to build the site anew."""
        parser.add_argument("--run", action="store_true", help="let a worker run its plans")
        parser.add_argument(
            "--replace", action="store_true", help="delete the demo site with its runs first"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Say what was done."""
        there = build.demo_site()
        if there is None:
            site = build.load()
        elif options["replace"]:
            site = build.replace(there)
        else:
            self.stdout.write(f"{there} is there already.")
            return
        self.stdout.write(self.style.SUCCESS(f"Loaded {site}."))
        if options["run"]:
            for plan in build.plans_in_order(site):
                plan_and_submit.delay(plan.pk)
