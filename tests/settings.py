"""The project's settings for tests: a worthless key, nothing outside the process."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "for-tests-only-and-worth-nothing-outside-of-them")
os.environ.setdefault(
    "HEADROOM_DATA_DIR", str(Path(tempfile.gettempdir()) / f"headroom-tests-{os.getpid()}")
)
os.environ.setdefault("CELERY_BROKER_URL", "memory://")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from facility.settings import *  # noqa: F403 - the environment has to be set before

# Tests neither collect static files nor need a slow hash.
STORAGES["staticfiles"] = {  # noqa: F405 - from the star above
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
