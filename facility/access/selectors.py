"""Who may see and do what: reads only."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from facility.access.models import RANK, AuditEvent, Membership, Role, Token
from facility.sites.models import Site, SiteScoped

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.db.models import Model, QuerySet

FAILURES_ALLOWED = 10
FAILURES_COUNTED_FOR = timedelta(minutes=15)


def visible_sites(user: "AbstractBaseUser | AnonymousUser") -> "QuerySet[Site]":
    """Return the sites the user is a member of; all of them for a superuser."""
    return Site.objects.all().visible_to(user)


def role_on(user: "AbstractBaseUser | AnonymousUser", site_pk: int) -> str | None:
    """Return the user's role on a site, or ``None`` where the site does not exist for them."""
    if getattr(user, "is_superuser", False):
        return Role.MANAGER
    memberships = Membership.objects.filter(user=user.pk, site=site_pk)
    return memberships.values_list("role", flat=True).first()


def may(user: "AbstractBaseUser | AnonymousUser", site_pk: int, role: str) -> bool:
    """Return whether the user has this role on the site, or one that includes it."""
    own = role_on(user, site_pk)
    return own is not None and RANK[own] >= RANK[role]


def site_pk_of(row: "Model") -> int:
    """Return the site that a row belongs to, by the row's ``SITE_PATH``."""
    if isinstance(row, SiteScoped | Site):
        return row.site_pk()
    *path, last = str(row.SITE_PATH).split("__")  # type: ignore[attr-defined]  # rows of sites have it
    target: object = row
    for step in path:
        target = getattr(target, step)
    return int(getattr(target, f"{last}_id"))


def live_token(text: str) -> Token | None:
    """Return the token with this text, unless it is unknown or expired."""
    token = Token.objects.select_related("user").filter(digest=Token.digest_of(text)).first()
    return token if token is not None and token.is_live else None


def too_many_failures(username: str) -> bool:
    """Return whether this name failed to sign in so often of late that it has to wait."""
    since = timezone.now() - FAILURES_COUNTED_FOR
    failures = AuditEvent.objects.filter(kind="sign_in_failed", subject=username, at__gt=since)
    return failures.count() >= FAILURES_ALLOWED
