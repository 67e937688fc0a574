"""Where generators hold voltages and loads follow them: what only Newton's method handles."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from facility.kernel.checks import BoolArray, ComplexArray, FloatArray, IntArray
from power.physics.grid import Grid
from power.physics.loadflow.polar import Polar

_RESISTIVE_RATIO = 0.1


@dataclass(frozen=True, slots=True)
class Placed:
    """The buses of one level: those to be solved for and all held voltages. [p.u.].

    ``fixed_pu`` is over all buses and 0 where nothing holds the voltage.
    """

    bus_of_node: IntArray
    free: IntArray
    fixed_pu: ComplexArray


@dataclass(frozen=True, slots=True)
class Live:
    """What works in one state of a grid."""

    branch: BoolArray
    source: BoolArray
    generator: BoolArray
    static_load: BoolArray
    shunt: BoolArray
    conversion: BoolArray


def polar_part(grid: Grid, placed: Placed, live: Live) -> Polar | None:
    """Return what only Newton's method handles among the free buses of a level; None if nothing.

    Parameters
    ----------
    grid : Grid
        At one stage.
    placed : Placed
        The buses of the level.
    live : Live
        What works.
    """
    bus, free = placed.bus_of_node, placed.free
    position = np.full(placed.fixed_pu.size, -1, dtype=np.int64)
    position[free] = np.arange(free.size)
    generators, loads = grid.generators, grid.static_loads
    held = live.generator & (position[bus[generators.node]] >= 0)
    following = live.static_load & (loads.current != 0) & (position[bus[loads.node]] >= 0)
    if not (held.any() or following.any()):
        return None
    regulated_pu = np.zeros(free.size)
    regulated_pu[position[bus[generators.node[held]]]] = generators.voltage_pu[held]
    per_voltage = np.zeros(free.size, dtype=np.complex128)
    np.add.at(per_voltage, position[bus[loads.node[following]]], loads.current[following])
    susceptance, turned = _linear_angles(grid, placed, live, position)
    regulated = np.flatnonzero(regulated_pu)
    return Polar(regulated, regulated_pu[regulated], per_voltage, susceptance, turned)


def _linear_angles(
    grid: Grid, placed: Placed, live: Live, position: IntArray
) -> tuple[csc_array[np.float64], FloatArray]:
    """Return ``B`` and ``turned`` of ``B a = turned - P`` for the angles of the free buses."""
    branches, sources, bus = grid.branches, grid.sources, placed.bus_of_node
    which = np.flatnonzero(live.branch)
    start, end = bus[branches.from_node[which]], bus[branches.to_node[which]]
    shift = branches.shift_rad[which]
    series = branches.from_to[which] * np.exp(-1j * shift)
    weight = np.where(
        np.abs(series.imag) > _RESISTIVE_RATIO * np.abs(series), series.imag, np.abs(series)
    )
    behind = np.flatnonzero(live.source & (sources.admittance != 0))
    source_bus, strength = bus[sources.node[behind]], np.abs(sources.admittance[behind])
    n_buses = position.size
    entries = (
        np.concatenate([weight, weight, -weight, -weight, strength]),
        (
            np.concatenate([start, end, start, end, source_bus]),
            np.concatenate([start, end, end, start, source_bus]),
        ),
    )
    whole = csr_array(coo_array(entries, shape=(n_buses, n_buses)))
    turned = np.zeros(n_buses)
    np.add.at(turned, start, weight * shift)
    np.add.at(turned, end, -weight * shift)
    np.add.at(turned, source_bus, strength * np.angle(sources.voltage_pu[behind]))
    rows = whole[placed.free]
    known = np.angle(placed.fixed_pu)
    right: FloatArray = turned[placed.free] - rows @ known
    return csc_array(rows[:, placed.free]), right
