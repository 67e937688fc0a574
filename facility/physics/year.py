"""One weather year of a stage: energy, throttled hours, transformer temperatures, series."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facility.kernel.arrays import array_digest
from facility.kernel.checks import FloatArray
from facility.physics.coupling import SiteState, Stand
from facility.physics.documents import ArrayRef, FacilityInput
from facility.physics.results import ObjectLoad, YearResult
from facility.physics.transformers import TransformerYear, transformer_years
from thermal.physics.weather import OutdoorAir

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Year:
    """What a year gave, before it is joined to the other parts of the result."""

    result: YearResult
    series: Float32Array
    transformers: dict[str, TransformerYear]
    branch_max_ratio: dict[str, float]


def summarise_year(
    document: FacilityInput,
    stand: Stand,
    state: SiteState,
    air: OutdoorAir,
    loads: Sequence[ObjectLoad] = (),
) -> Year:
    """Reduce 8,760 solved hours to what the result keeps; ``loads`` are of the design point."""
    racks = np.asarray([cohort.n_racks for cohort in stand.cohorts], dtype=np.float64)[:, None]
    it_kw = (racks * state.rack_kw).sum(axis=0)
    compute_kw = (racks * np.stack([r.compute_kw for r in state.heat.racks])).sum(axis=0)
    cooling_kw = sum(state.heat.machine_kw.values(), np.zeros_like(it_kw))
    facility_kw = state.flow.source_kw.sum(axis=0)
    transformers = transformer_years(document, stand, state, air, loads)
    columns = _columns(stand, state, air)
    columns |= {"it_kw": it_kw, "cooling_kw": cooling_kw, "facility_kw": facility_kw}
    columns |= {f"hot_spot_c[{name}]": item.hot_spot_c for name, item in transformers.items()}
    series = np.stack(list(columns.values()), axis=1).astype(np.float32)
    tariff = document.site.tariff
    facility_kwh, it_kwh = float(facility_kw.sum()), float(it_kw.sum())
    throttled, capped, lost = _accelerator_hours(stand, state)
    water = float(state.heat.water_m3_h.sum())
    result = YearResult(
        it_kwh=it_kwh,
        compute_kwh=float(compute_kw.sum()),
        cooling_kwh=float(cooling_kw.sum()),
        loss_kwh=float(state.flow.loss_kw.sum()),
        facility_kwh=facility_kwh,
        peak_kw=float(facility_kw.max()),
        peak_hour=int(facility_kw.argmax()),
        pue=facility_kwh / it_kwh,
        itue=it_kwh / float(compute_kw.sum()),
        tue=facility_kwh / float(compute_kw.sum()),
        water_m3=water,
        wue_l_per_kwh=1000.0 * water / it_kwh,
        carbon_kg=None
        if tariff.carbon_kg_per_kwh is None
        else facility_kwh * tariff.carbon_kg_per_kwh,
        energy_amount=None
        if tariff.energy_per_kwh is None
        else facility_kwh * tariff.energy_per_kwh,
        throttled_accelerator_h=throttled,
        capped_accelerator_h=capped,
        lost_accelerator_h=lost,
        series=ArrayRef(
            sha256=array_digest(series),
            columns=tuple(columns),
            n_rows=series.shape[0],
            label=f"Hourly series of {document.stages[stand.stage].label}",
            source="this run",
        ),
    )
    ratios = state.flow.branch_current_ratio.max(axis=1)
    names = stand.topology.grid.branches.ids
    return Year(result, series, transformers, dict(zip(names, map(float, ratios), strict=True)))


def _accelerator_hours(stand: Stand, state: SiteState) -> tuple[float, float, float]:
    chips = [cohort.n_racks * cohort.n_chips for cohort in stand.cohorts]
    racks = state.heat.racks
    totals = [
        sum(n * float(getattr(rack, name).sum()) for n, rack in zip(chips, racks, strict=True))
        for name in ("throttled_ratio", "capped_ratio", "lost_ratio")
    ]
    return totals[0], totals[1], totals[2]


def _columns(stand: Stand, state: SiteState, air: OutdoorAir) -> dict[str, FloatArray]:
    heat = state.heat
    columns = {
        "dry_bulb_c": air.dry_bulb_c,
        "wet_bulb_c": air.wet_bulb_c,
        "loss_kw": state.flow.loss_kw,
        "source_kvar": state.flow.source_kvar.sum(axis=0),
        "water_m3_h": heat.water_m3_h,
        "unmet_kw": heat.unmet_kw,
    }
    for hall in dict.fromkeys(cohort.hall for cohort in stand.cohorts):
        here = [k for k, cohort in enumerate(stand.cohorts) if cohort.hall == hall]
        columns[f"it_kw[{hall}]"] = np.sum(
            [stand.cohorts[k].n_racks * heat.racks[k].input_kw for k in here], axis=0
        )
        columns[f"inlet_c[{hall}]"] = heat.inlet_c[here].max(axis=0)
        junction = np.max([heat.racks[k].junction_c for k in here], axis=0)
        if np.all(np.isfinite(junction)):
            columns[f"junction_c[{hall}]"] = junction
        chips = np.asarray([stand.cohorts[k].n_racks * stand.cohorts[k].n_chips for k in here])
        shares = np.stack([heat.racks[k].throttled_ratio for k in here])
        columns[f"throttled_ratio[{hall}]"] = chips @ shares / max(int(chips.sum()), 1)
    columns |= {f"supply_c[{name}]": level for name, level in heat.supply_air_c.items()}
    columns |= {f"supply_c[{name}]": level for name, level in heat.coolant_c.items()}
    columns |= {f"supply_c[{name}]": level for name, level in heat.loop_c.items()}
    return columns
