"""What the demo's cooling is sized for: heat by room and stream, at nameplate."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from facility.physics.sizing import StreamLoad, stream_load
from facility.scenarios.demo.electrical import PDU, UPS_KW, ups_law
from facility.scenarios.demo.equipment import CHOICES
from facility.scenarios.demo.halls import ELECTRICAL_ROOMS, N_BUSWAYS_PER_PAIR, RackPlace
from facility.scenarios.demo.stated import stated
from power.catalogue import loader
from racks.models import Equipment
from racks.physics.documents import System

EXPANSION_HALL = "HALL-D"
EXPANSION_SYSTEM = "gb300-nvl72"
N_RACKS_PER_PHASE = 48
N_PHASES = 3
N_PHASES_SIZED_FOR = 2
RACK_POWER_FACTOR = 0.99


@dataclass(slots=True)
class Heat:
    """Heat and coolant flow by room."""

    air_kw: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    liquid_kw: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    flow_kg_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, hall: str, load: StreamLoad) -> None:
        """Add the heat of racks in a hall."""
        self.air_kw[hall] += float(load.air_kw)
        self.liquid_kw[hall] += float(load.liquid_kw)
        self.flow_kg_s[hall] += float(load.coolant_flow_kg_s)


@cache
def system(key: str) -> System:
    """Return a system of the demo as the solver reads it."""
    choice = CHOICES[key]
    return choice.system(choice.item_id)


def as_built(contents: Iterable[Equipment]) -> Heat:
    """Return the heat of everything that stands."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in contents:
        counts[row.rack.hall.tag, row.system.key] += row.n_systems
    heat = Heat()
    for (hall, key), count in counts.items():
        heat.add(hall, stream_load(system(key), n_systems=count))
    return heat


def sized_for(places: Iterable[RackPlace], contents: Iterable[Equipment]) -> Heat:
    """Return what the plant is sized for: what stands, and what the plan brings.

    Chilled water counts every phase of the expansion, warm water those that were funded.
    """
    heat = as_built(contents)
    room_kw = electrical_room_kw(places)
    for room in ELECTRICAL_ROOMS.values():
        heat.air_kw[room] = room_kw
    all_phases = expansion(N_PHASES * N_RACKS_PER_PHASE)
    funded = expansion(N_PHASES_SIZED_FOR * N_RACKS_PER_PHASE)
    heat.air_kw[EXPANSION_HALL] = float(all_phases.air_kw)
    heat.liquid_kw[EXPANSION_HALL] = float(funded.liquid_kw)
    heat.flow_kg_s[EXPANSION_HALL] = float(funded.coolant_flow_kg_s)
    return heat


def chilled_kw(heat: Heat) -> float:
    """Return the heat of all halls and of one electrical room, carrying all. [kW].

    What one path carries, the other does not: never are both rooms at their worst.
    """
    rooms = set(ELECTRICAL_ROOMS.values())
    halls = sum(kw for hall, kw in heat.air_kw.items() if hall not in rooms)
    return halls + max((heat.air_kw[room] for room in rooms), default=0.0)


def expansion(n_systems: int, key: str = EXPANSION_SYSTEM) -> StreamLoad:
    """Return the heat of systems in the hall that is empty as built."""
    return stream_load(system(key), n_systems=n_systems)


def electrical_room_kw(places: Iterable[RackPlace]) -> float:
    """Return the losses of UPS and floor PDUs of one path while it carries everything. [kW].

    The expansion counts with the phases that the plant is sized for.
    """
    pair_kw: dict[int, float] = defaultdict(float)
    for place in places:
        busway, _ = place.plan.busway_at(place.row, place.position)
        pair_kw[place.plan.pairs[busway // N_BUSWAYS_PER_PAIR]] += place.nameplate_kw
    added_kw = N_RACKS_PER_PHASE * N_PHASES_SIZED_FOR * system(EXPANSION_SYSTEM).nameplate_kw
    expansion_pairs = range(13, 19)
    for pair in expansion_pairs:
        pair_kw[pair] += added_kw / len(expansion_pairs)
    return sum(pdu_loss_kw(kw) + ups_loss_kw(kw + pdu_loss_kw(kw)) for kw in pair_kw.values())


def pdu_loss_kw(it_kw: float) -> float:
    """Return the losses of the four floor PDUs of a side that carry this together. [kW]."""
    item = loader.transformer(PDU)
    rating_kva = stated(item, "rating_kva") * N_BUSWAYS_PER_PAIR
    load = it_kw / RACK_POWER_FACTOR / rating_kva
    idle_kw, load_kw = stated(item, "no_load_loss_kw"), stated(item, "load_loss_kw")
    return N_BUSWAYS_PER_PAIR * (idle_kw + load_kw * load**2)


def ups_loss_kw(output_kw: float) -> float:
    """Return the loss of a UPS at an output. [kW]."""
    constant, linear, square = ups_law()
    load = output_kw / UPS_KW
    return UPS_KW * (constant + linear * load + square * load**2)
