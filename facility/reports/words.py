"""What the words and figures on the pages mean, and the words for states."""

from collections.abc import Mapping
from dataclasses import dataclass

NEAR_RATIO = 0.9
"""From here on a load is called near its limit, as in the findings of a run."""


@dataclass(frozen=True, slots=True)
class Word:
    """A term, its unit and its meaning; ``page`` is the model page with the equations."""

    title: str
    unit: str
    text: str
    page: str = ""


WORDS: Mapping[str, Word] = {
    "rating": Word(
        "Rating",
        "kVA",
        "What the object may carry continuously, with derating and the continuous-load rule.",
    ),
    "normal": Word(
        "Normal",
        "kW, kVA, %",
        "Load with everything in service at the design point.",
        "docs/models/power/load_flow.md",
    ),
    "failover": Word(
        "Failover",
        "kW, kVA, %",
        "Total load (not the added load) in the worst credible outage that leaves the object in "
        "service.",
        "docs/models/power/contingency.md",
    ),
    "headroom": Word(
        "Headroom",
        "kW, kVA, racks",
        "Largest added load of a stated type and place that keeps every limit, in the named state "
        "(N: everything in service; N-1: after any one outage) and weather.",
        "docs/models/power/headroom.md",
    ),
    "binds": Word(
        "What binds", "", "The limit that stops an increase first, with its object and state."
    ),
    "outage": Word(
        "Credible outage",
        "",
        "Loss of one object: feed, transformer, bus section, branch, UPS, busway or cooling unit.",
    ),
    "density": Word(
        "Rack density",
        "kW/rack",
        "Nameplate power at the rack's input, mean of the racks that stand in the hall.",
    ),
    "allowed": Word(
        "Allowed density",
        "kW/rack",
        "Power of one rack at which, all racks of the hall raised alike, the first limit is "
        "reached.",
    ),
    "area_density": Word(
        "Area density", "kW/m²", "Nameplate per area of the hall, aisles included."
    ),
    "nameplate": Word("Nameplate", "kW", "What has to be provided when nothing limits the power."),
    "peak": Word("Peak", "kW", "Power at full work at 25 °C."),
    "inlet": Word(
        "Inlet",
        "°C",
        "What enters the chips' cooling: air at the rack's inlet, or coolant of its circuit.",
    ),
    "junction": Word(
        "Junction", "°C", "Hottest chip temperature of the year.", "docs/models/thermal/chip.md"
    ),
    "margin": Word(
        "Junction margin", "K", "Highest operating temperature less the hottest hour of the year."
    ),
    "throttled": Word(
        "Throttled hours",
        "h",
        "Hours of the year, each chip, in which its clock is at least 1 % lower for a thermal "
        "reason.",
    ),
    "capped": Word("Capped hours", "h", "The same for a power reason."),
    "lost": Word("Lost throughput", "%", "Delivered work lost to throttling and capping."),
    "hot_spot": Word(
        "Hot spot",
        "°C",
        "Hottest point of a transformer's winding by the loading guide.",
        "docs/models/power/transformer_thermal.md",
    ),
    "ageing": Word("Life used", "×", "Ageing of the insulation over the year, over normal ageing."),
    "pue": Word("PUE", "", "Annual facility energy over annual IT energy (ISO/IEC 30134-2)."),
    "itue": Word("ITUE", "", "IT energy over the energy that reaches compute boards."),
    "tue": Word("TUE", "", "PUE × ITUE: facility energy over compute energy."),
    "wue": Word("WUE", "L/kWh", "Water of the site per IT energy."),
    "it_power": Word(
        "IT power", "kW", "At the inputs of IT equipment, fans and supplies included."
    ),
    "stranded": Word(
        "Stranded",
        "kW",
        "An object's own headroom less the largest increase possible under all other limits.",
        "docs/models/power/stranded_power.md",
    ),
    "even_share": Word(
        "Even share",
        "kW",
        "Load if every load's redundant supplies shared it evenly, without losses.",
        "docs/models/power/redundancy.md",
    ),
    "supply_uncertainty": Word(
        "Supply uncertainty",
        "kW",
        "How much more than the even share an object may carry because supplies do not share "
        "evenly; not to be added to failover.",
        "docs/models/power/redundancy.md",
    ),
    "imbalance": Word(
        "Imbalance",
        "%",
        "Largest deviation of a conductor's current from the mean of the three, over that mean.",
        "docs/models/power/phase_balance.md",
    ),
    "nameplate_headroom": Word(
        "Nameplate headroom",
        "kVA",
        "Rating less the highest hour of the year.",
        "docs/models/power/transformer_thermal.md",
    ),
    "continuous": Word(
        "Continuous headroom",
        "kVA, kW",
        "Constant load that can join the year's at the site's weather until hot spot, oil, life or "
        "current binds; negative: so much has to go.",
        "docs/models/power/transformer_thermal.md",
    ),
    "time_limited": Word(
        "Time-limited headroom",
        "min",
        "From the year's hottest moment into the failover load: minutes until a temperature limit.",
        "docs/models/power/transformer_thermal.md",
    ),
    "top_oil": Word(
        "Top oil",
        "°C",
        "Oil at the top of the tank, highest of the year; of a dry type the air beside its "
        "windings.",
        "docs/models/power/transformer_thermal.md",
    ),
    "cascade": Word(
        "Cascade",
        "",
        "What trips after an outage because it is overloaded, and what trips after that.",
        "docs/models/power/cascade.md",
    ),
    "scheme": Word(
        "Redundancy scheme",
        "",
        "How systems back one another, read off the real feeds: N, N+1, 2N, 4N/3, block.",
        "docs/models/power/redundancy.md",
    ),
    "autonomy": Word(
        "Autonomy",
        "s, min",
        "How long a battery carries its load from the usable energy of its window.",
        "docs/models/power/battery.md",
    ),
    "low_load": Word(
        "Low load",
        "",
        "A diesel set below the load at which it runs clean for long.",
        "docs/models/power/genset.md",
    ),
    "dip": Word(
        "Voltage dip",
        "p.u., s",
        "Short fall of the voltage; a UPS takes its battery when its input leaves the window.",
        "docs/models/power/voltage_dips.md",
    ),
    "ramp": Word(
        "Ramp",
        "kW/s",
        "Fastest change of power between two moments one window apart, over the window.",
        "docs/models/power/swings.md",
    ),
    "band": Word(
        "Amplitude in a band",
        "kW, %",
        "Amplitude of one sine with the energy of all lines between two frequencies.",
        "docs/models/power/swings.md",
    ),
    "flicker": Word(
        "Flicker",
        "P_st, P_lt",
        "By the flicker meter: 1 irritates half the observers, over ten minutes and two hours.",
        "docs/models/power/flicker.md",
    ),
    "fault_level": Word(
        "Short-circuit level",
        "kA",
        "Largest three-phase initial symmetrical current by IEC 60909.",
        "docs/models/power/short_circuit.md",
    ),
    "fault_peak": Word(
        "Peak",
        "kA",
        "Highest instantaneous value of the largest short-circuit current.",
        "docs/models/power/short_circuit.md",
    ),
    "power_factor": Word(
        "Power factor", "", "Real over apparent power; lagging: the site draws reactive power."
    ),
    "confidence": Word(
        "Confidence",
        "",
        "measured, vendor, standard, estimate (with its method) or unverified.",
        "docs/catalogue.md",
    ),
}


def state_words(state: str) -> str:
    r"""Return a state as people say it.

    Examples
    --------
    >>> state_words("outage:TX1"), state_words("normal"), state_words("")
    ('TX1\xa0out', 'normal', '–')
    """
    if not state:
        return "–"
    # The words of a state stay on one line: it is a name.
    return f"{state.removeprefix('outage:')}\xa0out" if state.startswith("outage:") else state


def grade(ratio: float | None) -> str:
    """Return good, near or over for a load over its limit; unknown for none."""
    if ratio is None:
        return "unknown"
    if ratio > 1.0:
        return "over"
    return "near" if ratio > NEAR_RATIO else "good"
