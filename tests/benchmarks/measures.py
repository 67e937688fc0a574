"""The benchmarks themselves. Times are wall clock; memory is a child's peak above its imports."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.benchmarks.power_outages import n_minus_1
from tests.benchmarks.power_thermal import transformer_year
from tests.benchmarks.power_year import single_solve, year_campus
from tests.benchmarks.records import record

ROOT = Path(__file__).parents[2]
REPEATS = 3
WAIT_S = 120.0

SOLVE = """
import json, sys, time
from pathlib import Path
from facility.physics.simulate import simulate
from facility.scenarios.bundle import read_input
from tests.benchmarks.memory import resident_mb
frozen = read_input(Path(sys.argv[1]))
before = resident_mb()
start = time.perf_counter()
answer = simulate(frozen.document, dict(frozen.arrays))
seconds = time.perf_counter() - start
peak = resident_mb(peak=True)
worst = max(
    answer.result.balances.heat_residual_ratio, answer.result.balances.power_residual_ratio
)
print(json.dumps({"s": seconds, "mb": peak - before, "closes": worst <= 1e-6}))
"""


def environment(data):
    """The environment of a child that works on its own data directory."""
    return {
        **os.environ,
        "HEADROOM_DATA_DIR": str(data),
        "SECRET_KEY": "bench",
        "DJANGO_SETTINGS_MODULE": "facility.settings",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def manage(data, *arguments):
    """Run one management command on a data directory."""
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(data),
        check=True,
        capture_output=True,
    )


def demo_year():
    """The plan of the demo site, all stages and analyses, as the worker solves it."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        manage(data, "migrate")
        manage(data, "load_demo")
        bundle = data / "demo.zip"
        manage(data, "snapshot", "GB300 expansion", "--output", str(bundle))
        runs = []
        for _ in range(REPEATS):
            done = subprocess.run(
                [sys.executable, "-c", f"import django; django.setup()\n{SOLVE}", str(bundle)],
                cwd=ROOT,
                env=environment(data),
                check=True,
                capture_output=True,
                text=True,
            )
            runs.append(json.loads(done.stdout))
    best = min(runs, key=lambda run: run["s"])
    return record(
        "twin/demo-year", best["s"], ours_mb=best["mb"], agrees=best["closes"], s_max=15.0
    )


def first_page_warm():
    """From ``./headroom up`` on a directory that was up before, to the first page that answers."""
    with tempfile.TemporaryDirectory() as folder:
        times = []
        for repeat in range(REPEATS + 1):
            port = 18500 + repeat
            start = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "headroom", "up", "--data", folder, "--port", str(port)],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                wait_for(f"http://127.0.0.1:{port}/sign-in/")
                times.append(time.perf_counter() - start)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=WAIT_S)
    # The first start makes the database; it is not a warm one.
    return record("web/first-page-warm", min(times[1:]), s_max=4.0)


def wait_for(address):
    """Return once the address answers with a page."""
    deadline = time.perf_counter() + WAIT_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.perf_counter() > deadline:
                raise
            time.sleep(0.02)


MEASURES = {
    "twin/demo-year": demo_year,
    "web/first-page-warm": first_page_warm,
    "power/year-campus": year_campus,
    "power/n-1-campus": n_minus_1,
    "power/single-solve": single_solve,
    "power/transformer-year": transformer_year,
}
"""A function returns its record, or one for each peer."""
