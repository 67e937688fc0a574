"""A sparse linear system as a few products: small groups of buses first, a dense core last."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import block_array, coo_array, csr_array

from facility.kernel.checks import FloatArray, IntArray
from power.physics.loadflow.core import real_product

GROUP_BUSES = 4
"""Largest group that is eliminated at once."""
CORE_BUSES = 128
"""As few buses as this are solved with a dense inverse."""

SparseReal = csr_array[np.float64]


@dataclass(frozen=True, slots=True)
class Tiers:
    """The way from inputs ``i`` to some rows of ``x`` where ``A x = K i``.

    ``down`` hands the inputs of the groups to what is left of the network, ``inner`` solves that,
    ``up`` gives the rows wanted from the inputs and from the solution of the inner part.
    """

    down: SparseReal
    inner: "FloatArray | Tiers"
    up: SparseReal

    @property
    def n_inputs(self) -> int:
        """Rows that the inputs take at the head of the buffer."""
        return int(self.down.shape[1])

    @property
    def n_rows(self) -> int:
        """Rows of the buffer that `solve` wants."""
        return int(self.up.shape[1])

    def solve(self, buffer: FloatArray) -> FloatArray:
        """Return the wanted rows for many columns.

        Parameters
        ----------
        buffer : ndarray, shape (n_rows, columns)
            Begins with the inputs; the rest is overwritten.
        """
        share = real_product(self.down, buffer[: self.n_inputs])
        rest = buffer[self.n_inputs :]
        if isinstance(self.inner, Tiers):
            below = np.empty((self.inner.n_rows, buffer.shape[1]))
            below[: self.inner.n_inputs] = share
            rest[:] = self.inner.solve(below)
        else:
            np.dot(self.inner, share, out=rest)
        return real_product(self.up, buffer)


@dataclass(frozen=True, slots=True)
class _Part:
    """One elimination: which unknowns go, and what couples them to those that stay."""

    gone: IntArray
    stays: IntArray
    inverse: SparseReal
    to_stays: SparseReal
    from_stays: SparseReal


def tiers(matrix: SparseReal, inputs: SparseReal, wanted: SparseReal, parent: IntArray) -> Tiers:
    """Return the products that stand for ``wanted A^-1 inputs``.

    Parameters
    ----------
    matrix : csr_array, shape (2 n, 2 n)
        Real parts of all buses first, then the imaginary parts.
    inputs : csr_array, shape (2 n, inputs)
        What each input adds to the right side.
    wanted : csr_array, shape (outputs, 2 n)
        The outputs as sums of unknowns.
    parent : ndarray of int, shape (n,)
        Elimination tree of the buses; -1 at a root.

    Notes
    -----
    Block elimination, with subtrees of at most `GROUP_BUSES` buses inverted as blocks: a
    partitioned inverse in the sense of Alvarado, Enns and Tinney (1990).
    """
    group, left = _groups(parent)
    part = _part(matrix, group)
    to_inner = part.to_stays @ part.inverse
    schur = csr_array(matrix[part.stays][:, part.stays] - to_inner @ part.from_stays)
    own, passed = inputs[part.gone], inputs[part.stays]
    down = _without_zeros(passed - to_inner @ own)
    used = np.flatnonzero(np.diff(down.indptr))
    back = part.inverse @ part.from_stays
    from_gone, from_inner = wanted[:, part.gone], wanted[:, part.stays]
    up = _without_zeros(from_inner - from_gone @ back)
    needed = np.flatnonzero(np.bincount(up.indices, minlength=up.shape[1]))
    n_inner = part.stays.size
    place = _selection(used, n_inner)
    pick = csr_array(_selection(needed, n_inner).T)
    inner: FloatArray | Tiers
    if left.size > CORE_BUSES:
        inner = tiers(schur, place, pick, left)
    else:
        dense: FloatArray = np.asarray(np.linalg.inv(schur.toarray()), dtype=np.float64)
        inner = dense[np.ix_(needed, used)]
    direct = _without_zeros(from_gone @ part.inverse @ own)
    return Tiers(down[used], inner, csr_array(block_array([[direct, up[:, needed]]])))


def _part(matrix: SparseReal, group: IntArray) -> _Part:
    n = group.size
    gone, stays = np.flatnonzero(group >= 0), np.flatnonzero(group < 0)
    rows, rest = np.concatenate([gone, gone + n]), np.concatenate([stays, stays + n])
    inner = matrix[rows]
    return _Part(
        gone=rows,
        stays=rest,
        inverse=_block_inverse(csr_array(inner[:, rows]), np.tile(group[gone], 2)),
        to_stays=csr_array(matrix[rest][:, rows]),
        from_stays=csr_array(inner[:, rest]),
    )


def _block_inverse(matrix: SparseReal, group: IntArray) -> SparseReal:
    """Return the inverse of a matrix that couples only unknowns of one group."""
    order = np.argsort(group, kind="stable")
    names, start, size = np.unique(group[order], return_index=True, return_counts=True)
    number = np.searchsorted(names, group)
    place = np.empty(group.size, dtype=np.int64)
    place[order] = np.arange(group.size) - np.repeat(start, size)
    entries = matrix.tocoo()
    of_entry = number[entries.row]
    found = list[tuple[FloatArray, IntArray, IntArray]]()
    for width in np.unique(size).tolist():
        alike = np.flatnonzero(size == width)
        position = np.full(names.size, -1, dtype=np.int64)
        position[alike] = np.arange(alike.size)
        mine = position[of_entry] >= 0
        blocks = np.zeros((alike.size, width, width))
        row, column = entries.row[mine], entries.col[mine]
        blocks[position[of_entry[mine]], place[row], place[column]] = entries.data[mine]
        members = order[start[alike, np.newaxis] + np.arange(width)]
        shape = blocks.shape
        found.append(
            (
                np.linalg.inv(blocks).ravel(),
                np.broadcast_to(members[:, :, np.newaxis], shape).ravel(),
                np.broadcast_to(members[:, np.newaxis, :], shape).ravel(),
            )
        )
    value, row, column = (np.concatenate(part) for part in zip(*found, strict=True))
    return csr_array(coo_array((value, (row, column)), shape=matrix.shape))


def _selection(chosen: IntArray, size: int) -> SparseReal:
    """Return the matrix that puts values at chosen places."""
    ones = np.ones(chosen.size)
    shape = (size, chosen.size)
    return csr_array(coo_array((ones, (chosen, np.arange(chosen.size))), shape=shape))


def _without_zeros(matrix: SparseReal) -> SparseReal:
    matrix = csr_array(matrix)
    matrix.eliminate_zeros()
    return matrix


def _groups(parent: IntArray) -> tuple[IntArray, IntArray]:
    """Return the group of every bus, -1 where it stays, and the tree of those that stay.

    Whole subtrees of the elimination tree touch only their ancestors, so that no two groups touch
    each other.
    """
    above = parent.tolist()
    size = [1] * len(above)
    for bus, up in enumerate(above):
        if up >= 0:
            size[up] += size[bus]
    group = [-1] * len(above)
    for bus in range(len(above) - 1, -1, -1):
        if size[bus] <= GROUP_BUSES:
            up = above[bus]
            group[bus] = group[up] if up >= 0 and group[up] >= 0 else bus
    labels = np.array(group, dtype=np.int64)
    stays = labels < 0
    number = np.cumsum(stays) - 1
    kept = parent[stays]
    return labels, np.where(kept >= 0, number[kept], -1)
