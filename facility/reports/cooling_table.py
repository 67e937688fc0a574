"""The rows of the comparison of cooling: quantities in the order in which a decision needs them."""

from collections.abc import Callable, Iterable, Sequence

from facility.reports import numbers
from facility.reports.cooling_comparison import (
    UNIT_WORDS,
    Case,
    Group,
    Quantity,
    Words,
    mean_kw,
    mwh,
    of_added,
    of_site,
    of_year,
    percent,
    points,
    ratio,
    with_unit,
)
from facility.reports.tables import junction_margin_k
from facility.reports.words import state_words

SITE = "site"
Line = Quantity | Words


def groups(cases: Sequence[Case | None]) -> tuple[Group, ...]:
    """Return every quantity of every plan; a plan without an answer has dashes."""
    answered = [case for case in cases if case is not None]
    currency = answered[0].basis.currency if answered else ""
    parts: tuple[tuple[str, str, Iterable[Line]], ...] = (
        ("What each plan adds", "new racks and what cools them", _EQUIPMENT),
        ("Power", "design point: everything at its nameplate on the design day", _POWER),
        ("Year, what the plan adds", _ADDED_NOTE, [*_energy(of_added), *_bill(of_added, currency)]),
        ("Year, whole site", "all halls, with the plan", [*_energy(of_site), *_SITE_RATIOS]),
        ("Water, carbon, money, whole site", "", _bill(of_site, currency)),
        ("Chips", "hottest hour of the weather year", _CHIPS),
        ("Headroom left", "continuous, at the design point, with the plan in place", _HEADROOM),
    )
    return tuple(
        Group(title, note, tuple(line.row(cases) for line in lines)) for title, note, lines in parts
    )


_ADDED_NOTE = (
    "the site with the plan less the site before it; the no-load losses of plant that runs "
    "already are in neither"
)


def unit_words(case: Case) -> str:
    """Return the cooling units that a plan adds, with their rating."""
    return ", ".join(
        f"{unit.n_units} {UNIT_WORDS[unit.kind][unit.n_units > 1]} ({numbers.kw(unit.rated_kw)})"
        for unit in case.units
    )


def _places(case: Case) -> str:
    hall = case.hall
    if hall is None:
        return ", ".join(f"{item.n_racks} of {item.n_positions}" for item in case.halls)
    return f"{hall.n_racks} of {hall.n_positions} in {hall.hall}"


def _floor_m2(case: Case) -> float | None:
    """Return the part of the hall's floor that the used places stand for, aisles included."""
    hall = case.hall
    if hall is None or not hall.density_kw_per_m2 or not hall.n_positions:
        return None
    area = hall.nameplate_kw / hall.density_kw_per_m2
    return area * hall.n_racks / hall.n_positions


def _per_used_m2(case: Case) -> float | None:
    area, hall = _floor_m2(case), case.hall
    return None if hall is None or not area else hall.nameplate_kw / area


def _of_hall(name: str) -> Callable[[Case], float | None]:
    return lambda case: None if case.hall is None else getattr(case.hall, name)


_EQUIPMENT: tuple[Line, ...] = (
    Quantity("Accelerators", lambda c: float(c.n_added_chips), numbers.fixed),
    Words("in racks of", lambda c: "; ".join(c.added_kinds)),
    Quantity("Racks", lambda c: float(c.n_added_racks), numbers.fixed),
    Words("Rack places used", _places),
    Quantity("Rack density", _of_hall("density_kw"), numbers.kw, "density"),
    Quantity(
        "Floor used, aisles included",
        _floor_m2,
        with_unit("m²"),
        note="the hall's area by the share of its places in use",
    ),
    Quantity("Density on the floor used", _per_used_m2, with_unit("kW/m²")),
    Quantity("Density on the whole hall", _of_hall("density_kw_per_m2"), with_unit("kW/m²"),
             "area_density"),
    Words("New cooling units", unit_words, note="with their rated heat"),
)  # fmt: skip


def _stage_kw(name: str) -> Callable[[Case], float | None]:
    return lambda case: float(getattr(case.stage, name))


def _more_kw(name: str) -> Callable[[Case], float | None]:
    return lambda case: float(getattr(case.stage, name) - getattr(case.start, name))


def _power(title: str, read: Callable[[Case], float | None], word: str = "") -> Quantity:
    return Quantity(title, read, numbers.kw, word, relative=True)


_POWER = (
    _power("IT added, design point", _more_kw("it_kw"), "it_power"),
    _power("Facility added, design point", _more_kw("facility_kw")),
    Quantity(
        "New racks at full work",
        lambda c: sum(item.rack_peak_kw * n_racks for item, n_racks in c.added),
        numbers.kw,
        "peak",
        "nameplates promise more than machines draw, and not all by as much",
        relative=True,
    ),
    _power("IT, design point, whole site", _stage_kw("it_kw"), "it_power"),
    _power("Facility, design point, whole site", _stage_kw("facility_kw")),
    _power("Facility, peak of the year", of_year("peak_kw")),
)


def _energy(of: Callable[[str], Callable[[Case], float | None]]) -> tuple[Line, ...]:
    def line(title: str, name: str, word: str = "") -> Quantity:
        return Quantity(title, of(name), mwh, word, relative=True)

    def mean(case: Case) -> float | None:
        return mean_kw(of("compute_kwh")(case))

    return (
        _power("Compute power, mean: IT without fans and supplies", mean),
        line("Compute energy", "compute_kwh"),
        line("Server fans and supplies", "fan_kwh"),
        line("Cooling", "cooling_kwh"),
        line("Electrical losses", "loss_kwh"),
        line("Facility energy", "facility_kwh"),
        Quantity("Fans and supplies, share of IT energy", of("fan_ratio"), percent,
                 say_delta=points, note="1 − 1/ITUE"),
        Quantity("TUE", of("tue"), ratio, "tue", "facility over compute energy"),
        Quantity("ITUE", of("itue"), ratio, "itue", "IT over compute energy"),
        Quantity("PUE", of("pue"), ratio, "pue", "facility over IT energy; counts fans as IT"),
    )  # fmt: skip


def _litres(value: float | None) -> str:
    return numbers.DASH if value is None else f"{numbers.fixed(value, 2)}{numbers.THIN}L/kWh"


def throttled_h(case: Case) -> float | None:
    """Return the accelerator-hours of the whole site that heat throttles."""
    return None if case.stage.year is None else case.stage.year.throttled_accelerator_h


_SITE_RATIOS = (Quantity("House: lights, offices", of_site("other_kwh"), mwh, relative=True),)


def _bill(of: Callable[[str], Callable[[Case], float | None]], currency: str) -> tuple[Line, ...]:
    def tonnes(case: Case) -> float | None:
        mass_kg = of("carbon_kg")(case)
        return None if mass_kg is None else mass_kg / 1000.0

    return (
        Quantity("Water on site", of("water_m3"), with_unit("m³"), relative=True),
        Quantity("WUE", of("wue_l_per_kwh"), _litres, "wue"),
        Quantity("Carbon of the electricity", tonnes, with_unit("t CO₂e"), relative=True),
        Quantity("Energy bill", of("amount"), with_unit(currency), relative=True),
    )


def _hottest(name: str) -> Callable[[Case], float | None]:
    return lambda case: None if case.hottest is None else getattr(case.hottest, name)


def _margin_k(case: Case) -> float | None:
    return None if case.hottest is None else junction_margin_k(case.hottest)


def _cause(case: Case) -> str:
    return "; ".join(
        dict.fromkeys(f"{item.hall}: {item.cause}" for item in case.throttling if item.cause)
    )


_CHIPS: tuple[Line, ...] = (
    Quantity("Hottest new chip", _hottest("junction_max_c"), numbers.celsius, "junction",
             say_delta=numbers.kelvin),
    Quantity("Its limit", _hottest("junction_limit_c"), numbers.celsius, say_delta=numbers.kelvin),
    Quantity("Margin", _margin_k, numbers.kelvin, "margin"),
    Quantity("Enters its cooling at", _hottest("inlet_max_c"), numbers.celsius, "inlet",
             "air at the rack, or coolant", numbers.kelvin),
    Quantity("Throttled, whole site", throttled_h, with_unit("accelerator-h"), "throttled"),
    Quantity("Lost throughput, whole site", of_year("lost_accelerator_h"),
             with_unit("accelerator-h"), "lost"),
    Words("Why", _cause),
)  # fmt: skip


def _transformer(name: str) -> Callable[[Case], float | None]:
    return lambda case: None if case.transformer is None else getattr(case.transformer, name)


def _site_room(state: str) -> Callable[[Case], float | None]:
    def read(case: Case) -> float | None:
        room = case.room(SITE, state)
        return None if room is None else room.limit_kw

    return read


def racks_words(case: Case, scope: str, state: str) -> str:
    """Return headroom in racks of the plan's own kind and in the accelerators they would hold."""
    room = case.room(scope, state)
    if room is None:
        return ""
    chips = {item.n_chips for item, _ in case.added if item.n_chips}
    text = f"{numbers.fixed(room.n_racks)} racks"
    return (
        f"{text}, {numbers.fixed(room.n_racks * chips.pop())} accelerators"
        if len(chips) == 1
        else text
    )


def _site_racks(state: str) -> Callable[[Case], str]:
    return lambda case: racks_words(case, SITE, state)


def _site_binds(case: Case) -> str:
    room = case.room(SITE, "N-1")
    return (
        "" if room is None else f"{room.binds.partition(': ')[2]}, {state_words(room.binds_state)}"
    )


def _hall_room(state: str) -> Callable[[Case], str]:
    def read(case: Case) -> str:
        hall = case.hall
        if hall is None:
            return ""
        room = case.room(hall.hall, state)
        if room is None:
            return "no free place" if hall.n_racks >= hall.n_positions else ""
        return f"{numbers.fixed(room.n_racks)} racks, {numbers.kw(room.limit_kw)}; {room.binds}"

    return read


def _tightest(case: Case) -> str:
    row = case.tightest
    if row is None:
        return ""
    load = row.load
    state = "normal" if load.normal_ratio >= load.failover_ratio else load.failover_state
    return f"{load.id}, {numbers.percent(row.worst_ratio)} used, {state_words(state)}"


def _allowed(case: Case) -> str:
    hall = case.hall
    return "" if hall is None else f"{numbers.kw(hall.allowed_kw)} a rack; {hall.binding}"


_HEADROOM: tuple[Line, ...] = (
    Quantity("Substation transformer, N", _transformer("headroom_n_kva"), numbers.kva, "headroom"),
    Quantity("Substation transformer, N-1", _transformer("headroom_n1_kva"), numbers.kva,
             "headroom", "the one that keeps least"),
    Quantity("Its hot spot, failover", _transformer("hot_spot_failover_c"), numbers.celsius,
             "hot_spot", say_delta=numbers.kelvin),
    Quantity("Grid and substation, N", _site_room("N"), numbers.kw, "headroom", relative=True),
    Words("in the plan's own racks", _site_racks("N")),
    Quantity("Grid and substation, N-1", _site_room("N-1"), numbers.kw, "headroom", relative=True),
    Words("in the plan's own racks", _site_racks("N-1")),
    Words("what binds first there", _site_binds, "binds"),
    Words("In the hall, N", _hall_room("N"), "headroom"),
    Words("In the hall, N-1", _hall_room("N-1"), "headroom"),
    Words("Rack density the hall allows", _allowed, "allowed"),
    Words("Electrical object closest to its limit", _tightest, "binds"),
    Quantity("Limits exceeded", lambda c: float(c.n_over), numbers.fixed, over=1.0),
)  # fmt: skip
