"""A run's page: progress while it goes on, the reason when it fails, the answer when it is done."""

import csv
import io
import json
import re

import pytest

from facility.access.models import AuditEvent
from facility.pages.views.runs import VIEWS
from facility.reports.figures import CHARTS
from facility.scenarios.models import Run


def put(run, **fields):
    Run.objects.filter(pk=run.pk).update(**fields)


@pytest.fixture
def waiting(run):
    put(run, state="queued", result=None, finished_at=None)
    return run


def test_every_part_of_the_answer_is_shown_at_every_stage(as_, run, solved):
    client = as_("viewer")
    for view in VIEWS:
        for stage in solved[1].result.stages:
            answer = client.get(f"/sites/alpha/runs/{run.pk}/?view={view}&stage={stage.id}")
            assert answer.status_code == 200
            assert "None" not in answer.text.replace('<td><span class="status good">None', "")
    assert client.get(f"/sites/alpha/runs/{run.pk}/?view=nonsense").status_code == 404


def test_the_answer_is_said_in_words_with_what_binds_by_stage(as_, run, solved):
    text = as_("viewer").get(f"/sites/alpha/runs/{run.pk}/").text
    assert solved[1].result.answer[0][:30] in text
    assert "What binds first as the phases arrive" in text


def test_balances_missing_inputs_and_sources_are_printed(as_, run):
    text = as_("viewer").get(f"/sites/alpha/runs/{run.pk}/?view=trust").text
    for part in ("Heat balance", "Power balance", "Inputs nobody gave", "a tariff sheet"):
        assert part in text


def test_objects_are_filtered_by_level_state_and_name(as_, run):
    client, address = as_("viewer"), f"/sites/alpha/runs/{run.pk}/?view=objects"
    assert ">UPS-A<" not in client.get(f"{address}&level=grid").text.rpartition("<tbody>")[2]
    found = client.get(f"{address}&q=tx-a").text.rpartition("<tbody>")[2]
    assert "> TX-A</th>" in found
    assert "> TX-B</th>" not in found
    assert "No object fits this choice" in client.get(f"{address}&q=zzz").text


def test_objects_are_filtered_by_path_and_hall_and_paged(as_, run):
    client, address = as_("viewer"), f"/sites/alpha/runs/{run.pk}/?view=objects"
    found = client.get(f"{address}&path=B").text.rpartition("<tbody>")[2]
    assert "> TX-B</th>" in found
    assert "> TX-A</th>" not in found
    found = client.get(f"{address}&hall=HALL-D&level=feed").text.rpartition("<tbody>")[2]
    assert "HALL-D/D1-01" in found
    assert "HALL-A/" not in found


def test_outages_are_filtered_by_name_and_effect(as_, run):
    client, address = as_("viewer"), f"/sites/alpha/runs/{run.pk}/?view=outages"
    found = client.get(f"{address}&q=tx-a+out").text
    assert "1 of " in found
    assert "No outage fits this choice" in client.get(f"{address}&q=zzz").text


def test_electrical_charts_of_a_tab_are_there_to_be_drawn(as_, run):
    client, root = as_("viewer"), f"/sites/alpha/runs/{run.pk}"
    for view in ("failures", "grid"):
        page = client.get(f"{root}/?view={view}").text
        addresses = re.findall(r'data-figure="([^"]+)"', page)
        assert addresses, view
        for address in addresses:
            figure = json.loads(client.get(address).content)
            assert figure["layout"]["yaxis"]["title"]["text"].endswith("]")
            table = client.get(address.replace(".json", "/"))
            assert table.status_code == 200


def test_what_a_stage_or_site_has_not_is_said(as_, run):
    client, root = as_("viewer"), f"/sites/alpha/runs/{run.pk}"
    assert "Swings of load are not studied" in client.get(f"{root}/?view=grid").text
    first = client.get(f"{root}/?view=grid&stage=as-built").text
    assert "The contract is judged over a solved year" in first
    assert "No battery stands at this stage" in client.get(f"{root}/?view=failures").text
    for chart in ("bands", "measured", "jobs"):
        assert client.get(f"{root}/figures/{chart}.json").status_code == 404


def test_every_chart_has_titled_axes_and_a_table(as_, run, solved):
    client = as_("viewer")
    for name in CHARTS:
        answer = client.get(f"/sites/alpha/runs/{run.pk}/figures/{name}.json")
        figure = json.loads(answer.content)
        assert figure["layout"]["yaxis"]["title"]["text"].endswith("]")
        assert figure["layout"]["xaxis"]["title"]["text"]
        table = client.get(f"/sites/alpha/runs/{run.pk}/figures/{name}/")
        assert table.status_code == 200


def test_a_stage_without_a_year_has_no_chart_and_no_series(as_, run, solved):
    first = solved[1].result.stages[0].id
    client, root = as_("viewer"), f"/sites/alpha/runs/{run.pk}"
    assert client.get(f"{root}/figures/power.json?stage={first}").status_code == 404
    assert client.get(f"{root}/series/{first}.csv").status_code == 404
    assert "not solved at" in client.get(f"{root}/?view=year&stage={first}").text


def test_the_series_is_taken_away_whole_and_leaves_an_event(as_, run):
    answer = as_("viewer").get(f"/sites/alpha/runs/{run.pk}/series/2027-01-01.csv")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert len(rows) == 8761
    assert rows[0][:2] == ["hour", "dry_bulb_c"]
    assert AuditEvent.objects.filter(kind="export").count() == 1


def test_the_document_is_given_byte_for_byte(as_, run):
    answer = as_("viewer").get(f"/sites/alpha/runs/{run.pk}/result.json")
    assert answer.content == run.result.raw()


def test_progress_is_polled_until_it_is_over(as_, waiting):
    client = as_("viewer")
    page = client.get(f"/sites/alpha/runs/{waiting.pk}/").text
    assert 'hx-trigger="every 1s"' in page
    assert "Waiting for a worker" in page
    address = f"/sites/alpha/runs/{waiting.pk}/progress/"
    first = client.get(address)
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    put(waiting, step="8,760 hours", progress_ratio=0.42)
    second = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert "8,760 hours" in second.text
    assert "42\u202f%" in second.text
    put(waiting, state="cancelled")
    last = client.get(address)
    assert (last.status_code, last["HX-Refresh"]) == (286, "true")


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client, waiting):
    address = f"/sites/alpha/runs/{waiting.pk}/progress/"
    answer = client.get(address, headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"
    assert answer.content == b""


def test_a_failure_says_its_code_and_every_problem_with_its_path(as_, waiting):
    problems = [
        {"path": "racks[R1].feeds", "code": "missing", "message": "has equipment but no supply"},
        {"path": "halls", "code": "missing", "message": "the site has no hall"},
    ]
    failure = {"code": "invalid_input", "message": "…", "problems": problems}
    put(waiting, state="failed", failure=failure)
    text = as_("viewer").get(f"/sites/alpha/runs/{waiting.pk}/").text
    for part in ("invalid_input", "racks[R1].feeds", "has equipment but no supply", "no hall"):
        assert part in text


def test_a_planner_cancels_a_waiting_run(as_, waiting):
    answer = as_("planner").post(f"/sites/alpha/runs/{waiting.pk}/cancel/")
    assert answer.url == f"/sites/alpha/runs/{waiting.pk}/"
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert "stopped before it had an answer" in as_("planner").get(answer.url).text
