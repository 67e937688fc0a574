"""The network while the utility is away: batteries and generator sets in place of the grid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray, IntArray
from power.physics.contingency import State, solve_state
from power.physics.documents import (
    Battery,
    Consumer,
    Conversion,
    Feed,
    Genset,
    GridSource,
    NetworkInput,
    Node,
    Transformer,
)
from power.physics.grid import Grid, build_grid, with_consumers
from power.physics.network import Topology, connect
from power.physics.switching import components


@dataclass(frozen=True, slots=True)
class Site:
    """A stage with a node and a source for the battery of every conversion that has one.

    ``battery_node`` gives the number of that node, by the number of the conversion; ``stores``
    the batteries behind each conversion, by its name.
    """

    grid: Grid
    conversions: tuple[Conversion, ...]
    battery_node: Mapping[int, int]
    battery_source: Mapping[int, str]
    stores: Mapping[str, tuple[Battery, ...]]
    sets: Mapping[str, Genset]
    utilities: frozenset[str]
    power_kw: FloatArray
    out: frozenset[str]

    @property
    def batteries(self) -> dict[str, Battery]:
        """All batteries behind conversions, by name."""
        return {item.id: item for items in self.stores.values() for item in items}

    @property
    def own_nodes(self) -> frozenset[str]:
        """Names of nodes and sources that are not in the document."""
        added = {self.grid.node_ids[i] for i in self.battery_node.values()}
        return frozenset(added | set(self.battery_source.values()))


@dataclass(frozen=True, slots=True)
class Supply:
    """What feeds the network at one moment, by name."""

    utilities: frozenset[str]
    sets: frozenset[str]
    on_battery: frozenset[str]
    out: frozenset[str]
    closed: frozenset[str]
    opened: frozenset[str]


def site_of(
    network: NetworkInput,
    power_kw: FloatArray,
    *,
    stage: int,
    set_voltage_pu: float,
    out: frozenset[str],
) -> Site:
    """Return a checked network at a stage, ready for any supply.

    Parameters
    ----------
    network : NetworkInput
        Checked at the stage.
    power_kw : ndarray, shape (consumers,)
        Power of each consumer. [kW]
    stage : int
        Number of the stage of the plan.
    set_voltage_pu : float
        Voltage that sets hold at their nodes.
    out : frozenset of str
        Objects out of service all the time.
    """
    conversions = tuple(item for item in network.conversions if item.is_present(stage))
    stores = {item.id: _stores(network, item, stage, out) for item in conversions}
    sets = {i.id: i for i in network.gensets if i.is_present(stage) and i.id not in out}
    voltage = {item.id: item for item in network.nodes if item.is_present(stage)}
    mark = _mark(network)
    nodes, sources = list[Node](), list[GridSource]()
    for i, item in enumerate(conversions):
        if stores[item.id]:
            before = voltage[item.input_node]
            nodes.append(Node(id=f"{mark}{i}", voltage_v=before.voltage_v, current=before.current))
            sources.append(_ideal(f"{mark}source{i}", f"{mark}{i}", 1.0))
    shift = _shifts(network, stage)
    sources += [
        _ideal(item.id, item.node, set_voltage_pu, shift.get(item.node, 0.0))
        for item in sets.values()
    ]
    grid = build_grid(
        network.model_copy(
            update={
                "nodes": (*network.nodes, *nodes),
                "sources": (*network.sources, *sources),
            }
        ),
        stage=stage,
    )
    number = {name: i for i, name in enumerate(grid.node_ids)}
    owning = [i for i, item in enumerate(conversions) if stores[item.id]]
    return Site(
        grid=grid,
        conversions=conversions,
        battery_node={i: number[f"{mark}{i}"] for i in owning},
        battery_source={i: f"{mark}source{i}" for i in owning},
        stores=stores,
        sets=sets,
        utilities=frozenset(item.id for item in network.sources if item.is_present(stage)) - out,
        power_kw=power_kw,
        out=out,
    )


def _stores(
    network: NetworkInput, conversion: Conversion, stage: int, out: frozenset[str]
) -> tuple[Battery, ...]:
    return tuple(
        item
        for item in network.batteries
        if item.conversion == conversion.id
        and item.role == "ride_through"
        and item.is_present(stage)
        and item.id not in out
    )


def _mark(network: NetworkInput) -> str:
    """Return a beginning that no name of the network has."""
    mark = "~"
    while any(item.id.startswith(mark) for item in (*network.nodes, *network.sources)):
        mark += "~"
    return mark


def _ideal(name: str, node: str, voltage_pu: float, voltage_deg: float = 0.0) -> GridSource:
    return GridSource(
        id=name,
        node=node,
        voltage_pu=voltage_pu,
        voltage_deg=voltage_deg,
        short_circuit_mva=None,
    )


def _shifts(network: NetworkInput, stage: int) -> dict[str, float]:
    """Return the angle that transformers give every node, were every switch closed. [°].

    Sets that may feed one plant from nodes of different vector groups have to stand at it.
    """
    near: dict[str, list[tuple[str, float]]] = {}
    for first, second, lead_deg in _joints(network, stage):
        near.setdefault(first, []).append((second, -lead_deg))
        near.setdefault(second, []).append((first, lead_deg))
    shift: dict[str, float] = {}
    for start in near:
        if start in shift:
            continue
        shift[start], front = 0.0, [start]
        while front:
            node = front.pop()
            new = [(name, deg) for name, deg in near[node] if name not in shift]
            shift.update((name, shift[node] + deg) for name, deg in new)
            front += [name for name, _ in new]
    return shift


def _joints(network: NetworkInput, stage: int) -> Iterator[tuple[str, str, float]]:
    """Yield pairs of nodes and by how much the first leads the second. [°]."""
    for branch in network.branches:
        if branch.is_present(stage):
            shift_deg = branch.shift_deg if isinstance(branch, Transformer) else 0.0
            yield (*branch.ends, shift_deg)
    for switch in network.switches:
        if switch.is_present(stage):
            yield switch.from_node, switch.to_node, 0.0
    for item in network.transfer_switches:
        if item.is_present(stage):
            yield item.output_node, item.preferred_node, 0.0
            yield item.output_node, item.alternate_node, 0.0


def grid_of(site: Site, supply: Supply) -> tuple[Grid, frozenset[str]]:
    """Return the grid under a supply, and what is out of service in it."""
    grid = site.grid
    input_node = grid.conversions.input_node.copy()
    for i, node in site.battery_node.items():
        if site.conversions[i].id in supply.on_battery:
            input_node[i] = node
    names = np.array(grid.switches.ids, dtype=np.str_)
    closed = grid.switches.closed | np.isin(names, sorted(supply.closed))
    closed &= ~np.isin(names, sorted(supply.opened))
    away = (site.utilities - supply.utilities) | (set(site.sets) - supply.sets)
    idle = {
        name
        for i, name in site.battery_source.items()
        if site.conversions[i].id not in supply.on_battery
    }
    changed = replace(
        grid,
        conversions=replace(grid.conversions, input_node=input_node),
        switches=replace(grid.switches, closed=np.asarray(closed, dtype=np.bool_)),
    )
    return changed, site.out | supply.out | away | idle


def topology_of(site: Site, supply: Supply) -> Topology:
    """Return what is connected to what under a supply."""
    grid, out = grid_of(site, supply)
    return connect(grid, out=out)


def solve_supply(site: Site, supply: Supply, added_kw: Mapping[str, float]) -> State:
    """Return the flows under a supply.

    Parameters
    ----------
    site : Site
        The stage.
    supply : Supply
        What feeds it.
    added_kw : mapping
        Power drawn at the inputs of conversions besides what they pass on, by their names. [kW]
    """
    grid, out = grid_of(site, supply)
    extra = [(item, added_kw[item.id]) for item in site.conversions if added_kw.get(item.id)]
    added = tuple(_at_input(site, item) for item, _ in extra)
    power = np.concatenate([site.power_kw, [kw for _, kw in extra]])
    return solve_state(with_consumers(grid, added), power, name="", out=out)


def _at_input(site: Site, conversion: Conversion) -> Consumer:
    return Consumer(
        id=conversion.id,
        kind="house",
        power_factor=conversion.input_power_factor,
        feeds=(Feed(node=conversion.input_node, share_ratio=1.0),),
    )


@dataclass(frozen=True, slots=True)
class Plants:
    """Which nodes the running sets feed without a conversion between.

    ``plant_of_node`` is -1 elsewhere; ``sets`` the names of the sets of each plant.
    """

    plant_of_node: IntArray
    sets: tuple[tuple[str, ...], ...]

    def reaches(self, node: IntArray) -> BoolArray:
        """Return which nodes a plant feeds."""
        return np.asarray(self.plant_of_node[node] >= 0)


def plants_of(site: Site, topology: Topology, running: frozenset[str]) -> Plants:
    """Return the plants of the running sets: those joined without a conversion between.

    Parameters
    ----------
    site : Site
        The stage.
    topology : Topology
        With the running sets among its sources.
    running : frozenset of str
        Names of the sets that run.
    """
    grid = topology.grid
    branches, bus = grid.branches, topology.bus_of_node
    live = topology.branch_live
    _, island_of_bus = components(
        topology.n_buses, bus[branches.from_node[live]], bus[branches.to_node[live]]
    )
    island = np.where(topology.node_live, island_of_bus[bus], -1)
    number = {name: i for i, name in enumerate(grid.node_ids)}
    members: dict[int, list[str]] = {}
    for name in site.sets:
        if name in running:
            members.setdefault(int(island[number[site.sets[name].node]]), []).append(name)
    members.pop(-1, None)
    plant = np.full(len(grid.node_ids), -1, dtype=np.int64)
    for i, where in enumerate(members):
        plant[island == where] = i
    return Plants(plant_of_node=plant, sets=tuple(tuple(names) for names in members.values()))


def loads_of(site: Site, plants: Plants) -> dict[str, int]:
    """Return the plant of every conversion and consumer that a plant may feed, by name."""
    grid = site.grid
    plant = plants.plant_of_node
    found: dict[str, int] = {}
    for i in np.flatnonzero(plants.reaches(grid.conversions.input_node)).tolist():
        found[site.conversions[i].id] = int(plant[grid.conversions.input_node[i]])
    for i in np.flatnonzero(plants.reaches(grid.feeds.node)).tolist():
        found.setdefault(grid.consumers[grid.feeds.consumer[i]].id, int(plant[grid.feeds.node[i]]))
    return found
