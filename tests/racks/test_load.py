"""Electrical input of one IT system and the split of its heat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from racks.physics.load import host_power, system_power
from racks.physics.supply import LossCurve

CURVE = LossCurve(constant_ratio=0.006, linear_ratio=0.012, quadratic_ratio=0.018)
SERVER = {
    "n_chips": 8,
    "chip_w": 700.0,
    "host_kw": 2.4,
    "fan_kw": 0.8,
    "supply_rated_kw": 11.0,
    "supply_curve": CURVE,
    "chip_capture_ratio": 0.9,
    "host_capture_ratio": 0.4,
}


def test_an_eight_way_server_by_hand():
    power = system_power(**SERVER)
    # Boards 5.6 + 2.4 kW, fans 0.8 kW: 8.8 kW out, p = 0.8, loss 11 (0.006 + 0.0096 + 0.01152).
    assert power.compute_kw == pytest.approx(8.0)
    assert power.supply_loss_kw == pytest.approx(0.29832)
    assert power.input_kw == pytest.approx(9.09832)
    assert power.liquid_kw == pytest.approx(0.9 * 5.6 + 0.4 * 2.4)
    assert power.air_kw == pytest.approx(9.09832 - 6.0)
    assert not power.supply_overloaded


def test_supplies_beyond_their_rating_are_flagged_and_answered():
    power = system_power(**{**SERVER, "supply_rated_kw": [8.0, 11.0]})
    assert power.supply_overloaded.tolist() == [True, False]
    assert np.isfinite(power.input_kw).all()


def test_host_power_is_linear_in_work():
    got = host_power(utilisation_ratio=[0.0, 0.25, 1.0], idle_kw=1.0, full_kw=3.0)
    assert got.tolist() == [1.0, 1.5, 3.0]


def test_full_power_below_idle_is_refused():
    with pytest.raises(InputError, match="full_kw less idle_kw"):
        host_power(utilisation_ratio=0.5, idle_kw=2.0, full_kw=1.0)


@pytest.mark.property
@given(
    chip_w=st.floats(0, 1500),
    host_kw=st.floats(0, 20),
    fan_kw=st.floats(0, 5),
    of_chips=st.floats(0, 1),
    of_host=st.floats(0, 1),
)
def test_every_watt_that_enters_leaves_as_heat(chip_w, host_kw, fan_kw, of_chips, of_host):
    power = system_power(
        n_chips=72,
        chip_w=chip_w,
        host_kw=host_kw,
        fan_kw=fan_kw,
        supply_rated_kw=140.0,
        supply_curve=CURVE,
        chip_capture_ratio=of_chips,
        host_capture_ratio=of_host,
    )
    assert power.liquid_kw + power.air_kw == pytest.approx(power.input_kw, rel=1e-14)
    parts = power.compute_kw + power.fan_kw + power.supply_loss_kw
    assert parts == pytest.approx(power.input_kw, rel=1e-14)
    assert power.air_kw >= power.fan_kw + power.supply_loss_kw - 1e-12


def test_arrays_give_what_their_elements_give():
    chips = np.array([[100.0, 400.0, 700.0], [200.0, 300.0, 1000.0]])
    together = system_power(**{**SERVER, "chip_w": chips})
    assert together.fan_kw.shape == together.air_kw.shape == (2, 3)
    for place in np.ndindex(2, 3):
        alone = system_power(**{**SERVER, "chip_w": chips[place]})
        assert together.input_kw[place] == float(alone.input_kw)
        assert together.air_kw[place] == float(alone.air_kw)
