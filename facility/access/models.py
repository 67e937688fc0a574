"""Who may see and do what, how machines sign in, and what they did."""

import hashlib
import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from facility.sites.models import Site

TOKEN_PREFIX = "hr_"  # noqa: S105 - a marker that lets scanners find leaked tokens, not a secret


class Role(models.TextChoices):
    """What a member may do on a site, each including the ones before."""

    VIEWER = "viewer", "Viewer"
    PLANNER = "planner", "Planner"
    MANAGER = "manager", "Manager"


RANK: dict[str, int] = {Role.VIEWER: 0, Role.PLANNER: 1, Role.MANAGER: 2}


class Membership(models.Model):
    """A person's role on one site. Without one, the site does not exist for them."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("site", "user"), name="one_membership_per_site"),
        )

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.site}"


class Token(models.Model):
    """A key of a machine, stored as its hash; the text is shown once, when it is made."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(max_length=5, choices=Scope.choices, default=Scope.READ)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(text: str) -> str:
        """Return what is stored of a token's text; random text needs no slow hash."""
        return hashlib.sha256(text.encode()).hexdigest()

    @staticmethod
    def new_text() -> str:
        """Return the text of a new token."""
        return TOKEN_PREFIX + secrets.token_urlsafe(32)

    @property
    def is_live(self) -> bool:
        """Whether the token still opens anything."""
        return self.expires_at > timezone.now()


class SignInLink(models.Model):
    """A link that signs one person in once, for the operator's first minute."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.user}"


class AuditEvent(models.Model):
    """What somebody did that leaves no row of its own. Appended, never changed."""

    KINDS: ClassVar[tuple[str, ...]] = (
        "sign_in",
        "sign_in_failed",
        "sign_out",
        "token_made",
        "token_revoked",
        "run_submitted",
        "run_cancelled",
        "export",
        "rights_changed",
    )

    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=30, choices=[(kind, kind) for kind in KINDS])
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    site = models.ForeignKey(Site, null=True, on_delete=models.SET_NULL, related_name="+")
    subject = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind} {self.subject}"
