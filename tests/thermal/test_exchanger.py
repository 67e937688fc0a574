"""Effectiveness-NTU exchangers."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_bvp

from facility.kernel.errors import InputError
from thermal.physics.exchanger import (
    cold_flow_for_duty,
    conductance_at_flow,
    conductance_from_rating,
    counterflow,
    effectiveness_counterflow,
    effectiveness_crossflow_unmixed,
    effectiveness_phase_change,
    exchange_rate,
    ntu_counterflow,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "thermal"
CASES = {
    case["id"]: case for case in json.loads((REFERENCE / "analytic.json").read_text())["cases"]
}
GRID = np.array(CASES["eps_ntu_grid"]["rows"])
ntus = st.floats(0.0, 50.0)
ratios = st.floats(0.0, 1.0)


@pytest.mark.reference
def test_the_grid_of_closed_forms_is_met_in_one_call():
    ntu, ratio, counter, cross = GRID.T
    assert effectiveness_counterflow(ntu=ntu, capacity_ratio=ratio) == pytest.approx(
        counter, abs=1e-9
    )
    assert effectiveness_crossflow_unmixed(ntu=ntu, capacity_ratio=ratio) == pytest.approx(
        cross, abs=1e-9
    )


@pytest.mark.reference
def test_inversion_returns_the_ntu_of_the_grid():
    ntu, ratio, counter, _ = GRID.T
    assert ntu_counterflow(effectiveness=counter, capacity_ratio=ratio) == pytest.approx(
        ntu, rel=1e-8
    )


def test_without_a_second_capacity_rate_all_arrangements_agree():
    for ntu in (0.0, 0.5, 3.0):
        expected = effectiveness_phase_change(ntu)
        assert effectiveness_counterflow(ntu=ntu, capacity_ratio=0.0) == pytest.approx(expected)
        assert effectiveness_crossflow_unmixed(ntu=ntu, capacity_ratio=0.0) == pytest.approx(
            expected
        )


def duty_by_integration_kw(*, hot_in_c, cold_in_c, hot_kw_per_k, cold_kw_per_k, ua_kw_per_k):
    """March both streams along the plate as a boundary-value problem."""

    def slopes(_place, streams):
        flux = ua_kw_per_k * (streams[0] - streams[1])
        return np.vstack((-flux / hot_kw_per_k, -flux / cold_kw_per_k))

    def inlets(first, last):
        return np.array((first[0] - hot_in_c, last[1] - cold_in_c))

    place = np.linspace(0.0, 1.0, 40)
    start = np.vstack((np.full(40, float(hot_in_c)), np.full(40, float(cold_in_c))))
    found = solve_bvp(slopes, inlets, place, start, tol=1e-9, max_nodes=20000)
    assert found.success
    return hot_kw_per_k * (hot_in_c - found.sol(1.0)[0])


@pytest.mark.reference
@pytest.mark.parametrize(
    ("hot_in_c", "cold_in_c", "hot_kw_per_k", "cold_kw_per_k", "ua_kw_per_k"),
    [(46.0, 30.0, 120.0, 135.0, 500.0), (46.0, 30.0, 135.0, 135.0, 90.0), (20.0, 35.0, 3, 8, 6)],
)
def test_duty_is_that_of_the_differential_equations(
    hot_in_c, cold_in_c, hot_kw_per_k, cold_kw_per_k, ua_kw_per_k
):
    case = {
        "hot_in_c": hot_in_c,
        "cold_in_c": cold_in_c,
        "hot_kw_per_k": hot_kw_per_k,
        "cold_kw_per_k": cold_kw_per_k,
        "ua_kw_per_k": ua_kw_per_k,
    }
    assert counterflow(**case).duty_kw == pytest.approx(duty_by_integration_kw(**case), rel=1e-6)


@pytest.mark.property
@given(
    hot=st.floats(-20, 90),
    cold=st.floats(-20, 90),
    hot_rate=st.floats(1e-3, 1e4),
    cold_rate=st.floats(1e-3, 1e4),
    ua=st.floats(0, 1e5),
)
def test_heat_given_is_heat_taken_and_no_temperature_crosses(hot, cold, hot_rate, cold_rate, ua):
    state = counterflow(
        hot_in_c=hot,
        cold_in_c=cold,
        hot_kw_per_k=hot_rate,
        cold_kw_per_k=cold_rate,
        ua_kw_per_k=ua,
    )
    given_kw = hot_rate * (hot - state.hot_out_c)
    taken_kw = cold_rate * (state.cold_out_c - cold)
    scale = max(hot_rate, cold_rate) * 100.0
    assert given_kw == pytest.approx(taken_kw, abs=1e-9 * scale)
    low, high = min(hot, cold) - 1e-9, max(hot, cold) + 1e-9
    assert low <= state.hot_out_c <= high
    assert low <= state.cold_out_c <= high


@pytest.mark.property
@given(ntu=ntus, ratio=ratios)
def test_effectiveness_stays_between_zero_and_the_phase_change_limit(ntu, ratio):
    limit = effectiveness_phase_change(ntu) + 1e-12
    assert 0.0 <= effectiveness_counterflow(ntu=ntu, capacity_ratio=ratio) <= limit
    assert 0.0 <= effectiveness_crossflow_unmixed(ntu=ntu, capacity_ratio=ratio) <= limit


@pytest.mark.property
@given(gap=st.floats(0.0, 1e-5), ntu=st.floats(0.01, 8.0))
def test_effectiveness_is_continuous_through_balanced_streams(gap, ntu):
    balanced = effectiveness_counterflow(ntu=ntu, capacity_ratio=1.0)
    near = effectiveness_counterflow(ntu=ntu, capacity_ratio=1.0 - gap)
    assert near == pytest.approx(balanced, abs=ntu * gap + 1e-12)


@pytest.mark.property
@given(ntu=st.floats(0.0, 8.0), ratio=ratios)
def test_inversion_undoes_effectiveness(ntu, ratio):
    eps = effectiveness_counterflow(ntu=ntu, capacity_ratio=ratio)
    assert ntu_counterflow(effectiveness=eps, capacity_ratio=ratio) == pytest.approx(
        ntu, rel=1e-6, abs=1e-9
    )


def test_a_full_effectiveness_has_no_finite_surface():
    with pytest.raises(InputError, match="no finite surface"):
        ntu_counterflow(effectiveness=1.0, capacity_ratio=0.5)


def test_a_rating_beyond_the_smaller_stream_is_refused():
    with pytest.raises(InputError, match="smaller stream"):
        conductance_from_rating(
            duty_kw=100.0, inlet_spread_k=10.0, hot_kw_per_k=10.0, cold_kw_per_k=20.0
        )


def test_rated_conductance_gives_the_rated_duty_back():
    ua = conductance_from_rating(
        duty_kw=80.0, inlet_spread_k=10.0, hot_kw_per_k=10.0, cold_kw_per_k=20.0
    )
    again = counterflow(
        hot_in_c=30.0, cold_in_c=20.0, hot_kw_per_k=10.0, cold_kw_per_k=20.0, ua_kw_per_k=ua
    )
    assert again.duty_kw == pytest.approx(80.0, rel=1e-12)


def test_conductance_by_hand_with_one_film_twice_the_other():
    # Films 300 (cold) and 150 (hot) in series: 100. Hot flow doubled: 150 * 2**0.8 = 261.165.
    by_hand = 1.0 / (1.0 / 300.0 + 1.0 / (150.0 * 2.0**0.8))
    got = conductance_at_flow(
        rated_kw_per_k=100.0, hot_flow_ratio=2.0, cold_flow_ratio=1.0, cold_film_ratio=2.0
    )
    assert got == pytest.approx(by_hand, rel=1e-12)


def test_a_stream_that_stands_still_conducts_nothing():
    got = conductance_at_flow(
        rated_kw_per_k=100.0, hot_flow_ratio=[0.0, 0.0, 1.0], cold_flow_ratio=[1.0, 0.0, 1.0]
    )
    assert got.tolist() == [0.0, 0.0, 100.0]


@pytest.mark.property
@given(wanted=st.floats(0.001, 0.999))
def test_the_valve_search_returns_the_share_that_carries_the_duty(wanted):
    def conductance(share):
        return 300.0 * share**0.5

    rate = exchange_rate(
        hot_kw_per_k=100.0, cold_kw_per_k=wanted * 120.0, ua_kw_per_k=conductance(wanted)
    )
    share = cold_flow_for_duty(
        duty_kw=rate * 15.0,
        inlet_spread_k=np.asarray(15.0),
        hot_kw_per_k=np.asarray(100.0),
        cold_full_kw_per_k=np.asarray(120.0),
        conductance=conductance,
    )
    assert share == pytest.approx(wanted, rel=1e-6)


def test_arrays_give_what_their_elements_give():
    ntu, ratio, *_ = GRID.T
    together = effectiveness_crossflow_unmixed(ntu=ntu, capacity_ratio=ratio)
    alone = [
        float(effectiveness_crossflow_unmixed(ntu=n, capacity_ratio=r))
        for n, r in zip(ntu, ratio, strict=True)
    ]
    assert together.tolist() == pytest.approx(alone, rel=1e-14)
