"""Loss curves of power supplies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares

from facility.kernel.errors import InputError
from racks.physics.supply import LossCurve, fit_loss_curve, supply_loss

TITANIUM = {"load_ratio": [0.1, 0.2, 0.5, 1.0], "efficiency": [0.90, 0.94, 0.96, 0.91]}


def efficiency_of(curve, load):
    loss = supply_loss(output_kw=load, rated_kw=1.0, curve=curve)
    return load / (load + loss)


def test_loss_by_hand():
    curve = LossCurve(constant_ratio=0.01, linear_ratio=0.02, quadratic_ratio=0.03)
    # 20 kW rated at 15 kW: p 0.75, loss share 0.01 + 0.015 + 0.016875
    assert supply_loss(output_kw=15.0, rated_kw=20.0, curve=curve) == pytest.approx(0.8375)


def test_an_idle_supply_still_loses_its_constant_part():
    curve = LossCurve(constant_ratio=0.01, linear_ratio=0.02, quadratic_ratio=0.03)
    assert supply_loss(output_kw=0.0, rated_kw=20.0, curve=curve) == pytest.approx(0.2)


def test_a_fit_meets_the_titanium_class_points_within_a_point():
    curve = fit_loss_curve(**TITANIUM)
    got = efficiency_of(curve, np.array(TITANIUM["load_ratio"]))
    assert got == pytest.approx(TITANIUM["efficiency"], abs=0.01)


@pytest.mark.reference
def test_a_fit_is_nearly_the_best_in_efficiency_itself():
    load, stated = np.array(TITANIUM["load_ratio"]), np.array(TITANIUM["efficiency"])

    def miss(parts):
        return load / (load + parts[0] + load * (parts[1] + load * parts[2])) - stated

    best = least_squares(miss, [0.01, 0.0, 0.05], bounds=([0, -1, 0], [1, 1, 1])).x
    curve = fit_loss_curve(**TITANIUM)
    got = miss([curve.constant_ratio, curve.linear_ratio, curve.quadratic_ratio])
    assert np.linalg.norm(got) <= 1.001 * np.linalg.norm(miss(best))


@pytest.mark.property
@given(
    constant=st.floats(0.001, 0.05), linear=st.floats(0.0, 0.05), quadratic=st.floats(0.001, 0.05)
)
def test_a_fit_recovers_the_curve_its_points_came_from(constant, linear, quadratic):
    truth = LossCurve(constant_ratio=constant, linear_ratio=linear, quadratic_ratio=quadratic)
    load = np.array([0.1, 0.25, 0.5, 0.75, 1.0])
    curve = fit_loss_curve(load_ratio=load, efficiency=efficiency_of(truth, load))
    assert curve.constant_ratio == pytest.approx(constant, abs=1e-9)
    assert curve.linear_ratio == pytest.approx(linear, abs=1e-8)
    assert curve.quadratic_ratio == pytest.approx(quadratic, abs=1e-8)


@pytest.mark.property
@given(efficiency=st.lists(st.floats(0.5, 0.99), min_size=4, max_size=4))
def test_constant_and_quadratic_part_are_never_negative(efficiency):
    curve = fit_loss_curve(load_ratio=[0.1, 0.3, 0.6, 1.0], efficiency=efficiency)
    assert curve.constant_ratio >= 0.0
    assert curve.quadratic_ratio >= 0.0


def test_too_few_points_are_refused():
    with pytest.raises(InputError, match="three or more"):
        fit_loss_curve(load_ratio=[0.5, 1.0, 1.0], efficiency=[0.9, 0.9, 0.9])


def test_a_curve_that_creates_energy_is_refused():
    curve = LossCurve(constant_ratio=0.0, linear_ratio=-0.1, quadratic_ratio=0.0)
    with pytest.raises(InputError, match="negative loss"):
        supply_loss(output_kw=1.0, rated_kw=2.0, curve=curve)
