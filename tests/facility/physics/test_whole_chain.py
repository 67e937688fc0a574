"""The whole chain from chip to grid against plain arithmetic and power-grid-model."""

import numpy as np
import psychrolib
import pytest

from tests.facility.physics import reference_heat, reference_power
from tests.facility.physics.cases import CONTINGENCY, result_of, site
from tests.facility.small_site import weather

pytestmark = [pytest.mark.reference]
HOUSE = {"LIGHTS": 20.0}
HOURS = (0, 1500, 2900, 4380, 4381, 7000)


def settled(data, air, use, *, fixed_kw=None):
    """The site with the losses of its UPS and PDU in the electrical room, until both agree."""
    systems = {item["id"]: item for item in data["systems"]}
    loss = 40.0
    for _ in range(20):
        heat = reference_heat.settle(systems, air, use, loss_kw=loss, fixed_kw=fixed_kw)
        power = heat["racks"] | heat["machines"] | HOUSE
        grid = reference_power.solve(data["network"], power)
        rooms = sum(kw for name, kw in grid["loss_kw"].items() if name[:3] in ("UPS", "PDU"))
        if abs(rooms - loss) < 1e-7:
            return heat, grid
        loss = rooms
    raise AssertionError


def design_air(dry, wet):
    ratio = psychrolib.GetHumRatioFromTWetBulb(dry, wet, 101000.0)
    return reference_heat.Air(dry, psychrolib.GetRelHumFromHumRatio(dry, ratio, 101000.0), 101.0)


@pytest.fixture(scope="module")
def data():
    return site(electrical_room=True)


def test_the_design_point_is_that_of_plain_arithmetic(data, year):
    heat, grid = settled(data, design_air(34.0, 24.0), (1.0, 1.0), fixed_kw=(40.8, 132.0))
    stage = year.result.stages[0]
    assert stage.it_kw == pytest.approx(10 * 40.8 + 4 * 132.0)
    assert stage.cooling_kw == pytest.approx(sum(heat["machines"].values()), rel=1e-4)
    assert stage.loss_kw == pytest.approx(sum(grid["loss_kw"].values()), rel=1e-5)
    assert stage.facility_kw == pytest.approx(grid["source_kw"], rel=1e-5)
    loads = {load.id: load for load in stage.objects}
    for name, ratio in grid["ratio"].items():
        assert loads[name].normal_ratio == pytest.approx(ratio, rel=1e-5), name
    halls = {hall.hall: hall for hall in stage.halls}
    assert halls["HALL-1"].air_inlet_max_c == pytest.approx(heat["inlets"][0], abs=1e-6)
    assert halls["HALL-2"].air_inlet_max_c == pytest.approx(heat["inlets"][2], abs=1e-6)


def test_the_failover_load_of_every_path_is_that_of_power_grid_model(data, year):
    """One unit substation lost: its partner carries both shares, chillers and pumps as well."""
    point = year.result.stages[0]
    loads = {load.id: load for load in point.objects}
    heat, _ = settled(data, design_air(34.0, 24.0), (1.0, 1.0), fixed_kw=(40.8, 132.0))
    power = heat["racks"] | heat["machines"] | HOUSE
    for lost, partner in (("A1", "B1"), ("B2", "A2")):
        grid = reference_power.solve(data["network"], power, out=(lost,))
        for kind in ("USS", "UPS", "PDU", "CAB"):
            load = loads[f"{kind}-{partner}"]
            assert load.failover_ratio == pytest.approx(grid["ratio"][load.id], rel=1e-5)
            assert load.failover_state.endswith(lost)


@pytest.mark.slow
def test_hours_of_the_year_are_those_of_plain_arithmetic(data, year):
    result = year.result.stages[0].year
    columns = {name: k for k, name in enumerate(result.series.columns)}
    series = year.series[result.series.sha256].astype(np.float64)
    outdoor = weather()
    for hour in HOURS:
        heat, grid = settled(data, reference_heat.Air(*outdoor[hour]), (0.8, 0.95))
        ours = {name: series[hour, k] for name, k in columns.items()}
        wanted = {
            "it_kw": sum(heat["racks"].values()),
            "cooling_kw": sum(heat["machines"].values()),
            "loss_kw": sum(grid["loss_kw"].values()),
            "facility_kw": grid["source_kw"],
            "source_kvar": grid["source_kvar"],
            "water_m3_h": heat["water_m3_h"],
            "inlet_c[HALL-1]": heat["inlets"][0],
            "inlet_c[HALL-2]": heat["inlets"][2],
            "junction_c[HALL-1]": heat["junctions"][0],
            "junction_c[HALL-2]": heat["junctions"][1],
        }
        for name, value in wanted.items():
            assert ours[name] == pytest.approx(value, rel=1e-4), (hour, name)


def test_a_site_without_an_electrical_room_is_that_of_plain_arithmetic():
    data = site(CONTINGENCY)
    data["design_point"] |= {"load": "peak", "dry_bulb_c": 12.0, "wet_bulb_c": 8.0}
    stage = result_of(data).stages[0]
    systems = {item["id"]: item for item in data["systems"]}
    # Peak is a stated power too: full work with air at 25 °C.
    peaks = []
    for name, count in (("h100", 4), ("nvl72", 1)):
        item = systems[name]
        chips = item["n_chips"] * item["chip"]["reference_w"] / 1000.0
        output = chips + item["host_max_kw"] + item["fan_design_kw"] * 0.7**2.8
        p = output / item["supply_rated_kw"]
        a, b, c = item["supply_coefficients"]
        peaks.append(count * (output + item["supply_rated_kw"] * (a + b * p + c * p * p)))
    heat = reference_heat.settle(systems, design_air(12.0, 8.0), (1.0, 1.0), fixed_kw=tuple(peaks))
    assert stage.it_kw == pytest.approx(10 * peaks[0] + 4 * peaks[1])
    assert stage.cooling_kw == pytest.approx(sum(heat["machines"].values()), rel=1e-4)
