"""What the demo lives on when the utility is lost, and what its boards and breakers stand."""

from facility.kernel.units import S_PER_H
from facility.scenarios.demo.ledger import Ledger
from facility.scenarios.demo.network import Network
from facility.scenarios.demo.stated import stated
from power.catalogue import loader
from power.models import Battery, Conversion, Genset, Node, TransferSwitch

GENSET = "generic-diesel-3000kw"
BATTERY = "generic-ups-lithium"
N_UPS_MODULES, N_SPARE_MODULES = 8, 1
DIP_COUNT, DIP_WINDOW_S = 3, 60.0
ATS_S = 0.1
_BLOCK_RATIO = 0.5
_TANK_H = 24.0
_RECHARGE_RATIO = 0.075
_FUEL_AT_RATIO = 0.75
_L_PER_M3 = 1000.0

# Kind of node by the start of its tag: kind, busbar [A], withstand [kA] and its peak [kA].
_BOARDS = (
    ("HV-", Node.Kind.SWITCHGEAR, 3000.0, 63.0, 163.8),
    ("MV-", Node.Kind.SWITCHGEAR, 3000.0, 40.0, 104.0),
    ("RMU-", Node.Kind.SWITCHGEAR, 1200.0, 25.0, 65.0),
    ("LVB-", Node.Kind.BOARD, 5000.0, 100.0, 220.0),
    ("UPO-", Node.Kind.UPS_OUTPUT, 5000.0, 65.0, 143.0),
    ("PDB-", Node.Kind.PDU, 1600.0, 35.0, 73.5),
)


def rate_boards(plant: Network, ledger: Ledger) -> None:
    """Give every board its kind, its busbar and what its switchgear stands."""
    for tag, node in plant.nodes.items():
        for start, kind, rating_a, withstand_ka, peak_ka in _BOARDS:
            if tag.startswith(start):
                node.kind, node.rating_a = kind, rating_a
                node.short_circuit_ka, node.short_circuit_peak_ka = withstand_ka, peak_ka
        if tag.startswith("TAP-"):
            node.kind = Node.Kind.BUSWAY
    ledger.default(
        "nodes[*].rating_a",
        "standard sizes: 3,000 A at 230 and 34.5 kV, 1,200 A ring main units, 5,000 A boards, "
        "1,600 A floor PDUs",
    )
    ledger.default(
        "nodes[*].short_circuit_ka",
        "standard steps of C37 and UL 891 switchgear; peaks 2.6 times at 60 Hz, 2.2 and 2.1 times "
        "at low voltage",
    )


def standby_board(plant: Network, name: str) -> None:
    """Put a transfer switch before a board: its unit substation first, its generator set else."""
    side = name[0]
    plant.node(f"GEN-{name}", 480.0, side)
    plant.transfer_switches.append(
        TransferSwitch(
            site=plant.site,
            tag=f"ATS-{name}",
            kind=TransferSwitch.Kind.AUTOMATIC,
            output_node=plant.nodes[f"LVB-{name}"],
            preferred_node=plant.nodes[f"USL-{name}"],
            alternate_node=plant.nodes[f"GEN-{name}"],
            transfer_s=ATS_S,
            rating_a=5000.0,
        )
    )
    plant.gensets.append(_genset(plant, name))


def _genset(plant: Network, name: str) -> Genset:
    item = loader.genset(GENSET)
    rating_kw = stated(item, "standby_kw")
    at_ratio = dict(zip(item.load_pu, item.fuel_l_per_kwh, strict=True))
    fuel_l_per_kwh = at_ratio[_FUEL_AT_RATIO]
    return Genset(
        site=plant.site,
        tag=f"GS-{name}",
        item=f"gensets/{GENSET}",
        node=plant.nodes[f"GEN-{name}"],
        rating_class=Genset.RatingClass.ESP,
        rating_kw=rating_kw,
        rating_kva=rating_kw / stated(item, "power_factor"),
        start_s=stated(item, "start_s"),
        block_ratio=_BLOCK_RATIO,
        subtransient_ratio=stated(item, "subtransient_reactance_pu"),
        fuel_m3=round(rating_kw * _TANK_H * fuel_l_per_kwh / _L_PER_M3, 1),
        fuel_l_per_kwh=fuel_l_per_kwh,
    )


def battery(plant: Network, ups: Conversion) -> Battery:
    """Return the battery behind a UPS: its ride-through at full load."""
    item = loader.battery(BATTERY)
    one_way = stated(item, "round_trip_ratio") ** 0.5
    loss = ups.loss_constant_ratio + ups.loss_linear_ratio + ups.loss_square_ratio
    power_kw = ups.rating_kw * (1.0 + loss)
    return Battery(
        site=plant.site,
        tag=ups.tag.replace("UPS", "BAT"),
        item=f"batteries/{BATTERY}",
        conversion=ups,
        power_kw=round(power_kw, -1) + 10.0,
        energy_kwh=round(power_kw * stated(item, "ride_through_s") / S_PER_H / one_way),
        efficiency_ratio=round(one_way, 4),
        recharge_kw=round(_RECHARGE_RATIO * ups.rating_kw, -1),
    )


def say_sources(ledger: Ledger) -> None:
    """Write down where the figures of the standby supply come from."""
    ledger.default(
        "gensets[*].block_ratio", "half its rating at once, a usual class G2 step; makers differ"
    )
    ledger.default("gensets[*].fuel_m3", "24 hours at full load in each tank")
    ledger.default("transfer_switches[*].transfer_s", "100 ms for an automatic transfer switch")
    ledger.item("batteries[*].energy_kwh", f"batteries/{BATTERY}", "ride_through_s")
    ledger.default("batteries[*].recharge_kw", "7.5 % of the UPS rating, the middle of 5 to 10 %")
    ledger.default(
        "conversions[UPS-*].n_modules", "eight modules of 500 kW, one of them in reserve"
    )
    ledger.default(
        "conversions[UPS-*].dip_count",
        "three dips in a minute and the UPS stays on its battery, as in the disturbance of "
        "July 2024 that NERC reported",
    )
