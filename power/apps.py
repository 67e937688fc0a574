"""What feeds everything."""

from django.apps import AppConfig


class PowerConfig(AppConfig):
    """Names the app; ``power`` is the label its tables and permissions carry."""

    name = "power"
    label = "power"
    verbose_name = "Power"
    default_auto_field = "django.db.models.BigAutoField"
