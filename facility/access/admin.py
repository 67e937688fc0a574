"""Administration of who may do what; the record of events can only be read."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.http import HttpRequest

from facility.access import services
from facility.access.forms import AdminSignInForm
from facility.access.models import AuditEvent, Membership, SignInLink, Token
from facility.sites.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

admin.site.login_form = AdminSignInForm
admin.site.site_header = "Headroom administration"
admin.site.site_title = "Headroom"


def _who(request: HttpRequest) -> "User":
    """Return the person at the keyboard: these pages open for nobody else."""
    return cast("User", request.user)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Roles of people on sites; each change leaves an event."""

    list_display = ("user", "site", "role")
    search_fields = ("user__username", "site__name")
    list_filter = ("role", "site")
    list_select_related = ("user", "site")
    autocomplete_fields = ("user",)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Store the role and record it."""
        super().save_model(request, obj, form, change)
        self._record(request, obj, obj.role)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """End the membership and record it."""
        services.set_role(obj.user, obj.site, None, by=_who(request))

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Membership]") -> None:
        """End each of the memberships and record it."""
        for row in queryset:
            self.delete_model(request, row)

    def _record(self, request: HttpRequest, row: Membership, role: str) -> None:
        subject = f"{row.user.get_username()}: {role}"
        services.record("rights_changed", user=_who(request), site=row.site, subject=subject)


@admin.register(Token)
class TokenAdmin(ReadOnlyAdmin):
    """Tokens, without their hashes; they can be ended."""

    list_display = ("name", "user", "scope", "created_at", "expires_at")
    search_fields = ("name", "user__username")
    list_filter = ("scope",)
    list_select_related = ("user",)
    exclude = ("digest",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow it to whoever holds the permission."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Token) -> None:
        """Revoke the token."""
        services.revoke_token(obj, by=_who(request))

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Token]") -> None:
        """Revoke each of the tokens."""
        for token in queryset.select_related("user"):
            self.delete_model(request, token)


@admin.register(SignInLink)
class SignInLinkAdmin(ReadOnlyAdmin):
    """One-time links, without their hashes."""

    list_display = ("user", "expires_at", "used_at")
    search_fields = ("user__username",)
    exclude = ("digest",)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What happened."""

    list_display = ("at", "kind", "user", "site", "subject")
    search_fields = ("subject", "user__username")
    list_filter = ("kind", "site")
    list_select_related = ("user", "site")
    date_hierarchy = "at"
