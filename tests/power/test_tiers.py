import numpy as np
import pytest
from scipy.sparse import coo_array, csc_array, csr_array, diags_array

from power.physics.loadflow.core import elimination_tree, factorise, jacobian
from power.physics.loadflow.tiers import CORE_BUSES, Tiers, tiers


def network(n: int, ties: int, seed: int) -> csc_array:
    """Admittances of a random tree with some ties, every bus with a little to ground."""
    rng = np.random.default_rng(seed)
    child = np.arange(1, n)
    parent = (child * rng.uniform(0.0, 1.0, n - 1)).astype(int)
    first = np.concatenate([child, rng.integers(0, n, ties)])
    second = np.concatenate([parent, rng.integers(0, n, ties)])
    value = rng.uniform(1.0, 100.0, first.size) * np.exp(-1j * rng.uniform(0.3, 1.5, first.size))
    rows = np.concatenate([first, second, first, second])
    columns = np.concatenate([first, second, second, first])
    entries = np.concatenate([value, value, -value, -value])
    shunt = diags_array(rng.uniform(0.1, 1.0, n) - 0.1j)
    return csc_array(coo_array((entries, (rows, columns)), shape=(n, n)) + shunt)


def ready(n: int, ties: int, seed: int):
    """The real matrix in the order of elimination, and the tree."""
    admittance = network(n, ties, seed)
    order, parent = elimination_tree(factorise(admittance))
    slope = 0.05 * np.exp(1j * np.arange(n))
    both = np.concatenate([order, order + n])
    return csr_array(csr_array(jacobian(admittance, slope))[both][:, both]), parent


@pytest.mark.parametrize(("n", "ties"), [(1, 0), (2, 0), (5, 1), (40, 3), (200, 0), (900, 150)])
def test_the_products_stand_for_the_inverse(n, ties):
    matrix, parent = ready(n, ties, seed=n)
    rng = np.random.default_rng(1)
    inputs = csr_array(np.where(rng.uniform(size=(2 * n, 3)) < 0.5, rng.normal(size=(2 * n, 3)), 0))
    wanted = csr_array(np.eye(2 * n)[rng.permutation(2 * n)[: n + 1]])
    way = tiers(matrix, inputs, wanted, parent)
    given = rng.normal(size=(3, 7))
    buffer = np.zeros((way.n_rows, 7))
    buffer[: way.n_inputs] = given
    expected = wanted @ np.linalg.solve(matrix.toarray(), inputs @ given)
    assert way.solve(buffer) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_large_mesh_is_eliminated_tier_by_tier():
    matrix, parent = ready(900, 150, seed=900)
    every = csr_array(diags_array(np.ones(1800)))
    way = tiers(matrix, every, every, parent)
    assert isinstance(way.inner, Tiers)
    while isinstance(way, Tiers):
        way = way.inner
    assert way.shape[0] <= 2 * CORE_BUSES


def test_a_bus_is_eliminated_before_its_parent_and_touches_only_its_line():
    admittance = network(60, 8, seed=3)
    order, parent = elimination_tree(factorise(admittance))
    above = {place: {place} for place in range(60)}
    for place in range(59, -1, -1):
        if parent[place] >= 0:
            assert parent[place] > place
            above[place] |= above[parent[place]]
    touching = admittance[order][:, order].tocoo()
    for first, second in zip(touching.row.tolist(), touching.col.tolist(), strict=True):
        assert first in above[second] or second in above[first]
