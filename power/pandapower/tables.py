"""Reads the JSON text of a pandapower network into plain tables; pandapower is not needed."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from facility.kernel.errors import InputError, Problem
from facility.kernel.fields import LARGEST

OLDEST_FORMAT = (2, 0)
NEWEST_MAJOR = 3
Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Row:
    """One element; a missing column, null and NaN all count as not given."""

    table: str
    index: int
    values: Values

    def path(self, column: str = "") -> str:
        """Return where this stands, as a message names it."""
        place = f"{self.table}[{self.index}]"
        return f"{place}.{column}" if column else place

    def wrong(self, column: str, message: str, code: str = "invalid") -> InputError:
        """Return the error of one value of this row."""
        return InputError([Problem(self.path(column), code, message)])

    def has(self, column: str) -> bool:
        """Return whether a value is given."""
        value = self.values.get(column)
        return value is not None and not (isinstance(value, float) and math.isnan(value))

    def number(self, column: str, default: float | None = None) -> float:
        """Return a finite number; without a default it has to be given."""
        if not self.has(column):
            if default is None:
                raise self.wrong(column, "is needed and not given", "missing")
            return default
        value = self.values[column]
        if isinstance(value, bool | int | float | str):
            try:
                number = float(value)
            except ValueError:
                number = math.nan
            if abs(number) <= LARGEST:  # not so for NaN and infinity
                return number
        raise self.wrong(column, f"{value!r} is not a number to calculate with")

    def positive(self, column: str, default: float | None = None) -> float:
        """Return a number above 0."""
        number = self.number(column, default)
        if number <= 0:
            raise self.wrong(column, "has to be above 0")
        return number

    def whole(self, column: str, default: int | None = None) -> int:
        """Return a whole number."""
        number = self.number(column, None if default is None else float(default))
        if not number.is_integer():
            raise self.wrong(column, f"{number:g} is not a whole number")
        return int(number)

    def flag(self, column: str, *, default: bool) -> bool:
        """Return whether something is so."""
        return bool(self.number(column)) if self.has(column) else default

    def text(self, column: str, default: str = "") -> str:
        """Return a text without blanks around it."""
        return str(self.values[column]).strip() if self.has(column) else default


@dataclass(frozen=True, slots=True)
class Table:
    """All elements of one kind, by pandapower's own index."""

    name: str
    columns: frozenset[str] = frozenset()
    rows: Mapping[int, Row] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Net:
    """A pandapower network as it stands in its file."""

    tables: Mapping[str, Table]
    format_version: tuple[int, ...]
    frequency_hz: float
    name: str
    options: Values

    def table(self, name: str) -> Table:
        """Return a table; one that the file lacks is empty."""
        return self.tables.get(name, Table(name))


def read_net(text: str | bytes) -> Net:
    """Return the tables of a network written by ``pandapower.to_json``, formats 2 and 3.

    Raises
    ------
    InputError
        The text is no such network; one problem says what it is instead.
    """
    content = _content(text)
    version = _version(content)
    problems: list[Problem] = []
    tables: dict[str, Table] = {}
    for name, value in content.items():
        try:
            if _is_frame(value) and not name.startswith(("_", "res_")):
                tables[name] = _table(name, value)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    if not len(tables.get("bus", Table("bus"))):
        raise _refusal("bus", "empty", "a network has at least one bus")
    options = content.get("user_pf_options")
    return Net(
        tables=tables,
        format_version=version,
        frequency_hz=_scalar(content, "f_hz", 50.0),
        name=str(content.get("name") or ""),
        options=options if isinstance(options, dict) else {},
    )


def _refusal(path: str, code: str, message: str) -> InputError:
    return InputError([Problem(path, code, message)])


def _content(text: str | bytes) -> Values:
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refusal("(file)", "json", f"is not JSON: {error}") from error
    if isinstance(data, dict) and data.get("_class") == "pandapowerNet":
        data = data.get("_object")
        if isinstance(data, str):  # a habit of the first releases of format 2
            return _content(data)
    if not isinstance(data, dict) or "bus" not in data:
        raise _refusal(
            "(file)", "not_pandapower", "is JSON but not a network written by pandapower.to_json"
        )
    return data


def _is_frame(value: object) -> bool:
    return isinstance(value, dict) and value.get("_class") == "DataFrame"


def _version(content: Values) -> tuple[int, ...]:
    given = content.get("format_version") or content.get("version") or ""
    parts = []
    for part in str(given).split("."):
        if not part.isdigit():
            break
        parts.append(int(part))
    version = tuple(parts)
    if version < OLDEST_FORMAT:
        raise _refusal(
            "format_version",
            "format",
            f"{given!r} is older than 2.0; open and save the file once with pandapower 2 or 3",
        )
    if version[0] > NEWEST_MAJOR:
        raise _refusal("format_version", "format", f"{given!r} is newer than this program knows")
    return version


def _scalar(content: Values, name: str, default: float) -> float:
    return Row("net", 0, content).number(name, default)


def _table(name: str, value: object) -> Table:
    if not isinstance(value, dict):
        raise TypeError(name)
    body = value.get("_object")
    try:
        frame: object = json.loads(body) if isinstance(body, str) else body
    except ValueError as error:
        raise _refusal(name, "json", f"is not JSON inside: {error}") from error
    try:
        pairs = list(_records(frame, str(value.get("orient", "split"))))
        rows = {int(str(i)): Row(name, int(str(i)), values) for i, values in pairs}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _refusal(name, "frame", "is not a table as pandas writes one") from error
    if len(rows) != len(pairs):
        raise _refusal(name, "duplicate", "has an index that is used twice")
    columns = {column for row in rows.values() for column in row.values}
    return Table(name, frozenset(columns), rows)


def _records(frame: object, orient: str) -> Iterator[tuple[object, dict[str, object]]]:
    """Yield index and values of each row, whichever way pandas turned the table."""
    if orient == "records" and isinstance(frame, list):
        yield from ((i, dict(values)) for i, values in enumerate(frame))
        return
    if not isinstance(frame, dict):
        raise TypeError(orient)
    if orient == "split":
        for index, values in zip(frame["index"], frame["data"], strict=True):
            yield index, dict(zip(frame["columns"], values, strict=True))
    elif orient == "index":
        yield from ((index, dict(values)) for index, values in frame.items())
    else:
        indices: list[object] = list(next(iter(frame.values()), {}))
        for index in indices:
            yield index, {column: values[index] for column, values in frame.items()}
