import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from facility.kernel.errors import InputError
from power.physics.standby.battery import autonomy, recharge_s, split_kw, usable_kwh, usable_of
from tests.power.standby.halls import battery

WINDOW = {
    "charge_min_ratio": 0.1,
    "charge_max_ratio": 0.9,
    "health_ratio": 0.8,
    "efficiency_ratio": 0.95,
}
LAW = (0.01, 0.02, 0.02)


@pytest.mark.reference
def test_usable_energy_by_hand():
    # 500 kWh, 80 % left of it, from 90 % down to 10 % charge, 95 % to the terminals:
    # 500 * 0.8 * 0.8 * 0.95 = 304 kWh.
    assert usable_kwh(500.0, **WINDOW) == pytest.approx(304.0, rel=1e-12)
    assert usable_of(battery("B", "U", energy_kwh=500, **WINDOW)) == pytest.approx(304.0)


@pytest.mark.reference
def test_autonomy_by_hand():
    # 800 kW out of a 1000 kW UPS: loss 1000 (0.01 + 0.02 * 0.8 + 0.02 * 0.64) = 38.8 kW.
    # 304 kWh / 838.8 kW = 0.362422 h = 1304.72 s.
    answer = autonomy(800.0, rating_kw=1000.0, coefficients=LAW, energy_kwh=304.0, power_kw=900.0)
    assert answer.battery_kw == pytest.approx(838.8, rel=1e-12)
    assert answer.duration_s == pytest.approx(1304.7210, rel=1e-7)
    assert answer.holds


@pytest.mark.reference
def test_autonomy_agrees_with_integrating_the_charge_of_the_cells():
    answer = autonomy(650.0, rating_kw=1000.0, coefficients=LAW, energy_kwh=304.0, power_kw=900.0)
    p = 0.65
    drawn_kw = 650.0 + 1000.0 * (0.01 + 0.02 * p + 0.02 * p**2)

    def empty(_t, charge):
        return charge[0] - 0.1

    empty.terminal = True
    run = solve_ivp(
        lambda _t, _charge: [-drawn_kw / 0.95 / 3600.0 / (500.0 * 0.8)],
        (0.0, 1e5),
        [0.9],
        events=empty,
        rtol=1e-10,
        atol=1e-12,
    )
    assert answer.duration_s == pytest.approx(run.t_events[0][0], rel=1e-8)


def test_a_battery_smaller_than_the_load_drops_it_at_once():
    answer = autonomy(
        [800.0, 800.0],
        rating_kw=1000.0,
        coefficients=LAW,
        energy_kwh=304.0,
        power_kw=[838.0, 839.0],
    )
    assert answer.holds.tolist() == [False, True]
    assert answer.duration_s[0] == 0
    assert answer.duration_s[1] > 1000


def test_a_battery_that_gives_nothing_lasts_for_ever():
    answer = autonomy(0.0, rating_kw=10.0, coefficients=(0, 0, 0), energy_kwh=1.0, power_kw=1.0)
    assert answer.duration_s == np.inf


@pytest.mark.reference
def test_recharge_by_hand():
    # 200 kWh given; the cells lost 200 / 0.95 kWh and take 40 * 0.95 kW:
    # 200 / (40 * 0.9025) h = 5.54017 h = 19944.6 s.
    assert recharge_s(200.0, recharge_kw=40.0, efficiency_ratio=0.95) == pytest.approx(
        19944.5983, rel=1e-8
    )
    assert recharge_s(200.0, recharge_kw=0.0, efficiency_ratio=0.95) == np.inf
    assert recharge_s(0.0, recharge_kw=0.0, efficiency_ratio=0.95) == 0


def test_batteries_on_one_output_share_by_their_power():
    assert split_kw(90.0, [100, 200, 300], is_empty=[False] * 3).tolist() == [15, 30, 45]
    assert split_kw(90.0, [100, 200, 300], is_empty=[False, False, True]).tolist() == [30, 60, 0]
    assert split_kw(90.0, [100.0], is_empty=[True]).tolist() == [0]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"charge_max_ratio": 0.05}, "charge_max_ratio"),
        ({"health_ratio": 1.1}, "health_ratio"),
        ({"efficiency_ratio": -0.1}, "efficiency_ratio"),
    ],
)
def test_a_battery_out_of_bounds_is_refused(changed, path):
    with pytest.raises(InputError) as caught:
        usable_kwh(500.0, **(WINDOW | changed))
    assert caught.value.problems[0].path == path


@pytest.mark.property
@given(
    output=st.lists(st.floats(0, 1000), min_size=1, max_size=5),
    energy=st.floats(0, 1e4),
)
def test_a_vector_is_its_scalars_and_more_load_never_lasts_longer(output, energy):
    same = {"rating_kw": 1000.0, "coefficients": LAW, "energy_kwh": energy, "power_kw": 2000.0}
    whole = autonomy(sorted(output), **same)
    single = [autonomy(kw, **same).duration_s for kw in sorted(output)]
    assert whole.duration_s.tolist() == [float(value) for value in single]
    assert np.all(np.diff(whole.duration_s) <= 0)
