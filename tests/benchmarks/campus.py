"""The reference campus and its year: the same arrays for ours and for every peer."""

import copy
import time
from dataclasses import dataclass

import numpy as np
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    PowerGridModel,
    initialize_array,
)

from power.physics.documents import NetworkInput
from tests.power.loadflow_cases import read, with_consumers
from tests.reference.electrical.test_power_grid_model import model_of

STEPS = 8760
BLOCK_H = 6
TOLERANCE_PU = 1e-8
FIRST_LOAD = 30_000


@dataclass(frozen=True)
class Campus:
    """A campus: tables for peers, the network and the powers of its consumers for ours.

    ``factor`` (steps, loads) multiplies the loads in the order of the tables.
    """

    tables: dict
    factor: np.ndarray
    network: NetworkInput
    rated_kw: np.ndarray
    load_of_consumer: np.ndarray

    @property
    def consumer_kw(self):
        """Power of each consumer at every step, shape (consumers, steps). [kW]."""
        return np.ascontiguousarray(self.rated_kw * self.factor[:, self.load_of_consumer]).T.copy()

    def grid_model(self) -> PowerGridModel:
        """Return power-grid-model's model of the same tables."""
        return model_of(self.tables)[0]

    def load_update(self):
        """Return the loads of all steps as power-grid-model wants them."""
        loads = self.tables["load"]
        update = initialize_array(
            DatasetType.update, ComponentType.sym_load, (self.factor.shape[0], len(loads))
        )
        update["id"] = FIRST_LOAD + np.arange(len(loads))
        update["p_specified"] = self.factor * [1e6 * item["p_mw"] for item in loads]
        update["q_specified"] = self.factor * [1e6 * item["q_mvar"] for item in loads]
        return {ComponentType.sym_load: update}


def campus(*, equal_voltages=False, steps=STEPS):
    """Return the campus, or the variant whose boards have the rated voltage of the windings.

    The variant is for a peer that takes the rated voltages of a transformer for those of its
    buses: unit transformers of 33/0.415 kV on boards of 0.415 kV.
    """
    tables = copy.deepcopy(read("loadflow/campus_full")["network"])
    if equal_voltages:
        kv = {bus["id"]: bus["vn_kv"] for bus in tables["bus"]}
        for row in tables["transformer"]:
            row["vn_hv_kv"], row["vn_lv_kv"] = kv[row["hv_bus"]], kv[row["lv_bus"]]
    network, rated_kw = with_consumers(tables)
    row = {str(item["bus"]): i for i, item in enumerate(tables["load"])}
    order = np.array([row[item.feeds[0].node] for item in network.consumers])
    return Campus(tables, year_factor(order.size)[:steps], network, rated_kw, order)


def year_factor(n_loads):
    """Return the multiplier of every load (columns) at every hour of a year (rows).

    The profile of the reference folder: a daily wave, and for each load and block of six hours
    a level of its own drawn with a fixed seed.
    """
    hour = np.arange(STEPS)
    level = np.random.default_rng(1).uniform(0.35, 1.10, size=(STEPS // BLOCK_H + 1, n_loads))
    wave = 0.80 + 0.10 * np.sin(2.0 * np.pi * hour / 24.0)
    drawn = np.repeat(level, BLOCK_H, axis=0)[:STEPS]
    return np.clip(1.2 * wave[:, np.newaxis] * drawn, 0.15, 1.10)


def grid_model_flow(model, update, outputs, *, threads=1, tolerance=TOLERANCE_PU):
    """Return power-grid-model's Newton answer and the seconds it took."""
    start = time.perf_counter()
    answer = model.calculate_power_flow(
        update_data=update,
        calculation_method=CalculationMethod.newton_raphson,
        error_tolerance=tolerance,
        threading=-1 if threads == 1 else threads,
        output_component_types=outputs,
    )
    return answer, time.perf_counter() - start


def timed(function, *arguments):
    """Return what a function returns and the seconds it took."""
    start = time.perf_counter()
    answer = function(*arguments)
    return answer, time.perf_counter() - start
