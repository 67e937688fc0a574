"""Catalogue facts as rows for people: name, value with unit, source, confidence."""

from collections.abc import Mapping
from dataclasses import dataclass

from facility.catalogue.documents import CatalogueItem, Fact, FactValue, SourceRef
from facility.reports.numbers import fixed, number

# Ends of fact names with their unit; longer ends first, so that the longest that fits is found.
UNITS: Mapping[str, str] = {
    "_tokens_per_s_per_gpu": "tokens/s per GPU",
    "_usd_per_kw_month": "USD/(kW·month)",
    "_m3_s_per_kw": "m³/(s·kW)",
    "_l_min_per_kw": "L/(min·kW)",
    "_cfm_per_kw": "cfm/kW",
    "_kj_per_kg_k": "kJ/(kg·K)",
    "_usd_per_kwh": "USD/kWh",
    "_cents_per_kwh": "¢/kWh",
    "_ohm_per_km": "Ω/km",
    "_kw_per_ton": "kW/ton",
    "_kw_per_k": "kW/K",
    "_usd_per_kw": "USD/kW",
    "_usd_per_mw": "USD/MW",
    "_l_per_kwh": "L/kWh",
    "_tokens_per_s": "tokens/s",
    "_tokens_per_j": "tokens/J",
    "_nf_per_km": "nF/km",
    "_usd_per_h": "USD/h",
    "_tb_per_s": "TB/s",
    "_gb_per_s": "GB/s",
    "_w_per_m_k": "W/(m·K)",
    "_k_per_w": "K/W",
    "_w_per_k": "W/K",
    "_kg_per_m2": "kg/m²",
    "_kg_m2": "kg/m²",
    "_kg_m3": "kg/m³",
    "_kg_s": "kg/s",
    "_m3_h": "m³/h",
    "_m3_s": "m³/s",
    "_l_min": "L/min",
    "_l_s": "L/s",
    "_tflops": "TFLOPS",
    "_ratio": "",
    "_kwh": "kWh",
    "_mwh": "MWh",
    "_twh": "TWh",
    "_w_per_kvar": "W/kvar",
    "_kvar": "kvar",
    "_mvar": "Mvar",
    "_kva": "kVA",
    "_mva": "MVA",
    "_kw": "kW",
    "_mw": "MW",
    "_kpa": "kPa",
    "_kg": "kg",
    "_kv": "kV",
    "_cfm": "cfm",
    "_mm": "mm",
    "_um": "µm",
    "_ka": "kA",
    "_ms": "ms",
    "_mj": "MJ",
    "_km": "km",
    "_hz": "Hz",
    "_mhz": "MHz",
    "_gb": "GB",
    "_tb": "TB",
    "_pct": "%",
    "_pu": "p.u.",
    "_usd": "USD",
    "_min": "min",
    "_deg": "°",
    "_m2": "m²",
    "_m3": "m³",
    "_c": "°C",
    "_k": "K",
    "_w": "W",
    "_v": "V",
    "_a": "A",
    "_m": "m",
    "_l": "L",
    "_h": "h",
    "_s": "s",
}
BANDWIDTHS = frozenset({"_tb_per_s", "_gb_per_s"})
N_DIGITS = 6


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact as it is shown."""

    name: str
    title: str
    value: str
    unit: str
    table: tuple[tuple[str, str], ...]
    fact: Fact
    sources: tuple[SourceRef, ...]

    @property
    def is_estimate(self) -> bool:
        """Whether the value is marked as one that no document states."""
        return self.fact.confidence in {"estimate", "unverified"}


def fact_rows(item: CatalogueItem, known: Mapping[str, SourceRef]) -> tuple[FactRow, ...]:
    """Return the facts of an item in their order."""
    return tuple(
        _row(name, fact, tuple(known[key] for key in fact.sources if key in known))
        for name, fact in item.facts.items()
    )


def _row(name: str, fact: Fact, sources: tuple[SourceRef, ...]) -> FactRow:
    end = next((end for end in UNITS if name.endswith(end)), "")
    is_table = isinstance(fact.value, Mapping)
    return FactRow(
        name=name,
        title=_title(name, end),
        value="" if is_table else value_text(fact.value),
        unit=UNITS.get(end, ""),
        table=tuple((str(k), value_text(v)) for k, v in fact.value.items())
        if isinstance(fact.value, Mapping)
        else (),
        fact=fact,
        sources=sources,
    )


def _title(name: str, end: str) -> str:
    """Return a name without its unit; a rate keeps a word that tells it from the amount."""
    title = (name.removesuffix(end) if end else name).removeprefix("n_").replace("_", " ")
    says_so = end not in BANDWIDTHS or "bandwidth" in title
    return title if says_so else f"{title} bandwidth"


def value_text(value: FactValue | None) -> str:
    """Return a value as text.

    Examples
    --------
    >>> value_text(8760), value_text((0.5, 1.0)), value_text(True), value_text(None)
    ('8\u202f760', '0.5, 1', 'yes', '–')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return fixed(value) if abs(value) >= 10_000 or value < 1900 else _year_or_number(value)  # noqa: PLR2004 - years
    if isinstance(value, float):
        return _trimmed(number(value, N_DIGITS))
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {value_text(entry)}" for key, entry in value.items())
    if isinstance(value, tuple):
        return ", ".join(
            f"({value_text(entry)})" if isinstance(entry, tuple) else value_text(entry)
            for entry in value
        )
    return "–" if value is None else value


def _year_or_number(value: int) -> str:
    """Return a number between 1900 and 2100 without a space, since it is a year more often."""
    return str(value) if value < 2100 else fixed(value)  # noqa: PLR2004 - years


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
