"""What every consumer draws, brought into the order of the network document."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import FloatArray, IntArray
from facility.kernel.errors import InputError, Problem
from facility.physics.cohorts import Cohort
from power.physics.documents import Consumer, NetworkInput


@dataclass(frozen=True, slots=True)
class Demand:
    """Few distinct series, and which of them each consumer follows."""

    series_kw: FloatArray
    series_of: IntArray
    consumers: tuple[Consumer, ...]

    def of_consumers(self) -> FloatArray:
        """Return the power of every consumer, shape (C, T). [kW]."""
        return np.asarray(self.series_kw[self.series_of])


def demand(
    network: NetworkInput,
    stage: int,
    *,
    cohorts: tuple[Cohort, ...],
    rack_kw: FloatArray,
    machine_kw: Mapping[str, FloatArray],
) -> Demand:
    """Join racks, cooling and house loads to the consumers that feed them.

    Parameters
    ----------
    network : NetworkInput
        The network; consumers carry the ids of racks, cooling units and loop pumps.
    stage : int
        Number of the stage.
    cohorts : tuple of Cohort
        Racks with contents.
    rack_kw : (R, T) ndarray
        Input of one rack of each cohort. [kW]
    machine_kw : mapping of str to (T,) ndarray
        Input of each cooling unit and each loop's pumps, by consumer id. [kW]

    Returns
    -------
    Demand
        A rack without contents draws nothing.

    Raises
    ------
    InputError
        Something draws power and has no consumer, or a house load states none.
    """
    n_times = rack_kw.shape[1]
    consumers = tuple(item for item in network.consumers if item.is_present(stage))
    rows = [np.zeros(n_times), *rack_kw]
    row_of = {rack.id: 1 + k for k, group in enumerate(cohorts) for rack in group.racks}
    for name, series in machine_kw.items():
        row_of[name] = len(rows)
        rows.append(series)
    problems = [
        Problem(f"network.consumers[{name}]", "missing", "draws power but no feed is stated")
        for name in row_of.keys() - {item.id for item in consumers}
    ]
    for item in consumers:
        if item.id in row_of:
            continue
        if item.kind == "house" and item.power_kw is None:
            path = f"network.consumers[{item.id}].power_kw"
            problems.append(Problem(path, "missing", "a house load states its power"))
        elif item.power_kw is not None:
            row_of[item.id] = len(rows)
            rows.append(np.full(n_times, item.power_kw))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.path))
    return Demand(
        series_kw=np.stack(rows),
        series_of=np.asarray([row_of.get(item.id, 0) for item in consumers], dtype=np.int64),
        consumers=consumers,
    )
