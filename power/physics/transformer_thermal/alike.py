"""Units that do the same: what one of them reaches, all of them reach."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import TypeVar

import numpy as np

from facility.kernel.checks import FloatArray
from power.physics.transformer_thermal.ageing import AgeingLaw
from power.physics.transformer_thermal.limits import LoadingLimits
from power.physics.transformer_thermal.parameters import LowerStage, ThermalParameters

T = TypeVar("T")
_Table = ThermalParameters | LowerStage | AgeingLaw | LoadingLimits


def alike(tables: Sequence[_Table], profiles: Sequence[FloatArray]) -> list[int]:
    """Return for every unit the number of the first one that is the same to the last digit.

    Parameters
    ----------
    tables : sequence
        Parameters and limits of N units.
    profiles : sequence of ndarray, each of shape (N, T)
        Currents and temperatures.

    Returns
    -------
    list of int, N long
    """
    columns = np.stack([values for table in tables for values in _columns(table)], axis=1)
    first = dict[tuple[bytes, ...], int]()
    return [
        first.setdefault((row.tobytes(), *(profile[k].tobytes() for profile in profiles)), k)
        for k, row in enumerate(columns)
    ]


def _columns(table: _Table) -> Iterator[FloatArray]:
    """Yield every array of a table, those of the tables in it included."""
    for field in fields(table):
        value = getattr(table, field.name)
        if isinstance(value, np.ndarray):
            yield value.astype(np.float64)
            continue
        for inner in value if isinstance(value, tuple) else (value,):
            yield from _columns(inner)


def of_each(first: Sequence[int], compute: Callable[[int], T]) -> list[T]:
    """Return what is computed for every unit, computed once for those that are alike.

    Parameters
    ----------
    first : sequence of int
        As `alike` returns it.
    compute : callable
        From the number of a unit.

    Returns
    -------
    list, one for each unit
    """
    found = {k: compute(k) for k in dict.fromkeys(first)}
    return [found[k] for k in first]
