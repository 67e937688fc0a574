"""Electricity, heat, cooling electricity and electrical losses, solved until they agree."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.errors import ConvergenceError
from facility.physics.cohorts import Cohort
from facility.physics.documents import FacilityInput
from facility.physics.electrical import Demand, demand
from facility.physics.heat import HeatState, HeatTask, solve_heat
from facility.physics.machines import Machines
from power.physics.network import Topology
from power.physics.system import SystemFlow, solve_topology
from thermal.physics.weather import OutdoorAir

TOLERANCE_RATIO = 2e-7
"""Loss heat may differ this much from the losses it stands for, on site power."""
BALANCE_RATIO = 1e-6
"""Heat and power that go nowhere may not exceed this, on site power."""
MAX_PASSES = 8


@dataclass(frozen=True, slots=True)
class Stand:
    """The site at one stage, prepared for solving."""

    stage: int
    cohorts: tuple[Cohort, ...]
    machines: Machines
    topology: Topology
    loss_groups: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SiteState:
    """A closed state of the site over T points in time."""

    heat: HeatState
    demand: Demand
    flow: SystemFlow
    loss_kw: dict[str, FloatArray]
    residual_ratio: float
    passes: int

    @property
    def rack_kw(self) -> FloatArray:
        """Input of one rack of each cohort, shape (R, T). [kW]."""
        return stacked_kw(self.heat)


def stacked_kw(heat: HeatState) -> FloatArray:
    """Return the input of one rack of each cohort, shape (R, T), R may be 0. [kW]."""
    shape = (len(heat.racks), heat.residual_kw.size)
    return np.array([rack.input_kw for rack in heat.racks], dtype=np.float64).reshape(shape)


def settle(
    document: FacilityInput,
    stand: Stand,
    *,
    air: OutdoorAir,
    utilisation: Mapping[str, FloatArray],
    fixed_kw: tuple[float, ...] | None = None,
) -> SiteState:
    """Return the state in which losses heat rooms and the cooling of rooms adds to losses.

    Parameters
    ----------
    document : FacilityInput
        The site.
    stand : Stand
        The stage, prepared.
    air : OutdoorAir
        T points in time.
    utilisation : mapping of str to (T,) ndarray
        By workload. [1]
    fixed_kw : tuple of float, optional
        Input of one rack of each cohort, for operating points stated in kW.

    Raises
    ------
    ConvergenceError
        Loss heat did not settle, the temperatures or voltages of a point did not, or the balance of
        heat or of power stays open.
    """
    zero = np.zeros(air.dry_bulb_c.size)
    loss_kw = dict.fromkeys(stand.loss_groups, zero)
    heat: HeatState | None = None
    residual = np.inf
    for number in range(1, MAX_PASSES + 1):
        task = HeatTask(
            cohorts=stand.cohorts,
            machines=stand.machines,
            air=air,
            utilisation=dict(utilisation),
            loss_kw=loss_kw,
            reference_c=document.throttle_reference_c,
            fixed_kw=fixed_kw,
        )
        heat = solve_heat(task, start=heat)
        drawn = _demand(document, stand, heat)
        flow = solve_topology(
            stand.topology,
            drawn.series_kw,
            cohort_of=drawn.series_of,
            loss_groups=tuple(stand.loss_groups.values()),
        )
        following = dict(zip(stand.loss_groups, flow.group_loss_kw, strict=True))
        change = sum((np.abs(following[n] - loss_kw[n]) for n in loss_kw), zero)
        residual = float(np.max(change / np.maximum(flow.source_kw.sum(axis=0), 1.0)))
        if residual <= TOLERANCE_RATIO:
            return _closed(SiteState(heat, drawn, flow, loss_kw, residual, number))
        loss_kw = following
    raise ConvergenceError("loss heat of the rooms", MAX_PASSES, residual, TOLERANCE_RATIO)


def _closed(state: SiteState) -> SiteState:
    """Return a state of which every watt is accounted for; nobody may read another."""
    site_kw = np.maximum(state.flow.source_kw.sum(axis=0), 1.0)
    for name, residual in (
        ("heat balance of the site", state.heat.residual_kw),
        ("power balance of the site", state.flow.residual_kw),
    ):
        worst = float(np.max(np.abs(residual) / site_kw))
        if worst > BALANCE_RATIO:
            raise ConvergenceError(name, state.passes, worst, BALANCE_RATIO)
    return state


def _demand(document: FacilityInput, stand: Stand, heat: HeatState) -> Demand:
    return demand(
        document.network,
        stand.stage,
        cohorts=stand.cohorts,
        rack_kw=stacked_kw(heat),
        machine_kw=heat.machine_kw,
    )
