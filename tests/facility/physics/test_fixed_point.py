"""Temperatures as fixed points: hand cases with known answers."""

import numpy as np
import pytest

from facility.kernel.errors import ConvergenceError
from facility.physics.fixed_point import MAX_PASSES, settle_rows


def linear(slope, offset):
    """x follows from slope x + offset; the answer is offset / (1 - slope)."""
    return lambda rows, hours: slope[hours] * rows + offset[hours]


@pytest.mark.reference
@pytest.mark.parametrize("slope", [0.0, 0.5, 0.97, -0.9, -3.0, -8.0])
def test_a_line_settles_where_algebra_says(slope):
    slopes, offsets = np.array([slope]), np.array([12.0])
    found = settle_rows(
        np.array([[20.0]]), linear(slopes, offsets), tolerance_k=1e-9, names=["a line"]
    )
    assert found.rows[0, 0] == pytest.approx(12.0 / (1.0 - slope), abs=1e-6)


@pytest.mark.reference
def test_swinging_around_a_kink_settles_on_it():
    # A chip that throttles above 60: its heat falls 40 K worth for each kelvin beyond.
    def follow(rows, _hours):
        return 80.0 - 4.0 * np.maximum(rows - 60.0, 0.0)

    found = settle_rows(np.full((1, 3), 20.0), follow, tolerance_k=1e-9, names=["a kink"])
    assert found.rows[0] == pytest.approx([64.0, 64.0, 64.0], abs=1e-6)


@pytest.mark.reference
def test_a_rising_stretch_is_walked_through_to_the_point_that_holds():
    # Steps grow up to 34, where a valve is open at last; only 36 maps onto itself.
    def follow(rows, _hours):
        growing = rows + 0.04 + np.maximum(rows - 33.0, 0.0) ** 4
        return np.where(rows < 34.0, growing, 36.0)

    found = settle_rows(np.full((1, 1), 33.0), follow, tolerance_k=1e-9, names=["water"])
    assert found.rows[0, 0] == pytest.approx(36.0, abs=1e-9)


def test_columns_do_not_know_each_other():
    slopes, offsets = np.array([0.3, -2.0, 0.9, 0.0]), np.array([1.0, 5.0, 3.0, 7.0])
    together = settle_rows(
        np.full((1, 4), 20.0), linear(slopes, offsets), tolerance_k=1e-9, names=["lines"]
    )
    for k in range(4):
        alone = settle_rows(
            np.full((1, 1), 20.0),
            linear(slopes[k : k + 1], offsets[k : k + 1]),
            tolerance_k=1e-9,
            names=["a line"],
        )
        assert together.rows[0, k] == pytest.approx(alone.rows[0, 0], abs=1e-12)


def test_what_has_settled_is_not_evaluated_again():
    seen = []

    def follow(rows, hours):
        seen.append(hours.tolist())
        return np.where(hours == 0, rows, 0.5 * rows)

    settle_rows(np.full((1, 2), 8.0), follow, tolerance_k=1e-6, names=["halves"])
    assert seen[0] == [0, 1]
    assert all(hours == [1] for hours in seen[1:])


def test_no_fixed_point_says_so():
    with pytest.raises(ConvergenceError, match="a clock") as caught:
        settle_rows(
            np.zeros((1, 1)), lambda rows, _: rows + 1.0, tolerance_k=1e-6, names=["a clock"]
        )
    assert caught.value.iterations == MAX_PASSES
    assert caught.value.residual == pytest.approx(1.0)


def test_nothing_to_seek_is_settled():
    found = settle_rows(np.zeros((0, 5)), lambda rows, _: rows, tolerance_k=1e-6, names=["nothing"])
    assert found.rows.shape == (0, 5)
