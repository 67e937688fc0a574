import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.documents import Genset
from power.physics.ratings import (
    alternator_derating,
    breaker_limit,
    busbar_ambient,
    cable_ambient,
    cable_grouping,
    circuit_kva,
    continuous_load,
    dry_transformer_ambient,
    engine_derating,
    genset_limit,
    oil_transformer_ambient,
    transformer_altitude,
    ups_limit,
)


def genset(rating_class="PRP", **more):
    return Genset(
        id="S",
        node="lv",
        rating_class=rating_class,
        rating_kw=2000,
        rating_kva=2500,
        start_s=10,
        block_ratio=0.5,
        **more,
    )


@pytest.mark.reference
def test_the_cable_factor_reproduces_printed_tables():
    # The maker's table: 85 and 90 °C conductors from 35 °C on in steps of 5 K, reference 45 °C.
    printed = {
        85: [1.12, 1.06, 1.00, 0.94, 0.87, 0.79, 0.71, 0.61, 0.50],
        90: [1.10, 1.05, 1.00, 0.94, 0.88, 0.82, 0.74, 0.67, 0.58, 0.47],
    }
    for conductor_c, factors in printed.items():
        ambient_c = 35.0 + 5.0 * np.arange(len(factors))
        ratio = cable_ambient(ambient_c, conductor_c=conductor_c, reference_c=45.0).ratio
        assert ratio == pytest.approx(factors, abs=0.011)
    # NEC, 90 °C conductor in 55 °C: 0.76 on the table of 30 °C, 0.84 on that of 40 °C.
    assert cable_ambient(55.0, conductor_c=90.0).ratio == pytest.approx(0.76, abs=0.005)
    on_forty = cable_ambient(55.0, conductor_c=90.0, reference_c=40.0)
    assert on_forty.ratio == pytest.approx(0.84, abs=0.005)
    # IEC 60364-5-52, XLPE at 40 °C: 0.91.
    assert cable_ambient(40.0, conductor_c=90.0).ratio == pytest.approx(0.91, abs=0.005)


@pytest.mark.reference
def test_switchgear_of_4000_a_carries_3680_a_at_fifty_degrees():
    answer = busbar_ambient([30.0, 40.0, 50.0])
    assert answer.ratio[:2] == pytest.approx([1.0, 1.0])
    assert 4000 * answer.ratio[2] == pytest.approx(3680, abs=2)


@pytest.mark.reference
def test_grouping_follows_the_tables():
    # NEC 2014 table 310.15(B)(3)(a), as printed.
    count = [1, 3, 4, 6, 7, 9, 10, 20, 21, 30, 31, 40, 41, 99]
    printed = [1, 1, 0.8, 0.8, 0.7, 0.7, 0.5, 0.5, 0.45, 0.45, 0.4, 0.4, 0.35, 0.35]
    nec = cable_grouping(count, rule="nec")
    assert nec.ratio == pytest.approx(printed)
    assert nec.is_in_range.all()
    iec = cable_grouping([1, 2, 10, 20, 21], rule="iec")
    assert iec.ratio == pytest.approx([1.0, 0.8, 0.45, 0.38, 0.38])
    assert iec.is_in_range.tolist() == [True, True, True, True, False]
    assert iec.assumption.confidence == "unverified"


@pytest.mark.reference
def test_the_continuous_load_rule_belongs_to_the_site():
    assert continuous_load("nec").ratio == 0.8
    assert continuous_load("nec", is_fully_rated=True).ratio == 1.0
    assert continuous_load("iec").ratio == 1.0
    assert continuous_load("iec").assumption.confidence == "unverified"
    # 125 % of 80 A is a 100 A breaker.
    assert breaker_limit(100.0, rule="nec") == pytest.approx(100 / 1.25)
    hot = breaker_limit([100.0, 400.0], rule="nec", derating_ratio=busbar_ambient(50.0).ratio)
    assert hot == pytest.approx([73.6, 294.3], abs=0.1)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("volt", "ampere", "rule", "kw"),
    [
        # Published kW of three-phase rack PDU at unity power factor.
        (208, 30, "nec", 8.65),
        (208, 60, "nec", 17.3),
        (400, 32, "iec", 22.2),
        (400, 32, "nec", 17.7),
        (400, 63, "iec", 43.6),
        (415, 30, "nec", 17.3),
        (415, 60, "nec", 34.5),
        (415, 100, "nec", 57.5),
    ],
)
def test_circuits_give_their_published_power(volt, ampere, rule, kw):
    assert circuit_kva(breaker_limit(ampere, rule=rule), voltage_v=volt) == pytest.approx(
        kw, abs=0.06
    )


def test_circuits_of_one_and_two_conductors_give_less():
    # 230 V * 16 A; 208 V * 30 A.
    assert circuit_kva(16, voltage_v=400, phases="L2") == pytest.approx(3.69, abs=0.01)
    assert circuit_kva(30, voltage_v=208, phases="L3L1") == pytest.approx(6.24)


def test_a_ups_is_bound_by_kw_or_by_kva():
    answer = ups_limit(900.0, 1000.0, power_factor=[1.0, 0.9, 0.85])
    assert answer.load_kw == pytest.approx([900, 900, 850])
    assert answer.is_bound_by_kva.tolist() == [False, False, True]


@pytest.mark.reference
def test_engine_and_alternator_follow_their_charts():
    # Points of the engine's table.
    altitude, intake = [0, 1500, 2000, 3000, 4000], [20, 30, 45, 50]
    assert engine_derating(altitude, 20).ratio == pytest.approx([1, 1, 0.95, 0.85, 0.5])
    assert engine_derating(0, intake).ratio == pytest.approx([1, 1, 0.9, 0.8])
    assert engine_derating(2000, 45).ratio == pytest.approx(0.95 * 0.9)
    # Alternator: 3 % per 500 m above 1000 m and per 5 °C above 40 °C; multipliers cumulate.
    assert alternator_derating([1000, 1500, 2500], 40).ratio == pytest.approx([1, 0.97, 0.91])
    assert alternator_derating(1500, [45, 50]).ratio == pytest.approx([0.97 * 0.97, 0.97 * 0.94])


def test_outside_its_source_a_factor_says_so():
    assert not engine_derating(4500, 20).is_in_range
    assert not engine_derating(0, 55).is_in_range
    assert not alternator_derating(5000, 20).is_in_range
    assert not dry_transformer_ambient(65).is_in_range
    assert not oil_transformer_ambient(55).is_in_range
    assert not transformer_altitude(4500, kind="dry").is_in_range
    assert engine_derating(4500, 20).ratio == 0.5


@pytest.mark.reference
def test_transformers_lose_what_their_makers_say():
    # 0.3 % per 100 m above 1000 m; 95, 85, 80, 75 % at 45, 50, 55, 60 °C.
    assert transformer_altitude([500, 1000, 2000], kind="dry").ratio == pytest.approx([1, 1, 0.97])
    assert transformer_altitude(2000, kind="oil").ratio == pytest.approx(0.96)
    assert transformer_altitude(2000, kind="oil", is_forced=True).ratio == pytest.approx(0.95)
    assert dry_transformer_ambient([30, 40, 45, 50, 55, 60]).ratio == pytest.approx(
        [1, 1, 0.95, 0.85, 0.8, 0.75]
    )
    # 40 °C instead of 30 °C: 85 % with natural cooling, 90 % with fans.
    assert oil_transformer_ambient(40.0).ratio == pytest.approx(0.85)
    assert oil_transformer_ambient(40.0, is_forced=True).ratio == pytest.approx(0.9)
    assert oil_transformer_ambient(20.0).ratio == 1.0


@pytest.mark.reference
def test_a_set_is_limited_by_engine_alternator_and_class():
    limit = genset_limit(genset("PRP"), altitude_m=2000, ambient_c=45)
    assert limit.active_kw == pytest.approx(2000 * 0.95 * 0.9)
    assert limit.apparent_kva == pytest.approx(2500 * 0.94 * 0.97)
    assert limit.average_kw == pytest.approx(0.7 * 2000 * 0.95 * 0.9)
    assert limit.hours_per_year_h is None
    assert genset_limit(genset("ESP"), altitude_m=0, ambient_c=25).hours_per_year_h == 200
    assert genset_limit(genset("LTP"), altitude_m=0, ambient_c=25).continuous_h == 300
    whole = genset_limit(genset("COP"), altitude_m=0, ambient_c=25)
    assert whole.average_kw == pytest.approx(2000)
    site_rating = genset_limit(genset("DCP"), altitude_m=0, ambient_c=25).assumptions
    assert site_rating[-1].confidence == "unverified"


def test_a_stated_derating_takes_the_place_of_the_tables():
    limit = genset_limit(genset(derating_ratio=0.9), altitude_m=3000, ambient_c=50)
    assert limit.active_kw == pytest.approx(1800)
    assert limit.apparent_kva == pytest.approx(2250)
    assert limit.is_in_range


def test_a_conductor_colder_than_its_air_is_refused():
    with pytest.raises(InputError, match="below the limit"):
        cable_ambient(95.0, conductor_c=90.0)
    with pytest.raises(InputError, match="below the limit"):
        cable_ambient(20.0, conductor_c=30.0, reference_c=30.0)


@pytest.mark.property
@given(st.lists(st.floats(0, 3900), min_size=2, max_size=6), st.floats(0, 49))
def test_higher_and_hotter_is_never_more_and_arrays_are_scalars(altitudes, ambient_c):
    altitudes.sort()
    for factor in (
        engine_derating(altitudes, ambient_c),
        alternator_derating(altitudes, ambient_c),
        transformer_altitude(altitudes, kind="dry"),
    ):
        assert np.all(np.diff(factor.ratio) <= 1e-15)
        assert np.all((factor.ratio > 0) & (factor.ratio <= 1))
    for i, altitude in enumerate(altitudes):
        alone = engine_derating(altitude, ambient_c).ratio
        assert alone == engine_derating(altitudes, ambient_c).ratio[i]


@pytest.mark.property
@given(st.floats(-20, 89), st.floats(-20, 89))
def test_hotter_air_leaves_less_current(first, second):
    low, high = sorted([first, second])
    ratios = cable_ambient([low, high], conductor_c=90.0).ratio
    assert ratios[1] <= ratios[0]
