"""The sign-in form, which makes guessing slow."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from facility.access.selectors import FAILURES_COUNTED_FOR, too_many_failures


class SignInForm(AuthenticationForm):
    """Name and password; after many failures of a name it has to wait, right or wrong."""

    def clean(self) -> dict[str, Any]:
        """Refuse before the password is looked at, so that waiting cannot be told from guessing."""
        if too_many_failures(self.cleaned_data.get("username", "")):
            minutes = int(FAILURES_COUNTED_FOR.total_seconds() // 60)
            raise ValidationError(
                f"Too many failed attempts for this name. Try again in {minutes} minutes.",
                code="too_many_failures",
            )
        return super().clean()


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The same for the administration pages, which only staff may enter."""
