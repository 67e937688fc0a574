"""The load over rating of everything that has one, in one solved state."""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from facility.kernel.checks import FloatArray
from power.physics.contingency import State
from power.physics.loading import Snapshots, rated_kinds, snapshots_of
from power.physics.service import Service

KIND_WORDS = {
    "branches": "branch",
    "switches": "switch",
    "conversions": "conversion",
    "sources": "source",
    "feeds": "feed",
    "transfers": "transfer",
    "nodes": "node",
}


def ratios_of(
    state: State, power_kw: FloatArray
) -> Iterator[tuple[str, tuple[str, ...], FloatArray]]:
    """Yield kind, names and load over rating, 0 where dead or without a rating.

    Parameters
    ----------
    state : State
        Solved.
    power_kw : ndarray, shape (consumers,)
        Power of each consumer of the state. [kW]
    """
    loads = snapshots_of(Service.of(state.topology), state.columns, power_kw)
    names = [item.name for item in fields(Snapshots)]
    kinds = rated_kinds(state.topology.grid)
    for name, load, (ids, rated) in zip(names, loads.by_kind(), kinds, strict=True):
        if ids:
            yield KIND_WORDS[name], ids, np.where(load.live[:, 0] & rated, load.ratio[:, 0], 0.0)
