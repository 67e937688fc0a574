"""The fewest rows that a site needs."""

import hashlib
import zlib

from facility.sites.models import Site, StoredArray, Weather

PASSWORD, WRONG = "right-horse-1", "wrong-horse-1"


def new_site(name: str) -> Site:
    """Store a site with a weather of one hour, which no run could use."""
    raw = b"\0" * 24
    array, _ = StoredArray.objects.get_or_create(
        sha256=hashlib.sha256(raw).hexdigest(),
        defaults={
            "n_rows": 1,
            "columns": ["dry_bulb_c", "relative_humidity_ratio", "pressure_kpa"],
            "dtype": "<f8",
            "packed": zlib.compress(raw),
        },
    )
    weather, _ = Weather.objects.get_or_create(
        name="one hour",
        defaults={
            "source": "none",
            "latitude_deg": 40.0,
            "longitude_deg": -75.0,
            "altitude_m": 100.0,
            "utc_offset_h": -5.0,
            "array": array,
        },
    )
    return Site.objects.create(
        name=name,
        slug=name.lower().replace(" ", "-"),
        latitude_deg=40.0,
        longitude_deg=-75.0,
        altitude_m=100.0,
        time_zone="America/New_York",
        utc_offset_h=-5.0,
        weather=weather,
        frequency_hz=60.0,
        continuous_rule="nec",
        currency="USD",
        design_dry_bulb_c=35.0,
        design_wet_bulb_c=24.0,
    )
