"""How long lists are cut: ``limit`` and ``offset``, as other inventories do."""

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

from facility.sites.api.errors import LONGEST_ECHO, problem

PARAMETERS = ("limit", "offset")
MOST_DIGITS = 10  # more rows than there are, fewer than a database cannot count


class LimitOffset(LimitOffsetPagination):
    """Fifty rows unless asked otherwise, a thousand at most; a wrong number is refused."""

    default_limit = 50
    max_limit = 1000

    def get_limit(self, request: Request) -> int:
        """Return how many rows are wanted."""
        return min(whole_number(request, "limit", least=1, default=50), 1000)

    def get_offset(self, request: Request) -> int:
        """Return how many rows to skip."""
        return whole_number(request, "offset", least=0, default=0)


def whole_number(request: Request, name: str, *, least: int, default: int) -> int:
    """Return a whole number of the query, or refuse what is none."""
    text = request.query_params.get(name)
    if text is None:
        return default
    digits = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    if not digits or int(text) < least:
        shown = text[:LONGEST_ECHO]
        raise problem(name, "invalid", f"A whole number from {least} up, not {shown!r}.")
    return int(text)
