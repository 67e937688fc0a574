"""One record for every line and transformer that goes out of service."""

from collections.abc import Mapping

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.documents import Document
from power.pandapower.elements import Element
from power.pandapower.flows import Flows, Places, solve_outages
from power.pandapower.mapping import Mapped
from power.physics.states import Failed

WORDS = {"line": "line", "trafo": "transformer", "trafo3w": "transformer3w"}
Key = tuple[str, int]


class OutageRecord(Document):
    """One branch out of service; without a solution the figures are None, ``reason`` says why.

    Loadings are over rating: current of lines, apparent power of transformers. The power at the
    connection is the sum over the external grids. A bus that holds nothing but a grid behind an
    ``impedance`` is its ideal voltage: it counts as no bus, and power is measured behind it.
    """

    element: str
    id: int
    name: str
    n_deenergised: int | None
    vm_min_energised_pu: float | None
    max_line_loading: float | None
    max_transformer_loading: float | None
    p_poi_mw: float | None
    reason: str = ""


def elements_out(mapped: Mapped) -> dict[Key, tuple[str, ...]]:
    """Return the branches of every line and transformer in the network, in pandapower's order."""
    return {
        (table, row.index): tuple(filter(None, mapped.branches[table, row.index]))
        for table in WORDS
        for row in mapped.net.table(table)
        if any(mapped.branches.get((table, row.index), ()))
    }


def outage_records(
    mapped: Mapped, places: Places, elements: Mapping[str, tuple[Element, ...]]
) -> list[OutageRecord]:
    """Return one record for every line and transformer in the network, in pandapower's order."""
    out = elements_out(mapped)
    keys = tuple(out)
    ideal = _source_impedances(mapped, places)
    buses = np.array(
        [places.node[node] for node in mapped.bus.values() if node not in ideal], dtype=np.int64
    )
    rows: dict[int, OutageRecord] = {}
    for found in solve_outages(mapped, tuple(out.values())):
        if isinstance(found, Failed):
            rows[found.number] = _unsolved(mapped, keys[found.number - 1], str(found.error))
            continue
        live = found.node_live[buses]
        size = np.where(live, np.abs(found.node_pu[buses]), np.inf).min(axis=0)
        lines = _highest(elements["line"], found)
        windings = _highest((*elements["trafo"], *elements["trafo3w"]), found)
        given = _given_mw(mapped, ideal, found)
        for place, number in enumerate(found.numbers.tolist()):
            rows[number] = _record(
                mapped,
                keys[number - 1],
                n_deenergised=int((~live[:, place]).sum()),
                vm_min_energised_pu=float(size[place]) if np.isfinite(size[place]) else None,
                max_line_loading=float(lines[place]),
                max_transformer_loading=float(windings[place]),
                p_poi_mw=float(given[place]),
            )
    return [rows[number] for number in sorted(rows)]


def _record(mapped: Mapped, key: Key, **figures: float | int | None) -> OutageRecord:
    table, index = key
    name = mapped.net.table(table).rows[index].text("name")
    return OutageRecord.parse({"element": WORDS[table], "id": index, "name": name, **figures})


def _unsolved(mapped: Mapped, key: Key, reason: str) -> OutageRecord:
    table, index = key
    return OutageRecord(
        element=WORDS[table],
        id=index,
        name=mapped.net.table(table).rows[index].text("name"),
        n_deenergised=None,
        vm_min_energised_pu=None,
        max_line_loading=None,
        max_transformer_loading=None,
        p_poi_mw=None,
        reason=reason,
    )


def _highest(elements: tuple[Element, ...], flows: Flows) -> FloatArray:
    highest = np.zeros(flows.numbers.size)
    for element in elements:
        is_line = element.row.table == "line"
        loading = element.current_loading(flows) if is_line else element.power_loading(flows)
        highest = np.fmax(highest, loading)
    return highest


def _given_mw(mapped: Mapped, behind: dict[str, tuple[int, bool]], flows: Flows) -> FloatArray:
    total = np.zeros(flows.numbers.size)
    for number, source in enumerate(mapped.network.sources):
        if source.node in behind:
            branch, is_from = behind[source.node]
            total -= (flows.to_mva if is_from else flows.from_mva)[branch].real
        else:
            total += flows.source_mva[number].real
    return total


def _source_impedances(mapped: Mapped, places: Places) -> dict[str, tuple[int, bool]]:
    """Return, by node, impedances that stand alone between an external grid and the rest."""
    network = mapped.network
    equivalents = {
        name
        for (table, _), names in mapped.branches.items()
        if table == "impedance"
        for name in names
    }
    busy = [item.node for group in (network.generators, network.static_loads) for item in group]
    busy += [item.node for item in network.shunts]
    busy += [node for item in network.switches for node in (item.from_node, item.to_node)]
    found: dict[str, tuple[int, bool]] = {}
    for source in network.sources:
        at = [branch for branch in network.branches if source.node in branch.ends]
        alone = len(at) == 1 and at[0].id in equivalents and source.node not in busy
        if alone and [s.node for s in network.sources].count(source.node) == 1:
            found[source.node] = (places.branch[at[0].id], at[0].ends[0] == source.node)
    return found
