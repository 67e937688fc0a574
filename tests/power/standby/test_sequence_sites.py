import numpy as np
import pytest

from facility.kernel.errors import InputError
from power.physics.documents import Battery, Genset, Node, Switch
from power.physics.standby.sequence import each_set_failing, loss_of_utility
from power.physics.system import solve_system
from tests.power.sites import site
from tests.power.standby.halls import genset, hall

KW = [200.0] * 4 + [50.0, 50.0]


def standby_site():
    """Two halls, one on DC, with a battery on every conversion and sets at medium voltage."""
    network = site(dc_halls=1, busways=1, taps=2)
    batteries = [
        Battery(
            id=f"BAT-{item.id}",
            conversion=item.id,
            power_kw=item.rating_kw,
            energy_kwh=item.rating_kw / 10,
            efficiency_ratio=0.95,
            recharge_kw=item.rating_kw * 0.05,
        )
        for item in network.conversions
    ]
    sets = [
        Genset(
            id=f"G{i}",
            node="GEN",
            rating_class="DCP",
            rating_kw=1000,
            rating_kva=1250,
            start_s=10 + i,
            block_ratio=0.4,
        )
        for i in range(3)
    ]
    return network.model_copy(
        update={
            "nodes": (*network.nodes, Node(id="GEN", voltage_v=33e3)),
            "switches": (
                *network.switches,
                Switch(id="GEN-A", from_node="GEN", to_node="MV-A", closed=False),
                Switch(id="GEN-B", from_node="GEN", to_node="MV-B", closed=False),
            ),
            "batteries": tuple(batteries),
            "gensets": tuple(sets),
        }
    )


def kw_of(network):
    return np.array([35.0 if item.kind == "rack" else 30.0 for item in network.consumers])


@pytest.mark.reference
def test_batteries_give_what_their_conversions_drew_before():
    network = standby_site()
    answer = loss_of_utility(network, kw_of(network))
    flow = solve_system(network, kw_of(network)[:, np.newaxis])
    drawn_kw = flow.conversion_output_kw[:, 0] + flow.conversion_loss_kw[:, 0]
    assert answer.course.battery_kw[:, 0] == pytest.approx(drawn_kw, rel=1e-6)
    assert {span.consumer for span in answer.dark} == {
        item.id for item in network.consumers if item.kind == "cooling"
    }
    assert answer.racks_dark == ()
    assert not answer.dark_at_end.any()


@pytest.mark.reference
def test_the_end_on_sets_is_the_flow_of_a_site_fed_at_their_node():
    network = standby_site()
    answer = loss_of_utility(network, kw_of(network))
    (grid,) = network.sources
    fed_there = network.model_copy(
        update={
            "sources": (grid.model_copy(update={"node": "GEN", "short_circuit_mva": None}),),
            "switches": tuple(
                item.model_copy(update={"closed": True}) for item in network.switches
            ),
        }
    )
    flow = solve_system(fed_there, kw_of(network)[:, np.newaxis])
    given = sum(use.kw for use in answer.sets)
    assert given == pytest.approx(float(flow.source_kw.sum()), rel=1e-9)
    assert sum(use.kvar for use in answer.sets) == pytest.approx(
        float(flow.source_kvar.sum()), rel=1e-9
    )
    assert answer.course.genset_kw[:, -1].sum() == pytest.approx(given, rel=1e-12)


def test_with_one_ups_in_maintenance_its_partner_carries_all_on_battery():
    answer = loss_of_utility(hall(), KW, out=["UPS-A"])
    assert answer.course.battery_kw[:, 0] == pytest.approx([0.0, 838.8])
    assert [e.object for e in answer.events if e.kind == "battery_takes_over"] == ["UPS-B"]
    # It stays out when the sets come.
    assert answer.course.genset_kw[:, -1].sum() == pytest.approx(938.8)
    assert all(e.object != "UPS-A" for e in answer.events)


def test_batteries_sets_and_boards_may_be_in_maintenance():
    answer = loss_of_utility(hall(), KW, out=["BAT-A", "G1"])
    assert [(e.at_s, e.object) for e in answer.events if e.kind == "conversion_off"] == [
        (0.0, "UPS-A")
    ]
    assert [use.id for use in answer.batteries] == ["BAT-B"]
    assert [use.id for use in answer.sets] == ["G2"]
    answer = loss_of_utility(hall(), KW, out=["BOARD-A"])
    assert answer.course.battery_kw[:, 0] == pytest.approx([0.0, 838.8])
    assert [s.until_s for s in answer.cooling_dark if s.consumer == "CDU-A"] == [None]
    with pytest.raises(InputError):
        loss_of_utility(hall(), KW, out=["NO"])


def test_every_set_fails_once():
    network = hall(
        gensets=[genset("G1", rating_kw=600, rating_kva=750), genset("G2", rating_kw=1200)]
    )
    answers = each_set_failing(network, KW)
    assert list(answers) == ["G1", "G2"]
    # 942.4 kW run on the 1200 kW of the second alone, but not on the 600 kW of the first.
    assert answers["G1"].left_off == ()
    assert answers["G1"].sets[0].kw == 0
    assert answers["G2"].left_off != ()
