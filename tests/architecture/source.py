"""The project's own Python files, read once for the tests beside this file."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("facility", "racks", "power", "thermal")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def modules() -> tuple[Path, ...]:
    """Return every module of the product except migrations, which Django writes."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    ours = (path for path in found if "migrations" not in path.parts)
    return (*sorted(ours), ROOT / "manage.py", ROOT / "headroom")


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def physics_modules() -> Iterator[Path]:
    """Yield the modules that hold formulas."""
    for path in modules():
        inside = path.relative_to(ROOT).parts
        if inside[0] in PACKAGES and ("physics" in inside or "kernel" in inside):
            yield path


def name(path: Path) -> str:
    """Return the path as a reader would type it."""
    return str(path.relative_to(ROOT))
