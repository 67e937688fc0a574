import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power.physics.conversion import conversion_loss
from power.physics.loadflow.chord import MANY_COLUMNS
from power.physics.system import solve_system
from power.physics.transformer_thermal import (
    relative_ageing,
    thermal_course,
    thermal_parameters,
)
from tests.power.sites import site
from tests.power.thermal import onaf, with_oil

pytestmark = pytest.mark.property
SITE = site(halls=1, busways=2, taps=2, dc_halls=0)
KW = np.array([25.0 if item.kind == "rack" else 20.0 for item in SITE.consumers])
few = settings(max_examples=15)
factors = st.lists(st.floats(0.0, 1.6), min_size=len(KW), max_size=len(KW))


@few
@given(factors, st.sampled_from(["", "TX-A", "UPS-0B", "SUB-0A", "MV-B"]))
def test_power_balances_in_every_state(factor, lost):
    flow = solve_system(SITE, (KW * factor)[:, np.newaxis], out=frozenset([lost] if lost else []))
    assert abs(flow.residual_kw[0]) < 1e-6 * max(flow.source_kw[0, 0], 1.0)
    assert np.all(flow.branch_mean_loss_kw > -1e-9)


@few
@given(factors)
def test_more_load_never_raises_a_voltage_or_lowers_a_loss(factor):
    less = solve_system(SITE, (KW * factor)[:, np.newaxis])
    more = solve_system(SITE, (KW * factor * 1.1 + 0.5)[:, np.newaxis])
    assert np.all(more.node_voltage_min_pu <= less.node_voltage_min_pu + 1e-9)
    assert more.source_kw[0, 0] > less.source_kw[0, 0]
    assert more.loss_kw[0] > less.loss_kw[0]


@few
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_document_changes_nothing(random):
    def shuffled(items):
        order = list(items)
        random.shuffle(order)
        return tuple(order)

    names = ("nodes", "branches", "switches", "conversions")
    other = SITE.model_copy(update={name: shuffled(getattr(SITE, name)) for name in names})
    first, second = (solve_system(n, KW[:, np.newaxis]) for n in (SITE, other))
    assert first.source_kw[0, 0] == pytest.approx(second.source_kw[0, 0], abs=1e-6)
    one, two = (
        dict(zip(f.topology.grid.branches.ids, f.branch_current_ratio[:, 0], strict=True))
        for f in (first, second)
    )
    assert one == pytest.approx(two, abs=1e-6)


@few
@given(factors)
def test_a_point_among_many_is_what_it_is_alone(factor):
    power = (KW * factor)[:, np.newaxis]
    one = solve_system(SITE, power)
    many = solve_system(SITE, power * np.linspace(0.0, 1.0, MANY_COLUMNS))
    assert many.source_kw[:, -1] == pytest.approx(one.source_kw[:, 0], abs=1e-4)
    assert many.node_voltage_min_pu == pytest.approx(one.node_voltage_min_pu, abs=1e-8)


def test_without_load_only_no_load_losses_are_drawn():
    flow = solve_system(SITE, np.zeros((len(KW), 1)))
    iron = sum(item.no_load_loss_kw for item in SITE.branches if item.kind == "transformer")
    ups = sum(item.rating_kw * item.loss_coefficients[0] for item in SITE.conversions)
    assert flow.conversion_loss_kw.sum() == pytest.approx(ups, rel=1e-6)
    # The little that the UPS draw adds some winding loss.
    assert flow.transformer_loss_kw[0] == pytest.approx(iron, rel=0.03)


@given(st.floats(0.0, 1.5), st.floats(0.0, 1.5), st.tuples(*[st.floats(0.0, 0.1)] * 3))
def test_the_input_of_a_conversion_rises_with_its_output(first, second, law):
    low, high = sorted((first, second))
    inputs = [p + conversion_loss(p, rating_kw=1.0, coefficients=law) for p in (low, high)]
    assert inputs[0] <= inputs[1] + 1e-12


@given(st.floats(20.0, 180.0), st.floats(20.0, 180.0), st.booleans())
def test_hotter_insulation_ages_faster(first, second, upgraded):
    low, high = sorted((first, second))
    assert relative_ageing(low, upgraded=upgraded) <= relative_ageing(high, upgraded=upgraded)


@few
@given(st.lists(st.floats(0.0, 1.5), min_size=24, max_size=24), st.floats(-20.0, 40.0))
def test_a_periodic_course_comes_back_to_its_start(current, ambient_c):
    course = thermal_course(onaf(), current, ambient_c=np.full(24, ambient_c), step_min=60.0)
    assert course.top_oil_c[0, -1] == pytest.approx(course.start.top_oil_c[0], abs=1e-9)
    again = thermal_course(
        onaf(), current, ambient_c=np.full(24, ambient_c), step_min=60.0, start=course.start
    )
    assert again.life_used_h == pytest.approx(course.life_used_h)
    hotter = thermal_course(
        onaf(), np.array(current) + 0.1, ambient_c=np.full(24, ambient_c), step_min=60.0
    )
    assert hotter.hot_spot_max_c[0] > course.hot_spot_max_c[0]


@few
@given(st.integers(2, 6))
def test_a_finer_step_changes_no_temperature(pieces):
    current = np.array([[0.5, 1.2, 0.8, 1.0]])
    coarse = thermal_course(onaf(), current, ambient_c=np.full(4, 20.0), step_min=60.0)
    fine = thermal_course(
        onaf(),
        np.repeat(current, pieces, axis=1),
        ambient_c=np.full(4 * pieces, 20.0),
        step_min=60.0 / pieces,
    )
    assert fine.hot_spot_c[:, pieces - 1 :: pieces] == pytest.approx(coarse.hot_spot_c, abs=1e-9)
    assert fine.life_used_h == pytest.approx(coarse.life_used_h, rel=2e-3)


def test_many_transformers_are_many_single_ones():
    current = np.random.default_rng(0).uniform(0.3, 1.4, size=(3, 48))
    one = onaf()
    three = thermal_parameters([with_oil()] * 3)
    together = thermal_course(three, current, ambient_c=np.full(48, 20.0), step_min=30.0)
    for i in range(3):
        alone = thermal_course(one, current[i], ambient_c=np.full(48, 20.0), step_min=30.0)
        assert together.hot_spot_c[i] == pytest.approx(alone.hot_spot_c[0])
        assert together.life_used_h[i] == pytest.approx(alone.life_used_h[0])
