"""Addresses of the pages."""

from django.urls import path

from facility.pages.views import access, sites

urlpatterns = [
    path("", sites.site_list, name="sites"),
    path("sites/<slug:slug>/", sites.overview, name="site"),
    path("sign-in/", access.SignIn.as_view(), name="sign-in"),
    path("sign-in/<str:text>/", access.sign_in_by_link, name="sign-in-by-link"),
    path("sign-out/", access.SignOut.as_view(), name="sign-out"),
]
