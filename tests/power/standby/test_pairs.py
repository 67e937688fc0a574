import numpy as np
import pytest

from facility.kernel.errors import InputError
from power.physics.contingency import failover
from power.physics.standby.pairs import all_pairs, maintenance_pairs
from tests.power.sites import site


def test_a_pair_is_named_and_takes_both_objects_out():
    (pair,) = maintenance_pairs(site(), [("TX-A", "UPS-0B")])
    assert pair.id == "maintenance:TX-A+outage:UPS-0B"
    assert pair.objects == ("TX-A", "UPS-0B")


def test_every_wrong_name_of_the_list_is_said():
    with pytest.raises(InputError) as caught:
        maintenance_pairs(site(), [("TX-A", "TX-9"), ("NO", "TX-B"), ("TX-A", "TX-A")])
    assert [p.path for p in caught.value.problems] == ["pairs.0.1", "pairs.1.0", "pairs.2"]


def test_a_name_too_long_for_both_is_a_number():
    network = site()
    long = "X" * 60
    nodes = tuple(
        node.model_copy(update={"id": long}) if node.id == "POI" else node for node in network.nodes
    )
    network = network.model_copy(update={"nodes": nodes})
    pairs = maintenance_pairs(network, [("TX-A", "TX-B"), (long, "TX-B")])
    assert [pair.id for pair in pairs] == ["maintenance:TX-A+outage:TX-B", "pair:1"]
    assert long in pairs[1].label


def test_all_pairs_of_a_kind_come_once():
    pairs = all_pairs(site(), ("transformer",))
    # TX-A, TX-B and four unit transformers: 6 * 5 / 2.
    assert len(pairs) == 15
    assert len({frozenset(pair.objects) for pair in pairs}) == 15
    ids = {pair.id for pair in all_pairs(site(), ("conversion", "transformer"))}
    assert "maintenance:TX-A+outage:UPS-0A" in ids
    assert len(ids) == 10 * 9 / 2


def test_failover_evaluates_pairs_like_any_outage():
    network = site()
    kw = np.array([30.0 if item.kind == "rack" else 20.0 for item in network.consumers])
    pairs = maintenance_pairs(network, [("UPS-0A", "SUB-0B"), ("UPS-0A", "SUB-1B")])
    table = failover(network, kw, outages=pairs)
    dark = dict(zip(table.states, table.dark_consumers, strict=True))
    racks = {item.id for item in network.consumers if item.id.startswith("RACK-0")}
    assert set(dark[pairs[0].id]) == racks | {"COOLING-0B"}
    assert set(dark[pairs[1].id]) == {"COOLING-1B"}
