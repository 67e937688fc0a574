"""A sequential scale for drawings: cividis, readable by everybody and in black and white."""

from bisect import bisect_right

# Twelve colours of matplotlib's cividis (CC0), dark to light, evenly spaced.
CIVIDIS = (
    "#00224e", "#05316f", "#2a3f6d", "#434e6c", "#575d6d", "#6b6d71",
    "#7d7c78", "#948e77", "#aba074", "#c3b369", "#ddc75a", "#fee838",
)  # fmt: skip
N_DARK = 6
"""The first so many colours take light text."""


def step_of(value: float, low: float, high: float, n_steps: int = len(CIVIDIS)) -> int:
    """Return which of the equal steps from low to high a value falls into.

    Examples
    --------
    >>> step_of(0.0, 0.0, 120.0), step_of(59.0, 0.0, 120.0), step_of(120.0, 0.0, 120.0)
    (0, 5, 11)
    >>> step_of(5.0, 5.0, 5.0)
    11
    """
    if high <= low:
        return n_steps - 1
    edges = [low + (high - low) * k / n_steps for k in range(1, n_steps)]
    return bisect_right(edges, value)
