"""Every state closes, a broken term does not, and the same input gives the same bytes."""

import hashlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from facility.kernel.errors import ConvergenceError
from facility.physics import coupling, heat
from tests.facility.physics.cases import (
    CONTINGENCY,
    HEADROOM,
    YEAR,
    answer_of,
    named,
    result_of,
    site,
)

TOLERANCE = 1e-6


def test_heat_power_and_coupling_close_over_the_year(year):
    found = year.result.balances
    assert 0.0 <= found.heat_residual_ratio < TOLERANCE
    assert 0.0 <= found.power_residual_ratio < TOLERANCE
    assert 0.0 <= found.coupling_residual_ratio < TOLERANCE
    assert found.coupling_passes > 1
    assert found.load_flow_mismatch_pu < TOLERANCE


def test_what_enters_is_what_everything_draws_and_loses(outages):
    stage = outages.stages[0]
    parts = stage.it_kw + stage.cooling_kw + stage.loss_kw + 20.0
    assert stage.facility_kw == pytest.approx(parts, rel=1e-8)


@pytest.mark.parametrize(
    ("kinds", "changes"),
    [
        (("crah",), {"rated_kw": 50.0}),
        (("cdu",), {"rated_approach_k": 25.0}),
        (("chiller",), {"rated_kw": 60.0}),
        (("dry_cooler",), {"rated_kw": 400.0}),
    ],
)
def test_the_balance_closes_where_cooling_is_short(kinds, changes):
    data = site()
    for unit in data["cooling"]["units"]:
        if unit["kind"] in kinds:
            unit.update(changes)
    assert result_of(data).balances.heat_residual_ratio < TOLERANCE


@pytest.mark.parametrize("name", ["CRAH-11", "CDU-1", "CH-2", "CT-1", "DC-2", "CHW/pumps"])
def test_a_machine_whose_power_goes_nowhere_opens_the_heat_balance(monkeypatch, name):
    honest = heat._machine_powers

    def forgetful(task, step):
        return honest(task, step) | {name: 0.5 * honest(task, step)[name]}

    monkeypatch.setattr(heat, "_machine_powers", forgetful)
    with pytest.raises(ConvergenceError, match="heat balance"):
        result_of(site())


def test_a_loss_that_nobody_pays_for_opens_the_power_balance(monkeypatch):
    honest = coupling.solve_topology

    def generous(*args, **options):
        flow = honest(*args, **options)
        return replace(flow, residual_kw=flow.residual_kw - 0.01 * flow.transformer_loss_kw)

    monkeypatch.setattr(coupling, "solve_topology", generous)
    with pytest.raises(ConvergenceError, match="power balance"):
        result_of(site())


def test_losses_that_heat_no_room_open_the_heat_balance(monkeypatch):
    honest = heat._units

    def cold(task, group, heat_kw, *rest):
        return honest(task, group, 0.9 * heat_kw if group.air.id == "ER" else heat_kw, *rest)

    monkeypatch.setattr(heat, "_units", cold)
    with pytest.raises(ConvergenceError, match="heat balance"):
        result_of(site(electrical_room=True))


def test_a_coupling_that_does_not_settle_says_by_how_much(monkeypatch):
    monkeypatch.setattr(coupling, "MAX_PASSES", 1)
    with pytest.raises(ConvergenceError, match="loss heat of the rooms") as caught:
        result_of(site(electrical_room=True))
    assert caught.value.residual > caught.value.tolerance


def test_loss_heat_is_cooled_and_its_cooling_is_fed():
    bare = result_of(site(CONTINGENCY)).stages[0]
    roomy = result_of(site(CONTINGENCY, electrical_room=True)).stages[0]
    assert roomy.cooling_kw > bare.cooling_kw
    assert roomy.loss_kw == pytest.approx(bare.loss_kw, rel=2e-2)
    assert (
        named([row.model_dump() for row in roomy.objects], "USS-A1")["normal_kw"]
        > (named([row.model_dump() for row in bare.objects], "USS-A1")["normal_kw"])
    )


PROGRAM = """
import hashlib
from tests.facility.physics.cases import CONTINGENCY, HEADROOM, answer_of, site
data = site(CONTINGENCY, HEADROOM, electrical_room=True)
print(hashlib.sha256(answer_of(data).result.canonical_bytes()).hexdigest())
"""


@pytest.mark.slow
def test_two_fresh_processes_give_the_same_bytes():
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].strip()) == 64


@pytest.mark.slow
def test_a_year_gives_the_same_bytes_twice(year):
    again = answer_of(site(YEAR, CONTINGENCY, HEADROOM, electrical_room=True))
    assert again.result.canonical_bytes() == year.result.canonical_bytes()
    for address, table in again.series.items():
        assert np.array_equal(table, year.series[address])
        assert hashlib.sha256(table.tobytes()).digest() == (
            hashlib.sha256(year.series[address].tobytes()).digest()
        )
