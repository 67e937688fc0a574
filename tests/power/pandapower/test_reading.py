"""Files of pandapower, sound and broken."""

import json

import pytest

from facility.kernel.errors import InputError
from power.pandapower.answer import solve_net
from power.pandapower.mapping import map_net
from power.pandapower.tables import read_net
from tests.power.pandapower.cases import case, feeder, net_text, text_of


def problems(text):
    """Return path and message of everything wrong with a file."""
    with pytest.raises(InputError) as raised:
        map_net(read_net(text))
    return {problem.path: problem.message for problem in raised.value.problems}


@pytest.mark.parametrize("orient", ["columns", "index"])
def test_a_table_may_stand_in_any_orientation_of_pandas(orient):
    split, turned = (
        solve_net(net_text(feeder(), orient=way)).model_dump() for way in ("split", orient)
    )
    assert turned == split


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("nonsense", "(file)", "is not JSON"),
        ("[1, 2]", "(file)", "not a network written by pandapower"),
        ('{"bus": 3}', "format_version", "older than 2.0"),
        (net_text(feeder(), version="1.2.0"), "format_version", "'1.2.0' is older than 2.0"),
        (net_text(feeder(), version="4.0.0"), "format_version", "newer"),
        (net_text({"load": {0: {"bus": 1}}}), "(file)", "not a network"),
        (net_text({"bus": {}}), "bus", "at least one bus"),
    ],
)
def test_a_file_that_is_no_network_gives_one_clear_message(text, path, message):
    found = problems(text)
    assert list(found) == [path]
    assert message in found[path]


def test_a_table_that_is_cut_short_is_named():
    data = json.loads(net_text(feeder()))
    data["_object"]["line"]["_object"] = '{"columns": ["a", "b"], "index": [0], "data": [[1]]}'
    data["_object"]["load"]["_object"] = "{"
    found = problems(json.dumps(data))
    assert found["line"] == "is not a table as pandas writes one"
    assert found["load"].startswith("is not JSON inside")


def test_everything_wrong_is_said_at_once_by_table_index_and_column():
    tables = feeder(
        load={1: {"bus": 99, "p_mw": 1.0}, 2: {"bus": 7, "p_mw": "much"}},
        ext_grid={5: {"bus": 0, "vm_pu": -1.0}},
        trafo={2: {"hv_bus": 0, "lv_bus": 7, "sn_mva": 1.0, "vn_hv_kv": 20.0, "vn_lv_kv": 20.0}},
        switch={0: {"bus": 0, "element": 7, "et": "q"}, 1: {"bus": 0, "element": 8, "et": "l"}},
        shunt={0: {"bus": 7}},
    )
    tables["line"][3]["length_km"] = 0.0
    assert problems(net_text(tables)) == {
        "load[1].bus": "there is no bus 99",
        "load[2].p_mw": "'much' is not a number to calculate with",
        "ext_grid[5].vm_pu": "has to be above 0",
        "trafo[2].vk_percent": "is needed and not given",
        "switch[0].et": "'q' is no type of switch",
        "switch[1].element": "there is no line 8",
        "shunt[0].q_mvar": "is needed and not given",
        "line[3].length_km": "a line needs a length and a number of circuits",
    }


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"gen": {0: {"bus": 0, "p_mw": 1.0, "vm_pu": 1.05}}}, "gen[0].vm_pu"),
        (
            {"load": {1: {"bus": 7, "p_mw": 1, "const_z_p_percent": 120}}},
            "load[1].const_z_p_percent",
        ),
        (
            {"impedance": {0: {"from_bus": 0, "to_bus": 7, "rft_pu": 0, "xft_pu": 0, "sn_mva": 1}}},
            "impedance[0].xft_pu",
        ),
    ],
)
def test_what_pandapower_refuses_is_refused(more, path):
    assert path in problems(net_text(feeder(**more)))


def test_a_network_without_external_grid_is_refused():
    tables = feeder()
    del tables["ext_grid"]
    assert problems(net_text(tables)) == {
        "ext_grid": "there is no external grid and no slack machine"
    }


def test_contradictions_of_the_network_name_the_element():
    tables = feeder(
        bus={8: {"vn_kv": 20.0}},
        switch={0: {"bus": 0, "element": 8, "et": "b", "closed": True}},
        ext_grid={1: {"bus": 7, "vm_pu": 1.0, "va_degree": 90.0}},
    )
    with pytest.raises(InputError) as raised:
        solve_net(net_text(tables))
    assert all("ext_grid" in problem.path for problem in raised.value.problems)


def test_unknown_tables_are_listed_and_empty_ones_are_not():
    tables = feeder(
        controller={0: {"object": "x", "in_service": True}},
        vsc={0: {"bus": 7}},
        tea={0: {"cups": 2}, 1: {"cups": 3}},
        measurement={},
    )
    answer = solve_net(net_text(tables))
    listed = {item.path: item.message for item in answer.not_represented}
    assert listed == {
        "controller": "controllers, which a plain load flow does not run: 1 rows left out",
        "vsc": "converters: 1 rows left out",
        "tea": "a table without meaning for the load flow: 2 rows left out",
    }


def test_options_of_the_file_are_followed_or_listed():
    options = {"trafo_model": "pi", "enforce_q_lims": True, "numba": True, "max_iteration": 3}
    answer = solve_net(net_text(feeder(), user_pf_options=options))
    assert answer.transformer_model == "pi"
    assert [item.path for item in answer.not_represented] == ["user_pf_options.enforce_q_lims"]
    bad = net_text(feeder(), user_pf_options={"trafo_model": "gamma"})
    assert "user_pf_options.trafo_model" in problems(bad)


def test_not_a_number_counts_as_not_given():
    tables = feeder()
    tables["line"][3] |= {"df": float("nan"), "parallel": None}
    tables["load"][0] |= {"scaling": float("nan")}
    assert solve_net(net_text(tables)) == solve_net(net_text(feeder()))


def test_what_is_out_of_service_or_without_supply_is_listed():
    answer = solve_net(text_of("switches"))
    listed = {(item.code, item.path) for item in answer.not_represented}
    bus = case("switches")["net"]["_object"]["bus"]
    rows = json.loads(bus["_object"])
    place = rows["columns"].index("in_service")
    values = zip(rows["index"], rows["data"], strict=True)
    out = [str(index) for index, row in values if not row[place]]
    assert ("out_of_service", f"bus[{', '.join(out)}]") in listed
    dead = {index for index, item in answer.bus.items() if item.vm_pu is None}
    assert len(dead) > len(out)
    assert {("no_supply", f"bus[{i}]") for i in dead if str(i) not in out} <= listed


def test_format_two_is_read_as_pandapower_three_reads_it():
    net = read_net(text_of("multivoltage_format_2"))
    assert net.format_version == (2, 14, 0)
    assert "const_z_percent" in net.table("load").columns
    assert case("multivoltage_format_2")["answers"]["t"]["bus"]
