"""What goes out comes back the same, and what cannot go out is said."""

import json

import numpy as np
import pytest

from power.pandapower.answer import solve_net
from power.pandapower.export import export_net
from power.pandapower.mapping import map_net
from power.pandapower.tables import read_net
from power.physics.documents import (
    Battery,
    Consumer,
    Conversion,
    Feed,
    Genset,
    GridSource,
    Line,
    NetworkInput,
    Node,
    RegulatedGenerator,
    StaticLoad,
    Switch,
    TapRegulator,
    TransferSwitch,
    Transformer,
)
from power.physics.moment import solve_moment
from tests.power.pandapower.cases import NAMES, text_of

LAW = (0.01, 0.02, 0.02)


def voltages_by_name(text):
    net = read_net(text)
    answer = solve_net(text)
    return {row.text("name"): answer.bus[row.index] for row in net.table("bus")}


@pytest.mark.parametrize("name", NAMES)
def test_a_network_that_goes_out_and_comes_back_has_the_same_voltages_and_grid_power(name):
    mapped = map_net(read_net(text_of(name)), trafo_model="t")
    text = export_net(mapped.network).text
    given = [
        solve_moment(network).source_kva.sum()
        for network in (mapped.network, map_net(read_net(text)).network)
    ]
    assert given[1] == pytest.approx(given[0], rel=1e-7)
    there = voltages_by_name(text)
    answer = solve_net(text_of(name), trafo_model="t")
    for index, node in mapped.bus.items():
        here, back = answer.bus[index], there[node]
        if here.vm_pu is None:
            assert back.vm_pu is None
            continue
        assert back.vm_pu == pytest.approx(here.vm_pu, abs=1e-8)
        assert abs((back.va_degree - here.va_degree + 180) % 360 - 180) < 1e-6


def chain(**more):
    """Return a grid behind its impedance, a transformer, a board, a UPS and its output."""
    parts = {
        "nodes": [
            Node(id="poi", voltage_v=20000.0),
            Node(id="board", voltage_v=400.0, rating_a=2500.0),
            Node(id="ups out", voltage_v=400.0),
            Node(id="dc", voltage_v=800.0, current="dc"),
        ],
        "branches": [
            Transformer(
                id="TX",
                hv_node="poi",
                lv_node="board",
                rating_kva=1600.0,
                hv_voltage_v=20000.0,
                lv_voltage_v=420.0,
                impedance_ratio=0.06,
                load_loss_kw=12.0,
                no_load_loss_kw=2.0,
                magnetising_ratio=0.003,
                tap_step_ratio=0.025,
                tap_position=1,
                tap_min=-2,
                tap_max=2,
                shift_deg=150.0,
                regulator=TapRegulator(node="board", target_pu=1.0, half_band_pu=0.015),
            )
        ],
        "sources": [
            GridSource(
                id="grid",
                node="poi",
                voltage_pu=1.01,
                short_circuit_mva=200.0,
                x_over_r=8.0,
                contract_kw=900.0,
            )
        ],
        "conversions": [
            Conversion(
                id="UPS",
                kind="ups",
                input_node="board",
                output_node="ups out",
                rating_kw=800.0,
                rating_kva=800.0,
                loss_coefficients=LAW,
            ),
            Conversion(
                id="REC",
                kind="rectifier",
                input_node="board",
                output_node="dc",
                rating_kw=200.0,
                rating_kva=200.0,
                loss_coefficients=LAW,
            ),
        ],
        "consumers": [
            Consumer(
                id="rack",
                kind="rack",
                power_factor=0.99,
                feeds=[Feed(node="ups out", share_ratio=0.5), Feed(node="board", share_ratio=0.5)],
            ),
            Consumer(id="dc rack", kind="rack", feeds=[Feed(node="dc", share_ratio=1.0)]),
        ],
    }
    for name, items in more.items():
        parts[name] = [*parts.get(name, []), *items]
    return NetworkInput(frequency_hz=50, **parts)


def notes_of(exported):
    return {item.path: item.message for item in exported.left_out}


def test_a_conversion_goes_out_as_a_load_and_an_external_grid():
    network, power_kw = chain(), [600.0, 100.0]
    exported = export_net(network, power_kw, title="chain")
    moment = solve_moment(network, power_kw)
    there = voltages_by_name(exported.text)
    ours = dict(zip(moment.topology.grid.node_ids, moment.node_voltage_pu, strict=True))
    for name in ("poi", "board", "ups out"):
        assert there[name].vm_pu == pytest.approx(abs(ours[name]), abs=1e-8)
    angle = np.angle(ours["board"], deg=True)
    assert there["board"].va_degree == pytest.approx(angle, abs=1e-6)
    net = read_net(exported.text)
    loads = {row.text("name"): row.number("p_mw") for row in net.table("load")}
    ratio = 300.0 / 800.0
    loss_kw = 800.0 * (LAW[0] + LAW[1] * ratio + LAW[2] * ratio**2)
    assert loads["UPS input"] == pytest.approx((300.0 + loss_kw) / 1000.0)
    assert loads["rack@board"] == pytest.approx(0.3)
    assert {row.text("name") for row in net.table("ext_grid")} == {"grid", "UPS output"}
    notes = notes_of(exported)
    assert "load at its input and an external grid at its output" in notes["UPS"]
    assert notes["REC"].startswith("a conversion: a load at its input, ")
    assert "direct current" in notes["dc"]
    assert "direct current" in notes["dc rack@dc"]


def test_a_regulated_tap_goes_out_where_it_stands_and_the_regulator_is_listed():
    exported = export_net(chain(), [600.0, 100.0])
    (row,) = read_net(exported.text).table("trafo")
    moment = solve_moment(chain(), [600.0, 100.0])
    assert row.number("tap_pos") == moment.tap_position[0]
    assert "regulator" in notes_of(exported)["TX"]


def test_what_the_tables_have_no_place_for_is_listed():
    network = chain(
        gensets=[
            Genset(
                id="GEN",
                node="board",
                rating_class="ESP",
                rating_kw=1000.0,
                rating_kva=1250.0,
                start_s=10.0,
                block_ratio=0.6,
            )
        ],
        batteries=[
            Battery(
                id="BAT",
                conversion="UPS",
                power_kw=800.0,
                energy_kwh=100.0,
                efficiency_ratio=0.96,
                recharge_kw=50.0,
            )
        ],
    )
    notes = notes_of(export_net(network, [600.0, 100.0]))
    assert notes["GEN"] == "a generator set at rest"
    assert notes["BAT"] == "a battery at rest"
    assert "rating_a" in notes["nodes"]
    assert "contract_kw" in notes["grid connections"]


def test_a_transfer_switch_goes_out_as_a_pair_of_switches():
    network = chain(
        nodes=[Node(id="other", voltage_v=400.0), Node(id="panel", voltage_v=400.0)],
        sources=[GridSource(id="second", node="other", voltage_pu=1.0, short_circuit_mva=None)],
        transfer_switches=[
            TransferSwitch(
                id="STS",
                kind="static",
                output_node="panel",
                preferred_node="other",
                alternate_node="board",
                transfer_s=0.004,
            )
        ],
        static_loads=[StaticLoad(id="fans", node="panel", active_kw=50.0)],
    )
    exported = export_net(network, [600.0, 100.0])
    rows = {
        r.text("name"): r.flag("closed", default=False)
        for r in read_net(exported.text).table("switch")
    }
    assert rows == {"STS preferred": True, "STS alternate": False}
    assert "transfer" in notes_of(exported)["STS"]


def two_boards(loads, **more):
    return NetworkInput(
        frequency_hz=60,
        nodes=[Node(id=name, voltage_v=480.0) for name in ("a", "b", "c")],
        branches=[
            Line(
                id="cable",
                from_node="a",
                to_node="b",
                length_km=0.1,
                rating_a=None,
                resistance_ohm_per_km=0.1,
                reactance_ohm_per_km=0.08,
            )
        ],
        switches=[Switch(id="tie", from_node="b", to_node="c", closed=True, rating_a=1600.0)],
        sources=[GridSource(id="grid", node="a", voltage_pu=1.0, short_circuit_mva=None)],
        static_loads=loads,
        **more,
    )


def test_loads_of_one_bus_that_follow_the_voltage_go_out_as_one_that_draws_the_same():
    network = two_boards(
        [
            StaticLoad(
                id="x", node="b", active_kw=200.0, reactive_kvar=50.0, constant_impedance_ratio=0.7
            ),
            StaticLoad(id="y", node="c", active_kw=100.0, constant_current_ratio=0.5),
        ]
    )
    exported = export_net(network)
    there = voltages_by_name(exported.text)
    ours = solve_moment(network).node_voltage_pu
    assert there["c"].vm_pu == pytest.approx(abs(ours[2]), abs=1e-8)
    assert [row.text("name") for row in read_net(exported.text).table("load")] == ["x and 1 more"]
    assert exported.left_out == ()


def test_a_voltage_dependence_beyond_the_tables_is_listed():
    network = two_boards(
        [
            StaticLoad(id="x", node="b", active_kw=200.0, constant_impedance_ratio=1.0),
            StaticLoad(id="sun", node="b", active_kw=-190.0),
        ]
    )
    assert set(notes_of(export_net(network))) == {"x", "sun"}


def test_a_machine_beside_an_ideal_voltage_goes_out_as_power_alone():
    machine = RegulatedGenerator(id="chp", node="a", active_kw=30.0, voltage_pu=1.0)
    far = RegulatedGenerator(id="far", node="b", active_kw=30.0, voltage_pu=1.0)
    net = read_net(export_net(two_boards([], generators=[machine, far])).text)
    assert [row.text("name") for row in net.table("sgen")] == ["chp"]
    assert [row.text("name") for row in net.table("gen")] == ["far"]


def test_the_text_is_that_of_a_pandapower_network_of_format_three():
    data = json.loads(export_net(two_boards([]), title="two").text)
    assert (data["_module"], data["_class"]) == ("pandapower.auxiliary", "pandapowerNet")
    content = data["_object"]
    assert (content["format_version"], content["name"], content["f_hz"]) == ("3.0.0", "two", 60.0)
    assert content["user_pf_options"]["trafo_model"] == "pi"
    body = json.loads(content["switch"]["_object"])
    assert body["index"] == [0]
    assert content["switch"]["dtype"]["closed"] == "bool"
    # An empty table would lack the columns that pandapower adds to a missing one.
    assert "gen" not in content
