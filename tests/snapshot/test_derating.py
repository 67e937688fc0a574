"""Ratings as they hold at the place: hand arithmetic from the printed rules."""

from math import sqrt

import pytest

from facility.scenarios.snapshot import build
from power.models import Genset, Line, Node, Transformer
from tests.snapshot.test_build import make_plan

pytestmark = pytest.mark.django_db


def network(site):
    return build(make_plan(site)).document.network


@pytest.mark.reference
def test_a_cable_in_warm_air_beside_others_carries_less(site):
    line = Line.objects.first()
    line.kind, line.ambient_c, line.conductor_c, line.n_grouped = "cable", 40.0, 90.0, 6
    line.derating_ratio = 0.9
    line.save()
    found = next(item for item in network(site).branches if item.id == line.tag)
    # NEC 310.15(B): sqrt((90 - 40) / (90 - 30)); table 310.15(C)(1): 4 to 6 conductors 80 %.
    assert found.derating_ratio == pytest.approx(0.9 * sqrt(50 / 60) * 0.8)


@pytest.mark.reference
def test_a_generator_set_without_a_stated_derating_takes_the_table(site):
    site.altitude_m, site.design_dry_bulb_c = 2000.0, 45.0
    site.save()
    Genset.objects.create(
        site=site, tag="GS-1", node=Node.objects.filter(site=site).first(), rating_class="ESP",
        rating_kw=1000.0, rating_kva=1250.0, start_s=10.0, block_ratio=0.5,
    )  # fmt: skip
    document = build(make_plan(site)).document
    # 95 % at 2,000 m, 90 % at 45 °C; the two multiply.
    assert document.network.gensets[0].derating_ratio == pytest.approx(0.95 * 0.90)
    assert any("GS-1" in item.path for item in document.missing)
    assert any(item.path == "ratings.engine" for item in document.provenance)


@pytest.mark.reference
def test_thin_air_takes_from_the_rating_of_a_transformer(site):
    site.altitude_m = 2000.0
    site.save()
    Transformer.objects.update(thermal_class="onan")
    found = [item for item in network(site).branches if item.kind == "transformer"]
    # 0.4 % per 100 m above 1,000 m.
    assert [item.derating_ratio for item in found] == pytest.approx([0.96] * len(found))
