import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.swings.flicker import (
    instantaneous_flicker,
    long_term_flicker,
    short_term_flicker,
    step_flicker,
)
from tests.power.swings.cases import FLICKER_TABLES, steps_pu

SINES = FLICKER_TABLES["just_perceptible_sine"]
STEPS = FLICKER_TABLES["steps_of_severity_one"]
LAMPS = {
    "230 V, 50 Hz": {"lamp": "230 V", "frequency_hz": 50},
    "120 V, 60 Hz": {"lamp": "120 V", "frequency_hz": 60},
    "120 V, 50 Hz": {"lamp": "120 V", "frequency_hz": 50},
    "230 V, 60 Hz": {"lamp": "230 V", "frequency_hz": 60},
}


def sine_pu(frequency_hz, *, change_pct, sampling_hz, duration_s=40.0):
    time_s = np.arange(round(duration_s * sampling_hz)) / sampling_hz
    return 1.0 + change_pct / 200.0 * np.sin(2 * np.pi * frequency_hz * time_s)


def largest(voltage_pu, *, sampling_hz, **lamp):
    """Return the largest P_inst once everything has settled."""
    sensation = instantaneous_flicker(voltage_pu, sampling_hz=sampling_hz, **lamp)
    return sensation[sensation.size // 4 :].max()


@pytest.mark.reference
@pytest.mark.parametrize("name", SINES["change_pct"])
@pytest.mark.parametrize(("sampling_hz", "tolerance"), [(400.0, 0.05), (1000.0, 0.012)])
def test_just_perceptible_sines_of_the_standard_reach_one(name, sampling_hz, tolerance):
    found = [
        largest(
            sine_pu(f, change_pct=d, sampling_hz=sampling_hz),
            sampling_hz=sampling_hz,
            **LAMPS[name],
        )
        for f, d in zip(SINES["frequency_hz"], SINES["change_pct"][name], strict=True)
    ]
    assert np.abs(np.array(found) - 1.0).max() < tolerance
    assert tolerance < SINES["tolerance_of_the_standard"]


@pytest.mark.reference
@pytest.mark.parametrize("name", STEPS["change_pct"])
def test_steps_of_the_standard_have_a_severity_of_one(name):
    for rate, change_pct in zip(STEPS["changes_per_min"], STEPS["change_pct"][name], strict=True):
        voltage_pu = steps_pu(rate, change_pct=change_pct, sampling_hz=400.0)
        sensation = instantaneous_flicker(voltage_pu, sampling_hz=400.0, **LAMPS[name])
        assert short_term_flicker(sensation) == pytest.approx(1.0, abs=0.015), rate
    assert STEPS["tolerance_of_the_standard"] == 0.05


@pytest.mark.reference
def test_a_sine_passes_the_filters_by_their_transfer_functions():
    # Written out for 230 V and 50 Hz at 3 Hz: band-pass, weighting, memory of 300 ms.
    s = 2j * np.pi * 3.0
    w1, w2, w3, w4 = 2 * np.pi * np.array([9.15494, 2.27979, 1.22535, 21.9])
    weighting = 1.74802 * w1 * s / (s**2 + 2 * (2 * np.pi * 4.05981) * s + w1**2)
    weighting *= (1 + s / w2) / ((1 + s / w3) * (1 + s / w4))
    weighting *= s / (s + 2 * np.pi * 0.05)
    poles = np.exp(1j * np.pi * (2 * np.arange(1, 7) + 5) / 12)
    weighting *= np.prod(1 / (1 - s / (2 * np.pi * 35.0) / poles))
    swing = abs(weighting) * 2 * 0.005  # 1 % from trough to crest, doubled by the squaring
    mean = swing**2 / 2
    ripple = mean / abs(1 + 2 * s * 0.3)

    sensation = instantaneous_flicker(
        sine_pu(3.0, change_pct=1.0, sampling_hz=1000.0, duration_s=60.0),
        sampling_hz=1000.0,
        lamp="230 V",
        frequency_hz=50,
    )[30_000:59_000]
    # The scale of the meter follows from 0.25 % at 8.8 Hz in the same way.
    assert sensation.max() / sensation.min() == pytest.approx(
        (mean + ripple) / (mean - ripple), rel=2e-3
    )
    eight = largest(
        sine_pu(8.8, change_pct=0.25, sampling_hz=1000.0),
        sampling_hz=1000.0,
        lamp="230 V",
        frequency_hz=50,
    )
    assert eight == pytest.approx(1.0, abs=1e-3)


@pytest.mark.reference
def test_a_constant_sensation_of_one_is_no_severity_of_one():
    # By hand: sqrt(0.0314 + 0.0525 + 0.0657 + 0.28 + 0.08).
    assert short_term_flicker(np.ones(1000)) == pytest.approx(0.714, abs=5e-4)
    assert short_term_flicker(np.ones(1000)) == pytest.approx(0.5096**0.5)


@pytest.mark.reference
def test_a_sine_at_its_peak_of_0_35_percent_has_a_severity_of_one():
    sensation = instantaneous_flicker(
        sine_pu(8.8, change_pct=0.350, sampling_hz=400.0, duration_s=600.0),
        sampling_hz=400.0,
        lamp="230 V",
        frequency_hz=50,
    )
    # 0.25 / 0.714 %, less the ripple by which the largest P_inst exceeds the mean.
    assert short_term_flicker(sensation) == pytest.approx(1.0, abs=0.02)


@pytest.mark.reference
def test_percentiles_are_weighted_and_smoothed_as_printed():
    # Levels 0 to 1000 once each: the level exceeded x % of the time is 1000 - 10 x.
    levels = np.arange(1001.0)
    level = {x: 1000.0 - 10.0 * x for x in (0.1, 0.7, 1, 1.5, 2.2, 3, 4, 6, 8, 10, 13, 17)}
    level |= {x: 1000.0 - 10.0 * x for x in (30, 50, 80)}
    by_hand = (
        0.0314 * level[0.1]
        + 0.0525 * (level[0.7] + level[1] + level[1.5]) / 3
        + 0.0657 * (level[2.2] + level[3] + level[4]) / 3
        + 0.28 * (level[6] + level[8] + level[10] + level[13] + level[17]) / 5
        + 0.08 * (level[30] + level[50] + level[80]) / 3
    )
    assert short_term_flicker(levels) == pytest.approx(by_hand**0.5)


@pytest.mark.reference
def test_long_term_is_the_cubic_mean_of_two_hours():
    assert long_term_flicker([0.8] * 12) == pytest.approx(0.8)
    assert long_term_flicker([1.2] + [0.0] * 11) == pytest.approx(1.2 / 12 ** (1 / 3))
    assert long_term_flicker([0.0] * 6 + [1.0] * 12 + [0.0]) == pytest.approx(1.0)
    assert long_term_flicker([0.5]) == pytest.approx(0.5)
    with pytest.raises(InputError):
        long_term_flicker([])


@pytest.mark.reference
def test_the_formula_for_steps_against_hand_numbers():
    found = step_flicker(0.00362, changes_per_min=30.0)
    assert found.short_term_pu == pytest.approx(0.378, abs=5e-4)
    rates, changes_pct = STEPS["changes_per_min"][:5], STEPS["change_pct"]["230 V, 50 Hz"][:5]
    table = step_flicker(np.array(changes_pct) / 100.0, changes_per_min=rates)
    np.testing.assert_allclose(table.short_term_pu, [0.980, 0.982, 0.961, 1.014, 1.132], atol=6e-4)
    assert table.in_range.tolist() == [True, True, True, True, False]


@pytest.mark.reference
def test_the_formula_and_the_meter_agree_on_steps_seconds_apart():
    voltage_pu = steps_pu(20.0, change_pct=1.0, sampling_hz=400.0)
    sensation = instantaneous_flicker(voltage_pu, sampling_hz=400.0, lamp="230 V", frequency_hz=50)
    formula = step_flicker(0.01, changes_per_min=20.0).short_term_pu
    assert short_term_flicker(sensation) == pytest.approx(float(formula), rel=0.05)


def test_a_start_from_rest_makes_no_flicker_of_its_own():
    steady = instantaneous_flicker(
        np.full(8000, 0.97), sampling_hz=400.0, lamp="230 V", frequency_hz=50
    )
    assert steady.max() < 1e-12


def test_too_few_samples_and_dead_voltage_are_refused():
    lamp = {"lamp": "230 V", "frequency_hz": 50}
    with pytest.raises(InputError, match="at least 400"):
        instantaneous_flicker(np.ones(100), sampling_hz=399.0, **lamp)
    with pytest.raises(InputError, match=r"at least 0\.001"):
        instantaneous_flicker(np.zeros(100), sampling_hz=400.0, **lamp)


@pytest.mark.property
@given(st.floats(0.1, 3.0))
def test_severity_grows_with_the_change_of_voltage(factor):
    def severity(change_pct):
        voltage_pu = steps_pu(60.0, change_pct=change_pct, sampling_hz=400.0, duration_s=20.0)
        return short_term_flicker(
            instantaneous_flicker(voltage_pu, sampling_hz=400.0, lamp="120 V", frequency_hz=60)
        )

    assert severity(0.5 * factor) == pytest.approx(factor * severity(0.5), rel=0.02)
