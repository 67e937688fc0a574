"""Loads of the demo's sides by plain arithmetic, without the project's solver."""

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt

from power.models import RackFeed
from racks.models import Equipment
from thermal.models import UnitFeed

POWER_FACTOR = 0.99


def rack_nameplates_kw(site):
    """Nameplate of each rack by primary key."""
    total = defaultdict(float)
    for row in Equipment.objects.filter(rack__hall__building__site=site).select_related("system"):
        total[row.rack_id] += row.n_systems * row.system.parameters["nameplate_kw"]
    return total


def carried_kw(site):
    """IT power that busways (``A04-2``) and sides (``A04``) carry when the other side is lost."""
    nameplate_kw = rack_nameplates_kw(site)
    carried = defaultdict(float)
    rows = RackFeed.objects.filter(rack__hall__building__site=site).select_related("node")
    for feed in rows:
        # TAP-A04-2-N hangs on busway and PDU A04-2 and on UPS and unit substation A04.
        _, side, number, _ = feed.node.tag.split("-")
        carried[f"{side}-{number}"] += nameplate_kw[feed.rack_id]
        carried[side] += nameplate_kw[feed.rack_id]
    return carried


def full_power_kw(kind, values):
    """Electricity of one cooling machine at full speed or full load."""
    if kind == "cdu":
        head_kpa = values["internal_drop_kpa"] + 150.0
        return values["coolant_flow_kg_s"] / 1020.0 * head_kpa / values["pump_efficiency_ratio"]
    if kind == "chiller":
        return values["rated_kw"] / values["cop"] + values["condenser_pump_kw"]
    return values["fan_kw"] * (1 + values.get("pad_fan_ratio", 0.0))


def machines_kw(site):
    """Full power of all cooling machines by the node that would carry it alone."""
    total = defaultdict(float)
    for feed in UnitFeed.objects.filter(unit__site=site).select_related("unit", "node"):
        total[feed.node.tag] += full_power_kw(feed.unit.kind, feed.unit.parameters)
    return total


@dataclass(frozen=True)
class Side:
    """What a side of an IT pair carries alone."""

    it_kw: float
    pdu_loss_kw: float
    cdu_kw: float
    ups_out_kw: float
    ups_in_kw: float
    fans_kw: float
    kva: float


def side(it_kw, *, cdu_kw, fans_kw):
    """Add up a side: PDU and UPS losses by their laws, reactive power of the UPS input."""
    pdu_kw = 4 * (1.269 + 10.36 * (it_kw / 4 / POWER_FACTOR / 1000.0) ** 2)
    out_kw = it_kw + pdu_kw + cdu_kw
    load = out_kw / 3500.0
    in_kw = out_kw + 3500.0 * (0.00682 + 0.0117 * load + 0.01477 * load**2)
    kvar = in_kw * sqrt(1 / POWER_FACTOR**2 - 1)
    kva = sqrt((in_kw + fans_kw) ** 2 + kvar**2)
    return Side(it_kw, pdu_kw, cdu_kw, out_kw, in_kw, fans_kw, kva)


def sides(site):
    """Every side of the pairs that feed racks as built, by name."""
    carried, machines = carried_kw(site), machines_kw(site)
    return {
        name: side(kw, cdu_kw=machines[f"UPO-{name}"], fans_kw=machines[f"LVB-{name}"])
        for name, kw in carried.items()
        if "-" not in name
    }
