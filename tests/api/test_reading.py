"""Everything of one's sites can be read, nothing of others'."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from facility.sites.models import Hall
from racks.models import Rack
from tests.api.conftest import problems_of
from tests.snapshot.small_site import make_rack

LISTS = [
    "sites",
    "buildings",
    "halls",
    "rows",
    "system-types",
    "workloads",
    "racks",
    "nodes",
    "lines",
    "transformers",
    "switches",
    "sources",
    "conversions",
    "house-loads",
    "loops",
    "circuits",
    "cooling-units",
    "scenarios",
    "phases",
    "changes",
    "holds",
    "runs",
]
EMPTY = {"holds", "runs"}


@pytest.mark.parametrize("name", LISTS)
def test_each_resource_is_listed_filtered_and_read(planner, site, name):
    page = planner.get(f"/api/{name}/").json()
    assert set(page) == {"count", "next", "previous", "results"}
    assert (page["count"] > 0) == (name not in EMPTY)
    if name != "sites":
        assert planner.get(f"/api/{name}/?site={site.pk}").json()["count"] == page["count"]
        assert planner.get(f"/api/{name}/?site=999999").json()["count"] == 0
    for row in page["results"][:1]:
        address = f"/api/{name}/{row['id']}/"
        answer = planner.get(address)
        assert answer.json() == row
        assert planner.get(address, if_none_match=answer["ETag"]).status_code == 304
        assert planner.get(address, if_none_match='"other"').status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_nothing_of_another_site_is_seen(as_, site, name):
    mine = as_("planner").get(f"/api/{name}/").json()["results"]
    stranger = as_("stranger")
    theirs = stranger.get(f"/api/{name}/").json()["results"]
    assert not {row["id"] for row in mine} & {row["id"] for row in theirs}
    for row in mine[:1]:
        answer = stranger.get(f"/api/{name}/{row['id']}/")
        nothing = stranger.get(f"/api/{name}/999999/")
        assert (answer.status_code, answer.content) == (404, nothing.content)


@pytest.mark.parametrize("name", LISTS)
def test_who_is_not_signed_in_sees_nothing(site, name):
    answer = Client().get(f"/api/{name}/")
    assert answer.status_code == 401
    assert problems_of(answer) == []


def test_a_rack_comes_with_its_equipment_feeds_and_circuit(planner):
    rack = planner.get("/api/racks/?tag=D1-01").json()["results"][0]
    assert rack["hall_tag"] == "HALL-D"
    assert [item["system_key"] for item in rack["equipment"]] == ["nvl72"]
    assert [feed["node_tag"] for feed in rack["feeds"]] == ["UPS-OUT-A", "UPS-OUT-B"]
    assert rack["circuit"] is not None
    assert planner.get("/api/racks/?tag=A1-01").json()["results"][0]["circuit"] is None


def test_the_etag_of_a_rack_moves_with_what_is_in_it(planner):
    rack = Rack.objects.get(tag="A1-01")
    before = planner.get(f"/api/racks/{rack.pk}/")["ETag"]
    equipment = rack.equipment.get()
    equipment.n_systems = 3
    equipment.save()
    assert planner.get(f"/api/racks/{rack.pk}/", if_none_match=before).status_code == 200


def test_filters_of_one_name_mean_or_and_of_two_names_and(planner):
    def tags(query):
        return {row["tag"] for row in planner.get(f"/api/racks/?{query}").json()["results"]}

    assert tags("tag=A1-01&tag=D1-01") == {"A1-01", "D1-01"}
    assert tags("tag=A1-01&cooling=liquid") == set()
    assert tags("cooling=liquid") == {"D1-01"}
    assert {row["tag"] for row in planner.get("/api/switches/?closed=false").json()["results"]} == {
        "TIE"
    }


def test_a_filter_nobody_knows_is_refused_with_the_nearest_one(planner):
    answer = planner.get("/api/racks/?tagg=A1-01&hall=first&cooling=gas&limit=5")
    assert answer.status_code == 422
    assert sorted(problems_of(answer)) == [
        ("cooling", "invalid_choice"),
        ("hall", "invalid"),
        ("tagg", "unexpected"),
    ]
    assert "'tag'" in answer.json()["problems"][0]["message"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "limit=1e3", "offset=-1", "limit=" + "9" * 30]
)
def test_a_page_that_cannot_be_is_refused(planner, query):
    answer = planner.get(f"/api/racks/?{query}")
    assert answer.status_code == 422
    assert problems_of(answer) == [(query.split("=")[0], "invalid")]


def test_pages_follow_one_another(planner):
    first = planner.get("/api/racks/?limit=3").json()
    second = planner.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"])) == (3, 1)
    assert planner.get("/api/racks/?offset=9999999999").json()["results"] == []


@pytest.mark.parametrize(
    "query",
    ["hall=" + "9" * 40, "hall=-1", "tag=%00", "tag=" + "x" * 5000, "site=1&site=", "item=%ff"],
)
def test_odd_values_of_filters_do_no_harm(planner, query):
    assert planner.get(f"/api/racks/?{query}").status_code in {200, 422}
    assert planner.get(f"/api/nodes/?{query}").status_code in {200, 422}


def test_a_list_of_fifty_racks_takes_as_many_queries_as_one_of_five(
    planner, site, django_assert_max_num_queries
):
    like = Rack.objects.get(tag="A1-01")
    feed, item = like.feeds.first(), like.equipment.get()
    row = like.row
    row.n_positions = 60
    row.save()
    for position in range(10, 60):
        rack = make_rack(
            row,
            position,
            item.system,
            1,
            work=item.workload,
            nodes={"UPS-OUT-A": feed.node, "UPS-OUT-B": feed.node},
        )
        assert rack.hall_id == Hall.objects.get(tag="HALL-A").pk
    with django_assert_max_num_queries(9):
        assert len(planner.get("/api/racks/?limit=50").json()["results"]) == 50


@pytest.mark.parametrize("name", LISTS)
def test_the_number_of_queries_does_not_grow_with_the_page(planner, plan, name):
    for _ in range(2):
        planner.post("/api/runs/", {"scenario": plan.pk})
    counts = []
    for limit in (1, 50):
        with CaptureQueriesContext(connection) as queries:
            assert planner.get(f"/api/{name}/?limit={limit}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 9


def test_the_catalogue_is_read_with_its_sources(planner):
    kinds = planner.get("/api/catalogue/").json()
    assert {"kind", "title", "schema", "n_items"} == set(kinds[0])
    items = planner.get("/api/catalogue/rack_systems/").json()
    assert "nvidia-gb200-nvl72" in [item["id"] for item in items]
    item = planner.get("/api/catalogue/rack_systems/nvidia-gb200-nvl72/").json()
    named = {key for fact in item["facts"].values() for key in fact["sources"]}
    assert named == set(item["sources"])


def test_an_unknown_item_names_the_nearest(planner):
    answer = planner.get("/api/catalogue/rack_systems/nvidia-gb200-nvl7/")
    assert answer.status_code == 404
    assert "'nvidia-gb200-nvl72'" in answer.json()["message"]
    answer = planner.get("/api/catalogue/servrs/")
    assert (answer.status_code, "'servers'" in answer.json()["message"]) == (404, True)


def test_the_schemas_of_the_documents_are_served(planner):
    names = planner.get("/api/schemas/").json()
    assert {"facility-input", "facility-result", "change-add_racks"} <= set(names)
    schema = planner.get(names["change-add_racks"]).json()
    assert set(schema["required"]) == {"hall", "system", "n_racks", "workload"}
    assert planner.get("/api/schemas/change-add-racks/").status_code == 404


def test_an_address_without_its_last_slash_leads_on(planner):
    answer = planner.get("/api/racks?tag=A1-01")
    assert (answer.status_code, answer["Location"]) == (302, "/api/racks/?tag=A1-01")
    answer = planner.post("/api/scenarios", {})
    assert answer.status_code == 404
    assert "/api/scenarios/?" in answer.json()["message"]


@pytest.mark.parametrize("address", ["/api/", "/api/nothing/", "/api/racks/x/", "/api/racks/1.5/"])
def test_an_address_nobody_serves_is_told_in_the_one_shape(planner, address):
    answer = planner.get(address)
    assert answer.status_code == 404
    assert problems_of(answer) == []


def test_ids_too_large_for_any_database_are_not_found(planner):
    for name in LISTS:
        assert planner.get(f"/api/{name}/{'9' * 40}/").status_code == 404
        assert planner.get(f"/api/{name}/{'9' * 18}/").status_code == 404


def test_answers_are_not_kept_by_caches_between_people(planner):
    assert planner.get("/api/racks/")["Cache-Control"] == "private, no-cache"
