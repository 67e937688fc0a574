"""What a rack draws, where its heat goes and how fast its chips run, hour by hour."""

from dataclasses import dataclass, replace

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray
from facility.physics.cohorts import Cohort, Part
from racks.physics.documents import AirSink, Chip
from racks.physics.fans import fan_flow_ratio, fan_power
from racks.physics.load import host_power, system_power
from racks.physics.supply import LossCurve
from thermal.physics.chip import Cause, ChipState, clock_loss, steady_chip

_SINK_EXPONENT = -0.8
"""Convection of a finned sink over air flow (thermal reference, section 5.2; estimate)."""

_NO_SHUTDOWN_C = 1e4
"""Stands for a shutdown temperature nobody states: never reached. [°C]"""


@dataclass(frozen=True, slots=True)
class RackState:
    """One rack of a cohort over T hours. Shares are of its accelerators."""

    input_kw: FloatArray
    compute_kw: FloatArray
    liquid_kw: FloatArray
    air_kw: FloatArray
    air_flow_m3_s: FloatArray
    coolant_flow_kg_s: FloatArray
    junction_c: FloatArray
    throttled_ratio: FloatArray
    capped_ratio: FloatArray
    lost_ratio: FloatArray
    shutdown: BoolArray
    overloaded: BoolArray

    def fixed_at(self, power_kw: float) -> "RackState":
        """Return the rack at a stated input; chips stay as they are.

        For operating points stated in kW, such as the nameplate: heat and the flow of air follow
        the power, the flow of coolant is set by the circuit.
        """
        factor = power_kw / self.input_kw
        return replace(
            self,
            input_kw=self.input_kw * factor,
            compute_kw=self.compute_kw * factor,
            liquid_kw=self.liquid_kw * factor,
            air_kw=self.air_kw * factor,
            air_flow_m3_s=self.air_flow_m3_s * factor,
        )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rack meets over T hours; coolant is ignored by air-cooled chips."""

    utilisation: dict[str, FloatArray]
    inlet_c: FloatArray
    coolant_c: FloatArray
    reference_c: float


@dataclass(frozen=True, slots=True)
class _ChipAnswer:
    power_w: FloatArray
    junction_c: FloatArray
    throttled: FloatArray
    capped: FloatArray
    lost: FloatArray
    shutdown: BoolArray


def solve_rack(cohort: Cohort, around: Surroundings) -> RackState:
    """Return the state of one rack of the cohort.

    Parameters
    ----------
    cohort : Cohort
        The racks.
    around : Surroundings
        Utilisation by workload, air and coolant entering, the inlet at which clock loss is zero by
        definition; arrays of shape (T,).

    Returns
    -------
    RackState
        Sums over the rack's systems; the junction is the hottest of them.
    """
    states = [_solve_part(part, around) for part in cohort.parts]
    counts = [float(part.n_systems) for part in cohort.parts]
    chips = [part.system.n_chips * part.n_systems / max(cohort.n_chips, 1) for part in cohort.parts]

    def total(weights: list[float], name: str) -> FloatArray:
        terms = [w * getattr(state, name) for w, state in zip(weights, states, strict=True)]
        return np.asarray(np.sum(terms, axis=0), dtype=np.float64)

    return RackState(
        input_kw=total(counts, "input_kw"),
        compute_kw=total(counts, "compute_kw"),
        liquid_kw=total(counts, "liquid_kw"),
        air_kw=total(counts, "air_kw"),
        air_flow_m3_s=total(counts, "air_flow_m3_s"),
        coolant_flow_kg_s=total(counts, "coolant_flow_kg_s"),
        junction_c=np.max([state.junction_c for state in states], axis=0),
        throttled_ratio=total(chips, "throttled_ratio"),
        capped_ratio=total(chips, "capped_ratio"),
        lost_ratio=total(chips, "lost_ratio"),
        shutdown=np.any([state.shutdown for state in states], axis=0),
        overloaded=np.any([state.overloaded for state in states], axis=0),
    )


def _solve_part(part: Part, around: Surroundings) -> RackState:
    system, use = part.system, around.utilisation[part.workload.id]
    flow = fan_flow_ratio(utilisation_ratio=use, inlet_c=around.inlet_c)
    chip = _solve_chip(part, around, flow)
    a, b, c = system.supply_coefficients
    power = system_power(
        n_chips=float(system.n_chips),
        chip_w=chip.power_w,
        host_kw=host_power(
            utilisation_ratio=use, idle_kw=system.host_idle_kw, full_kw=system.host_max_kw
        ),
        fan_kw=fan_power(flow_ratio=flow, design_kw=system.fan_design_kw),
        supply_rated_kw=system.supply_rated_kw,
        supply_curve=LossCurve(a, b, c),
        chip_capture_ratio=system.liquid_ratio,
        host_capture_ratio=system.liquid_ratio,
    )
    return RackState(
        input_kw=power.input_kw,
        compute_kw=power.compute_kw,
        liquid_kw=power.liquid_kw,
        air_kw=power.air_kw,
        air_flow_m3_s=flow * system.air_flow_m3_s,
        coolant_flow_kg_s=np.full(use.shape, system.coolant_flow_kg_s),
        junction_c=chip.junction_c,
        throttled_ratio=chip.throttled,
        capped_ratio=chip.capped,
        lost_ratio=chip.lost,
        shutdown=chip.shutdown,
        overloaded=power.supply_overloaded,
    )


def _solve_chip(part: Part, around: Surroundings, flow: FloatArray) -> _ChipAnswer:
    """Solve the slots of a system: in air, every second chip stands in another's exhaust."""
    chip, cooling = part.system.chip, part.system.chip_cooling
    use, inlet_c = around.utilisation[part.workload.id], around.inlet_c
    if chip is None or cooling is None:
        zero = np.zeros(np.broadcast_shapes(use.shape, inlet_c.shape))
        return _ChipAnswer(zero, zero - np.inf, zero, zero, zero, zero.astype(np.bool_))
    if isinstance(cooling, AirSink):
        # The reference machine turns its fans as 25 °C asks for, not as the actual inlet does.
        cool_flow = fan_flow_ratio(utilisation_ratio=use, inlet_c=around.reference_c)
        inlets, resistance = _slots(cooling, use, inlet_c, flow=flow)
        cool, cool_resistance = _slots(
            cooling, use, np.full_like(inlet_c, around.reference_c), flow=cool_flow
        )
    else:
        resistance = np.asarray(cooling.resistance_k_per_w + cooling.interface_k_per_w)
        inlets, cool = around.coolant_c[None], np.full((1, *use.shape), around.reference_c)
        cool_resistance = resistance
    actual = _steady(chip, use, inlets, resistance)
    reference = _steady(chip, use, cool, cool_resistance)
    loss = clock_loss(actual=actual, reference=reference, cool_under_cap=reference)
    speed = np.where(reference.clock_ratio > 0, 1.0 - loss.loss_ratio, 1.0)
    work = speed**part.workload.throughput_exponent
    thermal = actual.cause == Cause.THERMAL
    return _ChipAnswer(
        power_w=actual.power_w.mean(axis=0),
        junction_c=actual.junction_c.max(axis=0),
        throttled=loss.throttled.mean(axis=0),
        capped=loss.capped.mean(axis=0),
        lost=np.where(thermal | (actual.cause == Cause.POWER_CAP), 1.0 - work, 0.0).mean(axis=0),
        shutdown=np.any(actual.shutdown, axis=0),
    )


def _slots(
    sink: AirSink, use: FloatArray, inlet_c: FloatArray, *, flow: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the air at the front and the rear slots, and the thermal resistance of either."""
    resistance = sink.conduction_k_per_w + sink.convection_k_per_w * flow**_SINK_EXPONENT
    return np.stack([inlet_c, inlet_c + sink.preheat_k * use / flow]), np.asarray(resistance)


def _steady(chip: Chip, use: FloatArray, inlet_c: FloatArray, resistance: FloatArray) -> ChipState:
    return steady_chip(
        inlet_c=inlet_c,
        resistance_k_per_w=resistance,
        idle_w=chip.idle_w,
        reference_w=chip.reference_w,
        cap_w=chip.cap_w,
        limit_c=chip.limit_c,
        shutdown_c=_NO_SHUTDOWN_C if chip.shutdown_c is None else chip.shutdown_c,
        utilisation_ratio=use,
        clock_exponent=chip.clock_exponent,
        leakage_w_per_k=chip.leakage_w_per_k,
        leakage_reference_c=chip.leakage_reference_c,
    )
