"""The demo site as built: counts, ratings, topology, and that each side carries both."""

from collections import Counter, defaultdict
from math import sqrt

import pytest

from facility.scenarios.models import Change, Phase, Scenario
from facility.sites.models import Hall, Row
from power.models import (
    Conversion,
    HouseLoad,
    Line,
    Node,
    RackFeed,
    RowTap,
    Source,
    Switch,
    Transformer,
)
from racks.models import Rack
from tests.demo.arithmetic import (
    POWER_FACTOR,
    carried_kw,
    machines_kw,
    rack_nameplates_kw,
    sides,
)
from tests.demo.tracing import Upstream
from thermal.models import (
    CoolingUnit,
    LoopFeed,
    RackConnection,
    RowConnection,
    UnitFeed,
)

pytestmark = pytest.mark.django_db

NEC = 0.8
BUSWAY_KVA = sqrt(3) * 0.415 * 1600.0 * NEC
# Nameplates: DGX H100 10.2, liquid 8-way B200 12.6, GB200 NVL72 132, QM9700 1.72, AI400X2 2.2.
SIDE_ROOMS_KW = 8 * 8 * 1.72 + 4 * 6 * 2.2


@pytest.fixture(scope="module")
def nameplate_kw(demo):
    return rack_nameplates_kw(demo)


@pytest.fixture(scope="module")
def feeds(demo):
    return list(
        RackFeed.objects.filter(rack__hall__building__site=demo).select_related("node", "rack")
    )


def test_the_substation_is_that_of_the_reference_campus_at_american_ratings(demo):
    tx = Transformer.objects.filter(site=demo, tag__startswith="TX")
    assert [(t.rating_kva, t.hv_voltage_v, t.lv_voltage_v, t.impedance_ratio) for t in tx] == [
        (120_000.0, 230_000.0, 34_500.0, 0.14)
    ] * 2
    units = Transformer.objects.filter(site=demo, tag__startswith="USS")
    assert {(t.rating_kva, t.lv_voltage_v, t.standard) for t in units} == {(3750.0, 480.0, "ieee")}
    assert units.count() == 42
    assert Line.objects.filter(site=demo, tag__regex=r"^F\d-C1$").count() == 6
    assert demo.frequency_hz == 60.0
    assert Source.objects.get(site=demo).contract_kw == 80_000.0
    tie = Switch.objects.get(site=demo, tag="MV-TIE")
    assert (tie.from_node.tag, tie.to_node.tag, tie.closed) == ("MV-A", "MV-B", True)
    sections = Node.objects.filter(site=demo, is_bus_section=True).order_by("tag")
    assert [node.tag for node in sections] == ["HV-A", "HV-B", "MV-A", "MV-B"]


def test_each_hall_has_its_racks(demo):
    racks = Rack.objects.filter(hall__building__site=demo)
    found = Counter(racks.values_list("hall__tag", "cooling"))
    assert found == {
        ("HALL-A", "air"): 240 + 12,
        ("HALL-B", "hybrid"): 224,
        ("HALL-B", "air"): 12,
        ("HALL-C", "liquid"): 120,
        ("HALL-C", "air"): 12,
    }
    assert Row.objects.filter(hall__tag="HALL-D").count() * 24 == 144


def test_nameplate_of_it_is_that_of_the_hand_count(demo, nameplate_kw):
    halls = defaultdict(float)
    for rack in Rack.objects.filter(hall__building__site=demo).select_related("hall"):
        halls[rack.hall.tag] += nameplate_kw[rack.pk]
    assert halls == pytest.approx(
        {
            "HALL-A": 240 * 4 * 10.2 + SIDE_ROOMS_KW,
            "HALL-B": 224 * 4 * 12.6 + SIDE_ROOMS_KW,
            "HALL-C": 120 * 132.0 + SIDE_ROOMS_KW,
        }
    )
    with_plan_mw = (sum(halls.values()) + 144 * 155.0) / 1000.0
    assert with_plan_mw == pytest.approx(60.0, abs=1.0)


def test_sides_of_every_rack_share_nothing_below_the_bus_sections(demo, feeds):
    upstream = Upstream(demo)
    by_rack = defaultdict(dict)
    for feed in feeds:
        by_rack[feed.rack_id][feed.path] = upstream.objects(feed.node.tag)
    assert len(by_rack) == 620
    for paths in by_rack.values():
        assert set(paths) == {"A", "B"}
        assert set(paths["A"]).isdisjoint(paths["B"])
        assert (paths["A"][-1], paths["B"][-1]) == ("MV-A", "MV-B")


def test_partners_of_a_pair_hang_on_different_feeders(demo):
    upstream = Upstream(demo)
    for pair in range(1, 22):
        feeder = (pair - 1) // 7
        for side, first in (("A", 1), ("B", 4)):
            cable = upstream.objects(f"LVB-{side}{pair:02d}")[-2]
            assert cable == f"F{first + feeder}-C1"


def test_feeds_of_a_rack_come_from_taps_of_the_same_number(feeds):
    taps = defaultdict(set)
    for feed in feeds:
        assert feed.node.path == feed.path
        taps[feed.rack_id].add(feed.node.tag.replace(f"TAP-{feed.path}", ""))
    assert {len(found) for found in taps.values()} == {1}


def test_a_breaker_carries_its_rack_from_one_side(feeds, nameplate_kw):
    for feed in feeds:
        usable_kw = NEC * sqrt(3) * 0.415 * feed.breaker_a * feed.power_factor
        assert usable_kw >= nameplate_kw[feed.rack_id], feed


def test_a_busway_and_its_pdu_carry_their_racks_from_one_side(demo):
    busway_lines = Line.objects.filter(site=demo, tag__startswith="BW")
    assert {(line.rating_a, line.derating_ratio) for line in busway_lines} == {(1600.0, NEC)}
    busways = {name: kw for name, kw in carried_kw(demo).items() if "-" in name}
    assert len(busways) == 2 * 4 * 12
    for name, kw in busways.items():
        assert kw / POWER_FACTOR <= BUSWAY_KVA, name
        assert kw / POWER_FACTOR <= 1000.0, name


def test_a_ups_and_its_unit_substation_carry_a_pair_alone(demo):
    found = sides(demo)
    assert len(found) == 2 * 12
    for name, load in found.items():
        assert load.ups_out_kw <= 3500.0, name
        assert load.kva <= 3750.0, name


def test_a_plant_unit_substation_carries_its_pair_alone(demo):
    machines = machines_kw(demo)
    loop_pumps_kw = 500.0  # more than either loop: 560 kg/s against 250 kPa at 70 % is 200 kW
    for pair in (19, 20, 21):
        for side in "AB":
            kw = machines[f"LVB-{side}{pair:02d}"] + loop_pumps_kw + 100.0
            assert kw / 0.95 <= 3750.0
    assert HouseLoad.objects.filter(site=demo).count() == 6


def test_the_third_phase_is_the_first_that_a_busway_cannot_carry(demo):
    """Each phase puts two racks of 155 kW on each of the 24 busways of the empty hall."""
    taps = RowTap.objects.filter(row__hall__tag="HALL-D", path="A").select_related("node", "row")
    per_phase = [Counter(), Counter(), Counter()]
    for tap in taps:
        phase = (int(tap.row.tag[1:]) - 1) // 2
        n_places = tap.last_position - tap.first_position + 1
        per_phase[phase][tap.node.tag[:9]] += n_places
    assert [set(found.values()) for found in per_phase] == [{2}, {2}, {2}]
    assert len(per_phase[0]) == 24
    assert 4 * 155.0 / POWER_FACTOR < BUSWAY_KVA < 6 * 155.0 / POWER_FACTOR


def test_every_place_has_a_tap_on_each_path(demo):
    for row in Row.objects.filter(hall__building__site=demo).prefetch_related("taps"):
        places = Counter(
            (tap.path, position)
            for tap in row.taps.all()
            for position in range(tap.first_position, tap.last_position + 1)
        )
        assert places == {(p, k): 1 for p in "AB" for k in range(1, row.n_positions + 1)}


def test_taps_of_the_empty_hall_fit_the_planned_rack(demo):
    breakers = RowTap.objects.filter(row__hall__tag="HALL-D").values_list("breaker_a", flat=True)
    assert set(breakers) == {300.0}
    assert NEC * sqrt(3) * 0.415 * 300.0 * POWER_FACTOR >= 155.0


def test_shares_of_every_consumer_add_up_to_one(demo, feeds):
    shares = defaultdict(float)
    for feed in feeds:
        shares["rack", feed.rack_id] += feed.share_ratio
    for feed in UnitFeed.objects.filter(unit__site=demo):
        shares["unit", feed.unit_id] += feed.share_ratio
    for feed in LoopFeed.objects.filter(loop__site=demo):
        shares["loop", feed.loop_id] += feed.share_ratio
    n_consumers = 620 + CoolingUnit.objects.filter(site=demo).count() + 2
    assert len(shares) == n_consumers
    assert set(shares.values()) == {1.0}


def test_liquid_racks_are_connected_and_air_racks_are_not(demo):
    racks = Rack.objects.filter(hall__building__site=demo)
    connected = set(RackConnection.objects.values_list("rack_id", flat=True))
    assert connected == set(racks.exclude(cooling="air").values_list("pk", flat=True))
    rows = RowConnection.objects.values_list("row__hall__tag", flat=True)
    assert Counter(rows) == {"HALL-B": 16, "HALL-C": 10, "HALL-D": 6}


def test_losses_of_ups_and_pdus_heat_the_electrical_rooms(demo):
    rooms = Counter(Conversion.objects.filter(site=demo).values_list("room__tag", flat=True))
    assert rooms == {"ER-A": 18, "ER-B": 18}
    pdus = Transformer.objects.filter(site=demo, tag__startswith="PDU")
    assert Counter(pdus.values_list("room__tag", flat=True)) == {"ER-A": 72, "ER-B": 72}


def test_nothing_stands_in_anything_else(demo):
    for hall in Hall.objects.filter(building__site=demo):
        boxes = [
            (row.tag, row.x_m, row.y_m, row.width_m, row.depth_m)
            for kind in (hall.racks, hall.cooling_units)
            for row in kind.all()
        ]
        boxes.sort(key=lambda box: box[1] - box[3] / 2)
        for k, (tag, x_m, y_m, width_m, depth_m) in enumerate(boxes):
            assert width_m / 2 - 1e-6 <= x_m <= hall.width_m - width_m / 2 + 1e-6, tag
            assert depth_m / 2 - 1e-6 <= y_m <= hall.depth_m - depth_m / 2 + 1e-6, tag
            for other, x2_m, y2_m, width2_m, depth2_m in boxes[k + 1 :]:
                if x2_m - width2_m / 2 >= x_m + width_m / 2 - 1e-6:
                    break
                assert abs(y2_m - y_m) >= (depth_m + depth2_m) / 2 - 1e-6, (tag, other)


def test_the_plans_are_there(demo):
    names = Scenario.objects.filter(site=demo).values_list("name", "parent__name", "is_committed")
    assert set(names) == {
        ("As built", None, True),
        ("GB300 expansion", "As built", False),
        ("Hall D in air", "As built", False),
        ("Hall D hybrid", "As built", False),
        ("Hall D direct liquid", "As built", False),
    }
    phases = Phase.objects.filter(scenario__name="GB300 expansion")
    assert [str(phase.on) for phase in phases] == ["2027-03-01", "2027-09-01", "2028-03-01"]


def test_variants_hold_the_same_number_of_accelerators(demo):
    found = {}
    for change in Change.objects.filter(kind="add_racks").select_related("phase__scenario"):
        system = demo.system_types.get(key=change.payload["system"])
        n_chips = change.payload["n_systems"] * system.parameters["n_chips"]
        name = change.phase.scenario.name
        found[name] = found.get(name, 0) + n_chips * change.payload["n_racks"]
    assert found.pop("GB300 expansion") == 144 * 72
    assert set(found.values()) == {4608}
    assert len(found) == 3
