"""A rack by hand: heat, fans, junctions, and which of its accelerators throttle or are capped."""

import copy

import numpy as np
import pytest

from facility.physics.cohorts import Cohort, Part
from facility.physics.equipment import Surroundings, solve_rack
from facility.physics.sizing import peak_power
from racks.physics.documents import Rack, System, Workload
from tests.facility.physics import reference_heat
from tests.facility.small_site import AIR_SERVER, LIQUID_RACK, small_document

pytestmark = [pytest.mark.reference]
RACK = Rack.parse(small_document()["racks"][0])
WORK = Workload.parse(small_document()["workloads"][0])


def cohort(system, n_systems=1, **changes):
    part = Part(System.parse(copy.deepcopy(system) | changes), n_systems, WORK)
    return Cohort("test", "HALL-1", None, False, (part,), (RACK,))


def solve(group, use, inlet, coolant=25.0):
    use, inlet, coolant = np.broadcast_arrays(*map(np.atleast_1d, (use, inlet, coolant)))
    around = Surroundings({"serving": 1.0 * use}, 1.0 * inlet, 1.0 * coolant, 25.0)
    return solve_rack(group, around)


def clocks(system, use, inlet, flow_at=None):
    """Clock of the front and the rear slots of an air-cooled system, and what holds them."""
    flow = reference_heat.fan_flow(use, inlet if flow_at is None else flow_at)
    sink, chip = system["chip_cooling"], system["chip"]
    resistance = sink["conduction_k_per_w"] + sink["convection_k_per_w"] / flow**0.8
    found = []
    for level in (inlet, inlet + sink["preheat_k"] * use / flow):
        power, junction = reference_heat.chip(system, use, level, resistance)
        work = power - chip["idle_w"] - chip["leakage_w_per_k"] * (junction - 60.0)
        full = (chip["reference_w"] - chip["idle_w"]) * use
        held = "free"
        if work < full - 1e-9:
            held = "cap" if junction < chip["limit_c"] - 1e-9 else "heat"
        found.append(((work / full) ** (1 / chip["clock_exponent"]), held))
    return found


def test_front_and_rear_slots_throttle_as_plain_arithmetic_says():
    for use in (0.6, 0.8, 1.0):
        for inlet in (25.0, 38.0, 45.0, 50.0, 55.0, 60.0):
            state = solve(cohort(AIR_SERVER), use, inlet)
            cool = clocks(AIR_SERVER, use, 25.0)
            throttled = capped = lost = 0.0
            for (clock, held), (reference, _) in zip(
                clocks(AIR_SERVER, use, inlet), cool, strict=True
            ):
                loss = max(1.0 - clock / reference, 0.0)
                throttled += 0.5 * (held == "heat" and loss >= 0.01)
                capped += 0.5 * (held == "cap" and loss >= 0.01)
                lost += 0.5 * loss
            assert state.throttled_ratio[0] == throttled, (use, inlet)
            assert state.capped_ratio[0] == capped, (use, inlet)
            assert state.lost_ratio[0] == pytest.approx(lost, abs=1e-9), (use, inlet)


def test_a_hot_inlet_throttles_the_rear_slots_first():
    state = solve(cohort(AIR_SERVER), 0.8, [25.0, 55.0, 70.0])
    assert state.throttled_ratio.tolist() == [0.0, 0.5, 1.0]
    assert state.junction_c[1:] == pytest.approx(87.0)


def test_clock_is_lost_against_the_fans_that_25_degrees_ask_for():
    """A machine that throttles at 25 °C on slow fans loses nothing there by definition."""
    weak = copy.deepcopy(AIR_SERVER)
    weak["chip"]["limit_c"] = 68.0
    at_reference = solve(cohort(weak), 1.0, 25.0)
    assert at_reference.junction_c[0] == pytest.approx(68.0)
    assert at_reference.throttled_ratio[0] == 0.0
    # At 31 °C the fans are at full speed and hold the rear slots better than at 25 °C.
    assert solve(cohort(weak), 1.0, 31.0).lost_ratio[0] < 0.02


def test_work_follows_the_clock_by_the_workload_and_not_in_full():
    memory_bound = WORK.model_copy(update={"throughput_exponent": 0.3})
    group = cohort(AIR_SERVER)
    slow = Cohort("m", "H", None, False, (Part(group.parts[0].system, 1, memory_bound),), (RACK,))
    (front, _), (rear, _) = clocks(AIR_SERVER, 0.8, 55.0)
    assert front == pytest.approx(1.0)
    wanted = 0.5 * (1.0 - rear**0.3)
    assert solve(slow, 0.8, 55.0).lost_ratio[0] == pytest.approx(wanted, rel=1e-9)


def test_a_lower_cap_caps_and_does_not_throttle():
    weak = copy.deepcopy(AIR_SERVER)
    weak["chip"]["cap_w"] = 560.0
    state = solve(cohort(weak), 0.8, [25.0, 45.0])
    assert state.throttled_ratio.tolist() == [0.0, 0.0]
    assert state.junction_c.max() < 87.0


def test_a_chip_beyond_its_shutdown_is_marked():
    state = solve(cohort(LIQUID_RACK), 0.0, 25.0, [36.0, 91.0, 98.0])
    assert state.shutdown.tolist() == [False, True, True]


def test_every_watt_becomes_heat_and_a_stated_power_scales_all_of_it():
    for system in (AIR_SERVER, LIQUID_RACK):
        state = solve(cohort(system, 3), [0.0, 0.7, 1.0], [20.0, 27.0, 33.0], 36.0)
        assert state.liquid_kw + state.air_kw == pytest.approx(state.input_kw)
        stated = state.fixed_at(99.0)
        assert stated.input_kw == pytest.approx(99.0)
        assert stated.liquid_kw + stated.air_kw == pytest.approx(99.0)
        assert stated.air_kw / stated.air_flow_m3_s == pytest.approx(
            state.air_kw / state.air_flow_m3_s
        )
        assert stated.coolant_flow_kg_s == pytest.approx(state.coolant_flow_kg_s)


def test_a_switch_without_accelerators_neither_throttles_nor_divides_by_zero():
    switch = AIR_SERVER | {"n_chips": 0, "chip": None, "chip_cooling": None}
    state = solve(cohort(switch), 1.0, 60.0)
    assert (state.throttled_ratio[0], state.lost_ratio[0]) == (0.0, 0.0)
    assert state.input_kw[0] > 1.3


def test_peak_power_is_full_work_at_25_degrees():
    output = 8 * 0.7 + 1.3 + 1.2 * 0.7**2.8
    p = output / 13.2
    wanted = output + 13.2 * (0.012 + 0.02 * p + 0.03 * p * p)
    assert peak_power(System.parse(AIR_SERVER)) == pytest.approx(wanted)
