"""What is committed stands alone: it names no folder of the machine it was written on."""

import shutil
import subprocess

import pytest

from tests.architecture.source import ROOT

# In two parts, so that this file does not name them either.
FORBIDDEN = ("/work" + "/", "../" + "shared", "shared" + "/design")


def test_no_committed_file_names_a_folder_of_the_authors_machine():
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    files = [ROOT / line for line in listed.stdout.split("\0") if line]
    found = [
        f"{path.relative_to(ROOT)} names {text}"
        for path in files
        if path.is_file()
        for text in FORBIDDEN
        if text.encode() in path.read_bytes()
    ]
    assert found == []
