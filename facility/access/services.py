"""What a person can do about access: tokens, sign-in links, rights; each leaves an event."""

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from facility.access.models import AuditEvent, Membership, Role, SignInLink, Token
from facility.kernel.errors import FacilityError, InputError, Problem

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from facility.sites.models import Site

LINK_LIFE = timedelta(minutes=30)
LONGEST_TOKEN_LIFE = timedelta(days=3 * 366)
OPERATOR = "operator"
LONGEST_SUBJECT = 200


class SignInRefused(FacilityError):  # noqa: N818 - says what happened, as the kernel's own do
    """A sign-in link that is unknown, used or too old."""

    code = "sign_in_refused"


def record(
    kind: str, *, user: "User | None" = None, site: "Site | None" = None, subject: str = ""
) -> AuditEvent:
    """Append an event; the kind has to be one of the listed ones."""
    if kind not in AuditEvent.KINDS:
        raise ValueError(f"{kind!r} is no kind of event")
    return AuditEvent.objects.create(
        kind=kind, user=user, site=site, subject=subject[:LONGEST_SUBJECT]
    )


@transaction.atomic
def make_token(
    user: "User", *, name: str, scope: str, life: timedelta, by: "User | None" = None
) -> tuple[Token, str]:
    """Make a token and return it with its text, which is nowhere to be had a second time.

    Raises `InputError` if the name, the scope or the life cannot be.
    """
    problems = []
    if not timedelta() < life <= LONGEST_TOKEN_LIFE:
        message = f"Between a moment and {LONGEST_TOKEN_LIFE.days} days."
        problems.append(Problem("life", "out_of_range", message))
    text = Token.new_text()
    token = Token(user=user, name=name, scope=scope, digest=Token.digest_of(text))
    try:
        token.clean_fields(exclude={"expires_at"})
    except ValidationError as error:
        problems += [
            Problem(field, item.code or "invalid", " ".join(item.messages))
            for field, items in error.error_dict.items()
            for item in items
        ]
    if problems:
        raise InputError(problems)
    token.expires_at = timezone.now() + life
    token.save()
    record("token_made", user=by or user, subject=f"{name} ({scope}) of {user.get_username()}")
    return token, text


@transaction.atomic
def revoke_token(token: Token, *, by: "User") -> None:
    """End a token at once."""
    subject = f"{token.name} ({token.scope}) of {token.user.get_username()}"
    token.delete()
    record("token_revoked", user=by, subject=subject)


def make_sign_in_link(user: "User") -> str:
    """Return the text of a link that signs this person in once, within half an hour."""
    text = secrets.token_urlsafe(32)
    expires_at = timezone.now() + LINK_LIFE
    SignInLink.objects.create(user=user, digest=Token.digest_of(text), expires_at=expires_at)
    return text


def use_sign_in_link(text: str) -> "User":
    """Use up a link and return the person it signs in, or raise `SignInRefused`.

    One conditional update decides, so two requests with one link sign in once.
    """
    now = timezone.now()
    links = SignInLink.objects.filter(digest=Token.digest_of(text), user__is_active=True)
    if not links.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        raise SignInRefused(
            "This link was used already or is older than half an hour. "
            "`./headroom manage sign_in_link` prints a new one."
        )
    return links.select_related("user").get().user


def operator() -> "User":
    """Return the superuser of this installation; the first call makes them, without a password."""
    user, made = get_user_model().objects.get_or_create(
        username=OPERATOR, defaults={"is_staff": True, "is_superuser": True}
    )
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


@transaction.atomic
def set_role(user: "User", site: "Site", role: str | None, *, by: "User | None" = None) -> None:
    """Give a person a role on a site, another one, or none any more."""
    if role is not None and role not in Role.values:
        raise InputError([Problem("role", "unknown", f"One of {', '.join(Role.values)}.")])
    if role is None:
        Membership.objects.filter(user=user, site=site).delete()
    else:
        Membership.objects.update_or_create(user=user, site=site, defaults={"role": role})
    subject = f"{user.get_username()}: {role or 'no member'}"
    record("rights_changed", user=by, site=site, subject=subject)
