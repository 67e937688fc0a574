"""Thyristor and converter compensators, as far as a voltage held or an admittance says them."""

import math

from power.pandapower.book import Book, build
from power.pandapower.branches import KVA_PER_MVA, V_PER_KV, two_port
from power.pandapower.injections import add_shunt
from power.pandapower.tables import Row
from power.physics.documents import Impedance, RegulatedGenerator

BASE_KVA = 1000.0


def read_compensators(book: Book) -> None:
    """Read compensators: those that hold a voltage, and those that stay as they are."""
    book.each("svc", lambda row: _shunt_compensator(book, row))
    book.each("ssc", lambda row: _static_compensator(book, row))
    book.each("tcsc", lambda row: _series_compensator(book, row))


def _shunt_compensator(book: Book, row: Row) -> None:
    node = book.node_of(row)
    if node is None:
        return
    if row.flag("controllable", default=True):
        _hold(book, row, node, "set_vm_pu")
        book.note(row, "holds its voltage at any firing angle")
        return
    own_kv = book.nodes[node].voltage_v / V_PER_KV
    admittance = _susceptance(row, own_kv**2)
    power = complex(0.0, admittance)
    add_shunt(book, row, book.name(row), node, power=power, own_kv=own_kv)


def _hold(book: Book, row: Row, node: str, column: str) -> None:
    book.generators.append(
        build(
            RegulatedGenerator,
            row,
            id=book.name(row),
            node=node,
            active_kw=0.0,
            voltage_pu=row.number(column),
        )
    )


def _susceptance(row: Row, base_ohm: float) -> float:
    """Return the inductive susceptance of a reactor behind thyristors beside a capacitor. [p.u.].

    For a fundamental-frequency firing angle between 90 and 180 degrees.
    """
    angle = math.radians(row.number("thyristor_firing_angle_degree"))
    reactor, capacitor = row.number("x_l_ohm"), row.number("x_cvar_ohm")
    if reactor == 0 or capacitor == 0:
        raise row.wrong("x_l_ohm", "needs the reactances of reactor and capacitor")
    conducting = 2.0 * (math.pi - angle) + math.sin(2.0 * angle)
    return (conducting / math.pi / reactor + 1.0 / capacitor) * base_ohm


def _static_compensator(book: Book, row: Row) -> None:
    node = book.node_of(row)
    if node is None:
        return
    is_controlled = row.flag("controllable", default=True)
    z_ohm = (row.number("r_ohm"), row.number("x_ohm"))
    if is_controlled and z_ohm[0] == 0:
        # Without resistance no active power flows, so its impedance changes nothing outside.
        _hold(book, row, node, "set_vm_pu")
        return
    if is_controlled or z_ohm == (0.0, 0.0):
        text = "a converter that holds the voltage beyond its own resistance"
        book.note(row, text, code="not_represented")
        return
    inner = book.add_node(book.name(row, "inner"), node)
    base_ohm = (book.nodes[node].voltage_v / V_PER_KV) ** 2
    z = (z_ohm[0] / base_ohm, z_ohm[1] / base_ohm)
    book.lines.append(
        build(
            Impedance,
            row,
            id=book.name(row, "impedance"),
            from_node=node,
            to_node=inner,
            rating_kva=BASE_KVA,
            from_to_pu=z,
            to_from_pu=z,
        )
    )
    _hold(book, row, inner, "vm_internal_pu")


def _series_compensator(book: Book, row: Row) -> None:
    first, second = (book.node_of(row, f"{end}_bus") for end in ("from", "to"))
    if first is None or second is None:
        return
    if row.flag("controllable", default=True):
        book.note(row, "a series compensator that sets a power", code="not_represented")
        return
    base_ohm = (book.nodes[first].voltage_v / V_PER_KV) ** 2
    series = complex(0.0, -_susceptance(row, base_ohm))
    if series == 0:
        raise row.wrong("thyristor_firing_angle_degree", "is in resonance: no admittance is left")
    name = book.name(row)
    admittances = (series, -series, -series, series)
    book.lines.append(two_port(row, name, (first, second), admittances, BASE_KVA / KVA_PER_MVA))
    book.branches["tcsc", row.index] = (name,)
