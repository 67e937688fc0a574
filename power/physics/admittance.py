"""Pi models of branches, admittances of sources and shunts, per unit on 1 MVA."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray
from facility.kernel.units import SQRT_3, W_PER_KW
from power.physics.documents import (
    Branch,
    GridSource,
    Impedance,
    Line,
    Node,
    Shunt,
    StaticLoad,
    Transformer,
)

BASE_VA = 1.0e6
"""Power base of the per-unit system."""
KVA_PER_PU = 1000.0
_NANO, _MICRO = 1e-9, 1e-6


@dataclass(frozen=True, slots=True)
class Pi:
    """Two-by-two admittance of one branch, each end on the nominal voltage of its node (p.u.)."""

    from_from: complex
    from_to: complex
    to_from: complex
    to_to: complex


def base_impedance_ohm(node: Node) -> float:
    """Return nominal voltage squared over the power base. [ohm]."""
    return node.voltage_v**2 / BASE_VA


def base_current_a(node: Node) -> float:
    """Return the current that one per unit is at this node: three-phase or two-wire. [A]."""
    phases = SQRT_3 if node.current == "ac" else 1.0
    return BASE_VA / (phases * node.voltage_v)


def line_pi(lines: Sequence[Line], nodes: Sequence[Node], *, frequency_hz: float) -> ComplexArray:
    """Return the pi sections of lines; a DC line is its loop resistance alone.

    Parameters
    ----------
    lines : sequence of Line
        Their impedances must not be zero.
    nodes : sequence of Node
        Either end of each; both have one nominal voltage.
    frequency_hz : float
        System frequency, for the charging current. [Hz]

    Returns
    -------
    ndarray, shape (lines, 4)
        The entries of `Pi`; half the shunt admittance sits at each end. [p.u.]

    Notes
    -----
    Textbook pi section, short against the wavelength: cables of a site, not long transmission
    lines.
    """
    given = [
        (
            line.resistance_ohm_per_km,
            line.reactance_ohm_per_km,
            line.length_km,
            line.n_parallel,
            line.conductance_us_per_km * _MICRO,
            line.capacitance_nf_per_km * _NANO,
        )
        for line in lines
    ]
    resistance, reactance, length, parallel, conductance_s, capacitance_f = (
        np.array(given, dtype=np.float64).reshape(-1, 6).T
    )
    base_ohm = np.array([base_impedance_ohm(node) for node in nodes], dtype=np.float64)
    is_ac = np.array([node.current == "ac" for node in nodes], dtype=np.bool_)
    series = base_ohm * parallel / ((resistance + 1j * is_ac * reactance) * length)
    omega = 2.0 * np.pi * frequency_hz * is_ac
    shunt = (conductance_s + 1j * omega * capacitance_f) * (length * parallel * base_ohm)
    end = series + 0.5 * shunt
    return np.stack([end, -series, -series, end], axis=1)


def transformer_pi(transformer: Transformer, hv_node: Node, lv_node: Node) -> Pi:
    """Return the pi section of a two-winding transformer, from-end at the high-voltage side.

    Parameters
    ----------
    transformer : Transformer
        Impedance and no-load admittance refer to the low-voltage winding with its tap included.
    hv_node, lv_node : Node
        Their nominal voltages may differ from the rated voltages.

    Returns
    -------
    Pi
        Of the pi section, or of the T section turned into one. [p.u.]

    Notes
    -----
    Half the no-load admittance sits at each end of the series impedance, or all of it between the
    leakage impedances of both windings. The magnetising current is at least the no-load loss
    current: a smaller value given is read as no reactive part. Each step of a phase shifter turns
    the voltage of the tapped side.
    """
    factor = 1.0 + transformer.tap_position * transformer.tap_step_ratio
    is_hv = transformer.tap_side == "hv"
    hv_v = transformer.hv_voltage_v * (factor if is_hv else 1.0)
    lv_v = transformer.lv_voltage_v * (1.0 if is_hv else factor)
    winding = lv_v**2 / (transformer.rating_kva * W_PER_KW) / base_impedance_ohm(lv_node)
    resistance = transformer.load_loss_kw / transformer.rating_kva
    size = np.sqrt(max(transformer.impedance_ratio**2 - resistance**2, 0.0))
    reactance = float(np.copysign(size, transformer.impedance_ratio))
    conductance = transformer.no_load_loss_kw / transformer.rating_kva
    magnetising = max(transformer.magnetising_ratio, conductance)
    shunt = complex(conductance, -np.sqrt(magnetising**2 - conductance**2)) / winding
    series, first, second = _placed(transformer, complex(resistance, reactance) * winding, shunt)
    turns = (hv_v / lv_v) / (hv_node.voltage_v / lv_node.voltage_v)
    ratio = turns * np.exp(1j * np.deg2rad(shift_deg(transformer)))
    return Pi(
        complex((series + first) / abs(ratio) ** 2),
        complex(-series / np.conj(ratio)),
        complex(-series / ratio),
        complex(series + second),
    )


def _placed(
    transformer: Transformer, impedance: complex, shunt: complex
) -> tuple[complex, complex, complex]:
    """Return the series admittance and the shunts at the HV and LV end of the equal pi section."""
    if transformer.no_load_place == "ends" or shunt == 0:
        return 1.0 / impedance, shunt / 2.0, shunt / 2.0
    active, reactive = transformer.hv_leakage_ratios
    near = complex(active * impedance.real, reactive * impedance.imag)
    far = impedance - near
    # Star to delta of the T section; its middle is the star point.
    whole = impedance + near * far * shunt
    return 1.0 / whole, far * shunt / whole, near * shunt / whole


def impedance_pi(impedance: Impedance) -> Pi:
    """Return the two-by-two admittance of a series impedance that may differ by direction.

    Parameters
    ----------
    impedance : Impedance
        Per unit on its own rating and the nominal voltage of the node at each end; neither
        direction may have no impedance at all.

    Returns
    -------
    Pi
        ``Y_ft = -1 / z_ft`` and ``Y_tf = -1 / z_tf``; the shunts stand at their ends. [p.u.]

    Notes
    -----
    The form in which equivalents of networks are exchanged (MATPOWER, pandapower): any passive or
    active two-port at one frequency.
    """
    base = impedance.rating_kva / KVA_PER_PU
    forward = base / complex(*impedance.from_to_pu)
    backward = base / complex(*impedance.to_from_pu)
    return Pi(
        forward + base * complex(*impedance.from_shunt_pu),
        -forward,
        -backward,
        backward + base * complex(*impedance.to_shunt_pu),
    )


def shunt_admittance(shunt: Shunt, node: Node) -> complex:
    """Return the admittance of a shunt: consumed power over voltage squared. [p.u.]."""
    consumed = complex(shunt.active_kw, -shunt.reactive_kvar) / KVA_PER_PU
    return consumed * (node.voltage_v / shunt.voltage_v) ** 2


def load_parts(load: StaticLoad) -> tuple[complex, complex, complex]:
    """Return what a stated load consumes at nominal voltage, by how it follows the voltage.

    Parameters
    ----------
    load : StaticLoad
        Its parts may add up to one at most.

    Returns
    -------
    power, current, admittance : complex
        Constant power, power per unit of voltage, and admittance. [p.u.]

    Notes
    -----
    ``S(V) = S0 (1 - i - z + i |V| + z |V|^2)``, the standard form of a voltage-dependent load.
    """
    whole = complex(load.active_kw, load.reactive_kvar) / KVA_PER_PU
    current, impedance = load.constant_current_ratio, load.constant_impedance_ratio
    rest = 1.0 - current - impedance
    return whole * rest, whole * current, (whole * impedance).conjugate()


def source_admittance(source: GridSource) -> complex:
    """Return the admittance behind a grid node in p.u.; 0 for an ideal voltage.

    ``|z| = 1 MVA / short-circuit power``, split by X over R.
    """
    if source.short_circuit_mva is None:
        return 0j
    size = BASE_VA / 1e6 / source.short_circuit_mva
    reactance = size / np.sqrt(1.0 + source.x_over_r**-2)
    return complex(1.0 / complex(reactance / source.x_over_r, reactance))


@dataclass(frozen=True, slots=True)
class BranchTable:
    """All branches as arrays: node numbers, admittances [p.u.] and rated currents. [A].

    Where no rating is known the rated currents are infinite, so that loads over them are 0, and
    ``has_rating`` is False.
    """

    ids: tuple[str, ...]
    from_node: np.ndarray[tuple[int], np.dtype[np.int64]]
    to_node: np.ndarray[tuple[int], np.dtype[np.int64]]
    from_from: ComplexArray
    from_to: ComplexArray
    to_from: ComplexArray
    to_to: ComplexArray
    from_base_a: FloatArray
    to_base_a: FloatArray
    from_rating_a: FloatArray
    to_rating_a: FloatArray
    rating_kva: FloatArray
    shift_rad: FloatArray
    is_transformer: BoolArray
    has_rating: BoolArray


def branch_table(
    branches: tuple[Branch, ...],
    nodes: dict[str, tuple[int, Node]],
    *,
    frequency_hz: float,
) -> BranchTable:
    """Return branches as arrays; ``nodes`` gives number and document of each node by its id."""
    ends = [(nodes[start], nodes[end]) for start, end in (branch.ends for branch in branches)]
    ratings = [
        _rating(branch, first[1], second[1])
        for branch, (first, second) in zip(branches, ends, strict=True)
    ]
    matrix = _admittances(branches, ends, frequency_hz)
    rated = np.array(ratings, dtype=np.float64).reshape(-1, 3)
    from_node = np.array([first[0] for first, _ in ends], dtype=np.int64)
    to_node = np.array([second[0] for _, second in ends], dtype=np.int64)
    base_a = np.array([base_current_a(node) for _, node in nodes.values()], dtype=np.float64)
    is_transformer = np.array([isinstance(b, Transformer) for b in branches], dtype=np.bool_)
    shift = np.zeros(len(branches))
    for number in np.flatnonzero(is_transformer).tolist():
        shift[number] = shift_deg(branches[number])
    return BranchTable(
        ids=tuple(branch.id for branch in branches),
        from_node=from_node,
        to_node=to_node,
        from_from=matrix[:, 0],
        from_to=matrix[:, 1],
        to_from=matrix[:, 2],
        to_to=matrix[:, 3],
        from_base_a=base_a[from_node],
        to_base_a=base_a[to_node],
        from_rating_a=rated[:, 0],
        to_rating_a=rated[:, 1],
        rating_kva=rated[:, 2],
        shift_rad=np.deg2rad(shift),
        is_transformer=is_transformer,
        has_rating=np.isfinite(rated[:, 2]),
    )


def _admittances(
    branches: tuple[Branch, ...],
    ends: list[tuple[tuple[int, Node], tuple[int, Node]]],
    frequency_hz: float,
) -> ComplexArray:
    """Return the entries of `Pi` of all branches; lines, the many, are computed together."""
    matrix = np.empty((len(branches), 4), dtype=np.complex128)
    lines, nodes, place = list[Line](), list[Node](), list[int]()
    for i, (branch, (first, second)) in enumerate(zip(branches, ends, strict=True)):
        if isinstance(branch, Line):
            lines.append(branch)
            nodes.append(first[1])
            place.append(i)
        else:
            pi = branch_pi(branch, first[1], second[1], frequency_hz=frequency_hz)
            matrix[i] = pi.from_from, pi.from_to, pi.to_from, pi.to_to
    matrix[place] = line_pi(lines, nodes, frequency_hz=frequency_hz)
    return matrix


def shift_deg(branch: Branch) -> float:
    """Return by how much the from-end leads the to-end at no load, tap included. [°]."""
    if not isinstance(branch, Transformer):
        return 0.0
    direction = 1.0 if branch.tap_side == "hv" else -1.0
    return branch.shift_deg + direction * branch.tap_position * branch.tap_step_deg


def branch_pi(branch: Branch, first: Node, second: Node, *, frequency_hz: float) -> Pi:
    """Return the two-by-two admittance of any branch between its from- and to-node."""
    if isinstance(branch, Line):
        return Pi(*line_pi([branch], [first], frequency_hz=frequency_hz)[0].tolist())
    if isinstance(branch, Impedance):
        return impedance_pi(branch)
    return transformer_pi(branch, first, second)


def _rating(branch: Branch, first: Node, second: Node) -> tuple[float, float, float]:
    """Return the rated current at both ends [A] and the rated power. [kVA]."""
    if isinstance(branch, Line):
        if branch.rating_a is None:
            return np.inf, np.inf, np.inf
        rating_a = branch.rating_a * branch.derating_ratio * branch.n_parallel
        return rating_a, rating_a, rating_a / base_current_a(first) * KVA_PER_PU
    if isinstance(branch, Impedance):
        pu = branch.rating_kva / KVA_PER_PU
        return pu * base_current_a(first), pu * base_current_a(second), branch.rating_kva
    kva = branch.rating_kva * branch.derating_ratio
    va = kva * W_PER_KW / SQRT_3
    return va / branch.hv_voltage_v, va / branch.lv_voltage_v, kva
