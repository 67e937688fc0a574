"""What can be read of fit checks."""

from typing import TYPE_CHECKING

from django.utils import timezone

from facility.access.selectors import visible_sites
from facility.kernel.errors import InputError
from facility.procurement.documents import Placing, Verdict
from facility.procurement.models import FitCheck
from facility.procurement.verdicts import verdict, verdict_without_run
from facility.scenarios.models import Hold
from facility.scenarios.selectors import result_of
from facility.scenarios.snapshot.picture import Picture
from facility.sites.models import Site

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet


def fit_checks_visible_to(user: "User | AnonymousUser") -> "QuerySet[FitCheck]":
    """Return the fit checks of the user's sites, the newest first."""
    rows: QuerySet[FitCheck] = FitCheck.objects.select_related("site", "run__scenario__site")
    return rows.visible_to(user)  # type: ignore[attr-defined, no-any-return]  # of the scoped manager


def live_holds(site: Site) -> "QuerySet[Hold]":
    """Return what is promised on a site at this moment."""
    holds: QuerySet[Hold] = Hold.objects.filter(
        site=site, state=Hold.State.ACTIVE, expires_at__gt=timezone.now()
    )
    return holds.select_related("hall", "system").order_by("pk")


def site_named(user: "User", name: int | str) -> Site:
    """Return the user's site with this id or slug; raise `InputError` with the nearest slug."""
    sites = visible_sites(user)
    found = sites.filter(pk=name) if isinstance(name, int) else sites.filter(slug=name)
    site = found.first()
    if site is None:
        naming = Picture(continuous_ratio=1.0)
        naming.known("site", "site", str(name), sites.values_list("slug", flat=True))
        raise InputError(naming.problems)
    return site


def verdict_of(check: FitCheck) -> Verdict | None:
    """Return what the run of a fit check says, or what can be said while it has no result."""
    placing = Placing.parse(check.placing)
    if check.run.result_id is None:
        return verdict_without_run(placing)
    return verdict(result_of(check.run), placing)
