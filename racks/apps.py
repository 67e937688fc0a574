"""What draws power and makes heat."""

from django.apps import AppConfig


class RacksConfig(AppConfig):
    """Names the app; ``racks`` is the label its tables and permissions carry."""

    name = "racks"
    label = "racks"
    verbose_name = "Racks"
    default_auto_field = "django.db.models.BigAutoField"
