"""Plans, the runs that answer them and their results."""

from django.apps import AppConfig


class ScenariosConfig(AppConfig):
    """Names the app; ``scenarios`` is the label its tables and permissions carry."""

    name = "facility.scenarios"
    label = "scenarios"
    verbose_name = "Scenarios"
    default_auto_field = "django.db.models.BigAutoField"
