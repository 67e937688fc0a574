"""The commands: what they write into files and rows, what they say, how they exit."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from facility.physics.design import solve_design_point
from facility.physics.stand import prepare
from facility.scenarios import snapshot
from facility.sites.models import Site
from power import models
from power.pandapower.answer import solve_net
from power.physics.moment import solve_moment
from tests.access.rows import new_site
from tests.power.pandapower.cases import case, feeder, net_text, text_of
from tests.snapshot.small_site import make_plan, make_site

ROOT = Path(__file__).parents[3]
ROWS = (
    *(models.Node, models.Line, models.Transformer, models.Impedance, models.Switch),
    *(models.Source, models.RegulatedGenerator, models.StaticLoad, models.Shunt),
)


def run(*arguments):
    """Call a command; return exit code, output and error output."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, stderr=err)
    except SystemExit as stopped:
        return stopped.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def site(db) -> Site:
    made = new_site("Plain")
    made.frequency_hz = 50.0
    made.save()
    return made


@pytest.fixture
def net(tmp_path):
    """Return a function that writes a network and gives its place."""

    def write(text):
        path = tmp_path / "net.json"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def count():
    return sum(model.objects.count() for model in ROWS)


# --- loadflow ---------------------------------------------------------------------------------


def test_the_load_flow_is_written_and_told_in_a_line(net, tmp_path):
    output = tmp_path / "result.json"
    code, out, err = run("loadflow", net(text_of("switches")), "--output", output)
    assert code == 0
    assert "buses fed, lowest voltage" in out
    assert "switch[6]: a closed switch with an impedance: an impedance without switch" in err
    data = json.loads(output.read_text())
    assert data["transformer_model"] == "t"
    assert data["contingencies"] is None
    assert data["bus"]["0"]["vm_pu"] == pytest.approx(1.02)


def test_outages_and_the_model_are_options(net, tmp_path):
    output = tmp_path / "result.json"
    options = ("--contingencies", "--transformer-model", "pi")
    code, _, _ = run("loadflow", net(net_text(feeder())), "--output", output, *options)
    data = json.loads(output.read_text())
    assert (code, data["transformer_model"], len(data["contingencies"])) == (0, "pi", 1)
    assert list(data["contingencies"][0]) == sorted(
        [
            *("element", "id", "name", "n_deenergised", "vm_min_energised_pu", "reason"),
            *("max_line_loading", "max_transformer_loading", "p_poi_mw"),
        ]
    )


def test_a_broken_file_exits_with_two_and_one_line(net, tmp_path):
    output = tmp_path / "result.json"
    code, out, err = run("loadflow", net("{"), "--output", output)
    assert (code, out, output.exists()) == (2, "", False)
    assert err.startswith("(file): is not JSON")
    assert len(err.splitlines()) == 1
    code, _, err = run("loadflow", tmp_path / "none.json", "--output", output)
    assert (code, err.strip()) == (
        2,
        f"{tmp_path / 'none.json'}: cannot be read: no such file or directory",
    )


def test_a_network_without_a_solution_exits_with_three(net, tmp_path):
    heavy = feeder(load={0: {"bus": 7, "p_mw": 2000.0}})
    code, _, err = run("loadflow", net(net_text(heavy)), "--output", tmp_path / "result.json")
    assert code == 3
    assert "no solution: voltage collapse at bus 7" in err


def test_the_load_flow_needs_no_database(net, tmp_path):
    output = tmp_path / "result.json"
    command = [sys.executable, "manage.py", "loadflow", str(net(net_text(feeder())))]
    environment = {**os.environ, "SECRET_KEY": "x", "DATABASE_URL": "postgres://nobody@[::1]:1/x"}
    done = subprocess.run(
        [*command, "--output", str(output)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(output.read_text())["losses_mw"] > 0


# --- import and export ------------------------------------------------------------------------


def voltages(path):
    data = json.loads(path.read_text())["_object"]["bus"]
    rows = json.loads(data["_object"])
    place = rows["columns"].index("name")
    answer = solve_net(path.read_text())
    return {
        row[place]: answer.bus[index].vm_pu
        for index, row in zip(rows["index"], rows["data"], strict=True)
    }


@pytest.mark.parametrize("name", ["multivoltage", "switches", "three_windings", "transformers"])
def test_what_is_imported_into_a_site_and_exported_has_the_same_voltages(site, net, tmp_path, name):
    code, out, _ = run("import_pandapower", net(text_of(name)), "--site", "plain")
    assert code == 0, out
    output = tmp_path / "out.json"
    code, _, err = run("export_pandapower", "--site", "plain", "--output", output)
    assert code == 0, err
    there, here = voltages(output), solve_net(text_of(name))
    rows = case(name)["net"]["_object"]["bus"]["_object"]
    bus = json.loads(rows)
    names = [row[bus["columns"].index("name")] for row in bus["data"]]
    for index, own in zip(bus["index"], names, strict=True):
        expected = here.bus[index].vm_pu
        tag = own if own and names.count(own) == 1 and own in there else f"bus {index}"
        if expected is not None:
            assert there[tag] == pytest.approx(expected, abs=1e-8)


def test_rows_carry_the_values_of_the_file(site, net):
    transformer = {
        "hv_bus": 0,
        "lv_bus": 8,
        "sn_mva": 1.6,
        "vn_hv_kv": 20.0,
        "vn_lv_kv": 0.4,
        "vk_percent": 6.0,
        "vkr_percent": 0.9,
        "pfe_kw": 2.0,
        "i0_percent": 0.3,
        "leakage_resistance_ratio_hv": 0.4,
        "leakage_reactance_ratio_hv": 0.6,
        "shift_degree": 150.0,
        "name": "TX1",
    }
    tables = feeder(bus={8: {"vn_kv": 0.4, "name": "LV"}}, trafo={0: transformer})
    code, out, err = run("import_pandapower", net(net_text(tables)), "--site", "plain")
    assert (code, out.strip()) == (
        0,
        "Plain: 3 × node, 1 × line, 1 × transformer, 1 × source, 1 × static load",
    )
    assert "the file says nothing of their cooling" in err
    row = models.Transformer.objects.get(tag="TX1")
    assert (row.hv_node.tag, row.lv_node.tag, row.shift_deg) == ("board", "LV", 150.0)
    assert (row.no_load_place, row.thermal_class, row.standard) == ("middle", "distribution", "iec")
    assert row.hv_leakage_resistance_ratio == 0.4
    assert models.Line.objects.get().rating_a == 200.0
    assert models.Source.objects.get().short_circuit_mva is None


def test_a_site_that_has_a_network_is_left_alone_unless_it_is_to_be_replaced(site, net):
    path = net(net_text(feeder()))
    assert run("import_pandapower", path, "--site", "plain")[0] == 0
    before = count()
    code, _, err = run("import_pandapower", path, "--site", "plain")
    assert (code, count()) == (2, before)
    assert "plain: has nodes already: board, end; --replace deletes them" in err
    assert run("import_pandapower", path, "--site", "plain", "--replace")[0] == 0
    assert count() == before


def test_a_network_that_something_else_hangs_on_is_not_replaced(site, net):
    path = net(net_text(feeder()))
    run("import_pandapower", path, "--site", "plain")
    other = new_site("Other")
    node = models.Node.objects.get(tag="board")
    models.StaticLoad.objects.create(site=other, tag="guest", node=node, active_kw=1.0)
    before = count()
    code, _, err = run("import_pandapower", path, "--site", "plain", "--replace")
    assert (code, count()) == (2, before)
    assert "cannot be replaced: in use by static load guest" in err


def test_every_problem_is_listed_and_nothing_is_stored_by_half(site, net):
    tables = feeder(load={1: {"bus": 55, "p_mw": 1.0}, 2: {"bus": 7}})
    code, _, err = run("import_pandapower", net(net_text(tables)), "--site", "plain")
    assert (code, count()) == (2, 0)
    assert err.splitlines() == [
        "load[1].bus: there is no bus 55",
        "load[2].p_mw: is needed and not given",
    ]


def test_a_network_of_another_frequency_is_refused(site, net):
    code, _, err = run("import_pandapower", net(net_text(feeder(), f_hz=60.0)), "--site", "plain")
    assert (code, err.strip()) == (2, "f_hz: 60 Hz; the site has 50 Hz")


def test_a_row_that_a_site_cannot_hold_is_named_by_its_field(site, net):
    tables = feeder()
    tables["line"][3]["max_i_ka"] = None
    code, _, err = run("import_pandapower", net(net_text(tables)), "--site", "plain")
    assert (code, count()) == (2, 0)
    assert err.startswith("cable.rating_a: ")


def test_an_unknown_site_is_answered_with_the_nearest(site, net):
    code, _, err = run("import_pandapower", net(net_text(feeder())), "--site", "plane")
    assert (code, err.strip()) == (2, "--site: there is no site 'plane'; did you mean 'plain'?")


def test_an_empty_site_has_nothing_to_export(site, tmp_path):
    output = tmp_path / "out.json"
    code, _, err = run("export_pandapower", "--site", "plain", "--output", output)
    assert (code, output.exists()) == (2, False)
    assert err.strip()


def test_a_plan_goes_out_with_the_loads_of_its_design_point(db, tmp_path):
    plan = make_plan(make_site(), name="As built")
    output = tmp_path / "plan.json"
    code, _, err = run("export_pandapower", "--plan", "As built", "--output", output)
    assert code == 0, err
    document = snapshot.build(plan).document
    state = solve_design_point(document, prepare(document, 0))
    moment = solve_moment(document.network, state.demand.of_consumers()[:, 0])
    there = voltages(output)
    names = moment.topology.grid.node_ids
    for name, voltage in zip(names, moment.node_voltage_pu, strict=True):
        if name in there and there[name] is not None:
            assert there[name] == pytest.approx(abs(voltage), abs=1e-8)
    assert "a conversion: a load at its input" in err
    code, _, err = run("export_pandapower", "--plan", "As built", "--stage", 9, "--output", output)
    assert (code, err.strip()) == (2, "--stage: the plan has the stages 0 to 0")
