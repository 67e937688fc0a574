"""Plans are edited on their pages; what is wrong stands beside the field, what was typed stays."""

import pytest

from facility.pages.plan_words import PHRASES
from facility.scenarios import changes, tasks
from facility.scenarios.models import Run, Scenario


@pytest.fixture
def planner(as_):
    return as_("planner")


@pytest.fixture
def root(world):
    return f"/sites/alpha/scenarios/{world.plan.pk}/"


def test_every_kind_of_change_has_a_sentence():
    assert PHRASES.keys() == changes.KINDS.keys()


def test_a_plan_is_shown_as_dated_changes_in_words(planner, root):
    text = planner.get(root).text
    assert "2027-01-01" in text
    assert "2 racks of 72-way liquid rack into HALL-D, steady" in text
    assert "Supply of TCS-D becomes 36.0 °C" in text


def test_a_what_if_is_derived_and_shows_what_it_goes_on_from(planner, root, world):
    answer = planner.post(f"{root}derive/", {"name": "Warmer"}, follow=True)
    derived = Scenario.objects.get(name="Warmer")
    assert derived.parent == world.plan
    assert "from the plan it goes on from" in answer.text


def test_a_taken_name_is_refused_beside_the_field(planner, root):
    answer = planner.post(f"{root}derive/", {"name": "As built"})
    assert answer.status_code == 422
    assert 'value="As built"' in answer.text
    assert 'id="e-derive"' in answer.text


def test_a_phase_needs_a_date(planner, root):
    answer = planner.post(f"{root}phases/", {"on": "soon", "label": "Phase two"})
    assert answer.status_code == 422
    assert "A date as year-month-day" in answer.text
    assert 'value="Phase two"' in answer.text
    answer = planner.post(f"{root}phases/", {"on": "2027-09-01", "label": "Phase two"}, follow=True)
    assert "Phase two" in answer.text


@pytest.mark.parametrize("kind", changes.KINDS)
def test_every_kind_of_change_has_a_form(planner, root, world, kind):
    phase = world.plan.phases.get()
    text = planner.get(f"{root}?phase={phase.pk}&kind={kind}").text
    for name in changes.KINDS[kind].document.model_fields:
        assert f'name="{name}"' in text


def test_a_change_is_added_by_its_form(planner, root, world):
    phase = world.plan.phases.get()
    typed = {"kind": "add_units", "like": "CDU-D-01", "n_units": "2"}
    text = planner.post(f"/sites/alpha/phases/{phase.pk}/changes/", typed, follow=True).text
    assert "2 more like CDU-D-01" in text


def test_a_wrong_change_says_why_beside_each_field_and_keeps_what_was_typed(planner, world):
    phase = world.plan.phases.get()
    typed = {"kind": "add_racks", "hall": "HALL-D", "system": "nvl72", "n_racks": "-4"}
    answer = planner.post(f"/sites/alpha/phases/{phase.pk}/changes/", typed)
    assert answer.status_code == 422
    assert 'id="e-n_racks"' in answer.text
    assert 'id="e-workload"' in answer.text
    assert 'value="-4"' in answer.text
    assert phase.changes.count() == 2


def test_racks_to_remove_are_typed_one_per_line(planner, world):
    phase = world.plan.phases.get()
    typed = {"kind": "remove_racks", "racks": "HALL-A/A1-01\r\nHALL-A/A1-02"}
    planner.post(f"/sites/alpha/phases/{phase.pk}/changes/", typed)
    assert phase.changes.last().payload["racks"] == ["HALL-A/A1-01", "HALL-A/A1-02"]


def test_a_change_and_a_phase_are_removed(planner, root, world):
    phase = world.plan.phases.get()
    planner.post(f"/sites/alpha/changes/{phase.changes.first().pk}/remove/")
    assert phase.changes.count() == 1
    planner.post(f"/sites/alpha/phases/{phase.pk}/remove/")
    assert world.plan.phases.count() == 0


def test_a_run_is_started_and_leads_to_its_page(planner, root, monkeypatch):
    monkeypatch.setattr(tasks, "queue_run", lambda run: None)
    answer = planner.post(f"{root}run/")
    run = Run.objects.get()
    assert answer.url == f"/sites/alpha/runs/{run.pk}/"
    assert run.requested_by.username == "planner"


def test_a_plan_that_cannot_be_solved_says_everything_that_is_wrong(planner, root, world):
    phase = world.plan.phases.get()
    change = phase.changes.first()
    change.payload = {**change.payload, "n_racks": 500}
    change.save()
    answer = planner.post(f"{root}run/")
    assert answer.status_code == 422
    assert "HALL-D has 7 places" in answer.text
    assert Run.objects.count() == 0
