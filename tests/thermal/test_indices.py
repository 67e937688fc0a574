"""Indices of air management and energy use."""

import json
from pathlib import Path

import numpy as np
import pytest

from facility.kernel.errors import InputError
from thermal.physics.indices import (
    energy_reuse_effectiveness,
    energy_reuse_ratio,
    it_usage_effectiveness,
    power_usage_effectiveness,
    rack_cooling_high,
    rack_cooling_low,
    return_temperature_index,
    supply_heat_index,
    total_usage_effectiveness,
    water_usage_effectiveness,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "thermal"
CASES = {
    case["id"]: case for case in json.loads((REFERENCE / "analytic.json").read_text())["cases"]
}


@pytest.mark.reference
def test_rack_cooling_index_of_six_racks():
    case = CASES["rci"]
    inlet = case["inputs"]["T_in_C"]
    assert rack_cooling_high(inlet) * 100 == pytest.approx(case["expected"]["RCI_HI"], abs=1e-6)
    assert rack_cooling_low(inlet) * 100 == pytest.approx(case["expected"]["RCI_LO"], abs=1e-6)


def test_rack_cooling_index_at_the_cold_end_by_hand():
    # 2 K and 1 K below 18 °C of three racks, over a band of 3 K.
    assert rack_cooling_low([16.0, 17.0, 20.0]) == pytest.approx(1 - 3 / 9)


def test_every_step_has_its_own_index():
    inlet = np.array([[26.0, 28.0], [27.0, 30.0]])
    assert rack_cooling_high(inlet).tolist() == pytest.approx([1.0, 0.6])


@pytest.mark.reference
def test_supply_heat_and_return_temperature_index():
    case = CASES["shi_rhi_rti"]
    inputs, expected = case["inputs"], case["expected"]
    shi = supply_heat_index(
        flow_kg_s=inputs["flow_kg_s"],
        inlet_c=inputs["T_in_C"],
        outlet_c=inputs["T_out_C"],
        supply_c=inputs["T_sup_C"],
    )
    assert shi == pytest.approx(expected["SHI"], abs=1e-6)
    assert 1 - shi == pytest.approx(expected["RHI"], abs=1e-6)
    rti = return_temperature_index(
        return_c=inputs["T_return_C"],
        supply_c=inputs["T_sup_C"],
        equipment_rise_k=inputs["dT_equipment_K"],
    )
    assert rti * 100 == pytest.approx(expected["RTI"], abs=1e-6)


@pytest.mark.reference
def test_energy_indices_of_the_worked_year():
    inputs, expected = CASES["pue_itue_tue"]["inputs"], CASES["pue_itue_tue"]["expected"]
    compute = inputs["E_compute_MWh"] * 1000
    it_input = compute + 1000 * (inputs["E_server_fans_MWh"] + inputs["E_psu_loss_MWh"])
    facility = it_input + 1000 * inputs["E_other_facility_MWh"]
    reused = 1000 * inputs["E_reuse_MWh"]
    pue = power_usage_effectiveness(facility_kwh=facility, it_input_kwh=it_input)
    itue = it_usage_effectiveness(it_input_kwh=it_input, compute_kwh=compute)
    tue = total_usage_effectiveness(facility_kwh=facility, compute_kwh=compute)
    assert [pue, itue, tue] == pytest.approx(
        [expected["PUE"], expected["ITUE"], expected["TUE"]], abs=1e-8
    )
    assert tue == pytest.approx(pue * itue, rel=1e-14)
    ere = energy_reuse_effectiveness(
        facility_kwh=facility, reused_kwh=reused, it_input_kwh=it_input
    )
    assert ere == pytest.approx(expected["ERE"], abs=1e-8)
    assert energy_reuse_ratio(facility_kwh=facility, reused_kwh=reused) == pytest.approx(
        expected["ERF"], abs=1e-8
    )
    assert water_usage_effectiveness(
        water_m3=inputs["water_m3"], it_input_kwh=it_input
    ) == pytest.approx(expected["WUE_L_per_kWh"], abs=1e-8)


@pytest.mark.reference
@pytest.mark.parametrize(("category", "printed"), [(1, 1.238), (2, 1.275), (3, 1.300)])
def test_a_lower_category_prints_a_lower_figure_for_the_same_site(category, printed):
    pue = power_usage_effectiveness(
        facility_kwh=130.0,
        it_input_kwh=100.0,
        after_pdu_loss_kwh=2.0,
        pdu_loss_kwh=3.0,
        category=category,
    )
    assert pue == pytest.approx(printed, abs=5e-4)


def test_an_unknown_category_is_refused():
    with pytest.raises(InputError, match="1, 2 or 3"):
        power_usage_effectiveness(facility_kwh=1.0, it_input_kwh=1.0, category=0)


def test_no_it_energy_is_refused_rather_than_divided_by():
    with pytest.raises(InputError, match="it_input_kwh"):
        power_usage_effectiveness(facility_kwh=1.0, it_input_kwh=0.0)
