"""Plans are edited whole or not at all, and every problem is told at once."""

from datetime import date

import pytest

from facility.kernel.errors import InputError
from facility.scenarios import selectors, services
from facility.scenarios.models import Change, Phase, Scenario
from facility.scenarios.services import ChangeDraft, PhaseDraft
from tests.access.rows import new_site

WORK = {"hall": "HALL-1", "workload": "training"}
CAP = {"system": "gb300", "cap_w": 900.0}


def paths(caught):
    return [(problem.path, problem.code) for problem in caught.value.problems]


@pytest.fixture
def phase(scenario):
    return services.add_phase(scenario, label="One", on=date(2027, 1, 1))


def test_a_name_is_taken_once_per_site(scenario):
    with pytest.raises(InputError, match="already exists"):
        services.create_scenario(scenario.site, name="Base")
    with pytest.raises(InputError) as caught:
        services.create_scenario(scenario.site, name="", parent=scenario)
    assert paths(caught) == [("name", "blank")]
    assert services.create_scenario(new_site("Other"), name="Base").pk


def test_a_derived_plan_follows_its_parent(scenario):
    child = services.derive_scenario(scenario, name="Child")
    assert (child.parent, child.site) == (scenario, scenario.site)
    assert selectors.descendants_of(scenario) == [scenario.pk, child.pk]


def test_a_plan_derives_only_from_a_live_one_of_its_site(scenario):
    with pytest.raises(InputError) as caught:
        services.create_scenario(new_site("Other"), name="X", parent=scenario)
    assert paths(caught) == [("parent", "other_site")]
    services.archive_scenario(scenario)
    scenario.refresh_from_db()
    with pytest.raises(InputError) as caught:
        services.derive_scenario(scenario, name="X")
    assert paths(caught) == [("parent", "archived")]


def test_a_plan_is_renamed_and_keeps_what_is_not_said(scenario):
    services.rename_scenario(scenario, name="New", description="why")
    renamed = services.rename_scenario(scenario, name="Newer")
    assert (renamed.name, renamed.description) == ("Newer", "why")
    assert [row.name for row in renamed.history.all()] == ["Newer", "New", "Base"]
    services.create_scenario(scenario.site, name="Taken")
    with pytest.raises(InputError):
        services.rename_scenario(scenario, name="Taken")


def test_one_plan_of_a_site_is_committed(scenario):
    other = services.create_scenario(scenario.site, name="Other")
    assert selectors.committed_scenario(scenario.site) is None
    for plan in (scenario, other, other):
        services.commit_scenario(plan)
        assert selectors.committed_scenario(scenario.site) == plan
    with pytest.raises(InputError, match="cannot be archived"):
        services.archive_scenario(other)
    services.archive_scenario(scenario)
    with pytest.raises(InputError, match="archived"):
        services.commit_scenario(scenario)


def test_an_archived_plan_is_not_edited_until_it_is_back(scenario):
    services.archive_scenario(scenario)
    with pytest.raises(InputError) as caught:
        services.add_phase(scenario, label="One", on=date(2027, 1, 1))
    assert paths(caught) == [("scenario", "archived")]
    services.archive_scenario(scenario, archived=False)
    assert services.add_phase(scenario, label="One", on=date(2027, 1, 1)).pk


def test_dates_order_themselves_and_are_unique(scenario, phase):
    later = services.add_phase(scenario, label="Two", on=date(2028, 1, 1))
    with pytest.raises(InputError):
        services.add_phase(scenario, label="Again", on=date(2028, 1, 1))
    services.edit_phase(later, label="Zero", on=date(2026, 1, 1))
    assert [row.label for row in scenario.phases.all()] == ["Zero", "One"]
    services.remove_phase(later)
    assert [row.label for row in scenario.phases.all()] == ["One"]


def test_steps_are_added_edited_reordered_and_removed(phase):
    first = services.add_change(phase, kind="set_workload", payload=WORK)
    second = services.add_change(phase, kind="cap_system", payload=CAP)
    third = services.add_change(phase, kind="remove_racks", payload={"racks": ["HALL-1/R01"]})
    services.reorder_changes(phase, [third.pk, first.pk, second.pk])
    assert [change.pk for change in phase.changes.all()] == [third.pk, first.pk, second.pk]
    services.edit_change(second, kind="cap_system", payload={**CAP, "cap_w": 800.0})
    services.remove_change(first)
    left = phase.changes.values_list("kind", "payload__cap_w")
    assert list(left) == [("remove_racks", None), ("cap_system", 800.0)]
    assert services.add_change(phase, kind="cap_system", payload=CAP).order > 3
    with pytest.raises(InputError) as caught:
        services.reorder_changes(phase, [second.pk, second.pk])
    assert paths(caught) == [("changes", "not_a_permutation")]


def test_every_fault_of_a_step_is_told_with_its_path(phase):
    with pytest.raises(InputError) as caught:
        services.add_change(phase, kind="cap_system", payload={"cap_w": -1, "colour": "red"})
    assert sorted(paths(caught)) == [
        ("payload.cap_w", "greater_than"),
        ("payload.colour", "extra_forbidden"),
        ("payload.system", "missing"),
    ]
    with pytest.raises(InputError) as caught:
        services.add_change(phase, kind="paint", payload={})
    assert paths(caught) == [("kind", "unknown")]
    with pytest.raises(InputError) as caught:
        services.add_change(phase, kind="cap_system", payload=[1])
    assert paths(caught) == [("payload", "model_type")]
    assert not Change.objects.exists()


def test_a_steps_defaults_are_written_out(phase):
    step = {"hall": "HALL-1", "system": "gb300", "n_racks": 2, "workload": "training"}
    change = services.add_change(phase, kind="add_racks", payload=step)
    assert change.payload == {**step, "n_systems": 1, "cabinet_mass_kg": None}


def test_a_whole_plan_is_written_at_once(scenario, phase):
    steps = [ChangeDraft("set_workload", WORK), ChangeDraft("cap_system", CAP)]
    services.write_plan(
        scenario,
        [PhaseDraft("B", date(2028, 1, 1)), PhaseDraft("A", date(2027, 1, 1), steps)],
    )
    written = [(row.label, [c.kind for c in row.changes.all()]) for row in scenario.phases.all()]
    assert written == [("A", ["set_workload", "cap_system"]), ("B", [])]


def test_a_plan_with_faults_changes_nothing_and_tells_all_of_them(scenario, phase):
    drafts = [
        PhaseDraft(
            "A", date(2027, 1, 1), [ChangeDraft("paint", {}), ChangeDraft("set_workload", WORK)]
        ),
        PhaseDraft("", date(2027, 1, 1), [ChangeDraft("cap_system", {})]),
    ]
    revision = scenario.revision
    with pytest.raises(InputError) as caught:
        services.write_plan(scenario, drafts)
    assert paths(caught) == [
        ("phases.0.changes.0.kind", "unknown"),
        ("phases.1.label", "blank"),
        ("phases.1", "unique_together"),
        ("phases.1.changes.0.payload.system", "missing"),
        ("phases.1.changes.0.payload.cap_w", "missing"),
    ]
    assert list(Phase.objects.all()) == [phase]
    assert Scenario.objects.get().revision == revision


def test_an_edit_counts_for_the_plan_and_all_that_derive_from_it(scenario):
    child = services.derive_scenario(scenario, name="Child")
    sibling = services.create_scenario(scenario.site, name="Sibling")
    before = dict(Scenario.objects.values_list("pk", "revision"))
    services.add_phase(scenario, label="One", on=date(2027, 1, 1))
    moved = {pk for pk, n in Scenario.objects.values_list("pk", "revision") if n > before[pk]}
    assert moved == {scenario.pk, child.pk}
    assert sibling.pk not in moved
    assert scenario.revision == before[scenario.pk] + 1
