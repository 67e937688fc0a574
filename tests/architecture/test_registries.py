"""Whatever stands in a registry has its page, its catalogue items and its reference test."""

import pytest

from facility.catalogue.lookup import items
from tests.architecture.source import ROOT
from thermal.physics.units import KINDS

HEADINGS = ("## Equations", "## Range of validity", "## Validated against", "## Not modelled")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_machine_has_its_page_items_and_reference(kind):
    entry = KINDS[kind]
    page = (ROOT / "docs/models/thermal" / f"{entry.model}.md").read_text()
    assert [heading for heading in HEADINGS if heading not in page] == []
    assert items(entry.items)
    tests = (ROOT / "tests/thermal" / f"test_{entry.model}.py").read_text()
    assert "pytest.mark.reference" in tests


def test_every_model_page_says_where_it_holds_and_what_it_leaves_out():
    pages = sorted((ROOT / "docs/models").rglob("*.md"))
    assert len(pages) > 20
    lacking = {
        str(page.relative_to(ROOT)): missing
        for page in pages
        if (missing := [heading for heading in HEADINGS if heading not in page.read_text()])
    }
    assert lacking == {}
