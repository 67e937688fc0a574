"""Time series of lightsim2grid: Newton with KLU, each step started from the one before."""

import lightsim2grid
import numpy as np
import pandapower as pp
from lightsim2grid.algorithm import AlgorithmType
from lightsim2grid.network import init_from_pandapower
from lightsim2grid.timeSerie import TimeSeriesCPP

from tests.benchmarks.peers.pandapower_campus import network_of
from tests.benchmarks.peers.serve import serve

TOLERANCE_PU = 1e-8
ITERATIONS = 10


def prepare(tables, arrays):
    """Return the run over all steps; a new computer each time, so that nothing is kept."""
    net, factor = network_of(tables), arrays["factor"]
    pp.runpp(net, numba=False)
    grid = init_from_pandapower(net)
    steps = factor.shape[0]
    given = np.zeros((steps, len(grid.get_generators())))
    none = np.zeros((steps, 0))
    active = np.ascontiguousarray(factor * net.load.p_mw.to_numpy())
    reactive = np.ascontiguousarray(factor * net.load.q_mvar.to_numpy())
    start = np.ones(len(net.bus), dtype=np.complex128)

    def run():
        computer = TimeSeriesCPP(grid)
        computer.change_algorithm(AlgorithmType.NR_KLU)
        done = computer.compute_Vs(given, none, active, reactive, start, ITERATIONS, TOLERANCE_PU)
        if not done:
            raise RuntimeError("lightsim2grid did not solve every step")
        ampere = computer.compute_flows()
        n_buses = len(tables["bus"])
        return lambda: {
            "voltage_pu": np.abs(computer.get_voltages()[:, :n_buses]),
            "ampere": np.asarray(ampere)[:, 1:],
        }

    run()
    return run


if __name__ == "__main__":
    serve(prepare, {"lightsim2grid": lightsim2grid.__version__})
