"""Turns what Django says about sessions into events, and keeps the record append-only."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import pre_delete, pre_save
from django.dispatch import receiver

from facility.access.models import AuditEvent
from facility.access.services import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User


@receiver(user_logged_in)
def record_sign_in(user: "User", **_: Any) -> None:
    """Record who came in."""
    record("sign_in", user=user, subject=user.get_username())


@receiver(user_logged_out)
def record_sign_out(user: "User | None", **_: Any) -> None:
    """Record who left; a session that had expired has nobody to name."""
    if user is not None:
        record("sign_out", user=user, subject=user.get_username())


@receiver(user_login_failed)
def record_failure(credentials: "Mapping[str, Any]", **_: Any) -> None:
    """Record the name that was tried; the password is not among the credentials."""
    record("sign_in_failed", subject=str(credentials.get("username", "")))


@receiver(pre_save, sender=AuditEvent)
def refuse_change(instance: AuditEvent, **_: Any) -> None:
    """Refuse to rewrite an event."""
    if not instance._state.adding:  # noqa: SLF001 - Django documents it
        raise TypeError("An event is never changed.")


@receiver(pre_delete, sender=AuditEvent)
def refuse_removal(**_: Any) -> None:
    """Refuse to remove an event."""
    raise TypeError("An event is never removed.")
