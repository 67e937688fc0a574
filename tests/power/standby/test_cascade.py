import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from facility.kernel.errors import InputError
from power.physics.contingency import contingency_study
from power.physics.documents import (
    Consumer,
    Feed,
    GridSource,
    NetworkInput,
    Node,
    Outage,
    TransferSwitch,
)
from power.physics.standby.cascade import cascade, cascades
from power.physics.standby.tripping import TripLimits, inverse_time_s, tolerated_s
from tests.power.standby.halls import line, pump, rack, ups

VOLT = 415.0


def three_lines(ratings=(1000, 1000, 1100)):
    """Three equal lines side by side, so short that each carries a third."""
    return NetworkInput(
        frequency_hz=50,
        nodes=[Node(id="START", voltage_v=VOLT), Node(id="END", voltage_v=VOLT)],
        sources=[GridSource(id="GRID", node="START", voltage_pu=1.0, short_circuit_mva=None)],
        branches=[
            line(
                f"L{i}",
                ("START", "END"),
                length_km=1e-5,
                reactance_ohm_per_km=0.0,
                rating_a=rating,
            )
            for i, rating in enumerate(ratings, start=1)
        ],
        consumers=[Consumer(id="LOAD", kind="rack", feeds=(Feed(node="END", share_ratio=1.0),))],
    )


def kw_of(ampere):
    return [3**0.5 * VOLT * ampere / 1000]


def lose(*names):
    return Outage(id="lost", label="lost", objects=names)


@pytest.mark.reference
def test_inverse_time_by_hand():
    # 0.14 / (2^0.02 - 1) = 0.14 / 0.01395948 = 10.0290 s; ten times: 2.9706 s.
    assert inverse_time_s([2.0, 10.0]) == pytest.approx([10.0290, 2.9706], abs=1e-4)
    assert inverse_time_s([0.5, 1.0]).tolist() == [np.inf, np.inf]
    # Very inverse: 13.5 / (2 - 1) at twice a setting of 1.2, half the time multiplier.
    assert inverse_time_s(
        2.4, pickup_ratio=1.2, time_ratio=0.5, curve_s=13.5, curve_exponent=1.0
    ) == pytest.approx(6.75)


@pytest.mark.property
@given(ratio=st.lists(st.floats(0, 20), min_size=2, max_size=6))
def test_more_load_never_trips_later(ratio):
    whole = inverse_time_s(sorted(ratio))
    # NumPy takes powers of vectors by another routine: equal but for the last digits.
    assert whole == pytest.approx([float(inverse_time_s(x)) for x in sorted(ratio)], rel=1e-9)
    assert np.all(whole[:-1] >= whole[1:])


def test_a_conversion_bears_the_steps_of_its_data_sheet():
    times = tolerated_s(
        [0.9, 1.0, 1.05, 1.1, 1.2, 1.5, 1.6], ratios=(1.1, 1.25, 1.5), times_s=(600, 60, 1)
    )
    assert times.tolist() == [np.inf, np.inf, 600, 600, 60, 1, 0]


@pytest.mark.reference
def test_lines_side_by_side_trip_in_the_order_of_their_curves_by_hand():
    # 2500 A; L1 is lost. L2 and L3 carry 1250 A: 1.25 and 1.136364 of their ratings.
    # L2: 0.14 / (1.25^0.02 - 1) = 31.30 s. L3 has then done 31.30 s / 54.7 s of its way, and
    # at 2500 / 1100 = 2.272727 would trip within 8.46 s: 31.30 + (1 - 0.572) 8.46 s = 34.9 s.
    answer = cascade(three_lines(), kw_of(2500.0), lose("L1"))
    assert [trip.object for trip in answer.trips] == ["L2", "L3"]
    assert {trip.kind for trip in answer.trips} == {"branch"}
    first, second = answer.trips
    assert first.ratio == pytest.approx(1.25, rel=1e-5)
    assert second.ratio == pytest.approx(2.272727, rel=1e-5)
    assert first.at_s == pytest.approx(31.30, abs=0.01)
    at_first, at_second = 0.14 / (1.1363636**0.02 - 1), 0.14 / (2.2727273**0.02 - 1)
    by_hand = first.at_s + (1 - first.at_s / at_first) * at_second
    assert second.at_s == pytest.approx(by_hand, rel=1e-4)
    assert second.at_s == pytest.approx(34.9, abs=0.05)
    assert (first.lost_kw, first.lost_racks) == (0, 0)
    assert second.lost_racks == answer.lost_racks == 1
    assert answer.first_lost_kw == 0
    assert answer.lost_kw == pytest.approx(kw_of(2500.0)[0])
    assert answer.out == ("L1", "L2", "L3")


@pytest.mark.reference
def test_the_second_trip_agrees_with_integrating_the_relay():
    answer = cascade(three_lines(), kw_of(2500.0), lose("L1"))

    def speed(t, _done):
        ratio = 1250 / 1100 if t < answer.trips[0].at_s else 2500 / 1100
        return [(ratio**0.02 - 1) / 0.14]

    def trips(_t, done):
        return done[0] - 1

    trips.terminal = True
    run = solve_ivp(speed, (0, 100), [0.0], events=trips, max_step=0.01)
    assert answer.trips[1].at_s == pytest.approx(run.t_events[0][0], abs=0.01)


def test_an_overload_that_people_have_time_for_stands():
    answer = cascade(three_lines(), kw_of(2500.0), lose("L1"), limits=TripLimits(observed_s=31.0))
    assert answer.trips == ()
    assert [item.object for item in answer.standing] == ["L2", "L3"]
    assert answer.standing[0].trips_in_s == pytest.approx(31.30, abs=0.01)
    assert answer.lost_kw == 0
    below_pickup = cascade(
        three_lines(), kw_of(2500.0), lose("L1"), limits=TripLimits(pickup_ratio=1.3)
    )
    assert below_pickup.trips == ()
    assert below_pickup.standing[0].trips_in_s is None


def test_nothing_trips_where_nothing_is_overloaded():
    answer = cascade(three_lines(), kw_of(1900.0), lose("L1"))
    assert (answer.trips, answer.standing, answer.lost_kw) == ((), (), 0)
    study = contingency_study(three_lines(), kw_of(1900.0), outages=[lose("L1")])
    assert cascades(study) == ()


def two_ups(**changed):
    nodes = ["MAIN", "BOARD-A", "BOARD-B", "OUT-A", "OUT-B"]
    return NetworkInput(
        frequency_hz=50,
        nodes=[Node(id=name, voltage_v=VOLT) for name in nodes],
        sources=[GridSource(id="GRID", node="MAIN", voltage_pu=1.0, short_circuit_mva=None)],
        branches=[line(f"CABLE-{side}", ("MAIN", f"BOARD-{side}")) for side in "AB"],
        conversions=[ups(f"UPS-{side}", side=side, **changed) for side in "AB"],
        consumers=[
            *(rack(f"RACK-{i}", "A", "B") for i in range(4)),
            pump("CDU-A"),
            pump("CDU-B", "B"),
        ],
    )


def test_an_overloaded_survivor_of_a_pair_takes_everything_with_it():
    # 700 kW each; alone the other has to give 1400 kW of 1000: borne for one second.
    network = two_ups()
    answer = cascade(network, [350.0] * 4 + [20.0, 20.0], lose("UPS-A"))
    assert [(t.kind, t.object, t.at_s) for t in answer.trips] == [("conversion", "UPS-B", 1.0)]
    assert answer.trips[0].ratio == pytest.approx(1.4)
    assert answer.lost_racks == 4
    assert answer.lost_kw == pytest.approx(1400)
    assert answer.lost_cooling == ()
    outages = [lose("UPS-A"), Outage(id="rack", label="rack", objects=("RACK-0",))]
    study = contingency_study(network, [350.0] * 4 + [20.0, 20.0], outages=outages)
    assert cascades(study) == cascades(study, outages=outages[:1]) == (answer,)
    assert cascades(study, outages=outages[1:]) == ()


def test_a_feed_trips_at_its_breaker_and_not_at_its_continuous_rating():
    def network(rating_a):
        base = two_ups()
        single = Consumer(
            id="SINGLE",
            kind="rack",
            feeds=(
                Feed(node="OUT-A", share_ratio=0.5, rating_a=rating_a, continuous_ratio=0.8),
                Feed(node="OUT-B", share_ratio=0.5, rating_a=rating_a, continuous_ratio=0.8),
            ),
        )
        return base.model_copy(update={"consumers": (*base.consumers, single)})

    # 50 kW at 415 V: 69.56 A. Over the continuous 64 A of an 80 A breaker it stands, over 63 A
    # it trips after 0.14 / (1.1041^0.02 - 1) s = 70.6 s.
    kw = [100.0] * 4 + [20.0, 20.0, 50.0]
    assert cascade(network(80), kw, lose("UPS-A")).trips == ()
    answer = cascade(network(63), kw, lose("UPS-A"))
    assert [(trip.kind, trip.object) for trip in answer.trips] == [("feed", "SINGLE@OUT-B")]
    assert answer.trips[0].at_s == pytest.approx(70.6, abs=0.2)
    assert answer.lost_kw == 50


def test_a_collapse_loses_everything_and_says_why():
    network = three_lines()
    weak = network.model_copy(
        update={
            "branches": (
                network.branches[0],
                *(
                    branch.model_copy(update={"length_km": 1.0, "resistance_ohm_per_km": 0.1})
                    for branch in network.branches[1:]
                ),
            )
        }
    )
    answer = cascade(weak, kw_of(2500.0), lose("L1"))
    assert "END" in answer.collapse
    assert answer.lost_kw == pytest.approx(kw_of(2500.0)[0])
    assert answer.lost_racks == 1


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(InputError):
        cascade(three_lines(), kw_of(100.0), lose("L9"))
    with pytest.raises(InputError):
        cascade(
            three_lines(), kw_of(100.0), lose("L1"), limits=TripLimits(conversion_s=(600.0, 60.0))
        )


def test_transfer_switches_that_move_after_a_trip_are_named():
    network = three_lines()
    transfer = TransferSwitch(
        id="ATS",
        kind="automatic",
        output_node="BOARD",
        preferred_node="END",
        alternate_node="START",
        transfer_s=0.1,
    )
    network = network.model_copy(
        update={
            "nodes": (*network.nodes, Node(id="BOARD", voltage_v=VOLT)),
            "transfer_switches": (transfer,),
            "consumers": tuple(
                item.model_copy(update={"feeds": (Feed(node="BOARD", share_ratio=1.0),)})
                for item in network.consumers
            ),
        }
    )
    answer = cascade(network, kw_of(2500.0), lose("L1"))
    assert [trip.moves for trip in answer.trips] == [(), (("ATS", "alternate"),)]
    assert answer.lost_kw == 0
