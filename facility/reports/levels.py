"""Where in the chain from the grid to the rack an object stands, read off the voltages."""

from collections.abc import Mapping
from types import MappingProxyType

from facility.physics.documents import FacilityInput
from facility.physics.results import ObjectLoad
from power.physics.documents import Transformer

LOW_VOLTAGE_V = 1000.0
"""IEC 60038: up to here a voltage is low."""

LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "grid": "Grid contract",
        "substation": "Substation transformer",
        "feeder": "Feeder",
        "unit_substation": "Unit substation",
        "ups": "UPS",
        "distribution": "Floor PDU",
        "busway": "Busway",
        "feed": "Rack feed",
        "transfer": "Transfer switch",
        "board": "Board",
        "switch": "Switch",
    }
)
"""Levels in the order from the grid to the rack, with their names; then what stands at any."""
_OWN = frozenset({"feed", "transfer", "board"})


def levels(document: FacilityInput) -> Mapping[str, str]:
    """Return the level of every object but rack feeds, by its id."""
    network = document.network
    volts = {node.id: node.voltage_v for node in network.nodes}
    grid_v = max(volts[source.node] for source in network.sources)
    found = dict.fromkeys(volts, "board")
    found |= {item.id: "transfer" for item in network.transfer_switches}
    found |= {source.id: "grid" for source in network.sources}
    found |= {item.id: "ups" for item in network.conversions}
    found |= {item.id: "switch" for item in network.switches}
    for branch in network.branches:
        if not isinstance(branch, Transformer):
            is_low = volts[branch.to_node] <= LOW_VOLTAGE_V
            found[branch.id] = "busway" if is_low else "feeder"
        elif volts[branch.hv_node] >= grid_v:
            found[branch.id] = "substation"
        else:
            is_low = volts[branch.hv_node] <= LOW_VOLTAGE_V
            found[branch.id] = "distribution" if is_low else "unit_substation"
    return found


def level_of(load: ObjectLoad, known: Mapping[str, str]) -> str:
    """Return the level of an object."""
    return load.kind if load.kind in _OWN else known.get(load.id, "feeder")
