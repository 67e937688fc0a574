"""Result documents turned into tables, figures and files."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Names the app; ``reports`` is the label its tables and permissions carry."""

    name = "facility.reports"
    label = "reports"
    verbose_name = "Reports"
    default_auto_field = "django.db.models.BigAutoField"
