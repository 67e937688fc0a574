"""What a result says about racks that were added in its last stage."""

import pytest

from facility.physics.results import (
    Balances,
    CohortResult,
    FacilityResult,
    Finding,
    HeadroomResult,
    LimitRow,
    StageResult,
    YearResult,
)
from facility.procurement.documents import Placing, Shortage, Standing
from facility.procurement.verdicts import verdict

NEW = Standing(
    item=0,
    system="s",
    hall="H",
    n_systems=1,
    workload="w",
    n_racks=2,
    racks=("H/1-01", "H/1-02"),
)
PLACED = Placing(standing=(NEW,))


def cohort(*racks, throttled_h=0.0, n_chips=10):
    return CohortResult(
        id="H#1",
        hall="H",
        label="racks",
        racks=racks,
        n_chips=n_chips,
        rack_peak_kw=1.0,
        inlet_max_c=25.0,
        throttled_h=throttled_h,
    )


def year(throttled_accelerator_h):
    figures = {
        name: 1.0
        for name, field in YearResult.model_fields.items()
        if field.is_required() and name != "peak_hour"
    }
    return YearResult(
        **{**figures, "peak_hour": 0, "throttled_accelerator_h": throttled_accelerator_h}
    )


def room(left_kw, name="Chillers"):
    row = LimitRow(
        name=name,
        object="CHW",
        state="reserve unit out",
        limit_kw=left_kw,
        used_kw=0.0,
        left_kw=left_kw,
    )
    return HeadroomResult(
        scope="H",
        label="Hall",
        state="N-1",
        limit_kw=max(left_kw, 0.0),
        n_racks=int(max(left_kw, 0.0) // 10),
        binds=f"{name}: CHW",
        binds_state=row.state,
        chain=(row,),
    )


def stage(name, *, cohorts=(), headroom=(), a_year=None):
    return StageResult(
        id=name,
        label=name,
        on="2027-01-01",
        it_kw=1.0,
        cooling_kw=1.0,
        loss_kw=1.0,
        facility_kw=3.0,
        halls=(),
        cohorts=cohorts,
        headroom=headroom,
        year=a_year,
    )


def over(at, ratio, *, thing="TX1", code="overload", severity="over"):
    return Finding(
        code=code,
        severity=severity,
        stage=at,
        state="outage:TX2",
        object=thing,
        message=f"{thing} carries {ratio}",
        value_ratio=ratio,
    )


def result(*findings, stages=None):
    return FacilityResult(
        solver_version="0",
        input_sha256="0" * 64,
        title="t",
        answer=(),
        balances=Balances(
            heat_residual_ratio=0.0,
            power_residual_ratio=0.0,
            coupling_residual_ratio=0.0,
            coupling_passes=1,
            load_flow_mismatch_pu=0.0,
        ),
        stages=stages or (stage("before"), stage("extra")),
        findings=findings,
        notices=(),
        assumptions=(),
        missing=(),
    )


def test_racks_that_break_nothing_fit():
    found = verdict(result(over("before", 1.2), over("extra", 0.9, severity="near")), PLACED)
    assert (found.fits, found.broken) == (True, ())


def test_what_was_over_before_and_is_no_worse_is_not_theirs():
    assert verdict(result(over("before", 1.2), over("extra", 1.2)), PLACED).fits


@pytest.mark.parametrize(
    "findings",
    [
        (over("extra", 1.05),),
        (over("before", 1.02), over("extra", 1.05)),
        (over("before", 1.05, thing="TX2"), over("extra", 1.05)),
        (over("before", 1.05, code="hot_spot"), over("extra", 1.05)),
    ],
)
def test_what_is_over_anew_or_more_than_before_is_theirs(findings):
    found = verdict(result(*findings), PLACED)
    assert not found.fits
    assert (found.binds.object, found.binds.state) == ("TX1", "outage:TX2")
    assert found.binds.over_ratio == pytest.approx(0.05)


def test_the_worst_binds_first():
    found = verdict(result(over("extra", 1.1, thing="A"), over("extra", 1.3, thing="B")), PLACED)
    assert [item.object for item in found.broken] == ["B", "A"]
    assert found.binds == found.broken[0]


def test_racks_numbered_anew_are_known_by_their_hall():
    known = over("before", 1.0, thing="H#1", code="shutdown")
    same = over("extra", 1.0, thing="H#2", code="shutdown")
    assert verdict(result(known, same), PLACED).fits
    more = over("extra", 1.0, thing="H#3", code="shutdown")
    assert not verdict(result(known, same, more), PLACED).fits


def test_a_plant_without_reserve_is_a_limit_too():
    firm = over("extra", 1.05, thing="CHW", code="firm_cooling")
    found = verdict(result(firm), PLACED)
    assert (found.fits, found.binds.object) == (False, "CHW")


def test_missing_places_bind_before_anything_else():
    short = Shortage(item=0, system="s", n_asked=5, n_placed=2, message="H has 2 places.")
    found = verdict(result(over("extra", 1.3)), Placing(standing=(NEW,), short=(short,)))
    assert (found.fits, found.binds.kind, found.binds.n_racks_short) == (False, "places", 3)
    assert len(found.broken) == 2


def test_one_per_cent_of_throttled_hours_is_the_most():
    def share(hours):
        racks = cohort("H/1-01", "H/1-02", "H/1-03", throttled_h=hours)
        other = cohort("H/2-01", throttled_h=0.0)
        return verdict(
            result(stages=(stage("before"), stage("extra", cohorts=(racks, other)))), PLACED
        )

    assert share(87.6).throttled_ratio == pytest.approx(0.01)
    assert share(87.5).fits
    assert not share(88.0).fits
    assert share(88.0).binds.kind == "throttling"


def test_racks_that_make_others_throttle_do_not_fit():
    def of_site(before_h, after_h):
        racks = cohort("H/2-01", throttled_h=after_h), cohort("H/1-01", "H/1-02")
        before = stage("before", cohorts=racks[:1], a_year=year(10 * before_h))
        after = stage("extra", cohorts=racks, a_year=year(10 * after_h))
        return verdict(result(stages=(before, after)), PLACED)

    assert of_site(0.0, 100.0).fits
    # 400 h of one of three equal racks are 1.5 % of all.
    assert of_site(0.0, 400.0).binds.object == "all accelerators of the site"
    assert of_site(400.0, 400.0).fits


def test_what_would_bind_next_is_told_where_they_fit():
    stages = stage("before"), stage("extra", headroom=(room(35.0),))
    binds = verdict(result(stages=stages), PLACED).binds
    assert (binds.kind, binds.n_racks_left) == ("next_limit", 3)
    assert "Hall takes 3 more" in binds.message


def test_nothing_placed_is_no_fit_and_blames_no_limit():
    short = Shortage(item=0, system="s", n_asked=5, n_placed=0, message="no places")
    found = verdict(result(over("before", 1.3), stages=(stage("before"),)), Placing(short=(short,)))
    assert [item.kind for item in found.broken] == ["places"]
