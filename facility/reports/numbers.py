"""Numbers as people read them: three significant digits, thin spaces, a dash for unknown."""

from math import floor, isfinite, log10

DASH = "–"
THIN = "\u202f"
"""A narrow space at which no line breaks: between thousands, and before a unit."""
MINUS = "\u2212"
KW_PER_MW = 1000.0
FROM_MW = 10_000.0
"""Powers from here on are said in MW. [kW]."""
N_DIGITS = 3
V_PER_KV = 1000.0
LEAST_SHARE = 0.05
"""Shares below this many per cent are none."""


def number(value: float | None, digits: int = N_DIGITS) -> str:
    """Return a number with so many significant digits.

    Examples
    --------
    >>> number(12345.6), number(0.01234), number(-3.0), number(None)
    ('12\u202f300', '0.0123', '−3.00', '–')
    """
    if value is None or not isfinite(value):
        return DASH
    if value == 0:
        return "0"
    n_decimals = digits - 1 - floor(log10(abs(value)))
    rounded = round(value, n_decimals)
    if rounded and floor(log10(abs(rounded))) > floor(log10(abs(value))):
        n_decimals -= 1  # 9.996 becomes 10.0, not 10.00
    return fixed(rounded, max(n_decimals, 0))


def fixed(value: float | None, n_decimals: int = 0) -> str:
    """Return a number with so many decimals.

    Examples
    --------
    >>> fixed(8760), fixed(-0.04, 1), fixed(1.1274, 3)
    ('8\u202f760', '0.0', '1.127')
    """
    if value is None or not isfinite(value):
        return DASH
    text = f"{value:,.{n_decimals}f}".replace(",", THIN)
    if text.startswith("-"):
        return text[1:] if not any(digit in text for digit in "123456789") else MINUS + text[1:]
    return text


def signed(text: str) -> str:
    """Return the text of a margin with its sign said."""
    is_plain = text[:1].isdigit() and any(digit in text for digit in "123456789")
    return f"+{text}" if is_plain else text


def scaled(value: float | None, unit: str, big_unit: str) -> str:
    """Return a power in its unit below ten thousand and in the thousandfold unit above."""
    if value is None:
        return DASH
    if abs(value) >= FROM_MW:
        return f"{number(value / KW_PER_MW)}{THIN}{big_unit}"
    return f"{number(value)}{THIN}{unit}"


def kw(value: float | None) -> str:
    """Return a power.

    Examples
    --------
    >>> kw(812.4), kw(53605.1)
    ('812\u202fkW', '53.6\u202fMW')
    """
    return scaled(value, "kW", "MW")


def kva(value: float | None) -> str:
    """Return an apparent power."""
    return scaled(value, "kVA", "MVA")


def percent(value: float | None) -> str:
    """Return a share in per cent; the words beside it say of what.

    Examples
    --------
    >>> percent(0.8489), percent(1.036), percent(0.0034), percent(1e-9)
    ('85\u202f%', '104\u202f%', '0.3\u202f%', '0\u202f%')
    """
    if value is None:
        return DASH
    share = 100.0 * value
    n_decimals = 0 if abs(share) >= 1 or abs(share) < LEAST_SHARE else 1
    return f"{fixed(share, n_decimals)}{THIN}%"


def celsius(value: float | None) -> str:
    """Return a temperature level."""
    return DASH if value is None else f"{fixed(value, 1)}{THIN}°C"


def kelvin(value: float | None) -> str:
    """Return a margin of temperature with its sign.

    Examples
    --------
    >>> kelvin(4.21), kelvin(-0.5)
    ('+4.2\u202fK', '−0.5\u202fK')
    """
    return DASH if value is None else f"{signed(fixed(value, 1))}{THIN}K"


def hours(value: float | None) -> str:
    """Return a duration of accounting."""
    if value is None:
        return DASH
    return f"{number(value) if 0 < value < 10 else fixed(value)}{THIN}h"  # noqa: PLR2004 - digits


def scaled_as(value: float | None, unit: str, big_unit: str) -> str:
    """Return a figure in its unit below ten thousand, in the thousandfold one above; 0 has none.

    Examples
    --------
    >>> scaled_as(24724.8, "kW/s", "MW/s"), scaled_as(0.0, "kWh", "MWh")
    ('24.7\u202fMW/s', '0')
    """
    return "0" if value == 0 else scaled(value, unit, big_unit)


def kwh(value: float | None) -> str:
    """Return an energy."""
    return scaled_as(value, "kWh", "MWh")


def kw_per_s(value: float | None) -> str:
    """Return a ramp."""
    return scaled_as(value, "kW/s", "MW/s")


def kw_per_min(value: float | None) -> str:
    """Return a ramp over minutes."""
    return scaled_as(value, "kW/min", "MW/min")


def ka(value: float | None) -> str:
    """Return a short-circuit current.

    Examples
    --------
    >>> ka(25.9687), ka(None)
    ('26.0\u202fkA', '–')
    """
    return DASH if value is None else f"{number(value)}{THIN}kA"


def volts(value: float | None) -> str:
    """Return a nominal voltage.

    Examples
    --------
    >>> volts(480.0), volts(34_500.0)
    ('480\u202fV', '34.5\u202fkV')
    """
    if value is None:
        return DASH
    if value < V_PER_KV:
        return f"{value:g}{THIN}V"
    return f"{value / V_PER_KV:g}{THIN}kV"
