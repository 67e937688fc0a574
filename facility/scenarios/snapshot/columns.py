"""Columns of rows of the electrical plant as values of documents."""

from typing import Any

ELSEWHERE = "(a node of another site)"


def copied(row: Any, fields: tuple[str, ...]) -> dict[str, object]:
    """Return the tag as the id, and the named columns as they are."""
    return {"id": row.tag, **{name: getattr(row, name) for name in fields}}


def ends_of(row: Any, tag_of: dict[int, str], *names: str) -> dict[str, object]:
    """Return the tags of the nodes to which the named columns refer."""
    return {name: tag_of.get(getattr(row, f"{name}_id"), ELSEWHERE) for name in names}
