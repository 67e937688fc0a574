"""Arrays survive every door they pass, and nothing else passes."""

import hashlib
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facility.kernel.arrays import array_digest
from facility.kernel.errors import InputError
from facility.scenarios.bundle import _npy, _read_npy
from facility.sites import arrays
from facility.sites.models import StoredArray, Weather
from facility.sites.services import WEATHER_COLUMNS, load_weather, shipped_names, shipped_year

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
tables = st.one_of(
    hnp.arrays(dtype, st.tuples(st.integers(1, 20), st.integers(1, 5)), elements=finite)
    for dtype in (np.float64, np.float32)
)


@pytest.mark.property
@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(table=tables)
def test_a_table_comes_back_from_the_database_as_it_went_in(table):
    columns = [f"c{number}" for number in range(table.shape[1])]
    back = arrays.unpack(arrays.keep(table, columns))
    assert back.dtype == table.dtype
    np.testing.assert_array_equal(back, table)


@pytest.mark.property
@given(table=tables)
def test_a_table_comes_back_from_a_bundle_member_with_the_same_hash(table):
    back = _read_npy(_npy(table))
    np.testing.assert_array_equal(back, table)
    assert array_digest(back) == array_digest(table)


@pytest.mark.property
@given(table=tables)
def test_memory_order_does_not_change_the_hash(table):
    assert array_digest(np.asfortranarray(table)) == array_digest(table)
    assert array_digest(table.astype(table.dtype.newbyteorder(">"))) == array_digest(table)


def test_the_hash_is_that_of_type_shape_and_bytes():
    table = np.array([[1.0, 2.0]])
    by_hand = bytes.fromhex("000000000000f03f0000000000000040")
    assert array_digest(table) == hashlib.sha256(b"<f8:1,2:" + by_hand).hexdigest()


@pytest.mark.django_db
def test_equal_tables_are_stored_once():
    table = np.arange(6.0).reshape(3, 2)
    first, second = arrays.keep(table, ("a", "b")), arrays.keep(table.copy(), ("a", "b"))
    assert first.pk == second.pk
    assert StoredArray.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (b"rubbish", "damaged"),
        (zlib.compress(bytes(8)), "damaged"),
        (zlib.compress(bytes(48)), "wrong_hash"),
    ],
)
def test_damaged_bytes_are_noticed(packed, code):
    stored = arrays.keep(np.arange(6.0).reshape(3, 2), ("a", "b"))
    stored.packed = packed
    with pytest.raises(InputError) as caught:
        arrays.unpack(stored)
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (np.arange(4), "type"),
        (np.arange(4.0), "shape"),
        (np.zeros((0, 2)), "shape"),
        (np.zeros((2, 3)), "shape"),
        (np.array([[np.nan, 1.0]]), "not_finite"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(table, code):
    with pytest.raises(InputError) as caught:
        arrays.keep(table, ("a", "b"))
    assert caught.value.problems[0].code == code


def test_every_shipped_weather_year_is_a_year_of_hours():
    assert len(shipped_names()) == 6
    for name in shipped_names():
        year = shipped_year(name)
        assert year.table.shape == (8760, len(WEATHER_COLUMNS))
        assert year.sha256 == array_digest(year.table)


@pytest.mark.django_db
def test_loading_the_weather_twice_adds_nothing():
    assert load_weather() == 6
    assert load_weather() == 0
    weather = Weather.objects.get(name__contains="Denver")
    year = shipped_year(weather.name)
    np.testing.assert_array_equal(arrays.unpack(weather.array), year.table)
    assert weather.altitude_m == 1726.0
