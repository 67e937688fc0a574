"""Arrays as the database keeps them: once, packed, addressed by the hash of their bytes."""

import zlib
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from facility.kernel.arrays import array_digest, plain
from facility.kernel.errors import InputError, Problem
from facility.sites.models import StoredArray

Table = NDArray[np.floating[Any]]

DTYPES = ("<f8", "<f4")
_COMPRESSION = 6


def digest(array: Table) -> str:
    """Return the hash under which an array is stored and carried."""
    return array_digest(as_carried(array))


def as_carried(array: Table) -> NDArray[np.float64]:
    """Return the array in the order of bytes that is hashed, in its own precision."""
    # The kernel's functions want to know the precision; which one it is makes no difference here.
    return plain(cast("NDArray[np.float64]", array))


def keep(array: Table, columns: Sequence[str]) -> StoredArray:
    """Store a table of rows and columns once; return the row that holds it.

    Raises
    ------
    InputError
        The array is no table of finite numbers with these columns.
    """
    check_table(array, n_columns=len(columns), path="array")
    data = as_carried(array)
    row, _ = StoredArray.objects.get_or_create(
        sha256=array_digest(data),
        defaults={
            "n_rows": data.shape[0],
            "columns": list(columns),
            "dtype": data.dtype.str,
            "packed": zlib.compress(data.tobytes(), _COMPRESSION),
        },
    )
    return row


def unpack(stored: StoredArray) -> Table:
    """Return the array of a row, read-only, or raise when its bytes are not those hashed.

    Raises
    ------
    InputError
        The stored bytes are damaged.
    """
    path = f"arrays[{stored.sha256}]"
    try:
        raw = zlib.decompress(bytes(stored.packed))
        flat: Table = np.frombuffer(raw, dtype=stored.dtype)
        array = flat.reshape(stored.n_rows, len(stored.columns))
    except (zlib.error, ValueError) as error:
        raise InputError([Problem(path, "damaged", "the stored array is damaged")]) from error
    if digest(array) != stored.sha256:
        raise InputError([Problem(path, "wrong_hash", "the stored array is not the one hashed")])
    return array


def check_table(array: Table, *, n_columns: int, path: str) -> None:
    """Refuse what is no table of finite numbers with so many columns.

    Raises
    ------
    InputError
        Says what is wrong with it.
    """
    if array.dtype.newbyteorder("<").str not in DTYPES:
        raise InputError([Problem(path, "type", f"holds {array.dtype}, not floating point")])
    if array.ndim != 2 or array.shape[0] == 0 or array.shape[1] != n_columns:  # noqa: PLR2004 - a table
        shape = " × ".join(map(str, array.shape)) or "a single number"
        raise InputError([Problem(path, "shape", f"is {shape}, not rows × {n_columns} columns")])
    if not np.all(np.isfinite(array)):
        raise InputError([Problem(path, "not_finite", "contains NaN or infinity")])
