import numpy as np
import pytest

from facility.kernel.errors import InputError
from power.physics.conversion import conversion_loss, fit_loss
from tests.power.loadflow_cases import read


@pytest.mark.reference
def test_a_fit_through_a_data_sheet_comes_back_to_its_points():
    # Transformerless double-conversion UPS: 10, 25, 50, 75, 100 % load.
    load = [0.10, 0.25, 0.50, 0.75, 1.00]
    efficiency = [0.922, 0.962, 0.971, 0.970, 0.966]
    fit = fit_loss(load, efficiency)
    assert fit.worst_error_ratio < 0.003
    assert fit.coefficients == pytest.approx((0.00802, 0.00142, 0.02565), abs=0.004)


def test_a_fit_finds_the_law_that_made_the_points():
    load = np.array([0.1, 0.25, 0.5, 0.75, 1.0])
    loss = conversion_loss(load, rating_kw=1.0, coefficients=[0.01, 0.002, 0.03])
    fit = fit_loss(load, load / (load + loss))
    assert fit.coefficients == pytest.approx((0.01, 0.002, 0.03), abs=1e-9)
    assert fit.worst_error_ratio < 1e-9


def test_points_that_want_a_negative_coefficient_get_none():
    fit = fit_loss([0.25, 0.5, 0.75, 1.0], [0.98, 0.97, 0.96, 0.95])
    assert min(fit.coefficients) >= 0.0


@pytest.mark.reference
def test_the_chain_of_a_machine_at_idle_is_reproduced():
    # A rectifier that draws (P + 17 W) / 0.96 is the law with a = 17 W / 0.96 and b = 1/0.96 - 1.
    case = read("conversion_chain/frontier_idle")
    hand, system = case["hand_arithmetic"], case["inputs"]["system"]
    power = case["inputs"]["power"]

    def law(constant_w, efficiency):
        return [constant_w / efficiency / 1000, 1 / efficiency - 1, 0.0]

    node_kw = hand["node_w"] / 1000
    node_in = node_kw + conversion_loss(
        node_kw, rating_kw=1.0, coefficients=law(power["sivoc_loss_constant_w"], 0.98)
    )
    assert 1000 * node_in == pytest.approx(hand["node_in_w"], abs=1e-6)
    chassis = 16 * node_in + 4 * power["switch_w"] / 1000
    rectifier = chassis / 4
    chassis_in = 4 * (
        rectifier
        + conversion_loss(
            rectifier, rating_kw=1.0, coefficients=law(power["rectifier_loss_constant_w"], 0.96)
        )
    )
    total = system["racks"] * 8 * chassis_in + system["num_cdus"] * power["cdu_w"] / 1000
    assert total / 1000 == pytest.approx(case["expected"]["mean_power_mw"], abs=1e-4)
    loss = system["racks"] * 8 * (16 * (node_in - node_kw) + chassis_in - chassis)
    assert loss / 1000 == pytest.approx(hand["loss_mw"], abs=1e-6)


def test_a_vector_of_ratings_is_many_scalars():
    many = conversion_loss(
        [10.0, 20.0], rating_kw=[100.0, 50.0], coefficients=[[0.01, 0, 0.02]] * 2
    )
    one = [
        conversion_loss(p, rating_kw=r, coefficients=[0.01, 0, 0.02])
        for p, r in ((10, 100), (20, 50))
    ]
    assert many == pytest.approx(one)


def test_bad_laws_and_too_few_points_are_refused():
    with pytest.raises(InputError, match="coefficients"):
        conversion_loss(1.0, rating_kw=1.0, coefficients=[-0.01, 0.0, 0.0])
    with pytest.raises(InputError, match="three different loads"):
        fit_loss([0.5, 1.0], [0.9, 0.9])
    with pytest.raises(InputError, match="efficiency_ratio"):
        fit_loss([0.25, 0.5, 1.0], [0.9, 1.2, 0.9])
