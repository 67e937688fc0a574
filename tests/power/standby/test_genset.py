import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.catalogue import loader
from power.physics.standby.genset import (
    FUEL_LOAD_RATIOS,
    FUEL_SHAPE_RATIOS,
    blocks,
    derated_kva,
    derated_kw,
    fuel_autonomy_h,
    fuel_use,
    is_leading,
    largest_step_kw,
    rating_use,
    transient_dip_pu,
)
from tests.power.standby.halls import genset


def test_derating_lowers_engine_alternator_and_step():
    item = genset("G", derating_ratio=0.9, block_ratio=0.25)
    assert derated_kw(item) == pytest.approx(1800)
    assert derated_kva(item) == pytest.approx(2250)
    assert largest_step_kw(item) == pytest.approx(450)


@pytest.mark.reference
def test_blocks_by_hand():
    # Limit 500: 200 + 300 | 100 + 400 | 600 alone and too large | 50.
    answer = blocks([200, 300, 100, 400, 600, 50], limit_kw=500.0)
    assert answer.step.tolist() == [0, 0, 1, 1, 2, 3]
    assert answer.is_too_large.tolist() == [False, False, False, False, True, False]


@pytest.mark.property
@given(load=st.lists(st.floats(0, 800), max_size=12), limit=st.floats(1, 900))
def test_no_block_is_larger_than_its_limit_unless_one_load_is(load, limit):
    answer = blocks(load, limit_kw=limit)
    assert np.all(np.diff(answer.step) >= 0)
    for step in np.unique(answer.step):
        inside = answer.step == step
        total = np.array(load)[inside].sum()
        assert total <= limit * (1 + 1e-6) or (inside & answer.is_too_large).any()


@pytest.mark.reference
def test_dip_of_a_step_by_hand():
    # 500 kVA onto two sets of 2500 kVA with X'd 0.2: 500 / (5000 / 0.2) = 0.02.
    assert transient_dip_pu(500.0, running_kva=5000.0, transient_ratio=0.2) == pytest.approx(0.02)


@pytest.mark.reference
def test_fuel_by_hand():
    # 2000 kW, 0.262 L/kWh at 75 %: 1500 * 0.262 = 393 L/h; half load 1000 * 0.275 = 275 L/h,
    # a quarter 500 * 0.315 = 157.5 L/h, and on that line at no load 157.5 - 117.5 = 40 L/h.
    # Between half and three quarters, at 1250 kW: (275 + 393) / 2 = 334 L/h.
    answer = fuel_use(
        [0.0, 500.0, 1000.0, 1250.0, 1500.0, 2000.0, 2200.0],
        rating_kw=2000.0,
        fuel_l_per_kwh=0.262,
    )
    # Full load 2000 * 0.262 = 524; 2200 kW on the line from 1500: 393 + 700 * 131 / 500 = 576.4.
    assert answer.l_per_h == pytest.approx([40, 157.5, 275, 334, 393, 524, 576.4], rel=1e-9)
    assert answer.is_beyond_curve.tolist() == [True, False, False, False, False, False, True]
    assert fuel_autonomy_h(10.0, l_per_h=393.0) == pytest.approx(25.44529, rel=1e-6)
    assert fuel_autonomy_h(10.0, l_per_h=0.0) == np.inf


def test_the_shape_of_the_curve_is_that_of_the_catalogue():
    item = loader.genset("generic-diesel-fuel-curve")
    assert item.load_pu == FUEL_LOAD_RATIOS
    shape = np.array(item.fuel_l_per_kwh) / item.fuel_l_per_kwh[2]
    assert pytest.approx(shape) == FUEL_SHAPE_RATIOS


@pytest.mark.property
@given(load=st.lists(st.floats(0, 3000), min_size=2, max_size=6))
def test_more_load_burns_more_and_a_vector_is_its_scalars(load):
    same = {"rating_kw": 2000.0, "fuel_l_per_kwh": 0.25}
    whole = fuel_use(sorted(load), **same).l_per_h
    assert np.all(np.diff(whole) >= -1e-9)
    assert whole.tolist() == [float(fuel_use(kw, **same).l_per_h) for kw in sorted(load)]


def test_points_that_do_not_rise_are_refused():
    with pytest.raises(InputError):
        fuel_use(
            1.0, rating_kw=1.0, fuel_l_per_kwh=0.3, load_ratios=[0.5, 0.5], shape_ratios=[1, 1]
        )
    with pytest.raises(InputError):
        fuel_use(1.0, rating_kw=1.0, fuel_l_per_kwh=0.3, load_ratios=[0.5, 1.0], shape_ratios=[1])


@pytest.mark.parametrize(
    ("rating_class", "average", "hours", "before", "expected"),
    [
        ("ESP", 0.7, 48, 0, (True, True)),
        ("ESP", 0.71, 48, 0, (False, True)),
        ("ESP", 0.5, 48, 160, (True, False)),
        ("PRP", 0.8, 5000, 0, (False, True)),
        ("LTP", 1.0, 300, 0, (True, True)),
        ("LTP", 1.0, 301, 0, (True, False)),
        ("COP", 1.0, 8760, 0, (True, True)),
        ("COP", 1.01, 8760, 0, (False, True)),
        ("DCP", 1.0, 8760, 0, (True, True)),
    ],
)
def test_classes_limit_average_load_and_hours(rating_class, average, hours, before, expected):
    use = rating_use(rating_class, average_ratio=average, run_h=hours, run_before_h=before)
    assert (bool(use.average_ok), bool(use.hours_ok)) == expected
    assert use.limits.is_verified == (rating_class != "DCP")


def test_a_leading_load_is_flagged_below_the_power_factor_alternators_bear():
    # 94 kW with 34.1 kvar: power factor 0.94; 97 kW with 24.3 kvar: 0.97.
    flags = is_leading([94.0, 97.0, 94.0, 0.0], reactive_kvar=[-34.1, -24.3, 34.1, -5.0])
    assert flags.tolist() == [True, False, False, True]
