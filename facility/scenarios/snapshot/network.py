"""The electrical plant: rows of the database to documents."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic

from facility.scenarios.snapshot.columns import ELSEWHERE, copied, ends_of
from facility.scenarios.snapshot.derating import genset_ratio, line_ratio
from facility.scenarios.snapshot.picture import Picture, Register, S
from facility.scenarios.snapshot.transformers import read_transformers
from facility.sites.models import Site
from power import models
from power.physics import documents

_NODE = ("voltage_v", "current", "path", "rating_a", "short_circuit_ka", "short_circuit_peak_ka")


def read_network(site: Site, picture: Picture) -> list[models.NetworkObject]:
    """Read everything electrical; return the rows for their provenance."""
    nodes = list(models.Node.objects.filter(site=site))
    tag_of = {node.pk: node.tag for node in nodes}
    for node in nodes:
        picture.install(picture.nodes, documents.Node, copied(node, _NODE))
    readers = (
        _lines,
        _impedances,
        read_transformers,
        _switches,
        _transfer_switches,
        _sources,
        _conversions,
        _house_loads,
        _gensets,
    )
    others = [row for read in readers for row in read(site, tag_of, picture)]
    plain = [row for kind in _PLAIN for row in _plain(site, tag_of, picture, kind)]
    return [*nodes, *others, *plain, *_batteries(site, tag_of, picture)]


def bus_sections(site: Site) -> list[str]:
    """Return the tags of the switchgear whose loss is an outage of its own."""
    found = models.Node.objects.filter(site=site, is_bus_section=True)
    return list(found.order_by("tag").values_list("tag", flat=True))


def _lines(site: Site, tag_of: dict[int, str], picture: Picture) -> Iterator[models.NetworkObject]:
    fields = (
        "length_km",
        "resistance_ohm_per_km",
        "reactance_ohm_per_km",
        "capacitance_nf_per_km",
        "conductance_us_per_km",
        "n_parallel",
        "rating_a",
    )
    for row in models.Line.objects.filter(site=site):
        data = {**copied(row, fields), **ends_of(row, tag_of, "from_node", "to_node")}
        data["derating_ratio"] = line_ratio(row, site, picture)
        picture.install(picture.lines, documents.Line, data)
        yield row


def _impedances(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    for row in models.Impedance.objects.filter(site=site):
        data = {
            **copied(row, ("rating_kva",)),
            **ends_of(row, tag_of, "from_node", "to_node"),
            "from_to_pu": (row.from_to_resistance_pu, row.from_to_reactance_pu),
            "to_from_pu": (row.to_from_resistance_pu, row.to_from_reactance_pu),
            "from_shunt_pu": (row.from_conductance_pu, row.from_susceptance_pu),
            "to_shunt_pu": (row.to_conductance_pu, row.to_susceptance_pu),
        }
        picture.install(picture.impedances, documents.Impedance, data)
        yield row


def _transfer_switches(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    for row in models.TransferSwitch.objects.filter(site=site):
        ends = ends_of(row, tag_of, "output_node", "preferred_node", "alternate_node")
        data = {**copied(row, ("kind", "transfer_s", "rating_a")), **ends}
        picture.install(picture.transfer_switches, documents.TransferSwitch, data)
        yield row


def _switches(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    for row in models.Switch.objects.filter(site=site):
        ends = ends_of(row, tag_of, "from_node", "to_node")
        data = {**copied(row, ("closed", "rating_a", "short_circuit_ka")), **ends}
        picture.install(picture.switches, documents.Switch, data)
        yield row


def _sources(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    fields = (
        "voltage_pu",
        "voltage_deg",
        "short_circuit_mva",
        "x_over_r",
        "contract_kw",
        "contract_kva",
        "power_factor_min",
        "ramp_kw_per_min",
    )
    for row in models.Source.objects.filter(site=site):
        data = {**copied(row, fields), **ends_of(row, tag_of, "node")}
        picture.install(picture.sources, documents.GridSource, data)
        yield row


def _conversions(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    fields = (
        "kind",
        "rating_kw",
        "rating_kva",
        "input_power_factor",
        "n_modules",
        "n_redundant_modules",
        "input_low_pu",
        "input_high_pu",
        "dip_count",
        "dip_window_s",
        "walk_in_s",
    )
    for row in models.Conversion.objects.filter(site=site):
        eco = (row.eco_constant_ratio, row.eco_linear_ratio, row.eco_square_ratio)
        law = (row.loss_constant_ratio, row.loss_linear_ratio, row.loss_square_ratio)
        ends = ends_of(row, tag_of, "input_node", "output_node")
        data = {**copied(row, fields), **ends, "loss_coefficients": law}
        if row.eco_mode:
            data["eco_loss_coefficients"] = eco
        picture.install(picture.conversions, documents.Conversion, data)
        yield row


def _house_loads(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    for row in models.HouseLoad.objects.filter(site=site):
        feed = {**ends_of(row, tag_of, "node"), "share_ratio": 1.0}
        fields = copied(row, ("power_kw", "power_factor"))
        data = {**fields, "kind": "house", "feeds": [feed]}
        picture.install(picture.consumers, documents.Consumer, data)
        yield row


@dataclass(frozen=True, slots=True)
class _Kind(Generic[S]):
    """A kind of object that hangs on one node and copies its columns."""

    model: type[models.NetworkObject]
    document: type[S]
    fields: tuple[str, ...]
    register: Callable[[Picture], Register[S]]


_PLAIN: tuple[_Kind[Any], ...] = (
    _Kind(
        models.RegulatedGenerator,
        documents.RegulatedGenerator,
        ("active_kw", "voltage_pu", "reactive_min_kvar", "reactive_max_kvar"),
        lambda picture: picture.generators,
    ),
    _Kind(
        models.StaticLoad,
        documents.StaticLoad,
        ("active_kw", "reactive_kvar", "constant_current_ratio", "constant_impedance_ratio"),
        lambda picture: picture.static_loads,
    ),
    _Kind(
        models.Shunt,
        documents.Shunt,
        ("voltage_v", "active_kw", "reactive_kvar"),
        lambda picture: picture.shunts,
    ),
)


def _plain(
    site: Site, tag_of: dict[int, str], picture: Picture, kind: _Kind[S]
) -> Iterator[models.NetworkObject]:
    for row in kind.model.objects.filter(site=site):
        data = {**copied(row, kind.fields), **ends_of(row, tag_of, "node")}
        picture.install(kind.register(picture), kind.document, data)
        yield row


def _gensets(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    fields = (
        "rating_class",
        "rating_kw",
        "rating_kva",
        "start_s",
        "block_ratio",
        "subtransient_ratio",
        "fuel_m3",
        "fuel_l_per_kwh",
    )
    for row in models.Genset.objects.filter(site=site):
        data = {**copied(row, fields), **ends_of(row, tag_of, "node")}
        data["derating_ratio"] = genset_ratio(row, site, picture)
        picture.install(picture.gensets, documents.Genset, data)
        yield row


def _batteries(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    fields = (
        "power_kw",
        "energy_kwh",
        "charge_min_ratio",
        "charge_max_ratio",
        "health_ratio",
        "efficiency_ratio",
        "recharge_kw",
        "role",
    )
    for row in models.Battery.objects.filter(site=site).select_related("conversion"):
        data = copied(row, fields)
        if row.conversion:
            same = row.conversion.site_id == site.pk
            data["conversion"] = row.conversion.tag if same else ELSEWHERE
        else:
            data |= ends_of(row, tag_of, "node")
        picture.install(picture.batteries, documents.Battery, data)
        yield row
