"""Physics runs where no framework can be imported: on a laptop, in a notebook, in a test."""

import subprocess
import sys

from tests.architecture.source import ROOT, name, physics_modules

BLOCKED = ("django", "rest_framework", "celery", "redis", "plotly", "psycopg", "requests", "pandas")
PROBE = """
import importlib, sys
sys.path.insert(0, {root!r})
for blocked in {blocked!r}:
    sys.modules[blocked] = None  # an import of it now fails
for module in {modules!r}:
    importlib.import_module(module)
"""


def dotted(path):
    """Return the name under which a module is imported."""
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_physics_imports_without_any_framework():
    modules = [dotted(path) for path in physics_modules()]
    assert "facility.kernel.units" in modules
    probe = PROBE.format(root=str(ROOT), blocked=BLOCKED, modules=modules)
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
