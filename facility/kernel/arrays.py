"""The address of an array: the hash of its type, shape and bytes."""

import hashlib
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Float = TypeVar("Float", np.float32, np.float64)


def plain(array: NDArray[Float]) -> NDArray[Float]:
    """Return the array in C order and little-endian bytes, as it is hashed and stored."""
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def array_digest(array: NDArray[Float]) -> str:
    """Return the SHA-256 over `dtype:shape:` and the plain bytes.

    Examples
    --------
    >>> array_digest(np.zeros((2, 2))) == array_digest(np.zeros((4, 1)))
    False
    """
    data = plain(array)
    head = f"{data.dtype.str}:{','.join(map(str, data.shape))}:"
    return hashlib.sha256(head.encode() + data.tobytes()).hexdigest()
