"""The comparison of cooling in sentences, each made from the figures it names."""

from collections.abc import Iterable, Sequence

from facility.reports import numbers
from facility.reports.cooling_comparison import Case, Energy, mwh, percent
from facility.reports.cooling_table import SITE, binding_words, throttled_h
from facility.reports.tables import junction_margin_k

ALIKE = 0.005
"""Energies of compute that differ by less than this share are called equal."""


def answer(cases: Sequence[Case]) -> tuple[str, ...]:
    """Return what the comparison comes to, the most important first."""
    if len(cases) < 2:  # noqa: PLR2004 - a comparison
        return ()
    return tuple(
        text
        for text in (
            _efficiency(cases),
            _total(cases),
            _power(cases),
            _pue(cases),
            _throttling(cases),
            _grid(cases),
        )
        if text
    )


def equality(cases: Sequence[Case]) -> tuple[str, ...]:
    """Return whether the plans do the same work, and whatever else keeps them from being equal."""
    if len(cases) < 2:  # noqa: PLR2004 - a comparison
        return ()
    return tuple(text for text in (_accelerators(cases), _compute(cases), *_bases(cases)) if text)


def energies(cases: Sequence[Case]) -> tuple[str, list[tuple[Case, Energy]]]:
    """Return the year that each plan adds, or where one is unknown that of the whole site."""
    added = [(case, case.added_energy) for case in cases]
    if all(item is not None and item.compute_kwh > 0 for _, item in added):
        return "added", [(case, item) for case, item in added if item is not None]
    whole = [(case, case.site_energy) for case in cases]
    return "site", [(case, item) for case, item in whole if item is not None]


def _listed(texts: Sequence[str]) -> str:
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else "".join(texts)


def _efficiency(cases: Sequence[Case]) -> str:
    scope, rows = energies(cases)
    rows.sort(key=lambda row: row[1].tue or 0.0)
    if len(rows) < 2:  # noqa: PLR2004 - a comparison
        return ""
    (best, least), *others = rows
    than = _listed([f"{numbers.fixed(item.tue, 3)} with {case.name}" for case, item in others])
    what = "of what the plan adds" if scope == "added" else "of the whole site"
    return (
        f"{best.name} takes the least electricity for its computing: "
        f"{numbers.fixed(least.tue, 3)} kWh for each kWh that reaches compute boards "
        f"(TUE {what}), against {than}."
    )


def _total(cases: Sequence[Case]) -> str:
    scope, rows = energies(cases)
    rows.sort(key=lambda row: row[1].facility_kwh)
    if len(rows) < 2:  # noqa: PLR2004 - a comparison
        return ""
    verb = "adds" if scope == "added" else "makes the site use"
    said = [f"{case.name} {verb} {mwh(item.facility_kwh)} a year" for case, item in rows]
    computed = [mwh(item.compute_kwh) for _, item in rows]
    return f"{_listed(said)}; of that, {_listed(computed)} reach compute boards."


def _power(cases: Sequence[Case]) -> str:
    more = [(case.stage.facility_kw - case.start.facility_kw, case.name) for case in cases]
    if any(case.stage is case.start for case in cases):
        return ""
    said = [f"{numbers.kw(power_kw)} more with {name}" for power_kw, name in sorted(more)]
    return f"At the design point the site draws {_listed(said)}."


def _pue(cases: Sequence[Case]) -> str:
    """Say what PUE hides; and whether it would order the plans otherwise than TUE does."""
    _, rows = energies(cases)
    if len(rows) < 2:  # noqa: PLR2004 - a comparison
        return ""
    case, most = max(rows, key=lambda row: row[1].fan_ratio or 0.0)
    text = (
        f"PUE counts server fans and supplies as IT and so rewards them: with {case.name} they are "
        f"{percent(most.fan_ratio)} of the IT energy, which leaves its PUE at "
        f"{numbers.fixed(most.pue, 3)} while its TUE is {numbers.fixed(most.tue, 3)}."
    )
    by_pue = [c.name for c, _ in sorted(rows, key=lambda row: row[1].pue or 0.0)]
    by_tue = [c.name for c, _ in sorted(rows, key=lambda row: row[1].tue or 0.0)]
    return text if by_pue == by_tue else f"{text} By PUE the order would be {_listed(by_pue)}."


def _throttling(cases: Sequence[Case]) -> str:
    hot = [case for case in cases if (hours := throttled_h(case)) is not None and hours > 0]
    if hot:
        said = [
            f"{numbers.fixed(throttled_h(case))} accelerator-hours with {case.name}{_cause(case)}"
            for case in hot
        ]
        return f"Heat throttles {_listed(said)}."
    if any(throttled_h(case) is None for case in cases):
        return ""
    keeps = [
        f"{numbers.kelvin(margin_k)} with {case.name}"
        for case in cases
        if case.hottest is not None and (margin_k := junction_margin_k(case.hottest)) is not None
    ]
    text = "No accelerator throttles in the weather year in any of them"
    return f"{text}; the hottest new chip keeps {_listed(keeps)}." if keeps else f"{text}."


def _cause(case: Case) -> str:
    return f" ({case.throttling[0].cause})" if case.throttling else ""


def _grid(cases: Sequence[Case]) -> str:
    rooms = [(case, room) for case in cases if (room := case.room(SITE, "N-1")) is not None]
    if len(rooms) < 2:  # noqa: PLR2004 - a comparison
        return ""
    rooms.sort(key=lambda row: -row[1].limit_kw)
    said = [f"{numbers.kw(room.limit_kw)} with {case.name}" for case, room in rooms]
    return (
        f"Grid connection and substation then keep {_listed(said)} (N-1, design point); "
        f"{_listed(sorted({binding_words(room) for _, room in rooms}))} binds first."
    )


def _accelerators(cases: Sequence[Case]) -> str:
    counts = {case.n_added_chips for case in cases}
    kinds = {case.added_kinds for case in cases}
    if len(counts) > 1:
        said = [f"{case.name} {numbers.fixed(case.n_added_chips)}" for case in cases]
        return f"The plans do not add equally many accelerators: {_listed(said)}."
    number = numbers.fixed(counts.pop())
    if len(kinds) == 1:
        return f"Each plan adds {number} accelerators of the same kind."
    return (
        f"Each plan adds {number} accelerators, but in machines of different kinds: equal "
        "accelerators are not equal useful compute."
    )


def _compute(cases: Sequence[Case]) -> str:
    _, rows = energies(cases)
    rows.sort(key=lambda row: row[1].compute_kwh)
    if len(rows) < 2:  # noqa: PLR2004 - a comparison
        return ""
    (least_case, least), (most_case, most) = rows[0], rows[-1]
    more = most.compute_kwh / least.compute_kwh - 1.0
    if more < ALIKE:
        return "Their compute boards draw the same energy."
    return (
        f"The compute boards of {most_case.name} draw {percent(more)} more energy than those of "
        f"{least_case.name}. How much work they do for it is not weighed here, so totals compare "
        "sites, and TUE compares cooling."
    )


def _bases(cases: Sequence[Case]) -> Iterable[str]:
    """Yield what else differs; equal plans get one sentence that says so."""
    apart = [
        text
        for text, values in (
            ("the site", {case.basis.site for case in cases}),
            ("the weather year", {case.basis.weather for case in cases}),
            ("the design point", {case.basis.design_point for case in cases}),
            ("the solver's version", {case.result.solver_version for case in cases}),
            ("the site before the plan", {_before(case) for case in cases}),
            ("the day from which they count", {case.stage.on for case in cases}),
        )
        if len(values) > 1
    ]
    if apart:
        yield f"Not the same in all of them: {_listed(apart)}. Read the differences with that."
    else:
        yield (
            "Site, weather year, design point and the site before the plan are the same in all: "
            f"{cases[0].basis.weather}."
        )
    missing = [case.name for case in cases if case.stage.year is None]
    if missing:
        yield f"No year was solved for {_listed(missing)}: energies and hours are unknown."


def _before(case: Case) -> tuple[float, ...]:
    start = case.start
    return tuple(round(value) for value in (start.it_kw, start.cooling_kw, start.facility_kw))
