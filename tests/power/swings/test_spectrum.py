import numpy as np
import pytest

from power.physics.swings.profile import synthetic_power, trapezoid
from power.physics.swings.spectrum import band_content, spectrum
from tests.power.swings.cases import plain_job, profile


def trapezoid_line(k, *, duty, edge, period):
    """Return the amplitude of harmonic k from the integrals of the four pieces, by hand."""
    # An edge of slope 1/t_e has the derivative 1/t_e: two boxes, up and down, D T apart. Their
    # Fourier coefficients over i w: |c_k| = |box| |1 - exp(-i w D T)| / w, twice for one side.
    w = 2 * np.pi * k / period
    box = abs((1 - np.exp(-1j * w * edge)) / (1j * w * edge))
    return 2.0 / period * box * abs(1 - np.exp(-1j * w * duty * period)) / w


@pytest.mark.reference
def test_the_lines_of_a_trapezoid_are_its_fourier_coefficients():
    printed = {1: 0.51028, 2: 0.29165, 3: 0.06025, 5: 0.09985, 10: 0.0}
    # 100 periods exactly, so that each line stands on a frequency of the transform.
    power_kw = synthetic_power(profile(plain_job(), duration_s=200.0))
    found = spectrum(power_kw, step_s=1 / 400)
    for k, amplitude in printed.items():
        line_kw = found.amplitude_kw[np.argmin(abs(found.frequency_hz - k / 2.0))]
        by_hand = trapezoid_line(k, duty=0.7, edge=0.15, period=2.0)
        assert line_kw == pytest.approx(1000.0 * by_hand, abs=0.02)
        assert by_hand == pytest.approx(amplitude, abs=6e-6)


@pytest.mark.reference
def test_the_shape_has_its_duty_as_mean_and_its_edge_as_slope():
    time_s = np.arange(200_000) * 1e-5
    shape = trapezoid(time_s, period_s=2.0, duty_ratio=0.7, edge_s=0.15)
    assert shape.mean() == pytest.approx(0.7, abs=1e-9)
    assert np.abs(np.diff(shape)).max() / 1e-5 == pytest.approx(1 / 0.15, rel=1e-6)
    lines = 2.0 * abs(np.fft.rfft(shape)) / shape.size
    for k in range(1, 30):
        expected = trapezoid_line(k, duty=0.7, edge=0.15, period=2.0)
        assert lines[k] == pytest.approx(expected, abs=1e-9)


@pytest.mark.reference
@pytest.mark.parametrize("frequency_hz", [1.0, 1.0004, 1.00083])
def test_a_sine_in_a_band_has_its_amplitude_even_between_two_lines(frequency_hz):
    time_s = np.arange(60_000) * 0.01
    power_kw = 500.0 + 80.0 * np.sin(2 * np.pi * frequency_hz * time_s)
    found = spectrum(power_kw, step_s=0.01)
    content = band_content(found, low_hz=0.5, high_hz=2.0)
    assert content.amplitude_kw == pytest.approx(80.0, rel=1e-4)
    assert 0.84 * 80.0 < content.line_kw <= 80.0 * (1 + 1e-9)
    assert content.share_ratio == pytest.approx(1.0, abs=1e-4)
    assert band_content(found, low_hz=2.0, high_hz=4.0).amplitude_kw < 0.1


def test_the_share_of_a_band_is_by_energy():
    time_s = np.arange(60_000) * 0.01
    power_kw = 30.0 * np.sin(2 * np.pi * 1.0 * time_s) + 40.0 * np.sin(2 * np.pi * 6.0 * time_s)
    content = band_content(spectrum(power_kw, step_s=0.01), low_hz=5.0, high_hz=None)
    # 40^2 of 30^2 + 40^2.
    assert content.share_ratio == pytest.approx(0.64, abs=1e-4)


def test_a_band_above_half_the_sampling_rate_has_a_reason_and_no_value():
    found = spectrum(np.arange(1000.0), step_s=15.0)
    for low_hz, high_hz in ((0.1, 0.8), (0.02, 0.8), (5.0, None)):
        content = band_content(found, low_hz=low_hz, high_hz=high_hz)
        assert (content.line_kw, content.amplitude_kw, content.share_ratio) == (None, None, None)
        assert content.reason == "not resolved by 15 s samples, which end at 0.0333 Hz"


def test_a_record_too_short_for_a_band_says_so():
    found = spectrum(np.arange(200.0), step_s=0.1)
    assert "too short" in band_content(found, low_hz=0.1, high_hz=0.8).reason
    assert "narrower" in band_content(found, low_hz=1.0, high_hz=1.01).reason


def test_a_constant_course_swings_nowhere():
    content = band_content(spectrum(np.full(1000, 5.0), step_s=0.01), low_hz=1.0, high_hz=2.0)
    assert (content.amplitude_kw, content.share_ratio) == (0.0, 0.0)
