"""Read EnergyPlus weather files: the door where °C, % and Pa of a file become our units.

A file stamps the END of each hour (hour 1 is 00:00 to 01:00). Our stamps mark the start, so row 0
is the hour that starts at 00:00 on 1 January: the order stays, only the meaning of the stamp moves.
"""

import csv
import gzip
import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import HOURS_PER_YEAR, PA_PER_KPA

_GZIP_MAGIC = b"\x1f\x8b"
_N_HEADER_LINES = 8
_LARGEST_BYTES = 32 * 1024 * 1024
_MOST_PROBLEMS = 50
_PERCENT = 100.0
# Column, name, lowest and highest believable value, missing from this value on.
_COLUMNS = (
    (6, "dry_bulb_c", -90.0, 70.0, 99.9),
    (8, "relative_humidity", 0.0, 110.0, 999.0),
    (9, "pressure", 31_000.0, 120_000.0, 999_999.0),
)
# Place of the 20-year high of dry bulb behind the word "Extremes" in the second header line.
_FIELDS_TO_20_YEAR_HIGH = 14


@dataclass(frozen=True, slots=True, eq=False)
class WeatherFile:
    """One year of outdoor air in local standard time, stamps at the start of the hour.

    The arrays are (8760,), read-only. ``extreme_dry_bulb_c`` is the 20-year high that the header
    names, or None where it names none.
    """

    city: str
    latitude_deg: float
    longitude_deg: float
    utc_offset_h: float
    elevation_m: float
    dry_bulb_c: FloatArray
    relative_humidity_ratio: FloatArray
    pressure_kpa: FloatArray
    extreme_dry_bulb_c: float | None
    source_years: tuple[int, ...]
    sha256: str


def read_epw(source: Path | str | bytes) -> WeatherFile:
    """Read an EPW file, plain or gzip-compressed.

    Parameters
    ----------
    source : path or bytes
        Where the file lies, or its content.

    Returns
    -------
    WeatherFile
        ``sha256`` is that of the uncompressed content.

    Raises
    ------
    InputError
        The file is no EPW file, has other than 8,760 hours in order, or misses values; the problems
        name every row up to a limit.

    Notes
    -----
    Relative humidities of 100 to 110 % are read as 100 %: files round the two temperatures apart.
    """
    content = _uncompressed(source if isinstance(source, bytes) else Path(source).read_bytes())
    lines = list(csv.reader(content.decode("utf-8", errors="replace").splitlines()))
    if len(lines) <= _N_HEADER_LINES or lines[0][:1] != ["LOCATION"]:
        raise InputError([Problem("file", "not_epw", "is not an EPW file: no LOCATION line")])
    rows = [row for row in lines[_N_HEADER_LINES:] if row]
    if len(rows) != HOURS_PER_YEAR:
        message = f"has {len(rows)} hours, {HOURS_PER_YEAR} are needed (one year, no leap day)"
        raise InputError([Problem("file", "wrong_length", message)])
    latitude_deg, longitude_deg, utc_offset_h, elevation_m = _place(lines[0])
    values = _values(rows)
    return WeatherFile(
        city=lines[0][1].strip(),
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        utc_offset_h=utc_offset_h,
        elevation_m=elevation_m,
        dry_bulb_c=_frozen(values[:, 0]),
        relative_humidity_ratio=_frozen(np.minimum(values[:, 1] / _PERCENT, 1.0)),
        pressure_kpa=_frozen(values[:, 2] / PA_PER_KPA),
        extreme_dry_bulb_c=_extreme_high(lines[1]),
        source_years=tuple(sorted({int(row[0]) for row in rows})),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _uncompressed(content: bytes) -> bytes:
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            plain = stream.read(_LARGEST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError([Problem("file", "damaged", "cannot be decompressed")]) from error
    if len(plain) > _LARGEST_BYTES:
        raise InputError([Problem("file", "too_large", "is larger than any year of hours")])
    return plain


def _place(location: list[str]) -> tuple[float, float, float, float]:
    try:
        latitude_deg, longitude_deg, utc_offset_h, elevation_m = map(float, location[6:10])
    except ValueError as error:
        message = "lacks latitude, longitude, UTC offset or elevation as numbers"
        raise InputError([Problem("file.location", "not_a_number", message)]) from error
    return latitude_deg, longitude_deg, utc_offset_h, elevation_m


def _extreme_high(design: list[str]) -> float | None:
    try:
        return float(design[design.index("Extremes") + _FIELDS_TO_20_YEAR_HIGH])
    except (ValueError, IndexError):
        return None


def _values(rows: list[list[str]]) -> FloatArray:
    """Return the three used columns, (8760, 3), or raise with every bad row."""
    values = np.full((len(rows), len(_COLUMNS)), np.nan)
    for i, row in enumerate(rows):
        for k, (column, *_) in enumerate(_COLUMNS):
            values[i, k] = _number(row, column)
    problems = _order_problems(rows)
    for k, (_, name, low, high, missing) in enumerate(_COLUMNS):
        column_values = values[:, k]
        absent = ~(column_values < missing)
        odd = ~absent & ((column_values < low) | (column_values > high))
        problems += _row_problems(absent, name, "missing", "is missing")
        problems += _row_problems(odd, name, "unbelievable", f"is outside {low:g} to {high:g}")
    if problems:
        raise InputError(_limited(problems))
    return values


def _number(row: list[str], column: int) -> float:
    try:
        return float(row[column])
    except (ValueError, IndexError):
        return np.nan


def _order_problems(rows: list[list[str]]) -> list[Problem]:
    first = np.datetime64("2001-01-01T00", "h")
    stamps = (first + np.arange(len(rows))).astype("datetime64[h]").tolist()
    wrong = np.array(
        [
            [_number(row, 1), _number(row, 2), _number(row, 3)] != [at.month, at.day, at.hour + 1]
            for row, at in zip(rows, stamps, strict=True)
        ]
    )
    return _row_problems(wrong, "date", "out_of_order", "is not the next hour of the year")


def _row_problems(wrong: BoolArray, name: str, code: str, message: str) -> list[Problem]:
    return [
        Problem(f"file.row[{i}].{name}", code, f"hour {i + 1} of the year: {name} {message}")
        for i in np.flatnonzero(wrong)
    ]


def _limited(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= _MOST_PROBLEMS:
        return problems
    rest = f"{len(problems) - _MOST_PROBLEMS} more rows have problems"
    return [*problems[:_MOST_PROBLEMS], Problem("file", "more", rest)]


def _frozen(values: FloatArray) -> FloatArray:
    array = np.ascontiguousarray(values)
    array.setflags(write=False)
    return array
