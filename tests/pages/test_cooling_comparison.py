"""The page that sets ways of cooling side by side: what it shows, to whom, at what cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from facility.kernel.errors import InputError, Problem
from facility.pages.views import comparison
from facility.scenarios import services, tasks
from facility.scenarios.demo.plan import VARIANTS
from facility.scenarios.models import Run, RunSeries
from facility.sites.models import Hall

HOME = "/sites/alpha/cooling-comparison/"
READ = ("", "figures/site-energy.json", "figures/load-duration/")


@pytest.fixture
def other(world):
    """A second plan without an answer."""
    return services.derive_scenario(world.base, name="Other")


@pytest.fixture
def answered_twice(run, other):
    """The same answer for a second plan."""
    again = Run.objects.get(pk=run.pk)
    again.pk, again.scenario, again.scenario_revision = None, other, other.revision
    again.save()
    for series in RunSeries.objects.filter(run=run):
        series.pk, series.run = None, again
        series.save()
    return again


@pytest.fixture
def both(world, other):
    return f"{HOME}?with={world.plan.pk}&with={other.pk}"


@pytest.fixture
def sent(monkeypatch):
    """Catch the plans that a run is started of."""
    plans = []
    monkeypatch.setattr(tasks, "submit_run", lambda plan, user: plans.append((plan, user)))
    return plans


def test_the_plans_shown_first_are_those_of_the_demo():
    assert tuple(variant.name for variant in VARIANTS) == comparison.FIRST_CHOICE


def test_a_member_sees_the_page_and_a_stranger_nothing(as_, run):
    viewer = as_("viewer")
    assert {viewer.get(HOME + path).status_code for path in READ} == {200}
    assert {viewer.post(HOME + path).status_code for path in READ} == {405}
    stranger = as_("stranger")
    assert {stranger.get(HOME + path).status_code for path in READ} == {404}
    assert stranger.post(f"{HOME}run/").status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(client, run):
    assert client.get(HOME).url.startswith("/sign-in/?next=/sites/alpha/cooling-comparison/")


def test_a_viewer_starts_nothing_and_is_offered_nothing(as_, both, sent):
    viewer = as_("viewer")
    assert viewer.post(f"{HOME}run/").status_code == 403
    assert not sent
    text = viewer.get(both).text
    assert "cooling-comparison/run/" not in text
    assert "A planner of the site can run them" in text


def test_plans_without_an_answer_say_so_and_can_all_be_run_at_once(as_, both, sent, world, other):
    planner = as_("planner")
    text = planner.get(both).text
    assert text.count("Not run yet") == 2
    assert "Run 2 missing or stale plans" in text
    answer = planner.post(f"{HOME}run/", {"with": [world.plan.pk, other.pk]})
    assert answer.url == both
    assert [plan for plan, _ in sent] == [world.plan, other]
    assert sent[0][1].username == "planner"


def test_only_what_is_missing_is_run(as_, run, other, world, sent):
    as_("planner").post(f"{HOME}run/", {"with": [world.plan.pk, other.pk]})
    assert [plan for plan, _ in sent] == [other]


def test_a_plan_that_is_being_solved_shows_its_progress_and_is_not_run_again(
    as_, run, world, both, sent
):
    Run.objects.filter(pk=run.pk).update(state="queued", result=None)
    planner = as_("planner")
    text = planner.get(both).text
    assert f"/sites/alpha/runs/{run.pk}/progress/" in text
    assert "Waiting for a worker" in text
    planner.post(f"{HOME}run/", {"with": [world.plan.pk]})
    assert not sent


def test_a_plan_that_cannot_be_solved_says_why_in_place(as_, world, monkeypatch):
    def refuse(plan, user):
        raise InputError([Problem("racks", "missing", "has no supply")])

    monkeypatch.setattr(tasks, "submit_run", refuse)
    answer = as_("planner").post(f"{HOME}run/", {"with": [world.plan.pk]})
    assert answer.status_code == 422
    assert "Expansion cannot be solved as it stands" in answer.text
    assert "has no supply" in answer.text
    assert f'<form method="get" action="{HOME}"' in answer.text


def test_figures_are_those_of_the_answer(as_, run, answered_twice, both, solved):
    text = as_("viewer").get(both).text
    solved_year = solved[1].result.stages[-1].year
    for value in (solved_year.pue, solved_year.itue, solved_year.tue):
        assert f">{value:.3f}</td>" in text
    assert "72-way liquid rack" in text
    assert "2 racks of 72-way liquid rack into HALL-D" in text
    assert "The plans add" not in text
    assert ">same</td>" in text


def test_one_answer_is_shown_but_not_called_a_comparison(as_, run, both):
    text = as_("viewer").get(both).text
    assert "One plan has an answer; a comparison needs another." in text
    assert "Not run yet" in text


def test_stale_answers_are_grey_and_say_what_moved(as_, run, answered_twice, both):
    assert "stale-figures" not in as_("viewer").get(both).text
    Hall.objects.get(tag="HALL-A").save()
    text = as_("viewer").get(both).text
    assert text.count("stale-figures") >= 2
    assert "Changed on the site since: 1 hall." in text
    assert "Run 2 missing or stale plans" in as_("planner").get(both).text


def test_the_first_plan_in_the_address_is_the_one_compared_with(as_, run, both, other, world):
    text = as_("viewer").get(f"{HOME}?with={other.pk}&with={world.plan.pk}").text
    assert "differences to Other" in text


def test_plans_of_other_sites_and_unknown_charts_are_not_found(as_, run):
    viewer = as_("viewer")
    assert viewer.get(f"{HOME}?with=99999").status_code == 404
    assert viewer.get(f"{HOME}figures/nonsense.json").status_code == 404


def test_a_site_without_a_derived_plan_says_what_would_be_here(as_, world):
    world.plan.delete()
    text = as_("planner").get(HOME).text
    assert "No plan to compare" in text


def test_curves_of_all_plans_stand_in_one_chart(as_, run, answered_twice, both):
    drawn = as_("viewer").get(both.replace("?", "figures/load-duration.json?")).json()
    assert [trace["name"] for trace in drawn["data"]] == ["Expansion", "Other"]
    assert drawn["data"][0]["y"] == sorted(drawn["data"][0]["y"], reverse=True)


def test_the_page_asks_the_database_a_bounded_number_of_times(as_, run, answered_twice, both):
    viewer = as_("viewer")
    viewer.get(both)
    with CaptureQueriesContext(connection) as queries:
        viewer.get(both)
    assert len(queries) <= 11
