"""Questions of a procurement system, with the answer they got."""

from typing import Any

from django.conf import settings
from django.db import models

from facility.scenarios.models import Run
from facility.sites.models import Site, SiteScoped


class FitCheck(SiteScoped):
    """Items asked for at a site; the verdict is read off a real run of them."""

    COUNTS_FOR_SITE = False

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="fit_checks")
    reference = models.CharField(max_length=80, blank=True)
    idempotency_key = models.CharField(max_length=80, blank=True)
    request = models.JSONField(help_text="The items as asked for.")
    placing = models.JSONField(
        default=dict, help_text="Where they would stand, and what found no place."
    )
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="fit_check")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("requested_by", "idempotency_key"),
                condition=~models.Q(idempotency_key=""),
                name="fit_check_asked_once_per_key",
            ),
        )

    def __str__(self) -> str:
        return f"fit check {self.pk} at {self.site}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row; a question changes nothing on the site, so no run gets stale by it."""
        super(SiteScoped, self).save(*args, **kwargs)
