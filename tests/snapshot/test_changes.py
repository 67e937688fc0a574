"""What each kind of change does to the document."""

import datetime as dt

import pytest

from facility.kernel.errors import InputError
from facility.scenarios import changes, snapshot
from facility.scenarios.snapshot.apply import apply
from facility.scenarios.snapshot.picture import Picture
from power.models import RowTap
from racks.models import SystemType
from tests.snapshot.small_site import make_plan
from thermal.models import RowConnection

ADD = {"hall": "HALL-D", "system": "nvl72", "n_racks": 3, "workload": "training"}
FIRST, SECOND = "2035-01-01", "2036-01-01"


def document_of(site, *phases, **options):
    return snapshot.build(make_plan(site, *phases), **options).document


def problems_of(site, *phases, **options):
    with pytest.raises(InputError) as caught:
        document_of(site, *phases, **options)
    return {problem.path: problem.message for problem in caught.value.problems}


def lives(items, name):
    """Return from and until of every version of an object."""
    return [(item.from_stage, item.until_stage) for item in items if item.id == name]


def test_every_kind_of_change_has_its_effect():
    for kind in changes.KINDS.values():
        assert apply.dispatch(kind.document) is not apply.dispatch(object)
    with pytest.raises(TypeError):
        apply(object(), Picture(continuous_ratio=1.0), 0, "")


def test_added_racks_take_the_next_free_places_with_their_taps_and_circuit(site):
    document = document_of(site, (FIRST, ("add_racks", ADD)))
    new = {rack.id: rack for rack in document.racks if rack.from_stage == 1}
    assert list(new) == ["HALL-D/D1-02", "HALL-D/D1-03", "HALL-D/D1-04"]
    rack = new["HALL-D/D1-03"]
    assert (rack.x_m, rack.y_m, rack.circuit) == (pytest.approx(3.6), 3.0, "TCS-D")
    assert rack.mass_kg == 1360.0  # a rack-scale system brings its cabinet
    consumer = next(c for c in document.network.consumers if c.id == rack.id)
    assert [(f.node, f.share_ratio, f.rating_a) for f in consumer.feeds] == [
        ("UPS-OUT-A", 0.5, 250.0),
        ("UPS-OUT-B", 0.5, 250.0),
    ]
    assert (consumer.from_stage, consumer.until_stage) == (1, None)
    assert lives(document.places, "HALL-D/D1-03") == [(0, 1)]
    assert lives(document.places, "HALL-D/D1-05") == [(0, None)]


def test_new_racks_in_a_hall_of_air_take_the_weight_of_its_cabinets(site):
    change = {**ADD, "hall": "HALL-A", "system": "air8", "n_systems": 2, "workload": "serving"}
    document = document_of(site, (FIRST, ("add_racks", change)))
    new = [rack for rack in document.racks if rack.from_stage == 1]
    assert [rack.id for rack in new] == ["HALL-A/A1-03", "HALL-A/A1-05", "HALL-A/A1-06"]
    assert {rack.mass_kg for rack in new} == {180.0 + 2 * 130.0}
    assert {rack.circuit for rack in new} == {None}
    assert f"phases[{FIRST}].changes[1].cabinet_mass_kg" in {m.path for m in document.missing}


def test_a_removed_rack_frees_its_place_for_the_next(site):
    document = document_of(
        site,
        (FIRST, ("remove_racks", {"racks": ["HALL-D/D1-01"]})),
        (SECOND, ("add_racks", {**ADD, "n_racks": 1})),
    )
    assert lives(document.racks, "HALL-D/D1-01") == [(0, 1), (2, None)]
    assert lives(document.network.consumers, "HALL-D/D1-01") == [(0, 1), (2, None)]
    assert lives(document.places, "HALL-D/D1-01") == [(1, 2)]


def test_what_comes_and_goes_in_one_phase_leaves_no_trace(site):
    document = document_of(
        site,
        (
            FIRST,
            ("add_racks", {**ADD, "n_racks": 1}),
            ("remove_racks", {"racks": ["HALL-D/D1-02"]}),
        ),
    )
    assert lives(document.racks, "HALL-D/D1-02") == []
    assert lives(document.network.consumers, "HALL-D/D1-02") == []


def test_another_workload_is_a_new_version_of_racks_with_chips_alone(site):
    document = document_of(
        site, (FIRST, ("set_workload", {"hall": "HALL-A", "workload": "training"}))
    )
    assert lives(document.racks, "HALL-A/A1-01") == [(0, 1), (1, None)]
    assert lives(document.racks, "HALL-A/A1-04") == [(0, None)]  # switches keep their work
    assert lives(document.racks, "HALL-D/D1-01") == [(0, None)]
    after = next(r for r in document.racks if r.id == "HALL-A/A1-01" and r.from_stage == 1)
    assert {content.workload for content in after.contents} == {"training"}


def test_a_cap_makes_a_second_version_of_the_system_everywhere(site):
    document = document_of(
        site,
        (FIRST, ("cap_system", {"system": "nvl72", "cap_w": 1000.0}), ("add_racks", ADD)),
    )
    systems = {system.id: system for system in document.systems}
    capped = systems["nvl72@1"]
    assert capped.chip.cap_w == 1000.0
    assert capped.chip.reference_w == 1200.0
    assert capped.nameplate_kw == pytest.approx(132.0 - 72 * 0.2)
    assert capped.label == "72-way liquid rack, capped at 1000 W"
    assert systems["nvl72"].chip.cap_w == 1200.0
    now = [rack for rack in document.racks if rack.is_present(1) and rack.hall == "HALL-D"]
    assert {content.system for rack in now for content in rack.contents} == {"nvl72@1"}
    headroom = [a for a in document.analyses if a.kind == "headroom"]
    assert [(a.stages, a.candidate.system) for a in headroom] == [
        ((0,), "nvl72"),
        ((1,), "nvl72@1"),
    ]


def test_a_second_cap_starts_from_the_first(site):
    document = document_of(
        site,
        (FIRST, ("cap_system", {"system": "nvl72", "cap_w": 1000.0})),
        (SECOND, ("cap_system", {"system": "nvl72", "cap_w": 900.0})),
    )
    systems = {system.id: system for system in document.systems}
    assert systems["nvl72@2"].nameplate_kw == pytest.approx(132.0 - 72 * 0.3)
    assert systems["nvl72@2"].label == "72-way liquid rack, capped at 900 W"
    assert lives(document.racks, "HALL-D/D1-01") == [(0, 1), (1, 2), (2, None)]


def test_more_units_number_on_and_hang_on_the_same_feeds(site):
    document = document_of(site, (FIRST, ("add_units", {"like": "CDU-D-01", "n_units": 2})))
    units = {unit.id: unit for unit in document.cooling.units}
    assert units["CDU-D-04"].rated_kw == units["CDU-D-01"].rated_kw
    assert lives(document.cooling.units, "CDU-D-03") == [(1, None)]
    consumers = {item.id: item for item in document.network.consumers}
    assert consumers["CDU-D-04"].feeds == consumers["CDU-D-01"].feeds
    assert consumers["CDU-D-04"].from_stage == 1
    assert "outage:CDU-D-04" in {outage.id for outage in document.network.outages}


def test_a_transformer_of_another_rating_keeps_its_per_unit_values(site):
    document = document_of(site, (FIRST, ("set_rating", {"tag": "TX-A", "rating_kva": 4500.0})))
    old, new = (item for item in document.network.branches if item.id == "TX-A")
    assert (old.rating_kva, new.rating_kva) == (3000.0, 4500.0)
    assert new.impedance_ratio == old.impedance_ratio
    assert new.load_loss_kw == pytest.approx(1.5 * old.load_loss_kw)
    assert new.no_load_loss_kw == pytest.approx(1.5 * old.no_load_loss_kw)
    assert [o.id for o in document.network.outages].count("outage:TX-A") == 1


def test_a_ups_of_another_rating_keeps_its_power_factor(site):
    document = document_of(site, (FIRST, ("set_rating", {"tag": "UPS-A", "rating_kva": 2500.0})))
    new = [item for item in document.network.conversions if item.id == "UPS-A"][-1]
    assert (new.rating_kva, new.rating_kw) == (2500.0, 2500.0)


@pytest.mark.parametrize(
    ("tag", "kind"), [("WARM", "loops"), ("TCS-D", "circuits"), ("HALL-A", "halls")]
)
def test_another_supply_temperature_holds_from_its_stage_on(site, tag, kind):
    document = document_of(site, (FIRST, ("set_supply", {"tag": tag, "supply_c": 27.0})))
    items = getattr(document.cooling, kind)
    assert lives(items, tag) == [(0, 1), (1, None)]
    assert [item.supply_setpoint_c for item in items if item.id == tag][-1] == 27.0


# --- Stages -----------------------------------------------------------------------------------


def test_phases_of_the_lineage_are_ordered_by_date_and_equal_dates_merge(site):
    base = make_plan(site, (SECOND, ("set_supply", {"tag": "WARM", "supply_c": 31.0})), name="Base")
    plan = make_plan(
        site,
        (FIRST, ("add_racks", {**ADD, "n_racks": 1})),
        (SECOND, ("set_supply", {"tag": "WARM", "supply_c": 32.0})),
        parent=base,
    )
    document = snapshot.build(plan).document
    assert [stage.id for stage in document.stages] == ["as-built", FIRST, SECOND]
    warm = [loop for loop in document.cooling.loops if loop.id == "WARM"]
    assert [loop.supply_setpoint_c for loop in warm] == [30.0, 32.0]  # the child has the last word
    year, contingency, *_ = document.analyses
    assert (year.stages, contingency.stages) == ((0, 2), (0, 1, 2))


def test_as_built_is_dated_when_the_oldest_plan_was_made_or_by_an_earlier_phase(site):
    later = document_of(site, (FIRST, ("add_racks", ADD)))
    assert later.stages[0].on == dt.datetime.now(dt.UTC).date().isoformat()
    plan = make_plan(site, ("2001-02-03", ("add_racks", ADD)), name="Past")
    assert [s.on for s in snapshot.build(plan).document.stages] == ["2001-02-03", "2001-02-03"]


def test_extra_changes_are_one_more_stage(site):
    extra = (changes.AddRacks(**ADD), changes.AddRacks(**{**ADD, "n_racks": 1}))
    document = document_of(site, (FIRST, ("add_racks", {**ADD, "n_racks": 1})), extra=extra)
    assert [(s.id, s.on) for s in document.stages][-1] == ("extra", FIRST)
    assert sum(rack.from_stage == 2 for rack in document.racks) == 4
    assert document.analyses[0].stages == (0, 2)


def test_the_candidate_is_what_the_plan_adds_last(site):
    air = {**ADD, "hall": "HALL-A", "system": "air8", "n_systems": 3, "workload": "serving"}
    document = document_of(
        site, (FIRST, ("add_racks", {**ADD, "n_racks": 1})), (SECOND, ("add_racks", air))
    )
    candidate = next(a for a in document.analyses if a.kind == "headroom").candidate
    assert (candidate.system, candidate.n_systems) == ("air8", 3)


# --- Bad input --------------------------------------------------------------------------------


def test_unknown_names_are_said_with_the_nearest_match(site):
    wrong = {"hall": "HALL-E", "system": "nvl27", "n_racks": 1, "workload": "trainin"}
    found = problems_of(
        site,
        (
            FIRST,
            ("add_racks", wrong),
            ("remove_racks", {"racks": ["HALL-A/A1-09"]}),
            ("set_workload", {"hall": "HALL", "workload": "servin"}),
            ("cap_system", {"system": "nvl", "cap_w": 1000.0}),
            ("add_units", {"like": "CDU-D-1", "n_units": 1}),
            ("set_rating", {"tag": "TXA", "rating_kva": 1.0}),
            ("set_supply", {"tag": "WRM", "supply_c": 20.0}),
        ),
    )
    at = f"phases[{FIRST}].changes"
    hints = {
        f"{at}[1].hall": "HALL-D",
        f"{at}[1].system": "nvl72",
        f"{at}[1].workload": "training",
        f"{at}[2].racks[0]": "HALL-A/A1-0",
        f"{at}[3].workload": "serving",
        f"{at}[4].system": "nvl72",
        f"{at}[5].like": "CDU-D-01",
        f"{at}[6].tag": "TX-A",
        f"{at}[7].tag": "WARM",
    }
    for path, hint in hints.items():
        assert f"did you mean '{hint}" in found[path], path


def test_too_few_places_are_a_problem_that_counts_them(site):
    found = problems_of(site, (FIRST, ("add_racks", {**ADD, "n_racks": 8})))
    message = found[f"phases[{FIRST}].changes[1].n_racks"]
    assert message == (
        "HALL-D has 7 places for 72-way liquid rack, 8 are needed (7 places are free)"
    )


def test_a_liquid_system_needs_a_circuit_at_its_place(site):
    found = problems_of(site, (FIRST, ("add_racks", {**ADD, "hall": "HALL-A"})))
    assert "5 of them have no liquid circuit" in found[f"phases[{FIRST}].changes[1].n_racks"]


def test_an_extra_change_names_itself_in_a_problem(site):
    RowConnection.objects.all().delete()
    found = problems_of(site, extra=(changes.AddRacks(**ADD),))
    assert "7 of them have no liquid circuit" in found["extra[0].n_racks"]


def test_places_without_taps_are_not_places(site):
    RowTap.objects.filter(row__tag="D1").update(last_position=3)
    found = problems_of(site, (FIRST, ("add_racks", ADD)))
    message = found[f"phases[{FIRST}].changes[1].n_racks"]
    assert "HALL-D has 2 places" in message
    assert "5 of them have no supply taps" in message


def test_a_breaker_that_is_too_small_is_a_finding_of_the_solver_and_no_problem(site):
    RowTap.objects.all().update(breaker_a=1.0)
    assert document_of(site, (FIRST, ("add_racks", ADD)))


@pytest.mark.parametrize("cap_w", [1200.0, 1300.0, 10.0])
def test_a_cap_has_to_lie_between_idle_and_the_present_limit(site, cap_w):
    found = problems_of(site, (FIRST, ("cap_system", {"system": "nvl72", "cap_w": cap_w})))
    assert "1200 W" in found[f"phases[{FIRST}].changes[1].cap_w"]


def test_a_switch_has_no_chip_to_cap(site):
    found = problems_of(site, (FIRST, ("cap_system", {"system": "switch", "cap_w": 100.0})))
    assert found[f"phases[{FIRST}].changes[1].system"] == "Switch has no chips to cap"


def test_a_payload_that_is_no_change_is_a_problem_at_its_place(site):
    found = problems_of(
        site, (FIRST, ("add_racks", {"hall": "HALL-D", "speed": 3}), ("paint", {"colour": "red"}))
    )
    at = f"phases[{FIRST}].changes"
    assert {f"{at}[1].system", f"{at}[1].n_racks", f"{at}[1].speed", f"{at}[2].kind"} <= set(found)


def test_a_plan_that_descends_from_itself_is_a_problem(site):
    parent = make_plan(site, name="Parent")
    child = make_plan(site, name="Child", parent=parent)
    parent.parent = child
    parent.save()
    with pytest.raises(InputError, match="descends from itself"):
        snapshot.build(parent)


def test_an_unknown_candidate_is_a_problem(site):
    assert "nvl72" in problems_of(site, candidate="nvl7")["candidate"]


def test_headroom_in_racks_of_unknown_mass_needs_a_stand_in(site):
    row = SystemType.objects.get(key="nvl72")
    row.parameters = {**row.parameters, "mass_kg": None}
    row.save()
    document = document_of(site)
    missing = {entry.path: entry for entry in document.missing}
    assert missing["systems[nvl72].mass_kg"].stand_in == "700 kg"  # the heaviest rack there is
    headroom = next(a for a in document.analyses if a.kind == "headroom")
    assert headroom.candidate.mass_kg == 700.0
