"""A study of swings: figures of a measured and a synthetic course of power against limits."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.arrays import array_digest
from facility.kernel.checks import FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import MIN_PER_H, S_PER_H
from power.physics.swings.batteries import battery_needs
from power.physics.swings.connection import (
    KVA_PER_MVA,
    bus_voltage,
    frequency_slope_hz_per_s,
    stage_one_ratio,
    voltage_change_ratio,
)
from power.physics.swings.documents import (
    BandFigure,
    Connection,
    FlickerFigure,
    GeneratorFigure,
    RampFigure,
    SeriesFigures,
    Source,
    SwingInput,
    SwingResult,
    VoltageFigure,
)
from power.physics.swings.flicker import (
    FEWEST_HZ,
    INTERVAL_S,
    instantaneous_flicker,
    long_term_flicker,
    short_term_flicker,
)
from power.physics.swings.margins import margins_of, missing_in
from power.physics.swings.metrics import (
    as_course,
    count_changes,
    largest_step,
    levels,
    swing_energy_kwh,
    unresolved,
    windowed_ramp,
)
from power.physics.swings.profile import synthetic_power
from power.physics.swings.spectrum import band_content, spectrum

STEP_WINDOW_S = 1.0
S_PER_MIN = S_PER_H / MIN_PER_H


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Power at equal steps, (T,), and where it comes from."""

    power_kw: FloatArray
    step_s: float
    label: str


def swing_study(case: SwingInput, *, measured: Course | None = None) -> SwingResult:
    """Return all figures of the measured course and the synthetic profile, and the margins.

    A figure that a course does not resolve has no value and says why; a limit that nobody
    entered is named as missing.

    Raises
    ------
    InputError
        There is neither a measured course nor a profile, or one of them is faulty.
    """
    courses: list[tuple[Source, Course]] = []
    if measured is not None:
        courses.append(("measured", measured))
    if case.profile is not None:
        step_s = 1.0 / case.profile.sampling_hz
        label = f"{len(case.profile.jobs)} synthetic jobs, seed {case.profile.seed}"
        courses.append(("synthetic", Course(synthetic_power(case.profile), step_s, label)))
    if not courses:
        text = "needs a measured course of power or a profile"
        raise InputError([Problem("profile", "missing", text)])
    series = tuple(_figures(case, source, course) for source, course in courses)
    return SwingResult(
        input_digest=case.digest(),
        series=series,
        margins=tuple(margins_of(case, series)),
        missing=tuple(missing_in(case, series)),
    )


def _figures(case: SwingInput, source: Source, course: Course) -> SeriesFigures:
    power = as_course("measured.power_kw", course.power_kw)
    step = float(as_float("measured.step_s", course.step_s, minimum=1e-6))
    spread = levels(power)
    duration_s = power.size * step
    smallest_kw = case.counted_ratio * spread.mean_kw
    rate = count_changes(power, smallest_kw=smallest_kw) * S_PER_MIN / duration_s
    jump_kw = largest_step(power, step_s=step, within_s=STEP_WINDOW_S)
    ramps = tuple(_ramps(case, power, step))
    voltage, course_pu = _voltage(case.connection, power, step, rate)
    return SeriesFigures(
        source=source,
        label=course.label,
        course_digest=array_digest(power),
        step_s=step,
        duration_s=duration_s,
        n_samples=power.size,
        mean_kw=spread.mean_kw,
        peak_kw=spread.peak_kw,
        lowest_kw=spread.lowest_kw,
        percentile_5_kw=spread.percentile_5_kw,
        percentile_95_kw=spread.percentile_95_kw,
        crest_ratio=spread.crest_ratio,
        step_kw=jump_kw,
        step_reason=unresolved(window_s=STEP_WINDOW_S, step_s=step, n_samples=power.size),
        changes_per_min=rate,
        swing_energy_kwh=swing_energy_kwh(power, step_s=step, reference_s=case.reference_s),
        ramps=ramps,
        bands=tuple(_bands(case, power, step, spread.mean_kw)),
        voltage=voltage,
        flicker=_flicker(case.connection, course_pu, step),
        batteries=battery_needs(case, power, step_s=step, ramps=ramps),
        generator=_generator(case, jump_kw),
    )


def _ramps(case: SwingInput, power_kw: FloatArray, step_s: float) -> Iterator[RampFigure]:
    for window in case.windows:
        ramp = windowed_ramp(power_kw, step_s=step_s, window_s=window.window_s)
        yield RampFigure(
            window_s=ramp.window_s,
            rise_kw_per_s=ramp.rise_kw_per_s,
            drop_kw_per_s=ramp.drop_kw_per_s,
            reason=ramp.reason,
        )


def _bands(
    case: SwingInput, power_kw: FloatArray, step_s: float, mean_kw: float
) -> Iterator[BandFigure]:
    found = spectrum(power_kw, step_s=step_s)
    for band in case.bands:
        content = band_content(found, low_hz=band.low_hz, high_hz=band.high_hz)
        amplitude = content.amplitude_kw
        yield BandFigure(
            low_hz=band.low_hz,
            high_hz=band.high_hz,
            line_kw=content.line_kw,
            amplitude_kw=amplitude,
            amplitude_ratio=None if amplitude is None else amplitude / mean_kw,
            share_ratio=content.share_ratio,
            reason=content.reason,
        )


def _voltage(
    connection: Connection | None, power_kw: FloatArray, step_s: float, changes_per_min: float
) -> tuple[VoltageFigure | None, FloatArray | None]:
    """Return the figures and the course of voltage; neither where no voltage carries the load."""
    if connection is None:
        return None, None
    kvar_per_kw = np.tan(np.arccos(connection.power_factor))
    fault_mva, x_over_r = connection.short_circuit_mva, connection.x_over_r
    bus = bus_voltage(
        power_kw + connection.base_kw,
        power_kw * kvar_per_kw + connection.base_kvar,
        short_circuit_mva=fault_mva,
        x_over_r=x_over_r,
    )
    if not bool(bus.solved.all()):
        return None, None
    lowest, highest = float(bus.voltage_pu.min()), float(bus.voltage_pu.max())
    span_kw = float(np.ptp(power_kw))
    swing = span_kw / connection.power_factor / (fault_mva * KVA_PER_MVA)
    allowed = float(stage_one_ratio(changes_per_min))
    estimate = voltage_change_ratio(
        span_kw, span_kw * kvar_per_kw, short_circuit_mva=fault_mva, x_over_r=x_over_r
    )
    figure = VoltageFigure(
        change_ratio=largest_step(bus.voltage_pu, step_s=step_s, within_s=STEP_WINDOW_S),
        estimate_ratio=float(estimate),
        range_ratio=highest - lowest,
        lowest_pu=lowest,
        highest_pu=highest,
        swing_ratio=swing,
        changes_per_min=changes_per_min,
        stage_one_ratio=allowed,
        accepted=swing <= allowed,
        reason=unresolved(window_s=STEP_WINDOW_S, step_s=step_s, n_samples=power_kw.size),
    )
    return figure, bus.voltage_pu


def _flicker(
    connection: Connection | None, voltage_pu: FloatArray | None, step_s: float
) -> FlickerFigure | None:
    if connection is None or voltage_pu is None:
        return None
    lamp, frequency_hz = connection.lamp, connection.frequency_hz
    reason = _no_flicker(voltage_pu.size, step_s)
    if reason:
        return FlickerFigure(
            lamp=lamp,
            frequency_hz=frequency_hz,
            short_term_pu=None,
            long_term_pu=None,
            reason=reason,
        )
    rate_hz = 1.0 / step_s
    sensation = instantaneous_flicker(
        voltage_pu, sampling_hz=rate_hz, lamp=lamp, frequency_hz=frequency_hz
    )
    short = severities(sensation, sampling_hz=rate_hz)
    return FlickerFigure(
        lamp=lamp,
        frequency_hz=frequency_hz,
        short_term_pu=float(short.max()),
        long_term_pu=long_term_flicker(short),
    )


def _no_flicker(n_samples: int, step_s: float) -> str:
    if step_s * FEWEST_HZ > 1.0 + 1e-9:
        return f"not resolved by {step_s:g} s samples: flicker needs {FEWEST_HZ:g} a second"
    if n_samples * step_s < INTERVAL_S * (1.0 - 1e-9):
        return f"shorter than the {INTERVAL_S:g} s that flicker is judged over"
    return ""


def severities(sensation_pu: ArrayLike, *, sampling_hz: float) -> FloatArray:
    """Return P_st of each whole ten minutes of a course of instantaneous flicker.

    Parameters
    ----------
    sensation_pu : array_like, shape (T,)
        P_inst at equal steps.
    sampling_hz : float
        Samples a second. [Hz]

    Returns
    -------
    ndarray, shape (N,)
        What is left over at the end of the record does not count.

    Raises
    ------
    InputError
        A value is not finite or negative, or the record is shorter than ten minutes.
    """
    sensation = as_course("sensation_pu", as_float("sensation_pu", sensation_pu, minimum=0.0))
    size = round(INTERVAL_S * float(as_float("sampling_hz", sampling_hz, minimum=1e-3)))
    if sensation.size < size:
        raise InputError([Problem("sensation_pu", "too_short", "shorter than ten minutes")])
    whole = sensation[: sensation.size // size * size].reshape(-1, size)
    return np.array([short_term_flicker(interval) for interval in whole])


def _generator(case: SwingInput, step_kw: float | None) -> GeneratorFigure | None:
    machines = case.generator
    if machines is None or step_kw is None:
        return None
    slope = frequency_slope_hz_per_s(
        step_kw,
        rating_kva=machines.rating_kva,
        inertia_s=machines.inertia_s,
        frequency_hz=machines.frequency_hz,
    )
    return GeneratorFigure(step_ratio=step_kw / machines.rating_kva, slope_hz_per_s=float(slope))
