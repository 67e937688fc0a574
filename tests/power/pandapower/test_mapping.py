"""What elements become, and what is said about it."""

import json

import numpy as np
import pytest

from facility.kernel.errors import InputError
from power.pandapower.answer import solve_net
from power.pandapower.mapping import map_net
from power.pandapower.tables import read_net
from power.pandapower.taps import Voltages
from power.pandapower.three_windings import NO_TAP
from power.pandapower.transformers import Pair
from power.physics.admittance import transformer_pi
from power.physics.documents import Impedance, Line, Transformer
from tests.power.pandapower.cases import feeder, net_text, text_of


def mapped(tables, **options):
    return map_net(read_net(net_text(tables)), **options)


def test_objects_are_called_by_table_and_index_or_by_their_own_names():
    plain = mapped(feeder()).network
    assert [node.id for node in plain.nodes] == ["bus 0", "bus 7"]
    assert plain.branches[0].id == "line 3"
    named = mapped(feeder(load={1: {"bus": 7, "p_mw": 1.0, "name": "hall"}}), by_name=True).network
    assert [node.id for node in named.nodes] == ["board", "end"]
    assert named.branches[0].ends == ("board", "end")
    # A name that two elements carry names neither.
    assert [item.id for item in named.static_loads] == ["load 0", "load 1"]


def test_an_element_without_name_does_not_take_the_name_of_another():
    tables = feeder(load={1: {"bus": 7, "p_mw": 1.0}})
    tables["line"][3]["name"] = "load 1"
    named = mapped(tables, by_name=True).network
    assert named.branches[0].id == "load 1"
    assert [item.id for item in named.static_loads] == ["hall", "load 1 (unnamed)"]


def test_a_cable_is_a_line_with_its_rating_and_derating():
    tables = feeder()
    tables["line"][3] |= {"df": 0.8, "parallel": 2, "g_us_per_km": 0.5}
    (line,) = mapped(tables).network.branches
    assert isinstance(line, Line)
    assert (line.rating_a, line.derating_ratio, line.n_parallel) == (200.0, 0.8, 2)
    assert line.conductance_us_per_km == 0.5


def test_a_factor_above_one_raises_the_rating():
    tables = feeder()
    tables["line"][3]["df"] = 1.2
    (line,) = mapped(tables).network.branches
    assert (line.rating_a, line.derating_ratio) == (pytest.approx(240.0), 1.0)


def test_the_charging_current_follows_the_true_frequency():
    net = read_net(net_text(feeder(), f_hz=16.7))
    (line,) = map_net(net).network.branches
    assert line.capacitance_nf_per_km == pytest.approx(250.0 * 16.7 / 50.0)


def test_a_series_capacitor_is_an_impedance_and_is_listed():
    tables = feeder()
    tables["line"][3]["x_ohm_per_km"] = -0.4
    found = mapped(tables)
    assert isinstance(found.network.branches[0], Impedance)
    assert [item.path for item in found.left_out] == ["line[3]"]


def transformer(**values):
    row = {
        "hv_bus": 0,
        "lv_bus": 8,
        "sn_mva": 25.0,
        "vn_hv_kv": 20.0,
        "vn_lv_kv": 0.4,
        "vk_percent": 12.0,
        "vkr_percent": 0.4,
        "pfe_kw": 14.0,
        "i0_percent": 0.07,
    }
    return feeder(bus={8: {"vn_kv": 0.4}}, trafo={2: {**row, **values}})


def test_a_transformer_keeps_its_tap_changer_with_steps_counted_from_neutral():
    tap = {"tap_side": "lv", "tap_pos": 3, "tap_neutral": 5, "tap_min": 1, "tap_max": 9}
    step = {"tap_step_percent": 1.25, "tap_changer_type": "Ratio", "shift_degree": 150.0}
    branch = mapped(transformer(**tap, **step)).network.branches[1]
    assert isinstance(branch, Transformer)
    assert (branch.tap_side, branch.tap_position) == ("lv", -2)
    assert (branch.tap_min, branch.tap_max) == (-4, 4)
    assert branch.tap_step_ratio == pytest.approx(0.0125)
    assert (branch.shift_deg, branch.no_load_place) == (150.0, "middle")


def test_steps_downward_turn_the_range_round():
    tap = {"tap_side": "hv", "tap_pos": 2, "tap_neutral": 0, "tap_min": -3, "tap_max": 5}
    step = {"tap_step_percent": -2.0, "tap_changer_type": "Ratio"}
    branch = mapped(transformer(**tap, **step)).network.branches[1]
    assert (branch.tap_position, branch.tap_min, branch.tap_max) == (-2, -5, 3)
    assert branch.tap_step_ratio == pytest.approx(0.02)


def test_a_tap_outside_its_range_counts_and_is_listed():
    tap = {"tap_side": "hv", "tap_pos": 12, "tap_neutral": 0, "tap_min": -9, "tap_max": 9}
    found = mapped(transformer(**tap, tap_step_percent=1.0, tap_changer_type="Ratio"))
    branch = found.network.branches[1]
    assert (branch.tap_position, branch.tap_min, branch.tap_max) == (12, None, None)
    assert found.left_out[0].path == "trafo[2].tap_pos"


def test_without_a_kind_of_tap_changer_format_three_has_none_and_format_two_has_one():
    tap = {"tap_side": "hv", "tap_pos": 2, "tap_neutral": 0, "tap_step_percent": 2.5}
    new = mapped(transformer(**tap)).network.branches[1]
    old = map_net(read_net(net_text(transformer(**tap), version="2.14.0"))).network.branches[1]
    assert (new.tap_position, old.tap_position) == (0, 2)


def test_parallel_units_and_derating_go_into_the_rating():
    branch = mapped(transformer(parallel=2, df=0.5)).network.branches[1]
    plain = mapped(transformer()).network.branches[1]
    assert branch.rating_kva == plain.rating_kva
    assert branch.no_load_loss_kw == 2 * plain.no_load_loss_kw
    # Half the current in each of two: half the loss at the rating of both.
    assert branch.load_loss_kw == pytest.approx(plain.load_loss_kw / 2)


def test_a_rating_that_stands_for_none_is_lowered_and_listed():
    found = mapped(transformer(sn_mva=99999.0, vk_percent=8000.0))
    assert isinstance(found.network.branches[1], Transformer)
    assert found.left_out[0].path == "trafo[2].sn_mva"


def test_a_transformer_far_from_its_bus_is_an_impedance_and_is_listed():
    found = mapped(transformer(vn_hv_kv=33.0))
    assert isinstance(found.network.branches[1], Impedance)
    assert "33000 V is far from the 20000 V" in found.left_out[0].message


def test_an_impedance_by_characteristic_is_listed_as_not_followed():
    found = mapped(transformer(tap_dependent_impedance=True))
    assert [(item.code, item.path) for item in found.left_out] == [
        ("not_represented", "trafo[2].tap_dependent_impedance")
    ]


def test_three_windings_are_a_star_round_a_node_of_their_own():
    found = map_net(read_net(text_of("star_losses")))
    assert found.branches["trafo3w", 0] == ("trafo3w 0 hv", "trafo3w 0 mv", "trafo3w 0 lv")
    ends = [branch.ends for branch in found.network.branches]
    assert ends == [
        ("bus 0", "trafo3w 0 star"),
        ("trafo3w 0 star", "bus 1"),
        ("trafo3w 0 star", "bus 2"),
    ]
    assert [item.node for item in found.network.shunts] == ["trafo3w 0 star"]


def test_a_switch_at_a_line_stands_between_its_bus_and_its_end():
    tables = feeder(switch={0: {"bus": 7, "element": 3, "et": "l", "closed": False}})
    found = mapped(tables)
    (switch,) = found.network.switches
    assert (switch.from_node, switch.to_node, switch.closed) == ("bus 7", "switch 0 end", False)
    assert found.network.branches[0].ends == ("bus 0", "switch 0 end")
    # The load behind it is dark, and said to be.
    assert found.network.static_loads == ()
    assert {item.path for item in found.left_out} == {"load 0", "bus[7]"}


def test_an_open_switch_before_a_bus_out_of_service_leaves_a_transformer_charged():
    tables = transformer()
    tables["bus"][8]["in_service"] = False
    assert solve_net(net_text(tables)).trafo[2].pl_mw == 0.0
    tables["switch"] = {0: {"bus": 8, "element": 2, "et": "t", "closed": False}}
    charged = solve_net(net_text(tables)).trafo[2]
    assert charged.pl_mw == pytest.approx(0.014, rel=0.05)
    assert charged.loading_percent > 0


def test_a_closed_switch_with_an_impedance_is_an_impedance():
    tables = feeder(
        bus={8: {"vn_kv": 20.0}},
        switch={1: {"bus": 7, "element": 8, "et": "b", "closed": True, "z_ohm": 1.0}},
    )
    found = mapped(tables)
    branch = found.network.branches[0]
    r, x = branch.from_to_pu
    assert (r / x, (r**2 + x**2) ** 0.5) == (pytest.approx(2.0), pytest.approx(1.0 / 400.0))
    assert found.left_out[0].path == "switch[1]"


def test_loads_that_follow_the_voltage_become_one_with_the_rest_of_their_bus():
    more = {1: {"bus": 7, "p_mw": 1.0, "q_mvar": 0.0, "const_z_p_percent": 100.0}}
    found = mapped(feeder(load=more))
    active, reactive = found.network.static_loads
    assert (active.active_kw, active.constant_impedance_ratio) == (3000.0, 0.5)
    assert (reactive.reactive_kvar, reactive.constant_impedance_ratio) == (500.0, 0.0)
    assert found.left_out[0].path == "load[0]"


def test_a_direct_current_link_is_two_machines_and_is_listed():
    link = {"from_bus": 0, "to_bus": 7, "p_mw": 1.0, "loss_percent": 2.0, "loss_mw": 0.01}
    found = mapped(feeder(dcline={0: {**link, "vm_from_pu": 1.0, "vm_to_pu": 1.0}}))
    assert [item.active_kw for item in found.network.generators] == [-1000.0, pytest.approx(970.0)]
    assert found.left_out[0].path == "dcline[0]"


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"vk_percent": 0.0, "vkr_percent": 0.0}, "vk_percent"),
        ({"vkr_percent": 20.0}, "vkr_percent"),
        ({"sn_mva": 0.0}, "sn_mva"),
        ({"df": -1.0}, "df"),
        (
            {"tap_dependency_table": True, "id_characteristic_table": 4, "tap_pos": 1},
            "id_characteristic_table",
        ),
    ],
)
def test_a_transformer_that_cannot_be_is_refused_by_its_column(values, path):
    with pytest.raises(InputError) as raised:
        mapped(transformer(**values))
    assert [problem.path for problem in raised.value.problems] == [f"trafo[2].{path}"]


def test_an_element_out_of_service_carries_nothing():
    second = {**feeder()["line"][3], "in_service": False}
    answer = solve_net(net_text(feeder(line={4: second})))
    assert answer.line[4].model_dump() == {"loading_percent": 0.0, "pl_mw": 0.0, "ql_mvar": 0.0}
    assert [item.path for item in answer.not_represented] == ["line[4]"]


def test_the_order_of_tables_in_the_file_does_not_matter():
    net = json.loads(text_of("injections"))
    net["_object"] = dict(reversed(net["_object"].items()))
    assert solve_net(json.dumps(net)).bus == solve_net(text_of("injections")).bus


@pytest.mark.parametrize("model", ["t", "pi"])
def test_a_transformer_and_the_two_port_that_stands_in_for_it_are_the_same(model):
    leakage = {"leakage_resistance_ratio_hv": 0.3, "leakage_reactance_ratio_hv": 0.8}
    tap = {"tap_side": "lv", "tap_pos": 2, "tap_neutral": 0, "tap_step_percent": 2.0}
    values = {**leakage, **tap, "tap_changer_type": "Ratio", "shift_degree": 150.0, "parallel": 2}
    network = mapped(transformer(**values), trafo_model=model).network
    nodes = {node.id: node for node in network.nodes}
    branch = network.branches[1]
    first, second = (nodes[name] for name in branch.ends)
    pi = transformer_pi(branch, first, second)
    windings = Voltages(20.0, 0.4, 150.0)
    pair = Pair(
        rating_mva=25.0,
        at_rest=windings,
        at_tap=windings.scaled("lv", 1.04, 0.0),
        tap=NO_TAP,
        impedance_percent=12.0,
        resistance_percent=0.4,
        no_load_kw=14.0,
        no_load_percent=0.07,
        n_parallel=2.0,
        hv_shares=(0.3, 0.8),
    )
    ours = pair.two_port(20000.0, 400.0, model=model)
    expected = (pi.from_from, pi.from_to, pi.to_from, pi.to_to)
    assert np.allclose(ours, expected, rtol=1e-12)


def test_options_that_mean_nothing_are_told_all_at_once():
    net = json.loads(text_of("switches"))
    net["_object"]["user_pf_options"] = {"switch_rx_ratio": "x", "trafo_loading": 5}
    with pytest.raises(InputError) as refused:
        map_net(read_net(json.dumps(net)))
    assert {problem.path for problem in refused.value.problems} == {
        "user_pf_options.switch_rx_ratio",
        "user_pf_options.trafo_loading",
    }
