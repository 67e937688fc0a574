"""What drives a short circuit and through which impedances, by the rules of IEC 60909."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from facility.kernel.checks import ComplexArray
from facility.kernel.errors import InputError, Problem
from power.physics.admittance import KVA_PER_PU, branch_pi
from power.physics.documents import (
    Branch,
    Genset,
    GridSource,
    Line,
    NetworkInput,
    Node,
    Transformer,
)
from power.physics.grid import build_grid
from power.physics.network import Topology, connect

LOW_VOLTAGE_V = 1000.0
RESISTANCE_PER_K = 0.004
"""Rise of the resistance of copper and aluminium over its value at 20 °C, as IEC 60909 has it."""

Case = Literal["maximum", "minimum"]
Supply = Literal["utility", "gensets", "both"]


@dataclass(frozen=True, slots=True)
class FaultBasis:
    """What the method takes from outside the document.

    ``conductor_c`` is the temperature at which the document states resistances; ``fault_c`` that
    of conductors at the end of a fault, for the smallest current. ``low_voltage_tolerance_percent``
    picks the voltage factor up to 1 kV. ``converter_ratio`` is the current of an inverter over its
    rated one. ``mesh_ratio`` multiplies the peak factor (1.15 in method B for meshed networks).
    ``grid_ratio`` is the short-circuit power of the grid over the stated one.
    """

    conductor_c: float = 90.0
    fault_c: float = 250.0
    low_voltage_tolerance_percent: Literal[6, 10] = 10
    converter_ratio: float = 1.2
    mesh_ratio: float = 1.0
    grid_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Machine:
    """A source of fault current behind an impedance, or stiff where that is None. [p.u.]."""

    id: str
    node: str
    impedance: complex | None
    peak_impedance: complex | None


@dataclass(frozen=True, slots=True)
class Setting:
    """One question: which network, when, and by which conventions."""

    network: NetworkInput
    stage: int
    case: Case
    basis: FaultBasis

    def nodes(self) -> dict[str, Node]:
        """Return the nodes of the stage by name."""
        return {n.id: n for n in self.network.nodes if n.is_present(self.stage)}

    def factor(self, node: Node) -> float:
        """Return c at a node."""
        return voltage_factor(node, case=self.case, basis=self.basis)


def voltage_factor(node: Node, *, case: Case, basis: FaultBasis) -> float:
    """Return c of IEC 60909: above 1 kV 1.10 and 1.00; below by the tolerance of the voltage.

    Below 1 kV 1.05 and 0.95 at a tolerance of 6 %, 1.10 and 0.90 at 10 % (2016 edition).
    """
    if node.voltage_v > LOW_VOLTAGE_V:
        return 1.1 if case == "maximum" else 1.0
    # The factors of ±6 % are 1.05 and 0.95, those of ±10 % 1.10 and 0.90.
    spread = 0.05 if basis.low_voltage_tolerance_percent == 6 else 0.1  # noqa: PLR2004 - the class
    return 1.0 + spread if case == "maximum" else 1.0 - spread


def machines_of(here: Setting, supply: Supply) -> tuple[list[Machine], tuple[str, ...]]:
    """Return the machines that drive a fault, and the names of those that nobody can say."""
    nodes, found, unknown = here.nodes(), list[Machine](), list[str]()
    if supply != "gensets":
        sources = [item for item in here.network.sources if item.is_present(here.stage)]
        found += [_of_grid(here, item, nodes[item.node]) for item in sources]
        regulated = [item for item in here.network.generators if item.is_present(here.stage)]
        unknown += [item.id for item in regulated]
    if supply != "utility":
        for genset in here.network.gensets:
            if genset.is_present(here.stage) and genset.subtransient_ratio is None:
                unknown.append(genset.id)
            elif genset.is_present(here.stage):
                found.append(_of_genset(here, genset, nodes[genset.node]))
    if not found:
        raise InputError([_nothing_feeds(here, supply, unknown)])
    return found, tuple(unknown)


def _nothing_feeds(here: Setting, supply: Supply, unknown: list[str]) -> Problem:
    if unknown:
        names = ", ".join(repr(name) for name in unknown)
        return Problem("gensets", "missing", f"no subtransient_ratio of {names} is stated")
    return Problem(
        "gensets" if supply == "gensets" else "sources",
        "absent",
        f"nothing that can feed a fault is there at stage {here.stage}",
    )


def _of_grid(here: Setting, source: GridSource, node: Node) -> Machine:
    if source.short_circuit_mva is None:
        return Machine(source.id, source.node, None, None)
    size = here.factor(node) / (source.short_circuit_mva * here.basis.grid_ratio)
    reactance = size / np.sqrt(1.0 + source.x_over_r**-2)
    impedance = complex(reactance / source.x_over_r, reactance)
    return Machine(source.id, source.node, impedance, impedance)


def _of_genset(here: Setting, genset: Genset, node: Node) -> Machine:
    """Return a genset behind X''d with the factor of generators without unit transformer.

    Its rated voltage is taken to be the nominal one of its node. The resistance counts for the
    peak alone, as IEC 60909 has it for machines whose own resistance is not known.
    """
    ratio = genset.subtransient_ratio or 0.0
    power_factor = min(genset.rating_kw / genset.rating_kva, 1.0)
    highest = voltage_factor(node, case="maximum", basis=here.basis)
    correction = highest / (1.0 + ratio * float(np.sqrt(1.0 - power_factor**2)))
    size = correction * ratio * KVA_PER_PU / genset.rating_kva
    share = 0.15 if node.voltage_v <= LOW_VOLTAGE_V else 0.07
    return Machine(genset.id, genset.node, complex(0.0, size), complex(share * size, size))


def energised(here: Setting, machines: list[Machine], out: frozenset[str]) -> Topology:
    """Return what the machines keep live: they take the place of the grid connections."""
    stripped = here.network.model_copy(
        update={
            "sources": tuple(
                GridSource(id=item.id, node=item.node, voltage_pu=1.0, short_circuit_mva=None)
                for item in machines
            ),
            "consumers": (),
            "static_loads": (),
            "shunts": (),
            "generators": (),
        }
    )
    return connect(build_grid(stripped, stage=here.stage), out=out)


def series_of(
    here: Setting, nodes: dict[str, Node], topology: Topology
) -> tuple[ComplexArray, tuple[str, ...]]:
    """Return the admittances of the branches of a topology, and which have no correction."""
    found, uncorrected = list[tuple[complex, complex, complex, complex]](), list[str]()
    present = [item for item in here.network.branches if item.is_present(here.stage)]
    for branch in present:
        first, second = (nodes[name] for name in branch.ends)
        if isinstance(branch, Line):
            item: Branch = _cold(here, branch)
        elif isinstance(branch, Transformer):
            item = _corrected(here, branch, second)
            if branch.impedance_ratio <= 0:
                uncorrected.append(branch.id)
        else:
            nothing = {"from_shunt_pu": (0.0, 0.0), "to_shunt_pu": (0.0, 0.0)}
            item = branch.model_copy(update=nothing)
            uncorrected.append(branch.id)
        pi = branch_pi(item, first, second, frequency_hz=here.network.frequency_hz)
        found.append((pi.from_from, pi.from_to, pi.to_from, pi.to_to))
    return np.array(found, dtype=np.complex128).reshape(-1, 4)[topology.branch_live], tuple(
        uncorrected
    )


def _cold(here: Setting, line: Line) -> Line:
    """Return a line without charging, at 20 °C or at the end of a fault."""
    stated = 1.0 + RESISTANCE_PER_K * (here.basis.conductor_c - 20.0)
    wanted = 1.0
    if here.case == "minimum":
        wanted = 1.0 + RESISTANCE_PER_K * (here.basis.fault_c - 20.0)
    return line.model_copy(
        update={
            "resistance_ohm_per_km": line.resistance_ohm_per_km * wanted / stated,
            "capacitance_nf_per_km": 0.0,
            "conductance_us_per_km": 0.0,
        }
    )


def _corrected(here: Setting, transformer: Transformer, lv_node: Node) -> Transformer:
    """Return a transformer at neutral tap without magnetisation, its impedance times K_T."""
    resistance = transformer.load_loss_kw / transformer.rating_kva
    reactance = np.sqrt(max(transformer.impedance_ratio**2 - resistance**2, 0.0))
    factor = 1.0
    if here.case == "maximum" and transformer.impedance_ratio > 0:
        factor = 0.95 * here.factor(lv_node) / (1.0 + 0.6 * float(reactance))
    return transformer.model_copy(
        update={
            "impedance_ratio": transformer.impedance_ratio * factor,
            "load_loss_kw": transformer.load_loss_kw * factor,
            "no_load_loss_kw": 0.0,
            "magnetising_ratio": 0.0,
            "tap_position": 0,
            "shift_deg": 0.0,
        }
    )
