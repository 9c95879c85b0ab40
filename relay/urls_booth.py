"""Addresses of pages and program, at the top of the relay: people see them."""

from django.urls import path

from relay import views_booth as views

urlpatterns = [
    path("favicon.ico", views.NoIconView.as_view(), name="booth-no-icon"),
    path("answer/<str:survey_id>", views.BoothPageView.as_view(), name="booth-page"),
    path(
        "answer/<str:survey_id>/<str:language>",
        views.BoothPageView.as_view(),
        name="booth-page-in",
    ),
    path("booth/<str:release>/<path:path>", views.BoothFileView.as_view(), name="booth-file"),
]
