"""One key sent by several threads at once makes one fit check, on a real PostgreSQL."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connections

from facility.access.models import Membership, Role
from facility.procurement.models import FitCheck
from facility.scenarios.models import Run, Scenario
from tests.api.conftest import Caller, make_world
from tests.snapshot.small_site import make_plan, make_site

pytestmark = [pytest.mark.services, pytest.mark.slow]
ADDRESS = "/api/procurement/fit-checks/"
ITEM = {"system": "nvl72", "n_racks": 1}


@pytest.fixture(params=["postgres_database", "sqlite_database"])
def caller(request, bind_database):
    bind_database(request.getfixturevalue(request.param))
    make_world()
    return Caller(get_user_model().objects.get(username="planner"))


def at_once(caller, bodies):
    """Send all bodies at the same moment with one key, and return the answers."""
    start, answers = threading.Barrier(len(bodies)), []

    def send(body):
        try:
            start.wait()
            answers.append(caller.post(ADDRESS, body, idempotency_key="race"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_equal_questions_one_is_stored(caller):
    answers = at_once(caller, [{"site": "small", "items": [ITEM]}] * 4)
    assert [answer.status_code for answer in answers] == [202] * 4
    assert len({answer["Location"] for answer in answers}) == 1
    assert (FitCheck.objects.count(), Run.objects.count()) == (1, 1)


def test_of_two_questions_on_one_site_the_first_keeps_the_key(caller):
    bodies = [{"site": "small", "items": [{**ITEM, "n_racks": n}]} for n in (1, 2)]
    answers = at_once(caller, bodies)
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "idempotency_key_used"
    assert (FitCheck.objects.count(), Run.objects.count()) == (1, 1)


def test_of_two_questions_on_two_sites_the_first_keeps_the_key(caller):
    # No lock of a site lies between these: the constraint alone decides.
    other = make_site("Second")
    plan = make_plan(other, name="Second plan")
    Scenario.objects.filter(pk=plan.pk).update(is_committed=True)
    user = get_user_model().objects.get(username="planner")
    Membership.objects.create(site=other, user=user, role=Role.PLANNER)
    answers = at_once(caller, [{"site": slug, "items": [ITEM]} for slug in ("small", "second")])
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "idempotency_key_used"
    assert (FitCheck.objects.count(), Run.objects.count()) == (1, 1)
