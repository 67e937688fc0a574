"""Transformers with two windings as documents: plain ones as such, others as two-ports."""

import cmath
import math
from dataclasses import dataclass, replace

from power.pandapower.book import Book, build
from power.pandapower.branches import KVA_PER_MVA, V_PER_KV, Admittances, two_port
from power.pandapower.buses import Ends
from power.pandapower.tables import Row
from power.pandapower.taps import COMPLEX, Tap, Voltages, has_table, read_tap, table_row
from power.physics.documents import LARGEST_IMPEDANCE, Transformer
from power.physics.values import VOLTAGE_MISMATCH_RATIO

PERCENT = 100.0
W_PER_KW = 1000.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of windings, of one of the circuits in parallel.

    ``at_rest`` are the voltages without taps, ``at_tap`` those that count. Impedance and no-load
    power refer to the low-voltage winding with its tap included.
    """

    rating_mva: float
    at_rest: Voltages
    at_tap: Voltages
    tap: Tap
    impedance_percent: float
    resistance_percent: float
    no_load_kw: float
    no_load_percent: float
    n_parallel: float = 1.0
    factor: float = 1.0
    hv_shares: tuple[float, float] = (0.5, 0.5)
    is_plain: bool = True

    def two_port(self, hv_v: float, lv_v: float, *, model: str) -> Admittances:
        """Return the admittances on 1 MVA and the nominal voltages of the nodes. [p.u.]."""
        z, shunt = self._series_and_shunt(lv_v)
        forward, backward, first, second = 1.0 / z, 1.0 / z, shunt / 2.0, shunt / 2.0
        if model == "t" and shunt != 0:
            near = complex(z.real * self.hv_shares[0], z.imag * self.hv_shares[1])
            far, middle = z - near, 1.0 / shunt
            total = near * far + near * middle + far * middle
            forward = backward = middle / total
            first, second = far / total, near / total
        turns = self.at_tap.hv_kv / self.at_tap.lv_kv / (hv_v / lv_v)
        ratio = turns * cmath.exp(1j * math.radians(self.at_tap.shift_deg))
        return (
            (forward + first) / turns**2,
            -forward / ratio.conjugate(),
            -backward / ratio,
            forward + second,
        )

    def _series_and_shunt(self, lv_v: float) -> tuple[complex, complex]:
        base = (self.at_tap.lv_kv * V_PER_KV / lv_v) ** 2
        size = self.impedance_percent / PERCENT
        resistance = self.resistance_percent / PERCENT
        reactance = math.copysign(math.sqrt(size**2 - resistance**2), size)
        z = complex(resistance, reactance) / self.rating_mva * base / self.n_parallel
        active_mva = self.no_load_kw / W_PER_KW
        whole_mva = self.no_load_percent / PERCENT * self.rating_mva
        magnetising_mva = math.sqrt(max(whole_mva**2 - active_mva**2, 0.0))
        return z, complex(active_mva, -magnetising_mva) / base * self.n_parallel


def read_transformers(book: Book, ends: Ends) -> None:
    """Read transformers with two windings."""

    def read(row: Row) -> None:
        first, second = ends.of(row, "hv"), ends.of(row, "lv")
        if first is None or second is None:
            book.note(row, "one of its buses is out of service", code="out_of_service")
            return
        name = book.name(row)
        add_pair(book, row, (name, first, second), _pair(book, row))
        book.branches["trafo", row.index] = (name,)

    book.each("trafo", read)


def _pair(book: Book, row: Row) -> Pair:
    shift_deg = row.number("shift_degree", 0.0) if book.options.voltage_angles else 0.0
    at_rest = Voltages(row.positive("vn_hv_kv"), row.positive("vn_lv_kv"), shift_deg)
    tap, second = read_tap(book, row), read_tap(book, row, "2")
    pair = Pair(
        rating_mva=row.positive("sn_mva"),
        at_rest=at_rest,
        at_tap=at_rest,
        tap=tap,
        impedance_percent=row.number("vk_percent"),
        resistance_percent=row.number("vkr_percent"),
        no_load_kw=row.number("pfe_kw", 0.0),
        # Only its square counts in pandapower, so the sign says nothing.
        no_load_percent=abs(row.number("i0_percent", 0.0)),
        n_parallel=row.positive("parallel", 1.0),
        factor=row.positive("df", 1.0),
        hv_shares=(
            row.number("leakage_resistance_ratio_hv", 0.5),
            row.number("leakage_reactance_ratio_hv", 0.5),
        ),
    )
    note_characteristic(book, row)
    if has_table(row):
        pair = _by_table(book, row, pair)
    else:
        pair = replace(pair, at_tap=at_rest.at(tap), is_plain=tap.is_plain)
    if not second.kind:
        return pair
    book.note(row, "its second tap changer stays at its position", column="tap2_pos")
    return replace(pair, at_tap=pair.at_tap.at(second), is_plain=False)


def note_characteristic(book: Book, row: Row) -> None:
    """Say that an impedance which follows a characteristic of format 2 is taken as it stands."""
    if row.flag("tap_dependent_impedance", default=False):
        text = "its impedance does not follow its characteristic, but is that of the row"
        book.note(row, text, column="tap_dependent_impedance", code="not_represented")


def _by_table(book: Book, row: Row, pair: Pair) -> Pair:
    entry = table_row(book, row)
    side = row.text("tap_side")
    angle_deg = entry.number("angle_deg", 0.0) * (1.0 if side == "hv" else -1.0)
    at_tap = pair.at_rest
    if side in ("hv", "lv"):
        at_tap = at_tap.scaled(side, entry.number("voltage_ratio", 1.0), angle_deg)
    return replace(
        pair,
        at_tap=at_tap,
        impedance_percent=entry.number("vk_percent", pair.impedance_percent),
        resistance_percent=entry.number("vkr_percent", pair.resistance_percent),
        is_plain=False,
    )


def add_pair(book: Book, row: Row, names: tuple[str, str, str], pair: Pair) -> None:
    """Add a pair of windings under a name between two nodes."""
    name, first, second = names
    _check(row, pair)
    voltages_v = book.nodes[first].voltage_v, book.nodes[second].voltage_v
    size = abs(pair.impedance_percent) / PERCENT * pair.factor
    if size > LARGEST_IMPEDANCE:
        # Such a rating stands for none at all; a smaller one is the same transformer.
        pair = replace(pair, factor=pair.factor * LARGEST_IMPEDANCE / size * (1.0 - 1e-12))
        rating_mva = pair.rating_mva * pair.n_parallel * pair.factor
        text = f"a short-circuit voltage of {size:.0%}: rated {rating_mva:g} MVA instead"
        book.note(row, text, column="sn_mva")
    reason = _unusual(pair, voltages_v)
    if not reason:
        book.lines.append(_transformer(book, row, names, pair))
        return
    admittances = pair.two_port(*voltages_v, model=book.options.trafo_model)
    rating_mva = pair.rating_mva * pair.n_parallel * pair.factor
    book.lines.append(two_port(row, name, (first, second), admittances, rating_mva))
    book.note(row, f"{reason}: {name} is an impedance")


def _check(row: Row, pair: Pair) -> None:
    if min(pair.at_tap.hv_kv, pair.at_tap.lv_kv) <= 0:
        raise row.wrong("tap_pos", "leaves no turns")
    if pair.impedance_percent == 0:
        raise row.wrong("vk_percent", "a transformer needs an impedance", "zero_impedance")
    if abs(pair.resistance_percent) > abs(pair.impedance_percent):
        raise row.wrong("vkr_percent", "exceeds the whole impedance")


def _unusual(pair: Pair, nominal_v: tuple[float, float]) -> str:
    """Return why the document of a transformer cannot say it; empty where it can."""
    voltages = pair.at_rest if pair.is_plain else pair.at_tap
    rated_v = voltages.hv_kv * V_PER_KV, voltages.lv_kv * V_PER_KV
    for rated, nominal in zip(rated_v, nominal_v, strict=True):
        if abs(rated / nominal - 1.0) > VOLTAGE_MISMATCH_RATIO:
            return f"{rated:g} V is far from the {nominal:g} V of its bus"
    if pair.no_load_kw < 0.0:
        return "a negative no-load loss"
    if not all(0.0 <= share <= 1.0 for share in pair.hv_shares):
        return "leakage ratios beyond 0 to 1"
    return ""


def _transformer(book: Book, row: Row, names: tuple[str, str, str], pair: Pair) -> Transformer:
    """Return the document of a transformer; the factor on its rating goes into its base."""
    factor, rating_mva = pair.factor, pair.rating_mva * pair.n_parallel
    voltages = pair.at_rest if pair.is_plain else pair.at_tap
    is_t = book.options.trafo_model == "t"
    values: dict[str, object] = {
        "id": names[0],
        "hv_node": names[1],
        "lv_node": names[2],
        "rating_kva": rating_mva * KVA_PER_MVA * factor,
        "hv_voltage_v": voltages.hv_kv * V_PER_KV,
        "lv_voltage_v": voltages.lv_kv * V_PER_KV,
        "impedance_ratio": pair.impedance_percent / PERCENT * factor,
        "load_loss_kw": pair.resistance_percent / PERCENT * rating_mva * KVA_PER_MVA * factor**2,
        "no_load_loss_kw": pair.no_load_kw * pair.n_parallel,
        "magnetising_ratio": pair.no_load_percent / PERCENT / factor,
        "shift_deg": voltages.shift_deg,
        "no_load_place": "middle" if is_t else "ends",
        "hv_leakage_ratios": pair.hv_shares if is_t else (0.5, 0.5),
    }
    if pair.is_plain:
        values |= _tap_values(book, row, pair.tap)
    else:
        book.note(row, "stays at its tap position, whose steps are none of equal size")
    return build(Transformer, row, **values)


def _tap_values(book: Book, row: Row, tap: Tap) -> dict[str, object]:
    """Return the tap changer as the document says it: steps upward, neutral at 0."""
    if not tap.kind or tap.side not in ("hv", "lv"):
        return {}
    step_ratio = tap.step_percent / PERCENT if tap.kind in COMPLEX else 0.0
    sign = -1 if step_ratio < 0 else 1
    position = sign * int(tap.steps)
    limits = [
        None if limit is None else sign * round(limit - tap.neutral)
        for limit in (tap.lowest, tap.highest)
    ][::sign]
    lowest, highest = limits
    inside = (lowest is None or lowest <= position) and (highest is None or position <= highest)
    if not inside:
        book.note(row, "its tap position is outside the range stated", column="tap_pos")
        lowest = highest = None
    return {
        "tap_side": tap.side,
        "tap_position": position,
        "tap_step_ratio": abs(step_ratio),
        "tap_step_deg": tap.step_deg if tap.kind == "Ideal" else 0.0,
        "tap_min": lowest,
        "tap_max": highest,
    }
