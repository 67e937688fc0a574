"""Outages, cascades and redundancy schemes in words."""

from facility.physics.power_results import CascadeResult, SupplyScheme
from facility.reports import power_outages


def with_power(stage, **studies):
    return stage.model_copy(update={"power": stage.power.model_copy(update=studies)})


def cascade(state, lost_kw, trips=("A at 111 % after 64 s",)):
    return CascadeResult(
        state=state,
        trips=trips,
        first_lost_kw=10.0,
        lost_kw=lost_kw,
        n_lost_racks=4,
        lost_cooling=("CDU-1", "CDU-2", "CDU-3"),
    )


def test_every_outage_is_shown_with_its_transfers(stage):
    rows = power_outages.outages_of(stage)
    assert [row.outage for row in rows] == list(stage.outages)
    lost = next(row for row in rows if row.outage.state == "outage:USS-A1")
    assert lost.transfers == power_outages.moves_words(lost.outage.transfers)
    assert "left without supply" in lost.transfers
    assert lost.grade == "good"


def test_a_choice_takes_outages_by_name_and_by_what_they_do(stage):
    rows = power_outages.outages_of(stage)

    def states(**chosen):
        choice = power_outages.Choice(**chosen)
        return {row.outage.state for row in rows if choice.takes(row)}

    assert states() == {item.state for item in stage.outages}
    assert states(text="uss-a1") >= {"outage:USS-A1"}
    assert "outage:TX-A" not in states(text="pdu-a1")
    moved = {item.state for item in stage.outages if item.transfers}
    assert states(only="moves") == moved
    assert "outage:USS-A1" in moved
    assert states(only="dark") == {item.state for item in stage.outages if item.dark_kw > 0}
    assert states(only="over") == set()


def test_an_outage_without_solution_is_unknown_not_good(stage):
    first = stage.outages[0].model_copy(update={"solved": False, "message": "collapse"})
    broken = stage.model_copy(update={"outages": (first, *stage.outages[1:])})
    assert power_outages.outages_of(broken)[0].grade == "unknown"
    assert "1 have no steady state" in power_outages.answer(broken)[0]


def test_what_goes_dark_is_no_outage_within_its_limits(stage):
    def verdict(**more):
        return power_outages.Outage(stage.outages[0].model_copy(update=more)).verdict

    assert verdict(worst_ratio=0.5, dark_kw=0.0) == ("good", "Within")
    assert verdict(worst_ratio=0.95, dark_kw=0.0) == ("near", "Near limit")
    assert verdict(worst_ratio=0.5, dark_kw=9.0) == ("near", "Load dark")
    assert verdict(worst_ratio=0.5, dark_kw=9.0, n_dark_racks=1) == ("over", "Racks dark")
    assert verdict(worst_ratio=1.1, dark_kw=9.0, n_dark_racks=1) == ("over", "Over limit")
    assert verdict(solved=False) == ("unknown", "No steady state")


def test_equal_ends_of_cascades_are_one_row_and_most_lost_comes_first(stage):
    cascades = (cascade("outage:A", 50.0), cascade("outage:B", 90.0), cascade("outage:C", 50.0))
    stage = with_power(stage, cascades=cascades)
    first, second = power_outages.outcomes_of(stage)
    assert (first.states, second.states) == (("outage:B",), ("outage:A", "outage:C"))
    assert second.causes == "A\xa0out, C\xa0out"
    assert second.cooling == "CDU-1, CDU-2 and 1 more"
    assert (first.first_trips, first.n_more) == (("A at 111 % after 64 s",), 0)
    assert first.grade == "over"
    assert (
        "3 outages grow: B\xa0out ends with 90.0\u202fkW and 4 racks dark, instead of 10.0"
        in (power_outages.answer(stage)[1])
    )


def test_a_cascade_that_loses_no_more_is_near_not_over(stage):
    (item,) = power_outages.outcomes_of(with_power(stage, cascades=(cascade("outage:A", 10.0),)))
    assert item.grade == "near"


def test_schemes_name_systems_reserve_and_whether_one_loss_is_covered(stage):
    scheme = SupplyScheme(
        label="4N/3",
        name="distributed redundant",
        systems=("U1", "U2", "U3", "U4"),
        reserve=("U4",),
        normal_ratio=0.7,
        worst_ratio=1.05,
        worst_lost="U1",
        worst_survivor="U2",
        dark_kw=0.0,
        is_covered=False,
    )
    stage = with_power(stage, schemes=(scheme,))
    (row,) = power_outages.schemes_of(stage)
    assert row.systems == "U1, U2, U3; reserve U4"
    assert row.grade == "over"
    assert "1 of 1 redundancy schemes do not cover" in power_outages.answer(stage)[-1]


def test_the_schemes_of_the_site_are_two_of_two_systems(stage):
    assert [row.scheme.label for row in power_outages.schemes_of(stage)] == ["2N", "2N"]
    assert power_outages.answer(stage)[-1].startswith("All 2 redundancy schemes cover")


def test_pairs_of_maintenance_and_fault_stand_beside_the_outages(stage):
    first, second = stage.outages[:2]
    hard = first.model_copy(update={"label": "X and Y", "worst_ratio": 1.2, "dark_kw": 30.0})
    paired = stage.model_copy(update={"pairs": (hard, second)})
    assert [row.grade for row in power_outages.pairs_of(paired)] == ["over", "good"]
    said = " ".join(power_outages.answer(paired))
    assert "The hardest of the chosen pairs, X and Y: " in said
    assert "30.0\u202fkW and 0 racks dark" in said
    assert "at 120\u202f% of its rating." in said
    blackout = second.model_copy(update={"label": "Z", "dark_kw": 900.0, "n_dark_racks": 14})
    both = stage.model_copy(update={"pairs": (hard, blackout)})
    assert [row.outage.label for row in power_outages.pairs_of(both)] == ["Z", "X and Y"]
    assert "The hardest of the chosen pairs, Z: 900\u202fkW and 14 racks" in " ".join(
        power_outages.answer(both)
    )
    broken = stage.model_copy(update={"pairs": (hard.model_copy(update={"solved": False}),)})
    assert "1 of 1 pairs of maintenance and fault have no steady state" in " ".join(
        power_outages.answer(broken)
    )


def test_without_outages_there_is_nothing_to_say(stage):
    assert power_outages.answer(stage.model_copy(update={"outages": ()})) == ()
