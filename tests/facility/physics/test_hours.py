"""A year is its hours: solved together or alone, in any order, they are the same."""

import numpy as np
import pytest

from facility.physics.coupling import settle
from facility.physics.design import design_air
from facility.physics.documents import FacilityInput
from facility.physics.stand import prepare_stages
from tests.facility.physics.cases import site
from thermal.physics.weather import outdoor_air

pytestmark = [pytest.mark.property]


@pytest.fixture(scope="module")
def place():
    document = FacilityInput.parse(site(electrical_room=True))
    return document, prepare_stages(document)[0]


def solved(place, dry, use):
    document, stand = place
    air = outdoor_air(dry, relative_humidity_ratio=0.5, pressure_kpa=101.0)
    return settle(document, stand, air=air, utilisation={"serving": use, "training": use})


def test_an_hour_alone_is_the_hour_among_others(place):
    random = np.random.default_rng(7)
    dry, use = random.uniform(-15.0, 42.0, 24), random.uniform(0.0, 1.0, 24)
    together = solved(place, dry, use)
    for hour in (0, 11, 23):
        alone = solved(place, dry[[hour]], use[[hour]])
        assert alone.flow.source_kw[0, 0] == pytest.approx(
            together.flow.source_kw[0, hour], rel=1e-7
        )
        assert alone.heat.inlet_c[:, 0] == pytest.approx(together.heat.inlet_c[:, hour], abs=1e-5)
        for name, level in alone.heat.loop_c.items():
            assert level[0] == pytest.approx(together.heat.loop_c[name][hour], abs=1e-5)


def test_hours_keep_their_answers_in_another_order(place):
    random = np.random.default_rng(8)
    dry, use = random.uniform(-10.0, 38.0, 16), random.uniform(0.0, 1.0, 16)
    forward, backward = solved(place, dry, use), solved(place, dry[::-1], use[::-1])
    assert backward.flow.source_kw[0, ::-1] == pytest.approx(forward.flow.source_kw[0], rel=1e-7)


def test_more_work_never_draws_less_at_the_rack(place):
    use = np.linspace(0.0, 1.0, 11)
    state = solved(place, np.full(11, 20.0), use)
    assert np.all(np.diff(state.rack_kw, axis=1) > 0.0)


def test_every_state_closes_over_the_whole_range_of_weather_and_work(place):
    random = np.random.default_rng(9)
    state = solved(place, random.uniform(-30.0, 48.0, 64), random.uniform(0.0, 1.0, 64))
    total = state.flow.source_kw.sum(axis=0)
    assert np.abs(state.heat.residual_kw / total).max() < 1e-9
    assert np.abs(state.flow.residual_kw / total).max() < 1e-8
    drawn = state.demand.of_consumers().sum(axis=0)
    assert total == pytest.approx(drawn + state.flow.loss_kw, rel=1e-7)


@pytest.mark.parametrize(("dry", "wet"), [(34.0, 24.0), (12.0, 8.0), (-5.0, -6.0), (30.0, 30.0)])
def test_the_air_of_a_design_point_has_its_wet_bulb(place, dry, wet):
    point = place[0].design_point.model_copy(update={"dry_bulb_c": dry, "wet_bulb_c": wet})
    air = design_air(point)
    assert air.wet_bulb_c[0] == pytest.approx(wet, abs=1e-6)
    assert air.dry_bulb_c[0] == dry
