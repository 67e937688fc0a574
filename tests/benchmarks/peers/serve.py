"""How a peer's program answers: one line of JSON for every line it is sent."""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np


def serve(prepare, versions):
    """Answer ``run`` with the seconds of one run and ``save`` by writing the last answer.

    ``prepare`` takes the tables and the arrays of the folder given on the command line and
    returns a function without arguments; what that returns is a dictionary of arrays, or a
    function that makes one, so that only what a caller would have is timed.
    """
    folder = Path(sys.argv[1])
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    tables = json.loads((folder / "tables.json").read_text())
    with np.load(folder / "arrays.npz") as arrays:
        run = prepare(tables, dict(arrays))
    answers.write(json.dumps({"versions": versions}) + "\n")
    result = None
    for line in sys.stdin:
        if line.strip() == "save":
            np.savez(folder / "answer.npz", **(result() if callable(result) else result))
            answers.write(json.dumps({"saved": True}) + "\n")
        else:
            result = None
            start = time.perf_counter()
            result = run()
            answers.write(json.dumps({"s": time.perf_counter() - start}) + "\n")
