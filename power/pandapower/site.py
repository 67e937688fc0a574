"""Puts a mapped network into the rows of a site, whole or not at all."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from facility.kernel.errors import InputError, Problem
from facility.kernel.fields import Staged
from facility.sites.models import Site
from power import models
from power.pandapower.book import some_of
from power.pandapower.mapping import Mapped
from power.physics import documents

DISTRIBUTION_KVA = 2500.0
"""IEC 60076-7: a transformer up to here is a distribution transformer."""
HZ_OF_IEEE = 60.0
ENDS = ("from_node", "to_node", "hv_node", "lv_node", "node")
_IMPEDANCE = {
    "from_to_pu": ("from_to_resistance_pu", "from_to_reactance_pu"),
    "to_from_pu": ("to_from_resistance_pu", "to_from_reactance_pu"),
    "from_shunt_pu": ("from_conductance_pu", "from_susceptance_pu"),
    "to_shunt_pu": ("to_conductance_pu", "to_susceptance_pu"),
}
_NOT_ROWS = frozenset(
    ("id", "kind", "from_stage", "until_stage", "thermal", "regulator", *_IMPEDANCE)
)
# In the order in which they can be deleted: what stands on another before it.
PLANT: tuple[type[models.NetworkObject], ...] = (
    models.Battery,
    models.Conversion,
    models.TransferSwitch,
    models.Switch,
    models.Transformer,
    models.Line,
    models.Impedance,
    models.Shunt,
    models.StaticLoad,
    models.HouseLoad,
    models.RegulatedGenerator,
    models.Genset,
    models.Source,
    models.Node,
)
_MODEL_OF: Mapping[type[Staged], type[models.NetworkObject]] = {
    documents.Line: models.Line,
    documents.Transformer: models.Transformer,
    documents.Impedance: models.Impedance,
    documents.Switch: models.Switch,
    documents.GridSource: models.Source,
    documents.RegulatedGenerator: models.RegulatedGenerator,
    documents.StaticLoad: models.StaticLoad,
    documents.Shunt: models.Shunt,
}


@transaction.atomic
def put_into_site(mapped: Mapped, site: Site, *, replace: bool = False) -> dict[str, int]:
    """Create the rows of a network; return how many of each kind.

    Parameters
    ----------
    mapped : Mapped
        Called by names, see `power.pandapower.mapping.map_net`.
    site : Site
        Its electrical side has to be empty unless it is to be replaced.
    replace : bool
        Whether to delete the electrical side first.

    Raises
    ------
    InputError
        With every problem; then nothing has changed.
    """
    Site.objects.select_for_update().get(pk=site.pk)
    problems = list(_unlike(mapped, site))
    if replace:
        _clear(site)
    else:
        problems += _occupied(site)
    if problems:
        raise InputError(problems)
    nodes = {node.id: _row(models.Node, node, site, {}) for node in mapped.network.nodes}
    problems += [problem for row in nodes.values() for problem in _wrong(row)]
    models.Node.objects.bulk_create(list(nodes.values()))
    rows = [_row(_MODEL_OF[type(item)], item, site, nodes) for item in _items(mapped.network)]
    problems += [problem for row in rows for problem in _wrong(row)]
    if problems:
        raise InputError(problems)
    for model in _MODEL_OF.values():
        model.objects.bulk_create([row for row in rows if type(row) is model])
    counts: dict[str, int] = {}
    for row in (*nodes.values(), *rows):
        name = str(row._meta.verbose_name)  # noqa: SLF001 - Django's public name for it
        counts[name] = counts.get(name, 0) + 1
    return counts


def _items(network: documents.NetworkInput) -> Iterator[Staged]:
    yield from network.branches
    yield from network.switches
    yield from network.sources
    yield from network.generators
    yield from network.static_loads
    yield from network.shunts


def _unlike(mapped: Mapped, site: Site) -> Iterator[Problem]:
    if mapped.net.frequency_hz != site.frequency_hz:
        text = f"{mapped.net.frequency_hz:g} Hz; the site has {site.frequency_hz:g} Hz"
        yield Problem("f_hz", "frequency", text)


def _occupied(site: Site) -> Iterator[Problem]:
    for model in reversed(PLANT):
        tags = list(model.objects.filter(site=site).values_list("tag", flat=True))
        if tags:
            name = str(model._meta.verbose_name_plural)  # noqa: SLF001 - public
            yield Problem(
                site.slug,
                "not_empty",
                f"has {name} already: {some_of(tags)}; --replace deletes them",
            )


def _clear(site: Site) -> None:
    try:
        for model in PLANT:
            model.objects.filter(site=site).delete()
    except ProtectedError as error:
        hold = sorted({f"{row._meta.verbose_name} {row}" for row in error.protected_objects})  # noqa: SLF001 - public
        text = f"cannot be replaced: in use by {some_of(hold)}"
        raise InputError([Problem(site.slug, "in_use", text)]) from error


def _row(
    model: type[models.NetworkObject],
    item: Staged,
    site: Site,
    nodes: Mapping[str, models.NetworkObject],
) -> models.NetworkObject:
    """Return the row of a document, whose fields carry the same names."""
    known = {field.name for field in model._meta.concrete_fields}  # noqa: SLF001 - Django's public name
    values: dict[str, Any] = {
        name: nodes[value] if name in ENDS else value
        for name, value in item
        if name in known and name not in _NOT_ROWS
    }
    if isinstance(item, documents.Impedance):
        for name, (first, second) in _IMPEDANCE.items():
            values[first], values[second] = getattr(item, name)
    if isinstance(item, documents.Transformer):
        values |= _thermal(item, site)
        values["hv_leakage_resistance_ratio"], values["hv_leakage_reactance_ratio"] = (
            item.hv_leakage_ratios
        )
    return model(site=site, tag=item.id, **values)


def _thermal(item: documents.Transformer, site: Site) -> dict[str, str]:
    """Return what no such file says: taken for what is usual, and said so by the command."""
    small = item.rating_kva <= DISTRIBUTION_KVA
    classes = models.Transformer.ThermalClass
    return {
        "thermal_class": classes.DISTRIBUTION if small else classes.ONAN,
        "standard": "ieee" if site.frequency_hz == HZ_OF_IEEE else "iec",
    }


def _wrong(row: models.NetworkObject) -> Iterator[Problem]:
    """Yield what the row refuses; ends and uniqueness are sound by construction."""
    ends = [name for name in ENDS if hasattr(row, name)]
    try:
        row.clean_fields(exclude=["site", *ends])
        row.clean()
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            yield Problem(f"{row.tag}.{name}", "invalid", " ".join(messages))
