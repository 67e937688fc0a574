"""What a study of load swings is given, limits included, and what it answers."""

from typing import Literal

from pydantic import Field

from facility.kernel.documents import Document
from facility.kernel.fields import Name, NotNegative, Positive, Ratio, Share

Lamp = Literal["230 V", "120 V"]
Source = Literal["measured", "synthetic"]
Verdict = Literal["over", "near", "ok", "not_resolved"]
Method = Literal["ramp_limiter", "recentred", "low_pass"]


class RampWindow(Document):
    """A time over which ramps are looked at, and the limits that the grid operator sets for it."""

    window_s: Positive
    rise_kw_per_s: Positive | None = Field(default=None, description="Limit; None: not entered.")
    drop_kw_per_s: Positive | None = Field(default=None, description="Limit; None: not entered.")


class Band(Document):
    """A range of frequencies and the limits of amplitude in it."""

    low_hz: Positive
    high_hz: Positive | None = Field(
        default=None, description="None: up to half the sampling rate."
    )
    amplitude_kw: Positive | None = Field(default=None, description="Limit; None: not entered.")
    amplitude_ratio: Positive | None = Field(
        default=None, description="Limit on the mean power; None: not entered."
    )


DEFAULT_WINDOWS = tuple(RampWindow(window_s=window) for window in (0.1, 1.0, 10.0, 60.0, 600.0))
DEFAULT_BANDS = (
    Band(low_hz=0.1, high_hz=0.8),
    Band(low_hz=1.0, high_hz=2.5),
    Band(low_hz=0.2, high_hz=3.0),
    Band(low_hz=5.0),
)
"""Oscillations between areas, of plants, most of the swings, shafts: engineering defaults."""


class SwingLimits(Document):
    """Limits that belong to no window and no band; None: not entered."""

    range_kw: Positive | None = Field(default=None, description="Largest less smallest power.")
    voltage_change_ratio: Positive | None = Field(
        default=None, description="Change of voltage within a second."
    )
    short_term_flicker_pu: Positive | None = Field(default=None, description="P_st.")
    long_term_flicker_pu: Positive | None = Field(default=None, description="P_lt.")


class Connection(Document):
    """The point at which the swings meet the grid."""

    short_circuit_mva: Positive = Field(description="Smallest in normal operation. [MVA]")
    x_over_r: Positive = 10.0
    frequency_hz: Literal[50, 60]
    lamp: Lamp = Field(description="Reference lamp of the country's low voltage.")
    power_factor: Share = Field(default=1.0, description="Of the swinging load, lagging.")
    base_kw: NotNegative = Field(default=0.0, description="Steady load beside the swings. [kW]")
    base_kvar: float = Field(default=0.0, description="Consumed by it. [kvar]")


class Checkpoint(Document):
    """Breaks of a job: the power stays low while it saves its state."""

    every_s: Positive
    length_s: Positive


class PowerSmoothing(Document):
    """What accelerators do against their own swings while a job runs."""

    floor_ratio: Ratio = Field(default=0.0, description="Lowest power over the high power.")
    rise_kw_per_s: Positive | None = Field(default=None, description="None: not limited.")
    drop_kw_per_s: Positive | None = Field(default=None, description="None: not limited.")
    hysteresis_s: NotNegative = Field(
        default=0.0, description="How long a fall of the demand is held up."
    )


class TrainingJob(Document):
    """A job whose iterations are trapezoids of power. The defaults are estimates."""

    id: Name
    high_kw: Positive = Field(description="While it computes. [kW]")
    low_ratio: Ratio = Field(default=0.5, description="Power while it communicates over high_kw.")
    period_s: Positive = 2.0
    duty_ratio: Share = Field(default=0.7, description="Width at half height over the period.")
    edge_s: Positive = 0.15
    jitter_ratio: Ratio = Field(
        default=0.02, le=0.2, description="Standard deviation of a period over the period."
    )
    checkpoint: Checkpoint | None = None
    start_s: NotNegative = Field(default=0.0, description="Power is low before.")
    abort_s: Positive | None = Field(default=None, description="Power is low after.")
    smoothing: PowerSmoothing | None = None


class SyntheticProfile(Document):
    """Jobs that run side by side on a site with a steady load."""

    jobs: tuple[TrainingJob, ...] = Field(min_length=1, max_length=64)
    steady_kw: NotNegative = 0.0
    coherence_ratio: Ratio = Field(
        default=0.0, description="0: jobs know nothing of each other; 1: all iterate in step."
    )
    duration_s: Positive = Field(default=600.0, le=7200.0)
    sampling_hz: Positive = Field(default=400.0, le=5000.0)
    seed: int = Field(default=1, ge=0, le=2**32 - 1, description="Of phases and jitter.")


class StorageTerms(Document):
    """What turns the energy of swings into a battery to buy. Estimates."""

    efficiency_ratio: Share = Field(default=0.94, description="One way, at its terminals.")
    window_ratio: Share = Field(
        default=0.8, description="Part of the installed energy that may be used."
    )


class IslandedGenerator(Document):
    """Machines that carry the load without the grid."""

    rating_kva: Positive
    inertia_s: Positive = Field(default=0.75, description="Stored energy over rating, an estimate.")
    frequency_hz: Literal[50, 60]


class SwingInput(Document):
    """A study of swings: windows and bands with their limits, the connection, a profile."""

    windows: tuple[RampWindow, ...] = DEFAULT_WINDOWS
    bands: tuple[Band, ...] = DEFAULT_BANDS
    limits: SwingLimits = SwingLimits()
    near_ratio: Share = Field(default=0.9, description="Value over limit from which it is near.")
    counted_ratio: Share = Field(
        default=0.05, description="Smallest change over the mean power that counts as a ramp."
    )
    reference_s: Positive = Field(
        default=60.0, description="Time constant of the steady power in the energy of swings."
    )
    connection: Connection | None = Field(
        default=None, description="None: no voltage and no flicker is computed."
    )
    profile: SyntheticProfile | None = None
    storage: StorageTerms = StorageTerms()
    generator: IslandedGenerator | None = None


class RampFigure(Document):
    """Fastest change over a window; without values the reason says why."""

    window_s: float
    rise_kw_per_s: float | None
    drop_kw_per_s: float | None
    reason: str = ""


class BandFigure(Document):
    """What swings in a band; without values the reason says why.

    ``amplitude_kw`` is that of one sine with the energy of all lines of the band.
    """

    low_hz: float
    high_hz: float | None
    line_kw: float | None = Field(description="Amplitude of the largest line.")
    amplitude_kw: float | None
    amplitude_ratio: float | None = Field(description="On the mean power.")
    share_ratio: float | None = Field(description="Energy in the band over that of all swings.")
    reason: str = ""


class VoltageFigure(Document):
    """Change of voltage at the connection point."""

    change_ratio: float | None = Field(description="Largest within a second, exact.")
    estimate_ratio: float = Field(description="Of the whole range of power, first order.")
    range_ratio: float = Field(description="Of the whole range of power, exact.")
    lowest_pu: float
    highest_pu: float
    swing_ratio: float = Field(description="Whole range in kVA over short-circuit power.")
    changes_per_min: float
    stage_one_ratio: float = Field(description="Allowed without further study at that rate.")
    accepted: bool = Field(description="The swing is within the first stage.")
    reason: str = ""


class FlickerFigure(Document):
    """Flicker by the meter; without values the reason says why."""

    lamp: Lamp
    frequency_hz: Literal[50, 60]
    short_term_pu: float | None = Field(description="Largest P_st of ten minutes.")
    long_term_pu: float | None = Field(description="P_lt; the record is taken to repeat.")
    reason: str = ""


class BatteryNeed(Document):
    """The battery that keeps a ramp limit, by one way of control."""

    method: Method
    rise_kw_per_s: float | None = Field(description="Limit kept; None: not entered.")
    drop_kw_per_s: float | None = Field(description="Limit kept; None: not entered.")
    power_kw: float
    energy_kwh: float = Field(description="Used between its fullest and its emptiest.")
    installed_kwh: float = Field(description="With the part that may not be used.")
    loss_kw: float = Field(description="Mean over the record.")
    deficit_kwh: float = Field(description="Missing from the battery at the end of the record.")
    rise_left_kw_per_s: float = Field(description="Fastest rise left at the connection point.")
    drop_left_kw_per_s: float = Field(description="Fastest drop left at the connection point.")
    note: str = ""


class GeneratorFigure(Document):
    """What the largest step does to machines without the grid, before any governor acts."""

    step_ratio: float = Field(description="On the rating.")
    slope_hz_per_s: float


class SeriesFigures(Document):
    """All figures of one course of power."""

    source: Source
    label: str
    course_digest: str = Field(description="Of the array that was studied.")
    step_s: float
    duration_s: float
    n_samples: int
    mean_kw: float
    peak_kw: float
    lowest_kw: float
    percentile_5_kw: float
    percentile_95_kw: float
    crest_ratio: float = Field(description="Peak over mean.")
    step_kw: float | None = Field(description="Largest change within a second.")
    step_reason: str = ""
    changes_per_min: float = Field(description="Rises and drops of the counted size.")
    swing_energy_kwh: float = Field(
        description="Range of the energy above and below the steady power."
    )
    ramps: tuple[RampFigure, ...]
    bands: tuple[BandFigure, ...]
    voltage: VoltageFigure | None
    flicker: FlickerFigure | None
    batteries: tuple[BatteryNeed, ...] = Field(
        description="By energy, smallest first; empty: no ramp limit that the record shows."
    )
    generator: GeneratorFigure | None


class Margin(Document):
    """One figure against its limit."""

    code: Literal["ramp", "band", "range", "voltage", "short_term_flicker", "long_term_flicker"]
    source: Source
    verdict: Verdict
    value_ratio: float | None = Field(description="Value over limit.")
    message: str


class SwingResult(Document):
    """The answer: one set of figures a course of power, every limit compared, what is missing."""

    input_digest: str
    series: tuple[SeriesFigures, ...]
    margins: tuple[Margin, ...]
    missing: tuple[str, ...]
