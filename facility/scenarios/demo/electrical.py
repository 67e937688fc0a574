"""The demo's electrical plant: two sides of everything from 34.5 kV to the rack.

Pair k is unit substations A k and B k: its sides hang on different feeders and bus sections.
"""

from collections.abc import Iterable, Iterator

from facility.kernel.errors import InputError, Problem
from facility.scenarios.demo import standby
from facility.scenarios.demo.halls import (
    ELECTRICAL_ROOMS,
    HALLS,
    N_BUSWAYS_PER_PAIR,
    HallPlan,
    RackPlace,
)
from facility.scenarios.demo.ledger import Ledger
from facility.scenarios.demo.network import Network
from facility.scenarios.demo.stated import rule, stated
from facility.sites.models import Hall, Row, Site
from power.catalogue import loader
from power.models import (
    Conversion,
    CoolingStage,
    HouseLoad,
    RackFeed,
    RowTap,
    Source,
    Switch,
    Transformer,
)

N_PAIRS = 21
N_IT_PAIRS = 18
PLANT_PAIRS = tuple(range(N_IT_PAIRS + 1, N_PAIRS + 1))
N_PAIRS_PER_FEEDER = 7
STANDBY_PAIRS = frozenset({*range(1, 13), *PLANT_PAIRS})
"""Halls A to C and the cooling plant have generator sets; training in hall D does without."""
SIDES = ("A", "B")
OVERHEAD = "generic-overhead-230kv-1200a"
CABLE = "generic-cable-34-5kv-600a"
BUSWAY = "generic-busway-1600a"
SUBSTATION = "us-substation-120mva-230-34-5kv"
UNIT_SUBSTATION = "us-unit-substation-3750kva-34-5-0-48kv"
PDU = "us-pdu-1000kva-480-415v"
UPS = "generic-modern-double-conversion"

UPS_KW, UPS_KVA = 3500.0, 3600.0
N_TAPS = 8
TAP_HALF_BAND_PU = 0.0125
_ROOM_TO_HALL_M = 25.0
_HOUSE_KW = 100.0
_ROW_PERIOD_M = 2.7


def network(site: Site, rooms: dict[str, Hall], ledger: Ledger) -> Network:
    """Return the whole electrical plant."""
    plant = Network(site, rooms)
    _substation(plant)
    for side in SIDES:
        _feeders(plant, side)
        for pair in range(1, N_IT_PAIRS + 1):
            _it_side(plant, side, pair)
        for pair in PLANT_PAIRS:
            _house_load(plant, side, pair)
    for plan in HALLS:
        for side in SIDES:
            for busway in range(plan.n_busways):
                _busway(plant, plan, side, busway)
    standby.rate_boards(plant, ledger)
    standby.say_sources(ledger)
    _say_sources(ledger)
    return plant


def _substation(plant: Network) -> None:
    plant.node("POI", 230_000.0)
    plant.sources.append(
        Source(
            site=plant.site,
            tag="GRID",
            node=plant.nodes["POI"],
            voltage_pu=1.0,
            short_circuit_mva=8000.0,
            x_over_r=15.0,
            contract_kw=80_000.0,
            contract_kva=84_000.0,
            power_factor_min=0.95,
            ramp_kw_per_min=20_000.0,
        )
    )
    for number, side in enumerate(SIDES, start=1):
        plant.section(f"HV-{side}", 230_000.0, side)
        plant.section(f"MV-{side}", 34_500.0, side)
        plant.line(f"OHL{number}", ("POI", f"HV-{side}"), OVERHEAD, 2000.0)
        ends = (f"HV-{side}", f"MV-{side}")
        _substation_unit(plant, f"TX{number}", ends)
    for level, rating_a, breaking_ka in (("HV", 2000.0, 63.0), ("MV", 3000.0, 40.0)):
        plant.switches.append(
            Switch(
                site=plant.site,
                tag=f"{level}-TIE",
                from_node=plant.nodes[f"{level}-A"],
                to_node=plant.nodes[f"{level}-B"],
                closed=True,
                rating_a=rating_a,
                short_circuit_ka=breaking_ka,
            )
        )


def _substation_unit(plant: Network, tag: str, ends: tuple[str, str]) -> None:
    """Add a transformer with fans in two stages and a tap changer that holds its 34.5 kV side."""
    kinds = Transformer.ThermalClass
    unit = plant.transformer(tag, ends, SUBSTATION, kinds.ONAF)
    unit.tap_min, unit.tap_max = -N_TAPS, N_TAPS
    unit.regulated_node = plant.nodes[ends[1]]
    unit.regulated_pu, unit.half_band_pu = 1.0, TAP_HALF_BAND_PU
    natural_kva, first_fans_kva = loader.transformer(SUBSTATION).stages_kva[:2]
    for kind, rating_kva, start_c, stop_c in (
        (kinds.ONAN, natural_kva, 65.0, 55.0),
        (kinds.ONAF, first_fans_kva, 75.0, 65.0),
    ):
        plant.cooling_stages.append(
            CoolingStage(
                transformer=unit,
                thermal_class=kind,
                rating_kva=rating_kva,
                start_c=start_c,
                stop_c=stop_c,
            )
        )


def _feeders(plant: Network, side: str) -> None:
    first_feeder = 1 + SIDES.index(side) * (N_PAIRS // N_PAIRS_PER_FEEDER)
    for pair in range(1, N_PAIRS + 1):
        feeder, place = divmod(pair - 1, N_PAIRS_PER_FEEDER)
        name = f"{side}{pair:02d}"
        room = ELECTRICAL_ROOMS[side] if pair <= N_IT_PAIRS else ""
        plant.node(f"RMU-{name}", 34_500.0, side)
        plant.node(f"LVB-{name}", 480.0, side, room)
        before = f"MV-{side}" if place == 0 else f"RMU-{side}{pair - 1:02d}"
        length_m = 600.0 if place == 0 else 250.0
        tag = f"F{first_feeder + feeder}-C{place + 1}"
        plant.line(tag, (before, f"RMU-{name}"), CABLE, length_m)
        terminals = "LVB"
        if pair in STANDBY_PAIRS:
            terminals = "USL"
            plant.node(f"USL-{name}", 480.0, side, room)
            standby.standby_board(plant, name)
        ends = (f"RMU-{name}", f"{terminals}-{name}")
        oil = Transformer.ThermalClass.ONAN
        unit = plant.transformer(f"USS-{name}", ends, UNIT_SUBSTATION, oil)
        unit.tap_min, unit.tap_max, unit.tap_position = -2, 2, -1


def _it_side(plant: Network, side: str, pair: int) -> None:
    name, room = f"{side}{pair:02d}", ELECTRICAL_ROOMS[side]
    plant.node(f"UPO-{name}", 480.0, side, room)
    item = loader.ups(UPS)
    constant, linear, square = ups_law()
    ups = Conversion(
        site=plant.site,
        tag=f"UPS-{name}",
        item=f"ups/{UPS}",
        kind=Conversion.Kind.UPS,
        input_node=plant.nodes[f"LVB-{name}"],
        output_node=plant.nodes[f"UPO-{name}"],
        rating_kw=UPS_KW,
        rating_kva=UPS_KVA,
        loss_constant_ratio=constant,
        loss_linear_ratio=linear,
        loss_square_ratio=square,
        input_power_factor=stated(item, "input_power_factor"),
        n_modules=standby.N_UPS_MODULES,
        n_redundant_modules=standby.N_SPARE_MODULES,
        dip_count=standby.DIP_COUNT,
        dip_window_s=standby.DIP_WINDOW_S,
        room=plant.rooms[room],
    )
    plant.conversions.append(ups)
    plant.batteries.append(standby.battery(plant, ups))
    for number in range(1, N_BUSWAYS_PER_PAIR + 1):
        plant.node(f"PDB-{name}-{number}", 415.0, side, room)
        ends = (f"UPO-{name}", f"PDB-{name}-{number}")
        dry = Transformer.ThermalClass.DRY
        plant.transformer(f"PDU-{name}-{number}", ends, PDU, dry).room = plant.rooms[room]


def ups_law() -> tuple[float, float, float]:
    """Return a, b, c of the loss law of the UPS."""
    law = loader.ups(UPS).loss_coefficients
    if law is None:
        raise InputError([Problem(f"ups/{UPS}: loss_coefficients", "missing", "is needed")])
    return law


def _busway(plant: Network, plan: HallPlan, side: str, busway: int) -> None:
    name = plan.busway_name(side, busway)
    if plan.across:
        run_m = plan.n_rows * _ROW_PERIOD_M
    else:
        run_m = plan.row_length_m / plan.n_busways_per_row
    nec_ratio = rule("power_rules", "continuous-load-rule", "nec_ratio")
    near, far = tap_tag(name, 0), tap_tag(name, 1)
    for tag in (near, far):
        plant.node(tag, 415.0, side, plan.tag)
    for tag, ends, length_m in (
        (f"BW-{name}-N", (f"PDB-{name}", near), _ROOM_TO_HALL_M + run_m / 4),
        (f"BW-{name}-F", (near, far), run_m / 2),
    ):
        plant.line(tag, ends, BUSWAY, length_m).derating_ratio = nec_ratio


def _house_load(plant: Network, side: str, pair: int) -> None:
    node = plant.nodes[f"LVB-{side}{pair:02d}"]
    tag = f"HOUSE-{side}{pair:02d}"
    plant.house_loads.append(HouseLoad(site=plant.site, tag=tag, node=node, power_kw=_HOUSE_KW))


def tap_tag(busway_name: str, section: int) -> str:
    """Return the tag of the node in the middle of a section of a busway."""
    return f"TAP-{busway_name}-{'NF'[section]}"


def rack_feeds(plant: Network, places: Iterable[RackPlace]) -> Iterator[RackFeed]:
    """Yield two feeds for each rack, one per path, from taps of the same number."""
    for place in places:
        busway, section = place.plan.busway_at(place.row, place.position)
        for side in SIDES:
            tap = tap_tag(place.plan.busway_name(side, busway), section)
            yield RackFeed(
                rack=place.rack,
                path=side,
                node=plant.nodes[tap],
                share_ratio=0.5,
                breaker_a=place.plan.breaker_a,
            )


def row_taps(plant: Network, row_rows: dict[tuple[str, int], Row]) -> Iterator[RowTap]:
    """Yield what feeds each place of each row, places with the same taps together."""
    for plan in HALLS:
        for number in range(plan.n_rows):
            for first, last in _runs(plan, number):
                busway, section = plan.busway_at(number, first)
                for side in SIDES:
                    tap = tap_tag(plan.busway_name(side, busway), section)
                    yield RowTap(
                        row=row_rows[plan.tag, number],
                        first_position=first,
                        last_position=last,
                        path=side,
                        node=plant.nodes[tap],
                        breaker_a=plan.breaker_a,
                    )


def _runs(plan: HallPlan, row: int) -> Iterator[tuple[int, int]]:
    first = 1
    for position in range(2, plan.n_places + 2):
        ended = position > plan.n_places
        if ended or plan.busway_at(row, position) != plan.busway_at(row, first):
            yield first, position - 1
            first = position


def _say_sources(ledger: Ledger) -> None:
    ledger.default("sources[GRID].short_circuit_mva", "8,000 MVA, a strong 230 kV bus")
    ledger.default("sources[GRID].x_over_r", "15 at 230 kV")
    ledger.default(
        "sources[GRID].contract_kw", "80 MW and 84 MVA, what the site would apply for at 60 MW IT"
    )
    ledger.default("lines[OHL*].length_km", "2 km, two circuits, after the reference campus")
    ledger.default(
        "lines[F*].length_km",
        "0.6 km to the first unit substation and 0.25 km between, after the reference campus",
    )
    ledger.default("lines[BW-*].length_km", "25 m from the electrical room, then along the racks")
    ledger.item(
        "lines[BW-*].derating_ratio",
        "power_rules/continuous-load-rule",
        "nec_ratio",
        "the breaker ahead of the busway is not rated for 100 %",
    )
    ledger.default(
        "transformers[TX*].regulated_pu", "34.5 kV held at 1.00 within one step of 1.25 %"
    )
    ledger.default(
        "sources[GRID].ramp_kw_per_min", "20 MW a minute; utilities state their own limits"
    )
    ledger.default("sources[GRID].power_factor_min", "0.95, a usual clause")
    ledger.default("transformers[USS-*].tap_position", "-1 of 2.5 %: 480 V near 1.0 in failover")
    ledger.default("conversions[UPS-*].rating_kw", "3,500 kW and 3,600 kVA from parallel modules")
    ledger.default("switches[*].rating_a", "tie breakers of 2,000 A at 230 kV, 3,000 A at 34.5 kV")
    ledger.item(
        "house_loads[*].power_kw",
        "power_rules/house-loads",
        "share_of_it_ratio",
        "six of 100 kW make 1 % of 60 MW",
    )
    ledger.say(
        "rack_feeds[*].breaker_a",
        "NEC 240.6(A), standard ratings",
        "unverified",
        "100 A or 300 A: 80 % of it at 415 V carries the rack's nameplate from one side",
    )
    ledger.say(
        "rack_feeds[*].power_factor",
        "servers/lenovo-sr680a-v3-8xb200-air (mlp-inf51)",
        "measured",
        "0.996 at load and 0.98 idle were measured on one node; 0.99 taken",
    )
    ledger.say(
        "halls[ER-*].losses_of", "topology of the demo", "estimate", "UPS and floor PDUs stand here"
    )
