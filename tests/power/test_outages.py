import subprocess
import sys

from power.physics.documents import GridSource, Impedance
from power.physics.outages import credible_outages
from tests.power import parts
from tests.power.sites import site


def names(network):
    return [outage.objects[0] for outage in credible_outages(network)]


def test_the_node_behind_a_sole_grid_connection_is_no_outage():
    assert "POI" not in names(site())
    second = GridSource(id="G2", node="MV-B", voltage_pu=1.0, short_circuit_mva=500)
    network = site()
    larger = network.model_copy(update={"sources": (*network.sources, second)})
    assert {"POI", "GRID", "G2"} <= set(names(larger))


def test_an_object_that_is_replaced_at_a_stage_is_one_outage():
    network = site(halls=1)
    old = network.branches[0].model_copy(update={"until_stage": 1})
    new = network.branches[0].model_copy(update={"from_stage": 1, "rating_kva": 9999.0})
    replaced = network.model_copy(update={"branches": (old, new, *network.branches[1:])})
    assert names(replaced) == names(network)


def test_impedances_generators_and_boards_of_transfer_switches_are_credible_outages():
    impedance = Impedance(
        id="REACTOR",
        from_node="A",
        to_node="B",
        rating_kva=1000,
        from_to_pu=(0.0, 0.1),
        to_from_pu=(0.0, 0.1),
    )
    network = parts.network(
        parts.nodes("A", "B"),
        parts.nodes("P", "Q", "OUT", "TAP", voltage_v=400),
        parts.grid("A"),
        impedance,
        parts.generator("B", 100.0, 1.0),
        parts.transfer("STS", "OUT", "P", "Q"),
    )
    assert set(names(network)) == {"REACTOR", "gen B", "B", "P", "Q", "OUT"}


def test_listing_outages_loads_no_solver():
    script = "import sys, power.physics.outages; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
