"""How machines prove who they are: ``Authorization: Bearer hr_…``. Browsers have sessions."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS

from facility.access.models import TOKEN_PREFIX, Token
from facility.access.selectors import live_token

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from rest_framework.request import Request

KEYWORD = "Bearer"
PARTS = 2  # the keyword and the token


class TokenAuthentication(BaseAuthentication):
    """Signs a request in by the token it carries; a token for reading opens safe methods only."""

    def authenticate(self, request: "Request") -> "tuple[User, Token] | None":
        """Return the token's user and the token, or ``None`` where there is no bearer token."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != KEYWORD.lower().encode():
            return None
        token = live_token(self._text(parts))
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("The token is unknown, revoked or expired.")
        if token.scope == Token.Scope.READ and request.method not in SAFE_METHODS:
            raise PermissionDenied("This token is for reading only.", code="token_reads_only")
        return token.user, token

    def authenticate_header(self, request: "Request") -> str:
        """Return what a 401 says about how to sign in."""
        return f'{KEYWORD} realm="headroom"'

    @staticmethod
    def _text(parts: list[bytes]) -> str:
        if len(parts) != PARTS or not parts[1].startswith(TOKEN_PREFIX.encode()):
            raise AuthenticationFailed(f"Send `Authorization: {KEYWORD} {TOKEN_PREFIX}…`.")
        return parts[1].decode("latin-1")


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular registers without types
    """Describes the token to readers of the API's schema."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the OpenAPI description."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": f"{TOKEN_PREFIX}…"}
