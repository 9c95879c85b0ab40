"""Paths of the portal's data requests under ``/api/v1/``."""

from django.urls import path

from datarequests import views, views_keys

urlpatterns = [
    path("requests", views.RequestsView.as_view(), name="requests"),
    path("requests/<str:request_id>", views.RequestView.as_view(), name="request"),
    path(
        "requests/<str:request_id>/submission",
        views.SubmissionView.as_view(),
        name="request-submission",
    ),
    path(
        "requests/<str:request_id>/withdrawal",
        views.WithdrawalView.as_view(),
        name="request-withdrawal",
    ),
    path("register", views.RegisterView.as_view(), name="register"),
    path("keys", views_keys.KeysView.as_view(), name="keys"),
    path("keys/<int:key_id>", views_keys.KeyView.as_view(), name="key"),
]
