"""The shipped catalogue, to read: every number with its source and confidence."""

from typing import Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from facility.catalogue import lookup, reader
from facility.catalogue.documents import CatalogueItem
from facility.kernel.errors import InputError
from facility.sites.api import etags
from facility.sites.api.views import ApiMixin


class KindEntry(TypedDict):
    """One kind of item."""

    kind: str
    title: str
    schema: str
    n_items: int


class ItemEntry(TypedDict):
    """One item in a list."""

    id: str
    kind: str
    name: str
    vendor: str
    status: str
    revision: int


class CatalogueView(ApiMixin):
    """The kinds of the catalogue."""

    @extend_schema(operation_id="catalogue_kinds", responses=list[KindEntry])
    def get(self, request: Request) -> Response:
        """List the kinds of item."""
        kinds = [
            KindEntry(
                kind=name, title=kind.title, schema=kind.schema, n_items=len(lookup.items(name))
            )
            for name, kind in lookup.KINDS.items()
        ]
        return etags.answer(request, kinds, etags.etag_of_content(kinds))


class CatalogueKindView(ApiMixin):
    """The items of one kind."""

    @extend_schema(operation_id="catalogue_items", responses=list[ItemEntry])
    def get(self, request: Request, kind: str) -> Response:
        """List the items of a kind."""
        try:
            found = lookup.items(kind)
        except InputError as error:
            raise NotFound(str(error)) from error
        entries = [
            ItemEntry(
                id=item.id,
                kind=item.kind,
                name=item.name,
                vendor=item.vendor,
                status=item.status,
                revision=item.revision,
            )
            for item in found.values()
        ]
        return etags.answer(request, entries, etags.etag_of_content(entries))


class CatalogueItemView(ApiMixin):
    """One item of the catalogue."""

    @extend_schema(operation_id="catalogue_item", responses=dict[str, Any])
    def get(self, request: Request, kind: str, item: str) -> Response:
        """Return an item: its facts, the documents they come from, warnings in words."""
        try:
            found = lookup.find(kind, item)
        except InputError as error:
            raise NotFound(str(error)) from error
        data = described(found)
        return etags.answer(request, data, etags.etag_of_content(data))


def described(item: CatalogueItem) -> dict[str, Any]:
    """Return an item with its sources written out instead of named."""
    keys = sorted({key for fact in item.facts.values() for key in fact.sources})
    sources = reader.sources()
    return {
        **item.model_dump(mode="json", by_alias=True),
        "warnings": list(lookup.warning_texts(item)),
        "sources": {key: sources[key].model_dump(mode="json") for key in keys},
    }
