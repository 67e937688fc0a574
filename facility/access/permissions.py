"""Roles at the door: outside one's sites a row does not exist, inside a role decides."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated

from facility.access.models import RANK, Role
from facility.access.selectors import role_on, site_pk_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.db.models import Model
    from rest_framework.request import Request
    from rest_framework.views import APIView


def require_role(user: "AbstractBaseUser | AnonymousUser", row: "Model", role: str) -> None:
    """Raise 404 if the row's site does not exist for the user, 403 if their role is too low."""
    own = role_on(user, site_pk_of(row))
    if own is None:
        raise Http404
    if RANK[own] < RANK[role]:
        raise PermissionDenied(f"This needs the role {role} on the site; yours is {own}.")


class SitePermission(IsAuthenticated):
    """Viewers read; to write takes the view's ``write_role``, the manager's unless it says less.

    Rows that a request makes do not exist yet: views call ``check_object_permissions`` with the
    site or the row they will hang on.
    """

    def has_object_permission(self, request: "Request", view: "APIView", obj: Any) -> bool:
        """Check the role on the site of the object."""
        reads = request.method in SAFE_METHODS
        role = Role.VIEWER if reads else getattr(view, "write_role", Role.MANAGER)
        require_role(request.user, obj, role)
        return True
