"""The electrical plant: rows of the database to documents."""

from collections.abc import Iterator
from typing import Any

from facility.scenarios.snapshot.oil import oil_thermal
from facility.scenarios.snapshot.picture import Picture
from facility.sites.models import Site
from power import models
from power.physics import documents

ELSEWHERE = "(a node of another site)"


def read_network(site: Site, picture: Picture) -> list[models.NetworkObject]:
    """Read everything electrical; return the rows for their provenance."""
    nodes = list(models.Node.objects.filter(site=site))
    tag_of = {node.pk: node.tag for node in nodes}
    for node in nodes:
        fields = ("voltage_v", "current", "path")
        picture.install(picture.nodes, documents.Node, _copied(node, fields))
    others = [
        *_lines(site, tag_of, picture),
        *_transformers(site, tag_of, picture),
        *_switches(site, tag_of, picture),
        *_sources(site, tag_of, picture),
        *_conversions(site, tag_of, picture),
        *_house_loads(site, tag_of, picture),
    ]
    return [*nodes, *others]


def bus_sections(site: Site) -> list[str]:
    """Return the tags of the switchgear whose loss is an outage of its own."""
    found = models.Node.objects.filter(site=site, is_bus_section=True)
    return list(found.order_by("tag").values_list("tag", flat=True))


def _copied(row: Any, fields: tuple[str, ...]) -> dict[str, object]:
    return {"id": row.tag, **{name: getattr(row, name) for name in fields}}


def _ends(row: Any, tag_of: dict[int, str], *names: str) -> dict[str, object]:
    return {name: tag_of.get(getattr(row, f"{name}_id"), ELSEWHERE) for name in names}


def _lines(site: Site, tag_of: dict[int, str], picture: Picture) -> Iterator[models.NetworkObject]:
    fields = (
        "length_km",
        "resistance_ohm_per_km",
        "reactance_ohm_per_km",
        "capacitance_nf_per_km",
        "n_parallel",
        "rating_a",
        "derating_ratio",
    )
    for row in models.Line.objects.filter(site=site):
        data = {**_copied(row, fields), **_ends(row, tag_of, "from_node", "to_node")}
        picture.install(picture.lines, documents.Line, data)
        yield row


def _transformers(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    fields = (
        "rating_kva",
        "hv_voltage_v",
        "lv_voltage_v",
        "impedance_ratio",
        "load_loss_kw",
        "no_load_loss_kw",
        "magnetising_ratio",
        "tap_position",
        "tap_step_ratio",
    )
    for row in models.Transformer.objects.filter(site=site).select_related("room"):
        ambient_c = row.room.supply_air_c if row.room else None
        thermal = oil_thermal(row.thermal_class, row.standard, ambient_c)
        if thermal and row.room:
            picture.stands_in(
                f"network.branches[{row.tag}].thermal.ambient_c",
                f"{ambient_c:g} °C",
                f"air around it is taken at the set point of {row.room.tag}",
            )
        ends = _ends(row, tag_of, "hv_node", "lv_node")
        data = {**_copied(row, fields), **ends, "thermal": thermal}
        picture.install(picture.transformers, documents.Transformer, data)
        yield row


def _switches(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    for row in models.Switch.objects.filter(site=site):
        ends = _ends(row, tag_of, "from_node", "to_node")
        data = {**_copied(row, ("closed", "rating_a")), **ends}
        picture.install(picture.switches, documents.Switch, data)
        yield row


def _sources(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    fields = ("voltage_pu", "short_circuit_mva", "x_over_r", "contract_kw", "contract_kva")
    for row in models.Source.objects.filter(site=site):
        data = {**_copied(row, fields), **_ends(row, tag_of, "node")}
        picture.install(picture.sources, documents.GridSource, data)
        yield row


def _conversions(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    fields = ("kind", "rating_kw", "rating_kva", "input_power_factor")
    for row in models.Conversion.objects.filter(site=site):
        law = (row.loss_constant_ratio, row.loss_linear_ratio, row.loss_square_ratio)
        ends = _ends(row, tag_of, "input_node", "output_node")
        data = {**_copied(row, fields), **ends, "loss_coefficients": law}
        picture.install(picture.conversions, documents.Conversion, data)
        yield row


def _house_loads(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    for row in models.HouseLoad.objects.filter(site=site):
        feed = {**_ends(row, tag_of, "node"), "share_ratio": 1.0}
        fields = _copied(row, ("power_kw", "power_factor"))
        data = {**fields, "kind": "house", "feeds": [feed]}
        picture.install(picture.consumers, documents.Consumer, data)
        yield row
