"""Settings of a test worker with ``tests.scenarios.slow``."""

from tests.settings import *  # noqa: F403 - one app more

INSTALLED_APPS += ["tests.scenarios.slow.SlowConfig"]  # noqa: F405 - from the star above
