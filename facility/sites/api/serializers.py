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
    """Any JSON that a database can hold: PostgreSQL takes no null character in a text."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the value as it came, or refuse it."""
        value = super().to_internal_value(data)
        if has_null_character(value):
            raise ValidationError("A text without null characters.", code="null_characters")
        return value


def has_null_character(value: Any) -> bool:
    """Return whether any text or name in parsed JSON holds one."""
    return rb"\u0000" in orjson.dumps(value).replace(rb"\\", b"")
