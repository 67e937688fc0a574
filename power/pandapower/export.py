"""A network document at one moment as tables of pandapower, and what has no place in them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import FloatArray
from facility.kernel.errors import Problem
from power.pandapower.export_branches import put_branches, put_switches, taps_at
from power.pandapower.export_loads import Drawn, put_loads
from power.pandapower.sheets import KW_PER_MW, V_PER_KV, Sheets, put_impedance, put_shunt
from power.pandapower.writing import Cell, net_json
from power.physics.conversion import conversion_loss
from power.physics.documents import (
    GridSource,
    Impedance,
    Line,
    NetworkInput,
    Transformer,
)
from power.physics.moment import Moment, solve_moment
from power.physics.network import Topology


@dataclass(frozen=True, slots=True)
class Exported:
    """The text pandapower loads, and what of the network it does not hold as such."""

    text: bytes
    left_out: tuple[Problem, ...]


def export_net(
    network: NetworkInput, consumer_kw: ArrayLike = (), *, stage: int = 0, title: str = ""
) -> Exported:
    """Return a network at one moment as text that pandapower 3 loads and solves alike.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    consumer_kw : array_like, shape (consumers,)
        Power of each consumer present at the stage, in the order of the document. [kW]
    stage : int
        Number of the stage of the plan.
    title : str
        Name of the network in the file.

    Raises
    ------
    InputError
        The network or a power is not valid.
    ConvergenceError
        There is no solution: what conversions draw, and where taps stand, follows from it.
    """
    power_kw = np.asarray(consumer_kw, dtype=np.float64)
    moment = solve_moment(network, power_kw, stage=stage)
    topology = moment.topology
    sheets = Sheets()
    for node in network.nodes:
        if node.is_present(stage) and node.current == "ac":
            sheets.add_bus(node.id, node.voltage_v)
    present = _present(network, stage)
    _put_sources(sheets, present)
    put_branches(sheets, present, taps_at(topology, moment))
    put_switches(sheets, present, topology)
    _put_powers(sheets, present, moment, power_kw)
    _note_the_rest(sheets, present)
    places = {
        item.no_load_place
        for item in present.branches
        if isinstance(item, Transformer) and _magnetises(item)
    }
    model = "t" if places == {"middle"} else "pi"
    _note_mixed_models(sheets, present, model)
    text = net_json(
        sheets.tables,
        name=title,
        frequency_hz=network.frequency_hz,
        options={"trafo_model": model, "calculate_voltage_angles": True},
    )
    return Exported(text, tuple(sheets.notes))


def _present(network: NetworkInput, stage: int) -> NetworkInput:
    """Return the network with what is there at a stage alone."""
    lists = {
        name: tuple(item for item in value if item.is_present(stage))
        for name, value in network
        if isinstance(value, tuple) and name != "outages"
    }
    return network.model_copy(update=lists)


def _magnetises(item: Line | Transformer | Impedance) -> bool:
    return isinstance(item, Transformer) and (item.no_load_loss_kw, item.magnetising_ratio) != (
        0,
        0,
    )


def _put_sources(sheets: Sheets, present: NetworkInput) -> None:
    for source in present.sources:
        bus = sheets.bus[source.node]
        if source.short_circuit_mva is not None:
            bus = _behind(sheets, source, present)
        _put_grid(sheets, source.id, bus, (source.voltage_pu, source.voltage_deg))


def _put_grid(sheets: Sheets, name: str, bus: int, voltage: tuple[float, float]) -> None:
    sheets.put(
        "ext_grid",
        name=name,
        bus=bus,
        vm_pu=voltage[0],
        va_degree=voltage[1],
        slack_weight=1.0,
        in_service=True,
    )


def _behind(sheets: Sheets, source: GridSource, present: NetworkInput) -> int:
    """Add the ideal voltage of a grid as a bus of its own behind its impedance."""
    node = next(item for item in present.nodes if item.id == source.node)
    bus = sheets.add_bus(f"{source.id} ideal voltage", node.voltage_v)
    ratio = source.x_over_r
    r_pu = 1.0 / ((source.short_circuit_mva or 1.0) * (1.0 + ratio**2) ** 0.5)
    put_impedance(
        sheets,
        f"{source.id} impedance",
        (bus, sheets.bus[source.node]),
        1.0,
        ((r_pu, r_pu * ratio), (r_pu, r_pu * ratio), (0.0, 0.0), (0.0, 0.0)),
    )
    return bus


def _put_powers(
    sheets: Sheets, present: NetworkInput, moment: Moment, power_kw: FloatArray
) -> None:
    topology = moment.topology
    number = {name: i for i, name in enumerate(topology.grid.node_ids)}
    drawn = [*_fed(topology, power_kw), *_put_conversions(sheets, present, moment)]
    drawn += [
        Drawn(
            load.node,
            load.id,
            complex(load.active_kw, load.reactive_kvar) / KW_PER_MW,
            load.constant_current_ratio,
            load.constant_impedance_ratio,
        )
        for load in present.static_loads
    ]
    by_bus: defaultdict[int, list[Drawn]] = defaultdict(list)
    for item in drawn:
        if item.node in sheets.bus:
            by_bus[int(topology.bus_of_node[number[item.node]])].append(item)
        else:
            sheets.notes.append(Problem(item.name, "not_represented", "a load on direct current"))
    for loads in by_bus.values():
        put_loads(sheets, loads)
    for shunt in present.shunts:
        power = complex(shunt.active_kw, shunt.reactive_kvar) / KW_PER_MW
        put_shunt(sheets, shunt.id, sheets.bus[shunt.node], shunt.voltage_v / V_PER_KV, power)
    _put_generators(sheets, present, topology, number)


def _fed(topology: Topology, power_kw: FloatArray) -> Iterator[Drawn]:
    grid = topology.grid
    feeds = grid.feeds
    for i, name in enumerate(feeds.ids):
        active_mw = float(topology.feed_share[i] * power_kw[feeds.consumer[i]]) / KW_PER_MW
        if active_mw:
            power = complex(active_mw, active_mw * feeds.tan[i])
            yield Drawn(grid.node_ids[int(feeds.node[i])], name, power)


def _put_conversions(sheets: Sheets, present: NetworkInput, moment: Moment) -> Iterator[Drawn]:
    """Add the ideal voltage at every output; yield the load at every input."""
    table = moment.topology.grid.conversions
    output_kw = moment.conversion_kva.real
    drawn_kw = output_kw + conversion_loss(
        output_kw, rating_kw=table.rating_kw, coefficients=table.coefficients
    )
    for i, item in enumerate(present.conversions):
        if not moment.topology.conversion_live[i]:
            sheets.note(item, "a conversion without supply")
            continue
        active_mw = float(drawn_kw[i]) / KW_PER_MW
        power = complex(active_mw, active_mw * table.input_tan[i])
        yield Drawn(item.input_node, f"{item.id} input", power)
        parts = "a load at its input"
        if item.output_node in sheets.bus:
            parts += " and an external grid at its output"
            _put_grid(
                sheets,
                f"{item.id} output",
                sheets.bus[item.output_node],
                (item.output_voltage_pu, 0.0),
            )
        sheets.note(item, f"a conversion: {parts}, as they are at this moment")


def _put_generators(
    sheets: Sheets, present: NetworkInput, topology: Topology, number: Mapping[str, int]
) -> None:
    """Add machines; beside an ideal voltage one gives active power alone."""
    ideal = [item.node for item in present.sources if item.short_circuit_mva is None]
    ideal += [item.output_node for item in present.conversions]
    held = {int(topology.bus_of_node[number[node]]) for node in ideal}
    for item in present.generators:
        common: dict[str, Cell] = {
            "name": item.id,
            "bus": sheets.bus[item.node],
            "p_mw": item.active_kw / KW_PER_MW,
            "sn_mva": None,
            "scaling": 1.0,
            "in_service": True,
        }
        if int(topology.bus_of_node[number[item.node]]) in held:
            sheets.put("sgen", **common, q_mvar=0.0, type=None)
            continue
        low, high = item.reactive_min_kvar, item.reactive_max_kvar
        sheets.put(
            "gen",
            **common,
            vm_pu=item.voltage_pu,
            min_q_mvar=None if low is None else low / KW_PER_MW,
            max_q_mvar=None if high is None else high / KW_PER_MW,
            slack=False,
            slack_weight=0.0,
            type=None,
        )


def _note_the_rest(sheets: Sheets, present: NetworkInput) -> None:
    for node in present.nodes:
        if node.id not in sheets.bus:
            sheets.note(node, "direct current, which these tables do not know")
    for genset in present.gensets:
        sheets.note(genset, "a generator set at rest")
    for battery in present.batteries:
        sheets.note(battery, "a battery at rest")
    for kind, items, fields in _WITHOUT_PLACE:
        given = [
            name
            for name in fields
            if any(getattr(item, name) not in (None, "") for item in getattr(present, items))
        ]
        if given:
            text = f"have no place in the tables: {', '.join(given)}"
            sheets.notes.append(Problem(kind, "not_represented", text))


_WITHOUT_PLACE = (
    ("nodes", "nodes", ("rating_a", "short_circuit_ka", "short_circuit_peak_ka", "path")),
    ("switches", "switches", ("short_circuit_ka",)),
    (
        "grid connections",
        "sources",
        ("contract_kw", "contract_kva", "power_factor_min", "ramp_kw_per_min"),
    ),
)


def _note_mixed_models(sheets: Sheets, present: NetworkInput, model: str) -> None:
    wanted = "middle" if model == "t" else "ends"
    for item in present.branches:
        if _magnetises(item) and isinstance(item, Transformer) and item.no_load_place != wanted:
            sheets.note(item, "its T model: the file holds one model for all transformers")
