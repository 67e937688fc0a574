"""The demo's place: a campus near Dulles, Virginia, with its climate, prices and building."""

from typing import Any

from facility.catalogue.lookup import find
from facility.scenarios.demo.ledger import Ledger
from facility.sites.models import Building, Site, Weather
from facility.sites.services import load_weather

SLUG = "dulles"
BUILDING = "DC1"
WEATHER = "USA_VA_Sterling-Washington.Dulles.Intl.AP.724030_TMY3"

_CENTS_PER_DOLLAR = 100.0
_G_PER_KG = 1000.0


def weather_year() -> Weather:
    """Return the typical year at Dulles, stored first if it is not there yet."""
    if not Weather.objects.filter(name=WEATHER).exists():
        load_weather()
    return Weather.objects.get(name=WEATHER)


def site(ledger: Ledger) -> Site:
    """Return the site, not stored yet; the ledger learns where each figure comes from."""
    weather = weather_year()
    prices = _fact("electricity-us", "eia_2023_commercial_industrial_us_cents_per_kwh")
    carbon = _fact("grid-gco2-per-kwh", "gcp_regions")
    fields: dict[str, Any] = {
        "latitude_deg": weather.latitude_deg,
        "longitude_deg": weather.longitude_deg,
        "altitude_m": weather.altitude_m,
        "utc_offset_h": weather.utc_offset_h,
        "design_dry_bulb_c": 34.1,
        "design_wet_bulb_c": 23.9,
        "energy_per_kwh": prices["VA"][1] / _CENTS_PER_DOLLAR,
        "demand_per_kw_month": 14.0,
        "water_per_m3": 2.0,
        "carbon_kg_per_kwh": carbon["us-east4"] / _G_PER_KG,
    }
    _say_sources(ledger, weather)
    return Site(
        name="Dulles AI campus (demo)",
        slug=SLUG,
        time_zone="America/New_York",
        first_weekday=0,
        weather=weather,
        frequency_hz=60.0,
        continuous_rule=Site.ContinuousRule.NEC,
        currency="USD",
        **fields,
    )


def building(site_row: Site) -> Building:
    """Return the one building of the campus."""
    return Building(site=site_row, name=BUILDING)


def _fact(item_id: str, name: str) -> Any:
    return find("economics", item_id).facts[name].value


def _say_sources(ledger: Ledger, weather: Weather) -> None:
    for name in ("latitude_deg", "longitude_deg", "altitude_m", "utc_offset_h"):
        ledger.say(name, weather.source, "standard", "header line LOCATION of the weather file")
    for name in ("design_dry_bulb_c", "design_wet_bulb_c"):
        note = "0.4 % cooling dry bulb and its mean coincident wet bulb, header of the weather file"
        ledger.say(name, weather.source, "standard", note)
    ledger.item(
        "energy_per_kwh",
        "economics/electricity-us",
        "eia_2023_commercial_industrial_us_cents_per_kwh",
        "Virginia, industrial, mean of 2023",
    )
    ledger.item(
        "demand_per_kw_month",
        "economics/demand-charges",
        "us_typical_usd_per_kw_month",
        "middle of the range",
    )
    ledger.default("water_per_m3", "potable water and sewer of a large customer, no tariff read")
    ledger.item(
        "carbon_kg_per_kwh",
        "economics/grid-gco2-per-kwh",
        "gcp_regions",
        "us-east4, Northern Virginia",
    )
    ledger.default("first_weekday", "a typical year has no calendar; it starts on a Monday here")
    ledger.item("continuous_rule", "power_rules/continuous-load-rule", "nec_ratio")
