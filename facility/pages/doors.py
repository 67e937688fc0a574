"""Who comes through which door: pages of a site for its members, the rest for whoever signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from facility.access.models import RANK, Role
from facility.access.selectors import role_on, visible_sites

if TYPE_CHECKING:
    from facility.sites.models import Site

P = ParamSpec("P")
SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True)
class Door:
    """A site as its pages need it: the row, and what the reader may do on it."""

    site: "Site"
    role: str

    @property
    def may_plan(self) -> bool:
        """Whether the reader may change plans and start runs."""
        return RANK[self.role] >= RANK[Role.PLANNER]


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Ask for a sign-in before the page is shown; a part of a page makes the whole one ask."""
    guarded = login_required(view, login_url=SIGN_IN)

    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.headers.get("HX-Request") and not request.user.is_authenticated:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return guarded(request, *args, **kwargs)

    return inside


def on_site(
    view: Callable[Concatenate[HttpRequest, Door, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Turn the ``slug`` of an address into a door, or answer 404 outside one's sites."""

    @wraps(view)
    def inside(
        request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        site = visible_sites(request.user).filter(slug=slug).first()
        role = role_on(request.user, site.pk) if site else None
        if site is None or role is None:
            raise Http404("There is no such site.")
        return view(request, Door(site, role), *args, **kwargs)

    return signed_in(inside)


def planners_only(door: Door) -> None:
    """Answer 403 to whoever may only look."""
    if not door.may_plan:
        raise PermissionDenied("This needs the role planner on the site; yours is viewer.")
