"""Lines, impedances and direct-current links of a pandapower network as documents."""

import math

from power.pandapower.book import Book, build
from power.pandapower.buses import SAME_VOLTAGE, Ends
from power.pandapower.tables import Row
from power.physics.documents import Impedance, Line, RegulatedGenerator

A_PER_KA = 1000.0
KVA_PER_MVA = 1000.0
V_PER_KV = 1000.0
Admittances = tuple[complex, complex, complex, complex]


def read_lines(book: Book, ends: Ends) -> None:
    """Read lines; one with an end at a bus out of service stays charged from the other."""

    def read(row: Row) -> None:
        pair = [book.bus_row(row, f"{end}_bus").index in book.bus for end in ("from", "to")]
        if not any(pair):
            book.note(row, "both its buses are out of service", code="out_of_service")
            return
        first, second = (ends.of(row, end, may_hang=True) for end in ("from", "to"))
        if first is None or second is None:
            return
        name = book.name(row)
        book.lines.append(_line(book, row, name, first, second))
        book.branches["line", row.index] = (name,)

    book.each("line", read)


def _line(book: Book, row: Row, name: str, first: str, second: str) -> Line | Impedance:
    length_km, n_parallel = row.number("length_km"), row.number("parallel", 1.0)
    r, x = row.number("r_ohm_per_km"), row.number("x_ohm_per_km")
    c, g = row.number("c_nf_per_km", 0.0), row.number("g_us_per_km", 0.0)
    voltages = book.nodes[first].voltage_v, book.nodes[second].voltage_v
    plain = (
        min(r, x, c, g) >= 0.0
        and length_km > 0
        and n_parallel.is_integer()
        and abs(voltages[0] / voltages[1] - 1.0) < SAME_VOLTAGE
    )
    if r == 0 and x == 0:
        raise row.wrong("x_ohm_per_km", "a line needs an impedance", "zero_impedance")
    if plain:
        # The document knows two frequencies; the charging current follows the true one.
        scale = book.net.frequency_hz / nearest_frequency(book.net.frequency_hz)
        rating_a, derating = rating(row)
        values: dict[str, object] = {
            "id": name,
            "from_node": first,
            "to_node": second,
            "length_km": length_km,
            "resistance_ohm_per_km": r,
            "reactance_ohm_per_km": x,
            "capacitance_nf_per_km": c * scale,
            "conductance_us_per_km": g,
            "n_parallel": int(n_parallel),
            "rating_a": rating_a,
            "derating_ratio": derating,
        }
        return build(Line, row, **values)
    return _unusual_line(book, row, name, (first, second))


def rating(row: Row) -> tuple[float | None, float]:
    """Return the rated current of one circuit [A], with a factor above 1 in it, and derating."""
    limit_ka, factor = row.number("max_i_ka", 0.0), row.number("df", 1.0)
    if limit_ka <= 0 or factor <= 0:
        return None, 1.0
    if factor > 1.0:
        return limit_ka * A_PER_KA * factor, 1.0
    return limit_ka * A_PER_KA, factor


def nearest_frequency(frequency_hz: float) -> int:
    """Return the frequency of the document: 50 or 60 Hz."""
    return 50 if abs(frequency_hz - 50.0) <= abs(frequency_hz - 60.0) else 60


def _unusual_line(book: Book, row: Row, name: str, ends: tuple[str, str]) -> Impedance:
    """Return what no cable can be, such as a series capacitor, as an impedance."""
    size = row.number("length_km")
    n_parallel = row.number("parallel", 1.0)
    base_ohm = (book.nodes[ends[0]].voltage_v / V_PER_KV) ** 2
    z = complex(row.number("r_ohm_per_km"), row.number("x_ohm_per_km"))
    if size == 0 or n_parallel <= 0:
        raise row.wrong("length_km", "a line needs a length and a number of circuits")
    series = base_ohm * n_parallel / (z * size)
    omega = 2.0 * math.pi * book.net.frequency_hz
    per_km = complex(
        row.number("g_us_per_km", 0.0) * 1e-6, omega * row.number("c_nf_per_km", 0.0) * 1e-9
    )
    half = per_km * size * n_parallel * base_ohm / 2.0
    book.note(row, "values that no cable has: an impedance without rating in ampere")
    return two_port(
        row,
        name,
        ends,
        (series + half, -series, -series, series + half),
        _line_mva(book, row, ends),
    )


def _line_mva(book: Book, row: Row, ends: tuple[str, str]) -> float:
    limit_ka = row.number("max_i_ka", 0.0) * row.number("df", 1.0) * row.number("parallel", 1.0)
    size_mva = math.sqrt(3.0) * limit_ka * book.nodes[ends[0]].voltage_v / V_PER_KV
    return min(size_mva, 1e6) if size_mva > 0 else 100.0


def two_port(
    row: Row, name: str, ends: tuple[str, str], admittances: Admittances, rating_mva: float
) -> Impedance:
    """Return any two-port as an impedance with shunts.

    Admittances, from-from, from-to, to-from and to-to, are per unit of 1 MVA and the nominal
    voltages.
    """
    own, forth, back, other = admittances
    if forth == 0 or back == 0:
        raise row.wrong("", "lets nothing through", "zero_admittance")
    there, here = -rating_mva / forth, -rating_mva / back
    first, second = (own + forth) / rating_mva, (other + back) / rating_mva
    return build(
        Impedance,
        row,
        id=name,
        from_node=ends[0],
        to_node=ends[1],
        rating_kva=rating_mva * KVA_PER_MVA,
        from_to_pu=(there.real, there.imag),
        to_from_pu=(here.real, here.imag),
        from_shunt_pu=(first.real, first.imag),
        to_shunt_pu=(second.real, second.imag),
    )


def read_impedances(book: Book) -> None:
    """Read impedances, which may differ by direction and have shunts at their ends."""

    def read(row: Row) -> None:
        first, second = (book.node_of(row, f"{end}_bus") for end in ("from", "to"))
        if first is None or second is None:
            return
        name = book.name(row)
        there = (row.number("rft_pu"), row.number("xft_pu"))
        back = (
            row.number("rtf_pu", there[0]),
            row.number("xtf_pu", there[1]),
        )
        if there == (0.0, 0.0) or back == (0.0, 0.0):
            raise row.wrong("xft_pu", "an impedance may not be zero", "zero_impedance")
        values: dict[str, object] = {
            "id": name,
            "from_node": first,
            "to_node": second,
            "rating_kva": row.number("sn_mva") * KVA_PER_MVA,
            "from_to_pu": there,
            "to_from_pu": back,
            "from_shunt_pu": (row.number("gf_pu", 0.0), row.number("bf_pu", 0.0)),
            "to_shunt_pu": (row.number("gt_pu", 0.0), row.number("bt_pu", 0.0)),
        }
        book.lines.append(build(Impedance, row, **values))
        book.branches["impedance", row.index] = (name,)

    book.each("impedance", read)


def read_links(book: Book) -> None:
    """Read direct-current links: a machine at each end that gives what arrives there."""

    def read(row: Row) -> None:
        power_mw = row.number("p_mw")
        sent_mw = abs(power_mw)
        arriving_mw = sent_mw * (1.0 - row.number("loss_percent", 0.0) / 100.0)
        arriving_mw -= row.number("loss_mw", 0.0)
        given = (-sent_mw, arriving_mw) if power_mw > 0 else (arriving_mw, -sent_mw)
        for end, active_mw in zip(("from", "to"), given, strict=True):
            node = book.node_of(row, f"{end}_bus")
            if node is not None:
                book.generators.append(
                    build(
                        RegulatedGenerator,
                        row,
                        id=book.name(row, end),
                        node=node,
                        active_kw=active_mw * KVA_PER_MVA,
                        voltage_pu=row.number(f"vm_{end}_pu"),
                    )
                )
        book.note(row, "a direct-current link: two machines with fixed powers")

    book.each("dcline", read)
