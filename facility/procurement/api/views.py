"""Fit checks: ask whether racks fit on a site, and read what a real run of them says."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from facility.access.models import Role
from facility.access.permissions import require_role
from facility.kernel.documents import Document
from facility.procurement import selectors, tasks
from facility.procurement.documents import FitItem, FitRequest, Standing, Verdict
from facility.procurement.models import FitCheck
from facility.procurement.services import KEY, KeyUsedBefore
from facility.sites.api import etags
from facility.sites.api.errors import Conflict, problem
from facility.sites.api.filters import lookups
from facility.sites.api.serializers import fault_of
from facility.sites.api.views import ScopedViewSet, caller


class FitCheckSerializer(serializers.ModelSerializer[FitCheck]):
    """A fit check in a list: what was asked, and how far its run is."""

    url = serializers.SerializerMethodField()
    run_url = serializers.SerializerMethodField()
    state = serializers.CharField(source="run.state", read_only=True)
    progress_ratio = serializers.FloatField(source="run.progress_ratio", read_only=True)
    is_stale = serializers.BooleanField(source="run.is_stale", read_only=True)

    class Meta:
        model = FitCheck
        fields: tuple[str, ...] = (
            "id",
            "url",
            "site",
            "reference",
            "run",
            "run_url",
            "state",
            "progress_ratio",
            "is_stale",
            "created_at",
        )

    def get_url(self, check: FitCheck) -> str:
        """Return where to read the answer."""
        return reverse("fit-check-detail", args=[check.pk], request=self.context["request"])

    def get_run_url(self, check: FitCheck) -> str:
        """Return where to watch the run."""
        return reverse("run-detail", args=[check.run_id], request=self.context["request"])


class FitAnswer(Document):
    """A fit check and its verdict; `fits` is null until something can be said."""

    id: int
    url: str
    site: int
    reference: str
    run: int
    run_url: str
    state: str
    progress_ratio: float
    is_stale: bool
    created_at: str
    items: tuple[FitItem, ...]
    fits: bool | None
    where: tuple[Standing, ...]
    verdict: Verdict | None
    failure: dict[str, Any] | None


class FitCheckViewSet(ScopedViewSet[FitCheck]):
    """Whether racks fit on a site, on top of its committed plan and what is held there."""

    queryset = FitCheck.objects.all()
    serializer_class = FitCheckSerializer
    shows_other_rows = True
    filters = lookups(site="site", reference="reference", state="run__state")

    def get_queryset(self) -> QuerySet[FitCheck]:
        """Return the fit checks of the caller's sites, the newest first."""
        return selectors.fit_checks_visible_to(self.request.user)

    @extend_schema(
        request=FitRequest,
        responses={200: FitAnswer, 202: FitAnswer},
        parameters=[
            OpenApiParameter(
                KEY,
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="Your own text for this question: sent again with it, the same "
                "question gets the same fit check; another question is refused (409).",
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Ask; `Location` says where the answer will be. 200 if it is there already."""
        fault = fault_of(request.data)
        if fault:
            raise problem("(document)", "invalid", fault)
        asked = FitRequest.parse(request.data)
        user = caller(request)
        site = selectors.site_named(user, asked.site)
        require_role(user, site, Role.PLANNER)
        key = request.headers.get(KEY, "")
        try:
            check = tasks.submit_fit_check(site, asked, key=key, user=user).check
        except KeyUsedBefore as refusal:
            raise Conflict(str(refusal), code=refusal.code) from refusal
        data = self._answer(self.get_queryset().get(pk=check.pk))
        done = data["verdict"] is not None
        return Response(
            data,
            status=status.HTTP_200_OK if done else status.HTTP_202_ACCEPTED,
            headers={"Location": data["url"]},
        )

    @extend_schema(responses=FitAnswer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the verdict: fits or not, where, what binds first and by how much."""
        check = self.get_object()
        data = self._answer(check)
        return etags.answer(request, data, etags.etag_of_content(data))

    def _answer(self, check: FitCheck) -> dict[str, Any]:
        found = selectors.verdict_of(check)
        head = FitCheckSerializer(check, context=self.get_serializer_context()).data
        return {
            **head,
            "items": check.request["items"],
            "fits": None if found is None else found.fits,
            "where": check.placing.get("standing", []),
            "verdict": None if found is None else found.model_dump(mode="json"),
            "failure": check.run.failure,
        }
