"""What the demo's electrical studies are asked, and the measured day they show ramps on."""

import numpy as np

from facility.scenarios.demo.ledger import Ledger
from facility.sites.arrays import keep
from facility.sites.models import Site
from power.catalogue.traces import load_trace
from power.models import BandLimit, ElectricalStudy, MaintenancePair, RampLimit

TRACE = "frontier_cdu_20240407"


def electrical_study(site: Site, ledger: Ledger) -> None:
    """Store how the demo's utility fails and what it allows."""
    trace = load_trace(TRACE)
    measured = keep(np.ascontiguousarray(trace.total_kw[:, np.newaxis]), ("power_kw",))
    ElectricalStudy.objects.create(
        site=site,
        utility_out_h=4.0,
        voltage_change_ratio=0.03,
        short_term_flicker_pu=0.8,
        long_term_flicker_pu=0.6,
        measured=measured,
        measured_label="Frontier, 7 April 2024, all cooling units together",
        measured_source=f"{trace.source}; {trace.caveat}"[:300],
        measured_step_s=trace.step_s,
    )
    RampLimit.objects.create(site=site, window_s=1.0, rise_kw_per_s=5000.0, drop_kw_per_s=5000.0)
    RampLimit.objects.create(site=site, window_s=60.0, rise_kw_per_s=100.0, drop_kw_per_s=100.0)
    BandLimit.objects.create(site=site, low_hz=0.1, high_hz=0.8, amplitude_ratio=0.02)
    MaintenancePair.objects.create(site=site, maintained="TX1", failed="MV-B")
    MaintenancePair.objects.create(site=site, maintained="UPS-A14", failed="USS-B14")
    for path, note in (
        ("electrical_study.utility_out_h", "four hours, an afternoon without the utility"),
        ("electrical_study.dips", "three dips to 60 % in 30 s: a fault with two reclosings"),
        ("electrical_study.limits", "of the kind utilities ask of large loads"),
    ):
        ledger.default(path, note)
