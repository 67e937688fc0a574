"""Sites, buildings, halls and rows."""

from django.apps import AppConfig


class SitesConfig(AppConfig):
    """Names the app; ``sites`` is the label its tables and permissions carry."""

    name = "facility.sites"
    label = "sites"
    verbose_name = "Sites"
    default_auto_field = "django.db.models.BigAutoField"
