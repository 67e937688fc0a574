"""Names of states and objects as people say them."""

import re


def plain(text: str) -> str:
    """Return a text with states and new racks in words, kinds of objects left out.

    Examples
    --------
    >>> plain("USS-A02 is over its limit: 104 % in outage:MV-B; 6 objects are over.")
    'USS-A02 is over its limit: 104 % with MV-B out; 6 objects are over.'
    >>> plain("Electricity: feed candidate@HALL-B/B13-15@TAP-A07-1-F")
    'Electricity: feed of a new rack at HALL-B/B13-15'
    >>> plain("Electricity: branch USS-A02")
    'Electricity: USS-A02'
    """
    for pattern, words in _PLAIN:
        text = pattern.sub(words, text)
    return text


def power_words(value: float, unit: str = "kW") -> str:
    """Return a power as people say it: kW below 10 MW, MW above; of kVA alike.

    Examples
    --------
    >>> power_words(812.4).replace(THIN, " "), power_words(4478.9).replace(THIN, " ")
    ('812 kW', '4 479 kW')
    >>> power_words(53605.1).replace(THIN, " "), power_words(54248.8, "kVA").replace(THIN, " ")
    ('53.6 MW', '54.2 MVA')
    """
    if abs(value) < FROM_MEGA:
        return f"{value:,.0f}{THIN}{unit}".replace(",", THIN)
    return f"{value / KILO:,.1f}{THIN}M{unit[1:]}".replace(",", THIN)


THIN = "\u202f"
"""A narrow space at which no line breaks."""
FROM_MEGA = 10_000.0
KILO = 1000.0

_PLAIN = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"\bin outage:([\w./-]*\w)", r"with \1 out"),
        (r"\boutage:([\w./-]*\w)", r"\1 out"),
        (r"\bcandidate@([\w/.-]*\w)@[\w./-]*\w", r"of a new rack at \1"),
        (r"\b(electricity:) (?:branch|conversion|source|switch) ", r"\1 "),
    )
)
