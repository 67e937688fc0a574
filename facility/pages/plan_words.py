"""Changes of a plan in words, and the fields of the form in which one is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from facility.reports.numbers import fixed, kva
from facility.scenarios import changes
from facility.sites.models import Hall
from power.models import Conversion, Transformer
from racks.models import SystemType, WorkloadProfile
from thermal.models import Circuit, CoolingUnit, Loop

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from facility.scenarios.models import Change
    from facility.sites.models import Site

TITLES = {
    "hall": "Hall",
    "system": "System",
    "workload": "Workload",
    "n_systems": "Systems per rack",
    "n_racks": "Racks",
    "n_units": "Units",
    "cabinet_mass_kg": "Empty cabinet [kg]",
    "racks": "Racks, one HALL/TAG per line",
    "cap_w": "Limit per chip [W]",
    "like": "Like",
    "tag": "Object",
    "rating_kva": "Rating [kVA]",
    "supply_c": "Supply [°C]",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a change as a form shows it."""

    name: str
    title: str
    kind: str
    value: str
    choices: tuple[tuple[str, str], ...]
    is_required: bool
    errors: tuple[str, ...]


def change_words(change: "Change", names: Mapping[str, str]) -> str:
    """Return a change as a sentence; ``names`` are the labels of systems and workloads."""
    said = {key: names.get(str(value), value) for key, value in change.payload.items()}
    return PHRASES[change.kind](said)


def _add_racks(p: Mapping[str, Any]) -> str:
    each = f"{p['n_systems']} × " if p.get("n_systems", 1) > 1 else ""
    work = str(p["workload"]).lower()
    return f"{p['n_racks']} racks of {each}{p['system']} into {p['hall']}, {work}"


def _remove_racks(p: Mapping[str, Any]) -> str:
    more = " …" if len(p["racks"]) > N_NAMED else ""
    return f"{len(p['racks'])} racks leave: {', '.join(p['racks'][:N_NAMED])}{more}"


N_NAMED = 4
PHRASES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "add_racks": _add_racks,
    "remove_racks": _remove_racks,
    "set_workload": lambda p: f"{p['hall']} does {str(p['workload']).lower()}",
    "cap_system": lambda p: f"every chip of {p['system']} is capped at {fixed(p['cap_w'])} W",
    "add_units": lambda p: f"{p['n_units']} more like {p['like']}",
    "set_rating": lambda p: f"{p['tag']} is replaced by one of {kva(p['rating_kva'])}",
    "set_supply": lambda p: f"supply of {p['tag']} becomes {fixed(p['supply_c'], 1)} °C",
}


def names_of(site: "Site") -> dict[str, str]:
    """Return the labels of the site's systems and workloads by their keys."""
    systems = {row.key: str(row) for row in SystemType.objects.filter(site=site)}
    return systems | {row.key: str(row) for row in WorkloadProfile.objects.filter(site=site)}


def fields(
    kind: str, site: "Site", values: Mapping[str, str], errors: Mapping[str, Sequence[str]]
) -> list[Field]:
    """Return the fields of a kind of change with what was typed and what is wrong with it."""
    document = changes.KINDS[kind].document
    return [
        _field(name, info, _choices(kind, name, site), values, errors)
        for name, info in document.model_fields.items()
    ]


def _field(
    name: str,
    info: "FieldInfo",
    choices: list[str],
    values: Mapping[str, str],
    errors: Mapping[str, Sequence[str]],
) -> Field:
    default = "" if info.is_required() or info.default is None else str(info.default)
    return Field(
        name=name,
        title=TITLES.get(name, name),
        kind="select" if choices else _kind(info),
        value=values.get(name, default),
        choices=tuple((c.partition("|")[0], c.partition("|")[2] or c) for c in choices),
        is_required=info.is_required(),
        errors=tuple(errors.get(name, ())),
    )


def _kind(info: "FieldInfo") -> str:
    if get_origin(info.annotation) is tuple:
        return "lines"
    return "number" if {int, float} & set(_plain_types(info)) else "text"


def _plain_types(info: "FieldInfo") -> tuple[Any, ...]:
    annotation = info.annotation
    if get_origin(annotation) in {Union, UnionType}:
        return tuple(get_args(part)[0] if get_args(part) else part for part in get_args(annotation))
    return (annotation,)


def _choices(kind: str, name: str, site: "Site") -> list[str]:
    """Return what a field may name, as ``value|label``."""
    match name:
        case "hall":
            rows = Hall.objects.filter(
                building__site=site, purpose=Hall.Purpose.WHITE_SPACE
            ).order_by("tag")
            return [f"{row.tag}|{row.tag} · {row.name}" for row in rows]
        case "system":
            return [f"{row.key}|{row}" for row in SystemType.objects.filter(site=site)]
        case "workload":
            return [f"{row.key}|{row}" for row in WorkloadProfile.objects.filter(site=site)]
        case "like":
            return [
                f"{row.tag}|{row.tag} · {row.get_kind_display()}"
                for row in CoolingUnit.objects.filter(site=site)
            ]
        case "tag":
            return _tags(kind, site)
        case _:
            return []


def _tags(kind: str, site: "Site") -> list[str]:
    if kind == "set_rating":
        return [
            *Transformer.objects.filter(site=site).values_list("tag", flat=True),
            *Conversion.objects.filter(site=site).values_list("tag", flat=True),
        ]
    return [
        *Loop.objects.filter(site=site).values_list("tag", flat=True),
        *Circuit.objects.filter(hall__building__site=site).values_list("tag", flat=True),
        *Hall.objects.filter(building__site=site).values_list("tag", flat=True),
    ]


def payload_of(kind: str, posted: Mapping[str, str]) -> dict[str, object]:
    """Return what was typed as the fields of a change; empty fields are left to their defaults."""
    found: dict[str, object] = {}
    for name, info in changes.KINDS[kind].document.model_fields.items():
        text = posted.get(name, "").strip()
        if not text:
            continue
        found[name] = text.split() if _kind(info) == "lines" else text
    return found
