"""Bases of what the API reads and writes."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from facility.sites.api.errors import LONGEST_ECHO, near


class StrictSerializer(serializers.Serializer[Any]):
    """A body to be read: fields nobody knows are refused, together with all other problems."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked values, or refuse with every problem at once."""
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        writable = [name for name, field in self.fields.items() if not field.read_only]
        wrong: dict[str, Any] = {
            str(name)[:LONGEST_ECHO]: [
                ErrorDetail(f"There is no such field.{near(str(name), writable)}", "unexpected")
            ]
            for name in data
            if name not in writable
        }
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**dict(error.detail), **wrong}) from error  # type: ignore[arg-type]  # a serializer's detail is a mapping
        if wrong:
            raise ValidationError(wrong)
        return value


class JsonField(serializers.JSONField):
    """Any JSON that every database can hold: PostgreSQL takes no null character in a text."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the value as it came, or refuse it."""
        value = super().to_internal_value(data)
        fault = fault_of(value)
        if fault:
            raise ValidationError(fault, code="invalid")
        return value


def fault_of(value: Any) -> str:
    """Return what keeps parsed JSON out of a database; an empty text if nothing does."""
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:
        return "Nested too deeply."
    has_null = rb"\u0000" in text.replace(rb"\\", b"")
    return "Texts without null characters." if has_null else ""
