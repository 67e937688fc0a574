"""A small site with a plan, its members, and a real answer that is solved once."""

from dataclasses import dataclass

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from facility.access.models import Membership, Role
from facility.physics.documents import YearAnalysis
from facility.physics.simulate import simulate
from facility.scenarios import services, snapshot
from facility.scenarios.models import Run, RunSeries, Scenario, StoredDocument
from facility.sites import arrays
from facility.sites.models import Site
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


@pytest.fixture(scope="session")
def solved(django_db_setup, django_db_blocker):
    """The frozen input of the small expansion and the solver's answer to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        frozen = snapshot.build(make_plan(make_site(), EXPANSION))
        transaction.set_rollback(True)
    year, *others = frozen.document.analyses
    last = YearAnalysis(stages=year.stages[-1:])
    document = frozen.document.model_copy(update={"analyses": (last, *others)})
    frozen = snapshot.Snapshot(document, frozen.arrays)
    return frozen, simulate(document, frozen.arrays)


@pytest.fixture
def world(db):
    site = make_site("Alpha")
    base = services.create_scenario(site, name="As built")
    services.commit_scenario(base)
    return World(site, base, make_plan(site, EXPANSION, name="Expansion", parent=base))


@pytest.fixture
def site(world):
    return world.site


@pytest.fixture
def run(world, solved):
    """A finished run of the plan."""
    frozen, answer = solved
    run = services.freeze_run(world.plan, frozen)
    for stage in answer.result.stages:
        if stage.year:
            ref = stage.year.series
            array = arrays.keep(answer.series[ref.sha256], ref.columns)
            RunSeries.objects.create(run=run, stage=stage.id, array=array)
    result = StoredDocument.keep(answer.result.canonical_bytes(), "facility-result/1")
    Run.objects.filter(pk=run.pk).update(
        state="done", result=result, peak_kw=1000.0, pue=1.2, finished_at=run.created_at
    )
    return Run.objects.get(pk=run.pk)


@pytest.fixture
def people(site):
    """One member of each role, and a stranger."""
    users = {n: get_user_model().objects.create_user(n) for n in (*Role.values, "stranger")}
    for role in Role.values:
        Membership.objects.create(user=users[role], site=site, role=role)
    return users


@pytest.fixture
def as_(client, people):
    """Sign the test client in as somebody: ``as_("viewer")`` returns it."""

    def enter(name):
        client.force_login(people[name])
        return client

    return enter
