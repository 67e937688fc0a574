"""Freeze a plan into a bundle that can be solved anywhere."""

import sys
from argparse import ArgumentParser
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from facility.kernel.errors import InputError, Problem
from facility.scenarios import snapshot
from facility.scenarios.bundle import input_bundle
from facility.scenarios.files import BAD_INPUT, problem_lines, write_whole
from facility.scenarios.models import Scenario
from facility.sites.models import Site


class Command(BaseCommand):
    """Write the frozen document of a plan, with its arrays."""

    help = "Freeze a plan into a bundle (.zip), or into its document alone (.json)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the plan, the file and the rack type that headroom is counted in."""
        parser.add_argument("scenario", help="number or name of the plan")
        parser.add_argument("--output", type=Path, default=Path("bundle.zip"))
        parser.add_argument("--candidate", default="", help="key of a system type of the site")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file, or every problem on a line of its own."""
        output: Path = options["output"]
        try:
            frozen = freeze(find_scenario(options["scenario"]), options["candidate"])
            is_json = output.suffix.lower() == ".json"
            write_whole(
                output, frozen.document.canonical_bytes() if is_json else input_bundle(frozen)
            )
        except InputError as error:
            self.stderr.write("\n".join(problem_lines(error)))
            sys.exit(BAD_INPUT)
        self.stdout.write(f"{output}: {frozen.document.title}, {frozen.document.digest()}")


@transaction.atomic
def freeze(scenario: Scenario, candidate: str) -> snapshot.Snapshot:
    """Freeze a plan while nobody else can change its site."""
    Site.objects.select_for_update().get(pk=scenario.site_id)
    return snapshot.build(scenario, candidate=candidate)


def find_scenario(given: str) -> Scenario:
    """Return the plan with this number or name.

    Raises
    ------
    InputError
        No plan or several plans are called so; the message helps to choose.
    """
    plans = Scenario.objects.select_related("site").order_by("pk")
    found: list[Scenario] = list(plans.filter(name=given))
    if not found and given.isdecimal():
        found = list(plans.filter(pk=int(given)))
    if len(found) == 1:
        return found[0]
    if found:
        named = ", ".join(f"{plan.pk} ({plan.site})" for plan in found)
        message = f"several plans are called {given!r}; give the number of one: {named}"
        raise InputError([Problem("scenario", "ambiguous", message)])
    near = get_close_matches(given, plans.values_list("name", flat=True), n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise InputError([Problem("scenario", "unknown", f"there is no plan {given!r}{hint}")])
