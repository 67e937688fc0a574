"""Arrays as the database keeps them: once, packed, addressed by the hash of their bytes."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facility.kernel.arrays import Float, array_digest, plain
from facility.kernel.errors import InputError, Problem
from facility.sites.models import StoredArray

Table = NDArray[np.float64] | NDArray[np.float32]

DTYPES = ("<f8", "<f4")
_COMPRESSION = 6


def keep(array: NDArray[Float], columns: Sequence[str]) -> StoredArray:
    """Store a table of rows and columns once; return the row that holds it.

    Raises
    ------
    InputError
        The array is no table of finite numbers with these columns.
    """
    check_table(array, n_columns=len(columns), path="array")
    data = plain(array)
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
        flat: NDArray[np.float64] = np.frombuffer(raw, dtype=stored.dtype)
        array = flat.reshape(stored.n_rows, len(stored.columns))
    except (zlib.error, ValueError) as error:
        raise InputError([Problem(path, "damaged", "the stored array is damaged")]) from error
    if array_digest(array) != stored.sha256:
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
