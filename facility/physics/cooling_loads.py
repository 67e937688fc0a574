"""What every group of equal cooling machines carries at the design point, against its ratings."""

from collections.abc import Iterator, Sequence

from facility.physics.coupling import SiteState, Stand
from facility.physics.machines import firm_kw
from facility.physics.results import CoolingLoad
from thermal.physics.documents import Cdu, Chiller, Crah, DryCooler

RESERVE_OUT = "reserve unit out"


def cooling_loads(stand: Stand, point: SiteState) -> tuple[CoolingLoad, ...]:
    """Return the loads of chillers, dry coolers, CDUs and air units that have something to do.

    The duty of chillers is the whole heat of their loop: at the design point's wet bulb the
    economiser is not counted on.
    """
    return tuple(load for load in _loads(stand, point) if load.used_kw > 0.0)


def _loads(stand: Stand, point: SiteState) -> Iterator[CoolingLoad]:
    machines, duty = stand.machines, point.heat.duty_kw

    def load(
        name: str, place: str, units: Sequence[Crah | Cdu | Chiller | DryCooler], spare: int
    ) -> CoolingLoad:
        return CoolingLoad.model_validate(
            {
                "name": name,
                "object": place,
                "n_units": len(units),
                "n_redundant": spare,
                "rated_kw": firm_kw(units, 0),
                "firm_kw": firm_kw(units, spare),
                "used_kw": float(duty[place][0]) if place in duty else 0.0,
            }
        )

    for place, chilled in machines.chilled.items():
        yield load("Chillers", place, chilled.chillers, chilled.loop.n_redundant)
    for place, warm in machines.warm.items():
        yield load("Dry coolers", place, warm.coolers, warm.loop.n_redundant)
    for place, circuit in machines.circuits.items():
        yield load("CDUs", place, circuit.units, circuit.circuit.n_redundant)
    for place, hall in machines.halls.items():
        yield load("Air units", place, hall.units, hall.air.n_redundant)
