"""The figures of a study against the limits that were entered, and what was not entered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from power.physics.swings.documents import (
    Band,
    BandFigure,
    Margin,
    SeriesFigures,
    Source,
    SwingInput,
    SwingLimits,
    Verdict,
)

PERCENT = 100.0
WHOLE_FROM = 1000.0
NO_VOLTAGE = "no voltage was computed"
Code = Literal["ramp", "band", "range", "voltage", "short_term_flicker", "long_term_flicker"]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A figure and its limit in one unit; without a figure the reason says why."""

    code: Code
    what: str
    unit: str
    limit: float | None
    value: float | None
    reason: str = ""


def margins_of(case: SwingInput, series: Sequence[SeriesFigures]) -> Iterator[Margin]:
    """Yield one record for each limit that was entered and each course of power."""
    for figures in series:
        for pair in _pairs(case, figures):
            if pair.limit is not None:
                yield _margin(pair, pair.limit, figures.source, case.near_ratio)


def _margin(pair: _Pair, limit: float, source: Source, near_ratio: float) -> Margin:
    words = f"{_number(limit)} {pair.unit}".rstrip()
    if pair.value is None:
        text, ratio = f"{pair.what}: {pair.reason}; the limit is {words}.", None
    else:
        text, ratio = f"{pair.what}: {_number(pair.value)} of {words}.", pair.value / limit
    return Margin(
        code=pair.code,
        source=source,
        verdict=_verdict(ratio, near_ratio),
        value_ratio=ratio,
        message=text,
    )


def _pairs(case: SwingInput, figures: SeriesFigures) -> Iterator[_Pair]:
    for window, ramp in zip(case.windows, figures.ramps, strict=True):
        over = f"over {window.window_s:g} s"
        rise, drop = ramp.rise_kw_per_s, ramp.drop_kw_per_s
        yield _Pair("ramp", f"Rise {over}", "kW/s", window.rise_kw_per_s, rise, ramp.reason)
        yield _Pair("ramp", f"Drop {over}", "kW/s", window.drop_kw_per_s, drop, ramp.reason)
    for band, content in zip(case.bands, figures.bands, strict=True):
        yield from _band(band, content)
    span = figures.peak_kw - figures.lowest_kw
    yield _Pair("range", "Range of power", "kW", case.limits.range_kw, span)
    yield from _quality(case.limits, figures)


def _band(band: Band, content: BandFigure) -> Iterator[_Pair]:
    what = f"Amplitude {_name(band)}"
    yield _Pair("band", what, "kW", band.amplitude_kw, content.amplitude_kw, content.reason)
    limit, value = _percent(band.amplitude_ratio), _percent(content.amplitude_ratio)
    yield _Pair("band", what, "% of the mean", limit, value, content.reason)


def _quality(limits: SwingLimits, figures: SeriesFigures) -> Iterator[_Pair]:
    voltage, flicker = figures.voltage, figures.flicker
    yield _Pair(
        code="voltage",
        what="Change of voltage within a second",
        unit="%",
        limit=_percent(limits.voltage_change_ratio),
        value=None if voltage is None else _percent(voltage.change_ratio),
        reason=NO_VOLTAGE if voltage is None else voltage.reason,
    )
    short = None if flicker is None else flicker.short_term_pu
    long = None if flicker is None else flicker.long_term_pu
    reason = NO_VOLTAGE if flicker is None else flicker.reason
    yield _Pair("short_term_flicker", "P_st", "", limits.short_term_flicker_pu, short, reason)
    yield _Pair("long_term_flicker", "P_lt", "", limits.long_term_flicker_pu, long, reason)


def _verdict(ratio: float | None, near_ratio: float) -> Verdict:
    if ratio is None:
        return "not_resolved"
    if ratio > 1.0:
        return "over"
    return "near" if ratio >= near_ratio else "ok"


def missing_in(case: SwingInput, series: Sequence[SeriesFigures]) -> Iterator[str]:
    """Yield a sentence for each limit and each input that was not entered."""
    for window in case.windows:
        absent = [
            word
            for word, limit in (("rise", window.rise_kw_per_s), ("drop", window.drop_kw_per_s))
            if limit is None
        ]
        if absent:
            yield f"No limit of {' and '.join(absent)} over {window.window_s:g} s."
    for band in case.bands:
        if band.amplitude_kw is None and band.amplitude_ratio is None:
            yield f"No limit of amplitude {_name(band)}."
    for name, limit in (
        ("the range of power", case.limits.range_kw),
        ("change of voltage", case.limits.voltage_change_ratio),
        ("P_st", case.limits.short_term_flicker_pu),
        ("P_lt", case.limits.long_term_flicker_pu),
    ):
        if limit is None:
            yield f"No limit of {name}."
    yield from _missing_inputs(case, series)


def _missing_inputs(case: SwingInput, series: Sequence[SeriesFigures]) -> Iterator[str]:
    if case.connection is None:
        yield "No connection point: voltage and flicker are not computed."
    sources = {figures.source for figures in series}
    if "measured" not in sources:
        yield "No measured course of power: all figures are of a synthetic profile."
    if "synthetic" not in sources:
        yield "No synthetic profile: what the samples do not resolve stays unknown."
    for figures in series:
        if case.connection is not None and figures.voltage is None:
            yield f"No voltage carries the {figures.source} load at this short-circuit power."
        if case.generator is not None and figures.generator is None:
            yield f"The {figures.source} course resolves no step for the generator."


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= WHOLE_FROM else f"{value:.3g}"


def _name(band: Band) -> str:
    if band.high_hz is None:
        return f"from {band.low_hz:g} Hz"
    return f"between {band.low_hz:g} and {band.high_hz:g} Hz"


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else PERCENT * ratio
