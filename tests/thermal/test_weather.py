"""Design days by hand."""

import numpy as np
import pytest

from facility.kernel.errors import InputError
from thermal.physics import weather


def test_design_levels_and_their_coincident_means_are_those_counted_by_hand():
    # 0, 1 .. 100 °C in no order: percentile 90 is the 90 °C sample, the band holds that one alone.
    dry_c = np.arange(101.0)[::-1] * 0.4
    air = weather.outdoor_air(dry_c, relative_humidity_ratio=0.5, pressure_kpa=100.0)
    design = weather.design_conditions(air, percentile=90.0)
    assert design.dry_bulb_c == pytest.approx(36.0)
    # Hours within 0.5 K of 36.0: 35.6, 36.0, 36.4.
    index = np.flatnonzero(np.abs(dry_c - 36.0) < 0.5)
    assert index.size == 3
    assert design.coincident_wet_bulb_c == pytest.approx(air.wet_bulb_c[index].mean())
    assert design.wet_bulb_c == pytest.approx(air.wet_bulb_c[10])
    assert design.highest_dry_bulb_c == pytest.approx(40.0)
    assert design.lowest_dry_bulb_c == 0.0


def test_no_hours_give_no_design_day():
    air = weather.outdoor_air([], relative_humidity_ratio=0.5, pressure_kpa=100.0)
    with pytest.raises(InputError):
        weather.design_conditions(air)
