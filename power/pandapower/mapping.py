"""A pandapower network as a network document, with an index back to pandapower's elements."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from facility.kernel.errors import InputError, Problem
from power.pandapower.book import Book, Options
from power.pandapower.branches import (
    nearest_frequency,
    read_impedances,
    read_lines,
    read_links,
)
from power.pandapower.buses import fused, read_buses, read_switches
from power.pandapower.compensators import read_compensators
from power.pandapower.injections import read_loads, read_shunts, read_sources
from power.pandapower.tables import Net
from power.pandapower.three_windings import read_three_windings
from power.pandapower.transformers import read_transformers
from power.physics.documents import NetworkInput

LEFT_OUT = {
    "vsc": "converters",
    "vsc_stacked": "converters",
    "vsc_bipolar": "converters",
    "bus_dc": "the direct-current network",
    "line_dc": "the direct-current network",
    "load_dc": "the direct-current network",
    "source_dc": "the direct-current network",
    "b2b_vsc": "converters",
    "controller": "controllers, which a plain load flow does not run",
    "measurement": "measurements",
    "pwl_cost": "costs",
    "poly_cost": "costs",
    "group": "groups of elements",
}
READ = frozenset(
    (
        "bus",
        "switch",
        "line",
        "impedance",
        "dcline",
        "trafo",
        "trafo3w",
        "ext_grid",
        "gen",
        "load",
        "motor",
        "sgen",
        "storage",
        "ward",
        "xward",
        "shunt",
        "asymmetric_load",
        "asymmetric_sgen",
        "trafo_characteristic_table",
        "shunt_characteristic_table",
        "svc",
        "ssc",
        "tcsc",
    )
)
OBEYED = {
    "trafo_model": "trafo_model",
    "calculate_voltage_angles": "voltage_angles",
    "trafo3w_losses": "trafo3w_losses",
    "switch_rx_ratio": "switch_rx_ratio",
    "voltage_depend_loads": "voltage_depend_loads",
    "trafo_loading": "trafo_loading",
}
NUMERICAL = frozenset(
    (
        "algorithm",
        "init",
        "init_vm_pu",
        "init_va_degree",
        "max_iteration",
        "tolerance_mva",
        "numba",
        "lightsim2grid",
        "check_connectivity",
        "recycle",
        "use_umfpack",
        "permc_spec",
        "only_v_results",
        "v_debug",
    )
)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A network document and what stands in it for which element.

    ``bus`` gives the node of every bus in service, ``branches`` the branches of every element in
    the network by table and index. ``left_out`` says what is not, or not as such, in the network.
    """

    net: Net
    options: Options
    network: NetworkInput
    bus: Mapping[int, str]
    branches: Mapping[tuple[str, int], tuple[str, ...]]
    left_out: tuple[Problem, ...]


def map_net(net: Net, *, trafo_model: str | None = None, by_name: bool = False) -> Mapped:
    """Return the network document of a pandapower network.

    Parameters
    ----------
    net : Net
        From `power.pandapower.tables.read_net`.
    trafo_model : {"t", "pi"}, optional
        Where the no-load admittance of transformers sits; by default what the file says, or "t".
    by_name : bool
        Call objects by their own names where these are unique, else all by table and index.

    Raises
    ------
    InputError
        With every problem found, by table, index and column.
    """
    notes: list[Problem] = []
    options = _options(net, trafo_model, notes)
    book = Book(net, options, by_name=by_name)
    book.notes += notes
    read_buses(book)
    ends = read_switches(book)
    joined = fused(book)
    read_lines(book, ends)
    read_transformers(book, ends)
    read_three_windings(book, ends)
    read_impedances(book)
    read_links(book)
    read_sources(book, joined)
    read_loads(book, joined)
    read_shunts(book)
    read_compensators(book)
    _note_tables(book)
    book.note_out_of_service()
    if not book.sources and not book.problems:
        book.problems.append(
            Problem("ext_grid", "absent", "there is no external grid and no slack machine")
        )
    if book.problems:
        raise InputError(book.problems)
    _leave_dead_out(book)
    return Mapped(
        net=net,
        options=options,
        network=_network(book),
        bus=book.bus,
        branches=book.branches,
        left_out=tuple(dict.fromkeys(book.notes)),
    )


def _options(net: Net, trafo_model: str | None, notes: list[Problem]) -> Options:
    given: dict[str, object] = {}
    for name, value in net.options.items():
        if name in OBEYED:
            given[OBEYED[name]] = value
        elif name not in NUMERICAL and value:
            text = f"the option {name}={value!r} of the file is not followed"
            notes.append(Problem(f"user_pf_options.{name}", "not_represented", text))
    if trafo_model is not None:
        given["trafo_model"] = trafo_model
    said = {own: name for name, own in OBEYED.items()}
    problems = [
        Problem(f"user_pf_options.{said[name]}", "unknown", f"{given[name]!r} is not {wanted}")
        for name, (wanted, is_known) in KNOWN_OPTIONS.items()
        if name in given and not is_known(given[name])
    ]
    if problems:
        raise InputError(problems)
    return Options(**given)  # type: ignore[arg-type]  # every value was looked at above


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < np.inf


KNOWN_OPTIONS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "trafo_model": ("'t' or 'pi'", lambda value: value in ("t", "pi")),
    "voltage_angles": ("true, false or 'auto'", lambda value: value in (True, False, "auto")),
    "trafo3w_losses": (
        "'hv', 'mv', 'lv' or 'star'",
        lambda value: value in ("hv", "mv", "lv", "star"),
    ),
    "switch_rx_ratio": ("a positive number", _is_positive),
    "voltage_depend_loads": ("true or false", lambda value: isinstance(value, bool)),
    "trafo_loading": ("'current' or 'power'", lambda value: value in ("current", "power")),
}
"""What an option of a file may be: in words, and as a test."""


def _note_tables(book: Book) -> None:
    for name, table in book.net.tables.items():
        if len(table) and name not in READ:
            book.note_table(table, LEFT_OUT.get(name, "a table without meaning for the load flow"))


def _leave_dead_out(book: Book) -> None:
    """Leave out the loads of nodes that nothing feeds, and say so."""
    live = _live(book)
    for load in book.loads:
        if load.node not in live:
            text = f"{load.node} has no supply; its load is left out"
            book.notes.append(Problem(load.id, "no_supply", text))
    dark = [index for index, node in book.bus.items() if node not in live]
    for index in dark:
        book.notes.append(Problem(f"bus[{index}]", "no_supply", "nothing feeds this bus"))
    book.loads = [load for load in book.loads if load.node in live]


def _live(book: Book) -> set[str]:
    number = {name: i for i, name in enumerate(book.nodes)}
    pairs = [branch.ends for branch in book.lines]
    pairs += [(item.from_node, item.to_node) for item in book.switches if item.closed]
    ends = np.array([(number[a], number[b]) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(number),) * 2)
    label = connected_components(graph.tocsr(), directed=False)[1]
    fed = {int(label[number[source.node]]) for source in book.sources}
    return {name for name, i in number.items() if int(label[i]) in fed}


def _network(book: Book) -> NetworkInput:
    problems = list(_repeated(book))
    if problems:
        raise InputError(problems)
    frequency = nearest_frequency(book.net.frequency_hz)
    return NetworkInput(
        frequency_hz=50 if frequency == 50 else 60,  # noqa: PLR2004 - the two of the document
        nodes=tuple(book.nodes.values()),
        branches=tuple(book.lines),
        switches=tuple(book.switches),
        sources=tuple(book.sources),
        generators=tuple(book.generators),
        static_loads=tuple(book.loads),
        shunts=tuple(book.shunts),
    )


def _repeated(book: Book) -> Iterator[Problem]:
    seen: set[str] = set()
    groups = (book.lines, book.switches, book.sources, book.generators, book.loads, book.shunts)
    for name in (*book.nodes, *(item.id for group in groups for item in group)):
        if name in seen:
            yield Problem(name, "duplicate", "two objects would have this name")
        seen.add(name)
