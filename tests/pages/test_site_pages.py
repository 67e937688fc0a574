"""The pages of a site say what the result says, in the units and words of the product."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from facility.scenarios.models import Run, Scenario
from facility.sites.models import Hall
from racks.models import Rack
from tests.access.rows import new_site


@pytest.fixture
def plan_address(world):
    return f"/sites/alpha/?scenario={world.plan.pk}"


def n_queries(client, address):
    client.get(address)  # fills the caches of documents
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_list_shows_only_ones_own_sites(as_):
    assert "Alpha" in as_("viewer").get("/").text
    assert "No site yet" in as_("stranger").get("/").text


def test_a_site_without_a_run_says_what_a_run_would_tell(as_):
    text = as_("planner").get("/sites/alpha/").text
    assert "As built has no answer yet" in text
    assert "Run this plan" in text


def test_the_overview_opens_with_the_answer_and_shows_the_chain(as_, run, plan_address, solved):
    text = as_("viewer").get(plan_address).text
    assert solved[1].result.answer[0][:20] in text
    for level in ("Grid contract", "Substation transformer", "UPS", "Rack feed"):
        assert level in text
    assert "what-if" in text


def test_the_overview_says_that_its_figures_are_stale(as_, run, plan_address, world):
    Hall.objects.get(tag="HALL-A").save()
    text = as_("viewer").get(plan_address).text
    assert "Stale." in text
    assert "1 hall" in text


def test_a_hall_is_drawn_with_its_racks_and_free_places(as_, run, world):
    address = f"/sites/alpha/halls/HALL-D/?scenario={world.plan.pk}"
    text = as_("viewer").get(address).text
    assert len(re.findall(r'<a [^>]*data-rack="[^"]+"[^>]*><title>', text)) == 3
    assert len(re.findall(r"free place</title>", text)) == 5
    assert text.count("planned</title>") == 2
    assert "kW per rack" in text


@pytest.mark.parametrize("colour_by", ["density", "inlet", "margin", "failover"])
def test_a_hall_is_coloured_by_each_figure(as_, run, world, colour_by):
    address = f"/sites/alpha/halls/HALL-A/?scenario={world.plan.pk}&by={colour_by}"
    text = as_("viewer").get(address).text
    assert 'class="rack s' in text
    assert 'class="legend"' in text


def test_a_selected_rack_shows_its_identity_limits_and_feeds(as_, run, world):
    address = f"/sites/alpha/halls/HALL-D/?scenario={world.plan.pk}&rack=HALL-D/D1-01"
    panel = as_("viewer").get(address).text.partition('id="panel"')[2]
    assert "72-way liquid rack" in panel
    assert "UPS-OUT-A" in panel
    assert "Limits of one rack in HALL-D" in panel


def test_a_hall_is_drawn_before_any_run(as_, world):
    text = as_("viewer").get("/sites/alpha/halls/HALL-A/").text
    assert "limits and temperatures are unknown" in text
    assert text.count('class="rack ') >= 3


def test_unknown_plans_halls_and_stages_do_not_break_a_page(as_, run, world):
    client = as_("viewer")
    assert client.get("/sites/alpha/?scenario=99999").status_code == 404
    assert client.get("/sites/alpha/halls/HALL-X/").status_code == 404
    plan = f"scenario={world.plan.pk}"
    assert client.get(f"/sites/alpha/?{plan}&stage=nonsense").status_code == 200
    assert client.get(f"/sites/alpha/halls/HALL-A/?{plan}&by=nonsense").status_code == 200


def test_plans_with_answers_stand_side_by_side(as_, run, world):
    text = as_("viewer").get("/sites/alpha/compare/").text
    assert "Expansion" in text
    assert "Substation headroom, N-1" in text
    assert "no answer yet" in text


def test_an_empty_site_offers_the_next_step_on_every_page(as_, world, people):
    empty = new_site("Empty")
    people["viewer"].memberships.create(site=empty, role="viewer")
    client = as_("viewer")
    for path, offer in (
        ("", "This site has no plan"),
        ("halls/", "No hall yet"),
        ("scenarios/", "No scenario yet"),
        ("runs/", "No run yet"),
        ("compare/", "No plan has an answer yet"),
    ):
        assert offer in client.get(f"/sites/empty/{path}").text


def test_a_newer_run_without_an_answer_is_not_hidden(as_, run, world, plan_address):
    Run.objects.create(
        scenario=world.plan,
        input=run.input,
        state="failed",
        failure={"code": "not_converged", "message": "no", "problems": []},
        solver_version="x",
        site_revision=1,
        scenario_revision=1,
    )
    text = as_("viewer").get(plan_address).text
    assert "The newest run has no answer" in text
    assert f"run {run.pk}" in text


BUDGETS = {
    "/": 4,
    "/sites/alpha/?scenario={plan}": 9,
    "/sites/alpha/halls/?scenario={plan}": 10,
    "/sites/alpha/halls/HALL-A/?scenario={plan}": 11,
    "/sites/alpha/scenarios/": 8,
    "/sites/alpha/scenarios/{plan}/": 12,
    "/sites/alpha/runs/": 8,
    "/sites/alpha/runs/{run}/": 7,
    "/sites/alpha/runs/{run}/?view=objects": 7,
    "/sites/alpha/compare/": 8,
    "/catalogue/": 3,
}


@pytest.mark.parametrize("address", BUDGETS)
def test_a_page_keeps_its_budget_of_queries(as_, run, world, address):
    filled = address.format(plan=world.plan.pk, run=run.pk)
    assert n_queries(as_("viewer"), filled) <= BUDGETS[address]


@pytest.mark.parametrize("path", ["scenarios/", "runs/", "halls/HALL-A/"])
def test_a_page_asks_as_often_for_many_rows_as_for_few(as_, run, world, path):
    client = as_("viewer")
    few = n_queries(client, f"/sites/alpha/{path}")
    for number in range(3):
        Scenario.objects.create(site=world.site, name=f"More {number}")
        Run.objects.create(
            scenario=world.plan,
            input=run.input,
            solver_version="x",
            site_revision=1,
            scenario_revision=1,
        )
        rack = Rack.objects.filter(hall__tag="HALL-A").first()
        rack.pk, rack.position, rack.tag = None, 6 + number, f"More {number}"
        rack._state.adding = True
        if number < 2:
            rack.save()
    assert n_queries(client, f"/sites/alpha/{path}") == few
