"""The Celery application; ``FacilityConfig.ready`` loads it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facility.settings")

app = Celery("headroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
