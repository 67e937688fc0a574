"""Every float a person stores or a document carries says its unit in its name."""

import dataclasses
import inspect
import re
import typing

import pytest
from django.apps import apps
from django.db import models
from pydantic import BaseModel

from facility.physics.documents import FacilityInput
from facility.physics.results import FacilityResult
from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "units.md").read_text(encoding="utf-8")
SUFFIXES = tuple(re.findall(r"^\|[^|]+\| `(_\w+)` \|", PAGE, re.MULTILINE))
BARE = re.findall(r"`(\w+)`", re.search(r"Bare names are allowed for:([^.]*)", PAGE)[1])
DIFFERENCES = {
    *("approach", "deadband", "delta", "difference", "drop", "lift", "margin", "rise"),
    *("spread", "preheat", "overshoot"),
}
OURS = {"sites", "access", "racks", "power", "thermal", "scenarios", "procurement", "reports"}


def suffix(name):
    """Return the unit at the end of a name: the longest that the table knows, or nothing."""
    name = name.removesuffix("s") if name.endswith("_ratios") else name
    return max((s for s in SUFFIXES if name.endswith(s)), key=len, default="")


def fault(name):
    """Return what is wrong with the name of a float, or nothing."""
    if name in BARE or name.endswith((*(f"_{bare}" for bare in BARE), "_coefficients")):
        return ""
    unit = suffix(name)
    if not unit:
        return "says no unit of docs/units.md"
    speaks_of_a_difference = not DIFFERENCES.isdisjoint(name.split("_"))
    if unit == "_k" and not speaks_of_a_difference:
        return "is in kelvin but names no difference; a level ends in _c"
    if unit == "_c" and speaks_of_a_difference:
        return "names a difference, which ends in _k"
    return ""


def columns():
    """Yield the name of each float column of ours."""
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.get_fields():
                if isinstance(field, models.FloatField):
                    yield f"{model.__name__}.{field.name}"


def document_floats(document, seen):
    """Yield the name of each field that holds floats, here and in every document inside."""
    seen.add(document)
    for name, annotation in typing.get_type_hints(document).items():
        if name.startswith("_") or name == "model_config":
            continue
        for leaf in set(leaves(annotation)):
            if leaf is float:
                yield f"{document.__name__}.{name}"
            elif is_document(leaf) and leaf not in seen:
                yield from document_floats(leaf, seen)


def leaves(annotation):
    """Yield the plain types inside unions, tuples, mappings and annotations."""
    inside = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return
    if not inside:
        yield annotation
    for part in inside:
        yield from leaves(part)


def is_document(leaf):
    return inspect.isclass(leaf) and (issubclass(leaf, BaseModel) or dataclasses.is_dataclass(leaf))


def names():
    """Return every float's name, with where it stands."""
    seen = set()
    documents = (FacilityInput, FacilityResult)
    return [*columns(), *(name for d in documents for name in document_floats(d, seen))]


def test_the_table_and_the_sentence_of_the_page_were_read():
    assert {"_kw", "_c", "_k", "_kw_per_k"} <= set(SUFFIXES)
    assert {"pue", "cop", "x_over_r"} <= set(BARE)


def test_documents_are_walked_to_their_leaves():
    found = names()
    assert "SiteInput.altitude_m" in found
    assert len(found) > 100


def test_every_float_says_its_unit():
    faults = {name: fault(name.rpartition(".")[2]) for name in names()}
    assert {name: text for name, text in faults.items() if text} == {}


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("supply_c", ""),
        ("rise_k", ""),
        ("design_approach_k", ""),
        ("conductance_kw_per_k", ""),
        ("resistance_k_per_w", ""),
        ("specific_heat_kj_per_kg_k", ""),
        ("leakage_w_per_k", ""),
        ("rated_cop", ""),
        ("daily_ratios", ""),
        ("fan_coefficients", ""),
        ("supply", "says no unit of docs/units.md"),
        ("supply_k", "is in kelvin but names no difference; a level ends in _c"),
        ("supply_rise_c", "names a difference, which ends in _k"),
        ("preheat_c", "names a difference, which ends in _k"),
    ],
)
def test_the_rule_itself(name, complaint):
    assert fault(name) == complaint
