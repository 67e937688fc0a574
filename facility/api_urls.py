"""Every address of the API, gathered from the apps, with its own description."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, URLPattern, URLResolver, path, re_path, resolve
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from facility.procurement.api import views as procurement
from facility.scenarios.api import plans, runs, schemas
from facility.sites.api import catalogue, places
from facility.sites.api.views import ApiMixin
from power.api import views as power
from racks.api import views as racks
from thermal.api import views as thermal

router = SimpleRouter()
for name, view in (
    ("sites", places.SiteViewSet),
    ("buildings", places.BuildingViewSet),
    ("halls", places.HallViewSet),
    ("rows", places.RowViewSet),
    ("system-types", racks.SystemTypeViewSet),
    ("workloads", racks.WorkloadViewSet),
    ("racks", thermal.ConnectedRackViewSet),
    ("nodes", power.NodeViewSet),
    ("lines", power.LineViewSet),
    ("transformers", power.TransformerViewSet),
    ("switches", power.SwitchViewSet),
    ("sources", power.SourceViewSet),
    ("conversions", power.ConversionViewSet),
    ("house-loads", power.HouseLoadViewSet),
    ("static-loads", power.StaticLoadViewSet),
    ("impedances", power.ImpedanceViewSet),
    ("transfer-switches", power.TransferSwitchViewSet),
    ("shunts", power.ShuntViewSet),
    ("regulated-generators", power.RegulatedGeneratorViewSet),
    ("gensets", power.GensetViewSet),
    ("batteries", power.BatteryViewSet),
    ("electrical-studies", power.ElectricalStudyViewSet),
    ("ramp-limits", power.RampLimitViewSet),
    ("band-limits", power.BandLimitViewSet),
    ("maintenance-pairs", power.MaintenancePairViewSet),
    ("loops", thermal.LoopViewSet),
    ("circuits", thermal.CircuitViewSet),
    ("cooling-units", thermal.CoolingUnitViewSet),
    ("scenarios", plans.ScenarioViewSet),
    ("phases", plans.PhaseViewSet),
    ("changes", plans.ChangeViewSet),
    ("holds", plans.HoldViewSet),
    ("runs", runs.RunViewSet),
):
    router.register(name, view)
router.register("procurement/fit-checks", procurement.FitCheckViewSet, basename="fit-check")

DESCRIBED: dict[str, Any] = {
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {
        "ConversionKind": "power.models.Conversion.Kind",
        "LoopKind": "thermal.models.Loop.Kind",
        "ChangeKind": "facility.scenarios.api.serializers.KINDS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "facility.sites.api.openapi.describe_refusals",
    ],
    "SCHEMA_PATH_PREFIX": "/api",
}


class NothingHere(ApiMixin):
    """Answers every address that nobody serves, in the one shape of refusals."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say what is wrong with the address."""
        with_slash = request.path + "/"
        raise NotFound(f"Did you mean {with_slash}?" if is_served(with_slash) else None)


def is_served(address: str) -> bool:
    """Return whether a view other than `NothingHere` answers this address."""
    try:
        return resolve(address).url_name != "api-nothing"
    except Resolver404:
        return False


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """Send a reader who forgot the last slash on; tell everybody else that nothing is here."""
    with_slash = request.path + "/"
    if request.method in {"GET", "HEAD"} and is_served(with_slash):
        query = request.META.get("QUERY_STRING")
        return HttpResponseRedirect(f"{with_slash}?{query}" if query else with_slash)
    answer: HttpResponse = NothingHere.as_view()(request)
    return answer


urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("catalogue/", catalogue.CatalogueView.as_view(), name="catalogue"),
    path("catalogue/<str:kind>/", catalogue.CatalogueKindView.as_view(), name="catalogue-kind"),
    path(
        "catalogue/<str:kind>/<str:item>/",
        catalogue.CatalogueItemView.as_view(),
        name="catalogue-item",
    ),
    path("schemas/", schemas.SchemasView.as_view(), name="document-schemas"),
    path("schemas/<str:name>/", schemas.SchemaView.as_view(), name="document-schema"),
    path("schema/", SpectacularAPIView.as_view(custom_settings=DESCRIBED), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    re_path(r"^.*$", nothing, name="api-nothing"),
]
