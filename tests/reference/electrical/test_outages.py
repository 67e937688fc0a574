"""Every branch outage of the small campus against power-grid-model's table."""

import numpy as np
import pytest

from power.physics.contingency import checked_grid, node_voltage, solve_state
from tests.power.loadflow_cases import read, with_consumers

pytestmark = pytest.mark.reference


def test_every_branch_outage_of_the_small_campus_is_reproduced():
    network, kw = with_consumers(read("loadflow/campus_small")["network"])
    grid = checked_grid(network, kw, stage=0)
    rating_kva = grid.branches.rating_kva
    is_transformer = grid.branches.is_transformer
    outages = read("contingency/campus_small_n_minus_1")["outages"]
    assert len(outages) == len(network.branches)
    for row in outages:
        name = f"{row['element']} {row['id']}"
        state = solve_state(grid, kw, name=name, out=frozenset([name]))
        voltage, live = node_voltage(state)
        assert (~live).sum() == row["n_deenergised"], name
        assert voltage[live].min() == pytest.approx(row["vm_min_energised_pu"], abs=1e-7)
        columns = state.columns
        kva = np.maximum(columns.branch_from_abs_kva, columns.branch_to_abs_kva)[:, 0]
        assert columns.branch_ratio[~is_transformer, 0].max() == pytest.approx(
            row["max_line_loading"], abs=1e-6
        )
        assert (kva / rating_kva)[is_transformer].max() == pytest.approx(
            row["max_transformer_loading"], abs=1e-6
        )
        assert columns.source_kva[0, 0].real == pytest.approx(
            1e3 * row["p_poi_mw"], rel=1e-6, abs=1e-3
        )
