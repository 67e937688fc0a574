"""Fit checks are solved by the runs' own worker."""

from typing import TYPE_CHECKING

from facility.procurement import services
from facility.scenarios.tasks import queue_run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from facility.procurement.documents import FitRequest
    from facility.procurement.services import Asked
    from facility.sites.models import Site


def submit_fit_check(site: "Site", request: "FitRequest", *, key: str, user: "User") -> "Asked":
    """Plan a fit check and queue its run once the row is committed; a repeated one is not."""
    asked = services.plan_fit_check(site, request, key=key, user=user)
    if asked.is_new:
        queue_run(asked.check.run)
    return asked
