"""Administration of fit checks; the answer is in their run."""

from django.contrib import admin

from facility.procurement.models import FitCheck
from facility.sites.admin import ReadOnlyAdmin


@admin.register(FitCheck)
class FitCheckAdmin(ReadOnlyAdmin):
    """Fit checks."""

    list_display = ("reference", "site", "run", "requested_by", "created_at")
    search_fields = ("reference",)
    list_filter = ("site",)
    list_select_related = ("site", "run", "requested_by")
    exclude = ("idempotency_key",)
