"""Validators of what is read, and the conditions that clients build on them."""

import hashlib
from typing import Any

import orjson
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from facility.sites.api.errors import PreconditionFailed, PreconditionRequired


def etag_of_content(data: Any) -> str:
    """Return the validator of an answer that shows more than one row."""
    return f'"{hashlib.sha256(orjson.dumps(data, default=str)).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Return whether the client has this very version already (If-None-Match)."""
    held = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in held or etag in (tag.removeprefix("W/") for tag in held)


def answer(request: Request, data: Any, etag: str) -> Response:
    """Answer a read: 304 where the client has it already."""
    headers = {"ETag": etag}
    if is_known(request, etag):
        return Response(status=304, headers=headers)
    return Response(data, headers=headers)


def require_match(request: Request, etag: str) -> None:
    """Refuse a change that names no version (428) or one that is gone (412).

    Call it with the row locked, or the version may move between the look and the change.
    """
    given = request.headers.get("If-Match")
    if not given:
        raise PreconditionRequired
    if etag not in parse_etags(given):
        raise PreconditionFailed
