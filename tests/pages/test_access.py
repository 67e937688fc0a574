"""Outside one's sites nothing exists; a viewer looks and does not touch."""

import pytest

from facility.scenarios.models import Run
from tests.access.rows import new_site

READ = (
    "",
    "halls/",
    "halls/HALL-A/",
    "scenarios/",
    "scenarios/{plan}/",
    "runs/",
    "runs/{run}/",
    "runs/{run}/progress/",
    "runs/{run}/figures/power.json",
    "runs/{run}/figures/power/",
    "runs/{run}/series/2027-01-01.csv",
    "runs/{run}/objects/2027-01-01.csv",
    "runs/{run}/result.json",
    "compare/",
)
WRITE = (
    "scenarios/{plan}/run/",
    "scenarios/{plan}/derive/",
    "scenarios/{plan}/commit/",
    "scenarios/{plan}/phases/",
    "phases/{phase}/remove/",
    "phases/{phase}/changes/",
    "changes/{change}/remove/",
    "runs/{run}/cancel/",
)


@pytest.fixture
def address(world, run):
    phase = world.plan.phases.get()
    keys = {
        "plan": world.plan.pk,
        "run": run.pk,
        "phase": phase.pk,
        "change": phase.changes.first().pk,
    }
    return lambda path: f"/sites/alpha/{path.format(**keys)}"


def test_a_member_sees_every_page_and_a_stranger_none(as_, address):
    viewer = as_("viewer")
    assert {path: viewer.get(address(path)).status_code for path in READ} == {
        path: 286 if path.endswith("progress/") else 200 for path in READ
    }
    stranger = as_("stranger")
    assert {stranger.get(address(path)).status_code for path in (*READ, *WRITE)} <= {404, 405}


def test_nobody_is_sent_to_sign_in_and_back(client, address):
    for path in READ:
        answer = client.get(address(path))
        assert answer.status_code == 302
        assert answer.url.startswith("/sign-in/?next=/sites/alpha/")


def test_a_viewer_changes_nothing(as_, address, world):
    viewer = as_("viewer")
    before = (world.plan.revision, Run.objects.count())
    assert {path: viewer.post(address(path)).status_code for path in WRITE} == dict.fromkeys(
        WRITE, 403
    )
    world.plan.refresh_from_db()
    assert (world.plan.revision, Run.objects.count()) == before


def test_a_viewer_is_offered_nothing_to_change(as_, address):
    for path in ("scenarios/{plan}/", "runs/{run}/", ""):
        text = as_("viewer").get(address(path)).text
        assert '<form method="post" action="/sites/' not in text


def test_reading_addresses_take_no_post_and_writing_ones_no_get(as_, address):
    manager = as_("manager")
    assert {manager.post(address(path)).status_code for path in READ} == {405}
    assert {manager.get(address(path)).status_code for path in WRITE} == {405}


def test_runs_of_another_site_are_not_found_under_ones_own(as_, address, run, django_user_model):
    other = new_site("Beta")
    django_user_model.objects.get(username="viewer").memberships.create(site=other, role="viewer")
    assert as_("viewer").get(f"/sites/beta/runs/{run.pk}/").status_code == 404
