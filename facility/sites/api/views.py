"""Bases of the API's views: who sees what, how large a body may be, validators."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, models
from rest_framework import viewsets
from rest_framework.exceptions import NotAuthenticated
from rest_framework.filters import BaseFilterBackend
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from facility.sites.api import etags
from facility.sites.api.errors import Conflict, TooLarge
from facility.sites.api.filters import Filters, lookups
from facility.sites.api.paging import LimitOffset

if TYPE_CHECKING:
    from django.contrib.auth.models import User

M = TypeVar("M", bound=models.Model)
LARGEST_BODY = 1_000_000  # bytes, far above any sound request


def caller(request: Request) -> "User":
    """Return who asks."""
    if isinstance(request.user, AnonymousUser):
        raise NotAuthenticated
    return request.user


class OnlyJson(BaseContentNegotiation):
    """Answers JSON whatever a client says it accepts: there is nothing else to choose from."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser of the body's content type, or nothing, which answers 415."""
        for parser in parsers:
            if (request.content_type or "").partition(";")[0].strip() == parser.media_type:
                return parser
        return None

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the one renderer."""
        return renderers[0], renderers[0].media_type


class ApiMixin(APIView):
    """What every view of the API shares."""

    content_negotiation_class = OnlyJson
    metadata_class = None  # the schema says all that OPTIONS would

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that is too long before anything reads it."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not str(length).isdigit() or int(length) > LARGEST_BODY:
            raise TooLarge(f"A body may have {LARGEST_BODY} bytes.")
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a row that lost a race against its like as a conflict."""
        if isinstance(exc, IntegrityError):
            exc = Conflict()
        return super().handle_exception(exc)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Let caches keep nothing without asking: answers depend on who asks."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "private, no-cache")
        return final


class ScopedViewSet(ApiMixin, viewsets.ReadOnlyModelViewSet[M]):
    """Rows of the caller's sites; the others do not exist.

    ``filters`` maps a query parameter to the lookup path of its column. ``shows_other_rows`` is
    set where an answer holds values of other rows, so that the row's own revision is not enough
    to tell whether it has changed.
    """

    filters: ClassVar[Mapping[str, str]] = lookups()
    shows_other_rows: ClassVar[bool] = False
    filter_backends: Sequence[type[BaseFilterBackend]] = (Filters,)
    pagination_class = LimitOffset
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the rows of sites that the caller is a member of."""
        every: Any = super().get_queryset()
        ordering = every.model._meta.ordering  # noqa: SLF001 - Django documents it
        rows: models.QuerySet[M] = every.visible_to(self.request.user).order_by(*ordering, "pk")
        return rows

    def get_object(self) -> M:
        """Return the row of the address; filters are for lists."""
        self.filter_backends = ()
        return super().get_object()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one row with its ETag; 304 to who has it already."""
        row = self.get_object()
        data = self.get_serializer(row).data
        return etags.answer(request, data, self.etag_of(row, data))

    def etag_of(self, row: M, data: Any) -> str:
        """Return the validator of one answer."""
        own = getattr(row, "etag", None)
        return etags.etag_of_content(data) if self.shows_other_rows or own is None else str(own)
