"""Durations and hours of the model year as people say them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from facility.kernel.units import MIN_PER_H, S_PER_H
from facility.reports.numbers import DASH, THIN, fixed

S_PER_MIN = S_PER_H / MIN_PER_H
S_PER_DAY = 24 * S_PER_H
SHOWN_AS_S = 100.0
SHOWN_AS_MIN = 2 * S_PER_H
SHOWN_AS_H = 48 * S_PER_H
_NEW_YEAR = datetime(2023, 1, 1, tzinfo=UTC)  # any year without a leap day


def duration(value_s: float | None) -> str:
    """Return how long something lasts, or when after an event it comes.

    Examples
    --------
    >>> [duration(t).replace(THIN, " ") for t in (0.1, 10.0, 554.03, 3600.0, 15_000.0, 2e5)]
    ['0.1 s', '10 s', '9 min 14 s', '1 h', '4 h 10 min', '2.3 d']
    """
    if value_s is None:
        return DASH
    if value_s < SHOWN_AS_S:
        text = f"{value_s:.3g}" if value_s < 1.0 else f"{value_s:.1f}".removesuffix(".0")
        return f"{text}{THIN}s"
    if value_s < SHOWN_AS_MIN and value_s % S_PER_H:
        return _in_two(value_s, S_PER_MIN, ("min", "s"))
    if value_s < SHOWN_AS_H:
        return _in_two(value_s / S_PER_MIN, MIN_PER_H, ("h", "min"))
    return f"{fixed(value_s / S_PER_DAY, 1)}{THIN}d"


def _in_two(value: float, n_small: float, units: tuple[str, str]) -> str:
    """Return an amount of small units as so many large ones and the rest."""
    large, small = divmod(round(value), round(n_small))
    text = f"{large}{THIN}{units[0]}"
    return f"{text} {small}{THIN}{units[1]}" if small else text


def hour_words(hour: int) -> str:
    """Return an hour of the model year as month, day and time in standard time.

    Examples
    --------
    >>> hour_words(0), hour_words(4550)
    ('1 January, 00:00', '9 July, 14:00')
    """
    return f"{_day(hour)}, {_clock(hour)}"


def hour_spans(hours: Sequence[int], n_most: int = 3) -> tuple[str, ...]:
    """Return hours of the year as spans without a gap, the first of them.

    Examples
    --------
    >>> hour_spans((4549, 4550, 4551, 4573))
    ('9 July, 13:00 to 16:00', '10 July, 13:00 to 14:00')
    """
    spans: list[list[int]] = []
    for hour in sorted(hours):
        if spans and hour == spans[-1][1]:
            spans[-1][1] = hour + 1
        else:
            spans.append([hour, hour + 1])
    return tuple(_span(first, end) for first, end in spans[:n_most])


def _span(first: int, end: int) -> str:
    day, last = _day(first), _day(end - 1)
    close = "24:00" if end % 24 == 0 else _clock(end)
    other = "" if day == last else f"{last}, "
    return f"{day}, {_clock(first)} to {other}{close}"


def _day(hour: int) -> str:
    moment = _NEW_YEAR + timedelta(hours=int(hour))
    return f"{moment.day} {moment:%B}"


def _clock(hour: int) -> str:
    return f"{hour % 24:02}:00"
