"""What hangs on one bus: grids, machines, loads, wards and shunts."""

import math
from collections import defaultdict
from dataclasses import dataclass

from power.pandapower.book import Book, build
from power.pandapower.branches import KVA_PER_MVA, V_PER_KV
from power.pandapower.tables import Row
from power.physics.documents import (
    GridSource,
    Impedance,
    RegulatedGenerator,
    Shunt,
    StaticLoad,
)

DRAWING = ("load", "motor", "sgen", "storage", "ward", "xward")
UNBALANCED = ("asymmetric_load", "asymmetric_sgen")
CLOSE_RATIO = 1e-4


def read_sources(book: Book, joined: dict[int, int]) -> None:
    """Read external grids and machines; those joined to one bus hold one voltage."""
    held: dict[int, float] = {}
    angle: dict[int, float] = {}
    grids: list[tuple[Row, str, int]] = []
    machines: list[tuple[Row, str, int]] = []

    def read(row: Row) -> None:
        node = book.node_of(row)
        if node is None:
            return
        bus = joined[row.whole("bus")]
        _hold(row, held, bus)
        is_grid = row.table == "ext_grid" or row.flag("slack", default=False)
        if row.table == "ext_grid":
            angle[bus] = row.number("va_degree", 0.0) if book.options.voltage_angles else 0.0
        (grids if is_grid else machines).append((row, node, bus))

    book.each("ext_grid", read)
    book.each("gen", read)
    for row, node, bus in grids:
        book.sources.append(
            build(
                GridSource,
                row,
                id=book.name(row),
                node=node,
                voltage_pu=held[bus],
                voltage_deg=angle.get(bus, 0.0),
                short_circuit_mva=None,
            )
        )
    for row, node, bus in machines:
        _machine(book, row, node, held[bus])


def _hold(row: Row, held: dict[int, float], bus: int) -> None:
    wanted_pu = row.number("vm_pu", 1.0)
    if wanted_pu <= 0:
        raise row.wrong("vm_pu", "has to be above 0")
    if not math.isclose(held.setdefault(bus, wanted_pu), wanted_pu, rel_tol=CLOSE_RATIO):
        raise row.wrong(
            "vm_pu", f"{wanted_pu:g} differs from the {held[bus]:g} held on the same bus"
        )
    held[bus] = wanted_pu


def _machine(book: Book, row: Row, node: str, voltage_pu: float) -> None:
    limits = [
        row.number(f"{side}_q_mvar") * KVA_PER_MVA if row.has(f"{side}_q_mvar") else None
        for side in ("min", "max")
    ]
    book.generators.append(
        build(
            RegulatedGenerator,
            row,
            id=book.name(row),
            node=node,
            active_kw=row.number("p_mw") * row.number("scaling", 1.0) * KVA_PER_MVA,
            voltage_pu=voltage_pu,
            reactive_min_kvar=limits[0],
            reactive_max_kvar=limits[1],
        )
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Power of one element at a bus. [MW, Mvar]."""

    row: Row
    node: str
    power: complex


def read_loads(book: Book, joined: dict[int, int]) -> None:
    """Read everything of given power.

    pandapower gives all power of a bus the mean voltage dependence of the loads there: where any
    load depends on the voltage, what the bus draws becomes one load.
    """
    by_bus: defaultdict[int, list[_Drawn]] = defaultdict(list)

    def read(row: Row) -> None:
        node = book.node_of(row)
        power = _power(row)
        if node is not None:
            by_bus[joined[row.whole("bus")]].append(_Drawn(row, node, power))

    for name in (*DRAWING, *UNBALANCED):
        book.each(name, read)
    shares = _shares(book, joined) if book.options.voltage_depend_loads else {}
    for bus, drawn in by_bus.items():
        if any(shares.get(bus, ())):
            _dependent(book, drawn, shares[bus])
        else:
            book.loads += [
                _load(
                    item.row,
                    book.name(item.row, _PARTS.get(item.row.table, "")),
                    item.node,
                    item.power,
                )
                for item in drawn
                if item.power != 0
            ]


_PARTS = {"ward": "load", "xward": "load"}


def _plain(book: Book, item: _Drawn) -> StaticLoad:
    name = book.name(item.row, _PARTS.get(item.row.table, ""))
    return _load(item.row, name, item.node, item.power)


def _power(row: Row) -> complex:
    """Return what an element draws. [MW, Mvar]."""
    scaling = row.number("scaling", 1.0)
    if row.table in ("ward", "xward"):
        return complex(row.number("ps_mw", 0.0), row.number("qs_mvar", 0.0))
    if row.table == "motor":
        active_mw = row.number("pn_mech_mw") / (row.number("efficiency_percent", 100.0) / 100.0)
        active_mw *= row.number("loading_percent", 100.0) / 100.0 * scaling
        return complex(active_mw, active_mw * math.tan(math.acos(row.number("cos_phi"))))
    if row.table in UNBALANCED:
        phases = [
            complex(row.number(f"p_{phase}_mw", 0.0), row.number(f"q_{phase}_mvar", 0.0))
            for phase in "abc"
        ]
        power = sum(phases)
    else:
        power = complex(row.number("p_mw"), row.number("q_mvar", 0.0))
    return -scaling * power if row.table.endswith("sgen") else scaling * power


Shares = tuple[float, float, float, float]
"""Constant-current part of P and of Q, constant-impedance part of P and of Q."""


def _shares(book: Book, joined: dict[int, int]) -> dict[int, Shares]:
    rows = [
        row
        for row in book.net.table("load")
        if row.flag("in_service", default=True) and row.whole("bus") in joined
    ]
    found: defaultdict[int, list[Shares]] = defaultdict(list)
    for row in rows:
        found[row.whole("bus")].append(_shares_of(row))
    answer: dict[int, Shares] = {}
    # Of joined buses the last one counts, in the order in which Python keeps a set of them.
    for bus in set(found):
        parts = list(zip(*found[bus], strict=True))
        mean = [sum(part) / len(part) for part in parts]
        answer[joined[bus]] = (mean[0], mean[1], mean[2], mean[3])
    return answer


def _shares_of(row: Row) -> Shares:
    parts = []
    for kind in ("i", "z"):
        for letter in "pq":
            column = f"const_{kind}_{letter}_percent"
            # One column for P and Q was enough before format 3.
            old = row.number(f"const_{kind}_percent", 0.0)
            parts.append(row.number(column, old) / 100.0)
    current_p, current_q, impedance_p, impedance_q = parts
    for letter, total in (("p", current_p + impedance_p), ("q", current_q + impedance_q)):
        if total > 1.0 + 1e-12 or min(parts) < 0:
            raise row.wrong(
                f"const_z_{letter}_percent", "parts of constant current and impedance exceed 100 %"
            )
    return current_p, current_q, impedance_p, impedance_q


def _dependent(book: Book, drawn: list[_Drawn], shares: Shares) -> None:
    """Add what a bus draws as one load, or two where P and Q follow the voltage differently."""
    total = sum(item.power for item in drawn)
    first = drawn[0]
    current_p, current_q, impedance_p, impedance_q = shares
    alike = (current_p, impedance_p) == (current_q, impedance_q)
    parts = [("", total, current_p, impedance_p)]
    if not alike:
        parts = [
            ("P", complex(total.real, 0.0), current_p, impedance_p),
            ("Q", complex(0.0, total.imag), current_q, impedance_q),
        ]
    name = book.name(first.row)
    if len(drawn) > 1:
        book.note(
            first.row,
            f"joined with the other {len(drawn) - 1} at its bus, which pandapower gives one mean "
            "voltage dependence",
        )
    for part, power, current, impedance in parts:
        book.loads.append(
            _load(
                first.row,
                f"{name} {part}".strip(),
                first.node,
                power,
                current=current,
                impedance=impedance,
            )
        )


def _load(
    row: Row, name: str, node: str, power: complex, *, current: float = 0.0, impedance: float = 0.0
) -> StaticLoad:
    return build(
        StaticLoad,
        row,
        id=name,
        node=node,
        active_kw=power.real * KVA_PER_MVA,
        reactive_kvar=power.imag * KVA_PER_MVA,
        constant_current_ratio=min(current, 1.0),
        constant_impedance_ratio=min(impedance, 1.0),
    )


def read_shunts(book: Book) -> None:
    """Read shunts, and the impedance part and the inner machine of wards."""
    book.each("shunt", lambda row: _shunt(book, row))
    book.each("ward", lambda row: _ward_shunt(book, row))
    book.each("xward", lambda row: _extended_ward(book, row))


def _shunt(book: Book, row: Row) -> None:
    node = book.node_of(row)
    if node is None:
        return
    step = row.number("step", 1.0)
    power = complex(row.number("p_mw", 0.0), row.number("q_mvar")) * step
    if row.flag("step_dependency_table", default=False):
        power = _shunt_of_table(book, row, step)
    own_kv = row.number("vn_kv", book.nodes[node].voltage_v / V_PER_KV)
    add_shunt(book, row, book.name(row), node, power=power, own_kv=own_kv)


def _shunt_of_table(book: Book, row: Row, step: float) -> complex:
    wanted = row.number("id_characteristic_table")
    for entry in book.net.table("shunt_characteristic_table"):
        if entry.number("id_characteristic") == wanted and entry.number("step") == step:
            return complex(entry.number("p_mw", 0.0), entry.number("q_mvar", 0.0))
    raise row.wrong("id_characteristic_table", f"has no row for step {step:g}", "unknown")


def _ward_shunt(book: Book, row: Row) -> None:
    node = book.node_of(row)
    if node is not None:
        power = complex(row.number("pz_mw", 0.0), row.number("qz_mvar", 0.0))
        own_kv = book.nodes[node].voltage_v / V_PER_KV
        add_shunt(book, row, book.name(row, "shunt"), node, power=power, own_kv=own_kv)


def _extended_ward(book: Book, row: Row) -> None:
    _ward_shunt(book, row)
    node = book.node_of(row)
    if node is None:
        return
    inner = book.add_node(book.name(row, "inner"), node)
    base_ohm = (book.nodes[node].voltage_v / V_PER_KV) ** 2
    z = (row.number("r_ohm") / base_ohm, row.number("x_ohm") / base_ohm)
    if z == (0.0, 0.0):
        raise row.wrong("x_ohm", "needs an impedance", "zero_impedance")
    book.lines.append(
        build(
            Impedance,
            row,
            id=book.name(row, "impedance"),
            from_node=node,
            to_node=inner,
            rating_kva=KVA_PER_MVA,
            from_to_pu=z,
            to_from_pu=z,
        )
    )
    book.generators.append(
        build(
            RegulatedGenerator,
            row,
            id=book.name(row, "machine"),
            node=inner,
            active_kw=0.0,
            voltage_pu=row.number("vm_pu"),
        )
    )


def add_shunt(book: Book, row: Row, name: str, node: str, *, power: complex, own_kv: float) -> None:
    """Add what consumes a power at a voltage; one of no power is left out. [MW, Mvar, kV]."""
    if power == 0:
        return
    book.shunts.append(
        build(
            Shunt,
            row,
            id=name,
            node=node,
            voltage_v=own_kv * V_PER_KV,
            active_kw=power.real * KVA_PER_MVA,
            reactive_kvar=power.imag * KVA_PER_MVA,
        )
    )
