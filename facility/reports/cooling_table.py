"""The rows of the comparison of cooling: quantities in the order in which a decision needs them."""

from collections.abc import Callable, Iterable, Sequence

from facility.physics.results import HeadroomResult
from facility.reports import numbers
from facility.reports.cooling_comparison import (
    UNIT_WORDS,
    Case,
    Group,
    Quantity,
    Row,
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
Of = Callable[[str], Callable[[Case], float | None]]


def groups(cases: Sequence[Case | None]) -> tuple[Group, ...]:
    """Return every quantity of every plan; a plan without an answer has dashes."""
    answered = [case for case in cases if case is not None]
    currency = answered[0].basis.currency if answered else ""
    parts: tuple[tuple[str, str, Iterable[Line]], ...] = (
        ("What each plan adds", "new racks and what cools them", _EQUIPMENT),
        ("Power", "design point: everything at its nameplate on the design day", _POWER),
        ("Year, what the plan adds", _ADDED_NOTE, _added_year(currency)),
        ("Year, whole site", _SITE_NOTE, _site_year(currency)),
        ("Chips", "hottest hour of the weather year", _CHIPS),
        ("Headroom left", "continuous, at the design point, with the plan in place", _HEADROOM),
    )
    return tuple(
        Group(title, note, tuple(filter(_says_something, (line.row(cases) for line in lines))))
        for title, note, lines in parts
    )


_SITE_NOTE = "all halls; PUE counts server fans and supplies as IT, TUE does not"
_ADDED_NOTE = (
    "the site with the plan less the site before it; the no-load losses of plant that runs "
    "already are in neither"
)


def _says_something(row: Row) -> bool:
    return not row.is_words or any(cell.text != numbers.DASH for cell in row.cells)


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
    Words("New cooling units", unit_words, note="beyond what stands, with their rated heat"),
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


def _line(title: str, read: Callable[[Case], float | None]) -> Quantity:
    return Quantity(title, read, mwh, relative=True)


def _energies(of: Of) -> tuple[Line, ...]:
    return (
        _line("Compute energy", of("compute_kwh")),
        _line("Server fans and supplies", of("fan_kwh")),
        _line("Cooling", of("cooling_kwh")),
        _line("Electrical losses", of("loss_kwh")),
    )


def _ratios(of: Of) -> tuple[Line, ...]:
    """Return the ratios; PUE never stands without the others and the total above them."""
    return (
        _line("Facility energy", of("facility_kwh")),
        Quantity("Fans and supplies of IT energy", of("fan_ratio"), percent, say_delta=points),
        Quantity("TUE", of("tue"), ratio, "tue"),
        Quantity("ITUE", of("itue"), ratio, "itue"),
        Quantity("PUE", of("pue"), ratio, "pue"),
    )


def _mean_compute_kw(case: Case) -> float | None:
    return mean_kw(of_added("compute_kwh")(case))


def _litres(value: float | None) -> str:
    return numbers.DASH if value is None else f"{numbers.fixed(value, 2)}{numbers.THIN}L/kWh"


def throttled_h(case: Case) -> float | None:
    """Return the accelerator-hours of the whole site that heat throttles."""
    return None if case.stage.year is None else case.stage.year.throttled_accelerator_h


def _bill(of: Of, currency: str) -> tuple[Line, ...]:
    def tonnes(case: Case) -> float | None:
        mass_kg = of("carbon_kg")(case)
        return None if mass_kg is None else mass_kg / 1000.0

    def millions(case: Case) -> float | None:
        amount = of("amount")(case)
        return None if amount is None else amount / 1e6

    return (
        Quantity("Water on site", of("water_m3"), with_unit("m³"), relative=True),
        Quantity("WUE", of("wue_l_per_kwh"), _litres, "wue"),
        Quantity("Carbon of the electricity, CO₂e", tonnes, with_unit("t"), relative=True),
        Quantity(f"Energy bill, million {currency}", millions, numbers.number, relative=True),
    )


def _hottest(name: str) -> Callable[[Case], float | None]:
    return lambda case: None if case.hottest is None else getattr(case.hottest, name)


def _margin_k(case: Case) -> float | None:
    return None if case.hottest is None else junction_margin_k(case.hottest)


def _cause(case: Case) -> str:
    return "; ".join(
        dict.fromkeys(f"{item.hall}: {item.cause}" for item in case.throttling if item.cause)
    )


def _added_year(currency: str) -> tuple[Line, ...]:
    mean = _power("Compute power, mean: IT without fans and supplies", _mean_compute_kw)
    return (mean, *_energies(of_added), *_ratios(of_added), *_bill(of_added, currency))


def _site_year(currency: str) -> tuple[Line, ...]:
    house = _line("House: lights, offices", of_site("other_kwh"))
    return (*_energies(of_site), house, *_ratios(of_site), *_bill(of_site, currency))


_CHIPS: tuple[Line, ...] = (
    Quantity("Hottest new chip", _hottest("junction_max_c"), numbers.celsius, "junction",
             say_delta=numbers.kelvin),
    Quantity("Its limit", _hottest("junction_limit_c"), numbers.celsius, say_delta=numbers.kelvin),
    Quantity("Margin", _margin_k, numbers.kelvin, "margin"),
    Quantity("Enters its cooling at", _hottest("inlet_max_c"), numbers.celsius, "inlet",
             "air at the rack, or coolant", numbers.kelvin),
    Quantity("Throttled, whole site", throttled_h, with_unit("acc.-h"), "throttled"),
    Quantity("Lost throughput, whole site", of_year("lost_accelerator_h"),
             with_unit("acc.-h"), "lost"),
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


def binding_words(room: HeadroomResult) -> str:
    """Return what binds first at the grid connection, with its state.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> room = SimpleNamespace(binds="Electricity: source GRID", binds_state="normal")
    >>> binding_words(room)
    'the contract of GRID (normal)'
    """
    kind, _, name = room.binds.partition(": ")[2].partition(" ")
    thing = f"the contract of {name}" if kind == "source" else name or room.binds
    return f"{thing} ({state_words(room.binds_state)})"


def _site_binds(case: Case) -> str:
    room = case.room(SITE, "N-1")
    return "" if room is None else binding_words(room)


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
