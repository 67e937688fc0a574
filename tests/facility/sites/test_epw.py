"""The reader of weather files against independent statistics of the built-in files."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from facility.kernel.errors import InputError
from facility.sites.epw import read_epw
from thermal.physics import weather

FOLDER = Path(__file__).parents[3] / "facility/sites/weather_files"
STATISTICS = json.loads((FOLDER / "statistics.json").read_text())["files"]
DULLES = FOLDER / STATISTICS[0]["file"]


@pytest.mark.reference
@pytest.mark.parametrize("expected", STATISTICS, ids=lambda s: s["place"])
def test_the_built_in_files_have_their_published_statistics(expected):
    year = read_epw(FOLDER / expected["file"])
    assert year.sha256 == expected["sha256_of_epw"]
    assert year.latitude_deg == expected["latitude_deg"]
    assert year.longitude_deg == expected["longitude_deg"]
    assert year.utc_offset_h == expected["utc_offset_h"]
    assert year.elevation_m == expected["elevation_m"]
    assert [str(y) for y in year.source_years] == expected["source_years"]
    dry_c = year.dry_bulb_c
    assert dry_c.shape == (expected["hours"],)
    assert dry_c.mean() == pytest.approx(expected["Tdb_C"]["mean"], abs=0.006)
    assert dry_c.min() == expected["Tdb_C"]["min"]
    assert dry_c.max() == expected["Tdb_C"]["max"]
    assert year.relative_humidity_ratio.mean() * 100 == pytest.approx(
        expected["RH_mean_pct"], abs=0.06
    )
    assert year.pressure_kpa.mean() * 1000 == pytest.approx(expected["pressure_mean_Pa"], abs=0.6)
    assert np.count_nonzero(dry_c > 18) == expected["hours_Tdb_above_18C"]


@pytest.mark.reference
@pytest.mark.parametrize("expected", STATISTICS, ids=lambda s: s["place"])
def test_wet_bulbs_and_design_days_agree_with_the_statistics(expected):
    year = read_epw(FOLDER / expected["file"])
    air = weather.outdoor_air(
        year.dry_bulb_c,
        relative_humidity_ratio=year.relative_humidity_ratio,
        pressure_kpa=year.pressure_kpa,
    )
    wet = expected["Twb_C"]
    assert air.wet_bulb_c.mean() == pytest.approx(wet["mean"], abs=0.01)
    assert air.wet_bulb_c.max() == pytest.approx(wet["max"], abs=0.006)
    assert np.count_nonzero(air.wet_bulb_c < 12) == expected["hours_Twb_below_12C"]
    design = weather.design_conditions(air)
    assert design.dry_bulb_c == pytest.approx(expected["Tdb_C"]["p99_6"], abs=0.06)
    assert design.wet_bulb_c == pytest.approx(wet["p99_6"], abs=0.006)
    assert weather.design_conditions(air, percentile=99.0).wet_bulb_c == pytest.approx(
        wet["p99"], abs=0.006
    )


def test_row_zero_is_the_hour_that_starts_at_midnight():
    text = gzip.decompress(DULLES.read_bytes()).decode()
    first = text.splitlines()[8].split(",")
    year = read_epw(DULLES)
    assert first[1:4] == ["1", "1", "1"]
    assert year.dry_bulb_c[0] == float(first[6])
    assert year.pressure_kpa[0] == pytest.approx(float(first[9]) / 1000)


def test_the_20_year_high_comes_from_the_header():
    assert read_epw(DULLES).extreme_dry_bulb_c == 39.7


def test_plain_and_compressed_content_are_the_same_file():
    plain = gzip.decompress(DULLES.read_bytes())
    assert read_epw(plain).sha256 == read_epw(DULLES).sha256 == read_epw(str(DULLES)).sha256


def _changed(edit):
    lines = gzip.decompress(DULLES.read_bytes()).decode().splitlines()
    edit(lines)
    return "\n".join(lines).encode()


def _set(lines, hour, column, value):
    row = lines[8 + hour].split(",")
    row[column] = value
    lines[8 + hour] = ",".join(row)


def test_every_missing_value_is_named():
    def edit(lines):
        _set(lines, 3, 6, "99.9")
        _set(lines, 70, 8, "999")
        _set(lines, 71, 9, "999999")
        _set(lines, 72, 9, "x")
        _set(lines, 73, 6, "-95")

    with pytest.raises(InputError) as caught:
        read_epw(_changed(edit))
    assert [(p.path, p.code) for p in caught.value.problems] == [
        ("file.row[3].dry_bulb_c", "missing"),
        ("file.row[73].dry_bulb_c", "unbelievable"),
        ("file.row[70].relative_humidity", "missing"),
        ("file.row[71].pressure", "missing"),
        ("file.row[72].pressure", "missing"),
    ]


def test_a_long_list_of_problems_is_cut_and_says_so():
    def edit(lines):
        for hour in range(200):
            _set(lines, hour, 6, "99.9")

    with pytest.raises(InputError) as caught:
        read_epw(_changed(edit))
    assert len(caught.value.problems) == 51
    assert "150 more" in caught.value.problems[-1].message


def test_hours_out_of_order_are_named():
    def edit(lines):
        lines[18], lines[19] = lines[19], lines[18]

    with pytest.raises(InputError) as caught:
        read_epw(_changed(edit))
    assert [p.path for p in caught.value.problems] == ["file.row[10].date", "file.row[11].date"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x1f\x8b broken",
        _changed(lambda lines: lines.pop()),
        _changed(lambda lines: lines.append(lines[-1])),
        _changed(lambda lines: lines.__setitem__(0, "LOCATION,somewhere,x,y,z,0,a,b,c,d")),
    ],
)
def test_what_is_no_weather_year_is_refused(content):
    with pytest.raises(InputError):
        read_epw(content)
