"""Labels of facts on the catalogue's pages: two facts of an item never read alike."""

from facility.catalogue.lookup import all_items, find
from facility.catalogue.reader import sources
from facility.reports.facts import fact_rows


def test_size_and_bandwidth_of_a_memory_have_names_of_their_own():
    rows = {row.name: row for row in fact_rows(find("accelerators", "nvidia-b200-sxm"), sources())}
    assert rows["memory_gb"].title == "memory"
    assert rows["memory_tb_per_s"].title == "memory bandwidth"


def test_short_circuit_currents_are_shown_with_their_unit():
    rows = fact_rows(find("breakers", "siemens-3wl-iii"), sources())
    assert {row.unit for row in rows if row.name.endswith("_ka")} == {"kA"}


def test_no_two_facts_of_an_item_have_one_label_and_unit():
    for items in all_items().values():
        for item in items:
            labels = [(row.title, row.unit) for row in fact_rows(item, sources())]
            assert len(labels) == len(set(labels)), (item.kind, item.id)
