"""The parts of the document that follow from the site itself, and the check of its network."""

import re
from collections.abc import Iterable, Sequence

from facility.kernel.errors import Problem
from facility.kernel.fields import Staged
from facility.kernel.units import HOURS_PER_YEAR
from facility.physics.documents import ArrayRef, DesignPoint, SiteInput, Tariff
from facility.scenarios.snapshot.analyses import outages
from facility.scenarios.snapshot.picture import Picture
from facility.sites.models import Site
from facility.sites.services import WEATHER_COLUMNS
from power.physics.documents import NetworkInput, Outage
from power.physics.validation import check
from thermal.physics.documents import CoolingInput, Crah
from thermal.physics.psychrometrics import standard_pressure

_SINGLE = ("frequency_hz", "outages")
_LISTS = tuple(name for name in NetworkInput.model_fields if name not in _SINGLE)
_PLACE = re.compile(r"^(\w+)\.(\d+)(?=\.|$)")


def site_part(site: Site, picture: Picture) -> SiteInput | None:
    """Return the place and its tariff."""
    tariff = {name: getattr(site, name) for name in Tariff.model_fields}
    names = [name for name in SiteInput.model_fields if name != "tariff"]
    data = {"tariff": tariff, **{name: getattr(site, name) for name in names}}
    return picture.parse("site", SiteInput, data)


def weather_part(site: Site, picture: Picture) -> ArrayRef | None:
    """Return the address of the weather year, or note why it is none."""
    array = site.weather.array
    if tuple(array.columns) != WEATHER_COLUMNS or array.n_rows != HOURS_PER_YEAR:
        wanted = f"{HOURS_PER_YEAR} rows of {', '.join(WEATHER_COLUMNS)}"
        found = f"{array.n_rows} rows of {', '.join(array.columns)}"
        picture.problem("weather", "shape", f"{site.weather} holds {found}, not {wanted}")
        return None
    data = {
        "sha256": array.sha256,
        "columns": array.columns,
        "n_rows": array.n_rows,
        "label": site.weather.name,
        "source": site.weather.source,
    }
    return picture.parse("weather", ArrayRef, data)


def design_point_part(site: Site) -> DesignPoint:
    """Return the design point: nameplate of everything, at once, on the design day."""
    dry_c, wet_c = site.design_dry_bulb_c, site.design_wet_bulb_c
    return DesignPoint(
        id="design",
        label=f"Nameplate load at {dry_c:g} °C dry bulb and {wet_c:g} °C wet bulb",
        dry_bulb_c=dry_c,
        wet_bulb_c=wet_c,
        pressure_kpa=float(standard_pressure(site.altitude_m)),
        load="nameplate",
    )


def cooling_part(picture: Picture) -> CoolingInput:
    """Return everything that takes heat away; a room without heat and machines needs no air."""
    used = {rack.hall for rack in picture.racks.all()}
    used |= {unit.hall for unit in picture.units.all() if isinstance(unit, Crah)}
    used |= {hall.id for hall in picture.halls.values() if hall.losses_of}
    return CoolingInput(
        halls=tuple(air for air in picture.airs.all() if air.id in used),
        circuits=picture.circuits.all(),
        loops=picture.loops.all(),
        units=picture.units.all(),
    )


def network_part(site: Site, picture: Picture, sections: Sequence[str]) -> NetworkInput | None:
    """Return everything electrical, with every credible outage."""
    units = {unit.id: None for unit in picture.units.all()}
    if not picture.sources.live:
        picture.problem("network.sources", "missing", "the site has no grid connection")
    network = picture.parse(
        "network",
        NetworkInput,
        {
            "frequency_hz": site.frequency_hz,
            "nodes": picture.nodes.all(),
            "branches": (
                *picture.lines.all(),
                *picture.transformers.all(),
                *picture.impedances.all(),
            ),
            "switches": picture.switches.all(),
            "sources": picture.sources.all(),
            "conversions": picture.conversions.all(),
            "consumers": picture.consumers.all(),
            "transfer_switches": picture.transfer_switches.all(),
            "generators": picture.generators.all(),
            "static_loads": picture.static_loads.all(),
            "shunts": picture.shunts.all(),
            "gensets": picture.gensets.all(),
            "batteries": picture.batteries.all(),
        },
    )
    if network is None:
        return None
    return network.model_copy(update={"outages": tuple(outages(network, sections, units))})


def check_network(network: NetworkInput, n_stages: int, picture: Picture) -> None:
    """Note what keeps the network from being solved at a stage, by the names of the objects."""
    # What is wrong at one stage is mostly wrong at the next: the first time it is said is enough.
    seen: dict[tuple[str, str], Problem] = {}
    for stage in range(n_stages):
        now = {name: _present(getattr(network, name), stage) for name in _LISTS}
        names = {item.id for items in now.values() for item in items}
        standing = [outage for outage in network.outages if set(outage.objects) <= names]
        view = network.model_copy(update={**now, "outages": tuple[Outage, ...](standing)})
        for found in check(view, stages=[stage]):
            path = _named(found.path, view)
            seen.setdefault((path, found.code), Problem(path, found.code, found.message))
    for problem in sorted(seen.values(), key=lambda p: (p.path, p.message)):
        picture.problem(problem.path, problem.code, problem.message)


def _present(items: Iterable[Staged], stage: int) -> tuple[Staged, ...]:
    return tuple(item for item in items if item.is_present(stage))


def _named(path: str, network: NetworkInput) -> str:
    """Turn `branches.12.to_node` into `network.branches[TX1].to_node`."""
    match = _PLACE.match(path)
    if match is None or match[1] not in _LISTS:
        return f"network.{path}"
    return (
        f"network.{match[1]}[{getattr(network, match[1])[int(match[2])].id}]{path[match.end() :]}"
    )


def check_pairs(network: NetworkInput, pairs: Iterable[tuple[str, str]], picture: Picture) -> None:
    """Note chosen pairs of maintenance and fault that name what is not there."""
    names = [item.id for name in _LISTS for item in getattr(network, name)]
    for pair in pairs:
        for name in pair:
            path = f"maintenance_pairs[{' + '.join(pair)}]"
            picture.known(path, "electrical object", name, names)
