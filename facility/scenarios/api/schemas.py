"""JSON Schemas of the documents that go in and come out."""

from functools import cache
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from facility.physics.documents import FacilityInput
from facility.physics.results import FacilityResult
from facility.scenarios import changes
from facility.sites.api import etags
from facility.sites.api.errors import near
from facility.sites.api.views import ApiMixin


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """Return every schema by its name."""
    steps = {f"change-{kind}": entry.document for kind, entry in changes.KINDS.items()}
    return {
        "facility-input": FacilityInput.model_json_schema(),
        "facility-result": FacilityResult.model_json_schema(mode="serialization"),
        **{name: document.model_json_schema() for name, document in steps.items()},
    }


class SchemasView(ApiMixin):
    """Names of the published schemas."""

    @extend_schema(operation_id="schemas_list", responses=dict[str, str])
    def get(self, request: Request) -> Response:
        """List the schemas by name with their addresses."""
        names = {
            name: reverse("document-schema", args=[name], request=request) for name in schemas()
        }
        return Response(names)


class SchemaView(ApiMixin):
    """One JSON Schema."""

    @extend_schema(operation_id="schemas_retrieve", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, name: str) -> Response:
        """Return the JSON Schema of a document, or of the payload of a kind of change."""
        if name not in schemas():
            raise NotFound(f"There is no schema of that name.{near(name, schemas())}")
        data = schemas()[name]
        return etags.answer(request, data, etags.etag_of_content(data))
