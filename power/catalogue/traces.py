"""Measured courses of power that come with the product, as power of units over time."""

import csv
import gzip
import hashlib
import io
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import numpy as np

from facility.kernel.checks import FloatArray
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import W_PER_KW

_ENDING = ".csv.gz"
_POWER = "power["


@dataclass(frozen=True, slots=True, eq=False)
class LoadTrace:
    """Power of N units at equal steps, (N, T), read-only, and what must be said with it."""

    name: str
    step_s: float
    power_kw: FloatArray
    source: str
    licence: str
    caveat: str
    sha256: str

    @property
    def total_kw(self) -> FloatArray:
        """Power of all units together, (T,)."""
        return np.asarray(self.power_kw.sum(axis=0))


def trace_names() -> tuple[str, ...]:
    """Return the names of the traces that come with the product."""
    entries = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(n.removesuffix(_ENDING) for n in entries if n.endswith(_ENDING)))


@cache
def load_trace(name: str) -> LoadTrace:
    """Read one trace of the product.

    Raises
    ------
    InputError
        There is no trace of this name.
    """
    if name not in trace_names():
        text = f"no trace of the product; there are {', '.join(trace_names())}"
        raise InputError([Problem("trace", "unknown", text)])
    content = gzip.decompress((_folder() / f"{name}{_ENDING}").read_bytes())
    about = json.loads((_folder() / f"{name}.json").read_text(encoding="utf-8"))
    head, *rows = csv.reader(io.StringIO(content.decode("ascii")))
    power = [i for i, column in enumerate(head) if column.startswith(_POWER)]
    table = np.array(rows, dtype=np.float64).T
    power_kw = table[power] / W_PER_KW
    power_kw.setflags(write=False)
    return LoadTrace(
        name=name,
        step_s=float(about["step_s"]),
        power_kw=power_kw,
        source=about["provenance"]["source"],
        licence=about["provenance"]["licence"],
        caveat=about["caveat"],
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _folder() -> Traversable:
    return resources.files("power.catalogue") / "load_traces"
