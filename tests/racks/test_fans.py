"""Server fans."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from racks.physics.fans import fan_flow_ratio, fan_power


def test_flow_by_hand_over_work_and_inlet():
    got = fan_flow_ratio(utilisation_ratio=[0.0, 1.0, 1.0, 1.0, 0.5], inlet_c=[20, 20, 30, 40, 27])
    assert got == pytest.approx([0.35, 0.70, 0.95, 1.0, 0.625])


def test_a_lowest_speed_holds_the_flow_up():
    got = fan_flow_ratio(utilisation_ratio=0.0, inlet_c=20.0, base_ratio=0.1)
    assert got == pytest.approx(0.3)


def test_power_by_hand():
    # 0.7 ** 2.8 = exp(2.8 ln 0.7) = exp(-0.998690)
    assert fan_power(flow_ratio=0.7, design_kw=1.2) == pytest.approx(
        1.2 * np.exp(-0.9986898), rel=1e-6
    )


@pytest.mark.property
@given(use=st.floats(0, 1), inlets=st.tuples(st.floats(-10, 60), st.floats(-10, 60)))
def test_warmer_air_never_slows_a_fan_and_flow_stays_in_its_band(use, inlets):
    flow = fan_flow_ratio(utilisation_ratio=use, inlet_c=sorted(inlets))
    assert 0.3 <= flow[0] <= flow[1] <= 1.0


def test_arrays_give_what_their_elements_give():
    inlets = np.linspace(15, 40, 11)
    together = fan_power(
        flow_ratio=fan_flow_ratio(utilisation_ratio=0.4, inlet_c=inlets), design_kw=2.0
    )
    alone = [
        float(fan_power(flow_ratio=fan_flow_ratio(utilisation_ratio=0.4, inlet_c=t), design_kw=2.0))
        for t in inlets
    ]
    assert together.tolist() == pytest.approx(alone, rel=1e-14)
