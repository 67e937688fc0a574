"""Outside one's sites nothing exists; inside, a role decides."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from facility.access import selectors, services
from facility.access.models import AuditEvent, Membership
from facility.access.permissions import SitePermission, require_role
from facility.kernel.errors import InputError
from facility.scenarios.models import Scenario
from facility.sites.models import Building, Hall


def ask(user, row, method, write_role=None):
    class View(APIView):
        permission_classes = (SitePermission,)

        def get(self, request):
            self.check_object_permissions(request, row)
            return Response()

        post = get

    if write_role:
        View.write_role = write_role
    request = getattr(APIRequestFactory(), method)("/api/rows")
    force_authenticate(request, user)
    return View.as_view()(request).status_code


@pytest.mark.parametrize(
    ("name", "reads_plans_manages"),
    [
        ("viewer", (200, 403, 403)),
        ("planner", (200, 200, 403)),
        ("manager", (200, 200, 200)),
        ("stranger", (404, 404, 404)),
    ],
)
def test_a_role_decides(site, people, name, reads_plans_manages):
    user = people[name]
    answers = (
        ask(user, site, "get"),
        ask(user, Scenario(site=site), "post", "planner"),
        ask(user, Building(site=site), "post"),
    )
    assert answers == reads_plans_manages


def test_nobody_gets_401(site):
    assert ask(None, site, "get") == 401


def test_a_superuser_needs_no_membership(site, people):
    people["stranger"].is_superuser = True
    assert ask(people["stranger"], site, "post") == 200


def test_a_row_leads_to_its_site(site):
    hall = Hall(building=Building(site=site))
    assert selectors.site_pk_of(hall) == selectors.site_pk_of(site) == site.pk


def test_pages_ask_the_same_question(site, people):
    require_role(people["planner"], site, "planner")
    with pytest.raises(PermissionDenied, match="needs the role manager on the site; yours is"):
        require_role(people["planner"], site, "manager")
    for user in (people["stranger"], AnonymousUser()):
        with pytest.raises(Http404):
            require_role(user, site, "viewer")


def test_only_ones_own_sites_are_visible(site, people):
    assert list(selectors.visible_sites(people["viewer"])) == [site]
    assert not selectors.visible_sites(people["stranger"])
    assert selectors.may(people["planner"], site.pk, "viewer")
    assert not selectors.may(people["stranger"], site.pk, "viewer")


def test_a_change_of_rights_leaves_an_event(site, people):
    services.set_role(people["stranger"], site, "viewer", by=people["manager"])
    assert selectors.role_on(people["stranger"], site.pk) == "viewer"
    services.set_role(people["stranger"], site, None, by=people["manager"])
    assert selectors.role_on(people["stranger"], site.pk) is None
    subjects = AuditEvent.objects.filter(kind="rights_changed", site=site)
    assert [event.subject for event in subjects] == ["stranger: no member", "stranger: viewer"]
    with pytest.raises(InputError):
        services.set_role(people["stranger"], site, "king")
    assert Membership.objects.count() == 3
