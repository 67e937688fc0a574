"""Keeps what a network becomes: documents, names by pandapower's index, what is left out."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from facility.kernel.errors import InputError, Problem
from facility.kernel.fields import Staged
from power.pandapower.tables import Net, Row, Table
from power.physics.documents import (
    GridSource,
    Impedance,
    Line,
    Node,
    RegulatedGenerator,
    Shunt,
    StaticLoad,
    Switch,
    Transformer,
)

S = TypeVar("S", bound=Staged)
LONGEST_NAME = 44
"""Leaves room for the parts of an element, such as its star point, in names of 60."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of ``runpp`` that decide what a network is; defaults are pandapower's."""

    trafo_model: Literal["t", "pi"] = "t"
    voltage_angles: bool = True
    trafo3w_losses: str = "hv"
    switch_rx_ratio: float = 2.0
    voltage_depend_loads: bool = True
    trafo_loading: str = "current"


@dataclass(slots=True)
class Book:
    """Collects the parts of a network document while the tables are read.

    ``bus`` gives the node of every bus in service; ``branches`` the branch of every element in
    the network by table and index, three of them for a transformer with three windings, with an
    empty name for a side that is left out.
    """

    net: Net
    options: Options
    by_name: bool
    nodes: dict[str, Node] = field(default_factory=dict)
    lines: list[Line | Transformer | Impedance] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    sources: list[GridSource] = field(default_factory=list)
    generators: list[RegulatedGenerator] = field(default_factory=list)
    loads: list[StaticLoad] = field(default_factory=list)
    shunts: list[Shunt] = field(default_factory=list)
    bus: dict[int, str] = field(default_factory=dict)
    branches: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _taken: Counter[str] = field(default_factory=Counter)
    _out_of_service: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        if self.by_name:
            self._taken.update(
                row.text("name") for table in self.net.tables.values() for row in table
            )

    def name(self, row: Row, part: str = "") -> str:
        """Return the name of an element, or of one part of it: its own where that is unique."""
        own = row.text("name") if self.by_name else ""
        usable = own and len(own) <= LONGEST_NAME and self._taken[own] == 1
        base = own if usable else f"{row.table} {row.index}"
        if not usable and self._taken[base]:
            base = f"{base} (unnamed)"
        return f"{base} {part}" if part else base

    def each(self, name: str, read: Callable[[Row], None]) -> None:
        """Read every element of a table that is in service; gather what is wrong with any."""
        for row in self.net.table(name):
            try:
                if row.flag("in_service", default=True):
                    read(row)
                else:
                    self._out_of_service[name].append(row.index)
            except InputError as error:
                self.problems += error.problems

    def note(self, row: Row, message: str, *, column: str = "", code: str = "changed") -> None:
        """Remember that an element is not in the network just as it stands in the file."""
        self.notes.append(Problem(row.path(column), code, message))

    def note_out_of_service(self) -> None:
        """Say once a table which elements are left out as they are out of service."""
        for name, indices in self._out_of_service.items():
            path = f"{name}[{some_of(indices)}]"
            self.notes.append(
                Problem(path, "out_of_service", "out of service, so not in the network")
            )

    def node_of(self, row: Row, column: str = "bus") -> str | None:
        """Return the node an element hangs on; None, noted, where its bus is out of service."""
        index = row.whole(column)
        if index in self.bus:
            return self.bus[index]
        self.bus_row(row, column)
        self.note(row, f"its bus {index} is out of service", code="out_of_service")
        return None

    def bus_row(self, row: Row, column: str = "bus") -> Row:
        """Return the row of the bus that a column names."""
        index = row.whole(column)
        buses = self.net.table("bus").rows
        if index not in buses:
            raise row.wrong(column, f"there is no bus {index}", "unknown")
        return buses[index]

    def add_node(self, name: str, like: str) -> str:
        """Add a node with the nominal voltage of another, for the open end of a branch."""
        self.nodes[name] = Node(id=name, voltage_v=self.nodes[like].voltage_v)
        return name

    def note_table(self, table: Table, message: str) -> None:
        """Remember that a table is not represented at all."""
        self.notes.append(
            Problem(table.name, "not_represented", f"{message}: {len(table)} rows left out")
        )


def some_of(things: Iterable[object], most: int = 12) -> str:
    """Return things as a short list."""
    every = [str(thing) for thing in things]
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown


def build(cls: type[S], row: Row, **values: object) -> S:
    """Return a document, or say which element has a value that no such object can have."""
    try:
        return cls.parse(values)
    except InputError as error:
        raise InputError(
            Problem(row.path(), problem.code, f"{problem.path}: {problem.message}")
            for problem in error.problems
        ) from error
