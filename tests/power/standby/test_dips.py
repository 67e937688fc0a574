import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.documents import Consumer, Feed, GridSource, NetworkInput, Node
from power.physics.standby.dips import Dip, locked_at, ride_through_dips, rides_through_itic
from tests.power.standby.halls import battery, line, pump, rack, ups

VOLT = 415.0
DEEP = Dip(residual_pu=0.5, duration_s=1.0)
KW = [200.0] * 4 + [50.0, 50.0]


def two_ups(*, batteries=True, **changed):
    """A 900 kW hall without impedance to speak of; each UPS draws 421.2 kW."""
    nodes = ["MAIN", "BOARD-A", "BOARD-B", "OUT-A", "OUT-B"]
    return NetworkInput(
        frequency_hz=50,
        nodes=[Node(id=name, voltage_v=VOLT) for name in nodes],
        sources=[GridSource(id="GRID", node="MAIN", voltage_pu=1.0, short_circuit_mva=None)],
        branches=[
            line(f"CABLE-{side}", ("MAIN", f"BOARD-{side}"), length_km=1e-6) for side in "AB"
        ],
        conversions=[
            ups("UPS-A", side="A", **changed),
            ups("UPS-B", side="B", input_low_pu=0.7),
        ],
        batteries=[battery("BAT-A", "UPS-A"), battery("BAT-B", "UPS-B")] if batteries else [],
        consumers=[
            *(rack(f"RACK-{i}", "A", "B") for i in range(4)),
            pump("CDU-A", "A"),
            pump("CDU-B", "B"),
        ],
    )


@pytest.mark.reference
@pytest.mark.parametrize(
    ("voltage", "seconds", "expected"),
    [
        (0.0, 0.02, True),
        (0.0, 0.021, False),
        (0.69, 0.021, False),
        (0.7, 0.5, True),
        (0.79, 0.6, False),
        (0.8, 10.0, True),
        (0.89, 11.0, False),
        (0.9, 1e6, True),
        (1.1, 1e6, True),
        (1.15, 0.5, True),
        (1.2, 0.51, False),
        (1.4, 0.003, True),
        (2.0, 0.001, True),
        (2.01, 0.0005, False),
    ],
)
def test_the_corners_of_the_iti_curve(voltage, seconds, expected):
    assert bool(rides_through_itic(voltage, duration_s=seconds)) is expected


@pytest.mark.property
@given(low=st.floats(0, 0.9), less=st.floats(0, 0.9), seconds=st.floats(0, 20))
def test_a_deeper_or_longer_dip_is_never_borne_when_a_shallower_is_not(low, less, seconds):
    deeper = min(low, less)
    deep, shallow = rides_through_itic([deeper, max(low, less)], duration_s=seconds)
    assert shallow or not deep
    longer = rides_through_itic(low, duration_s=2 * seconds)
    assert rides_through_itic(low, duration_s=seconds) or not longer


@pytest.mark.reference
def test_the_counter_locks_at_the_dip_that_fills_the_window_by_hand():
    # Windows of 60 s: 0, 50, 100 never holds three, 50, 100, 105 does at 105.
    starts = [0.0, 50.0, 100.0, 105.0, 300.0]
    assert locked_at(starts, dip_count=3, window_s=60.0) == 105.0
    assert locked_at(starts, dip_count=3, window_s=100.0) == 100.0
    assert locked_at(starts, dip_count=3, window_s=50.0) == np.inf
    assert locked_at(starts, dip_count=1, window_s=0.0) == 0.0
    assert locked_at([], dip_count=2, window_s=60.0) == np.inf
    with pytest.raises(InputError):
        locked_at([1.0], dip_count=0, window_s=60.0)


@pytest.mark.reference
def test_a_dip_takes_only_those_whose_window_it_leaves_by_hand():
    # 0.8 p.u. is below the 0.85 of UPS-A and above the 0.7 of UPS-B. UPS-A gives 400 kW and loses
    # 1000 (0.01 + 0.02 * 0.4 + 0.02 * 0.16) = 21.2 kW: 421.2 kW leave for 0.2 s and come back
    # over 8 s, 52.65 kW/s.
    answer = ride_through_dips(two_ups(), KW, [Dip(residual_pu=0.8, duration_s=0.2, start_s=1.0)])
    assert answer.ups.on_battery[:, 0].tolist() == [True, False]
    assert answer.ups.input_pu[:, 0] == pytest.approx([0.8, 0.8], abs=1e-4)
    assert answer.ups.drawn_kw == pytest.approx([421.2, 421.2])
    assert answer.largest_left_kw == pytest.approx(421.2)
    assert answer.return_kw_per_s == pytest.approx(52.65)
    assert answer.stays_left_kw == 0
    at = np.interp([1.1, 5.2, 9.2], answer.time_s, answer.left_kw)
    assert at == pytest.approx([421.2, 210.6, 0.0], abs=1e-6)
    # 100 kW more than racks and losses: the pumps, which bear 0.2 s at 80 %.
    assert answer.site_kw == pytest.approx(942.4, rel=1e-5)
    assert answer.tripped == ()
    # 95 kWh at 421.2 kW.
    assert answer.ups.lasts_s == pytest.approx(811.966, abs=1e-3)


def test_a_deep_dip_trips_what_has_no_ups():
    answer = ride_through_dips(two_ups(), KW, [Dip(residual_pu=0.4, duration_s=0.2)])
    assert answer.tripped == ("CDU-A", "CDU-B")
    assert answer.tripped_kw == 100
    assert answer.largest_left_kw == pytest.approx(842.4)
    assert answer.without_battery == ()
    bare = ride_through_dips(two_ups(batteries=False), KW, [Dip(residual_pu=0.4, duration_s=0.2)])
    assert bare.without_battery == ("UPS-A", "UPS-B")


def test_a_swell_above_the_window_takes_both():
    answer = ride_through_dips(two_ups(), KW, [Dip(residual_pu=1.15, duration_s=0.1)])
    assert answer.ups.on_battery.all()


@pytest.mark.reference
def test_three_reclosing_dips_keep_the_counting_ups_away_by_hand():
    network = two_ups(dip_count=3, dip_window_s=60.0)
    dips = [Dip(start_s=t, residual_pu=0.6, duration_s=0.15) for t in (0.0, 5.0, 25.0)]
    answer = ride_through_dips(network, KW, dips)
    assert answer.ups.locked_at_s.tolist() == [25.0, np.inf]
    assert answer.ups.on_battery.all()
    assert answer.stays_left_kw == pytest.approx(421.2)
    assert answer.left_kw[-1] == pytest.approx(421.2)
    # At 4.9 s both are 4.75 s into an 8 s return: 842.4 (1 - 4.75 / 8) = 342.225 kW.
    assert np.interp(4.9, answer.time_s, answer.left_kw) == pytest.approx(342.225)
    assert np.interp(5.1, answer.time_s, answer.left_kw) == pytest.approx(842.4)
    # Back to zero at 13.15 s; after the third dip only UPS-B comes back, over 8 s from 25.15 s.
    assert np.interp(20.0, answer.time_s, answer.left_kw) == pytest.approx(0.0, abs=1e-9)
    assert np.interp(29.15, answer.time_s, answer.left_kw) == pytest.approx(421.2 + 210.6)
    # A shorter window: every UPS returns.
    short = two_ups(dip_count=3, dip_window_s=20.0)
    assert ride_through_dips(short, KW, dips).stays_left_kw == 0


@pytest.mark.reference
def test_energy_off_the_grid_is_that_of_the_holds_and_the_ramps():
    dips = [Dip(start_s=t, residual_pu=0.6, duration_s=0.5) for t in (0.0, 100.0)]
    answer = ride_through_dips(two_ups(), KW, dips)
    # Twice 842.4 kW for 0.5 s and half of 8 s.
    assert np.trapezoid(answer.left_kw, answer.time_s) == pytest.approx(2 * 842.4 * 4.5)


def test_without_walk_in_the_load_is_back_at_once():
    answer = ride_through_dips(two_ups(walk_in_s=0.0), KW, [Dip(residual_pu=0.8, duration_s=0.2)])
    assert answer.time_s[answer.time_s <= 0.2].tolist() == [0.0, 0.0, 0.2, 0.2]
    assert answer.left_kw[answer.time_s <= 0.2] == pytest.approx([0, 421.2, 421.2, 0])


def test_a_dip_at_one_board_reaches_only_what_it_feeds():
    answer = ride_through_dips(
        two_ups(), KW, [Dip(residual_pu=0.3, duration_s=0.2)], at_node="BOARD-B"
    )
    assert answer.ups.on_battery[:, 0].tolist() == [False, True]
    assert answer.tripped == ("CDU-B",)
    assert answer.ups.input_pu[0, 0] == pytest.approx(1.0, abs=1e-4)


def test_a_consumer_with_one_feed_behind_a_ups_does_not_trip():
    network = two_ups()
    mixed = Consumer(
        id="MIXED",
        kind="rack",
        feeds=(Feed(node="OUT-A", share_ratio=0.5), Feed(node="BOARD-B", share_ratio=0.5)),
    )
    network = network.model_copy(update={"consumers": (*network.consumers, mixed)})
    answer = ride_through_dips(network, [*KW, 10.0], [Dip(residual_pu=0.2, duration_s=0.2)])
    assert answer.tripped == ("CDU-A", "CDU-B")


@pytest.mark.parametrize(
    ("dips", "at_node"),
    [
        ([], None),
        (
            [DEEP, DEEP.model_copy(update={"start_s": 0.5})],
            None,
        ),
        ([DEEP], "NOWHERE"),
    ],
)
def test_wrong_dips_are_refused(dips, at_node):
    with pytest.raises(InputError):
        ride_through_dips(two_ups(), KW, dips, at_node=at_node)
