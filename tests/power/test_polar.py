"""Newton in polar form by itself: how fast it converges and which solution it takes."""

import numpy as np
import pytest
from scipy.sparse import csc_array

from power.physics.loadflow.core import Equations
from power.physics.loadflow.polar import Polar, PolarSolver
from power.physics.moment import solve_moment
from power.physics.network import assemble
from tests.power.parts import generator, grid, line, load, network, nodes, step_down


def behind_reactance(reactance_pu, per_voltage=0.0):
    """One bus behind a reactance from an ideal source of 1 p.u."""
    y = 1 / (1j * reactance_pu)
    equations = Equations(csc_array([[y]]), np.array([y]), ("end",))
    polar = Polar(
        np.zeros(0, dtype=np.int64),
        np.zeros(0),
        np.array([per_voltage + 0j]),
        csc_array([[1 / reactance_pu]]),
        np.zeros(1),
    )
    return PolarSolver(equations, polar)


def test_a_load_of_constant_current_is_solved_in_closed_form_and_quadratically():
    # P = i V = sin(d) V / X and, without reactive power, V = cos(d).
    solver = behind_reactance(0.2, per_voltage=3.0)
    voltage, missing, count = solver.solve(np.zeros(1, dtype=complex))
    angle = np.arcsin(3.0 * 0.2)
    assert voltage[0] == pytest.approx(np.cos(angle) * np.exp(-1j * angle), abs=1e-10)
    assert missing < 1e-9
    assert count <= 6


@pytest.mark.parametrize("power", [1.2, 2.2, 2.49])
def test_of_both_solutions_the_lower_one_is_refused(power):
    # |V|^2 solves V^4 - V^2 + (P X)^2 = 0.
    solver = behind_reactance(0.2)
    upper, lower = (
        np.sqrt((1 + sign * np.sqrt(1 - 4 * (0.2 * power) ** 2)) / 2) for sign in (1, -1)
    )
    load_pu = np.array([power + 0j])
    assert abs(solver.solve(load_pu)[0][0]) == pytest.approx(upper, abs=1e-8)
    for size, operable in ((upper, True), (lower, False)):
        angle = -np.arcsin(0.2 * power / size)
        at = np.array([size * np.exp(1j * angle)])
        assert solver.is_operable(at, load_pu) == operable


def chain(*, shift_deg=0.0):
    """Eight long lines in a row with a generator at every node: 110 degrees from end to end."""
    names = [f"N{i}" for i in range(9)]
    return network(
        nodes("H", voltage_v=33e3),
        nodes(*names),
        grid("H"),
        step_down("T", "H", "N0", shift_deg=shift_deg, rating_kva=200e3, load_loss_kw=500.0),
        *(line(f"L{i}", names[i], names[i + 1], ohm=(0.0, 10.0)) for i in range(8)),
        *(generator(name, 0.0, 1.0) for name in names),
        load("N8", 2370.0),
    )


def iterations(site):
    topology = assemble(site)
    (level,) = topology.levels
    loads = np.zeros(level.free.size, dtype=complex)
    loads[level.name_of_free.index("N8")] = 2.37
    solver = PolarSolver(
        Equations(level.admittance, level.current, level.name_of_free), level.polar
    )
    return solver.solve(loads)[2]


def test_the_first_guess_of_the_angles_is_near_where_they_end():
    moment = solve_moment(chain())
    angles = np.rad2deg(np.angle(moment.node_voltage_pu))
    assert angles[-1] == pytest.approx(-8 * np.rad2deg(np.arcsin(0.237)), abs=0.6)
    assert iterations(chain()) <= 4


@pytest.mark.parametrize("shift_deg", [150.0, -30.0, 330.0, 180.0])
def test_vector_groups_turn_the_first_guess_with_them(shift_deg):
    site = chain(shift_deg=shift_deg)
    plain = solve_moment(chain()).node_voltage_pu[1:]
    turned = solve_moment(site).node_voltage_pu[1:]
    assert turned == pytest.approx(plain * np.exp(-1j * np.deg2rad(shift_deg)), abs=1e-9)
    assert iterations(site) == iterations(chain())
