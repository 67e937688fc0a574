"""Addresses of the comparison of cooling."""

from django.urls import path

from facility.pages.views import comparison

urlpatterns = [
    path("", comparison.comparison, name="comparison"),
    path("run/", comparison.run_missing, name="comparison-run"),
    path("figures/<slug:name>.json", comparison.figure, name="comparison-figure"),
    path("figures/<slug:name>/", comparison.figure_table, name="comparison-figure-table"),
]
