import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from facility.kernel.errors import InputError
from power.physics.documents import (
    Consumer,
    Conversion,
    Feed,
    GridSource,
    Line,
    NetworkInput,
    Node,
    Switch,
    TransferSwitch,
)
from power.physics.grid import build_grid
from power.physics.network import connect
from power.physics.paths import KINDS, path_limit, path_limits, rating_kva, supply_paths
from tests.power.loadflow_cases import read
from tests.power.meshed import meshed
from tests.power.sites import site


def line(name, ends, rating_a):
    return Line(
        id=name,
        from_node=ends[0],
        to_node=ends[1],
        length_km=0.01,
        resistance_ohm_per_km=0.1,
        reactance_ohm_per_km=0.1,
        rating_a=rating_a,
    )


def chain(*, phases="L1L2L3", power_factor=1.0, feed_a=30.0, ups_kw=1e3, pdu_a=15.0):
    """A feed of 30 A on a PDU of 15 A behind a UPS whose output breaker is 20 A."""
    return NetworkInput(
        frequency_hz=50,
        nodes=[
            Node(id="grid", voltage_v=400),
            Node(id="ups out", voltage_v=400),
            Node(id="breaker", voltage_v=400),
            Node(id="pdu", voltage_v=400, rating_a=pdu_a),
        ],
        sources=[GridSource(id="G", node="grid", voltage_pu=1.0, short_circuit_mva=None)],
        conversions=[
            Conversion(
                id="UPS",
                kind="ups",
                input_node="grid",
                output_node="ups out",
                rating_kw=ups_kw,
                rating_kva=1e3,
                loss_coefficients=(0, 0, 0),
            )
        ],
        switches=[
            Switch(id="CB", from_node="ups out", to_node="breaker", closed=True, rating_a=20.0)
        ],
        branches=[line("whip", ("breaker", "pdu"), None)],
        consumers=[
            Consumer(
                id="rack",
                kind="rack",
                power_factor=power_factor,
                feeds=(Feed(node="pdu", share_ratio=1.0, rating_a=feed_a, phases=phases),),
            )
        ],
    )


@pytest.mark.reference
@pytest.mark.parametrize("phases", ["L1L2L3", "L2", "L1L2"])
def test_feed_thirty_ups_twenty_strip_fifteen_leaves_fifteen_ampere(phases):
    answer = path_limit(chain(phases=phases), "rack@pdu")
    assert answer.limit_a == pytest.approx(15.0)
    assert answer.binding == ("pdu",)
    factor = {"L1L2L3": 3**0.5, "L2": 3**-0.5, "L1L2": 1.0}[phases]
    assert answer.limit_kva == pytest.approx(factor * 400 * 15 / 1e3)


@pytest.mark.reference
def test_each_of_the_three_binds_where_it_is_the_lowest():
    assert path_limit(chain(pdu_a=25.0), "rack@pdu").binding == ("CB",)
    assert path_limit(chain(feed_a=10.0), "rack@pdu").binding == ("rack@pdu",)
    small = path_limit(chain(ups_kw=5.0, power_factor=0.8), "rack@pdu")
    assert small.binding == ("UPS",)
    assert small.limit_kw == pytest.approx(5.0)
    assert small.limit_kva == pytest.approx(6.25)


def test_the_way_is_told_from_the_grid_on_and_what_has_no_rating_is_named():
    answer = path_limit(chain(), "rack@pdu")
    assert [step.id for step in answer.steps] == [
        "G", "grid", "UPS", "ups out", "CB", "breaker", "whip", "pdu", "rack@pdu",
    ]  # fmt: skip
    assert answer.unrated == ("G", "grid", "ups out", "breaker", "whip")
    kva = {step.id: step.limit_kva for step in answer.steps}
    assert kva["CB"] == pytest.approx(3**0.5 * 400 * 20 / 1e3)


def dps_tree():
    """The published power tree: 750 kW, one switchboard, four floor units of two racks each."""
    case = read("redundancy/dps_topology_example")
    board = case["tree"]["children"][0]
    per_a = 3**0.5 * 480.0 / 1e3
    nodes = [
        Node(id="utility", voltage_v=480),
        Node(id=board["id"], voltage_v=480, rating_a=board["rating_kw"] / per_a),
        *(
            Node(id=unit["id"], voltage_v=480, rating_a=unit["rating_kw"] / per_a)
            for unit in board["children"]
        ),
    ]
    ways = [("utility", board["id"]), *((board["id"], unit["id"]) for unit in board["children"])]
    return NetworkInput(
        frequency_hz=60,
        nodes=nodes,
        switches=[Switch(id=f"{a}-{b}", from_node=a, to_node=b, closed=True) for a, b in ways],
        sources=[
            GridSource(
                id="G",
                node="utility",
                voltage_pu=1.0,
                short_circuit_mva=None,
                contract_kw=case["tree"]["rating_kw"],
            )
        ],
        consumers=[
            Consumer(
                id=f"rack {rack}",
                kind="rack",
                feeds=(Feed(node=unit["id"], share_ratio=1.0),),
            )
            for unit in board["children"]
            for rack in unit["racks"]
        ],
    )


@pytest.mark.reference
def test_the_published_tree_is_bound_by_its_floor_units_not_by_its_board():
    network = dps_tree()
    answer = path_limit(network, "rack 1@floor_pdu_1")
    assert answer.limit_kw == pytest.approx(450.0)
    assert answer.binding == ("floor_pdu_1",)
    grid = build_grid(network)
    paths = supply_paths(connect(grid), rating_kva(grid, 1.0))
    # The utility's 750 kW bind the board of 1600 kW.
    board = paths.to_node(grid.node_ids.index("switchboard"))
    assert board.limit == pytest.approx(750.0)
    assert board.binding == ("G",)


def test_parallel_ways_add_up_and_bind_together():
    base = chain(pdu_a=1e3, feed_a=1e3)
    network = base.model_copy(
        update={
            "switches": (base.switches[0].model_copy(update={"rating_a": 500.0}),),
            "branches": (
                line("first", ("breaker", "pdu"), 100.0),
                line("second", ("breaker", "pdu"), 60.0),
            ),
        }
    )
    answer = path_limit(network, "rack@pdu")
    assert answer.limit_a == pytest.approx(160.0)
    assert set(answer.binding) == {"first", "second"}


@pytest.mark.reference
def test_a_way_taken_first_is_given_up_where_two_others_carry_more():
    # The shortest way S-A-D-T blocks both rated nodes; S-A-X-Y-T and S-B-Z-D-T carry twice as much.
    ways = ("SA", "AD", "DT", "AX", "XY", "YT", "SB", "BZ", "ZD")
    network = NetworkInput(
        frequency_hz=50,
        nodes=[
            Node(id=name, voltage_v=400, rating_a=100.0 if name in "AD" else None)
            for name in "SADTXYBZ"
        ],
        sources=[GridSource(id="G", node="S", voltage_pu=1.0, short_circuit_mva=None)],
        branches=[line(way, tuple(way), 100.0) for way in ways],
        consumers=[Consumer(id="c", kind="rack", feeds=(Feed(node="T", share_ratio=1.0),))],
    )
    assert path_limit(network, "c@T").limit_a == pytest.approx(200.0)


def test_a_transfer_switch_counts_the_side_it_stands_at():
    base = chain(pdu_a=1e3, feed_a=1e3)
    network = base.model_copy(
        update={
            "nodes": (*base.nodes, Node(id="sts", voltage_v=400), Node(id="other", voltage_v=400)),
            "branches": (
                line("whip", ("sts", "pdu"), None),
                line("bypass", ("grid", "other"), 50.0),
            ),
            "transfer_switches": (
                TransferSwitch(
                    id="STS",
                    kind="static",
                    output_node="sts",
                    preferred_node="breaker",
                    alternate_node="other",
                    transfer_s=0.0,
                ),
            ),
        }
    )
    answer = path_limit(network, "rack@pdu")
    assert answer.limit_a == pytest.approx(20.0)
    assert answer.binding == ("CB",)


def test_without_any_rating_nothing_binds():
    base = chain(pdu_a=None, feed_a=None)
    network = base.model_copy(
        update={
            "conversions": (),
            "nodes": (base.nodes[0], base.nodes[3]),
            "switches": (),
            "branches": (line("whip", ("grid", "pdu"), None),),
        }
    )
    answer = path_limit(network, "rack@pdu")
    assert (answer.limit_kva, answer.limit_kw, answer.limit_a) == (None, None, None)
    assert answer.binding == ()


def test_an_unknown_feed_is_refused():
    with pytest.raises(InputError, match="no feed"):
        path_limit(chain(), "rack@nowhere")


def brute(grid, topology, limits, node):
    """Largest flow by another tool: SciPy's integer maximum flow, in VA."""
    count, biggest = len(grid.node_ids), 2**29
    size = 1 + 2 * count
    capacity = np.zeros((size, size), dtype=np.int64)

    def put(start, end, limit):
        capacity[start, end] += min(round(limit * 1000), biggest) if limit < 1e9 else biggest

    for i in range(count):
        put(1 + 2 * i, 2 + 2 * i, limits["node"][i])
    for kind, table, live in (
        ("branch", grid.branches, topology.branch_live),
        ("switch", grid.switches, topology.switch_live),
    ):
        for k in np.flatnonzero(live):
            a, b = int(table.from_node[k]), int(table.to_node[k])
            put(2 + 2 * a, 1 + 2 * b, limits[kind][k])
            put(2 + 2 * b, 1 + 2 * a, limits[kind][k])
    for k in np.flatnonzero(topology.source_live):
        put(0, 1 + 2 * int(grid.sources.node[k]), limits["source"][k])
    for k in np.flatnonzero(topology.conversion_live):
        a, b = int(grid.conversions.input_node[k]), int(grid.conversions.output_node[k])
        put(2 + 2 * a, 1 + 2 * b, limits["conversion"][k])
    capacity = np.minimum(capacity, biggest).astype(np.int32)
    return maximum_flow(csr_array(capacity), 0, 2 + 2 * node).flow_value / 1000.0


@pytest.mark.reference
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_every_node_of_a_meshed_site_agrees_with_the_maximum_flow_of_scipy(seed):
    network = meshed()
    grid = build_grid(network)
    topology = connect(grid)
    random = np.random.default_rng(seed)
    limits = {
        kind: np.round(random.uniform(1.0, 500.0, value.size), 3)
        for kind, value in rating_kva(grid, 1.0).items()
    }
    paths = supply_paths(topology, limits)
    for node in random.choice(len(grid.node_ids), 6, replace=False).tolist():
        found = paths.to_node(node)
        assert found.limit == pytest.approx(brute(grid, topology, limits, node), abs=1e-6)
        if topology.node_live[node]:
            by_name = {}
            for kind, ids in zip(
                KINDS,
                (
                    *(grid.node_ids, grid.branches.ids, grid.switches.ids),
                    *(grid.sources.ids, grid.conversions.ids, grid.transfers.ids),
                ),
                strict=True,
            ):
                by_name |= dict(zip(ids, limits[kind], strict=True))
            assert found.limit == pytest.approx(sum(by_name[name] for name in found.binding))


def test_a_site_of_many_racks_answers_for_every_feed():
    network = site()
    for consumer in network.consumers[:4]:
        for feed in consumer.feeds:
            answer = path_limit(network, f"{consumer.id}@{feed.node}")
            assert answer.limit_kva is not None


@pytest.mark.parametrize("make", [chain, dps_tree])
def test_the_limits_of_all_feeds_are_those_of_each(make):
    network = make()
    limits = path_limits(network)
    assert limits
    for name, found in limits.items():
        one = path_limit(network, name)
        assert one.limit_kva == pytest.approx(found.limit)
        assert one.binding == found.binding
