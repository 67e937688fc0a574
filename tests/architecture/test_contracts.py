"""The import contracts hold, and none of them looks away."""

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.source import ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]


def test_the_contracts_hold():
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [program, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_contract_ignores_an_import():
    assert len(CONTRACTS) >= 5
    assert [c["name"] for c in CONTRACTS if c.get("ignore_imports")] == []


def test_the_top_package_is_empty_so_that_physics_can_be_imported_alone():
    assert (ROOT / "facility" / "__init__.py").read_text() == ""
