import subprocess
import sys

from power.physics.documents import GridSource
from power.physics.outages import credible_outages
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


def test_listing_outages_loads_no_solver():
    script = "import sys, power.physics.outages; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
