import numpy as np
import pytest

from power.physics.contingency import contingency_study, failover, failover_table
from power.physics.documents import (
    Consumer,
    Conversion,
    Feed,
    GridSource,
    Line,
    NetworkInput,
    Node,
    Outage,
)
from power.physics.outages import credible_outages
from power.physics.system import solve_system
from tests.power.loadflow_cases import read
from tests.power.sites import site
from tests.power.small import two_nodes


def kw_of(network):
    return np.array([30.0 if item.kind == "rack" else 20.0 for item in network.consumers])


def test_failover_is_the_total_load_in_the_worst_outage():
    network = site()
    outages = credible_outages(network)
    table = failover(network, kw_of(network), outages=outages)
    assert table.unsolved == ()
    assert len(table.states) == len(outages) + 1
    by_hand = {}
    for outage in outages:
        flow = solve_system(network, kw_of(network)[:, np.newaxis], out=frozenset(outage.objects))
        for name, kw in zip(table.conversions.ids, flow.conversion_output_kw[:, 0], strict=True):
            by_hand[name] = max(by_hand.get(name, 0.0), float(kw))
    assert dict(
        zip(table.conversions.ids, table.conversions.failover_kw, strict=True)
    ) == pytest.approx(by_hand, rel=1e-5)
    assert np.all(table.conversions.failover_kw > 1.9 * table.conversions.normal_kw)


def test_every_failover_names_a_state_that_reproduces_it():
    network = site()
    outages = {outage.id: outage for outage in credible_outages(network)}
    table = failover(network, kw_of(network), outages=tuple(outages.values()))
    for i in range(0, len(table.branches.ids), 5):
        outage = outages[table.branches.failover_state[i]]
        flow = solve_system(network, kw_of(network)[:, np.newaxis], out=frozenset(outage.objects))
        assert flow.branch_current_ratio[i, 0] == pytest.approx(table.branches.failover_ratio[i])


def test_the_breaker_of_a_rack_carries_everything_when_the_other_side_is_lost():
    network = site()
    table = failover(network, kw_of(network), outages=credible_outages(network))
    feeds = table.feeds
    i = feeds.ids.index("RACK-0-0-0-0@TAP-0A-0-0")
    assert feeds.normal_kw[i] == pytest.approx(15.0)
    assert feeds.failover_kw[i] == pytest.approx(30.0)
    assert feeds.failover_kva[i] == pytest.approx(30.0 / 0.98)
    # 30 kW / (sqrt 3 * 415 V * 0.98) = 42.6 A at nominal voltage; limit 100 A * 0.8.
    assert feeds.failover_a[i] == pytest.approx(42.6, rel=0.01)
    assert feeds.failover_a[i] > 30e3 / (3**0.5 * 415 * 0.98)
    assert feeds.failover_ratio[i] == pytest.approx(feeds.failover_a[i] / 80)


def test_dark_consumers_and_dead_nodes_are_listed_for_every_state():
    network = site()
    outages = (Outage(id="both", label="both", objects=("UPS-0A", "UPS-0B")),)
    table = failover(network, kw_of(network), outages=outages)
    assert table.dark_consumers[0] == ()
    assert len(table.dark_consumers[1]) == 18
    assert "UPS-OUT-0A" in table.dead_nodes[1]


def test_an_object_lost_in_every_outage_keeps_its_normal_load():
    network = site()
    table = failover(
        network, kw_of(network), outages=(Outage(id="o", label="o", objects=("UPS-0A",)),)
    )
    assert table.conversions.failover_state[0] == "normal"
    assert table.conversions.failover_kw[0] == table.conversions.normal_kw[0]


def test_a_state_without_solution_is_said_and_counts_in_no_figure():
    ways = ("first", "second")
    base = two_nodes(voltage_v=800.0, resistance=0.008)
    network = base.model_copy(
        update={"branches": tuple(base.branches[0].model_copy(update={"id": w}) for w in ways)}
    )
    outages = tuple(Outage(id=f"outage:{way}", label=way, objects=(way,)) for way in ways)
    table = failover(network, np.array([25_000.0]), outages=outages)
    assert [item.state for item in table.unsolved] == ["outage:first", "outage:second"]
    assert "voltage collapse at end" in table.unsolved[0].reason
    assert table.states == ("normal",)
    assert table.branches.failover_state == ("normal", "normal")


def test_the_generated_outages_cover_branches_conversions_and_bus_sections():
    network = site(halls=1, busways=1, taps=2)
    objects = {outage.objects[0] for outage in credible_outages(network)}
    assert {"TX-A", "SUB-0B", "MVC-0A", "BUSWAY-0A-0-1", "UPS-0A", "MV-A", "BOARD-0A"} <= objects
    assert "GRID" not in objects
    assert "TAP-0A-0-0" not in objects
    assert all(outage.id == f"outage:{outage.objects[0]}" for outage in credible_outages(network))


def distributed(n_systems: int, pairs: list[tuple[int, int]], kw: float) -> NetworkInput:
    """UPS systems on one bus without losses, and one load on each pair of them."""
    numbers = range(n_systems)
    return NetworkInput(
        frequency_hz=50,
        nodes=[
            Node(id="grid", voltage_v=400),
            *(Node(id=f"out {i}", voltage_v=400) for i in numbers),
        ],
        sources=[
            GridSource(id="G", node="grid", voltage_pu=1.0, short_circuit_mva=None),
        ],
        conversions=[
            Conversion(
                id=f"U{i}",
                kind="ups",
                input_node="grid",
                output_node=f"out {i}",
                rating_kw=kw,
                rating_kva=kw,
                loss_coefficients=(0, 0, 0),
            )
            for i in numbers
        ],
        consumers=[
            Consumer(
                id=f"load {i} on {a} {b}",
                kind="rack",
                feeds=tuple(Feed(node=f"out {way}", share_ratio=0.5) for way in (a, b)),
            )
            for i, (a, b) in enumerate(pairs)
        ],
    )


@pytest.mark.reference
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_distributed_redundancy_over_all_pairs_follows_the_arithmetic(k):
    # k systems to make k - 1: normal (k-1)/k of the rating, after a loss every survivor is full.
    pairs = [(a, b) for a in range(k) for b in range(a)]
    network = distributed(k, pairs, kw=1000.0)
    each = 1000.0 * (k - 1) / len(pairs)
    table = failover(network, np.full(len(pairs), each), outages=credible_outages(network))
    ups = table.conversions
    assert ups.normal_ratio == pytest.approx(np.full(k, (k - 1) / k))
    assert ups.failover_ratio == pytest.approx(np.ones(k))


def test_unbalanced_pairs_overload_one_survivor():
    network = distributed(3, [(0, 1), (0, 1), (0, 2)], kw=1000.0)
    table = failover(network, np.full(3, 600.0), outages=credible_outages(network))
    assert table.conversions.failover_ratio == pytest.approx([1.5, 1.2, 0.6])


@pytest.mark.reference
def test_supplies_share_as_the_published_examples_say():
    for example in read("redundancy/multi_psu_examples")["examples"][:2]:
        n, kw = example["connections"], example["load_w"] / 1000
        nodes = tuple(f"out {i}" for i in range(n))
        network = distributed(n, [], kw=10.0)
        server = Consumer(
            id="server",
            kind="rack",
            feeds=tuple(Feed(node=node, share_ratio=1 / n) for node in nodes),
        )
        network = network.model_copy(update={"consumers": (server,)})
        side = tuple(f"U{i}" for i in range(n // 2))
        table = failover(
            network, np.array([kw]), outages=(Outage(id="A", label="A", objects=side),)
        )
        extra = example.get(
            "failover_w_per_connection", example.get("uncertainty_w_per_connection")
        )
        assert 1000 * table.feeds.normal_kw == pytest.approx(
            np.full(n, example["estimated_w_per_connection"])
        )
        lost = table.feeds.failover_kw[n // 2 :] - table.feeds.normal_kw[n // 2 :]
        assert 1000 * lost == pytest.approx(np.full(n // 2, extra))


@pytest.mark.reference
def test_the_published_power_tree_carries_its_racks():
    # Two racks on each of four floor units, all behind one switchboard; near-ideal lines.
    case = read("redundancy/dps_topology_example")
    units = case["tree"]["children"][0]["children"]
    volts, per_a = 480.0, 3**0.5 * 480.0 / 1000
    lines = [("board", "grid", "board", 1600), *((u["id"], "board", u["id"], 450) for u in units)]
    network = NetworkInput(
        frequency_hz=60,
        nodes=[Node(id=n, voltage_v=volts) for n in ("grid", "board", *(u["id"] for u in units))],
        branches=[
            Line(
                id=f"to {name}",
                from_node=start,
                to_node=end,
                length_km=1e-5,
                resistance_ohm_per_km=0.01,
                reactance_ohm_per_km=0.01,
                rating_a=rating_kw / per_a,
            )
            for name, start, end, rating_kw in lines
        ],
        sources=[
            GridSource(
                id="utility", node="grid", voltage_pu=1.0, short_circuit_mva=None, contract_kw=750
            )
        ],
        consumers=[
            Consumer(
                id=f"rack {rack}", kind="rack", feeds=(Feed(node=unit["id"], share_ratio=1.0),)
            )
            for unit in units
            for rack in unit["racks"]
        ],
    )
    tray = case["device_w"]["dgx_gb200_tray"]["older_specification"]["max"]
    rack_kw = 18 * tray / 1000  # 101.52 kW
    table = failover(network, np.full(8, rack_kw), outages=())
    assert table.sources.normal_ratio[0] == pytest.approx(8 * 101.52 / 750, rel=1e-5)
    assert table.branches.normal_ratio[0] == pytest.approx(8 * 101.52 / 1600, rel=1e-5)
    assert table.branches.normal_ratio[1:] == pytest.approx(np.full(4, 2 * 101.52 / 450), rel=1e-5)


def test_of_states_that_are_alike_the_first_in_the_document_is_named():
    network = site(halls=1)
    outages = credible_outages(network)
    kw = kw_of(network)
    forth = failover(network, kw, outages=outages)
    back = failover(network, kw, outages=outages[::-1])
    number = {outage.id: i for i, outage in enumerate(outages)}
    for one, other in (
        (forth.branches, back.branches),
        (forth.conversions, back.conversions),
        (forth.feeds, back.feeds),
    ):
        assert one.failover_ratio == pytest.approx(other.failover_ratio, rel=1e-8)
        for first, last in zip(one.failover_state, other.failover_state, strict=True):
            assert number[first] <= number[last]
    assert forth.conversions.failover_state != back.conversions.failover_state


def test_a_study_gives_the_table_of_its_network():
    network = site(halls=1)
    kw = kw_of(network)
    study = contingency_study(network, kw, outages=credible_outages(network))
    table = failover(network, kw, outages=credible_outages(network))
    again = failover_table(study)
    assert again.worst_object == table.worst_object
    assert np.array_equal(again.branches.failover_kw, table.branches.failover_kw)
