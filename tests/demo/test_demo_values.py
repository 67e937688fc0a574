"""Every value of the demo passes its own checks and says where it comes from."""

from typing import get_args

import pytest
from django.apps import apps
from django.db.models import ForeignKey

from facility.catalogue import lookup
from facility.catalogue.documents import Confidence
from facility.kernel.errors import InputError
from facility.physics.sizing import stream_load
from facility.scenarios import snapshot
from facility.scenarios.demo.ledger import DEFAULT
from facility.scenarios.models import Scenario
from facility.sites.models import SiteScoped
from power.models import Line, Transformer
from racks.models import SystemType
from racks.physics.documents import System

pytestmark = pytest.mark.django_db

OURS = [
    model
    for model in apps.get_models()
    if issubclass(model, SiteScoped) and not model.__name__.startswith("Historical")
]
WORDS = set(get_args(Confidence))


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_row_passes_its_own_checks(demo, model):
    links = [field.name for field in model._meta.fields if isinstance(field, ForeignKey)]
    for row in model.objects.all():
        row.clean_fields(exclude=links)
        row.clean()


def test_every_item_is_in_the_catalogue(demo):
    items = set()
    for model in OURS:
        if any(field.name == "item" for field in model._meta.fields):
            items.update(model.objects.exclude(item="").values_list("item", flat=True))
    assert len(items) >= 18
    for item in items:
        lookup.find(*item.split("/"))


def test_lines_and_transformers_all_name_their_item(demo):
    for model in (Line, Transformer):
        assert not model.objects.filter(item="").exists()


def test_the_site_says_where_each_figure_comes_from(demo):
    columns = ("design_dry_bulb_c", "energy_per_kwh", "demand_per_kw_month", "carbon_kg_per_kwh")
    assert set(columns) <= set(demo.sources)
    for path, (source, confidence, note) in demo.sources.items():
        assert source, path
        assert confidence in WORDS, path
        if source == DEFAULT:
            assert note, path


def test_prices_and_carbon_are_those_of_virginia(demo):
    assert demo.energy_per_kwh == pytest.approx(0.0892)
    assert demo.carbon_kg_per_kwh == pytest.approx(0.322)
    assert (demo.latitude_deg, demo.longitude_deg) == (38.98, -77.47)


def numbers(parameters, path=""):
    """Yield the path of every number of a document that is set."""
    for name, value in parameters.items():
        if isinstance(value, dict):
            yield from numbers(value, f"{path}{name}.")
        elif value not in (None, 0, 0.0) and not isinstance(value, str):
            yield f"{path}{name}"


def test_every_number_of_a_system_has_its_source(demo):
    for row in SystemType.objects.all():
        told = {entry["path"] for entry in row.provenance}
        assert set(numbers(row.parameters)) <= told, row.key
        for entry in row.provenance:
            assert entry["confidence"] in WORDS
            assert entry["source"]


# Plateaus of published logs and vendors' nominal figures, in kW at the input of one system.
PLATEAUS = {
    "dgx-h100": 8.03,
    "b200-air": 10.5,
    "b200-liquid": 10.05,
    "gb200-nvl72": 120.0,
    "gb300-nvl72": 135.0,
}
NAMEPLATES = {"dgx-h100": 10.2, "b200-air": 14.3, "gb200-nvl72": 132.0, "gb300-nvl72": 155.0}


@pytest.mark.reference
@pytest.mark.parametrize(("key", "plateau_kw"), PLATEAUS.items())
def test_a_system_at_full_use_draws_its_measured_plateau(demo, key, plateau_kw):
    row = SystemType.objects.get(key=key)
    system = System.parse({"id": key, **row.parameters})
    load = stream_load(system, n_systems=1, load="peak")
    assert float(load.liquid_kw + load.air_kw) == pytest.approx(plateau_kw, rel=0.01)


def test_nameplates_are_those_of_the_vendors(demo):
    rows = {row.key: row.parameters["nameplate_kw"] for row in SystemType.objects.all()}
    assert {key: rows[key] for key in NAMEPLATES} == NAMEPLATES


def test_every_plan_can_be_frozen(demo):
    for scenario in Scenario.objects.filter(site=demo):
        try:
            document = snapshot.build(scenario).document
        except InputError as error:
            pytest.fail(f"{scenario}: {error}")
        n_stages = {"As built": 1, "GB300 expansion": 4}.get(scenario.name, 2)
        assert len(document.stages) == n_stages
