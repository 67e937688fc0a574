"""Transformers with three windings: a star of three pairs round a node of its own."""

import cmath
import math
from dataclasses import dataclass, replace

from power.pandapower.book import Book, build
from power.pandapower.branches import KVA_PER_MVA, V_PER_KV
from power.pandapower.buses import Ends
from power.pandapower.tables import Row
from power.pandapower.taps import COMPLEX, Tap, Voltages, has_table, read_tap, table_row
from power.pandapower.transformers import Pair, add_pair, note_characteristic
from power.physics.documents import Node, Shunt

SIDES = ("hv", "mv", "lv")
Three = tuple[float, float, float]
NO_TAP = Tap("", "", 0.0, 0.0, 0.0, 0.0, None, None)


def read_three_windings(book: Book, ends: Ends) -> None:
    """Read transformers with three windings; a side at a bus out of service is left out."""

    def read(row: Row) -> None:
        terminals = [ends.of(row, side) for side in SIDES]
        star = book.name(row, "star")
        high_v = book.bus_row(row, "hv_bus").number("vn_kv") * V_PER_KV
        if terminals[0] is not None:
            high_v = book.nodes[terminals[0]].voltage_v
        book.nodes[star] = build(Node, row, id=star, voltage_v=high_v)
        names = []
        for side, terminal, pair in zip(SIDES, terminals, _pairs(book, row), strict=True):
            if terminal is None:
                book.note(row, f"the bus of its {side} side is out of service")
                names.append("")
                continue
            name = book.name(row, side)
            between = (terminal, star) if side == "hv" else (star, terminal)
            add_pair(book, row, (name, *between), pair)
            names.append(name)
        book.branches["trafo3w", row.index] = tuple(names)
        if book.options.trafo3w_losses == "star":
            _star_losses(book, row, star)

    book.each("trafo3w", read)


@dataclass(frozen=True, slots=True)
class _Star:
    """Short-circuit voltage and its resistive part of each side of the star. [%]."""

    size: Three
    resistive: Three


def _pairs(book: Book, row: Row) -> list[Pair]:
    note_characteristic(book, row)
    source = table_row(book, row) if has_table(row) else row
    for side in SIDES:
        row.positive(f"sn_{side}_mva")
    ratings = _three(row, "sn_{}_mva")
    star = _star(row, _three(source, "vk_{}_percent"), _three(source, "vkr_{}_percent"), ratings)
    losses_at = row.text("loss_side", book.options.trafo3w_losses)
    pairs = []
    for i, side in enumerate(SIDES):
        shift_deg = 0.0
        if side != "hv" and book.options.voltage_angles:
            shift_deg = row.number(f"shift_{side}_degree", 0.0)
        at_rest = Voltages(row.positive("vn_hv_kv"), row.positive(f"vn_{side}_kv"), shift_deg)
        has_losses = losses_at == side
        pair = Pair(
            rating_mva=ratings[i],
            at_rest=at_rest,
            at_tap=at_rest,
            tap=NO_TAP,
            impedance_percent=star.size[i],
            resistance_percent=star.resistive[i],
            no_load_kw=row.number("pfe_kw", 0.0) if has_losses else 0.0,
            no_load_percent=abs(row.number("i0_percent", 0.0)) if has_losses else 0.0,
        )
        pairs.append(_tapped(book, row, pair) if row.text("tap_side") == side else pair)
    return pairs


def _three(row: Row, pattern: str) -> Three:
    hv, mv, lv = (row.number(pattern.format(side)) for side in SIDES)
    return hv, mv, lv


def _star(row: Row, size: Three, resistive: Three, ratings: Three) -> _Star:
    """Turn the values between pairs of windings into those of the star."""
    whole = _between(size, ratings)
    active = _between(resistive, ratings)
    if any(abs(r) > abs(z) for r, z in zip(active, whole, strict=True)):
        raise row.wrong("vkr_hv_percent", "a resistance exceeds the whole impedance")
    reactive = [math.sqrt(z**2 - r**2) for r, z in zip(active, whole, strict=True)]
    r, x = _to_star(active, ratings), _to_star(reactive, ratings)
    signed = tuple(
        math.copysign(math.hypot(a, b), b) if b else 0.0 for a, b in zip(r, x, strict=True)
    )
    return _Star((signed[0], signed[1], signed[2]), (r[0], r[1], r[2]))


def _between(values: Three, ratings: Three) -> list[float]:
    hv, mv, lv = ratings
    smaller = (min(hv, mv), min(mv, lv), min(hv, lv))
    return [hv * value / size for value, size in zip(values, smaller, strict=True)]


def _to_star(between: list[float], ratings: Three) -> list[float]:
    one, two, three = between
    parts = (one + three - two, two + one - three, three + two - one)
    return [0.5 * s / ratings[0] * part for s, part in zip(ratings, parts, strict=True)]


def _tapped(book: Book, row: Row, pair: Pair) -> Pair:
    side = "hv" if row.text("tap_side") == "hv" else "lv"
    at_star = row.flag("tap_at_star_point", default=False)
    if has_table(row):
        return _tabled(book, row, pair, side)
    tap = replace(read_tap(book, row), side=side)
    if at_star and "tap_step_degree" in row.values and not row.has("tap_step_degree"):
        text = "without tap_step_degree pandapower lets a tap changer at the star point do nothing"
        book.note(row, text, column="tap_step_degree")
        return pair
    if at_star:
        tap = _moved_to_star(tap)
    return replace(pair, tap=tap, at_tap=pair.at_rest.at(tap), is_plain=tap.is_plain)


def _tabled(book: Book, row: Row, pair: Pair, side: str) -> Pair:
    at_star = row.flag("tap_at_star_point", default=False)
    if at_star:
        side = "lv" if side == "hv" else "hv"
    entry = table_row(book, row)
    ratio, angle_deg = entry.number("voltage_ratio", 1.0), entry.number("angle_deg", 0.0)
    angle_deg *= 1.0 if side == "hv" else -1.0
    if at_star:
        ratio, angle_deg = 1.0 / ratio, -angle_deg
    return replace(pair, at_tap=pair.at_rest.scaled(side, ratio, angle_deg), is_plain=False)


def _moved_to_star(tap: Tap) -> Tap:
    """Return the tap changer at the star that does what this one does at its winding."""
    other = "lv" if tap.side == "hv" else "hv"
    if tap.kind not in COMPLEX:
        return tap  # an angle is the same on either side
    step = tap.step_percent * cmath.exp(1j * math.radians(tap.step_deg))
    step = 100.0 * step / (100.0 + step * tap.steps)
    degrees = math.degrees(cmath.phase(step)) - 180.0
    return replace(tap, side=other, step_percent=abs(step), step_deg=degrees)


def _star_losses(book: Book, row: Row, star: str) -> None:
    active_mw = row.number("pfe_kw", 0.0) / 1000.0
    whole_mva = row.number("sn_hv_mva") * row.number("i0_percent", 0.0) / 100.0
    reactive_mvar = math.sqrt(max(whole_mva**2 - active_mw**2, 0.0))
    book.shunts.append(
        build(
            Shunt,
            row,
            id=book.name(row, "losses"),
            node=star,
            voltage_v=row.number("vn_hv_kv") * V_PER_KV,
            active_kw=active_mw * KVA_PER_MVA,
            reactive_kvar=reactive_mvar * KVA_PER_MVA,
        )
    )
