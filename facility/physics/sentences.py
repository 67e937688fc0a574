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


_PLAIN = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"\bin outage:([\w./-]*\w)", r"with \1 out"),
        (r"\boutage:([\w./-]*\w)", r"\1 out"),
        (r"\bcandidate@([\w/.-]*\w)@[\w./-]*\w", r"of a new rack at \1"),
        (r"\b(electricity:) (?:branch|conversion|source|switch) ", r"\1 "),
    )
)
