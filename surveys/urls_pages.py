"""Paths of the portal's pages about surveys, and of those for everybody."""

from django.urls import path

from surveys import pages, pages_everyone, pages_follow, pages_results, pages_verify

urlpatterns = [
    path("", pages.home, name="home"),
    path("about", pages_everyone.about, name="about"),
    path("about/who-sees-what", pages_everyone.who_sees_what, name="who_sees_what"),
    path("about/privacy", pages_everyone.privacy, name="privacy"),
    path("about/accessibility", pages_everyone.accessibility, name="accessibility"),
    path("about/security", pages_everyone.report_security, name="report_security"),
    path(".well-known/security.txt", pages_everyone.security_text, name="security_text"),
    path("about/status", pages_everyone.status, name="status"),
    path("verify", pages_verify.verify, name="verify"),
    path("results", pages_results.results_find, name="results_find"),
    path("results/<str:survey_id>", pages_results.results_public, name="results_public"),
    path(
        "results/<str:survey_id>/<str:language>",
        pages_results.results_public_in,
        name="results_public_in",
    ),
    path(
        "results/<str:survey_id>/<str:language>/drempel.<str:kind>",
        pages_results.result_public_file,
        name="result_public_file",
    ),
    path("surveys/<str:survey_id>", pages_follow.follow, name="follow"),
    path("surveys/<str:survey_id>/close", pages_follow.close, name="survey_close"),
    path("surveys/<str:survey_id>/results", pages_results.results, name="results"),
    path(
        "surveys/<str:survey_id>/results/drempel.<str:kind>",
        pages_results.result_file,
        name="result_file",
    ),
    path(
        "surveys/<str:survey_id>/results/publicity",
        pages_results.result_publicity,
        name="result_publicity",
    ),
    path("about/components", pages_everyone.components, name="components"),
]
