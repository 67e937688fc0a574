"""Lines and transformers of a pandapower network with what their loading counts against."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import ComplexArray, FloatArray
from power.pandapower.flows import Flows, Places
from power.pandapower.mapping import Mapped
from power.pandapower.tables import Row

SIDES = {"line": ("from", "to"), "trafo": ("hv", "lv"), "trafo3w": ("hv", "mv", "lv")}
NO_LIMIT = float("nan")


@dataclass(frozen=True, slots=True)
class Terminal:
    """One end of an element: end of which branch, and its rated current and power."""

    branch: int
    is_from: bool
    limit_ka: float
    limit_mva: float
    side: str

    def power_mva(self, flows: Flows) -> ComplexArray:
        """Return the power that goes in here, by state."""
        return np.asarray((flows.from_mva if self.is_from else flows.to_mva)[self.branch])

    def current_ka(self, flows: Flows) -> FloatArray:
        """Return the current here, by state."""
        return np.asarray((flows.from_ka if self.is_from else flows.to_ka)[self.branch])


@dataclass(frozen=True, slots=True)
class Element:
    """A line or transformer in the network; ``nodes`` are those of its branches."""

    row: Row
    nodes: tuple[int, ...]
    terminals: tuple[Terminal, ...]
    is_whole: bool
    by_power: bool

    def is_fed(self, flows: Flows) -> bool:
        """Return whether all of it is there and live in the first state."""
        return self.is_whole and bool(flows.node_live[list(self.nodes), 0].all())

    def current_loading(self, flows: Flows) -> FloatArray:
        """Return, by state, the highest current over rating, or power where that was asked for."""
        return self.power_loading(flows) if self.by_power else self._highest(flows, is_power=False)

    def power_loading(self, flows: Flows) -> FloatArray:
        """Return, by state, the highest apparent power over rating."""
        return self._highest(flows, is_power=True)

    def _highest(self, flows: Flows, *, is_power: bool) -> FloatArray:
        loads = [
            np.abs(end.power_mva(flows)) / end.limit_mva
            if is_power
            else end.current_ka(flows) / end.limit_ka
            for end in self.terminals
        ]
        return np.asarray(np.max(loads, axis=0), dtype=np.float64)

    def lost_mva(self, flows: Flows) -> ComplexArray:
        """Return what goes in at all ends together, by state."""
        return np.asarray(np.sum([end.power_mva(flows) for end in self.terminals], axis=0))


def elements_of(mapped: Mapped, places: Places, table: str) -> Iterator[Element]:
    """Yield the elements of a table that are in the network."""
    ends = {branch.id: branch.ends for branch in mapped.network.branches}
    for row in mapped.net.table(table):
        names = mapped.branches.get((table, row.index))
        if not names:
            continue
        present = [name for name in names if name]
        yield Element(
            row=row,
            nodes=tuple({places.node[node] for name in present for node in ends[name]}),
            terminals=tuple(_terminals(row, [places.branch.get(name) for name in names])),
            is_whole=len(present) == len(names),
            by_power=table != "line" and mapped.options.trafo_loading == "power",
        )


def _terminals(row: Row, numbers: list[int | None]) -> Iterator[Terminal]:
    factor = row.number("parallel", 1.0) * row.number("df", 1.0)
    sides = SIDES[row.table]
    if row.table == "line" and numbers[0] is not None:
        limit_ka = row.number("max_i_ka", 0.0) * factor
        limit_ka = limit_ka if limit_ka > 0 else NO_LIMIT
        yield from (
            Terminal(numbers[0], side == "from", limit_ka, NO_LIMIT, side) for side in sides
        )
        return
    # The two windings of one branch, or one winding of each of three.
    branches = numbers if len(numbers) == len(sides) else numbers * len(sides)
    for branch, side in zip(branches, sides, strict=True):
        if branch is not None:
            column = "sn_mva" if row.table == "trafo" else f"sn_{side}_mva"
            yield _winding(branch, side, row.number(column) * factor, row.number(f"vn_{side}_kv"))


def _winding(branch: int, side: str, size_mva: float, rated_kv: float) -> Terminal:
    limit_ka = size_mva / (float(np.sqrt(3.0)) * rated_kv)
    return Terminal(branch, side == "hv", limit_ka, size_mva, side)
