"""Utilisation over the year."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from racks.physics.workload import utilisation_year

FLAT_DAY, FLAT_WEEK = np.ones(24), np.ones(7)


def test_a_flat_profile_is_flat_over_8760_hours():
    year = utilisation_year(
        base_ratio=0.6, daily_ratios=FLAT_DAY, weekly_ratios=FLAT_WEEK, first_weekday=0
    )
    assert year.shape == (8760,)
    assert (year == 0.6).all()


@pytest.mark.reference
def test_weekdays_follow_the_calendar_of_2023():
    weekly = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    first = dt.date(2023, 1, 1)
    year = utilisation_year(
        base_ratio=1.0,
        daily_ratios=FLAT_DAY,
        weekly_ratios=weekly,
        first_weekday=first.weekday(),
    )
    expected = [weekly[(first + dt.timedelta(days=day)).weekday()] for day in range(365)]
    assert year[12::24].tolist() == expected


def test_hours_follow_the_day():
    daily = np.linspace(0.0, 1.0, 24)
    year = utilisation_year(
        base_ratio=0.5, daily_ratios=daily, weekly_ratios=FLAT_WEEK, first_weekday=3, n_hours=49
    )
    assert year.tolist() == [*(0.5 * daily), *(0.5 * daily), 0.0]


@pytest.mark.parametrize("base", [0.9, -0.1])
def test_a_product_outside_zero_to_one_is_refused_and_not_cut(base):
    daily = FLAT_DAY.copy()
    daily[15] = 1.2
    with pytest.raises(InputError, match="must stay in 0 to 1"):
        utilisation_year(
            base_ratio=base, daily_ratios=daily, weekly_ratios=FLAT_WEEK, first_weekday=0
        )


def test_every_wrong_shape_is_named_at_once():
    with pytest.raises(InputError) as caught:
        utilisation_year(
            base_ratio=0.5, daily_ratios=[1.0], weekly_ratios=[1.0], first_weekday=7, n_hours=0
        )
    assert [problem.path for problem in caught.value.problems] == [
        "daily_ratios",
        "weekly_ratios",
        "first_weekday",
        "n_hours",
    ]


@pytest.mark.property
@given(base=st.lists(st.floats(0, 0.5), min_size=1, max_size=4), start=st.integers(0, 6))
def test_many_systems_together_are_each_alone(base, start):
    shapes = {"daily_ratios": np.linspace(0.5, 1.5, 24), "weekly_ratios": FLAT_WEEK}
    together = utilisation_year(base_ratio=base, first_weekday=start, n_hours=50, **shapes)
    for row, value in zip(together, base, strict=True):
        alone = utilisation_year(base_ratio=value, first_weekday=start, n_hours=50, **shapes)
        assert row.tolist() == alone.tolist()
