"""Transformers: rows of the database to documents, with what is known by class and standard."""

from collections.abc import Iterator

from facility.scenarios.snapshot.columns import ELSEWHERE, copied, ends_of
from facility.scenarios.snapshot.derating import transformer_ratio
from facility.scenarios.snapshot.picture import Picture
from facility.sites.models import Site
from power import models
from power.physics import documents
from power.physics.documents import CoolingStage, DryThermal, OilThermal
from power.physics.transformer_thermal import cooling_stage, dry_thermal, oil_thermal

_COPIED = (
    "rating_kva",
    "hv_voltage_v",
    "lv_voltage_v",
    "impedance_ratio",
    "load_loss_kw",
    "no_load_loss_kw",
    "magnetising_ratio",
    "tap_position",
    "tap_step_ratio",
    "tap_step_deg",
    "tap_side",
    "tap_min",
    "tap_max",
    "shift_deg",
    "no_load_place",
)


def read_transformers(
    site: Site, tag_of: dict[int, str], picture: Picture
) -> Iterator[models.NetworkObject]:
    """Read every transformer of a site; yield the rows."""
    rows = models.Transformer.objects.filter(site=site)
    for row in rows.select_related("room").prefetch_related("cooling_stages"):
        leakage = (row.hv_leakage_resistance_ratio, row.hv_leakage_reactance_ratio)
        data = {
            **copied(row, _COPIED),
            **ends_of(row, tag_of, "hv_node", "lv_node"),
            "hv_leakage_ratios": leakage,
            "derating_ratio": transformer_ratio(row, site, picture),
            "thermal": _thermal(row, picture),
            "cooling_stages": _cooling_stages(row, picture),
            "harmonics": _harmonics(row),
            "regulator": _regulator(row, tag_of),
        }
        picture.install(picture.transformers, documents.Transformer, data)
        yield row


def _thermal(row: models.Transformer, picture: Picture) -> OilThermal | DryThermal:
    ambient_c = row.room.supply_air_c if row.room else None
    if row.room:
        picture.stands_in(
            f"network.branches[{row.tag}].thermal.ambient_c",
            f"{ambient_c:g} °C",
            f"air around it is taken at the set point of {row.room.tag}",
        )
    if row.thermal_class == models.Transformer.ThermalClass.DRY:
        return dry_thermal(row.insulation, ambient_c=ambient_c)
    thermal = oil_thermal(row.thermal_class, row.standard, ambient_c=ambient_c)
    method: str = row.thermal_method
    return OilThermal.parse({**thermal.model_dump(), "method": method})


def _cooling_stages(row: models.Transformer, picture: Picture) -> list[CoolingStage]:
    """Return the lower stages of cooling, weakest first; those of dry types are refused."""
    stages: list[CoolingStage] = []
    for stage in row.cooling_stages.all():
        path = f"network.branches[{row.tag}].cooling_stages[{stage.rating_kva:g} kVA]"
        if stage.thermal_class not in {"onan", "onaf", "of", "od"}:
            picture.problem(path, "unknown", "a stage of cooling is ONAN, ONAF, OF or OD")
        elif stage.rating_kva >= row.rating_kva:
            picture.problem(path, "too_large", "is not below the rating with all cooling")
        else:
            stages.append(
                cooling_stage(
                    stage.thermal_class,
                    row.standard,
                    rating_kva=stage.rating_kva,
                    start_c=stage.start_c,
                    stop_c=stage.stop_c,
                )
            )
    return stages


def _harmonics(row: models.Transformer) -> dict[str, object] | None:
    if row.eddy_increase_ratio is None:
        return None
    return {
        "eddy_increase_ratio": row.eddy_increase_ratio,
        "eddy_share_ratio": row.eddy_share_ratio,
    }


def _regulator(row: models.Transformer, tag_of: dict[int, str]) -> dict[str, object] | None:
    if row.regulated_node_id is None:
        return None
    return {
        "node": tag_of.get(row.regulated_node_id, ELSEWHERE),
        "target_pu": row.regulated_pu,
        "half_band_pu": row.half_band_pu,
    }
