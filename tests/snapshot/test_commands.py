"""The commands that freeze, solve and publish: what they write, what they say, how they exit."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from facility.kernel.errors import ConvergenceError
from facility.physics.documents import FacilityInput
from facility.physics.simulate import simulate
from facility.scenarios import bundle, snapshot
from facility.scenarios.management.commands import simulate as command
from facility.sites.arrays import as_carried
from tests.snapshot.small_site import make_plan, make_site

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def quick(django_db_setup, django_db_blocker):
    """A frozen site with few outages and no year, so that solving it takes no time."""
    with django_db_blocker.unblock(), transaction.atomic():
        frozen = snapshot.build(make_plan(make_site()))
        transaction.set_rollback(True)
    data = json.loads(frozen.document.canonical_bytes())
    data["network"]["outages"] = data["network"]["outages"][:2]
    data["analyses"] = [item for item in data["analyses"] if item["kind"] == "contingency"]
    return snapshot.Snapshot(FacilityInput.parse(data), frozen.arrays)


@pytest.fixture
def files(tmp_path, quick):
    (tmp_path / "input.json").write_bytes(quick.document.canonical_bytes())
    (tmp_path / "input.zip").write_bytes(bundle.input_bundle(quick))
    return tmp_path


def run(*arguments, **options):
    """Call a command; return exit code, output and error output."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, stderr=err, **options)
    except SystemExit as stopped:
        return stopped.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def solve(folder, name="input.json", output="result.json", **options):
    return run("simulate", folder / name, "--output", folder / output, **options)


def refused(folder, data):
    """Return the lines of a refusal; nothing may be left behind."""
    (folder / "wrong.json").write_text(json.dumps(data))
    code, out, err = solve(folder, "wrong.json")
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert not (folder / "result.json").exists()
    return err.splitlines()


# --- simulate ---------------------------------------------------------------------------------
# These tests have no access to the database: a single query would fail them.


def test_the_answer_is_the_solver_s_byte_for_byte(files, quick):
    code, out, err = solve(files)
    arrays = {name: as_carried(array) for name, array in quick.arrays.items()}
    expected = simulate(quick.document, arrays).result
    assert (code, err) == (0, "")
    assert (files / "result.json").read_bytes() == expected.canonical_bytes()
    assert out.splitlines() == list(expected.answer)


def test_a_bundle_and_its_document_alone_give_the_same_answer(files, quick):
    assert solve(files)[0] == solve(files, "input.zip", "result.zip")[0] == 0
    result, series = bundle.read_result(files / "result.zip")
    assert result.canonical_bytes() == (files / "result.json").read_bytes()
    assert result.input_sha256 == quick.document.digest()
    assert series == {}


def test_progress_is_told_on_the_error_stream_when_asked_for(files):
    _, _, err = solve(files, verbosity=2)
    assert "0% Checking the input" in err


def test_unknown_nodes_are_named_with_the_nearest_match(files, quick):
    data = json.loads(quick.document.canonical_bytes())
    data["network"]["switches"][0]["from_node"] = "LV-AA"
    data["network"]["sources"][0]["node"] = "GRIDD"
    lines = refused(files, data)
    assert any("'LV-AA'; did you mean 'LV-A'?" in line for line in lines)
    assert any("'GRIDD'; did you mean 'GRID'?" in line for line in lines)


def test_ids_that_stand_twice_are_named(files, quick):
    data = json.loads(quick.document.canonical_bytes())
    data["racks"].append(data["racks"][0])
    assert any("HALL-A/A1-01" in line for line in refused(files, data))


def test_every_fault_stands_on_a_line_of_its_own(files, quick):
    data = json.loads(quick.document.canonical_bytes())
    data["title"] = None
    data["site"]["altitude_m"] = "high\nup"
    data["colour"] = "red"
    lines = refused(files, data)
    assert sorted(line.partition(":")[0] for line in lines) == [
        "colour",
        "site.altitude_m",
        "title",
    ]


@pytest.mark.parametrize("content", ["", "{", "NaN", "{}", "[1, 2"])
def test_what_is_no_document_is_refused_without_a_traceback(files, content):
    (files / "wrong.json").write_text(content)
    code, _, err = solve(files, "wrong.json")
    assert code == 2
    assert err.strip()
    assert "Traceback" not in err


def test_a_missing_file_and_an_unwritable_place_are_said_in_a_line(files):
    code, _, err = solve(files, "nothing.json")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "no such file" in err
    code, _, err = solve(files, output="no/such/folder/result.json")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "cannot be written" in err


def test_a_solver_that_does_not_converge_exits_with_3(files, monkeypatch):
    def fail(*_args, **_options):
        raise ConvergenceError("load flow", 20, 1.0, 1e-8)

    monkeypatch.setattr(command, "simulate", fail)
    code, _, err = solve(files)
    assert code == 3
    assert err.startswith("not solved: load flow: residual 1")
    assert not (files / "result.json").exists()


def test_an_interrupt_exits_with_130_and_leaves_the_old_answer(files, monkeypatch):
    def stop(*_args, **_options):
        raise KeyboardInterrupt

    (files / "result.json").write_text("old")
    monkeypatch.setattr(command, "simulate", stop)
    code, _, err = solve(files)
    assert (code, err.strip()) == (130, "stopped; nothing was written")
    assert (files / "result.json").read_text() == "old"
    assert {path.name for path in files.iterdir()} == {"input.json", "input.zip", "result.json"}


def started(files, name, **options):
    """Start the command in a process of its own, with a database address that leads nowhere."""
    return subprocess.Popen(
        [
            *(sys.executable, "manage.py", "simulate", str(files / name)),
            *("--output", str(files / "result.json"), "--verbosity", "2"),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "facility.settings",
            "SECRET_KEY": "for this test",
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.slow
def test_solving_needs_no_database(files):
    with started(files, "input.zip") as process:
        _, err = process.communicate()
    assert process.returncode == 0, err
    assert json.loads((files / "result.json").read_bytes())["schema_version"] == "facility-result/1"


@pytest.mark.slow
def test_a_person_s_interrupt_stops_it_without_a_traceback(files):
    with started(files, "input.json") as process:
        assert "Checking" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not (files / "result.json").exists()


# --- snapshot ---------------------------------------------------------------------------------


@pytest.fixture
def plan(db):
    return make_plan(make_site())


def test_a_plan_is_frozen_by_name_or_number_into_a_bundle_that_can_be_read(plan, tmp_path):
    by_name, by_number = tmp_path / "name.zip", tmp_path / "number.zip"
    assert run("snapshot", "Plan", "--output", by_name)[0] == 0
    assert run("snapshot", plan.pk, "--output", by_number)[0] == 0
    assert by_name.read_bytes() == by_number.read_bytes()
    assert bundle.read_input(by_name).document == snapshot.build(plan).document


def test_a_plan_can_be_frozen_into_its_document_alone(plan, tmp_path):
    path = tmp_path / "input.json"
    code, out, _ = run("snapshot", "Plan", "--output", path)
    assert code == 0
    assert snapshot.build(plan).document.digest() in out
    assert path.read_bytes() == snapshot.build(plan).document.canonical_bytes()


def test_freezing_only_reads(plan, tmp_path):
    with CaptureQueriesContext(connection) as queries:
        run("snapshot", "Plan", "--output", tmp_path / "bundle.zip")
    assert {query["sql"].split()[0] for query in queries} == {"SELECT", "SAVEPOINT", "RELEASE"}


def test_an_unknown_or_ambiguous_plan_is_refused_with_a_hint(plan, tmp_path):
    code, _, err = run("snapshot", "Plam", "--output", tmp_path / "bundle.zip")
    assert (code, "did you mean 'Plan'" in err) == (2, True)
    site = plan.site
    site.pk, site.name, site.slug = None, "Other", "other"
    site.save(force_insert=True)
    make_plan(site)
    code, _, err = run("snapshot", "Plan", "--output", tmp_path / "bundle.zip")
    assert (code, f"{plan.pk} (Small)" in err, "(Other)" in err) == (2, True, True)


def test_a_plan_that_cannot_be_frozen_says_everything_that_is_missing(plan, tmp_path):
    from_scratch = plan.site
    from_scratch.pk, from_scratch.name, from_scratch.slug = None, "Bare", "bare"
    from_scratch.save(force_insert=True)
    make_plan(from_scratch, name="Nothing")
    code, _, err = run("snapshot", "Nothing", "--output", tmp_path / "bundle.zip")
    assert code == 2
    assert len(err.splitlines()) >= 3
    assert list(tmp_path.iterdir()) == []


# --- schemas ----------------------------------------------------------------------------------


def test_the_published_schemas_are_up_to_date():
    code, _, err = run("schemas", "--check")
    assert (code, err) == (0, "")


def test_schemas_are_written_once_and_noticed_when_stale(tmp_path):
    assert run("schemas", "--folder", tmp_path, "--check")[0] == 1
    code, out, _ = run("schemas", "--folder", tmp_path)
    assert (code, out.count("wrote")) == (0, 2)
    assert run("schemas", "--folder", tmp_path) == (0, "", "")
    (tmp_path / "facility-input.json").write_text("{}")
    assert run("schemas", "--folder", tmp_path, "--check")[0] == 1
