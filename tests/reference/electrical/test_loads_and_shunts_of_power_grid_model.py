"""Shunts, voltage-dependent loads, sources at angles, phase shifters and tap control, solved live
by power-grid-model.
"""

import numpy as np
import pytest
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    PowerGridModel,
    TapChangingStrategy,
    initialize_array,
)

from power.physics.documents import Impedance
from power.physics.moment import solve_moment
from tests.power.parts import grid, line, load, network, nodes, shunt, step_down
from tests.power.test_tap_control import regulated

pytestmark = [pytest.mark.reference]
NAMES = ("A", "B", "C", "D", "E")
LINES = ((0, 1), (1, 2), (2, 3), (3, 0), (1, 3))
OHM, NF, US = (0.21, 0.34), 310.0, 40.0


def rows(component, **columns):
    first = next(iter(columns.values()))
    array = initialize_array(DatasetType.input, component, len(first))
    for name, values in columns.items():
        array[name] = values
    return array


def solve(parts, **options):
    model = PowerGridModel(parts, system_frequency=50.0)
    return model.calculate_power_flow(
        calculation_method=CalculationMethod.newton_raphson,
        error_tolerance=1e-12,
        max_iterations=100,
        **options,
    )


def angled(answer):
    node = answer[ComponentType.node]
    return node["u_pu"] * np.exp(1j * node["u_angle"])


def test_a_mesh_with_two_sources_shunts_and_every_kind_of_load():
    kinds = (
        (1, 900e3, 300e3, 0),
        (2, 700e3, -100e3, 1),
        (3, -500e3, 200e3, 2),
        (4, 400e3, 90e3, 2),
    )
    base_s = 1e6 / 10e3**2
    z = 0.002 + 0.03j
    answer = solve(
        {
            ComponentType.node: rows(ComponentType.node, id=range(5), u_rated=[10e3] * 5),
            ComponentType.line: rows(
                ComponentType.line,
                id=range(10, 15),
                from_node=[a for a, _ in LINES],
                to_node=[b for _, b in LINES],
                from_status=[1] * 5,
                to_status=[1] * 5,
                r1=[OHM[0]] * 5,
                x1=[OHM[1]] * 5,
                c1=[NF * 1e-9] * 5,
                # The conductance, as a loss factor of the charging.
                tan1=[US * 1e-6 / (2 * np.pi * 50 * NF * 1e-9)] * 5,
                i_n=[400.0] * 5,
            ),
            ComponentType.generic_branch: rows(
                ComponentType.generic_branch,
                id=[20],
                from_node=[3],
                to_node=[4],
                from_status=[1],
                to_status=[1],
                r1=[z.real / base_s],
                x1=[z.imag / base_s],
                g1=[0.0],
                b1=[0.0],
                k=[1.02],
                theta=[np.deg2rad(4.0)],
                sn=[1e6],
            ),
            ComponentType.source: rows(
                ComponentType.source,
                id=[30, 31],
                node=[0, 2],
                status=[1, 1],
                u_ref=[1.01, 1.0],
                u_ref_angle=np.deg2rad([0.0, -2.0]),
                sk=[90e6, 60e6],
                rx_ratio=[0.1, 0.2],
            ),
            ComponentType.shunt: rows(
                ComponentType.shunt,
                id=[40, 41],
                node=[1, 4],
                status=[1, 1],
                g1=[0.05 * base_s, 0.0],
                b1=[0.4 * base_s, -0.3 * base_s],
            ),
            ComponentType.sym_load: rows(
                ComponentType.sym_load,
                id=range(50, 54),
                node=[k[0] for k in kinds],
                status=[1] * 4,
                type=[k[3] for k in kinds],
                p_specified=[k[1] for k in kinds],
                q_specified=[k[2] for k in kinds],
            ),
        }
    )
    turns = 1.02 * np.exp(1j * np.deg2rad(4.0))
    own, across = (1 / z / 1.02**2, 1 / z), (-1 / z / np.conj(turns), -1 / z / turns)
    ends = [own[k] + across[k] for k in (0, 1)]
    forward, backward = -1 / across[0], -1 / across[1]
    shifter = Impedance(
        id="SHIFT",
        from_node="D",
        to_node="E",
        rating_kva=1000,
        from_to_pu=(forward.real, forward.imag),
        to_from_pu=(backward.real, backward.imag),
        from_shunt_pu=(ends[0].real, ends[0].imag),
        to_shunt_pu=(ends[1].real, ends[1].imag),
    )
    site = network(
        nodes(*NAMES),
        grid("A", voltage_pu=1.01, mva=90, x_over_r=10),
        grid("C", name="G2", angle=-2.0, mva=60, x_over_r=5),
        *(line(f"{a}{b}", NAMES[a], NAMES[b], ohm=OHM, nf=NF, us=US) for a, b in LINES),
        shifter,
        shunt("B", 50.0, -400.0),
        shunt("E", 0.0, 300.0),
        *(
            load(NAMES[n], p / 1e3, q / 1e3, current=float(t == 2), impedance=float(t == 1))
            for n, p, q, t in kinds
        ),
    )
    moment = solve_moment(site)
    assert np.abs(moment.node_voltage_pu - angled(answer)).max() < 1e-9
    source = answer[ComponentType.source]
    assert moment.source_kva == pytest.approx((source["p"] + 1j * source["q"]) / 1e3, abs=1e-3)
    drawn = answer[ComponentType.sym_load]
    assert moment.static_load_kva == pytest.approx((drawn["p"] + 1j * drawn["q"]) / 1e3, abs=1e-3)
    taken = answer[ComponentType.shunt]
    assert moment.shunt_kva == pytest.approx((taken["p"] + 1j * taken["q"]) / 1e3, abs=1e-3)


def test_a_regulated_tap_ends_where_power_grid_model_has_it():
    for kw, grid_pu in ((300.0, 0.95), (2500.0, 0.97), (3500.0, 1.02)):
        site = network(
            nodes("H", voltage_v=33e3),
            nodes("L"),
            grid("H", voltage_pu=grid_pu, mva=1e4, x_over_r=10),
            # Only one tap lies in a band as wide as a step.
            regulated("T", "H", "L", half_band=0.0065),
            load("L", kw, 0.4 * kw),
        )
        unit = step_down("T", "H", "L")
        answer = solve(
            {
                ComponentType.node: rows(ComponentType.node, id=[0, 1], u_rated=[33e3, 10e3]),
                ComponentType.transformer: rows(
                    ComponentType.transformer,
                    id=[2],
                    from_node=[0],
                    to_node=[1],
                    from_status=[1],
                    to_status=[1],
                    u1=[33e3],
                    u2=[10e3],
                    sn=[1e3 * unit.rating_kva],
                    uk=[unit.impedance_ratio],
                    pk=[1e3 * unit.load_loss_kw],
                    i0=[unit.magnetising_ratio],
                    p0=[1e3 * unit.no_load_loss_kw],
                    winding_from=[1],
                    winding_to=[1],
                    clock=[0],
                    # Its lowest position raises the voltage as ours does.
                    tap_side=[0],
                    tap_pos=[0],
                    tap_min=[-8],
                    tap_max=[8],
                    tap_nom=[0],
                    tap_size=[0.0125 * 33e3],
                ),
                ComponentType.transformer_tap_regulator: rows(
                    ComponentType.transformer_tap_regulator,
                    id=[3],
                    regulated_object=[2],
                    status=[1],
                    control_side=[1],
                    u_set=[10e3],
                    u_band=[2 * 0.0065 * 10e3],
                ),
                ComponentType.source: rows(
                    ComponentType.source,
                    id=[4],
                    node=[0],
                    status=[1],
                    u_ref=[grid_pu],
                    sk=[1e10],
                    rx_ratio=[0.1],
                ),
                ComponentType.sym_load: rows(
                    ComponentType.sym_load,
                    id=[5],
                    node=[1],
                    status=[1],
                    type=[0],
                    p_specified=[1e3 * kw],
                    q_specified=[400.0 * kw],
                ),
            },
            tap_changing_strategy=TapChangingStrategy.any_valid_tap,
        )
        moment = solve_moment(site)
        regulator = answer[ComponentType.transformer_tap_regulator]
        assert moment.tap_position[0] == regulator["tap_pos"][0]
        assert np.abs(moment.node_voltage_pu - angled(answer)).max() < 1e-9
