"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, include, path

from facility.pages.views import access, catalogue, compare, halls, plans, run_files, runs, sites

of_a_run = [
    path("", runs.run_page, name="run"),
    path("progress/", runs.progress, name="run-progress"),
    path("cancel/", runs.cancel, name="run-cancel"),
    path("figures/<slug:name>.json", run_files.figure, name="run-figure"),
    path("figures/<slug:name>/", run_files.figure_table, name="run-figure-table"),
    path("series/<str:stage>.csv", run_files.series, name="run-series"),
    path("objects/<str:stage>.csv", run_files.objects, name="run-objects"),
    path("result.json", run_files.result_document, name="run-result"),
]
of_a_plan = [
    path("", plans.scenario, name="scenario"),
    path("run/", plans.run_plan, name="scenario-run"),
    path("derive/", plans.derive, name="scenario-derive"),
    path("commit/", plans.commit, name="scenario-commit"),
    path("phases/", plans.add_phase, name="phase-add"),
]
of_a_site: list[URLPattern | URLResolver] = [
    path("", sites.overview, name="site"),
    path("halls/", halls.hall_list, name="halls"),
    path("halls/<str:tag>/", halls.hall_plan, name="hall"),
    path("scenarios/", plans.scenario_list, name="scenarios"),
    path("scenarios/<int:pk>/", include(of_a_plan)),
    path("phases/<int:pk>/remove/", plans.remove_phase, name="phase-remove"),
    path("phases/<int:pk>/changes/", plans.add_change, name="change-add"),
    path("changes/<int:pk>/remove/", plans.remove_change, name="change-remove"),
    path("compare/", compare.compare, name="compare"),
    path("cooling-comparison/", include("facility.pages.comparison_urls")),
    path("runs/", runs.run_list, name="runs"),
    path("runs/<int:pk>/", include(of_a_run)),
]
urlpatterns = [
    path("", sites.site_list, name="sites"),
    path("sites/<slug:slug>/", include(of_a_site)),
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/<str:kind>/<str:item_id>/", catalogue.item, name="catalogue-item"),
    path("words/", catalogue.words, name="words"),
    path("sign-in/", access.SignIn.as_view(), name="sign-in"),
    path("sign-in/<str:text>/", access.sign_in_by_link, name="sign-in-by-link"),
    path("sign-out/", access.SignOut.as_view(), name="sign-out"),
]
