import numpy as np
import pytest

from power.physics.documents import Switch
from power.physics.outage_table import branch_outages
from power.physics.system import solve_system
from tests.power.loadflow_cases import read, with_consumers
from tests.power.meshed import meshed
from tests.power.small import two_nodes


@pytest.mark.reference
def test_every_row_of_the_reference_outage_table_is_reproduced():
    network, kw = with_consumers(read("loadflow/campus_small")["network"])
    expected = read("contingency/campus_small_n_minus_1")["outages"]
    records = branch_outages(network, kw)
    assert len(records) == len(expected) == len(network.branches)
    for record, row in zip(records, expected, strict=True):
        assert (record.element, record.id) == (row["element"], f"{row['element']} {row['id']}")
        assert record.n_deenergised == len(record.dead_nodes) == row["n_deenergised"]
        assert record.vm_min_energised_pu == pytest.approx(row["vm_min_energised_pu"], abs=1e-7)
        assert record.max_line_loading == pytest.approx(row["max_line_loading"], abs=1e-6)
        assert record.max_transformer_loading == pytest.approx(
            row["max_transformer_loading"], abs=1e-6
        )
        assert record.p_poi_mw == pytest.approx(row["p_poi_mw"], rel=1e-6, abs=1e-6)
        assert record.reason == ""


def test_closed_switches_follow_when_they_are_wanted():
    network = meshed()
    kw = np.full(len(network.consumers), 20.0)
    records = branch_outages(network, kw, switches=True)
    n_branches = len(network.branches)
    assert [r.id for r in records[n_branches:]] == [s.id for s in network.switches if s.closed]
    assert {r.element for r in records[n_branches:]} == {"switch"}
    panel = next(r for r in records if r.id == "PANEL-SW")
    assert set(panel.dead_nodes) == {"PANEL-2", "ISOLATED"}
    flow = solve_system(network, kw[:, np.newaxis], out=frozenset(["COUPLER"]))
    coupler = next(r for r in records if r.id == "COUPLER")
    assert 1e3 * coupler.p_poi_mw == pytest.approx(flow.source_kw.sum(), rel=1e-9)


def test_an_outage_without_solution_says_so_and_gives_no_figure():
    base = two_nodes(voltage_v=400.0, resistance=0.002, reactance=0.01)
    line = base.branches[0]
    network = base.model_copy(
        update={"branches": tuple(line.model_copy(update={"id": f"way {i}"}) for i in range(2))}
    )
    records = branch_outages(network, np.array([9_000.0]))
    for record in records:
        assert "voltage collapse at end" in record.reason
        assert record.n_deenergised == 0
        assert record.vm_min_energised_pu is None
        assert record.p_poi_mw is None


def test_behind_an_open_main_switch_everything_is_dead():
    base = two_nodes(voltage_v=400.0, resistance=0.002)
    network = base.model_copy(
        update={
            "nodes": (base.nodes[0].model_copy(update={"id": "utility"}), *base.nodes),
            "switches": (Switch(id="main", from_node="utility", to_node="start", closed=True),),
            "sources": (base.sources[0].model_copy(update={"node": "utility"}),),
        }
    )
    by_id = {r.id: r for r in branch_outages(network, np.array([10.0]), switches=True)}
    assert by_id["main"].dead_nodes == ("start", "end")
    assert by_id["main"].p_poi_mw == pytest.approx(0.0)
    assert by_id["line"].dead_nodes == ("end",)
    assert by_id["line"].vm_min_energised_pu == pytest.approx(1.0)
