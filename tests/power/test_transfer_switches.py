"""Transfer switches: which side they take, alone, in chains, and in every outage."""

import numpy as np
import pytest

from power.physics.contingency import contingency_study, failover, failover_table
from power.physics.documents import Consumer, Conversion, Feed, Outage
from power.physics.headroom import headroom
from power.physics.moment import solve_moment
from power.physics.network import assemble
from power.physics.switching import ALTERNATE, DEAD, PREFERRED
from power.physics.validation import check
from tests.power.parts import grid, line, load, network, nodes, rack, shunt, transfer
from tests.power.test_states import agrees


def two_sides(*more):
    """Sides A and B from two grids; STS-1 prefers A, STS-2 prefers B, STS-3 hangs on both."""
    return network(
        nodes("GA", "GB", "A", "B", "X1", "X2", "X3"),
        grid("GA", name="GRID-A"),
        grid("GB", name="GRID-B"),
        line("LA", "GA", "A", rating_a=200),
        line("LB", "GB", "B", rating_a=200),
        transfer("STS-1", "X1", "A", "B", rating_a=60.0),
        transfer("STS-2", "X2", "B", "A", rating_a=60.0),
        transfer("STS-3", "X3", "X1", "X2", rating_a=60.0),
        line("L1", "X1", "E1"),
        nodes("E1"),
        rack("R1", "E1"),
        rack("R2", "X2"),
        rack("R3", "X3"),
        *more,
    )


KW = (400.0, 500.0, 300.0)


def outages_of(*groups):
    return [Outage(id="+".join(group), label="x", objects=group) for group in groups]


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ((), (PREFERRED, PREFERRED, PREFERRED)),
        (("LA",), (ALTERNATE, PREFERRED, PREFERRED)),
        (("LB",), (PREFERRED, ALTERNATE, PREFERRED)),
        (("A",), (ALTERNATE, PREFERRED, PREFERRED)),
        (("STS-1",), (DEAD, PREFERRED, ALTERNATE)),
        (("X1",), (DEAD, PREFERRED, ALTERNATE)),
        (("LA", "LB"), (DEAD, DEAD, DEAD)),
        (("STS-1", "LB"), (DEAD, ALTERNATE, ALTERNATE)),
    ],
)
def test_each_takes_its_preferred_side_while_that_is_live(out, expected):
    topology = assemble(two_sides(), out=frozenset(out))
    assert tuple(topology.transfer_position.tolist()) == expected


def test_the_current_goes_through_the_side_that_is_taken():
    site = two_sides()
    normal, failed = solve_moment(site, KW), solve_moment(site, KW, out=frozenset(["LA"]))
    amperes = [kw / (3**0.5 * 10) for kw in (700, 500, 300)]
    assert normal.transfer_current_a == pytest.approx(amperes, rel=0.01)
    assert failed.transfer_current_a == pytest.approx(amperes, rel=0.01)
    assert normal.source_kva.real == pytest.approx([700, 500], rel=0.01)
    assert failed.source_kva.real == pytest.approx([0, 1200], rel=0.01, abs=1e-6)


def test_a_transfer_in_an_outage_shows_with_its_position_and_its_load():
    names = ("LA", "LB", "GRID-A", "STS-1", "X2")
    table = failover(two_sides(), KW, outages=outages_of(*((name,) for name in names)))
    moved = dict(zip(table.states, table.transferred, strict=True))
    assert moved["normal"] == ()
    assert moved["LA"] == (("STS-1", "alternate"),)
    assert moved["LB"] == (("STS-2", "alternate"),)
    assert moved["GRID-A"] == (("STS-1", "alternate"),)
    assert moved["STS-1"] == (("STS-1", "dead"), ("STS-3", "alternate"))
    assert moved["X2"] == (("STS-2", "dead"),)
    dark = dict(zip(table.states, table.dark_consumers, strict=True))
    assert dark["LA"] == ()
    assert dark["STS-1"] == ("R1",)
    assert dark["X2"] == ("R2",)
    # With its own output lost, STS-1 hands the 300 kW behind STS-3 to STS-2.
    sts_2 = table.transfers.ids.index("STS-2")
    assert table.transfers.normal_kw[sts_2] == pytest.approx(500, rel=0.01)
    assert table.transfers.failover_kw[sts_2] == pytest.approx(800, rel=0.01)
    assert table.transfers.failover_state[sts_2] == "STS-1"
    assert table.transfers.failover_ratio[sts_2] == pytest.approx(800 / 3**0.5 / 10 / 60, rel=0.01)


def every_outage(site):
    groups = ("nodes", "branches", "switches", "transfer_switches", "sources", "conversions")
    names = [item.id for group in groups for item in getattr(site, group)]
    names += [item.id for group in ("static_loads", "shunts") for item in getattr(site, group)]
    pairs = [(a, b) for a, b in zip(names, names[3:], strict=False)]
    return outages_of(*((name,) for name in names), *pairs)


def test_every_outage_agrees_with_its_own_topology():
    site = two_sides(load("X3", 120.0, 30.0, impedance=0.5), shunt("E1", 1.0, -50.0))
    cuts = agrees(site, np.array(KW), every_outage(site))
    assert {"E1", "R1", "L1"} & cuts
    assert not {"LA", "LB", "A", "STS-1"} & cuts


def test_behind_a_ups_the_transfer_leads_to_its_own_conversion():
    """A catcher: two UPS feed their loads through STS, a reserve UPS stands behind both."""
    units = [
        Conversion(
            id=f"UPS-{side}",
            kind="ups",
            input_node=entry,
            output_node=f"U{side}",
            rating_kw=500,
            rating_kva=500,
            loss_coefficients=(0.01, 0.0, 0.02),
        )
        for side, entry in (("A", "A"), ("B", "B"), ("R", "B"))
    ]
    site = network(
        nodes("GA", "GB", "A", "B"),
        nodes("UA", "UB", "UR", "DA", "DB", voltage_v=400),
        grid("GA", name="GRID-A"),
        grid("GB", name="GRID-B"),
        line("LA", "GA", "A"),
        line("LB", "GB", "B"),
        transfer("STS-A", "DA", "UA", "UR"),
        transfer("STS-B", "DB", "UB", "UR"),
        rack("RA", "DA"),
        rack("RB", "DB"),
        conversions=tuple(units),
    )
    assert check(site) == []
    agrees(site, np.array([300.0, 200.0]), every_outage(site))
    table = failover(site, [300.0, 200.0], outages=outages_of(("UPS-A",), ("LA",), ("LB",)))
    reserve = table.conversions.ids.index("UPS-R")
    assert table.conversions.normal_kw[reserve] == 0.0
    assert table.conversions.failover_kw[reserve] == pytest.approx(300.0)
    dark = dict(zip(table.states, table.dark_consumers, strict=True))
    assert dark["UPS-A"] == dark["LA"] == ()
    assert dark["LB"] == ("RB",)


def test_headroom_counts_what_a_transfer_brings():
    site = two_sides()
    added = Consumer(id="NEW", kind="rack", feeds=(Feed(node="X1", share_ratio=1.0),))
    found = headroom(site, KW, added=[added], outages=outages_of(("STS-2",), ("STS-1",)))
    # 60 A at 10 kV are 1,039 kW; 700 kW pass STS-1 already.
    assert found.normal.load_kw == pytest.approx(339, rel=0.02)
    assert found.normal.binding.kind == "transfer"
    assert found.n_minus_1.dark_states == ("STS-1",)
    both = headroom(site, KW, added=[added], outages=outages_of(("LB",)))
    assert both.n_minus_1.load_kw == pytest.approx(339, rel=0.02)


def test_an_output_that_leads_back_to_an_input_is_refused():
    site = two_sides(line("BACK", "X1", "A"))
    assert ("transfer_switches.0.output_node", "loop") in {(p.path, p.code) for p in check(site)}
    ring = network(
        nodes("G", "P", "Q"),
        grid("G"),
        transfer("T1", "P", "Q", "G"),
        transfer("T2", "Q", "P", "G"),
    )
    assert {p.code for p in check(ring)} == {"loop"}


def test_states_of_a_study_can_be_asked_again():
    study = contingency_study(two_sides(), KW, outages=outages_of(("LA",), ("STS-1",)))
    assert failover_table(study).transferred == failover_table(study).transferred
