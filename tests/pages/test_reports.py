"""Result documents become bars, drawings and charts; checked by hand on small cases."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.reports import capacity, compare, facts, figures, floor_plan, numbers
from facility.reports.capacity import parts_of

AMOUNTS = st.floats(min_value=0.0, max_value=1e6)


@given(used=AMOUNTS, planned=AMOUNTS, reserve=AMOUNTS, rating=st.floats(1.0, 1e6))
def test_a_bar_shows_all_load_and_reaches_at_least_its_rating(used, planned, reserve, rating):
    parts = parts_of(rating, used=used, planned=planned, reserve=reserve)
    total = sum(part.amount for part in parts)
    assert total == pytest.approx(max(rating, used + planned + reserve))
    assert ("over" in {p.fill for p in parts}) == (used + planned + reserve > rating)
    ends = [part.start_ratio + part.width_ratio for part in parts]
    starts = [part.start_ratio for part in parts]
    assert starts[1:] == pytest.approx(ends[:-1])


def load(name, normal, failover, rating=100.0):
    return SimpleNamespace(
        id=name,
        kind="transformer",
        rating_kva=rating,
        normal_ratio=normal,
        failover_ratio=failover,
        failover_state="outage:B",
    )


def test_what_a_later_stage_carries_beyond_today_is_planned(monkeypatch):
    monkeypatch.setattr(capacity, "levels", lambda document: {"A": "substation", "B": "substation"})
    today = SimpleNamespace(objects=[load("A", 0.2, 0.4), load("B", 0.1, 0.2)])
    later = SimpleNamespace(objects=[load("A", 0.5, 0.9), load("B", 0.3, 0.6)])
    (bar,) = capacity.electric_bars(None, today, later)
    assert (bar.name, bar.n_alike, bar.grade) == ("A", 2, "good")
    # 20 today, 30 more planned, 40 more in an outage, 10 left of 100.
    assert [(p.fill, round(p.amount)) for p in bar.parts] == [
        ("used", 20),
        ("planned", 30),
        ("reserve", 40),
        ("free", 10),
    ]
    assert capacity.binding_sentence([bar]) == (
        "Substation transformer A is closest to its limit: with B\xa0out it carries 90 % of its "
        "rating, 10 % below the limit."
    )


def test_bars_of_a_page_share_one_scale_that_holds_the_worst():
    bars = [SimpleNamespace(worst_ratio=ratio) for ratio in (0.4, 1.3)]
    assert capacity.scale_ratio(bars) == 1.3


@given(st.floats(min_value=-1e7, max_value=1e7))
def test_a_number_keeps_three_significant_digits(value):
    text = numbers.number(value).replace(numbers.THIN, "").replace(numbers.MINUS, "-")
    assert float(text) == pytest.approx(value, rel=0.00501, abs=1e-300)


@pytest.mark.parametrize(
    ("value", "text"), [(9.996, "10.0"), (0.9996, "1.00"), (999.6, "1\u202f000"), (1.0, "1.00")]
)
def test_rounding_up_to_the_next_power_keeps_three_digits(value, text):
    assert numbers.number(value) == text


def test_power_turns_to_megawatts_at_ten():
    assert numbers.kw(9_999.0) == "10\u202f000\u202fkW"
    assert numbers.kw(10_000.0) == "10.0\u202fMW"
    assert numbers.kw(-12_340.0) == "−12.3\u202fMW"


def line(tag, y_m, front_deg):
    return floor_plan.Line(tag, 2.0, 10.0, y_m, 1.2, front_deg)


def test_rows_back_to_back_share_a_hot_aisle_and_face_cold_ones():
    # Fronts look down from 3.0 and up from 5.4: 1.2 m of hot aisle between 3.6 and 4.8.
    cold, hot = floor_plan.aisles([line("1", 3.0, 270.0), line("2", 5.4, 90.0)], 10.0)
    assert sorted((strip.top, strip.height) for strip in hot) == [(5.2, 0.6), (5.8, 0.6)]
    # In front, open floor of 1.2 m: 1.2 to 2.4 and 6.0 to 7.2 from below.
    assert sorted((strip.top, strip.height) for strip in cold) == [(2.8, 1.2), (7.6, 1.2)]


def test_a_rack_is_drawn_where_it_stands_turned_to_its_front():
    rack = floor_plan.Footprint("R", 5.0, 2.0, 0.6, 1.2, 270.0)
    box = floor_plan.box(rack, depth_m=10.0)
    assert (box.left, box.top, box.middle_x, box.middle_y) == (4.7, 7.4, 5.0, 8.0)
    assert box.turn_deg == 180.0


def columns():
    hours = np.arange(8760.0)
    it_kw = 1000.0 + 100.0 * np.sin(2 * np.pi * hours / 24)
    return {
        "it_kw": it_kw,
        "cooling_kw": 0.2 * it_kw,
        "loss_kw": 0.05 * it_kw,
        "facility_kw": 1.25 * it_kw,
        "hot_spot_c[TX]": 60.0 + 0.0 * hours,
        "junction_c[H]": 70.0 + 0.0 * hours,
    }


def stage():
    transformer = SimpleNamespace(id="TX", rating_kva=5.0, hot_spot_limit_c=120.0)
    cohorts = [SimpleNamespace(junction_limit_c=limit) for limit in (87.0, 87.0, None)]
    return SimpleNamespace(objects=[transformer], cohorts=cohorts)


def test_the_load_duration_falls_from_the_peak():
    facility, _ = figures.load_duration(columns(), stage())["data"]
    assert facility["y"] == sorted(facility["y"], reverse=True)
    assert facility["y"][0] == pytest.approx(1.25 * 1.1)
    assert (facility["x"][0], facility["x"][-1]) == (1, 8760)


def test_the_stack_adds_up_to_the_facility():
    figure = figures.power_year(columns(), stage())
    sums = np.sum([trace["y"] for trace in figure["data"]], axis=0)
    assert sums == pytest.approx(1.25, abs=0.002)
    assert len(sums) == 365


def test_limits_are_named_lines():
    for chart, name in (
        (figures.hot_spots, "limit 120 °C"),
        (figures.CHARTS["junction"], "limit 87 °C"),
    ):
        layout = chart(columns(), stage())["layout"]
        assert [note["text"] for note in layout["annotations"]] == [name]
        assert [shape["y0"] for shape in layout["shapes"]] == [float(name.split()[1])]


def test_a_chart_is_also_a_table():
    head, rows = figures.data_table(figures.power_year(columns(), stage()))
    assert head == ["Day of the model year", "IT", "Electrical losses", "Cooling"]
    assert len(rows) == 365
    assert figures.data_table(figures.heat_map(columns(), stage())) == ([], [])


def subject(name, energy_kwh, n_chips):
    year = SimpleNamespace(facility_kwh=energy_kwh)
    cohort = SimpleNamespace(n_chips=n_chips, racks=("a", "b"))
    stage = SimpleNamespace(year=year, cohorts=[cohort])
    return compare.Subject(name, SimpleNamespace(stages=[stage]), {})


def test_energy_is_compared_only_between_plans_with_equally_many_accelerators():
    three = [subject("Air", 1000e3, 8), subject("Liquid", 900e3, 8), subject("Other", 1e3, 9)]
    assert compare.compare_sentence(three).startswith(
        "With 16 accelerators on the site, Liquid takes least energy: 900\u202fMWh a year, 10.0 % "
        "less than Air."
    )
    assert compare.compare_sentence(three[1:]) == ""


def test_every_unit_of_a_fact_name_is_found_by_its_longest_end():
    ends = list(facts.UNITS)
    for k, end in enumerate(ends):
        assert [other for other in ends[:k] if end.endswith(other)] == [], end
