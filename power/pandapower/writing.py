"""Writes tables as the JSON text that pandapower 3 loads."""

import json
from collections.abc import Mapping, Sequence

FORMAT = "3.0.0"
"""Of the pandapower release whose columns are written; later ones convert it when they load."""
Cell = str | float | int | bool | None
Rows = Sequence[Mapping[str, Cell]]

_WHOLE = frozenset(
    ("bus", "element", "from_bus", "to_bus", "hv_bus", "lv_bus", "parallel", "step", "max_step")
)
_TEXT = frozenset(("name", "et", "type", "tap_side", "tap2_side", "tap_changer_type", "std_type"))
_LOGICAL = frozenset(("in_service", "closed", "slack", "tap_dependency_table"))


def net_json(
    tables: Mapping[str, Rows],
    *,
    name: str,
    frequency_hz: float,
    options: Mapping[str, Cell],
) -> bytes:
    """Return the text of a network whose tables are indexed from 0 on.

    Parameters
    ----------
    tables : mapping of str to rows
        Every row of a table has the same columns; pandapower adds those that are missing.
    name : str
        Title of the network.
    frequency_hz : float
        Of the system.
    options : mapping
        Options of the load flow that the answer depends on.
    """
    content: dict[str, object] = {table: _frame(rows) for table, rows in tables.items() if rows}
    content |= {
        "name": name,
        "f_hz": float(frequency_hz),
        "sn_mva": 1.0,
        "version": FORMAT,
        "format_version": FORMAT,
        "converged": False,
        "std_types": {"line": {}, "trafo": {}, "trafo3w": {}},
        "user_pf_options": dict(options),
    }
    net = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": content}
    return json.dumps(net, indent=1, ensure_ascii=False).encode()


def _frame(rows: Rows) -> dict[str, object]:
    columns = list(rows[0])
    body = {
        "columns": columns,
        "index": list(range(len(rows))),
        "data": [[row[column] for column in columns] for row in rows],
    }
    return {
        "_module": "pandas.core.frame",
        "_class": "DataFrame",
        "_object": json.dumps(body, ensure_ascii=False),
        "orient": "split",
        "dtype": {column: _type_of(column) for column in columns},
        "is_multiindex": False,
        "is_multicolumn": False,
    }


def _type_of(column: str) -> str:
    if column in _WHOLE:
        return "uint32"
    if column in _LOGICAL:
        return "bool"
    return "object" if column in _TEXT else "float64"
