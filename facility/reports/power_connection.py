"""The grid connection: contract over the year, and swings beside the limits that were entered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from facility.physics.documents import FacilityInput, SwingAnalysis
from facility.physics.power_results import ConnectionResult
from facility.physics.results import StageResult
from facility.reports import numbers
from facility.reports.times import duration, hour_words
from facility.reports.words import NEAR_RATIO
from power.physics.swings.documents import BatteryNeed, SeriesFigures, SwingResult

VERDICTS: Mapping[str, str] = {
    "over": "Over limit",
    "near": "Near limit",
    "good": "Within",
    "unknown": "Not resolved",
    "none": "No limit entered",
}
SOURCES: Mapping[str, str] = {"measured": "Measured", "synthetic": "Synthetic"}
METHODS: Mapping[str, str] = {
    "ramp_limiter": "Ramp limiter",
    "recentred": "Ramp limiter that returns to the middle",
    "low_pass": "Low-pass filter",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one course of power beside its limit."""

    said: str
    ratio: float | None
    verdict: str
    reason: str = ""

    @property
    def words(self) -> str:
        """The verdict in words."""
        return VERDICTS[self.verdict]


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity with its limit, and what every course of power makes of it."""

    title: str
    limit: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Swings:
    """Everything about swings that the page shows, a column for each course of power."""

    series: tuple[SeriesFigures, ...]
    ramps: tuple[Row, ...]
    bands: tuple[Row, ...]
    quality: tuple[Row, ...]
    batteries: "tuple[tuple[SeriesFigures, tuple[Battery, ...]], ...]"
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery that keeps the ramp limit by one way of control."""

    need: BatteryNeed

    @property
    def method(self) -> str:
        """How it is controlled, in words."""
        return METHODS[self.need.method]


def verdict_of(value: float | None, limit: float | None) -> tuple[str, float | None]:
    """Return good, near, over, unknown without a value, none without a limit; and the ratio.

    Examples
    --------
    >>> verdict_of(140.0, 100.0), verdict_of(None, 100.0), verdict_of(3.0, None)
    (('over', 1.4), ('unknown', None), ('none', None))
    """
    if value is None:
        return "unknown", None
    if limit is None:
        return "none", None
    ratio = value / limit
    if ratio > 1.0:
        return "over", ratio
    return ("near" if ratio >= NEAR_RATIO else "good"), ratio


def swings_of(document: FacilityInput, number: int, stage: StageResult) -> Swings | None:
    """Return the swings of a stage with the limits of its analysis; None where not studied."""
    found, asked = stage.power.swings, asked_of(document, number)
    if found is None or asked is None:
        return None
    # The site's own course first, then what was measured elsewhere.
    found = found.model_copy(
        update={"series": tuple(sorted(found.series, key=lambda item: item.source != "synthetic"))}
    )
    return Swings(
        series=found.series,
        ramps=tuple(_ramps(asked, found)),
        bands=tuple(_bands(asked, found)),
        quality=tuple(_quality(asked, found)),
        batteries=tuple(
            (item, tuple(Battery(need) for need in item.batteries)) for item in found.series
        ),
        missing=found.missing,
    )


def asked_of(document: FacilityInput, number: int) -> SwingAnalysis | None:
    """Return the analysis of swings that names a stage."""
    for item in document.analyses:
        if isinstance(item, SwingAnalysis) and number in item.stages:
            return item
    return None


def _figure(value: float | None, limit: float | None, said: str, reason: str) -> Figure:
    verdict, ratio = verdict_of(value, limit)
    return Figure(said, ratio, verdict, reason)


def _ramps(asked: SwingAnalysis, found: SwingResult) -> Iterator[Row]:
    """Yield rise and drop over every window."""
    for k, window in enumerate(asked.windows):
        for word, limit in (("Rise", window.rise_kw_per_s), ("Drop", window.drop_kw_per_s)):
            figures = []
            for item in found.series:
                ramp = item.ramps[k]
                value = ramp.rise_kw_per_s if word == "Rise" else ramp.drop_kw_per_s
                figures.append(_figure(value, limit, numbers.kw_per_s(value), ramp.reason))
            title = f"{word} over {duration(window.window_s)}"
            yield Row(title, numbers.kw_per_s(limit), tuple(figures))


def band_name(low_hz: float, high_hz: float | None) -> str:
    """Return a band in words.

    Examples
    --------
    >>> band_name(0.1, 0.8).replace(numbers.THIN, " "), band_name(5.0, None)
    ('0.1 to 0.8 Hz', 'from 5\u202fHz')
    """
    if high_hz is None:
        return f"from {low_hz:g}{numbers.THIN}Hz"
    return f"{low_hz:g} to {high_hz:g}{numbers.THIN}Hz"


def _bands(asked: SwingAnalysis, found: SwingResult) -> Iterator[Row]:
    for k, band in enumerate(asked.bands):
        figures = []
        for item in found.series:
            content = item.bands[k]
            value, limit = content.amplitude_kw, band.amplitude_kw
            if band.amplitude_ratio is not None:
                value, limit = content.amplitude_ratio, band.amplitude_ratio
            said = numbers.kw(content.amplitude_kw)
            if content.amplitude_ratio is not None:
                said = f"{_percent(content.amplitude_ratio)} of the mean ({said})"
            figures.append(_figure(value, limit, said, content.reason))
        shown = numbers.kw(band.amplitude_kw)
        if band.amplitude_ratio is not None:
            shown = f"{_entered(band.amplitude_ratio)} of the mean"
        yield Row(f"Amplitude, {band_name(band.low_hz, band.high_hz)}", shown, tuple(figures))


def _quality(asked: SwingAnalysis, found: SwingResult) -> Iterator[Row]:
    """Yield range of power, change of voltage and flicker."""
    limits, series = asked.limits, found.series
    spans = [(item, item.peak_kw - item.lowest_kw) for item in series]
    yield Row(
        "Range of power",
        numbers.kw(limits.range_kw),
        tuple(_figure(span, limits.range_kw, numbers.kw(span), "") for _, span in spans),
    )
    yield Row(
        "Voltage change within a second",
        _entered(limits.voltage_change_ratio),
        tuple(_voltage(item, limits.voltage_change_ratio) for item in series),
    )
    for title, name in (("Flicker P_st", "short_term"), ("Flicker P_lt", "long_term")):
        limit: float | None = getattr(limits, f"{name}_flicker_pu")
        figures = tuple(_flicker(item, name, limit) for item in series)
        yield Row(title, numbers.DASH if limit is None else f"{limit:g}", figures)


def _voltage(item: SeriesFigures, limit: float | None) -> Figure:
    if item.voltage is None:
        return _figure(None, limit, numbers.DASH, "no voltage was computed")
    value = item.voltage.change_ratio
    return _figure(value, limit, _percent(value), item.voltage.reason)


def _flicker(item: SeriesFigures, name: str, limit: float | None) -> Figure:
    if item.flicker is None:
        return _figure(None, limit, numbers.DASH, "no voltage was computed")
    value: float | None = getattr(item.flicker, f"{name}_pu")
    return _figure(value, limit, numbers.number(value), item.flicker.reason)


def _entered(limit: float | None) -> str:
    """Return a share as somebody entered it."""
    return numbers.DASH if limit is None else f"{100.0 * limit:g}{numbers.THIN}%"


def _percent(value: float | None) -> str:
    return numbers.DASH if value is None else f"{numbers.number(100.0 * value)}{numbers.THIN}%"


@dataclass(frozen=True, slots=True)
class Contract:
    """A grid connection over the year beside its contract."""

    item: ConnectionResult

    @property
    def power(self) -> Figure:
        """Highest hour beside the contract."""
        item = self.item
        verdict, ratio = verdict_of(item.peak_kw, item.contract_kw)
        if item.n_hours_over:
            verdict = "over"
        return Figure(numbers.kw(item.peak_kw), ratio, verdict)

    @property
    def power_factor(self) -> Figure:
        """Lowest power factor beside what the contract asks for."""
        item = self.item
        said = f"{numbers.fixed(item.lowest_power_factor, 3)} {self.side}"
        if item.power_factor_min is None:
            return Figure(said, None, "none")
        return Figure(said, None, "over" if item.n_hours_below else "good")

    @property
    def side(self) -> str:
        """Leading or lagging."""
        return "leading" if self.item.is_leading else "lagging"

    @property
    def ramp(self) -> Figure:
        """Largest change from hour to hour beside the limit of the contract."""
        item = self.item
        verdict, ratio = verdict_of(item.ramp_kw_per_min, item.ramp_limit_kw_per_min)
        return Figure(numbers.kw_per_min(item.ramp_kw_per_min), ratio, verdict)


def contracts_of(stage: StageResult) -> tuple[Contract, ...]:
    """Return the connections of a stage; none where the year is not solved."""
    return tuple(Contract(item) for item in stage.power.connections)


def answer(stage: StageResult, swings: Swings | None) -> tuple[str, ...]:
    """Return how the connection stands to its contract and to the limits of swings."""
    lines = [_contract(item.item) for item in contracts_of(stage)]
    if swings is not None:
        lines += [_swings(swings, k, item) for k, item in enumerate(swings.series)]
    return tuple(lines)


def _contract(item: ConnectionResult) -> str:
    peak = (
        f"{item.source} peaks at {numbers.kw(item.peak_kw)} and {numbers.kva(item.peak_kva)} "
        f"({hour_words(item.peak_hour)})"
    )
    if item.n_hours_over:
        return f"{peak}, beyond its contract on {numbers.fixed(item.n_hours_over)} hours."
    if item.contract_kw is None:
        return f"{peak}; its contract states no power."
    free = numbers.kw(item.contract_kw - item.peak_kw)
    return f"{peak}; {free} of its contract are free in the hour that loads it most."


def _swings(swings: Swings, k: int, item: SeriesFigures) -> str:
    rows = (*swings.ramps, *swings.bands, *swings.quality)
    judged = [(row, row.figures[k]) for row in rows if row.limit != numbers.DASH]
    over = [(row, figure) for row, figure in judged if figure.verdict == "over"]
    unknown = sum(figure.verdict == "unknown" for _, figure in judged)
    name = f"{SOURCES[item.source]} course ({item.label})"
    open_ends = f"; {unknown} cannot be told from its samples" if unknown else ""
    n_limits = len(judged)
    if not over:
        return f"{name}: none of {n_limits} limits of swings is broken{open_ends}."
    row, worst = max(over, key=lambda pair: pair[1].ratio or 0.0)
    return (
        f"{name}: {len(over)} of {n_limits} limits of swings are broken, worst "
        f"{row.title[:1].lower()}{row.title[1:]}: {worst.said}, limit {row.limit}{open_ends}."
    )
