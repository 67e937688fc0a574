"""Plans side by side: every figure against arithmetic written here, from small answers."""

import pytest

from facility.physics.results import (
    Balances,
    CohortResult,
    FacilityResult,
    HallResult,
    HeadroomResult,
    ObjectLoad,
    StageResult,
    YearResult,
)
from facility.reports import cooling_answer, cooling_figures
from facility.reports.cooling_comparison import Basis, Case, UnitGroup, case_of, energy_of
from facility.reports.cooling_table import groups
from tests.facility.small_site import small_input

BASIS = Basis(site="Small", weather="waves (abc)", design_point="34 °C", currency="USD")


def year(it, compute, cooling, loss, other=50.0, **more):
    """Energies in MWh; the facility is their sum."""
    facility = it + cooling + loss + other
    given = {
        "it_kwh": 1e3 * it,
        "compute_kwh": 1e3 * compute,
        "cooling_kwh": 1e3 * cooling,
        "loss_kwh": 1e3 * loss,
        "facility_kwh": 1e3 * facility,
        "peak_kw": 900.0,
        "peak_hour": 4000,
        "pue": facility / it,
        "itue": it / compute,
        "tue": facility / compute,
        "water_m3": 100.0,
        "wue_l_per_kwh": 0.1,
        "carbon_kg": None,
        "energy_amount": 80.0 * facility,
        "throttled_accelerator_h": 0.0,
        "capped_accelerator_h": 0.0,
        "lost_accelerator_h": 0.0,
    }
    return YearResult(**given | more)


def cohort(name, label, n_racks, n_chips, **more):
    racks = tuple(f"HALL-D/{name}{k}" for k in range(n_racks))
    given = {"rack_peak_kw": 40.0, "inlet_max_c": 25.0, "junction_limit_c": 88.0}
    given |= {"junction_max_c": 70.0, "throttled_h": 0.0}
    return CohortResult(
        id=name, hall="HALL-D", label=label, racks=racks, n_chips=n_chips, **given | more
    )


def hall(n_racks, density_kw):
    nameplate = n_racks * density_kw
    return HallResult(
        hall="HALL-D",
        label="Hall D",
        n_racks=n_racks,
        n_positions=20,
        nameplate_kw=nameplate,
        peak_kw=nameplate,
        density_kw=density_kw,
        density_kw_per_m2=nameplate / 100.0,
        allowed_kw=60.0,
        binding="Air units: HALL-D",
        limits=(),
    )


def room(state, limit_kw, n_racks):
    return HeadroomResult(
        scope="site",
        label="Substation",
        state=state,
        limit_kw=limit_kw,
        n_racks=n_racks,
        binds="Electricity: source GRID",
        binds_state="normal",
        chain=(),
    )


def transformer(name, n_kva, n1_kva):
    return ObjectLoad(
        id=name,
        kind="transformer",
        rating_kva=5000.0,
        normal_kva=1000.0,
        normal_kw=990.0,
        normal_ratio=0.2,
        failover_kva=2000.0,
        failover_kw=1980.0,
        failover_ratio=0.4,
        failover_state="outage:TX-B",
        headroom_n_kva=n_kva,
        headroom_n1_kva=n1_kva,
    )


def stage(name, it_kw, facility_kw, cohorts=(), **more):
    given = {"id": name, "label": name, "on": "2027-03-01", "it_kw": it_kw}
    given |= {"cooling_kw": 0.0, "loss_kw": 0.0, "facility_kw": facility_kw, "halls": ()}
    return StageResult(**given | {"cohorts": cohorts} | more)


OLD = cohort("O", "old server", 2, 8)
BEFORE = stage("before", 100.0, 130.0, (OLD,), year=year(1000.0, 900.0, 100.0, 50.0))


def result(*stages, findings=()):
    return FacilityResult(
        solver_version="1",
        input_sha256="0" * 64,
        title="Small",
        answer=(),
        balances=Balances(
            heat_residual_ratio=0.0,
            power_residual_ratio=0.0,
            coupling_residual_ratio=0.0,
            coupling_passes=1,
            load_flow_mismatch_pu=0.0,
        ),
        stages=stages,
        findings=findings,
        notices=(),
        assumptions=(),
        missing=(),
    )


def case(
    name, *, new, density_kw, energy, facility_kw=230.0, rooms=(500.0, 400.0), units=(), **more
):
    after = stage(
        "after",
        180.0,
        facility_kw,
        (OLD, new),
        year=energy,
        halls=(hall(len(new.racks), density_kw),),
        objects=(transformer("TX-A", 3000.0, 2000.0), transformer("TX-B", 3100.0, 1900.0)),
        headroom=(room("N", rooms[0], 12), room("N-1", rooms[1], 10)),
    )
    levels = {"TX-A": "substation", "TX-B": "substation"}
    return Case(name, result(BEFORE, after, **more), levels, BASIS, units)


@pytest.fixture
def air():
    """Adds 500 MWh of compute, 60 of fans, 40 of cooling, 10 of losses."""
    return case(
        "Air",
        new=cohort("N", "8-way air", 8, 32),
        density_kw=50.0,
        energy=year(1560.0, 1400.0, 140.0, 60.0, water_m3=160.0),
        units=(UnitGroup("crah", 3, 1200.0), UnitGroup("tower", 1, 900.0)),
    )


@pytest.fixture
def liquid():
    """Adds 600 MWh of compute, 20 of fans, 12 of cooling, 8 of losses."""
    return case(
        "Liquid",
        new=cohort("N", "72-way", 4, 64, junction_max_c=80.0, junction_limit_c=87.0),
        density_kw=110.0,
        energy=year(1620.0, 1500.0, 112.0, 58.0),
        facility_kw=220.0,
        rooms=(700.0, 650.0),
    )


def rows(cases):
    found = {}
    for group in groups(cases):
        for row in group.rows:
            found[group.title, row.title] = [(c.text, c.delta, c.share) for c in row.cells]
    return found


ADDED, SITE = "Year, what the plan adds", "Year, whole site"


def test_what_a_plan_adds_is_the_site_with_it_less_the_site_before(air):
    added = air.added_energy
    assert (added.compute_kwh, added.fan_kwh) == (500e3, 60e3)
    assert (added.cooling_kwh, added.loss_kwh, added.other_kwh) == (40e3, 10e3, 0.0)
    assert added.facility_kwh == 610e3
    assert added.water_m3 == 60.0
    assert added.carbon_kg is None


def test_ratios_of_the_addition_are_those_of_its_energies(air):
    added = air.added_energy
    assert added.pue == pytest.approx(610 / 560)
    assert added.itue == pytest.approx(560 / 500)
    assert added.tue == pytest.approx(610 / 500)
    assert added.tue == pytest.approx(added.pue * added.itue)
    assert added.fan_ratio == pytest.approx(1 - 1 / added.itue)
    assert added.wue_l_per_kwh == pytest.approx(60e3 / 560e3)


def test_ratios_of_the_site_equal_the_solvers_own(air):
    energy, solved = energy_of(air.stage.year), air.stage.year
    assert (energy.pue, energy.itue, energy.tue) == pytest.approx(
        (solved.pue, solved.itue, solved.tue)
    )


def test_parts_of_a_year_sum_to_the_facility(air):
    for energy in (air.added_energy, air.site_energy):
        parts = [getattr(energy, name) for name, *_ in cooling_figures.PARTS]
        assert sum(parts) == pytest.approx(energy.facility_kwh)


def test_only_new_racks_count_as_added(air):
    assert (air.n_added_racks, air.n_added_chips, air.n_chips) == (8, 256, 272)
    assert air.added_kinds == ("8-way air",)


def test_a_rack_whose_contents_changed_counts_as_new():
    changed = cohort("O", "new server", 2, 16)
    after = stage("after", 1.0, 1.0, (changed,))
    assert Case("x", result(BEFORE, after), {}, BASIS).n_added_chips == 32


def test_figures_stand_with_their_difference_to_the_first_plan(air, liquid):
    found = rows([air, liquid])
    assert found["What each plan adds", "Accelerators"] == [("256", "", ""), ("256", "same", "")]
    assert found["What each plan adds", "Racks"] == [("8", "", ""), ("4", "−4", "")]
    assert found[ADDED, "Facility energy"] == [
        ("610\u202fMWh", "", ""),
        ("640\u202fMWh", "+30\u202fMWh", "+4.9\u202f%"),
    ]
    assert found[ADDED, "TUE"] == [("1.220", "", ""), ("1.067", "−0.153", "")]
    assert found[ADDED, "Fans and supplies of IT energy"][0][0] == "10.7\u202f%"
    assert found[SITE, "House: lights, offices"][1] == ("50\u202fMWh", "same", "")


def test_pue_always_stands_with_tue_and_the_total(air, liquid):
    for group in groups([air, liquid]):
        titles = [row.title for row in group.rows]
        if "PUE" in titles:
            assert {"TUE", "ITUE", "Facility energy"} <= set(titles)


def test_floor_and_density_are_those_of_the_places_used(air, liquid):
    found = rows([air, liquid])
    # 100 m² for 20 places: 8 racks stand on 40 m², 4 on 20 m².
    assert [c[0] for c in found["What each plan adds", "Floor used, aisles included"]] == [
        "40.0\u202fm²",
        "20.0\u202fm²",
    ]
    assert [c[0] for c in found["What each plan adds", "Density on the floor used"]] == [
        "10.0\u202fkW/m²",
        "22.0\u202fkW/m²",
    ]


def test_headroom_is_told_in_power_in_own_racks_and_in_their_accelerators(air, liquid):
    found = rows([air, liquid])
    assert found["Headroom left", "Grid and substation, N-1"][1] == (
        "650\u202fkW",
        "+250\u202fkW",
        "+62.5\u202f%",
    )
    assert found["Headroom left", "in the plan's own racks"][0][0] == "10 racks, 320 accelerators"
    assert found["Headroom left", "what binds first there"][0][0] == "the contract of GRID (normal)"
    assert found["Headroom left", "Substation transformer, N-1"][0][0] == "1\u202f900\u202fkVA"


def test_new_cooling_units_are_named_with_their_rating(air, liquid):
    units = rows([air, liquid])["What each plan adds", "New cooling units"]
    assert units[0][0] == "3 air units (1\u202f200\u202fkW), 1 cooling tower (900\u202fkW)"
    assert units[1][0] == "–"


def test_a_plan_without_an_answer_has_dashes_and_gives_no_difference(air):
    found = rows([None, air])
    assert found[ADDED, "TUE"] == [("–", "", ""), ("1.220", "", "")]


def test_the_answer_names_the_plan_with_the_least_tue_first(air, liquid):
    lines = cooling_answer.answer([air, liquid])
    assert lines[0].startswith("Liquid takes the least electricity for its computing: 1.067 kWh")
    assert "1.220 with Air" in lines[0]
    assert "Air adds 610\u202fMWh a year and Liquid adds 640\u202fMWh a year" in lines[1]
    assert "500\u202fMWh and 600\u202fMWh reach compute boards" in lines[1]
    assert "90.0\u202fkW more with Liquid and 100\u202fkW more with Air" in lines[2]


def test_the_answer_says_that_pue_rewards_fans(air, liquid):
    line = cooling_answer.answer([air, liquid])[3]
    assert "with Air they are 10.7\u202f% of the IT energy" in line
    assert "PUE at 1.089 while its TUE is 1.220" in line
    assert "By PUE" not in line


def test_the_answer_tells_when_pue_would_order_the_plans_otherwise(air):
    strong_fans = case(
        "Strong fans",
        new=cohort("N", "8-way air", 8, 32),
        density_kw=50.0,
        energy=year(1700.0, 1400.0, 110.0, 52.0),
    )
    assert strong_fans.added_energy.pue < air.added_energy.pue
    assert strong_fans.added_energy.tue > air.added_energy.tue
    line = cooling_answer.answer([air, strong_fans])[3]
    assert "By PUE the order would be Strong fans and Air." in line


def test_equal_accelerators_of_other_kinds_are_not_called_equal_compute(air, liquid):
    text = " ".join(cooling_answer.equality([air, liquid]))
    assert "equal accelerators are not equal useful compute" in text
    assert "The compute boards of Liquid draw 20.0\u202f% more energy than those of Air" in text
    assert "are the same in all" in text


def test_unequal_accelerators_are_told(air):
    other = case(
        "Half", new=cohort("N", "8-way air", 4, 32), density_kw=50.0, energy=air.stage.year
    )
    text = cooling_answer.equality([air, other])[0]
    assert text == "The plans do not add equally many accelerators: Air 256 and Half 128."


def test_what_is_not_the_same_is_named(air, liquid):
    moved = Basis("Small", "another year", BASIS.design_point, "USD")
    other = Case(liquid.name, liquid.result, liquid.levels, moved)
    text = " ".join(cooling_answer.equality([air, other]))
    assert "Not the same in all of them: the weather year." in text


def test_throttling_is_told_with_its_hours_and_cause(air):
    hot = case(
        "Hot",
        new=cohort("N", "8-way air", 8, 32, throttled_h=40.0, cause="inlet air up to 39.0 °C"),
        density_kw=50.0,
        energy=year(1560.0, 1400.0, 140.0, 60.0, throttled_accelerator_h=10240.0),
    )
    lines = cooling_answer.answer([air, hot])
    assert (
        "Heat throttles 10\u202f240 accelerator-hours with Hot (inlet air up to 39.0 °C)." in lines
    )
    found = rows([air, hot])
    assert found["Chips", "Why"][1][0] == "HALL-D: inlet air up to 39.0 °C"
    assert found["Chips", "Throttled, whole site"][1][1] == "+10\u202f200\u202facc.-h"


def test_no_throttling_is_told_with_the_margins(air, liquid):
    text = " ".join(cooling_answer.answer([air, liquid]))
    assert "No accelerator throttles in the weather year in any of them" in text
    assert "+18.0\u202fK with Air and +7.0\u202fK with Liquid" in text


def test_without_a_year_before_the_plan_the_whole_site_is_compared(air, liquid):
    cases = [
        Case(
            item.name,
            result(BEFORE.model_copy(update={"year": None}), item.stage),
            item.levels,
            BASIS,
        )
        for item in (air, liquid)
    ]
    assert cases[0].added_energy is None
    assert "TUE of the whole site" in cooling_answer.answer(cases)[0]
    assert cooling_figures.added_energy(cases)["data"] == []


def test_one_plan_alone_is_no_comparison(air):
    assert cooling_answer.answer([air]) == ()
    assert cooling_answer.equality([air]) == ()
    assert cooling_answer.answer([]) == ()
    assert len(groups([])) == len(groups([air]))


def test_bars_stack_to_the_totals_written_beside_them(air, liquid):
    drawn = cooling_figures.added_energy([air, liquid])
    totals = [sum(trace["x"][k] for trace in drawn["data"]) for k in range(2)]
    assert totals == pytest.approx([610.0, 640.0])
    assert [note["x"] for note in drawn["layout"]["annotations"]] == pytest.approx(totals)
    head, table = cooling_figures.data_table(drawn)
    assert head[:2] == ["Plan", "Compute [MWh]"]
    assert table[0][:2] == ["Air", 500.0]


def test_units_weather_and_design_point_come_from_the_frozen_input():
    document, _ = small_input()
    unit = document.cooling.units[0]
    late = unit.model_copy(update={"id": "late", "from_stage": 1})
    cooling = document.cooling.model_copy(update={"units": (*document.cooling.units, late)})
    found = case_of("x", result(BEFORE), document.model_copy(update={"cooling": cooling}), {})
    assert found.units == (UnitGroup(unit.kind, 1, unit.rated_kw),)
    assert document.weather.sha256[:8] in found.basis.weather
    assert found.basis.currency == "USD"
