"""Networks with pandapower's answers, and small networks written by hand."""

import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "networks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@cache
def case(name):
    """Return a frozen network with pandapower's answers."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def text_of(name):
    """Return the JSON text of a frozen network."""
    return json.dumps(case(name)["net"])


def frame(rows, *, orient="split"):
    """Return a table of pandapower's file from rows by index."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    if orient == "split":
        data = [[row.get(column) for column in columns] for row in rows.values()]
        body = {"columns": columns, "index": list(rows), "data": data}
    elif orient == "columns":
        body = {c: {str(i): row.get(c) for i, row in rows.items()} for c in columns}
    else:
        body = {str(i): row for i, row in rows.items()}
    return {
        "_module": "pandas.core.frame",
        "_class": "DataFrame",
        "_object": json.dumps(body),
        "orient": orient,
    }


def net_text(tables, *, orient="split", version="3.1.0", **scalars):
    """Return the text of a network from its tables, each rows by index."""
    content = {name: frame(rows, orient=orient) for name, rows in tables.items()}
    content |= {"format_version": version, "f_hz": 50.0, "name": "small", **scalars}
    return json.dumps({"_class": "pandapowerNet", "_object": content})


def feeder(**more):
    """Return an external grid, a cable and a load; further tables and rows go on top."""
    tables = {
        "bus": {0: {"vn_kv": 20.0, "name": "board"}, 7: {"vn_kv": 20.0, "name": "end"}},
        "ext_grid": {0: {"bus": 0, "vm_pu": 1.0, "name": "grid"}},
        "line": {
            3: {
                "from_bus": 0,
                "to_bus": 7,
                "length_km": 2.0,
                "r_ohm_per_km": 0.2,
                "x_ohm_per_km": 0.12,
                "c_nf_per_km": 250.0,
                "max_i_ka": 0.2,
                "name": "cable",
            }
        },
        "load": {0: {"bus": 7, "p_mw": 2.0, "q_mvar": 0.5, "name": "hall"}},
    }
    for name, rows in more.items():
        tables[name] = {**tables.get(name, {}), **rows}
    return tables
