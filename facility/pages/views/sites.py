"""The list of sites, and one site at a glance."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from facility.access.selectors import visible_sites
from facility.pages.doors import Door, on_site, signed_in


@require_safe
@signed_in
def site_list(request: HttpRequest) -> HttpResponse:
    """Show the sites that the reader is a member of."""
    return render(
        request,
        "pages/site_list.html",
        {"section": "sites", "sites": visible_sites(request.user).select_related("weather")},
    )


@require_safe
@on_site
def overview(request: HttpRequest, door: Door) -> HttpResponse:
    """Show what the committed plan comes to."""
    return render(request, "pages/overview.html", {"door": door, "section": "overview"})
