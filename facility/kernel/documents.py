"""Frozen documents: the only things that cross between the web side and the physics."""

import hashlib
import json
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from facility.kernel.errors import InputError, Problem


class Document(BaseModel):
    """An immutable, strictly checked value with exactly one canonical text.

    Unknown fields are refused, so a misspelt name is an error and never a silent default.
    NaN and infinity are refused, so neither can enter or leave through a document.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read untrusted data, or raise `InputError` with every problem and its path."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InputError(_problems(error)) from error

    @classmethod
    def parse_json(cls, text: bytes | str) -> Self:
        """Read untrusted JSON text, or raise `InputError` with every problem and its path."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise InputError(_problems(error)) from error

    def canonical_bytes(self) -> bytes:
        """Return the same bytes for equal documents, however they were built."""
        data = self.model_dump(mode="json")
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()

    def digest(self) -> str:
        """Return the digest that identifies this document in runs and reports."""
        return hashlib.sha256(self.canonical_bytes()).hexdigest()


def _problems(error: ValidationError) -> list[Problem]:
    return [
        Problem(".".join(map(str, item["loc"])) or "(document)", item["type"], item["msg"])
        for item in error.errors(include_url=False)
    ]
