"""What a site as built becomes as a document."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from facility.kernel.errors import InputError
from facility.physics.documents import FacilityInput
from facility.scenarios import snapshot
from facility.sites.models import Hall, Row, Site
from power.models import Conversion, Line, Node, RackFeed, Transformer
from racks.models import Rack, SystemType, WorkloadProfile
from tests.snapshot.small_site import make_plan, make_rack, make_site
from thermal.models import CoolingUnit, LoopFeed, RackConnection, UnitFeed


def built(site: Site) -> FacilityInput:
    return snapshot.build(make_plan(site)).document


def problems_of(site: Site) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        snapshot.build(make_plan(site))
    return {problem.path: problem.message for problem in caught.value.problems}


def test_the_document_survives_its_own_text(site):
    document = built(site)
    assert FacilityInput.parse_json(document.canonical_bytes()) == document
    assert FacilityInput.parse(json.loads(document.canonical_bytes())).digest() == document.digest()


def test_equal_plans_give_equal_bytes(site):
    plan = make_plan(site)
    assert snapshot.build(plan).document == snapshot.build(plan).document
    assert snapshot.build(plan).document.digest() == snapshot.build(plan).document.digest()


def test_the_order_in_which_rows_were_stored_does_not_matter(site):
    plan = make_plan(site)
    before = snapshot.build(plan).document
    line = Line.objects.get(site=site)
    line.delete()
    line.pk = None
    line.save(force_insert=True)
    for model in (Node, Rack, CoolingUnit):
        for row in model.objects.all():
            row.save()
    assert snapshot.build(plan).document.canonical_bytes() == before.canonical_bytes()


def test_later_edits_do_not_reach_a_frozen_document(site):
    frozen = snapshot.build(make_plan(site))
    raw = frozen.document.canonical_bytes()
    Transformer.objects.filter(site=site).update(rating_kva=1.0)
    SystemType.objects.all().update(parameters={})
    assert frozen.document.canonical_bytes() == raw
    with pytest.raises(TypeError):
        frozen.arrays["0" * 64] = None
    with pytest.raises(ValueError, match="read-only"):
        next(iter(frozen.arrays.values()))[0, 0] = 1.0


def test_queries_do_not_grow_with_the_number_of_racks(site):
    plan = make_plan(site)
    with CaptureQueriesContext(
        connection,
    ) as few:
        snapshot.build(plan)
    hall = Hall.objects.get(tag="HALL-A")
    nodes = {node.tag: node for node in Node.objects.all()}
    work = WorkloadProfile.objects.get(key="serving")
    system = SystemType.objects.get(key="air8")
    for number in range(4):
        row = Row.objects.create(
            hall=hall, tag=f"X{number}", x_m=2.0, y_m=1.0, pitch_m=0.8, depth_m=1.2, n_positions=10
        )
        for position in range(1, 11):
            make_rack(row, position, system, 2, work=work, nodes=nodes)
    with CaptureQueriesContext(connection) as many:
        assert len(snapshot.build(plan).document.racks) == 44
    assert len(many) == len(few) <= 45


def test_racks_stand_under_hall_and_tag_with_their_mass_and_place(site):
    racks = {rack.id: rack for rack in built(site).racks}
    first, second = racks["HALL-A/A1-01"], racks["HALL-A/A1-02"]
    assert first.mass_kg == 180.0 + 4 * 130.0
    assert (first.row_end, second.row_end) == (True, False)
    assert second.x_m == pytest.approx(2.8)
    assert racks["HALL-D/D1-01"].circuit == "TCS-D"
    assert first.circuit is None


def test_consumers_carry_the_ids_of_what_they_supply(site):
    document = built(site)
    kinds = {item.id: item.kind for item in document.network.consumers}
    assert kinds["HALL-A/A1-01"] == "rack"
    assert kinds["CHW/pumps"] == "cooling"
    assert kinds["CDU-D-01"] == "cooling"
    assert kinds["LIGHTS"] == "house"
    assert {loop.pump_consumer for loop in document.cooling.loops} == {"CHW/pumps", "WARM/pumps"}


@pytest.mark.parametrize(("rule", "ratio"), [("nec", 0.8), ("iec", 1.0)])
def test_the_continuous_rule_of_the_site_reaches_the_breakers(site, rule, ratio):
    Site.objects.filter(pk=site.pk).update(continuous_rule=rule)
    document = built(site)
    rack = next(c for c in document.network.consumers if c.kind == "rack")
    assert {feed.continuous_ratio for feed in rack.feeds} == {ratio}
    assert {tap.continuous_ratio for place in document.places for tap in place.taps} == {ratio}


def test_a_feed_power_factor_is_the_mean_by_share(site):
    RackFeed.objects.filter(rack__tag="A1-01", path="A").update(share_ratio=0.25, power_factor=0.9)
    RackFeed.objects.filter(rack__tag="A1-01", path="B").update(share_ratio=0.75, power_factor=1.0)
    rack = next(c for c in built(site).network.consumers if c.id == "HALL-A/A1-01")
    assert rack.power_factor == pytest.approx(0.975)


def test_losses_heat_the_room_they_arise_in(site):
    halls = {hall.id: hall for hall in built(site).halls}
    assert halls["ER"].losses_of == ("UPS-A", "UPS-B")
    assert halls["HALL-A"].losses_of == ()


def test_free_places_are_those_without_a_rack(site):
    document = built(site)
    places = {place.id: place for place in document.places}
    assert set(places) == {f"HALL-A/A1-0{k}" for k in (3, 5, 6, 7, 8)} | {
        f"HALL-D/D1-0{k}" for k in range(2, 9)
    }
    place = places["HALL-D/D1-02"]
    assert place.circuit == "TCS-D"
    assert [tap.node for tap in place.taps] == ["UPS-OUT-A", "UPS-OUT-B"]
    assert [tap.share_ratio for tap in place.taps] == [0.5, 0.5]


def test_every_single_object_is_an_outage_but_the_only_grid_connection(site):
    states = {outage.id for outage in built(site).network.outages}
    objects = {"FEEDER", "TX-A", "TX-B", "UPS-A", "UPS-B", "LV-A", "MV", "CDU-D-01", "CH-1", "CT-1"}
    assert {f"outage:{name}" for name in objects} <= states
    assert "outage:UTILITY" not in states
    assert "outage:LIGHTS" not in states


def test_flagged_bus_sections_are_outages_too(site):
    Node.objects.create(site=site, tag="DC-BUS", voltage_v=800.0, current="dc", is_bus_section=True)
    assert "outage:DC-BUS" in {outage.id for outage in built(site).network.outages}


def test_the_design_point_is_the_site_s_design_day(site):
    point = built(site).design_point
    assert (point.dry_bulb_c, point.wet_bulb_c, point.load) == (34.1, 23.9, "nameplate")
    assert point.pressure_kpa == pytest.approx(100.344, abs=1e-3)  # standard atmosphere at 82 m


def test_a_plan_without_changes_asks_for_its_one_stage(site):
    document = built(site)
    assert [stage.id for stage in document.stages] == ["as-built"]
    asked = {item.kind: item for item in document.analyses}
    assert {kind: item.stages for kind, item in asked.items()} == dict.fromkeys(
        ("year", "contingency", "headroom", "utility_loss", "dips"), (0,)
    )
    headroom = asked["headroom"]
    assert headroom.candidate.system == "nvl72"  # the densest
    assert headroom.candidate.mass_kg == 1360.0
    assert headroom.candidate.footprint_m2 == pytest.approx(0.8 * 1.2)


def test_headroom_is_counted_in_the_system_asked_for(site):
    document = snapshot.build(make_plan(site), candidate="air8").document
    candidate = next(a for a in document.analyses if a.kind == "headroom").candidate
    assert (candidate.system, candidate.n_systems) == ("air8", 4)


def test_what_nobody_gave_is_listed_with_what_stands_in(site):
    missing = {entry.path: entry for entry in built(site).missing}
    assert "site.tariff.energy_per_kwh" not in missing
    assert missing["site.tariff.carbon_kg_per_kwh"].stand_in == "no carbon is computed"
    assert missing["systems[switch].mass_kg"].stand_in == "0 kg"


def test_sources_stand_beside_the_values(site):
    ledger = {entry.path: entry for entry in built(site).provenance}
    price = ledger["site.tariff.energy_per_kwh"]
    assert (price.source, price.confidence, price.note) == ("a tariff sheet", "vendor", "2023")
    assert ledger["systems[air8].nameplate_kw"].confidence == "vendor"
    assert ledger["transformers/us-unit-sub-3000kva.rated_mva"].confidence == "unverified"
    assert "TX-A, TX-B" in ledger["transformers/us-unit-sub-3000kva"].note


def test_an_ieee_transformer_reaches_110_c_at_rating_in_its_rated_ambient(site):
    branches = {item.id: item for item in built(site).network.branches}
    thermal = branches["TX-A"].thermal
    assert thermal.paper == "upgraded"
    assert 30.0 + thermal.top_oil_rise_k + thermal.hot_spot_rise_k == 110.0
    assert thermal.ambient_c is None


def test_an_iec_transformer_reaches_98_c_and_a_dry_one_follows_its_own_law(site):
    room = Hall.objects.get(tag="ER")
    Transformer.objects.filter(tag="TX-A").update(standard="iec", room=room)
    Transformer.objects.filter(tag="TX-B").update(thermal_class="dry")
    branches = {item.id: item for item in built(site).network.branches}
    thermal = branches["TX-A"].thermal
    assert 20.0 + thermal.top_oil_rise_k + thermal.hot_spot_rise_k == 98.0
    assert thermal.ambient_c == room.supply_air_c
    assert branches["TX-B"].thermal.kind == "dry"
    assert branches["TX-B"].thermal.ambient_c is None


# --- Bad input --------------------------------------------------------------------------------


def test_all_problems_are_said_at_once_by_the_names_people_use(site):
    RackFeed.objects.filter(rack__tag="A1-01").delete()
    UnitFeed.objects.filter(unit__tag="CDU-D-02").delete()
    LoopFeed.objects.filter(loop__tag="CHW").delete()
    RackConnection.objects.all().delete()
    CoolingUnit.objects.filter(tag="CH-1").update(parameters={"rated_kw": -1})
    WorkloadProfile.objects.filter(key="training").update(parameters={"kind": "sleeping"})
    Transformer.objects.filter(tag="TX-A").update(item="transformers/us-unit-sub-3000kv")
    found = problems_of(site)
    assert found["racks[HALL-A/A1-01].feeds"] == "has equipment but no supply"
    assert found["cooling.units[CDU-D-02].feeds"] == "has no supply"
    assert found["cooling.loops[CHW].feeds"] == "has no supply"
    assert "liquid circuit" in found["racks[HALL-D/D1-01].circuit"]
    assert "cooling.units[CH-1].rated_kw" in found
    assert "cooling.units[CH-1].cop" in found
    assert "workloads[training].kind" in found
    assert "did you mean 'us-unit-sub-3000kva'" in found["network[TX-A].item"]


def test_a_network_that_cannot_be_solved_is_said_by_tags(site):
    RackFeed.objects.filter(rack__tag="A1-01", path="A").update(share_ratio=0.7)
    found = problems_of(site)
    assert "1.2" in found["network.consumers[HALL-A/A1-01].feeds"]


def test_a_dead_island_is_a_problem(site):
    island = Node.objects.create(site=site, tag="ISLAND", voltage_v=480.0)
    RackFeed.objects.filter(rack__tag="A1-01", path="B").delete()
    RackFeed.objects.filter(rack__tag="A1-01").update(node=island, share_ratio=1.0)
    assert "no feed is live" in problems_of(site)["network.consumers[HALL-A/A1-01].feeds"]


def test_a_node_of_another_site_is_a_problem(site):
    other = make_site("Other")
    foreign = Node.objects.get(site=other, tag="LV-A")
    Conversion.objects.filter(site=site, tag="UPS-A").update(input_node=foreign)
    assert "another site" in problems_of(site)["network.conversions[UPS-A].input_node"]


def test_one_name_for_two_things_is_a_problem(site):
    low, out = Node.objects.get(tag="LV-A"), Node.objects.get(tag="LV-B")
    Conversion.objects.create(
        site=site, tag="TX-A", kind="ups", input_node=low, output_node=out,
        rating_kw=1.0, rating_kva=1.0,
        loss_constant_ratio=0.0, loss_linear_ratio=0.0, loss_square_ratio=0.0,
    )  # fmt: skip
    assert "more than once" in problems_of(site)["network.conversions[TX-A].id"]


def test_an_empty_site_has_problems_and_no_traceback(site):
    site.pk, site.name, site.slug = None, "Empty", "empty"
    site.save(force_insert=True)
    found = problems_of(site)
    assert "halls" in found
    assert "network.nodes" in found
    assert "network.sources" in found
