"""Cold plates and heat sinks."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from thermal.physics.chip import steady_chip
from thermal.physics.cold_plate import (
    PG25_PLATE_K_PER_W,
    PG25_PLATE_L_MIN,
    heat_sink_resistance,
    plate_drop,
    plate_resistance,
)

PLATES = json.loads(
    (Path(__file__).parents[1] / "reference" / "thermal" / "cold_plates.json").read_text()
)
flows = st.floats(0.05, 10.0)


@pytest.mark.reference
def test_the_default_table_is_the_published_one():
    table = PLATES["tables"][0]
    assert list(PG25_PLATE_L_MIN) == table["V_L_min"]
    assert list(PG25_PLATE_K_PER_W) == table["R_K_per_W"]


@pytest.mark.reference
def test_case_temperature_of_the_liquid_rack():
    inputs = PLATES["case"]["inputs"]
    plate = plate_resistance(inputs["flow_per_plate_L_min"])
    case_c = inputs["T_in_C"] + plate.resistance_k_per_w * inputs["heat_per_plate_W"]
    expected = PLATES["case"]["expected"]
    assert case_c == pytest.approx(expected["plain_T_case_C_table_interpolated"], abs=0.01)
    assert case_c == pytest.approx(expected["dymola_T_case_C"], abs=0.4)


@pytest.mark.reference
@pytest.mark.parametrize("table", PLATES["tables"], ids=lambda table: table["id"])
def test_every_published_point_is_on_the_curve(table):
    plate = plate_resistance(
        table["V_L_min"], table_l_min=table["V_L_min"], table_k_per_w=table["R_K_per_W"]
    )
    assert plate.resistance_k_per_w == pytest.approx(table["R_K_per_W"], rel=1e-12)
    assert plate.in_range.all()


def test_outside_the_table_the_answer_is_continuous_and_flagged():
    plate = plate_resistance([0.2, 0.4 - 1e-9, 0.4, 2.4, 9.0])
    assert plate.in_range.tolist() == [False, False, True, True, False]
    assert plate.resistance_k_per_w[1] == pytest.approx(0.0389)
    assert plate.resistance_k_per_w[4] == 0.0197
    # Half the flow of the first point doubles the part that depends on flow.
    floor = PLATES["fits"][0]["a_K_per_W"]
    assert plate.resistance_k_per_w[0] == pytest.approx(floor + 2 * (0.0389 - floor))


def test_a_table_that_rises_is_refused():
    with pytest.raises(InputError, match="must not rise"):
        plate_resistance(1.0, table_l_min=[1.0, 2.0], table_k_per_w=[0.02, 0.03])
    with pytest.raises(InputError, match="one resistance for each flow"):
        plate_resistance(1.0, table_l_min=[1.0, 2.0], table_k_per_w=[0.02])


@pytest.mark.property
@given(pair=st.tuples(flows, flows), inlet_c=st.floats(15, 60))
def test_more_flow_never_warms_a_chip_at_fixed_inlet(pair, inlet_c):
    resistance = plate_resistance(sorted(pair)).resistance_k_per_w + 0.012
    state = steady_chip(
        inlet_c=inlet_c,
        resistance_k_per_w=resistance,
        idle_w=150.0,
        reference_w=1200.0,
        cap_w=1200.0,
        limit_c=87.0,
        shutdown_c=92.0,
        utilisation_ratio=0.9,
        clock_exponent=2.2,
        leakage_w_per_k=1.2,
    )
    assert state.junction_c[1] <= state.junction_c[0] + 1e-9
    assert state.clock_ratio[1] >= state.clock_ratio[0] - 1e-12


@pytest.mark.reference
def test_pressure_ratio_of_the_reference_pump_control():
    # A pump that holds 50 kPa on a loop that needs 60 kPa at rated flow gives 0.90615 of it.
    assert plate_drop(0.9061483969 * 8.0, rated_l_min=8.0, rated_kpa=60.0) == pytest.approx(
        50.0, rel=1e-9
    )


def test_heat_sink_by_hand():
    # 40 % fixed, 60 % times 0.5**-0.8 = 1.7411
    got = heat_sink_resistance(flow_ratio=0.5, rated_k_per_w=0.06)
    assert got == pytest.approx(0.06 * (0.4 + 0.6 * 1.741101), rel=1e-6)


@pytest.mark.reference
def test_faster_fans_can_leave_a_chip_cooler_in_warmer_air():
    # Flow 0.7 at 25 °C and 0.95 at 30 °C: 75.3 and 73.1 °C at 700 W with 0.024 + 0.036 x^-0.8.
    resistance = heat_sink_resistance(flow_ratio=np.array([0.7, 0.95]), rated_k_per_w=0.06)
    assert np.array([25.0, 30.0]) + 700.0 * resistance == pytest.approx([75.3, 73.1], abs=0.05)


def test_arrays_give_what_their_elements_give():
    flow = np.geomspace(0.1, 5.0, 9)
    together = plate_resistance(flow).resistance_k_per_w
    assert together.tolist() == [float(plate_resistance(f).resistance_k_per_w) for f in flow]
