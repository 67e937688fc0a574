"""Who may see and change what, and the record of it."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Names the app; ``access`` is the label its tables and permissions carry."""

    name = "facility.access"
    label = "access"
    verbose_name = "Access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Start listening to sign-ins."""
        import facility.access.signals  # noqa: F401, PLC0415 - needs the models to be loaded
