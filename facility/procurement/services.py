"""What a procurement system can do: ask whether items fit, once however often it sends the ask."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from facility.kernel.errors import FacilityError, InputError, Problem
from facility.procurement import placing, selectors
from facility.procurement.documents import FitRequest
from facility.procurement.models import FitCheck
from facility.scenarios import snapshot
from facility.scenarios.selectors import committed_scenario
from facility.scenarios.services import freeze_run
from facility.sites.models import Site

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_KEY = 80  # characters of the column
KEY = "Idempotency-Key"


class KeyUsedBefore(FacilityError):  # noqa: N818 - says what happened, as the kernel's own do
    """The key came with another question before."""

    code = "idempotency_key_used"


@dataclass(frozen=True, slots=True)
class Asked:
    """A fit check, and whether this call made it."""

    check: FitCheck
    is_new: bool


def plan_fit_check(site: Site, request: FitRequest, *, key: str, user: "User") -> Asked:
    """Place the items on the committed plan and freeze the whole as a waiting run.

    The same key with the same question returns the check that the first call made. Of two calls
    at once the database lets one store its check, and the other returns that.

    Raises
    ------
    InputError
        The question names what is not there, or the committed plan cannot be solved.
    KeyUsedBefore
        The key came with another question before.
    """
    _check_key(key)
    try:
        return _ask(site, request, key=key, user=user)
    except IntegrityError:
        earlier = _asked_before(request, key, user)
        if earlier is None:
            raise
        return earlier


def _check_key(key: str) -> None:
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = f"At most {LONGEST_KEY} printable ASCII characters."
        raise InputError([Problem(KEY, "invalid", message)])


def _asked_before(request: FitRequest, key: str, user: "User") -> Asked | None:
    if not key:
        return None
    check = selectors.fit_checks_visible_to(user).filter(requested_by=user, idempotency_key=key)
    found = check.first()
    if found is None:
        return None
    if found.request != request.model_dump(mode="json"):
        raise KeyUsedBefore("This Idempotency-Key came with another question before.")
    return Asked(found, is_new=False)


@transaction.atomic
def _ask(site: Site, request: FitRequest, *, key: str, user: "User") -> Asked:
    # Whoever changes the site has to pass this row, so nothing moves while it is copied; and
    # the like of this question on this site waits here for the answer to this one.
    Site.objects.select_for_update().get(pk=site.pk)
    earlier = _asked_before(request, key, user)
    return earlier or Asked(_make(site, request, key=key, user=user), is_new=True)


def _make(site: Site, request: FitRequest, *, key: str, user: "User") -> FitCheck:
    scenario = committed_scenario(site)
    if scenario is None:
        message = "The site has no committed plan that items could be checked on."
        raise InputError([Problem("site", "no_committed_plan", message)])
    where, changes = placing.place(
        placing.survey(scenario), request.items, selectors.live_holds(site)
    )
    frozen = snapshot.build(scenario, extra=changes)
    return FitCheck.objects.create(
        site=site,
        reference=request.reference,
        idempotency_key=key,
        request=request.model_dump(mode="json"),
        placing=where.model_dump(mode="json"),
        run=freeze_run(scenario, frozen, user),
        requested_by=user,
    )
