"""What takes the heat away."""

from django.apps import AppConfig


class ThermalConfig(AppConfig):
    """Names the app; ``thermal`` is the label its tables and permissions carry."""

    name = "thermal"
    label = "thermal"
    verbose_name = "Cooling"
    default_auto_field = "django.db.models.BigAutoField"
