"""Store the demo site, or take it away again."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models import Case, When

from facility.access.models import Membership
from facility.scenarios.demo import (
    cooling,
    electrical,
    equipment,
    halls,
    loads,
    place,
    plan,
    studies,
)
from facility.scenarios.demo.ledger import Ledger
from facility.scenarios.models import Change, Hold, Phase, Scenario
from facility.sites.models import Building, Hall, Row, Site
from power.models import (
    Battery,
    Conversion,
    Genset,
    HouseLoad,
    Impedance,
    Line,
    Node,
    RackFeed,
    RegulatedGenerator,
    RowTap,
    Shunt,
    Source,
    StaticLoad,
    Switch,
    TransferSwitch,
    Transformer,
)
from racks.models import Equipment, Rack, SystemType, WorkloadProfile
from thermal.models import (
    Circuit,
    CoolingUnit,
    Loop,
    LoopFeed,
    RackConnection,
    RowConnection,
    UnitFeed,
)

# Those that refer to others first; the lookup leads to the site.
_REMOVED_IN_ORDER: tuple[tuple[Any, str], ...] = (
    (Hold, "site"),
    (UnitFeed, "unit__site"),
    (LoopFeed, "loop__site"),
    (RackConnection, "rack__hall__building__site"),
    (RowConnection, "row__hall__building__site"),
    (CoolingUnit, "site"),
    (Circuit, "hall__building__site"),
    (Loop, "site"),
    (RowTap, "row__hall__building__site"),
    (RackFeed, "rack__hall__building__site"),
    (Equipment, "rack__hall__building__site"),
    (Rack, "hall__building__site"),
    (Row, "hall__building__site"),
    (HouseLoad, "site"),
    (StaticLoad, "site"),
    (Shunt, "site"),
    (RegulatedGenerator, "site"),
    (Genset, "site"),
    (Battery, "site"),
    (TransferSwitch, "site"),
    (Impedance, "site"),
    (Conversion, "site"),
    (Switch, "site"),
    (Source, "site"),
    (Transformer, "site"),
    (Line, "site"),
    (Node, "site"),
    (SystemType, "site"),
    (WorkloadProfile, "site"),
    (Hall, "building__site"),
    (Building, "site"),
)


def demo_site() -> Site | None:
    """Return the demo site if it is there."""
    return Site.objects.filter(slug=place.SLUG).first()


def plans_in_order(site: Site) -> tuple[Scenario, ...]:
    """Return the demo's plans in the order in which a new installation answers them."""
    first = Case(When(is_committed=True, then=0), When(name=plan.EXPANSION, then=1), default=2)
    return tuple(Scenario.objects.filter(site=site).order_by(first, "name"))


@transaction.atomic
def load() -> Site:
    """Store the demo site with its plans."""
    ledger = Ledger()
    site = place.site(ledger)
    site.save()
    building = place.building(site)
    building.save()

    rooms = halls.halls(building, ledger)
    _store(Hall, rooms.values())
    rows = halls.rows(rooms)
    _store(Row, rows.values())
    types = equipment.system_types(site)
    _store(SystemType, types.values())
    profiles = equipment.workloads(site, ledger)
    _store(WorkloadProfile, profiles.values())
    places, contents = halls.racks(rows, types, profiles)
    _store(Rack, (item.rack for item in places))
    _store(Equipment, contents)

    network = electrical.network(site, rooms, ledger)
    for network_model, objects in network.stored_in_order():
        _store(network_model, objects)
    _store(RackFeed, electrical.rack_feeds(network, places))
    _store(RowTap, electrical.row_taps(network, rows))
    studies.electrical_study(site, ledger)

    heat = loads.sized_for(places, contents)
    plant = cooling.plant(network, rooms, cooling.counts(site, heat), heat, ledger)
    for cooling_model, machines in plant.stored_in_order():
        _store(cooling_model, machines)
    rack_links, row_links = cooling.connections(plant, places, rows)
    _store(RackConnection, rack_links)
    _store(RowConnection, row_links)

    plans = plan.plans(site, heat)
    for scenario in plans.scenarios:
        scenario.save()
    _store(Phase, plans.phases)
    _store(Change, plans.changes)
    site.sources = ledger.entries
    site.save(update_fields=["sources"])
    return site


@transaction.atomic
def remove(site: Site) -> list[tuple[int, str]]:
    """Take a site away with all that hangs on it; return who was a member, with which role."""
    members = list(Membership.objects.filter(site=site).values_list("user_id", "role"))
    Scenario.objects.filter(site=site, parent__isnull=False).delete()
    Scenario.objects.filter(site=site).delete()
    for model, path in _REMOVED_IN_ORDER:
        model.objects.filter(**{path: site}).delete()
    site.delete()
    return members


@transaction.atomic
def replace(site: Site) -> Site:
    """Build the demo site anew; its members stay members."""
    members = remove(site)
    fresh = load()
    Membership.objects.bulk_create(
        Membership(site=fresh, user_id=user_pk, role=role) for user_pk, role in members
    )
    return fresh


def _store(model: Any, rows: Iterable[models.Model]) -> None:
    model.objects.bulk_create(list(rows))
