"""The electrical tabs of a run whose site has every study."""

import csv
import io
import json
import re
from urllib.parse import quote

import pytest

from facility.access.models import AuditEvent
from facility.reports.power_figures import CHARTS
from facility.reports.power_timeline import LANES

TABS = ("objects", "transformers", "outages", "failures", "grid", "faults")


@pytest.fixture
def tab(as_, electrical_run):
    """Return the text of a tab: ``tab("grid")``, at the first stage unless another is named."""
    client = as_("viewer")

    def read(view, stage="as-built", more=""):
        address = f"/sites/alpha/runs/{electrical_run.pk}/?view={view}&stage={stage}{more}"
        answer = client.get(address)
        assert answer.status_code == 200
        return answer.text

    return read


def test_each_tab_opens_with_its_answer_and_shows_no_python(tab):
    for view in TABS:
        text = tab(view)
        assert 'class="answer"' in text, view
        for word in ("None", ">nan", ">inf", "object at 0x", "Document("):
            assert word not in text, (view, word)


def test_each_tab_of_a_stage_without_studies_says_so(tab):
    assert "not studied at Two more NVL72" in tab("failures", "phase-1")
    assert "not studied at Two more NVL72" in tab("grid", "phase-1")
    assert "has none" in tab("outages", "phase-1")
    assert "The year is not solved at Two more NVL72" in tab("transformers", "phase-1")


def test_every_object_of_the_answer_can_be_found_on_its_page(tab, solved_electrical):
    stage = solved_electrical[1].result.stages[0]
    for kind in {load.kind for load in stage.objects}:
        load = next(load for load in stage.objects if load.kind == kind)
        found = tab("objects", more=f"&q={quote(load.id)}").partition('id="rows"')[2]
        assert load.id.partition("@")[0] in found, kind


def test_chosen_pairs_of_maintenance_and_fault_have_their_own_table(tab, solved_electrical):
    (pair,) = solved_electrical[1].result.stages[0].pairs
    table = tab("outages").partition('id="pairs"')[2].partition('id="cascades"')[0]
    assert f">{pair.label}</th>" in table


def test_objects_are_taken_away_whole_and_leave_an_event(as_, electrical_run, solved_electrical):
    root = f"/sites/alpha/runs/{electrical_run.pk}"
    answer = as_("viewer").get(f"{root}/objects/as-built.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    loads = {load.id: load for load in solved_electrical[1].result.stages[0].objects}
    assert {row["object"] for row in rows} == set(loads)
    for row in rows:
        load = loads[row["object"]]
        assert float(row["failover_kva"]) == load.failover_kva
        assert row["failover_state"] == load.failover_state
    assert AuditEvent.objects.filter(kind="export").count() == 1
    assert as_("viewer").get(f"{root}/objects/nonsense.csv").status_code == 404


def test_the_loss_of_the_utility_is_drawn_in_lanes_beside_its_events(tab):
    text = tab("failures")
    drawing = re.search(r"<svg class=\"failure\".*?</svg>", text, re.DOTALL)[0]
    for key, (title, _) in LANES.items():
        assert f'class="lane {key}"' in drawing
        assert title in drawing
    assert "Utility lost: GRID" in text
    assert "BAT-A1" in text
    assert "GS-A1" in text


def test_limits_verdicts_and_reasons_stand_beside_each_course(tab):
    text = tab("grid")
    for part in ("Over limit", "Not resolved", "not resolved by 15 s samples", "No limit entered"):
        assert part in text
    assert "Ramp limiter" in text
    assert "Two levels" in text


def test_the_balance_of_phases_is_shown_where_feeds_name_conductors(tab):
    text = tab("objects")
    assert "Balance of the phases" in text
    assert ">BW-A1</th>" in text


def test_short_circuit_levels_stand_beside_ratings(tab):
    text = tab("faults")
    assert "SG-A" in text
    assert "IEC 60909" in text
    assert "Stands" in text


def test_every_electrical_chart_is_drawn_and_read_as_a_table(tab, as_, electrical_run):
    client, root = as_("viewer"), f"/sites/alpha/runs/{electrical_run.pk}"
    offered = set()
    for view in TABS:
        offered |= set(re.findall(r"figures/([\w-]+)\.json", tab(view)))
    assert offered >= set(CHARTS)
    for name in CHARTS:
        answer = client.get(f"{root}/figures/{name}.json?stage=as-built")
        assert json.loads(answer.content)["data"], name
        table = client.get(f"{root}/figures/{name}/?stage=as-built").text
        assert "<td" in table, name
        missing = client.get(f"{root}/figures/{name}.json?stage=phase-1")
        assert missing.status_code == 404, name
