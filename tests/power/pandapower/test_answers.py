"""Every element as pandapower solves it, and every single outage."""

import json

import numpy as np
import pytest

from power.pandapower.answer import solve_net
from tests.power.pandapower.cases import NAMES, case, feeder, net_text, text_of

FIGURES = {"loading_percent": 1e-6, "pl_mw": 1e-8, "ql_mvar": 1e-8}
OUTAGES = [name for name in NAMES if "outages" in case(name)]
COLUMNS = (
    *("n_deenergised", "vm_min_energised_pu", "max_line_loading", "max_transformer_loading"),
    "p_poi_mw",
)


def solve(name, model):
    return solve_net(text_of(name), trafo_model=model).model_dump()


@pytest.mark.reference
@pytest.mark.parametrize("model", ["t", "pi"])
@pytest.mark.parametrize("name", NAMES)
def test_voltages_are_those_of_pandapower(name, model):
    found, expected = solve(name, model), case(name)["answers"][model]
    assert found["transformer_model"] == model
    assert found["bus"].keys() == {int(index) for index in expected["bus"]}
    for index, voltage in expected["bus"].items():
        ours = found["bus"][int(index)]
        if voltage["vm_pu"] is None:
            assert ours == {"vm_pu": None, "va_degree": None}
            continue
        assert ours["vm_pu"] == pytest.approx(voltage["vm_pu"], abs=1e-8)
        turn = (ours["va_degree"] - voltage["va_degree"] + 180.0) % 360.0 - 180.0
        assert abs(turn) < 1e-6


@pytest.mark.reference
@pytest.mark.parametrize("model", ["t", "pi"])
@pytest.mark.parametrize("name", NAMES)
def test_losses_and_loadings_are_those_of_pandapower(name, model):
    found, expected = solve(name, model), case(name)["answers"][model]
    for table in ("line", "trafo", "trafo3w"):
        assert found[table].keys() == {int(index) for index in expected[table]}
        for index, figures in expected[table].items():
            for figure, error in FIGURES.items():
                ours = found[table][int(index)][figure]
                if figures[figure] is None:
                    assert ours is None or figure != "loading_percent"
                else:
                    assert ours == pytest.approx(figures[figure], abs=error), (table, index)
    assert found["losses_mw"] == pytest.approx(expected["losses_mw"], abs=1e-8)


@pytest.mark.reference
@pytest.mark.parametrize("name", OUTAGES)
def test_every_single_outage_is_that_of_pandapower(name):
    answer = solve_net(text_of(name), trafo_model="t", contingencies=True)
    found = {(item.element, item.id): item for item in answer.contingencies}
    compared = [item for item in case(name)["outages"] if (item["element"], item["id"]) in found]
    assert len(compared) >= len(found)
    # A slack machine gives power to the network too; pandapower's column has external grids only.
    columns = COLUMNS if name != "injections" else COLUMNS[:-1]
    for expected in compared:
        ours = found[expected["element"], expected["id"]]
        assert ours.reason == ""
        for column in columns:
            assert getattr(ours, column) == pytest.approx(expected[column], abs=1e-7)


def test_a_bus_with_nothing_but_a_grid_behind_an_impedance_is_no_bus_of_its_own():
    impedance = {"from_bus": 9, "to_bus": 0, "rft_pu": 0.001, "xft_pu": 0.01, "sn_mva": 1.0}
    capacitor = {"bus": 0, "q_mvar": -1.0}
    tables = feeder(bus={9: {"vn_kv": 20.0}}, impedance={0: impedance}, shunt={0: capacitor})
    tables["ext_grid"] = {0: {"bus": 9, "vm_pu": 1.0}}
    answer = solve_net(net_text(tables), contingencies=True)
    (record,) = answer.contingencies
    assert (record.element, record.id, record.name) == ("line", 3, "cable")
    assert record.n_deenergised == 1
    assert record.p_poi_mw == pytest.approx(0.0, abs=1e-6)
    assert record.vm_min_energised_pu > 1.005
    assert answer.bus[9].vm_pu == pytest.approx(1.0)


def test_an_outage_without_a_solution_says_so_and_gives_no_figures():
    second = {**feeder()["line"][3], "length_km": 60.0, "name": "long way"}
    tables = feeder(line={4: second}, load={0: {"bus": 7, "p_mw": 16.0, "q_mvar": 5.0}})
    answer = solve_net(net_text(tables), contingencies=True)
    by_name = {item.name: item for item in answer.contingencies}
    assert "no solution: voltage collapse at bus 7" in by_name["cable"].reason
    assert by_name["cable"].vm_min_energised_pu is None
    assert by_name["long way"].reason == ""
    assert by_name["long way"].n_deenergised == 0


def test_the_losses_of_a_plain_feeder_are_those_of_hand_arithmetic():
    answer = solve_net(net_text(feeder()))
    voltage = answer.bus[7].vm_pu * np.exp(1j * np.deg2rad(answer.bus[7].va_degree))
    half = 0.5j * 2 * np.pi * 50 * 250e-9 * 2.0 * 20.0**2
    current = np.conj((2.0 + 0.5j) / voltage) + half * voltage
    assert pytest.approx(voltage + current * (0.4 + 0.24j) / 20.0**2, abs=1e-10) == 1.0
    at_grid = current + half
    loading = max(abs(at_grid), abs(current - half * voltage)) / (np.sqrt(3) * 20.0) / 0.2
    assert answer.line[3].loading_percent == pytest.approx(100.0 * loading, rel=1e-9)
    assert answer.losses_mw == pytest.approx(abs(current) ** 2 * 0.4 / 20.0**2, rel=1e-9)


def test_a_line_without_rating_has_no_loading():
    tables = feeder()
    tables["line"][3]["max_i_ka"] = None
    assert solve_net(net_text(tables)).line[3].loading_percent is None


def test_transformers_may_be_measured_by_power():
    name, options = "transformers", {"trafo_loading": "power"}
    net = json.loads(text_of(name))
    net["_object"]["user_pf_options"] = options
    by_power = solve_net(json.dumps(net))
    by_current = solve_net(text_of(name))
    ratio = by_power.trafo[0].loading_percent / by_current.trafo[0].loading_percent
    # At the high-voltage side, where it is loaded most, current counts 1 / 1.02 of the power.
    assert ratio == pytest.approx(by_power.bus[0].vm_pu, rel=1e-9)


def test_the_answer_is_one_document_in_json():
    answer = solve_net(text_of("multivoltage"))
    text = json.loads(answer.canonical_bytes())
    assert set(text) == {
        *("transformer_model", "bus", "line", "trafo", "trafo3w", "losses_mw"),
        *("not_represented", "contingencies"),
    }
    assert text["contingencies"] is None
    assert text["bus"]["0"].keys() == {"vm_pu", "va_degree"}
