"""Write the electrical side of a site as a network that pandapower loads and solves."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.db import transaction

from facility.kernel.errors import ConvergenceError, InputError, Problem
from facility.physics.design import solve_design_point
from facility.physics.stand import prepare
from facility.scenarios.files import BAD_INPUT, NOT_SOLVED, problem_lines, write_whole
from facility.scenarios.management.commands.import_pandapower import find_site
from facility.scenarios.management.commands.snapshot import find_scenario, freeze
from facility.scenarios.snapshot.network import read_network
from facility.scenarios.snapshot.parts import network_part
from facility.scenarios.snapshot.picture import Picture
from facility.sites.models import Site
from power.models import RackFeed
from power.pandapower.export import Exported, export_net


class Command(BaseCommand):
    """Write the file, and list what of the site it does not hold as such."""

    help = (
        "Write the electrical side of a site as a pandapower network (JSON): as built, with the "
        "loads whose power is stated, or with --plan at a stage, with every load of its design "
        "point. What is not in the file as such is listed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the site or the plan and stage, and the file."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--site", help="slug of a site")
        what.add_argument("--plan", help="number or name of a plan")
        parser.add_argument("--stage", type=int, default=0, help="of the plan, 0 is as built")
        parser.add_argument("--output", type=Path, required=True, help="net.json")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file, or every problem on a line of its own."""
        try:
            if options["plan"]:
                found = of_plan(options["plan"], options["stage"])
            else:
                found = of_site(find_site(options["site"]))
            write_whole(options["output"], found.text)
        except InputError as error:
            self._stop(BAD_INPUT, *problem_lines(error))
        except ConvergenceError as error:
            self._stop(NOT_SOLVED, f"not solved: {error}")
        for item in found.left_out:
            self.stderr.write(f"{item.path}: {item.message}")
        self.stdout.write(f"{options['output']}: written")

    def _stop(self, code: int, *lines: str) -> NoReturn:
        self.stderr.write("\n".join(lines))
        sys.exit(code)


@transaction.atomic
def of_site(site: Site) -> Exported:
    """Return the network of a site as built; what racks and cooling draw is known to plans alone.

    Raises
    ------
    InputError
        The site has no network, or one that cannot be solved as it stands.
    """
    picture = Picture(continuous_ratio=1.0)
    read_network(site, picture)
    network = network_part(site, picture, ())
    if network is None or picture.problems:
        raise InputError(picture.problems)
    power_kw = [item.power_kw or 0.0 for item in network.consumers]
    found = export_net(network, power_kw, title=site.name)
    n_feeds = RackFeed.objects.filter(rack__hall__building__site=site).count()
    if not n_feeds:
        return found
    text = f"{n_feeds} feeds of racks draw nothing here, nor does cooling; --plan knows their power"
    return Exported(found.text, (*found.left_out, Problem("racks", "not_represented", text)))


def of_plan(plan: str, stage: int) -> Exported:
    """Return the network of a plan at a stage, with the loads of its design point.

    Raises
    ------
    InputError
        There is no such plan or stage, or the plan cannot be solved as written.
    """
    document = freeze(find_scenario(plan), "").document
    if not 0 <= stage < len(document.stages):
        text = f"the plan has the stages 0 to {len(document.stages) - 1}"
        raise InputError([Problem("--stage", "unknown", text)])
    state = solve_design_point(document, prepare(document, stage))
    power_kw = state.demand.of_consumers()[:, 0]
    return export_net(document.network, power_kw, stage=stage, title=document.title)
