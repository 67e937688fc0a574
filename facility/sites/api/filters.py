"""Filters of lists: ``?hall=3&tag=A1-01``. A repeated parameter means or, different ones and."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from rest_framework.exceptions import ErrorDetail
from rest_framework.exceptions import ValidationError as Refusal
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from facility.sites.api.errors import LONGEST_ECHO, near
from facility.sites.api.paging import PARAMETERS

LARGEST = 2**63 - 1  # of a database's whole numbers
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def lookups(**paths: str) -> Mapping[str, str]:
    """Return the filters of a view: the parameter and the lookup path of its column."""
    return MappingProxyType(paths)


class Filters(BaseFilterBackend):
    """Reads ``filters`` of the view: the parameter's name and the lookup path of its column.

    A parameter nobody knows is refused: it would otherwise return every row as if it had matched.
    """

    def filter_queryset(
        self, request: Request, queryset: models.QuerySet[Any], view: APIView
    ) -> models.QuerySet[Any]:
        """Return the rows that match, or refuse with every problem of the query."""
        paths: Mapping[str, str] = getattr(view, "filters", {})
        wrong: dict[str, list[ErrorDetail]] = {}
        for name, texts in request.query_params.lists():
            if name in paths:
                try:
                    values = [_value(column(queryset.model, paths[name]), text) for text in texts]
                except ValidationError as error:
                    code = getattr(error, "code", None) or "invalid"
                    wrong[name] = [ErrorDetail(text, code) for text in error.messages]
                else:
                    queryset = queryset.filter(**{f"{paths[name]}__in": values})
            elif name not in PARAMETERS:
                hint = near(name, [*paths, *PARAMETERS])
                wrong[name] = [ErrorDetail(f"There is no such filter.{hint}", "unexpected")]
        if wrong:
            raise Refusal(wrong)
        return queryset

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Describe the filters for the API's schema."""
        paths: Mapping[str, str] = getattr(view, "filters", {})
        model = view.get_queryset().model  # type: ignore[attr-defined]  # a view with filters has rows
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "explode": True,
                "schema": {"type": "array", "items": _schema(column(model, path))},
            }
            for name, path in paths.items()
        ]


def column(model: type[models.Model], path: str) -> Any:
    """Return the column at the end of a lookup path; a reference is its target's key."""
    found: Any = None
    for step in path.split("__"):
        found = model._meta.pk if step == "pk" else model._meta.get_field(step)  # noqa: SLF001 - Django documents it
        model = found.related_model or model
    return found.target_field if found.is_relation else found


def _value(field: Any, text: str) -> Any:
    """Read one value as the column holds it."""
    if isinstance(field, models.BooleanField):
        if text.lower() not in BOOLEANS:
            raise ValidationError("true or false.", code="invalid")
        return BOOLEANS[text.lower()]
    if field.choices:
        known = [str(key) for key, _ in field.choices]
        if text not in known:
            hint = near(text, known)
            raise ValidationError(f"One of {', '.join(known)}.{hint}", code="invalid_choice")
    if "\0" in text:
        raise ValidationError("A text without null characters.", code="invalid")
    if isinstance(field, models.IntegerField) and not (text.isascii() and text.isdigit()):
        raise ValidationError(f"A whole number, not {text[:LONGEST_ECHO]!r}.", code="invalid")
    value = field.to_python(text[:1000])
    if isinstance(value, int) and value > LARGEST:
        raise ValidationError("A smaller number.", code="invalid")
    return value


def _schema(field: Any) -> dict[str, Any]:
    if isinstance(field, models.BooleanField):
        return {"type": "boolean"}
    if isinstance(field, models.IntegerField):
        return {"type": "integer"}
    if field.choices:
        return {"type": "string", "enum": [key for key, _ in field.choices]}
    return {"type": "string"}
