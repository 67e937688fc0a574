"""Load swings of a stage at its grid connection: jobs in step, and a measured day beside them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from facility.kernel.checks import FloatArray
from facility.physics.coupling import SiteState, Stand
from facility.physics.documents import FacilityInput, SwingAnalysis
from power.physics.swings.documents import (
    Checkpoint,
    Connection,
    SwingInput,
    SwingResult,
    SyntheticProfile,
    TrainingJob,
)
from power.physics.swings.study import Course, swing_study
from racks.physics.documents import SwingShape

SIXTY_HZ = 60


def swing_results(
    document: FacilityInput,
    stand: Stand,
    point: SiteState,
    asked: SwingAnalysis,
    arrays: Mapping[str, FloatArray],
) -> SwingResult | None:
    """Return the study of swings at the design point; None where nothing swings or was measured.

    Racks of one hall that do the same work iterate in step, as one job; everything else is
    steady. A measured course is shown as it is, not scaled to the site.
    """
    jobs = tuple(_jobs(stand, point))
    measured = _measured(asked, arrays)
    if not jobs and measured is None:
        return None
    site_kw = float(point.flow.source_kw.sum())
    high_kw = sum(job.high_kw for job in jobs)
    profile = (
        SyntheticProfile(
            jobs=jobs,
            steady_kw=max(site_kw - high_kw, 0.0),
            coherence_ratio=asked.coherence_ratio,
            duration_s=asked.duration_s,
            sampling_hz=asked.sampling_hz,
            seed=asked.seed,
        )
        if jobs
        else None
    )
    case = SwingInput(
        windows=asked.windows,
        bands=asked.bands,
        limits=asked.limits,
        storage=asked.storage,
        connection=_connection(document, point, stand.stage),
        profile=profile,
    )
    return swing_study(case, measured=measured)


def _jobs(stand: Stand, point: SiteState) -> Iterator[TrainingJob]:
    """Yield one job for the racks of each hall that do the same swinging work."""
    high_kw: dict[tuple[str, str], float] = defaultdict(float)
    shapes: dict[tuple[str, str], SwingShape] = {}
    for cohort, rack in zip(stand.cohorts, point.heat.racks, strict=True):
        for part in cohort.parts:
            if part.workload.swing is None or part.system.n_chips == 0:
                continue
            share = part.system.nameplate_kw * part.n_systems / cohort.nameplate_kw
            key = (cohort.hall, part.workload.id)
            high_kw[key] += share * cohort.n_racks * float(rack.input_kw[0])
            shapes[key] = part.workload.swing
    for key in sorted(shapes):
        shape = shapes[key]
        yield TrainingJob(
            id=" ".join(key),
            high_kw=high_kw[key],
            low_ratio=shape.low_ratio,
            period_s=shape.period_s,
            duty_ratio=shape.duty_ratio,
            edge_s=shape.edge_s,
            jitter_ratio=shape.jitter_ratio,
            checkpoint=_checkpoint(shape),
        )


def _checkpoint(shape: SwingShape) -> Checkpoint | None:
    if shape.checkpoint_every_s is None or shape.checkpoint_s is None:
        return None
    return Checkpoint(every_s=shape.checkpoint_every_s, length_s=shape.checkpoint_s)


def _measured(asked: SwingAnalysis, arrays: Mapping[str, FloatArray]) -> Course | None:
    if asked.measured is None:
        return None
    power_kw = np.ascontiguousarray(arrays[asked.measured.sha256][:, 0])
    return Course(power_kw, asked.measured_step_s, asked.measured.label)


def _connection(document: FacilityInput, point: SiteState, stage: int) -> Connection | None:
    """Return the weakest connection of the stage; None where its short-circuit power is unknown.

    The lamp is that of the country's frequency: 120 V at 60 Hz, 230 V at 50 Hz.
    """
    powers = [
        (item.short_circuit_mva, item.x_over_r)
        for item in document.network.sources
        if item.is_present(stage) and item.short_circuit_mva is not None
    ]
    if not powers:
        return None
    short_circuit_mva, x_over_r = min(powers)
    frequency_hz = document.network.frequency_hz
    kw, kvar = float(point.flow.source_kw.sum()), float(point.flow.source_kvar.sum())
    return Connection(
        short_circuit_mva=short_circuit_mva,
        x_over_r=x_over_r,
        frequency_hz=frequency_hz,
        lamp="120 V" if frequency_hz == SIXTY_HZ else "230 V",
        power_factor=kw / float(np.hypot(kw, kvar)) if kw > 0 and kvar >= 0 else 1.0,
    )
