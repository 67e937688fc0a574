"""The electrical studies of a run: rows of a site to analyses, and what nobody stated."""

from collections.abc import Sequence

from facility.kernel.units import S_PER_H
from facility.physics.documents import (
    Analysis,
    ArrayRef,
    DipAnalysis,
    SwingAnalysis,
    UtilityLossAnalysis,
)
from facility.scenarios.snapshot.picture import Picture
from facility.sites.models import Site
from power.models import BandLimit, ElectricalStudy, MaintenancePair, RampLimit
from power.physics.standby.dips import Dip
from power.physics.standby.plan import StandbyPlan
from power.physics.swings.documents import (
    DEFAULT_BANDS,
    DEFAULT_WINDOWS,
    Band,
    RampWindow,
    SwingLimits,
)


def electrical_studies(site: Site, picture: Picture, stages: Sequence[int]) -> tuple[Analysis, ...]:
    """Return the loss of the utility, dips and swings, each where the site has what it is about."""
    study = ElectricalStudy.objects.filter(site=site).select_related("measured").first()
    if study is None:
        study = ElectricalStudy(site=site)
        picture.stands_in(
            "analyses.electrical_study",
            f"{study.n_dips} dips to {study.dip_residual_pu:g} p.u. of {study.dip_duration_s:g} s, "
            f"{study.dip_interval_s:g} s apart; no limits of swings",
            "nobody stated how the utility fails and what it allows",
        )
    asked: list[Analysis] = [_utility_loss(study, stages)]
    if picture.conversions.live:
        asked.append(_dips(study, stages))
    measured = _measured(study)
    if measured or any(workload.swing for workload in picture.workloads.values()):
        asked.append(_swings(site, study, measured, stages))
    return tuple(asked)


def _utility_loss(study: ElectricalStudy, stages: Sequence[int]) -> UtilityLossAnalysis:
    out_h = study.utility_out_h
    return UtilityLossAnalysis(
        stages=tuple(stages),
        duration_s=None if out_h is None else out_h * S_PER_H,
        plan=StandbyPlan(
            block_interval_s=study.block_interval_s,
            retransfer_s=study.retransfer_s,
            sheds=study.sheds,
            recharges_on_sets=study.recharges_on_sets,
        ),
    )


def _dips(study: ElectricalStudy, stages: Sequence[int]) -> DipAnalysis:
    dips = tuple(
        Dip(
            start_s=number * study.dip_interval_s,
            residual_pu=study.dip_residual_pu,
            duration_s=study.dip_duration_s,
        )
        for number in range(study.n_dips)
    )
    return DipAnalysis(stages=tuple(stages), dips=dips)


def _swings(
    site: Site, study: ElectricalStudy, measured: ArrayRef | None, stages: Sequence[int]
) -> SwingAnalysis:
    """Return the study of swings; windows and bands that nobody limits are looked at as well."""
    windows = {window.window_s: window for window in DEFAULT_WINDOWS}
    for limit in RampLimit.objects.filter(site=site):
        windows[limit.window_s] = RampWindow(
            window_s=limit.window_s,
            rise_kw_per_s=limit.rise_kw_per_s,
            drop_kw_per_s=limit.drop_kw_per_s,
        )
    bands = {(band.low_hz, band.high_hz): band for band in DEFAULT_BANDS}
    for entered in BandLimit.objects.filter(site=site):
        bands[entered.low_hz, entered.high_hz] = Band(
            low_hz=entered.low_hz,
            high_hz=entered.high_hz,
            amplitude_kw=entered.amplitude_kw,
            amplitude_ratio=entered.amplitude_ratio,
        )
    return SwingAnalysis(
        stages=tuple(stages),
        windows=tuple(windows[key] for key in sorted(windows)),
        bands=tuple(bands.values()),
        limits=SwingLimits(
            range_kw=study.swing_range_kw,
            voltage_change_ratio=study.voltage_change_ratio,
            short_term_flicker_pu=study.short_term_flicker_pu,
            long_term_flicker_pu=study.long_term_flicker_pu,
        ),
        coherence_ratio=study.coherence_ratio,
        measured=measured,
        measured_step_s=study.measured_step_s,
    )


def _measured(study: ElectricalStudy) -> ArrayRef | None:
    if study.measured is None:
        return None
    return ArrayRef.parse(
        {
            "sha256": study.measured.sha256,
            "columns": study.measured.columns,
            "n_rows": study.measured.n_rows,
            "label": study.measured_label,
            "source": study.measured_source,
        }
    )


def chosen_pairs(site: Site) -> tuple[tuple[str, str], ...]:
    """Return what is in maintenance while what is lost, as somebody chose it for the site."""
    rows = MaintenancePair.objects.filter(site=site)
    return tuple(rows.values_list("maintained", "failed"))
