"""Public networks whose generators hold voltages, against the answers of pandapower."""

import json
from pathlib import Path

import numpy as np
import pytest

from power.physics.documents import (
    GridSource,
    Impedance,
    NetworkInput,
    Node,
    RegulatedGenerator,
    Shunt,
    StaticLoad,
)
from power.physics.moment import solve_moment

pytestmark = [pytest.mark.reference]
FOLDER = Path(__file__).parent / "regulated"


def read(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text())


def branch(number: int, row: list, base_mva: float) -> Impedance:
    start, end, r, x, g, b, ratio, shift = row
    series, half = 1 / complex(r, x), complex(g, b) / 2
    turns = ratio * np.exp(1j * np.deg2rad(shift))
    own = ((series + half) / abs(turns) ** 2, series + half)
    across = (-series / np.conj(turns), -series / turns)
    z = [-1 / value for value in across]
    ends = [own[k] + across[k] for k in (0, 1)]
    return Impedance(
        id=f"branch {number}",
        from_node=str(start),
        to_node=str(end),
        rating_kva=1e3 * base_mva,
        from_to_pu=(z[0].real, z[0].imag),
        to_from_pu=(z[1].real, z[1].imag),
        from_shunt_pu=(ends[0].real, ends[0].imag),
        to_shunt_pu=(ends[1].real, ends[1].imag),
    )


def network_of(case: dict) -> NetworkInput:
    volts = [1e3 * row[4] for row in case["bus"]]
    slack = case["slack"]
    return NetworkInput(
        frequency_hz=60,
        nodes=[Node(id=str(i), voltage_v=v) for i, v in enumerate(volts)],
        branches=[branch(i, row, case["base_mva"]) for i, row in enumerate(case["branch"])],
        sources=[
            GridSource(
                id=f"grid {i}",
                node=str(i),
                voltage_pu=case["vm_pu"][i],
                voltage_deg=case["va_degree"][i],
                short_circuit_mva=None,
            )
            for i in slack
        ],
        generators=[
            RegulatedGenerator(
                id=f"generator {i}", node=str(row[0]), active_kw=1e3 * row[1], voltage_pu=row[2]
            )
            for i, row in enumerate(case["generator"])
            if row[0] not in slack
        ],
        static_loads=[
            StaticLoad(
                id=f"load {i}", node=str(i), active_kw=1e3 * row[0], reactive_kvar=1e3 * row[1]
            )
            for i, row in enumerate(case["bus"])
        ],
        shunts=[
            Shunt(
                id=f"shunt {i}",
                node=str(i),
                voltage_v=volts[i],
                active_kw=1e3 * row[2],
                reactive_kvar=-1e3 * row[3],
            )
            for i, row in enumerate(case["bus"])
        ],
    )


@pytest.mark.parametrize("name", ["case14", "case118", "case300"])
def test_voltages_and_reactive_powers_are_those_of_pandapower(name):
    case = read(name)
    moment = solve_moment(network_of(case))
    expected = np.array(case["vm_pu"]) * np.exp(1j * np.deg2rad(case["va_degree"]))
    assert np.abs(moment.node_voltage_pu - expected).max() < 1e-9
    given = dict.fromkeys((row[0] for row in case["generator"]), 0.0)
    for node, _, _, q_mvar in case["generator"]:
        given[node] += q_mvar
    found = dict.fromkeys(given, 0.0)
    grid = moment.topology.grid
    for table, power in (
        (grid.generators, moment.generator_kva),
        (grid.sources, moment.source_kva),
    ):
        for node, value in zip(table.node.tolist(), power, strict=True):
            found[node] += value.imag / 1e3
    assert found == pytest.approx(given, abs=1e-5)
    assert abs(moment.residual_kw) < 1e-3
