"""Every change of what stands on a site moves the site's revision, whichever way it is made."""

import pytest

from facility.scenarios.demo import build
from facility.scenarios.models import Scenario
from facility.sites.models import Building, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    build.load()
    return Site.objects.get()


def revision(site):
    return Site.objects.values_list("revision", flat=True).get(pk=site.pk)


def test_each_way_of_changing_a_row_moves_the_site(site):
    ways = (
        lambda: Building.objects.create(site=site, name="DC9"),
        lambda: Building.objects.bulk_create([Building(site=site, name="DC8")]),
        lambda: Building.objects.filter(name="DC9").update(name="DC7"),
        lambda: Building.objects.get(name="DC7").save(),
        lambda: Building.objects.get(name="DC7").delete(),
        lambda: Building.objects.filter(name="DC8").delete(),
    )
    for way in ways:
        before = revision(site)
        way()
        assert revision(site) > before


def test_an_old_copy_of_the_site_never_moves_its_revision_back(site):
    old = Site.objects.get(pk=site.pk)
    Building.objects.create(site=site, name="DC9")
    Building.objects.create(site=site, name="DC8")
    before = revision(site)
    old.energy_per_kwh = 0.07
    old.save()
    assert revision(site) == before + 1
    assert old.revision == before + 1


def test_editing_a_plan_does_not_move_the_site(site):
    before = revision(site)
    Scenario.objects.create(site=site, name="Another")
    Scenario.objects.filter(name="Another").update(description="words")
    Scenario.objects.get(name="Another").delete()
    assert revision(site) == before


def test_bulk_operations_leave_a_history(site):
    Building.objects.bulk_create([Building(site=site, name="DC8")])
    Building.objects.filter(name="DC8").update(name="DC9")
    row = Building.objects.get(name="DC9")
    kinds = row.history.order_by("history_id").values_list("history_type", "name")
    assert list(kinds) == [("+", "DC8"), ("~", "DC9")]
