"""Refusals: those HTTP has a number for and the framework no class for, and one wrong value."""

from collections.abc import Iterable
from difflib import get_close_matches

from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

LONGEST_ECHO = 60  # characters of what somebody sent that an answer repeats


class Conflict(APIException):
    """What was asked for contradicts what somebody stored first."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "Somebody else stored the like of it first. Read it again, then try again."


class PreconditionFailed(APIException):
    """The row is no longer the one that the client read."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "changed_since"
    default_detail = "It was changed since you read it. Read it again and send its new ETag."


class PreconditionRequired(APIException):
    """The client did not say which version it means to change."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "if_match_required"
    default_detail = "Send the ETag you read as If-Match, so that nobody's change is overwritten."


class TooLarge(APIException):
    """The body is longer than any sound request."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def problem(path: str, code: str, message: str) -> ValidationError:
    """Return the refusal of one value of a request."""
    return ValidationError({path: [ErrorDetail(message, code)]})


def near(given: str, known: Iterable[str]) -> str:
    """Return a hint at the name that was meant, or nothing."""
    found = get_close_matches(given[:LONGEST_ECHO], list(known), n=1, cutoff=0.4)
    return f" Did you mean {found[0]!r}?" if found else ""
