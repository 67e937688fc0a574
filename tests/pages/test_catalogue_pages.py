"""Every catalogue item is shown with its sources, and found by a few words."""

import pytest
from django.contrib.auth import get_user_model

from facility.catalogue import lookup
from facility.reports.words import WORDS


@pytest.fixture
def reader(client, db):
    client.force_login(get_user_model().objects.create_user("ada"))
    return client


def test_every_item_has_a_page(reader):
    for kind, items in lookup.all_items().items():
        for item in items:
            answer = reader.get(f"/catalogue/{kind}/{item.id}/")
            assert answer.status_code == 200, item.id


def test_a_fact_is_shown_with_unit_source_and_confidence(reader):
    text = reader.get("/catalogue/accelerators/amd-mi250x/").text
    assert "560</span> W" in text
    assert "vendor" in text
    assert "second hand" in text
    assert 'class="estimate">88</span> W' in text


def test_items_are_found_by_words_in_any_order(reader):
    text = reader.get("/catalogue/?q=mi250x+amd").text
    assert "AMD MI250X" in text
    assert "1 item for" in text
    assert "Try fewer of them" in reader.get("/catalogue/?q=zzz").text


def test_an_unknown_item_is_not_found(reader):
    assert reader.get("/catalogue/accelerators/nothing/").status_code == 404
    assert reader.get("/catalogue/nothing/nothing/").status_code == 404


def test_every_word_is_defined_on_its_page(reader):
    text = reader.get("/words/").text
    assert [key for key in WORDS if f'id="{key}"' not in text] == []
