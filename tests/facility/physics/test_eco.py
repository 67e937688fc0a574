"""Eco mode saves energy over the year and nothing at the design point."""

import pytest

from tests.facility.physics.cases import CONTINGENCY, YEAR, answer_of, site

ECO = (0.003, 0.002, 0.004)


@pytest.mark.slow
def test_eco_mode_saves_losses_of_the_year_and_none_at_the_design_point():
    plain = answer_of(site(YEAR, CONTINGENCY)).result.stages[0]
    data = site(YEAR, CONTINGENCY)
    for item in data["network"]["conversions"]:
        item["eco_loss_coefficients"] = ECO
    eco = answer_of(data).result.stages[0]
    assert eco.loss_kw == pytest.approx(plain.loss_kw)
    assert [load.failover_kw for load in eco.objects] == pytest.approx(
        [load.failover_kw for load in plain.objects]
    )
    assert eco.year.loss_kwh < 0.8 * plain.year.loss_kwh
