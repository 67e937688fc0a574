"""An app for test workers: the real solver, which pauses once in mid-run so that a test can act.

``PAUSE_S`` says for how long; with ``BUG=1`` the solver ends in an error of ours instead.
"""

import os
import time

from django.apps import AppConfig


class SlowConfig(AppConfig):
    name = "tests.scenarios.slow"

    def ready(self):
        from facility.physics import simulate as module  # noqa: PLC0415 - the app wraps it at start

        real = module.simulate

        def simulate(document, arrays, on_progress):
            def told(step, ratio):
                on_progress(step, ratio)
                if step.endswith("8,760 hours"):
                    pause(on_progress, ratio)

            if os.environ.get("BUG") == "1":
                raise KeyError("a bug")
            return real(document, arrays, on_progress=told)

        module.simulate = simulate


def pause(on_progress, ratio):
    """Report for a while, as a long step of the solver does."""
    until_s = time.monotonic() + float(os.environ.get("PAUSE_S", "0"))
    while time.monotonic() < until_s:
        on_progress("Pausing", ratio)
        time.sleep(0.05)
