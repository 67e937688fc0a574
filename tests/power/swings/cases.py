"""Courses of power and of voltage that the tests of swings share."""

import json
from pathlib import Path

import numpy as np

from power.physics.swings.documents import Connection, SwingInput, SyntheticProfile, TrainingJob

ROOT = Path(__file__).parents[3]
FLICKER_TABLES = json.loads(
    (ROOT / "tests/reference/electrical/swings/flicker_tables.json").read_text(encoding="utf-8")
)


def square_kw(*, low_kw, high_kw, frequency_hz, step_s, duration_s):
    """Return equal times low and high, low first."""
    time_s = np.arange(round(duration_s / step_s)) * step_s
    return np.where(np.mod(time_s * frequency_hz + 1e-9, 1.0) < 0.5, low_kw, high_kw)


def steps_pu(changes_per_min, *, change_pct, sampling_hz, duration_s=600.0):
    """Return a voltage about 1 that steps so often, the first time after half an interval."""
    time_s = np.arange(round(duration_s * sampling_hz)) / sampling_hz
    interval = np.floor(time_s * changes_per_min / 60.0 + 0.5)
    return 1.0 + change_pct / 200.0 * np.where(np.mod(interval, 2.0) < 0.5, 1.0, -1.0)


def plain_job(**changes):
    """Return the example of the hand calculation: 2 s, 70 %, edges of 0.15 s, no jitter."""
    fields = {"id": "train", "high_kw": 1000.0, "low_ratio": 0.0, "jitter_ratio": 0.0}
    return TrainingJob(**(fields | changes))


def profile(*jobs, **changes):
    """Return a profile of the jobs that all start in step."""
    fields = {"jobs": jobs or (plain_job(),), "coherence_ratio": 1.0, "duration_s": 60.0}
    return SyntheticProfile(**(fields | changes))


def point(**changes):
    """Return a connection of 4000 MVA for a 230 V country."""
    fields = {"short_circuit_mva": 4000.0, "x_over_r": 10.0, "frequency_hz": 50, "lamp": "230 V"}
    return Connection(**(fields | changes))


def case(**changes):
    """Return a study of the plain profile at the connection point."""
    return SwingInput(**({"profile": profile(), "connection": point()} | changes))
