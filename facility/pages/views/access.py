"""Signing in and out."""

from django.contrib.auth import login
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from facility.access.forms import SignInForm
from facility.access.services import SignInRefused, use_sign_in_link

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignIn(LoginView):
    """Name and password."""

    template_name = "pages/sign_in.html"
    authentication_form = SignInForm
    next_page = "sites"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Only by POST, so that no link of another page can do it."""

    next_page = "sign-in"


@require_GET
@never_cache
def sign_in_by_link(request: HttpRequest, text: str) -> HttpResponse:
    """Sign in by a one-time link, as it is printed at the first start."""
    try:
        user = use_sign_in_link(text)
    except SignInRefused as refusal:
        context = {"refusal": str(refusal)}
        return render(request, "pages/sign_in_refused.html", context, status=403)
    login(request, user, backend=BACKEND)
    return redirect("sites")
