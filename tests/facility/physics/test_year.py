"""The figures of a year by hand from its hourly series, and transformer temperatures."""

from math import exp

import numpy as np
import pytest

from tests.facility.physics import reference_heat
from tests.facility.physics.cases import CONTINGENCY, YEAR, answer_of, site
from tests.facility.small_site import weather

pytestmark = [pytest.mark.reference]


def series_of(answer):
    result = answer.result.stages[0].year
    table = answer.series[result.series.sha256].astype(np.float64)
    return result, dict(zip(result.series.columns, table.T, strict=True))


@pytest.fixture(scope="module")
def hot():
    """A hall whose air units aim at 55 °C: the rear slots of every server throttle."""
    data = site(YEAR)
    data["cooling"]["halls"][0]["supply_setpoint_c"] = 55.0
    return answer_of(data)


def test_energies_are_the_sums_of_the_hours(year):
    result, hours = series_of(year)
    for total, column in (
        (result.it_kwh, "it_kw"),
        (result.cooling_kwh, "cooling_kw"),
        (result.loss_kwh, "loss_kw"),
        (result.facility_kwh, "facility_kw"),
        (result.water_m3, "water_m3_h"),
    ):
        assert total == pytest.approx(hours[column].sum(), rel=1e-6), column
    lights = 20.0 * 8760
    parts = result.it_kwh + result.cooling_kwh + result.loss_kwh + lights
    assert result.facility_kwh == pytest.approx(parts, rel=1e-9)


def test_the_indices_are_what_the_standards_say(year):
    """Everything that enters over what the IT draws at its input: category 3."""
    result, hours = series_of(year)
    assert result.pue == pytest.approx(hours["facility_kw"].sum() / hours["it_kw"].sum(), rel=1e-6)
    assert result.tue == pytest.approx(result.pue * result.itue, rel=1e-12)
    assert result.wue_l_per_kwh == pytest.approx(1000 * result.water_m3 / result.it_kwh)
    assert result.carbon_kg == pytest.approx(0.32 * result.facility_kwh)
    assert result.energy_amount == pytest.approx(0.09 * result.facility_kwh)
    assert result.peak_kw == pytest.approx(hours["facility_kw"].max(), rel=1e-6)
    assert hours["facility_kw"][result.peak_hour] == pytest.approx(result.peak_kw, rel=1e-6)


def test_it_over_compute_leaves_out_fans_and_supply_losses(year):
    data = site()
    systems = {item["id"]: item for item in data["systems"]}
    heat = reference_heat.settle(systems, reference_heat.Air(13.0, 0.6, 101.0), (0.8, 0.95))
    itue = sum(heat["racks"].values()) / heat["compute_kw"]
    assert year.result.stages[0].year.itue == pytest.approx(itue, rel=1e-5)


@pytest.mark.slow
def test_throttled_hours_are_those_of_half_the_slots(hot):
    result, hours = series_of(hot)
    cohorts = [item for item in hot.result.stages[0].cohorts if item.hall == "HALL-1"]
    assert [item.throttled_h for item in cohorts] == [4380.0, 4380.0]
    assert result.throttled_accelerator_h == pytest.approx(10 * 32 * 4380.0)
    assert hours["throttled_ratio[HALL-1]"] == pytest.approx(0.5)
    assert hours["throttled_ratio[HALL-2]"] == pytest.approx(0.0)
    assert cohorts[0].junction_max_c == pytest.approx(87.0)
    lost = sum(len(row.racks) * row.n_chips * row.lost_throughput_ratio for row in cohorts)
    assert result.lost_accelerator_h == pytest.approx(8760 * lost)
    assert 0.0 < cohorts[1].lost_throughput_ratio < cohorts[0].lost_throughput_ratio < 0.1
    assert "at a row end" in cohorts[0].cause
    assert "inlet air" in cohorts[1].cause
    found = [item for item in hot.result.findings if item.code == "throttled"]
    assert {item.object for item in found} == {item.id for item in cohorts}


@pytest.mark.slow
def test_throttled_hours_are_weighed_by_racks_and_accelerators(hot):
    stage = hot.result.stages[0]
    for total, each in (
        (stage.year.throttled_accelerator_h, "throttled_h"),
        (stage.year.capped_accelerator_h, "capped_h"),
    ):
        parts = sum(len(item.racks) * item.n_chips * getattr(item, each) for item in stage.cohorts)
        assert total == pytest.approx(parts)


def hottest_hour(hours, crest=1.0):
    """IEC 60076-7 hour by hour; both substation transformers share the site evenly."""
    current = crest * np.hypot(hours["facility_kw"], hours["source_kvar"]) / 2 / 5000.0
    loss = 20.0 / 3.0
    oil_decay, fast, slow = exp(-60 / 105), exp(-60 / 20), exp(-60 / 105)
    oil, quick, late, hottest = 30.0, 0.0, 0.0, []
    for k, ambient in [*zip(current, weather()[:, 0], strict=True)] * 2:
        target = ambient + 60.0 * ((1 + loss * k**2) / (1 + loss)) ** 0.8
        gradient = 20.0 * k**1.3
        oil = target + (oil - target) * oil_decay
        quick = 2 * gradient + (quick - 2 * gradient) * fast
        late = gradient + (late - gradient) * slow
        hottest.append(oil + quick - late)
    return max(hottest[8760:])


def test_the_hottest_hour_of_a_transformer_is_that_of_the_loading_guide(year):
    _, hours = series_of(year)
    load = next(item for item in year.result.stages[0].objects if item.id == "TX-A")
    assert load.hot_spot_max_c == pytest.approx(hottest_hour(hours), abs=0.02)
    assert load.hot_spot_limit_c == 120.0


@pytest.mark.slow
def test_bursts_inside_the_hour_heat_a_transformer_by_their_rms():
    data = site(YEAR, CONTINGENCY)
    data["workloads"][1]["crest_ratio"] = 3.0
    answer = answer_of(data)
    _, hours = series_of(answer)
    air, liquid = hours["it_kw[HALL-1]"].mean(), hours["it_kw[HALL-2]"].mean()
    crest = (air + 3.0 * liquid) / (air + liquid)
    load = next(item for item in answer.result.stages[0].objects if item.id == "TX-A")
    assert load.hot_spot_max_c == pytest.approx(hottest_hour(hours, crest), abs=0.02)
    assert load.hot_spot_max_c > hottest_hour(hours) + 1.0


def test_a_held_hot_spot_is_that_of_the_failover_current_on_the_design_day(outages):
    for load in outages.stages[0].objects:
        if load.id.startswith("USS"):
            k, loss = max(load.failover_ratio, load.normal_ratio), 12.0 / 2.0
            oil = 34.0 + 60.0 * ((1 + loss * k**2) / (1 + loss)) ** 0.8
            assert load.hot_spot_failover_c == pytest.approx(oil + 20.0 * k**1.3, abs=1e-6)
