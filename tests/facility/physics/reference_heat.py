"""The small site's heat side in plain arithmetic, one moment at a time.

Written from the equations of the model pages, with psychrolib for moist air, brentq for every
unknown and tabulated liquids (IAPWS; Melinder for glycol). Shares no code with the project.
"""

from math import exp, floor

import psychrolib
from scipy.optimize import brentq

psychrolib.SetUnitSystem(psychrolib.SI)

WATER_18 = (4.1855, 998.60)
WATER_32 = (4.1795, 995.03)
PG25_36 = (3.948, 1012.7)


def dry_density(level_c, kpa):
    return kpa / (0.287042 * (level_c + 273.15))


def counterflow(ua, hot, cold):
    """Heat per kelvin between the inlets."""
    low, high = min(hot, cold), max(hot, cold)
    n, r = ua / low, low / high
    share = (
        n / (1 + n) if abs(1 - r) < 1e-9 else (1 - exp(-n * (1 - r))) / (1 - r * exp(-n * (1 - r)))
    )
    return share * low


def rated_ua(duty, spread, hot, cold):
    return brentq(lambda ua: counterflow(ua, hot, cold) * spread - duty, 1e-3, 1e6, xtol=1e-12)


def open_share(gap):
    """How far a valve opens so that the gap between heat moved and heat wanted is nothing."""
    return brentq(gap, 1e-9, 1.0, xtol=1e-15) if gap(1.0) > 0 else None


# --- racks ----------------------------------------------------------------------------------


def chip(system, use, inlet, resistance):
    c = system["chip"]
    allowed = min(c["cap_w"], max((c["limit_c"] - inlet) / resistance, 0.0))
    work = c["idle_w"] + (c["reference_w"] - c["idle_w"]) * use

    def excess(power):
        leakage = c["leakage_w_per_k"] * (inlet + resistance * power - 60.0)
        return min(work + leakage, allowed) - power

    power = brentq(excess, 0.0, 2 * allowed + 1.0, xtol=1e-12)
    return power, inlet + resistance * power


def fan_flow(use, inlet):
    return min(max(0.35 + 0.35 * use + 0.05 * max(inlet - 25.0, 0.0), 0.3), 1.0)


def system_state(system, use, inlet, coolant, fixed_kw=None):
    """Input, compute, heat to liquid, heat to air, air flow, hottest junction of one system."""
    flow, sink = fan_flow(use, inlet), system["chip_cooling"]
    if sink["kind"] == "air":
        resistance = sink["conduction_k_per_w"] + sink["convection_k_per_w"] / flow**0.8
        behind = inlet + sink["preheat_k"] * use / flow
        slots = [chip(system, use, level, resistance) for level in (inlet, behind)]
    else:
        slots = [chip(system, use, coolant, sink["resistance_k_per_w"])]
    chips = system["n_chips"] * sum(power for power, _ in slots) / len(slots) / 1000.0
    host = system["host_idle_kw"] + (system["host_max_kw"] - system["host_idle_kw"]) * use
    output = chips + host + system["fan_design_kw"] * flow**2.8
    a, b, c = system["supply_coefficients"]
    p = output / system["supply_rated_kw"]
    drawn = output + system["supply_rated_kw"] * (a + b * p + c * p * p)
    liquid = system["liquid_ratio"] * (chips + host)
    factor = 1.0 if fixed_kw is None else fixed_kw / drawn
    return {
        "input": drawn * factor,
        "compute": (chips + host) * factor,
        "liquid": liquid * factor,
        "air": (drawn - liquid) * factor,
        "flow": flow * system["air_flow_m3_s"] * factor,
        "junction": max(level for _, level in slots),
    }


# --- hall air, CDU --------------------------------------------------------------------------


def air_units(n, heat, flow, set_c, kpa):
    """Coil heat, fan power and water rate of n equal units that hold their set point on 18 °C."""
    rated_air = 9.0 * dry_density(36.0, 101.325) * 1.006
    rated_water = 3.7 * WATER_18[0]
    ua = rated_ua(125.0, 18.0, rated_air, rated_water)
    fan = n * 5.0 * (flow / (n * 9.0)) ** 2.8 * kpa / 101.325
    air = flow * dry_density(set_c, kpa) * 1.006
    back = set_c + heat / air
    each, factor = air / n, (air / n / rated_air) ** 0.6

    def gap(x):
        moved = counterflow(ua * factor * x**0.4, each, x * rated_water) * (back - 18.0)
        return moved - (heat + fan) / n

    return heat + fan, fan, open_share(gap) * rated_water * n


def row(groups, set_c, kpa, n_units):
    """Inlets of racks at row ends and inside, with the flow the units give; shares 13 and 3 %."""
    flows = [count * state["flow"] for count, state, _ in groups]
    shares = [0.03 + 0.1 * end for _, _, end in groups]
    total, heat = sum(flows), sum(count * state["air"] for count, state, _ in groups)
    supply = min(1.1 * total, n_units * 9.0)
    again = max(total - supply, sum(s * v for s, v in zip(shares, flows, strict=True)))
    hot = heat / (dry_density(set_c, kpa) * 1.006 * (total - again))
    return [set_c + share * hot for share in shares], supply, heat


def cdu(n_racks, heat, water_c):
    """Duty, pump power and facility rate of the two CDUs at their set point of 36 °C."""
    cp, density = PG25_36
    rated_rack, rated_water = 20.0 * cp, 20.0 * WATER_32[0]
    ua = rated_ua(900.0, 4.0 + 900.0 / rated_rack, rated_rack, rated_water)
    flow = n_racks * 2.2
    pump = flow / density * (200.0 + 145.0 * (flow / 40.0) ** 2) / 0.7
    rack, duty = flow * cp / 2, (heat + pump) / 2
    hot = (rack / rated_rack) ** 0.8

    def gap(x):
        cold = x**0.8
        moved = counterflow(2 * ua * hot * cold / (hot + cold), rack, x * rated_water)
        return moved * (36.0 + duty / rack - water_c) - duty

    return heat + pump, pump, open_share(gap) * rated_water * 2


# --- plants ---------------------------------------------------------------------------------


class Air:
    """Outdoor air."""

    def __init__(self, dry, humidity, kpa):
        self.dry, self.kpa = dry, kpa
        self.ratio = psychrolib.GetHumRatioFromRelHum(dry, humidity, 1000 * kpa)
        self.wet = psychrolib.GetTWetBulbFromHumRatio(dry, self.ratio, 1000 * kpa)
        self.volume = psychrolib.GetMoistAirVolume(dry, self.ratio, 1000 * kpa)
        self.enthalpy = psychrolib.GetMoistAirEnthalpy(dry, self.ratio) / 1000


def saturated(level, kpa):
    return psychrolib.GetSatHumRatio(level, 1000 * kpa)


def saturated_enthalpy(level, kpa):
    return psychrolib.GetSatAirEnthalpy(level, 1000 * kpa) / 1000


def saturated_level(enthalpy, kpa):
    return brentq(lambda t: saturated_enthalpy(t, kpa) - enthalpy, -40.0, 70.0, xtol=1e-12)


def pump_at(firm_kw, cp, density, flow):
    """A loop pump sized for its firm duty at 8 K and 250 kPa, 30 % of the head held."""
    design = firm_kw / (cp * 8.0)
    x = flow / design
    return design / density * 250.0 / 0.7 * x * (0.7 * x * x + 0.3)


def slope(gain, wet, kpa):
    return gain / (saturated_level(saturated_enthalpy(wet, kpa) + gain, kpa) - wet)


def tower_entering(heat, fan, rate, air):
    """Water that one cell of 1000 kW needs to reject a heat."""
    wet = 25.6
    c = slope(25.0, wet, 101.325)
    stream, water = 40.0 * c, 1000.0 / 5.6
    ua = rated_ua(1000.0, 35.0 - wet, stream, water)
    ua *= (1.006 + 1.86 * saturated(wet, 101.325)) / c / (1.006 + 1.86 * air.ratio)
    w = rate / water
    ua *= (0.1082 + 1.667 * w - 0.7713 * w * w) / 1.0039 * (1 + 0.0081 * (wet - air.wet))
    flow = fan * full_air(air)
    c = slope(heat / flow, air.wet, air.kpa)
    return air.wet + heat / counterflow(ua * fan * (1.3 - 0.3 * fan) * c, flow * c, rate)


def full_air(air):
    rated = psychrolib.GetMoistAirVolume(25.6, saturated(25.6, 101.325), 101325.0)
    return 40.0 * rated / air.volume


def tower(heat, target, rate, air):
    """Leaving water, fan power, mean air share of one cell."""
    coldest = tower_entering(heat, 1.0, rate, air) - heat / rate
    if coldest >= target:
        return coldest, 15.0, 1.0
    entering = target + heat / rate
    if tower_entering(heat, 0.2, rate, air) > entering:
        fan = brentq(lambda r: tower_entering(heat, r, rate, air) - entering, 0.2, 1.0, xtol=1e-13)
        return target, 15.0 * fan**3, fan

    def leaving(ratio):
        drop = brentq(
            lambda k: tower_entering(k * rate, ratio, rate, air) - entering,
            1e-9,
            entering - air.wet,
        )
        return entering - drop

    still = entering - 0.125 * (entering - leaving(1.0))
    share = min(max((still - target) / (still - leaving(0.2)), 0.0), 1.0)
    return target, 15.0 * 0.2**3 * share, 0.2 * share + 0.125 * (1 - share)


CURVES = (
    (1.042261, 0.002644821, -0.001468026, 0.01366256, -0.0008302334, 0.001573579),
    (1.02634, -0.01612819, -0.001092591, -0.01784393, 0.0007961842, -9.586049e-05),
)


def chiller(load, entering):
    """Power of one chiller of 800 kW, COP 6, at 18 °C: above its curves' 10 °C, Carnot's rule."""
    y = min(max(entering, 12.78), 32.22)
    capacity, eir = (
        a + 10 * b + 100 * c + y * d + y * y * e + 10 * y * f for a, b, c, d, e, f in CURVES
    )
    capacity *= 800.0
    assert load < capacity

    def ideal(cold, warm):
        return (cold - 1.0 + 273.15) / max(warm + 6.0 - (cold - 1.0), 9.0)

    eir *= ideal(10.0, y) / ideal(18.0, entering) / 6.0
    part = load / capacity
    held = max(part, 0.1)
    shape = 0.118888 + 0.6723542 * held + 0.2068754 * held**2
    return capacity * eir * shape * min(part / 0.1, 1.0)


def chilled_plant(heat, rate, air, *, economising):
    """Power by part and make-up of the chilled loop, in one of its two ways to run."""
    cp, density = WATER_18
    pump = pump_at(800.0, cp, density, rate / cp)
    demand = heat + 0.9 * pump
    warm, condenser = 18.0 + demand / rate, 40.0 * cp
    exchange = counterflow(150.0, rate, condenser) if economising else 0.0
    target = max(warm - demand / exchange, 4.0) if economising else 18.0
    # Half the rated flow of a cell is 89 kW/K; one condenser pump gives 167.
    assert floor(condenser / (0.5 * 1000.0 / 5.6)) == 1

    def rejected(water):
        free = min(exchange * max(warm - water, 0.0), demand)
        entering = max(water + free / condenser, 12.8)
        power = chiller(demand - free, entering) if demand - free > 1e-9 else 0.0
        return free, power, demand + power + 0.9 * 8.0

    def gap(water):
        return (
            max(
                tower_entering(h := rejected(water)[2], 1.0, condenser, air) - h / condenser, target
            )
            - water
        )

    water = brentq(gap, -20.0, 60.0, xtol=1e-11)
    free, power, heat_out = rejected(water)
    _, fan, share = tower(heat_out, target, condenser, air)
    dry_air = share * full_air(air)
    leaving = saturated_level(air.enthalpy + heat_out / dry_air, air.kpa)
    vapour = dry_air * (saturated(leaving, air.kpa) - air.ratio)
    drift = 8e-5 * share * 40.0
    make_up = (vapour + drift + max(vapour / 3.0 - drift, 0.0)) * 3600.0 / 998.0
    return {"chiller": power + 8.0, "fan": fan, "pump": pump, "make_up": make_up, "free": free}


def best_chilled_plant(heat, rate, air):
    ways = [chilled_plant(heat, rate, air, economising=False)]
    if 18.0 + heat / rate > air.wet:
        ways.append(chilled_plant(heat, rate, air, economising=True))
    return min(ways, key=lambda way: way["chiller"] + way["fan"] + way["pump"])


def dry_coolers(heat, rate, air):
    """Power and pad water of the two coolers that hold 32 °C."""
    cp, density = WATER_32
    pump = pump_at(900.0, cp, density, rate / cp)
    each, water = (heat + 0.9 * pump) / 2, rate / 2

    def crossflow(ua, one, other):
        low, high = min(one, other), max(one, other)
        n, r = ua / low, low / high
        return low * (1 - exp((exp(-(n**0.78) * r) - 1) * n**0.22 / r))

    ua = brentq(lambda u: crossflow(u, 90.0 * 1.006, 900.0 / 8.0) * 14.0 - 900.0, 1.0, 1e4)
    wet = air.dry > 22.0
    at_coil = air.dry - (0.7 * (air.dry - air.wet) if wet else 0.0)
    ratio = (
        psychrolib.GetHumRatioFromTWetBulb(at_coil, air.wet, 1000 * air.kpa) if wet else air.ratio
    )
    volume = psychrolib.GetMoistAirVolume(at_coil, ratio, 1000 * air.kpa)
    flow = 90.0 * psychrolib.GetMoistAirVolume(32.0, 0.0, 101325.0) / volume

    def moved(fan):
        conductance = ua * (fan * flow / 90.0) ** 0.5
        stream = fan * flow * (1.006 + 1.86 * ratio)
        return crossflow(conductance, stream, water) * (32.0 + each / water - at_coil)

    assert moved(1.0) > each
    if moved(0.1) < each:
        fan = brentq(lambda r: moved(r) - each, 0.1, 1.0, xtol=1e-13)
        cube = fan**3
    else:
        fan, cube = 0.1 * each / moved(0.1), 0.001 * each / moved(0.1)
    vapour = 2 * fan * flow * (ratio - air.ratio) * 3600.0 / 998.0
    return {
        "fan": 2 * 22.0 * cube * (1.15 if wet else 1.0),
        "pump": pump,
        "make_up": vapour * 4 / 3,
    }


# --- the site -------------------------------------------------------------------------------


def settle(systems, air, use, *, loss_kw=0.0, fixed_kw=None, n_liquid=4):
    """The whole heat side; `use` and `fixed_kw` are those of the air and of the liquid racks."""
    ends, inside = 26.0, 25.0
    liquid_inlet = 24.0
    fixed = fixed_kw or (None, None)
    for _ in range(200):
        end, middle = (
            system_state(systems["h100"], use[0], level, None, fixed[0] and fixed[0] / 4)
            for level in (ends, inside)
        )
        wet = system_state(systems["nvl72"], use[1], liquid_inlet, 36.0, fixed[1])
        before = (ends, inside, liquid_inlet)
        (ends, inside), flow_1, heat_1 = row([(8, end, 1), (32, middle, 0)], 24.0, air.kpa, 5)
        (liquid_inlet,), flow_2, heat_2 = row([(n_liquid, wet, 0)], 24.0, air.kpa, 3)
        if (
            max(abs(a - b) for a, b in zip(before, (ends, inside, liquid_inlet), strict=True))
            < 1e-10
        ):
            break
    halls = [
        air_units(5, heat_1, flow_1, 24.0, air.kpa),
        air_units(3, heat_2, flow_2, 24.0, air.kpa),
    ]
    if loss_kw:
        flow_3 = loss_kw / (dry_density(25.0, air.kpa) * 1.006 * 11.0)
        halls.append(air_units(2, loss_kw, max(flow_3, 0.9), 25.0, air.kpa))
    duty, pump, rate = cdu(n_liquid, n_liquid * wet["liquid"], 32.0)
    chilled = best_chilled_plant(sum(h[0] for h in halls), sum(h[2] for h in halls), air)
    warm = dry_coolers(duty, rate, air)
    machines = {"CHW/pumps": chilled["pump"], "FWS/pumps": warm["pump"]}
    for hall, name, count in zip(halls, ("CRAH-1", "CRAH-2", "CRAH-E"), (5, 3, 2), strict=False):
        machines |= {f"{name}{number}": hall[1] / count for number in range(1, count + 1)}
    for number in (1, 2):
        machines |= {
            f"CDU-{number}": pump / 2,
            f"CH-{number}": chilled["chiller"] / 2,
            f"CT-{number}": chilled["fan"] / 2,
            f"DC-{number}": warm["fan"] / 2,
        }
    racks = {
        f"HALL-1/A{n:02}": 4 * (end if n in (1, 10) else middle)["input"] for n in range(1, 11)
    }
    racks |= {f"HALL-2/A{n:02}": wet["input"] for n in range(1, n_liquid + 1)}
    return {
        "racks": racks,
        "machines": machines,
        "compute_kw": 8 * end["compute"] + 32 * middle["compute"] + n_liquid * wet["compute"],
        "inlets": (ends, inside, liquid_inlet),
        "junctions": (max(end["junction"], middle["junction"]), wet["junction"]),
        "water_m3_h": chilled["make_up"] + warm["make_up"],
        "coil_kw": [hall[0] for hall in halls],
        "cdu_kw": duty,
    }
