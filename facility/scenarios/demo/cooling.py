"""The demo's cooling plant: how many machines of which item, where, and what feeds them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, cycle

import numpy as np

from facility.physics.sizing import dry_cooler_capacity, n_units
from facility.scenarios.demo.electrical import PLANT_PAIRS, SIDES
from facility.scenarios.demo.halls import ELECTRICAL_ROOMS, HALLS, HallPlan, RackPlace
from facility.scenarios.demo.ledger import Ledger
from facility.scenarios.demo.loads import Heat, chilled_kw
from facility.scenarios.demo.network import Network
from facility.scenarios.demo.stated import rule, stated
from facility.sites.models import Hall, Row, Site, SiteScoped
from thermal.catalogue import loader
from thermal.models import (
    Circuit,
    CoolingUnit,
    Loop,
    LoopFeed,
    RackConnection,
    RowConnection,
    UnitFeed,
)
from thermal.physics.documents import DryCooler
from thermal.physics.dry_cooler import DryCoolerUnit
from thermal.physics.psychrometrics import (
    density,
    enthalpy,
    humidity_ratio_from_wet_bulb,
)
from thermal.physics.weather import OutdoorAir

AIR_UNIT = "generic-fan-wall-400"
CDU = "vertiv-coolchip-cdu-1350"
CHILLER = "trane-cvhf-2317kw-6-33cop-vsd"
TOWER = "generic-cooling-tower"
DRY_COOLER = "generic-adiabatic-dry-cooler"
CHILLED, WARM = "CHW", "FWS"
N_RESERVE = 1
N_AS_BUILT_IN_EMPTY_HALL = 3
WARM_SUPPLY_C = 32.0

_AIR_UNIT_WIDTH_M, _AIR_UNIT_DEPTH_M = 2.4, 1.2
_CDU_WIDTH_M, _CDU_DEPTH_M = 0.9, 1.2
_GAP_M = 0.2
_WATER_KG_M3 = 998.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Machines to install, by room and by plant."""

    air_units: dict[str, int]
    cdus: dict[str, int]
    chillers: int
    towers: int
    coolers: int


@dataclass(slots=True)
class Plant:
    """Everything that cools, not stored yet."""

    site: Site
    network: Network
    loops: dict[str, Loop] = field(default_factory=dict)
    circuits: dict[str, Circuit] = field(default_factory=dict)
    units: list[CoolingUnit] = field(default_factory=list)
    unit_feeds: list[UnitFeed] = field(default_factory=list)
    loop_feeds: list[LoopFeed] = field(default_factory=list)

    def feed(self, unit: CoolingUnit, board: str, pair: int) -> None:
        """Add a unit, fed evenly from both sides of a pair, each of which can carry it alone."""
        self.units.append(unit)
        for side in SIDES:
            node = self.network.nodes[f"{board}-{side}{pair:02d}"]
            self.unit_feeds.append(UnitFeed(unit=unit, node=node, share_ratio=0.5))

    def stored_in_order(self) -> Iterator[tuple[type[SiteScoped], Iterable[SiteScoped]]]:
        """Yield models with their rows, those first that others refer to."""
        yield Loop, self.loops.values()
        yield LoopFeed, self.loop_feeds
        yield Circuit, self.circuits.values()
        yield CoolingUnit, self.units
        yield UnitFeed, self.unit_feeds


def counts(site: Site, heat: Heat) -> Counts:
    """Size the plant for heat in rooms and in circuits."""
    air = {hall: n_air_units(kw) for hall, kw in heat.air_kw.items()}
    cdus = {hall: n_cdus(kw, heat.flow_kg_s[hall]) for hall, kw in heat.liquid_kw.items() if kw > 0}
    fans_kw = sum(air.values()) * stated(loader.air_unit(AIR_UNIT), "fan_kw")
    chiller = loader.chiller(CHILLER)
    taken_kw = chilled_kw(heat) + fans_kw
    rejected_kw = taken_kw * (1 + 1 / stated(chiller, "cop"))
    return Counts(
        air_units=air,
        cdus=cdus,
        chillers=_count(taken_kw, stated(chiller, "nominal_kw")),
        towers=_count(rejected_kw, stated(loader.heat_rejection(TOWER), "nominal_kw")),
        coolers=_count(sum(heat.liquid_kw.values()) + _cdu_pumps_kw(cdus), cooler_kw(site)),
    )


def n_air_units(air_kw: float) -> int:
    """Return air handlers for the heat of a room; each also takes the heat of its own fans."""
    item = loader.air_unit(AIR_UNIT)
    return _count(air_kw, stated(item, "nominal_kw") - stated(item, "fan_kw"))


def n_cdus(liquid_kw: float, flow_kg_s: float) -> int:
    """Return distribution units for heat and flow of a circuit: whichever needs more."""
    item = loader.cdu(CDU)
    return max(
        _count(liquid_kw, stated(item, "nominal_kw")),
        _count(flow_kg_s, stated(item, "secondary_flow_kg_s")),
    )


def cooler_kw(site: Site) -> float:
    """Return what one dry cooler does on the site's design day at the loop's supply."""
    rise_k = _rule("water-loops", "warm_rise_k")
    capacity = dry_cooler_capacity(
        _dry_cooler_unit(),
        supply_c=WARM_SUPPLY_C,
        rise_k=rise_k,
        air=_design_air(site),
    )
    return float(capacity)


def _design_air(site: Site) -> OutdoorAir:
    dry_c = np.asarray(site.design_dry_bulb_c)
    wet_c = np.asarray(site.design_wet_bulb_c)
    pressure_kpa = np.asarray(_standard_pressure_kpa(site.altitude_m))
    ratio = humidity_ratio_from_wet_bulb(dry_c, wet_bulb_c=wet_c, pressure_kpa=pressure_kpa)
    return OutdoorAir(
        dry_bulb_c=dry_c,
        wet_bulb_c=wet_c,
        humidity_ratio=ratio,
        enthalpy_kj_per_kg=enthalpy(dry_c, humidity_ratio=ratio),
        density_kg_m3=density(dry_c, humidity_ratio=ratio, pressure_kpa=pressure_kpa),
        pressure_kpa=pressure_kpa,
    )


def _standard_pressure_kpa(altitude_m: float) -> float:
    """Return the pressure of the standard atmosphere (ISO 2533). [kPa]."""
    return float(101.325 * (1 - 2.25577e-5 * altitude_m) ** 5.2559)


def _count(load: float, unit: float) -> int:
    return int(n_units(load_kw=load, unit_kw=unit, n_redundant=N_RESERVE))


def _cdu_pumps_kw(cdus: dict[str, int]) -> float:
    item = loader.cdu(CDU)
    head_kpa = stated(item, "internal_drop_kpa") + _rule("water-loops", "technology_drop_kpa")
    flow_m3_s = stated(item, "secondary_flow_kg_s") / _WATER_KG_M3
    one_kw = flow_m3_s * head_kpa / stated(item, "pump_efficiency_ratio")
    return one_kw * sum(n_here - N_RESERVE for n_here in cdus.values())


def _rule(item_id: str, name: str) -> float:
    return rule("cooling_rules", item_id, name)


def plant(
    network: Network, rooms: dict[str, Hall], sizes: Counts, heat: Heat, ledger: Ledger
) -> Plant:
    """Return loops, circuits and machines with their feeds."""
    found = Plant(network.site, network)
    _loops(found, chilled_kw(heat))
    for plan in HALLS:
        hall = rooms[plan.tag]
        is_empty = plan.fill is None
        n_here = N_AS_BUILT_IN_EMPTY_HALL if is_empty else sizes.air_units[plan.tag]
        _air_units(found, hall, plan.letter, n_here, plan.pairs)
        if plan.circuit:
            n_cdus_here = N_AS_BUILT_IN_EMPTY_HALL if is_empty else sizes.cdus[plan.tag]
            _circuit(found, plan, hall, n_cdus_here)
    for side, tag in ELECTRICAL_ROOMS.items():
        _air_units(found, rooms[tag], f"E{side}", sizes.air_units[tag], PLANT_PAIRS)
    for kind, letter, n_here, loop, item, parameters in (
        ("chiller", "CH", sizes.chillers, CHILLED, f"chillers/{CHILLER}", _chiller()),
        ("tower", "CT", sizes.towers, CHILLED, f"heat_rejection/{TOWER}", _tower()),
        ("dry_cooler", "DC", sizes.coolers, WARM, f"heat_rejection/{DRY_COOLER}", _dry_cooler()),
    ):
        for index, pair in zip(range(1, n_here + 1), cycle(PLANT_PAIRS), strict=False):
            unit = CoolingUnit(
                site=found.site,
                tag=f"{letter}-{index:02d}",
                kind=kind,
                item=item,
                loop=found.loops[loop],
                parameters=parameters,
            )
            found.feed(unit, "LVB", pair)
    _say_sources(ledger)
    return found


def _loops(found: Plant, design_kw: float) -> None:
    chilled_rise_k = _rule("water-loops", "chilled_rise_k")
    effectiveness = _rule("water-side-economiser", "effectiveness")
    water_kw_per_k = design_kw / chilled_rise_k
    found.loops[CHILLED] = Loop(
        site=found.site,
        tag=CHILLED,
        kind=Loop.Kind.CHILLED,
        supply_setpoint_c=stated(loader.air_unit(AIR_UNIT), "rating_water_c"),
        design_rise_k=chilled_rise_k,
        pump_drop_kpa=_rule("water-loops", "chilled_drop_kpa"),
        pump_efficiency_ratio=_rule("water-loops", "pump_efficiency_ratio"),
        # With equal flows on both sides a counterflow plate has NTU = e / (1 - e).
        economiser_kw_per_k=round(water_kw_per_k * effectiveness / (1 - effectiveness), -1),
        n_redundant=N_RESERVE,
    )
    found.loops[WARM] = Loop(
        site=found.site,
        tag=WARM,
        kind=Loop.Kind.WARM,
        supply_setpoint_c=WARM_SUPPLY_C,
        design_rise_k=_rule("water-loops", "warm_rise_k"),
        pump_drop_kpa=_rule("water-loops", "warm_drop_kpa"),
        pump_efficiency_ratio=_rule("water-loops", "pump_efficiency_ratio"),
        n_redundant=N_RESERVE,
    )
    for loop, pair in zip(found.loops.values(), PLANT_PAIRS, strict=False):
        for side in SIDES:
            node = found.network.nodes[f"LVB-{side}{pair:02d}"]
            found.loop_feeds.append(LoopFeed(loop=loop, node=node, share_ratio=0.5))


def _circuit(found: Plant, plan: HallPlan, hall: Hall, number: int) -> None:
    item = loader.cdu(CDU)
    circuit = Circuit(
        hall=hall,
        tag=plan.circuit,
        supply_setpoint_c=WARM_SUPPLY_C + stated(item, "approach_k"),
        fluid=Circuit.Fluid.PG25,
        external_drop_kpa=_rule("water-loops", "technology_drop_kpa"),
        n_redundant=N_RESERVE,
    )
    found.circuits[plan.circuit] = circuit
    places = _side_walls(hall)
    for index, pair in zip(range(1, number + 1), cycle(plan.pairs), strict=False):
        x_m, y_m = next(places)
        unit = CoolingUnit(
            site=found.site,
            tag=f"CDU-{plan.letter}-{index:02d}",
            kind="cdu",
            item=f"cdus/{CDU}",
            hall=hall,
            loop=found.loops[WARM],
            circuit=circuit,
            x_m=x_m,
            y_m=y_m,
            width_m=_CDU_DEPTH_M,
            depth_m=_CDU_WIDTH_M,
            parameters={
                "rated_kw": item.nominal_kw,
                "rated_approach_k": item.approach_k,
                "coolant_flow_kg_s": item.secondary_flow_kg_s,
                "water_flow_kg_s": item.primary_flow_kg_s,
                "internal_drop_kpa": item.internal_drop_kpa,
                "pump_efficiency_ratio": item.pump_efficiency_ratio,
            },
        )
        found.feed(unit, "UPO", pair)


def _air_units(found: Plant, hall: Hall, letter: str, number: int, pairs: Iterable[int]) -> None:
    item = loader.air_unit(AIR_UNIT)
    places = _end_walls(hall)
    # By turns on a pair of the hall and on a plant pair: the hall's pairs are nearly full.
    turns = chain.from_iterable(zip(cycle(pairs), cycle(PLANT_PAIRS), strict=False))
    for index, pair in zip(range(1, number + 1), turns, strict=False):
        x_m, y_m = next(places)
        unit = CoolingUnit(
            site=found.site,
            tag=f"CRAH-{letter}-{index:02d}",
            kind="crah",
            item=f"air_units/{AIR_UNIT}",
            hall=hall,
            loop=found.loops[CHILLED],
            x_m=x_m,
            y_m=y_m,
            width_m=_AIR_UNIT_WIDTH_M,
            depth_m=_AIR_UNIT_DEPTH_M,
            parameters={
                "rated_kw": item.nominal_kw,
                "air_flow_m3_s": item.air_flow_m3_s,
                "rated_return_c": item.rating_return_c,
                "rated_water_c": item.rating_water_c,
                "water_flow_kg_s": item.water_flow_kg_s,
                "fan_kw": item.fan_kw,
                "fan_exponent": item.fan_exponent,
            },
        )
        found.feed(unit, "LVB", pair)


def _end_walls(hall: Hall) -> Iterator[tuple[float, float]]:
    """Yield centres of air handlers along the walls parallel to the rows, by turns."""
    step_m = _AIR_UNIT_WIDTH_M + _GAP_M
    walls_m = (_AIR_UNIT_DEPTH_M / 2, hall.depth_m - _AIR_UNIT_DEPTH_M / 2)
    for k in range(int(hall.width_m // step_m)):
        for y_m in walls_m:
            yield round((k + 0.5) * step_m, 2), round(y_m, 2)


def _side_walls(hall: Hall) -> Iterator[tuple[float, float]]:
    """Yield centres of distribution units along the walls at the ends of the rows, by turns."""
    step_m = _CDU_WIDTH_M + _GAP_M
    clear_m = 2 * _AIR_UNIT_DEPTH_M
    walls_m = (_CDU_DEPTH_M / 2, hall.width_m - _CDU_DEPTH_M / 2)
    for k in range(int((hall.depth_m - 2 * clear_m) // step_m)):
        for x_m in walls_m:
            yield round(x_m, 2), round(clear_m + (k + 0.5) * step_m, 2)


def _chiller() -> dict[str, object]:
    item = loader.chiller(CHILLER)
    flow_kg_s = stated(item, "condenser_flow_kg_s")
    lift_kw = flow_kg_s / _WATER_KG_M3 * _rule("water-loops", "condenser_drop_kpa")
    return {
        "rated_kw": item.nominal_kw,
        "cop": item.cop,
        "curves": {
            "name": item.item_id,
            "cap_fun_t_coefficients": item.cap_fun_t_coefficients,
            "eir_fun_t_coefficients": item.eir_fun_t_coefficients,
            "eir_fun_plr_coefficients": item.eir_fun_plr_coefficients,
            "leaving_low_c": item.leaving_low_c,
            "leaving_high_c": item.leaving_high_c,
            "condenser_low_c": item.condenser_low_c,
            "condenser_high_c": item.condenser_high_c,
            "plr_min_ratio": item.plr_min_ratio,
        },
        "condenser_flow_kg_s": flow_kg_s,
        "condenser_pump_kw": round(lift_kw / _rule("water-loops", "pump_efficiency_ratio"), 2),
    }


def _tower() -> dict[str, object]:
    item = loader.heat_rejection(TOWER)
    out_c = stated(item, "rating_wet_bulb_c") + stated(item, "approach_k")
    rated_kw = stated(item, "nominal_kw")
    return {
        "rated_kw": rated_kw,
        "rated_in_c": round(out_c + stated(item, "rating_rise_k"), 2),
        "rated_out_c": round(out_c, 2),
        "rated_wet_bulb_c": item.rating_wet_bulb_c,
        "air_flow_kg_s": item.air_flow_kg_s,
        "fan_kw": rated_kw * stated(item, "fan_ratio"),
    }


def _dry_cooler_unit() -> DryCoolerUnit:
    item = loader.heat_rejection(DRY_COOLER)
    rated_kw = stated(item, "nominal_kw")
    return DryCoolerUnit(
        rated_kw=rated_kw,
        rated_in_c=stated(item, "rating_in_c"),
        rated_out_c=stated(item, "rating_out_c"),
        rated_air_c=stated(item, "rating_dry_bulb_c"),
        air_flow_kg_s=stated(item, "air_flow_kg_s"),
        fan_kw=rated_kw * stated(item, "fan_ratio"),
        pad_effectiveness=stated(item, "pad_effectiveness"),
        pad_above_c=stated(item, "pad_above_c"),
        pad_fan_ratio=stated(item, "pad_fan_penalty_ratio"),
    )


def _dry_cooler() -> dict[str, object]:
    unit = _dry_cooler_unit()
    links = {"id", "kind", "loop", "from_stage", "until_stage"}
    return {name: getattr(unit, name) for name in DryCooler.model_fields if name not in links}


def connections(
    found: Plant, places: Iterable[RackPlace], row_rows: dict[tuple[str, int], Row]
) -> tuple[list[RackConnection], list[RowConnection]]:
    """Return which racks and which rows hang on which circuit."""
    racks = [
        RackConnection(rack=place.rack, circuit=found.circuits[place.plan.circuit])
        for place in places
        if place.rack.cooling != "air"
    ]
    circuit_of = {plan.tag: plan.circuit for plan in HALLS if plan.circuit}
    lines = [
        RowConnection(row=row, circuit=found.circuits[circuit_of[hall]])
        for (hall, _), row in row_rows.items()
        if hall in circuit_of
    ]
    return racks, lines


def _say_sources(ledger: Ledger) -> None:
    rule = "cooling_rules/water-loops"
    for loop, kind in ((CHILLED, "chilled"), (WARM, "warm")):
        ledger.item(f"loops[{loop}].design_rise_k", rule, f"{kind}_rise_k")
        ledger.item(f"loops[{loop}].pump_drop_kpa", rule, f"{kind}_drop_kpa")
        ledger.item(f"loops[{loop}].pump_efficiency_ratio", rule, "pump_efficiency_ratio")
    ledger.item(f"loops[{CHILLED}].supply_setpoint_c", f"air_units/{AIR_UNIT}", "rating_water_c")
    ledger.item(
        f"loops[{CHILLED}].economiser_kw_per_k",
        "cooling_rules/water-side-economiser",
        "effectiveness",
        "capacity rate of the design flow times e / (1 - e)",
    )
    ledger.default(f"loops[{WARM}].supply_setpoint_c", "32 °C, class W32")
    ledger.default("loops[*].cycles_of_concentration", "4, customary for treated make-up water")
    ledger.item("circuits[*].external_drop_kpa", rule, "technology_drop_kpa")
    ledger.item(
        "circuits[*].supply_setpoint_c", f"cdus/{CDU}", "approach_k", "warm supply plus approach"
    )
    ledger.item("cooling_units[CH-*].condenser_pump_kw", rule, "condenser_drop_kpa")
    ledger.default("cooling_units[*].x_m", "along the walls; sizes of frames after common products")
    ledger.default(
        "cooling_units[*].count",
        "N+1 for the nameplate of what stands and of the first two phases of the plan",
    )
