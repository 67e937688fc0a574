"""One place where failures become HTTP answers, all of one shape: code, message, problems."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import ProtectedError, RestrictedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from facility.kernel.errors import FacilityError, InputError, Problem

API_PREFIX = "/api/"
INTERNAL = "This is an error of ours, not of your request. It has been logged."
# Names under which Django and DRF file what concerns an object as a whole.
WHOLE = frozenset({NON_FIELD_ERRORS, api_settings.NON_FIELD_ERRORS_KEY})
N_NAMED = 5  # users of a row that a refusal to remove it names
INVALID = "invalid_input"
INVALID_MESSAGE = "The request cannot be carried out as written."


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an expected failure in our shape; anything else is a bug and is raised on."""
    if isinstance(exc, DjangoValidationError):
        exc = ValidationError(_plain(exc))
    if isinstance(exc, FacilityError):
        problems = exc.problems if isinstance(exc, InputError) else ()
        return _answer(422, exc.code, str(exc), problems)
    if isinstance(exc, ProtectedError | RestrictedError):
        return _answer(409, "in_use", _in_use(exc))
    # DRF's own handler sets the headers (WWW-Authenticate, Retry-After) and rolls back.
    response = exception_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, ValidationError):
        response.status_code = 422
        response.data = _body(INVALID, INVALID_MESSAGE, _problems(exc.detail))
    else:
        detail = response.data["detail"]
        response.data = _body(detail.code, str(detail))
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug: JSON without a traceback for the API, Django's page for people.

    Set as ``handler500``; by then Django has logged the traceback.
    """
    if request.path.startswith(API_PREFIX):
        return JsonResponse(_body("internal_error", INTERNAL), status=500)
    return defaults.server_error(request)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address nobody serves. Set as ``handler404``."""
    if request.path.startswith(API_PREFIX):
        return JsonResponse(_body("not_found", "There is nothing at this address."), status=404)
    return defaults.page_not_found(request, exception)


def _body(code: str, message: str, problems: Iterable[Problem] = ()) -> dict[str, Any]:
    return {"code": code, "message": message, "problems": [asdict(p) for p in problems]}


def _answer(
    status_code: int, code: str, message: str, problems: Iterable[Problem] = ()
) -> Response:
    return Response(_body(code, message, problems), status=status_code)


def _in_use(error: ProtectedError | RestrictedError) -> str:
    if isinstance(error, ProtectedError):
        rows = error.protected_objects
    else:
        rows = error.restricted_objects
    names = sorted(str(row) for row in rows)
    more = f" and {len(names) - N_NAMED} more" if len(names) > N_NAMED else ""
    return f"Still used by {', '.join(names[:N_NAMED])}{more}."


def _plain(error: DjangoValidationError) -> Any:
    """Return a model's complaints in the shape DRF gives a serializer's, their codes kept."""
    if hasattr(error, "error_dict"):
        return {field: _details(items) for field, items in error.error_dict.items()}
    return _details(error.error_list)


def _details(errors: list[DjangoValidationError]) -> list[ErrorDetail]:
    return [
        ErrorDetail(str(message), error.code or "invalid") for error in errors for message in error
    ]


def _problems(detail: Any, path: tuple[str, ...] = ()) -> Iterator[Problem]:
    """Flatten nested complaints into one list with dotted paths."""
    if isinstance(detail, Mapping):
        for name, value in detail.items():
            yield from _problems(value, path if name in WHOLE else (*path, str(name)))
    elif isinstance(detail, list | tuple):
        # A list of texts belongs to one value; a list of containers belongs to list items.
        for place, value in enumerate(detail):
            nested = isinstance(value, Mapping | list | tuple)
            yield from _problems(value, (*path, str(place)) if nested else path)
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield Problem(".".join(path) or "(document)", code, str(detail))
