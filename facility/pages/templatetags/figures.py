"""Numbers in templates, always by `facility.reports.numbers`; words of states and results."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django import template
from django.utils.html import format_html

from facility.physics.sentences import plain
from facility.reports import numbers, times, words

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from facility.scenarios.models import Run

register = template.Library()
LEAST_LIFE = 0.001

P = ParamSpec("P")


def known(show: Callable[Concatenate[float | None, P], str]) -> Callable[..., str]:
    """Treat the empty text, which templates pass for what is not there, as unknown."""

    @wraps(show)
    def shown(value: float | str | None, *args: P.args, **kwargs: P.kwargs) -> str:
        return show(None if isinstance(value, str) else value, *args, **kwargs)

    return shown


for name in ("number", "fixed", "kw", "kva", "percent", "celsius", "kelvin", "hours"):
    register.filter(name, known(getattr(numbers, name)))
for name in ("kwh", "kw_per_s", "kw_per_min", "ka", "volts"):
    register.filter(name, known(getattr(numbers, name)))
register.filter("duration", known(times.duration))
register.filter("hour_words", times.hour_words)
register.filter("state_words", words.state_words)
register.filter("plain", plain)


@register.filter
@known
def margin_kw(value: float | None) -> str:
    """Return a margin of power with its sign."""
    return numbers.signed(numbers.kw(value))


@register.filter
@known
def margin_kva(value: float | None) -> str:
    """Return a margin of apparent power with its sign."""
    return numbers.signed(numbers.kva(value))


@register.filter
@known
def grade(ratio: float | None) -> str:
    """Return good, near or over for a load over its limit."""
    return words.grade(ratio)


@register.simple_tag
def word(key: str, text: str = "") -> "SafeString":
    """Return a term that says what it means when pointed at, and leads to its definition."""
    entry = words.WORDS[key]
    return format_html(
        '<a class="word" href="/words/#{}" title="{}">{}</a>', key, entry.text, text or entry.title
    )


@register.simple_tag
def status(kind: str, text: str) -> "SafeString":
    """Return a status as shape, word and colour."""
    return format_html('<span class="status {}">{}</span>', kind, text)


@register.filter
def width(ratio: float, scale: float) -> str:
    """Return a share of a drawing's reach as a length of CSS."""
    return f"{100.0 * ratio / scale:.3f}%"


@register.filter
def plus(value: float, more: float) -> str:
    """Return a sum as a coordinate of a drawing."""
    return f"{float(value) + float(more):.3f}"


@register.filter
def after(text: str, mark: str) -> str:
    """Return what follows a mark in a text."""
    return text.partition(mark)[2]


@register.filter
def lower_first(text: str) -> str:
    """Return text for the middle of a sentence; abbreviations keep their capitals."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


@register.filter
def upper_first(text: str) -> str:
    """Return text for the start of a line."""
    return text[:1].upper() + text[1:]


@register.filter
def same(one: object, other: object) -> bool:
    """Return whether two keys are the same, one of them perhaps as text."""
    return str(one) == str(other)


@register.filter
def took(run: "Run") -> str:
    """Return how long a run was worked on."""
    if run.started_at is None or run.finished_at is None:
        return numbers.DASH
    return f"{numbers.number((run.finished_at - run.started_at).total_seconds())}{numbers.THIN}s"


@register.filter
@known
def mwh(energy_kwh: float | None) -> str:
    """Return an energy of a year."""
    return "–" if energy_kwh is None else f"{numbers.number(energy_kwh / 1000.0)}{numbers.THIN}MWh"


@register.filter
def tonnes(mass_kg: float) -> str:
    """Return a mass of emissions."""
    return f"{numbers.number(mass_kg / 1000.0)}{numbers.THIN}t CO₂e"


@register.filter
def power_of_ten(value: float) -> str:
    """Return a residual, of which only the order matters."""
    return "0" if value == 0 else f"{value:.1e}".replace("e-0", "e-").replace("-", numbers.MINUS)


@register.filter
def life(ratio: float) -> str:
    """Return the ageing of a year over normal ageing; tiny shares are none."""
    return f"<{numbers.THIN}0.001{numbers.THIN}×" if ratio < LEAST_LIFE else _times(ratio)


def _times(ratio: float) -> str:
    return f"{numbers.number(ratio, 2)}{numbers.THIN}×"


@register.filter
@known
def share(ratio: float | None) -> str:
    """Return a small share in per cent with its digits."""
    return numbers.DASH if ratio is None else f"{numbers.number(100.0 * ratio)}{numbers.THIN}%"


@register.filter
def seconds(time_s: float) -> str:
    """Return a short time step."""
    if time_s < 1.0:
        return f"{1000.0 * time_s:.3g}{numbers.THIN}ms"
    return times.duration(time_s)
