"""Time series of pandapower with its best settings: Numba, recycling, results read in one go."""

import numba
import pandapower as pp
import pandas as pd
from pandapower.control import ConstControl
from pandapower.timeseries import DFData, OutputWriter, run_timeseries

from tests.benchmarks.peers.pandapower_campus import network_of
from tests.benchmarks.peers.serve import serve

WANTED = (("res_bus", "vm_pu"), ("res_line", "loading_percent"), ("res_trafo", "loading_percent"))
WARM_UP_STEPS = 3


def prepare(tables, arrays):
    """Return the run over all steps; Numba has compiled before."""
    net, factor = network_of(tables), arrays["factor"]
    active = DFData(pd.DataFrame(factor * net.load.p_mw.to_numpy()))
    reactive = DFData(pd.DataFrame(factor * net.load.q_mvar.to_numpy()))
    names = list(range(factor.shape[1]))
    for variable, data in (("p_mw", active), ("q_mvar", reactive)):
        ConstControl(net, "load", variable, net.load.index, profile_name=names, data_source=data)

    def over(steps):
        # A writer that has read results in one go cannot be used again.
        net.pop("output_writer", None)
        writer = OutputWriter(net, steps, log_variables=list(WANTED))
        run_timeseries(net, steps, verbose=False, numba=True, trafo_model="pi")
        return lambda: {
            "voltage_pu": writer.output["res_bus.vm_pu"].to_numpy()[:, : len(tables["bus"])],
            "line_ratio": writer.output["res_line.loading_percent"].to_numpy()[:, 1:] / 100.0,
        }

    over(range(WARM_UP_STEPS))
    return lambda: over(range(factor.shape[0]))


if __name__ == "__main__":
    serve(prepare, {"pandapower": pp.__version__, "numba": numba.__version__})
