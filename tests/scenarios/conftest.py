import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from facility.kernel.arrays import array_digest
from facility.physics.documents import ArrayRef
from facility.physics.results import Balances, FacilityResult, StageResult, YearResult
from facility.scenarios import services
from facility.scenarios.snapshot import Snapshot
from tests.access.rows import new_site
from tests.facility.small_site import small_input

N_HOURS, COLUMNS = 8760, ("facility_kw", "it_kw")


@pytest.fixture(scope="session")
def frozen():
    """A real document and its weather."""
    return Snapshot(*small_input())


@pytest.fixture
def scenario(db):
    return services.create_scenario(new_site("Small"), name="Base")


@pytest.fixture
def run(scenario, frozen, solve_with):
    return services.freeze_run(scenario, frozen)


@pytest.fixture
def solve_with(monkeypatch):
    """Put a stand-in in the solver's place: these tests are about the life of a run."""

    def put(stand_in):
        module = ModuleType("facility.physics.simulate")
        module.simulate, module.SOLVER_VERSION = stand_in, "stand-in"
        monkeypatch.setitem(sys.modules, "facility.physics.simulate", module)

    put(answer_of)
    return put


def answer_of(document, arrays, on_progress=None):
    """Answer at once, with numbers that only the document decides."""
    hours = np.arange(2.0 * N_HOURS, dtype="<f4").reshape(N_HOURS, 2)
    ref = ArrayRef(
        sha256=array_digest(hours), columns=COLUMNS, n_rows=N_HOURS, label="hours", source="here"
    )
    year = YearResult(
        it_kwh=100.0,
        compute_kwh=90.0,
        cooling_kwh=20.0,
        loss_kwh=5.0,
        facility_kwh=125.0,
        peak_kw=321.0,
        peak_hour=4000,
        pue=1.25,
        itue=1.1,
        tue=1.375,
        water_m3=0.0,
        wue_l_per_kwh=0.0,
        throttled_accelerator_h=0.0,
        capped_accelerator_h=0.0,
        lost_accelerator_h=0.0,
        series=ref,
    )
    stage = StageResult(
        id=document.stages[-1].id,
        label="",
        on=document.stages[-1].on,
        it_kw=1.0,
        cooling_kw=1.0,
        loss_kw=1.0,
        facility_kw=3.0,
        halls=(),
        cohorts=(),
        year=year,
    )
    result = FacilityResult(
        solver_version="stand-in",
        input_sha256=document.digest(),
        title=document.title,
        answer=(),
        balances=Balances(
            heat_residual_ratio=0.0,
            power_residual_ratio=0.0,
            coupling_residual_ratio=0.0,
            coupling_passes=1,
            load_flow_mismatch_pu=0.0,
        ),
        stages=(stage,),
        findings=(),
        notices=(),
        assumptions=(),
        missing=(),
    )
    return SimpleNamespace(result=result, series={ref.sha256: hours})
