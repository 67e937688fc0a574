"""Ratings as they hold where equipment stands: altitude, air, neighbours in the same tray."""

from facility.physics.documents import Provenance
from facility.scenarios.snapshot.picture import Picture
from facility.sites.models import Site
from power import models
from power.physics.ratings import (
    Derating,
    busbar_ambient,
    cable_ambient,
    cable_grouping,
    engine_derating,
    transformer_altitude,
)

BUSBAR_LIMIT_C = 105.0


def line_ratio(row: models.Line, site: Site, picture: Picture) -> float:
    """Return the derating of a line: that stated, times those of its air and its neighbours."""
    ratio = row.derating_ratio
    kinds = models.Line.Kind
    if row.ambient_c is not None and row.kind == kinds.BUSWAY:
        ratio *= _noted(busbar_ambient(row.ambient_c, limit_c=BUSBAR_LIMIT_C), row.tag, picture)
    elif row.ambient_c is not None and row.conductor_c is not None:
        found = cable_ambient(row.ambient_c, conductor_c=row.conductor_c)
        ratio *= _noted(found, row.tag, picture)
    if row.n_grouped is not None and row.kind == kinds.CABLE:
        is_nec = site.continuous_rule == Site.ContinuousRule.NEC
        found = cable_grouping(row.n_grouped, rule="nec" if is_nec else "iec")
        ratio *= _noted(found, row.tag, picture)
    return min(ratio, 1.0)


def genset_ratio(row: models.Genset, site: Site, picture: Picture) -> float:
    """Return the derating of a set: its maker's, or the table's for the site's design day."""
    if row.derating_ratio is not None:
        return row.derating_ratio
    found = engine_derating(site.altitude_m, site.design_dry_bulb_c)
    ratio = _noted(found, row.tag, picture)
    picture.stands_in(
        f"network.gensets[{row.tag}].derating_ratio",
        f"{ratio:.3f}",
        f"one maker's table at {site.altitude_m:g} m and {site.design_dry_bulb_c:g} °C intake",
    )
    return ratio


def transformer_ratio(row: models.Transformer, site: Site, picture: Picture) -> float:
    """Return the derating of a transformer for thin air; 1 up to 1,000 m."""
    kinds = models.Transformer.ThermalClass
    is_dry = row.thermal_class == kinds.DRY
    is_forced = row.thermal_class in {kinds.ONAF, kinds.OF, kinds.OD}
    found = transformer_altitude(
        site.altitude_m, kind="dry" if is_dry else "oil", is_forced=is_forced
    )
    return _noted(found, row.tag, picture)


def _noted(found: Derating, tag: str, picture: Picture) -> float:
    """Return the factor, with its source in the ledger where it lowers anything."""
    ratio = float(found.ratio)
    if not bool(found.is_in_range):
        path = f"network[{tag}].derating_ratio"
        picture.problem(path, "out_of_range", f"{found.assumption.path} does not reach this place")
    if ratio != 1.0:
        picture.noted[found.assumption.path] = Provenance(
            path=found.assumption.path,
            source=found.assumption.source,
            confidence=found.assumption.confidence,
            note=f"{found.assumption.note}; {ratio:.3f} for {tag}",
        )
    return ratio
