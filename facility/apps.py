"""The project itself as an app: it has no models, it only wires."""

from django.apps import AppConfig


class FacilityConfig(AppConfig):
    """Binds every shared task to our Celery application in each process that loads Django."""

    name = "facility"
    label = "facility"
    verbose_name = "Headroom"

    def ready(self) -> None:
        """Load the Celery application here, since the package's ``__init__`` has to stay empty."""
        import facility.celery  # noqa: F401, PLC0415 - a binding at start-up, not a name to use
