"""What can be done with places: put the shipped weather years into the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from facility.kernel.arrays import array_digest
from facility.kernel.checks import FloatArray
from facility.sites import arrays
from facility.sites.epw import WeatherFile, read_epw
from facility.sites.models import Weather

WEATHER_FOLDER = Path(__file__).parent / "weather_files"
WEATHER_COLUMNS = ("dry_bulb_c", "relative_humidity_ratio", "pressure_kpa")
_ENDING = ".epw.gz"


@dataclass(frozen=True, slots=True, eq=False)
class ShippedYear:
    """One weather file of the product, read."""

    name: str
    source: str
    file: WeatherFile
    table: FloatArray
    sha256: str


def shipped_names() -> tuple[str, ...]:
    """Return the names of the weather files that come with the product."""
    return tuple(sorted(p.name.removesuffix(_ENDING) for p in WEATHER_FOLDER.glob(f"*{_ENDING}")))


@cache
def shipped_year(name: str) -> ShippedYear:
    """Read one weather file of the product. Needs no database."""
    file = read_epw(WEATHER_FOLDER / f"{name}{_ENDING}")
    table = np.column_stack([getattr(file, column) for column in WEATHER_COLUMNS])
    table.setflags(write=False)
    source = f"NREL TMY3 (2008), {name}.epw, SHA-256 {file.sha256}"
    return ShippedYear(name, source, file, table, array_digest(table))


def shipped_years() -> Iterator[ShippedYear]:
    """Yield the weather years of the product, one file read at a time."""
    yield from map(shipped_year, shipped_names())


def load_weather() -> int:
    """Add the shipped weather years that are not there yet; return how many were added."""
    known = set(Weather.objects.values_list("name", flat=True))
    new = [name for name in shipped_names() if name not in known]
    for name in new:
        year = shipped_year(name)
        Weather.objects.create(
            name=name,
            source=year.source,
            latitude_deg=year.file.latitude_deg,
            longitude_deg=year.file.longitude_deg,
            altitude_m=year.file.elevation_m,
            utc_offset_h=year.file.utc_offset_h,
            array=arrays.keep(year.table, WEATHER_COLUMNS),
        )
    return len(new)
