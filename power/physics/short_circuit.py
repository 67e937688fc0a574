"""Three-phase short-circuit currents at every node by the equivalent voltage source (IEC 60909)."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import coo_array, csc_array

from facility.kernel.checks import ComplexArray, FloatArray, IntArray, as_float
from facility.kernel.errors import InputError
from power.physics.admittance import KVA_PER_PU
from power.physics.documents import Battery, NetworkInput
from power.physics.fault_network import (
    LOW_VOLTAGE_V,
    Case,
    FaultBasis,
    Machine,
    Setting,
    Supply,
    energised,
    machines_of,
    series_of,
)
from power.physics.loadflow.core import factorise
from power.physics.network import Topology
from power.physics.ratings import Assumption
from power.physics.switching import components
from power.physics.validation import check

A_PER_KA = 1000.0
CHUNK = 256

Kind = Literal["network", "converter", "unlimited", "dead", "dc"]


@dataclass(frozen=True, slots=True)
class FaultLevels:
    """Initial and peak current of a three-phase fault at every node, shapes (nodes,).

    ``kind`` says what limits the fault: ``network`` (impedances), ``converter`` (inverters behind
    which the node lies), ``unlimited`` (an ideal grid stands at it), ``dead`` (no supply), ``dc``.
    Currents and impedances are 0 except as the kind has them. ``converter_ka`` is the part that
    inverters give. ``unknown`` names machines whose contribution nobody stated, ``uncorrected``
    branches whose impedance has no correction factor.
    """

    case: Case
    supply: Supply
    node_ids: tuple[str, ...]
    kind: tuple[Kind, ...]
    initial_ka: FloatArray
    peak_ka: FloatArray
    converter_ka: FloatArray
    resistance_ohm: FloatArray
    reactance_ohm: FloatArray
    peak_factor: FloatArray
    unknown: tuple[str, ...]
    uncorrected: tuple[str, ...]
    assumptions: tuple[Assumption, ...]


@dataclass(frozen=True, slots=True)
class Margin:
    """A fault level beside what switchgear withstands or breaks.

    ``level_ka`` is None where nothing limits the current; ``holds`` is then False.
    """

    id: str
    kind: Literal["node", "switch"]
    quantity: Literal["initial", "peak"]
    node: str
    level_ka: float | None
    rating_ka: float
    holds: bool


def short_circuit(
    network: NetworkInput,
    *,
    stage: int = 0,
    out: frozenset[str] = frozenset(),
    case: Case = "maximum",
    supply: Supply = "utility",
    basis: FaultBasis | None = None,
) -> FaultLevels:
    """Return the three-phase short-circuit currents of every node in one switching state.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    stage : int
        Number of the stage of the plan.
    out : frozenset of str
        Names of objects out of service, as in `power.physics.network.assemble`.
    case : str
        ``maximum``, for switchgear; ``minimum``, for protection that has to see the fault.
    supply : str
        ``utility``: gensets rest. ``gensets``: the grid is lost. ``both``: in parallel.
    basis : FaultBasis, optional
        Temperatures and factors; the default errs towards higher currents.

    Raises
    ------
    InputError
        The network is not valid, or there is no supply of the wanted kind.

    Notes
    -----
    IEC 60909: voltage ``c Un / sqrt 3`` at the fault, nothing else drives; loads, shunts, line
    charging and magnetisation neglected, taps neutral, rated turns. Initial current only: no
    decay near generators. The peak factor comes from R over X at the fault. A node behind a UPS
    or inverter gets what its inverters give, without bypass.
    """
    chosen = FaultBasis() if basis is None else basis
    _check_basis(chosen)
    problems = check(network, stages=(stage,))
    if problems:
        raise InputError(problems)
    here = Setting(network, stage, case, chosen)
    machines, unknown = machines_of(here, supply)
    topology = energised(here, machines, out)
    kind, island = _kinds(topology, machines)
    levels = _levels(here, topology, machines, kind)
    limited = _converter_levels(here, topology, island)
    behind = np.array([item == "converter" for item in kind])
    converter_ka = np.where(behind, limited, levels.converter_ka)
    return replace(
        levels,
        case=case,
        supply=supply,
        initial_ka=levels.initial_ka + converter_ka,
        # A converter gives its current without a displaced first wave.
        peak_ka=levels.peak_ka + np.sqrt(2.0) * converter_ka,
        converter_ka=converter_ka,
        unknown=unknown,
        assumptions=_assumptions(chosen, case),
    )


def _check_basis(basis: FaultBasis) -> None:
    as_float("conductor_c", basis.conductor_c, minimum=-50.0, maximum=400.0)
    as_float("fault_c", basis.fault_c, minimum=20.0, maximum=400.0)
    as_float("converter_ratio", basis.converter_ratio, minimum=0.0)
    as_float("mesh_ratio", basis.mesh_ratio, minimum=1.0)
    as_float("grid_ratio", basis.grid_ratio, minimum=1e-6)


def _kinds(topology: Topology, machines: list[Machine]) -> tuple[tuple[Kind, ...], IntArray]:
    grid, bus = topology.grid, topology.bus_of_node
    branches, live = grid.branches, topology.branch_live
    count, island_of_bus = components(
        topology.n_buses, bus[branches.from_node[live]], bus[branches.to_node[live]]
    )
    island = island_of_bus[bus]
    driven = np.zeros(count, dtype=np.bool_)
    driven[island[grid.sources.node[topology.source_live]]] = True
    stiff_id = {item.id for item in machines if item.impedance is None}
    is_stiff = np.array([name in stiff_id for name in grid.sources.ids], dtype=np.bool_)
    stiff = np.zeros(topology.n_buses, dtype=np.bool_)
    stiff[bus[grid.sources.node[topology.source_live & is_stiff]]] = True
    kinds: list[Kind] = []
    for node in range(len(grid.node_ids)):
        if grid.node_is_dc[node]:
            kinds.append("dc")
        elif not topology.node_live[node]:
            kinds.append("dead")
        elif not driven[island[node]]:
            kinds.append("converter")
        else:
            kinds.append("unlimited" if stiff[bus[node]] else "network")
    return tuple(kinds), island


def _levels(
    here: Setting, topology: Topology, machines: list[Machine], kind: tuple[Kind, ...]
) -> FaultLevels:
    """Return what machines give at the nodes of kind network, and what batteries add there."""
    nodes, grid = here.nodes(), topology.grid
    place = np.flatnonzero(np.array([item == "network" for item in kind], dtype=np.bool_))
    free = np.unique(topology.bus_of_node[place])
    series, uncorrected = series_of(here, nodes, topology)
    at_node = np.searchsorted(free, topology.bus_of_node[place])
    steady = _matrix(topology, free, series, {m.id: m.impedance for m in machines})
    first = _matrix(topology, free, series, {m.id: m.peak_impedance for m in machines})
    remote = _battery_buses(here, topology, free)
    impedance, transfer = _own_impedance(steady, np.array([b for b, _ in remote], dtype=np.int64))
    peak_impedance, _ = _own_impedance(first, np.zeros(0, dtype=np.int64))
    given_pu = np.abs(transfer) @ np.array([pu for _, pu in remote]) / np.abs(impedance)
    factor = np.array([here.factor(nodes[grid.node_ids[i]]) for i in place])
    base_ka = grid.node_base_a[place] / A_PER_KA
    base_ohm = np.array([nodes[grid.node_ids[i]].voltage_v ** 2 for i in place]) / 1e6
    initial = factor * base_ka / np.abs(impedance[at_node])
    peak_factor = _peak_factor(
        peak_impedance[at_node],
        np.array([nodes[grid.node_ids[i]].voltage_v for i in place]),
        here.basis.mesh_ratio,
    )
    spread = _Spread(place, len(grid.node_ids))
    nothing = np.zeros(len(grid.node_ids))
    return FaultLevels(
        case=here.case,
        supply="utility",
        node_ids=grid.node_ids,
        kind=kind,
        initial_ka=spread(initial),
        peak_ka=spread(peak_factor * np.sqrt(2.0) * initial),
        converter_ka=spread(given_pu[at_node] * base_ka) if remote else nothing,
        resistance_ohm=spread(impedance[at_node].real * base_ohm),
        reactance_ohm=spread(impedance[at_node].imag * base_ohm),
        peak_factor=spread(peak_factor),
        unknown=(),
        uncorrected=uncorrected,
        assumptions=(),
    )


@dataclass(frozen=True, slots=True)
class _Spread:
    place: IntArray
    count: int

    def __call__(self, values: FloatArray) -> FloatArray:
        answer = np.zeros(self.count)
        answer[self.place] = values
        return answer


def _matrix(
    topology: Topology,
    free: IntArray,
    series: ComplexArray,
    impedance: dict[str, complex | None],
) -> csc_array[np.complex128]:
    """Return the admittance matrix of the free buses; stiff ones are earthed."""
    grid, bus, live = topology.grid, topology.bus_of_node, topology.branch_live
    start, end = bus[grid.branches.from_node[live]], bus[grid.branches.to_node[live]]
    pairs = zip(grid.sources.ids, bus[grid.sources.node], topology.source_live, strict=True)
    given = [(at, impedance[name]) for name, at, works in pairs if works]
    behind = [(at, 1.0 / z) for at, z in given if z is not None]
    at_bus = np.array([at for at, _ in behind], dtype=np.int64)
    own = np.array([value for _, value in behind], dtype=np.complex128)
    row = np.concatenate([start, start, end, end, at_bus])
    column = np.concatenate([start, end, start, end, at_bus])
    value = np.concatenate([*series.T, own])
    position = np.full(topology.n_buses, -1, dtype=np.int64)
    position[free] = np.arange(free.size)
    inside = (position[row] >= 0) & (position[column] >= 0)
    entries = (value[inside], (position[row[inside]], position[column[inside]]))
    return csc_array(coo_array(entries, shape=(free.size, free.size)))


def _own_impedance(
    matrix: csc_array[np.complex128], remote: IntArray
) -> tuple[ComplexArray, ComplexArray]:
    """Return the diagonal of the inverse and its columns of some buses. [p.u.]."""
    size = matrix.shape[0]
    diagonal = np.ones(size, dtype=np.complex128)
    transfer = np.zeros((size, remote.size), dtype=np.complex128)
    if size == 0:
        return diagonal, transfer
    factors = factorise(matrix)
    for start in range(0, size, CHUNK):
        columns = np.arange(start, min(start + CHUNK, size))
        unit = np.zeros((size, columns.size), dtype=np.complex128)
        unit[columns, columns - start] = 1.0
        solved = factors.solve(unit)
        diagonal[columns] = solved[columns, columns - start]
        for place in np.flatnonzero((remote >= start) & (remote < start + CHUNK)):
            transfer[:, place] = solved[:, remote[place] - start]
    return diagonal, transfer


def _peak_factor(impedance: ComplexArray, voltage_v: FloatArray, mesh_ratio: float) -> FloatArray:
    # Without reactance the current has no displaced first wave at all.
    no_wave = np.full(impedance.size, np.inf)
    ratio = np.divide(impedance.real, impedance.imag, out=no_wave, where=impedance.imag > 0)
    plain = 1.02 + 0.98 * np.exp(-3.0 * ratio)
    # IEC 60909: no more than 1.8 at low and 2 at higher voltage.
    highest = np.where(voltage_v <= LOW_VOLTAGE_V, 1.8, 2.0)
    return np.asarray(np.where(mesh_ratio > 1.0, np.minimum(mesh_ratio * plain, highest), plain))


def _battery_buses(here: Setting, topology: Topology, free: IntArray) -> list[tuple[int, float]]:
    """Return place and current of every battery inverter at a bus with machines. [p.u.]."""
    number = {name: i for i, name in enumerate(topology.grid.node_ids)}
    found: list[tuple[int, float]] = []
    for battery in here.network.batteries:
        if here.case == "minimum" or not _is_at_node(battery, here.stage, topology.out):
            continue
        bus = topology.bus_of_node[number[battery.node or ""]]
        place = int(np.searchsorted(free, bus))
        if place < free.size and free[place] == bus:
            found.append((place, here.basis.converter_ratio * battery.power_kw / KVA_PER_PU))
    return found


def _is_at_node(battery: Battery, stage: int, out: frozenset[str]) -> bool:
    return battery.node is not None and battery.is_present(stage) and battery.id not in out


def _converter_levels(here: Setting, topology: Topology, island: IntArray) -> FloatArray:
    """Return what the inverters of the island of every node give together. [kA]."""
    conversions, node_base_a = topology.grid.conversions, topology.grid.node_base_a
    given = np.where(topology.conversion_live, conversions.rating_kva, 0.0) / KVA_PER_PU
    total = np.zeros(int(island.max(initial=-1)) + 1)
    np.add.at(total, island[conversions.output_node], here.basis.converter_ratio * given)
    return np.asarray(total[island] * node_base_a / A_PER_KA)


def _assumptions(basis: FaultBasis, case: Case) -> tuple[Assumption, ...]:
    found = [
        Assumption(
            "short_circuit.method",
            "IEC 60909-0, three-phase",
            "standard",
            "c Un / sqrt 3 at the fault, K_T, taps neutral, loads and charging neglected; peak "
            "factor from R over X at the fault",
        ),
        Assumption(
            "short_circuit.low_voltage_tolerance_percent",
            "IEC 60909-0, table 1",
            "standard",
            f"voltage tolerance ±{basis.low_voltage_tolerance_percent} % up to 1 kV",
        ),
        Assumption(
            "short_circuit.conductor_c",
            "engineering default",
            "estimate",
            f"lines state their resistance at {basis.conductor_c:g} °C",
        ),
        Assumption(
            "short_circuit.converter_ratio",
            "engineering default",
            "unverified",
            f"an inverter gives {basis.converter_ratio:g} times its rated current",
        ),
    ]
    if case == "minimum":
        found.append(
            Assumption(
                "short_circuit.fault_c",
                "engineering default",
                "unverified",
                f"conductors reach {basis.fault_c:g} °C; grid at {basis.grid_ratio:g} of the "
                "stated short-circuit power; batteries give nothing",
            )
        )
    return tuple(found)


def short_circuit_margins(
    network: NetworkInput, levels: FaultLevels, *, stage: int = 0
) -> tuple[Margin, ...]:
    """Return the fault levels beside the ratings of boards and switches that state one.

    Parameters
    ----------
    network : NetworkInput
        The whole site.
    levels : FaultLevels
        Of the same stage, the largest currents.
    stage : int
        Number of the stage of the plan.

    Notes
    -----
    A switch is held against the whole current of the node with the higher level, of which it may
    carry only a part.
    """
    number = {name: i for i, name in enumerate(levels.node_ids)}
    found: list[Margin] = []
    for node in network.nodes:
        if not node.is_present(stage):
            continue
        at = (number[node.id],)
        if node.short_circuit_ka is not None:
            found.append(_margin(levels, node.id, at, rating_ka=node.short_circuit_ka))
        if node.short_circuit_peak_ka is not None:
            rating_ka = node.short_circuit_peak_ka
            found.append(_margin(levels, node.id, at, rating_ka=rating_ka, is_peak=True))
    for switch in network.switches:
        if switch.is_present(stage) and switch.short_circuit_ka is not None:
            ends = (number[switch.from_node], number[switch.to_node])
            margin = _margin(levels, switch.id, ends, rating_ka=switch.short_circuit_ka)
            found.append(replace(margin, kind="switch"))
    return tuple(found)


def _margin(
    levels: FaultLevels,
    name: str,
    at: tuple[int, ...],
    *,
    rating_ka: float,
    is_peak: bool = False,
) -> Margin:
    values = levels.peak_ka if is_peak else levels.initial_ka
    unlimited = [i for i in at if levels.kind[i] == "unlimited"]
    worst = unlimited[0] if unlimited else max(at, key=lambda i: float(values[i]))
    level_ka = None if unlimited else float(values[worst])
    return Margin(
        id=name,
        kind="node",
        quantity="peak" if is_peak else "initial",
        node=levels.node_ids[worst],
        level_ka=level_ka,
        rating_ka=rating_ka,
        holds=level_ka is not None and level_ka <= rating_ka,
    )
