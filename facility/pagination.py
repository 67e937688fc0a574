"""How long lists are cut into pages."""

from rest_framework.pagination import PageNumberPagination


class Pagination(PageNumberPagination):
    """Fifty rows unless asked otherwise, a thousand at most."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 1000
