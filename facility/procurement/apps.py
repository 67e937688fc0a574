"""Fit checks and holds for those who buy."""

from django.apps import AppConfig


class ProcurementConfig(AppConfig):
    """Names the app; ``procurement`` is the label its tables and permissions carry."""

    name = "facility.procurement"
    label = "procurement"
    verbose_name = "Procurement"
    default_auto_field = "django.db.models.BigAutoField"
