"""Buses, what joins them without impedance, and the ends that branches have at them."""

from collections.abc import Iterator

from power.pandapower.book import Book, build
from power.pandapower.tables import Row
from power.physics.documents import Impedance, Node, Switch

SAME_VOLTAGE = 1e-9
V_PER_KV = 1000.0
_ENDS = {
    "l": ("line", ("from", "to")),
    "t": ("trafo", ("hv", "lv")),
    "t3": ("trafo3w", ("hv", "mv", "lv")),
}
ACTIVE = ("ext_grid", "gen", "load", "motor", "sgen", "shunt", "ward", "xward")
HOLDING = ("ext_grid", "gen")


class Ends:
    """The node at which each end of a branch hangs: the bus, or behind switches of its own."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._behind: dict[tuple[str, int, str], str] = {}

    def put(self, table: str, index: int, end: str, node: str) -> None:
        """Say that an end hangs on a node behind a switch."""
        self._behind[table, index, end] = node

    def of(self, row: Row, end: str, *, may_hang: bool = False) -> str | None:
        """Return the node of an end; None where its bus is out of service.

        A line that may hang gets an open end of its own there instead: it stays charged.
        """
        known = self._behind.get((row.table, row.index, end))
        if known is not None:
            return known
        bus = self._book.bus_row(row, f"{end}_bus")
        if bus.index in self._book.bus:
            return self._book.bus[bus.index]
        if not may_hang:
            return None
        name = self._book.name(row, end)
        voltage_v = bus.number("vn_kv") * 1000.0
        self._book.nodes[name] = build(Node, row, id=name, voltage_v=voltage_v)
        return name


def read_buses(book: Book) -> None:
    """Make a node of every bus in service."""
    joined = _joined(book)
    voltage_kv = _voltages_kv(book, joined)

    def read(row: Row) -> None:
        name = book.name(row)
        own_kv = row.positive("vn_kv")
        base_kv = voltage_kv[row.index]
        if abs(base_kv / own_kv - 1.0) > SAME_VOLTAGE:
            text = f"{own_kv:g} kV counts as {base_kv:g} kV, that of the bus it is joined with"
            book.note(row, text, column="vn_kv")
        book.nodes[name] = build(Node, row, id=name, voltage_v=base_kv * 1000.0)
        book.bus[row.index] = name

    book.each("bus", read)


def read_switches(book: Book) -> Ends:
    """Read switches between buses and at the ends of branches; return where the ends hang."""
    ends = Ends(book)

    def read(row: Row) -> None:
        kind = row.text("et")
        if kind == "b":
            _bus_switch(book, row)
        elif kind in _ENDS:
            _end_switch(book, ends, row, kind)
        else:
            raise row.wrong("et", f"{kind!r} is no type of switch", "unknown")

    book.each("switch", read)
    return ends


def _bus_switch(book: Book, row: Row) -> None:
    first, second = (book.node_of(row, column) for column in ("bus", "element"))
    if first is None or second is None:
        return
    closed = row.flag("closed", default=True)
    size_ohm = row.number("z_ohm", 0.0)
    if not (closed and size_ohm > 0):
        if first == second:
            raise row.wrong("element", "both ends are the same bus")
        book.switches.append(
            build(
                Switch,
                row,
                id=book.name(row),
                from_node=first,
                to_node=second,
                closed=closed,
                rating_a=_rated_a(row),
            )
        )
        return
    # R over X of such a switch is an option of the load flow, not a column.
    ratio = book.options.switch_rx_ratio
    x_ohm = size_ohm / (1.0 + ratio**2) ** 0.5
    base_kv = book.nodes[first].voltage_v / 1000.0
    z = (x_ohm * ratio / base_kv**2, x_ohm / base_kv**2)
    name = book.name(row)
    book.lines.append(
        build(
            Impedance,
            row,
            id=name,
            from_node=first,
            to_node=second,
            rating_kva=1000.0,
            from_to_pu=z,
            to_from_pu=z,
        )
    )
    book.note(row, "a closed switch with an impedance: an impedance without switch")


def _rated_a(row: Row) -> float | None:
    rated_ka = row.number("in_ka", 0.0)
    return rated_ka * 1000.0 if rated_ka > 0 else None


def _end_switch(book: Book, ends: Ends, row: Row, kind: str) -> None:
    """Put a switch between a branch and what its end hung on until now."""
    table, sides = _ENDS[kind]
    index, bus = row.whole("element"), row.whole("bus")
    branch = book.net.table(table).rows.get(index)
    if branch is None:
        raise row.wrong("element", f"there is no {table} {index}", "unknown")
    # pandapower takes the last side for granted where the bus is none of the others.
    order = ("to", "from") if kind == "l" else sides
    side = next((s for s in order if branch.whole(f"{s}_bus") == bus), order[-1])
    if kind == "t3" and branch.whole(f"{side}_bus") != bus:
        raise row.wrong("bus", f"trafo3w {index} does not end at bus {bus}", "unknown")
    if not branch.flag("in_service", default=True):
        book.note(row, f"{table} {index} is out of service", code="out_of_service")
        return
    outer = ends.of(branch, side, may_hang=table == "line")
    closed = row.flag("closed", default=True)
    if outer is None:
        if not closed:
            # The end hangs free before it comes to its bus: the branch stays charged.
            free = book.name(row, "end")
            voltage_v = book.bus_row(branch, f"{side}_bus").number("vn_kv") * V_PER_KV
            book.nodes[free] = build(Node, row, id=free, voltage_v=voltage_v)
            ends.put(table, index, side, free)
        book.note(row, f"bus {bus} is out of service", code="out_of_service")
        return
    inner = book.add_node(book.name(row, "end"), outer)
    book.switches.append(
        build(
            Switch,
            row,
            id=book.name(row),
            from_node=outer,
            to_node=inner,
            closed=closed,
            rating_a=_rated_a(row),
        )
    )
    ends.put(table, index, side, inner)


def fused(book: Book) -> dict[int, int]:
    """Return, for every bus in service, the bus that stands for all it is joined with."""
    return _joined(book)


def _in_service(book: Book) -> set[int]:
    return {row.index for row in book.net.table("bus") if row.flag("in_service", default=True)}


def _joins(book: Book, live: set[int]) -> Iterator[tuple[int, int]]:
    for row in book.net.table("switch"):
        closed = row.text("et") == "b" and row.flag("closed", default=True)
        if closed and not row.number("z_ohm", 0.0) > 0:
            pair = row.whole("bus"), row.whole("element")
            if live.issuperset(pair):
                yield pair


def _joined(book: Book) -> dict[int, int]:
    """Join buses in pandapower's order, so that the same one of them stands for the others."""
    live = _in_service(book)
    parent = {index: index for index in live}

    def find(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    holding, active = _buses_with(book, HOLDING), _buses_with(book, ACTIVE)
    for pair in _joins(book, live):
        first, second = map(find, pair)
        if first == second:
            continue
        if second in active and first not in holding:
            parent[first] = second
        else:
            parent[second] = first
    return {index: find(index) for index in live}


def _buses_with(book: Book, tables: tuple[str, ...]) -> set[int]:
    return {
        row.whole("bus")
        for name in tables
        for row in book.net.table(name)
        if row.flag("in_service", default=True)
    }


def _voltages_kv(book: Book, joined: dict[int, int]) -> dict[int, float]:
    rows = book.net.table("bus").rows
    return {index: rows[root].number("vn_kv") for index, root in joined.items()}
