"""Headroom of transformers three ways, side by side: nameplate, weather, minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facility.kernel.units import MIN_PER_H
from facility.physics.documents import FacilityInput
from facility.physics.results import ObjectLoad, StageResult, TransformerResult
from facility.reports import numbers
from facility.reports.levels import LEVELS
from facility.reports.power_objects import Row as ObjectRow
from facility.reports.power_objects import rows_of as object_rows
from facility.reports.times import hour_spans
from facility.reports.words import state_words
from power.physics.documents import Transformer

TOLD_IN_MINUTES_MIN = 120.0
CRITERIA: Mapping[str, str] = {
    "hot_spot": "hot spot",
    "top_oil": "top oil",
    "life": "loss of life",
    "current": "current",
}
KINDS: Mapping[str, str] = {"oil": "oil", "dry": "dry type", "": "no thermal data"}


@dataclass(frozen=True, slots=True)
class Row:
    """One transformer; ``kind`` is oil, dry, or empty where nobody gave its thermal data."""

    object: ObjectRow
    kind: str

    @property
    def load(self) -> ObjectLoad:
        """Its loads and headroom."""
        return self.object.load

    @property
    def three(self) -> TransformerResult | None:
        """Its headroom three ways; None where the year is not solved or thermal data miss."""
        return self.load.transformer

    @property
    def kind_words(self) -> str:
        """Oil or dry, in words."""
        return KINDS[self.kind]

    @property
    def binds(self) -> str:
        """What binds the continuous headroom."""
        return CRITERIA[self.three.continuous_criterion] if self.three else ""

    @property
    def n_hours(self) -> str:
        """On how many hours of the year it binds."""
        return f"{numbers.fixed(self.three.n_binding_hours)}{numbers.THIN}h" if self.three else ""

    @property
    def when(self) -> str:
        """The first time it binds, as dates of the model year."""
        spans = hour_spans(self.three.binding_hours, 1) if self.three else ()
        return spans[0] if spans else ""

    @property
    def minutes(self) -> str:
        """How long the worst outage may last, in words."""
        if self.three is None:
            return numbers.DASH
        if self.three.failover_min is None:
            return "no limit reached"
        return minutes_words(self.three.failover_min)

    @property
    def minutes_bind(self) -> str:
        """Which temperature ends it."""
        if self.three is None or self.three.failover_min is None:
            return ""
        return CRITERIA.get(self.three.failover_criterion, "")

    @property
    def is_hot(self) -> bool:
        """Whether the hot spot of the outage, held, lies beyond the limit."""
        hot_c, limit_c = self.load.hot_spot_failover_c, self.load.hot_spot_limit_c
        return hot_c is not None and limit_c is not None and hot_c > limit_c

    @property
    def top_oil_c(self) -> float | None:
        """Highest top oil of the year; a dry type has none. [°C]."""
        return self.three.top_oil_max_c if self.three and self.kind == "oil" else None


def minutes_words(time_min: float) -> str:
    """Return minutes as people say them.

    Examples
    --------
    >>> [minutes_words(t).replace(numbers.THIN, " ") for t in (0.0, 37.4, 150.0)]
    ['at once', '37 min', '2.5 h']
    """
    if time_min <= 0.0:
        return "at once"
    if time_min < TOLD_IN_MINUTES_MIN:
        return f"{numbers.fixed(time_min)}{numbers.THIN}min"
    return f"{numbers.fixed(time_min / MIN_PER_H, 1)}{numbers.THIN}h"


def rows_of(
    document: FacilityInput, stage: StageResult, known: Mapping[str, str]
) -> tuple[Row, ...]:
    """Return the transformers of a stage by level, hardest loaded first."""
    kinds = {
        branch.id: branch.thermal.kind
        for branch in document.network.branches
        if isinstance(branch, Transformer) and branch.thermal is not None
    }
    order = list(LEVELS)
    rows = [
        Row(row, kinds.get(row.load.id, ""))
        for row in object_rows(stage, known)
        if row.load.kind == "transformer"
    ]
    return tuple(sorted(rows, key=lambda row: order.index(row.object.level)))


def answer(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the tightest transformer in sentences, three ways."""
    known = [(row, row.three) for row in rows if row.three is not None]
    if not known:
        return _without_year(rows)
    row, three = min(known, key=lambda pair: pair[1].continuous_kva / pair[0].load.rating_kva)
    verb = "keeps" if three.continuous_kva >= 0 else "lacks"
    amount = f"{numbers.kva(abs(three.continuous_kva))} ({numbers.kw(abs(three.continuous_kw))})"
    lines = [
        f"{row.load.id} {verb} {amount} continuously at the site's weather; its "
        f"{row.binds} binds{_on(row)}. By nameplate it "
        f"{'keeps' if three.nameplate_kva >= 0 else 'lacks'} "
        f"{numbers.kva(abs(three.nameplate_kva))}."
    ]
    short = [pair for pair in known if pair[1].failover_min is not None]
    if short:
        soonest, _ = min(short, key=lambda pair: pair[1].failover_min or 0.0)
        lines.append(
            f"With {state_words(soonest.load.failover_state)} {soonest.load.id} reaches its "
            f"{soonest.minutes_bind} limit {_after(soonest)}; {numbers.fixed(len(short))} of "
            f"{numbers.fixed(len(known))} transformers reach one in their worst outage."
        )
    else:
        lines.append("In no outage does any of them reach a temperature limit, however long.")
    return tuple(lines)


def _on(row: Row) -> str:
    return f" on {row.n_hours} a year, first on {row.when}" if row.when else ""


def _after(row: Row) -> str:
    return row.minutes if row.minutes == "at once" else f"after {row.minutes}"


def _without_year(rows: Sequence[Row]) -> tuple[str, ...]:
    if not rows:
        return ()
    worst = max(rows, key=lambda row: row.object.worst_ratio)
    said = f"{numbers.percent(worst.object.worst_ratio)} of its rating"
    return (f"{worst.load.id} is the hardest loaded of {len(rows)} transformers: {said}.",)
