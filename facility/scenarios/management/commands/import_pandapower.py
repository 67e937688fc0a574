"""Read a pandapower network into the electrical side of a site."""

import sys
from argparse import ArgumentParser
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from facility.kernel.errors import InputError, Problem
from facility.scenarios.files import BAD_INPUT, problem_lines
from facility.scenarios.management.commands.loadflow import read_file
from facility.sites.models import Site
from power.pandapower.mapping import map_net
from power.pandapower.site import put_into_site
from power.pandapower.tables import read_net

ASSUMED = (
    "transformers: the file says nothing of their cooling; taken as oil-immersed: distribution up "
    "to 2.5 MVA, ONAN above"
)


class Command(BaseCommand):
    """Create the rows of a network, all of them or none."""

    help = (
        "Read a pandapower network (JSON) into the electrical side of a site, all of it or "
        "nothing. What is not in the site as it stands in the file is listed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and the site."""
        parser.add_argument("input", type=Path, help="written by pandapower.to_json")
        parser.add_argument("--site", required=True, help="slug of the site")
        parser.add_argument(
            "--replace", action="store_true", help="delete the electrical side of the site first"
        )

        parser.add_argument(
            "--transformer-model",
            "--trafo-model",
            choices=("t", "pi"),
            help="where no-load admittances sit; by default as the file says, else t",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create the rows, or print every problem on a line of its own."""
        try:
            site = find_site(options["site"])
            net = read_net(read_file(options["input"]))
            mapped = map_net(net, trafo_model=options["transformer_model"], by_name=True)
            counts = put_into_site(mapped, site, replace=options["replace"])
        except InputError as error:
            self.stderr.write("\n".join(problem_lines(error)))
            sys.exit(BAD_INPUT)
        for item in mapped.left_out:
            self.stderr.write(f"{item.path}: {item.message}")
        if counts.get("transformer"):
            self.stderr.write(ASSUMED)
        listed = ", ".join(f"{count} × {name}" for name, count in counts.items())
        self.stdout.write(f"{site.name}: {listed}")


def find_site(slug: str) -> Site:
    """Return a site by its slug.

    Raises
    ------
    InputError
        There is none; the message helps to choose.
    """
    found: Site | None = Site.objects.filter(slug=slug).first()
    if found is not None:
        return found
    known = list(Site.objects.values_list("slug", flat=True))
    near = get_close_matches(slug, known, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise InputError([Problem("--site", "unknown", f"there is no site {slug!r}{hint}")])
