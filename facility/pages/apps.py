"""Pages that show several apps together."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Names the app; ``pages`` is the label its tables and permissions carry."""

    name = "facility.pages"
    label = "pages"
    verbose_name = "Pages"
    default_auto_field = "django.db.models.BigAutoField"
