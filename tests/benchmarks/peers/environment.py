"""Makes an environment for peers that cannot share ours, and runs them beside ours."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".venv" / "peers"
SHARED = ("numpy==2.4.6",)
PEERS = {
    "pandapower": (*SHARED, "pandapower==3.5.6", "numba==0.68.1", "lightsim2grid==1.2.0"),
    "thermal": (*SHARED, "transformer-thermal-model==0.6.0"),
}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def python_of(environment):
    """Return the interpreter of an environment, which is made when it is first asked for."""
    wanted = "\n".join(PEERS[environment])
    folder = FOLDER / environment
    python, stamp = folder / "bin" / "python", folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    for command in commands(folder, python, PEERS[environment]):
        subprocess.run(command, check=True, stdout=sys.stderr)
    stamp.write_text(wanted)
    return python


def commands(folder, python, packages):
    """Return how to make an environment, with uv where there is one that runs."""
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0:
        quiet = [uv, "--quiet"]
        yield [*quiet, "venv", "--python", sys.executable, str(folder)]
        yield [*quiet, "pip", "install", "--python", str(python), *packages]
    else:
        yield [sys.executable, "-m", "venv", str(folder)]
        yield [str(python), "-m", "pip", "--quiet", "install", *packages]


class Peer:
    """A program of a peer that waits for the word; a context manager.

    ``run`` returns the seconds of one run, ``answer`` the arrays of the last one.
    """

    def __init__(self, environment, module, tables, **arrays):
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / "tables.json").write_text(json.dumps(tables))
        np.savez(folder / "arrays.npz", **arrays)
        module = f"tests.benchmarks.peers.{module}"
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(
            [str(python_of(environment)), "-m", module, str(folder)],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.versions = self._read()["versions"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._log.close()
        self._folder.cleanup()

    def run(self):
        """Run once and return the seconds it took."""
        return self._ask("run")["s"]

    def answer(self):
        """Return the arrays of the last run."""
        self._ask("save")
        with np.load(Path(self._folder.name) / "answer.npz") as arrays:
            return dict(arrays)

    def _ask(self, word):
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            raise RuntimeError(f"the peer stopped: {self._log.read()[-2000:]}")
        return json.loads(line)
