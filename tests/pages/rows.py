"""A small site with a plan, and a real answer to it."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction

from facility.access.models import Membership, Role
from facility.physics.documents import YearAnalysis
from facility.physics.simulate import simulate
from facility.scenarios import services, snapshot
from facility.scenarios.models import Run, RunSeries, Scenario, StoredDocument
from facility.sites import arrays
from facility.sites.models import Site
from tests.access.rows import PASSWORD
from tests.reports import electrical_site
from tests.snapshot.small_site import make_plan, make_site

EXPANSION = (
    "2027-01-01",
    ("add_racks", {"hall": "HALL-D", "system": "nvl72", "n_racks": 2, "workload": "training"}),
    ("set_supply", {"tag": "TCS-D", "supply_c": 36.0}),
)


@dataclass
class World:
    """The rows that tests of pages start from."""

    site: Site
    base: Scenario
    plan: Scenario


def solve():
    """Return the frozen input of the small expansion and the solver's answer; keep no row."""
    with transaction.atomic():
        frozen = snapshot.build(make_plan(make_site(), EXPANSION))
        transaction.set_rollback(True)
    year, *others = frozen.document.analyses
    last = YearAnalysis(stages=year.stages[-1:])
    document = frozen.document.model_copy(update={"analyses": (last, *others)})
    frozen = snapshot.Snapshot(document, frozen.arrays)
    return frozen, simulate(document, frozen.arrays)


def solve_electrical():
    """Return the frozen input of a site with every electrical study, and the solver's answer."""
    document, given, solution = electrical_site.solve()
    return snapshot.Snapshot(document, given), solution


def make_world():
    """Store the site with its committed plan and the expansion."""
    site = make_site("Alpha")
    base = services.create_scenario(site, name="As built")
    services.commit_scenario(base)
    return World(site, base, make_plan(site, EXPANSION, name="Expansion", parent=base))


def answer(run, solved):
    """Store the answer of a run, as a worker would."""
    _, solution = solved
    for stage in solution.result.stages:
        if stage.year:
            ref = stage.year.series
            array = arrays.keep(solution.series[ref.sha256], ref.columns)
            RunSeries.objects.create(run=run, stage=stage.id, array=array)
    result = StoredDocument.keep(solution.result.canonical_bytes(), "facility-result/1")
    Run.objects.filter(pk=run.pk).update(
        state="done", result=result, peak_kw=1000.0, pue=1.2, finished_at=run.created_at
    )
    return Run.objects.get(pk=run.pk)


def answered_run(world, solved):
    """Store a finished run of the expansion."""
    frozen, _ = solved
    return answer(services.freeze_run(world.plan, frozen), solved)


def make_people(site):
    """Store one member of each role, and a stranger."""
    users = {
        name: get_user_model().objects.create_user(name, password=PASSWORD)
        for name in (*Role.values, "stranger")
    }
    for role in Role.values:
        Membership.objects.create(user=users[role], site=site, role=role)
    return users
